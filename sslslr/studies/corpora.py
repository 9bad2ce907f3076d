"""The corpora of a reproduction, prepared for the encoder and split, and its runs: the same for every study."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import lru_cache

import numpy as np

from sslslr import datasets, paths
from sslslr.clips import splits
from sslslr.clips.input import Input
from sslslr.clips.signs import Signs
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
        choice = Input.of(profile.input)
        at = paths.at(data)
        return {dataset: packed.prepared(dataset, at, profile.frames, choice=choice, progress=True, options=options)}
    if data or options:
        said = f"DATA={data}" if data else f"options ({options})"
        raise SignError(f"the synthetic corpora are made, not read: leave {said} out, or name another DATASET")
    if only and only not in profile.corpora:
        raise SignError(f"corpus {only!r} is unknown; there are {', '.join(profile.corpora)}")
    raw = datasets.load(dataset, sizes={only: profile.corpora[only]} if only else profile.corpora)
    return {name: ready(signs, profile) for name, signs in raw.items()}


def with_input(profile: Profile, change: dict, corpus: str, dataset: str, data: str = "", options: str | dict[str, str] = "") -> Signs:
    """One corpus of ``load`` with ``change`` to the profile's input, such as {"landmarks": "all"}; SignError for one that there is not."""
    only = corpus if dataset == "synthetic" else ""
    return load(replace(profile, input=profile.input | change), dataset, data, only, options)[corpus]


def ready(signs: Signs, profile: Profile) -> Signs:
    """Clips as they were read, prepared for the encoder as the profile's ``input`` and ``frames`` say."""
    return Input.of(profile.input).prepare(signs, profile.frames)


def base_run(profile: Profile, repeat: int, rate: float | None = None, **settings) -> Run:
    """A run of this profile: its encoder, optimiser, batch, precision and epochs, the repeat's seed; ``settings`` change it."""
    optimiser = Optimiser(**profile.optimiser | ({} if rate is None else {"rate": rate}))
    settings = {"epochs": profile.epochs, "batch": profile.batch, "seed": repeat} | settings
    return Run(encoder=EncoderConfig(**profile.encoder), optimiser=optimiser, precision=resolve(profile.precision), **settings)


def repeats(signs: Signs, profile: Profile, times: int | None = None) -> range:
    """The repeats of a study on this corpus, ``times`` in place of the profile's; of few signers each is held out equally often,
    where there are repeats enough."""
    synthetic = signs.kind == "synthetic"
    many = (profile.repeats if synthetic else profile.real_repeats) if times is None else times
    signers = len(np.unique(signs.signers))
    if not synthetic and (signs.split == "").all() and 3 <= signers < splits.FEW and profile.folds >= signers:
        return range(many // signers * signers or many)
    return range(many)


def group(signs: Signs, profile: Profile, repeat: int) -> int:
    """Which signers a repeat holds out, as a number: repeats of one group differ in their seeds alone, so they are no
    independent observations. With a published split, or too few signers, every repeat is a group of its own."""
    signers = len(np.unique(signs.signers))
    return repeat if (signs.split != "").any() or signers < 3 else repeat % min(profile.folds, signers)


def held_out(signs: Signs, parts: Signs, profile: Profile, repeat: int) -> dict:
    """What an interval must know of a repeat: its ``group`` of held-out signers, who they are (``held_out``: the first three), of
    how many ``signers`` the corpus has, and ``test_to_train``, clips in the test split over clips in training."""
    test, train = parts.split == "test", parts.split == "train"
    out = np.unique(parts.signers[test]).tolist()
    who = ", ".join(out[:3]) + (f" and {len(out) - 3} more" if len(out) > 3 else "")
    about = {"group": group(signs, profile, repeat), "held_out": who, "signers": len(np.unique(signs.signers))}
    return about | {"test_to_train": round(float(test.sum() / train.sum()), 4)}


def named(corpora: dict[str, Signs], names: Iterable[str]) -> dict[str, Signs]:
    """The corpora that a profile names for a study; all where it names none of them, as of a real data set."""
    return {c: signs for c, signs in corpora.items() if c in names} or corpora


def who(signs: Signs, profile: Profile) -> str:
    """What "signers" have to be read as on these clips, without a full stop; empty where they are people who are held out.

    They are not where one person signs, or nobody knows who; where a published split has the same people on both sides; where
    they are too few for a validation group of their own; and where they are recording sessions.
    """
    parts, words = split(signs, profile, 0)
    train, val, test = (set(parts.part(p).signers) for p in ("train", "val", "test"))
    said = [f"signers are {signs.unit}s here"] if signs.unit != "signer" else []
    if train & test:
        words = f"{words}, with {signs.unit}s on both sides" if words.startswith("published") else words
        said.append(f"{words}; held-out, unseen, validation or test signers are other clips of the same")
    elif train & val:
        said.append(f"validation {signs.unit}s are other clips of the training {signs.unit}s")
    return f"{signs.name}: {'; '.join(said)}" if said else ""


HEAD = ("corpus", "kind", "protocol", "repeat", "group", "held_out", "signers", "test_to_train")


def cells(
    profile: Profile, corpora: dict[str, Signs], columns: tuple[str, ...] = HEAD, times: int | None = None
) -> Iterator[tuple[dict, Signs]]:
    """Every corpus in every repeat (or in ``times`` of them): the columns that say so (of ``HEAD``), and the split."""
    for corpus, signs in corpora.items():
        for repeat in repeats(signs, profile) if times is None else range(times):
            parts, protocol = split(signs, profile, repeat)
            place = {"corpus": corpus, "kind": signs.kind, "protocol": protocol, "repeat": repeat} | held_out(signs, parts, profile, repeat)
            yield {c: place[c] for c in columns}, parts


def split(signs: Signs, profile: Profile, repeat: int) -> tuple[Signs, str]:
    """The split of one repeat, and what it is in words (``splits.for_repeat``); one object for each, whoever asks."""
    return _split(signs, profile.folds, repeat)


@lru_cache(maxsize=128)  # corpora x repeats of a reproduction: a split shares the corpus' landmarks, its fingerprint is worth keeping
def _split(signs: Signs, folds: int, repeat: int) -> tuple[Signs, str]:
    return splits.for_repeat(signs, folds, repeat)
