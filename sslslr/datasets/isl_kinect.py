"""Indian Sign Language recorded with a Kinect: 30 signs x 10 signers x 9 repetitions, 20 body joints, no fingers."""

import re
from pathlib import Path

import numpy as np
import pandas as pd

from sslslr.errors import SignError
from sslslr.signs import Signs, pack
from sslslr.skeleton import KINECT_20

# word_signer_repetition.txt; some published files have a doubled underscore: the same word as with one.
NAME = re.compile(r"(?P<word>.+?)_+(?P<signer>s\d+)_(?P<repetition>\d+)\.txt")
VALUES = 3 * len(KINECT_20)


def read(path: Path) -> Signs:
    """All clips of a folder of ``{word}_{signer}_{repetition}.txt``: a row a frame, 60 values = 20 joints x (x, y, z) in metres.

    ``path`` is that folder or one above it. Raises SignError naming the file and what was expected.
    """
    files = sorted(path.glob("*.txt")) or sorted(path.glob("**/RawDataset/*.txt"))
    if not files:
        raise SignError(f"{path}: no clip here; expected RawDataset/ with files like hello_s01_1.txt")
    names = [NAME.fullmatch(f.name) for f in files]
    if None in names:
        raise SignError(f"{files[names.index(None)]}: unexpected name; expected word_signer_repetition.txt, like hello_s01_1.txt")
    landmarks, lengths = pack([_clip(f) for f in files])
    glosses = sorted({n["word"] for n in names})
    unknown = np.full(len(files), np.nan)
    return Signs(
        name="isl-kinect", kind="real", skeleton=KINECT_20, landmarks=landmarks, lengths=lengths,
        labels=np.array([glosses.index(n["word"]) for n in names]), glosses=tuple(glosses),
        signers=np.array([n["signer"] for n in names]), clips=np.array([f.stem for f in files]),
        split=np.full(len(files), "", dtype="<U5"), onset=unknown, offset=unknown, fps=30.0,
    )  # fmt: skip


def _clip(file: Path) -> np.ndarray:
    try:
        values = pd.read_csv(file, header=None, sep=r"\s+", dtype=np.float32).to_numpy()
    except (ValueError, pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise SignError(f"{file}: not rows of {VALUES} numbers ({str(error).splitlines()[0]})") from None
    if values.shape[1] != VALUES:
        raise SignError(f"{file}: {values.shape[1]} values in a row; expected {VALUES} = 20 joints x (x, y, z)")
    if not np.isfinite(values).any():
        raise SignError(f"{file}: no number in it is finite; leave the clip out or record it again")
    return values.reshape(-1, len(KINECT_20), 3)
