"""The ``MP_Data`` layout of many public sign projects: a folder a word, a folder a clip, an ``.npy`` a frame."""

import os
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from sslslr.clips.signs import Signs
from sslslr.clips.skeleton import MEDIAPIPE_75
from sslslr.datasets import source
from sslslr.errors import SignError

VERSION = "mp-data 1"

# Values a frame: pose 33 x (x, y, z, visibility), then perhaps face 468 x 3, then left and right hand 21 x 3 each.
FACE = {258: 0, 1662: 468 * 3}
EXPECTED = "MP_Data/word/clip/0.npy, 1.npy, ..."
WHAT = "(258,) or (1662,) numbers: pose 33 x 4, (face 468 x 3,) hands 21 x 3 each"
SIGNER = "one signer"


def read(path: Path) -> Signs:
    """All clips: x and y in 0 to 1 of the frame's size; who signs is not recorded, so all have the same signer, and no split.

    ``path`` is the folder of words or the one above it.
    """
    return source.read(index(path))


def index(path: Path) -> source.Listing:
    """The clips of ``MP_Data/{word}/{clip}/{frame}.npy``, in the order of their numbers."""
    path = source.folder(path, EXPECTED)
    root = source.locate(path, "MP_Data") or path
    words = sorted(p for p in root.iterdir() if p.is_dir() and not p.name.startswith("."))
    clips = [c for w in words for c in sorted(filter(Path.is_dir, w.iterdir()), key=_number)]
    if not any(f.suffix == ".npy" for c in (*clips[:1], *clips[-1:]) for f in c.iterdir()):
        raise SignError(f"{root}: no clip here; expected {EXPECTED}")
    table = pd.DataFrame({"gloss": [c.parent.name for c in clips], "file": [f"{c.parent.name}/{c.name}" for c in clips]})
    table = table.assign(clip=table["file"], signer=SIGNER, split="")
    notes = ("who signs is not recorded: accuracy on held-out clips is not accuracy on held-out signers",)
    return source.Listing("mp-data", root, table, partial(open_clip, root), notes=notes)


def open_clip(root: Path, file: str) -> np.ndarray:
    """Frames 0.npy, 1.npy, ... without a gap: (T, 75, 2). A body or hand that is all zeros was not seen: NaN."""
    clip = root / file
    names = {name for name in os.listdir(clip) if name.endswith(".npy")}
    for i in range(max(1, len(names))):
        if f"{i}.npy" not in names:
            raise SignError(f"{clip}: frame {i}.npy is missing; expected 0.npy, 1.npy, ... without a gap")
    frames = [_frame(clip / f"{i}.npy") for i in range(len(names))]
    return source.zeros_to_missing(np.stack(frames), MEDIAPIPE_75)


def _frame(file: Path) -> np.ndarray:
    values = source.load_array(file, (None,), WHAT)
    if len(values) not in FACE:
        raise SignError(f"{file}: {len(values)} values; expected {WHAT}")
    hands = values[132 + FACE[len(values)] :].reshape(42, 3)
    return np.concatenate([values[:132].reshape(33, 4)[:, :2], hands[:, :2]])


def _number(path: Path) -> tuple[float, str]:
    return (int(path.name) if path.name.isdecimal() else float("inf"), path.name)
