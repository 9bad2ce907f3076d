"""Dose and response: the doses are what they are called, the treatments do what they say, and only synthetic signing is asked."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from conftest import make_signs

from sslslr import profiles
from sslslr.datasets import synthetic
from sslslr.errors import SignError
from sslslr.learning.store import fetch
from sslslr.studies import comparison, dose
from sslslr.studies.corpora import split
from sslslr.studies.jobs import ask, rows
from sslslr.views import VIEWS


@pytest.fixture
def profile():
    size = {"classes": 4, "signers": 6, "clips": 60}
    asked = {"corpus": "lsa-like", "size": size, "ends": [0.0, 0.8], "neighbours": [0.0, 1.0], "methods": ["simclr"], "repeats": 1}
    small = {"blocks": 1, "width": 16, "heads": 2, "pool": "mean"}
    return replace(profiles.load("smoke"), dose=asked, epochs=1, encoder=small)


def test_longer_ends_and_more_neighbours_are_measured_as_such(profile):
    found = pd.DataFrame([at | dose.placed(signs) for at, signs in dose.doses(profile)]).set_index(["ends", "neighbours"])
    assert (found.loc[0.8, "true"] > found.loc[0.0, "true"] + 0.03).all()
    assert (found.xs(1.0, level="neighbours")["differ"] > 1.4 * found.xs(0.0, level="neighbours")["differ"]).all()


def test_without_a_dose_the_corpus_is_what_it_was():
    size = {"classes": 3, "signers": 4, "clips": 12}
    plain, own = synthetic.make("lsa-like", **size), synthetic.make("lsa-like", **size, ends=0.08, neighbours=0.0)
    assert plain.fingerprint == own.fingerprint and np.array_equal(plain.landmarks, own.landmarks, equal_nan=True)
    assert synthetic.make("lsa-like", **size, ends=0.5).fingerprint != plain.fingerprint
    for wrong in ({"ends": -1.0}, {"neighbours": 1.5}):
        with pytest.raises(SignError, match=f"{next(iter(wrong))}="):
            synthetic.make("lsa-like", **size, **wrong)


def test_what_is_cut_off_is_what_lies_outside_of_the_stroke(profile):
    signs = next(s for at, s in dose.doses(profile) if at["ends"])
    shorter = dose.cut(signs)
    onset, offset = np.rint(signs.onset).astype(int), np.rint(signs.offset).astype(int)
    for i in range(len(signs)):
        inside = signs.landmarks[i, onset[i] : offset[i] + 1]
        assert np.array_equal(shorter.landmarks[i, : shorter.lengths[i]], inside, equal_nan=True)
        assert np.isnan(shorter.landmarks[i, shorter.lengths[i] :]).all()
    assert np.allclose(shorter.onset, signs.onset - onset) and shorter.fingerprint != signs.fingerprint


def test_pooled_features_forget_the_frames_outside_of_the_stroke_but_for_attention(profile):
    """Of an encoder whose frames do not look at each other, what stands at the ends changes nothing."""
    signs = next(s for at, s in dose.doses(profile) if at["ends"])
    parts = split(signs, profile, 0)[0]
    encoder = fetch(comparison.run_of("simclr", "strong", profile, 0), parts).encoder
    for block in encoder.blocks:
        torch.nn.init.zeros_(block.out.weight)
    clips = parts.part("test")
    other = clips.landmarks.copy()
    for i, (first, last) in enumerate(zip(np.rint(clips.onset).astype(int), np.rint(clips.offset).astype(int), strict=True)):
        other[i, :first], other[i, last + 1 : clips.lengths[i]] = 1.0, -1.0
    changed = replace(clips, landmarks=other)
    assert np.allclose(dose._inside(encoder, clips), dose._inside(encoder, changed), atol=1e-5)
    inside = clips.landmarks.copy()
    inside[:, 10] += 0.5
    assert not np.allclose(dose._inside(encoder, clips), dose._inside(encoder, replace(clips, landmarks=inside)), atol=1e-3)


def test_masking_loses_half_of_the_ends_and_nothing_else():
    x, lengths = torch.randn(64, 20, 5, 2), torch.full((64,), 20)
    seen = VIEWS["strong_masked"](x, lengths, torch.Generator().manual_seed(0), 0.25, 0.2).isfinite().all((2, 3))
    assert seen[:, 5:16].all() and 0.4 < seen[:, :5].float().mean() < 0.6 and 0.4 < seen[:, 16:].float().mean() < 0.6


def test_every_treatment_stands_beside_its_base_and_real_sets_are_not_asked(profile):
    asked = dose.jobs(profile, {"lsa-like": replace(make_signs(12), kind="synthetic")})
    found = rows(asked, ask(asked, 1))
    gains = dose.gains(found)
    assert set(gains.loc[gains["model"] == "SimCLR", "treatment"]) == set(dose.TREATMENTS)
    assert gains.groupby(["ends", "neighbours"]).size().eq(len(gains) / 4).all() and gains["gain"].notna().all()
    assert {"random encoder", "hand-made features"} < set(found["model"])
    assert dose.jobs(profile, {"mine": replace(make_signs(12), kind="real")}) == []
