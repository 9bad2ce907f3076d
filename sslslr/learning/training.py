"""One training loop for every method. Each epoch starts from its own seed, so a killed run resumes bit for bit."""

import json
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from types import ModuleType
from typing import ClassVar

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import nn

from sslslr.clips.signs import Signs
from sslslr.errors import SignError
from sslslr.measures import collapse, probes
from sslslr.methods import METHODS
from sslslr.methods.encoder import EncoderConfig, PoseTransformer, embed
from sslslr.methods.heads import Method
from sslslr.methods.precision import PRECISIONS, autocast
from sslslr.paths import atomic, digest, seal
from sslslr.views import ViewConfig

VERSION = "training 1"

WATCHED = 256  # clips of the training and of the validation split that the measures of each epoch look at


@dataclass(frozen=True)
class Optimiser:
    """SGD (momentum 0.9) or AdamW; the rate warms up linearly over a share of the steps, then follows a cosine to 0."""

    name: str = "adamw"
    rate: float = 1e-3
    decay: float = 1e-4
    warmup: float = 0.1

    def build(self, module: nn.Module) -> torch.optim.Optimizer:
        """The optimiser of all of the module's parameters."""
        kinds = {"adamw": (torch.optim.AdamW, {}), "sgd": (torch.optim.SGD, {"momentum": 0.9})}
        if self.name not in kinds:
            raise SignError(f"optimiser {self.name!r} is unknown; there are {', '.join(kinds)}")
        kind, extra = kinds[self.name]
        return kind(module.parameters(), lr=self.rate, weight_decay=self.decay, fused=True, **extra)

    def at(self, progress: float) -> float:
        """Learning rate at ``progress``, 0 at the first step and 1 at the last."""
        if progress < self.warmup:
            return self.rate * (progress + 1e-3) / (self.warmup + 1e-3)
        return self.rate * 0.5 * (1 + math.cos(math.pi * (progress - self.warmup) / (1 - self.warmup + 1e-9)))


@dataclass(frozen=True)
class Run:
    """Everything that decides the weights of one training, but for the data. ``epochs=0`` is the random encoder."""

    method: str = "slfpn"
    options: dict = field(default_factory=dict)
    views: ViewConfig = ViewConfig()
    encoder: EncoderConfig = EncoderConfig()
    optimiser: Optimiser = Optimiser()
    epochs: int = 200
    batch: int = 512
    seed: int = 0
    precision: str = "fp32"
    measured_by: ClassVar[tuple[ModuleType, ...]] = (collapse, probes)  # what each epoch's metrics come from

    def __post_init__(self):
        if self.method not in METHODS:
            raise SignError(f"method {self.method!r} is unknown; there are {', '.join(METHODS)}")
        if self.precision not in PRECISIONS:
            raise SignError(f"precision {self.precision!r} of a run: expected {' or '.join(PRECISIONS)}")

    def build(self, classes: int) -> Method:
        """The method around a fresh encoder, initialised from the seed."""
        torch.manual_seed(self.seed)
        try:
            return METHODS[self.method](PoseTransformer(self.encoder), classes, **self.options)
        except TypeError as error:
            raise SignError(f"method {self.method}: {error}") from None

    def fitted(self, signs: Signs) -> "Run":
        """The same run with the encoder's landmarks, coordinates and frames as the data have them."""
        _, frames, landmarks, coordinates = signs.landmarks.shape
        return replace(self, encoder=replace(self.encoder, frames=frames, landmarks=landmarks, coordinates=coordinates))


def train(run: Run, signs: Signs, state: Path | None = None, on_epoch: Callable[[int], None] | None = None):
    """Train ``run`` on the training split; returns (module, metrics, seconds).

    After each epoch everything needed to go on is written to ``state`` in one atomic file; if it is there already,
    training goes on after its last epoch and ends with the weights of an undisturbed run (CPU). ``metrics`` has a
    dict an epoch: loss, std, rank and norm of the encoder's output and of what the loss compares, kNN on the
    validation split. The test split is not looked at. Raises SignError when the loss is no longer finite.
    """
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    part = signs.part("train")
    module = run.build(len(signs.glosses)).to(device)
    optimiser = run.optimiser.build(module)
    metrics, seconds = restore(state, module, optimiser) if state and state.exists() else ([], 0.0)
    for epoch in range(len(metrics), run.epochs):
        started = time.perf_counter()
        losses = train_epoch(run, module, optimiser, part, epoch, device)
        if not math.isfinite(losses[-1]):
            raise SignError(f"{signs.name}, {run.method}, seed {run.seed}: the loss is {losses[-1]} in epoch {epoch + 1}; lower the rate")
        metrics.append({"epoch": epoch + 1, "loss": float(np.mean(losses)), **measure(module, signs, run.precision)})
        seconds += time.perf_counter() - started
        if state:
            store(state, module, optimiser, metrics, seconds)
        if on_epoch:
            on_epoch(epoch + 1)
    return module, metrics, seconds


