"""What is to be extracted: a video, a folder of them, or a manifest; and how each clip is called."""

import os
import re
import unicodedata
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from sslslr.csv_files import first_of_each, lines, numbered, read_csv
from sslslr.errors import SignError
from sslslr.extract.video import VIDEOS, WHOLE, Cut, pictures
from sslslr.paths import readable, unguard

COLUMNS = ("path", "id", "gloss", "signer", "split", "start", "end", "start_frame", "end_frame", "fps")

SPLITS = {"train": "train", "val": "val", "valid": "val", "validation": "val", "dev": "val", "test": "test"}
"""What lists call the parts of a split, and what we do."""

SURROGATE = re.compile(r"\\u(dc[89a-f][0-9a-f])")  # a byte of a name that is no UTF-8, as paths.write_text escapes it


@dataclass(frozen=True)
class Source:
    """One clip to be: the video (or folder of pictures), the part of it, and what is known of it.

    name: the clip's id and, with ``.npz``, its place below ``OUT/clips``. twin: the source that has this name already.
    """

    name: str
    path: Path
    cut: Cut = WHOLE
    gloss: str = ""
    signer: str = ""
    split: str = ""
    twin: str = ""


def find(videos: Path, manifest: Path | None = None, leave_out: Path | None = None) -> list[Source]:
    """The clips of a video, a folder (``gloss/clip.mp4`` or flat) or a manifest, in a fixed order.

    A clip's name is its path below ``videos`` with the suffix kept, so that ``a/x.mp4``, ``b/x.mp4`` and ``a/x.mov`` are
    three clips; a cut adds its range (``talk.mp4@1200-1900``), a manifest's column ``id`` overrides. Names that still
    meet (also where only case differs) are marked with ``twin``: the first keeps it, the others are to be reported.
    Raises SignError when there is nothing to extract or the manifest is wrong.
    """
    videos = Path(videos)
    if manifest is not None:
        found = _from_manifest(Path(manifest), videos)
    elif videos.is_dir():
        found = [_named(p, videos) for p in _walk(videos, leave_out and Path(leave_out).resolve(), set())]
        found = found or ([Source(readable(videos.resolve().name), videos)] if pictures(videos) else [])
    elif os.path.lexists(videos):
        found = [Source(readable(videos.name), videos)]
    else:
        raise SignError(f"{videos}: no such video or folder; expected a video, a folder of videos, or a folder and --manifest")
    if not found:
        raise SignError(f"{videos}: no video in it (looked for {' '.join(sorted(VIDEOS))} and folders of pictures)")
    first: dict[str, Source] = {}
    return [
        s if first.setdefault(_same(s.name), s) is s else replace(s, twin=f"{first[_same(s.name)].path} as {first[_same(s.name)].name}")
        for s in found
    ]


def _same(name: str) -> str:
    """Names that some file system takes for the same have the same key."""
    return unicodedata.normalize("NFC", name).casefold()


def _named(path: Path, root: Path) -> Source:
    below = path.relative_to(root)
    return Source(readable(below.as_posix()), path, gloss=readable(below.parent.name))


def _walk(folder: Path, leave_out: Path | None, seen: set[Path]) -> Iterator[Path]:
    """Videos and folders of pictures, sorted by name; links are followed once, hidden files and the output left out."""
    if (real := folder.resolve()) in seen or real == leave_out:
        return
    seen.add(real)
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise SignError(f"{folder}: can't be listed ({error.strerror}); check its permissions") from None
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.suffix.lower() in VIDEOS:
            yield entry  # whatever it turns out to be, a folder or a dangling link too: it gets a line in the report
        elif entry.is_dir() and _listable(entry):
            inside = list(_walk(entry, leave_out, seen))
            yield from inside or ([entry] if entry.resolve() != leave_out and pictures(entry) else [])


def _listable(folder: Path) -> bool:
    """False, with a warning, for ``lost+found`` and what else a disk keeps to itself."""
    try:
        os.scandir(folder).close()
    except PermissionError as error:
        warnings.warn(f"{folder}: passed over, since it can't be listed ({error.strerror})", stacklevel=2)
        return False
    return True


def _from_manifest(manifest: Path, videos: Path) -> list[Source]:
    try:
        table = first_of_each(read_csv(manifest).map(unguard).rename(columns=str.casefold))
    except FileNotFoundError:
        raise SignError(f"{manifest}: no such manifest; expected a CSV with the column path") from None
    except (OSError, ValueError) as error:
        raise SignError(f"{manifest}: not a CSV table in UTF-8 ({error}); expected the columns {', '.join(COLUMNS)}") from None
    if "path" not in table or table.empty:
        lack = "no column path" if len(table) else "no row"
        raise SignError(f"{manifest}: {lack} (columns: {', '.join(map(str, table))}); expected {', '.join(COLUMNS)}")
    where = lines(manifest, len(table))
    return [_row(row, f"{manifest}, {at}", videos) for at, row in zip(where, table.to_dict("records"), strict=True)]


