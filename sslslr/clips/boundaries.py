"""Where does a sign begin and end? Onset and offset of each clip from its landmarks alone: no labels, no training, no search.

What sign phonetics offers as cues, and how each is used here:

- *Transitions are reaches.* The hands come to a sign's place, and leave it, in one straight movement whose speed is
  bell-shaped (Flash and Hogan 1985); within the sign they turn, repeat or stand still. So preparation and retraction are
  looked for as a pair of humps of the wrists' speed that each carry the hands far; onset is where the first one's bell
  ends, offset where the second one's begins.
- *A reach's ends are smooth*, lost in the landmarks' jitter: they are extrapolated from its width at half its height.
- *Resting position and height.* Resting hands (hanging, clasped, in the lap) lie below the signing space; a preparation
  may leave from there, a retraction may lead there, not the other way; and between the two the hands are up.
- *Holds.* A sign ends in a hold (Liddell and Johnson 1989), which is not part of the stroke: the offset moves back to the
  last movement of wrist or fingers (handshape change, wiggling, twisting) before the retraction.
- *A clip shows one sign*, so its middle is near the clip's: a weak prior, which matters where neighbours are in the clip.

All durations are shares of the clip: clips are resampled before training, so frames have no fixed length in seconds.
"""

from dataclasses import dataclass

import numpy as np

from sslslr.clips.signs import Signs
from sslslr.errors import SignError

VERSION = "boundary estimate 1"

BINS = 48  # equal parts of a clip that everything is measured in
TAIL = 0.48  # from half height to the end of a bell, in widths at half height (0.42 for a minimum-jerk reach; blur and jitter widen it)
SMALL = 0.05  # reaches that carry the hands less far than this share of the furthest one hardly count
REST = 0.5  # weight of leaving rest (preparation) and of going to rest (retraction)
REST_BELOW, REST_DEPTH = 0.7, 0.4  # shoulder widths below the shoulders where rest may begin, and further down until it is certain
HIGH = 0.75  # weight of the hands' mean height between them, 1 the highest and 0 the lowest place of the clip
MIDDLE, MIDDLE_SPREAD = 0.5, 0.18  # prior of the stroke's middle, shares of the clip
LENGTH, LENGTH_SPREAD = 0.35, 0.3  # and of its length
SHORTEST = 0.06  # share of the clip
STILL = 0.2  # of the liveliest moment within the stroke: less is a hold
FADE = 1.4  # bins that a movement goes on after it fell below STILL
FINGERS = 0.5  # weight of the fingers' movement within the hand against the wrists'
NEAR = 0.08  # pairs of reaches this close, as shares of the clip, tell the same boundary
CLEAR = 0.25  # shoulder widths: a reach as long as this is no jitter
NARROW = 0.25  # of the unit that clips are scaled to (``skeleton.unit``): less is no signer, however turned
PALMS = 4  # in a shoulder's width (360 mm; a palm is 89 mm, the median of 42 takes of thai-leap): clips without a body are in palms
DEFAULT = (1 / 3, 3 / 4)  # the paper's, for a clip without two reaches
CHUNK = 256  # clips worked on at once: stays in the processor's cache


@dataclass(frozen=True)
class Strokes:
    """Estimated strokes of N clips: ``onset`` and ``offset`` (N,) in frames from 0, ``confidence`` (N,) from 0 to 1.

    Confidence is the share of the evidence, over all pairs of reaches, that agrees with the chosen one, times how clear
    the shorter of the two reaches is; 0 where a clip has no two reaches and the paper's 1/3 and 3/4 are given instead.
    """

    onset: np.ndarray
    offset: np.ndarray
    confidence: np.ndarray


