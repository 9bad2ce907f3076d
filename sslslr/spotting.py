"""Signs in a stream: strokes proposed by the boundary estimate, encoded, and matched to a lexicon of clips, or rejected.

A first attempt at what dictionaries and corpora begin with, measured in notebook 19. The stream's signs are coarticulated and
short, those of a lexicon cited alone and long, so matching must stand a change of pace; it is measured how far it does.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sslslr.clips.boundaries import CUES, Cues, estimate
from sslslr.clips.signs import Signs, pack, prepare, resample
from sslslr.clips.skeleton import Skeleton
from sslslr.errors import SignError
from sslslr.measures.segments import overlap

WINDOWS = (16, 32, 64)  # frames of the stream that the boundary estimate looks at
HOP = 4  # windows begin every quarter of their length
FRAMES = 32  # of a prepared clip
SAME = 0.5  # IoU from which two proposals are one
SHORT = 3  # frames: nothing shorter is encoded
Encode = Callable[[Signs], np.ndarray]


@dataclass(frozen=True, eq=False)
class Stream:
    """A stretch of signing: ``landmarks`` (T, J, C), one unit throughout; ``segments`` (S, 2) first and last frames of its signs
    and ``glosses`` (S,), where known (else empty)."""

    name: str
    skeleton: Skeleton
    landmarks: np.ndarray
    segments: np.ndarray
    glosses: np.ndarray
    fps: float = 25.0

    def __len__(self) -> int:
        return len(self.landmarks)

    def cut(self, segments: np.ndarray) -> Signs:
        """The segments (S, 2) as prepared clips of FRAMES frames each, whatever their pace; SignError where there is none, or one shows nobody."""
        if not len(segments):
            raise SignError(f"{self.name}: no segment to cut")
        landmarks, lengths = pack([resample(self.landmarks[a : b + 1], FRAMES) for a, b in segments])
        n, unknown = len(segments), np.full(len(segments), np.nan)
        names = np.array([f"{self.name}:{a}-{b}" for a, b in segments])
        signs = Signs(self.name, "real", self.skeleton, landmarks, lengths, np.zeros(n, int), ("?",), np.full(n, "?"), names, np.full(n, ""), unknown, unknown, self.fps)  # fmt: skip
        return prepare(signs, FRAMES, landmarks.shape[-1])


def join(name: str, parts: list[np.ndarray], glosses: list[str], skeleton: Skeleton, transitions: list[int], fps: float = 25.0) -> Stream:
    """Pieces of signing (T_i, J, C) one after the other, a minimum-jerk movement of so many frames between two of them.

    ``glosses``: of each piece, "" for one that is no sign (a rest). ``transitions``: one fewer than the pieces.
    """
    landmarks, segments, at = [parts[0]], [(0, len(parts[0]) - 1)], len(parts[0])
    for before, part, frames in zip(parts[:-1], parts[1:], transitions, strict=True):
        u = (np.arange(1, frames + 1) / (frames + 1))[:, None, None]
        landmarks += [before[-1] + (part[0] - before[-1]) * (10 * u**3 - 15 * u**4 + 6 * u**5), part]
        segments.append((at + frames, at + frames + len(part) - 1))
        at += frames + len(part)
    signed = np.array([gloss != "" for gloss in glosses])
    whole = np.concatenate(landmarks).astype(np.float32)
    return Stream(name, skeleton, whole, np.array(segments)[signed], np.array(glosses)[signed], fps)


def paced(clip: np.ndarray, pace: float) -> np.ndarray:
    """A clip (T, J, C) played ``pace`` times as fast, of at least SHORT frames."""
    return resample(clip, max(SHORT, round(len(clip) / pace)))


def windows(frames: int) -> np.ndarray:
    """(W, 2) windows of all lengths over a stream of so many frames, first and last frame of each."""
    out = [(a, a + w - 1) for w in WINDOWS if w <= frames for a in range(0, frames - w + 1, max(w // HOP, 1))]
    return np.array(out or [(0, frames - 1)])


def propose(stream: Stream, cues: Cues = CUES) -> tuple[np.ndarray, np.ndarray]:
    """Strokes (P, 2) that the boundary estimate, with these constants, sees in windows of the stream, the surest first, and their confidence (P,)."""
    every = windows(len(stream))
    found = estimate(stream.cut(every), cues)
    length = every[:, 1] - every[:, 0]
    onset, offset = (np.rint(end / (FRAMES - 1) * length) for end in (found.onset, found.offset))
    strokes = np.c_[every[:, 0] + onset, every[:, 0] + offset].astype(int)
    kept = strokes[:, 1] - strokes[:, 0] + 1 >= SHORT
    return distinct(strokes[kept], found.confidence[kept])


def slide(stream: Stream) -> tuple[np.ndarray, np.ndarray]:
    """The control of ``propose``: the middle half of every window, whatever is in it; all as sure."""
    every = windows(len(stream))
    quarter = (every[:, 1] - every[:, 0] + 1) // 4
    return np.c_[every[:, 0] + quarter, every[:, 1] - quarter], np.ones(len(every))


def distinct(segments: np.ndarray, score: np.ndarray, same: float = SAME) -> tuple[np.ndarray, np.ndarray]:
    """Segments in order of their score, without those that overlap a better one by IoU ``same`` or more."""
    order = np.argsort(-score, kind="stable")
    kept: list[int] = []
    iou = overlap(segments, segments)
    for i in order:
        if not any(iou[i, k] >= same for k in kept):
            kept.append(i)
    return segments[kept], score[kept]


class Lexicon:
    """Clips of known glosses, encoded: each gloss is the mean of its clips' standardised features."""

    def __init__(self, signs: Signs, encode: Encode):
        features = encode(signs)
        self.encode, self.mean, self.spread = encode, features.mean(0), features.std(0) + 1e-6
        self.glosses = np.array([signs.glosses[k] for k in sorted(set(signs.labels))])
        scaled = self._scaled(features)
        self.centres = np.stack([scaled[signs.labels == k].mean(0) for k in sorted(set(signs.labels))])
        self.centres /= np.linalg.norm(self.centres, axis=1, keepdims=True)

    def _scaled(self, features: np.ndarray) -> np.ndarray:
        return (features - self.mean) / self.spread

    def likeness(self, signs: Signs) -> np.ndarray:
        """Cosine (N, glosses) of clips to each gloss."""
        scaled = self._scaled(self.encode(signs))
        return scaled @ self.centres.T / np.maximum(np.linalg.norm(scaled, axis=1, keepdims=True), 1e-9)


