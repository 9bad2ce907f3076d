"""Pictures of spotting: a stream with its signs and what was proposed, and how recall falls with pace."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from sslslr.paths import literally
from sslslr.report.figures import BLUE, GREY, ORANGE, RED
from sslslr.spotting import Stream


def stream(one: Stream, segments: np.ndarray, confidence: np.ndarray, spots):
    """Speed of the wrists over a stream; its true signs below, the proposals above (darker is surer), the spotted glosses on top."""
    fig, ax = plt.subplots(figsize=(9.5, 3.2))
    wrists = one.landmarks[:, list(one.skeleton.wrists), :2]
    speed = np.linalg.norm(np.gradient(np.nan_to_num(wrists), axis=0), axis=2).max(1)
    ax.plot(speed / max(speed.max(), 1e-6), color=BLUE, lw=1.2)
    for (first, last), gloss in zip(one.segments, one.glosses, strict=True):
        ax.plot([first, last], [-0.12, -0.12], color=RED, lw=6, solid_capstyle="butt")
        ax.text((first + last) / 2, -0.27, literally(gloss), ha="center", va="center", fontsize=8)
    for row, ((first, last), sure) in enumerate(zip(segments, confidence, strict=True)):
        ax.plot([first, last], [1.1 + 0.05 * row] * 2, color=GREY, alpha=0.25 + 0.75 * float(sure), lw=2.5, solid_capstyle="butt")
    top = 1.15 + 0.05 * len(segments)
    for spot in spots.itertuples():
        ax.plot([spot.first, spot.last], [top, top], color=ORANGE, lw=6, solid_capstyle="butt")
        ax.text((spot.first + spot.last) / 2, top + 0.12, literally(spot.gloss), ha="center", va="center", fontsize=8)
    ax.set(
        xlim=(0, len(one) - 1),
        ylim=(-0.4, top + 0.25),
        yticks=[],
        xlabel="frame; blue speed of the faster wrist, red the true signs, grey what is proposed, orange what is spotted",
    )
    return fig


def paces(table):
    """Against the pace: signs found whatever the gloss, a line a way to propose (mean over encoders); mAP, a line an encoder (estimate's proposals),
    with its 95 % interval."""
    fig, axes = plt.subplots(1, 2, figsize=(9.5, 3.1))
    first = table.groupby(["proposals", "pace"], sort=False, as_index=False)["places"].mean()
    for ax, rows, by, value in (
        (axes[0], first, "proposals", "places"),
        (axes[1], table[table["proposals"] == "boundary estimate"], "encoder", "mAP"),
    ):
        for i, (name, part) in enumerate(rows.groupby(by, sort=False)):
            (line,) = ax.plot(part["pace"] * 1.03 ** (i - 2), part[value], "o-", ms=5, label=name)
            if f"{value} low" in part:
                ax.vlines(
                    part["pace"] * 1.03 ** (i - 2), part[f"{value} low"], part[f"{value} high"], color=line.get_color(), lw=1.2, alpha=0.7
                )
        ax.set_xscale("log", base=2)
        ticks = sorted(table["pace"].unique())
        ax.set(xticks=ticks, xticklabels=[f"{t:g}" for t in ticks], xlabel="times as fast as cited", ylim=(0, 1.02))
        ax.legend(fontsize=7.5)
    axes[0].set_ylabel("signs found at IoU 0.5, any gloss")
    axes[1].set_ylabel("mAP at IoU 0.5")
    return fig


def with_intervals(table: pd.DataFrame, digits: int = 2) -> pd.DataFrame:
    """A table for readers: numbers rounded, and where ``<name> low`` and ``<name> high`` stand beside a number, all three in one cell."""
    out, columns = table.round(digits), [str(c) for c in table]
    for name in [c.removesuffix(" low") for c in columns if c.endswith(" low")]:
        cells = zip(table[name], table[f"{name} low"], table[f"{name} high"], strict=True)
        out[name] = [f"{v:.{digits}f}" + (f" ({a:.{digits}f} to {b:.{digits}f})" if a == a else "") for v, a, b in cells]
    return out.drop(columns=[c for c in columns if c.endswith((" low", " high"))])
