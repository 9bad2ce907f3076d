"""The packed cache holds what it was given, opens without reading, trains, and never goes stale."""

import os

import layouts
import numpy as np
import pytest
import torch
from conftest import make_signs

from sslslr.clips.input import Input
from sslslr.commands import main
from sslslr.datasets import load
from sslslr.datasets.packed import open_packed, pack, prepared
from sslslr.errors import SignError
from sslslr.learning.training import Run, batches
from sslslr.methods.encoder import EncoderConfig
from sslslr.studies import ablation


def by_name(signs):
    return {c: (x[:n], n, signs.glosses[k], w, s) for c, x, n, k, w, s in zip(signs.clips, signs.landmarks, signs.lengths, signs.labels, signs.signers, signs.split, strict=True)}  # fmt: skip


def test_packing_gives_back_every_clip_with_all_that_belongs_to_it(tmp_path):
    signs = make_signs(clips=53, frames=12)
    pack((signs.subset(np.arange(i, min(i + 7, 53))) for i in range(0, 53, 7)), 53, 14, tmp_path / "p")
    packed = open_packed(tmp_path / "p")
    want, got = by_name(signs), by_name(packed)
    assert set(want) == set(got) and packed.frames == 14 and packed.landmarks.dtype == np.float16
    for clip, (x, *about) in want.items():
        assert got[clip][1:] == tuple(about)
        assert np.allclose(got[clip][0], x, rtol=1e-3, atol=1e-3, equal_nan=True)
    assert np.isnan(packed.landmarks[~packed.valid]).all()


def test_a_split_is_a_view_and_nobody_can_write(tmp_path):
    signs = make_signs(clips=40)
    pack([signs], 40, 12, tmp_path / "p")
    packed = open_packed(tmp_path / "p")
    for split in ("train", "val", "test"):
        part = packed.part(split)
        assert isinstance(part.landmarks, np.memmap) and np.shares_memory(part.landmarks, packed.landmarks)
        assert set(part.clips) == set(signs.clips[signs.split == split])
    with pytest.raises(ValueError, match="read-only"):
        packed.landmarks[0] = 0
    assert packed.subset(np.array([3, 1])).clips.tolist() == packed.clips[[3, 1]].tolist()
    first = packed.subset(slice(0, 3))
    assert np.shares_memory(first.landmarks, packed.landmarks) and first.clips.tolist() == packed.clips[:3].tolist()


def test_the_fingerprint_is_that_of_the_content(tmp_path):
    signs = make_signs(clips=20)
    pack([signs], 20, 12, tmp_path / "a")
    pack([signs.subset(np.arange(9)), signs.subset(np.arange(9, 20))], 20, 12, tmp_path / "b")
    changed = make_signs(clips=20, seed=1)
    pack([changed], 20, 12, tmp_path / "c")
    a, b, c = (open_packed(tmp_path / n) for n in "abc")
    stored = a.fingerprint
    del a.__dict__["fingerprint"]
    assert a.fingerprint == stored == b.fingerprint != c.fingerprint


def test_the_first_steps_of_a_training_can_be_watched_on_it(tmp_path):
    signs = make_signs(clips=40)
    pack([signs], 40, 12, tmp_path / "p")
    rows = ablation.live(Run(encoder=EncoderConfig(blocks=1, width=16, heads=2), batch=8), open_packed(tmp_path / "p"), steps=4, every=2)
    assert rows["step"].tolist() == [0, 2, 4] and np.isfinite(rows.drop(index=0)).all(axis=None)


def test_training_batches_come_out_of_it(tmp_path):
    signs = make_signs(clips=64)
    pack([signs], 64, 12, tmp_path / "p")
    part = open_packed(tmp_path / "p").part("train")
    seen = []
    for index in batches(len(part), 16, torch.Generator().manual_seed(0)):
        x = torch.from_numpy(part.landmarks[index]).float()
        assert x.shape[1:] == (12, 75, 2) and torch.isfinite(x[torch.from_numpy(part.valid[index])][:, 11]).all()
        seen += part.clips[index].tolist()
    assert sorted(seen) == sorted(part.clips.tolist())


def test_a_real_data_set_is_packed_once_and_again_when_a_file_changes(tmp_path):
    root = layouts.asl_citizen(tmp_path / "data")
    packed = prepared("asl-citizen", root, 8)
    want = by_name(Input().prepare(load("asl-citizen", root)["asl-citizen"], 8))
    got = by_name(packed)
    assert set(got) == set(want) and all(np.allclose(got[c][0], want[c][0], rtol=2e-3, atol=2e-3, equal_nan=True) for c in want)
    folder = tmp_path / "cache" / "packed"
    assert len(list(folder.iterdir())) == 1
    stamp = next(folder.glob("*/landmarks.npy")).stat().st_mtime_ns
    prepared("asl-citizen", root, 8)
    assert next(folder.glob("*/landmarks.npy")).stat().st_mtime_ns == stamp
    file = next((root / "poses").glob("*HELLO.npy"))
    os.utime(file, ns=(1, 1))
    prepared("asl-citizen", root, 8)
    prepared("asl-citizen", root, 6)
    prepared("asl-citizen", root, 6, choice=Input("all"))
    assert len(list(folder.iterdir())) == 4


def test_a_pack_is_written_whole_or_not_at_all(tmp_path):
    signs = make_signs(clips=20)

    def breaks():
        yield signs.subset(np.arange(10))
        raise SignError("the disk is gone")

    for parts, clips in (
        (breaks(), 20),
        ([signs], 21),
        ([signs], 19),
        ([signs.subset(np.arange(5)), make_signs(clips=5, name="other")], 10),
    ):
        with pytest.raises(SignError):
            pack(parts, clips, 12, tmp_path / "p")
        assert not list(tmp_path.glob("*p*"))
    with pytest.raises(SignError, match="no packed data set"):
        open_packed(tmp_path / "p")
    pack([signs], 20, 12, tmp_path / "p")
    (tmp_path / "p" / "landmarks.npy").write_bytes(b"no")
    with pytest.raises(SignError, match="not a packed data set"):
        open_packed(tmp_path / "p")


def test_what_float16_cannot_hold_is_refused(tmp_path):
    signs = make_signs(clips=20)
    signs.landmarks[3, 0, 0, 0] = 1e6
    with pytest.raises(SignError, match="more than float16 holds"):
        pack([signs], 20, 12, tmp_path / "p")


def test_the_pack_command(tmp_path, capsys):
    assert main(["pack", "mp-data", str(layouts.mp_data(tmp_path / "data")), "--frames", "4"]) == 0
    assert "mp-data: 24 clips of at most 4 frames" in capsys.readouterr().out
    assert main(["pack", "gsl", str(layouts.gsl(tmp_path / "video"))]) == 2
    assert "sslslr extract" in capsys.readouterr().err
