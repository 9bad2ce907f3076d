"""Much of it: clips, runs, workers. Memory is measured in a process of its own."""

import os
import sys
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from sslslr import paths
from sslslr.learning.grid import side_by_side
from sslslr.learning.training import Run
from sslslr.methods.encoder import EncoderConfig
from sslslr.studies import evaluation

pytestmark = pytest.mark.skipif(not os.environ.get("SSLSLR_CAMPAIGN"), reason="minutes: make campaign runs it")
TESTS = Path(__file__).parents[1]
sys.path += [str(TESTS / "record"), str(TESTS.parent / "benchmarks")]

import load  # noqa: E402
from test_record import asked, made  # noqa: E402


def test_a_hundred_thousand_clips_fit_into_eight_gigabytes(tmp_path, times, told):
    found = {clips: load.measured(clips, tmp_path) for clips in times((500, 5_000), (1_000, 10_000, 100_000))}
    (few, *_, many) = found
    for clips, row in found.items():
        told(load.told(clips, row))
    assert found[many]["mb"] < times(2_000, 8 * 1024) and found[many]["test"] > many / 10
    grown = (found[many]["mb"] - found[few]["mb"]) * 1e6 / (many - few)
    assert grown < 4 * 32 * 75 * 2 * 2, "more than four times a clip's own bytes are held for it"


def numbers(run, signs) -> int:
    return evaluation.evaluate(run, signs)["test_clips"]


def test_a_grid_of_a_thousand_runs_leaks_no_file_no_process_and_no_memory(signs, times, told):
    small = Run("simclr", encoder=EncoderConfig(blocks=1, width=8, heads=1), epochs=1, batch=64)
    me, held = psutil.Process(), []
    for start in range(0, n := times(30, 1000), n // 2):
        side_by_side(numbers, [(replace(small, seed=seed), signs) for seed in range(start, start + n // 2)], 2)
        held.append(
            (
                me.num_fds(),
                len([c for c in me.children(recursive=True) if "resource_tracker" not in " ".join(c.cmdline())]),
                me.memory_info().rss / 1e6,
            )
        )
    told(f"{n} runs, after half of them and all: " + ", ".join(f"{f} files, {c} processes, {m:.0f} MB" for f, c, m in held))
    assert len(list(paths.runs().glob("*/provenance.json"))) == n and not list(paths.runs().rglob("*.partial*"))
    (files, children, memory), (files_after, children_after, memory_after) = held
    assert files_after <= files + 2 and children_after <= children and memory_after < memory + 100


@pytest.mark.parametrize("workers", [1, 2])
def test_the_same_tables_come_in_another_folder_and_with_another_number_of_workers(workers, tmp_path, monkeypatch):
    found = []
    for folder, many in (("a", 1), ("b", workers)):
        for name in ("RUNS", "RECORD", "CACHE"):
            monkeypatch.setenv(f"SSLSLR_{name}", str(tmp_path / folder / name.lower()))
        found.append(made(asked() | {"workers": many}, "SL-FPN and controls").decided())
    assert found[0] == found[1] and found[0]["answers"]
