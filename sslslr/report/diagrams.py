"""Pictures of ideas: the architecture (Figure 3), the permutation, the landmarks, who is held out."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from sslslr.clips.signs import Signs
from sslslr.clips.skeleton import Skeleton
from sslslr.paths import literally
from sslslr.report.figures import BLUE, COLOURS, GREEN, GREY, ORANGE, PINK, RED, SKY, WIDEST, name_columns, over_time, view_set, width

PART_COLOURS = {"body": GREY, "left_hand": BLUE, "right_hand": ORANGE}


def _box(ax, x, y, text, colour="white", width=1.5, height=0.62, edge="#333333"):
    patch = FancyBboxPatch(
        (x - width / 2, y - height / 2), width, height, boxstyle="round,pad=0.02,rounding_size=0.08", fc=colour, ec=edge, lw=1.2
    )
    ax.add_patch(patch)
    ax.text(x, y, text, ha="center", va="center", fontsize=8)


def _arrow(ax, start, end, colour="#333333", style="-|>", curve=0.0, dashed=False):
    ax.add_patch(FancyArrowPatch(start, end, arrowstyle=style, mutation_scale=11, color=colour, lw=1.4, ls="--" if dashed else "-", connectionstyle=f"arc3,rad={curve}"))  # fmt: skip


def architecture(clip: tuple[int, ...], width: int, projection: int):
    """Figure 3 with tensor shapes: clip (B, T, J, C) -> encoder (B, width) -> projection (B, d) -> the three terms."""
    fig, ax = plt.subplots(figsize=(WIDEST, 4.3))
    shape, feature, out = (f"({', '.join(map(str, s))})" for s in (("B", *clip), ("B", width), ("B", projection)))
    rows = {"view 1": (3.0, "z1", SKY), "original": (1.7, "zo", "white"), "view 2": (0.4, "z2", SKY)}
    ax.add_patch(FancyBboxPatch((2.2, -0.1), 1.5, 3.6, boxstyle="round,pad=0.05", fc="#F2F2F2", ec="#333333"))
    ax.add_patch(FancyBboxPatch((4.5, -0.1), 1.5, 3.6, boxstyle="round,pad=0.05", fc="#F2F2F2", ec="#333333"))
    ax.text(2.95, 3.72, f"one encoder\nout {feature}", ha="center", fontsize=8)
    ax.text(5.25, 3.72, f"one projection head\nout {out}", ha="center", fontsize=8)
    for name, (y, z, colour) in rows.items():
        _box(ax, 0.8, y, f"{name}\n{shape}", colour, width=1.9)
        _arrow(ax, (1.8, y), (2.13, y))
        _arrow(ax, (3.77, y), (4.43, y))
        _arrow(ax, (6.07, y), (6.58, y))
        _box(ax, 6.85, y, z, width=0.45)
    _arrow(ax, (6.75, 2.65), (6.75, 2.05), RED, "<|-|>")
    ax.text(6.85, 2.35, "(ii)\nMSE(z1, zo)", color=RED, ha="left", va="center", fontsize=8)
    _arrow(ax, (7.1, 2.85), (7.1, 0.4), PINK, "<|-|>", curve=-0.62)
    ax.text(7.95, 1.0, "(i) MSE(z1, z2)", color=PINK, ha="left", va="center", fontsize=8)
    _box(ax, 9.2, 1.7, f"predictor p\n{projection} → h → {projection}", "#E5F3EE", width=1.5)
    _arrow(ax, (7.1, 1.7), (8.42, 1.7))
    _box(ax, 9.2, 3.0, "stop-gradient", "#FBEBD0", width=1.2, height=0.45)
    _arrow(ax, (7.1, 3.0), (8.57, 3.0), dashed=True)
    _arrow(ax, (9.2, 2.03), (9.2, 2.75), GREEN, "<|-|>")
    ax.text(9.35, 2.4, "(iii)\nMSE(p(zo), sg(z1))", color=GREEN, ha="left", va="center", fontsize=8)
    ax.text(0.8, 3.72, "boundary\npermutation", ha="center", fontsize=8)
    ax.set(xlim=(-0.3, 10.9), ylim=(-0.4, 4.3))
    ax.axis("off")
    return fig


def permutation_map(index: np.ndarray, length: int, alpha: float, beta: float):
    """What the boundary augmentation does to a clip: each row an ordering of its frames, coloured by where they come from.

    ``index`` is (rows, T), the first row the original order.
    """
    fig, ax = plt.subplots(figsize=(WIDEST, 0.55 * len(index) + 1.2))
    image = ax.imshow(index[:, :length], aspect="auto", cmap="viridis", vmin=0, vmax=length - 1, interpolation="nearest")
    for edge in (int(alpha * length + 1e-6), length - int(beta * length + 1e-6)):
        ax.axvline(edge - 0.5, color="white", lw=3)
        ax.axvline(edge - 0.5, color="black", lw=1.2, ls="--")
    ax.set(
        yticks=range(len(index)),
        yticklabels=["original", *[f"view {i}" for i in range(1, len(index))]],
        xlabel="position in the clip (frames)",
    )
    ax.grid(False)
    fig.colorbar(image, ax=ax, label="frame it comes from", pad=0.01)
    return fig


def landmarks(frame: np.ndarray, skeleton: Skeleton, ax=None, size: float = 9):
    """One frame (J, C): body grey, left hand blue, right hand orange; missing ones left out, and named as such in the legend.

    Of a body what lies from the head to the hips is shown; where no shoulders are, whatever was seen.
    """
    ax = ax or plt.subplots(figsize=(4.2, 4.6) if skeleton.shoulders else (5.6, 2.8))[1]
    part_of = {j: part for part, members in skeleton.parts.items() for j in members}
    for a, b in skeleton.edges:
        ax.plot(*frame[[a, b], :2].T, color=PART_COLOURS[part_of[b]], lw=1.3, zorder=1)
    for part, members in skeleton.parts.items():
        seen = str(len(members)) if np.isfinite(frame[list(members)]).any() else "not seen"
        ax.scatter(*frame[list(members), :2].T, s=size, color=PART_COLOURS[part], label=f"{part.replace('_', ' ')} ({seen})", zorder=2)
    down = 1 if skeleton.y_down else -1
    shoulders = frame[list(skeleton.shoulders), :2]
    if len(shoulders) and np.isfinite(shoulders).all():
        (x, y), width = shoulders.mean(0), np.linalg.norm(shoulders[0] - shoulders[1])
        ax.set(xlim=(x - 1.8 * width, x + 1.8 * width), ylim=(y + 1.9 * width * down, y - 1.3 * width * down))
    else:
        (left, low), (right, high) = _around(frame[:, :2])
        ax.set(xlim=(left, right), ylim=(high, low)[::down])
    ax.set_aspect("equal")
    ax.axis("off")
    return ax.figure


def _around(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Corners, with a margin, of the rectangle around the points (..., 2) that were seen; around the origin where none was."""
    points = points[np.isfinite(points).all(-1)] if np.isfinite(points).all(-1).any() else np.zeros((1, 2))
    low, high = points.min(0), points.max(0)
    margin = 0.08 * ((high - low).max() or 1.0)
    return low - margin, high + margin