def train_epoch(run: Run, module: Method, optimiser, part: Signs, epoch: int, device, share: slice = slice(None)) -> list[float]:
    """One pass over every clip of ``part``, in an order drawn from (seed, epoch); returns the loss of each step.

    ``share`` of each batch goes through this process (``sslslr.commands.pretrain``): views are drawn for the whole batch, so
    that several processes see what one would.
    """
    generator = torch.Generator().manual_seed(run.seed * 1_000_003 + epoch)
    torch.manual_seed(run.seed * 1_000_003 + epoch)  # dropout's
    module.train()
    losses, inside = [], part.valid
    alpha, beta = run.views.of(part)
    chunks = list(batches(len(part), run.batch, generator))
    for step, index in enumerate(chunks):
        module.progress, module.clips = (epoch + step / len(chunks)) / run.epochs, index
        for group in optimiser.param_groups:
            group["lr"] = run.optimiser.at(module.progress)
        x, valid, lengths, labels = (torch.from_numpy(a[index]) for a in (part.landmarks, inside, part.lengths, part.labels))
        x = x.float()
        views = run.views.pair(x, lengths, generator, alpha[index], beta[index])
        x, view1, view2, valid, labels = (a[share].to(device) for a in (x, *views, valid, labels))
        with autocast(device, run.precision):
            loss = module.loss(x, view1, view2, valid, labels)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        losses.append(loss.detach())
    return torch.stack(losses).tolist()


def batches(clips: int, batch: int, generator: torch.Generator) -> Iterator[np.ndarray]:
    """Shuffled batches of nearly equal size, at most ``batch``, in which every clip comes exactly once."""
    order = torch.randperm(clips, generator=generator).numpy()
    yield from np.array_split(order, max(1, -(-clips // batch)))


def measure(module: Method, signs: Signs, precision: str = "fp32") -> dict[str, float]:
    """Collapse measures of encoder and output, and kNN from training to validation clips, on at most 256 of each."""
    watched = [
        part.subset(np.linspace(0, len(part) - 1, min(WATCHED, len(part))).astype(int)) for part in map(signs.part, ("train", "val"))
    ]
    (train_x, val_x), (train_y, val_y) = zip(*[(embed(module.encoder, s, precision=precision), s.labels) for s in watched], strict=True)
    module.eval()
    with torch.no_grad():
        output = module.head(torch.from_numpy(val_x).to(module.encoder.position.device)).cpu()
    knn = probes.score("knn", train_x, train_y, val_x, val_y, standardise=False)
    return {
        "knn": knn["top1"],
        **{f"encoder_{k}": v for k, v in collapse.collapse_measures(torch.from_numpy(val_x)).items()},
        **{f"output_{k}": v for k, v in collapse.collapse_measures(output).items()},
    }


def store(path: Path, module: nn.Module, optimiser, metrics: list[dict], seconds: float) -> None:
    """Write weights, optimiser and metrics of the epochs so far to one safetensors file, atomically, with its hash beside it."""
    tensors = {f"module.{k}": v.contiguous() for k, v in module.state_dict().items()}
    for i, slots in optimiser.state_dict()["state"].items():
        tensors |= {f"optimiser.{i}.{k}": v.contiguous() for k, v in slots.items() if v is not None}
    with atomic(path) as partial:
        save_file(tensors, partial, metadata={"metrics": json.dumps(metrics), "seconds": str(seconds)})
        seal(path, digest(partial))  # what is there and what will be: a stop in between leaves one of both


def restore(path: Path, module: nn.Module, optimiser) -> tuple[list[dict], float]:
    """Put back what ``store`` wrote; returns the metrics and the seconds so far. SignError when the file is broken."""
    try:
        with safe_open(path, framework="pt") as stored:
            about = stored.metadata()
            tensors = {k: stored.get_tensor(k) for k in stored.keys()}  # noqa: SIM118 (not a dict)
        module.load_state_dict({k.removeprefix("module."): v for k, v in tensors.items() if k.startswith("module.")})
        slots: dict[int, dict] = {}
        for key, value in tensors.items():
            if key.startswith("optimiser."):
                _, i, name = key.split(".", 2)
                slots.setdefault(int(i), {})[name] = value
        optimiser.load_state_dict(optimiser.state_dict() | {"state": slots})
        return json.loads(about["metrics"]), float(about["seconds"])
    except (SafetensorError, RuntimeError, KeyError, ValueError) as error:
        raise SignError(f"{path}: not a training state of this run ({error}); delete it to train anew") from None


def as_json(run: Run) -> dict:
    """The run as plain JSON values."""
    return asdict(run)
