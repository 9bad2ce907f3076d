"""What one of each thing costs on this device, measured: a clip in a training step, an epoch's measures, a probe.

On a CPU the clock is the processor's own, of one thread, so that what else runs on the machine at this moment does not count;
on a GPU it is the wall's. What would take too long is measured smaller and scaled, and says so (``scaled``).
"""

import os
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import astuple, dataclass, replace
from functools import cache
from pathlib import Path
from typing import cast

import joblib
import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

from sslslr.clips.signs import Signs, prepare
from sslslr.clips.skeleton import MEDIAPIPE_75
from sslslr.clips.splits import by_signer
from sslslr.commands.sizes import Sized
from sslslr.datasets import synthetic
from sslslr.learning import store as runs
from sslslr.learning.finetuning import Tuning
from sslslr.learning.training import WATCHED, Run, measure, store, train_epoch
from sslslr.methods.encoder import TABLES, embed
from sslslr.methods.precision import keep_memory
from sslslr.studies.jobs import Job
from sslslr.video import film
from sslslr.video import training as video
from sslslr.video.training import VideoRun
from sslslr.views import VIEWS

ORDER_ONLY = ("sslslr.views.order", "sslslr.views.degradations")  # view sets that keep landmarks where they are: one cost
LARGE = 1e9  # FLOPs of a clip in a step from which on the encoder is large: fewer clips are measured, and scaled
ENOUGH = 4e10  # FLOPs of one step that is measured on a CPU


def clock() -> float:
    """Seconds of this process: processor time on a CPU, the wall's where a GPU computes."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()
        return time.perf_counter()
    return time.process_time()


@dataclass(frozen=True)
class Step:
    """A training step of one kind: seconds and FLOPs a clip, MB kept for the backward pass a clip, bytes of the weights and of
    what the optimiser holds, seconds of an epoch's measures and state; ``batch`` at which it was measured."""

    seconds: float
    flops: float
    kept_mb: float
    weights: float
    resident: float
    epoch: float
    embed: float
    batch: int


def kind(run: Run) -> tuple:
    """What decides the cost of a step: method (and whether it has the original), view set, sizes, batch and precision.

    Which frames the order-changing views move makes no difference: they count as "boundary".
    """
    if isinstance(run, VideoRun):
        return f"pictures, {run.options.get('targets', 'priors')}", run.options.get("mask"), run.encoder, run.batch, run.precision
    views = "boundary" if VIEWS[run.views.name].__module__ in ORDER_ONLY else run.views.name
    return run.method, run.options.get("original", True), views, run.encoder, run.batch, run.precision


def stand_in(signs: Signs, clips: int = 240, classes: int = 40) -> Signs:
    """Synthetic clips of the shape of ``signs``, to measure on; where its layout is another one, landmarks are left out."""
    made = prepare(synthetic.make("lsa-like", classes=classes, signers=6, clips=clips), signs.frames)
    joints, coordinates = signs.landmarks.shape[2:]
    if len(signs.skeleton) != len(MEDIAPIPE_75):
        made = replace(made, landmarks=np.ascontiguousarray(made.landmarks[:, :, -joints:]), skeleton=signs.skeleton)
    if coordinates == 3:
        made = replace(made, landmarks=np.concatenate([made.landmarks, made.landmarks[..., :1]], -1))
    return by_signer(made, 3, 0)


