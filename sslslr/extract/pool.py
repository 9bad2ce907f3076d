"""Worker processes that can be lost without losing the batch, and that never outlive it.

Made here for two promises that no library gives together: a worker that dies (out of memory, a crash in native code) costs
the one clip it was at, and workers end when the parent is killed outright, after the file that they are writing. With
``concurrent.futures`` and joblib's loky one dead worker ends the batch; with pebble one does that dies while no other is at
a clip, say out of memory as it makes its graph.
"""

import multiprocessing
import os
import queue
import signal
import threading
from collections.abc import Callable, Generator, Iterable
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Any, TypeVar

from sslslr.errors import SignError

WRITING = threading.Lock()
"""Held while a result is written: a worker that must go finishes the file first."""

NOT_STARTED = (
    "the workers can't start (the first ended with status {}): too little memory for 430 MB each? "
    'In a script of your own, call this below `if __name__ == "__main__":`'
)


Job = TypeVar("Job")
Result = TypeVar("Result")


@dataclass
class Died:
    """Stands for the result of a job whose worker process ended; ``code`` as in ``Process.exitcode``."""

    code: int | None


def imap_unordered(
    make: Callable[[], Callable[[Job], Result]], jobs: Iterable[Job], workers: int
) -> Generator[tuple[Job, Result | Died], None, None]:
    """Yield (job, result) as they are done, from ``workers`` processes that each call ``make()`` once.

    Processes are spawned, not forked: MediaPipe hangs in a fork. ``make`` and the jobs must be picklable. A job whose
    worker died yields ``Died`` and isn't tried again; a new worker takes the place. Closing the iterator ends all workers.
    An exception out of ``make`` is raised here: no worker could do any job. So is a SignError when the first worker ends
    before it is ready.
    """
    waiting, started = iter(jobs), False
    running: dict[Connection, tuple[SpawnProcess, Job]] = {}
    try:
        for job in islice(waiting, workers):
            _start(make, job, running)
        while running:
            wait(list(running))
            for pipe in [p for p in running if p.poll()]:
                process, job = running[pipe]
                what, result = _receive(pipe)
                if what == "broken":
                    raise result
                if what == "ready":
                    started = True
                    continue
                following = next(waiting, None)
                if what == "done" and following is not None:
                    running[pipe] = (process, following)
                    _send(pipe, following)
                else:
                    del running[pipe]
                    pipe.close()  # the worker, if it lives, reads the end of its pipe and goes
                    process.join()
                if what == "died":
                    if not started:
                        raise SignError(NOT_STARTED.format(process.exitcode))
                    if following is not None:
                        _start(make, following, running)
                    result = Died(process.exitcode)
                yield job, result
    finally:
        for pipe in running:
            pipe.close()
        for process, _ in running.values():
            process.join()


def _start(make: Callable, job: Job, running: dict[Connection, tuple[SpawnProcess, Job]]) -> None:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_work, args=(make, theirs), daemon=True)
    process.start()
    theirs.close()
    running[ours] = (process, job)
    _send(ours, job)


def _send(pipe: Connection, job) -> None:
    with suppress(ConnectionError):  # the worker has died: the next receive says so
        pipe.send(job)


def _receive(pipe: Connection) -> tuple[str, Any]:
    """What a worker says (ready, done, broken) and its result; "died" where it can say nothing any more."""
    try:
        return pipe.recv()
    except (EOFError, ConnectionError):
        return "died", None


def _work(make: Callable[[], Callable], pipe: Connection) -> None:
    """A worker's life: jobs come through ``pipe``, and its end, also by the parent's death, is the worker's."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides
    jobs: queue.SimpleQueue = queue.SimpleQueue()

    def listen() -> None:
        try:
            while True:
                jobs.put(pipe.recv())
        except (EOFError, ConnectionError):
            with WRITING:
                os._exit(0)

    threading.Thread(target=listen, daemon=True).start()
    try:
        work = make()
    except Exception as error:
        pipe.send(("broken", error))
        return
    pipe.send(("ready", None))
    while True:
        pipe.send(("done", work(jobs.get())))
