"""Runs side by side: what a process that is killed costs."""

import os
import signal
from dataclasses import replace
from pathlib import Path

import pytest
from test_runs import SMALL

from sslslr.errors import SignError
from sslslr.learning.grid import side_by_side


def dies(run, signs, notes: str) -> int:
    """The run's seed; seed 3 is killed at each try, seed 6 at its first."""
    tries = Path(notes) / str(run.seed)
    with tries.open("a") as file:
        file.write(".")
    if run.seed == 3 or (run.seed == 6 and tries.stat().st_size == 1):
        os.kill(os.getpid(), signal.SIGKILL)
    return run.seed


def test_the_others_finish_and_the_run_that_is_killed_each_time_is_named(signs, tmp_path, capfd):
    came = []
    jobs = [(replace(SMALL, seed=seed), signs, str(tmp_path)) for seed in range(9)]
    with pytest.raises(
        SignError, match=r"1 of 9 runs ended with their process, out of memory\? \(\w+, seed 3, toy \([0-9a-f]{16}\)\).*fewer WORKERS"
    ):
        side_by_side(dies, jobs, 2, each=lambda i, result: came.append((i, result)))
    assert sorted(came) == [(i, i) for i in range(9) if i != 3] and len({i for i, _ in came}) == len(came)


def test_a_run_that_is_killed_once_is_done_at_the_next_try(signs, tmp_path):
    assert side_by_side(dies, [(replace(SMALL, seed=seed), signs, str(tmp_path)) for seed in (5, 6, 7, 8)], 2) == [5, 6, 7, 8]
    assert (tmp_path / "6").read_text() == ".."
