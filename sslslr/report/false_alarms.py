"""The picture of ``measures.false_alarms``: how often each rule finds what is not there."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from sslslr.measures.contrasts import LEVEL
from sslslr.measures.false_alarms import RULES
from sslslr.report.figures import BLUE, GREY, ORANGE, RED, WIDEST

LOOKS = dict(zip(RULES, ((RED, "X"), (ORANGE, "D"), (GREY, "s"), (BLUE, "o")), strict=True))


def alarms(table: pd.DataFrame, title: str = "") -> Figure:
    """A panel a study, a row for what varies, a mark a rule; the line is the nominal level."""
    studies = [part for _, part in table.groupby(["groups", "seeds"], sort=False)]
    fig, axes = plt.subplots(1, len(studies), figsize=(WIDEST, 3.4), sharey=True, squeeze=False)
    for ax, part in zip(axes.flat, studies, strict=True):
        groups, seeds = int(part["groups"].iloc[0]), int(part["seeds"].iloc[0])
        y = -np.arange(len(part))
        for rule, (colour, marker) in LOOKS.items():
            ax.plot(part[rule], y, marker, color=colour, ms=7, mec="white", mew=0.6, label=rule)
        ax.axvline(100 * LEVEL, color="black", lw=1, ls=":", label="nominal")
        ax.set_yticks(y, part["what varies"], fontsize=8)
        ax.set(xlim=(0, 75), ylim=(0.5 - len(part), 0.5), xlabel="studies with a false alarm, %")
        ax.set_title(f"{groups} groups x {seeds} seeds: {groups * seeds} runs", fontsize=9)
    fig.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower left", ncols=5, fontsize=8)
    fig.suptitle(title, x=0.01, ha="left", fontweight="bold")
    return fig
