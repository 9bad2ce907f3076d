"""Every reader of files, on files that hypothesis spoils: values of the right kind, or one line; no crash, no hang, nothing written elsewhere.

``SSLSLR_CAMPAIGN=600`` gives each reader so many seconds.
"""

import itertools
import json
import os
import time
import warnings
from pathlib import Path

import hypothesis
import layouts_of_readme as small
import numpy as np
import pytest
import yaml
from conftest import make_signs
from hypothesis import strategies as st
from odd_bytes import ODD

from sslslr import paths
from sslslr.clips.signs import Signs
from sslslr.datasets import gesture_phase, gsl, lsfb, source, thai_leap, wlasl
from sslslr.datasets.check import check
from sslslr.errors import SignError
from sslslr.extract.clips import Clip, read_instances
from sslslr.extract.sources import find
from sslslr.extract.video import frames, write_video
from sslslr.learning import weights
from sslslr.learning.training import Run
from sslslr.methods.encoder import EncoderConfig
from sslslr.record.tables import Record
from sslslr.studies.passed_on import read_card

HANG = 30  # seconds that no small file may take


def whole_clip(path: Path) -> None:
    rng = np.random.default_rng(0)
    parts = [rng.random((5, *shape)).astype(np.float16) for shape in ((33, 3), (21, 3), (21, 3), (33,))]
    Clip(*parts, np.arange(5) * 40.0, (640, 480), 25.0, "mediapipe", "1", 1, "film").save(path)


def layout(name: str, file: str):
    """A data set's layout with the file that is spoiled; the reading is ``check``'s, and each usable clip is opened."""

    def make(root: Path) -> Path:
        getattr(small.layouts, name)(root)
        return next(iter(sorted(root.rglob(file))))

    return make


def opened(name: str):
    def read(root: Path, _):
        done = check(name, root)
        table = done.listing.table
        for clip, where in zip(table["clip"], table["file"], strict=True) if done.listing.open else ():
            if clip not in set(done.unusable):
                values = done.listing.clip(where)
                assert values.dtype == np.float32 and not np.isinf(values).any() and np.isfinite(values).any()
        return "told in the report" if done.errors else ""

    return read


def one(name: str, write, read):
    def make(root: Path) -> Path:
        root.mkdir()
        write(root / name)
        return root / name

    return make, lambda _, path: read(path)


def leap(path: Path) -> None:
    hand = {
        "arm": {"wrist_position": [1.0, 2, 3]},
        "fingers": {f: {"bones": {b: {"next_joint": [1.0, 2, 3]} for b in thai_leap.BONES}} for f in thai_leap.FINGERS},
    }
    path.write_text(json.dumps([{"timestamp": 9000 * i, "hands": {"left": hand, "right": hand}} for i in range(3)]))


def gestures(path: Path) -> None:
    columns = [f"{point}{axis}" for point in gesture_phase.POINTS for axis in "xyz"]
    rows = [
        [f"{0.1 * i + 0.01 * k:.3f}" for k in range(len(columns))] + [str(5702026 + 33 * i), "Rest" if i < 2 else "Stroke"]
        for i in range(5)
    ]
    path.write_text("\n".join(",".join(row) for row in [[*columns, "timestamp", "phase"], *rows]) + "\n")


def marked(path: Path):
    found = gesture_phase.read(path)
    assert not np.isinf(found.landmarks).any()


def table(path: Path) -> None:
    path.write_text("id,gloss,fps\none,tree,25\ntwo,dog,30.5\n")


def few_rows(root: Path) -> Path:
    record, part = Record(paths.ROOT / "data" / "record"), Record(root)
    runs = dict(itertools.islice(record["runs"].items(), 3))
    part.add("runs", runs.values())
    part.add("epochs", [r for k, r in record["epochs"].items() if (k[0],) in runs])
    part.save()
    return root / "runs.csv"


def encoder(root: Path) -> Path:
    signs, run = make_signs(20), Run("simclr", encoder=EncoderConfig(blocks=1, width=8, heads=2))
    weights.save(root, run.fitted(signs).build(4).encoder, weights.few(signs), dict.fromkeys(weights.CARD, "Said."))
    (root / "about.json").write_text(
        json.dumps({k: v for k, v in json.loads((root / "about.json").read_text()).items() if k not in ("files", paths.SEAL)})
    )
    return root / "about.json"


def finite(values) -> None:
    assert values.dtype == np.float32 and values.shape[1:] == (75, 2)


