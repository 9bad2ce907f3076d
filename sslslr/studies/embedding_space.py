"""Figure 7 and Table 5: maps of the embeddings, their inertia, and whether they group signs or signers."""

from itertools import product

import numpy as np
import pandas as pd

from sslslr.clips.signs import Signs
from sslslr.learning.training import Run
from sslslr.measures import embedding, probes
from sslslr.profiles import Profile
from sslslr.studies import comparison, evaluation, recipe
from sslslr.studies.comparison import RANDOM, SUPERVISED, TITLES
from sslslr.studies.corpora import cells, split
from sslslr.studies.jobs import Job
from sslslr.studies.jobs import rows as jobs_in_rows

VERSION = "embedding space 1"

COLLAPSED = "collapsed encoder"
MODELS = (*TITLES.values(), recipe.PLUS, RANDOM, SUPERVISED)
SHOWN = 300  # clips a map at most


def unseen(signs: Signs) -> Signs:
    """The clips of the signers that training has not seen: validation and test together."""
    return signs.subset(signs.split != "train")


def run_of(model: str, profile: Profile, repeat: int) -> Run:
    """The run behind a row: the five methods with the paper's boundary views, SL-FPN+ with its own, and the controls."""
    if model == recipe.PLUS:
        return recipe.RECIPE.run(profile, repeat)
    if model in (RANDOM, SUPERVISED):
        return comparison.control_of(model, profile, repeat)
    return comparison.run_of({t: m for m, t in TITLES.items()}[model], "boundary", profile, repeat)


def measured(run: Run, signs: Signs, collapse: bool = False) -> dict:
    """Inertia, variance decomposition and kNN of the run's embeddings of unseen signers' clips; kept beside the run.

    kNN learns on the training signers' clips. ``collapse`` replaces the embeddings by a collapsed encoder's of the same size.
    """

    def answer() -> dict:
        train, other = signs.part("train"), unseen(signs)
        train_x, x = evaluation.features(run, signs, False, train, other)
        if collapse:
            both = embedding.collapsed(np.vstack([train_x, x]), run.seed)
            train_x, x = both[: len(train)], both[len(train) :]
        knn = probes.score("knn", train_x, train.labels, x, other.labels, standardise=False)["top1"]
        linear = probes.score("linear", train_x, train.labels, x, other.labels, standardise=False)["top1"]
        found = embedding.inertia(x, other.labels) | embedding.sign_or_signer(x, other.labels, other.signers)
        return {k: float(v) for k, v in found.items()} | {
            "knn": knn,
            "linear_raw": linear,
            "clips": len(other),
            "signers": len(np.unique(other.signers)),
        }

    return evaluation.kept(run, signs, {"embedding space": True, "collapse": collapse}, answer, embedding, measured)


def jobs(profile: Profile, corpora: dict[str, Signs], models=MODELS) -> list[Job]:
    """Table 5: every model on every corpus and repeat, and a collapsed encoder for each repeat."""
    out = []
    for place, parts in cells(profile, corpora):
        for m in (*models, COLLAPSED):
            run = run_of(RANDOM if m == COLLAPSED else m, profile, place["repeat"])
            out.append(Job(measured, run, parts, (m == COLLAPSED,), place | {"model": m}))
    return out


def rows(jobs: list[Job], answers: list[dict]) -> pd.DataFrame:
    """A row a run. ``signers`` of the corpus, of whom groups are held out, as in every table of runs; ``unseen_signers`` are measured."""
    return jobs_in_rows(jobs, [{"unseen_signers" if k == "signers" else k: v for k, v in a.items()} for a in answers])


def mapped(run: Run, signs: Signs, seed: int = 0) -> dict:
    """UMAP of the run's embeddings of at most ``SHOWN`` clips of unseen signers; kept beside the run.

    ``points`` (N, 2), ``trust`` (trustworthiness of the map), ``index`` (N,) of the clips among ``unseen(signs)``.
    """

    def answer() -> dict:
        other = unseen(signs)
        index = np.linspace(0, len(other) - 1, min(SHOWN, len(other))).astype(int)
        (x,) = evaluation.features(run, signs, False, other.subset(index))
        points = embedding.umap(x, seed)
        return {"points": points.round(4).tolist(), "trust": embedding.trustworthiness(x, points), "index": index.tolist()}

    return evaluation.kept(run, signs, {"map": True, "seed": seed}, answer, embedding, mapped)


def models_of(profile: Profile) -> tuple[str, ...]:
    """The models that the profile maps."""
    return MODELS if profile.maps == "all" else tuple(profile.maps)


def map_jobs(profile: Profile, corpora: dict[str, Signs]) -> list[Job]:
    """Figure 7: a map of each model on each corpus, of repeat 0: the same clips and settings in every panel of a corpus."""
    parts = {c: split(signs, profile, 0)[0] for c, signs in corpora.items()}
    places = product(models_of(profile), corpora)
    return [Job(mapped, run_of(m, profile, 0), parts[c], (), {"model": m, "corpus": c}) for m, c in places]


def map_panels(jobs: list[Job], answers: list[dict]) -> dict[tuple[str, str], dict]:
    """(model, corpus) -> what ``mapped`` gives."""
    return {(j.place["model"], j.place["corpus"]): {**f, "points": np.array(f["points"])} for j, f in zip(jobs, answers, strict=True)}


def coordinates(found: dict, corpora: dict[str, Signs], profile: Profile, marked: dict[str, int]) -> pd.DataFrame:
    """The maps as one long table: model, corpus, clip, gloss, signer, marked, x, y."""
    out = []
    for (model, corpus), one in found.items():
        clips = unseen(split(corpora[corpus], profile, 0)[0]).subset(np.array(one["index"]))
        glosses = np.array(clips.glosses)[clips.labels]
        about = {"model": model, "corpus": corpus, "clip": clips.clips, "gloss": glosses, "signer": clips.signers}
        out.append(pd.DataFrame(about | {"marked": clips.labels == marked[corpus], "x": one["points"][:, 0], "y": one["points"][:, 1]}))
    return pd.concat(out, ignore_index=True)
