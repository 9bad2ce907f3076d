"""Remove what no current code can serve: runs, answers and packs of older versions, and what crashes left."""

import json
import os
import re
import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from filelock import Timeout

from sslslr import locks, paths
from sslslr.commands import Parser
from sslslr.learning.outdated import outdated, unknown
from sslslr.learning.store import UNFINISHED
from sslslr.video import training as _  # noqa: F401 (so that runs on pictures are known as such)

STATES = tuple(name + end for name in UNFINISHED for end in ("", f".{paths.SEAL}"))
IDLE = 24 * 3600  # seconds that an unfinished file without a lock must have been untouched
PARTIAL = re.compile(r"\..+\.\d+\.partial(\..+)?")
RUN, MADE = re.compile(r"[0-9a-f]{16}|\.[0-9a-f]{16}\.\d+\.partial"), re.compile(r".+-[0-9a-f]{20}(\.npz)?", re.DOTALL)
"""How the run store names a run, and the cache what it keeps; whatever is called otherwise is somebody's own."""


@dataclass(frozen=True)
class Waste:
    """A file or folder that can go: ``why``, and the ``lock`` to hold while it goes, if it has one."""

    path: Path
    why: str
    lock: Path | None = None

    @property
    def size(self) -> int:
        """Bytes on disk."""
        files = self.path.rglob("*") if self.path.is_dir() else [self.path]
        return sum(f.lstat().st_size for f in files if not f.is_dir())


def wasted(interrupted: bool = False) -> list[Waste]:
    """All that can go from run store and cache. ``interrupted``: also trainings of today's code that were stopped midway."""
    return [*_runs(paths.runs(), interrupted), *_caches(paths.cache())]


def _runs(store: Path, interrupted: bool) -> Iterator[Waste]:
    for folder in sorted(p for p in store.glob("*") if RUN.fullmatch(p.name) and p.is_dir()):
        lock, answers = folder / "lock", {p: _read(p) for p in sorted(folder.glob("answer-*.json"))}
        named = _named(folder)
        if not named and not (answers or lock.exists() or (folder / "weights.safetensors").exists()):
            continue  # not of the run store
        begins = _named(store / named["start"]) if named.get("start") else {}  # {} too where it is kept elsewhere
        why = outdated(named, folder.name)
        if begins and not why and (old := outdated(begins, named["start"])):
            why = f"starts from {named['start']}, which is {old}"
        if why:
            yield Waste(folder, why, lock)
            continue
        finished = (folder / "provenance.json").exists()
        for path in sorted(folder.iterdir()):
            if path in answers and (old := unknown(answers[path].get("versions"))):
                yield Waste(path, f"answer by {old}", lock)
            elif path.name in STATES and (finished or interrupted):
                yield Waste(path, "left of a finished training" if finished else "interrupted training", lock)
            elif PARTIAL.fullmatch(path.name) and _idle(path):
                yield Waste(path, "half written", lock)


def _named(folder: Path) -> dict:
    """What a folder says of its run, in ``run.json`` or else in an answer about it; {} where nothing does."""
    said = [_read(folder / "run.json"), *(_read(p).get("of") or {} for p in sorted(folder.glob("answer-*.json")))]
    return next(filter(None, said), {})


def _caches(cache: Path) -> Iterator[Waste]:
    for path in [*sorted(cache.glob("packed/*")), *sorted(cache.glob("datasets/*"))]:  # hidden ones too
        if path.name.startswith("."):
            if PARTIAL.fullmatch(path.name) and _idle(path):
                yield Waste(path, "half written")
        elif MADE.fullmatch(path.name) and (old := unknown(_read(path / "about.json").get("made_by") if path.is_dir() else _made_by(path))):
            yield Waste(path, f"data by {old}")


def _made_by(path: Path):
    """The versions that a stored data set (``Signs.save``) depends on."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            return json.loads(str(stored["about"])).get("made_by")
    except (OSError, ValueError, KeyError, EOFError):
        return None


def _read(path: Path) -> dict:
    """A JSON object, {} where there is none to read."""
    try:
        found = paths.read_json(path)
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _idle(path: Path) -> bool:
    return time.time() - path.lstat().st_mtime > IDLE


def remove(waste: Waste) -> bool:
    """Remove it, unless another process holds its lock: then nothing happens, and False."""
    if waste.lock is None or not waste.lock.parent.is_dir():
        _delete(waste.path)
        return True
    try:
        with locks.lock(waste.lock, timeout=0):
            _delete(waste.path)
    except Timeout:
        return False
    return True


def _delete(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        gone = path.with_name(f".{path.name}.{os.getpid()}.partial")  # so that nobody meets half of it
        os.replace(path, gone)
        shutil.rmtree(gone)
    else:
        path.unlink(missing_ok=True)


def main(arguments: list[str]) -> int:
    """Run the command: says what can go and how large it is, and removes it only after a yes."""
    parser = Parser(__name__, __doc__)
    parser.add_argument("--yes", action="store_true", help="remove without asking")
    parser.add_argument("--interrupted", action="store_true", help="also trainings of today's code that stopped midway and could go on")
    options = parser.parse_args(arguments)
    found = wasted(options.interrupted)
    for waste in found:
        print(f"{waste.size / 1e6:9.2f} MB  {waste.path}  {waste.why}")
    print(f"{len(found)} can go, {sum(w.size for w in found) / 1e6:.1f} MB in all, from {paths.runs()} and {paths.cache()}")
    if not found or not (options.yes or _agreed()):
        return 0
    kept = [waste.path for waste in found if not remove(waste)]
    for path in kept:
        print(f"{path} is in use: left alone")
    print(f"{len(found) - len(kept)} removed")
    return 0


def _agreed() -> bool:
    if not (sys.stdin and sys.stdin.isatty()):
        print("nothing removed; --yes removes it")
        return False
    return input("Remove all of it? [y/N] ").strip().lower() in ("y", "yes")
