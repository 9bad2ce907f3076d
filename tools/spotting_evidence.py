"""``python tools/spotting_evidence.py ISL_KINECT TRADUTTORE_MP_DATA GESTURE_PHASE``: the tables of data/spotting_evidence/, which notebook 19 shows.

Synthetic streams; isl-kinect's clips joined; traduttore-asl's folder "-", which holds no sign, as what must be rejected; and the
strokes of the marked recordings.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from sslslr import datasets, paths
from sslslr.clips.signs import Signs, prepare
from sslslr.datasets import gesture_phase, mp_data, source
from sslslr.studies import marked_streams, streams

COUNT = 24  # streams a cell
THIRD = 30  # clips of each signer in a folder of traduttore-asl


def rejects(folder: str) -> pd.DataFrame:
    """Signers A and B make the lexicon; clips of C, signs and no signs, are matched to it."""
    signs = datasets.load("mp-data", folder, options="DROP_FIRST=1")["mp-data"]
    number = np.array([int(clip.rpartition("/")[2]) for clip in signs.clips])
    listing = mp_data.index(source.folder(folder, "MP_Data"))
    root = listing.root / mp_data.NO_GLOSS
    names = sorted((p.name for p in root.iterdir()), key=int)
    clips = [listing.clip(f"{mp_data.NO_GLOSS}/{name}") for name in names]
    landmarks = np.stack([c[1:] for c in clips])  # the first frame was taken two seconds before the others
    n, unknown = len(landmarks), np.full(len(landmarks), np.nan)
    none = Signs("no sign", "real", signs.skeleton, landmarks, np.full(n, landmarks.shape[1]), np.zeros(n, int), ("-",), np.full(n, "?"),
                 np.arange(n).astype(str), np.full(n, ""), unknown, unknown)  # fmt: skip
    ready, none = prepare(signs, streams.FRAMES), prepare(none, streams.FRAMES)
    return pd.DataFrame(
        [{"encoder": name} | streams.rejects(ready, none, number < 2 * THIRD, encode) for name, encode in streams.encoders().items()]
    )


def main(isl: str, traduttore: str, marked: str) -> None:
    """Make all tables anew."""
    tables = {
        "marked": lambda: marked_streams.table(gesture_phase.recordings(Path(marked))),
        "no_sign": lambda: rejects(traduttore),
        "isl_joined": lambda: streams.real_table(prepare(datasets.load("isl-kinect", isl)["isl-kinect"], 90)),
        "synthetic": lambda: streams.table(count=COUNT, progress=tqdm),
    }
    for name, make in tables.items():
        paths.write_text(streams.EVIDENCE / f"{name}.csv", (table := make()).round(4).to_csv(index=False))
        print(table.round(2).to_string(), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:4])
