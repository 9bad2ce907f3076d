"""SignRep beside ours, on the same clips, signers and splits: priors or pixels as targets, its parts one at a time, landmarks (notebook 18).

On rendered signing landmarks are what pictures were drawn from, so which road is better is not decided here.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd
import torch

from sslslr.clips.signs import Signs
from sslslr.datasets import synthetic
from sslslr.learning.training import Optimiser, Run
from sslslr.measures import metrics, probes
from sslslr.methods import priors
from sslslr.methods.encoder import EncoderConfig
from sslslr.methods.precision import resolve
from sslslr.profiles import Profile
from sslslr.studies import comparison, evaluation, pooling, tuning
from sslslr.studies.comparison import RANDOM
from sslslr.studies.corpora import HEAD, cells, ready, split
from sslslr.studies.jobs import Job
from sslslr.video import film, training
from sslslr.video.training import VideoRun
from sslslr.views import ViewConfig

VERSION = "signrep study 2"

PRIORS, PIXELS, SUPERVISED, UNTRAINED, ANGLES = "sign priors", "pixels", "supervised", "random encoder", "hand angles"
PLAIN = {"variance": 0.0, "covariance": 0.0, "adversary": 0.0}
PARTS: dict[str, dict] = {
    PRIORS: {},
    PIXELS: {"targets": "pixels", **PLAIN},
    SUPERVISED: {"targets": "labels", **PLAIN},
    "without the adversary": {"adversary": 0.0},
    "without regularisation": {"variance": 0.0, "covariance": 0.0},
    "angles alone": {"names": [priors.ANGLES]},
}
SWITCHES: dict[str, dict] = {f"mask {share:g}": {"mask": share} for share in (0.0, 0.3, 0.9)}
SWITCHES |= {"what stands still is seen": {"still": True}}
SWITCHES |= {f"without {name}": {"names": [n for n in priors.NAMES if n != name]} for name in priors.NAMES}
STEPS = (PRIORS, *(f"without {name}" for name in priors.NAMES))  # the rows that ``gains`` looks at
ON_LANDMARKS: dict[str, tuple[str, dict]] = {"priors, hidden spans": ("priors", {"hide": "spans"}), "priors, hidden articulators": ("priors", {"hide": "articulators"}),
                "SimCLR": ("simclr", {})}  # fmt: skip
NEW = ("background", "clothes")
RATES = {"priors": (5e-4, 1e-3, 2e-3, 4e-3), "pixels": (1e-3, 2e-3, 4e-3, 8e-3), "labels": (5e-4, 1e-3, 2e-3, 4e-3)}  # the best of
# 1e-3 to 4e-3 lay at an end for each, so each has one more there
SEARCHED: dict[str, tuple[dict, dict]] = {  # what each target is tried with, at each of its rates: as many for each
    "priors": ({"variance": 1.0, "covariance": 0.04}, {"variance": 0.1, "covariance": 4e-3}),
    "pixels": ({"mask": 0.6}, {"mask": 0.9}),
    "labels": ({"mask": 0.6}, {"mask": 0.3}),
}


def run_of(
    profile: Profile, repeat: int, options: dict, views: str = "none", epochs: int | None = None, pixels: str = film.RENDERED
) -> VideoRun:
    """A run on pictures, rendered ones or the film of the name ``pixels``, with the profile's sizes and its target's settings (``video``)."""
    own = profile.video
    settings = dict(own["settings"][options.get("targets", "priors")])
    rate = settings.pop("rate")
    return VideoRun(
        views=ViewConfig(views), encoder=EncoderConfig(**own["encoder"]), optimiser=Optimiser(**profile.optimiser | {"rate": rate}),
        epochs=own["epochs"] if epochs is None else epochs, batch=own["batch"], seed=repeat, precision=resolve(profile.precision),
        options=own["model"] | settings | options, pixels=pixels,
    )  # fmt: skip


def search_jobs(profile: Profile, corpora: dict[str, Signs]) -> list[Job]:
    """Each target at each rate with each of its options, asked on the *validation* signers of the first ``video["search"]`` groups."""
    if next(iter(corpora.values())).kind != "synthetic":
        return []
    signs, out = corpus(profile), []
    for group in range(profile.video["search"]):
        parts = split(signs, profile, group)[0]
        for target, candidates in SEARCHED.items():
            for rate in RATES[target]:
                for options in candidates:
                    tried = replace(profile, video=profile.video | {"settings": {target: {"rate": rate} | options}})
                    run = run_of(tried, group, {"targets": target} | (PLAIN if target != "priors" else {}))
                    place = {"corpus": signs.name, "target": target, "group": group, "rate": rate, "options": options}
                    out.append(Job(read, run, parts, ("val",), place))
    return out


def search_rows(jobs: list[Job], answers: list[dict]) -> pd.DataFrame:
    """A row a run: corpus, target, group, rate, options and ``accuracy`` (0 to 1) of the linear probe on ``clips`` validation clips."""
    told = ({"accuracy": a["by pooling"][pooling.ALL]["linear_standardised_top1"], "clips": a["test_clips"]} for a in answers)
    return pd.DataFrame([job.place | about for job, about in zip(jobs, told, strict=True)])


def chosen(found: pd.DataFrame) -> dict[str, dict]:
    """The best setting of each target, as a profile's ``video["settings"]`` has it: the best mean accuracy, the first tried of equals."""
    return tuning.best(found.rename(columns={"target": "method"})) if len(found) else {}


