"""Fine-tuning (sections 6.2 and 6.4): the encoder and a linear classifier learn from labels, from a pretrained start or from scratch."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import ClassVar

import numpy as np
import torch
from safetensors.torch import load_file, save_file

from sslslr import paths
from sslslr.clips import splits
from sslslr.clips.signs import Signs
from sslslr.errors import SignError
from sslslr.learning import store as runs
from sslslr.learning.training import Optimiser, Run, restore, store, train_epoch
from sslslr.measures import metrics
from sslslr.methods.encoder import embed
from sslslr.methods.heads import Method
from sslslr.views import ViewConfig

VERSION = "fine-tuning 1"

SAVE = 10.0  # seconds between two states on disk: a thousand short epochs of a large encoder would else do little but save


@dataclass(frozen=True)
class Ramp(Optimiser):
    """SGD (momentum 0.9) whose rate climbs linearly over the first 60 % of the steps and falls linearly to 0 over the rest.

    Section 6.2 gives 600 and 400 of 1000 epochs, but not the highest rate: ``rate``.
    """

    name: str = "sgd"
    rate: float = 0.1
    decay: float = 0.0
    warmup: float = 0.6
    shape: str = "linear"

    def at(self, progress: float) -> float:
        """Learning rate at ``progress``, 0 at the first step and 1 after the last."""
        if progress < self.warmup:
            return self.rate * progress / self.warmup
        return self.rate * (1 - progress) / (1 - self.warmup)


@dataclass(frozen=True)
class Tuning(Run):
    """A fine-tuning, named by its content in the run store like any run.

    start: key of the stored pretraining whose encoder it starts from, "" for none (from scratch).  share: of the labels,
    stratified, drawn with ``seed``.  choose: which epoch's weights are kept, the "last" one or the best on the clips of the
    validation split ("val"); never the test split.
    """

    method: str = "supervised"
    views: ViewConfig = ViewConfig("none")
    optimiser: Optimiser = Ramp()
    start: str = ""
    share: float = 1.0
    choose: str = "last"
    measured_by: ClassVar[tuple[ModuleType, ...]] = (metrics, splits)

    def __post_init__(self):
        super().__post_init__()
        if self.choose not in ("last", "val"):
            raise SignError(f"choose={self.choose!r}: keep the 'last' epoch, or the best one on the validation split ('val')")
        if not 0 < self.share <= 1:
            raise SignError(f"share={self.share} of the labels: must be above 0 and at most 1")


class Diverged(SignError):
    """The loss is no longer finite."""


def labelled(signs: Signs, share: float, seed: int) -> Signs:
    """The training clips whose labels may be used: a stratified ``share`` of them, repeated to as many as there are in all.

    So an epoch has the same number of steps at every share, and few labels do not mean short training.
    """
    train = signs.part("train")
    if share == 1:
        return train
    chosen = splits.fraction(train.labels, share, seed=seed)
    return train.subset(np.resize(np.random.default_rng(seed).permutation(chosen), len(train)))


def fetch(tuning: Tuning, signs: Signs, pretraining: Run | None = None) -> runs.Trained:
    """The finished fine-tuning, from the store or trained now; ``pretraining`` is the run that ``tuning.start`` names.

    The pretraining is fetched from the store too, or trained first. Raises SignError when it is not the one named.
    """
    named = runs.key(pretraining.fitted(signs), signs) if pretraining else ""
    if named != tuning.start:
        raise SignError(f"{signs.name}: a fine-tuning from {tuning.start or 'scratch'} was given the pretraining {named or 'none'}")

    def begin() -> dict:
        return runs.fetch(pretraining, signs).encoder.state_dict() if pretraining else {}

    return runs.fetch(tuning, signs, partial(train, begin=begin))


def train(
    tuning: Tuning, signs: Signs, state: Path | None = None, on_epoch: Callable[[int], None] | None = None, begin: Callable[[], dict] = dict
):
    """Train encoder and classifier on the labelled training clips; returns (module, metrics, seconds) as ``training.train`` does.

    ``begin()`` gives the weights that the encoder starts from ({}: its own initialisation). ``metrics`` has a dict an epoch:
    loss, and top-1 (0 to 1) on the validation split. Resumes from ``state`` bit for bit (CPU). Raises Diverged.
    """
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    part, val = labelled(signs, tuning.share, tuning.seed), signs.part("val")
    module = tuning.build(len(signs.glosses)).to(device)
    load_encoder(module, begin())
    optimiser = tuning.optimiser.build(module)
    rows, seconds = restore(state, module, optimiser) if state and state.exists() else ([], 0.0)
    best = state.with_name("best.safetensors") if state else None
    saved = time.perf_counter()
    for epoch in range(len(rows), tuning.epochs):
        started = time.perf_counter()
        losses = train_epoch(tuning, module, optimiser, part, epoch, device)
        if not math.isfinite(losses[-1]):
            raise Diverged(f"{signs.name}, fine-tuning, seed {tuning.seed}: the loss is {losses[-1]} in epoch {epoch + 1}; lower the rate")
        top1 = metrics.accuracy(metrics.ranks(scores(module, val, precision=tuning.precision), val.labels), val.labels)
        if tuning.choose == "val" and best and top1 > max((r["val_top1"] for r in rows), default=-1):
            with paths.atomic(best) as partly:
                save_file({k: v.cpu().contiguous() for k, v in module.state_dict().items()}, partly)
                paths.seal(best, paths.digest(partly))
        rows.append({"epoch": epoch + 1, "loss": float(np.mean(losses)), "val_top1": top1})
        seconds += time.perf_counter() - started
        if state and time.perf_counter() - saved >= SAVE:
            store(state, module, optimiser, rows, seconds)
            saved = time.perf_counter()
        if on_epoch:
            on_epoch(epoch + 1)
    if tuning.choose == "val" and best and best.exists():
        if not paths.sealed(best):
            raise SignError(f"{best}: not as it was written; delete {best.parent} and start again")
        module.load_state_dict(load_file(best))  # and it stays until the run is in the store: a killed one needs it again
    return module, rows, seconds


def load_encoder(module: Method, weights: dict) -> None:
    """Put a pretrained encoder's weights into ``module.encoder``; those of a class token are left where it has none (pool "mean").

    ``{}`` changes nothing. Raises SignError when the weights are of an encoder of another size.
    """
    if not weights:
        return
    own = module.encoder.state_dict()
    try:
        module.encoder.load_state_dict({k: v for k, v in weights.items() if k in own or k != "token"})
    except RuntimeError as error:
        raise SignError(f"the pretrained encoder does not fit the one to be fine-tuned ({str(error).splitlines()[-1].strip()})") from None


@torch.no_grad()
def scores(module: Method, signs: Signs, batch: int = 512, precision: str = "fp32") -> np.ndarray:
    """The classifier's scores (N, glosses), float32, for every clip; the module's mode is put back afterwards."""
    features = embed(module.encoder, signs, batch, precision)
    training = module.training
    module.eval()
    out = module.head(torch.from_numpy(features).to(module.encoder.position.device)).float().cpu().numpy()
    module.train(training)
    return out
