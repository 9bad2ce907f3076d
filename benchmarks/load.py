"""From 1,000 to 100,000 clips through packing, one epoch of pretraining and the probes: seconds and memory, and whether they grow in line.

``python benchmarks/load.py``: prints a line a size, each measured in a process of its own, and draws ``docs/load.png``. Clips of 32 frames
in float16, on disk about 1 GB at the largest, in a temporary folder that is removed; one core, minutes. tests/campaign asserts bounds.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

ROOT = Path(__file__).parents[1]
SIZES = (1_000, 3_000, 10_000, 30_000, 100_000)
WORK = ("packing", "epoch", "probe")

CLIPS = """
    import json, sys, time
    sys.path[:0] = [{tests!r}]
    import numpy as np
    import torch
    from conftest import make_signs
    from dataclasses import replace
    from pathlib import Path
    from sslslr.datasets import packed
    from sslslr.learning import store
    from sslslr.learning.training import Run
    from sslslr.methods.encoder import EncoderConfig
    from sslslr.provenance import peak_memory_mb
    from sslslr.studies import evaluation

    torch.set_num_threads(1)
    clips, folder, took = {clips}, Path({folder!r}), {{}}
    few = make_signs(512, frames=32, signers=8)

    def parts():
        for start in range(0, clips, 512):
            n = min(512, clips - start)
            part = few.subset(slice(0, n))
            yield replace(part, clips=np.array([f"{{start + i}}" for i in range(n)]))

    began = time.perf_counter()
    packed.pack(parts(), clips, 32, folder)
    took["packing"] = time.perf_counter() - began
    signs = packed.open_packed(folder)
    took["opening"] = time.perf_counter() - began - took["packing"]
    began = time.perf_counter()
    run = Run("simclr", encoder=EncoderConfig(blocks=1, width=16, heads=2), epochs=1, batch=512)
    store.fetch(run, signs)
    took["epoch"] = time.perf_counter() - began
    found = evaluation.evaluate(run, signs)
    took["probe"] = time.perf_counter() - began - took["epoch"]
    print(json.dumps({{"mb": peak_memory_mb(), "top1": found["linear_standardised_top1"], "test": found["test_clips"], **took}}))
"""


def measured(clips: int, folder: Path) -> dict:
    """Seconds of each part, ``mb`` at the peak, and ``test``, clips that the probe was asked about, of so many clips below ``folder``.

    Raises RuntimeError with what the process said where it fails.
    """
    code = textwrap.dedent(CLIPS.format(tests=str(ROOT / "tests"), clips=clips, folder=str(folder / str(clips))))
    plain = os.environ | {f"SSLSLR_{name}": str(folder / f"{name}{clips}") for name in ("RUNS", "CACHE")}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=plain)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return json.loads(done.stdout.splitlines()[-1])


def told(clips: int, row: dict) -> str:
    """A line for people."""
    parts = ", ".join(f"{k} {v:.1f} s" for k, v in row.items() if k not in ("mb", "top1", "test"))
    return f"{clips:,} clips of 32 frames: {parts}, {row['mb']:,.0f} MB"


def draw(found: dict[int, dict], path: Path) -> None:
    """Seconds and peak memory by clips, both axes logarithmic, beside lines of slope 1 through the largest."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    from sslslr import paths

    fig, (left, right) = plt.subplots(1, 2, figsize=(8, 3.4), layout="constrained")
    clips = sorted(found)
    for work, mark, colour in zip(WORK, "os^", ("#0072b2", "#d55e00", "#000000"), strict=True):
        values = [found[n][work] for n in clips]
        left.loglog(clips, values, mark, color=colour, label=work)
        left.loglog(clips, [values[-1] * n / clips[-1] for n in clips], ":", color=colour, linewidth=1)
    left.set(xlabel="clips of 32 frames", ylabel="seconds, one core", title="dotted: in proportion; kNN asks all pairs")
    left.legend(frameon=False)
    right.semilogx(clips, [found[n]["mb"] / 1000 for n in clips], "D", color="#009e73")
    right.set(xlabel="clips of 32 frames", ylabel="peak memory, GB", title="one process, all of it")
    right.set_ylim(0)
    for ax in (left, right):
        ax.spines[["top", "right"]].set_visible(False)
    with paths.atomic(path) as partial:
        fig.savefig(partial, dpi=110, format="png", metadata={"Software": None})
    plt.close(fig)


def main() -> None:
    """Measure, print and draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--figure", type=Path, default=ROOT / "docs" / "load.png")
    asked, found = parser.parse_args(), {}
    with tempfile.TemporaryDirectory() as folder:
        for clips in sorted(asked.sizes):
            found[clips] = measured(clips, Path(folder))
            print(told(clips, found[clips]), flush=True)
    draw(found, asked.figure)


if __name__ == "__main__":
    main()
