"""Thai Sign Language recorded with a Leap Motion: 42 signs, both hands' 21 points in millimetres, no body."""

import json
import re
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from sslslr import paths
from sslslr.clips.signs import Signs
from sslslr.clips.skeleton import LEAP_42
from sslslr.datasets import source, who
from sslslr.errors import SignError

VERSION = "thai-leap 1"

PUBLISHED = {"clips": 1126, "classes": 42, "signers": 9}  # 1,128 takes, of which two show no hand
EXPECTED = "model/record/sign/json_0.txt, json_1.txt, ... (or the same takes as .npz)"
OPTIONS = who.OPTION
NAME = re.compile(r"json_(\d+)\.(txt|npz)")
SIDES = ("left", "right")
FINGERS = ("thumb", "index", "middle", "ring", "pinky")
BONES = ("metacarpal", "proximal", "intermediate", "distal")
# Of the 28 joints of a hand in an .npz (0 the wrist, 2 + 5f + j the fingers) those that MediaPipe has.
OF_28 = [0] + [3 + 5 * finger + joint for finger in range(5) for joint in range(4)]
TAKES = 3  # of each sign in a session: sessions are counted by it where no index tells them
SMALL = 100_000  # bytes: a longer JSON holds a hand, since a frame without one takes about 120
SAMPLED = 9  # takes from which the frame rate is read


def read(path: Path) -> Signs:
    """All takes: x, y, z in millimetres above the device (y up), signers being sessions; no split."""
    return source.read(index(path))


def index(path: Path, index: str = "") -> source.Listing:
    """The takes ``{sign}/json_{k}.txt`` (or ``.npz``); sessions from the index, else three takes of a sign are one.

    Takes without a hand in any frame are left out, and a note names them.
    """
    path = source.folder(path, EXPECTED)
    root = path if path.name == "record" else source.locate(path, "record") or path
    found: dict[tuple[str, int], Path] = {}
    for file in sorted(root.glob("*/json_*")):  # a .txt, which comes later, takes the place of its .npz
        if (name := NAME.fullmatch(file.name)) and not file.parent.name.startswith("."):
            other = found.get(take := (file.parent.name, int(name[1])), file)
            if other.stem != file.stem:
                raise SignError(f"{file}: {other.name} beside it is take {take[1]} too; keep one of them, or give one another number")
            found[take] = file
    if not found:
        raise SignError(f"{root}: no take here; expected {EXPECTED}")
    takes = sorted(found)
    empty = [take for take in takes if _empty(found[take])]
    takes = [take for take in takes if take not in set(empty)]
    if not takes:
        raise SignError(f"{root}: none of its {len(empty)} takes shows a hand")
    table = pd.DataFrame({"gloss": [g for g, _ in takes], "clip": [f"{g}/{k}" for g, k in takes]})
    table = table.assign(file=[f"{g}/{found[g, k].name}" for g, k in takes], signer=[f"{k // TAKES:02d}" for _, k in takes], split="")
    blank = source.some(f"{g}/{k}" for g, k in empty)
    notes = [f"{len(empty)} takes show no hand in any frame and are left out ({blank})"] if empty else []
    missing: tuple[str, ...] = ()
    if listed := who.find(root, index):
        known = who.label(table, listed)
        table, missing = known.table, tuple(m for m in known.missing if m not in {f"{g}/{k}" for g, k in empty})
        notes += known.notes
    else:
        notes.append(f"no index: takes 0 to {TAKES - 1} of a sign count as its first session and so on, which is not right for every take")
    notes.append("a session is one recording of all signs; that sessions are different people is likely, not documented")
    return source.Listing(
        "thai-leap", root, table, partial(open_clip, root), LEAP_42, _rate(root, table), missing=missing, published=PUBLISHED,
        notes=tuple(notes), unit="session",
    )  # fmt: skip


def open_clip(root: Path, file: str) -> np.ndarray:
    """(T, 42, 3): the left hand's 21 points and the right one's, millimetres; NaN for a hand that was not seen."""
    return _npz(root / file) if file.endswith(".npz") else _json(root / file)


def _npz(file: Path) -> np.ndarray:
    joints = _arrays(file)["joints"]
    if joints.ndim != 4 or joints.shape[1:] != (2, 28, 3) or joints.dtype.kind != "f":
        raise SignError(f"{file}: joints are {joints.dtype} of shape {joints.shape}; expected (frames, 2, 28, 3)")
    return joints[:, :, OF_28].reshape(len(joints), 42, 3)


def _json(file: Path) -> np.ndarray:
    frames = _frames(file)
    out = np.full((len(frames), 2, 21, 3), np.nan, np.float32)
    try:
        for row, frame in zip(out, frames, strict=True):
            for side, hand in frame["hands"].items():
                bones = [hand["fingers"][finger]["bones"][bone]["next_joint"] for finger in FINGERS for bone in BONES]
                row[SIDES.index(side)] = [hand["arm"]["wrist_position"], *bones]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise SignError(f"{file}: not frames of Leap Motion's hands ({type(error).__name__}: {error}); expected {EXPECTED}") from None
    return out.reshape(len(frames), 42, 3)


def _frames(file: Path) -> list[dict]:
    try:
        frames = json.loads(file.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise SignError(f"{file}: not JSON ({str(error).splitlines()[0]}); expected {EXPECTED}") from None
    if not isinstance(frames, list) or not frames:
        raise SignError(f"{file}: no list of frames; expected {EXPECTED}")
    return frames


def _arrays(file: Path) -> dict[str, np.ndarray]:
    try:
        with np.load(paths.unpacked(file), allow_pickle=False) as stored:
            return {name: stored[name] for name in ("joints", "timestamp")}
    except Exception as error:  # numpy and zipfile raise what they like on a broken file
        raise SignError(f"{file}: not a take as .npz ({str(error).splitlines()[0]}); expected {EXPECTED}") from None


def _empty(file: Path) -> bool:
    """Whether a take shows no hand at all; a file that can't be read is not empty, it is told where it is read."""
    try:
        if file.suffix == ".txt":
            return file.stat().st_size < SMALL and not np.isfinite(_json(file)).any()
        return not np.isfinite(_npz(file)).any()
    except SignError:
        return False


def _rate(root: Path, table: pd.DataFrame) -> float:
    """Frames a second: the median of takes from all over the data set, which were recorded at two rates."""
    rates = []
    for file in table["file"].iloc[np.unique(np.linspace(0, len(table) - 1, SAMPLED).astype(int))]:
        try:
            times = _arrays(root / file)["timestamp"] if file.endswith(".npz") else [f["timestamp"] for f in _frames(root / file)]
            rates.append(1e6 / float(np.median(np.diff(np.asarray(times, float)))))
        except (SignError, KeyError, TypeError, ValueError):
            continue
    return round(float(np.median(rates)), 1) if rates and np.isfinite(rates).all() else 25.0  # as unknown elsewhere
