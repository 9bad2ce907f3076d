"""The boundary estimate against people's own marks (``datasets.gesture_phase``): errors in units, strokes in the stream, confidence.

One person is left out in turn; whatever is chosen or learned, the estimate's constants too (``data/boundary_cues.json``), is
chosen on the others. Persons are three, so an interval over units describes these recordings and no other people.
"""

import json
from collections.abc import Iterator
from functools import cache, partial

import numpy as np
import pandas as pd

from sslslr import paths
from sslslr.clips.boundaries import Cues, estimate
from sslslr.clips.signs import Signs, pack, prepare
from sslslr.datasets import gesture_phase
from sslslr.datasets.gesture_phase import Recording
from sslslr.measures.segments import stream_scores
from sslslr.measures.statistics import interval
from sslslr.studies.segmenters import SEGMENTERS, Segmenter, hysteresis, strokes_of

FRAMES = 32  # as clips are prepared for the small profiles
ESTIMATE, PAIR, FIXED = "estimated from landmarks", "best global pair (of the others)", "fixed 1/3 and 3/4"
BEFORE = "estimate, version 1 (best pair of reaches)"
# Version 1 took the one pair of reaches with the most evidence, had no cue of the first reach, and was set on synthetic clips alone.
VERSION_1 = Cues(tail=0.48, small=0.05, rest=0.5, high=0.75, first=0.0, middle=0.5, middle_spread=0.18, length=0.35, length_spread=0.3,
                 blunt=0.001, prior=-50.0, still=0.2)  # fmt: skip
CUES = paths.ROOT / "data" / "boundary_cues.json"  # made by tools/boundary_cues.py
EVIDENCE = paths.ROOT / "data" / "boundary_evidence"  # made by tools/boundary_evidence.py
BRIDGE, AROUND = 10, 8  # frames: gaps in movement that are bridged, and rest that is kept around a stretch of it
SHORT = 12  # frames: a stretch of movement that is shorter holds no unit


@cache
def cues_without(person: str) -> Cues:
    """The estimate's constants, set with this person's marks left out."""
    return Cues(**json.loads(CUES.read_text(encoding="utf-8"))[person])


def turns(marked: list[Recording]) -> Iterator[tuple[str, list[Recording], list[Recording]]]:
    """Each person with their recordings, and those of the others."""
    for person in sorted({one.person for one in marked}):
        yield person, [o for o in marked if o.person == person], [o for o in marked if o.person != person]


def best_pair(signs: Signs) -> tuple[float, float]:
    """Median onset and offset of clips whose strokes are known, as shares of the clip."""
    last = signs.lengths - 1
    return float(np.median(signs.onset / last)), float(np.median(signs.offset / last))


def units(marked: list[Recording], strokes: int | None = 1, frames: int = FRAMES) -> pd.DataFrame:
    """Error of onset and offset, in frames of ``frames``, of each way in each unit between two rests; a row a unit and way.

    A segmenter's onset is the first frame it calls stroke in the unit, its offset the last; where it calls none, the best
    pair is taken (``none`` says so). ``confidence`` and ``prior`` are the estimate's.
    """
    rows = []
    for person, held, others in turns(marked):
        raw = gesture_phase.units(held, strokes=strokes)
        signs, last = prepare(raw, frames), np.minimum(raw.lengths, frames) - 1
        pair = best_pair(gesture_phase.units(others, strokes=strokes))
        told, before = estimate(signs, cues_without(person)), estimate(signs, VERSION_1)
        share = {
            ESTIMATE: (told.onset / last, told.offset / last),
            BEFORE: (before.onset / last, before.offset / last),
            PAIR: pair,
            FIXED: (1 / 3, 3 / 4),
        }
        every = np.ones(len(signs))
        ways = {way: (onset * every, offset * every, 0 * every) for way, (onset, offset) in share.items()}
        ways |= {way: _in_units(make(others), held, raw, pair) for way, make in SEGMENTERS.items()}
        for way, (onset, offset, none) in ways.items():
            about = {"way": way, "person": person, "unit": raw.clips, "phases": [raw.glosses[k] for k in raw.labels], "none": none}
            errors = {"onset": np.abs(onset * last - signs.onset), "offset": np.abs(offset * last - signs.offset)}
            sure = {"confidence": told.confidence, "prior": told.prior} if way == ESTIMATE else {}
            where = {"onset at": onset, "offset at": offset, "true onset": signs.onset / last, "true offset": signs.offset / last}
            rows.append(pd.DataFrame(about | errors | where | sure))
    return pd.concat(rows, ignore_index=True)


