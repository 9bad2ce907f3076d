"""Landmarks that ``sslslr extract`` made of a data set's videos: every data set can be read from there."""

from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from sslslr.datasets import source
from sslslr.errors import SignError
from sslslr.extract.clips import CLIPS, INSTANCES, Clip, clip_path, read_instances

VERSION = "extracted clips 1"


def is_extraction(path: Path) -> bool:
    """Whether a folder was made by ``sslslr extract``."""
    return (path / INSTANCES).is_file() and (path / CLIPS).is_dir()


def index(path: Path, name: str, published: dict[str, int]) -> source.Listing:
    """The clips of an extraction, as the data set ``name``; glosses, signers and splits are those of its manifest.

    Raises SignError when its clips come from different backends or versions: they differ, so they mustn't be mixed.
    """
    table = read_instances(path).rename(columns={"id": "clip"})
    makers = table[[c for c in ("backend", "version", "complexity") if c in table]].drop_duplicates()
    if len(makers) > 1:
        raise SignError(f"{path}: clips of {len(makers)} backends or versions; they differ, so keep each in its own folder")
    there = np.array([clip_path(path, clip).exists() for clip in table["clip"]])
    rates = pd.to_numeric(table["fps"], errors="coerce") if "fps" in table else pd.Series([np.nan])
    fps = float(rates.median()) if rates.notna().any() else 25.0
    table = table.assign(file=table["clip"])
    notes = (f"landmarks extracted from video: {' '.join(map(str, makers.iloc[0]))}",) if len(makers) and len(makers.columns) else ()
    return source.Listing(
        name, path, table.loc[there, list(source.COLUMNS)].reset_index(drop=True), partial(open_clip, path), fps=fps,
        missing=tuple(table.loc[~there, "clip"]), published=published, notes=notes,
    )  # fmt: skip


def open_clip(root: Path, file: str) -> np.ndarray:
    """(T, 75, 2): x and y in picture heights, so that distances are the same in all directions; y grows downwards."""
    return Clip.load(clip_path(root, file)).isotropic[..., :2]
