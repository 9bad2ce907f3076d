"""Pictures of the boundary estimate against people's own marks: clips with their phases, errors by person, confidence against error."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import Patch

from sslslr.clips.boundaries import CUES, Cues, estimate
from sslslr.clips.signs import Signs, prepare
from sslslr.datasets.gesture_phase import PHASES, Recording
from sslslr.paths import literally
from sslslr.report.figures import BLUE, GREY, ORANGE, RED, SMALLEST, handles
from sslslr.studies.segmenters import wrists

COLOURS = dict(zip(PHASES, ("0.93", "#cfe3f7", "#f6c9c0", "#f8e7b0", "#cfe8d2"), strict=True))


def marks(signs: Signs, marked: list[Recording], chosen, cues: Cues = CUES, columns: int = 2):
    """Speed of the wrists in some units of ``gesture_phase.units`` over the phases that a person marked; the estimate as lines."""
    signs = signs.subset(np.asarray(chosen))
    told, by_name = estimate(prepare(signs, 32), cues), {one.name: one for one in marked}
    rows = -(-len(signs) // columns)
    fig, axes = plt.subplots(rows, columns, figsize=(4.9 * columns, 1.35 * rows + 0.7), squeeze=False)
    for i, ax in enumerate(axes.flat[: len(signs)]):
        name, _, span = signs.clips[i].partition(":")
        low, high = map(int, span.split("-"))
        one = by_name[name]
        for frame, phase in enumerate(one.phases[low : high + 1]):
            ax.axvspan(frame - 0.5, frame + 0.5, color=COLOURS[phase], lw=0)
        speed = np.linalg.norm(np.gradient(wrists(one), axis=0), axis=2)[low : high + 1]
        for side, colour in enumerate((BLUE, ORANGE)):
            ax.plot(speed[:, side] / max(speed.max(), 1e-6), lw=1, color=colour)
        scale = (signs.lengths[i] - 1) / (min(signs.lengths[i], 32) - 1)
        ax.axvline(told.onset[i] * scale, color="black", lw=1.6)
        ax.axvline(told.offset[i] * scale, color="black", lw=1.6, ls="--")
        ax.set(xlim=(-0.5, high - low + 0.5), ylim=(0, 1.05), yticks=[])
        said = "the prior decides" if told.prior[i] > 0.5 else f"confidence {told.confidence[i]:.2f}"
        ax.set_title(literally(f"{signs.clips[i]}, person {signs.signers[i]}: {said}"), fontsize=8, fontweight="normal")
    for ax in axes.flat[len(signs) :]:
        ax.set_visible(False)
    for ax in axes[-1]:
        ax.set_xlabel("frame", fontsize=8)
    legend = [Patch(color=colour, label=phase) for phase, colour in COLOURS.items()]
    lines = [
        plt.Line2D([], [], color="black", lw=1.6, ls=style, label=f"estimated {end}") for style, end in (("-", "onset"), ("--", "offset"))
    ]
    lines += [
        plt.Line2D([], [], color=colour, lw=1, label=f"speed of the {side} wrist") for colour, side in ((BLUE, "left"), (ORANGE, "right"))
    ]
    fig.legend(handles=[*legend, *lines], loc="outside upper center", ncols=5, fontsize=8)
    return fig


def errors(table):
    """Mean error of onset and of offset in frames, of each way and person (``studies.marked.by_person``); a panel an end."""
    ways = list(dict.fromkeys(table["way"]))[::-1]
    people = [p for p in dict.fromkeys(table["person"]) if p != "all"]
    fig, axes = plt.subplots(1, 2, figsize=(9.5, 0.36 * len(ways) + 1.2), sharey=True)
    for ax, end in zip(axes, ("onset", "offset"), strict=True):
        for row in table.itertuples():
            y, own = ways.index(row.way), row.way == "estimated from landmarks"
            if row.person == "all":
                ax.plot(getattr(row, end), y, "o", color=RED if own else GREY, ms=8, zorder=1)
            else:
                of = people.index(row.person)
                ax.plot(getattr(row, end), y + (0.3, -0.3, 0.16)[of % 3], "^sv"[of % 3], color=BLUE, mfc="white", ms=5, label=row.person)
        ax.set(
            yticks=range(len(ways)),
            yticklabels=ways,
            xlim=(0, 1.05 * table[end].max()),
            ylim=(-0.6, len(ways) - 0.4),
            xlabel=f"error of the {end}, frames of 32",
        )
    n = table.drop_duplicates("person").set_index("person")["units"]
    drawn = handles(axes)
    fig.legend([drawn[p] for p in people], [f"person {p}: {n[p]} units" for p in people], loc="outside upper center", ncols=3, fontsize=8,
               title=f"large dots: all {n['all']} units", title_fontsize=8)  # fmt: skip
    return fig


def reliability(table):
    """Error against confidence, a point a quarter of the units (``studies.marked.reliability``); bars: 95 % t-interval."""
    fig, ax = plt.subplots(figsize=(4.8, 3))
    ax.errorbar(
        table["confidence"], table["mean"], (table["mean"] - table["low"], table["high"] - table["mean"]), fmt="o-", color=BLUE, capsize=3
    )
    for row in table.itertuples():
        ax.annotate(f"n = {row.n}", (row.confidence, row.low), textcoords="offset points", xytext=(0, -11), ha="center", fontsize=SMALLEST)
    mean = np.average(table["mean"], weights=table["n"])
    ax.axhline(mean, color=GREY, ls="--", lw=1, label=f"mean of all {table['n'].sum():.0f}")
    ax.legend(fontsize=8, loc="upper right")
    ax.set(xlabel="confidence (mean of a quarter of the units)", ylabel="error, frames of 32", xlim=(0, 1), ylim=(0, None))
    return fig