def estimate(signs: Signs) -> Strokes:
    """Onset, offset and confidence of each clip, from its landmarks; ``signs`` as ``signs.prepare`` makes them.

    Without a body nobody knows where resting hands are: resting position is then no cue. Raises SignError where the shoulders
    (without a body, wrist and palm) lie on top of each other: the mean pose was taken out, and with it where the hands are.
    """
    a, b = (np.asarray(signs.landmarks[:CHUNK, :, list(ends)], np.float32) for ends in zip(*signs.skeleton.unit, strict=True))
    width = np.linalg.norm(a - b, axis=-1)
    if np.isfinite(width).any() and np.nanmedian(width) < NARROW:
        raise SignError(f"{signs.name}: no stroke can be estimated of clips whose mean pose was taken out; prepare them with centred=False")
    parts = [_estimate(signs, slice(i, i + CHUNK)) for i in range(0, len(signs), CHUNK)]
    return Strokes(*(np.concatenate(p) for p in zip(*parts, strict=True)))


def ends(signs: Signs, which: str) -> tuple[np.ndarray, np.ndarray]:
    """alpha and beta (N,) of each clip: the shares of its frames before and after its stroke ("estimated" or "true").

    floor(alpha L) frames come before the first frame of the stroke, floor(beta L) after its last. Raises SignError for
    another word, and for "true" where the boundaries are not known.
    """
    if which not in ("estimated", "true"):
        raise SignError(f"ends {which!r} are unknown; there are estimated, true")
    found = estimate(signs) if which == "estimated" else signs
    if not (np.isfinite(found.onset).all() and np.isfinite(found.offset).all()):
        raise SignError(f"{signs.name}: its true boundaries are not known, so ends='true' can't be used; use 'estimated' or 'fixed'")
    alpha = np.rint(found.onset) / signs.lengths
    beta = (signs.lengths - 1 - np.rint(found.offset)) / signs.lengths
    return np.clip(alpha, 0, 1), np.clip(beta, 0, 1 - np.clip(alpha, 0, 1))


