"""Tables of the comparison for readers: wide, in percent, with intervals; and the figures one reads instead."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from sslslr.report.figures import COLOURS, GREY, MARKERS, handles, panels, view_set, width
from sslslr.report.stage import percent

LINES = {"random encoder": "--", "hand-made features": "-."}
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
    """Heat map of mean accuracy (percent): a panel a corpus, models down, view sets across; controls fill their row."""
    corpora = list(dict.fromkeys(table["corpus"]))
    views = [v for v in dict.fromkeys(table["views"]) if v != "control"]
    models = list(dict.fromkeys(table["model"]))
    top = 100 * table["mean"].max()
    fig, axes = plt.subplots(1, len(corpora), figsize=(width(len(corpora), 2.4, 1.6), 0.36 * len(models) + 1.5), sharey=True, squeeze=False)
    for ax, corpus in zip(axes.flat, corpora, strict=True):
        part = table[table["corpus"] == corpus]
        grid = np.full((len(models), len(views)), np.nan)
        for i, model in enumerate(models):
            rows = part[part["model"] == model].set_index("views")["mean"]
            for j, view in enumerate(views):
                grid[i, j] = 100 * rows.get(view, rows.get("control", np.nan))
        ax.imshow(grid, aspect="auto", cmap="cividis", vmin=0, vmax=top)
        for i, j in zip(*np.nonzero(np.isfinite(grid)), strict=True):
            ax.text(j, i, f"{grid[i, j]:.0f}", ha="center", va="center", fontsize=8, color="white" if grid[i, j] < 0.55 * top else "black")
        ax.grid(False)
        ax.set_xticks(range(len(views)), views, rotation=30, ha="right", fontsize=8)
        ax.set_yticks(range(len(models)), models)
        ax.set_title(f"{corpus}\n({int(part['n'].min())} runs, {int(part['classes'].iloc[0])} glosses)", fontsize=9)
    fig.suptitle(title, x=0.01, ha="left", fontweight="bold")
    return fig


def intervals(table: pd.DataFrame, controls: tuple[str, ...], title: str = "", xlabel: str = "linear top-1 accuracy, held-out signers"):
    """Dots and 95 % intervals: a panel a corpus, a row a method, a marker a view set; controls as lines, the random encoder's interval as a band."""
    corpora = list(dict.fromkeys(table["corpus"]))
    methods = [m for m in dict.fromkeys(table["model"]) if m not in controls]
    views = [v for v in dict.fromkeys(table["views"]) if v != "control"]
    fig, axes = panels(len(corpora), 0.55 * len(methods) + 1.3)
    for ax, corpus in zip(axes, corpora, strict=True):
        part = table[table["corpus"] == corpus]
        for control in controls:
            row = part[part["model"] == control].iloc[0]
            colour = COLOURS.get(control, GREY)
            if control == "random encoder":
                ax.axvspan(row["low"], row["high"], color=colour, alpha=0.25, lw=0)
            ax.axvline(row["mean"], color=colour, lw=1.4, label=control, ls=LINES.get(control, "-"))
        ax.axvline(part["chance"].iloc[0], color="black", ls=":", lw=1, label="chance")
        for i, method in enumerate(methods[::-1]):
            for j, view in enumerate(views):
                found = part[(part["model"] == method) & (part["views"] == view)]
                if found.empty:
                    continue
                row, y = found.iloc[0], i + 0.75 / len(views) * ((len(views) - 1) / 2 - j)
                colour = COLOURS.get(f"views: {view}", GREY)
                ax.plot([row["low"], row["high"]], [y, y], color=colour, lw=2, alpha=0.6)
                ax.plot(
                    row["mean"],
                    y,
                    VIEW_MARKERS.get(view, "D"),
                    color=colour,
                    ms=6,
                    mec="white",
                    mew=0.6,
                    label="no views but dropout" if view == "none" else f"{view_set(view)} views",
                )
        ax.set(yticks=range(len(methods)), yticklabels=methods[::-1], xlim=(0, 1), ylim=(-0.6, len(methods) - 0.4), xlabel=xlabel)
        ax.set_title(f"{corpus}: {int(part['n'].min())} runs, {int(part['test_clips'].min())} test clips", fontsize=9)
    drawn = handles(axes)
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
            ax.plot(part["share"], part["mean"], MARKERS.get(model, "o") + "-", color=colour, ms=5, label=model)
            ax.fill_between(part["share"], part["low"], part["high"], color=colour, alpha=0.15, lw=0)
        shares = sorted(table["share"].unique())
        ax.set(xscale="log", ylim=(0, 1))
        ax.set_title(f"{corpus}\n({int(table.loc[table['corpus'] == corpus, 'n'].min())} runs)", fontsize=9)
        ax.set_xticks(shares, [f"{100 * s:g}" for s in shares])
        ax.minorticks_off()
        ax.set_xlabel("labels used, % of training clips", fontsize=8)
        ax.set_ylabel("linear top-1 accuracy")
        ax.label_outer()
    fig.legend(*axes[0].get_legend_handles_labels(), loc="outside lower left", ncols=3, fontsize=8)
    fig.suptitle(title, x=0.01, ha="left", fontweight="bold")
    return fig
