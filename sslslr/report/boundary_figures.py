"""Figures 4, 5 and 6 of the paper, with what they need to be read: intervals, true boundaries, a null model."""

import matplotlib.pyplot as plt
import numpy as np

from sslslr.clips import boundaries
from sslslr.clips.signs import Signs
from sslslr.measures.likeness import hand_speed
from sslslr.measures.statistics import interval
from sslslr.paths import literally
from sslslr.report.figures import BLUE, GREEN, GREY, ORANGE, PINK, RED, SKY, WIDEST, handles, panels, width

ENDS = ("first", "last")
METHOD_LOOKS = {"SL-FPN": (BLUE, "o"), "SimCLR": (ORANGE, "s"), "control": (GREY, "D")}


def sweep(rows, corpora: dict[str, Signs], found: dict):
    """Figure 4: accuracy in percent against the share of permuted first (left) and last (right) frames, a row of panels a corpus.

    ``rows`` as ``studies.boundaries.sweep`` makes them; ``found``: Algorithm 1's ``Search`` by corpus. Dots and bars: mean
    and 95 % t-interval over runs on test signers, the larger the dot the more test clips; green: the middle 80 % of the true
    boundaries, where known; grey: the interval with nothing permuted. The axis is that of the accuracies.
    """
    names = list(dict.fromkeys(rows["corpus"]))
    fig, axes = plt.subplots(len(names), 2, figsize=(WIDEST, 2.7 * len(names) + 0.9), sharey="row", squeeze=False)
    tested = rows.groupby(["corpus", "end", "share"])["correct"].agg(lambda each: sum(map(len, each)))
    for pair, name in zip(axes, names, strict=True):
        signs = corpora[name]
        chance = 100 / len(np.unique(signs.labels))
        for ax, end in zip(pair, ENDS, strict=True):
            part = rows[(rows["corpus"] == name) & (rows["end"] == end)]
            if np.isfinite(signs.onset).all():
                _true_end(ax, signs, end)
            shares = sorted(part["share"].unique())
            told = [interval(100 * part[part["share"] == s]["test"]) for s in shares]
            mean, half = np.array([t["mean"] for t in told]), np.array([t["high"] - t["mean"] for t in told])
            if half[0] == half[0]:
                ax.axhspan(mean[0] - half[0], mean[0] + half[0], color=GREY, alpha=0.12, lw=0)
            ax.errorbar(shares, mean, half, fmt="-", color=BLUE, capsize=3, lw=1.5)
            ax.scatter(shares, mean, s=_area(tested[name, end].loc[shares], tested.max()), color=BLUE, zorder=3, label="test signers")
            ax.plot(shares, 100 * part.groupby("share")["val"].mean(), ":", color=ORANGE, lw=1.4,
                    label="validation signers (what the search sees)")  # fmt: skip
            stop = found[name].alpha if end == "first" else found[name].beta
            ax.axvline(stop, color="black", ls="--", lw=1, label="Algorithm 1 stops here")
            ax.set(xlim=(-0.04, 1.04), xlabel=f"share of the {end} frames permuted")
            clips = tested[name, end]
            ax.set_title(f"{name}, {end} frames: {told[0]['n']} runs, {clips.min()} test clips", fontsize=9)
        pair[0].set_ylabel(f"linear top-1, %\n(chance {chance:.1f})")
    drawn = handles(axes.flat)
    fig.legend(list(drawn.values()), list(drawn), loc="outside upper center", ncols=2, fontsize=8)
    return fig


def _area(n, most: float) -> np.ndarray:
    """Areas of marks (points squared) that are as their numbers ``n``, the largest for ``most``."""
    return 12 + 110 * np.asarray(n, float) / max(most, 1)


def _true_end(ax, signs: Signs, end: str) -> None:
    true = signs.onset / (signs.lengths - 1) if end == "first" else 1 - signs.offset / (signs.lengths - 1)
    low, middle, high = np.quantile(true, [0.1, 0.5, 0.9])
    ax.axvspan(low, high, color=GREEN, alpha=0.15, lw=0, label="true onset, or clip's end minus offset: middle 80 % of the clips")
    ax.axvline(middle, color=GREEN, lw=1)


