"""Figure 7 and Table 5: maps of the embeddings, their inertia, and whether they group signs or signers."""

import numpy as np
import pandas as pd

from sslslr.clips.signs import Signs
from sslslr.learning.grid import side_by_side
from sslslr.learning.training import Run
from sslslr.measures import embedding, probes
from sslslr.profiles import Profile
from sslslr.studies import comparison, evaluation, recipe
from sslslr.studies.comparison import RANDOM, SUPERVISED, TITLES
from sslslr.studies.corpora import repeats, split

VERSION = "embedding space 1"

COLLAPSED = "collapsed encoder"
MODELS = (*TITLES.values(), recipe.PLUS, RANDOM, SUPERVISED)
SHOWN = 300  # clips a map at most


def unseen(signs: Signs) -> Signs:
    """The clips of the signers that training has not seen: validation and test together."""
    return signs.subset(signs.split != "train")


def run_of(model: str, profile: Profile, repeat: int, rates: dict[str, float]) -> Run:
    """The run behind a row: the five methods with the paper's boundary views, SL-FPN+ with its own, and the controls."""
    if model == recipe.PLUS:
        return recipe.RECIPE.run(profile, repeat, rates)
    if model in (RANDOM, SUPERVISED):
        return comparison.control_of(model, profile, repeat, rates)
    return comparison.run_of({t: m for m, t in TITLES.items()}[model], "boundary", profile, repeat, rates)


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


def study(profile: Profile, corpora: dict[str, Signs], rates: dict[str, float], workers: int = 0, models=MODELS) -> pd.DataFrame:
    """Table 5, a row a run: every model on every corpus and repeat, and a collapsed encoder for each repeat."""
    places = [(c, r, m) for c, signs in corpora.items() for r in repeats(signs, profile) for m in (*models, COLLAPSED)]
    parts = {(c, r): split(corpora[c], profile, r) for c, r, _ in places}
    jobs = [(run_of(RANDOM if m == COLLAPSED else m, profile, r, rates), parts[c, r][0], m == COLLAPSED) for c, r, m in places]
    rows = side_by_side(measured, jobs, workers, title="embeddings")
    head = [{"corpus": c, "kind": corpora[c].kind, "protocol": parts[c, r][1], "repeat": r, "model": m} for c, r, m in places]
    return pd.DataFrame([h | row for h, row in zip(head, rows, strict=True)])


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


def maps(
    profile: Profile, corpora: dict[str, Signs], rates: dict[str, float], workers: int = 0, models=MODELS
) -> dict[tuple[str, str], dict]:
    """(model, corpus) -> what ``mapped`` gives, of repeat 0: the same clips and settings in every panel of a corpus."""
    places = [(m, c) for m in models for c in corpora]
    parts = {c: split(signs, profile, 0)[0] for c, signs in corpora.items()}
    found = side_by_side(mapped, [(run_of(m, profile, 0, rates), parts[c]) for m, c in places], workers, title="maps")
    return {place: {**f, "points": np.array(f["points"])} for place, f in zip(places, found, strict=True)}


def coordinates(found: dict, corpora: dict[str, Signs], profile: Profile, marked: dict[str, int]) -> pd.DataFrame:
    """The maps as one long table: model, corpus, clip, gloss, signer, marked, x, y."""
    out = []
    for (model, corpus), one in found.items():
        clips = unseen(split(corpora[corpus], profile, 0)[0]).subset(np.array(one["index"]))
        glosses = np.array(clips.glosses)[clips.labels]
        about = {"model": model, "corpus": corpus, "clip": clips.clips, "gloss": glosses, "signer": clips.signers}
        out.append(pd.DataFrame(about | {"marked": clips.labels == marked[corpus], "x": one["points"][:, 0], "y": one["points"][:, 1]}))
    return pd.concat(out, ignore_index=True)
