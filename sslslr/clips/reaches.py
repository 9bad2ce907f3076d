"""The hands' movement in equal parts of each clip, and the reaches in it: what ``clips.boundaries`` reads its cues from.

A reach is a hump of the wrists' speed, which is bell-shaped in one straight movement (Flash and Hogan 1985). Its ends are
smooth and lost in the landmarks' jitter: they are extrapolated from its width at half its height.
"""

import numpy as np

VERSION = "reaches 1"

BINS = 48  # equal parts of a clip that everything is measured in
PALMS = 4  # in a shoulder's width (360 mm; a palm is 89 mm, the median of 42 takes of thai-leap): clips without a body are in palms


def movement(landmarks: np.ndarray, lengths: np.ndarray, skeleton) -> tuple[np.ndarray, np.ndarray]:
    """Wrists (N, BINS, 2, 2) from the shoulders, y downwards, in shoulder widths; and the fingers' speed (N, BINS - 1)."""
    landmarks = np.asarray(landmarks, np.float32)
    if not skeleton.shoulders:
        landmarks = landmarks / PALMS
    points = binned(landmarks[:, :, [*skeleton.wrists, *skeleton.centre], :2], lengths, smooth=True)
    if not skeleton.y_down:
        points = points * np.array((1, -1), np.float32)
    return points[:, :, :2] - points[:, :, 2:].mean((1, 2), keepdims=True), fingers(landmarks, lengths, skeleton)


def binned(points: np.ndarray, lengths: np.ndarray, smooth: bool = False) -> np.ndarray:
    """Points (N, T, K, 2) averaged over BINS equal parts of each clip's valid frames: (N, BINS, K, 2) float32.

    Missing points are bridged linearly in time; a point that a clip never shows is 0, so it never moves.
    """
    n, t, k, c = points.shape
    seen = np.isfinite(points[..., 0])
    if not seen.all():
        at = np.arange(t)[None, :, None]
        before = np.maximum.accumulate(np.where(seen, at, -1), axis=1)
        after = np.minimum.accumulate(np.where(seen, at, t)[:, ::-1], axis=1)[:, ::-1]
        before, after = np.where(before < 0, after, before) % t, np.where(after >= t, before, after) % t
        share = np.clip((at - before) / np.maximum(after - before, 1), 0, 1)[..., None].astype(np.float32)
        a, b = (np.take_along_axis(points, i[..., None], 1) for i in (before, after))
        points = np.nan_to_num(a + (b - a) * share)
    total = np.zeros((n, t + 1, k * c))
    np.cumsum(points.reshape(n, t, k * c), axis=1, dtype=np.float64, out=total[:, 1:])
    edges = np.linspace(0, 1, BINS + 1) * lengths[:, None]
    mean = np.diff(at_places(total, edges), axis=1) / (lengths / BINS)[:, None, None]
    if smooth:
        mean[:, 1:-1] = 0.25 * mean[:, :-2] + 0.5 * mean[:, 1:-1] + 0.25 * mean[:, 2:]
    return mean.reshape(n, BINS, k, c).astype(np.float32)


def at_places(values: np.ndarray, where: np.ndarray) -> np.ndarray:
    """``values`` (N, T, ...) at the fractional positions ``where`` (N, P), linearly: (N, P, ...)."""
    low = np.clip(where.astype(int), 0, values.shape[1] - 2)
    rows = np.arange(len(values))[:, None]
    share = (where - low).reshape(*where.shape, *[1] * (values.ndim - 2))
    return values[rows, low] * (1 - share) + values[rows, low + 1] * share


def reaches(speed: np.ndarray, tail: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Humps of the speed (N, M): where they peak (N, M) bool, and where a bell of their width starts and ends (N, M).

    ``tail``: from half height to the end of a bell, in widths at half height (0.42 for a minimum-jerk reach).
    """
    m = speed.shape[1]
    around = np.pad(speed, ((0, 0), (1, 1)), constant_values=-1)
    peak = (speed >= around[:, :-2]) & (speed > around[:, 2:])
    half = speed / 2
    below = speed[:, None, :] < half[:, :, None]
    at = np.arange(m)
    after, before = below & (at > at[:, None]), below & (at < at[:, None])
    right = np.where(after.any(2), after.argmax(2), m - 1)
    left = np.where(before.any(2), m - 1 - before[:, :, ::-1].argmax(2), 0)

    def crossing(outer: np.ndarray, inner: np.ndarray) -> np.ndarray:
        low, high = (np.take_along_axis(speed, i, 1) for i in (outer, inner))
        return inner + np.clip((high - half) / np.maximum(high - low, 1e-9), 0, 1) * (outer - inner)

    right, left = crossing(right, np.maximum(right - 1, 0)), crossing(left, np.minimum(left + 1, m - 1))
    beyond = tail * (right - left)
    start, end = (np.clip(at, 0, m - 1) + 0.5 for at in (left - beyond, right + beyond))
    return peak, start.astype(np.float32), end.astype(np.float32)


def fingers(landmarks: np.ndarray, lengths: np.ndarray, skeleton) -> np.ndarray:
    """Speed (N, BINS - 1) of index and little finger against their wrist, root of the sum over both hands' means."""
    total = np.zeros((len(landmarks), BINS - 1), np.float32)
    for side, wrist in zip(("left_hand", "right_hand"), skeleton.wrists, strict=True):
        part = skeleton.parts[side]
        tips, root = ([part[i] for i in (8, 20)], part[0]) if len(part) > 1 else (list(part), wrist)
        shape = binned(landmarks[:, :, tips, :2] - landmarks[:, :, [root], :2], lengths)
        total += np.sqrt((np.diff(shape, axis=1) ** 2).sum(-1)).mean(-1) ** 2
    return np.sqrt(total)
