"""The forest plot of the claims: a line a claim, its comparison furthest from holding with its interval, the verdict told by shape as well as colour."""

from textwrap import shorten
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from sslslr.claims.plan import MARGINS, NOTHING, TIMES
from sslslr.claims.verdict import FAILS, HOLDS, NOT_JUDGED, UNDECIDED, verdict
from sslslr.report.about import about_of
from sslslr.report.figures import BLUE, GREY, RED, SMALLEST, WIDEST

# verdict: colour, marker, filled
LOOKS = {HOLDS: (BLUE, "o", True), FAILS: (RED, "X", True), UNDECIDED: (GREY, "D", False), NOT_JUDGED: (GREY, "s", False)}
SIGNS = {"above": ">", "below": "<", "within": "in"}
ROW = 0.27  # inches a line


def lines(parts: pd.DataFrame) -> pd.DataFrame:
    """A row a claim of the rows of ``judge``: the comparison furthest from holding, which is the first of each.

    Beside its own columns: ``claim_verdict``; ``many`` comparisons, of which ``hold`` hold; ``others``: the effects of the rest.
    """
    out = []
    for _, part in parts.groupby("id", sort=False):
        judged = set(part["verdict"]) != {NOT_JUDGED}
        about = {"claim_verdict": verdict(part) if judged else NOT_JUDGED, "many": len(part), "hold": int((part["verdict"] == HOLDS).sum())}
        rest = part.iloc[1:]
        out.append(part.iloc[0].to_dict() | about | {"others": rest.loc[rest["unit"] == part["unit"].iloc[0], "effect"].tolist()})
    return pd.DataFrame(out)


def forest(parts: pd.DataFrame, title: str = ""):
    """A panel a unit, a line a claim: effect, 95 % (thin) and 90 % interval (thick) of the comparison furthest from holding; dots: the others.

    Black tick: the bound; grey: differences that do not matter. The axis is that of the effects: longer intervals end in an arrow.
    """
    told = lines(parts)
    units = sorted(dict.fromkeys(told["unit"]), key=lambda u: -(told["unit"] == u).sum())
    heights = [(told["unit"] == u).sum() * ROW + 0.6 for u in units]
    fig, axes = plt.subplots(len(units), 1, figsize=(WIDEST, sum(heights) + 0.9), height_ratios=heights, squeeze=False)
    for ax, unit in zip(axes.flat, units, strict=True):
        draw(ax, told[told["unit"] == unit], unit)
    shown = [v for v in LOOKS if (told["claim_verdict"] == v).any()]
    handles = [axes[0, 0].plot([], [], LOOKS[v][1], color=LOOKS[v][0], mfc=LOOKS[v][0] if LOOKS[v][2] else "white", ms=7)[0] for v in shown]
    fig.legend(handles, shown, loc="outside lower left", ncols=4, fontsize=8)
    fig.suptitle(title, x=0.01, ha="left", fontweight="bold")
    return fig


def limits(told: pd.DataFrame, unit: str) -> tuple[float, float]:
    """Ends of a panel's axis: room for every effect and bound, and for intervals up to the largest effect or five margins beyond."""
    of, back = (np.log, np.exp) if unit == TIMES else (np.asarray, np.asarray)
    bounds = [float(b) for words in told["bound"] for b in str(words).split(" to ")]
    must = of(np.array([*told["effect"], *(e for others in told["others"] for e in others), *bounds]))
    ends = np.append(of(told[["low", "high"]].to_numpy(float)), must)
    least = np.inf if unit not in MARGINS else 5 * (np.log(MARGINS[unit]) if unit == TIMES else MARGINS[unit])
    room = max(least, float(np.ptp(must)))
    low, high = max(np.nanmin(ends), must.min() - room), min(np.nanmax(ends), must.max() + room)
    pad = 0.04 * (high - low) or 1.0
    return float(back(low - pad)), float(back(high + pad))


def draw(ax, told: pd.DataFrame, unit: str) -> None:
    """One panel; ratios on a logarithmic axis."""
    if unit == TIMES:
        ax.set_xscale("log")
    left, right = limits(told, unit)
    if unit in MARGINS:
        by = MARGINS[unit]
        ax.axvspan(*((1 / by, by) if unit == TIMES else (-by, by)), color="#E4E4E4", lw=0, zorder=0)
        ax.axvline(NOTHING[unit], color="#999999", lw=0.8, zorder=0)
    rows: Any = told.itertuples()
    for y, r in enumerate(rows):
        colour, marker, filled = LOOKS[str(r.claim_verdict)]
        for low, high, thick in ((r.low, r.high, 1.4), (r.low90, r.high90, 3.6)):
            ax.plot([max(low, left), min(high, right)], [-y, -y], color=colour, lw=thick, alpha=0.6, solid_capstyle="butt")
        for end, cut, arrow in ((left, r.low < left, "<"), (right, r.high > right, ">")):
            if cut:
                ax.plot(end, -y, arrow, color=colour, ms=5, clip_on=False)
        bounds = [float(b) for b in str(r.bound).split(" to ")]
        ax.plot(bounds, [-y] * len(bounds), "|", color="black", ms=10, mew=1.4)
        ax.plot(r.others, [-y] * len(r.others), "o", color=colour, ms=3.6, mec="white", mew=0.5)
        ax.plot(r.effect, -y, marker, color=colour, mfc=colour if filled else "white", ms=6.5, zorder=3)
        claimed = f"{SIGNS[str(r.says)]} {' to '.join(f'{b:g}' for b in bounds)}"
        ax.annotate(f"{claimed}; n = {r.n:.0f}{f' in {r.sets:.0f} sets' * (r.sets > 1)}; {r.hold} of {r.many}", (1, -y), xycoords=("axes fraction", "data"), xytext=(9, 0),
                    textcoords="offset points", va="center", fontsize=SMALLEST)  # fmt: skip
    if unit == TIMES:
        ticks = [t for t in (0.1, 0.2, 0.5, 0.7, 0.8, 0.9, 1, 1.1, 1.25, 1.5, 2, 3, 5, 10) if left <= t <= right]
        ax.xaxis.set_major_locator(FixedLocator(ticks))
        ax.xaxis.set_minor_locator(NullLocator())
        ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))
    ax.set(yticks=-np.arange(len(told)), ylim=(0.5 - len(told), 0.5), xlim=(left, right), xlabel=unit)
    names = [f"{shorten(about_of(i), 52, placeholder=' ...')}  {i}" for i in told["id"]]
    ax.set_yticklabels(names, fontsize=SMALLEST)
    ax.xaxis.label.set_size(8)
    ax.tick_params(axis="x", labelsize=SMALLEST)
    ax.grid(axis="y", visible=False)
