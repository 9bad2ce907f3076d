"""A run on pictures: named, kept and resumed by the run store as every other, with a loop of its own."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import ClassVar, cast

import numpy as np
import pandas as pd
import torch

from sslslr.clips.signs import Signs
from sslslr.clips.skeleton import of_size
from sslslr.errors import SignError
from sslslr.learning import store as runs
from sslslr.learning.training import Run, batches, restore, store
from sslslr.methods.precision import autocast
from sslslr.video import model
from sslslr.video.film import Film
from sslslr.views import ViewConfig
from sslslr.views.order import permutation

VERSION = "video training 1"


@dataclass(frozen=True)
class VideoRun(Run):
    """A run whose encoder sees pictures; ``options`` are ``model.SignRep``'s, ``pixels`` the name of the film that it learns from.

    views: "none", or "boundary", which permutes pictures before alpha and after beta of a clip, not its targets.
    """

    method: str = "priors"
    views: ViewConfig = ViewConfig("none")
    pixels: str = ""
    measured_by: ClassVar[tuple[ModuleType, ...]] = (model,)

    def __post_init__(self):
        super().__post_init__()
        if self.views.name not in ("none", "boundary"):
            raise SignError(f"views {self.views.name!r} of pictures: there are none, boundary")

    def build(self, classes: int) -> model.SignRep:  # type: ignore[override]
        """The model, initialised from the seed."""
        torch.manual_seed(self.seed)
        try:
            return model.SignRep(self.encoder, classes, of_size(self.encoder.landmarks, "video"), **self.options)
        except TypeError as error:
            raise SignError(f"video: {error}") from None


@dataclass(frozen=True)
class Trained:
    """A finished run on pictures: ``module`` (in eval mode), ``metrics`` (a row an epoch), ``folder`` in the store."""

    run: VideoRun
    module: model.SignRep
    metrics: pd.DataFrame
    folder: Path


def fetch(run: VideoRun, signs: Signs, film: Film) -> Trained:
    """The finished run, from the store or trained now. Raises SignError for another film than the run's."""
    if film.name != run.pixels:
        raise SignError(f"{signs.name}: a run on the film {run.pixels!r} was given {film.name!r}")
    found = runs.fetch(run, signs, partial(train, film=film))
    return Trained(cast(VideoRun, found.run), cast(model.SignRep, found.module), found.metrics, found.folder)


def train(run: VideoRun, signs: Signs, state: Path | None = None, on_epoch: Callable[[int], None] | None = None, *, film: Film):
    """Train on the training split; returns (module, metrics, seconds) as ``training.train`` does, and resumes as it does.

    ``metrics`` has the loss of each epoch. Raises SignError when the loss is no longer finite.
    """
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    part = signs.part("train")
    rows = film.rows(part)
    module = run.build(len(signs.glosses)).to(device)
    optimiser = run.optimiser.build(module)
    metrics, seconds = restore(state, module, optimiser) if state and state.exists() else ([], 0.0)
    for epoch in range(len(metrics), run.epochs):
        started = time.perf_counter()
        losses = train_epoch(run, module, optimiser, part, film, rows, epoch, device)
        if not math.isfinite(losses[-1]):
            raise SignError(f"{signs.name}, video, seed {run.seed}: the loss is {losses[-1]} in epoch {epoch + 1}; lower the rate")
        metrics.append({"epoch": epoch + 1, "loss": float(np.mean(losses))})
        seconds += time.perf_counter() - started
        if state:
            store(state, module, optimiser, metrics, seconds)
        if on_epoch:
            on_epoch(epoch + 1)
    return module, metrics, seconds


def train_epoch(
    run: VideoRun, module: model.SignRep, optimiser, part: Signs, film: Film, rows: np.ndarray, epoch: int, device
) -> list[float]:
    """One pass over every clip of ``part``, whose pictures are the ``rows`` of the film; the loss of each step."""
    generator = torch.Generator().manual_seed(run.seed * 1_000_003 + epoch)
    torch.manual_seed(run.seed * 1_000_003 + epoch)
    module.train()
    losses, inside = [], part.valid
    chunks = list(batches(len(part), run.batch, generator))
    for step, index in enumerate(chunks):
        for group in optimiser.param_groups:
            group["lr"] = run.optimiser.at((epoch + step / len(chunks)) / run.epochs)
        pictures = film.batch(rows[index])
        if run.views.name == "boundary":
            lengths = torch.full((len(index),), pictures.shape[1])
            order = permutation(lengths, pictures.shape[1], run.views.alpha, run.views.beta, generator)
            pictures = pictures[torch.arange(len(index))[:, None], order]
        x, valid, labels, recordings = (torch.from_numpy(a[index]) for a in (part.landmarks, inside, part.labels, film.recordings[rows]))
        pictures, x, valid, labels, recordings = (a.to(device) for a in (pictures, x.float(), valid, labels, recordings))
        with autocast(device, run.precision):
            loss = module.loss(pictures, x, valid, labels, recordings)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        losses.append(loss.detach())
    return torch.stack(losses).tolist()


@torch.no_grad()
def embed(module: model.SignRep, film: Film, rows: np.ndarray, batch: int = 64, precision: str = "fp32") -> tuple[np.ndarray, np.ndarray]:
    """Features of each step of time (N, steps, width) of these rows of the film, and their predicted activity (N, steps)."""
    device, training = module.encoder.position.device, module.training
    module.eval()
    with autocast(device, precision):
        parts = [module.embed(film.batch(some).to(device)) for some in np.array_split(rows, -(-len(rows) // batch))]
    module.train(training)
    steps, active = zip(*parts, strict=True)
    return torch.cat(steps).float().cpu().numpy(), torch.cat(active).float().cpu().numpy()
