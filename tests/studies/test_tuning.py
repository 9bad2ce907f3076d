"""Every method has the same search, bracketed, and it sees validation signers alone."""

import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from conftest import make_signs

from sslslr import paths, profiles
from sslslr.methods import METHODS
from sslslr.report.stage import Stage
from sslslr.studies import tuning
from sslslr.studies.jobs import follow

TUNED = set(METHODS)


@pytest.fixture
def profile():
    return replace(profiles.load("smoke"), tuning={"methods": ["simclr"], "corpora": ["toy"], "views": "strong", "groups": 2})


def search(profile, accuracy, methods=()):
    """The search's rows where ``accuracy`` of a run is what its probe would say; and all jobs that it asked for."""
    signs, asked = replace(make_signs(90, name="toy", signers=6), split=np.full(90, "")), []

    def answer(jobs):
        asked.extend(jobs)
        return [{"linear_standardised_top1": accuracy(j.run), "test_clips": 9} for j in jobs]

    return follow(tuning.jobs(profile, {"toy": signs}, methods), answer), asked


def peak(at):
    return lambda run: 1 - abs(np.log10(run.optimiser.rate / at)) + run.options.get("temperature", 0) / 100


@pytest.mark.parametrize("at, tried", [(1e-3, 3), (3e-5, 6), (0.03, 6), (1e-9, 6), (3e-3, 4)])
def test_the_rate_is_bracketed_and_the_search_ends(profile, at, tried):
    found, _ = search(profile, peak(at))
    assert found["rate"].nunique() == tried
    best = tuning.best(found)["simclr"]
    inside = sorted(found["rate"].unique())[1:-1]
    assert best["rate"] in inside or at < 1e-6, "unless it lies farther out than the search goes"
    assert best["temperature"] == 0.5 and set(found[found["rate"] != best["rate"]]["options"].map(tuning.written)) == {"temperature 0.1"}


def test_every_method_has_as_many_candidates_and_validation_signers_alone_decide(profile):
    found, asked = search(profile, peak(1e-3), methods=tuple(tuning.OPTIONS))
    assert set(tuning.means(found).groupby("method").size()) == {5} and set(tuning.means(found)["n"]) == {2}
    assert {j.rest for j in asked} == {("", "val")} and {j.run.views.name for j in asked} == {"strong"}
    assert set(tuning.OPTIONS) == TUNED, "every method is tuned"


@pytest.mark.parametrize("name", ["smoke", "quick", "decide", "full"])
def test_the_profiles_hold_settings_that_the_search_has_tried(name):
    """The settings in use are candidates of the search, options and all, and every method has one."""
    methods = profiles.load(name).methods
    assert set(methods) == TUNED
    for method, setting in methods.items():
        options = {k: v for k, v in setting.items() if k != "rate"}
        assert options in tuning.OPTIONS[method], f"{name}, {method}: {options}"


def test_the_profiles_have_the_settings_that_the_recorded_search_chose():
    """The search on the development data is in the record, and nobody typed its winners."""
    record = paths.ROOT / "data" / "record"
    done = subprocess.run(
        [sys.executable, "tools/settings.py", "--check"],
        cwd=paths.ROOT,
        env=os.environ | {"SSLSLR_RECORD": str(record)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, f"run python tools/settings.py: {done.stdout}{done.stderr[-500:]}"


def test_a_recorded_search_is_shown_without_its_data(profile, monkeypatch):
    monkeypatch.setenv("SSLSLR_RECORD", str(paths.ROOT / "data" / "record"))
    found, told = Stage("quick").recorded_elsewhere("tuning", "isl-kinect")
    assert set(found["method"]) == TUNED and set(found.groupby(["method", "rate"]).size() % 2) == {0}
    assert "isl-kinect (recorded: " in told and found["accuracy"].between(0, 1).all()
