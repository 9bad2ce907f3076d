"""One container for a data set of sign clips, whatever it was read from."""

import hashlib
import json
import math
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Self

import numpy as np

from sslslr.clips.skeleton import SKELETONS, Skeleton, normalise
from sslslr.errors import SignError
from sslslr.paths import atomic, unpacked
from sslslr.provenance import versions

VERSION = "preparation 1"

SPLITS = ("train", "val", "test")


@dataclass(frozen=True, eq=False)
class Signs:
    """N sign clips of at most T frames, J landmarks and C coordinates.

    landmarks: (N, T, J, C) float32; NaN where a landmark was not seen and in the padding after a clip's end.
    lengths: (N,) valid frames of each clip.  labels: (N,) index into ``glosses``.
    signers, clips, split: (N,) strings: who signs, the clip's name at its source, and train, val, test or "".
    onset, offset: (N,) first and last frame of the lexical part (the stroke), in frames from 0, NaN where unknown.
    kind: "synthetic" or "real"; fps: frames a second (of the source, before any resampling).
    recipe: the steps that made the clips, where they are known (``made_from``); ``replace`` forgets it, as it must.
    unit: what a name in ``signers`` stands for, "signer" or "session": a word for messages.

    Raises SignError when the parts do not fit each other.
    """

    name: str
    kind: str
    skeleton: Skeleton
    landmarks: np.ndarray
    lengths: np.ndarray
    labels: np.ndarray
    glosses: tuple[str, ...]
    signers: np.ndarray
    clips: np.ndarray
    split: np.ndarray
    onset: np.ndarray
    offset: np.ndarray
    fps: float = 25.0
    unit: str = "signer"
    recipe: tuple[dict, ...] = field(default=(), init=False, repr=False)

    def __post_init__(self):
        n, t, j, c = self.landmarks.shape if self.landmarks.ndim == 4 else (-1, -1, -1, -1)
        if n <= 0 or c not in (2, 3) or j != len(self.skeleton):
            raise SignError(
                f"{self.name}: landmarks have shape {self.landmarks.shape}; expected (clips > 0, frames, "
                f"{len(self.skeleton)} landmarks of {self.skeleton.name}, 2 or 3 coordinates)"
            )
        for part in ("lengths", "labels", "signers", "clips", "split", "onset", "offset"):
            if (shape := np.shape(getattr(self, part))) != (n,):
                raise SignError(f"{self.name}: {part} has shape {shape}; expected ({n},), one value a clip")
        if self.kind not in ("synthetic", "real"):
            raise SignError(f"{self.name}: kind is {self.kind!r}; expected 'synthetic' or 'real'")
        for what, bad in {
            f"lengths outside 1 to {t}": (self.lengths < 1) | (self.lengths > t),
            f"labels outside 0 to {len(self.glosses) - 1}": (self.labels < 0) | (self.labels >= len(self.glosses)),
            f"split names other than {', '.join(SPLITS)} or empty": ~np.isin(self.split, (*SPLITS, "")),
        }.items():
            if bad.any():
                raise SignError(f"{self.name}: {int(bad.sum())} clips have {what}, first {self.clips[bad][0]!r}")

    def __len__(self) -> int:
        return len(self.landmarks)

    @property
    def frames(self) -> int:
        """T, the padded length."""
        return self.landmarks.shape[1]

    @property
    def valid(self) -> np.ndarray:
        """(N, T) True for the frames of a clip, False for the padding after it."""
        return np.arange(self.frames) < self.lengths[:, None]

    def made_from(self, before: "Signs | None", **step) -> Self:
        """This data set, fresh from ``replace`` and so without a recipe, takes on that of ``before`` (None begins one).

        Call it only where ``before`` and ``step`` decide every float in here. ``step``: plain JSON values, among them
        ``versions``, of the code that takes the step; none where clips are only chosen, ordered or split. Without a recipe
        in ``before`` nothing happens. Returns itself.
        """
        if before is None or before.recipe:
            object.__setattr__(self, "recipe", (*(before.recipe if before else ()), *([step] if step else [])))
            self.__dict__.pop("fingerprint", None)
        return self

    @property
    def versions(self) -> list[str]:
        """The versions of the code that its recipe names; none of data whose values are hashed."""
        return sorted({version for step in self.recipe for version in step.get("versions", ())})

    @cached_property
    def fingerprint(self) -> str:
        """Hash of everything in here: two data sets with the same fingerprint train the same model.

        A recipe stands for the floats that it makes: their last bits differ between processors, what they mean does not.
        """
        digest = hashlib.sha256(json.dumps(self.recipe, sort_keys=True).encode() if self.recipe else b"")
        for part in fields(self):
            value = getattr(self, part.name)
            if part.name in ("recipe", "unit"):  # what stands for values, and a word, which changes nothing that is learned
                continue
            if self.recipe and isinstance(value, np.ndarray) and value.dtype.kind == "f":
                continue
            if isinstance(value, np.ndarray):
                digest.update(f"{part.name}{value.dtype.kind}{value.shape}".encode())
                plain = value if value.dtype.kind in "fiub" else np.char.encode(value.astype(str), "utf-8")
                digest.update(np.ascontiguousarray(plain).view(np.uint8).data)
            else:
                digest.update(f"{part.name}{value.name if isinstance(value, Skeleton) else value}".encode())
        return digest.hexdigest()

    @property
    def about(self) -> dict:
        """What is no array, as JSON takes it; the skeleton by its name, and without the recipe."""
        names = [f.name for f in fields(self) if f.name != "recipe" and not isinstance(getattr(self, f.name), np.ndarray)]
        return {name: getattr(self, name) for name in names} | {"skeleton": self.skeleton.name}

    def subset(self, keep: np.ndarray | slice) -> Self:
        """The clips chosen by a boolean mask, an index or a slice; glosses keep their numbers."""
        arrays = {f.name: getattr(self, f.name)[keep] for f in fields(self) if isinstance(getattr(self, f.name), np.ndarray)}
        return replace(self, **arrays).made_from(self)

    def with_split(self, split: np.ndarray) -> Self:
        """The same clips in another split: (N,) strings."""
        return replace(self, split=split).made_from(self)

    def without(self, landmarks: tuple[int, ...]) -> "Signs":
        """The same clips with these landmarks (indices) missing in every frame."""
        hidden = np.array(self.landmarks)
        hidden[:, :, list(landmarks)] = np.nan
        return replace(self, landmarks=hidden).made_from(self, without=sorted(map(int, landmarks)), versions=[VERSION])

    def part(self, split: str) -> Self:
        """The clips of one split; raises SignError when it is empty."""
        if not (self.split == split).any():
            raise SignError(f"{self.name}: no clip is in the split {split!r}; it has {sorted(set(self.split.tolist()))}")
        return self.subset(self.split == split)

    def save(self, path: Path, made_by: list[str] | None = None) -> None:
        """Write to one ``.npz``, atomically and without pickle; ``made_by`` notes the versions that a stored copy depends on."""
        arrays = {f.name: getattr(self, f.name) for f in fields(self) if isinstance(getattr(self, f.name), np.ndarray)}
        about = self.about | {"recipe": self.recipe, "made_by": made_by or []}
        with atomic(Path(path)) as partial, partial.open("wb") as file:
            np.savez(file, about=np.array(json.dumps(about)), **arrays)

    @classmethod
    def load(cls, path: Path) -> "Signs":
        """Read what ``save`` wrote; raises SignError when the file is missing or is something else."""
        try:
            with np.load(unpacked(path, most=math.inf), allow_pickle=False) as stored:
                about = json.loads(str(stored["about"]))
                arrays = {k: stored[k] for k in stored.files if k != "about"}
            skeleton, glosses, recipe = SKELETONS[about.pop("skeleton")], tuple(about.pop("glosses")), about.pop("recipe", ())
            about.pop("made_by", None)
            signs = cls(skeleton=skeleton, glosses=glosses, **about, **arrays)
            object.__setattr__(signs, "recipe", tuple(recipe))
            return signs
        except SignError:
            raise
        except FileNotFoundError:
            raise SignError(f"{path}: no such file; expected sign clips saved by Signs.save") from None
        except Exception as error:
            raise SignError(f"{path}: not a file written by Signs.save ({error})") from None


