"""Fine-tuning: the schedule, the same conditions for every arm, resuming; the metrics against scikit-learn; Table 6 and its gaps."""

from dataclasses import asdict, replace
from functools import partial

import numpy as np
import pandas as pd
import pytest
import torch
from conftest import make_signs
from sklearn import metrics as reference

from sslslr import paths, profiles
from sslslr.clips import splits
from sslslr.errors import SignError
from sslslr.learning import finetuning
from sslslr.learning import store as runs
from sslslr.learning.finetuning import Ramp, Tuning
from sslslr.learning.training import Optimiser, Run, batches
from sslslr.measures import metrics
from sslslr.methods.encoder import EncoderConfig
from sslslr.report import table6
from sslslr.studies import finetune
from sslslr.studies.jobs import ask
from sslslr.studies.jobs import rows as rows_of

SMALL = EncoderConfig(blocks=1, width=16, heads=2, dropout=0.0, pool="mean")
PRETRAINING = Run(encoder=replace(SMALL, pool="class"), epochs=1, batch=32, optimiser=Optimiser(rate=1e-2))


def tuning(**settings) -> Tuning:
    return Tuning(**{"encoder": SMALL, "optimiser": Ramp(rate=0.1), "epochs": 4, "batch": 8} | settings)


def pretrained(signs, **settings) -> Tuning:
    return tuning(start=runs.key(PRETRAINING.fitted(signs), signs), **settings)


def weights(module):
    return torch.cat([p.flatten() for p in module.state_dict().values()])


@pytest.fixture
def profile():
    kinds = {"synthetic": [0.5, 1.0], "real": [0.5, 1.0]}
    return replace(
        profiles.load("smoke"), epochs=1, repeats=2, batch=16, encoder={"blocks": 1, "width": 16, "heads": 2},
        finetune={"epochs": 2, "rates": [0.1, 0.3], "shares": kinds},
    )  # fmt: skip


def test_the_rate_climbs_for_600_of_1000_epochs_and_falls_for_400():
    ramp = Ramp(rate=0.2)
    at = np.array([ramp.at(epoch / 1000) for epoch in range(1001)])
    assert at.argmax() == 600 and at[600] == pytest.approx(0.2) and at[0] == 0 and at[-1] == pytest.approx(0)
    assert np.allclose(np.diff(at[:601]), 0.2 / 600) and np.allclose(np.diff(at[600:]), -0.2 / 400)
    optimiser = ramp.build(torch.nn.Linear(2, 2))
    assert isinstance(optimiser, torch.optim.SGD)


def test_every_step_has_the_rate_of_the_schedule(signs, monkeypatch):
    seen = []
    step = torch.optim.SGD.step
    monkeypatch.setattr(torch.optim.SGD, "step", lambda self, *a: (seen.append(self.param_groups[0]["lr"]), step(self, *a))[1])
    run = tuning(epochs=5).fitted(signs)
    finetuning.train(run, signs)
    assert seen == pytest.approx([run.optimiser.at(i / len(seen)) for i in range(len(seen))])
    assert seen.index(max(seen)) == round(0.6 * len(seen))


def test_metrics_are_those_of_scikit_learn():
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(12), rng.integers(1, 9, 12))  # glosses of very different size
    scores = rng.normal(size=(len(labels), 12)) + 1.5 * np.eye(12)[labels]
    ranks = metrics.ranks(scores, labels)
    found = metrics.recognition(ranks, labels) | metrics.retrieval(ranks)
    relevant = np.eye(12)[labels]
    for k in (1, 5):
        assert found[f"top{k}"] == pytest.approx(reference.top_k_accuracy_score(labels, scores, k=k))
        assert found[f"recall{k}"] == found[f"top{k}"]
        hits = [reference.top_k_accuracy_score(labels[labels == g], scores[labels == g], k=k, labels=range(12)) for g in range(12)]
        assert found[f"top{k}_class"] == pytest.approx(np.mean(hits))
    assert found["top1_class"] == pytest.approx(reference.balanced_accuracy_score(labels, scores.argmax(1)))
    assert found["recall10"] == pytest.approx(reference.top_k_accuracy_score(labels, scores, k=10))
    assert found["dcg"] == pytest.approx(reference.dcg_score(relevant, scores)) == pytest.approx(reference.ndcg_score(relevant, scores))
    assert found["mrr"] == pytest.approx(reference.label_ranking_average_precision_score(relevant, scores))
    assert abs(found["top1"] - found["top1_class"]) > 1e-3


def test_a_model_that_scores_all_alike_finds_nothing_and_bad_scores_are_refused():
    labels = np.array([0, 1, 2])
    assert metrics.ranks(np.zeros((3, 3)), labels).tolist() == [3, 3, 3]
    with pytest.raises(SignError, match="1 of 3 clips have scores that are NaN"):
        metrics.ranks([[0, 1, 2], [0, np.nan, 1], [1, 2, 3]], labels)
    with pytest.raises(SignError, match="labels from 0 to 2 for scores of 2 glosses"):
        metrics.ranks(np.zeros((3, 2)), labels)


