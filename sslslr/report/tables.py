"""Tables of the comparison for readers: wide, in percent, with intervals; and the figures one reads instead."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from sslslr.report.figures import COLOURS, GREY, MARKERS, SKY, YELLOW, handles, panels, view_set, width
from sslslr.report.stage import percent

# of a control: the style of its line, the colour of its band
LINES = {"random encoder": ("--", GREY), "hand-made features": ("-.", YELLOW), "supervised from scratch": ("-", SKY)}
VIEW_MARKERS = {"boundary": "o", "classical": "s", "strong": "^", "strong_boundary": "P", "none": "v"}


def wide(table: pd.DataFrame, index: list[str], columns: str) -> pd.DataFrame:
    """A long table (mean, low, high) as text cells ``63.1 ± 2.0``: a row for each ``index``, a column for each of ``columns``."""
    cells = table.assign(cell=[percent(r["mean"], r["low"], r["high"]) for _, r in table.iterrows()])
    out = cells.pivot_table(index=index, columns=columns, values="cell", aggfunc="first", sort=False)
    return out[list(dict.fromkeys(table[columns]))].reset_index().rename_axis(columns=None)


def differences(found: pd.DataFrame, judges: bool = True) -> pd.DataFrame:
    """A table of ``measures.statistics.claims`` on accuracies for readers: points with the 95 and 90 % interval, n and the answer."""
    points = [percent(r["points"], r["low"], r["high"]) for _, r in found.iterrows()]
    spans = [
        f"{100 * low:.1f} to {100 * high:.1f}" if low == low else "–" for low, high in zip(found["low90"], found["high90"], strict=True)
    ]
    shown = found.assign(points=points, low90=spans, between=(100 * found["between"]).round(1)).rename(
        columns={"low90": "90 %", "between": "spread"}
    )
    return shown.drop(columns=["low", "high", "high90", "within", "p"]).assign(**({} if judges else {"verdict": "smoke judges nothing"}))


def heat(table: pd.DataFrame, title: str = ""):
    """Heat map of mean accuracy (percent): a panel a corpus, models down, view sets across; controls, which have no views, in a column of their own.

    Hatched: not asked for by the study.
    """
    corpora = list(dict.fromkeys(table["corpus"]))
    views = sorted(dict.fromkeys(table["views"]), key=lambda v: v == "control")
    models = list(dict.fromkeys(table["model"]))
    low, high = 100 * table["mean"].min(), 100 * table["mean"].max()
    fig, axes = plt.subplots(1, len(corpora), figsize=(width(len(corpora), 2.6, 1.6), 0.36 * len(models) + 1.8), sharey=True, squeeze=False)
    for ax, corpus in zip(axes.flat, corpora, strict=True):
        part = table[table["corpus"] == corpus]
        grid = 100 * part.pivot(index="model", columns="views", values="mean").reindex(index=models, columns=views).to_numpy(float)
        ax.set_facecolor("white")
        ax.patch.set(hatch="////", edgecolor="#DDDDDD", lw=0)
        image = ax.imshow(grid, aspect="auto", cmap="cividis", vmin=low, vmax=high)
        for i, j in zip(*np.nonzero(np.isfinite(grid)), strict=True):
            dark = grid[i, j] < low + 0.55 * (high - low)
            ax.text(j, i, f"{grid[i, j]:.0f}", ha="center", va="center", fontsize=8, color="white" if dark else "black")
        ax.grid(False)
        ax.set_xticks(range(len(views)), [view_set(v) for v in views], rotation=45, ha="right", fontsize=8)
        ax.set_yticks(range(len(models)), models)
        ax.set_title(f"{corpus}\n({runs(part)} runs, {int(part['classes'].iloc[0])} glosses)", fontsize=9)
    fig.colorbar(image, ax=list(axes.flat), label="top-1, %", shrink=0.8)
    fig.suptitle(title, x=0.01, ha="left", fontweight="bold")
    return fig


def runs(part: pd.DataFrame) -> str:
    """How many runs are behind the rows of a table, from the fewest to the most: ``10``, ``4 to 10``."""
    few, many = int(part["n"].min()), int(part["n"].max())
    return f"{few}" if few == many else f"{few} to {many}"


def fitting(part: pd.DataFrame) -> tuple[float, float]:
    """Ends of an axis, in percent, that shows every mean of a table, and the intervals as far as they are no wider than the means need."""
    mean, low, high = (100 * part[c].to_numpy(float) for c in ("mean", "low", "high"))
    room = max(15.0, np.ptp(mean))
    left = max(0.0, np.nanmin([*low, *mean]), mean.min() - room)
    right = min(100.0, np.nanmax([*high, *mean]), mean.max() + room)
    return max(0.0, left - 2), min(100.0, right + 2)


def intervals(table: pd.DataFrame, controls: tuple[str, ...], title: str = "", xlabel: str = "linear top-1, held-out signers, %"):
    """Dots and 95 % intervals: a panel a corpus, a row a method, a marker a view set; each control is a line in the band of its interval.

    In percent, on an axis that fits (``fitting``); chance is a line where that reaches so far, and stands beside the axis' name. A control or a
    method that the table lacks is left out.
    """
    corpora = list(dict.fromkeys(table["corpus"]))
    methods = [m for m in dict.fromkeys(table["model"]) if m not in controls]
    views = [v for v in dict.fromkeys(table["views"]) if v != "control"]
    fig, axes = panels(len(corpora), 0.6 * len(methods) + 1.5)
    drawn: dict = {}
    for ax, corpus in zip(axes, corpora, strict=True):
        part = table[table["corpus"] == corpus]
        for row in part[part["model"].isin(controls)].itertuples():
            style, colour = LINES.get(row.model, (":", GREY))
            band = ax.axvspan(100 * row.low, 100 * row.high, color=colour, alpha=0.25, lw=0, zorder=0)
            drawn[row.model] = band, ax.axvline(100 * row.mean, color="#333333", lw=1.3, ls=style, zorder=1)
        chance = 100 * part["chance"].iloc[0]
        ax.axvline(chance, color="black", ls=":", lw=1)
        for i, method in enumerate(methods[::-1]):
            for j, view in enumerate(views):
                found = part[(part["model"] == method) & (part["views"] == view)]
                if found.empty:
                    continue
                row, y = found.iloc[0], i + 0.75 / len(views) * ((len(views) - 1) / 2 - j)
                colour = COLOURS.get(f"views: {view}", GREY)
                ax.plot([100 * row["low"], 100 * row["high"]], [y, y], color=colour, lw=2, alpha=0.6)
                ax.plot(
                    100 * row["mean"],
                    y,
                    VIEW_MARKERS.get(view, "D"),
                    color=colour,
                    ms=6,
                    mec="white",
                    mew=0.6,
                    label="no views but dropout" if view == "none" else f"{view_set(view)} views",
                )
        ax.set(yticks=range(len(methods)), yticklabels=methods[::-1], xlim=fitting(part), ylim=(-0.6, len(methods) - 0.4))
        ax.set_xlabel(f"{xlabel} (chance {chance:.1f})", fontsize=9)
        ax.set_title(f"{corpus}: {runs(part)} runs, {int(part['test_clips'].min())} test clips", fontsize=9)
    drawn |= handles(axes)
    fig.legend(list(drawn.values()), list(drawn), loc="outside lower left", ncols=3, fontsize=8)
    fig.suptitle(title, x=0.01, ha="left", fontweight="bold")
    return fig


def label_curves(table: pd.DataFrame, models: list[str], title: str = ""):
    """Accuracy over the share of labels (logarithmic), a panel a corpus, a line a model, bands the 95 % intervals."""
    corpora = list(dict.fromkeys(table["corpus"]))
    fig, axes = panels(len(corpora), 2.9)
    for ax, corpus in zip(axes, corpora, strict=True):
        for model in models:
            part = table[(table["corpus"] == corpus) & (table["model"] == model)].sort_values("share")
            if part.empty:
                continue
            colour = COLOURS.get(model, GREY)
            ax.plot(part["share"], 100 * part["mean"], MARKERS.get(model, "o") + "-", color=colour, ms=5, label=model)
            ax.fill_between(part["share"], 100 * part["low"], 100 * part["high"], color=colour, alpha=0.15, lw=0)
        shares = sorted(table["share"].unique())
        ax.set(xscale="log", ylim=fitting(table))
        ax.set_title(f"{corpus}\n({int(table.loc[table['corpus'] == corpus, 'n'].min())} runs)", fontsize=9)
        ax.set_xticks(shares, [f"{100 * s:g}" for s in shares])
        ax.minorticks_off()
        ax.set_xlabel("labels used, % of training clips", fontsize=8)
        ax.set_ylabel("linear top-1, %")
        ax.label_outer()
    fig.legend(*axes[0].get_legend_handles_labels(), loc="outside lower left", ncols=3, fontsize=8)
    fig.suptitle(title, x=0.01, ha="left", fontweight="bold")
    return fig
