"""Figures of notebook 17: a clip among the clips that an encoder was trained on."""

import matplotlib.pyplot as plt
import pandas as pd

from sslslr.paths import literally
from sslslr.report.figures import BLUE, GREY, ORANGE, RED, WIDEST
from sslslr.studies.own_sign import Usual


def nearest(table: pd.DataFrame, usual: Usual, distance: float, name: str):
    """Left: the nearest glosses with the distance of their nearest clip and of their mean one. Right: how far clips usually are.

    ``table``: of ``Gallery.nearest``; ``distance``: of the clip ``name`` to its nearest training clip.
    """
    fig, (left, right) = plt.subplots(1, 2, figsize=(WIDEST, 0.42 * len(table) + 1.9), width_ratios=(1.15, 1))
    for y, row in enumerate(table[::-1].itertuples()):
        left.plot([row[2], row[3]], [y, y], color="#BBBBBB", lw=1.5, zorder=1)
    left.scatter(table["nearest clip"][::-1], range(len(table)), color=BLUE, zorder=2, label="nearest clip")
    left.scatter(table["mean of its clips"][::-1], range(len(table)), color=ORANGE, marker="D", s=26, zorder=2, label="mean of its clips")
    labels = [f"{literally(g)} ({n} clips)" for g, n in zip(table["gloss"], table["clips"], strict=True)][::-1]
    left.set(yticks=range(len(table)), yticklabels=labels, xlabel=f"distance of {literally(name)} to it", ylim=(-0.6, len(table) - 0.4))
    left.set_xlim(left=0)
    left.legend(fontsize=8, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)
    right.hist(usual.distance, bins=24, color=GREY, label=f"clips of unseen signers (n = {len(usual.distance)})")
    right.axvline(distance, color=RED, lw=2.2, label=literally(name))
    right.set(xlabel="distance to the nearest training clip", ylabel="clips")
    right.set_xlim(left=0)
    right.legend(fontsize=8, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)
    return fig