def test_few_labels_are_a_share_of_every_gloss_and_train_for_as_many_steps(signs):
    train = signs.part("train")
    part = finetuning.labelled(signs, 0.3, seed=5)
    chosen = splits.fraction(train.labels, 0.3, seed=5)
    names, often = np.unique(part.clips, return_counts=True)
    assert set(names) == set(train.clips[chosen]) and often.max() - often.min() <= 1
    count = [len(list(batches(len(finetuning.labelled(signs, s, 0)), 8, torch.Generator()))) for s in (0.1, 0.3, 1.0)]
    assert len(set(count)) == 1


def test_it_starts_from_the_pretrained_encoder_changes_it_and_learns(signs):
    start = runs.fetch(PRETRAINING, signs)
    at_first = finetuning.fetch(pretrained(signs, epochs=0), signs, PRETRAINING)
    for name, value in at_first.encoder.state_dict().items():
        assert torch.equal(value, start.encoder.state_dict()[name]), name
    found = finetuning.fetch(pretrained(signs, epochs=12), signs, PRETRAINING)
    moved = [not torch.equal(v, start.encoder.state_dict()[k]) for k, v in found.encoder.state_dict().items()]
    assert all(moved)
    test = signs.part("test")
    top1 = metrics.accuracy(metrics.ranks(finetuning.scores(found.module, test), test.labels), test.labels)
    assert top1 > 0.6  # chance 0.25
    assert found.metrics["val_top1"].iloc[-1] > 0.6


def test_arms_differ_in_nothing_but_the_start_and_the_rate(profile):
    signs = make_signs()
    built = {}
    for arm in finetune.ARMS:
        start = finetune.pretraining(arm, profile, 1)
        built[arm] = finetune.tuning_of(profile, signs, 1, start, 0.1, share=0.5)
    settings = [{k: v for k, v in asdict(t).items() if k != "start"} for t in built.values()]
    assert all(s == settings[0] for s in settings)
    starts = [t.start for t in built.values()]
    assert starts[0] == "" and len(set(starts)) == len(starts)
    heads = [t.fitted(signs).build(4).classifier.weight for t in built.values()]
    assert all(torch.equal(h, heads[0]) for h in heads)


@pytest.mark.parametrize("choose, every", [("last", 0), ("val", 0), ("val", 1e9)])
def test_a_killed_fine_tuning_ends_bit_identical(signs, tmp_path, monkeypatch, choose, every):
    monkeypatch.setattr(finetuning, "SAVE", every)
    run = tuning(choose=choose, optimiser=Ramp(rate=0.3)).fitted(signs)
    whole, rows, _ = finetuning.train(run, signs, tmp_path / "a")

    def killed(epoch):
        if epoch == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        finetuning.train(run, signs, tmp_path / "b", killed)
    assert (tmp_path / "b").exists() == (every == 0)
    again, same, _ = finetuning.train(run, signs, tmp_path / "b")
    assert torch.equal(weights(whole), weights(again)) and rows == same
    once_more, _, _ = finetuning.train(run, signs, tmp_path / "b")  # as after a kill between the last epoch and the store
    assert torch.equal(weights(whole), weights(once_more))


def test_the_epoch_can_be_chosen_on_validation_signers(signs, tmp_path):
    run = tuning(choose="val", epochs=6, optimiser=Ramp(rate=0.3)).fitted(signs)
    module, rows, _ = finetuning.train(run, signs, tmp_path / "state")
    val = signs.part("val")
    top1 = metrics.accuracy(metrics.ranks(finetuning.scores(module, val), val.labels), val.labels)
    assert top1 == max(r["val_top1"] for r in rows)
    with pytest.raises(SignError, match="choose='test'"):
        tuning(choose="test")


def test_a_finished_fine_tuning_is_not_trained_again(signs, monkeypatch):
    first = finetune.evaluate(pretrained(signs), signs, PRETRAINING)
    monkeypatch.setattr("sslslr.learning.finetuning.train_epoch", lambda *_: pytest.fail("trained again"))
    monkeypatch.setattr("sslslr.learning.training.train_epoch", lambda *_: pytest.fail("pretrained again"))
    assert finetune.evaluate(pretrained(signs), signs, PRETRAINING) == first
    assert set(finetune.evaluate(pretrained(signs), signs, PRETRAINING, "val")) == set(first)


def test_another_pretraining_or_another_encoder_is_refused(signs):
    with pytest.raises(SignError, match="was given the pretraining none"):
        finetuning.fetch(pretrained(signs), signs)
    wide = finetuning.train
    other = runs.fetch(PRETRAINING, signs).encoder.state_dict()
    with pytest.raises(SignError, match="does not fit"):
        wide(tuning(encoder=replace(SMALL, width=32)).fitted(signs), signs, begin=partial(dict, other))


def rates_of(profile, corpora):
    asked = finetune.rate_jobs(profile, corpora)
    return finetune.rate_rows(asked, ask(asked, 1))


