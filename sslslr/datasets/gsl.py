"""GSL isolated: Greek Sign Language, 310 glosses cut from phrases recorded in a studio; published as folders of pictures."""

import re
from pathlib import Path

import numpy as np
import pandas as pd

from sslslr.clips.signs import Signs
from sslslr.datasets import extracted, source
from sslslr.errors import SignError

SIGNER = re.compile(r"signer(\d+)")
PUBLISHED = {"clips": 40_826, "train": 34_995, "val": 2_331, "test": 3_500, "classes": 310, "signers": 7}
FILES = {"train": ("train",), "val": ("val", "dev"), "test": ("test",)}
EXPECTED = "{train,val,test}_greek_iso.csv (lines like health1_signer1_rep1_glosses/glosses0000|GLOSS) and those folders of pictures"
FPS = 30.0


def read(path: Path) -> Signs:
    """All clips in the published split, from the folder that ``sslslr extract`` made of the pictures."""
    return source.read(index(path))


def index(path: Path) -> source.Listing:
    """The rows of the three lists; the signer is read from the folder's name, folders that aren't there are named."""
    path = source.folder(path, EXPECTED)
    if extracted.is_extraction(path):
        return extracted.index(path, "gsl", PUBLISHED)
    lists = {split: _list(path, split) for split in FILES}
    table = pd.concat([t.assign(split=split) for split, t in lists.items()], ignore_index=True)
    table = table.assign(clip=table["file"], signer=[m[1] if (m := SIGNER.search(f)) else "" for f in table["file"]], fps=str(FPS))
    if (unsigned := table["signer"] == "").any():
        raise SignError(f"{path}: {table['file'][unsigned].iloc[0]} names no signer; expected {EXPECTED}")
    root = source.holder(path, table["file"])
    if root is None:
        raise SignError(f"{path}: no listed folder of pictures is here, the first is {table['file'][0]}; expected {EXPECTED}")
    there = np.array([(root / f).is_dir() for f in table["file"]])
    missing = tuple(table.loc[~there, "clip"])
    return source.Listing("gsl", root, table[there].reset_index(drop=True), None, fps=FPS, missing=missing, published=PUBLISHED)


def _list(path: Path, split: str) -> pd.DataFrame:
    file = next((f for name in FILES[split] if (f := source.locate(path, f"{name}_greek_iso.csv"))), None)
    if file is None:
        raise SignError(f"{path}: no {split}_greek_iso.csv; expected {EXPECTED}")
    rows = []
    for number, line in enumerate(source.read_text(file, "lines frame_folder|gloss").splitlines(), 1):
        folder, bar, gloss = line.strip().rstrip(", ").rpartition("|")  # a spreadsheet's commas
        if bar and folder and gloss:
            rows.append((folder.replace("\\", "/").strip("/ "), gloss.strip()))
        elif line.strip(", \t"):
            raise SignError(f"{file}, line {number}: {line.strip()!r}; expected frame_folder|gloss")
    if not rows:
        raise SignError(f"{file}: lists no clip")
    return pd.DataFrame(rows, columns=["file", "gloss"])
