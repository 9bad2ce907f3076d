"""Indian Sign Language recorded with a Kinect: 30 signs x 10 signers x 9 repetitions, 20 body joints, no fingers."""

import re
import warnings
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from sslslr.clips.signs import Signs
from sslslr.clips.skeleton import KINECT_20
from sslslr.datasets import source
from sslslr.errors import SignError

VERSION = "isl-kinect 1"

# word_signer_repetition.txt; some published files have a doubled underscore: the same word as with one.
NAME = re.compile(r"(?P<gloss>.+?)_+(?P<signer>s\d+)_(?P<repetition>\d+)\.(?i:txt)")
VALUES = 3 * len(KINECT_20)
PUBLISHED = {"clips": 2700, "classes": 30, "signers": 10}
EXPECTED = "RawDataset/ with files like hello_s01_1.txt"


def read(path: Path) -> Signs:
    """All clips: x, y, z in metres (y up), 30 frames a second, no split; ``path`` is RawDataset/ or the folder above it."""
    return source.read(index(path))


def index(path: Path) -> source.Listing:
    """The clips of a folder of ``{word}_{signer}_{repetition}.txt``; SignError for a folder that holds something else."""
    path = source.folder(path, EXPECTED)
    root = source.locate(path, "RawDataset") or path
    files = [f for f in source.files(root, ".txt") if f.name != source.LEAVE_OUT]
    if not files:
        raise SignError(f"{root}: no clip here; expected {EXPECTED}")
    names = [NAME.fullmatch(f.name) for f in files]
    if None in names:
        raise SignError(f"{files[names.index(None)]}: unexpected name; expected word_signer_repetition.txt, like hello_s01_1.txt")
    table = pd.DataFrame([m.groupdict() for m in names if m])
    table = table.assign(clip=[f.stem for f in files], file=[f.name for f in files], split="")
    doubled = sum("__" in f.name for f in files)
    notes = (f"{doubled} file names have a doubled underscore: read as the same word as with one",) if doubled else ()
    return source.Listing("isl-kinect", root, table, partial(open_clip, root), KINECT_20, 30.0, published=PUBLISHED, notes=notes)


def open_clip(root: Path, file: str) -> np.ndarray:
    """A row a frame, 60 values = 20 joints x (x, y, z): (T, 20, 3)."""
    try:
        with warnings.catch_warnings(action="ignore"):  # numpy's own about a file without a row
            values = np.loadtxt(root / file, dtype=np.float32, ndmin=2, encoding="utf-8-sig")
    except (ValueError, OSError) as error:
        raise SignError(f"{root / file}: not rows of {VALUES} numbers ({str(error).splitlines()[0]})") from None
    if not values.size:
        raise SignError(f"{root / file}: no row; expected {VALUES} numbers in each")
    if values.shape[1] != VALUES:
        raise SignError(f"{root / file}: {values.shape[1]} values in a row; expected {VALUES} = 20 joints x (x, y, z)")
    return np.where(np.isfinite(values), values, np.nan).reshape(-1, len(KINECT_20), 3)
