"""Say what a reproduction will take before it starts: runs, FLOPs, time, memory, disk.

It walks the catalogue of studies, as the notebooks do, with the answers that are kept, or a blank, in place of training.
"""

import json
import math
import shlex
from collections import defaultdict
from dataclasses import dataclass, field

import psutil
import torch

from sslslr import paths, profiles
from sslslr.claims.judge import CLAIMS
from sslslr.commands import Parser, overhead, processes, sizes
from sslslr.commands import costs as unit_costs
from sslslr.commands.costs import Units
from sslslr.learning.grid import at_once
from sslslr.learning.store import key
from sslslr.learning.training import Run
from sslslr.methods.precision import resolve
from sslslr.record.rows import answer_of
from sslslr.record.tables import Record
from sslslr.report.notebooks import notebooks
from sslslr.studies import evaluation, tuning
from sslslr.studies.catalogue import STUDIES, Asked, Study
from sslslr.studies.jobs import Job

SUSTAINED = 1e14  # FLOP/s that the last column is worked out for


@dataclass(frozen=True, eq=False)
class Planned:
    """A job in the plan of a notebook's table; ``new``: none before it asks the same; ``ask``: nor is the answer kept already."""

    notebook: str
    table: str
    job: Job
    new: bool
    ask: bool


@dataclass
class Plan(Asked):
    """Everything that the notebooks will ask for on these corpora, in their order; trains nothing and writes nothing.

    ``jobs``: each question, and whether it is new and still to be answered.  ``trainings``: key -> (first job that needs it,
    run), ``left`` epochs of each. What ``record`` answers takes nothing.
    """

    jobs: list[Planned] = field(default_factory=list)
    trainings: dict[str, tuple[Planned, Run]] = field(default_factory=dict)
    left: dict[str, int] = field(default_factory=dict)
    record: Record | None = None

    def walk(self) -> "Plan":
        """Plan every study of the catalogue."""
        self.files: set = set()
        for study in STUDIES.values():
            self.notebook = study.notebooks[0]
            self.ask(study.name)
        return self

    def answers(self, study: Study, asked: list[Job]) -> list[dict]:
        """What is kept of the answers, blanks for the others."""
        return [self.answer(study, job) for job in asked]

    def answer(self, study: Study, job: Job) -> dict:
        """The kept answer or a blank; the job is noted where it asks something new or its study is the notebook's own."""
        with evaluation.looking() as files:
            try:
                row, kept = job.task(job.run, job.signs, *job.rest), True
            except evaluation.NotKept:
                row, kept = blank(job.run), False
        names = files[0].parent.name, files[0].stem.removeprefix("answer-")
        if served := self.record if self.record and names in self.record["answers"] else None:
            row, kept = answer_of(served, *names), True
        new = not self.files.issuperset(files)
        self.files.update(files)
        if new or self.notebook in study.notebooks:
            self.note(Planned(self.notebook, study.name, job, new, new and not kept), bool(served))
        return row

    def note(self, one: Planned, served: bool = False) -> None:
        """Add a job, and the runs that it is the first to need; of one that is ``served`` they need not be trained."""
        self.jobs.append(one)
        for run in one.job.runs:
            name = key(run.fitted(one.job.signs), one.job.signs)
            self.trainings.setdefault(name, (one, run))
            self.left[name] = self.left.get(name, 0) if served else max(0, run.epochs - done(name, run))

    def table(self, study: Study, asked: list[Job], answers: list[dict]):
        """Only of what other studies need: there is nothing else to see in blanks."""
        return study.rows(asked, answers) if study.gives else None


def blank(run: Run) -> dict:
    """What others read off an answer that nobody has yet.

    Validation accuracy peaks at the paper's 1/3 and 1/4, and at the middle rate of three, so that Algorithm 1 and the search of
    settings end where one expects them to.
    """
    alpha, beta = {"none": (0, 0), "whole": (1, 1)}.get(run.views.name, (run.views.alpha, run.views.beta))
    peak = -abs(math.log10(run.optimiser.rate / tuning.RATES[1]))
    return {"linear_standardised_top1": peak, "test_clips": 0, "top1": 0.0, "val": 1 - abs(alpha - 1 / 3) - abs(beta - 1 / 4)}


def done(name: str, run: Run) -> int:
    """Epochs of a run that are in the store."""
    folder = paths.runs() / name
    if (folder / "provenance.json").exists():
        return run.epochs
    told = (folder / "progress").read_text(errors="replace") if (folder / "progress").exists() else ""
    return int(told) if told.isdecimal() else 0


@dataclass
class Row:
    """One table: trainings and answers in all and still to be done, FLOPs, processor seconds in all and still to come."""

    notebook: str
    table: str
    trainings: int = 0
    left: int = 0
    answers: int = 0
    asked: int = 0
    flops: float = 0.0
    seconds: float = 0.0
    coming: float = 0.0
    disk: float = 0.0


