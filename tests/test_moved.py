"""Names that the version before documented still work, each with a warning, and go when they said they would."""

import subprocess
import sys
from importlib import import_module

import pytest
from packaging.version import Version

import sslslr
from sslslr import moved, paths

# What README, CONTRIBUTING, data/README, the notebooks and docs of 0.1.0 imported from places that are no more.
IMPORTS = """
from sslslr import embedding, export, own_sign, probes, weights
from sslslr.boundaries import estimate
from sslslr.diagnostics import effective_rank, output_std
from sslslr.encoder import EncoderConfig, PoseTransformer, embed
from sslslr.extract.exchange import export_pose
from sslslr.finetuning import Ramp
from sslslr.report import claims
from sslslr.report.claims import judge_all
from sslslr.runs import fetch, key, side_by_side
from sslslr.signs import prepare
from sslslr.skeleton import MEDIAPIPE_75
from sslslr.splits import fraction
from sslslr.studies.statistics import claims, interval, paired, summarise
from sslslr.training import Run
from sslslr.views import spatial
from sslslr.views.boundary import boundary
from sslslr.views.spatial import flip
from sslslr.weights import load, save
""".strip().splitlines()
RUN = {
    "cluster": "cluster",
    "datasets check": "check",
    "datasets pack": "pack",
    "export": "export",
    "extract": "extract",
    "extract.exchange": "exchange",
    "plan": "plan",
    "pretrain": "pretrain",
    "report.claims": "claims",
    "report.exercises": "exercises",
    "report.site": "site",
    "reproduce": "reproduce",
    "weights": "weights",
}


@pytest.fixture
def forget():
    """Old names are imported anew: they warn at their first import only."""
    kept = {name: sys.modules.pop(name) for name in list(sys.modules) if name.startswith("sslslr.") and name[7:] in moved.MOVED}
    for name in kept:
        parent, _, child = name.rpartition(".")
        vars(sys.modules[parent]).pop(child, None)


@pytest.mark.parametrize("line", IMPORTS)
def test_a_documented_import_gives_what_is_at_the_new_place(line, forget):
    found: dict = {}
    with pytest.warns(FutureWarning, match=r"is now sslslr\.") as told:
        exec(line, found)
    assert all(w.filename == "<string>" for w in told), "the warning points to who imports"
    old = line.split()[1].removeprefix("sslslr").removeprefix(".")
    for name in line.split(" import ")[1].split(", "):
        if old in moved.MOVED:
            assert any(vars(import_module(f"sslslr.{new}")).get(name) is found[name] for new in moved.MOVED[old]), name
        else:
            (new,) = moved.MOVED[f"{old}.{name}".lstrip(".")]
            public = [k for k in vars(import_module(f"sslslr.{new}")) if not k.startswith("_")]
            assert public and all(hasattr(found[name], k) for k in public)


@pytest.mark.parametrize("old", sorted(RUN))
def test_a_documented_command_runs_as_the_new_one(old):
    module, *words = old.split()
    done = subprocess.run([sys.executable, "-m", f"sslslr.{module}", *words, "--help"], capture_output=True, text=True, cwd=paths.ROOT)
    assert done.returncode == 0 and f"usage: sslslr {RUN[old]}" in done.stdout
    assert f"python -m sslslr.{module} is now: sslslr " in done.stderr


def test_every_old_name_leads_somewhere(forget):
    for old, places in moved.MOVED.items():
        with pytest.warns(FutureWarning, match=old):
            import_module(f"sslslr.{old}")
        assert all(import_module(f"sslslr.{new}") for new in places)


def test_what_was_only_ever_run_says_which_command_it_is():
    with pytest.raises(ImportError, match="it is now sslslr extract"):
        import_module("sslslr.extract.__main__")


def test_a_name_that_never_was_is_not_found():
    with pytest.raises(ModuleNotFoundError):
        import_module("sslslr.encoders")


def test_the_old_names_are_gone_when_they_said():
    assert Version(sslslr.__version__) < Version("0.3.0"), "remove sslslr/moved.py and this file"
