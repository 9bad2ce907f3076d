"""The data sets by name: published layout in, one container out. Each is one file with ``read(path) -> Signs``."""

from importlib import import_module
from pathlib import Path

from sslslr.errors import SignError
from sslslr.signs import Signs

# Name -> module; imported when asked for.
DATASETS = {"synthetic": "synthetic", "isl-kinect": "isl_kinect", "mp-data": "mp_data"}


def load(name: str, path: str | Path | None = None, sizes: dict | None = None) -> dict[str, Signs]:
    """Corpora by name: the four synthetic ones in ``sizes`` (classes, signers, clips each), or the data set at ``path``.

    Raises SignError for an unknown name or a folder that does not hold the data set.
    """
    if name not in DATASETS:
        raise SignError(f"data set {name!r} is unknown; there are {', '.join(DATASETS)}")
    module = import_module(f"sslslr.datasets.{DATASETS[name]}")
    if name == "synthetic":
        return {corpus: module.make(corpus, **size) for corpus, size in (sizes or {}).items()}
    if not path:
        raise SignError(f"{name} is read from a folder: say which (DATA=/path/to/it)")
    return {name: module.read(Path(path).expanduser())}