def who_is_held_out(signs: Signs):
    """Clips of each signer (or session) by split; where signers are held out, each stands in one split only."""
    names = np.unique(signs.signers)
    counts = np.array([[(signs.split[signs.signers == s] == part).sum() for s in names] for part in ("train", "val", "test")])
    fig, ax = plt.subplots(figsize=(7, 2.6))
    bottom = np.zeros(len(names))
    for part, row, colour in zip(("train", "val", "test"), counts, (GREY, SKY, RED), strict=True):
        ax.bar([literally(n) for n in names], row, bottom=bottom, color=colour, label={"val": "validation"}.get(part, part))
        bottom += row
    ax.set(ylabel="clips", xlabel=signs.unit, xlim=(-0.6, max(len(names), 4) - 0.4))
    ax.legend(ncols=3, loc="lower center", bbox_to_anchor=(0.5, 1.0))
    return fig


def boundary_histograms(corpora: dict[str, Signs]):
    """Distribution of the true onset and offset, as fractions of the clip, a panel a corpus; the paper's 1/3 and 3/4 dashed."""
    fig, axes = plt.subplots(1, len(corpora), figsize=(width(len(corpora), 2.5, 0.8), 2.5), sharex=True, sharey=True, squeeze=False)
    bins = np.linspace(0, 1, 26)
    for ax, (name, signs) in zip(axes.flat, corpora.items(), strict=True):
        last = signs.lengths - 1
        ax.hist(signs.onset / last, bins, color=BLUE, alpha=0.75, label="onset")
        ax.hist(signs.offset / last, bins, color=ORANGE, alpha=0.75, label="offset")
        for x in (1 / 3, 3 / 4):
            ax.axvline(x, color="black", ls="--", lw=1)
        ax.set_title(f"{name} (n = {len(signs)})", fontsize=9)
        ax.set_xlabel("share of the clip", fontsize=8)
    axes[0, 0].set_ylabel("clips")
    axes[0, -1].legend(fontsize=8)
    return fig


def under_way(corpora: dict[str, Signs]):
    """Share of the clips whose true stroke is under way, over a clip's own time, a line a corpus; the paper's 1/3 and 3/4 dashed."""
    fig, ax = plt.subplots(figsize=(7, 2.9))
    time = np.linspace(0, 1, 101)
    for name, signs in corpora.items():
        onset, offset = (bound / (signs.lengths - 1) for bound in (signs.onset, signs.offset))
        share = ((onset[:, None] <= time) & (time <= offset[:, None])).mean(0)
        ax.plot(time, 100 * share, color=COLOURS.get(name, GREY), lw=2, label=f"{name} (n = {len(signs)} clips)")
    for x in (1 / 3, 3 / 4):
        ax.axvline(x, color="black", ls="--", lw=1)
    ax.set(xlim=(0, 1), ylim=(0, 102), xlabel="share of the clip", ylabel="% of clips in their stroke")
    ax.legend(fontsize=8, loc="upper right")
    return fig


