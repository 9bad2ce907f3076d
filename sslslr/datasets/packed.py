"""A data set ready for training in one memory-mapped float16 array: 100,000 clips open at once and are read by index."""

import errno
import json
import os
import shutil
from collections.abc import Callable, Iterable
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, Self

import numpy as np

from sslslr import paths
from sslslr.clips.input import Input
from sslslr.clips.signs import Signs
from sslslr.clips.skeleton import SKELETONS
from sslslr.datasets import index
from sslslr.errors import SignError
from sslslr.progress import track
from sslslr.provenance import versions

VERSION = "packing 1"

ABOUT = "about.json"
PROFILES = Input()  # what every profile that ships says
ARRAYS = tuple(f.name for f in fields(Signs) if f.type is np.ndarray or f.type == "np.ndarray")
LIMIT = float(np.finfo(np.float16).max)


class Packed(Signs):
    """Signs whose landmarks lie on disk as float16, (N, T, J, C), mapped into memory and sorted by split.

    A batch is ``landmarks[index]``, as of any Signs; ``part`` is a view, which reads nothing. Write-protected.
    """

    def subset(self, keep: np.ndarray | slice) -> Self:
        """As of Signs; a slice costs nothing, nor does a mask of clips that lie side by side, as those of a split do."""
        if not isinstance(keep, slice) and (keep := np.asarray(keep)).dtype == bool and keep.any():
            where = np.flatnonzero(keep)
            if len(where) == where[-1] - where[0] + 1:
                keep = slice(where[0], where[-1] + 1)
        return super().subset(keep)


