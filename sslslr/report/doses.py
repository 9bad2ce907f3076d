"""Gains by dose as a picture: a panel a treatment, a disc a dose, real data sets where they lie."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from sslslr.report.figures import panels


def response(told: pd.DataFrame, real: pd.DataFrame, treatments: tuple[str, ...]) -> Figure:
    """A panel for each of ``treatments``: the gain at each dose, written on a disc and as its colour; grey crosses: real data sets.

    told: treatment, ``estimated`` (share of frames outside of the estimated stroke), ``differ``, ``mean``, ``low``, ``high`` (points).
    real: set, estimated, differ. A gain whose 95 % interval leaves out 0 is bold and has a ring.
    """
    fig, axes = panels(len(treatments), 3.4, 8.4)
    most = max(1.0, float(np.nanmax(np.abs(told["mean"]))))
    for ax, treatment in zip(axes, treatments, strict=True):
        part = told[told["treatment"] == treatment]
        clear = (part["low"] > 0) | (part["high"] < 0)
        edges = ["black" if c else "none" for c in clear]
        disc = ax.scatter(
            part["estimated"], part["differ"], s=620, c=part["mean"], cmap="PuOr_r", vmin=-most, vmax=most, edgecolors=edges, linewidths=1.6
        )
        for x, y, mean, bold in zip(part["estimated"], part["differ"], part["mean"], clear, strict=True):
            ax.annotate(f"{mean:+.1f}", (x, y), ha="center", va="center", fontsize=8, weight="bold" if bold else "normal",
                        color="white" if abs(mean) > 0.6 * most else "black")  # fmt: skip
        ax.scatter(real["estimated"], real["differ"], marker="x", color="#6B6B6B", s=40)
        for name, x, y in zip(real["set"], real["estimated"], real["differ"], strict=True):
            ax.annotate(name, (x, y), xytext=(5, -9), textcoords="offset points", fontsize=8, color="#555555")
        ax.margins(0.18)
        ax.set_title(treatment)
        ax.locator_params(axis="x", nbins=5)
        ax.set_xlabel("share of frames outside the stroke (est.)")
    for ax in axes[::2]:
        ax.set_ylabel("how much the ends differ")
    fig.colorbar(disc, ax=list(axes), label="gain, points of linear top-1", shrink=0.7)
    return fig