def strokes(corpora: dict[str, Signs], alpha: float, beta: float):
    """Each clip's true stroke as a line, sorted by its onset, a panel a corpus; red: what of it the permutation of the ends reaches."""
    fig, axes = plt.subplots(1, len(corpora), figsize=(width(len(corpora), 2.5, 0.8), 2.8), sharex=True, squeeze=False)
    for ax, (name, signs) in zip(axes.flat, corpora.items(), strict=True):
        onset, offset = signs.onset / (signs.lengths - 1), signs.offset / (signs.lengths - 1)
        order = np.argsort(onset)
        onset, offset = onset[order], offset[order]
        rank, low, high = np.arange(len(signs)), alpha, 1 - beta
        ax.hlines(rank, np.clip(onset, low, high), np.clip(offset, low, high), color=SKY, lw=0.8)
        early, late = onset < low, offset > high
        ax.hlines(rank[early], onset[early], np.minimum(offset[early], low), color=RED, lw=0.8)
        ax.hlines(rank[late], np.maximum(onset[late], high), offset[late], color=RED, lw=0.8)
        for x in (low, high):
            ax.axvline(x, color="black", ls="--", lw=1)
        ax.set(xlim=(0, 1), yticks=[], ylim=(-1, len(signs)))
        ax.set_xlabel("share of the clip", fontsize=8)
        ax.set_title(f"{name} (n = {len(signs)})\nreached: {100 * (early | late).mean():.0f} % of clips", fontsize=8.5)
    axes[0, 0].set_ylabel("clips, by onset")
    return fig


def curves(metrics, columns: dict[str, str], models, hidden: tuple[tuple[str, str], ...] = ()):
    """Metrics over epochs: a row of panels a corpus, one panel for each of ``columns`` (name -> axis label).

    ``metrics`` has columns corpus, model, repeat, epoch and those of ``columns``; lines are means over repeats, bands
    their range. ``hidden`` lists (column, model) that are left out because they can't be compared.
    """
    corpora = list(dict.fromkeys(metrics["corpus"]))
    fig, axes = plt.subplots(
        len(corpora), len(columns), figsize=(width(len(columns), 2.35), 1.75 * len(corpora) + 1.0), sharex=True, squeeze=False
    )
    for row, corpus in zip(axes, corpora, strict=True):
        for ax, column in zip(row, columns, strict=True):
            for model in models:
                part = metrics[(metrics["corpus"] == corpus) & (metrics["model"] == model)]
                if (column, model) in hidden or part.empty:
                    continue
                look = {"color": COLOURS.get(model, GREY), "label": model, "ls": "--" if "dropout" in model else "-"}
                over_time(ax, part, "epoch", column, 0.2, **look)
            ax.set_ylim(bottom=0)
            ax.tick_params(labelsize=8)
        row[0].set_ylabel(corpus, fontweight="bold", fontsize=9)
    name_columns(axes, columns.values(), "epoch")
    handles, labels = axes[0, -1].get_legend_handles_labels()
    fig.legend(handles, labels, loc="outside upper center", ncols=len(labels), fontsize=8)
    return fig


def view_pairs(x, length: int, pairs: dict, skeleton):
    """A clip (T, J, C) and pairs of views of it: the wrists' paths (light to dark in time) and the middle frame's skeleton, from the waist up."""
    up = (1, -1 if skeleton.y_down else 1)
    drawn = [(a, b) for a, b in skeleton.edges if a not in skeleton.lower and b not in skeleton.lower]
    ids = sorted({j for edge in drawn for j in edge} | set(skeleton.wrists))
    shown = {"original": [x]} | {name: [view[0] for view in pair] for name, pair in pairs.items()}
    columns = {name: [np.asarray(clip)[:length, :, :2] * up for clip in clips] for name, clips in shown.items()}
    (left, low), (right, high) = _around(np.stack([c[:, ids] for clips in columns.values() for c in clips]))
    fig, axes = plt.subplots(2, len(columns), figsize=(width(len(columns), 2.3), 4.9), sharex=True, sharey=True)
    for j, (name, clips) in enumerate(columns.items()):
        for i, ax in enumerate(axes[:, j]):
            if i >= len(clips):
                ax.set_axis_off()
                continue
            clip = clips[i]
            for a, b in drawn:
                ax.plot(*clip[length // 2, [a, b]].T, color=GREY, lw=1)
            for wrist, cmap in zip(skeleton.wrists, ("Blues", "Oranges"), strict=True):
                path = clip[:, wrist]
                ax.plot(*path.T, color=GREY, lw=0.5, alpha=0.5)
                ax.scatter(*path.T, c=np.linspace(0.25, 1, length), cmap=cmap, s=12, vmin=0, vmax=1, zorder=3)
            ax.set(aspect="equal", xticks=[], yticks=[], xlim=(left, right), ylim=(low, high))
            ax.set_title(name if j == 0 else f"{view_set(name)}:\n{'second' if i else 'first'} view", fontsize=8.5)
    return fig
