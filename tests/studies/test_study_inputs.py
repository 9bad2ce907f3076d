"""The ablation of the input: the same clips, signers and runs on both sides, and only the landmarks differ."""

from dataclasses import replace

import pytest

from sslslr import profiles
from sslslr.errors import SignError
from sslslr.studies import inputs, jobs
from sslslr.studies.comparison import RANDOM
from sslslr.studies.evaluation import HANDMADE

RATES = {"slfpn": 1e-3, "simclr": 1e-3, "supervised": 1e-3}


@pytest.fixture
def profile():
    smoke = profiles.load("smoke")
    sizes = {"lsa-like": {"classes": 4, "signers": 4, "clips": 48}}
    return replace(smoke, corpora=sizes, epochs=1, supervised_epochs=1, encoder={"blocks": 1, "width": 16, "heads": 2})


def test_only_the_landmarks_differ(profile):
    listed = inputs.jobs(profile, inputs.variants(profile, "synthetic"), RATES)
    assert len(listed) == 2 * profile.repeats * len(inputs.MODELS)
    half = len(listed) // 2
    for one, other in zip(listed[:half], listed[half:], strict=True):
        alike = [{k: v for k, v in job.place.items() if k not in ("input", "landmarks")} for job in (one, other)]
        assert alike[0] == alike[1] and one.run == other.run and one.rest == other.rest and one.rest[1] == "val"
        assert (one.place["landmarks"], other.place["landmarks"]) == (65, 75)
        assert (one.signs.split == other.signs.split).all() and (one.signs.clips == other.signs.clips).all()


def test_each_row_says_what_went_in(profile):
    listed = inputs.jobs(profile, inputs.variants(profile, "synthetic"), RATES, models=(HANDMADE, RANDOM))
    rows = jobs.rows(listed, jobs.ask(listed, 1))
    assert rows.groupby("input")["landmarks"].unique().map(list).to_dict() == {"all landmarks": [75], "profile": [65]}
    assert rows["linear_standardised_top1"].between(0, 1).all() and len(rows) == 4 * profile.repeats
    with pytest.raises(SignError, match="unknown colour"):
        inputs.variants(profile, "synthetic", changes={"odd": {"colour": 1}})
