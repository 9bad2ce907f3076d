"""LSFB-ISOL, version 2: French Belgian Sign Language, cut from conversations; landmarks are published."""

import json
import os
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from sslslr import paths
from sslslr.clips.signs import Signs
from sslslr.datasets import extracted, source
from sslslr.errors import SignError

VERSION = "lsfb 1"

PUBLISHED = {"clips": 120_739}
EXPECTED = "instances.csv, metadata/, and poses/{pose,left_hand,right_hand}/*.npy (or poses_raw/, or videos/*.mp4)"
POSES = (23, 30, 33)  # documentation, code and published files disagree; the first ones are MediaPipe's first ones


def read(path: Path, signs: int | None = None) -> Signs:
    """All clips, or those of the ``signs`` most represented signs (the paper: 500, and 700 in Table 6); published split."""
    return source.read(index(path, signs))


def index(path: Path, signs: int | None = None) -> source.Listing:
    """The clips of ``instances.csv``; ``poses`` are read where they are, else ``poses_raw``, else there is only video."""
    path = source.folder(path, EXPECTED)
    name, published = ("lsfb", PUBLISHED) if signs is None else (f"lsfb-{signs}", {"classes": signs})
    if extracted.is_extraction(path):
        listing = extracted.index(path, name, published)
        return replace(listing, table=source.most_represented(listing.table, signs))
    instances = source.locate(path, "instances.csv")
    if instances is None:
        raise SignError(f"{path}: no instances.csv; expected {EXPECTED}")
    root = instances.parent
    rows = source.read_table(instances, ("id", "sign", "signer", "start", "end"))
    rows, repeated = source.once(rows)
    table = pd.DataFrame({"clip": rows["id"], "gloss": classes(root, rows["sign"]), "signer": rows["signer"]})
    table = source.most_represented(table.assign(split=splits(root, table["clip"])), signs)
    notes: tuple[str, ...] = (f"the {signs} most represented signs: {len(table)} of {len(rows)} clips",) if signs else ()
    notes = repeated + notes
    folders = [p for p in ("poses/pose", "poses_raw/pose", "videos") if (root / p).is_dir()]
    folder = next((p for p in folders if any(f.name[0] != "." for f in (root / p).iterdir())), folders[0] if folders else None)
    if folder is None:
        raise SignError(f"{root}: neither landmarks nor videos; expected {EXPECTED}")
    ending = ".mp4" if folder == "videos" else ".npy"
    disk = source.on_disk(root / folder)
    there = (table["clip"] + ending).map(paths.readable).isin(disk)
    if not there.any():
        raise SignError(
            f"{root / folder}: none of the {len(table)} listed clips is here ({source.some(table['clip'])}); expected {EXPECTED}"
        )
    found, missing = table[there].reset_index(drop=True), tuple(table.loc[~there, "clip"])
    real = found["clip"].map(lambda clip: disk[paths.readable(clip + ending)])
    opener, files = None, "videos/" + real
    if folder != "videos":
        poses = root / folder.removesuffix("/pose")
        opener, files = partial(open_clip, poses), real.str.removesuffix(ending)
        notes += _notes(poses, files)
    return source.Listing(name, root, found.assign(file=files), opener, fps=50.0, missing=missing, published=published, notes=notes)


def classes(root: Path, sign: pd.Series) -> pd.Series:
    """The class of each clip: signs with the same number in ``metadata/sign_to_index.csv`` are one, called as the first.

    A sign without a number is a class of its own.
    """
    path = root / "metadata" / "sign_to_index.csv"
    if not path.exists():
        return sign
    table = source.read_table(path, ("sign",)).map(paths.readable)
    if (column := "class" if "class" in table else next((c for c in table if c != "sign"), None)) is None:
        raise SignError(
            f"{path}: no number beside the signs; expected the columns sign, class (or delete the file: each sign is a class then)"
        )
    table = table[table[column] != ""]
    number = table[column].str.replace(r"\.0+$", "", regex=True)  # a spreadsheet's 2.0 beside empty cells
    first = table.assign(number=number).drop_duplicates("number").set_index("number")["sign"]
    name = dict(zip(table["sign"], number.map(first), strict=True))
    return sign.map(paths.readable).map(lambda s: name.get(s, s))


