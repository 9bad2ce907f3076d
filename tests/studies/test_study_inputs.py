"""The ablation of the input: the same clips, signers and runs on both sides, and only the landmarks differ."""

from dataclasses import replace

import pytest

from sslslr import profiles
from sslslr.errors import SignError
from sslslr.studies import inputs
from sslslr.studies.comparison import RANDOM
from sslslr.studies.evaluation import HANDMADE

RATES = {"slfpn": 1e-3, "simclr": 1e-3, "supervised": 1e-3}


@pytest.fixture
def profile():
    smoke = profiles.load("smoke")
    sizes = {"lsa-like": {"classes": 4, "signers": 4, "clips": 48}}
    return replace(smoke, corpora=sizes, epochs=1, supervised_epochs=1, encoder={"blocks": 1, "width": 16, "heads": 2})


def test_only_the_landmarks_differ(profile):
    made = inputs.variants(profile, "synthetic")
    heads, jobs = inputs.jobs(profile, made, RATES)
    assert len(jobs) == 2 * profile.repeats * len(inputs.MODELS)
    half = len(jobs) // 2
    for head, other, (run, signs, model, part), (run2, signs2, model2, _) in zip(heads, heads[half:], jobs, jobs[half:], strict=False):
        assert {k: v for k, v in head.items() if k not in ("input", "landmarks")} == {
            k: v for k, v in other.items() if k not in ("input", "landmarks")
        }
        assert (head["landmarks"], other["landmarks"]) == (65, 75) and part == "val"
        assert run == run2 and model == model2 and (signs.split == signs2.split).all() and (signs.clips == signs2.clips).all()


def test_each_row_says_what_went_in(profile):
    rows = inputs.study(profile, inputs.variants(profile, "synthetic"), RATES, 1, models=(HANDMADE, RANDOM))
    assert rows.groupby("input")["landmarks"].unique().map(list).to_dict() == {"all landmarks": [75], "profile": [65]}
    assert rows["linear_standardised_top1"].between(0, 1).all() and len(rows) == 4 * profile.repeats
    with pytest.raises(SignError, match="unknown colour"):
        inputs.variants(profile, "synthetic", changes={"odd": {"colour": 1}})
