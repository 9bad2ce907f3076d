"""``SSLSLR_REALDATA=/path/to/recordings python tools/likeness.py``: measure real recordings into ``data/likeness.csv``.

A row a set, and a row each of its signers (sessions): numbers that synthetic corpora are held against, never a recording.
Needs the folders ``isl-kinect``, ``asl-signwish``, ``traduttore-asl`` and ``thai-leap`` as they were published, unpacked, and
beside the last two an index of who signs (``NAME.index.csv``: gloss, clip or take, signer or session).

``python tools/likeness.py controls quick`` prints how hard a profile's synthetic corpora are, on validation signers.
"""

import os
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from sslslr import paths, profiles
from sslslr.clips.signs import Signs, pack
from sslslr.clips.skeleton import MEDIAPIPE_75
from sslslr.datasets import isl_kinect, mp_data
from sslslr.errors import SignError
from sslslr.measures import likeness
from sslslr.studies import corpora
from sslslr.studies import likeness as study

EVERY = 4  # of thai-leap's 113 frames a second: about as many as a camera takes
_OF_28 = [0, *(3 + 5 * finger + joint for finger in range(5) for joint in range(4))]  # MediaPipe's 21 of a Leap hand's 28 joints


def traduttore(root: Path) -> Signs:
    """traduttore-asl with its signers; without the folder that is no sign, and without frame 0, which was taken two seconds early."""
    signs = mp_data.read(root / "traduttore-asl")
    known = pd.read_csv(root / "traduttore-asl.index.csv", dtype=str, keep_default_na=False).set_index(["gloss", "clip"])["signer"]
    gloss = np.array(signs.glosses)[signs.labels]
    who = np.array([known[g, c.rsplit("/", 1)[-1]] for g, c in zip(gloss, signs.clips, strict=True)])
    signs = replace(signs, name="traduttore-asl", signers=who, landmarks=signs.landmarks[:, 1:], lengths=signs.lengths - 1)
    return signs.subset(gloss != "-")


def thai(root: Path) -> Signs:
    """thai-leap's takes as hands on two wrists, in millimetres, y downwards, sessions as signers."""
    index = pd.read_csv(root / "thai-leap.index.csv")
    clips, kept = [], []
    for row in index[index["status"] == "ok"].itertuples():
        with np.load(root / "thai-leap/model/record" / row.gloss / f"json_{row.take}.npz", allow_pickle=False) as take:
            joints = (take["joints"][::EVERY] * (1, -1, 1)).astype(np.float32)
        clip = np.full((len(joints), 75, 3), np.nan, np.float32)
        clip[:, 33:] = joints[:, :, _OF_28].reshape(len(joints), 42, 3)
        clip[:, 15:17] = joints[:, :, 0]
        if len(clip) >= likeness.MOMENTS and np.isfinite(clip).any():
            clips.append(clip)
            kept.append(row)
    landmarks, lengths = pack(clips)
    table, unknown = pd.DataFrame(kept), np.full(len(kept), np.nan)
    labels, glosses = pd.factorize(table["gloss"])
    return Signs(
        name="thai-leap", kind="real", skeleton=MEDIAPIPE_75, landmarks=landmarks, lengths=lengths, labels=labels, glosses=tuple(glosses),
        signers=("session " + table["session"].astype(int).astype(str)).to_numpy(str), clips=(table["gloss"] + "/" + table["take"].astype(int).astype(str)).to_numpy(str),
        split=np.full(len(kept), "", "<U5"), onset=unknown, offset=unknown, fps=float((table["frames"] / table["seconds"]).median() / EVERY),
    )  # fmt: skip


def rows(signs: Signs, width: float | None = None) -> list[dict]:
    """The set as a whole, then each of its people where there are several."""
    about = {"set": signs.name, "date": date.today().isoformat()}
    people = np.unique(signs.signers)
    parts = {likeness.ALL: signs} | ({who: signs.subset(signs.signers == who) for who in people} if len(people) > 1 else {})
    return [
        about | {"who": who, "clips": len(s), "signers": len(np.unique(s.signers))} | likeness.measure(s, width) for who, s in parts.items()
    ]


def main() -> None:
    """Write ``data/likeness.csv`` anew, or print the controls of a profile."""
    if sys.argv[1:2] == ["controls"]:
        profile = profiles.load((sys.argv[2:] or ["quick"])[0])
        print(study.ratios(study.controls(profile, corpora.load(profile, "synthetic"))).round(3).to_string(index=False))
        return
    if not (folder := os.environ.get("SSLSLR_REALDATA")):
        raise SignError("SSLSLR_REALDATA names no folder; set it to the one that holds the unpacked recordings")
    root = Path(folder)
    signwish = replace(mp_data.read(root / "asl-signwish"), name="asl-signwish")
    found = [*rows(isl_kinect.read(root / "isl-kinect")), *rows(signwish), *rows(traduttore(root)), *rows(thai(root), likeness.MILLIMETRES)]
    table = pd.DataFrame(found)
    paths.write_text(likeness.REAL, table.to_csv(index=False, float_format="%.5g"))
    print(table.iloc[:, :5].to_string(index=False))


if __name__ == "__main__":
    main()
