"""The ``MP_Data`` layout of many public sign projects: a folder a word, a folder a clip, an ``.npy`` a frame."""

from pathlib import Path

import numpy as np

from sslslr.errors import SignError
from sslslr.signs import Signs, pack
from sslslr.skeleton import MEDIAPIPE_75

# Values a frame: pose 33 x (x, y, z, visibility), then perhaps face 468 x 3, then left and right hand 21 x 3 each.
LAYOUTS = {258: 0, 1662: 468 * 3}


def read(path: Path) -> Signs:
    """All clips of ``MP_Data/{word}/{clip}/{frame}.npy``; zeros stand for landmarks that were not seen and become NaN.

    ``path`` is the folder of words or the one above it. x and y are kept, 0 to 1 of the frame's size; the signer is
    not recorded, so all clips have the signer "unknown". Raises SignError naming the file and what was expected.
    """
    root = path / "MP_Data" if (path / "MP_Data").is_dir() else next(iter(sorted(path.glob("*/MP_Data"))), path)
    folders = [c for w in sorted(p for p in root.iterdir() if p.is_dir()) for c in sorted(filter(Path.is_dir, w.iterdir()), key=_number)]
    if not folders:
        raise SignError(f"{path}: no clip here; expected MP_Data/word/clip/0.npy, 1.npy, ...")
    landmarks, lengths = pack([_clip(f) for f in folders])
    glosses = sorted({f.parent.name for f in folders})
    unknown = np.full(len(folders), np.nan)
    return Signs(
        name="mp-data", kind="real", skeleton=MEDIAPIPE_75, landmarks=landmarks, lengths=lengths,
        labels=np.array([glosses.index(f.parent.name) for f in folders]), glosses=tuple(glosses),
        signers=np.full(len(folders), "unknown"), clips=np.array([f"{f.parent.name}/{f.name}" for f in folders]),
        split=np.full(len(folders), "", dtype="<U5"), onset=unknown, offset=unknown,
    )  # fmt: skip


def _number(path: Path) -> tuple[int, str]:
    return (int(path.stem), "") if path.stem.isdigit() else (10**9, path.stem)


def _clip(folder: Path) -> np.ndarray:
    files = sorted(folder.glob("*.npy"), key=_number)
    if [f.name for f in files] != [f"{i}.npy" for i in range(len(files))] or not files:
        missing = next(i for i in range(len(files) + 1) if not (folder / f"{i}.npy").exists())
        raise SignError(f"{folder}: frame {missing}.npy is missing; expected 0.npy, 1.npy, ... without a gap")
    frames = np.stack([_frame(f) for f in files])
    if not np.isfinite(frames).any():
        raise SignError(f"{folder}: no landmark in any frame; leave the clip out or extract it again")
    return frames


def _frame(file: Path) -> np.ndarray:
    try:
        values = np.load(file, allow_pickle=False)
    except (ValueError, OSError, EOFError) as error:
        raise SignError(f"{file}: not a numpy array of numbers ({error})") from None
    if values.ndim != 1 or len(values) not in LAYOUTS:
        raise SignError(f"{file}: shape {values.shape}; expected (258,) or (1662,): pose 33 x 4, (face 468 x 3,) hands 21 x 3 each")
    hands = values[132 + LAYOUTS[len(values)] :].reshape(42, 3)
    xy = np.concatenate([values[:132].reshape(33, 4)[:, :2], hands[:, :2]]).astype(np.float32)
    for part in MEDIAPIPE_75.parts.values():  # a part is seen or not as a whole
        if not np.any(xy[list(part)]):
            xy[list(part)] = np.nan
    return xy
