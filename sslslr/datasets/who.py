"""Who signs, from a table beside the recordings: gloss, clip, signer and perhaps split, a row a clip."""

import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from sslslr import paths
from sslslr.clips.signs import SPLITS
from sslslr.csv_files import first_of_each
from sslslr.datasets import source
from sslslr.datasets.options import NONE
from sslslr.errors import SignError

INDEX = "index.csv"
OPTION = {
    "INDEX": f"a table of gloss, clip, signer and perhaps split (else {INDEX} in or beside the folder, if it is there; {NONE}: read none)"
}
COLUMNS = ("gloss", "clip", "signer")
OTHER_NAMES = {"take": "clip", "session": "signer"}
NUMBER = re.compile(r"\s*(\d+)(?:\.0+)?\s*")


@dataclass(frozen=True)
class Who:
    """table: the clips that are in the folder and in the index.  missing: those that only the index has.  notes: what was found."""

    table: pd.DataFrame
    missing: tuple[str, ...]
    notes: tuple[str, ...]


def find(root: Path, index: str, name: str = INDEX) -> Path | None:
    """The index that the user named, else ``name`` in ``root`` or beside it, else None; SignError when a named one is absent."""
    if index == NONE:
        return None
    if index:
        if not (asked := paths.at(index)).is_file():
            raise SignError(f"INDEX={asked}: no such file; expected a table with the columns {', '.join(COLUMNS)}")
        return asked
    return next((p for p in (root / name, root.parent / name) if p.is_file()), None)


def label(table: pd.DataFrame, path: Path, without: tuple[str, ...] = ()) -> Who:
    """``table`` (gloss, clip, file; clip being gloss/number) with the signers and splits of the index at ``path``.

    Its rows of the glosses ``without`` don't count. A clip of the folder that the index doesn't list is left out, and a note counts these. Rows whose ``status`` is not ok
    are known to be absent. Raises SignError for missing columns, an empty signer, an unknown split, and a clip listed twice.
    """
    listed = first_of_each(source.read_table(path, ()).rename(columns=str.lower))
    listed = listed.rename(columns={other: name for other, name in OTHER_NAMES.items() if name not in listed})
    if absent := [c for c in COLUMNS if c not in listed]:
        raise SignError(
            f"{path}: no column {', '.join(absent)} (it has {', '.join(map(str, listed))}); expected {', '.join(COLUMNS)}, perhaps split"
        )
    listed = listed[~listed["gloss"].isin(without)]
    here = listed["status"].str.lower().isin(("", "ok")) if "status" in listed else pd.Series(True, listed.index)
    notes: tuple[str, ...] = (f"{int((~here).sum())} clips are absent, as {path.name} says",) if not here.all() else ()
    listed = listed[here].assign(split=listed["split"].str.lower() if "split" in listed else "")
    listed = listed.assign(key=[key(g, c) for g, c in zip(listed["gloss"], listed["clip"], strict=True)])
    for wrong, what in (
        (listed["key"].duplicated(), "is listed twice"),
        (listed["signer"] == "", "has no signer"),
        (~listed["split"].isin((*SPLITS, "")), f"has a split other than {', '.join(SPLITS)} or nothing"),
    ):
        if wrong.any():
            raise SignError(f"{path}: clip {listed['key'][wrong].iloc[0]} {what} ({int(wrong.sum())} such)")
    keys = pd.Series([key("", c) for c in table["clip"]], table.index, dtype=object)
    known = keys.isin(listed["key"])
    if not known.any():
        raise SignError(f"{path}: names none of the {len(table)} clips that are here, such as {keys.iloc[0]}")
    if not known.all():
        notes += (f"{int((~known).sum())} clips are left out, since {path.name} doesn't list them ({source.some(keys[~known].tolist())})",)
    if (twice := known & keys.duplicated(keep=False)).any():
        names = table["clip"][twice & (keys == keys[twice].iloc[0])]
        raise SignError(
            f"{path}: means both {' and '.join(map(repr, names))} by {keys[twice].iloc[0]}; rename or remove one of the folders"
        )
    told = listed.set_index("key").loc[keys[known].tolist()]
    labelled = table[known].assign(signer=told["signer"].to_numpy(), split=told["split"].to_numpy()).reset_index(drop=True)
    missing = tuple(listed.loc[~listed["key"].isin(keys), "key"])
    return Who(labelled, missing, (*notes, f"who signs which clip is read from {path}"))


def key(gloss: str, clip: str) -> str:
    """gloss/number, whatever the number's leading zeros (or a spreadsheet's ``3.0``), the blanks around them and the Unicode form.

    ``clip`` may hold its gloss already, before a slash or, in an index from Windows, a backslash.
    """
    clip = clip.removeprefix(f"{gloss}\\") if gloss else clip
    gloss, _, number = (clip if "/" in clip else f"{gloss}/{clip}").rpartition("/")
    if written := NUMBER.fullmatch(number):
        number = str(int(written[1]))
    return unicodedata.normalize("NFC", f"{gloss.strip()}/{number.strip()}")
