"""Pooling over frames: all frames are the encoder's own output, each pooling leaves out what it says, retrieval is as done by hand."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from conftest import make_signs

from sslslr import profiles
from sslslr.clips import boundaries
from sslslr.datasets import synthetic
from sslslr.learning.store import fetch
from sslslr.learning.training import Run
from sslslr.methods.encoder import EncoderConfig, PoseTransformer, embed
from sslslr.studies import pooling
from sslslr.studies.corpora import ready
from sslslr.studies.jobs import ask


@pytest.fixture
def profile():
    return replace(profiles.load("smoke"), epochs=1, encoder={"blocks": 1, "width": 16, "heads": 2, "pool": "mean"})


@pytest.fixture
def clips(profile):
    return ready(synthetic.make("lsa-like", classes=4, signers=4, clips=24), profile)


def test_the_mean_of_all_frames_is_the_encoder_s_own_output(signs):
    lost = signs.landmarks.copy()
    lost[3, 2] = np.nan  # a frame that shows nothing
    signs = replace(signs, landmarks=lost)
    encoder = fetch(Run("simclr", encoder=EncoderConfig(blocks=2, width=16, heads=2, pool="mean"), epochs=1, batch=16), signs).encoder
    assert np.allclose(pooling.pooled(encoder, signs)[pooling.ALL], embed(encoder, signs), atol=1e-5)


def test_an_encoder_with_a_class_token_has_an_output_a_frame_too(signs):
    encoder = PoseTransformer(EncoderConfig(blocks=2, width=16, heads=2)).eval()
    found = pooling.frames_of(encoder, signs)
    assert found.shape == (len(signs), signs.frames, 16) and found.std() > 0.1


def test_each_pooling_leaves_out_what_it_says(clips):
    found, at = pooling.weights(clips), np.arange(clips.frames)
    onset, offset = np.rint(clips.onset)[:, None], np.rint(clips.offset)[:, None]
    assert np.array_equal(found[pooling.TRUE] > 0, (at >= onset) & (at <= offset))
    estimated = boundaries.estimate(clips)
    inside = (at >= np.rint(estimated.onset)[:, None]) & (at <= np.rint(estimated.offset)[:, None])
    assert np.array_equal(found[pooling.STROKE] > 0, inside) and np.array_equal(found[pooling.ENDS] > 0, clips.valid & ~inside)
    middle = (found[pooling.MIDDLE] > 0).sum(1) / clips.lengths
    assert np.abs(middle - 5 / 12).max() < 0.09
    assert all((w[~clips.valid] == 0).all() and (w.sum(1) > 0).all() and w.max() <= 1 for w in found.values())
    low = clips.landmarks.copy()
    low[:, :, list(clips.skeleton.wrists)] = (0.0, 2.0)
    low[:, 4:8, clips.skeleton.wrists[0], 0] = (0.0, 0.3, 0.6, 0.9)  # hands hang still, but for these moments of one of them
    active = pooling.weights(replace(clips, landmarks=low))[pooling.ACTIVE] > 0.5
    assert np.array_equal(active.any(0).nonzero()[0], [4, 5, 6, 7, 8]) and active[:, 5:8].all()
    assert pooling.TRUE not in pooling.weights(replace(clips, onset=clips.onset * np.nan))


def test_retrieval_ranks_a_gloss_by_its_nearest_clip():
    train = np.array([(1, 0.0), (0, 1.0), (-1, 0.0), (0, -1.0)]) * [[3], [1], [2], [1]]
    test = np.array([(1, 0.1), (0.1, 1.0), (1, 0.1)])
    found = pooling.retrieval(train, np.array([0, 1, 2, 3]), test, np.array([0, 1, 1]))
    assert found["recall1"] == pytest.approx(2 / 3) and found["recall5"] == 1
    assert found["dcg"] == pytest.approx((1 + 1 + 1 / np.log2(3)) / 3)


def test_every_encoder_has_a_row_a_pooling_and_gains_are_against_its_own_mean(profile):
    asked = [j for j in pooling.jobs(profile, {"lsa-like": make_signs(90, name="lsa-like", signers=6)}) if j.place["repeat"] == 0][:3]
    answers = ask(asked, 1)
    rows = pooling.rows(asked, answers)
    assert set(rows["pooling"]) == set(pooling.POOLINGS) - {pooling.TRUE} and len(rows) == 15
    gains = pooling.gains(rows).set_index(["model", "views", "pooling"])["gain"]
    score = rows.set_index(["model", "views", "pooling"])["linear_standardised_top1"]
    key = (*[asked[0].place[k] for k in ("model", "views")], pooling.MIDDLE)
    assert gains[key] == pytest.approx(100 * (score[key] - score[(*key[:2], pooling.ALL)]))
    assert pooling.rows([], []).empty and torch.is_grad_enabled()


def test_the_crossing_is_a_pooling_s_gain_with_permuted_ends_minus_that_without():
    place = {"corpus": "x", "model": "SimCLR", "pooling": pooling.STROKE, "group": 0, "test_to_train": 0.25}
    rows = [("strong", 0, 6.0), ("strong_boundary", 0, 4.0), ("strong", 1, 5.0), ("strong_boundary", 1, 8.0), ("boundary", 0, 1.0)]
    found = pooling.crossing(pd.DataFrame([place | {"views": v, "repeat": r, "gain": g} for v, r, g in rows]))
    assert found.set_index(["views", "against", "repeat"])["difference"].to_dict() == {
        ("strong_boundary", "strong", 0): -2.0, ("strong_boundary", "strong", 1): 3.0,
    }  # fmt: skip
