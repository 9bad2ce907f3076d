"""``python benchmarks/classroom.py [STOP ...]``: the class of two hours walked through with a clock, as a student does it in a browser.

Writes the students' notebooks anew, opens JupyterLab on them in Chromium and runs each stop of docs/lessons/two-hours.md cell by cell,
leaving every kernel open. Prints, for each stop: its planned minutes, seconds until the notebook is ready and all of its cells have run,
the slowest cell, and the memory of all kernels so far. What is left of the minutes is for reading and talking. STOP: 03 14 for these alone.
"""

import json
import re
import sys
import tempfile
import time
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[1]
sys.path.append(str(ROOT / "tests"))

from browser import CELLS, CHROMIUM, PANEL, browse, opened, ready  # noqa: E402

from sslslr.commands import lab  # noqa: E402
from sslslr.report import start  # noqa: E402

IDLE = f"{PANEL}.sessionContext.session.kernel.status === 'idle'"


def stops(text: str) -> list[tuple[int, str]]:
    """(minutes, notebook) of each stop of a lesson."""
    return [(int(minutes), name) for minutes, name in re.findall(r"^\| (\d+) \| \[[^]]+\]\(\S*?notebooks/(\S+?)\)", text, re.MULTILINE)]


def walk(tab, address: str, folder: Path, name: str) -> dict:
    """Open a notebook, run its cells one after the other, and tell how long each took."""
    began = time.perf_counter()
    tab.open(f"{address}/lab/tree/{folder.name}/{name}?reset")
    ready(tab)
    opened_in, cells = time.perf_counter() - began, []
    tab.run(f"void ({PANEL}.content.activeCellIndex = 0)")
    for number in range(tab.run(f"{PANEL}.content.widgets.length")):
        at = time.perf_counter()
        tab.run("jupyterapp.commands.execute('notebook:run-cell-and-select-next').then(() => 0)")
        tab.wait(IDLE, 600)
        cells.append((time.perf_counter() - at, number))
    wrong = json.loads(tab.run(f"JSON.stringify({CELLS}.flatMap(c => c.outputs).filter(o => o.output_type === 'error').map(o => o.ename))"))
    tab.run("jupyterapp.commands.execute('docmanager:save').then(() => 0)")
    return {"ready": opened_in, "all": time.perf_counter() - began, "slowest": max(cells), "cells": len(cells), "wrong": wrong}


def kernels_gb() -> float:
    """Memory of the kernels that this process's JupyterLab runs."""
    return (
        sum(p.memory_info().rss for p in psutil.Process().children(recursive=True) if "ipykernel_launcher" in " ".join(p.cmdline())) / 1e9
    )


def main(asked: list[str]) -> None:
    """Walk, and print a line a stop."""
    if not CHROMIUM:
        sys.exit("Chromium is not on this machine (chromium, chromium-browser or google-chrome)")
    plan = [s for s in stops((ROOT / "docs" / "lessons" / "two-hours.md").read_text(encoding="utf-8")) if not asked or s[1][:2] in asked]
    with tempfile.TemporaryDirectory() as place:
        folder, began = Path(place) / "class", time.perf_counter()
        lab.write(folder, solutions=False)
        with opened(folder, Path(place) / "home") as address, browse(Path(place) / "profile") as tab:
            tab.look(1280, 900)
            tab.open(f"{address}/lab/tree/{folder.name}/{start.PAGE}")
            tab.wait("document.querySelectorAll('.jp-RenderedMarkdown a').length > 9", 120)
            print(f"students' notebooks written, start page in the browser: {time.perf_counter() - began:.0f} s\n", flush=True)
            print("| Minutes | Stop | ready, s | all cells, s | slowest cell, s | kernels, GB | wrong |\n|--:|:--|--:|--:|--:|--:|:--|")
            total = 0.0
            for minutes, name in plan:
                found = walk(tab, address, folder, name)
                total += found["all"]
                slow, number = found["slowest"]
                told = ", ".join(found["wrong"]) or "–"
                print(f"| {minutes} | {Path(name).stem} | {found['ready']:.0f} | {found['all']:.0f} | {slow:.0f} (of {found['cells']}, number {number + 1}) | {kernels_gb():.1f} | {told} |", flush=True)  # fmt: skip
    print(f"\n{sum(m for m, _ in plan)} minutes of stops; the machine worked {total / 60:.1f} of them")


if __name__ == "__main__":
    main(sys.argv[1:])
