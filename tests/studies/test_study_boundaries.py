"""Algorithm 1 stops where it should and follows the strokes; the null model and the cross-fitted loss tell noise from signal."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from conftest import make_signs

from sslslr import profiles
from sslslr.clips.signs import prepare
from sslslr.datasets import synthetic
from sslslr.errors import SignError
from sslslr.studies import boundaries as study
from sslslr.studies import optima
from sslslr.studies.boundaries import permuted
from sslslr.studies.jobs import ask, follow
from sslslr.studies.jobs import rows as rows_of


@pytest.fixture
def profile():
    return replace(profiles.load("smoke"), epochs=1, repeats=2, real_repeats=2, encoder={"blocks": 1, "width": 16, "heads": 2})


def search(accuracy, shares, together=False):
    return follow(study.search(shares, together), lambda pair: accuracy(*pair))


def trained(asking):
    return follow(asking, lambda jobs: ask(jobs, workers=1))


def unsplit(signs):
    return replace(signs, split=np.full(len(signs), ""))


def test_the_search_grows_each_end_until_accuracy_no_longer_rises():
    asked = []

    def accuracy(alpha, beta):
        asked.append((alpha, beta))
        return 0.5 + (min(alpha, 0.4) if beta == 0 else min(beta, 0.2)) - 2 * max(alpha - 0.4, 0)

    found = search(accuracy, (0, 0.2, 0.4, 0.6, 0.8, 1))
    assert (found.alpha, found.beta) == (0.4, 0.2)
    assert asked == [(0, 0), (0.2, 0), (0.4, 0), (0.6, 0), (0, 0), (0, 0.2), (0, 0.4)]  # nothing beyond the first fall
    assert found.steps.groupby("parameter", sort=False)["rises"].sum().tolist() == [3, 2]


def test_equal_accuracy_does_not_count_as_rising():
    found = search(lambda a, b: 0.5, (0, 0.5, 1))
    assert (found.alpha, found.beta) == (0, 0) and len(found.steps) == 4


def test_searched_together_beta_grows_on_top_of_alpha_and_never_over_it():
    asked = []

    def accuracy(alpha, beta):
        asked.append((alpha, beta))
        return alpha + beta

    found = search(accuracy, (0, 0.25, 0.5, 0.75), together=True)
    assert found.alpha == 0.75 and found.beta == 0.25 and max(a + b for a, b in asked) <= 1
    apart = search(lambda a, b: a + b, (0, 0.25, 0.5, 0.75))
    assert (apart.alpha, apart.beta) == (0.75, 0.25)  # beta gives way


@pytest.mark.parametrize("half", ["first-half", "last-half"])
def test_algorithm_1_follows_the_strokes(half):
    """With an accuracy that falls with every frame of the true strokes that is permuted, as the paper's argument has it."""
    signs = prepare(synthetic.make("lsa-like", classes=8, signers=4, clips=48, seed=3, stroke=half), 32)
    last = signs.lengths - 1
    onset, offset = signs.onset / last, signs.offset / last

    def accuracy(alpha, beta):
        outside = np.minimum(alpha, onset) + np.minimum(beta, 1 - offset)
        inside = np.maximum(alpha - onset, 0) + np.maximum(beta - (1 - offset), 0)
        return float((outside - 3 * inside).mean())

    found = search(accuracy, tuple(np.linspace(0, 1, 13)))
    assert found.alpha == pytest.approx(np.quantile(onset, 0.25), abs=0.1)
    assert found.beta == pytest.approx(np.quantile(1 - offset, 0.25), abs=0.1)
    assert (found.alpha < found.beta) == (half == "first-half")


def test_the_ends_of_the_range_are_the_controls():
    assert permuted(0, 0).name == "none" and permuted(1, 0).name == permuted(0, 1).name == "whole"
    assert (permuted(0.2, 0.3).name, permuted(0.2, 0.3).alpha, permuted(0.2, 0.3).beta) == ("boundary", 0.2, 0.3)


def test_algorithm_1_decides_on_validation_signers_and_takes_any_method(profile):
    signs, seen = unsplit(make_signs(90, signers=6)), []

    def observed(run, part, draws):
        seen.append((run.method, run.views.name))
        share = {"none": 0.0, "whole": 1.0}.get(run.views.name, max(run.views.alpha, run.views.beta))
        return {"val": 1 - abs(share - 1 / 3), "test": share}  # test accuracy would choose 1

    for method in ("slfpn", "simclr", "moco", "simsiam", "byol"):
        asking = study.algorithm1(profile, signs, method)
        found = follow(asking, lambda jobs: [observed(job.run, job.signs, *job.rest) for job in jobs])
        assert found.alpha == found.beta == pytest.approx(1 / 3) and seen[-1][0] == method


