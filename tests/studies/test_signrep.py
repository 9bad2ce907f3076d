"""SignRep's study: weights over steps of time, what a step gains, and a small run of every kind of row."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from conftest import make_signs

from sslslr import profiles
from sslslr.datasets import synthetic
from sslslr.methods import priors
from sslslr.studies import pooling, signrep
from sslslr.studies.corpora import ready
from sslslr.studies.jobs import ask


@pytest.fixture
def profile():
    own = profiles.load("smoke")
    small = own.video | {
        "size": {"classes": 4, "signers": 6, "clips": 60},
        "switches": 1,
        "encoder": {"blocks": 1, "width": 32, "heads": 2},
    }
    return replace(own, video=small, epochs=1, encoder={"blocks": 1, "width": 16, "heads": 2, "pool": "mean"})


@pytest.fixture
def corpora():
    return {"lsa-like": make_signs(12)}


def test_every_kind_of_row_is_asked_and_answered(profile, corpora):
    jobs = signrep.jobs(profile, corpora)
    models = {(j.place["sees"].split()[0], j.place["model"], j.place["views"]) for j in jobs}
    for name in (*signrep.PARTS, *signrep.SWITCHES, signrep.UNTRAINED):
        assert ("pictures", name, "none") in models
    assert {("pictures", "sign priors", "boundary"), ("landmarks", "hand angles", "none"), ("landmarks", "SimCLR", "strong")} <= models
    assert len(models) == len(jobs), "a row of its own each"
    some = [
        j
        for j in jobs
        if j.place["model"] in ("sign priors", "hand angles", "pixels", "priors, hidden spans") and j.place["views"] == "none"
    ]
    rows = signrep.rows(some, ask(some, 1))
    pictures = rows[rows["model"] == "sign priors"]
    assert set(pictures["pooling"]) == {pooling.ALL, pooling.ACTIVE, pooling.STROKE, pooling.TRUE}
    asked = ["reads recordings", "reads signers", "top1, new background", "top1, new clothes"]
    assert pictures[pictures["pooling"] == pooling.ALL][asked].notna().all(None) and pictures[pictures["pooling"] != pooling.ALL][
        asked
    ].isna().all(None)
    assert rows["linear_standardised_top1"].between(0, 1).all() and rows["dcg"].between(0, 1).all()
    assert signrep.jobs(profile, {"mine": replace(make_signs(12), kind="real")}) == [] and signrep.rows([], []).empty


def test_weights_over_steps_of_time(profile):
    signs = ready(synthetic.make("gsl-like", classes=3, signers=4, clips=12), profile)
    steps = np.broadcast_to(np.arange(4.0)[None, :, None], (12, 4, 2))
    assert np.allclose(signrep.weighed(steps, np.ones((12, 4)), signs, pooling.ALL), 1.5)
    active = np.tile([0.0, 0.0, 1.0, 1.0], (12, 1))
    assert np.allclose(signrep.weighed(steps, active, signs, pooling.ACTIVE), 2.5)
    stroke = signrep.weighed(steps, active, signs, pooling.TRUE)[:, 0]
    middle = (signs.onset + signs.offset) / 2 / (signs.lengths - 1) * 4 - 0.5
    assert np.abs(stroke - middle).max() < 0.4


def test_what_a_step_gains():
    place = {"corpus": "x", "repeat": 0, "group": 0, "signers": 6, "test_to_train": 0.25, "sees": "pictures (rendered)", "views": "none"}
    scores = {("sign priors", pooling.ALL): 0.5, ("sign priors", pooling.ACTIVE): 0.6, (f"without {priors.ANGLES}", pooling.ALL): 0.45}
    rows = pd.DataFrame([place | {"model": m, "pooling": p, "dcg": s} for (m, p), s in scores.items()])
    found = signrep.gains(rows).set_index("step")["dcg"]
    assert found["activity weighting"] == pytest.approx(0.1) and found[priors.ANGLES] == pytest.approx(0.05) and found["nothing"] == 0
    assert priors.HANDS not in found
