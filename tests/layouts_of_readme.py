"""What README's commands are given in its test: small data of the same layouts, and profile smoke."""

import os
import shutil
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from sslslr import paths

for room in ("datasets", "extract"):
    sys.path.append(str(Path(__file__).parent / room))

import layouts  # noqa: E402

GLOSSES = ("hello", "thanks")


def extraction(root: Path) -> Path:
    """What extraction leaves: two glosses by three signers, three times."""
    rows = [{"id": f"{g}/{s}{k}", "gloss": g, "signer": s, "split": ""} for g in GLOSSES for s in ("s1", "s2", "s3") for k in range(3)]
    return layouts.extraction(root, rows)


def videos(root: Path) -> Path:
    """A folder ``gloss/clip.mp4`` of a portrait that moves."""
    import media

    for gloss in GLOSSES[:1]:
        (root / gloss).mkdir(parents=True)
        media.person(root / gloss / "clip.mp4", frames=3)
    return root


def data(dataset: str, root: Path) -> str:
    """A folder of a data set's layout; "" for what needs none, or has none here (its published sizes are planned with)."""
    made = {"isl-kinect": layouts.isl_kinect, "mp-data": layouts.mp_data, "own": extraction, "lsa64": layouts.lsa64, "gsl": layouts.gsl}
    return str(made[dataset](root)) if dataset in made else ""


def smaller(words: list[str], folder: Path) -> list[str]:
    """The same command on small data and profile smoke, writing below ``folder``."""
    name, *rest = words
    told = dict(pairwise(rest))
    if "--profile" in rest:
        rest[rest.index("--profile") + 1] = {"claims": "decide", "replicate": "decide"}.get(name, "smoke")
    elif name in ("plan", "pretrain", "probe"):
        rest += ["--profile", "smoke"]
    if name in ("pretrain", "probe") and told.get("--data"):
        rest[rest.index("--dataset") + 1] = told["--dataset"] = "own"
    if "--data" in rest and told["--data"]:
        rest[rest.index("--data") + 1] = data(told["--dataset"], folder / "data")
    if "--devices" in rest:  # more than one: tests/commands/test_pretrain.py
        rest[rest.index("--devices") + 1] = "1"
    if name == "check":
        rest[1] = data(rest[0], folder / "data")
    if name == "extract":
        pytest.importorskip("mediapipe")
        rest[:2] = [str(videos(folder / "videos")), str(folder / "OUT")]
    if name == "exchange":
        pytest.importorskip("pose_format")
        rest[:2] = [str(extraction(folder / "OUT")), str(folder / "POSES")]
    if name == "boundaries":
        files = sorted(map(str, (extraction(folder / "OUT") / "clips" / GLOSSES[0]).glob("*.npz")))
        rest = [*files, *rest[rest.index("--out") :]] if "--out" in rest else [*files, "--out", str(folder / "marks")]
    if name in ("claims", "replicate"):
        shutil.copytree(paths.ROOT / "data" / "record", os.environ["SSLSLR_RECORD"])
    if name == "replicate" and "--plan" not in rest:  # decided anew for real: tests/report/test_recorded.py
        rest.append("--plan")
    return [name, *rest]
