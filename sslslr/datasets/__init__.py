"""The data sets by name: published layout in, one container out.

A real data set is one file with ``index(path, **options) -> Listing`` (what is there) and ``read(path) -> Signs``; its
``OPTIONS`` name what a user may say about how it is read, and mean the parameters of ``index`` in lower case.
"""

from importlib import import_module
from pathlib import Path

from sslslr.clips.signs import Signs
from sslslr.datasets import source
from sslslr.datasets.options import COMMON, parse
from sslslr.errors import SignError

# Name -> the module, imported when asked for, and options of its index: the subset or the split.
DATASETS = {
    "synthetic": ("synthetic", {}),
    "isl-kinect": ("isl_kinect", {}),
    "mp-data": ("mp_data", {}),
    "lsfb": ("lsfb", {}),
    "lsfb-500": ("lsfb", {"signs": 500}),
    "lsfb-700": ("lsfb", {"signs": 700}),
    "lsa64": ("lsa64", {"split": "paper"}),
    "lsa64-signers": ("lsa64", {"split": "signers"}),
    "gsl": ("gsl", {}),
    "asl-citizen": ("asl_citizen", {}),
    "asl-citizen-500": ("asl_citizen", {"signs": 500}),
    "wlasl-100": ("wlasl", {"glosses": 100}),
    "wlasl-300": ("wlasl", {"glosses": 300}),
    "wlasl-1000": ("wlasl", {"glosses": 1000}),
    "wlasl-2000": ("wlasl", {"glosses": 2000}),
    "thai-leap": ("thai_leap", {}),
    "own": ("own", {}),
}


def module(name: str):
    """The module of a data set, and its options; raises SignError for an unknown name."""
    if name not in DATASETS:
        raise SignError(f"data set {name!r} is unknown; there are {', '.join(DATASETS)}")
    file, options = DATASETS[name]
    return import_module(f"sslslr.datasets.{file}"), options


def options_of(name: str) -> dict[str, str]:
    """What a user may say about how a data set is read: NAME of each option, and what it means."""
    return {} if name == "synthetic" else getattr(module(name)[0], "OPTIONS", {}) | COMMON


def index(name: str, path: str | Path, options: str | dict[str, str] = "") -> source.Listing:
    """What the folder ``path`` holds of a real data set, before any landmark is read.

    ``options``, as text "NAME=VALUE NAME=VALUE" or a dict, are those of ``options_of(name)``.
    Raises SignError for an unknown name or option, or a folder that does not hold the data set.
    """
    reader, fixed = module(name)
    if name == "synthetic":
        raise SignError("the synthetic corpora are made, not read from a folder; name another data set")
    if not path:
        raise SignError(f"{name} is read from a folder: say which (DATA=/path/to/it)")
    said = parse(options, options_of(name), name)
    own = {key.lower(): value for key, value in said.items() if key not in COMMON}
    return source.as_asked(reader.index(Path(path), **fixed, **own), said)


def load(name: str, path: str | Path | None = None, sizes: dict | None = None, options: str | dict[str, str] = "") -> dict[str, Signs]:
    """Corpora by name: the four synthetic ones in ``sizes`` (classes, signers, clips each), or the data set at ``path``."""
    if name == "synthetic":
        make = module(name)[0].make
        return {corpus: make(corpus, **size) for corpus, size in (sizes or {}).items()}
    return {name: source.read(index(name, path or "", options))}
