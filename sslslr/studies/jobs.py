"""What a study is made of: jobs (a run, a question about it, where the answer belongs), and their answers as rows."""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from sslslr.clips.signs import Signs
from sslslr.learning import finetuning, store
from sslslr.learning.grid import side_by_side
from sslslr.learning.training import Run


@dataclass(frozen=True, eq=False)
class Job:
    """One question: ``task(run, signs, *rest)`` answers it with a dict; ``place``: the columns that say where the answer belongs."""

    task: Callable[..., dict]
    run: Run
    signs: Signs
    rest: tuple = ()
    place: dict = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The question's name, ``evaluation.evaluate``."""
        return f"{self.task.__module__.rpartition('.')[2]}.{self.task.__name__}"

    @property
    def runs(self) -> list[Run]:
        """The runs that the answer takes, in the order in which they are trained."""
        return [r for r in self.rest if isinstance(r, Run)] + [self.run]


def answer(run: Run, signs: Signs, task: Callable[..., dict], rest: tuple) -> dict:
    """The answer of one job, in the process that does it."""
    return task(run, signs, *rest)


def ask(jobs: Sequence[Job], workers: int = 0, title: str = "jobs", **how) -> list[dict]:
    """The answers of the jobs, in their order: side by side in local processes or on a Dask cluster, with one progress bar.

    ``how``: ``each`` and ``end`` of ``side_by_side``.
    """
    return side_by_side(answer, [(j.run, j.signs, j.task, j.rest) for j in jobs], workers, title, **how) if jobs else []


def epochs(job: Job) -> pd.DataFrame:
    """The metrics of each epoch of a job's run (see ``training.train``), trained if it is not yet."""
    if isinstance(job.run, finetuning.Tuning):
        return finetuning.fetch(job.run, job.signs, *job.runs[:-1]).metrics
    return store.fetch(job.run, job.signs).metrics


def rows(jobs: Sequence[Job], answers: Sequence[dict]) -> pd.DataFrame:
    """A row a job: its place and its answer."""
    return pd.DataFrame([job.place | found for job, found in zip(jobs, answers, strict=True)])


def follow(asking: Generator[Any, Any, Any], reply: Callable) -> Any:
    """What the generator ``asking`` returns in the end; each thing that it yields is answered with ``reply`` of it."""
    try:
        asked = next(asking)
        while True:
            asked = asking.send(reply(asked))
    except StopIteration as end:
        return end.value