def prepared(
    name: str,
    path: Path,
    frames: int,
    coordinates: int | None = None,
    choice: Input = PROFILES,
    progress: bool = False,
    options: str | dict[str, str] = "",
) -> Packed:
    """The real data set ``name`` at ``path``, prepared as ``choice`` says, at most ``frames`` frames a clip; packed at the first call.

    Keeps the first ``coordinates`` coordinates, or all that the source has; ``options`` as for ``datasets.index``.
    The folder's name holds a hash of the source's files (names, sizes, times), of the settings and of the versions of what
    reads and prepares: a pack that no longer fits is never opened. Raises SignError as reading and preparing do.
    """
    listing = index(name, path, options)
    listing.require_landmarks()
    made_by = versions(Packed, Input) + listing.versions
    key = listing.key("packed", frames, coordinates, asdict(choice), made_by)
    folder = paths.cache() / "packed" / f"{name}-{key[:20]}"
    if not (folder / ABOUT).exists():
        parts = (choice.each(part, frames, coordinates) for part in listing.chunks())
        bar = track(
            parts,
            total=-(-len(listing) // 512),
            unit="512 clips",
            desc="packing",
            ends=f"{len(listing):,} clips",
            disable=not progress,
            leave=False,
        )
        pack(bar, len(listing), frames, folder, made_by, choice.together)
    return open_packed(folder)


def pack(
    parts: Iterable[Signs],
    clips: int,
    frames: int,
    folder: Path,
    made_by: Iterable[str] = (),
    finish: Callable[[Signs], Signs] | None = None,
) -> None:
    """Write prepared ``parts``, together ``clips`` clips of at most ``frames`` frames, to ``folder``: whole or not at all.

    All parts must have the same glosses, landmarks and coordinates. Clips are sorted by split, otherwise in their order.
    ``made_by``: the versions that the pack depends on, noted in it. ``finish`` is given all clips at the end and changes
    their landmarks in place: what needs to see a signer's other clips.
    """
    partial = folder.with_name(f".{folder.name}.{os.getpid()}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        stored: np.memmap | None = None
        about: dict[str, Any] = {}
        columns: dict[str, list[np.ndarray]] = {n: [] for n in ARRAYS if n != "landmarks"}
        at = 0
        for part in parts:
            here = part.about
            if stored is None:
                about, shape = here, (clips, frames, *part.landmarks.shape[2:])
                stored = np.lib.format.open_memmap(partial / "landmarks.npy", mode="w+", dtype=np.float16, shape=shape)
                _reserve(partial / "landmarks.npy")
            if here != about or part.frames > frames or at + len(part) > clips or part.landmarks.shape[2:] != stored.shape[2:]:
                what = f"a part of {len(part)} clips of {part.frames} frames"
                raise SignError(f"{part.name}: {what} does not fit the pack of {clips} clips of {frames} frames begun before it")
            if (size := np.nanmax(np.abs(part.landmarks))) > LIMIT:
                raise SignError(f"{part.name}: a coordinate is {size:.3g}, more than float16 holds; the scale of some clip is wrong")
            rows = stored[at : at + len(part)]
            rows[:, : part.frames] = part.landmarks
            rows[:, part.frames :] = np.nan
            for name, column in columns.items():
                column.append(getattr(part, name))
            at += len(part)
        if at != clips or stored is None:
            raise SignError(f"{folder.name}: {at} clips came, {clips} were announced")
        arrays = {name: np.concatenate(column) for name, column in columns.items()}
        _sort(stored, arrays)
        signs = Signs(landmarks=stored, **arrays, **(about | {"skeleton": SKELETONS[about["skeleton"]]}))
        fingerprint = (finish(signs) if finish else signs).fingerprint
        stored.flush()
        for name, array in arrays.items():
            np.save(partial / f"{name}.npy", array, allow_pickle=False)
        paths.write_json(partial / ABOUT, about | {"fingerprint": fingerprint, "made_by": sorted(made_by)})
        shutil.rmtree(folder, ignore_errors=True)
        os.replace(partial, folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _reserve(path: Path) -> None:
    """Take the room that a mapped file needs now: on a full disk writing to it later would end the process without a word."""
    if hasattr(os, "posix_fallocate"):
        with path.open("r+b") as file:
            try:
                os.posix_fallocate(file.fileno(), 0, path.stat().st_size)
            except OSError as error:
                if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
                    raise OSError(error.errno, error.strerror, str(path)) from None  # else: a file system that can't be asked


def open_packed(folder: Path) -> Packed:
    """Map a packed data set into memory, read through once (about a second a gigabyte); SignError where ``folder`` is none, or has changed."""
    try:
        about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
        fingerprint = about.pop("fingerprint")
        about.pop("made_by", None)
        arrays = {n: np.load(folder / f"{n}.npy", mmap_mode="r" if n == "landmarks" else None, allow_pickle=False) for n in ARRAYS}
        about |= {"skeleton": SKELETONS[about["skeleton"]], "glosses": tuple(about["glosses"])}
        signs = Packed(**arrays, **about)
        if signs.fingerprint != fingerprint:
            raise ValueError("it is not as it was packed")
    except FileNotFoundError as error:
        raise SignError(f"{folder}: no packed data set ({Path(error.filename).name} is missing); pack it again") from None
    except Exception as error:  # numpy raises what it likes on a broken head of an array
        told = (str(error) or type(error).__name__).splitlines()[0]
        raise SignError(f"{folder}: not a packed data set ({told}); delete it and pack again") from None
    return signs.made_from(None, content=fingerprint)  # hashed when it was packed; its splits need not read everything again


def _sort(stored: np.ndarray, arrays: dict[str, np.ndarray]) -> None:
    """Sort clips by split, in place and with little memory: by the cycles of the permutation."""
    order = np.argsort(arrays["split"], kind="stable")
    for name in arrays:
        arrays[name] = arrays[name][order]
    done = order == np.arange(len(order))
    for start in np.flatnonzero(~done):
        if done[start]:
            continue
        first, at = stored[start].copy(), start
        while order[at] != start:
            stored[at] = stored[order[at]]
            done[at], at = True, order[at]
        stored[at], done[at] = first, True
