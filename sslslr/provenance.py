"""What made a result: the versions of what decides it, the packages, the machine."""

import platform
import re
import subprocess
import sys
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from importlib import metadata
from inspect import ismodule
from pathlib import Path
from types import ModuleType

import psutil

from sslslr import __version__
from sslslr.errors import SignError
from sslslr.paths import ROOT

PACKAGE = Path(__file__).parent
WELL_SAID = re.compile(r"\S.* [1-9]\d*")  # a name and a number
SAID = re.compile(r'^VERSION = "(.+)"$', re.MULTILINE)


def versions(*parts) -> list[str]:
    """The versions of the files that ``parts`` (modules, classes, functions) lie in, sorted: what decides a result, by name.

    A deciding file says ``VERSION = "encoder 1"``, a name and a number, wherever it lies; the number is raised when what the
    file computes changes. Files of the same room that it imports from, and that have a version too, count with it.
    Raises SignError for a part whose file says no such version.
    """
    found: dict[str, str] = {}
    for part in parts:
        name = part.__name__ if ismodule(part) else part.__module__
        if not WELL_SAID.fullmatch(str(getattr(sys.modules[name], "VERSION", ""))):
            raise SignError(f'{name} decides results, but says no version; add a line like VERSION = "encoder 1" to it')
        _follow(sys.modules[name], found)
    return sorted(set(found.values()))


def _follow(module: ModuleType, found: dict[str, str]) -> None:
    if module.__name__ in found or not hasattr(module, "VERSION"):
        return
    found[module.__name__] = module.VERSION
    room = ".".join(module.__name__.split(".")[:2]) + "."
    for value in list(vars(module).values()):
        name = value.__name__ if ismodule(value) else getattr(value, "__module__", None)
        if isinstance(name, str) and name.startswith(room) and name in sys.modules:
            _follow(sys.modules[name], found)


@cache
def known() -> dict[str, str]:
    """The version that each file of the package says, by the file's path below it; read, not imported."""
    said = ((path, SAID.search(path.read_text(encoding="utf-8"))) for path in sorted(PACKAGE.rglob("*.py")))
    return {path.relative_to(PACKAGE).as_posix(): match[1] for path, match in said if match}


def packages() -> dict[str, str]:
    """The installed versions of the packages that compute: they may change a result's last digits, and are not in its name."""
    return {p: metadata.version(p) for p in ("torch", "lightly", "numpy", "scikit-learn")}


@cache
def commit() -> str:
    """Short commit of the checkout, with ``+`` when tracked files differ from it; ``unknown`` outside git.

    The record does not count: every row that is added to it changes it, and no result comes from its being there.
    """
    try:
        head, changed = (
            subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True, timeout=20).stdout.strip()
            for words in (
                ["rev-parse", "--short=10", "HEAD"],
                ["status", "--porcelain", "--untracked-files=no", "--", ".", ":!data/record"],
            )
        )
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return head + ("+" if changed else "")


def today() -> str:
    """The date here and now, in UTC: 2026-01-31."""
    return datetime.now(UTC).date().isoformat()


KIND = " (family "  # between a processor's name and which of that name it is; older rows of the record have none


@cache
def processor() -> str:
    """The processor's name, as far as the system says it, and which of that name: results are promised bit for bit on one kind alone.

    "AMD EPYC (family 25, model 17)": in a virtual machine the name alone is that of several generations.
    """
    with suppress(OSError):
        told = dict(re.findall(r"^([\w ]+?)\s*:\s*(.+?)\s*$", Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.MULTILINE))
        if named := told.get("model name"):
            return f"{named}{KIND}{told['cpu family']}, model {told['model']})" if {"cpu family", "model"} <= set(told) else named
    return platform.processor() or platform.machine()


def peak_memory_mb() -> float:
    """Largest resident memory of this process so far, in MB."""
    if sys.platform == "win32":
        return psutil.Process().memory_info().peak_wset / 1e6
    import resource  # Unix only

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if sys.platform == "darwin" else 1e3)


def installed(package: str) -> str:
    """The version of a package, or "none" where it is not installed."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "none"


def provenance() -> dict:
    """Commit, versions and machine, as plain JSON values."""
    import torch

    return {
        "sslslr": __version__,
        "commit": commit(),
        "python": platform.python_version(),
        "versions": packages() | {"mediapipe": installed("mediapipe")},
        "machine": f"{platform.system()} {platform.machine()}",
        "processor": processor(),
        "device": torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu",
        "threads": torch.get_num_threads(),
    }
