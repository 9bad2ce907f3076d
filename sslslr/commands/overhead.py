"""What a notebook costs besides its studies: start, figures, a worker pool, clips and steps of its own; measured."""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sslslr.datasets import synthetic
from sslslr.profiles import Profile
from sslslr.studies import ablation, comparison

FIGURES = re.compile(r"stage\.figure\(")
CLIPS = {"10": 800, "12": 9_000}  # synthetic clips that a notebook makes for itself on top of its corpora, at most


@dataclass(frozen=True)
class Overhead:
    """Seconds: ``start`` of a notebook, of a worker ``pool``, of a ``figure``, of a synthetic ``clip``."""

    start: float
    pool: float
    figure: float
    clip: float

    def seconds(self, path: Path, profile: Profile, pooled: bool, step: float) -> float:
        """Of a notebook; ``pooled``: it has studies; ``step``: seconds of the slowest training step, of those that it makes itself."""
        source = "".join("".join(c["source"]) for c in json.loads(path.read_text(encoding="utf-8"))["cells"] if c["cell_type"] == "code")
        number = path.name[:2]
        steps = {"09": len(comparison.METHODS) * (profile.timing + 2), "14": len(ablation.REPAIRS) * profile.ablation["steps"]}
        drawn = self.figure * len(FIGURES.findall(source))
        return self.start + drawn + self.pool * pooled + self.clip * CLIPS.get(number, 0) + step * steps.get(number, 0)


def measured(opened: float) -> Overhead:
    """Measured here; ``opened``: seconds until this plan's own worker pool was there."""
    return Overhead(notebook_start(), min(opened, pool_start()), figure(), synthesis())


def _timed(code: str) -> float:
    """Seconds of a child process: of its processors where the system tells (Unix), else by the clock."""
    before, started = os.times(), time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    after = os.times()
    used = sum(after[2:4]) - sum(before[2:4])  # of children, user and system
    return used or time.perf_counter() - started


def notebook_start() -> float:
    """Seconds until a notebook has its kernel and its imports."""
    return _timed("import jupyter_client, ipykernel, nbformat, nbclient, sslslr.report.stage, sslslr.report.tables, sslslr.studies.recipe")


def pool_start() -> float:
    """Seconds until a fresh worker can train."""
    return _timed("import sslslr.studies.recipe, lightly")


def figure() -> float:
    """Seconds to draw and save one figure, as PNG and SVG."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    from sslslr.report.figures import style

    style()
    before = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        fig, axes = plt.subplots(2, 2, figsize=(9, 6))
        for ax in axes.flat:
            ax.plot(np.random.default_rng(0).normal(size=(40, 6)), "o-", label=list("abcdef"))
            ax.legend()
        for suffix in ("png", "svg"):
            fig.savefig(Path(folder) / f"x.{suffix}")
        plt.close(fig)
    return time.process_time() - before


def synthesis() -> float:
    """Seconds to make one synthetic clip."""
    synthetic.make("lsa-like", classes=8, signers=4, clips=32, seed=1)
    before = time.process_time()
    synthetic.make("lsa-like", classes=8, signers=4, clips=64, seed=2)
    return (time.process_time() - before) / 64
