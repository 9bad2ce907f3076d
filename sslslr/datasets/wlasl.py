"""WLASL: American Sign Language collected from the web, 100, 300, 1,000 or 2,000 glosses; published as links to video."""

import json
import os
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from sslslr.clips.signs import Signs
from sslslr.datasets import extracted, source
from sslslr.errors import SignError
from sslslr.extract.sources import SPLITS
from sslslr.extract.video import VIDEOS

PUBLISHED = {
    100: {"clips": 2_038, "classes": 100, "train": 1_442, "val": 338, "test": 258},
    300: {"clips": 5_117, "classes": 300, "train": 3_548, "val": 901, "test": 668},
    1000: {"clips": 13_168, "classes": 1_000, "train": 8_974, "val": 2_318, "test": 1_876},
    2000: {"clips": 21_083, "classes": 2_000, "train": 14_289, "val": 3_916, "test": 2_878},
}
RATE = 25  # frames a second at which the lists count, whatever a video's own rate (the data set's README)
YOUTUBE = re.compile(r"youtu\.?be.*(?P<id>[\w-]{11})$")
EXPECTED = "WLASL_v0.3.json, nslt_100.json (300, 1000, 2000) and videos/*.mp4 (one a clip) or raw_videos/ (to be cut)"


def read(path: Path, glosses: int = 2000) -> Signs:
    """The clips of a subset in its published split, from the folder that ``sslslr extract`` made of the videos."""
    return source.read(index(path, glosses))


def index(path: Path, glosses: int = 2000) -> source.Listing:
    """The clips of ``nslt_{glosses}.json``; those whose video is not there are in ``missing``, by name.

    ``videos/`` hold one clip each. In ``raw_videos/`` a clip goes from frame_start (from 1) to frame_end (-1: the end), counted at
    25 frames a second; several may lie in one file, which the authors' downloader calls by its YouTube id.
    """
    path = source.folder(path, EXPECTED)
    name = f"wlasl-{glosses}"
    if extracted.is_extraction(path):
        listing = extracted.index(path, name, PUBLISHED[glosses])
        if len(listing.glosses) > glosses:
            raise SignError(f"{path}: {len(listing.glosses)} glosses, more than {name} has; it was extracted for another subset")
        return replace(listing, caution=_caution(len(listing), glosses))
    listed, subset = source.locate(path, "WLASL_v0.3.json"), source.locate(path, f"nslt_{glosses}.json")
    if listed is None or subset is None:
        raise SignError(f"{path}: no {'WLASL_v0.3.json' if listed is None else f'nslt_{glosses}.json'}; expected {EXPECTED}")
    table, unknown = _table(listed, subset)
    root, table, there = _videos(path, table)
    notes: tuple[str, ...] = ()
    if root.name != "raw_videos":
        table = table.drop(columns=["start", "end"])
    elif (turned := pd.to_numeric(table["start"]) > pd.to_numeric(table["end"])).any():
        which = f"{int(turned.sum())} such, {source.some(table['clip'][turned])}"
        notes = (f"clips that end before they start, as {listed.name} has them, are left out: {which}",)
        table, there = table[~turned].reset_index(drop=True), there[~turned]
    missing = tuple(table.loc[~there, "clip"])
    if unknown:
        ids = f"{len(unknown)} id{'s' * (len(unknown) > 1)} of {subset.name} ({source.some(unknown)})"
        notes += (f"{ids} {'are' if len(unknown) > 1 else 'is'} not described in {listed.name}, and left out as its authors say",)
    if missing:
        notes += (f"{len(missing)} of {len(table)} clips have no video in {root.name}/ under their id or their YouTube id",)
    if flash := [clip for clip in missing if (root / f"{clip}.swf").exists()]:
        notes += (f"{len(flash)} of them are here as .swf, which isn't read ({source.some(flash)}); convert them to .mp4",)
    if missing and (gone := source.locate(path, "missing.txt")):
        known = set(source.read_text(gone, "the id of a video in each line").split()) & set(missing)
        notes += (f"{len(known)} of them are dead links, as {gone.name} says",)
    found = table[there].reset_index(drop=True)
    return source.Listing(
        name, root, found, None, missing=missing, missing_is_normal=True, published=PUBLISHED[glosses], notes=notes,
        caution=_caution(len(found), glosses),
    )  # fmt: skip


def _caution(here: int, glosses: int) -> str:
    total = PUBLISHED[glosses]["clips"]
    return (
        f"{total - here:,} of {total:,} published clips are missing (many links are dead); give n with every accuracy"
        if here < total
        else ""
    )


def _table(listed: Path, subset: Path) -> tuple[pd.DataFrame, list[str]]:
    """The clips of the subset, and those ids that the list does not describe (1, 6 and 12 of the larger published subsets)."""
    entries, chosen = _json(listed), _json(subset)
    try:
        instances = {str(i["video_id"]): (str(e["gloss"]), i) for e in entries for i in e["instances"]}
        rows = [
            {"clip": video, "gloss": instances[video][0], "signer": str(instances[video][1]["signer_id"]), "split": SPLITS[about["subset"]],
             **_times(instances[video][1]), "url": str(instances[video][1].get("url", ""))}
            for video, about in chosen.items() if video in instances
        ]  # fmt: skip
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise SignError(f"{subset}: does not fit {listed.name} ({type(error).__name__}: {error}); download both again") from None
    if 2 * len(rows) <= len(chosen):
        raise SignError(f"{subset}: {listed.name} describes {len(rows)} of its {len(chosen)} clips; download both again")
    return pd.DataFrame(rows), [video for video in chosen if video not in instances]


def _json(path: Path):
    text = source.read_text(path, "JSON")
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SignError(f"{path}: not JSON ({str(error).splitlines()[0]}); download it again") from None


def _times(instance: dict) -> dict[str, str]:
    """From the first frame to the last, as times in ms; "" for the video's beginning or end."""
    first, last = int(instance["frame_start"]), int(instance["frame_end"])
    start, end = ((frame - 1) * 1000 / RATE for frame in (first, last))
    return {"start": f"{start:.10g}" if first > 1 else "", "end": f"{end:.10g}" if last > 0 else ""}


def _videos(path: Path, table: pd.DataFrame) -> tuple[Path, pd.DataFrame, np.ndarray]:
    """The folder that has the videos, the table with each clip's file, and which of the clips are there."""
    clips, table = table["clip"], table.assign(file=table["clip"] + ".mp4")
    listed = set(clips)
    for name in ("videos", "raw_videos"):
        if (root := source.locate(path, name)) is None:
            continue
        have = {Path(f).stem: f for f in sorted(os.listdir(root), reverse=True) if Path(f).suffix.lower() in VIDEOS and f[0] != "."}
        youtube = [m["id"] if name == "raw_videos" and (m := YOUTUBE.search(url)) else "" for url in table["url"]]
        short = [s if (s := clip.lstrip("0")) not in listed else "" for clip in clips]  # 335.mp4 for 00335
        files = [next((have[n] for n in names if n in have), None) for names in zip(clips, youtube, short, strict=True)]
        if any(files):
            there = np.array([f is not None for f in files])
            return root, table.assign(file=[f or default for f, default in zip(files, table["file"], strict=True)]), there
    raise SignError(f"{path}: none of the {len(clips)} videos is here, the first is videos/{clips[0]}.mp4; expected {EXPECTED}")