def test_algorithm_1_yields_the_jobs_of_one_step_at_a_time_and_the_next_depends_on_the_answers(profile):
    signs = unsplit(make_signs(90, signers=6))
    seen, vals = [], iter((0.3, 0.2, 0.3, 0.4, 0.4))  # alpha: falls at once; beta: rises once, then stays

    def answer(jobs):
        assert {j.run.seed for j in jobs} == {0, 1} and all(j.rest == (1,) for j in jobs)
        seen.append((jobs[0].run.views.name, jobs[0].run.views.alpha, jobs[0].run.views.beta))
        return [{"val": next(vals), "test": 0.0}] * len(jobs)

    found = follow(study.searches(profile, {"toy": signs}, "slfpn"), answer)["toy"]
    assert [name for name, *_ in seen] == ["none", "boundary", "none", "boundary", "whole"]
    assert seen[1][1:] == (pytest.approx(1 / 3), 0) and seen[3][1:] == (0, pytest.approx(1 / 3))
    assert (found.alpha, found.beta) == (0, pytest.approx(1 / 3)) and found.steps["accuracy"].tolist() == [0.3, 0.2, 0.3, 0.4, 0.4]


def test_forced_corpora_are_searched_where_the_data_are_synthetic_and_nowhere_else(profile):
    def answer(jobs):
        return [{"val": 0.0}] * len(jobs)

    synthetic_ = follow(study.forced_searches(profile, {"toy": make_signs()}, "slfpn"), answer)
    assert [signs.name for signs, _ in synthetic_.values()] == ["lsa-like, first-half", "lsa-like, last-half"]
    assert follow(study.forced_searches(profile, {"x": replace(make_signs(), kind="real")}, "slfpn"), answer) == {}


def test_a_sweep_trains_shared_cells_once_and_the_search_reads_its_runs(profile, monkeypatch):
    signs = unsplit(make_signs(90, signers=6))
    asked = study.sweep_jobs(profile, {"toy": signs}, "slfpn")
    rows = study.sweep_rows(asked, ask(asked, 1))
    assert len(asked) == 2 * 4, "nothing and everything permuted are one run for both ends"
    assert len(rows) == 2 * 2 * 3  # repeats, ends, shares
    wide = rows.pivot(index=["repeat", "share"], columns="end", values="test")
    assert (wide.loc[:, 0.0, :]["first"] == wide.loc[:, 0.0, :]["last"]).all() and (
        wide.loc[:, 1.0, :]["first"] == wide.loc[:, 1.0, :]["last"]
    ).all()
    assert rows["val"].between(0, 1).all() and all(len(r["clips"]) == len(r["correct"]) == len(r["labels"]) for _, r in rows.iterrows())
    monkeypatch.setattr("sslslr.learning.store._do", lambda *_: pytest.fail("trained again"))
    found = trained(study.algorithm1(profile, signs))
    mean = rows.groupby(["end", "share"])["val"].mean()
    firsts = found.steps[found.steps["parameter"] == "alpha"].set_index("share")["accuracy"]
    assert all(value == pytest.approx(mean["first", share]) for share, value in firsts.items())
    own = study.stability(rows)
    assert len(own) == 2 and own[["alpha", "beta"]].isin(study.shares(profile)).all(axis=None)


def test_cost_is_two_times_tests_times_time(profile):
    cost = study.cost_model(profile, 36.0)
    assert cost["trainings"] == 2 * cost["tests"] * cost["runs"] == 8 and cost["core hours"] == pytest.approx(0.08)


def toy_rows(effect: float, classes=30, repeats=6, clips=5, seed=0):
    """A sweep in which half of the classes prefer share 0 and half share 0.5, by ``effect``; at effect 0 nothing matters."""
    rng = np.random.default_rng(seed)
    rows = []
    for repeat in range(repeats):
        for end in ("first", "last"):
            for s, share in enumerate((0.0, 0.25, 0.5, 1.0)):
                labels = np.repeat(np.arange(classes), clips)
                p = 0.5 + effect * ((labels % 2 == 0) & (s == 0) | (labels % 2 == 1) & (s == 2))
                correct = (rng.random(len(labels)) < p).astype(float)
                rows.append({"end": end, "share": share, "repeat": repeat, "labels": labels.tolist(), "correct": correct.tolist()})
    return pd.DataFrame(rows)


