"""Figures of fine-tuning: the schedule and what it does, accuracy over labels, the dictionary."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from sslslr.measures.metrics import DEPTHS
from sslslr.report.figures import BLUE, COLOURS, GREY, MARKERS, ORANGE, WIDEST, panels, width
from sslslr.studies.finetune import FROZEN, PAPER, SCRATCH, SIMCLR

COLOUR = COLOURS | {SCRATCH: "#000000", SIMCLR: ORANGE, PAPER: BLUE}
MARKER = MARKERS | {SCRATCH: "s", SIMCLR: "^", PAPER: "o"}
TITLE = {"x": 0.01, "ha": "left", "fontweight": "bold"}


def _style(model: str) -> dict:
    base = model.removesuffix(f", {FROZEN}")
    frozen = base != model
    return {
        "color": COLOUR.get(base, GREY),
        "marker": MARKER.get(base, "o"),
        "ls": ":" if frozen else "-",
        "lw": 1.2 if frozen else 1.8,
        "label": model,
    }


def schedule(ramp, epochs: int, curves: pd.DataFrame, title: str = ""):
    """The learning rate over the epochs, and loss and validation top-1 of each arm under it (``stage.curves``), a column a share."""
    shares = sorted(curves["share"].unique())
    fig, axes = plt.subplots(1, 1 + len(shares), figsize=(width(1 + len(shares), 3.3), 3.3), squeeze=False)
    at = np.linspace(0, 1, 201)
    ax = axes[0, 0]
    ax.plot(at * epochs, [ramp.at(a) / ramp.rate for a in at], color=BLUE)
    ax.axvline(ramp.warmup * epochs, color=GREY, ls=":", lw=1)
    ax.annotate(f"{100 * ramp.warmup:.0f} %", (ramp.warmup * epochs, 0), xytext=(3, 3), textcoords="offset points", fontsize=8)
    ax.set(xlabel="epoch", ylabel="learning rate / highest rate", title="schedule", ylim=(0, 1.08), xlim=(0, epochs))
    top = 110 * curves["val_top1"].max()
    for ax, share in zip(axes[0, 1:], shares, strict=True):
        for model, part in curves[curves["share"] == share].groupby("model", sort=False):
            ax.plot(part["epoch"], 100 * part["val_top1"], **_style(model) | {"marker": None})
        ax.axvline(ramp.warmup * epochs, color=GREY, ls=":", lw=1)
        ax.set(xlabel="epoch", title=f"{100 * share:g} % of the labels", ylim=(0, top), xlim=(0, epochs))
    axes[0, 1].set_ylabel("top-1, validation signers, %")
    fig.legend(*axes[0, 1].get_legend_handles_labels(), loc="outside lower left", ncols=4, fontsize=8)
    fig.suptitle(title, **TITLE)
    return fig


def label_curves(table: pd.DataFrame, frozen: pd.DataFrame, differences: pd.DataFrame, title: str = ""):
    """Left, test top-1 over the share of labels, a row a corpus: lines fine-tuned (bars: 95 % intervals), dotted frozen.
    Beside it, each pretrained arm minus from scratch, paired, in points."""
    corpora, arms = list(dict.fromkeys(table["corpus"])), list(dict.fromkeys(table["model"]))
    fig, axes = plt.subplots(
        len(corpora), 2, figsize=(WIDEST, 3.2 * len(corpora) + 1), sharex=True, sharey="col", squeeze=False, width_ratios=(3, 2)
    )
    for (left, right), corpus in zip(axes, corpora, strict=True):
        for rows in (frozen, table):
            for model, part in rows[rows["corpus"] == corpus].groupby("model", sort=False):
                part, style = part.sort_values("share"), _style(model)
                x = part["share"] * (1 if rows is frozen else 1.04 ** (arms.index(model) - (len(arms) - 1) / 2))
                if rows is frozen:
                    left.plot(x, 100 * part["mean"], **style | {"ms": 4})
                else:
                    left.errorbar(
                        x, 100 * part["mean"], yerr=50 * (part["high"] - part["low"]), **style, ms=6, mec="white", mew=0.6, elinewidth=1.4
                    )
        part = differences[differences["corpus"] == corpus]
        for arm, rows in part.groupby("a", sort=False):
            x = rows["share"] * 1.04 ** (arms.index(arm) - (len(arms) - 1) / 2)
            half = 100 * (rows["high"] - rows["low"]) / 2
            right.errorbar(x, 100 * rows["points"], yerr=half, **_style(arm) | {"ls": "none"}, ms=6, mec="white", mew=0.6, elinewidth=1.4)
        right.axhline(0, color="black", lw=1)
        shares = sorted(table["share"].unique())
        left.set(title=f"{corpus} (n = {int(table[table['corpus'] == corpus]['n'].min())})", ylim=(0, 100))
        right.set(xscale="log", xlabel="labels used, % of training clips", xlim=(0.85 * shares[0], 1.18))
        right.set_xticks(shares, [f"{100 * s:g}" for s in shares])
        right.minorticks_off()
        left.set_ylabel("top-1, test signers, %")
        right.set_ylabel("minus from scratch, points")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    order = sorted(range(len(labels)), key=lambda i: FROZEN in labels[i])
    fig.legend([handles[i] for i in order], [labels[i] for i in order], loc="outside lower left", ncols=2, fontsize=8)
    fig.suptitle(title, **TITLE)
    return fig


def dictionary(rows: pd.DataFrame, title: str = ""):
    """Share of the queries whose true gloss is among the first k suggestions: means over runs, a panel a corpus; chance dashed."""
    corpora = list(dict.fromkeys(rows["corpus"]))
    fig, axes = panels(len(corpora), 3.2)
    for ax, corpus in zip(axes, corpora, strict=True):
        part = rows[rows["corpus"] == corpus]
        for model, runs in part.groupby("model", sort=False):
            ax.plot(DEPTHS, [100 * runs[f"recall{k}"].mean() for k in DEPTHS], **_style(model), ms=5)
        glosses = int(part["glosses"].iloc[0])
        ax.plot(DEPTHS, 100 * np.minimum(1, np.array(DEPTHS) / glosses), color=GREY, ls="--", lw=1, label="chance")
        ax.set(
            xscale="log",
            ylim=(0, 102),
            xlabel="suggestions looked at, k",
            title=f"{corpus} ({glosses} glosses, n = {part['repeat'].nunique()})",
        )
        ax.set_xticks(DEPTHS, [str(k) for k in DEPTHS])
        ax.minorticks_off()
    axes[0].set_ylabel("queries found, % (recall at k)")
    fig.legend(*axes[0].get_legend_handles_labels(), loc="outside lower left", ncols=3, fontsize=8)
    fig.suptitle(title, **TITLE)
    return fig
