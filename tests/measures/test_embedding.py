"""Inertia and the variance decomposition on data whose answer is known."""

import numpy as np
import pytest
from sklearn.cluster import KMeans

from sslslr.errors import SignError
from sslslr.measures import embedding


def crossed(sign: float, signer: float, noise: float, n=20, signs=6, signers=5, d=16, seed=0):
    """Every signer shows every sign n times: x = sign's place + signer's place + noise, standard deviations as given."""
    rng = np.random.default_rng(seed)
    k, s = (a.ravel() for a in np.meshgrid(np.arange(signs), np.arange(signers)))
    k, s = np.tile(k, n), np.tile(s, n)
    x = rng.normal(size=(signs, d))[k] * sign + rng.normal(size=(signers, d))[s] * signer + rng.normal(size=(len(k), d)) * noise
    return x, k, s


def test_inertia_is_what_kmeans_calls_inertia():
    x, k, _ = crossed(5, 0, 1)
    model = KMeans(6, init=np.stack([x[k == c].mean(0) for c in range(6)]), n_init=1).fit(x)
    assert embedding.within(x, model.labels_) == pytest.approx(model.inertia_ / len(x), rel=1e-6)


def test_scale_changes_raw_inertia_and_nothing_else():
    x, k, _ = crossed(1, 1, 1)
    small, large = embedding.inertia(0.1 * x, k), embedding.inertia(10 * x, k)
    assert large["raw"] == pytest.approx(1e4 * small["raw"])
    assert large["relative"] == pytest.approx(small["relative"]) and large["unit"] == pytest.approx(small["unit"])
    apart = embedding.inertia(np.eye(6)[k], k)
    assert apart["raw"] == pytest.approx(0) and apart["relative"] == pytest.approx(0) and apart["total"] > 0


def test_a_collapsed_embedding_wins_on_raw_inertia_and_explains_nothing():
    x, k, _ = crossed(3, 0, 1)
    good, dead = embedding.inertia(x, k), embedding.inertia(embedding.collapsed(x), k)
    assert dead["raw"] < 1e-4 * good["raw"] and dead["relative"] > 0.9 > good["relative"]
    point = embedding.inertia(np.ones((10, 4)) * 0.1, np.arange(10) % 2)
    assert point["raw"] == pytest.approx(0, abs=1e-25) and np.isnan(point["relative"])


def test_random_groups_explain_nothing_once_adjusted():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 40))
    found = [embedding.explained(x, rng.integers(0, 30, 300)) for _ in range(20)]
    assert np.mean([f["eta2"] for f in found]) == pytest.approx(29 / 299, abs=0.01)
    assert np.mean([f["adjusted"] for f in found]) == pytest.approx(0, abs=0.005)


def test_signs_and_signers_are_told_apart():
    only_sign = embedding.sign_or_signer(*crossed(4, 0, 1))
    only_signer = embedding.sign_or_signer(*crossed(0, 4, 1))
    assert only_sign["sign"] > 0.8 and abs(only_sign["signer"]) < 0.02 and abs(only_sign["signer_within_sign"]) < 0.02
    assert only_signer["signer"] > 0.8 and abs(only_signer["sign"]) < 0.02 and abs(only_signer["sign_within_signer"]) < 0.02
    both = embedding.sign_or_signer(*crossed(3, 3, 1))
    assert both["sign_within_signer"] > 0.8 > both["sign"] > 0.2 and both["signer_within_sign"] > 0.8


def test_a_collapsed_embedding_has_no_decomposition():
    assert all(np.isnan(v) for v in embedding.sign_or_signer(np.ones((12, 3)), np.arange(12) % 3, np.arange(12) % 2).values())


def test_a_faithful_map_is_trusted_and_a_random_one_is_not():
    rng = np.random.default_rng(0)
    angle = np.sort(rng.random(120)) * 2 * np.pi
    x = np.stack([np.cos(angle), np.sin(angle)], 1)
    assert embedding.trustworthiness(x, x) > 0.99
    assert embedding.trustworthiness(x, rng.normal(size=(120, 2))) < 0.65


@pytest.mark.parametrize("x, labels", [(np.ones((3, 2)), [0, 1]), (np.ones(3), [0, 1, 2]), (np.full((2, 2), np.nan), [0, 1])])
def test_what_does_not_fit_is_refused(x, labels):
    with pytest.raises(SignError, match="embeddings"):
        embedding.inertia(x, labels)
