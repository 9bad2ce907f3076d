"""What a reproduction will train and ask, told by the studies themselves: they run with nothing behind them.

``side_by_side`` hands every job to a recorder in place of processes, and an answer that is not kept yet is a blank: so the runs
are those that ``make reproduce`` makes, whatever profile and data, and not a second list that could drift from it.
"""

import hashlib
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from sslslr import datasets, paths
from sslslr.clips.signs import Signs
from sslslr.clips.skeleton import KINECT_20, LEAP_42, MEDIAPIPE_75, Skeleton
from sslslr.errors import SignError
from sslslr.learning import grid
from sslslr.learning import store as runs
from sslslr.learning.training import Run
from sslslr.profiles import Profile
from sslslr.studies import ablation, boundaries, comparison, controls, corpora, embedding_space, evaluation, finetune, recipe, reuse

SMALL = 20_000  # clips up to which synthetic corpora are made, so that the run store can be asked; above it only their sizes count
# Clips and glosses where the published counts leave them open: as the paper's text and the issue of this plan say.
ASSUMED = {name: {"clips": 60_000, "classes": c} for name, c in (("lsfb", 500), ("lsfb-500", 500), ("lsfb-700", 700))}
ASSUMED |= {"asl-citizen-500": {"clips": 83_399 * 500 // 2_731, "classes": 500}}


class Sized(Signs):
    """Sign clips of which only sizes, signers, glosses and splits are known: landmarks without memory, all missing."""

    def subset(self, keep: np.ndarray) -> Signs:
        """As of Signs."""
        kept = {name: getattr(self, name)[keep] for name in ("lengths", "labels", "signers", "clips", "split", "onset", "offset")}
        shape = (len(kept["lengths"]), *self.landmarks.shape[1:])
        return replace(self, landmarks=np.broadcast_to(np.float32(np.nan), shape), **kept)

    @cached_property
    def fingerprint(self) -> str:
        """Not that of any real data: nothing of it is in the run store."""
        return hashlib.sha256(f"sized {self.name} {len(self)}".encode() + self.labels.tobytes() + "".join(self.split).encode()).hexdigest()


def sized(name: str, kind: str, skeleton: Skeleton, frames: int, labels, signers, split=None, coordinates: int = 2) -> Sized:
    """A data set that nobody has read: labels (N,), signers (N,), and the published split, if there is one."""
    n, nothing = len(labels), np.full(len(labels), np.nan)
    return Sized(
        name=name, kind=kind, skeleton=skeleton, landmarks=np.broadcast_to(np.float32(np.nan), (n, frames, len(skeleton), coordinates)),
        lengths=np.full(n, frames), labels=np.asarray(labels), glosses=tuple(f"g{k}" for k in range(int(np.max(labels)) + 1)),
        signers=np.asarray(signers).astype(str), clips=np.arange(n).astype(str), split=np.full(n, "", "<U5") if split is None else np.asarray(split),
        onset=np.zeros(n) if kind == "synthetic" else nothing, offset=np.full(n, frames - 1.0) if kind == "synthetic" else nothing.copy(),
    )  # fmt: skip


def data_of(profile: Profile, dataset: str, data: str = "", options: str = "") -> tuple[dict[str, Signs], str]:
    """The corpora to plan for, and in words how they are known: read, made, or only their sizes.

    Without ``data`` a published data set counts with its published sizes. Raises SignError where there are none.
    """
    if dataset == "synthetic":
        total = sum(size["clips"] for size in profile.corpora.values())
        if total <= SMALL:
            return corpora.load(profile, dataset), f"{total:,} synthetic clips, made"
        parts = {c: _even(c, "synthetic", MEDIAPIPE_75, profile.frames, **size) for c, size in profile.corpora.items()}
        return parts, f"{total:,} synthetic clips, by their sizes (the run store is not asked)"
    if data:
        listing = datasets.index(dataset, data, options)
        if len(listing) <= SMALL:
            return corpora.load(profile, dataset, data, options=options), f"{len(listing):,} clips, read"
        glosses = {g: k for k, g in enumerate(listing.glosses)}
        table = listing.table
        coordinates = 2 if listing.skeleton.y_down else 3  # pictures have two, metres and millimetres three
        one = sized(
            dataset,
            "real",
            listing.skeleton,
            profile.frames,
            table["gloss"].map(glosses),
            table["signer"],
            table["split"].astype("<U5"),
            coordinates,
        )
        return {dataset: one}, f"{len(listing):,} clips, by the lists of {data} (the run store is not asked)"
    module = datasets.module(dataset)[0]
    told = getattr(module, "PUBLISHED", {})
    fixed = datasets.module(dataset)[1]
    told = ASSUMED.get(dataset) or told.get(fixed.get("glosses"), told) | getattr(module, "COUNTS", {}).get(fixed.get("split"), {})
    if not {"clips", "classes"} <= set(told):
        raise SignError(f"DATASET={dataset} has no published size: say where it is (DATA=/path/to/it)")
    skeleton = {"isl-kinect": KINECT_20, "thai-leap": LEAP_42}.get(dataset, MEDIAPIPE_75)
    train = told.get("train", 0.7 * told["clips"]) if dataset in ASSUMED or "train" in told else None
    one = _even(
        dataset, "real", skeleton, profile.frames, told["classes"], told.get("signers", 20), told["clips"], train, told.get("val", 0)
    )
    return {
        dataset: one
    }, f"{told['clips']:,} clips of {told['classes']:,} glosses, {'assumed' if dataset in ASSUMED else 'as published'}: no DATA was given"


def _even(name, kind, skeleton, frames, classes, signers, clips, train=None, val=0) -> Sized:
    at = np.arange(clips)
    split = None if train is None else np.where(at < train, "train", np.where(at < train + val, "val", "test"))
    return sized(
        name,
        kind,
        skeleton,
        frames,
        at % classes,
        np.char.add("s", (at // classes % signers).astype(str)),
        split,
        3 if skeleton is KINECT_20 else 2,
    )


@dataclass
class Job:
    """One job of a study: ``task(run, signs, *rest)``; ``new``: no job before it asked the same; ``ask``: nor is the answer kept already."""

    notebook: str
    table: str
    task: Callable
    run: Run
    signs: Signs
    rest: tuple
    new: bool
    ask: bool
    name: str = ""

    def __post_init__(self):
        self.name = f"{self.task.__module__.rpartition('.')[2]}.{self.task.__name__}"


@dataclass
class Plan:
    """All jobs in the order of the notebooks, each once; ``trainings``: (key -> first job that needs it, run), ``left`` epochs of each."""

    jobs: list[Job] = field(default_factory=list)
    trainings: dict[str, tuple[Job, Run]] = field(default_factory=dict)
    left: dict[str, int] = field(default_factory=dict)
    asked: set = field(default_factory=set)


class _Blank(Exception):
    pass


def blank(run: Run) -> dict:
    """What an answer looks like that nobody has yet. Validation accuracy peaks at the paper's 1/3 and 1/4, so that Algorithm 1 stops there."""
    views = run.views
    alpha, beta = {"none": (0, 0), "whole": (1, 1)}.get(views.name, (views.alpha, views.beta))
    shares = {str(s): [0.0] for s in (*reuse.SHARES, 0.05, 0.1, 0.3, 1.0)}
    row = {"val": 1 - abs(alpha - 1 / 3) - abs(beta - 1 / 4), "top1": 0.0, "labels": dict.fromkeys(shares, 0), "seconds": 0.0, "points": []}
    return row | {"linear_standardised_top1": 0.0, "test_clips": 0, "test": 0.0} | shares


@contextmanager
def recorder(plan: Plan, place: list[str]) -> Iterator[None]:
    """Inside, every study records what it would do, under ``place`` (notebook, table), and trains nothing."""
    questions, parts = [], {}

    def nothing(*_, **__):
        raise _Blank

    def kept(run, signs, question, answer):
        name = runs.key(run.fitted(signs), signs), json.dumps(question, sort_keys=True)
        try:
            row, stored = originals["kept"](run, signs, question, nothing), True
        except _Blank:
            row, stored = blank(run), False
        questions.append((*name, stored))
        return row

    def split(signs, profile, repeat):
        name = (id(signs), profile.folds, repeat)
        if name not in parts:
            parts[name] = originals["split"](signs, profile, repeat), signs
        return parts[name][0]

    def side_by_side(task, jobs, workers=0, title=""):
        rows = []
        for run, signs, *rest in jobs:
            questions.clear()
            try:
                rows.append(task(run, signs, *rest))
            except _Blank:
                questions.append((runs.key(run.fitted(signs), signs), task.__name__, False))
                rows.append(blank(run))
            new = [q for q in questions if q[:2] not in plan.asked]
            plan.asked.update(q[:2] for q in new)
            _note(plan, Job(*place, task, run, signs, tuple(rest), bool(new), not all(stored for *_, stored in new)))
        return rows

    originals = {"kept": evaluation.kept, "split": corpora.split, "side_by_side": grid.side_by_side, "fetch": runs.fetch}
    stand_ins = {"kept": kept, "split": split, "side_by_side": side_by_side, "fetch": nothing}
    modules = [m for name, m in list(sys.modules.items()) if name.startswith("sslslr.") and name != __name__]
    places = [(m, name) for m in modules for name, original in originals.items() if getattr(m, name, None) is original]
    try:
        for module, name in places:
            setattr(module, name, stand_ins[name])
        yield
    finally:
        for module, name in places:
            setattr(module, name, originals[name])


def _note(plan: Plan, job: Job) -> None:
    plan.jobs.append(job)
    for run in [r for r in job.rest if isinstance(r, Run)] + [job.run]:
        key = runs.key(run.fitted(job.signs), job.signs)
        if key not in plan.trainings:
            folder, done = paths.runs() / key, 0
            if (folder / "provenance.json").exists():
                done = run.epochs
            elif (folder / "progress").exists():
                done = int((folder / "progress").read_text() or 0)
            plan.trainings[key], plan.left[key] = (job, run), max(0, run.epochs - done)


def studies(profile: Profile, signs: dict[str, Signs]) -> Iterator[tuple[str, str, Callable]]:
    """(notebook, table, what it calls) in the order of the notebooks; the calls are the notebooks' own."""
    synthetic = next(iter(signs.values())).kind == "synthetic"
    swept, found, rates = boundaries.swept(profile, signs), {}, {}

    def choose(methods=(*comparison.METHODS, "supervised")):
        rates.update(comparison.rates(profile, signs, 0, methods))

    def algorithm1():
        found.update({name: boundaries.algorithm1(profile, one, rates) for name, one in swept.items()})

    yield "04", "learning rates", lambda: choose(controls.TUNED)
    yield "04", "SL-FPN and controls", lambda: controls.study(profile, signs, rates)
    yield "06", "learning rates", choose
    yield "06", "Table 1", lambda: comparison.study(profile, signs, rates)
    if all(c in signs for c in (*reuse.LARGE, *reuse.SMALL)):
        yield "07", "Table 2, transfer", lambda: reuse.transfer(profile, signs, rates)
    yield "08", "Table 3, few labels", lambda: reuse.few_labels(profile, signs, rates)
    yield "10", "Algorithm 1", algorithm1
    yield "10", "Figure 4", lambda: boundaries.sweep(profile, swept, rates)
    if synthetic:
        for half in ("first-half", "last-half"):
            yield "10", "Algorithm 1, forced", lambda half=half: boundaries.algorithm1(profile, boundaries.forced(profile, half), rates)
    yield "12", "augmentations", lambda: boundaries.comparison_of(profile, swept, found, rates)
    yield "13", "Table 5, inertia", lambda: embedding_space.study(profile, signs, rates)
    models = embedding_space.MODELS if profile.judges else embedding_space.MODELS[-3:]
    yield "13", "Figure 7, maps", lambda: embedding_space.maps(profile, signs, rates, models=models)
    names = (
        (*ablation.settings(), ablation.RANDOM)
        if profile.judges
        else (*[s + n for n in ("", ablation.NO_BATCHNORM) for s in ablation.FIGURE8], ablation.RANDOM)
    )
    yield "14", "Figure 8, ablation", lambda: ablation.study(profile, signs, rates, names=names)
    on = recipe.searched(profile, signs)
    yield "15", "recipe, search", lambda: recipe.search(profile, on, rates)
    yield "15", "recipe, final", lambda: recipe.final(profile, signs if profile.judges else on, rates)
    yield from fine_tuning(profile, signs, rates)


def fine_tuning(profile: Profile, signs: dict[str, Signs], rates: dict[str, float]) -> Iterator[tuple[str, str, Callable]]:
    """Notebook 16's part of ``studies``."""
    on, best = finetune.searched(profile, signs), {}
    shares = finetune.shares_of(profile, on)

    def choose():
        best.update(finetune.best(finetune.rate_study(profile, on, rates, shares=shares)))

    yield "16", "fine-tuning rates", choose
    yield "16", "Table 6, fine-tuning", lambda: finetune.study(profile, on, rates, best, shares=shares)
    yield "16", "Table 6, frozen", lambda: finetune.frozen(profile, on, rates, shares=shares)


def plan(profile: Profile, signs: dict[str, Signs]) -> Plan:
    """Everything that the notebooks will ask for on these corpora; trains nothing and writes nothing."""
    out, place = Plan(), ["", ""]
    with recorder(out, place):
        for notebook, table, call in studies(profile, signs):
            place[:] = [notebook, table]
            call()
    return out