def unknown_columns(manifest: Path) -> list[str]:
    """Columns of a manifest that nothing reads: a misspelt one, or the second of a name, would silently lose its values."""
    head = [c.strip() for c in next(numbered(manifest), (0, []))[1]]
    names = [c.casefold() for c in head]
    return [c for i, c in enumerate(head) if c and (names[i] not in COLUMNS or names[i] in names[:i])]


def _row(cells: dict, where: str, videos: Path) -> Source:
    row = {str(key): value.strip() for key, value in cells.items()}
    if not row["path"]:
        raise SignError(f"{where}: the path is empty; give each row a video's path, relative to {videos}")
    cut = _cut(row, where)
    root = videos if videos.is_dir() else videos.parent
    row["path"] = _as_there(root, cells["path"])
    path = root / row["path"]
    parts = [p for p in PurePosixPath(Path(row["path"]).as_posix()).parts if p not in ("/", "..", ".")]
    if path.is_relative_to(videos) and Path(row["path"]).is_absolute():
        parts = list(path.relative_to(videos).parts)
    name = row.get("id") or "/".join(parts) + cut_name(cut)
    steps = PureWindowsPath(name)  # takes both kinds of slashes, and drive letters, for what they are
    if not row.get("id") and steps.anchor and not os.path.lexists(path):
        raise SignError(f"{where}: {row['path']} is a path of Windows that isn't on this machine; give paths relative to {root}")
    if steps.anchor or ".." in steps.parts or "\0" in name or not steps.parts:
        raise SignError(f"{where}: the id {name!r} leads out of the output folder; use a plain name")
    split = row.get("split", "")
    return Source(
        readable(name), path, cut, readable(row.get("gloss", "")), readable(row.get("signer", "")), SPLITS.get(split.lower(), split)
    )


def _as_there(root: Path, path: str) -> str:
    """A manifest's path as the disk has it: with slashes, where Windows wrote backslashes, in the disk's Unicode form, and with the
    blanks around it that the disk has (of those before it, which are lost where a cell has no quotes, one)."""
    for spelt in dict.fromkeys((path, path.strip(), f" {path}", f" {path.strip()}")):
        bytes_again = SURROGATE.sub(lambda found: chr(int(found[1], 16)), spelt)
        others = (spelt, bytes_again, spelt.replace("\\", "/"), *(unicodedata.normalize(form, spelt) for form in ("NFC", "NFD")))
        if there := next((p for p in others if os.path.lexists(root / p)), None):
            return there
    return path.strip()


def _whole(text: str) -> int:
    """A whole number, also as spreadsheets write it beside empty cells: 10.0."""
    if not (value := float(text)).is_integer():
        raise ValueError(text)
    return int(value)


def _cut(row: dict[str, str], where: str) -> Cut:
    values: dict[str, Any] = {}
    for column, kind in (("start", float), ("end", float), ("start_frame", _whole), ("end_frame", _whole), ("fps", float)):
        try:
            value = kind(row[column]) if row.get(column) else None
        except (ValueError, OverflowError):
            raise SignError(f"{where}: {column} is {row[column]!r}; expected a number or nothing") from None
        if value is not None and not abs(value) < 1e15:  # no number, infinite, or beyond any recording
            raise SignError(f"{where}: {column} is {row[column]!r}; expected a number or nothing")
        values[column] = value
    if values["end_frame"] == -1:
        values["end_frame"] = None
    start, end, first, last = (values[c] for c in ("start", "end", "start_frame", "end_frame"))
    by_time, by_frame = start is not None or end is not None, first is not None or last is not None
    if by_time and by_frame:
        raise SignError(f"{where}: gives both times and frames; give start and end in ms, or start_frame and end_frame")
    low, high = (1 if first is None else first, 1 << 40 if last is None else last)
    if not 0 <= (start or 0) <= (float("inf") if end is None else end) or not 1 <= low <= high:
        bounds = f"{first if by_frame else start} to {last if by_frame else end}"
        why = (
            "starts before frame 1 (frames count from 1)" if low < 1 else "starts before 0" if (start or 0) < 0 else "ends before it starts"
        )
        raise SignError(f"{where}: the clip from {bounds} {why}")
    if values["fps"] is not None and not 0 < values["fps"] < 1e4:
        raise SignError(f"{where}: fps is {values['fps']}; expected frames a second")
    return Cut(start, end, first, last, values["fps"] or Cut.fps)


def cut_name(cut: Cut) -> str:
    """How a cut is written in a clip's name: "@1200-1900" in ms, "@f10-42" in frames, "" for a whole video."""
    low, high = (cut.first, cut.last) if cut.first or cut.last else (cut.start, cut.end)
    if low is None and high is None:
        return ""
    mark = "f" if cut.first or cut.last else ""
    return f"@{mark}{_short(low or 0)}-{'end' if high is None else _short(high)}"


def _short(value: float) -> str:
    """Six digits, as clips have always been called, and all of those before the point."""
    return f"{value:.{max(6, len(str(int(value))))}g}"
