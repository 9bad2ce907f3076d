"""The corpora of a reproduction, prepared for the encoder and split, and its runs: the same for every study."""

from pathlib import Path

import numpy as np

from sslslr import datasets
from sslslr.clips import splits
from sslslr.clips.signs import Signs, prepare
from sslslr.datasets import packed
from sslslr.errors import SignError
from sslslr.learning.training import Optimiser, Run
from sslslr.methods.encoder import EncoderConfig
from sslslr.methods.precision import resolve
from sslslr.profiles import Profile


def load(profile: Profile, dataset: str, data: str = "", only: str = "", options: str | dict[str, str] = "") -> dict[str, Signs]:
    """Corpora by name, prepared for the encoder: ``synthetic`` has four, a real data set under ``data`` one.

    A real one is packed at the first call and mapped into memory from then on (float16). ``only`` names the one
    synthetic corpus that is wanted; ``options`` say how a real data set is read, as for ``datasets.index``.
    """
    if dataset != "synthetic":
        return {dataset: packed.prepared(dataset, Path(data).expanduser(), profile.frames, progress=True, options=options)}
    if only and only not in profile.corpora:
        raise SignError(f"corpus {only!r} is unknown; there are {', '.join(profile.corpora)}")
    raw = datasets.load(dataset, sizes={only: profile.corpora[only]} if only else profile.corpora)
    return {name: prepare(signs, profile.frames, signs.landmarks.shape[-1]) for name, signs in raw.items()}


def base_run(profile: Profile, repeat: int, rate: float | None = None, **settings) -> Run:
    """A run of this profile: its encoder, optimiser, batch, precision and epochs, the repeat's seed; ``settings`` change it."""
    optimiser = Optimiser(**profile.optimiser | ({} if rate is None else {"rate": rate}))
    settings = {"epochs": profile.epochs, "batch": profile.batch, "seed": repeat} | settings
    return Run(encoder=EncoderConfig(**profile.encoder), optimiser=optimiser, precision=resolve(profile.precision), **settings)


def repeats(signs: Signs, profile: Profile) -> range:
    """The repeats of a study on this corpus; of few signers each is held out equally often, where there are repeats enough."""
    if signs.kind == "synthetic":
        return range(profile.repeats)
    signers = len(np.unique(signs.signers))
    if (signs.split == "").all() and 3 <= signers < splits.FEW and profile.folds >= signers:
        return range(profile.real_repeats // signers * signers or profile.real_repeats)
    return range(profile.real_repeats)


def group(signs: Signs, profile: Profile, repeat: int) -> int:
    """Which signers a repeat holds out, as a number: repeats of one group differ in their seeds alone, so they are no
    independent observations. With a published split, or too few signers, every repeat is a group of its own."""
    signers = len(np.unique(signs.signers))
    return repeat if (signs.split != "").any() or signers < 3 else repeat % min(profile.folds, signers)


def split(signs: Signs, profile: Profile, repeat: int) -> tuple[Signs, str]:
    """The split of one repeat, and what it is in words: ``splits.for_repeat`` with the profile's folds."""
    return splits.for_repeat(signs, profile.folds, repeat)
