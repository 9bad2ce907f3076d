"""The ``MP_Data`` layout of many public sign projects: a folder a word, a folder a clip, an ``.npy`` a frame."""

import os
import re
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from sslslr import paths
from sslslr.clips.signs import Signs
from sslslr.clips.skeleton import HANDS_42, MEDIAPIPE_75, Skeleton
from sslslr.datasets import source, who
from sslslr.errors import SignError

VERSION = "mp-data 2"

POINTS = {"pose": 33, "face": 468, "mesh": 478, "hands": 42}
"""Parts of a frame and their landmarks: mesh is the face with irises, hands the left one and then the right one."""
KNOWN = {
    258: "pose4+hands3",
    1662: "pose4+face3+hands3",
    1692: "pose4+mesh3+hands3",
    1530: "face3+hands3",
    1536: "pose4+face3",
    1629: "pose3+face3+hands3",
    1086: "pose2+face2+hands2",
    225: "pose3+hands3",
    150: "pose2+hands2",
    132: "pose4",
    99: "pose3",
    126: "hands3",
    84: "hands2",
}
"""Numbers a frame that public folders have, and what they are: each part's values a landmark behind its name, in their order."""
OPTIONS = who.OPTION | {
    "VALUES": "what the numbers of a frame are, in their order: pose4+face3+hands3 is pose 33 x 4, face 468 x 3, two hands 21 x 3",
    "EXCLUDE": "folders that are no gloss, by commas; a folder '-' never is one",
}
EXPECTED = "MP_Data/word/clip/0.npy, 1.npy, ..."
NO_GLOSS = "-"
SIGNER = "one signer"


def read(path: Path) -> Signs:
    """All clips: x and y in 0 to 1 of the frame's size; signers and split are the index's, else all have the same signer.

    ``path`` is the folder of words or the one above it.
    """
    return source.read(index(path))


@pd.option_context("future.infer_string", False)  # a file name that is not UTF-8 is no string to Arrow, where pandas has it
def index(path: Path, index: str = "", values: str = "", exclude: str = "") -> source.Listing:
    """The clips of ``MP_Data/{word}/{clip}/{frame}.npy``, in the order of their numbers; the options as in OPTIONS.

    Raises SignError for a folder without a clip, an EXCLUDE that is no folder, and a count of numbers a frame that is
    neither known nor told by VALUES.
    """
    path = source.folder(path, EXPECTED)
    root = source.locate(path, "MP_Data") or path
    words, excluded = _words(root, exclude)
    notes = [f"no gloss, and left out: {', '.join(excluded)}"] if excluded else []
    clips = [c for w in words for c in sorted((Path(e.path) for e in source.inside(w) if _folder(e)), key=_number)]
    recorded = [c for c in clips if any(_is_frame(name) for name in os.listdir(c))]
    if not recorded:
        raise SignError(f"{root}: no clip here; expected {EXPECTED}")
    if empty := len(clips) - len(recorded):
        notes.append(f"{empty} folders without a frame are passed over: nothing was recorded in them")
    if bare := sorted({w.name for w in words} - {c.parent.name for c in clips}):
        notes.append(f"folders without a clip, or that can't be listed, are passed over: {source.some(map(paths.readable, bare))}")
    layout = values or _layout(recorded)
    table = pd.DataFrame({"gloss": [c.parent.name for c in recorded], "file": [f"{c.parent.name}/{c.name}" for c in recorded]})
    table["gloss"] = table["gloss"].map(paths.readable)
    table = table.assign(clip=table["file"].map(source.escaped), signer=SIGNER, split="")
    missing: tuple[str, ...] = ()
    if listed := who.find(root, index):
        found = who.label(table, listed, excluded)
        table, missing = found.table, found.missing
        notes += found.notes
    else:
        notes.append("who signs is not recorded: accuracy on held-out clips is not accuracy on held-out signers")
    skeleton = skeleton_of(layout)
    notes.append(f"a frame's {sum(n for _, n, _ in parts(layout))} numbers are {layout}")
    return source.Listing("mp-data", root, table, partial(open_clip, root, layout), skeleton, missing=missing, notes=tuple(notes))


