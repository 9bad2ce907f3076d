"""From a run to a row of a table: train if need be, probe the frozen features, keep the result beside the run."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import torch

from sslslr.clips import splits
from sslslr.clips.signs import Signs
from sslslr.learning import store
from sslslr.learning.store import fetch
from sslslr.learning.training import Run
from sslslr.measures import collapse, probes
from sslslr.measures.collapse import collapse_measures
from sslslr.methods.encoder import embed

VERSION = "evaluation 1"

HANDMADE = "hand-made features"


class NotKept(Exception):
    """Nobody has computed this answer yet; raised by ``kept`` inside ``looking`` alone."""


_LOOKED: ContextVar[list[Path] | None] = ContextVar("looked", default=None)


@contextmanager
def looking() -> Iterator[list[Path]]:
    """Inside, ``kept`` computes nothing: it gives the answer that is there or raises NotKept; yields the files it looked for."""
    looked: list[Path] = []
    token = _LOOKED.set(looked)
    try:
        yield looked
    finally:
        _LOOKED.reset(token)


def kept(run: Run, signs: Signs, question: dict, answer, *parts) -> dict:
    """``answer()``, a dict of plain values, computed once for this run, this question and these versions of the probes.

    ``parts``: modules that answer besides probes, collapse measures, encoder, preparation, splits and this file.
    """
    by = (probes, collapse, embed, splits, Signs, features, *parts)
    if (looked := _LOOKED.get()) is not None:
        done = store.answer_path(run, signs, question, *by)
        looked.append(done)
        if not done.exists():
            raise NotKept(done)
    return store.answer(run, signs, question, answer, *by)


def features(run: Run, signs: Signs, handmade: bool, *parts: Signs) -> list[np.ndarray]:
    """Features (N, d) of each part: the run's frozen encoder's, or hand-made ones."""
    if handmade:
        return [probes.handmade(part) for part in parts]
    encoder = fetch(run, signs).encoder
    return [embed(encoder, part) for part in parts]


def evaluate(run: Run, signs: Signs, model: str = "", part: str = "test") -> dict:
    """Accuracies (0 to 1) of every probe, raw and standardised, on ``part``, and collapse measures of its features.

    Probes learn from all labels of the training split. ``model`` "hand-made features" probes those instead of the
    run's. Choices are made with ``part="val"``, never with the test split.
    """

    def answer() -> dict:
        train, test = signs.part("train"), signs.part(part)
        train_x, test_x = features(run, signs, model == HANDMADE, train, test)
        row = {} if model == HANDMADE else collapse_measures(torch.from_numpy(test_x))
        for probe in probes.PROBES:
            for standardise, scale in ((True, "standardised"), (False, "raw")):
                found = probes.score(probe, train_x, train.labels, test_x, test.labels, standardise)
                row |= {f"{probe}_{scale}_{k}": v for k, v in found.items()}
        return row | {"test_clips": len(test), "train_clips": len(train), "classes": len(np.unique(signs.labels))}

    return kept(run, signs, {"all labels": part, "handmade": model == HANDMADE}, answer)


def mlp(run: Run, signs: Signs, model: str = "", part: str = "test") -> dict:
    """Accuracies (0 to 1) of a probe with a hidden layer (standardised features) on ``part``, ``mlp_top1`` and ``mlp_top5``, beside
    the linear one's."""

    def answer() -> dict:
        train, test = signs.part("train"), signs.part(part)
        train_x, test_x = features(run, signs, model == HANDMADE, train, test)
        scores = {p: probes.score(p, train_x, train.labels, test_x, test.labels) for p in ("mlp", "linear")}
        return {f"{p}_{k}": v for p, found in scores.items() for k, v in found.items()} | {"test_clips": len(test)}

    return kept(run, signs, {"mlp": part, "handmade": model == HANDMADE}, answer)


def few_labels(run: Run, signs: Signs, model: str, shares: tuple[float, ...], draws: int) -> dict:
    """Test accuracy of the linear probe (standardised) that learns from a share of the training labels only (Table 3).

    Stratified: the share of every class, at least one clip of each; ``draws`` different draws. ``{share: [top-1 of
    each draw]}`` with shares as text, and the number of labels under ``"labels"``.
    """

    def answer() -> dict:
        train, test = signs.part("train"), signs.part("test")
        train_x, test_x = features(run, signs, model == HANDMADE, train, test)
        row: dict = {"labels": {}}
        for share in shares:
            chosen = [splits.fraction(train.labels, share, seed=draw) for draw in range(1 if share == 1 else draws)]
            row[str(share)] = [probes.score("linear", train_x[c], train.labels[c], test_x, test.labels)["top1"] for c in chosen]
            row["labels"][str(share)] = len(chosen[0])
        return row

    return kept(run, signs, {"few labels": list(shares), "draws": draws, "handmade": model == HANDMADE}, answer)


def transfer(run: Run, signs: Signs, model: str, target: Signs) -> dict:
    """Linear probe (standardised) on another corpus: the run's encoder stays frozen, the probe learns there (Table 2)."""

    def answer() -> dict:
        train, test = target.part("train"), target.part("test")
        train_x, test_x = features(run, signs, model == HANDMADE, train, test)
        return probes.score("linear", train_x, train.labels, test_x, test.labels) | {
            "test_clips": len(test),
            "classes": len(np.unique(target.labels)),
        }

    return kept(run, signs, {"transfer": target.fingerprint, "handmade": model == HANDMADE}, answer)


def with_labels(signs: Signs, share: float, seed: int) -> Signs:
    """``signs`` whose training split keeps a stratified share of its clips, the others in no split: what a supervised control may see."""
    train, split = np.flatnonzero(signs.split == "train"), signs.split.copy()
    split[train] = ""
    split[train[splits.fraction(signs.labels[train], share, seed=seed)]] = "train"
    return signs.with_split(split)


def as_many_steps(run: Run, part: Signs, whole: Signs) -> Run:
    """The run with as many steps on the training clips of ``part`` as it has on those of ``whole``."""
    return replace(run, epochs=round(run.epochs * (whole.split == "train").sum() / (part.split == "train").sum()))


def as_settings(run: Run) -> dict:
    """What a run shares with all others of its table, to be compared: everything but method, options, views and rate."""
    settings = asdict(run)
    return {k: v for k, v in settings.items() if k not in ("method", "options", "views", "seed", "optimiser")} | {
        "optimiser": {k: v for k, v in settings["optimiser"].items() if k != "rate"}
    }
