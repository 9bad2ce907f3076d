"""Each class's own optimum (Figures 5 and 6), its noise, and what a null model without any optimum would show.

Accuracy of a class at a share: mean over its test clips in all repeats (each clip is tested where its signer is held out)
of the share of probe resamples that name it right. The optimum is the share with the highest one, the smaller of equals.
With some tens of clips a class this mean has a standard error of several points, and the largest of several noisy values
is always above the value at any share fixed beforehand: spread and "loss" appear without any optimum. Hence

- the *null model*: within each class and repeat the shares' labels are dealt anew, at both ends; what it gives is taken off;
- the *cross-fitted* loss: a class's optimum is chosen on one half of the repeats and its gain measured on the other. Of the
  classes whose optimum is not the global one, who they are is chosen on that half too.
"""

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

from sslslr.clips.signs import Signs


def cells(rows: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, list[float]]:
    """Of one corpus' sweep: correct (ends, classes, repeats, shares), the mean over clips; clips (classes, repeats); shares."""
    shares, repeats = sorted(rows["share"].unique()), sorted(rows["repeat"].unique())
    labels = sorted({k for row in rows["labels"] for k in row})
    correct = np.full((2, len(labels), len(repeats), len(shares)), np.nan)
    clips = np.zeros((len(labels), len(repeats)))
    for row in rows.itertuples():
        own, right = np.array(row.labels), np.array(row.correct)
        count = np.array([(own == k).sum() for k in labels])
        total = np.array([right[own == k].sum() for k in labels])
        end, r, s = ("first", "last").index(row.end), repeats.index(row.repeat), shares.index(row.share)
        correct[end, :, r, s] = np.where(count > 0, total / np.maximum(count, 1), np.nan)
        clips[:, r] = count
    return correct, clips, shares


def pooled(correct: np.ndarray, clips: np.ndarray) -> np.ndarray:
    """Accuracy (ends, classes, shares) of each class over the clips of all repeats."""
    weight = clips[None, :, :, None]
    return (np.nan_to_num(correct) * weight).sum(2) / np.maximum(weight.sum(2), 1)


def own(correct: np.ndarray, clips: np.ndarray) -> np.ndarray:
    """Index (ends, classes) of each class's best share."""
    return pooled(correct, clips).argmax(-1)