def strokes_of(signs: Signs) -> Signs:
    """Prepared clips, each cut down to its estimated stroke, in FRAMES frames: what a lexicon is made of."""
    found = estimate(signs)
    ends = zip(np.rint(found.onset).astype(int), np.rint(found.offset).astype(int), signs.lengths, strict=True)
    # at least SHORT frames, inside of the clip
    spans = [(min(a, n - SHORT), max(b, min(a, n - SHORT) + SHORT - 1)) for a, b, n in ends]
    landmarks, lengths = pack([resample(x[a : b + 1], FRAMES) for x, (a, b) in zip(signs.landmarks, spans, strict=True)])
    known = Signs(signs.name, signs.kind, signs.skeleton, landmarks, lengths, signs.labels, signs.glosses, signs.signers, signs.clips,
                  signs.split, signs.onset * np.nan, signs.offset * np.nan, signs.fps)  # fmt: skip
    return prepare(known, FRAMES, landmarks.shape[-1])


def spot(stream: Stream, lexicon: Lexicon, proposals=propose, least: float = -1.0) -> pd.DataFrame:
    """The signs found in a stream, the likeliest first: first and last frame, gloss, likeness (cosine).

    Of overlapping proposals the likeliest stays; what is less like any gloss than ``least`` is rejected.
    """
    segments, _ = proposals(stream)
    if not len(segments):
        return pd.DataFrame({"first": [], "last": [], "gloss": [], "likeness": []})
    likeness = lexicon.likeness(stream.cut(segments))
    best, gloss = likeness.max(1), lexicon.glosses[likeness.argmax(1)]
    order = np.argsort(-best, kind="stable")
    kept: list[int] = []
    iou = overlap(segments, segments)
    for i in order:
        if best[i] >= least and not any(iou[i, k] > 0.2 for k in kept):
            kept.append(i)
    return pd.DataFrame({"first": segments[kept, 0], "last": segments[kept, 1], "gloss": gloss[kept], "likeness": best[kept]})