def step(run: Run, signs: Signs, seconds: float = 0.3) -> Step:
    """Train for ``seconds`` on clips of ``signs``, with the method's own class, loop, views and batch, and count."""
    if isinstance(run, VideoRun):
        return on_pictures(run, signs, seconds)
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    run = replace(run.fitted(signs), epochs=max(1, run.epochs))
    module = run.build(len(signs.glosses)).to(device)
    optimiser = run.optimiser.build(module)
    part = signs.part("train")
    flops, kept = counted(run, module, part, device)
    batch = run.batch
    if device.type == "cpu" and flops * batch > ENOUGH:
        batch = max(2, int(ENOUGH / flops))
    clips = part.subset(np.resize(np.arange(len(part)), batch * (1 if flops * batch > ENOUGH / 10 else 2)))
    sized = replace(run, batch=batch)
    started, warm = clock(), flops * batch < ENOUGH / 10
    times: list[float] = []
    while len(times) < 1 + warm or clock() - started < seconds:
        before = clock()
        train_epoch(sized, module, optimiser, clips, 0, device)
        times.append((clock() - before) / len(clips))
    per_clip = float(np.median(times[warm:]))
    if batch < run.batch:  # the optimiser's share of a step does not grow with the batch
        before = clock()
        optimiser.step()
        update = clock() - before
        per_clip = max(0.5 * per_clip, per_clip - update / len(clips)) + update / run.batch
    watched = WATCHED if flops < LARGE else 2
    few = signs.subset(np.concatenate([np.flatnonzero(signs.split == p)[:watched] for p in ("train", "val")]))
    before = clock()
    embed(module.encoder, few, precision=run.precision)
    embedding = (clock() - before) / len(few)
    before = clock()
    measure(module, few, run.precision)
    epoch = (clock() - before) * 2 * WATCHED / len(few)
    with tempfile.TemporaryDirectory() as folder:
        before = clock()
        store(Path(folder) / "state", module, optimiser, [], 0.0)
        epoch += clock() - before
    weights = sum(v.numel() * v.element_size() for v in module.state_dict().values())
    moments = sum(v.numel() * v.element_size() for s in optimiser.state.values() for v in s.values() if torch.is_tensor(v))
    gradients = sum(p.numel() * p.element_size() for p in module.parameters() if p.requires_grad)
    return Step(per_clip, flops, kept, weights, weights + moments + gradients, epoch, embedding, batch)


