"""Does pretraining pay? SL-FPN against the controls that a frozen representation must beat."""

import json

import numpy as np
import pandas as pd

from sslslr import paths, probes
from sslslr.diagnostics import collapse_measures
from sslslr.encoder import EncoderConfig, embed
from sslslr.profiles import Profile
from sslslr.provenance import code_version
from sslslr.runs import fetch, key, side_by_side
from sslslr.signs import Signs
from sslslr.studies.corpora import repeats, split
from sslslr.studies.statistics import summarise
from sslslr.training import Optimiser, Run
from sslslr.views import ViewConfig

CHANCE, HANDMADE, RANDOM = "chance", "hand-made features", "random encoder"
NO_VIEWS, BOUNDARY, SUPERVISED = "SL-FPN, dropout only", "SL-FPN, boundary views", "supervised from scratch"
MODELS = (HANDMADE, RANDOM, NO_VIEWS, BOUNDARY, SUPERVISED)


def run_of(model: str, profile: Profile, repeat: int) -> Run:
    """The run behind a row of the table. Hand-made features need none: they ride with the random encoder's."""
    settings = {
        HANDMADE: {"epochs": 0},
        RANDOM: {"epochs": 0},
        NO_VIEWS: {"epochs": profile.epochs, "views": ViewConfig("none")},
        BOUNDARY: {"epochs": profile.epochs, "views": ViewConfig("boundary")},
        SUPERVISED: {"epochs": profile.supervised_epochs, "method": "supervised", "views": ViewConfig("none")},
    }[model]
    return Run(encoder=EncoderConfig(**profile.encoder), optimiser=Optimiser(**profile.optimiser), batch=profile.batch, seed=repeat, **settings)


def evaluate(run: Run, signs: Signs, model: str) -> dict:
    """Train if need be, then probe the frozen features: a row of accuracies on the test split and collapse measures.

    Kept beside the run, so that it is computed once for this version of the probes.
    """
    code = code_version("sslslr.probes", "sslslr.diagnostics", __name__)[:12]
    done = paths.runs() / key(run.fitted(signs), signs) / f"probes-{model.replace(' ', '-')}-{code}.json"
    if done.exists():
        return json.loads(done.read_text(encoding="utf-8"))
    parts = [signs.part("train"), signs.part("test")]
    if model == HANDMADE:
        train_x, test_x = map(probes.handmade, parts)
        row = {}
    else:
        encoder = fetch(run, signs).encoder
        train_x, test_x = (embed(encoder, part) for part in parts)
        row = collapse_measures(embed_tensor(test_x))
    for probe in probes.PROBES:
        for standardise, scale in ((True, "standardised"), (False, "raw")):
            found = probes.score(probe, train_x, parts[0].labels, test_x, parts[1].labels, standardise)
            row |= {f"{probe}_{scale}_{k}": v for k, v in found.items()}
    row |= {"test_clips": len(parts[1]), "train_clips": len(parts[0]), "classes": len(np.unique(signs.labels))}
    paths.write_json(done, row)
    return row


def embed_tensor(x: np.ndarray):
    """Features as the tensor that the diagnostics take."""
    import torch

    return torch.from_numpy(x)


def study(profile: Profile, corpora: dict[str, Signs], workers: int = 0, models: tuple[str, ...] = MODELS) -> pd.DataFrame:
    """All models on all corpora, repeated as the profile says: a row each with its accuracies (0 to 1)."""
    parts = {(c, r): split(signs, profile, r) for c, signs in corpora.items() for r in repeats(signs, profile)}
    places = [(c, r, m) for c, r in parts for m in models]
    jobs = [(run_of(m, profile, r), parts[c, r][0], m) for c, r, m in places]
    rows = side_by_side(evaluate, jobs, workers, title="SL-FPN and its controls")
    head = [{"corpus": c, "kind": corpora[c].kind, "protocol": parts[c, r][1], "repeat": r, "model": m} for c, r, m in places]
    return pd.DataFrame([h | row for h, row in zip(head, rows, strict=True)])


def table(rows: pd.DataFrame, value: str = "linear_standardised_top1") -> pd.DataFrame:
    """Mean and 95 % interval over repeats of one accuracy by corpus and model, with chance, n and the protocol."""
    out = summarise(rows, ["corpus", "model"], value)
    about = rows.groupby(["corpus", "model"], sort=False).agg(
        kind=("kind", "first"), protocol=("protocol", "first"), classes=("classes", "first"), test_clips=("test_clips", "sum"),
        raw=("linear_raw_top1", "mean"), top5=("linear_standardised_top5", "mean"), knn=("knn_raw_top1", "mean"), rank=("rank", "mean"), std=("std", "mean"),
    )  # fmt: skip
    out = out.merge(about.reset_index(), on=["corpus", "model"])
    return out.assign(chance=1 / out["classes"])
