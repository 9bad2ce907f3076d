"""One style for every figure: colours that colour-blind readers can tell apart, one a model everywhere."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import seaborn as sns

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
    "views: boundary": BLUE,
    "views: classical": ORANGE,
    "views: composed": GREEN,
    "views: none": GREY,
    "lsfb-like": BLUE,
    "asl-citizen-like": ORANGE,
    "gsl-like": GREEN,
    "lsa-like": PINK,
    "preparation": SKY,
    "stroke": RED,
    "retraction": YELLOW,
}
MARKERS = {
    "SimCLR": "^",
    "MoCo v2": "v",
    "SimSiam": "s",
    "BYOL": "D",
    "SL-FPN": "o",
    "SL-FPN+": "P",
    "hand-made features": "s",
    "random encoder": "D",
    "SL-FPN, dropout only": "v",
    "SL-FPN, boundary views": "o",
    "supervised from scratch": "*",
}


def style() -> None:
    """Set the style of all figures of this process."""
    sns.set_theme(context="notebook", style="whitegrid", font_scale=0.85)
    mpl.rcParams.update({
        "figure.constrained_layout.use": True, "figure.dpi": 100, "savefig.dpi": 160, "axes.titleweight": "bold",
        "axes.titlelocation": "left", "svg.fonttype": "none", "svg.hashsalt": "sslslr", "legend.frameon": False,
        "axes.prop_cycle": mpl.cycler(color=[BLUE, ORANGE, GREEN, PINK, SKY, RED, GREY]),
    })  # fmt: skip


def dots(table, models, value="mean", title=""):
    """Dot-and-interval plot of a table of ``studies.controls.table``: a panel a corpus, a row a model; chance dashed."""
    corpora = list(dict.fromkeys(table["corpus"]))
    height = 0.42 * len(models) + 1.3
    fig, axes = plt.subplots(-(-len(corpora) // 2), min(2, len(corpora)), figsize=(9.5 if len(corpora) > 1 else 7, height * -(-len(corpora) // 2)), sharey=True, squeeze=False)  # fmt: skip
    for ax, corpus in zip(axes.flat, corpora, strict=False):
        part = table[table["corpus"] == corpus].set_index("model").loc[list(models)[::-1]]
        for y, (model, row) in enumerate(part.iterrows()):
            ax.plot([row["low"], row["high"]], [y, y], color=COLOURS.get(model, GREY), lw=3, alpha=0.5, solid_capstyle="round")
            ax.plot(row[value], y, MARKERS.get(model, "o"), color=COLOURS.get(model, GREY), ms=7, mec="white", mew=0.8)
        first = part.iloc[0]
        ax.axvline(first["chance"], color="black", ls="--", lw=1)
        ax.annotate(
            "chance", (first["chance"], 1), xycoords=("data", "axes fraction"), xytext=(3, -9), textcoords="offset points", fontsize=7
        )
        ax.set(
            yticks=range(len(part)),
            yticklabels=part.index,
            xlim=(0, 1),
            ylim=(-0.6, len(part) - 0.4),
            xlabel=f"top-1 accuracy ({first['protocol']})",
        )
        ax.set_title(
            f"{corpus}: {int(first['classes'])} glosses, {int(first['n'])} runs, {int(first['test_clips'])} test clips", fontsize=9
        )
    for ax in list(axes.flat)[len(corpora) :]:
        ax.remove()
    fig.suptitle(title, x=0.01, ha="left", fontweight="bold")
    return fig
