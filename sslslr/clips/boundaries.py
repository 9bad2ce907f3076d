"""Where does a sign begin and end? Onset and offset of each clip from its landmarks alone: no labels, no training, no search.

What sign phonetics offers as cues, and how each is used here:

- *Transitions are reaches* (``clips.reaches``). The hands come to a sign's place, and leave it, in one straight movement;
  within the sign they turn, repeat or stand still. So preparation and retraction are looked for as a pair of reaches that
  each carry the hands far; onset is where the first one's bell ends, offset where the second one's begins.
- *Resting position and height.* Resting hands (hanging, clasped, in the lap) lie below the signing space; a preparation
  may leave from there, a retraction may lead there, not the other way; and between the two the hands are up.
- *The first reach from rest, and the last to it.* Where a clip begins at rest, no neighbour comes before: what the hands
  have travelled before a reach speaks against it as the preparation; the same for a clip's end.
- *Holds.* A sign ends in a hold (Liddell and Johnson 1989), which is not part of the stroke: the offset moves back to the
  last movement of wrist or fingers (handshape change, wiggling, twisting) before the retraction.
- *A clip shows one sign*, so its middle is near the clip's: a prior, which decides where no reach is clear.

Every pair of reaches is weighed by its evidence, and the prior with them; onset and offset are the medians of all that
weight, since it is the absolute error that should be small. All durations are shares of the clip: clips are resampled
before training, so frames have no fixed length in seconds. ``tools/boundary_cues.py`` sets the constants.
"""

from dataclasses import dataclass

import numpy as np

from sslslr.clips.reaches import BINS, at_places, movement, reaches
from sslslr.clips.signs import Signs
from sslslr.errors import SignError

VERSION = "boundary estimate 2"

REST_BELOW, REST_DEPTH = 0.7, 0.4  # shoulder widths below the shoulders where rest may begin, and further down until it is certain
SHORTEST = 0.06  # share of the clip
FADE = 1.4  # bins that a movement goes on after it fell below ``still``
FINGERS = 0.5  # weight of the fingers' movement within the hand against the wrists'
NEAR = 0.08  # shares of the clip: boundaries this close are the same one
CLEAR = 0.25  # shoulder widths: a reach as long as this is no jitter
NARROW = 0.25  # of the unit that clips are scaled to (``skeleton.unit``): less is no signer, however turned
DEFAULT = (1 / 3, 3 / 4)  # the paper's, for a clip without two reaches
PLACES = 48  # of the prior's onset and offset, evenly over the clip
CHUNK = 256  # clips worked on at once: stays in the processor's cache


@dataclass(frozen=True)
class Cues:
    """What each cue weighs. Evidence is in natural logarithms, places and lengths in shares of the clip.

    tail: from half height to the end of a reach, in its widths at half height.  small: reaches that carry less far than
    this share of the furthest one hardly count.  rest, high: weight of leaving (going to) rest, and of the hands' mean
    height between the two (1 the clip's highest place, 0 its lowest).  first: weight of what was travelled before the
    first (after the second) reach where the clip begins (ends) at rest, in lengths of the furthest reach.  middle, length
    and their spreads: the prior.  blunt: evidence is divided by it.  prior: the prior's own evidence against one pair of
    reaches.  still: share of the liveliest moment within the stroke; less is a hold.
    """

    tail: float = 0.418
    small: float = 0.1
    rest: float = 0.199
    high: float = 1.577
    first: float = 1.045
    middle: float = 0.471
    middle_spread: float = 0.18
    length: float = 0.334
    length_spread: float = 0.249
    blunt: float = 0.982
    prior: float = -0.583
    still: float = 0.197


CUES = Cues()


@dataclass(frozen=True)
class Strokes:
    """Estimated strokes of N clips: ``onset`` and ``offset`` (N,) in frames from 0, ``confidence`` and ``prior`` (N,) from 0 to 1.

    Confidence is the share of all weight, the prior's included, that lies on pairs of reaches near the estimate; ``prior``
    the share that the prior has. Above one half the prior decides, more than anything in the clip; where a clip has no two
    reaches it is 1, the confidence 0, and the paper's 1/3 and 3/4 are given.
    """

    onset: np.ndarray
    offset: np.ndarray
    confidence: np.ndarray
    prior: np.ndarray


def estimate(signs: Signs, cues: Cues = CUES) -> Strokes:
    """Onset, offset and confidence of each clip, from its landmarks; ``signs`` as ``signs.prepare`` makes them.

    Without a body nobody knows where resting hands are: resting position is then no cue. Raises SignError where the shoulders
    (without a body, wrist and palm) lie on top of each other: the mean pose was taken out, and with it where the hands are.
    """
    a, b = (np.asarray(signs.landmarks[:CHUNK, :, list(ends)], np.float32) for ends in zip(*signs.skeleton.unit, strict=True))
    width = np.linalg.norm(a - b, axis=-1)
    if np.isfinite(width).any() and np.nanmedian(width) < NARROW:
        raise SignError(f"{signs.name}: no stroke can be estimated of clips whose mean pose was taken out; prepare them with centred=False")
    parts = []
    for i in range(0, len(signs), CHUNK):
        moved = movement(signs.landmarks[i : i + CHUNK], signs.lengths[i : i + CHUNK], signs.skeleton)
        parts.append(place(*moved, cues, bool(signs.skeleton.shoulders)))
    onset, offset, confidence, prior = (np.concatenate(p) for p in zip(*parts, strict=True))
    return Strokes(onset * (signs.lengths - 1), offset * (signs.lengths - 1), confidence, prior)


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


