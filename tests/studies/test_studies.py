"""The study of controls: same protocol for all, computed once, split by signer wherever signers are known."""

from dataclasses import replace

import numpy as np
import pytest
from conftest import make_signs

from sslslr import profiles
from sslslr.learning.training import Run
from sslslr.studies import controls, corpora, evaluation
from sslslr.studies.jobs import ask, rows


@pytest.fixture
def profile():
    return replace(profiles.load("smoke"), epochs=1, repeats=2, encoder={"blocks": 1, "width": 16, "heads": 2})


def study(profile, signs, **options):
    asked = controls.jobs(profile, signs, **options)
    return rows(asked, ask(asked, workers=1))


def unsplit(signs):
    return replace(signs, split=np.full(len(signs), ""))


def test_every_model_of_a_repeat_sees_the_same_signers_and_settings(profile):
    runs = {m: controls.run_of(m, profile, 1) for m in controls.MODELS}
    shared = {(str(r.encoder), str(r.optimiser), r.batch, r.seed) for r in runs.values()}
    assert len(shared) == 1 and runs[controls.RANDOM].epochs == 0
    assert runs[controls.BOUNDARY].epochs == runs[controls.NO_VIEWS].epochs == runs[controls.SUPERVISED].epochs
    assert runs[controls.BOUNDARY].views.name == "boundary" and runs[controls.NO_VIEWS].views.name == "none"


def test_the_study_has_a_row_for_each_model_corpus_and_repeat_and_is_not_computed_twice(profile, monkeypatch):
    signs = {"toy": unsplit(make_signs(90, signers=6))}
    rows = study(profile, signs)
    assert len(rows) == 2 * len(controls.MODELS) and set(rows["protocol"]) == {"2 of 6 signers held out"}
    assert (
        rows["linear_standardised_top1"].between(0, 1).all()
        and (rows["linear_standardised_top5"] >= rows["linear_standardised_top1"]).all()
    )
    assert (
        rows.loc[rows["model"] == controls.HANDMADE, "rank"].isna().all()
        and rows.loc[rows["model"] != controls.HANDMADE, "rank"].notna().all()
    )
    monkeypatch.setattr("sslslr.measures.probes.score", lambda *_: pytest.fail("probed again"))
    again = study(profile, signs)
    assert again.equals(rows)
    table = controls.table(rows)
    assert list(table["model"]) == list(controls.MODELS) and (table["n"] == 2).all() and (table["chance"] == 0.25).all()
    held_out = sum(len(corpora.split(signs["toy"], profile, r)[0].part("test")) for r in range(2))
    assert (table["test_clips"] == held_out).all()


def test_on_learnable_clips_the_study_finds_that_labels_help(profile):
    signs = {"toy": unsplit(make_signs(120, signers=6))}
    rows = study(replace(profile, epochs=12, repeats=1), signs, models=(controls.SUPERVISED,))
    assert rows["knn_raw_top1"][0] > 0.6  # chance 0.25


@pytest.mark.parametrize("kind, expected", [("synthetic", 2), ("real", 3)])
def test_real_data_sets_have_their_own_number_of_repeats(profile, kind, expected):
    signs = replace(make_signs(), kind=kind)
    assert len(corpora.repeats(signs, replace(profile, real_repeats=3))) == expected


def test_a_published_split_is_kept_and_its_validation_part_comes_from_training_clips(profile):
    signs = make_signs(100)
    published = replace(signs, split=np.where(np.arange(100) % 5 == 0, "test", "train"))
    out, words = corpora.split(published, profile, 0)
    assert words == "published split"
    np.testing.assert_array_equal(out.split == "test", published.split == "test")
    assert 0 < (out.split == "val").sum() < 0.2 * 80
    kept, _ = corpora.split(signs, profile, 0)
    assert kept is signs  # it has its validation part


def test_with_one_signer_clips_are_held_out_and_the_protocol_says_so(profile):
    signs = replace(unsplit(make_signs(80)), signers=np.full(80, "unknown"))
    out, words = corpora.split(signs, profile, 0)
    assert words == "the same signer in training and test" and (out.split == "test").sum() == 20


@pytest.mark.parametrize(
    "signers, split, unit, said",
    [
        (["a", "b", "c", "d", "e", "f"], "", "signer", ""),
        (["a"], "", "signer", "toy: the same signer in training and test; held-out, unseen, validation or test signers are other clips of the same"),
        ([""], "", "signer", "toy: who signs is not known, clips divided into training and test; "),
        (["a", "b", "c"], "", "session", "toy: signers are sessions here; validation sessions are other clips of the training sessions"),
        (["a", "b", "c"], "drawn", "signer", "toy: published split, with signers on both sides; "),
    ],
)  # fmt: skip
def test_what_signers_are_is_said_where_they_are_not_people_who_are_held_out(profile, signers, split, unit, said):
    clips = np.arange(120)
    parts = np.where(clips % 5 == 0, "test", "train") if split else np.full(120, "")
    signs = replace(make_signs(120), signers=np.array(signers)[clips // 4 % len(signers)], split=parts, unit=unit)
    found = corpora.who(signs, profile)
    assert found.startswith(said) and bool(found) == bool(said)


def test_other_repeats_hold_out_other_signers(profile):
    signs = unsplit(make_signs(90, signers=6))
    tested = [set(corpora.split(signs, profile, r)[0].part("test").signers) for r in range(3)]
    assert not (tested[0] & tested[1] or tested[1] & tested[2]) and set.union(*tested) == set(signs.signers)


def test_the_random_encoder_and_the_handmade_features_share_a_run_but_not_a_result(profile):
    signs = make_signs()
    a, b = (evaluation.evaluate(controls.run_of(m, profile, 0), signs, m) for m in (controls.RANDOM, controls.HANDMADE))
    assert a["linear_raw_top1"] != b["linear_raw_top1"] or a["knn_raw_top1"] != b["knn_raw_top1"]
    assert isinstance(controls.run_of(controls.HANDMADE, profile, 0), Run)


def test_a_split_is_one_object_for_all_who_ask_and_shares_the_landmarks(profile):
    signs = unsplit(make_signs(90, signers=6))
    first = corpora.split(signs, profile, 1)[0]
    assert corpora.split(signs, replace(profile, epochs=9), 1)[0] is first and corpora.split(signs, profile, 0)[0] is not first
    assert np.shares_memory(first.landmarks, signs.landmarks)


def test_fewer_labels_hide_training_clips_and_copy_nothing(profile):
    parts = corpora.split(unsplit(make_signs(90, signers=6)), profile, 0)[0]
    few = evaluation.with_labels(parts, 0.3, seed=0)
    train = parts.split == "train"
    assert 0.2 < (few.split == "train").sum() / train.sum() < 0.4 and set(few.split[train]) == {"train", ""}
    np.testing.assert_array_equal(few.split[~train], parts.split[~train])
    assert np.shares_memory(few.landmarks, parts.landmarks) and few.fingerprint != parts.fingerprint


def test_a_profile_s_corpora_are_taken_and_a_real_data_set_whatever_it_names():
    both = {"gsl-like": 1, "lsa-like": 2}
    assert corpora.named(both, ["lsa-like", "lsfb-like"]) == {"lsa-like": 2} and corpora.named({"wlasl": 3}, ["lsa-like"]) == {"wlasl": 3}
