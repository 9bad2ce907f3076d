"""When would it pay? The gain of treating a clip's ends, by how long they are and how often neighbours stand in them.

On synthetic signing, whose strokes are known: the treatments are given the true ends, so each has its best chance. Real data
sets are placed among the doses by what can be measured on both.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd
import torch

from sslslr import paths
from sslslr.clips import boundaries
from sslslr.clips.signs import Signs, resample
from sslslr.datasets import synthetic
from sslslr.learning.store import fetch
from sslslr.learning.training import Run
from sslslr.measures import probes
from sslslr.profiles import Profile
from sslslr.studies import comparison, evaluation
from sslslr.studies.comparison import NAMES, RANDOM
from sslslr.studies.corpora import ready, split
from sslslr.studies.evaluation import HANDMADE
from sslslr.studies.jobs import Job
from sslslr.views import ViewConfig

VERSION = "doses 1"

REAL = paths.ROOT / "data" / "doses.csv"  # where real sets lie, made by tools/likeness.py

BASE = "strong views"
PERMUTED, MASKED, CUT, POOLED = "ends permuted", "ends masked", "ends cut off", "pooled over the stroke"
VIEWS = {
    BASE: ViewConfig("strong"),
    PERMUTED: ViewConfig("strong_boundary", ends="true"),
    MASKED: ViewConfig("strong_masked", ends="true"),
}
MOMENTS = 10  # of a clip at which the wrists are looked at
TREATMENTS = (PERMUTED, MASKED, CUT, POOLED)


def doses(profile: Profile) -> Iterator[tuple[dict, Signs]]:
    """The corpus of the profile's ``dose`` at each dose: ``ends`` (seconds of rest or neighbour at either end), ``neighbours`` (share of the
    ends that stand in another sign), and the clips, prepared."""
    asked = profile.dose
    for ends in asked["ends"]:
        for share in asked["neighbours"]:
            made = synthetic.make(asked["corpus"], **asked["size"], ends=ends, neighbours=share)
            yield {"corpus": asked["corpus"], "ends": ends, "neighbours": share}, ready(made, profile)


def cut(signs: Signs, which: str = "true") -> Signs:
    """The clips without what lies outside of their strokes ("true" or "estimated"), at least two frames of each; they get shorter."""
    alpha, beta = boundaries.ends(signs, which)
    head = np.minimum(np.floor(alpha * signs.lengths + 1e-6).astype(int), signs.lengths - 2)
    lengths = np.maximum(signs.lengths - head - np.floor(beta * signs.lengths + 1e-6).astype(int), 2)
    at = np.minimum(head[:, None] + np.arange(signs.frames), signs.lengths[:, None] - 1)
    landmarks = np.take_along_axis(signs.landmarks, at[:, :, None, None], axis=1)
    landmarks[np.arange(signs.frames) >= lengths[:, None]] = np.nan
    done = replace(signs, landmarks=landmarks, lengths=lengths, onset=signs.onset - head, offset=signs.offset - head)
    return done.made_from(signs, cut=which, versions=[VERSION, boundaries.VERSION])


def pooled(run: Run, signs: Signs, part: str = "test") -> dict:
    """Linear probe (standardised) on the mean of the stroke's frames alone, of an encoder that saw all frames: as of ``evaluate``, 0 to 1."""

    def answer() -> dict:
        encoder = fetch(run, signs).encoder.eval()
        train, test = signs.part("train"), signs.part(part)
        scores = probes.score("linear", _inside(encoder, train), train.labels, _inside(encoder, test), test.labels)
        return {f"linear_standardised_{k}": v for k, v in scores.items()} | {"test_clips": len(test)}

    return evaluation.kept(run, signs, {"pooled over the stroke": part}, answer, pooled)


