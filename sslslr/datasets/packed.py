"""A data set ready for training in one memory-mapped float16 array: 100,000 clips open at once and are read by index."""

import json
import os
import shutil
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path

import numpy as np
from tqdm import tqdm

from sslslr import paths
from sslslr.clips.signs import Signs, prepare
from sslslr.clips.skeleton import SKELETONS
from sslslr.datasets import index
from sslslr.errors import SignError
from sslslr.provenance import code_version

ABOUT = "about.json"
ARRAYS = tuple(f.name for f in fields(Signs) if f.type is np.ndarray or f.type == "np.ndarray")
LIMIT = float(np.finfo(np.float16).max)


class Packed(Signs):
    """Signs whose landmarks lie on disk as float16, (N, T, J, C), mapped into memory and sorted by split.

    A batch is ``landmarks[index]``, as of any Signs; ``part`` is a view, which reads nothing. Write-protected.
    """

    def subset(self, keep: np.ndarray) -> Signs:
        """As of Signs; a mask of clips that lie side by side, as those of a split do, costs nothing."""
        keep = np.asarray(keep)
        if keep.dtype == bool and keep.any():
            where = np.flatnonzero(keep)
            if len(where) == where[-1] - where[0] + 1:
                keep = slice(where[0], where[-1] + 1)
        return super().subset(keep)


def prepared(
    name: str, path: Path, frames: int, coordinates: int | None = None, progress: bool = False, options: str | dict[str, str] = ""
) -> Packed:
    """The real data set ``name`` at ``path``, normalised, at most ``frames`` frames a clip; packed at the first call.

    Keeps the first ``coordinates`` coordinates, or all that the source has; ``options`` as for ``datasets.index``.
    The folder's name holds a hash of the source's files (names, sizes, times), of the settings and of the code that
    reads and prepares: a pack that no longer fits is never opened. Raises SignError as reading and preparing do.
    """
    listing = index(name, path, options)
    listing.require_landmarks()
    key = listing.key("packed", frames, coordinates, code_version(__name__))
    folder = paths.cache() / "packed" / f"{name}-{key[:20]}"
    if not (folder / ABOUT).exists():
        parts = (prepare(part, frames, coordinates or part.landmarks.shape[-1]) for part in listing.chunks())
        bar = tqdm(parts, total=-(-len(listing) // 512), unit="512 clips", disable=not progress, leave=False)
        pack(bar, len(listing), frames, folder)
    return open_packed(folder)


def pack(parts: Iterable[Signs], clips: int, frames: int, folder: Path) -> None:
    """Write prepared ``parts``, together ``clips`` clips of at most ``frames`` frames, to ``folder``: whole or not at all.

    All parts must have the same glosses, landmarks and coordinates. Clips are sorted by split, otherwise in their order.
    """
    partial = folder.with_name(f".{folder.name}.{os.getpid()}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        stored, about, columns, at = None, None, {n: [] for n in ARRAYS if n != "landmarks"}, 0
        for part in parts:
            here = part.about
            if stored is None:
                about, shape = here, (clips, frames, *part.landmarks.shape[2:])
                stored = np.lib.format.open_memmap(partial / "landmarks.npy", mode="w+", dtype=np.float16, shape=shape)
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
        stored.flush()
        for name, array in arrays.items():
            np.save(partial / f"{name}.npy", array, allow_pickle=False)
        fingerprint = Signs(landmarks=stored, **arrays, **(about | {"skeleton": SKELETONS[about["skeleton"]]})).fingerprint
        paths.write_json(partial / ABOUT, about | {"fingerprint": fingerprint})
        shutil.rmtree(folder, ignore_errors=True)
        os.replace(partial, folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def open_packed(folder: Path) -> Packed:
    """Map a packed data set into memory; raises SignError where ``folder`` is not one."""
    try:
        about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
        fingerprint = about.pop("fingerprint")
        arrays = {n: np.load(folder / f"{n}.npy", mmap_mode="r" if n == "landmarks" else None, allow_pickle=False) for n in ARRAYS}
        about |= {"skeleton": SKELETONS[about["skeleton"]], "glosses": tuple(about["glosses"])}
        signs = Packed(**arrays, **about)
    except FileNotFoundError as error:
        raise SignError(f"{folder}: no packed data set ({Path(error.filename).name} is missing); pack it again") from None
    except (ValueError, KeyError, TypeError) as error:
        raise SignError(f"{folder}: not a packed data set ({error}); delete it and pack again") from None
    signs.__dict__["fingerprint"] = fingerprint  # computed when it was packed; computing it would read everything
    return signs


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
