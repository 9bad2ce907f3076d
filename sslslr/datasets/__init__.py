"""The data sets by name: published layout in, one container out.

A real data set is one file with ``index(path, **options) -> Listing`` (what is there) and ``read(path) -> Signs``.
"""

from importlib import import_module
from pathlib import Path

from sslslr.clips.signs import Signs
from sslslr.datasets import source
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
    "own": ("own", {}),
}


def module(name: str):
    """The module of a data set, and its options; raises SignError for an unknown name."""
    if name not in DATASETS:
        raise SignError(f"data set {name!r} is unknown; there are {', '.join(DATASETS)}")
    file, options = DATASETS[name]
    return import_module(f"sslslr.datasets.{file}"), options


def index(name: str, path: str | Path) -> source.Listing:
    """What the folder ``path`` holds of a real data set, before any landmark is read.

    Raises SignError for an unknown name or a folder that does not hold the data set.
    """
    reader, options = module(name)
    if name == "synthetic":
        raise SignError("the synthetic corpora are made, not read from a folder; name another data set")
    if not path:
        raise SignError(f"{name} is read from a folder: say which (DATA=/path/to/it)")
    return source.without_left_out(reader.index(Path(path), **options))


def load(name: str, path: str | Path | None = None, sizes: dict | None = None) -> dict[str, Signs]:
    """Corpora by name: the four synthetic ones in ``sizes`` (classes, signers, clips each), or the data set at ``path``."""
    if name == "synthetic":
        make = module(name)[0].make
        return {corpus: make(corpus, **size) for corpus, size in (sizes or {}).items()}
    return {name: source.read(index(name, path or ""))}
