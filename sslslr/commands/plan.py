"""``python -m sslslr.plan`` (``make plan``): runs, FLOPs, time, memory and disk of a reproduction, before anything starts."""

import argparse
import json
import os
import re
import shlex
import sys
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import torch

from sslslr import paths, profiles
from sslslr.commands import costs as unit_costs
from sslslr.commands import planned
from sslslr.commands.costs import Units
from sslslr.commands.reproduce import notebooks
from sslslr.errors import SignError
from sslslr.learning.grid import at_once
from sslslr.methods.precision import resolve

SUSTAINED = 1e14  # FLOP/s that the last column is worked out for
FIGURES = re.compile(r"stage\.figure\(")
CLIPS = {"10": 800, "12": 9_000}  # synthetic clips that a notebook makes for itself on top of its corpora, at most
STEPS = {"09": 5 * 32, "14": 5 * 100}  # training steps that a notebook makes itself, one process


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


def costs(plan: planned.Plan, units: Units) -> list[Row]:
    """The plan's tables with their costs. A training counts where it is needed first."""
    rows: dict[tuple, Row] = {}

    def row(job) -> Row:
        return rows.setdefault((job.notebook, job.table), Row(job.notebook, job.table))

    for job in plan.jobs:
        one = row(job)
        if job.new:
            seconds = unit_costs.seconds_of(units, job)
            one.answers, one.asked = one.answers + 1, one.asked + job.ask
            one.seconds, one.coming = one.seconds + seconds, one.coming + seconds * job.ask
    for key, (job, run) in plan.trainings.items():
        one = row(job)
        if run.epochs:
            step = unit_costs.step_of(units, run, job.signs)
            clips = int((job.signs.split == "train").sum())
            epoch, left = clips * step.seconds + step.epoch, plan.left[key]
            one.trainings, one.left = one.trainings + 1, one.left + (left > 0)
            one.flops += run.epochs * clips * step.flops
            one.seconds, one.coming = one.seconds + run.epochs * epoch, one.coming + left * epoch
            one.disk += step.weights
    return sorted(rows.values(), key=lambda r: r.notebook)


def own_costs(path: Path, units: Units, pools: set[str], batch: int) -> float:
    """Seconds of what a notebook does itself: start, figures, a worker pool, its own clips and steps."""
    source = "".join("".join(c["source"]) for c in json.loads(path.read_text(encoding="utf-8"))["cells"] if c["cell_type"] == "code")
    number = path.name[:2]
    slowest = max((s.seconds * batch for s in units.steps.values()), default=0.0)
    seconds = units.start + units.figure * len(FIGURES.findall(source)) + units.pool * (number in pools)
    return seconds + units.clip * CLIPS.get(number, 0) + slowest * STEPS.get(number, 0)


def estimate(profile: profiles.Profile, signs: dict, workers: int, plan: planned.Plan, units: Units) -> Estimate:
    """Everything together; minutes on ``workers`` processes."""
    out = Estimate(costs(plan, units))
    work = defaultdict(lambda: [0.0, 0.0])
    for row in out.rows:
        work[row.notebook][0] += row.seconds / workers
        work[row.notebook][1] += row.coming / workers
    for path in notebooks():
        own = own_costs(path, units, set(work), profile.batch)
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
    for unit, size, digits in (
        ("years", 365 * 86400, 1),
        ("days", 86400, 0 if seconds > 10 * 86400 else 1),
        ("h", 3600, 1),
        ("min", 60, 1),
    ):
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
    seen = [n for n in out.notebooks if n in done]
    lines.append(f"{'all':36}{duration(60 * whole):>12}{duration(60 * coming):>12}")
    if seen:
        planned_for, real = sum(out.notebooks[n][0] for n in seen), sum(done[n]["seconds"] for n in seen) / 60
        lines.append(
            f"of the {len(seen)} executed: planned {planned_for:.1f} min, took {real:.1f} min ({100 * (planned_for / real - 1):+.0f} %)"
        )
    return "\n".join(lines)


def total(rows: list[Row]) -> Row:
    """The sum of all tables."""
    out = Row("", "all")
    for name in ("trainings", "left", "answers", "asked", "flops", "seconds", "coming", "disk"):
        setattr(out, name, sum(getattr(r, name) for r in rows))
    return out


def main(arguments: list[str] | None = None) -> int:
    """Command line; bad input ends in one line on stderr and status 2."""
    parser = argparse.ArgumentParser(prog="python -m sslslr.plan", description=__doc__)
    parser.add_argument("--dataset", default="synthetic")
    parser.add_argument("--profile", default="quick")
    parser.add_argument("--data", default="", help="folder of the data set; without it the published sizes count")
    parser.add_argument("--option", action="append", default=[], metavar="NAME=VALUE", help="how the data set is read")
    parser.add_argument("--workers", default="", help="processes; default: one a core, or one a GPU")
    options = parser.parse_args(arguments)
    try:
        profile = profiles.load(options.profile)
        signs, words = planned.data_of(profile, options.dataset, options.data, shlex.join(options.option))
        cuda = torch.cuda.is_available()
        workers = int(options.workers or 0) or at_once()
        device = torch.cuda.get_device_name() if cuda else f"CPU, {workers} processes of one thread; no GPU is here"
        print(f"plan: {options.dataset}, profile {profile.name}: {words}\non: {device}, {resolve(profile.precision)}", flush=True)
        plan = planned.plan(profile, signs)
        print(f"{len(plan.jobs):,} jobs, {len(plan.trainings):,} runs; measuring a few steps of each kind ...", flush=True)
        out = estimate(profile, signs, workers, plan, unit_costs.units(plan, signs, workers))
    except SignError as error:
        print(f"sslslr: {error}", file=sys.stderr)
        return 2
    print("\n" + tell(out, workers, took(options.dataset, profile.name)))
    one = next(iter(signs.values()))
    packed = sum(s.landmarks.size for s in signs.values()) * (2 if one.kind == "real" else 0)
    there = (torch.cuda.mem_get_info()[1] if cuda else os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")) / 1e9
    disk, resident = sum(r.disk for r in out.rows), max(0, len(plan.trainings))
    print(
        f"\nmemory: {out.memory:.1f} GB a process (batch {profile.batch}), {workers} at once, where the {'GPU' if cuda else 'machine'} has {there:.0f}; ",
        end="",
    )
    print(f"disk: {disk / 1e9:.2f} GB of weights of {resident:,} runs" + (f", {packed / 1e9:.2f} GB of packed landmarks" if packed else ""))
    notes = [
        *out.notes,
        "Algorithm 1 is assumed to stop where the paper's did, unless the store knows better",
        "FLOPs: matrix products, forward and backward",
    ]
    print("".join(f"- {note}\n" for note in notes), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
