"""The run store: a run is named by its content, done once, resumed if killed; many run side by side."""

import hashlib
import importlib
import json
import multiprocessing
import os
import threading
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import joblib
import pandas as pd
import torch
from filelock import FileLock
from safetensors.torch import load_file, save_file
from tqdm.auto import tqdm

from sslslr import cluster, paths
from sslslr.errors import SignError
from sslslr.methods import METHODS
from sslslr.precision import keep_memory
from sslslr.provenance import code_version, peak_memory_mb, provenance
from sslslr.signs import Signs
from sslslr.training import Run, as_json, train
from sslslr.views import VIEWS

# The code that decides the weights and the metrics of a run; the method's own file and the view's are added to it.
TRAINS = ("signs", "encoder", "precision", "views", "views.boundary", "views.spatial", "training", "probes", "diagnostics", "methods.heads", "methods.lightly")


@dataclass(frozen=True)
class Trained:
    """A finished run: ``module`` (in eval mode), ``metrics`` (a row an epoch), ``folder`` in the store."""

    run: Run
    module: torch.nn.Module
    metrics: pd.DataFrame
    folder: Path

    @property
    def encoder(self):
        """The frozen encoder."""
        return self.module.encoder


def key(run: Run, signs: Signs) -> str:
    """Content hash of a run: whole configuration, data, and the code that trains."""
    own = [METHODS[run.method].__module__, VIEWS[run.views.name].__module__]
    trains = [f"sslslr.{m}" for m in TRAINS]
    own += [c.__module__ for c in METHODS[run.method].__mro__[1:] if c.__module__.startswith("sslslr.") and c.__module__ not in trains]
    own += ["sslslr.boundaries"] * (run.views.ends != "fixed")
    code = code_version(*trains, *own)
    whole = json.dumps({"run": as_json(run), "data": signs.fingerprint, "code": code}, sort_keys=True)
    return hashlib.sha256(whole.encode()).hexdigest()[:16]


def fetch(run: Run, signs: Signs, how: Callable = train) -> Trained:
    """The finished run, from the store if it is there, else trained now by ``how`` (or on from where it was killed).

    Its folder holds ``run.json``, ``metrics.csv``, ``weights.safetensors`` and, written last, ``provenance.json``.
    Two processes that ask for the same run do not train it twice.
    """
    run = run.fitted(signs)
    name = key(run, signs)
    folder = paths.runs() / name
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / "lock"):
        if not (folder / "provenance.json").exists():
            _do(run, signs, folder, how)
    module = run.build(len(signs.glosses))
    try:
        module.load_state_dict(load_file(folder / "weights.safetensors"))
        metrics = pd.read_csv(folder / "metrics.csv")
    except Exception as error:
        raise SignError(f"{folder}: the stored run can't be read ({error}); delete this folder and start again") from None
    return Trained(run, module.eval().to("cuda" if torch.cuda.is_available() else "cpu"), metrics, folder)


def _do(run: Run, signs: Signs, folder: Path, how: Callable) -> None:
    paths.write_json(folder / "run.json", {**as_json(run), "data": {"name": signs.name, "kind": signs.kind, "fingerprint": signs.fingerprint}})
    state = folder / "state.safetensors"
    progress = folder / "progress"
    module, metrics, seconds = how(run, signs, state, lambda done: paths.write_text(progress, str(done)))
    columns = None if metrics else ["epoch"]
    paths.write_text(folder / "metrics.csv", pd.DataFrame(metrics, columns=columns).to_csv(index=False))
    with paths.atomic(folder / "weights.safetensors") as partial:
        save_file({k: v.cpu().contiguous() for k, v in module.state_dict().items()}, partial)
    made = {**provenance(), "seed": run.seed, "seconds": round(seconds, 2), "peak_memory_mb": round(peak_memory_mb())}
    paths.write_json(folder / "provenance.json", made)
    state.unlink(missing_ok=True)
    progress.unlink(missing_ok=True)


def at_once() -> int:
    """Runs at a time where nobody says: one a GPU, whose memory a run of the paper's size fills, else one a core."""
    return torch.cuda.device_count() or joblib.cpu_count()


def side_by_side(task: Callable, jobs: Sequence[tuple], workers: int = 0, title: str = "runs") -> list:
    """``[task(*job) for job in jobs]`` in parallel processes of one thread each, with one progress bar over epochs.

    A job's first argument is a Run and its second the Signs it trains on. ``workers=0`` means ``at_once()``; a Dask
    cluster takes the place of local processes where ``sslslr.cluster`` is told of one. Results keep the order of
    ``jobs``; the first error stops the study and is raised, finished runs stay in the store.
    """
    workers = min(workers or at_once(), max(1, len(jobs)))
    folders = [paths.runs() / key(run.fitted(signs), signs) for run, signs, *_ in jobs]
    epochs = [max(1, run.epochs) for run, *_ in jobs]
    done = [False] * len(jobs)
    keep_memory()
    bar = tqdm(total=sum(epochs), desc=title, unit="epoch", mininterval=1)
    with bar, _Watch(bar, folders, epochs, done), cluster.parallel(workers) as pool:
        known = sorted({view.__module__ for view in VIEWS.values() if view.__module__.startswith("sslslr.")})
        results = pool(joblib.delayed(_alone)(task, known, paths.runs(), paths.cache(), *job) for job in jobs)
        out = []
        for i, result in enumerate(results):
            out.append(result)
            done[i] = True
    return out


def _alone(task: Callable, known: list[str], runs: Path, cache: Path, *job):
    for module in known:  # view sets that this process's parent has registered by importing them
        importlib.import_module(module)
    os.environ["SSLSLR_RUNS"], os.environ["SSLSLR_CACHE"] = str(runs), str(cache)
    torch.set_num_threads(1)
    if torch.cuda.is_available():  # workers are numbered from 1: each takes its own GPU
        number = multiprocessing.current_process().name.rpartition("-")[2]
        torch.cuda.set_device(int(number) % torch.cuda.device_count() if number.isdigit() else 0)
    warnings.filterwarnings("ignore", "The number of unique classes is greater", UserWarning)  # few labels: one clip a gloss
    return task(*job)


class _Watch(threading.Thread):
    """Moves the bar by the epochs that the runs' folders show, every half second."""

    def __init__(self, bar, folders, epochs, done):
        super().__init__(daemon=True)
        self.bar, self.folders, self.epochs, self.done, self.stop = bar, folders, epochs, done, threading.Event()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.join()
        self._look()

    def run(self):
        while not self.stop.wait(0.5):
            self._look()

    def _look(self):
        at = 0
        for folder, epochs, done in zip(self.folders, self.epochs, self.done, strict=True):
            try:
                at += epochs if done or (folder / "provenance.json").exists() else int((folder / "progress").read_text())
            except (OSError, ValueError):
                pass
        if at > self.bar.n:
            self.bar.update(at - self.bar.n)

