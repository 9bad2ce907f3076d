"""Activity pooling and boundary views, crossed: does leaving resting frames out of the mean do what the permutation of a clip's ends promises?

No training of its own: the frozen encoders of Table 1 give a vector a frame, and only the mean over them differs. SignRep's
largest gain came from weighting by hand activity (arXiv 2503.08529); the boundary augmentation teaches an encoder to ignore the
same frames. What is averaged has looked at all frames: that is the encoder's business, the same in every row.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import torch
from torch.nn.functional import normalize, pad

from sslslr.clips import boundaries
from sslslr.clips.signs import Signs
from sslslr.learning.store import fetch
from sslslr.learning.training import Run
from sslslr.measures import metrics, probes
from sslslr.methods import priors
from sslslr.methods.encoder import PoseTransformer
from sslslr.profiles import Profile
from sslslr.studies import comparison, evaluation
from sslslr.studies.comparison import NAMES, PRIMARY, RANDOM, SUPERVISED
from sslslr.studies.corpora import cells, named, repeats
from sslslr.studies.jobs import Job

VERSION = "activity pooling 1"

ALL, ACTIVE, STROKE, TRUE, MIDDLE, ENDS = "all frames", "hand activity", "estimated stroke", "true stroke", "middle", "outside the stroke"
POOLINGS = (ALL, ACTIVE, STROKE, TRUE, MIDDLE, ENDS)
ALPHA, BETA = 1 / 3, 1 / 4  # the paper's ends: what "middle" leaves out of every clip


def weights(signs: Signs) -> dict[str, np.ndarray]:
    """What each frame of each clip counts, (N, T) by pooling, among those that show any landmark; a clip none of whose frames counts has
    the mean of all.

    hand activity: of the livelier hand (``priors.activity``).  estimated, true stroke: 1 within, where it is known.  outside the
    stroke: the control of the estimated one, what is left.  middle: without the paper's first third and last quarter.
    """
    at, lengths = np.arange(signs.frames), signs.lengths[:, None]
    inside = signs.valid & np.isfinite(signs.landmarks).any((2, 3))
    out = {ALL: inside.astype(np.float32)}
    each = priors.activity(torch.from_numpy(np.asarray(signs.landmarks, np.float32)), torch.from_numpy(inside), signs.skeleton)
    out[ACTIVE] = each.max(-1).values.numpy()

    def within(alpha, beta):
        return (inside & (at >= np.floor(alpha * lengths + 1e-6)) & (at < lengths - np.floor(beta * lengths + 1e-6))).astype(np.float32)

    out[MIDDLE] = within(ALPHA, BETA)
    out[STROKE] = within(*(e[:, None] for e in boundaries.ends(signs, "estimated")))
    out[ENDS] = out[ALL] - out[STROKE]
    if np.isfinite(signs.onset).all() and np.isfinite(signs.offset).all():
        out[TRUE] = within(*(e[:, None] for e in boundaries.ends(signs, "true")))
    return {name: np.where(w.sum(1, keepdims=True) > 0, w, out[ALL]) for name, w in out.items()}


def shares(signs: Signs) -> dict[str, float]:
    """How much of the weight of all frames each pooling leaves, 0 to 1."""
    found = weights(signs)
    return {name: float(w.sum() / found[ALL].sum()) for name, w in found.items()}


@torch.no_grad()
def frames_of(encoder: PoseTransformer, signs: Signs) -> torch.Tensor:
    """The encoder's output of each frame, (N, T, width), also of one that reads clips off a class token, whose last block needs none."""
    entered: list[torch.Tensor] = []
    hook = encoder.eval().drop.register_forward_hook(lambda _module, _input, output: entered.append(output))
    device, out = encoder.position.device, []
    for x, valid in zip(torch.from_numpy(signs.landmarks).split(512), torch.from_numpy(signs.valid).split(512), strict=True):
        encoder(x.to(device), valid.to(device))
        h, attend = entered.pop(), (valid & x.isfinite().any(-1).any(-1)).to(device)
        attend = pad(attend, (h.shape[1] - x.shape[1], 0), value=True)[:, None, None]
        for block in encoder.blocks:
            h = block(h, attend)
        out.append(encoder.norm(h)[:, -x.shape[1] :].float().cpu())
    hook.remove()
    return torch.cat(out)


def pooled(encoder: PoseTransformer, signs: Signs) -> dict[str, np.ndarray]:
    """Features (N, width) of every clip by pooling."""
    h = frames_of(encoder, signs)
    found = {name: torch.from_numpy(w)[..., None] for name, w in weights(signs).items()}
    return {name: ((h * w).sum(1) / w.sum(1).clamp(min=1e-6)).numpy() for name, w in found.items()}


