"""What of a clip goes into an encoder: which landmarks, whose hand is the working one, and in which coordinates.

A setting of the profile (``input`` in its file), the same for training, probes and hand-made features. *Landmarks*: a
camera has to guess what is below the waist, and no sign needs it, so hips and legs are left out; ``all`` keeps the paper's.
*Handedness*: signs have a working hand, and no language tells two signs apart by whether that is the left or the right one.
So the clips of a signer who works with the left hand are mirrored. Neither looks at a gloss or a split.
"""

import warnings
from dataclasses import dataclass, fields, replace

import numpy as np
import pandas as pd

from sslslr.clips.signs import Signs, prepare
from sslslr.clips.skeleton import Skeleton, mirror, upper
from sslslr.errors import SignError

VERSION = "input 1"

TIE = 0.05  # of a signer's mean ``work``: nearer to 0, both hands do as much, and nothing is mirrored
CLEAR = 1 / 3  # of a single clip's: the left hand does twice the work of the right one
CHUNK = 512  # clips worked on at once, since a packed data set may be larger than memory
CHOICES = {
    "landmarks": ("upper", "all"),
    "handedness": ("one", "as_signed", "each_clip"),
    "hands": ("placed", "own"),
    "centred": (False, True),
}


@dataclass(frozen=True)
class Input:
    """What an encoder is given of each clip.

    landmarks: "upper", without hips and what is below them, or "all" of the layout.
    handedness: "one": a signer whose left hand does the work (``handedness``) is mirrored, in all clips; "each_clip": each
    clip on its own where its left hand does at least twice the work of the right one; "as_signed": nothing is.
    hands: "placed" as they are, or "own": each hand from its own wrist and in its own size, in place of where it is
    (the body's wrists still say where).  centred: the mean pose of each signer is taken out.
    With "own" and centred a clip can't be drawn, nor its stroke be estimated; they are there to be compared.
    """

    landmarks: str = "upper"
    handedness: str = "one"
    hands: str = "placed"
    centred: bool = False

    def __post_init__(self):
        for name, known in CHOICES.items():
            if (value := getattr(self, name)) not in known:
                raise SignError(f"input: {name} is {value!r}; expected {' or '.join(map(str, known))}")

    @classmethod
    def of(cls, settings: dict) -> "Input":
        """The input of a profile; raises SignError for a setting that there is not, or a value that it can't have."""
        if unknown := set(settings) - {f.name for f in fields(cls)}:
            raise SignError(f"input: unknown {', '.join(sorted(unknown))}; there are {', '.join(CHOICES)}")
        return cls(**settings)

    def layout(self, skeleton: Skeleton) -> Skeleton:
        """The landmarks that go in of clips in the layout ``skeleton``."""
        return upper(skeleton) if self.landmarks == "upper" else skeleton

    def prepare(self, signs: Signs, frames: int, coordinates: int | None = None) -> Signs:
        """Clips as an encoder takes them: normalised, at most ``frames`` long (``signs.prepare``), and all of the above.

        Keeps the first ``coordinates`` coordinates, or all that are there.
        """
        return self.together(self.each(signs, frames, coordinates))

    def each(self, signs: Signs, frames: int, coordinates: int | None = None) -> Signs:
        """The part of ``prepare`` that looks at one clip at a time; a large data set comes in parts."""
        ready = restrict(prepare(signs, frames, coordinates or signs.landmarks.shape[-1]), self.layout(signs.skeleton))
        return hands_alone(ready) if self.hands == "own" else ready

    def together(self, signs: Signs) -> Signs:
        """The part of ``prepare`` that looks at all clips of a signer. The landmarks of ``signs`` are changed in place, for
        they may be more than memory holds; use what is returned."""
        x, skeleton = signs.landmarks, signs.skeleton
        for rows in _chunks(np.flatnonzero(self.mirrored(signs))):
            x[rows] = mirror(x[rows], skeleton)
        for signer in np.unique(signs.signers) if self.centred else ():
            own = np.flatnonzero(signs.signers == signer)
            mean = _mean_pose(x, own)
            for rows in _chunks(own):
                x[rows] -= mean.astype(x.dtype)
        chosen = {"handedness": self.handedness, "centred": self.centred}
        return replace(signs, landmarks=x).made_from(signs, **chosen, versions=[VERSION])

    def mirrored(self, signs: Signs) -> np.ndarray:
        """(N,) True for the clips that are mirrored; warns where signers are to be, and are not known."""
        if self.handedness == "as_signed":
            return np.zeros(len(signs), bool)
        if self.handedness == "each_clip":
            return work(signs) > CLEAR
        if len(np.unique(signs.signers)) < 2:
            warnings.warn(f"{signs.name}: one signer, or nobody knows who signs, so no clip is mirrored", stacklevel=2)
            return np.zeros(len(signs), bool)
        found = handedness(signs)
        return np.isin(signs.signers, found.loc[found["mirrored"], "signer"])


