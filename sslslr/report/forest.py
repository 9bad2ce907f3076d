"""The forest plot of the claims: every comparison with its interval, the verdict told by shape as well as colour."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from sslslr.claims.verdict import FAILS, HOLDS, NOT_JUDGED, UNDECIDED
from sslslr.report.figures import BLUE, GREY, RED, SMALLEST, WIDEST

# verdict: colour, marker, filled
LOOKS = {HOLDS: (BLUE, "o", True), FAILS: (RED, "X", True), UNDECIDED: (GREY, "D", False), NOT_JUDGED: (GREY, "s", False)}
SIGNS = {"above": ">", "below": "<", "within": "in"}


def forest(parts: pd.DataFrame, title: str = "", row: float = 0.2):
    """A panel a unit, a row a comparison of ``claims_parts.csv``, grouped by claim; a tick marks the bound each is held against."""
    units = sorted(dict.fromkeys(parts["unit"]), key=lambda u: -(parts["unit"] == u).sum())
    heights = [(parts["unit"] == u).sum() * row + 0.75 for u in units]
    fig, axes = plt.subplots(len(units), 1, figsize=(WIDEST, sum(heights) + 0.9), height_ratios=heights, squeeze=False)
    for ax, unit in zip(axes.flat, units, strict=True):
        draw(ax, parts[parts["unit"] == unit], unit)
    shown = [v for v in LOOKS if (parts["verdict"] == v).any()]
    handles = [axes[0, 0].plot([], [], LOOKS[v][1], color=LOOKS[v][0], mfc=LOOKS[v][0] if LOOKS[v][2] else "white", ms=7)[0] for v in shown]
    fig.legend(handles, shown, loc="outside lower left", ncols=4, fontsize=8)
    fig.suptitle(title, x=0.01, ha="left", fontweight="bold")
    return fig


def draw(ax, part: pd.DataFrame, unit: str) -> None:
    """One panel; ratios on a logarithmic axis."""
    part = pd.concat([part[part["id"] == claim] for claim in dict.fromkeys(part["id"])])
    labels = []
    for y, r in enumerate(part.itertuples()):
        colour, marker, filled = LOOKS[str(r.verdict)]
        bounds = [float(b) for b in str(r.bound).split(" to ")]
        against = " to ".join(f"{b:g}" for b in bounds)
        ax.plot([r.low, r.high], [-y, -y], color=colour, lw=1.6, alpha=0.6)
        ax.plot(bounds, [-y] * len(bounds), "|", color="black", ms=8, mew=1.2)
        ax.plot(r.effect, -y, marker, color=colour, mfc=colour if filled else "white", ms=5.5, zorder=3)
        labels.append(f"{r.name}   {SIGNS[str(r.says)]} {against}")
        if y and part["id"].iloc[y - 1] != r.id:
            ax.axhline(0.5 - y, color="#BBBBBB", lw=0.8)
        if not y or part["id"].iloc[y - 1] != r.id:
            ax.annotate(
                r.id,
                (1, -y),
                xycoords=("axes fraction", "data"),
                xytext=(4, 0),
                textcoords="offset points",
                va="center",
                fontsize=8,
                fontweight="bold",
            )
    if unit == "times":
        ax.set_xscale("log")
        ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))
        ax.xaxis.set_minor_formatter(NullFormatter())
    ax.set(yticks=-np.arange(len(part)), ylim=(0.6 - len(part), 0.6), xlabel=unit)
    ax.set_yticklabels(labels, fontsize=SMALLEST)
    ax.xaxis.label.set_size(8)
    ax.tick_params(axis="x", labelsize=SMALLEST)
    ax.grid(axis="y", visible=False)
