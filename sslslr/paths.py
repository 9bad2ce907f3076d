"""Where files live, and how they are written: whole or not at all, and with a hash by which a changed one is known."""

import errno
import hashlib
import json
import os
import re
import tempfile
import unicodedata
import zipfile
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import Timeout

from sslslr import locks
from sslslr.errors import SignError

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = ROOT / "notebooks"
PROFILES = NOTEBOOKS / "profiles"
PAPER_FACTS = ROOT / "data" / "paper"


def results(dataset: str, profile: str) -> Path:
    """Folder of one reproduction; ``SSLSLR_RESULTS`` moves the parent (default ``results/``)."""
    return _ours("RESULTS", "results") / dataset / profile


def runs() -> Path:
    """Folder of the run store; ``SSLSLR_RUNS`` moves it (default ``runs/``)."""
    return _ours("RUNS", "runs")


def record() -> Path:
    """Folder of the record; ``SSLSLR_RECORD`` moves it (default ``data/record/``)."""
    return _ours("RECORD", "data", "record")


def cache() -> Path:
    """Folder of things that can be made again; ``SSLSLR_CACHE`` moves it (default ``.cache/``)."""
    return _ours("CACHE", ".cache")


def _ours(name: str, *usual: str) -> Path:
    said = os.environ.get(f"SSLSLR_{name}")
    return Path(os.path.expanduser(said)) if said else ROOT.joinpath(*usual)


def settle() -> None:
    """Let what moves our folders mean the same to notebooks and other processes, whose current folder is another one."""
    for name in ("RESULTS", "RUNS", "RECORD", "CACHE"):
        if os.environ.get(f"SSLSLR_{name}"):
            os.environ[f"SSLSLR_{name}"] = str(_ours(name).absolute())


def at(place: str | Path) -> Path:
    """A path as a person wrote it, ``~`` and ``~name`` being homes; SignError where nobody knows whose home that is."""
    try:
        return Path(place).expanduser()
    except RuntimeError:
        raise SignError(f"{place}: the home that ~ stands for is not known here; give the path in full") from None


def own_caches() -> None:
    """Let numba and matplotlib keep their caches below ours, where nobody said otherwise; in a temporary folder where ours can't be written.

    Theirs would be in the home or beside the installed package, which a container or a shared lab folder has read-only.
    """
    for variable, name in (("NUMBA_CACHE_DIR", "numba"), ("MPLCONFIGDIR", "matplotlib")):
        if variable not in os.environ:
            own = cache().absolute() / name
            there = next(p for p in (own, *own.parents) if p.exists())
            writable = there.is_dir() and os.access(there, os.W_OK)
            os.environ[variable] = str(
                own if writable else Path(tempfile.gettempdir()) / f"sslslr-{os.getuid() if hasattr(os, 'getuid') else 0}" / name
            )


