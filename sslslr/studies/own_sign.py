"""Your own sign: a video through extraction and a frozen encoder to the nearest glosses, and how far away those are."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from sslslr import paths
from sslslr.clips.input import Input, restrict
from sslslr.clips.signs import Signs
from sslslr.clips.skeleton import MEDIAPIPE_75, Skeleton
from sslslr.clips.splits import by_signer
from sslslr.datasets import synthetic
from sslslr.errors import SignError
from sslslr.learning import weights
from sslslr.methods.encoder import PoseTransformer, embed
from sslslr.profiles import Profile


def from_video(path: str | Path, frames: int, layout: Skeleton = MEDIAPIPE_75) -> tuple[Signs, dict[str, float]]:
    """One video as a prepared clip of at most ``frames`` frames, with the landmarks of ``layout``, and the share of its frames in
    which each part was found. A clip whose left hand does the work is mirrored, as a left-handed signer's are.

    Raises SignError for a video that can't be read whole, and where body and shoulders are never seen.
    """
    from sslslr.extract.holistic import Holistic
    from sslslr.extract.worker import extract_clip

    path = paths.at(path)
    clip = extract_clip(path, Holistic())
    landmarks, nothing, one = clip.isotropic[None, :, :, :2], np.full(1, np.nan), np.zeros(1, int)
    signs = Signs(
        path.stem, "real", MEDIAPIPE_75, landmarks, one + len(clip), one, ("?",), np.array(["you"]), np.array([path.stem]), np.array([""]),
        nothing, nothing.copy(), clip.fps,
    )  # fmt: skip
    if not np.isfinite(landmarks).any():
        raise SignError(f"{path}: no person was found in any of its {len(clip)} frames; film head to hips, with the hands in the picture")
    return restrict(Input("all", "each_clip").prepare(signs, frames), layout), clip.rates


def corpus_of(encoder: weights.Encoder) -> Signs:
    """The synthetic corpus that a shipped encoder was trained on, made again and split as it was: training signers and unseen ones."""
    settings = encoder.about["settings"]
    if settings.get("corpus") not in synthetic.CORPORA:
        raise SignError(
            f"{encoder.folder}: does not say which synthetic corpus it was trained on; give the clips it is to be compared with yourself"
        )
    choice = Input.of(settings.get("input", {"landmarks": "all", "handedness": "as_signed"}))  # one without it is older than the setting
    made = choice.prepare(synthetic.make(settings["corpus"], **settings["sizes"]), settings["frames"])
    return by_signer(made, settings["folds"], settings["repeat"])


def of_profile(profile: Profile, signs: Signs, workers: int = 0) -> tuple[PoseTransformer, Signs]:
    """SL-FPN with boundary views pretrained on a data set, from the run store or trained now, and the split it was trained on."""
    from sslslr.learning.store import fetch
    from sslslr.studies import comparison, corpora

    part, _ = corpora.split(signs, profile, 0)
    return fetch(comparison.run_of("slfpn", "boundary", profile, 0), part).encoder, part


@dataclass(frozen=True, eq=False)
class Gallery:
    """Training clips as an encoder sees them: ``features`` (N, d), ``labels`` (N,), ``glosses``, and the scale of distances.

    Distance of two clips: root mean square over features of their difference, each in units of its standard deviation over the
    training clips. Two training clips drawn at random are about 1.4 apart.
    """

    features: np.ndarray
    labels: np.ndarray
    glosses: tuple[str, ...]
    mean: np.ndarray
    scale: np.ndarray
    module: PoseTransformer

    def distances(self, signs: Signs) -> np.ndarray:
        """(M, N) of each clip of ``signs`` to each training clip."""
        x = (embed(self.module, signs) - self.mean) / self.scale
        square = (x**2).sum(1)[:, None] + (self.features**2).sum(1) - 2 * x @ self.features.T
        return np.sqrt(np.maximum(square, 0) / x.shape[1])

    def nearest(self, distances: np.ndarray, glosses: int = 5) -> pd.DataFrame:
        """The nearest glosses of one clip, given its ``distances`` (N,): gloss, distance of its nearest clip, of its mean clip, clips."""
        rows = []
        for k in np.unique(self.labels):
            own = distances[self.labels == k]
            rows.append({"gloss": self.glosses[k], "nearest clip": own.min(), "mean of its clips": own.mean(), "clips": len(own)})
        return pd.DataFrame(rows).sort_values("nearest clip", kind="stable", ignore_index=True)[:glosses]


def gallery(module: PoseTransformer, train: Signs) -> Gallery:
    """The training clips, embedded and standardised; a feature that never changes counts for nothing."""
    features = embed(module, train)
    mean, scale = features.mean(0), features.std(0)
    scale = np.where(scale > 1e-6 * np.abs(features).max(), scale, np.inf)
    return Gallery((features - mean) / scale, train.labels, train.glosses, mean, scale, module)


@dataclass(frozen=True)
class Usual:
    """What the encoder does on clips of its own corpus by signers it has not seen: ``distance`` (M,) of each to its nearest training
    clip, and whether the nearest gloss (``top1``) and one of the nearest five (``top5``) is the right one, as shares of M."""

    distance: np.ndarray
    top1: float
    top5: float

    def share_farther(self, distance: float) -> float:
        """Share of those clips that lie farther from the training clips than ``distance``: near 0 means that this clip is a stranger."""
        return float((self.distance >= distance).mean())


def usual(known: Gallery, unseen: Signs) -> Usual:
    """``Usual`` of the clips ``unseen``, whose labels are indices into the gallery's glosses."""
    apart = known.distances(unseen)
    glosses = np.unique(known.labels)
    per_gloss = np.stack([apart[:, known.labels == k].min(1) for k in glosses], axis=1)
    ranked = glosses[np.argsort(per_gloss, axis=1, kind="stable")]
    hit = ranked == unseen.labels[:, None]
    return Usual(apart.min(1), float(hit[:, 0].mean()), float(hit[:, :5].any(1).mean()))


def honest(module_about: str, kind: str, far: float, n: int, real: bool = False) -> str:
    """What may be said about the nearest glosses: from where the encoder learned (``kind``) and how strange the clip is to it.

    ``far``: share of ``n`` clips of unseen signers that lie as far from the training clips; ``real``: the clip is of a person.
    """
    known = (
        "The encoder learned from made-up signs only: it knows no gloss of any sign language, and its glosses are made-up words."
        if kind == "synthetic"
        else "The encoder knows the glosses of its own data set and no others; a sign that is not among them gets the nearest one all the same."
    )
    if far <= 0.01:
        seen = f"No more than 1 % of {n} clips of unseen signers lie as far from the training clips: to this encoder the clip is like nothing it has seen."
    elif far <= 0.05:
        seen = f"Only {100 * far:.0f} % of {n} clips of unseen signers lie as far from the training clips: the clip is at the edge of what it has seen."
    else:
        seen = f"{100 * far:.0f} % of {n} clips of unseen signers lie as far from the training clips: by distance the clip looks like one of them."
        if real and kind == "synthetic":
            seen += " It is none of them, a person's clip among made-up ones: distance alone does not notice."
    return f"{module_about}: {known} {seen}"
