"""Small sign clips for the tests, and a run store of their own for each test."""

import os
import platform
import sys
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import sslslr  # isort: skip  # noqa: F401 (before numpy: it says by which instructions that computes)

import matplotlib
import numpy as np
import pytest
import torch

from sslslr.clips.signs import Signs
from sslslr.clips.skeleton import MEDIAPIPE_75

matplotlib.use("Agg")
torch.set_num_threads(1)  # the tests run side by side, and small batches gain nothing from more


needs_mediapipe = pytest.mark.skipif(
    not find_spec("mediapipe"), reason="mediapipe is not here (it has no build for Python 3.13): extraction from video can't be tested"
)


def pytest_configure(config):
    """What is deprecated and used by our own code fails its test: it breaks with the next version of a package."""
    for kind in ("DeprecationWarning", "PendingDeprecationWarning", "FutureWarning"):
        config.addinivalue_line("filterwarnings", rf"error::{kind}:sslslr(\..*)?")


@pytest.fixture
def times():
    """``times(few, every)``: how often something is tried at random, in a test run and in ``make campaign``."""
    return lambda few, every: every if os.environ.get("SSLSLR_CAMPAIGN") else few


@pytest.fixture
def told(record_property):
    """``told(text)``: figures of a campaign, printed at its end."""
    return lambda text: record_property("figures", text)


def pytest_terminal_summary(terminalreporter):
    """Say what a campaign found, on which Python the tests ran, and where it lives."""
    for reports in terminalreporter.stats.values() if os.environ.get("SSLSLR_CAMPAIGN") else ():
        for report in reports:
            for name, text in getattr(report, "user_properties", ()) if getattr(report, "when", "") == "call" else ():
                terminalreporter.write_line(f"{report.nodeid.rpartition('::')[2]}: {text}" if name == "figures" else "")
    terminalreporter.write_line(f"Python {platform.python_version()} of {Path(sys.prefix).name}, torch {torch.__version__}")


@pytest.fixture(autouse=True)
def own_folders(tmp_path, monkeypatch):
    """Nothing that a test writes lands in the checkout."""
    for name in ("RUNS", "RESULTS", "CACHE", "RECORD"):
        monkeypatch.setenv(f"SSLSLR_{name}", str(tmp_path / name.lower()))


@contextmanager
def folders_in(folder: Path):
    """Runs, record and cache below ``folder``, for what the tests of a module share."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("RUNS", "RECORD", "CACHE"):
            patch.setenv(f"SSLSLR_{name}", str(folder / name.lower()))
        yield


@pytest.fixture(scope="session")
def realdata() -> Path:
    """Folder with real recordings, or skip."""
    folder = Path(os.environ.get("SSLSLR_REALDATA", Path(__file__).parents[1] / ".." / "shared" / "realdata")).resolve()
    if not folder.is_dir():
        pytest.skip(f"no real recordings at {folder} (set SSLSLR_REALDATA)")
    return folder


def make_signs(clips=60, frames=12, classes=4, signers=5, seed=0, name="toy") -> Signs:
    """Clips in which each class moves its own landmarks, so that there is something to learn; some hands missing."""
    rng = np.random.default_rng(seed)
    labels = np.arange(clips) % classes
    lengths = rng.integers(frames // 2, frames + 1, clips)
    base = rng.normal(size=(75, 2)) * 0.3
    base[11], base[12] = (-0.5, 0), (0.5, 0)
    paths = rng.normal(size=(classes, frames, 75, 2)) * 0.5
    paths[:, :, 11:13] = 0
    landmarks = (base + paths[labels] + rng.normal(size=(clips, frames, 75, 2)) * 0.05).astype(np.float32)
    landmarks[:, :, 33:54][rng.random((clips, frames)) < 0.2] = np.nan
    landmarks[np.arange(frames) >= lengths[:, None]] = np.nan
    who = np.array([f"s{(i // classes) % signers:02d}" for i in range(clips)])
    split = np.array([{0: "test", 1: "val"}.get(int(s[1:]), "train") for s in who])
    nothing = np.full(clips, np.nan)
    ids = np.array([f"clip{i:03d}" for i in range(clips)])
    return Signs(
        name, "synthetic", MEDIAPIPE_75, landmarks, lengths, labels, tuple("ABCDEFGH"[:classes]), who, ids, split, nothing, nothing
    )


@pytest.fixture
def signs() -> Signs:
    return make_signs()
