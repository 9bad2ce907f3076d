"""The comparison of inputs: the same clips, signers and runs, only what goes in differs; chosen on validation, told on test."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from conftest import make_signs

from sslslr import profiles
from sslslr.clips.input import Input, work
from sslslr.clips.skeleton import LEAP_42, MEDIAPIPE_75, mirror
from sslslr.commands import sizes
from sslslr.studies import inputs
from sslslr.studies.catalogue import Asked
from sslslr.studies.comparison import RANDOM


@pytest.fixture
def profile():
    tiny = {"blocks": 1, "width": 16, "heads": 2}
    some = {"corpora": ["lsa-like"], "trained": ["landmarks"]}
    return replace(profiles.load("smoke"), frames=12, repeats=2, epochs=1, encoder=tiny, inputs=some)


def other(profile, raw=None):
    """Prepares made-up clips, as a stage does its data set's."""
    raw = raw or make_signs(90, name="lsa-like", signers=6)
    return lambda corpus, change: Input.of(profile.input | change).prepare(replace(raw, name=corpus), profile.frames)


def corpora(profile, prepare):
    return {"lsa-like": prepare("lsa-like", {})}


def test_only_the_input_differs_and_both_parts_are_asked(profile):
    prepare = other(profile)
    listed = inputs.jobs(profile, corpora(profile, prepare), prepare, only=("landmarks",))
    assert len(listed) == 2 * profile.repeats * len((*inputs.UNTRAINED, *inputs.TRAINED)) * len(inputs.PARTS)
    by = {tuple(j.place[c] for c in ("input", "repeat", "model", "part")): j for j in listed}
    for (name, *rest), job in by.items():
        own = by[inputs.OWN, *rest]
        assert job.run == own.run and job.rest == own.rest and job.rest[-1] == job.place["part"]
        assert (job.signs.split == own.signs.split).all() and (job.signs.clips == own.signs.clips).all()
        assert job.place["landmarks"] == len(job.signs.skeleton) == (75 if name == "landmarks: all" else 65)
        assert job.place["held_out"] == ", ".join(sorted(set(own.signs.part("test").signers)))


def test_what_alters_no_clip_is_named_and_not_trained_twice(profile):
    raw = make_signs(90, name="lsa-like", signers=6)
    left = (work(raw) > 0)[:, None, None, None]
    right_handed = replace(raw, landmarks=np.where(left, mirror(raw.landmarks, raw.skeleton), raw.landmarks))
    prepare = other(profile, right_handed)
    rows = [j.place for j in inputs.jobs(profile, corpora(profile, prepare), prepare)]
    assert {r["likewise"] for r in rows} == {"handedness: one; handedness: as_signed"}
    assert not [r for r in rows if r["input"].startswith("handedness")]
    trained = {r["input"] for r in rows if r["model"] in inputs.TRAINED}
    assert trained == {inputs.OWN, "landmarks: all"} < {r["input"] for r in rows if r["model"] == RANDOM}


def test_changes_are_all_but_the_profile_s_own_and_those_without_a_meaning(profile):
    names = set(inputs.changes(profile, MEDIAPIPE_75))
    assert names == {"landmarks: all", "handedness: as_signed", "handedness: one", "hands: own", "centred: True"}
    assert "hands: own" not in inputs.changes(profile, LEAP_42)
    turned = replace(profile, input={"landmarks": "all"})
    assert "landmarks: upper" in inputs.changes(turned, MEDIAPIPE_75) and "landmarks: all" not in inputs.changes(turned, MEDIAPIPE_75)


def test_a_study_asks_for_other_inputs_where_they_can_be_prepared(profile):
    prepare = other(profile)
    asked = Asked(profile, corpora(profile, prepare), 1, other=prepare)
    rows = asked.ask("inputs")
    assert set(rows["input"]) >= {inputs.OWN, "landmarks: all"} and rows[inputs.VALUE].between(0, 1).all()
    assert set(rows["part"]) == {"val", "test"} and (rows["test_clips"] > 0).all()
    found = inputs.choices(rows)
    assert set(found["model"]) == {*inputs.UNTRAINED, *inputs.TRAINED} and (found["n"] == 2).all()
    alone = Asked(asked.profile, asked.corpora, 1).ask("inputs")
    assert set(alone["input"]) == {inputs.OWN} and (inputs.choices(alone)["chosen"] == inputs.OWN).all()


def test_an_input_is_chosen_on_validation_signers_whatever_the_test_signers_say():
    values = {(inputs.OWN, "val"): 0.5, (inputs.OWN, "test"): 0.9, ("other", "val"): 0.6, ("other", "test"): 0.7}
    rows = [
        {
            "corpus": "c",
            "model": "m",
            "input": i,
            "part": p,
            "group": g,
            inputs.VALUE: v + g / 100 * (i == "other"),
            "test_clips": 10,
            "test_to_train": 0.25,
        }
        for (i, p), v in values.items()
        for g in (0, 1, 2)
    ]
    (line,) = inputs.choices(pd.DataFrame(rows)).to_dict("records")
    assert line["chosen"] == "other" and line["own_test"] == pytest.approx(0.9) and line["test"] == pytest.approx(0.71)
    assert line["mean"] == pytest.approx(-0.19) and line["n"] == 3 and line["high"] < 0


def test_ridge_learns_from_training_clips_alone_and_finds_what_is_there(profile):
    (signs,) = corpora(profile, other(profile)).values()
    parts = next(j for j in inputs.jobs(profile, {"lsa-like": signs}) if j.place["model"] == inputs.RIDGE)
    assert inputs.ridge(parts.run, parts.signs, "test")[inputs.VALUE] > 0.8
    labels = np.where(parts.signs.split == "train", parts.signs.labels, (parts.signs.labels + 1) % len(signs.glosses))
    assert inputs.ridge(parts.run, replace(parts.signs, labels=labels), "test")[inputs.VALUE] < 0.2


def test_clips_known_by_size_have_other_inputs_that_are_other_clips(profile):
    one = sizes.even("lsa-like", "synthetic", MEDIAPIPE_75, 12, 4, 6, 90)
    prepare = sizes.other({"lsa-like": one}, profile, "synthetic")
    listed = inputs.jobs(profile, {"lsa-like": one}, prepare)
    assert len({j.place["input"] for j in listed}) == 6 and not any(j.place["likewise"] for j in listed)
    assert len({j.signs.fingerprint for j in listed}) == 6 * profile.repeats
