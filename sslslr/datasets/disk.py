"""Folders as they are found: where a data set begins in one, which files count, and their names as text."""

import hashlib
import os
from contextlib import suppress
from pathlib import Path

from sslslr import paths
from sslslr.errors import SignError


def folder(path: Path, expected: str) -> Path:
    """``path`` as an absolute path; raises SignError unless it is a folder with something in it."""
    path = paths.at(path)
    if not path.is_dir():
        raise SignError(f"{path}: {'is a file, not a folder' if path.exists() else 'no such folder'}; expected {expected}")
    if not any(path.iterdir()):
        raise SignError(f"{path}: the folder is empty; expected {expected}")
    return path.resolve()


def folders(path: Path) -> list[Path]:
    """``path`` and the folders at most two levels below it, the near ones first: where a data set may begin."""
    found, level = [path], [path]
    for _ in range(2):
        level = sorted(Path(e.path) for folder in level for e in inside(folder) if e.is_dir() and not e.name.startswith("."))
        found += level
    return found


def inside(folder: Path | str) -> list[os.DirEntry]:
    """What is in a folder; nothing where that is not ours to see, as in a disk's ``lost+found``."""
    with suppress(PermissionError), os.scandir(folder) as entries:
        return list(entries)
    return []


def holder(path: Path, names) -> Path | None:
    """The first of ``folders(path)`` that holds one of the files ``names``, in whatever Unicode form."""
    first = {paths.readable(str(name)).partition("/")[0] for name in names}
    for folder in folders(path):
        there = {paths.readable(entry.name) for entry in inside(folder)} & first
        if any(name in there or (name.partition("/")[0] in there and (folder / name).exists()) for name in map(paths.readable, names)):
            return folder
    return None


def files(folder: Path, suffix: str) -> list[Path]:
    """The files of one suffix (".mp4", in any case) in a folder by name; not hidden ones, as the ``._name`` that macOS leaves beside each."""
    here = [Path(entry.path) for entry in inside(folder)]
    return sorted(f for f in here if f.suffix.lower() == suffix and not f.name.startswith("."))


def on_disk(folder: Path) -> dict[str, str]:
    """The names in a folder as the lists write them (``paths.readable``) -> as the disk has them."""
    return {paths.readable(name): name for name in os.listdir(folder)}


def escaped(name: str) -> str:
    """A name as text that can be encoded; one that is text already stays as it is."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def read_text(path: Path, expected: str) -> str:
    """A text file in UTF-8, with or without a byte-order mark; SignError naming the file otherwise."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise SignError(f"{path}: not a text file in UTF-8 ({error}); expected {expected}") from None
    except OSError as error:
        raise SignError(f"{path}: can't be read ({error.strerror}); expected {expected}") from None


def locate(path: Path, name: str) -> Path | None:
    """The file or folder ``name`` in ``path``, or at most two levels below it."""
    return None if (folder := holder(path, [name])) is None else folder / name


def fingerprint(root: Path) -> str:
    """Hash of the names, sizes and times of all files below ``root``; hidden ones don't count."""
    found: list[str] = []
    _walk(str(root), "", found, set())
    return hashlib.sha256("\n".join(sorted(found)).encode("utf-8", "surrogateescape")).hexdigest()


def _walk(folder: str, below: str, found: list[str], seen: set[str]) -> None:
    if (real := os.path.realpath(folder)) in seen:  # a link that leads back up
        return
    seen.add(real)
    for entry in inside(folder):
        if entry.name.startswith("."):
            continue
        if entry.is_dir():
            _walk(entry.path, f"{below}{entry.name}/", found, seen)
        else:
            stat = entry.stat(follow_symlinks=not entry.is_symlink() or os.path.exists(entry.path))
            found.append(f"{below}{entry.name}|{stat.st_size}|{stat.st_mtime_ns}")
