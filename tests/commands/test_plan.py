"""A plan names the runs that a study then makes, costs add up, and the measuring machinery runs."""

import importlib.util
import json
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import make_signs

from sslslr import paths, profiles
from sslslr.commands import costs as unit_costs
from sslslr.commands import plan, planned, reproduce
from sslslr.errors import SignError
from sslslr.studies import comparison, controls

TINY = {"blocks": 1, "width": 16, "heads": 2, "dropout": 0.1}


@pytest.fixture
def profile():
    smoke = profiles.load("smoke")
    return replace(smoke, encoder=TINY, frames=12, repeats=1, epochs=1, supervised_epochs=1, batch=32, rates=smoke.rates | {"grid": [1e-3]})


def signs_of(name="lsa-like"):
    return make_signs(90, name=name, signers=6)


def test_the_planned_trainings_are_those_that_the_study_then_makes(profile):
    corpora = {"lsa-like": signs_of()}
    before = planned.plan(profile, corpora)
    wanted = {k for k, (job, run) in before.trainings.items() if job.notebook == "04"}
    assert wanted and not list(paths.runs().glob("*/provenance.json")), "a plan trains nothing"
    controls.study(profile, corpora, comparison.rates(profile, corpora, 1, controls.TUNED), 1)
    made = {p.parent.name for p in paths.runs().glob("*/provenance.json")}
    assert made == wanted
    after = planned.plan(profile, corpora)
    assert set(after.trainings) == set(before.trainings)
    assert all(after.left[k] == 0 for k in made) and sum(after.left.values()) < sum(before.left.values())
    fours = [j for j in after.jobs if j.notebook == "04"]
    assert all(not j.ask for j in fours) and [j.new for j in fours] == [j.new for j in before.jobs if j.notebook == "04"]


def test_published_sizes_need_no_data_and_no_memory(profile):
    small = replace(profile, real_repeats=1)
    corpora, words = planned.data_of(small, "wlasl-100")
    (signs,) = corpora.values()
    assert (len(signs), len(signs.glosses)) == (2038, 100) and [int((signs.split == s).sum()) for s in ("train", "val", "test")] == [
        1442,
        338,
        258,
    ]
    assert "no DATA" in words and signs.landmarks.strides[0] == 0
    runs = planned.plan(small, corpora)
    assert runs.trainings and all(runs.left[k] == run.epochs for k, (_, run) in runs.trainings.items())
    assert not paths.runs().exists()
    lsfb, words = planned.data_of(small, "lsfb")
    assert len(lsfb["lsfb"]) == 60_000 and "assumed" in words
    with pytest.raises(SignError, match="no published size"):
        planned.data_of(small, "mp-data")


def test_the_studies_are_themselves_again_after_a_plan():
    from sslslr.learning import grid
    from sslslr.studies import evaluation, observed

    own = comparison.side_by_side, observed.fetch, evaluation.kept
    with pytest.raises(ZeroDivisionError), planned.recorder(planned.Plan(), ["", ""]):
        assert comparison.side_by_side is not own[0] and observed.fetch is not own[1]
        raise ZeroDivisionError
    assert (comparison.side_by_side, observed.fetch, evaluation.kept) == own and grid.side_by_side is own[0]


def test_a_step_is_measured_with_the_method_itself():
    signs = signs_of()
    run = comparison.base_run(replace(profiles.load("smoke"), encoder=TINY), 0, method="slfpn").fitted(signs)
    one = unit_costs.step(run, signs, seconds=0.01)
    two = unit_costs.step(replace(run, method="simclr"), signs, seconds=0.01)
    assert 1.3 < one.flops / two.flops < 1.7, "three branches against two"
    assert one.weights > two.weights and one.resident > one.weights and min(one.seconds, one.epoch, one.embed, one.kept_mb) > 0


def test_costs_add_up_and_what_is_done_is_not_to_come():
    signs = signs_of()
    step = unit_costs.Step(0.01, 1e9, 1.0, 4e6, 1.6e7, 0.5, 0.001, 32)
    profile = profiles.load("smoke")
    runs = [comparison.base_run(profile, seed, epochs=4) for seed in range(2)]
    jobs = [planned.Job("04", "x", unit_costs.task, run, signs, (), True, i == 0) for i, run in enumerate(runs)]
    whole = planned.Plan(jobs, {str(i): (jobs[i], run) for i, run in enumerate(runs)}, {"0": 4, "1": 0})
    units = unit_costs.Units({unit_costs.kind(runs[0].fitted(signs)): step}, {("unit_costs.task", "lsa-like"): 3.0}, False, 1, 1, 1, 0)
    (row,) = plan.costs(whole, units)
    clips = int((signs.split == "train").sum())
    assert row.trainings == 2 and row.left == 1 and row.flops == 8 * clips * 1e9
    assert row.seconds == pytest.approx(2 * (3 + 4 * (clips * 0.01 + 0.5))) and row.coming == pytest.approx(row.seconds / 2)


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


def test_words_for_times_and_work():
    assert [plan.duration(s) for s in (5, 200, 7200, 40 * 86400)] == ["5 s", "3.3 min", "2.0 h", "40 days"]
    assert plan.flop(2.5e15) == "2.5 PFLOP" and plan.flop(3e18) == "3.0 EFLOP"
    assert plan.main(["--dataset", "mp-data"]) == 2 and plan.main(["--profile", "nowhere"]) == 2


def test_the_gpu_benchmark_runs_on_a_cpu_in_rehearsal(capsys):
    file = Path(plan.__file__).parents[2] / "benchmarks" / "gpu.py"
    spec = importlib.util.spec_from_file_location("gpu_benchmark", file)
    spec.loader.exec_module(gpu := importlib.util.module_from_spec(spec))
    assert gpu.main(["--cpu-rehearsal"]) == 0
    told = capsys.readouterr().out
    assert "utilisation" in told and "the same bits twice" in told and "common recipe" in told