def optima(told: dict[str, dict]):
    """Figure 5: how many classes have their own optimum at each share of permuted frames; grey: 95 % of the null model.

    A disc is as large as its number of classes, which stands beside it; a share that is nobody's optimum has none.
    """
    fig, axes = plt.subplots(len(told), 2, figsize=(WIDEST, 2.4 * len(told) + 0.7), sharey="row", squeeze=False)
    for pair, (name, one) in zip(axes, told.items(), strict=True):
        at, classes = np.arange(len(one["shares"])), len(one["classes"])
        for e, (ax, end) in enumerate(zip(pair, ENDS, strict=True)):
            share = 100 * one["histogram"][e]
            ax.bar(at, 100 * (one["null_high"][e] - one["null_low"][e]), 0.5, 100 * one["null_low"][e], color=GREY, alpha=0.25,
                   label="if no share were better: 95 %")  # fmt: skip
            there = share > 0
            ax.scatter(
                at[there],
                share[there],
                s=_area(share[there], 100 * one["histogram"].max()),
                color=BLUE,
                zorder=3,
                label="classes with their optimum here",
            )
            for x in at[there]:
                ax.annotate(f"{one['histogram'][e][x] * classes:.0f}", (x, share[x]), xytext=(9, 0), textcoords="offset points",
                            va="center", fontsize=8)  # fmt: skip
            ax.axvline(one["at"][e], color=RED, ls="--", lw=1.2, zorder=1, label="best share for all classes together, of the whole sweep")
            ax.set(xticks=at, xticklabels=[f"{s:.2f}" for s in one["shares"]], xlabel=f"best share of {end} frames permuted")
            ax.set_xlim(-0.5, len(at) - 0.3)
            ax.set_title(f"{name}, {'alpha' if e == 0 else 'beta'} of {classes} classes", fontsize=9)
        pair[0].set_ylabel("% of classes")
        pair[0].set_ylim(-4, None)
    drawn = handles(axes.flat)
    fig.legend(list(drawn.values()), list(drawn), loc="outside upper center", ncols=2, fontsize=8)
    return fig


def loss_map(told: dict[str, dict]):
    """Figure 6: mean loss, in points, of classes by their own (alpha, beta) when the global pair is used instead of it.

    Left as the paper measures it, right cross-fitted. A disc is as large as its number of classes, the mean loss is its colour and
    stands beside it; where no class has its own optimum there is none.
    """
    fig, axes = plt.subplots(len(told), 2, figsize=(WIDEST, 3.5 * len(told) + 0.3), squeeze=False)
    top = max(1.0, *(200 * np.abs(one[kind]).mean(0).max() for one in told.values() for kind in ("losses", "crossed")))
    for pair, (name, one) in zip(axes, told.items(), strict=True):
        k, (a, b) = len(one["shares"]), one["own"]
        for ax, kind, title in zip(pair, ("losses", "crossed"), ("as the paper measures it", "cross-fitted"), strict=True):
            total, count = np.zeros((k, k)), np.zeros((k, k), int)
            np.add.at(total, (b, a), 100 * one[kind].sum(0))
            np.add.at(count, (b, a), 1)
            y, x = np.nonzero(count)
            n, mean = count[y, x], total[y, x] / count[y, x]
            image = ax.scatter(x, y, s=20 + 700 * n / count.max(), c=mean, cmap="RdBu_r", vmin=-top, vmax=top, edgecolor="#777777", lw=0.6, zorder=3)  # fmt: skip
            for x_, y_, n_, loss in zip(x, y, n, mean, strict=True):
                below = 0.5 * np.sqrt(20 + 700 * n_ / count.max())  # points: the disc's radius
                ax.annotate(f"{loss + 0.0:.1f}" + (f" ({n_})" if n_ > 1 else ""), (x_, y_), xytext=(0, -below - 1), textcoords="offset points",
                            ha="center", va="top", fontsize=8, zorder=4)  # fmt: skip
            ax.plot(one["at"][0], one["at"][1], "s", mfc="none", mec="black", ms=30, mew=1.4)
            ticks = [f"{s:.2f}" for s in one["shares"]]
            ax.set(xticks=range(k), xticklabels=ticks, yticks=range(k), yticklabels=ticks, xlabel="own alpha", ylabel="own beta")
            ax.set(xlim=(-0.6, k - 0.4), ylim=(-0.75, k - 0.4))
            ax.set_title(f"{name}, {len(one['classes'])} classes: {title}", fontsize=9)
        fig.colorbar(image, ax=list(pair), label="loss, points", shrink=0.8)
    return fig


