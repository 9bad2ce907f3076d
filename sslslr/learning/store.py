"""The run store: a run is named by its content, done once, resumed if killed."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import torch
from filelock import FileLock
from safetensors.torch import load_file, save_file

from sslslr import paths
from sslslr.clips.signs import Signs
from sslslr.errors import SignError
from sslslr.learning.training import Run, as_json, train
from sslslr.methods import METHODS
from sslslr.provenance import code_version, peak_memory_mb, provenance
from sslslr.views import VIEWS

# The code that decides the weights and the metrics of a run; the method's own file and the view's are added to it.
TRAINS = ("clips.signs", "methods.encoder", "methods.precision", "views", "views.order", "views.place", "learning.training", "measures.probes",
          "measures.collapse", "methods.heads", "methods.lightly")  # fmt: skip


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
    own += ["sslslr.clips.boundaries"] * (run.views.ends != "fixed")
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
    paths.write_json(
        folder / "run.json", {**as_json(run), "data": {"name": signs.name, "kind": signs.kind, "fingerprint": signs.fingerprint}}
    )
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