def on_pictures(run: VideoRun, signs: Signs, seconds: float) -> Step:
    """As ``step``, of a run on pictures: blank ones, of as few clips as one step or a second takes."""
    torch.set_num_threads(1)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    run = cast(VideoRun, replace(run.fitted(signs), epochs=max(1, run.epochs)))
    module = run.build(len(signs.glosses)).to(device)
    optimiser = run.optimiser.build(module)
    part = signs.part("train")
    size = run.options.get("size", film.SIZE)

    def once(clips: int) -> float:
        some = part.subset(np.resize(np.arange(len(part)), clips))
        blank = film.Film(np.zeros((clips, film.FRAMES, size, size, 3), np.uint8), some.clips, np.arange(clips) // 2, run.pixels)
        before = clock()
        video.train_epoch(replace(run, batch=clips), module, optimiser, some, blank, np.arange(clips), 0, device)
        return (clock() - before) / clips

    with FlopCounterMode(display=False) as counter:
        each = once(2)
    batch = int(np.clip(seconds / each, 2, run.batch))
    each = min(each, once(batch))
    blank = film.Film(np.zeros((2, film.FRAMES, size, size, 3), np.uint8), part.clips[:2], np.arange(2), run.pixels)
    before = clock()
    video.embed(module, blank, np.arange(2), precision=run.precision)
    weights = sum(v.numel() * v.element_size() for v in module.state_dict().values())
    kept = 4e-6 * module.encoder.places * module.encoder.width * 30 * len(module.encoder.blocks)  # 30 floats a token and channel
    return Step(each, counter.get_total_flops() / 2, kept, weights, 4 * weights, 0.0, (clock() - before) / 2, batch)


def deep(run: Run, signs: Signs, few: tuple[int, int] = (1, 3)) -> Step:
    """The step of an encoder of many blocks, from two of ``few``: each further block costs what the one before it did."""
    if run.encoder.blocks <= max(few):
        return step(run, signs)
    low, high = (astuple(step(replace(run, encoder=replace(run.encoder, blocks=b)), signs)) for b in few)
    times = (run.encoder.blocks - few[0]) / (few[1] - few[0])
    grown = [max(b, a + times * (b - a)) for a, b in zip(low[:-1], high[:-1], strict=True)]
    return Step(*[*grown, high[-1]])


def counted(run: Run, module, part: Signs, device) -> tuple[float, float]:
    """FLOPs (of matrix products, forward and backward) of a step, and MB that its forward pass keeps, a clip; from two clips."""
    seen, few = {}, replace(run, batch=2)

    def keep(tensor):
        seen[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    before = {k: v.clone() for k, v in module.state_dict().items()}
    with FlopCounterMode(display=False) as counter, torch.autograd.graph.saved_tensors_hooks(keep, lambda t: t):
        train_epoch(few, module, torch.optim.SGD(module.parameters(), lr=0.0), part.subset(np.arange(2)), 0, device)
    module.load_state_dict(before)
    own = {p.untyped_storage().data_ptr() for p in (*module.parameters(), *TABLES.values())}
    return counter.get_total_flops() / 2, sum(size for pointer, size in seen.items() if pointer not in own) / 2e6


def task(function: Callable, run: Run, signs: Signs, rest: tuple) -> float:
    """Seconds of one answer of a study about an encoder that was never trained: embedding, probes, writing; in a store of its own."""
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    kept = os.environ.get("SSLSLR_RUNS")
    seconds: list[float] = []
    try:
        while not seconds or (len(seconds) < 2 and (sum(seconds) < 1 or function.__name__ == "mapped")):  # the first call imports
            with tempfile.TemporaryDirectory() as folder:
                os.environ["SSLSLR_RUNS"] = folder
                before = clock()
                function(run, signs, *rest)
                seconds.append(clock() - before)
    finally:
        os.environ.pop("SSLSLR_RUNS") if kept is None else os.environ.update(SSLSLR_RUNS=kept)
    return min(seconds)


def untrained(job: Job, stand: Signs | None) -> tuple:
    """The job with runs of no epoch; with ``stand`` on those clips, and its encoders without blocks: what embedding costs is known."""
    signs = stand or job.signs

    def bare(run: Run) -> Run:
        return replace(run, epochs=0, encoder=replace(run.encoder, blocks=0) if stand else run.encoder)

    rest, run = list(job.rest), bare(job.run)
    for i, value in enumerate(rest):
        if isinstance(value, Run) and isinstance(run, Tuning):
            rest[i] = bare(value)
            run = replace(run, start=runs.key(rest[i].fitted(signs), signs))
        elif isinstance(value, Signs) and stand is not None:
            rest[i] = stand
    return job.task, run, signs, tuple(rest)


@dataclass
class Units:
    """Everything measured: ``steps`` by kind, ``tasks`` (task, corpus) in seconds, seconds until a worker pool is ``opened``."""

    steps: dict
    tasks: dict
    scaled: bool
    opened: float


def units(plan, workers: int) -> Units:
    """Measure what the plan is made of, ``workers`` processes side by side, as the runs will be."""
    first = next(iter(plan.corpora.values()))
    some = next(iter(plan.trainings.values()))[1].fitted(first).encoder
    large = 12 * some.blocks * some.width**2 * 6 * some.frames > LARGE / 3
    unread = any(isinstance(s, Sized) for s in plan.corpora.values())
    stand = stand_in(first) if large or unread else None
    kinds: dict = {}
    for one, run in plan.trainings.values():
        run = run.fitted(one.job.signs)
        if run.epochs:
            kinds.setdefault(kind(run) if not large else kind(run)[0], (run, stand or one.job.signs))
    answers: dict = {}
    for one in plan.jobs:
        if one.new:
            answers.setdefault(place(one.job, stand is not None), untrained(one.job, stand))
    keep_memory()
    warnings.filterwarnings("ignore", "A worker stopped while some jobs", UserWarning)  # idle ones do, while a long one measures
    before = time.perf_counter()
    with joblib.Parallel(n_jobs=workers) as pool:
        pool(joblib.delayed(clock)() for _ in range(workers))
        opened = time.perf_counter() - before
        steps = dict(zip(kinds, pool(joblib.delayed(deep if large else step)(run, s) for run, s in kinds.values()), strict=True))
        tasks = dict(zip(answers, pool(joblib.delayed(task)(*job) for job in answers.values()), strict=True))
    return Units(steps, tasks, stand is not None, opened)


def place(job: Job, scaled: bool) -> tuple[str, str]:
    """What a job's answers are measured as: the task, and the corpus where its size matters."""
    same = scaled or job.name == "embedding_space.mapped"  # at most 300 clips, whatever the corpus
    return job.name, "" if same else job.signs.name.split(",")[0]


def step_of(units: Units, run: Run, signs: Signs) -> Step:
    """The step of the run's kind."""
    run = run.fitted(signs)
    return units.steps[kind(run)] if kind(run) in units.steps else units.steps[kind(run)[0]]


def seconds_of(units: Units, job: Job) -> float:
    """Of the job's answers. What was measured on a stand-in grows with clips x glosses; embedding is added to it. A map has 300 clips at most."""
    measured = units.tasks[place(job, units.scaled)]
    if not units.scaled:
        return measured
    clips, glosses = clips_of(job.signs), len(job.signs.glosses)
    grows = 1.0 if job.name == "embedding_space.mapped" else clips / 240 * max(1.0, glosses / 40)
    return next(iter(units.steps.values())).embed * clips + measured * grows


@cache
def clips_of(signs: Signs, split: str = "") -> int:
    """How many clips are in the split, or in any: those that a small share of the labels leaves out are in none."""
    return int((signs.split == split if split else signs.split != "").sum())
