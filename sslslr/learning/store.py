"""The run store: a run is named by what decides it, done once, resumed if killed; answers about it lie beside it."""

import hashlib
import json
import math
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import torch
from safetensors.torch import load_file, save_file

from sslslr import locks, paths
from sslslr.clips import boundaries
from sslslr.clips.signs import Signs
from sslslr.clips.skeleton import Skeleton
from sslslr.errors import SignError
from sslslr.learning.training import Run, as_json, train
from sslslr.methods import METHODS, precision
from sslslr.methods.encoder import PoseTransformer
from sslslr.methods.heads import Method
from sslslr.provenance import packages, peak_memory_mb, provenance, today
from sslslr.provenance import versions as versions_of
from sslslr.views import PAIRS, VIEWS
from sslslr.views import VERSION as VIEW_SETS


@dataclass(frozen=True)
class Trained:
    """A finished run: ``module`` (in eval mode), ``metrics`` (a row an epoch), ``folder`` in the store."""

    run: Run
    module: Method
    metrics: pd.DataFrame
    folder: Path

    @property
    def encoder(self):
        """The frozen encoder."""
        return self.module.encoder

    @property
    def stale(self) -> list[str]:
        """Which packages it was trained with in other versions than today's; see ``stale``."""
        return stale(self.folder)


class OutOfTime(Exception):
    """The time that ``until`` gave is over; the training that was under way goes on from its last epoch the next time."""


_END: ContextVar[float] = ContextVar("end", default=math.inf)


@contextmanager
def until(moment: float) -> Iterator[None]:
    """Inside, no training begins after ``moment`` (seconds, as ``time.time()``), and one under way stops after its epoch: OutOfTime."""
    token = _END.set(moment)
    try:
        yield
    finally:
        _END.reset(token)


def in_time() -> None:
    """Raise OutOfTime where the time is over."""
    if time.time() >= _END.get():
        raise OutOfTime


def versions(run: Run, signs: Signs) -> list[str]:
    """The versions of the parts that decide this run: its loop, encoder, method, views, what it measures, and its data's makers."""
    own = [METHODS[run.method], VIEWS[run.views.name], *([PAIRS[run.views.name]] if run.views.name in PAIRS else [])]
    own += [boundaries] * (run.views.ends != "fixed")
    found = {VIEW_SETS, *versions_of(type(run), *run.measured_by, PoseTransformer, Skeleton, *own), *signs.versions}
    return sorted(found - {precision.VERSION} if run.precision == "fp32" else found)


def key(run: Run, signs: Signs) -> str:
    """Name of a run: hash of its whole configuration, its data and the versions of the parts that decide it."""
    return name_of({"run": as_json(run), "data": signs.fingerprint, "versions": versions(run, signs)})


def name_of(content) -> str:
    """Hash of plain JSON values, 16 hexadecimal digits."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def stale(folder: Path) -> list[str]:
    """The packages with which the run in ``folder`` was made in another version than today's, as "torch 2.12.0, now 2.13.0".

    They may move a result's last digits; such a run is served all the same. Raises SignError where no finished run is.
    """
    try:
        then = paths.read_json(folder / "provenance.json")["versions"]
    except (OSError, ValueError, KeyError) as error:
        raise SignError(f"{folder}: no finished run is there ({error})") from None
    return [f"{p} {then.get(p, 'unknown')}, now {now}" for p, now in packages().items() if then.get(p) != now]


def fetch(run: Run, signs: Signs, how: Callable = train) -> Trained:
    """The finished run, from the store if it is there, else trained now by ``how`` (or on from where it was killed).

    Its folder holds ``run.json``, ``metrics.csv``, ``weights.safetensors`` and, written last, ``provenance.json``, which has their
    hashes: SignError where one is no longer as it was written.
    Two processes that ask for the same run do not train it twice.
    """
    run = run.fitted(signs)
    name = key(run, signs)
    folder = paths.runs() / name
    folder.mkdir(parents=True, exist_ok=True)
    with locks.held(folder / "lock"):
        if not (folder / "provenance.json").exists():
            _do(run, signs, folder, how)
    module = run.build(len(signs.glosses))
    try:
        paths.unchanged(folder, paths.read_json(folder / "provenance.json").get("files", {}))
        module.load_state_dict(load_file(folder / "weights.safetensors"))
        metrics = pd.read_csv(folder / "metrics.csv")
    except Exception as error:
        raise SignError(f"{folder}: the stored run can't be read ({error}); delete this folder and start again") from None
    return Trained(run, module.eval().to("cuda" if torch.cuda.is_available() else "cpu"), metrics, folder)


def answer(run: Run, signs: Signs, question: dict, compute: Callable[[], dict], *parts) -> dict:
    """``compute()``, plain JSON values, computed once for this run, this question and these versions of ``parts``, which answer it.

    Kept in the run's folder, whether the run itself is needed and trained or not.
    """
    path = answer_path(run, signs, question, *parts)
    if path.exists():
        return kept(path)["answer"]
    found = compute()
    path.parent.mkdir(parents=True, exist_ok=True)
    told = {"question": question, "answer": found, "versions": versions_of(*parts), "of": about(run.fitted(signs), signs)}
    paths.write_json(path, told, sealed=True)
    return found


def kept(path: Path) -> dict:
    """What ``answer`` or a finished run wrote to ``path``; SignError where it can't be read, or is no longer as it was written."""
    try:
        return paths.read_json(path)
    except (OSError, ValueError) as error:
        raise SignError(f"{path}: can't be read ({error}); delete it and start again: it is made anew") from None


def answer_path(run: Run, signs: Signs, question: dict, *parts) -> Path:
    """Where ``answer`` keeps it, whether it is there or not."""
    return paths.runs() / key(run.fitted(signs), signs) / f"answer-{name_of([question, versions_of(*parts)])}.json"


def about(run: Run, signs: Signs) -> dict:
    """All that a run's name is the hash of, and its data's name, as plain JSON values."""
    data = {"name": signs.name, "kind": signs.kind, "fingerprint": signs.fingerprint, "versions": signs.versions}
    return {**as_json(run), "data": data, "versions": versions(run, signs)}


def _do(run: Run, signs: Signs, folder: Path, how: Callable) -> None:
    paths.write_json(folder / "run.json", about(run, signs))
    state = folder / "state.safetensors"
    progress = folder / "progress"
    whole_or_none(state)

    def on_epoch(done: int) -> None:
        paths.write_text(progress, str(done))
        in_time()

    in_time()
    module, metrics, seconds = how(run, signs, state, on_epoch)
    columns = None if metrics else ["epoch"]
    paths.write_text(folder / "metrics.csv", pd.DataFrame(metrics, columns=columns).to_csv(index=False))
    with paths.atomic(folder / "weights.safetensors") as partial:
        save_file({k: v.cpu().contiguous() for k, v in module.state_dict().items()}, partial)
    made = {**provenance(), "date": today(), "seed": run.seed, "seconds": round(seconds, 2), "peak_memory_mb": round(peak_memory_mb())}
    made["files"] = paths.digests(folder, "run.json", "metrics.csv", "weights.safetensors")
    paths.write_json(folder / "provenance.json", made, sealed=True)
    for name in UNFINISHED:
        paths.unseal(folder / name)


UNFINISHED = ("state.safetensors", "best.safetensors", "progress")


def whole_or_none(state: Path) -> None:
    """Put away the state of a training that is not as it was written: then it starts anew, and ends in the same weights."""
    if state.exists() and not paths.sealed(state):
        warnings.warn(f"{state}: not as it was written (a crash, or the disk); this training starts from its beginning", stacklevel=2)
        paths.unseal(state)