READERS = {
    "npy": one(
        "a.npy",
        lambda p: np.save(p, np.random.default_rng(0).random((4, 75, 2))),
        lambda p: finite(source.load_array(p, (None, 75, 2), "x")),
    ),
    "npz clip": one("a.npz", whole_clip, lambda p: Clip.load(p).isotropic),
    "npz corpus": one("a.npz", lambda p: make_signs(8).save(p), Signs.load),
    "csv table": one("a.csv", table, lambda p: source.read_table(p, ("id", "gloss"))),
    "csv manifest": one(
        "m.csv", lambda p: p.write_text("path,id,gloss,signer,split,start,end\na.mp4,one,tree,ann,train,10,20\n"), lambda p: _manifest(p)
    ),
    "csv instances": (lambda root: small.extraction(root) / "instances.csv", lambda root, _: read_instances(root)),
    "csv lsfb": (layout("lsfb", "instances.csv"), opened("lsfb")),
    "csv gsl": (layout("gsl", "*.csv"), opened("gsl")),
    "csv gestures": one("a1_raw.csv", gestures, marked),
    "csv record": (few_rows, lambda root, _: Record(root)),
    "json wlasl": (layout("wlasl", "nslt_100.json"), opened("wlasl-100")),
    "json leap": one("a.txt", leap, lambda p: _no_infinity(thai_leap.open_clip(p.parent, p.name))),
    "json encoder": (encoder, lambda root, _: weights.load(root)),
    "txt kinect": (layout("isl_kinect", "*_1.txt"), opened("isl-kinect")),
    "txt leave out": one("leave-out.txt", lambda p: p.write_text("a\nb\n"), lambda p: source.read_text(p, "names")),
    "mp4": one("a.mp4", lambda p: write_video(p, [np.full((32, 48, 3), 20 * i, np.uint8) for i in range(6)]), lambda p: _pictures(p)),
    "yaml card": one("card.yml", lambda p: p.write_text(yaml.safe_dump(dict.fromkeys(weights.CARD, "Said."))), read_card),
}
assert gsl and lsfb and wlasl  # their tables are read through check


def _manifest(path: Path) -> None:
    inside = path.parent.resolve()
    for clip in find(path.parent, path):
        assert (inside / "clips" / clip.name).resolve().is_relative_to(inside / "clips") and json.dumps(clip.name)


def _no_infinity(values) -> None:
    assert values.shape[1:] == (42, 3)


def _pictures(path: Path) -> None:
    for at, picture in itertools.islice(frames(path), 1000):
        assert picture.dtype == np.uint8 and picture.ndim == 3 and np.isfinite(at)


EDIT = st.tuples(
    st.sampled_from(["turn", "cut", "hole", "put", "swap"]), st.floats(0, 1), st.one_of(st.sampled_from(ODD), st.binary(max_size=12))
)


def spoiled(data: bytes, edits) -> bytes:
    """The bytes after a few things went wrong with them."""
    for kind, where, odd in edits:
        at = int(where * len(data))
        if kind == "turn" and data:
            at = min(at, len(data) - 1)
            data = data[:at] + bytes([data[at] ^ 1 << len(odd) % 8]) + data[at + 1 :]
        elif kind == "cut":
            data = data[:at]
        elif kind == "hole":
            data = data[:at] + data[at + 1 + 3 * len(odd) :]
        elif kind == "put":
            data = data[:at] + odd + data[at:]
        elif kind == "swap":
            data = data[:at] + odd + data[at + len(odd) :]
    return data


@pytest.mark.parametrize("name", READERS)
def test_a_reader_says_in_one_line_what_is_wrong(name, tmp_path, times, told, monkeypatch):
    make, read = READERS[name]
    (home := tmp_path / "home").mkdir()
    monkeypatch.chdir(home)
    path = make(tmp_path / "data")
    whole, seen = path.read_bytes(), {"read": 0, "refused": 0}
    read(tmp_path / "data", path)

    def attempt(edits):
        path.write_bytes(spoiled(whole, edits))
        began, refusal = time.monotonic(), ""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                found = read(tmp_path / "data", path)
            seen["refused" if isinstance(found, str) and found == "told in the report" else "read"] += 1
        except SignError as error:
            refusal = str(error)
            seen["refused"] += 1
        assert "\n" not in refusal and time.monotonic() - began < HANG, refusal
        assert not list(home.iterdir()) and not (tmp_path / "x").exists()

    seconds = times(0, float(os.environ.get("SSLSLR_CAMPAIGN") or 0))
    end = time.monotonic() + seconds
    for seed in itertools.count():
        settings = hypothesis.settings(
            max_examples=times(40, 500), deadline=None, database=None, suppress_health_check=list(hypothesis.HealthCheck)
        )
        hypothesis.seed(seed)(settings(hypothesis.given(st.lists(EDIT, min_size=1, max_size=4))(attempt)))()
        if time.monotonic() >= end:
            break
    told(f"{sum(seen.values())} files, {seen['refused']} refused in one line, {seen['read']} read ({seconds:.0f} s)")
    assert seen["refused"] or name == "txt leave out"
