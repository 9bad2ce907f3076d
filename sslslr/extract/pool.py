"""Worker processes that can be lost without losing the batch, and that never outlive it.

Made here, not taken from ``concurrent.futures``, for two promises that it doesn't give: a worker that dies (out of
memory, a crash in native code) costs the one clip it was at, and workers end when the parent is killed outright.
"""

import multiprocessing
import os
import queue
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait

from sslslr.errors import SignError

WRITING = threading.Lock()
"""Held while a result is written: a worker that must go finishes the file first."""

NOT_STARTED = (
    "the workers can't start (the first ended with status {}): too little memory for 430 MB each? "
    'In a script of your own, call this below `if __name__ == "__main__":`'
)


@dataclass
class Died:
    """Stands for the result of a job whose worker process ended; ``code`` as in ``Process.exitcode``."""

    code: int


def imap_unordered(make: Callable[[], Callable], jobs: Iterable, workers: int) -> Iterator[tuple[object, object]]:
    """Yield (job, result) as they are done, from ``workers`` processes that each call ``make()`` once.

    Processes are spawned, not forked: MediaPipe hangs in a fork. ``make`` and the jobs must be picklable. A job whose
    worker died yields ``Died`` and isn't tried again; a new worker takes the place. Closing the iterator ends all workers.
    An exception out of ``make`` is raised here: no worker could do any job. So is a SignError when the first worker ends
    before it is ready.
    """
    context = multiprocessing.get_context("spawn")
    jobs, running, started = iter(jobs), {}, False

    def start(job) -> None:
        ours, theirs = context.Pipe()
        process = context.Process(target=_work, args=(make, theirs), daemon=True)
        process.start()
        theirs.close()
        running[ours] = (process, job)
        send(ours, job)

    def send(pipe: Connection, job) -> None:
        try:
            pipe.send(job)
        except (BrokenPipeError, ConnectionError):
            pass  # the worker has died: the next recv says so

    try:
        for _ in range(workers):
            if (job := next(jobs, None)) is not None:
                start(job)
        while running:
            for pipe in wait(list(running)):
                process, job = running[pipe]
                try:
                    what, result = pipe.recv()
                except (EOFError, ConnectionError):
                    process.join()
                    del running[pipe]
                    pipe.close()
                    if not started:
                        raise SignError(NOT_STARTED.format(process.exitcode)) from None
                    if (following := next(jobs, None)) is not None:
                        start(following)
                    yield job, Died(process.exitcode)
                    continue
                if what == "broken":
                    raise result
                started = True
                if what == "ready":
                    continue
                if (following := next(jobs, None)) is not None:
                    running[pipe] = (process, following)
                    send(pipe, following)
                else:
                    del running[pipe]
                    pipe.close()  # the worker reads the end of its pipe and goes
                    process.join()
                yield job, result
    finally:
        for pipe in running:
            pipe.close()
        for process, _ in running.values():
            process.join()


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