def retrieval(train_x, train_y, test_x, test_y) -> dict[str, float]:
    """Dictionary retrieval: training clips are the dictionary, a gloss is as near as its best clip, by cosine; measures as of
    ``metrics.retrieval``, 0 to 1. Features (N, d) are centred on the dictionary's mean."""
    middle = train_x.mean(0)
    here, there = (normalize(torch.from_numpy(x - middle).float(), dim=1) for x in (train_x, test_x))
    near = (there @ here.T).numpy()
    glosses = np.unique(train_y)
    scores = np.stack([near[:, train_y == gloss].max(1) for gloss in glosses], axis=1)
    known = np.isin(test_y, glosses)
    found = metrics.retrieval(metrics.ranks(scores[known], np.searchsorted(glosses, test_y[known])))
    return {k: found[k] for k in ("dcg", "recall1", "recall5", "recall10")}


def crossed(run: Run, signs: Signs, part: str = "test") -> dict:
    """By pooling: linear probe (standardised) and retrieval on ``part``, 0 to 1, and ``share``, the mean weight of a frame."""

    def answer() -> dict:
        encoder, train, test = fetch(run, signs).encoder, signs.part("train"), signs.part(part)
        here, there, share = pooled(encoder, train), pooled(encoder, test), shares(test)
        out = {}
        for name in here:
            found = probes.score("linear", here[name], train.labels, there[name], test.labels)
            out[name] = {f"linear_standardised_{k}": v for k, v in found.items()}
            out[name] |= retrieval(here[name], train.labels, there[name], test.labels)
            out[name]["share"] = share[name]
        return {"by pooling": out, "test_clips": len(test)}

    return evaluation.kept(run, signs, {"activity pooling": part}, answer, crossed)


def asked(profile: Profile, repeat: int) -> Iterator[tuple[str, str, Run]]:
    """(model, views, run): the encoders of Table 1 that E1 and E2 compare, and the controls."""
    for method, views in PRIMARY:
        yield NAMES[method], views, comparison.run_of(method, views, profile, repeat)
    for control in (RANDOM, SUPERVISED):
        yield control, "control", comparison.control_of(control, profile, repeat)


def jobs(profile: Profile, corpora: dict[str, Signs]) -> list[Job]:
    """Every pooling of the encoders of Table 1, on its corpora and repeats."""
    out = []
    for corpus, signs in named(corpora, profile.table1["corpora"]).items():
        many = len(repeats(signs, profile, profile.table1["repeats"]))
        for place, parts in cells(profile, {corpus: signs}, times=many):
            runs = asked(profile, place["repeat"])
            out += [Job(crossed, run, parts, (), place | {"model": model, "views": views}) for model, views, run in runs]
    return out


def rows(jobs: list[Job], answers: list[dict]) -> pd.DataFrame:
    """A row for each job and pooling; an empty table where there are no jobs."""
    parts = [(job, name, found) for job, answer in zip(jobs, answers, strict=True) for name, found in answer["by pooling"].items()]
    return pd.DataFrame([job.place | {"pooling": name} | found for job, name, found in parts])


def gains(frame: pd.DataFrame, value: str = "linear_standardised_top1") -> pd.DataFrame:
    """Each pooling minus that over all frames of the same run, in points: the rows of the other poolings, with column ``gain``."""
    by = ["corpus", "model", "views", "repeat"]
    base = frame[frame["pooling"] == ALL].set_index(by)[value]
    other = frame[frame["pooling"] != ALL].set_index(by)
    return other.assign(gain=100 * (other[value] - base.reindex(other.index))).reset_index()


def crossing(gains: pd.DataFrame) -> pd.DataFrame:
    """How much less (negative) or more a pooling gains where views permute the ends than where they do not, points: the rows of ``gains`` with
    permuting views, with column ``difference`` and what they are held ``against``, paired by repeat. Negative where the permutation has taught
    an encoder some of what the pooling does."""
    by, parts = ["corpus", "model", "pooling", "repeat"], []
    for views, against in (("strong_boundary", "strong"), ("boundary", "none")):
        own, other = (gains[gains["views"] == v].set_index(by) for v in (views, against))
        parts.append(own.assign(against=against, difference=own["gain"] - other["gain"].reindex(own.index)).reset_index())
    return pd.concat(parts, ignore_index=True).dropna(subset=["difference"])
