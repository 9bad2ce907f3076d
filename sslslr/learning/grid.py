"""Many runs side by side: local processes of one thread each, or a Dask cluster."""

import math
import multiprocessing
import os
import threading
import time
import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import joblib
import torch
from joblib.externals.loky import get_reusable_executor
from joblib.externals.loky.process_executor import TerminatedWorkerError
from threadpoolctl import threadpool_limits

from sslslr import paths
from sslslr.errors import SignError
from sslslr.learning import cluster
from sslslr.learning.store import OutOfTime, key, until
from sslslr.methods.precision import keep_memory
from sslslr.progress import track


def at_once() -> int:
    """Runs at a time where nobody says: one a GPU, whose memory a run of the paper's size fills, else one a core."""
    return torch.cuda.device_count() or joblib.cpu_count()


def side_by_side(
    task: Callable,
    jobs: Sequence[tuple],
    workers: int = 0,
    title: str = "runs",
    each: Callable[[int, Any], None] | None = None,
    end: float = math.inf,
) -> list:
    """``[task(*job) for job in jobs]`` in parallel processes of one thread each, with one progress bar over epochs.

    A job's first argument is a Run and its second the Signs it trains on. ``workers=0`` means ``at_once()``; a Dask
    cluster takes the place of local processes where ``sslslr.learning.cluster`` is told of one. Results keep the order of
    ``jobs``; the first error stops the study and is raised, finished runs stay in the store. A run whose process is killed is tried
    again alone; if that is killed too, the others are finished and a SignError names it. ``each(i, result)`` is called as results
    come, in their order. After ``end`` (seconds, as ``time.time()``) nothing begins, runs stop after their epoch, and what
    is not done is None.
    """
    workers = min(workers or at_once(), max(1, len(jobs)))
    folders = [paths.runs() / key(run.fitted(signs), signs) for run, signs, *_ in jobs]
    epochs = [max(1, run.epochs) for run, *_ in jobs]
    done = [False] * len(jobs)
    out: list = [None] * len(jobs)
    left, lost = list(range(len(jobs))), []

    def words(i: int) -> tuple:
        return task, paths.runs(), paths.cache(), end, *jobs[i]

    def came(i: int, result) -> None:
        left.remove(i)
        out[i], done[i] = result, result is not None
        if each and result is not None:
            each(i, result)

    keep_memory()
    bar = track(total=sum(epochs), desc=title, unit="epoch", mininterval=1, ends=f"{len(jobs)} run{'s' * (len(jobs) != 1)}")
    with bar, _Watch(bar, folders, epochs, done):
        while left:
            try:
                with cluster.parallel(workers) as pool:
                    asked = list(left)
                    for i, result in zip(asked, pool(joblib.delayed(_alone)(*words(i)) for i in asked), strict=True):
                        came(i, result)
            except TerminatedWorkerError:  # killed, as where memory is short; by which run is not said: those in question go alone
                for i in left[: 2 * workers]:
                    try:
                        with get_reusable_executor(
                            max_workers=1, kill_workers=True, initializer=cluster.mortal, initargs=(os.getpid(),)
                        ) as own:
                            came(i, own.submit(_alone, *words(i)).result())
                    except TerminatedWorkerError:
                        left.remove(i)
                        lost.append(f"{jobs[i][0].method}, seed {jobs[i][0].seed}, {jobs[i][1].name} ({folders[i].name})")
    if lost:
        some = "; ".join(lost[:3]) + ("; ..." if len(lost) > 3 else "")
        raise SignError(
            f"{title}: {len(lost)} of {len(jobs)} runs ended with their process, out of memory? ({some}); the others are done: "
            "make room or take fewer WORKERS, and the same command goes on"
        )
    return out


def _alone(task: Callable, runs: Path, cache: Path, end: float, *job):
    if time.time() >= end:
        return None
    os.environ["SSLSLR_RUNS"], os.environ["SSLSLR_CACHE"] = str(runs), str(cache)
    torch.set_num_threads(1)
    if torch.cuda.is_available():  # workers are numbered from 1: each takes its own GPU
        number = multiprocessing.current_process().name.rpartition("-")[2]
        torch.cuda.set_device(int(number) % torch.cuda.device_count() if number.isdigit() else 0)
    warnings.filterwarnings("ignore", "The number of unique classes is greater", UserWarning)  # few labels: one clip a gloss
    with threadpool_limits(1), suppress(OutOfTime), until(end):  # the probes', whose numbers differ with their threads
        return task(*job)
    return None


class _Watch(threading.Thread):
    """Moves the bar by the epochs that the runs' folders show, every half second."""

    def __init__(self, bar, folders, epochs, done):
        super().__init__(daemon=True)
        self.bar, self.folders, self.epochs, self.done, self.stop = bar, folders, epochs, done, threading.Event()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.join()
        self._look()

    def run(self):
        while not self.stop.wait(0.5):
            self._look()

    def _look(self):
        at = 0
        for folder, epochs, done in zip(self.folders, self.epochs, self.done, strict=True):
            with suppress(OSError, ValueError):
                at += epochs if done or (folder / "provenance.json").exists() else int((folder / "progress").read_text())
        if at > self.bar.n:
            self.bar.update(at - self.bar.n)
