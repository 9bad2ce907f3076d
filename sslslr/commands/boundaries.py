"""Onset and offset of the sign in each extracted clip, as a table and as ELAN files.

FILE is a clip that sslslr extract made (.npz), or a folder of them. OUT/boundaries.csv gets a row a clip: onset and offset
in frames and in milliseconds of the source video, the confidence (0 to 1) and the prior's share (above 0.5 the estimate is
little more than where signs usually are). OUT/CLIP.eaf is the same for ELAN, to be corrected. On marks that people set, the
error was about a tenth of the clip (notebook 12): take it as a first guess, clips with one sign only.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from sslslr import paths
from sslslr.clips.boundaries import estimate
from sslslr.clips.signs import Signs, pack, prepare
from sslslr.clips.skeleton import MEDIAPIPE_75
from sslslr.commands import Parser, place
from sslslr.errors import SignError
from sslslr.extract import elan
from sslslr.extract.clips import Clip

FRAMES = 64  # clips are resampled to at most these before the estimate
TIER = "stroke (estimated)"


def main(arguments: list[str]) -> int:
    """Run the command; returns the exit status: 1 where some clip could not be read."""
    parser = Parser(__name__, __doc__)
    parser.add_argument("files", type=place, nargs="+", metavar="FILE", help="extracted clips (.npz), or folders of them")
    parser.add_argument("--out", type=place, required=True, metavar="OUT", help="folder for boundaries.csv and the .eaf files")
    asked = parser.parse_args(arguments)
    rows, lost = [], 0
    for name, path in tqdm(_named(asked.files).items(), desc="clips"):
        try:
            row = told(path, name)
        except SignError as error:
            lost += 1
            print(f"left out: {error}", file=sys.stderr)
            continue
        said = f"confidence {row['confidence']:.2f}" + (", the prior decides" if row["prior"] > 0.5 else "")
        elan.write(asked.out / f"{name}.eaf", {TIER: [(round(row["onset_ms"]), round(row["offset_ms"]), said)]})
        rows.append(row)
    if rows:
        paths.write_text(asked.out / "boundaries.csv", pd.DataFrame(rows).round(3).map(paths.guard).to_csv(index=False))
    print(f"{len(rows)} clips written to {asked.out}" + (f", {lost} left out" if lost else ""))
    return int(lost > 0)


def told(path: Path, name: str) -> dict:
    """The row of one clip; raises SignError where it can't be read, or shows nobody's shoulders."""
    clip = Clip.load(path)
    landmarks, lengths = pack([clip.isotropic[..., :2]])
    word, unknown = np.array([name]), np.array([np.nan])
    signs = Signs(
        "clip", "real", MEDIAPIPE_75, landmarks, lengths, np.array([0]), ("?",), word, word, np.array([""]), unknown, unknown, clip.fps
    )
    ready = prepare(signs, FRAMES)
    found = estimate(ready)
    scale = (len(clip) - 1) / (ready.lengths[0] - 1)
    onset, offset = float(found.onset[0] * scale), float(found.offset[0] * scale)
    start, end = np.interp([onset, offset], np.arange(len(clip)), clip.time)
    return {
        "clip": name, "file": path.as_posix(), "frames": len(clip), "onset": onset, "offset": offset, "onset_ms": float(start),
        "offset_ms": float(end), "confidence": float(found.confidence[0]), "prior": float(found.prior[0]),
    }  # fmt: skip


def _named(asked: list[Path]) -> dict[str, Path]:
    """Name -> file of each clip; folders' clips by their path in it; SignError for what is not there, or twice."""
    found: dict[str, Path] = {}
    for path in asked:
        if not path.exists():
            raise SignError(f"{path}: no such file; expected a clip that sslslr extract made (.npz), or a folder of them")
        inside = sorted(path.rglob("*.npz")) if path.is_dir() else [path]
        if not inside:
            raise SignError(f"{path}: no .npz in it; expected clips that sslslr extract made")
        for file in inside:
            name = file.relative_to(path if path.is_dir() else path.parent).with_suffix("").as_posix()
            if name in found:
                raise SignError(f"{file} and {found[name]} have the same name {name}; give their common folder instead")
            found[name] = file
    return found