def work(signs: Signs) -> np.ndarray:
    """Which hand does the work of each clip, (N,): 1 the left one alone, -1 the right one alone, 0 both as much.

    The mean of two shares. *How far*: the wrists' paths, (left - right) / (left + right); a step counts where the hand was
    found in both its frames, since a wrist that is out of the picture is guessed, and wanders. *How high*: the mean height of
    the left wrist above the right one in units of ``signs`` (shoulder widths once prepared), at most 1: a resting hand hangs.
    """
    return np.concatenate([_work(signs.landmarks[rows], signs.skeleton) for rows in _chunks(np.arange(len(signs)))])


def _work(landmarks: np.ndarray, skeleton: Skeleton) -> np.ndarray:
    x = np.asarray(landmarks, np.float32)
    wrists = x[:, :, list(skeleton.wrists), :2]
    found = np.stack([np.isfinite(x[:, :, list(skeleton.parts[p]), 0]).any(-1) for p in ("left_hand", "right_hand")], axis=-1)
    steps = np.linalg.norm(np.diff(wrists, axis=1), axis=-1)
    path = np.where(found[:, 1:] & found[:, :-1], np.nan_to_num(steps), 0).sum(1)
    far = (path[:, 0] - path[:, 1]) / np.maximum(path.sum(1), 1e-6)
    height = wrists[..., 1] * (-1 if skeleton.y_down else 1)
    seen = np.isfinite(height)
    mean = np.where(seen, height, 0).sum(1) / np.maximum(seen.sum(1), 1)
    high = np.where(seen.any(1).all(1), np.clip(mean[:, 0] - mean[:, 1], -1, 1), 0)
    return (far + high) / 2


def handedness(signs: Signs) -> pd.DataFrame:
    """Which hand each signer works with, a row a signer: signer, clips, work (mean of ``work``), error (its standard error),
    and mirrored: whether the mean is above ``TIE`` and above its error. A near-tie is left alone, and so is a single clip.
    """
    each = pd.DataFrame({"signer": signs.signers, "work": work(signs)}).groupby("signer")["work"]
    table = each.agg(clips="size", work="mean", error="sem").reset_index()
    return table.assign(mirrored=(table["work"] > TIE) & (table["work"] > table["error"]))


def restrict(signs: Signs, skeleton: Skeleton) -> Signs:
    """The clips in another layout, whose landmarks they all have; raises SignError naming those they don't."""
    if skeleton == signs.skeleton:
        return signs
    at = {name: i for i, name in enumerate(signs.skeleton.landmarks)}
    if lost := [name for name in skeleton.landmarks if name not in at]:
        raise SignError(f"{signs.name}: {signs.skeleton.name} has no {', '.join(lost[:3])}, which {skeleton.name} needs")
    landmarks = np.ascontiguousarray(signs.landmarks[:, :, [at[n] for n in skeleton.landmarks]])
    return replace(signs, skeleton=skeleton, landmarks=landmarks).made_from(signs, layout=skeleton.name, versions=[VERSION])


def hands_alone(signs: Signs) -> Signs:
    """Each hand from its own wrist, in units of its own size: the median over a clip's frames of its landmarks' mean distance
    from the wrist. A hand of one landmark stays; raises SignError for a layout without a body, which would lose their place.
    """
    x, parts = signs.landmarks.copy(), signs.skeleton.parts
    for members in (list(parts["left_hand"]), list(parts["right_hand"])):
        if set(members) & set(signs.skeleton.wrists):
            raise SignError(f"{signs.name}: {signs.skeleton.name} has no wrists but the hands' own, so hands='own' would lose their place")
        if len(members) > 1:
            hand = x[:, :, members] - x[:, :, members[:1]]
            away = np.linalg.norm(hand[:, :, 1:], axis=-1).mean(-1)
            size = np.ma.median(np.ma.masked_invalid(away), axis=1).filled(1)
            x[:, :, members] = hand / np.maximum(size, 1e-2)[:, None, None, None]
    return replace(signs, landmarks=x).made_from(signs, hands="own", versions=[VERSION])


def _mean_pose(landmarks: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Mean (J, C) over all frames of the clips ``rows`` in which a landmark was seen; 0 where it never was."""
    total, seen = 0.0, 0
    for some in _chunks(rows):
        x = np.asarray(landmarks[some], np.float64)
        total, seen = total + np.nansum(x, axis=(0, 1)), seen + np.isfinite(x).sum((0, 1))
    return total / np.maximum(seen, 1)


def _chunks(rows: np.ndarray) -> list[np.ndarray]:
    return [rows[i : i + CHUNK] for i in range(0, len(rows), CHUNK)]
