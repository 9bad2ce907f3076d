"""How well segments in a stream are found, by the measures of the field. A segment is (first frame, last frame), both in it.

Phases as B, I and O (the first frame of a segment, the others in it, those outside: Moryossef et al. 2023) with F1; frames
in common (IoU); the share of segments, told by true, which says whether too many are told; boundaries within a tolerance;
segments found, and average precision where each has a score.
"""

from collections.abc import Iterable

import numpy as np


def segments(inside: np.ndarray) -> np.ndarray:
    """The stretches (S, 2) in which ``inside`` (T,) is true, first and last frame of each."""
    change = np.diff(np.r_[0, np.asarray(inside, np.int8), 0])
    return np.c_[np.flatnonzero(change == 1), np.flatnonzero(change == -1) - 1]


def mask(found: np.ndarray, frames: int) -> np.ndarray:
    """(frames,) true inside the segments ``found`` (S, 2)."""
    out = np.zeros(frames, bool)
    for first, last in found:
        out[first : last + 1] = True
    return out


def bio(found: np.ndarray, frames: int) -> np.ndarray:
    """(frames,) 0 outside of the segments (S, 2), 1 in the first frame of each, 2 in the others."""
    out = 2 * mask(found, frames)
    out[np.asarray(found, int).reshape(-1, 2)[:, 0]] = 1
    return out


def hits(true: Iterable[float], told: Iterable[float], tolerance: float) -> int:
    """How many of the places ``told`` can be given to one place each of ``true``, no further off than ``tolerance`` frames."""
    true, told = sorted(true), sorted(told)
    i = j = count = 0
    while i < len(true) and j < len(told):
        if abs(true[i] - told[j]) <= tolerance:
            count, i, j = count + 1, i + 1, j + 1
        elif true[i] < told[j]:
            i += 1
        else:
            j += 1
    return count


def overlap(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Intersection over union (A, B) of segments (A, 2) and (B, 2), in frames."""
    a, b = (np.asarray(x, float).reshape(-1, 2) for x in (a, b))
    both = np.minimum(a[:, None, 1], b[None, :, 1]) - np.maximum(a[:, None, 0], b[None, :, 0]) + 1
    both = np.maximum(both, 0)
    size = (a[:, 1] - a[:, 0] + 1)[:, None] + (b[:, 1] - b[:, 0] + 1)[None, :]
    return both / (size - both)


def found(true: np.ndarray, told: np.ndarray, least: float = 0.5, allowed: np.ndarray | None = None) -> np.ndarray:
    """For each told segment, in this order, which true one it finds (each once, IoU at least ``least``), or -1.

    ``allowed`` (told, true): pairs that may match at all, such as those of one gloss.
    """
    iou, free = overlap(told, true), np.ones(len(true), bool)
    out = np.full(len(iou), -1)
    for i, row in enumerate(iou):
        row = np.where(free & (True if allowed is None else allowed[i]), row, 0)
        if len(row) and row.max() >= least:
            out[i] = row.argmax()
            free[out[i]] = False
    return out


def f1(right: float, told: float, true: float) -> dict[str, float]:
    """Precision, recall and F1 of so many right among so many told, of so many true; 0 where there is none."""
    return {
        "precision": right / told if told else 0.0,
        "recall": right / true if true else 0.0,
        "f1": 2 * right / (told + true) if told + true else 0.0,
    }


def average_precision(score: np.ndarray, right: np.ndarray, true: int) -> float:
    """Mean over the ``true`` segments of the precision at the score where each is found; those never found count 0."""
    order = np.argsort(-np.asarray(score, float), kind="stable")
    right = np.asarray(right, bool)[order]
    precision = right.cumsum() / np.arange(1, len(right) + 1)
    return float((precision * right).sum() / true) if true else float("nan")


def stream_scores(streams: Iterable[tuple[np.ndarray, np.ndarray, int]], tolerances=(2, 4, 8)) -> dict[str, float]:
    """All measures over streams of (true segments, told segments, frames), counted together.

    F1 of boundaries (first and last frames, each kind by itself) within each tolerance, of B, I and O (and their mean), IoU
    of frames, share of segments, segments found at IoU 0.5, and how many there are.
    """
    streams = list(streams)
    n_true, n_told = sum(len(s[0]) for s in streams), sum(len(s[1]) for s in streams)
    out: dict[str, float] = {}
    for tolerance in tolerances:
        right = sum(hits(a[:, end], b[:, end], tolerance) for a, b, _ in streams for end in (0, 1))
        out |= {f"{name} at {tolerance}": value for name, value in f1(right, 2 * n_told, 2 * n_true).items()}
    true, told = (
        np.concatenate([bio(s, frames) for s, frames in part])
        for part in ([(a, n) for a, _, n in streams], [(b, n) for _, b, n in streams])
    )
    scores = [f1(((true == k) & (told == k)).sum(), (told == k).sum(), (true == k).sum())["f1"] for k in (1, 2, 0)]
    out |= dict(zip(("B", "I", "O"), scores, strict=True)) | {"BIO": float(np.mean(scores))}
    a, b = true > 0, told > 0
    out["IoU"] = float((a & b).sum() / max((a | b).sum(), 1))
    out["share of segments"] = n_told / max(n_true, 1)
    right = sum(int((found(s[0], s[1]) >= 0).sum()) for s in streams)
    out |= {f"strokes, {name}": value for name, value in f1(right, n_told, n_true).items()}
    return out | {"strokes": n_true, "frames": len(true)}
