"""Recordings whose every frame a person marked as rest, preparation, stroke, hold or retraction: truth for ``clips.boundaries``.

"Gesture Phase Segmentation" (Madeo, Wagner and Peres 2014; UCI Machine Learning Repository, CC BY 4.0): seven recordings
of three people who retell a comic strip before a Kinect, ``a1_raw.csv`` to ``c3_raw.csv``. They gesture with speech and
do not sign; but the phases are those of sign phonetics. It is no data set to learn signs from: it has no glosses.

Six points are there: hands, wrists, head, spine. Shoulders and elbows are not, and are set from head and spine in each
frame, by what is usual in isl-kinect (median of 208 clips, every 13th): the shoulders' line 0.55 of the way from head to
spine, 0.46 of that way wide; elbows 0.90 of the way down, below the shoulders. Feet, knees, hips and fingers are missing.
"""

import re
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np

from sslslr.clips.signs import Signs, pack
from sslslr.clips.skeleton import KINECT_20
from sslslr.datasets import source
from sslslr.errors import SignError

VERSION = "gesture-phase 1"

PHASES = ("rest", "preparation", "stroke", "hold", "retraction")
LETTERS = dict(zip(PHASES, "-PSHR", strict=True))
SPELLED = {"preparação": "preparation"}  # one frame of b1 is marked in Portuguese
POINTS = {"lh": "left_hand", "rh": "right_hand", "h": "head", "s": "spine_mid", "lw": "left_wrist", "rw": "right_wrist"}
SHOULDERS_DOWN, SHOULDERS_WIDE, ELBOWS_DOWN = 0.55, 0.46, 0.90
REST = 8  # frames of rest kept before and after a unit
EXPECTED = "a1_raw.csv and the like: lhx,lhy,lhz,...,timestamp,phase"


@dataclass(frozen=True, eq=False)
class Recording:
    """One marked recording: ``landmarks`` (T, 20, 3) float32 as KINECT_20, y upwards, in lengths of its person's head to spine;
    ``phases`` (T,) words of PHASES; ``milliseconds`` (T,) since its first frame; ``person`` who gestures."""

    name: str
    person: str
    landmarks: np.ndarray
    phases: np.ndarray
    milliseconds: np.ndarray

    def __len__(self) -> int:
        return len(self.phases)

    @property
    def units(self) -> list[tuple[int, int, str]]:
        """Whatever lies between two rests: first frame, frame after its last, and its phases as letters ("PSHR")."""
        return _stretches(self.phases != "rest", self.phases)


def recordings(path: Path) -> list[Recording]:
    """The marked recordings in ``path`` or a folder below it, in order of their names; SignError where there is none."""
    root = source.folder(path, EXPECTED)
    files = sorted(f for folder in source.folders(root) for f in folder.glob("*_raw.csv"))
    if not files:
        raise SignError(f"{root}: no marked recording here; expected {EXPECTED}")
    return [read(f) for f in files]


def read(path: Path) -> Recording:
    """One recording; SignError naming what is wrong in its table."""
    columns = [f"{point}{axis}" for point in POINTS for axis in "xyz"]
    table = source.read_table(path, (*columns, "timestamp", "phase"))
    try:
        values, clock = table[columns].astype(float).to_numpy(), table["timestamp"].astype(int).to_numpy()
    except (ValueError, OverflowError) as error:
        raise SignError(f"{path}: {error}; expected numbers in all columns but phase") from None
    words = table["phase"].str.lower().replace(SPELLED).to_numpy(str)
    if not (known := np.isin(words, PHASES)).all():
        raise SignError(
            f"{path}: row {int(known.argmin()) + 2} has the phase {table['phase'].iloc[known.argmin()]!r}; expected one of {', '.join(PHASES)}"
        )
    # minutes, seconds and milliseconds in one number (5702026 is 57 min 2.026 s): the minute's end looks like a gap of 40 s
    milliseconds = clock // 100_000 * 60_000 + clock % 100_000
    try:
        landmarks = _landmarks(values.reshape(-1, len(POINTS), 3))
    except SignError as error:
        raise SignError(f"{path}: {error}") from None
    name = path.name.partition("_")[0]
    who = re.match(r"[a-z]+", name.lower())
    return Recording(name, who[0].upper() if who else name, landmarks, words, milliseconds - milliseconds[0])