def test_without_any_effect_the_spread_is_the_nulls_and_the_cross_fitted_loss_is_nothing():
    told = optima.summary(toy_rows(0.0), nulls=100)
    assert told["loss"] > 0.03, "the winner's curse: a loss that is not there"
    assert told["null_loss"][0] < told["loss"] < told["null_loss"][2]
    assert abs(told["cross"]) < 0.03
    inside = (told["histogram"] >= told["null_low"]) & (told["histogram"] <= told["null_high"])
    assert inside.mean() > 0.7


def test_a_real_difference_between_classes_is_found():
    told = optima.summary(toy_rows(0.4), nulls=100)
    assert told["loss"] > told["null_loss"][2] and told["cross"] > 0.1
    even = told["own"][:, ::2]
    assert (even == 0).mean() > 0.9 and told["histogram"][0].argmax() in (0, 2)


def test_what_noise_alone_gives_is_taken_off_and_other_classes_are_chosen_where_the_optimum_is():
    seen = []
    for seed in range(8):
        told = optima.summary(toy_rows(0.0, seed=seed), nulls=50)
        seen.append(
            ((told["own"] == told["at"][:, None]) - told["null_shared"], told["losses"], told["null_others"], told["crossed_others"])
        )
    excess, losses, null, crossed = (np.array(x) for x in zip(*seen, strict=True))
    assert abs(excess.mean()) < 0.06 and abs(np.nanmean(crossed)) < 0.02
    assert abs((losses - null)[losses > 0].mean()) < 0.03 < losses[losses > 0].mean()
    assert np.nanmean(optima.summary(toy_rows(0.4), nulls=5)["crossed_others"]) > 0.2
    few = optima.each_class(optima.summary(toy_rows(0.4, classes=4), nulls=20), make_signs(classes=4))
    np.testing.assert_allclose(few["shared_excess"], few["own_is_global"] - few["null_shared"])
    np.testing.assert_allclose(few["loss_excess"], few["loss"] - few["null_loss"])


def test_a_class_is_another_one_only_where_its_optimum_was_not_the_global_one_on_the_half_that_chose():
    clips = np.full((2, 2), 10)
    correct = np.zeros((2, 2, 2, 2))  # ends, classes, repeats, shares
    correct[:, 0] = [[0.9, 0.5], [0.9, 0.5]]  # the first class is at the global optimum on both halves
    correct[:, 1, 0], correct[:, 1, 1] = [0.5, 0.6], [0.6, 0.5]  # the second is not on the first half, and is on the other
    found = optima.cross_fitted(correct, clips, others=True)
    assert np.isnan(found[:, 0]).all()
    np.testing.assert_allclose(found[:, 1], 0.5 - 0.6)  # chosen on the first half, measured on the other


def test_a_class_accuracy_is_the_mean_over_its_clips_of_all_repeats():
    rows = pd.DataFrame([
        {"end": e, "share": s, "repeat": r, "labels": [0, 0, 2] if r else [0, 2], "correct": [1, 0, s] if r else [1, 0.5]}
        for e in ("first", "last") for s in (0.0, 1.0) for r in (0, 1)
    ])  # fmt: skip
    correct, clips, shares = optima.cells(rows)
    np.testing.assert_array_equal(clips, [[1, 2], [1, 1]])
    np.testing.assert_allclose(optima.pooled(correct, clips)[0], [[2 / 3, 2 / 3], [0.25, 0.75]])
    assert shares == [0.0, 1.0] and optima.own(correct, clips).tolist() == [[0, 1], [0, 1]]


def test_the_sweep_starts_from_a_random_encoder_on_the_same_signers(profile):
    corpora = {"toy": unsplit(make_signs(frames=16, signers=6))}
    asked = study.untrained_jobs(profile, corpora)
    sweep = study.sweep_jobs(profile, corpora, "slfpn")
    assert all(job.run.epochs == 0 for job in asked) and {job.place["repeat"] for job in asked} == {job.place["repeat"] for job in sweep}
    rows = study.untrained_rows(asked, ask(asked, 1))
    assert list(rows) == ["corpus", "repeat", "random"] and rows["random"].between(0, 1).all()


def test_true_strokes_are_compared_only_where_they_are_known(profile):
    found = study.Search(1 / 3, 1 / 3, pd.DataFrame())
    assert study.TRUE in study.augmentations(found, True) and study.TRUE not in study.augmentations(found, False)
    with pytest.raises(SignError):
        study.Search(0.8, 0.8, pd.DataFrame()) and study.permuted(0.8, 0.8)


