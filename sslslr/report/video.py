"""Figures of notebook 18: rendered clips, what a pooled vector still knows of a clip, gains of parts and of poolings."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
from matplotlib.figure import Figure

from sslslr.clips.signs import Signs
from sslslr.measures.contrasts import contrast
from sslslr.methods import priors
from sslslr.paths import literally
from sslslr.report.figures import BLUE, GREY, ORANGE, RED, WIDEST
from sslslr.video.film import Film
from sslslr.video.model import SignRep


def sheet(film: Film, signs: Signs, clips: Sequence[int], every: int = 2) -> Figure:
    """A row of pictures for each of the ``clips`` (indices of ``signs``), every second moment."""
    shown = film.pictures[film.rows(signs)[list(clips)]][:, ::every]
    fig, axes = plt.subplots(*shown.shape[:2], figsize=(WIDEST, WIDEST * shown.shape[0] / shown.shape[1]), squeeze=False)
    for row, clip, pictures in zip(axes, clips, shown, strict=True):
        for ax, picture in zip(row, pictures, strict=True):
            ax.imshow(picture)
            ax.set(xticks=[], yticks=[])
            ax.spines[:].set_visible(False)
        row[0].set_ylabel(literally(f"{signs.glosses[signs.labels[clip]]}\n{signs.signers[clip]}"), fontsize=8)
    return fig


@torch.no_grad()
def reconstructed(module: SignRep, film: Film, signs: Signs) -> tuple[np.ndarray, np.ndarray]:
    """Body and hands (N, moments, J, C) as the pooled vector has them, and as they are; needs a model with the body's keypoints as targets."""
    x, valid = torch.from_numpy(np.asarray(signs.landmarks, np.float32)), torch.from_numpy(signs.valid)
    true = priors.wanted(x, valid, module.skeleton, (priors.BODY,))[priors.BODY]
    steps, _ = module.eval().embed(film.batch(film.rows(signs)))
    found = module.decoder(steps.mean(1).float())[priors.BODY]
    mean = true.nanmean((0, 1))
    spread = (true - mean).square().nanmean((0, 1)).sqrt()
    return tuple(v.unflatten(-1, (-1, x.shape[-1])).numpy() for v in (found * spread + mean, true))


def reconstructions(found: np.ndarray, true: np.ndarray, skeleton, names: Sequence[str], columns: int = 6) -> Figure:
    """Skeletons read off the pooled vector (red) over the true ones (grey), a row a clip, at ``columns`` moments."""
    new = {old: i for i, old in enumerate(priors.lists(skeleton).points)}
    edges = [(new[a], new[b]) for a, b in skeleton.edges if a in new and b in new]
    moments = np.linspace(0, true.shape[1] - 1, columns).round().astype(int)
    fig, axes = plt.subplots(len(true), columns, figsize=(WIDEST, 1.45 * len(true)), sharex=True, sharey=True, squeeze=False)
    for row, name, of, shown in zip(axes, names, found, true, strict=True):
        for ax, t in zip(row, moments, strict=True):
            for points, colour, wide in ((shown[t], "#BBBBBB", 2.2), (of[t], RED, 0.9)):
                for a, b in edges:
                    ax.plot(*points[[a, b], :2].T, color=colour, lw=wide)
            ax.set(aspect="equal", xticks=[], yticks=[])
        row[0].set_ylabel(literally(name), fontsize=8)
    if skeleton.y_down:
        axes[0, 0].invert_yaxis()
    return fig


def told(rows: pd.DataFrame, by: Sequence[str], value: str, times: float = 100.0) -> pd.DataFrame:
    """``times`` the mean of ``value`` over groups of held-out signers with its 95 % interval, a row a combination of ``by``: mean, low, high, n."""
    out = []
    for key, part in rows.dropna(subset=[value]).groupby(list(by), sort=False):
        found = contrast(times * part[value], part["group"], float(part["test_to_train"].mean()))
        low, high = found.interval()
        out.append(dict(zip(by, key, strict=True)) | {"mean": found.mean, "low": low, "high": high, "n": found.n})
    return pd.DataFrame(out)


def off(found: np.ndarray, true: np.ndarray) -> float:
    """How far landmarks read off a pooled vector are from those that are there: mean over all, in shoulder widths."""
    return float(np.nanmean(np.linalg.norm(found - true, axis=-1)))


def extremes(found: pd.DataFrame, rows: str, colours: str, unit: str) -> str:
    """The highest and the lowest mean of what ``told`` gives, with their intervals where there are any, and n: a sentence."""

    def say(row) -> str:
        within = f" (95 % {row['low']:.1f} to {row['high']:.1f})" if np.isfinite([row["low"], row["high"]]).all() else ""
        which = f"{row[rows]}, {row[colours]}" if found[colours].nunique() > 1 else row[rows]
        return f"{which}: {row['mean']:.1f} {unit}{within}, n = {row['n']:.0f}"

    order = found.sort_values("mean")
    return f"highest {say(order.iloc[-1])}; lowest {say(order.iloc[0])}."


def bars(found: pd.DataFrame, rows: str, colours: str, label: str) -> Figure:
    """Means with 95 % intervals as dots (of at least three groups; fewer say nothing): a line of the figure a value of ``rows``, a colour a
    value of ``colours``."""
    lines, kinds = found[rows].unique(), found[colours].unique()
    fig, ax = plt.subplots(figsize=(WIDEST, 0.34 * len(lines) * max(1, len(kinds) / 2) + 1.4))
    palette = [BLUE, ORANGE, GREY, RED, "#009E73", "#CC79A7"]
    for k, kind in enumerate(kinds):
        part = found[found[colours] == kind].set_index(rows).reindex(lines)
        y = np.arange(len(lines))[::-1] + (0.35 - 0.7 * (k + 0.5) / len(kinds)) * (len(kinds) > 1)
        off = part[["mean", "low", "high"]].to_numpy().T
        error = np.where(part["n"].to_numpy() >= 3, np.nan_to_num(np.abs(off[1:] - off[0])), 0.0)
        ax.errorbar(off[0], y, xerr=error, fmt="o", color=palette[k % len(palette)], ms=4, lw=1.2, label=str(kind))
    ax.axvline(0, color="#999999", lw=0.8)
    ax.set(yticks=np.arange(len(lines))[::-1], yticklabels=[str(line) for line in lines], xlabel=label, ylim=(-0.6, len(lines) - 0.4))
    if len(kinds) > 1:
        ax.legend(fontsize=8, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=min(4, len(kinds)))
    return fig


def curves(found: pd.DataFrame, models: str, depths: Sequence[int] = (1, 5, 10)) -> Figure:
    """Share of the queries whose gloss is among the first k, by k; a line a value of ``models``. Columns recall1, recall5, ... 0 to 1."""
    fig, ax = plt.subplots(figsize=(0.75 * WIDEST, 3.6))
    for i, (name, part) in enumerate(found.groupby(models, sort=False)):
        look = "o-" if i < 7 else "s--"  # colours come round again
        ax.plot(depths, [100 * part[f"recall{k}"].mean() for k in depths], look, ms=4, label=str(name), clip_on=False)
    ax.set(xlabel="glosses looked at, k", ylabel="queries whose gloss is among them (%)", xticks=list(depths), ylim=(0, 100))
    ax.legend(fontsize=8, loc="center left", bbox_to_anchor=(1.0, 0.5))
    return fig
