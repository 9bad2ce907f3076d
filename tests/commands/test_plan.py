"""A plan names the runs that a study then makes, costs add up, and the measuring machinery runs."""

import importlib.util
import json
import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import make_signs

from sslslr import paths, profiles
from sslslr.commands import costs as unit_costs
from sslslr.commands import main, plan, reproduce, sizes
from sslslr.commands.plan import Planned
from sslslr.errors import SignError
from sslslr.learning import store
from sslslr.learning.training import Run
from sslslr.record import rows
from sslslr.record.tables import Record
from sslslr.studies import comparison
from sslslr.studies.catalogue import STUDIES, Asked
from sslslr.studies.jobs import Job

TINY = {"blocks": 1, "width": 16, "heads": 2, "dropout": 0.1}


@pytest.fixture
def profile():
    smoke = profiles.load("smoke")
    return replace(smoke, encoder=TINY, frames=12, repeats=1, epochs=1, batch=32)


def signs_of(name="lsa-like"):
    return make_signs(90, name=name, signers=6)


def test_the_planned_trainings_are_those_that_the_study_then_makes(profile):
    corpora = {"lsa-like": signs_of()}
    before = plan.Plan(profile, corpora).walk()
    wanted = {k for k, (one, run) in before.trainings.items() if one.notebook == "04"}
    assert wanted and not paths.runs().exists(), "a plan trains and writes nothing"
    Asked(profile, corpora, 1).ask("SL-FPN and controls")
    made = {p.parent.name for p in paths.runs().glob("*/provenance.json")}
    assert made == wanted
    after = plan.Plan(profile, corpora).walk()
    assert set(after.trainings) == set(before.trainings)
    assert all(after.left[k] == 0 for k in made) and sum(after.left.values()) < sum(before.left.values())
    fours = [j for j in after.jobs if j.notebook == "04"]
    assert all(not j.ask for j in fours) and [j.new for j in fours] == [j.new for j in before.jobs if j.notebook == "04"]


def identity(table, job):
    """What a job asks, whoever made it."""
    rest = [getattr(r, "fingerprint", r) for r in job.rest if not isinstance(r, Run)]
    return table, job.name, store.key(job.run.fitted(job.signs), job.signs), str(rest), str(job.place)


class Listed(Asked):
    """Notes what a notebook asks, and answers with blanks."""

    def answers(self, study, asked):
        self.seen = [*getattr(self, "seen", []), *(identity(study.name, job) for job in asked)]
        return [plan.blank(job.run) for job in asked]

    def table(self, study, asked, answers):
        return study.rows(asked, answers) if study.gives else None


def test_a_plan_s_jobs_are_exactly_those_that_the_studies_ask_and_nothing_trains(profile, monkeypatch):
    for what in (
        "learning.training.train_epoch",
        "learning.finetuning.train_epoch",
        "methods.encoder.PoseTransformer.forward",
        "studies.evaluation.fetch",
    ):
        monkeypatch.setattr(f"sslslr.{what}", lambda *_, what=what: pytest.fail(what))
    corpora = {c: signs_of(c) for c in ("lsfb-like", "asl-citizen-like", "gsl-like", "lsa-like")}

    def other(corpus, change):
        return replace(corpora[corpus], landmarks=corpora[corpus].landmarks + len(str(change)))

    whole = plan.Plan(profile, corpora, other=other).walk()
    for notebook in {s.notebooks[0] for s in STUDIES.values()}:
        listed = Listed(profile, corpora, other=other)
        own = [s.name for s in STUDIES.values() if s.notebooks[0] == notebook]
        for name in own:
            listed.ask(name)
        asked = list(dict.fromkeys(one for one in listed.seen if one[0] in own))
        planned = list(dict.fromkeys(identity(o.table, o.job) for o in whole.jobs if o.notebook == notebook and o.table in own))
        assert asked and asked == planned, notebook
    first = [o.job for o in whole.jobs if o.table == "Table 1"]
    assert len({id(j.signs) for j in first}) == len({j.place["corpus"] for j in first}) >= 2, "one split for all"