def readable(name: str) -> str:
    """A name of a file or a sign as text: one Unicode form (NFC), bytes that are no UTF-8 with a backslash (``ni\\xf1o``)."""
    return unicodedata.normalize("NFC", name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace"))


FORMULA = re.compile(r"'*([=@\t\r]|[+-](?![\d.,]*([ %±].*)?$))")  # a number, with or without its interval, is none


def guard(cell):
    """A cell of a CSV that people open: text that a spreadsheet would take for a formula gets an apostrophe before it."""
    return f"'{cell}" if isinstance(cell, str) and FORMULA.match(cell) else cell


def literally(name) -> str:
    """A name as matplotlib is to draw it: what stands between two ``$`` is a formula to it, and an error where it is none."""
    return str(name).replace("$", r"\$")


def unguard(cell: str) -> str:
    """What was given to ``guard``."""
    return cell[1:] if cell.startswith("'") and FORMULA.match(cell[1:]) else cell


def waiting_for_none(path: Path) -> Path:
    """``path``; ValueError where it is a named pipe, which nobody may ever write to."""
    if path.is_fifo():
        raise ValueError("a pipe, not a file")
    return path


def unpacked(path: Path, most: float = 1e9) -> Path:
    """``path``, a zip archive such as ``.npz``; ValueError where it says that it unpacks to more than ``most`` bytes, and where a
    member is not as its checksum says (numpy does not always ask)."""
    with zipfile.ZipFile(waiting_for_none(path)) as archive:
        size = sum(member.file_size for member in archive.infolist())
        if size > most:
            raise ValueError(f"{size / 1e9:.1f} GB unpacked; no clip is as large")
        if spoiled := archive.testzip():
            raise ValueError(f"{spoiled} is not as it was written")
    return path


@contextmanager
def one_at_a_time(folder: Path, what: str):
    """Inside, no other process is here with the same folder; one that comes later says that it waits, and waits."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = locks.lock(folder / ".lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        print(f"{folder}: another {what} is at work there; this one waits until it has ended", flush=True)
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


LONGEST = 255  # bytes of a file's name on common disks


@contextmanager
def atomic(path: Path):
    """Yield a temporary path beside ``path``; it takes the final name only if the block succeeds.

    The temporary name keeps the suffix, since libraries choose a format by it, and is short where ``path``'s is long. Whatever happens,
    ``path`` holds either its old content or the new one whole, and nothing else is left behind.
    """
    path = Path(path)
    if not path.name:
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.stem}.{os.getpid()}.partial{path.suffix}")
    if len(os.fsencode(partial.name)) > LONGEST:
        short = hashlib.sha256(os.fsencode(path.name)).hexdigest()[:16]
        partial = path.with_name(f".{short}.{os.getpid()}.partial{path.suffix}")
    try:
        yield partial
        if partial.is_file():
            with suppress(OSError):  # a disk that knows no modes
                partial.chmod(0o666 & ~_umask())  # safetensors would let nobody else read it
        os.replace(partial, path)
    except Exception as error:
        if isinstance(error, OSError):
            if isinstance(error.filename, (str, os.PathLike)) and Path(error.filename) == partial:
                error.filename = str(path)  # what a person knows
            raise
        if not (code := RUST.search(str(error))):
            raise
        raise OSError(int(code[1]), os.strerror(int(code[1])), str(path)) from None
    finally:
        with suppress(OSError):  # of a read-only disk, on which there is none
            partial.unlink()


def _umask() -> int:
    os.umask(now := os.umask(0o022))
    return now


RUST = re.compile(r"\(os error (\d+)\)")  # how safetensors says that a disk is full: as an error of its own


def write_text(path: Path, text: str) -> None:
    """Write ``text`` to ``path`` atomically, as UTF-8, with the same line ends on every system; what is no text is escaped."""
    with atomic(path) as partial:
        partial.write_text(text, encoding="utf-8", errors="backslashreplace", newline="\n")


def write_json(path: Path, value, sealed: bool = False) -> None:
    """Write ``value`` to ``path`` atomically, as readable JSON; ``sealed``: an object, with a hash of itself that ``read_json`` asks."""
    write_text(path, json.dumps(value | {SEAL: _hash(value)} if sealed else value, indent=1, ensure_ascii=False) + "\n")


SEAL = "sha256"


def _hash(value: dict) -> str:
    return hashlib.sha256(json.dumps(json.loads(json.dumps(value)), sort_keys=True).encode()).hexdigest()


def read_json(path: Path):
    """What ``write_json`` wrote, without its hash. Raises OSError, and ValueError where it is no JSON or not as it was written."""
    value = json.loads(path.read_text(encoding="utf-8"))
    if isinstance(value, dict) and (seal := value.pop(SEAL, None)) is not None and seal != _hash(value):
        raise ValueError(f"{path.name} is not as it was written")
    return value


def digest(path: Path) -> str:
    """SHA-256 of a file's bytes, as hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digests(folder: Path, *names: str) -> dict[str, str]:
    """The ``digest`` of each of these files of a folder, to be kept for ``unchanged``."""
    return {name: digest(folder / name) for name in names}


def unchanged(folder: Path, known: dict[str, str]) -> None:
    """Raise ValueError for the first file of ``folder`` that has another digest than is ``known`` of it, and OSError for one that is gone."""
    for name, before in known.items():
        if digest(folder / name) != before:
            raise ValueError(f"{name} is not as it was written")


def seal(path: Path, *also: str) -> None:
    """Keep the digest of a file beside it, as ``sha256sum`` writes it (and digests that it had, or will have, ``also``)."""
    found = [digest(path)] if path.exists() else []
    write_text(_beside(path), "".join(f"{one}  {path.name}\n" for one in (*found, *also)))


def sealed(path: Path) -> bool:
    """Whether a file is as ``seal`` found it; one of which no digest was kept is taken as it is."""
    if not (beside := _beside(path)).exists():
        return True
    return digest(path) in beside.read_text(encoding="utf-8", errors="replace").split()


def unseal(path: Path) -> None:
    """Remove a file and its digest."""
    path.unlink(missing_ok=True)
    _beside(path).unlink(missing_ok=True)


def _beside(path: Path) -> Path:
    return path.with_name(f"{path.name}.{SEAL}")


own_caches()