def traces(signs: Signs, chosen, columns: int = 3):
    """Speed of the faster wrist of some clips, the estimated stroke shaded, the true one (where known) as a line below."""
    signs = signs.subset(np.asarray(chosen))
    told, speed = boundaries.estimate(signs), hand_speed(signs, bins=48)
    rows = -(-len(signs) // columns)
    fig, axes = plt.subplots(rows, columns, figsize=(width(columns, 3.15), 1.65 * rows + 0.5), sharex=True, sharey=True, squeeze=False)
    for i, ax in enumerate(axes.flat[: len(signs)]):
        last = signs.lengths[i] - 1
        ax.plot(np.linspace(0, 1, 48), speed[i], color=BLUE, lw=1.3, label="speed of the faster wrist")
        ax.axvspan(told.onset[i] / last, told.offset[i] / last, color=SKY, alpha=0.3, lw=0, label="estimated stroke")
        if np.isfinite(signs.onset[i]):
            ax.plot(
                [signs.onset[i] / last, signs.offset[i] / last], [-0.25, -0.25], color=RED, lw=4, solid_capstyle="butt", label="true stroke"
            )
        ax.set_title(f"{literally(signs.glosses[signs.labels[i]])}, confidence {told.confidence[i]:.2f}", fontsize=8, fontweight="normal")
        ax.set(xlim=(0, 1), ylim=(-0.45, 6))
    for ax in axes[-1]:
        ax.set_xlabel("share of the clip", fontsize=8)
    axes[0, 0].set_ylabel("speed\n(1 = mean)", fontsize=8)
    fig.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=3, fontsize=8)
    return fig


def errors(table):
    """Error of each way to place the boundaries, in frames: mean and 95 % t-interval over seeds, a panel a corpus."""
    names, ways = list(dict.fromkeys(table["corpus"])), list(dict.fromkeys(table["way"]))[::-1]
    fig, axes = panels(len(names), 0.35 * len(ways) + 1.1)
    for ax, name in zip(axes, names, strict=True):
        for row in table[table["corpus"] == name].itertuples():
            y, own = ways.index(row.way), row.way.startswith("estimated")
            colour = RED if own else PINK if "null" in row.way else GREY
            ax.plot([row.low, row.high], [y, y], color=colour, lw=3, alpha=0.5)
            ax.plot(row.mean, y, "o", color=colour, ms=6, mec="white")
            if "best global" in row.way:
                ax.axvline(row.mean / 2, color="black", ls="--", lw=1)
        ax.set(yticks=range(len(ways)), yticklabels=ways, xlim=(0, None), xlabel="error in frames", ylim=(-0.6, len(ways) - 0.4))
        ax.set_title(name, fontsize=9)
    return fig


def augmentations(table):
    """Accuracy of each augmentation by method: mean and 95 % t-interval over runs, a panel a corpus, a row a view set."""
    names, views = list(dict.fromkeys(table["corpus"])), list(dict.fromkeys(table["views"]))[::-1]
    fig, axes = panels(len(names), 0.34 * len(views) + 1.4)
    for ax, name in zip(axes, names, strict=True):
        part = table[table["corpus"] == name]
        for row in part.itertuples():
            colour, marker = METHOD_LOOKS.get(row.method, (GREEN, "^"))
            y = views.index(row.views) + {"SL-FPN": 0.14, "SimCLR": -0.14}.get(row.method, 0)
            ax.plot([100 * row.low, 100 * row.high], [y, y], color=colour, lw=2.5, alpha=0.45)
            ax.plot(100 * row.mean, y, marker, color=colour, ms=6, mec="white", mew=0.6)
        ax.axvline(100 * part["chance"].iloc[0], color="black", ls="--", lw=1)
        ax.set(yticks=range(len(views)), yticklabels=views, ylim=(-0.7, len(views) - 0.3), xlabel="linear top-1 accuracy, %")
        ax.set_xlim(max(0, ax.get_xlim()[0]), min(100, ax.get_xlim()[1]))
        ax.set_title(f"{name}, {int(part['n'].iloc[0])} runs (dashed: chance)", fontsize=9)
    looks = [m for m in METHOD_LOOKS if m in set(table["method"])]
    handles = [plt.Line2D([], [], color=METHOD_LOOKS[m][0], marker=METHOD_LOOKS[m][1], ls="") for m in looks]
    fig.legend(handles, looks, loc="outside upper center", ncols=len(looks), fontsize=8)
    return fig
