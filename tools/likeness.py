"""``SSLSLR_REALDATA=/path/to/recordings python tools/likeness.py``: measure real recordings into ``data/likeness.csv``,
and where they lie among the doses of notebook 21 into ``data/doses.csv``.

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

from sslslr import datasets, paths, profiles
from sslslr.clips.signs import Signs
from sslslr.datasets import isl_kinect, mp_data
from sslslr.errors import SignError
from sslslr.measures import likeness
from sslslr.studies import corpora, dose
from sslslr.studies import likeness as study

EVERY = 4  # of thai-leap's 113 frames a second: about as many as a camera takes


def signers(root: Path, name: str, dataset: str, **options: str) -> Signs:
    """The recordings ``name``, with who signs by ``NAME.index.csv``."""
    asked = {"INDEX": str(root / f"{name}.index.csv")} | options
    return replace(datasets.load(dataset, root / name, options=asked)[dataset], name=name)


def thinned(signs: Signs, every: int = EVERY) -> Signs:
    """Every so many frames of each clip; a clip that is too short to be compared then is left out."""
    lengths = -(-signs.lengths // every)
    thin = replace(signs, landmarks=signs.landmarks[:, ::every], lengths=lengths, fps=signs.fps / every)
    return thin.subset(lengths >= likeness.MOMENTS)


def rows(signs: Signs, width: float | None = None) -> list[dict]:
    """The set as a whole, then each of its people where there are several."""
    about = {"set": signs.name, "date": date.today().isoformat()}
    people = np.unique(signs.signers)
    parts = {likeness.ALL: signs} | ({who: signs.subset(signs.signers == who) for who in people} if len(people) > 1 else {})
    called = {who: f"session {who}" if signs.unit == "session" and who in people else who for who in parts}
    sizes = {who: {"clips": len(s), "signers": len(np.unique(s.signers))} for who, s in parts.items()}
    return [about | {"who": called[who]} | sizes[who] | likeness.measure(s, width) for who, s in parts.items()]


def main() -> None:
    """Write ``data/likeness.csv`` anew, or print the controls of a profile."""
    if sys.argv[1:2] == ["controls"]:
        profile = profiles.load((sys.argv[2:] or ["quick"])[0])
        print(study.ratios(study.controls(profile, corpora.load(profile, "synthetic"))).round(3).to_string(index=False))
        return
    if not (folder := os.environ.get("SSLSLR_REALDATA")):
        raise SignError("SSLSLR_REALDATA names no folder; set it to the one that holds the unpacked recordings")
    root = Path(folder)
    kinect, wish = isl_kinect.read(root / "isl-kinect"), replace(mp_data.read(root / "asl-signwish"), name="asl-signwish")
    traduttore = signers(root, "traduttore-asl", "mp-data", DROP_FIRST="1")  # frame 0 was taken two seconds early
    thai = thinned(signers(root, "thai-leap", "thai-leap"))
    table = pd.DataFrame([*rows(kinect), *rows(wish), *rows(traduttore), *rows(thai, likeness.MILLIMETRES)])
    paths.write_text(likeness.REAL, table.to_csv(index=False, float_format="%.5g"))
    print(table.iloc[:, :5].to_string(index=False))
    profile, sets = profiles.load("decide"), (kinect, wish, traduttore, thai)
    near = [{"set": s.name, "clips": len(s), "signers": len(np.unique(s.signers))} | dose.placed(corpora.ready(s, profile)) for s in sets]
    paths.write_text(dose.REAL, pd.DataFrame(near).drop(columns="true").to_csv(index=False, float_format="%.4g"))
    print(pd.DataFrame(near).round(2).to_string(index=False))


if __name__ == "__main__":
    main()