def losses(correct: np.ndarray, clips: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Loss (ends, classes) of using the global share, index ``at`` (ends,), in place of each class's own best."""
    accuracy = pooled(correct, clips)
    return accuracy.max(-1) - np.take_along_axis(accuracy, at[:, None, None].repeat(accuracy.shape[1], 1), 2)[..., 0]


def best_for_all(correct: np.ndarray, clips: np.ndarray) -> np.ndarray:
    """Index (ends,) of the share with the highest accuracy over all clips: the global optimum."""
    return (pooled(correct, clips) * clips.sum(1)[None, :, None]).sum(1).argmax(-1)


def cross_fitted(correct: np.ndarray, clips: np.ndarray, others: bool = False) -> np.ndarray:
    """Loss (ends, classes) of the global share against the own one, free of the winner's curse.

    Both are chosen on one half of the repeats (even or odd) and compared on the other, both ways. ``others``: only where a
    class's own share was not the global one on the half that chose; NaN where it was on both.
    """
    total, weight = 0.0, 0.0
    for half in (0, 1):
        chosen, seen = correct[:, :, half::2], clips[:, half::2]
        accuracy = pooled(correct[:, :, 1 - half :: 2], clips[:, 1 - half :: 2])
        mine = own(chosen, seen)
        common = best_for_all(chosen, seen)[:, None].repeat(accuracy.shape[1], 1)
        gain = (np.take_along_axis(accuracy, mine[..., None], 2) - np.take_along_axis(accuracy, common[..., None], 2))[..., 0]
        n = clips[:, 1 - half :: 2].sum(1) * ((mine != common) if others else np.ones_like(mine))
        total, weight = total + gain * n, weight + n
    return np.where(weight > 0, total / np.maximum(weight, 1), np.nan if others else 0.0)


def shuffled(correct: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The null model: the labels of the shares dealt anew within each end, class and repeat."""
    return rng.permuted(correct, axis=-1)


def standard_error(correct: np.ndarray, clips: np.ndarray) -> float:
    """Of a class's accuracy at a share: root of the mean p (1 - p) / n over classes (clips as independent trials)."""
    accuracy, n = pooled(correct, clips), np.maximum(clips.sum(1), 1)[None, :, None]
    return float(np.sqrt((accuracy * (1 - accuracy) / n).mean()))


def summary(rows: pd.DataFrame, nulls: int = 200, seed: int = 0) -> dict:
    """Everything that Figures 5 and 6 show of one corpus' sweep.

    shares; at: index of the global optimum of each end; own (ends, classes); histogram (ends, shares) in shares of the
    classes, null_low and null_high: its 2.5 and 97.5 percentiles under the null; loss, null_loss (2.5, 50, 97.5
    percentiles) and cross: means over classes and ends; losses, crossed, crossed_others (ends, classes); error: standard
    error; classes. null_shared, null_others (ends, classes): under the null, how often a class's own optimum is the global
    one, and its mean loss where it is not.
    """
    correct, clips, shares = cells(rows)
    labels = sorted({k for row in rows["labels"] for k in row})
    at = best_for_all(correct, clips)
    rng = np.random.default_rng(seed)

    def histogram(best: np.ndarray) -> np.ndarray:
        return np.stack([np.bincount(b, minlength=len(shares)) / best.shape[1] for b in best])

    drawn, drawn_loss, crossed, best = [], [], cross_fitted(correct, clips), own(correct, clips)
    shared, lost = np.zeros(best.shape), np.zeros(best.shape)
    for _ in range(nulls):
        null = shuffled(correct, rng)
        there, mine = best_for_all(null, clips), own(null, clips)
        loss = losses(null, clips, there)  # 0 where the own optimum is the global one
        drawn.append(histogram(mine))
        drawn_loss.append(loss.mean())
        shared, lost = shared + (mine == there[:, None]), lost + loss
    low, high = np.percentile(drawn, [2.5, 97.5], axis=0)
    return {
        "shares": shares, "at": at, "own": best, "histogram": histogram(best), "null_low": low, "null_high": high,
        "losses": losses(correct, clips, at), "crossed": crossed, "loss": losses(correct, clips, at).mean(),
        "null_loss": np.percentile(drawn_loss, [2.5, 50, 97.5]), "cross": crossed.mean(),
        "null_shared": shared / nulls, "null_others": lost / np.maximum(nulls - shared, 1),
        "crossed_others": cross_fitted(correct, clips, others=True),
        "error": standard_error(correct, clips), "clips": clips.sum(1), "classes": labels,
    }  # fmt: skip


def each_class(told: dict, signs: Signs) -> pd.DataFrame:
    """A row a class and end (first, last): its own best share, the global one, and its losses (0 to 1), measured and cross-fitted.

    ``null_shared``, ``null_loss``: what the null model gives (``summary``); ``shared_excess`` and ``loss_excess``: what is seen
    beyond it; ``crossed_others``: the cross-fitted loss where the class is another one on the half that chose.
    """
    out = []
    for e, end in enumerate(("first", "last")):
        own, at = told["own"][e], told["at"][e]
        out.append(pd.DataFrame({
            "gloss": [signs.glosses[k] for k in told["classes"]], "end": end, "own": np.array(told["shares"])[own],
            "global": told["shares"][at], "own_is_global": (own == at).astype(int), "loss": told["losses"][e],
            "crossed": told["crossed"][e], "crossed_others": told["crossed_others"][e], "null_shared": told["null_shared"][e],
            "null_loss": told["null_others"][e], "shared_excess": (own == at) - told["null_shared"][e],
            "loss_excess": told["losses"][e] - told["null_others"][e], "clips": told["clips"].astype(int),
        }))  # fmt: skip
    return pd.concat(out, ignore_index=True)


def failing(told: dict, signs: Signs, most: int = 3) -> pd.DataFrame:
    """The classes that lose most by the global pair (both ends together, cross-fitted), with their true boundaries' means.

    ``first``: index of a clip to look at. Onset and offset are shares of the clip, NaN where unknown.
    """
    rows, loss, last = [], told["crossed"].sum(0), signs.lengths - 1
    for k in np.argsort(-loss, kind="stable")[:most]:
        clips = np.flatnonzero(signs.labels == told["classes"][k])
        rows.append({
            "gloss": signs.glosses[told["classes"][k]], "loss, points": 100 * loss[k],
            "own alpha": told["shares"][told["own"][0, k]], "own beta": told["shares"][told["own"][1, k]],
            "true onset": (signs.onset / last)[clips].mean(), "true offset": (signs.offset / last)[clips].mean(),
            "clips": len(clips), "first": int(clips[0]),
        })  # fmt: skip
    return pd.DataFrame(rows)


def follows_truth(told: dict, signs: Signs, nulls: int = 500, seed: int = 0) -> pd.DataFrame:
    """Rank correlation over classes of the own optimum with the true boundary, and the middle 95 % of it by chance."""
    rows, last, rng = [], signs.lengths - 1, np.random.default_rng(seed)
    for end, true, best in zip(
        ("alpha and onset", "beta and clip end - offset"), (signs.onset / last, 1 - signs.offset / last), told["own"], strict=True
    ):
        mean = np.array([true[signs.labels == k].mean() for k in told["classes"]])
        row = {"pair": end, "rank correlation": np.nan, "by chance, 95 %": "–", "classes": len(mean)}
        if np.ptp(best) and np.isfinite(mean).all():
            low, high = np.percentile([spearmanr(rng.permutation(best), mean).statistic for _ in range(nulls)], [2.5, 97.5])
            row |= {"rank correlation": spearmanr(best, mean).statistic, "by chance, 95 %": f"{low:.2f} to {high:.2f}"}
        rows.append(row)
    return pd.DataFrame(rows)
