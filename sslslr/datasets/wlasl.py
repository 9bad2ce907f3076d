"""WLASL: American Sign Language collected from the web, 100, 300, 1,000 or 2,000 glosses; published as links to video."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from sslslr.clips.signs import Signs
from sslslr.datasets import extracted, source
from sslslr.errors import SignError

PUBLISHED = {
    100: {"clips": 2_038, "classes": 100, "train": 1_442, "val": 338, "test": 258},
    300: {"clips": 5_117, "classes": 300, "train": 3_548, "val": 901, "test": 668},
    1000: {"clips": 13_168, "classes": 1_000, "train": 8_974, "val": 2_318, "test": 1_876},
    2000: {"clips": 21_083, "classes": 2_000, "train": 14_289, "val": 3_916, "test": 2_878},
}
EXPECTED = "WLASL_v0.3.json, nslt_100.json (300, 1000, 2000) and videos/*.mp4 (one a clip) or raw_videos/ (to be cut)"


def read(path: Path, glosses: int = 2000) -> Signs:
    """The clips of a subset in its published split, from the folder that ``sslslr extract`` made of the videos."""
    return source.read(index(path, glosses))


def index(path: Path, glosses: int = 2000) -> source.Listing:
    """The clips of ``nslt_{glosses}.json``; those whose video is gone (dead links) are in ``missing``, by name.

    ``videos/`` hold one clip each; in ``raw_videos/`` a clip goes from frame_start (from 1) to frame_end (-1: the end).
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
    table = _table(listed, subset)
    root, there = _videos(path, table["clip"])
    if root.name != "raw_videos":
        table = table.drop(columns=["start_frame", "end_frame"])
    missing = tuple(table.loc[~there, "clip"])
    notes = (f"{len(missing)} of {len(table)} clips have no video (dead links)",) if missing else ()
    found = table[there].reset_index(drop=True)
    return source.Listing(
        name, root, found, None, missing=missing, missing_is_normal=True, published=PUBLISHED[glosses], notes=notes,
        caution=_caution(len(found), glosses),
    )  # fmt: skip


def _caution(here: int, glosses: int) -> str:
    total = PUBLISHED[glosses]["clips"]
    return f"{total - here:,} of {total:,} published clips are missing (dead links); give n with every accuracy" if here < total else ""


def _table(listed: Path, subset: Path) -> pd.DataFrame:
    try:
        entries = json.loads(listed.read_text(encoding="utf-8-sig"))
        instances = {i["video_id"]: (e["gloss"], i) for e in entries for i in e["instances"]}
        chosen = json.loads(subset.read_text(encoding="utf-8-sig"))
        rows = [
            {"clip": video, "gloss": instances[video][0], "signer": str(instances[video][1]["signer_id"]), "split": about["subset"],
             "start_frame": str(instances[video][1]["frame_start"]), "end_frame": str(instances[video][1]["frame_end"])}
            for video, about in chosen.items()
        ]  # fmt: skip
    except (ValueError, KeyError, TypeError) as error:
        raise SignError(f"{subset}: does not fit {listed.name} ({type(error).__name__}: {error}); download both again") from None
    if not rows:
        raise SignError(f"{subset}: lists no clip")
    table = pd.DataFrame(rows)
    return table.assign(file=table["clip"] + ".mp4")


def _videos(path: Path, clips: pd.Series) -> tuple[Path, np.ndarray]:
    """The folder that has the videos, and which of the clips are there."""
    for name in ("videos", "raw_videos"):
        root = source.locate(path, name)
        there = np.array([root is not None and (root / f"{c}.mp4").exists() for c in clips])
        if root is not None and there.any():
            return root, there
    raise SignError(f"{path}: none of the {len(clips)} videos is here, the first is videos/{clips[0]}.mp4; expected {EXPECTED}")