def test_a_paper_sized_plan_holds_no_landmarks(profile):
    paper = profiles.load("paper")
    some = paper.boundaries | {"runs": 1, "shares": [0, "1/3", 1]}
    paper = replace(
        paper,
        repeats=2,
        table1=paper.table1 | {"repeats": 2},
        dose=profile.dose | {"ends": [0.0], "neighbours": [0.0]},  # clips of its own, few on any profile
        video=profile.video,
        boundaries=some,
        encoder=TINY,
        corpora=paper.corpora | {"lsa-like": profile.corpora["lsa-like"]},
    )
    corpora, words = sizes.data_of(paper, "synthetic")
    one = max(s.landmarks.size * 4 for s in corpora.values())
    tracemalloc.start()
    try:
        whole = plan.Plan(paper, corpora).walk()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert "by their sizes" in words and len(whole.trainings) > 300
    assert one > 1e9 and peak < 0.15 * one, f"{peak / 1e6:.0f} MB for a plan of corpora of {one / 1e6:.0f} MB"


def test_clips_known_by_size_are_others_without_some_landmarks_and_cost_nothing():
    one = sizes.even("x", "real", signs_of().skeleton, 64, 500, 20, 50_000)
    other = one.without((1, 2))
    assert other.fingerprint != one.fingerprint and other.landmarks.strides[0] == 0
    assert replace(one, split=np.full(len(one), "train")).fingerprint != one.fingerprint


def test_published_sizes_need_no_data_and_no_memory(profile):
    small = replace(profile, real_repeats=1)
    corpora, words = sizes.data_of(small, "wlasl-100")
    (signs,) = corpora.values()
    assert (len(signs), len(signs.glosses)) == (2038, 100) and [int((signs.split == s).sum()) for s in ("train", "val", "test")] == [
        1442,
        338,
        258,
    ]
    assert "no DATA" in words and signs.landmarks.strides[0] == 0
    runs = plan.Plan(small, corpora).walk()
    assert runs.trainings and all(runs.left[k] == run.epochs for k, (_, run) in runs.trainings.items())
    assert not paths.runs().exists()
    lsfb, words = sizes.data_of(small, "lsfb")
    assert len(lsfb["lsfb"]) == 60_000 and "assumed" in words
    with pytest.raises(SignError, match="no published size"):
        sizes.data_of(small, "mp-data")


def test_a_step_is_measured_with_the_method_itself():
    signs = signs_of()
    run = comparison.base_run(replace(profiles.load("smoke"), encoder=TINY), 0, method="slfpn").fitted(signs)
    one = unit_costs.step(run, signs, seconds=0.01)
    two = unit_costs.step(replace(run, method="simclr"), signs, seconds=0.01)
    assert 1.3 < one.flops / two.flops < 1.7, "three branches against two"
    assert one.weights > two.weights and one.resident > one.weights and min(one.seconds, one.epoch, one.embed, one.kept_mb) > 0


def test_a_deep_encoder_is_measured_shallow_and_counted_whole():
    signs = signs_of()
    run = comparison.base_run(replace(profiles.load("smoke"), encoder=TINY | {"blocks": 6}), 0, method="slfpn").fitted(signs)
    deep, whole = unit_costs.deep(run, signs), unit_costs.step(run, signs, seconds=0.01)
    for name in ("flops", "kept_mb", "weights", "resident"):
        assert getattr(deep, name) == pytest.approx(getattr(whole, name)), name
    shallow = replace(run, encoder=replace(run.encoder, blocks=1))
    assert unit_costs.deep(shallow, signs).flops == unit_costs.step(shallow, signs, seconds=0.01).flops < deep.flops


