"""The same commit and profile in two folders: the notebooks in order with one worker, and each of them alone, the last first, with two."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd

from sslslr import paths
from sslslr.report.notebooks import notebooks

ONE = """
import sys
from pathlib import Path
from sslslr import paths
from sslslr.commands.reproduce import execute, left_out, parameters

name, workers = sys.argv[1:]
notebook = paths.NOTEBOOKS / name
values = parameters(notebook, {"PROFILE": "smoke", "DATASET": "synthetic", "DATA": "", "WORKERS": int(workers)}, {})
if left_out(notebook):
    sys.exit(0)
execute(notebook, paths.results("synthetic", "smoke") / "notebooks" / name, values, "")
"""
TIMED = r"\b(?:seconds?|minutes|hours|ms|s|MB|GB|clips/s)\b"  # columns of clocks and of memory
CLOCKS = ("timing_runs.csv", "table4_time.csv", "claim_c5.csv")  # seconds of each epoch, their means and ratios
TIMES = "C5"  # the claim on them, a row elsewhere
JUDGES = "20"  # reads what the others have left


def copied(folder: Path) -> Path:
    """A folder of its own with all that the notebooks read of ours."""
    for name in ("sslslr", "notebooks", "data"):
        shutil.copytree(paths.ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints"))
    for path in [paths.ROOT / "pyproject.toml", *paths.ROOT.glob("requirements*.lock")]:
        shutil.copy(path, folder)
    return folder


def run(root: Path, name: str, workers: int, results: Path) -> None:
    """One notebook in a kernel of its own, of the package in ``root``; runs, results and caches go below ``results``."""
    own = {f"SSLSLR_{kind}": str(results / kind.lower()) for kind in ("RUNS", "RESULTS", "CACHE")}
    env = {k: v for k, v in os.environ.items() if not k.startswith("SSLSLR_")} | own | {"PYTHONPATH": str(root), "OMP_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, "-c", ONE, name, str(workers)], cwd=root, env=env, capture_output=True, text=True)
    assert done.returncode == 0, f"{name}: {done.stderr[-3000:]}"


def tables(results: Path) -> dict[str, pd.DataFrame]:
    """Every table below a folder, as text, without its clocks."""
    found = {}
    for path in sorted(results.rglob("results/synthetic/smoke/**/*.csv")):
        if path.name not in CLOCKS:
            table = pd.read_csv(path, dtype=str, keep_default_na=False)
            kept = table[table["id"] != TIMES] if "id" in table else table
            found[path.name] = kept[[c for c in table if not re.search(TIMED, c)]]
    return found


def test_every_notebook_alone_gives_the_tables_that_all_give_in_order_in_another_folder(tmp_path, times, told):
    names = [n.name for n in notebooks()]
    if times(True, False):
        names = [name for name in names if name.startswith("05")]
    here, there = copied(tmp_path / "here"), copied(tmp_path / "there")
    for name in names:
        run(here, name, 1, tmp_path / "in order")
    for name in reversed(names):
        run(there, name, 2, tmp_path / "alone" / name[:2])
    together = tmp_path / "together"
    for name in names:
        shutil.copytree(tmp_path / "alone" / name[:2] / "results", together / "results", dirs_exist_ok=True)
    for name in (name for name in names if name.startswith(JUDGES)):  # alone it has judged nothing; now what the others left, alone
        run(there, name, 2, together)
    first, second = tables(tmp_path / "in order"), tables(together)
    assert first and set(first) == set(second)
    other = [name for name in first if not first[name].equals(second[name])]
    told(f"{len(names)} notebooks, {len(first)} tables, {sum(t.size for t in first.values()):,} places: {len(other)} differ")
    assert not other, {
        name: first[name].compare(second[name]) if first[name].shape == second[name].shape else "another shape" for name in other
    }
