"""When things happen in a clip: rest or neighbour, preparation, stroke, hold, retraction, rest or neighbour."""

from dataclasses import dataclass, fields

import numpy as np

from sslslr.errors import SignError

STROKES = {"first-half": (0.0, 0.5), "last-half": (0.5, 1.0)}
FEWEST, MOST = 16, 90  # frames of a clip


@dataclass(frozen=True)
class Pace:
    """Mean durations, in seconds, of what a corpus' clips are made of; ``stroke`` is that of a single straight movement.

    lead, tail: before the preparation and after the retraction.  reach: of these, how much the reach from and to the
    camera takes, in half of the clips.  spread: standard deviation of the logarithm of each duration.
    """

    lead: float
    preparation: float
    stroke: float
    hold: float
    retraction: float
    tail: float
    reach: float = 0.0
    spread: float = 0.25


@dataclass(frozen=True)
class Timeline:
    """Moments of N clips, in frames from 0, each (N,): where preparation and stroke begin, where stroke, hold and
    retraction end; ``last`` is the last frame, ``reach`` how long the reach to the camera takes at either end.

    ``onset`` and ``offset`` are whole frames: the first and the last one of the stroke. The hold after it does not count.
    """

    prepare: np.ndarray
    onset: np.ndarray
    offset: np.ndarray
    hold: np.ndarray
    retract: np.ndarray
    last: np.ndarray
    reach: np.ndarray

    @property
    def lengths(self) -> np.ndarray:
        """(N,) frames of each clip."""
        return self.last.astype(int) + 1


def draw(pace: Pace, effort: np.ndarray, tempo: np.ndarray, fps: float, stroke, rng: np.random.Generator) -> Timeline:
    """Timelines of N clips from ``effort`` (N,), how much longer than a straight movement a sign's is, and ``tempo`` (N,).

    ``stroke``: None, "first-half", "last-half" or two fractions of the clip between which every stroke lies.
    Raises SignError when it is anything else.
    """
    low, high = bounds(stroke)
    n = len(effort)

    def lasting(seconds: float, least: float) -> np.ndarray:
        factor = np.exp(np.clip(rng.normal(0, pace.spread, n), -2 * pace.spread, 2 * pace.spread))
        return np.maximum(seconds * fps * tempo * factor, least)

    lead, preparation, hold, retraction, tail = (
        lasting(s, least) for s, least in ((pace.lead, 1), (pace.preparation, 8), (pace.hold, 0), (pace.retraction, 8), (pace.tail, 1))
    )
    core = lasting(pace.stroke, 6) * effort
    if stroke is not None:
        lead, preparation, hold, retraction, tail = _forced(lead, preparation, core, hold, retraction, tail, low, high, rng.random(n))
    total = lead + preparation + core + hold + retraction + tail
    scale = np.clip(total, FEWEST - 1, MOST - 1) / total
    last = np.rint(total * scale)
    at = np.cumsum([lead, preparation, core, hold, retraction], axis=0) * scale * (last / (total * scale))
    onset, offset = np.ceil(at[1] - 1e-6), np.floor(at[2] + 1e-6)
    reach = np.minimum(pace.reach * fps * tempo * scale, 0.7 * at[0]) * (rng.random(n) < 0.5)
    return Timeline(at[0], onset, np.maximum(offset, onset + 2), np.maximum(at[3], offset), at[4], last, reach)


def bounds(stroke) -> tuple[float, float]:
    """The two fractions of a clip that ``stroke`` names; raises SignError when it names none."""
    if stroke is None:
        return 0.0, 1.0
    given = STROKES.get(stroke, ()) if isinstance(stroke, str) else stroke
    try:
        low, high = (float(f) for f in given)
    except (TypeError, ValueError):
        low, high = 1.0, 0.0
    if not (low >= 0 and low + 0.2 <= high <= 1):
        raise SignError(f"stroke={stroke!r}: expected {', '.join(STROKES)} or two fractions of the clip from 0 to 1, at least 0.2 apart")
    return low, high


def _forced(lead, preparation, core, hold, retraction, tail, low, high, where):
    """Durations around ``core`` such that it lies between the fractions ``low`` and ``high`` of the clip."""
    margin = 2.0  # frames, so that rounding leaves the stroke inside
    total = lead + preparation + core + hold + retraction + tail
    total = np.maximum(total, (core + 2 * margin + 4) / (high - low))
    room_before = np.maximum(low * total + margin, 6)
    room_after = np.maximum((1 - high) * total + margin, 6)
    slack = np.maximum(total - room_before - room_after - core, 0)
    before = room_before + where * slack
    after = total - before - core
    raise_ = np.clip(preparation, 3, before - 2)
    hold = np.minimum(hold, 0.3 * after)
    fall = np.clip(retraction, 3, after - hold - 1)
    return before - raise_, raise_, hold, fall, after - hold - fall


def of(line: Timeline, rows: np.ndarray) -> Timeline:
    """The timelines of some clips."""
    return Timeline(**{f.name: getattr(line, f.name)[rows] for f in fields(line)})