def _estimate(signs: Signs, rows: slice) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    landmarks, lengths, skeleton = np.asarray(signs.landmarks[rows], np.float32), signs.lengths[rows], signs.skeleton
    if not skeleton.shoulders:
        landmarks = landmarks / PALMS
    points = binned(landmarks[:, :, [*skeleton.wrists, *skeleton.centre], :2], lengths, smooth=True)
    if not skeleton.y_down:
        points = points * np.array((1, -1), np.float32)
    wrists = points[:, :, :2] - points[:, :, 2:].mean((1, 2), keepdims=True)
    speed = np.sqrt((np.diff(wrists, axis=1) ** 2).sum((-1, -2)))
    peak, start, end = reaches(speed)
    evidence, far = judge(wrists, peak, start, end, REST if skeleton.shoulders else 0)
    n, m = speed.shape
    flat = evidence.reshape(n, -1)
    best = flat.argmax(1)
    each = np.arange(n)
    found = np.isfinite(flat[each, best])
    onset, offset = end[each, best // m] / m, start[each, best % m] / m
    top = np.where(found, flat[each, best], 0)
    weight = np.exp(flat - top[:, None])
    near = (np.abs(end / m - onset[:, None]) < NEAR)[:, :, None] & (np.abs(start / m - offset[:, None]) < NEAR)[:, None]
    agree = (weight * near.reshape(n, -1)).sum(1) / np.maximum(weight.sum(1), 1e-9)
    clear = np.minimum(np.minimum(far[each, best // m], far[each, best % m]) / CLEAR, 1)
    offset = before_hold(np.sqrt(speed**2 + (FINGERS * fingers(landmarks, lengths, skeleton)) ** 2), onset, offset)
    onset, offset = np.where(found, onset, DEFAULT[0]), np.where(found, offset, DEFAULT[1])
    last = lengths - 1
    return onset * last, offset * last, np.where(found, agree * clear, 0.0)


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
    mean = np.diff(_at(total, edges), axis=1) / (lengths / BINS)[:, None, None]
    if smooth:
        mean[:, 1:-1] = 0.25 * mean[:, :-2] + 0.5 * mean[:, 1:-1] + 0.25 * mean[:, 2:]
    return mean.reshape(n, BINS, k, c).astype(np.float32)


def _at(values: np.ndarray, where: np.ndarray) -> np.ndarray:
    """``values`` (N, T, ...) at the fractional positions ``where`` (N, P), linearly: (N, P, ...)."""
    low = np.clip(where.astype(int), 0, values.shape[1] - 2)
    rows = np.arange(len(values))[:, None]
    share = (where - low).reshape(*where.shape, *[1] * (values.ndim - 2))
    return values[rows, low] * (1 - share) + values[rows, low + 1] * share


def reaches(speed: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Humps of the speed (N, M): where they peak (N, M) bool, and where a bell of their width starts and ends (N, M)."""
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
    tail = TAIL * (right - left)
    start, end = (np.clip(at, 0, m - 1) + 0.5 for at in (left - tail, right + tail))
    return peak, start.astype(np.float32), end.astype(np.float32)


def judge(wrists: np.ndarray, peak: np.ndarray, start: np.ndarray, end: np.ndarray, rest: float = REST) -> tuple[np.ndarray, np.ndarray]:
    """Evidence (N, M, M) for each hump as preparation and each later one as retraction; and how far each carries (N, M).

    ``wrists`` (N, BINS, 2, 2) from the shoulders, y downwards; ``rest`` is the weight of resting position; -inf where there
    is no such pair.
    """
    m = peak.shape[1]
    before, after = _at(wrists, start), _at(wrists, end)
    each = np.sqrt(((after - before) ** 2).sum(-1))
    far = np.sqrt((each**2).sum(-1))
    by = each / np.maximum(each.sum(-1, keepdims=True), 1e-6)
    resting = [(np.clip((p[..., 1] - REST_BELOW) / REST_DEPTH, 0, 1) * by).sum(-1) for p in (before, after)]
    furthest = np.maximum(np.where(peak, far, 0).max(1, keepdims=True), 1e-6)
    size, rise = np.log(far / furthest + SMALL), rest * (resting[0] - resting[1])
    y = wrists[..., 1]
    span = y.max(1) - y.min(1)
    height = (y.max(1, keepdims=True) - y) / np.maximum(span.max(1), 1e-6)[:, None, None]
    height = (height * (span / np.maximum(span.sum(1, keepdims=True), 1e-6))[:, None]).sum(-1)
    total = np.pad(height.cumsum(1), ((0, 0), (1, 0)))
    onset, offset = end[:, :, None] / m, start[:, None, :] / m
    length = offset - onset
    up = (_at(total, start / m * BINS)[:, None, :] - _at(total, end / m * BINS)[:, :, None]) / np.maximum(length * BINS, 1)
    prior = ((onset + offset) / 2 - MIDDLE) ** 2 / MIDDLE_SPREAD**2 + (length - LENGTH) ** 2 / LENGTH_SPREAD**2
    evidence = (size + rise)[:, :, None] + (size - rise)[:, None, :] + HIGH * up - prior / 2
    return np.where(peak[:, :, None] & peak[:, None, :] & (length > SHORTEST), evidence, -np.inf), far


def fingers(landmarks: np.ndarray, lengths: np.ndarray, skeleton) -> np.ndarray:
    """Speed (N, BINS - 1) of index and little finger against their wrist, root of the sum over both hands' means."""
    total = np.zeros((len(landmarks), BINS - 1), np.float32)
    for side, wrist in zip(("left_hand", "right_hand"), skeleton.wrists, strict=True):
        part = skeleton.parts[side]
        tips, root = ([part[i] for i in (8, 20)], part[0]) if len(part) > 1 else (list(part), wrist)
        shape = binned(landmarks[:, :, tips, :2] - landmarks[:, :, [root], :2], lengths)
        total += np.sqrt((np.diff(shape, axis=1) ** 2).sum(-1)).mean(-1) ** 2
    return np.sqrt(total)


def before_hold(activity: np.ndarray, onset: np.ndarray, offset: np.ndarray) -> np.ndarray:
    """The offsets (N,), shares of the clip, moved back to the last activity (N, M) within the stroke."""
    m = activity.shape[1]
    at = (np.arange(m) + 0.5) / m
    inside = (at > onset[:, None]) & (at < offset[:, None])
    most = np.where(inside, activity, 0).max(1, keepdims=True)
    moving = inside & (activity > STILL * most)
    last = (m - 1 - moving[:, ::-1].argmax(1) + FADE) / m
    return np.where(moving.any(1), np.minimum(last, offset), offset)