def place(wrists: np.ndarray, fingers: np.ndarray, cues: Cues, body: bool = True) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Onset and offset as shares of the clip, confidence, and the prior's share, (N,) each, of what ``reaches.movement`` gives."""
    speed = np.sqrt((np.diff(wrists, axis=1) ** 2).sum((-1, -2)))
    n, m = speed.shape
    peak, start, end = reaches(speed, cues.tail)
    evidence = judge(wrists, peak, start, end, cues, body) / cues.blunt
    found = np.isfinite(evidence).any((1, 2))
    top = np.maximum(evidence.max((1, 2)), cues.prior / cues.blunt)
    weight = np.exp(evidence - top[:, None, None])
    at = (np.arange(PLACES) + 0.5) / PLACES
    on, off = at[:, None], at[None, :]
    usual = np.where(off - on > SHORTEST, np.exp(-_unusual(on, off, cues) / 2), 0)
    share = np.exp(cues.prior / cues.blunt - top)
    usual = usual / usual.sum()
    onset, offset = (
        _median(np.c_[places / m, np.tile(at, (n, 1))], np.c_[weight.sum(axis), share[:, None] * usual.sum(axis - 1)])
        for places, axis in ((end, 2), (start, 1))
    )
    total = weight.sum((1, 2)) + share
    near = (np.abs(end / m - onset[:, None]) < NEAR)[:, :, None] & (np.abs(start / m - offset[:, None]) < NEAR)[:, None]
    agree = (weight * near).sum((1, 2)) / total
    offset = before_hold(np.sqrt(speed**2 + (FINGERS * fingers) ** 2), onset, np.maximum(onset, offset), cues.still)
    onset, offset = np.where(found, onset, DEFAULT[0]), np.where(found, offset, DEFAULT[1])
    return onset, offset, np.where(found, agree, 0.0), np.where(found, share / total, 1.0)


def _unusual(onset, offset, cues: Cues):
    """Squared distance of a stroke from the prior's, in its spreads."""
    return ((onset + offset) / 2 - cues.middle) ** 2 / cues.middle_spread**2 + (offset - onset - cues.length) ** 2 / cues.length_spread**2


def _median(values: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Weighted median of each row of ``values`` (N, M): (N,)."""
    order = values.argsort(1)
    values, so_far = np.take_along_axis(values, order, 1), np.take_along_axis(weight, order, 1).cumsum(1)
    return np.take_along_axis(values, (so_far >= so_far[:, -1:] / 2).argmax(1)[:, None], 1)[:, 0]


def judge(wrists: np.ndarray, peak: np.ndarray, start: np.ndarray, end: np.ndarray, cues: Cues = CUES, body: bool = True) -> np.ndarray:
    """Evidence (N, M, M) for each hump as preparation and each later one as retraction; -inf where there is no such pair.

    ``wrists`` (N, BINS, 2, 2) from the shoulders, y downwards; without a ``body`` resting position is no cue.
    """
    m = peak.shape[1]
    before, after = at_places(wrists, start), at_places(wrists, end)
    each = np.sqrt(((after - before) ** 2).sum(-1))
    far = np.sqrt((each**2).sum(-1))
    by = each / np.maximum(each.sum(-1, keepdims=True), 1e-6)
    resting = [(_resting(p[..., 1]) * by).sum(-1) for p in (before, after)]
    share = np.where(peak, far, 0)
    share = share / np.maximum(share.max(1, keepdims=True), 1e-6)
    size = np.log(far / np.maximum(np.where(peak, far, 0).max(1, keepdims=True), 1e-6) + cues.small)
    size = size + np.log(np.clip(far / CLEAR, 1e-6, 1)) / 2
    rise = body * cues.rest * (resting[0] - resting[1])
    y = wrists[..., 1]
    begins, stops = (body * cues.first * _resting(y[:, i].mean(1)).mean(-1)[:, None] for i in (slice(2), slice(-2, None)))
    earlier, later = share.cumsum(1) - share, share.sum(1, keepdims=True) - share.cumsum(1)
    span = y.max(1) - y.min(1)
    height = (y.max(1, keepdims=True) - y) / np.maximum(span.max(1), 1e-6)[:, None, None]
    height = (height * (span / np.maximum(span.sum(1, keepdims=True), 1e-6))[:, None]).sum(-1)
    total = np.pad(height.cumsum(1), ((0, 0), (1, 0)))
    onset, offset = end[:, :, None] / m, start[:, None, :] / m
    length = offset - onset
    up = (at_places(total, start / m * BINS)[:, None, :] - at_places(total, end / m * BINS)[:, :, None]) / np.maximum(length * BINS, 1)
    first, last = size + rise - begins * earlier, size - rise - stops * later
    evidence = first[:, :, None] + last[:, None, :] + cues.high * up - _unusual(onset, offset, cues) / 2
    return np.where(peak[:, :, None] & peak[:, None, :] & (length > SHORTEST), evidence, -np.inf)


def _resting(y: np.ndarray) -> np.ndarray:
    """How surely a hand so far below the shoulders rests, from 0 to 1."""
    return np.clip((y - REST_BELOW) / REST_DEPTH, 0, 1)


def before_hold(activity: np.ndarray, onset: np.ndarray, offset: np.ndarray, still: float) -> np.ndarray:
    """The offsets (N,), shares of the clip, moved back to the last activity (N, M) within the stroke."""
    m = activity.shape[1]
    at = (np.arange(m) + 0.5) / m
    inside = (at > onset[:, None]) & (at < offset[:, None])
    most = np.where(inside, activity, 0).max(1, keepdims=True)
    moving = inside & (activity > still * most)
    last = (m - 1 - moving[:, ::-1].argmax(1) + FADE) / m
    return np.where(moving.any(1), np.minimum(last, offset), offset)
