"""ASL Citizen: American Sign Language recorded at home by its signers; published as video and as landmarks."""

import os
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from sslslr import paths
from sslslr.clips.signs import Signs
from sslslr.csv_files import lines
from sslslr.datasets import extracted, source
from sslslr.errors import SignError

VERSION = "asl-citizen 1"

PUBLISHED = {"clips": 83_399, "train": 40_154, "val": 10_304, "test": 32_941, "classes": 2_731, "signers": 52}
EXPECTED = "splits/{train,val,test}.csv and videos/*.mp4, or landmarks in one .npy a video, (frames, 543, 2)"
HEADER = ("Participant ID", "Video file", "Gloss")
# The published arrays: body, RIGHT hand, LEFT hand, face; ours: body, left hand, right hand.
ORDER = np.r_[0:33, 54:75, 33:54]
ENDINGS = (".npy", ".mp4.npy")


def read(path: Path, signs: int | None = None) -> Signs:
    """All clips, or those of the ``signs`` most represented glosses (the paper's linear evaluation: 500); published split."""
    return source.read(index(path, signs))


def index(path: Path, signs: int | None = None) -> source.Listing:
    """The rows of the three split files, whatever the order of their columns; landmarks where they are, else the videos."""
    path = source.folder(path, EXPECTED)
    name, published = ("asl-citizen", PUBLISHED) if signs is None else (f"asl-citizen-{signs}", {"classes": signs})
    if extracted.is_extraction(path):
        listing = extracted.index(path, name, published)
        return replace(listing, table=source.most_represented(listing.table, signs))
    tables, lists = [], source.holder(path, ["train.csv"]) or path
    for split in ("train", "val", "test"):
        if not (lists / f"{split}.csv").exists():
            raise SignError(f"{lists}: no {split}.csv; expected {EXPECTED}")
        rows = source.read_table(lists / f"{split}.csv", HEADER)
        video = rows["Video file"].str.replace("\\", "/").str.rpartition("/")[2]
        if (empty := video == "").any():
            raise SignError(
                f"{lists / split}.csv, {lines(lists / f'{split}.csv', len(rows))[empty.argmax()]}: names no video; complete the row or remove it"
            )
        tables.append(pd.DataFrame({"video": video, "gloss": rows["Gloss"], "signer": rows["Participant ID"], "split": split}))
    table, notes = source.once(pd.concat(tables, ignore_index=True))
    listed = len(table)
    table = source.most_represented(table.assign(clip=[os.path.splitext(v)[0] for v in table["video"]]), signs)
    ending, root = next(((e, r) for e in ENDINGS if (r := source.holder(path, table["clip"] + e))), ("", None))
    opener = None if root is None else partial(open_clip, root)
    table = table.assign(file=table["clip"] + ending if opener else table["video"])
    root = root or source.holder(path, table["video"]) or source.holder(path, table["video"].map(_other_case))
    if root is None:
        raise SignError(f"{path}: neither landmarks nor videos, the first is {table['video'][0]}; expected {EXPECTED}")
    disk = source.on_disk(root)
    table = table.assign(file=[disk.get(paths.readable(f)) or disk.get(paths.readable(_other_case(f)), f) for f in table["file"]])
    there = table["file"].isin(disk.values())
    notes += (f"the {signs} most represented signs: {len(table)} of {listed} clips",) if signs else ()
    if opener:
        notes = (*notes, f"landmarks from {root.name}/: body, right hand and left hand of 543 landmarks; the face is not used")
    found = table.loc[there, list(source.COLUMNS)].reset_index(drop=True)
    missing = tuple(table.loc[~there, "clip"])
    return source.Listing(name, root, found, opener, fps=30.0, missing=missing, published=published, notes=notes)


def _other_case(file: str) -> str:
    """x.MP4 for x.mp4, as cameras and Windows call it, and the other way round."""
    stem, ending = os.path.splitext(file)
    return stem + ending.swapcase()


def open_clip(root: Path, file: str) -> np.ndarray:
    """(T, 75, 2): x and y of body, left and right hand; a part that is all zeros was not seen: NaN."""
    values = source.load_array(root / file, (None, 543, 2), "(frames, 543 landmarks, 2)")
    return source.zeros_to_missing(values[:, ORDER], source.MEDIAPIPE_75)