def test_costs_add_up_and_what_is_done_is_not_to_come():
    signs = signs_of()
    step = unit_costs.Step(0.01, 1e9, 1.0, 4e6, 1.6e7, 0.5, 0.001, 32)
    profile = profiles.load("smoke")
    runs = [comparison.base_run(profile, seed, epochs=4) for seed in range(2)]
    jobs = [Planned("04", "x", Job(unit_costs.task, run, signs), True, i == 0) for i, run in enumerate(runs)]
    whole = plan.Plan(profile, {}, 0, jobs, {str(i): (jobs[i], run) for i, run in enumerate(runs)}, {"0": 4, "1": 0})
    units = unit_costs.Units({unit_costs.kind(runs[0].fitted(signs)): step}, {("costs.task", "lsa-like"): 3.0}, False, 1)
    (row,) = plan.costs(whole, units)
    clips = int((signs.split == "train").sum())
    assert row.trainings == 2 and row.left == 1 and row.flops == 8 * clips * 1e9
    assert row.seconds == pytest.approx(2 * (3 + 4 * (clips * 0.01 + 0.5))) and row.coming == pytest.approx(row.seconds / 2)


def test_what_the_record_answers_takes_nothing(profile, tmp_path, monkeypatch):
    corpora, record = {"lsa-like": signs_of()}, Record(tmp_path)
    asked = STUDIES["Table 1"].jobs(profile, corpora)
    record.tables["answers"] = {rows.named(job): {} for job in asked}
    monkeypatch.setattr(plan, "answer_of", lambda *_: {})
    one = plan.Plan(profile, corpora, record=record)
    one.notebook, one.files = "06", set()
    one.ask("Table 1")
    assert len(one.jobs) == len(asked) and not any(job.ask for job in one.jobs) and not any(one.left.values())
    one.ask("Table 1, MLP probe")
    new = one.jobs[len(asked) :]
    assert new and all(job.ask for job in new) and any(one.left.values()), "another question about the same runs: they must be trained"


def test_what_a_notebook_took_is_noted_and_read(tmp_path, monkeypatch):
    notebook = {
        "cells": [],
        "metadata": {"sslslr": {"fingerprint": "x", "seconds": 90.0, "trainings": 2}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    folder = paths.results("synthetic", "smoke") / "notebooks"
    folder.mkdir(parents=True)
    (folder / "04_x.ipynb").write_text(json.dumps(notebook))
    (folder / "05_old.ipynb").write_text(json.dumps(notebook | {"metadata": {"sslslr": {"fingerprint": "x"}}}))
    assert plan.took("synthetic", "smoke") == {"04_x": notebook["metadata"]["sslslr"]}
    out = plan.Estimate([], {"04_x": (1.0, 0.5), "06_y": (9.0, 9.0)})
    text = plan.tell(out, 2, plan.took("synthetic", "smoke"))
    assert "planned 1.0 min, took 1.5 min (-33 %)" in text and "10.0 min" in text
    assert "seconds" in Path(reproduce.__file__).read_text()


def test_every_claim_says_what_deciding_it_takes():
    rows = [plan.Row("06", "Table 1", seconds=120.0, coming=60.0), plan.Row("06", "more", seconds=60.0), plan.Row("09", "", seconds=0.0)]
    text = plan.by_claim(rows, 2)
    assert "notebook 06 decides C1, C1b, C2, E1, E2, F3: 1.5 min, to come 30 s" in text and "C5: 0 s" in text and "C3" not in text


def test_words_for_times_and_work():
    assert [plan.duration(s) for s in (5, 200, 7200, 40 * 86400)] == ["5 s", "3.3 min", "2.0 h", "40 days"]
    assert plan.flop(2.5e15) == "2.5 PFLOP" and plan.flop(3e18) == "3.0 EFLOP"
    assert main(["plan", "--dataset", "mp-data"]) == 2 and main(["plan", "--profile", "nowhere"]) == 2


def test_the_gpu_benchmark_runs_on_a_cpu_in_rehearsal(capsys):
    file = Path(plan.__file__).parents[2] / "benchmarks" / "gpu.py"
    spec = importlib.util.spec_from_file_location("gpu_benchmark", file)
    spec.loader.exec_module(gpu := importlib.util.module_from_spec(spec))
    assert gpu.main(["--cpu-rehearsal"]) == 0
    told = capsys.readouterr().out
    assert "utilisation" in told and "the same bits twice" in told and "common recipe" in told