def _inside(encoder, signs: Signs) -> np.ndarray:
    """Mean of each clip's frame tokens within its true stroke, (N, width)."""
    alpha, beta = boundaries.ends(signs, "true")
    at, length = np.arange(signs.frames), signs.lengths[:, None]
    inside = torch.from_numpy((at >= np.floor(alpha[:, None] * length + 1e-6)) & (at < length - np.floor(beta[:, None] * length + 1e-6)))
    tokens: list[torch.Tensor] = []
    hook = encoder.norm.register_forward_hook(lambda _module, _input, output: tokens.append(output))
    with torch.no_grad():
        for x, valid in zip(torch.from_numpy(signs.landmarks).split(512), torch.from_numpy(signs.valid).split(512), strict=True):
            encoder(x, valid)
    hook.remove()
    h = torch.cat(tokens)[:, -signs.frames :]
    return ((h * inside[..., None]).sum(1) / inside.sum(1, keepdim=True).clamp(min=1)).numpy()


def jobs(profile: Profile, corpora: dict[str, Signs]) -> list[Job]:
    """Every treatment at every dose on the profile's repeats, and the controls: accuracies (0 to 1) on the test split.

    Synthetic signing alone: on a real data set, whose strokes nobody knows, there is nothing to ask.
    """
    out: list[Job] = []
    for dose, signs in doses(profile) if next(iter(corpora.values())).kind == "synthetic" else ():
        without = cut(signs)
        for repeat in range(profile.dose["repeats"]):
            parts = split(signs, profile, repeat)[0]
            ratio = round(float((parts.split == "test").sum() / (parts.split == "train").sum()), 4)
            place = dose | {"repeat": repeat, "group": repeat, "signers": len(set(signs.signers)), "test_to_train": ratio}
            shorter = without.with_split(parts.split)
            for method in profile.dose["methods"]:
                of = place | {"model": NAMES[method]}
                runs = {name: comparison.run_of(method, view, profile, repeat) for name, view in VIEWS.items()}
                out += [Job(evaluation.evaluate, run, parts, (), of | {"treatment": name}) for name, run in runs.items()]
                out.append(Job(evaluation.evaluate, runs[BASE], shorter, (), of | {"treatment": CUT}))
                out.append(Job(pooled, runs[BASE], parts, (), of | {"treatment": POOLED}))
            for model in (RANDOM, HANDMADE):
                run = comparison.control_of(model, profile, repeat)
                of = place | {"model": model}
                out += [Job(evaluation.evaluate, run, on, (model,), of | {"treatment": t}) for t, on in ((BASE, parts), (CUT, shorter))]
                out += [Job(pooled, run, parts, (), of | {"treatment": POOLED})] * (model == RANDOM)
    return out


def gains(rows: pd.DataFrame) -> pd.DataFrame:
    """Each treatment minus strong views alone, in points of linear top-1: a row a run, with column ``gain``."""
    by = ["corpus", "ends", "neighbours", "model", "repeat"]
    value = "linear_standardised_top1"
    base = rows[rows["treatment"] == BASE].set_index(by)[value]
    treated = rows[rows["treatment"] != BASE].set_index(by)
    return treated.assign(gain=100 * (treated[value] - base.reindex(treated.index))).reset_index()


def placed(signs: Signs) -> dict:
    """Where clips lie among the doses, measured alike on synthetic and real signing.

    ``estimated``: mean share of the frames outside of the estimated stroke, ``true`` where strokes are known (NaN else), and
    ``differ``: how far the wrists stray from their gloss' mean in the first and the last frame of the clips, over how far in
    the middle (1: the ends differ as much as the sign does from one clip to the next).
    """
    share = {which: float(np.mean(np.add(*boundaries.ends(signs, which)))) for which in _known(signs)}
    wrists = signs.landmarks[:, :, list(signs.skeleton.wrists), :2]
    tracks = np.stack([resample(x[:n], MOMENTS) for x, n in zip(wrists, signs.lengths, strict=True)])
    away = np.full(tracks.shape, np.nan)
    for label in np.unique(signs.labels):
        own = np.ma.masked_invalid(tracks[signs.labels == label])
        away[signs.labels == label] = (own - own.mean(0)).filled(np.nan)
    stray = np.sqrt(np.nanmean(np.square(away), axis=(0, 2, 3)))
    middle = stray[MOMENTS // 2 - 1 : MOMENTS // 2 + 1].mean()
    return {"estimated": share["estimated"], "true": share.get("true", np.nan), "differ": float(stray[[0, -1]].mean() / middle)}


def _known(signs: Signs) -> list[str]:
    return ["estimated", *["true"] * bool(np.isfinite(signs.onset).all())]