def read(run: VideoRun, signs: Signs, part: str = "test") -> dict:
    """By pooling over time: linear probe (standardised) and retrieval on ``part``, 0 to 1; and of the mean of all steps: how often a
    probe reads recording and signer, and the linear probe's top-1 on backgrounds and clothes that were never seen."""

    def answer() -> dict:
        size = run.options.get("size", film.SIZE)
        shown = film.rendered(signs, size)
        module = training.fetch(run, signs, shown).module
        train, test = signs.part("train"), signs.part(part)

        def steps(of: Signs, on: film.Film):
            return training.embed(module, on, on.rows(of), precision=run.precision)

        (here, active), (there, also) = steps(train, shown), steps(test, shown)
        out = {}
        for name in (pooling.ALL, pooling.ACTIVE, pooling.STROKE, pooling.TRUE):
            own = [weighed(h, a, s, name) for h, a, s in ((here, active, train), (there, also, test))]
            out[name] = scores(own[0], train.labels, own[1], test.labels)
        x = here.mean(1)
        found = {
            f"reads {what}": read_by(x, who)
            for what, who in (("recordings", shown.recordings[shown.rows(train)]), ("signers", train.signers))
        }
        for new in NEW:
            other, _ = steps(test, film.rendered(signs, size, (new,)))
            found[f"top1, new {new}"] = probes.score("linear", x, train.labels, other.mean(1), test.labels)["top1"]
        return {"by pooling": out, "test_clips": len(test)} | found

    return evaluation.kept(run, signs, {"video": part}, answer, read, training.embed, film, pooling, metrics)


def weighed(steps: np.ndarray, active: np.ndarray, signs: Signs, name: str) -> np.ndarray:
    """Features (N, width) from those of each step of time (N, steps, width): their mean, weighted by the predicted activity (N, steps) or
    by how much of a step lies within the stroke."""
    if name == pooling.ALL:
        return steps.mean(1)
    if name == pooling.ACTIVE:
        weight = active
    else:
        within = torch.from_numpy(pooling.weights(signs)[name].astype(np.float32))[..., None, None]
        at = priors.at_moments(within, torch.from_numpy(signs.lengths))[..., 0, 0]
        weight = at.unflatten(1, (steps.shape[1], -1)).mean(2).numpy()
        weight = np.where(weight.sum(1, keepdims=True) > 0, weight, 1.0)
    return (steps * weight[..., None]).sum(1) / weight.sum(1, keepdims=True)


def scores(train_x, train_y, test_x, test_y) -> dict[str, float]:
    """Linear probe (standardised) and dictionary retrieval of features, 0 to 1."""
    found = {f"linear_standardised_{k}": v for k, v in probes.score("linear", train_x, train_y, test_x, test_y).items()}
    return (
        found
        | {"knn": probes.score("knn", train_x, train_y, test_x, test_y, standardise=False)["top1"]}
        | pooling.retrieval(train_x, train_y, test_x, test_y)
    )


def read_by(x: np.ndarray, who: np.ndarray) -> float:
    """How often (0 to 1) a linear probe tells ``who`` (N,) from features (N, d): it learns on every other clip and is asked about the rest."""
    return probes.score("linear", x[::2], who[::2], x[1::2], who[1::2])["top1"]


def angles(run: VideoRun, signs: Signs, part: str = "test") -> dict:
    """Hand angles that nobody trained on, as ``read`` gives them: sine and cosine at each moment, of the landmarks, missing ones the mean."""

    def answer() -> dict:
        def of(some: Signs) -> np.ndarray:
            x, valid = torch.from_numpy(np.asarray(some.landmarks, np.float32)), torch.from_numpy(some.valid)
            return priors.wanted(x, valid, some.skeleton, (priors.ANGLES,))[priors.ANGLES].flatten(1).numpy()

        train, test = signs.part("train"), signs.part(part)
        here, there = of(train), of(test)
        mean = np.nanmean(here, 0)
        found = scores(np.where(np.isnan(here), mean, here), train.labels, np.where(np.isnan(there), mean, there), test.labels)
        return {"by pooling": {pooling.ALL: found}, "test_clips": len(test)}

    return evaluation.kept(run, signs, {"hand angles": part}, answer, angles, priors, pooling, metrics)