@dataclass
class Estimate:
    """A plan with its costs: ``rows`` by table; ``notebooks``: minutes of each on ``workers`` processes, in all and still to come."""

    rows: list[Row]
    notebooks: dict[str, tuple[float, float]] = field(default_factory=dict)
    memory: float = 0.0
    notes: list[str] = field(default_factory=list)


def costs(plan: Plan, units: Units) -> list[Row]:
    """The plan's tables with their costs. A training counts where it is needed first."""
    rows: dict[tuple, Row] = {}

    def row(one: Planned) -> Row:
        return rows.setdefault((one.notebook, one.table), Row(one.notebook, one.table))

    for one in plan.jobs:
        own = row(one)
        if one.new:
            seconds = unit_costs.seconds_of(units, one.job)
            own.answers, own.asked = own.answers + 1, own.asked + one.ask
            own.seconds, own.coming = own.seconds + seconds, own.coming + seconds * one.ask
    for name, (one, run) in plan.trainings.items():
        own = row(one)
        if run.epochs:
            step = unit_costs.step_of(units, run, one.job.signs)
            clips = unit_costs.clips_of(one.job.signs, "train")
            epoch, left = clips * step.seconds + step.epoch, plan.left[name]
            own.trainings, own.left = own.trainings + 1, own.left + (left > 0)
            own.flops += run.epochs * clips * step.flops
            own.seconds, own.coming = own.seconds + run.epochs * epoch, own.coming + left * epoch
            own.disk += step.weights
    return sorted(rows.values(), key=lambda r: r.notebook)


def estimate(plan: Plan, workers: int, units: Units, besides: overhead.Overhead) -> Estimate:
    """Everything together; minutes on ``workers`` processes."""
    out, profile = Estimate(costs(plan, units)), plan.profile
    work: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for row in out.rows:
        work[row.notebook][0] += row.seconds / workers
        work[row.notebook][1] += row.coming / workers
    slowest = max((s.seconds * profile.batch for s in units.steps.values()), default=0.0)
    for path in notebooks():
        own = besides.seconds(path, profile, path.name[:2] in work, slowest)
        total, coming = work[path.name[:2]]
        out.notebooks[path.stem] = ((total + own) / 60, (coming + own) / 60)
    largest = max(units.steps.values(), key=lambda s: s.kept_mb)
    out.memory = largest.kept_mb * profile.batch / 1e3 + largest.resident / 1e9 + 0.45
    if scaled := [s for s in units.steps.values() if s.batch < profile.batch]:
        out.notes.append(
            f"a step of batch {profile.batch} takes too long here: measured with {min(s.batch for s in scaled)} clips and scaled"
        )
    if units.scaled:
        out.notes.append(
            "probes measured on 240 clips of 40 glosses and scaled by clips x glosses: an upper bound, since they stop at 300 iterations"
        )
    return out


def took(dataset: str, profile: str) -> dict[str, dict]:
    """Seconds and trainings of each executed notebook of a reproduction, as ``sslslr.commands.reproduce`` noted them."""
    found = {}
    for path in sorted((paths.results(dataset, profile) / "notebooks").glob("*.ipynb")):
        try:
            found[path.stem] = json.loads(path.read_text(encoding="utf-8"))["metadata"]["sslslr"]
        except (OSError, ValueError, KeyError):
            continue
    return {name: about for name, about in found.items() if "seconds" in about}


def duration(seconds: float) -> str:
    """Seconds for readers: ``45 s``, ``12 min``, ``3.4 h``, ``12 days``, ``3.1 years``."""
    units = (("years", 365 * 86400, 1), ("days", 86400, 0 if seconds > 10 * 86400 else 1), ("h", 3600, 1), ("min", 60, 1))
    for unit, size, digits in units:
        if seconds >= 1.5 * size:
            return f"{seconds / size:,.{digits}f} {unit}"
    return f"{seconds:.0f} s"


def flop(value: float) -> str:
    """FLOPs for readers, in powers of a thousand."""
    for name, size in (("EFLOP", 1e18), ("PFLOP", 1e15), ("TFLOP", 1e12)):
        if value >= size:
            return f"{value / size:,.1f} {name}"
    return f"{value / 1e9:.1f} GFLOP"


