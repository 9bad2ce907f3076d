"""Probes and collapse measures: they see what is there, and they move no encoder."""

import numpy as np
import pytest
import torch
from conftest import make_signs

from sslslr.measures import probes
from sslslr.measures.collapse import collapse_measures, effective_rank, output_std
from sslslr.measures.statistics import interval, paired, summarise
from sslslr.methods.encoder import EncoderConfig, PoseTransformer, embed


def blobs(n=400, classes=8, d=16, spread=0.3, seed=0):
    rng = np.random.default_rng(seed)
    y = np.arange(n) % classes
    return rng.normal(size=(classes, d))[y] + spread * rng.normal(size=(n, d)), y


@pytest.mark.parametrize("probe", probes.PROBES)
@pytest.mark.parametrize("standardise", [True, False])
def test_separable_features_are_solved_and_noise_is_at_chance(probe, standardise):
    x, y = blobs()
    good = probes.score(probe, x[:200], y[:200], x[200:], y[200:], standardise)
    noise = np.random.default_rng(1).normal(size=x.shape)
    bad = probes.score(probe, noise[:200], y[:200], noise[200:], y[200:], standardise)
    assert good["top1"] > 0.95 and good["top5"] >= good["top1"]
    assert bad["top1"] < 0.3 and bad["top5"] == pytest.approx(5 / 8, abs=0.15)


def test_the_raw_linear_probe_shows_a_shrunken_representation_that_the_standardised_one_hides():
    x, y = blobs(spread=1.0)
    tiny = x * 1e-4 + 5
    raw, standard = (probes.score("linear", tiny[:200], y[:200], tiny[200:], y[200:], s)["top1"] for s in (False, True))
    assert standard > raw + 0.2


def test_a_collapsed_encoder_is_at_chance_under_every_probe():
    y = np.arange(80) % 4
    x = np.ones((80, 8))
    for probe in probes.PROBES:
        for standardise in (True, False):
            assert probes.score(probe, x[:40], y[:40], x[40:], y[40:], standardise)["top1"] == pytest.approx(0.25, abs=0.01)


def test_probing_leaves_the_encoder_unchanged(signs):
    encoder = PoseTransformer(EncoderConfig(frames=12, blocks=1, width=16, heads=2))
    before = {k: v.clone() for k, v in encoder.state_dict().items()}
    x = embed(encoder, signs)
    probes.score("linear", x, signs.labels, x, signs.labels)
    assert all(torch.equal(v, before[k]) for k, v in encoder.state_dict().items())


def test_handmade_features_see_the_classes_and_cope_with_missing_hands(signs):
    train, test = signs.part("train"), signs.part("test")
    x = probes.handmade(train)
    assert x.shape == (len(train), 8 * 75 * 2) and np.isnan(x).any()
    assert probes.score("linear", x, train.labels, probes.handmade(test), test.labels)["top1"] > 0.8


def test_a_healthy_output_has_std_1_and_full_rank_a_line_and_a_point_do_not():
    torch.manual_seed(0)
    healthy = torch.randn(4000, 32)
    line = torch.randn(4000, 1) * torch.randn(1, 32)
    point = torch.ones(4000, 32)
    assert output_std(healthy) == pytest.approx(1, abs=0.02) and effective_rank(healthy) > 31
    assert effective_rank(line) == pytest.approx(1, abs=0.01) and output_std(line) > 0.5  # std alone is fooled
    assert collapse_measures(point) == {"std": pytest.approx(0, abs=1e-6), "rank": 0.0, "norm": pytest.approx(32**0.5)}


def test_interval_is_student_s():
    got = interval([1.0, 2.0, 3.0, 4.0])
    assert (got["mean"], got["n"]) == (2.5, 4)
    assert got["high"] - got["mean"] == pytest.approx(3.182446 * np.std([1, 2, 3, 4], ddof=1) / 2, rel=1e-5)
    assert np.isnan(interval([3.0])["low"])


def test_pairing_removes_what_both_share():
    import pandas as pd

    rng = np.random.default_rng(0)
    fold = rng.normal(size=10)
    rows = pd.DataFrame(
        [{"model": m, "repeat": r, "acc": fold[r] + (0.1 if m == "a" else 0) + 1e-3 * rng.normal()} for m in "ab" for r in range(10)]
    )
    difference = paired(rows, "model", "a", "b", ["repeat"], "acc")
    assert difference["low"] < 0.1 < difference["high"] and difference["high"] - difference["low"] < 0.01
    assert summarise(rows, ["model"], "acc")["high"][0] - summarise(rows, ["model"], "acc")["low"][0] > 0.5


def test_toy_signs_are_reproducible():
    assert make_signs(seed=1).fingerprint == make_signs(seed=1).fingerprint != make_signs(seed=2).fingerprint
