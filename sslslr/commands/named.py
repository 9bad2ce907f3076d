"""What a command names: a data set, a profile and the folder that holds the data."""

from sslslr import datasets, paths, profiles
from sslslr.errors import SignError


def check(dataset: str, profile: str, data: str) -> None:
    """Raise SignError for a data set, a profile or a folder that is not there."""
    profiles.load(profile)
    if dataset not in datasets.DATASETS:
        raise SignError(f"data set {dataset!r} is unknown; there are {', '.join(datasets.DATASETS)}")
    if dataset == "synthetic" and data:
        raise SignError("the synthetic corpora are made, not read: leave DATA out, or name another DATASET")
    if dataset != "synthetic" and not data:
        raise SignError(f"DATASET={dataset} needs DATA=/path/to/it: the folder that holds the data set")
    if data and not paths.at(data).exists():
        raise SignError(f"DATA={data}: no such folder")