def tell(out: Estimate, workers: int, done: dict[str, dict]) -> str:
    """The plan as text."""
    head = f"{'':3}{'table':22}{'trainings':>10}{'to do':>7}{'answers':>9}{'to do':>7}{'work':>14}{'here':>12}{'to come':>12}{'at 100 TFLOP/s':>16}"
    lines = [head]
    for r in [*out.rows, total(out.rows)]:
        line = f"{r.notebook:3}{r.table:22}{r.trainings:>10,}{r.left:>7,}{r.answers:>9,}{r.asked:>7,}{flop(r.flops):>14}"
        lines.append(line + f"{duration(r.seconds / workers):>12}{duration(r.coming / workers):>12}{duration(r.flops / SUSTAINED):>16}")
    lines += ["", f"{'notebook':36}{'planned':>12}{'to come':>12}{'took':>10}"]
    for name, (whole, coming) in out.notebooks.items():
        about = done.get(name)
        seen = f"{duration(about['seconds']):>10}   {about.get('trainings', 0)} trainings were made in it" if about else f"{'-':>10}"
        lines.append(f"{name:36}{duration(60 * whole):>12}{duration(60 * coming):>12}{seen}")
    whole, coming = (sum(m[i] for m in out.notebooks.values()) for i in (0, 1))
    executed = [n for n in out.notebooks if n in done]
    lines.append(f"{'all':36}{duration(60 * whole):>12}{duration(60 * coming):>12}")
    if executed:
        planned_for, real = sum(out.notebooks[n][0] for n in executed), sum(done[n]["seconds"] for n in executed) / 60
        lines.append(
            f"of the {len(executed)} executed: planned {planned_for:.1f} min, took {real:.1f} min ({100 * (planned_for / real - 1):+.0f} %)"
        )
    return "\n".join(lines)


def by_claim(rows: list[Row], workers: int) -> str:
    """What the tables of each notebook take whose claims are decided there; trainings that notebooks share count where they come first."""
    whose: dict[str, list[str]] = defaultdict(list)
    for claim in CLAIMS:
        whose[claim.notebook].append(claim.id)
    lines = []
    for notebook, ids in sorted(whose.items()):
        if own := [r for r in rows if r.notebook == notebook]:
            said = f"{duration(sum(r.seconds for r in own) / workers)}, to come {duration(sum(r.coming for r in own) / workers)}"
            lines.append(f"notebook {notebook} decides {', '.join(ids)}: {said}")
    return "\n".join(lines)


def total(rows: list[Row]) -> Row:
    """The sum of all tables."""
    out = Row("", "all")
    for name in ("trainings", "left", "answers", "asked", "flops", "seconds", "coming", "disk"):
        setattr(out, name, sum(getattr(r, name) for r in rows))
    return out


def main(arguments: list[str]) -> int:
    """Run the command; returns 0."""
    parser = Parser(__name__, __doc__)
    parser.add_argument("--dataset", default="synthetic")
    parser.add_argument("--profile", default="quick")
    parser.add_argument("--data", default="", help="folder of the data set; without it the published sizes count")
    parser.add_argument("--option", action="append", default=[], metavar="NAME=VALUE", help="how the data set is read")
    parser.add_argument("--workers", type=processes, default=0, help="processes; default: one a core, or one a GPU")
    options = parser.parse_args(arguments)
    profile = profiles.load(options.profile)
    asked = (profile, options.dataset, options.data, shlex.join(options.option))
    signs, words = sizes.data_of(*asked)
    cuda = torch.cuda.is_available()
    workers = options.workers or at_once()
    device = torch.cuda.get_device_name() if cuda else f"CPU, {workers} processes of one thread; no GPU is here"
    print(f"plan: {options.dataset}, profile {profile.name}: {words}\non: {device}, {resolve(profile.precision)}", flush=True)
    plan = Plan(profile, signs, other=sizes.other(signs, *asked), record=Record() if profile.recorded else None).walk()
    print(f"{len(plan.jobs):,} jobs, {len(plan.trainings):,} runs; measuring a few steps of each kind ...", flush=True)
    units = unit_costs.units(plan, workers)
    out = estimate(plan, workers, units, overhead.measured(units.opened))
    print("\n" + tell(out, workers, took(options.dataset, profile.name)) + "\n\n" + by_claim(out.rows, workers))
    one = next(iter(signs.values()))
    packed = sum(s.landmarks.size for s in signs.values()) * (2 if one.kind == "real" else 0)
    there = (torch.cuda.mem_get_info()[1] if cuda else psutil.virtual_memory().total) / 1e9
    disk, resident = sum(r.disk for r in out.rows), max(0, len(plan.trainings))
    print(
        f"\nmemory: {out.memory:.1f} GB a process (batch {profile.batch}), {workers} at once, where the {'GPU' if cuda else 'machine'} has {there:.0f}; ",
        end="",
    )
    print(f"disk: {disk / 1e9:.2f} GB of weights of {resident:,} runs" + (f", {packed / 1e9:.2f} GB of packed landmarks" if packed else ""))
    stops = "Algorithm 1 is assumed to stop where the paper's did, unless the store knows better"
    print("".join(f"- {note}\n" for note in (*out.notes, stops, "FLOPs: matrix products, forward and backward")), end="")
    return 0