def parts(layout: str) -> list[tuple[str, int, int]]:
    """(part, numbers, numbers a landmark) of a layout such as pose4+hands3; SignError saying how to write one."""
    found = [re.fullmatch(rf"({'|'.join(POINTS)})([234])", part) for part in layout.split("+")]
    names = [m[1] for m in found if m]
    if None in found or len(set(names)) < len(names) or not {"pose", "hands"} & set(names):
        known = ", ".join(f"{name} ({n} landmarks)" for name, n in POINTS.items())
        raise SignError(
            f"VALUES={layout}: expected parts joined by +, each once with its values a landmark (2, 3 or 4), such as "
            f"pose4+hands3, and pose or hands among them; the parts are {known}"
        )
    return [(m[1], POINTS[m[1]] * int(m[2]), int(m[2])) for m in found if m]


def skeleton_of(layout: str) -> Skeleton:
    """Without a pose there are the two hands only; a pose without hands has hands that were never seen."""
    return MEDIAPIPE_75 if any(part == "pose" for part, *_ in parts(layout)) else HANDS_42


def open_clip(root: Path, layout: str, file: str) -> np.ndarray:
    """Frames 0.npy, 1.npy, ... without a gap, from 0 or 1: (T, 75 or 42, 2). A body or hand of zeros was not seen: NaN."""
    clip = root / file
    numbered = sorted((int(name[:-4]), name) for name in os.listdir(clip) if _is_frame(name))
    first = numbered[0][0] if numbered else 0
    for place, (number, name) in enumerate(numbered, first):
        if number < place:
            raise SignError(f"{clip}: frame {number} is there twice, the second time as {name}; keep one of them")
        if number != place or first > 1:
            raise SignError(f"{clip}: frame {place if first <= 1 else 0}.npy is missing; expected 0.npy, 1.npy, ... without a gap")
    frames = np.stack([_frame(clip / name, layout) for _, name in numbered])
    return source.zeros_to_missing(frames, skeleton_of(layout))


def _frame(file: Path, layout: str) -> np.ndarray:
    values, at, found = source.load_array(file, (None,), f"the numbers of {layout}"), 0, {}
    for part, size, each in parts(layout):
        found[part] = values[at : at + size]
        if len(found[part]) == size:
            found[part] = found[part].reshape(-1, each)[:, :2]
        at += size
    if len(values) != at:
        raise SignError(f"{file}: {len(values)} values; expected {at}, {layout} (VALUES= names another layout)")
    hands = found.get("hands", np.full((42, 2), np.nan, np.float32))
    return np.concatenate([found["pose"], hands]) if "pose" in found else hands


def _words(root: Path, exclude: str) -> tuple[list[Path], tuple[str, ...]]:
    """The folders that are glosses, and the names of those that are none."""
    words = sorted(Path(e.path) for e in os.scandir(root) if _folder(e))
    asked = {name.strip() for name in exclude.split(",") if name.strip()}
    if unknown := asked - {w.name for w in words}:
        there = source.some(w.name for w in words)
        raise SignError(f"EXCLUDE={exclude}: no folder {', '.join(sorted(unknown))} in {root} (it has {there})")
    out = tuple(w.name for w in words if w.name in asked | {NO_GLOSS})
    return [w for w in words if w.name not in out], out


def _layout(clips: list[Path]) -> str:
    """What the numbers of a frame are, by how many there are in the first frame of the first clip that can be read."""
    counts: list[int] = []
    for clip in clips:
        try:
            counts.append(len(source.load_array(clip / min(filter(_is_frame, os.listdir(clip))), (None,), "numbers")))
        except SignError:  # told again where the clip is read
            continue
        if counts[-1] in KNOWN:
            return KNOWN[counts[-1]]
    if not counts:
        return KNOWN[258]
    known = ", ".join(f"{n} ({layout})" for n, layout in KNOWN.items())
    raise SignError(
        f"{clips[0]}: {counts[0]} numbers a frame, which is no count that is known; say what they are with VALUES=, the parts in their "
        f"order with the values a landmark, such as VALUES=pose4+hands3. Known are {known}"
    )


def _is_frame(name: str) -> bool:
    return name.endswith(".npy") and name[:-4].isdecimal()


def _folder(entry: os.DirEntry) -> bool:
    return entry.is_dir() and not entry.name.startswith(".")


def _number(path: Path) -> tuple[float, str]:
    return (int(path.name) if path.name.isdecimal() else float("inf"), path.name)
