"""Files that a bad disk, a bad download or a joker left: every reader says so in one line, or reads what is still whole."""

import json
import os
import random
import shutil
import warnings
import zipfile
from pathlib import Path

import layouts
import numpy as np
import pytest
from odd_bytes import ODD

from sslslr.datasets import source
from sslslr.datasets.check import check
from sslslr.errors import SignError
from sslslr.extract.clips import Clip, clip_path
from sslslr.extract.sources import find

TIMES = 25  # spoiled copies of each layout


def rows():
    return [{"id": f"{g}/{s}{k}", "gloss": g, "signer": s, "split": ""} for g in ("A", "B") for s in ("s1", "s2", "s3") for k in (0, 1)]


LAYOUTS = {
    "isl-kinect": layouts.isl_kinect,
    "mp-data": layouts.mp_data,
    "lsfb": layouts.lsfb,
    "lsa64": layouts.lsa64,
    "gsl": layouts.gsl,
    "asl-citizen": layouts.asl_citizen,
    "wlasl-100": layouts.wlasl,
    "own": lambda root: layouts.extraction(root, rows()),
}


def spoil(data: bytes, rng: random.Random) -> bytes:
    """One thing wrong: a flipped bit, a lost end, a hole, or something odd put in."""
    at = rng.randrange(len(data) + 1)
    kind = rng.randrange(4)
    if kind == 0 and data:
        at = min(at, len(data) - 1)
        return data[:at] + bytes([data[at] ^ 1 << rng.randrange(8)]) + data[at + 1 :]
    if kind == 1:
        return data[:at]
    if kind == 2:
        return data[:at] + data[at + rng.randrange(1, 40) :]
    return data[:at] + rng.choice(ODD) + data[at + rng.randrange(8) :]


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_spoiled_file_ends_in_a_line_or_in_finite_landmarks(tmp_path, name):
    whole = LAYOUTS[name](tmp_path / "whole")
    files = sorted(f.relative_to(whole) for f in whole.rglob("*") if f.is_file())
    lists = [f for f in files if f.suffix in (".csv", ".json")]
    refused, said = 0, []
    for seed in range(TIMES):
        rng = random.Random(f"{name}{seed}")
        shutil.copytree(whole, root := tmp_path / str(seed))
        file = root / rng.choice(lists if lists and seed % 2 else files)
        file.write_bytes(spoil(file.read_bytes(), rng))
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                done = check(name, root)
                if done.listing.open is not None:
                    for clip in set(done.listing.table["clip"]) - set(done.unusable):
                        values = done.listing.clip(done.listing.table.set_index("clip", drop=False).loc[[clip], "file"].iloc[0])
                        assert values.dtype == np.float32 and not np.isinf(values).any()
                refused += bool(done.errors)
        except SignError as error:
            refused += 1
            said.append(str(error))
        shutil.rmtree(root)
    assert all(line.startswith((str(tmp_path), name)) and "\n" not in line for line in said)
    assert refused or not lists, "nothing that was spoiled was noticed"


def test_lists_of_wlasl_with_other_things_than_words_are_one_line(tmp_path):
    root = layouts.wlasl(tmp_path)
    for spoiled in ([["train"]], ["dev?"], [None]):
        listed = json.loads((root / "nslt_100.json").read_text())
        listed["00335"]["subset"] = spoiled[0]
        (root / "nslt_100.json").write_text(json.dumps(listed))
        with pytest.raises(SignError, match=r"nslt_100.json: does not fit"):
            check("wlasl-100", root)


def test_a_head_of_an_array_that_is_no_python_is_one_line(tmp_path):
    np.save(tmp_path / "a.npy", np.zeros(258))
    data = (tmp_path / "a.npy").read_bytes()
    (tmp_path / "a.npy").write_bytes(data.replace(b"{'d", b"  |", 1))
    with pytest.raises(SignError, match=r"a\.npy: not a numpy array"):
        source.load_array(tmp_path / "a.npy", (258,), "258 numbers")


@pytest.mark.parametrize("shape", [(10**12, 75, 2), (-1, 75, 2), (0, 75, 2), (2**62, 2**62, 2)])
def test_an_array_that_says_it_is_huge_or_negative_is_one_line(tmp_path, shape):
    head = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}".ljust(117).encode() + b"\n"
    (tmp_path / "a.npy").write_bytes(b"\x93NUMPY\1\0" + len(head).to_bytes(2, "little") + head + bytes(64))
    if shape[0] == 0:
        assert source.load_array(tmp_path / "a.npy", (None, 75, 2), "x").shape == (0, 75, 2)
        return
    with pytest.raises(SignError, match=r"a\.npy: not a numpy array"):
        source.load_array(tmp_path / "a.npy", (None, 75, 2), "(frames, 75, 2)")


def test_a_pipe_in_a_files_place_is_not_waited_for(tmp_path):
    for name in ("a.npy", "b.npz"):
        os.mkfifo(tmp_path / name)
    with pytest.raises(SignError, match=r"a\.npy: not a numpy array of numbers \(a pipe, not a file\)"):
        source.load_array(tmp_path / "a.npy", (258,), "258 numbers")
    with pytest.raises(SignError, match=r"b\.npz: .*a pipe, not a file"):
        Clip.load(tmp_path / "b.npz")


def test_objects_are_never_unpickled(tmp_path):
    np.save(tmp_path / "a.npy", np.array([{"a": 1}], dtype=object))  # numpy writes it, pickled
    with pytest.raises(SignError, match=r"a\.npy"):
        source.load_array(tmp_path / "a.npy", (None,), "numbers")


def test_a_clip_that_unpacks_to_gigabytes_is_refused_before_it_does(tmp_path):
    root = layouts.extraction(tmp_path, rows())
    file = clip_path(root, "A/s10")
    Clip.load(file)
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as archive, archive.open("bomb.npy", "w", force_zip64=True) as member:
        for _ in range(1100):
            member.write(bytes(1 << 20))
    assert file.stat().st_size < 3e6
    with pytest.raises(SignError, match=r"1\.2 GB unpacked"):
        Clip.load(file)


def test_odd_manifests_are_read_or_refused_in_one_line(tmp_path):
    (tmp_path / "v").mkdir()
    (tmp_path / "v" / "a.mp4").write_bytes(b"video")
    good = b"path,id,gloss,signer,split,start,end\na.mp4,one,tree,ann,train,10,20\na.mp4,two,dog,bob,test,20.5,\n"
    read, said = 0, []
    for seed in range(300):
        rng = random.Random(seed)
        (tmp_path / "m.csv").write_bytes(spoil(good, rng))
        try:
            found = find(tmp_path / "v", tmp_path / "m.csv")
        except SignError as error:
            said.append(str(error))
            continue
        read += 1
        for clip in found:
            inside = Path("out").resolve() / "clips" / clip.name
            assert inside.resolve().is_relative_to(Path("out").resolve() / "clips") and json.dumps(clip.name)
    assert 100 < read < 300 and all("m.csv" in line for line in said)