def test_the_comparison_has_every_augmentation_and_control_for_each_repeat(profile):
    signs = synthetic.make("lsa-like", classes=4, signers=6, clips=48, seed=2)
    corpora = {"lsa-like": prepare(signs, 16)}
    found = {"lsa-like": study.Search(1 / 3, 0.0, pd.DataFrame())}
    asked = study.augmentation_jobs(replace(profile, repeats=1), corpora, found)
    rows = rows_of(asked, ask(asked, 1))
    counts = rows.groupby(["method", "family"]).size()
    assert (
        counts["SL-FPN", "ends"] == counts["SimCLR", "ends"] == 6 and counts["SL-FPN", "degradation"] == 5 and counts["control"].sum() == 2
    )
    assert rows["linear_standardised_top1"].between(0, 1).all()


def test_errors_are_measured_on_people_that_nothing_was_tuned_on(profile):
    profile = replace(profile, corpora={c: {"classes": 6, "signers": 4, "clips": 60} for c in synthetic.CORPORA})
    corpora = {c: prepare(synthetic.make(c, **size), profile.frames) for c, size in profile.corpora.items()}
    rows = study.errors(profile, corpora, {"lsa-like": study.Search(0.3, 0.4, pd.DataFrame())}, seeds=[1])
    assert set(rows["corpus"]) == set(synthetic.CORPORA) and "searched (Algorithm 1)" in set(rows[rows["corpus"] == "lsa-like"]["way"])
    wide = rows.pivot(index="corpus", columns="way", values="both")
    assert (wide["estimated from landmarks"] < wide["fixed 1/3 and 1/4"]).all()
    assert (wide["estimated from landmarks"] < wide["estimates dealt to other clips (null)"]).all()
    assert not np.array_equal(study.fresh(profile, 1)["lsa-like"].landmarks, corpora["lsa-like"].landmarks, equal_nan=True)


def test_failing_classes_are_those_that_lose_and_optima_that_follow_the_strokes_are_seen_to():
    told = optima.summary(toy_rows(0.4), nulls=20)
    labels = np.repeat(np.arange(30), 3)
    x = np.zeros((90, 10, 75, 2), np.float32)
    onset = np.where(labels % 2 == 0, 1.0, 6.0)  # even classes prefer alpha 0, odd ones 0.5
    words = np.array([f"c{i}" for i in range(90)])
    from sslslr.clips.signs import Signs
    from sslslr.clips.skeleton import MEDIAPIPE_75

    glosses = tuple(f"G{k}" for k in range(30))
    signs = Signs("toy", "synthetic", MEDIAPIPE_75, x, np.full(90, 10), labels, glosses, words, words, np.full(90, ""), onset, onset + 2)
    worst = optima.failing(told, signs)
    lost = dict(zip(told["classes"], told["crossed"].sum(0), strict=True))
    assert len(worst) == 3 and worst["loss, points"].max() == pytest.approx(100 * max(lost.values()))
    assert all(signs.glosses[signs.labels[r["first"]]] == r["gloss"] for _, r in worst.iterrows())
    follows = optima.follows_truth(told, signs, nulls=50).set_index("pair")["rank correlation"]
    assert follows["alpha and onset"] > 0.8 and follows["beta and clip end - offset"] < -0.8
    blind = optima.follows_truth(told, replace(signs, onset=np.full(90, np.nan), offset=np.full(90, np.nan)), nulls=5)
    assert blind["rank correlation"].isna().all()


def test_one_pair_for_all_is_never_nearer_than_the_median_truth():
    corpora = {"lsa-like": prepare(synthetic.make("lsa-like", classes=5, signers=4, clips=40), 24)}
    told = study.against_truth(corpora, {"lsa-like": study.Search(0.0, 0.9, pd.DataFrame())}).set_index("way")
    error = told["onset error"].str.split(" ").str[0].astype(float)
    assert error["best global pair (median truth)"] <= error.min() + 0.051 and (told["signers"] == 4).all()


@pytest.mark.parametrize("half, low, high", [("first-half", 0, 0.5), ("last-half", 0.5, 1)])
def test_forced_corpora_have_their_strokes_in_one_half(profile, half, low, high):
    signs = study.forced(profile, half)
    assert (signs.onset / (signs.lengths - 1) >= low - 0.03).all() and (signs.offset / (signs.lengths - 1) <= high + 0.03).all()