def splits(root: Path, clips: pd.Series) -> np.ndarray:
    """train, test or "": of ``train.json`` and ``test.json``; without them, as the official package has it, folds 2 to 4
    train and folds 0 and 1 test."""
    folder = root / "metadata" / "splits"
    split = np.full(len(clips), "", dtype="<U5")
    names = {"train": ["train"], "test": ["test"]}
    if not (folder / "train.json").exists() and any((folder / f"fold_{k}.json").exists() for k in range(5)):
        names = {"test": ["fold_0", "fold_1"], "train": ["fold_2", "fold_3", "fold_4"]}
    lost = [f"{file}.json" for files in names.values() for file in files if not (folder / f"{file}.json").exists()]
    if lost and len(lost) < sum(map(len, names.values())):
        raise SignError(
            f"{folder}: no {', '.join(lost)} beside the other lists; complete them (or remove them all: there is no split then)"
        )
    names_of = clips.map(paths.readable)
    for part, files in names.items():
        for file in files:
            if (folder / f"{file}.json").exists():
                inside = names_of.isin(_ids(folder / f"{file}.json")).to_numpy()
                if twice := sorted(clips[inside & (split != "") & (split != part)]):
                    which = f"{len(twice)} clips are in train and in test ({source.some(twice)})"
                    raise SignError(f"{folder}: {which}; download the splits again")
                split[inside] = part
    if not lost and (split == "").all():
        raise SignError(
            f"{folder}: the lists name none of the {len(clips)} clips ({source.some(clips)}); complete them (or remove them all)"
        )
    return split


def open_clip(poses: Path, clip: str) -> np.ndarray:
    """(T, 75, 2): x and y of body, left and right hand; a hand without a file, and body landmarks that are not published, are NaN."""
    pose = source.load_array(poses / "pose" / f"{clip}.npy", (None, None, 3), f"(frames, {POSES}, 3)")
    if pose.shape[1] not in POSES:
        raise SignError(f"{poses / 'pose' / clip}.npy: {pose.shape[1]} landmarks; expected one of {POSES}")
    landmarks = np.full((len(pose), 75, 2), np.nan, np.float32)
    landmarks[:, : pose.shape[1]] = pose[..., :2]
    for part, start in (("left_hand", 33), ("right_hand", 54)):
        file = poses / part / f"{clip}.npy"
        if file.exists():
            hand = source.load_array(file, (len(pose), 21, 3), f"({len(pose)} frames as in pose, 21, 3)")
            landmarks[:, start : start + 21] = hand[..., :2]
    return source.zeros_to_missing(landmarks, source.MEDIAPIPE_75)


def _ids(path: Path) -> list[str]:
    text = source.read_text(path, "a list of clip ids")
    try:
        ids = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SignError(f"{path}: not JSON ({error}); expected a list of clip ids") from None
    if not isinstance(ids, list):
        raise SignError(f"{path}: a {type(ids).__name__}; expected a list of clip ids")
    return [paths.readable(str(i)) for i in ids]


def _notes(poses: Path, clips: pd.Series) -> tuple[str, ...]:
    try:
        shape = np.load(poses / "pose" / f"{clips.iloc[0]}.npy", mmap_mode="r", allow_pickle=False).shape
        found = f"{shape[1]} body landmarks"
    except (ValueError, IndexError, OSError):  # the check will name it
        found = "unreadable body landmarks"
    notes = [f"landmarks from {poses.name}/: {found} in the first clip"]
    for part in ("left_hand", "right_hand"):
        have = os.listdir(poses / part) if (poses / part).is_dir() else []
        if len(lost := clips[~(clips + ".npy").isin(have)]):
            notes.append(f"{len(lost)} clips have no {part} file ({source.some(lost)}): the hand is missing in all their frames")
    return tuple(notes)
