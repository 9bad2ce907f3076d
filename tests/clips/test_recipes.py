"""A synthetic corpus is known by its recipe, not by the last bits of its floats; what is changed by hand is known by its bytes."""

import copy
import json
import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from conftest import make_signs

from sslslr.clips import skeleton, splits
from sslslr.clips.signs import Signs, prepare
from sslslr.datasets import synthetic
from sslslr.datasets.packed import open_packed, pack
from sslslr.datasets.synthetic import corpora
from sslslr.learning import store
from sslslr.learning.training import Run
from sslslr.methods.encoder import EncoderConfig

SIZES = {"classes": 4, "signers": 6, "clips": 60}


@pytest.fixture(scope="module")
def made():
    return splits.by_signer(prepare(synthetic.make("lsa-like", **SIZES), 12), 3, 0)


ELSEWHERE = """
    import hashlib, json
    from sslslr.clips import splits
    from sslslr.clips.signs import prepare
    from sslslr.datasets import synthetic
    from sslslr.learning import store
    from sslslr.learning.training import Run
    signs = splits.by_signer(prepare(synthetic.make("lsa-like", classes=4, signers=6, clips=60), 12), 3, 0)
    key = store.key(Run().fitted(signs), signs)
    print(json.dumps([signs.fingerprint, key, hashlib.sha256(signs.landmarks.tobytes()).hexdigest()]))
"""


def elsewhere(disabled: str) -> list[str]:
    code = "\n".join(line.strip() for line in ELSEWHERE.splitlines())
    done = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | {"NPY_DISABLE_CPU_FEATURES": disabled}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_another_processor_makes_other_bits_but_the_same_data_and_the_same_run():
    from numpy.core._multiarray_umath import __cpu_dispatch__, __cpu_features__

    able = [name for name in __cpu_dispatch__ if __cpu_features__.get(name)]
    whole, less = elsewhere(""), elsewhere(" ".join(able))
    assert whole[:2] == less[:2]
    if "AVX2" in able:  # without it numpy has nothing to switch off that changes a sine
        assert whole[2] != less[2]


def test_what_makes_a_corpus_is_in_its_fingerprint(monkeypatch):
    def name(corpus="lsa-like", frames=12, **change):
        return prepare(synthetic.make(corpus, **SIZES | change), frames).fingerprint

    names = [
        name(),
        name("gsl-like"),
        name(frames=11),
        name(seed=1),
        name(clips=61),
        name(noise=False),
        name(stroke="first-half"),
        name(stroke=(0.2, 0.5)),
    ]
    assert len(set(names)) == len(names) and name() == names[0]
    monkeypatch.setitem(corpora._CORPORA, "lsa-like", replace(corpora._CORPORA["lsa-like"], sloppiness=0.71))
    assert name() not in names
    monkeypatch.undo()
    for part in (corpora, skeleton):
        with monkeypatch.context() as patch:
            patch.setattr(part, "VERSION", "part 99")
            assert name() not in names


def test_splits_and_choices_are_in_the_fingerprint_and_keep_the_recipe(made):
    parts = [
        made,
        made.part("train"),
        made.part("val"),
        splits.by_signer(made, 3, 1),
        splits.stratified(made, 0.3),
        made.subset(np.arange(60)[::-1]),
    ]
    assert len({p.fingerprint for p in parts}) == len(parts) and all(p.recipe == made.recipe for p in parts)
    assert splits.by_signer(made, 3, 0).fingerprint == made.fingerprint
    assert copy.deepcopy(made).fingerprint == made.fingerprint  # as it goes to another process


@pytest.mark.parametrize("part", ["landmarks", "onset", "labels", "split"])
def test_whatever_replace_changes_is_known_by_its_bytes_and_by_nothing_older(made, part):
    assert made.recipe and made.fingerprint
    value = getattr(made, part).copy()
    value[0] = "val" if part == "split" else (value[0] + 1) % 4
    changed = replace(made, **{part: value})
    assert not changed.recipe and changed.fingerprint != made.fingerprint
    once_more = value.copy()
    once_more[1] = "test" if part == "split" else (value[1] + 1) % 4
    assert replace(changed, **{part: once_more}).fingerprint != changed.fingerprint
    assert not prepare(changed, 10).recipe and not changed.part("train").recipe and not splits.by_signer(changed, 3, 0).recipe


def test_a_saved_corpus_keeps_its_recipe(made, tmp_path):
    made.save(tmp_path / "made.npz")
    back = Signs.load(tmp_path / "made.npz")
    assert back.fingerprint == made.fingerprint and back.versions == made.versions


def test_a_pack_is_hashed_once_and_its_splits_read_nothing(tmp_path, monkeypatch):
    pack([make_signs(clips=40)], 40, 12, tmp_path / "p")
    packed = open_packed(tmp_path / "p")
    monkeypatch.setattr(np, "ascontiguousarray", lambda a: pytest.fail("read") if a.dtype == np.float16 else np.array(a, order="C"))
    first, second = splits.by_signer(packed, 3, 0), splits.by_signer(packed, 3, 1)
    assert len({first.fingerprint, second.fingerprint, packed.fingerprint, first.part("train").fingerprint}) == 4
    assert packed.versions == []  # its bytes decide, whatever version wrote them


def test_the_run_on_a_corpus_says_what_made_the_corpus(made):
    run = Run(encoder=EncoderConfig(blocks=1, width=16, heads=2), epochs=0)
    assert {"synthetic signing", "preparation", "skeletons"} <= {v.rpartition(" ")[0] for v in store.versions(run, made)}
