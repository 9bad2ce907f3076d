"""Your own clips: a folder ``gloss/clip.mp4``, or any videos with a manifest; read from what extraction makes of them."""

from pathlib import Path

import pandas as pd

from sslslr.clips.signs import SPLITS, Signs
from sslslr.datasets import extracted, source
from sslslr.errors import SignError
from sslslr.extract.sources import find, unknown_columns
from sslslr.extract.video import Cut

MANIFEST = "manifest.csv"
EXPECTED = f"gloss/clip.mp4, or videos and {MANIFEST} (columns path, gloss, signer, split), or their extracted landmarks"


def read(path: Path) -> Signs:
    """All clips, from the folder that ``sslslr extract`` made of the videos."""
    return source.read(index(path))


def index(path: Path) -> source.Listing:
    """The clips of an extraction, or of a folder of videos; with ``manifest.csv`` in it those that it lists.

    Signers and splits are the manifest's; without it each is unknown, and all clips count as one signer's.
    """
    path = source.folder(path, EXPECTED)
    if extracted.is_extraction(path):
        listing = extracted.index(path, "own", {})
        if (empty := listing.table["gloss"] == "").any():
            raise SignError(f"{path}: clip {listing.table['clip'][empty].iloc[0]} has no gloss; expected {EXPECTED}")
        if len(wrong := listing.table[~listing.table["split"].isin((*SPLITS, ""))]):
            first = wrong.iloc[0]
            raise SignError(f"{path}: clip {first['clip']} has the split {first['split']!r}; expected {', '.join(SPLITS)} or nothing")
        return listing
    manifest = path / MANIFEST
    sources = find(path, manifest if manifest.exists() else None)
    about = [{"clip": s.name, "gloss": s.gloss, "signer": s.signer, "split": s.split} for s in sources]
    table = pd.DataFrame([row | {"file": _below(s.path, path), **_cut(s.cut)} for row, s in zip(about, sources, strict=True)])
    if (empty := table["gloss"] == "").any():
        raise SignError(f"{path / table['file'][empty].iloc[0]}: no gloss; expected {EXPECTED}")
    there = table["file"].map(lambda f: (path / f).exists())
    notes: tuple[str, ...] = () if manifest.exists() else (f"no {MANIFEST}: signers and splits are unknown",)
    if manifest.exists() and (unknown := unknown_columns(manifest)):
        notes = (f"{MANIFEST} has columns that nothing reads: {', '.join(unknown)}",)
    return source.Listing("own", path, table[there].reset_index(drop=True), None, missing=tuple(table.loc[~there, "clip"]), notes=notes)


def _below(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)


def _cut(cut: Cut) -> dict[str, str]:
    values = {"start": cut.start, "end": cut.end, "start_frame": cut.first, "end_frame": cut.last}
    values["fps"] = None if cut.fps == Cut.fps else cut.fps
    return {key: "" if value is None else f"{value:.15g}" for key, value in values.items()}
