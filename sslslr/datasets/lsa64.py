"""LSA64: Argentinian Sign Language, 64 signs x 10 signers x 5 repetitions, in a studio; published as video."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from sslslr.clips import splits
from sslslr.clips.signs import Signs
from sslslr.datasets import extracted, source
from sslslr.errors import SignError

NAME = re.compile(r"(?P<gloss>\d{3})_(?P<signer>\d{3})_(?P<repetition>\d{3})(\.mp4)?")
PUBLISHED = {"clips": 3200, "classes": 64, "signers": 10}
EXPECTED = "videos like 001_001_001.mp4 (class, signer, repetition, counted from 1), or their extracted landmarks"
COUNTS = {"paper": {"train": 2560, "test": 640}, "signers": {"train": 2560, "val": 320, "test": 320}}


def read(path: Path, split: str = "paper") -> Signs:
    """All clips, from the folder that ``sslslr extract`` made of the videos; for ``split`` see ``index``."""
    return source.read(index(path, split))


def index(path: Path, split: str = "paper") -> source.Listing:
    """The clips, split 80/20 within each class whoever signs ("paper", drawn with seed 0), or by signers as OpenHands
    does ("signers": 1 to 8 train, 9 validation, 10 test)."""
    path = source.folder(path, EXPECTED)
    name = "lsa64" if split == "paper" else f"lsa64-{split}"
    published = PUBLISHED | COUNTS[split]
    if extracted.is_extraction(path):
        listing = extracted.index(path, name, published)
    else:
        files = next((found for folder in source.folders(path) if (found := source.files(folder, ".mp4"))), [])
        if not files:
            raise SignError(f"{path}: no video here; expected {EXPECTED}")
        root = files[0].parent
        table = pd.DataFrame({"clip": [f.stem for f in files], "file": [f.name for f in files]})
        listing = source.Listing(name, root, table, None, published=published)
    names = [NAME.fullmatch(clip) for clip in listing.table["clip"]]
    if None in names:
        raise SignError(f"{listing.root / listing.table['file'][names.index(None)]}: unexpected name; expected {EXPECTED}")
    table = listing.table.assign(**{part: [m[part] for m in names if m] for part in ("gloss", "signer")})
    wrong = table[~(table["gloss"].between("001", "064") & table["signer"].between("001", "010"))]
    if len(wrong):
        raise SignError(f"{listing.root}: {wrong['clip'].iloc[0]} is outside of classes 001 to 064 and signers 001 to 010")
    return replace(listing, table=table.assign(split=SPLITS[split](table)))


def _paper(table: pd.DataFrame) -> np.ndarray:
    split = np.full(len(table), "test", dtype="<U5")
    split[splits.fraction(table["gloss"].to_numpy(str), 0.8, seed=0)] = "train"
    return split


def _signers(table: pd.DataFrame) -> np.ndarray:
    return np.where(table["signer"] == "010", "test", np.where(table["signer"] == "009", "val", "train"))


SPLITS = {"paper": _paper, "signers": _signers}
