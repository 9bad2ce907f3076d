"""Runs go to a Dask cluster as they go to local processes; a worker that dies loses no run and doubles none."""

import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace

import pytest
from conftest import make_signs

from sslslr import paths, profiles
from sslslr.commands import main
from sslslr.errors import SignError
from sslslr.learning import cluster
from sslslr.learning import store as runs
from sslslr.studies import comparison, evaluation
from sslslr.studies.corpora import split
from sslslr.studies.jobs import Job, ask


@pytest.fixture
def jobs():
    profile = replace(profiles.load("smoke"), epochs=30, batch=8, encoder={"blocks": 1, "width": 16, "heads": 2})
    signs = split(replace(make_signs(72, signers=6), split=make_signs(72).split.astype("<U5")), profile, 0)[0]
    return [
        Job(evaluation.evaluate, comparison.run_of(m, "boundary", profile, r), signs, (m,))
        for r in range(2)
        for m in ("simclr", "slfpn", "simsiam")
    ]


def kill_in_the_middle(pids, stop):
    """Kill the first worker as soon as some run has some epochs behind it and is not done."""
    while not stop.wait(0.02):
        for progress in paths.runs().glob("*/progress"):
            if 1 <= int(progress.read_text() or 0) < 25:
                os.kill(pids[0], signal.SIGKILL)
                return


def test_a_worker_killed_in_the_middle_of_a_grid_loses_no_run_and_doubles_none(jobs, monkeypatch):
    from distributed import Client, LocalCluster

    with LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, memory_limit=0) as local:
        monkeypatch.setenv(cluster.SCHEDULER, "dask://" + local.scheduler_address.removeprefix("tcp://"))
        with Client(local) as client:
            pids = list(client.run(os.getpid).values())
            stop = threading.Event()
            killer = threading.Thread(target=kill_in_the_middle, args=(pids, stop))
            killer.start()
            rows = ask(jobs, title="grid")
            stop.set()
            killer.join()
            now = list(client.run(os.getpid).values())
    assert pids[0] not in now, "nobody was killed: the test showed nothing"
    assert len(rows) == len(jobs) and len(list(paths.runs().glob("*/provenance.json"))) == len(jobs)
    assert not list(paths.runs().glob("*/state.safetensors"))
    monkeypatch.delenv(cluster.SCHEDULER)
    assert [job.task(job.run, job.signs, *job.rest) for job in jobs] == rows, "the order of the jobs, and nothing to do again"
    for job in jobs:
        assert list(runs.fetch(job.run, job.signs).metrics["epoch"]) == list(range(1, 31))


@pytest.mark.parametrize("address", ["tcp://here:1", "dask://", "dask://nobody"])
def test_what_is_no_address_is_refused(address, monkeypatch):
    monkeypatch.setenv(cluster.SCHEDULER, address)
    with pytest.raises(SignError, match="expected dask://host:port"), cluster.parallel(2):
        pass


def test_a_silent_address_is_named(monkeypatch):
    monkeypatch.setenv(cluster.SCHEDULER, "dask://127.0.0.1:9")
    monkeypatch.setattr("distributed.Client.__init__", lambda *_, **__: (_ for _ in ()).throw(OSError("refused")))
    with pytest.raises(SignError, match="no Dask scheduler answers"), cluster.parallel(2):
        pass


def test_the_job_script_asks_slurm_for_what_was_said(capsys):
    words = ["slurm", "--script", "--memory", "6GB", "--walltime", "02:00:00", "--queue", "gpu", "--gpus", "1"]
    assert main(["cluster", *words]) == 0
    script = capsys.readouterr().out
    for line in (
        "#SBATCH -p gpu",
        "#SBATCH -t 02:00:00",
        "#SBATCH --mem=6G",
        "#SBATCH --gres=gpu:1",
        "--nthreads 1",
        "export OMP_NUM_THREADS=1",
    ):
        assert line in script, script


def test_the_printed_command_names_a_cluster_that_answers(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-m", "sslslr", "cluster", "local", "--workers", "1"],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        line = process.stdout.readline()
        assert line.startswith("make reproduce SCHEDULER=dask://")
        address = line.split("dask://")[1].strip()
        from distributed import Client

        deadline = time.monotonic() + 60
        with Client(f"tcp://{address}", timeout=30) as client:
            while not client.scheduler_info()["workers"] and time.monotonic() < deadline:
                time.sleep(0.2)
            assert client.submit(sum, [1, 2]).result(timeout=30) == 3
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