def corpus(profile: Profile) -> Signs:
    """The corpus that is rendered, prepared as every other; with the profile's size of it the same clips as in Table 1."""
    own = profile.video
    return ready(synthetic.make(own["corpus"], **own["size"]), profile)


def asked(profile: Profile, repeat: int) -> Iterator[tuple[str, str, VideoRun]]:
    """(model, views, run) on pictures: the parts on all repeats, every other switch on fewer."""
    for name, options in PARTS.items():
        yield name, "none", run_of(profile, repeat, options)
    yield UNTRAINED, "none", run_of(profile, repeat, {}, epochs=0)
    if repeat < profile.video["switches"]:
        yield PRIORS, "boundary", run_of(profile, repeat, {}, "boundary")
        for name, options in SWITCHES.items():
            yield name, "none", run_of(profile, repeat, options)


def jobs(profile: Profile, corpora: dict[str, Signs]) -> list[Job]:
    """Every row on pictures, and beside it on the landmarks of the same clips. On real data sets nothing: they have landmarks, not pictures."""
    if next(iter(corpora.values())).kind != "synthetic":
        return []
    first: list[Job] = []  # what most is decided on comes before what is asked on fewer repeats
    then: list[Job] = []
    for place, parts in cells(profile, {profile.video["corpus"]: corpus(profile)}, times=profile.video["repeats"]):
        repeat = place["repeat"]
        seen = place | {"sees": "pictures (rendered)"}
        for model, views, run in asked(profile, repeat):
            decides = views == "none" and model in (*PARTS, UNTRAINED)
            (first if decides else then).append(Job(read, run, parts, (), seen | {"model": model, "views": views}))
        seen = place | {"sees": "landmarks", "views": "none"}
        first.append(Job(angles, run_of(profile, repeat, {}, epochs=0), parts, (), seen | {"model": ANGLES}))
        then += [Job(pooling.crossed, run, parts, (), seen | about) for about, run in on_landmarks(profile, repeat)]
    return first + then


def on_landmarks(profile: Profile, repeat: int) -> Iterator[tuple[dict, Run]]:
    """(model and views, run) of the encoders of landmarks that stand beside those of pictures: our best on all repeats, the others on fewer."""
    fewer = 0 < profile.video["switches"] <= repeat
    for model, (method, options) in ON_LANDMARKS.items():
        if fewer and method == "priors":
            continue
        for views in ("none", "strong"):
            yield {"model": model, "views": views}, comparison.run_of(method, views, profile, repeat, options=options)
    yield {"model": RANDOM}, comparison.control_of(RANDOM, profile, repeat)


def rows(jobs: list[Job], answers: list[dict]) -> pd.DataFrame:
    """A row for each job and pooling; what is asked of all steps alone stands in the row of all steps."""
    frame = pooling.rows(jobs, answers)
    if frame.empty:
        return frame
    alone = [{k: v for k, v in answer.items() if k != "by pooling"} for answer in answers]
    index = np.repeat(np.arange(len(answers)), [len(a["by pooling"]) for a in answers])
    beside = pd.DataFrame(alone).iloc[index].reset_index(drop=True)
    return frame.join(beside.where(frame["pooling"] == pooling.ALL))


def gains(frame: pd.DataFrame) -> pd.DataFrame:
    """What each step gains in DCG of retrieval on pictures (shares, not points), a row a step and repeat that has both of its sides:
    weighting by predicted activity over the plain mean, each prior over all but it, and "nothing", which is 0."""
    by = [c for c in frame.columns if c in {*HEAD}]
    seen = frame[frame["sees"].str.startswith("pictures") & (frame["views"] == "none")]
    full = seen[seen["model"] == PRIORS]
    base = full[full["pooling"] == pooling.ALL].set_index(by)["dcg"]
    sides = {"activity weighting": (full[full["pooling"] == pooling.ACTIVE].set_index(by)["dcg"], base), "nothing": (base, base)}
    for name in priors.NAMES:
        without = seen[(seen["model"] == f"without {name}") & (seen["pooling"] == pooling.ALL)].set_index(by)["dcg"]
        sides[name] = (base, without)
    parts = [(a - b).dropna().rename("dcg").reset_index().assign(step=step) for step, (a, b) in sides.items()]
    return pd.concat(parts, ignore_index=True)
