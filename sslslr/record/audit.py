"""The record held against the code: runs drawn at random are trained again from their rows, and every number is compared.

On the same kind of processor, with the same packages, a run's weights and all its numbers must be the same bit for bit; elsewhere
its numbers must lie within the measured tolerances (``record.tolerance``). A row of older code is found without training.
"""

import json
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from inspect import isgeneratorfunction
from pathlib import Path
from typing import cast

import torch

from sslslr.clips.signs import Signs
from sslslr.learning.finetuning import Tuning
from sslslr.learning.outdated import run_of
from sslslr.learning.store import key
from sslslr.learning.training import Run
from sslslr.methods.precision import resolve
from sslslr.profiles import Profile
from sslslr.provenance import KIND, packages, processor
from sslslr.record import rows, tolerance
from sslslr.record.recording import Recorded
from sslslr.record.tables import TABLES, Record, Row
from sslslr.record.tolerance import Told, Tolerances
from sslslr.studies import jobs as asking
from sslslr.studies.catalogue import STUDIES, Study
from sslslr.studies.inputs import Other
from sslslr.studies.jobs import Job

Opened = tuple[Profile, dict[str, Signs], Other]  # a profile, its corpora, and how they look with other inputs
SAME = ("corpus", "kind", "method", "views", "seed", "group", "settings", "versions", "data")  # of a run, whatever the processor
JOB = TABLES["jobs"].key_of


@dataclass
class Found:
    """What was found of one run: ``stale``, why today's code would not make it; ``wrong``: numbers that do not agree; ``numbers``
    were compared, ``strict``: bit for bit, else within ``tolerance``; ``close``: what is wrong would pass on another processor;
    ``sure``: that it was made on one of this kind, and not just of this name."""

    run: str
    what: str
    stale: str = ""
    wrong: list[Told] = field(default_factory=list)
    numbers: int = 0
    strict: bool = True
    close: bool = False
    sure: bool = True

    @property
    def good(self) -> bool:
        """Whether it stands."""
        return not (self.stale or (self.wrong and not self.elsewhere))

    @property
    def elsewhere(self) -> bool:
        """Whether its numbers are those of another kind of processor, on which it may have been made."""
        return bool(self.wrong) and self.close and not self.sure

    def words(self) -> str:
        """A line for the run, and one for each number that does not agree."""
        head = f"{self.run}  {self.what}"
        if self.stale:
            return f"STALE   {head}: {self.stale}; make record makes it anew"
        if not self.wrong:
            return f"agrees  {head}: {self.numbers} numbers {'and the weights, bit for bit' if self.strict else 'within tolerance'}"
        if self.elsewhere:
            return f"agrees  {head}: {self.numbers} numbers within tolerance (the record has only the name of its processor)"
        lines = [f"FAILED  {head}:"] + [f"          {name}: recorded {told(a)}, made anew {told(b)}" for name, a, b in self.wrong]
        if self.close:
            lines.append("          (its numbers lie within the tolerance between two kinds of processors, if not bit for bit)")
        return "\n".join(lines)


def told(value: object) -> str:
    """A value of the record for readers, long ones cut."""
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def stale(record: Record, found: dict[str, list[Row]]) -> dict[str, str]:
    """Why today's code would not make them again, of the runs that it would not; nothing is trained."""
    said = {run: next(filter(None, (rows.stale(record, run, r["answer"]) for r in its)), "") for run, its in found.items()}
    return {run: why for run, why in said.items() if why}


class _Unknown(Exception):
    """What a study asks next depends on an answer that is not in the record."""


@dataclass(kw_only=True)
class _Walk(Recorded):
    """Walks studies without training: the job and the names of its answer for each place in them."""

    jobs: dict[tuple, tuple[tuple[str, str], Job]] = field(default_factory=dict)

    def answers(self, study: Study, asked: list[Job]) -> list[dict]:
        out = []
        for i, job in enumerate(asked):
            names = self.names(study, i, job)
            self.jobs[JOB(self.place(study, i, job, names))] = names, job
            out.append(rows.answer_of(self.record, *names) if names in self.record["answers"] else {})
        if not all(out) and (study.gives or isgeneratorfunction(study.jobs)):
            raise _Unknown
        return out

    def table(self, study: Study, asked: list[Job], answers: list[dict]):
        return study.rows(asked, answers) if study.gives else None

    def walk(self, row: Row, settings: dict) -> None:
        """The study of a row of ``jobs``, with options that ask for it."""
        study, place = STUDIES[row["study"]], json.loads(row["place"])
        options = {o: place[o] for o in study.changes if o in place}
        if "seeds" in study.options:
            options["seeds"] = place["repeat"] // min(self.profile.repeats, self.profile.real_repeats) + 1
        if "methods" in study.options:
            options["methods"] = tuple(dict.fromkeys([*study.options["methods"], settings["method"]]))
        if "search" in study.options:
            options["search"] = "all"
        with suppress(_Unknown):
            self.ask(study.name, **options)


