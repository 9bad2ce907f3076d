"""Accuracy as the benchmarks define it: per instance and per class (WLASL, ASL Citizen), and dictionary retrieval (ASL Citizen).

A test clip is a query, the glosses are the dictionary: they are sorted by the model's scores, and all measures follow from
the rank of the true gloss, the only one that counts as found.
"""

import numpy as np

from sslslr.errors import SignError

VERSION = "recognition measures 1"

DEPTHS = (1, 2, 3, 5, 10, 20)


def ranks(scores, labels) -> np.ndarray:
    """Rank (N,) of each clip's true gloss, 1 the best, in the order of its scores (N, K); labels (N,) index the K glosses.

    Ties count against the model: one that scores all glosses alike ranks the true one last. Raises SignError for scores
    that do not fit the labels or are not finite.
    """
    scores, labels = np.asarray(scores, float), np.asarray(labels)
    if scores.ndim != 2 or labels.shape != (len(scores),) or not len(scores):
        raise SignError(f"scores of shape {scores.shape} and labels of shape {labels.shape}; expected (N, K) and (N,), N > 0")
    if labels.min() < 0 or labels.max() >= scores.shape[1]:
        raise SignError(f"labels from {labels.min()} to {labels.max()} for scores of {scores.shape[1]} glosses")
    if not np.isfinite(scores).all():
        raise SignError(f"{int((~np.isfinite(scores)).any(1).sum())} of {len(scores)} clips have scores that are NaN or infinity")
    return (scores >= scores[np.arange(len(labels)), labels][:, None]).sum(1)


def accuracy(found, labels, k: int = 1) -> float:
    """Per-instance top-k: share (0 to 1) of the clips whose true gloss is among the first k; ``found`` from ``ranks``."""
    return float((np.asarray(found) <= k).mean())


def class_accuracy(found, labels, k: int = 1) -> float:
    """Per-class top-k: the mean over glosses of the share of their clips that are right, so that rare glosses count alike.

    Over the glosses that have a test clip, as in the WLASL benchmark.
    """
    hit, labels = np.asarray(found) <= k, np.asarray(labels)
    return float(np.mean([hit[labels == gloss].mean() for gloss in np.unique(labels)]))


def recognition(found, labels) -> dict[str, float]:
    """``top1``, ``top5`` per instance and ``top1_class``, ``top5_class`` per class, 0 to 1 (section 6.4, Table 6)."""
    return {f"top{k}{name}": of(found, labels, k) for name, of in (("", accuracy), ("_class", class_accuracy)) for k in (1, 5)}


def retrieval(found) -> dict[str, float]:
    """Dictionary retrieval as in ASL Citizen's evaluation, each a mean over the queries, 0 to 1.

    ``recall<k>``: the true gloss is among the first k. ``dcg``: 1 / log2(1 + rank), the discounted cumulative gain with one
    relevant gloss. ``mrr``: 1 / rank.
    """
    found = np.asarray(found, float)
    recall = {f"recall{k}": float((found <= k).mean()) for k in DEPTHS}
    return recall | {"dcg": float((1 / np.log2(1 + found)).mean()), "mrr": float((1 / found).mean())}