def resample(landmarks: np.ndarray, frames: int) -> np.ndarray:
    """Resample a clip (T, J, C) linearly in time to ``frames`` frames; the first and last frame stay.

    A landmark is missing in the result where it is missing in the nearest frame of the source; where only one of
    the two neighbours has it, that one's value is taken. So nothing is invented over a gap.
    """
    source = len(landmarks)
    at = np.linspace(0, source - 1, frames)
    before = np.floor(at).astype(int)
    after = np.minimum(before + 1, source - 1)
    weight = (at - before)[:, None, None]
    a, b = landmarks[before], landmarks[after]
    blend = np.where(np.isnan(a), b, np.where(np.isnan(b), a, (1 - weight) * a + weight * b))
    return np.where(np.isnan(landmarks[np.rint(at).astype(int)]), np.nan, blend).astype(np.float32)


def pack(clips: list[np.ndarray], frames: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Pad clips (T_i, J, C) with NaN to one (N, T, J, C) array, and their lengths (N,).

    A clip longer than ``frames`` is resampled to ``frames``, never cut; None keeps the longest clip's length.
    """
    frames = frames or max(map(len, clips))
    packed = np.full((len(clips), frames, *clips[0].shape[1:]), np.nan, np.float32)
    lengths = np.minimum([len(c) for c in clips], frames)
    for row, clip, length in zip(packed, clips, lengths, strict=True):
        row[:length] = clip if len(clip) == length else resample(clip, length)
    return packed, lengths


def prepare(signs: Signs, frames: int, coordinates: int = 2) -> Signs:
    """Normalise every clip (``skeleton.normalise``: on its shoulders, or its wrists) and resample the long ones to ``frames``: ready for an encoder.

    Keeps the first ``coordinates`` coordinates. The true onset and offset, where known, move along.
    Raises SignError for clips nobody can learn from: only missing landmarks, fewer than two frames, nothing to be centred on.
    """
    if coordinates > signs.landmarks.shape[-1]:
        raise SignError(f"{signs.name}: {coordinates} coordinates asked for, {signs.landmarks.shape[-1]} are there")
    check_usable(signs)
    clips = [
        normalise(x[:n, :, :coordinates], signs.skeleton, f"{signs.name}, clip {name}")
        for x, n, name in zip(signs.landmarks, signs.lengths, signs.clips, strict=True)
    ]
    landmarks, lengths = pack(clips, frames)
    scale = (lengths - 1) / (signs.lengths - 1)
    done = replace(signs, landmarks=landmarks, lengths=lengths, onset=signs.onset * scale, offset=signs.offset * scale)
    return done.made_from(signs, versions=versions(prepare), prepared=[frames, coordinates])


def check_usable(signs: Signs) -> None:
    """Raise SignError, naming the first offender, for a one-frame clip or one whose landmarks are all missing."""
    short = signs.lengths < 2
    if short.any():
        raise SignError(
            f"{signs.name}: clip {signs.clips[short][0]} has one frame ({int(short.sum())} such); a sign needs at least two: leave it out"
        )
    blank = ~np.isfinite(signs.landmarks).any(axis=(1, 2, 3))
    if blank.any():
        raise SignError(
            f"{signs.name}: clip {signs.clips[blank][0]} has no landmark in any frame ({int(blank.sum())} such): leave it out or extract it again"
        )