def test_a_rate_that_diverges_is_not_chosen_and_test_clips_choose_nothing(profile, monkeypatch):
    profile = replace(profile, finetune=profile.finetune | {"rates": [0.1, 1e9]})
    monkeypatch.setattr(finetune, "ARMS", (finetune.SCRATCH,))
    signs = make_signs(name="lsa-like")
    corpora = {"lsa-like": signs}
    rows = rates_of(profile, corpora)
    assert set(finetune.best(rows).values()) == {0.1} and len(rows) == 4
    blank = signs.landmarks.copy()
    blank[signs.split == "test"] = 0.0
    again = rates_of(profile, {"lsa-like": replace(signs, landmarks=blank)})
    assert rows["accuracy"].tolist() == again["accuracy"].tolist()


def test_study_and_table_6_fill_what_is_there_and_mark_what_is_not(profile, monkeypatch):
    corpora = finetune.searched(profile, {"lsa-like": make_signs(name="lsa-like"), "gsl-like": make_signs(name="gsl-like")})
    assert list(corpora) == ["lsa-like"]
    monkeypatch.setattr(finetune, "ARMS", finetune.arms_of(only_table6=True))
    asked = finetune.rate_jobs(profile, corpora)
    grid = finetune.rate_rows(asked, ask(asked, 1))
    assert (grid.groupby(["model", "share"])["rate"].agg(tuple) == (0.1, 0.3)).all()
    asked = finetune.jobs(profile, corpora, finetune.best(grid))
    rows = rows_of(asked, ask(asked, 1))
    assert len(rows) == 2 * 2 * 2 and set(rows.groupby("share")["labels"].nunique()) == {1}
    assert set(finetune.differences(rows)["n"]) == {2}
    asked = finetune.frozen_jobs(profile, corpora, draws=1)
    assert len(finetune.frozen_rows(asked, ask(asked, 1))) == 8
    assert {j.run.share for j in finetune.jobs(profile, corpora, finetune.best(grid), only_table6=True)} == {1.0}

    mine = table6.ours(rows, "synthetic", "smoke")
    other = mine.assign(dataset="wlasl-100", data="wlasl-100", kind="real")
    folder = paths.results("wlasl-100", "smoke") / "tables"
    paths.write_text(folder / f"{table6.STORED}.csv", other.to_csv(index=False))
    whole = table6.table6(table6.gather("smoke", mine))
    states = whole.groupby("dataset")["state"].agg(set)
    assert states["wlasl-100"] == {table6.REPORTED, table6.HERE} and states["wlasl-300"] == {table6.REPORTED, table6.ABSENT}
    assert states["synthetic"] == {table6.HERE} and states["isl-kinect"] == {table6.ABSENT}
    shown = table6.shown(whole)
    absent = shown[shown["top-1 %"] == table6.ABSENT]
    assert set(absent["data"]) == set(table6.PLACES) - {"wlasl-100", "synthetic"}
    assert "make reproduce DATASET=gsl DATA=/path/to/it PROFILE=paper" in set(absent["from"])
    here = shown[(shown["data"] == "lsa-like (synthetic)") & (shown["method"] == finetune.SCRATCH)].iloc[0]
    full = rows[(rows["share"] == 1) & (rows["model"] == finetune.SCRATCH)]
    assert here["top-5 % per class"].startswith(f"{100 * full['top5_class'].mean():.1f} ±")


def test_more_seeds_for_the_same_signers_add_no_certainty():
    rows = [
        {"corpus": "toy", "kind": "real", "protocol": "p", "repeat": r, "group": r % 3, "model": m, "share": 1.0, "labels": 10, "clips": 20}
        | dict.fromkeys(("top1", "top5", "top1_class", "top5_class"), v + 0.05 * (r % 3) ** 2)
        for r in range(9)
        for m, v in ((finetune.SCRATCH, 0.5), (finetune.PAPER, 0.6))
    ]
    rows = pd.DataFrame(rows)
    rows.loc[rows["model"] == finetune.PAPER, "top1"] += 0.01 * (rows["repeat"] % 3)
    few = rows[rows["repeat"] < 3]
    pd.testing.assert_frame_equal(finetune.table(rows), finetune.table(few))
    pd.testing.assert_frame_equal(finetune.differences(rows), finetune.differences(few))
    ours = table6.ours(rows, "toy", "quick")
    assert set(ours["n"]) == {3} and set(ours["clips"]) == {60}


def test_the_reported_rows_are_those_of_the_paper():
    rows = table6.reported()
    wide = rows.pivot(index=["dataset", "method"], columns="metric", values="mean").mul(100).round(2)
    assert len(wide) == 22 and wide["top5"].notna().sum() == 14
    assert wide.loc[("wlasl-300", "SSL-SLR")].tolist() == [71.21, 90.74] and wide.loc[("asl-citizen", "SSL-SLR")].tolist() == [47.06, 78.96]
    assert wide.loc[("gsl", "SSL-SLR"), "top1"] == 96.73 and pd.isna(wide.loc[("lsa64", "SSL-SLR"), "top5"])
    assert (rows["source"] != "").all()