def _landmarks(points: np.ndarray) -> np.ndarray:
    """The six points (T, 6, 3) as KINECT_20, the ones that are set from head and spine among them; y is turned upwards, infinities count as
    missing."""
    points = points * np.array((1, -1, 1))
    out = np.full((len(points), len(KINECT_20), 3), np.nan)
    out[:, [KINECT_20.landmarks.index(name) for name in POINTS.values()]] = points
    head, spine = (out[:, KINECT_20.landmarks.index(name)] for name in ("head", "spine_mid"))
    apart = np.linalg.norm((head - spine)[:, :2], axis=1)
    length = float(np.median(apart[np.isfinite(apart)])) if np.isfinite(apart).any() else 0.0
    if not length > 0:
        raise SignError("head and spine coincide, or are nowhere both known: such a recording has no scale")
    for what, down in (("shoulder", SHOULDERS_DOWN), ("elbow", ELBOWS_DOWN)):
        for side, towards in (("left", -1), ("right", 1)):
            across = np.array((towards * SHOULDERS_WIDE * length / 2, 0, 0))
            out[:, KINECT_20.landmarks.index(f"{side}_{what}")] = head + down * (spine - head) + across
    with np.errstate(over="ignore"):
        out = (out / np.array((length, length, 1))).astype(np.float32)
    return np.where(np.isfinite(out), out, np.float32("nan"))


def _stretches(inside: np.ndarray, phases: np.ndarray) -> list[tuple[int, int, str]]:
    found, at = [], 0
    for is_in, run in groupby(inside):
        n = len(list(run))
        if is_in:
            letters = "".join(LETTERS[word] for word, _ in groupby(phases[at : at + n]))
            found.append((at, at + n, letters))
        at += n
    return found


def units(marked: list[Recording], rest: int = REST, strokes: int | None = 1) -> Signs:
    """Units that lie between two rests as clips with up to ``rest`` frames of them at each end, onset and offset from the marks.

    Only those with so many ``strokes`` (None: one or more). Onset is the first frame of the first stroke, offset the last
    of the last one; "gloss" is the sequence of phases ("PSHR"). SignError where there is none.
    """
    clips, rows = [], []
    for one in marked:
        for start, end, letters in one.units:
            n = letters.count("S")
            if n == 0 or (strokes is not None and n != strokes):
                continue
            low, high = max(start - rest, 0), min(end + rest, len(one))
            low, high = _resting(one, start, low, -1), _resting(one, end - 1, high - 1, 1) + 1
            stroke = np.flatnonzero(one.phases[low:high] == "stroke")
            clips.append(one.landmarks[low:high])
            rows.append((letters, one.person, f"{one.name}:{low}-{high - 1}", stroke[0], stroke[-1]))
    if not rows:
        raise SignError(f"no unit with {strokes} stroke(s) between two rests in {len(marked)} recordings")
    landmarks, lengths = pack(clips)
    glosses = tuple(sorted({row[0] for row in rows}))
    label, signers, names, onset, offset = (np.array(column) for column in zip(*rows, strict=True))
    labels = np.array([glosses.index(word) for word in label])
    return Signs(
        name="gesture-phase", kind="real", skeleton=KINECT_20, landmarks=landmarks, lengths=lengths, labels=labels, glosses=glosses,
        signers=signers, clips=names, split=np.full(len(rows), ""), onset=onset.astype(float), offset=offset.astype(float), fps=30.0,
    )  # fmt: skip


def _resting(one: Recording, inner: int, outer: int, step: int) -> int:
    """The last frame on the way from ``inner`` to ``outer`` before another unit begins."""
    at = inner
    while at != outer and one.phases[at + step] == "rest":
        at += step
    return at