def _in_units(
    segmenter: Segmenter, held: list[Recording], raw: Signs, pair: tuple[float, float]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    by_name = {one.name: segmenter(one) for one in held}
    onset, offset, none = np.full(len(raw), pair[0]), np.full(len(raw), pair[1]), np.ones(len(raw))
    for i, clip in enumerate(raw.clips):
        name, _, span = clip.partition(":")
        low, high = map(int, span.split("-"))
        inside = np.clip([s for s in by_name[name] if s[1] >= low and s[0] <= high], low, high) - low
        if len(inside):
            onset[i], offset[i], none[i] = inside[0, 0] / (high - low), inside[-1, 1] / (high - low), 0
    return onset, offset, none


def by_person(rows: pd.DataFrame) -> pd.DataFrame:
    """Mean errors of ``units``: a row a way and person, and "all"."""
    both = pd.concat([rows, rows.assign(person="all")])
    table = both.groupby(["way", "person"], sort=False).agg(
        onset=("onset", "mean"), offset=("offset", "mean"), units=("unit", "size"), none=("none", "sum")
    )
    return table.reset_index()


def against_pair(rows: pd.DataFrame, draws: int = 5000) -> pd.DataFrame:
    """Estimate minus best pair, error of each end in frames: mean, and the middle 95 % of a bootstrap over units (descriptive)."""
    wide = rows.pivot(index="unit", columns="way", values=["onset", "offset"])
    pick = np.random.default_rng(0).integers(len(wide), size=(draws, len(wide)))
    out = []
    for end in ("onset", "offset"):
        more = (wide[end][ESTIMATE] - wide[end][PAIR]).to_numpy()
        low, high = np.quantile(more[pick].mean(1), [0.025, 0.975])
        out.append({"end": end, "difference": more.mean(), "low": low, "high": high, "units": len(more)})
    return pd.DataFrame(out)


def reliability(rows: pd.DataFrame, bins: int = 4) -> pd.DataFrame:
    """Mean error of both ends, in frames, by quarter of the estimate's confidence (95 % t-interval over units)."""
    own = rows[rows["way"] == ESTIMATE].assign(error=lambda t: (t["onset"] + t["offset"]) / 2)
    own = own.assign(part=pd.qcut(own["confidence"].rank(method="first"), bins, labels=False))
    table = [
        {
            "confidence": p["confidence"].mean(),
            "from": p["confidence"].min(),
            "to": p["confidence"].max(),
            "prior decides": (p["prior"] > 0.5).mean(),
        }
        | interval(p["error"])
        for _, p in own.groupby("part")
    ]
    return pd.DataFrame(table)


def active(one: Recording) -> np.ndarray:
    """Stretches (S, 2) of movement: speed above its local mean, gaps of ``BRIDGE`` frames bridged, ``AROUND`` frames wider."""
    found: list[list[int]] = []
    for low, high in hysteresis(one, 0.0):
        if found and low - found[-1][1] <= BRIDGE:
            found[-1][1] = int(high)
        else:
            found.append([int(low), int(high)])
    wide = [(max(a - AROUND, 0), min(b + AROUND, len(one) - 1)) for a, b in found if b - a >= SHORT]
    return np.array(wide, int).reshape(-1, 2)


def clips_of(one: Recording, stretches: np.ndarray) -> Signs:
    """The stretches of a recording as clips of 32 frames, nothing known of them."""
    landmarks, lengths = pack([one.landmarks[a : b + 1] for a, b in stretches])
    n, nothing = len(stretches), np.full(len(stretches), np.nan)
    names = np.array([f"{one.name}:{a}-{b}" for a, b in stretches])
    raw = Signs("stretches", "real", gesture_phase.KINECT_20, landmarks, lengths, np.zeros(n, int), ("?",), np.full(n, one.person), names,
                np.full(n, ""), nothing, nothing, 30.0)  # fmt: skip
    return prepare(raw, FRAMES)


def in_stretches(one: Recording, by: Cues | tuple[float, float]) -> np.ndarray:
    """One stroke in each stretch of movement, where the estimate with these constants, or a pair of shares, puts it: (S, 2)."""
    stretches = active(one)
    if not len(stretches):
        return stretches
    if isinstance(by, Cues):
        signs = clips_of(one, stretches)
        found, last = estimate(signs, by), signs.lengths - 1
        onset, offset = found.onset / last, found.offset / last
    else:
        onset, offset = np.array(by)
    length = stretches[:, 1] - stretches[:, 0]
    return np.c_[stretches[:, 0] + np.rint(onset * length), stretches[:, 0] + np.rint(offset * length)].astype(int)


def stream(marked: list[Recording]) -> pd.DataFrame:
    """``measures.segments.stream_scores`` of each way on whole recordings; a row a way and held-out person, and "all" together.

    The estimate, the best pair and the fixed shares need clips: here each stretch of movement, so they tell one stroke a
    stretch where a person may have marked several.
    """
    told: dict[tuple[str, str], list] = {}
    for person, held, others in turns(marked):
        pair, cues = best_pair(gesture_phase.units(others, strokes=None)), cues_without(person)

        placed: dict[str, Cues | tuple[float, float]] = {ESTIMATE: cues, BEFORE: VERSION_1, PAIR: pair, FIXED: (1 / 3, 3 / 4)}
        ways: dict[str, Segmenter] = {way: partial(in_stretches, by=by) for way, by in placed.items()}
        ways |= {way: make(others) for way, make in SEGMENTERS.items()}
        for way, segmenter in ways.items():
            for one in held:
                entry = (strokes_of(one), segmenter(one), len(one))
                for who in (person, "all"):
                    told.setdefault((way, who), []).append(entry)
    return pd.DataFrame([{"way": way, "person": who} | stream_scores(entries) for (way, who), entries in told.items()])
