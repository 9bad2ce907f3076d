"""One style for every figure: colours that colour-blind readers can tell apart, one a model everywhere."""

from textwrap import fill

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

# Okabe and Ito's palette, which stays distinct under the common colour-vision deficiencies.
ORANGE, SKY, GREEN, YELLOW, BLUE, RED, PINK, GREY = (
    "#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7", "#6B6B6B",
)  # fmt: skip
COLOURS = {
    "hand-made features": GREY,
    "random encoder": "#A8A8A8",
    "SL-FPN, dropout only": SKY,
    "SL-FPN, boundary views": BLUE,
    "supervised from scratch": "#000000",
    "SimCLR": ORANGE,
    "MoCo v2": PINK,
    "SimSiam": GREEN,
    "BYOL": SKY,
    "SL-FPN": BLUE,
    "SL-FPN+": RED,
    "VICReg": "#882255",
    "Barlow Twins": "#44AA99",
    "sign priors": "#999933",
    "views: boundary": BLUE,
    "views: classical": ORANGE,
    "views: strong": GREEN,
    "views: strong_boundary": RED,
    "views: none": GREY,
    "lsfb-like": BLUE,
    "asl-citizen-like": ORANGE,
    "gsl-like": GREEN,
    "lsa-like": PINK,
    "preparation": SKY,
    "stroke": RED,
    "retraction": YELLOW,
}
WIDEST, SMALLEST = 8.4, 8.0  # inches, of the 840 pixels that JupyterLab has for a figure at 100 an inch; points, of text in it
MARKERS = {
    "SimCLR": "^",
    "MoCo v2": "v",
    "SimSiam": "s",
    "BYOL": "D",
    "SL-FPN": "o",
    "SL-FPN+": "P",
    "VICReg": "X",
    "Barlow Twins": "h",
    "sign priors": "d",
    "hand-made features": "s",
    "random encoder": "D",
    "SL-FPN, dropout only": "v",
    "SL-FPN, boundary views": "o",
    "supervised from scratch": "*",
}


def view_set(name: str) -> str:
    """The name of a view set in figures: "strong + boundary"."""
    return name.replace("_", " + ")


def style() -> None:
    """Set the style of all figures of this process."""
    mpl.rcdefaults()  # whatever a user's matplotlibrc has: another font, TeX, a dark style
    sns.set_theme(context="notebook", style="whitegrid", font_scale=0.85)
    mpl.rcParams.update({
        "figure.constrained_layout.use": True, "figure.dpi": 100, "savefig.dpi": 160, "axes.titleweight": "bold",
        "axes.titlelocation": "left", "svg.fonttype": "none", "svg.hashsalt": "sslslr", "legend.frameon": False,
        "axes.prop_cycle": cycler(color=[BLUE, ORANGE, GREEN, PINK, SKY, RED, GREY]),
    })  # fmt: skip


def readable(fig: Figure) -> None:
    """Make a figure fit beside a file browser, whoever made it: at most ``WIDEST`` inches wide, and no text below ``SMALLEST`` points."""
    if fig.get_figwidth() > WIDEST:
        fig.set_figwidth(WIDEST)
    for text in fig.findobj(Text):
        text.set_fontsize(max(text.get_fontsize(), SMALLEST))


def stamp(fig: Figure, words: str) -> None:
    """Words in small letters at the bottom right, in as many lines as they need, below a legend that stands at the bottom."""
    said, rows = fill(words, int(fig.get_figwidth() * 14)), 0
    for legend in (legend for legend in fig.legends if getattr(legend, "_outside_loc", "") == "lower"):
        legend.borderaxespad += 1.3 * (said.count("\n") + 1)  # in letters' heights
        rows = max(rows, -(-len(legend.get_texts()) // getattr(legend, "_ncols", 1)))
    above = "\n" * round(1.4 * rows)  # the layout leaves room for the higher of the two: let this be as high as both
    fig.supxlabel(above + said, x=0.995, ha="right", fontsize=SMALLEST, color="#555555")


def width(columns: int, each: float, more: float = 0) -> float:
    """Inches for ``columns`` panels of ``each`` inches and ``more`` beside them, but no more than there is room for."""
    return min(WIDEST, each * columns + more)


def panels(count: int, height: float, wide: float = WIDEST) -> tuple[Figure, np.ndarray]:
    """A figure of ``count`` panels, two a row, each row ``height`` inches high; and the panels (count,)."""
    rows = -(-count // 2)
    fig, axes = plt.subplots(rows, min(2, count), figsize=(wide, height * rows), sharey=True, squeeze=False)
    for ax in axes.flat[count:]:
        ax.remove()
    return fig, axes.flat[:count]


def handles(axes) -> dict:
    """Label -> what it stands for, of all ``axes`` together, each label once."""
    return {label: handle for ax in axes for handle, label in zip(*ax.get_legend_handles_labels(), strict=True)}


def over_time(ax: Axes, rows: pd.DataFrame, at: str, column: str, shade: float, **look) -> None:
    """``column`` over ``at``: the mean over repeats as a line of this ``look``, their range as a band."""
    wide = rows.pivot(index=at, columns="repeat", values=column)
    (line,) = ax.plot(wide.index, wide.mean(axis=1), **look)
    ax.fill_between(wide.index, wide.min(axis=1), wide.max(axis=1), color=line.get_color(), alpha=shade, lw=0)


def name_columns(axes: np.ndarray, titles, at: str) -> None:
    """Titles above the first row of ``axes`` (rows, columns), what is on the x axis below the last."""
    for ax, title in zip(axes[0], titles, strict=True):
        ax.set_title(fill(title, 22), fontsize=8.5, fontweight="normal")
    for ax in axes[-1]:
        ax.set_xlabel(at, fontsize=8)


def dots(table, models, value="mean", title=""):
    """Dot-and-interval plot, in percent, of a table of ``studies.controls.table``: a panel a corpus, a row a model; chance dashed."""
    corpora = list(dict.fromkeys(table["corpus"]))
    fig, axes = panels(len(corpora), 0.42 * len(models) + 1.3, WIDEST if len(corpora) > 1 else 7)
    for ax, corpus in zip(axes, corpora, strict=True):
        part = table[table["corpus"] == corpus].set_index("model").loc[list(models)[::-1]]
        for y, (model, row) in enumerate(part.iterrows()):
            ax.plot([100 * row["low"], 100 * row["high"]], [y, y], color=COLOURS.get(model, GREY), lw=3, alpha=0.5, solid_capstyle="round")
            ax.plot(100 * row[value], y, MARKERS.get(model, "o"), color=COLOURS.get(model, GREY), ms=7, mec="white", mew=0.8)
        first = part.iloc[0]
        ax.axvline(100 * first["chance"], color="black", ls="--", lw=1)
        ax.annotate(
            "chance",
            (100 * first["chance"], 1),
            xycoords=("data", "axes fraction"),
            xytext=(3, -9),
            textcoords="offset points",
            fontsize=SMALLEST,
        )
        ax.set(
            yticks=range(len(part)),
            yticklabels=part.index,
            xlim=(0, 100),
            ylim=(-0.6, len(part) - 0.4),
            xlabel=f"top-1, % ({first['protocol']})",
        )
        ax.set_title(
            f"{corpus}\n{int(first['classes'])} glosses, {int(first['n'])} runs, {int(first['test_clips'])} test clips", fontsize=9
        )
    fig.suptitle(title, x=0.01, ha="left", fontweight="bold")
    return fig
