"""Runs side by side: what a process that is killed costs."""

import os
import signal
import subprocess
import sys
import textwrap
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from test_runs import SMALL

from sslslr.errors import SignError
from sslslr.learning.grid import side_by_side


def dies(run, signs, notes: str) -> int:
    """The run's seed; seed 3 is killed at each try."""
    tries = Path(notes) / str(run.seed)
    with tries.open("a") as file:
        file.write(".")
    if run.seed == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return run.seed


def test_the_others_finish_and_a_run_that_is_killed_each_time_is_named(signs, tmp_path):
    came = []
    jobs = [(replace(SMALL, seed=seed), signs, str(tmp_path)) for seed in (3, 4, 6, 7)]
    with pytest.raises(
        SignError, match=r"1 of 4 runs ended with their process, out of memory\? \(\w+, seed 3, toy \([0-9a-f]{16}\)\).*fewer WORKERS"
    ):
        side_by_side(dies, jobs, 2, each=lambda i, result: came.append((i, result)))
    assert sorted(came) == [(1, 4), (2, 6), (3, 7)]
    assert len((tmp_path / "3").read_text()) >= 2, "tried once more, alone"


WAITS = """
    import os, time, joblib
    from sslslr.learning.cluster import parallel

    def whose(_):
        time.sleep(0.2)
        return os.getpid()

    with parallel(2) as pool:
        print(*set(pool(joblib.delayed(whose)(i) for i in range(6))), flush=True)
        time.sleep(60)
"""


@pytest.mark.skipif(os.name != "posix", reason="a process of Windows is not told that its parent ended")
def test_a_worker_that_waits_for_its_next_job_ends_with_its_parent():
    parent = subprocess.Popen([sys.executable, "-c", textwrap.dedent(WAITS)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    workers = [int(pid) for pid in parent.stdout.readline().split()]
    parent.kill()
    parent.wait()
    assert workers and not psutil.wait_procs([psutil.Process(p) for p in workers if psutil.pid_exists(p)], timeout=30)[1]