class Auditor:
    """Examines runs of ``record`` on the data set that it calls ``dataset``; ``opened(profile)`` loads its corpora, once a profile.

    ``tolerances``: between kinds of processors; ``workers`` processes train.
    """

    def __init__(
        self, record: Record, dataset: str, opened: Callable[[str], Opened], tolerances: Tolerances | None = None, workers: int = 0
    ):
        self.record, self.dataset, self.opened, self.workers = record, dataset, opened, workers
        self._given = tolerances
        self._walks: dict[str, _Walk] = {}

    @cached_property
    def tolerances(self) -> Tolerances:
        """Between kinds of processors; read where a run was made on another kind, or something does not agree."""
        return self._given or tolerance.load()

    def examine(self, chosen: Sequence[str], found: dict[str, list[Row]]) -> list[Found]:
        """Train these runs again, in a run store of their own, and compare all that the record says of them."""
        out = {run: Found(run, self.what(found[run]), strict=self.strict(run), sure=self.sure(run)) for run in chosen}
        for run, why in stale(self.record, {run: found[run] for run in chosen}).items():
            out[run].stale = why
        asked: list[tuple[str, Row, Job]] = []
        for run in (run for run in chosen if out[run].good):
            for row in found[run]:
                job, why = self.job(row)
                if job:
                    asked.append((run, row, job))
                else:
                    out[run].wrong.append((f"its place in {row['study']}", row["place"], why))
        with _elsewhere() as folder:
            fresh = Record(folder / "record")
            asking.ask([job for _, _, job in asked], self.workers, "audit")
            for run, row, job in asked:
                rows.add(fresh, job, curves=True)
                self.compare(out[run], fresh, row, job)
        return list(out.values())

    def what(self, its: list[Row]) -> str:
        """A run for readers."""
        row = self.record["runs"][its[0]["run"],]
        studies = ", ".join(dict.fromkeys(r["study"] for r in its))
        return f"{row['corpus']}, {row['method']}, {row['views']}, seed {row['seed']} ({studies})"

    def strict(self, run: str) -> bool:
        """Whether it was made on a processor of this name with these packages; of a run that needs no training, whether the others were."""
        if self.as_fp32(run):
            return False
        alike = (processor(), processor().partition(KIND)[0])
        here, device = packages(), torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu"
        return all(
            r["processor"] in alike and r["device"] == device and here.items() <= json.loads(r["packages"]).items() for r in self.made(run)
        )

    def sure(self, run: str) -> bool:
        """Whether the record says which of the processors of one name it was made on."""
        return all(r["processor"] == processor() for r in self.made(run))

    def made(self, run: str) -> list[Row]:
        """The row that says where a run was made; of one that needs no training, those of the others."""
        row = self.record["runs"][run,]
        return [row] if row["processor"] else [r for r in self.record["runs"].values() if r["processor"]]

    def job(self, row: Row) -> tuple[Job | None, str]:
        """The job of a row of ``jobs`` with its settings as the record has them; or None, and why there is none."""
        settings = json.loads(self.record["runs"][row["run"],]["settings"])
        walk = self._walks.get(row["profile"])
        if not walk:
            profile, corpora, other = self.opened(row["profile"])
            walk = _Walk(profile=profile, corpora=corpora, dataset=self.dataset, record=self.record, other=other)
            self._walks[row["profile"]] = walk
        if JOB(row) not in walk.jobs:
            walk.walk(row, settings)
        if JOB(row) not in walk.jobs:
            return None, "no study of today asks this of the data at hand"
        names, job = walk.jobs[JOB(row)]
        if names != (row["run"], row["answer"]):
            data = json.loads(self.record["runs"][row["run"],]["data"])["fingerprint"]
            why = "" if job.signs.fingerprint == data else " (the data at hand are not those of the record)"
            return None, f"run {names[0]}, answer {names[1]}{why}"
        run, start = self._run(row["run"]), settings.get("start", "")
        rest = tuple(self._run(start) if isinstance(r, Run) else r for r in job.rest)
        if start and self.as_fp32(row["run"]):
            run = replace(
                cast(Tuning, run), start=key(self._run(start).fitted(job.signs), job.signs)
            )  # a fine-tuning names the run that it starts from
        return replace(job, run=run, rest=rest), ""

    def as_fp32(self, run: str) -> bool:
        """Whether a run in bf16 is made again in fp32: where the processor has no bf16, it would take it ten to a hundred times as long."""
        recorded = json.loads(self.record["runs"][run,]["settings"])["precision"]
        return recorded == "bf16" and resolve("auto") == "fp32"

    def _run(self, name: str) -> Run:
        run = run_of(json.loads(self.record["runs"][name,]["settings"]))
        return replace(run, precision="fp32") if self.as_fp32(name) else run

    def compare(self, found: Found, fresh: Record, row: Row, job: Job) -> None:
        """All that the record says of a job's runs and answer against what was made anew; what differs is added to ``found``."""
        how = Tolerances() if found.strict else self.tolerances
        clips = len(job.signs.part("val" if "val" in job.rest else "test"))
        precision = tolerance.AS_FP32 if self.as_fp32(row["run"]) else job.run.precision
        pairs = list(self.pairs(fresh, row, job, found.strict))
        for name, a, b, of in pairs:
            found.numbers += count(a)
            about = (name, a, b, of or clips, precision)
            if wrong := [w for w in tolerance.differences(*about, how) if w not in found.wrong]:
                near = not any(tolerance.differences(*about, self.tolerances)) or name == "weights"
                found.close = near and (found.close or not found.wrong)
                found.wrong += wrong

    def pairs(self, fresh: Record, row: Row, job: Job, strict: bool) -> Iterator[tuple[str, object, object, int]]:
        """Name, value of the record, value made anew, and of how many clips (0: as many as are probed)."""
        recorded = [row["run"], *filter(None, [json.loads(self.record["runs"][row["run"],]["settings"]).get("start")])]
        anew = [key(run.fitted(job.signs), job.signs) for run in reversed(job.runs)]
        same = [c for c in SAME if not (self.as_fp32(row["run"]) and c in ("settings", "versions"))]
        for run, its in zip(recorded, anew, strict=True):
            old, new = self.record["runs"][run,], fresh["runs"][its,]
            of = "" if run == row["run"] else f"start {run}, "
            yield from ((of + c, old[c], new[c], 0) for c in same)
            if strict:
                yield of + "weights", old["weights"], new["weights"], 0
            yield f"{of}epoch", json.loads(old["last"]), json.loads(new["last"]), 0
            if old["epochs"]:
                yield from _long(f"{of}epoch", self.record.long("runs", (run,)), fresh.long("runs", (its,)))
        names, those = (row["run"], row["answer"]), rows.named(job)
        old, new = self.record["answers"][names], fresh["answers"][those]
        yield from ((c, old[c], new[c], 0) for c in ("question", "versions"))
        yield job.name, json.loads(old["values"]), json.loads(new["values"]), 0
        parts = self.record.long("answers", names)
        yield from _long("classes" if parts and "label" in parts[0] else "points", parts, fresh.long("answers", those))


def _long(name: str, old: list[Row], new: list[Row]) -> Iterator[tuple[str, object, object, int]]:
    yield f"rows of {name}", len(old), len(new), 0
    yield from ((name, _numbers(one), _numbers(other), int(one.get("clips") or 0)) for one, other in zip(old, new, strict=False))


def count(value: object) -> int:
    """Numbers in a JSON value."""
    if isinstance(value, dict | list):
        return sum(map(count, value.values() if isinstance(value, dict) else value))
    return int(isinstance(value, int | float))


def _numbers(row: Row) -> dict:
    return {k: json.loads(v) if v else None for k, v in row.items() if k not in ("run", "answer")} | {"epoch": row.get("epoch")}


@contextmanager
def _elsewhere() -> Iterator[Path]:
    """An empty run store for a while: nothing that was trained before may answer."""
    with tempfile.TemporaryDirectory() as folder, _set("SSLSLR_RUNS", f"{folder}/runs"):
        yield Path(folder)


@contextmanager
def _set(name: str, value: str) -> Iterator[None]:
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before
