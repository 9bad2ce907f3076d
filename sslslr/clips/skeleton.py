"""Named landmark layouts: which landmark is which, what is joined, what mirrors what."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from sslslr.errors import SignError

VERSION = "skeletons 1"
FAR = 1000.0  # no hand is as many shoulder widths away

_POSE = [
    "nose",
    "left_eye_inner",
    "left_eye",
    "left_eye_outer",
    "right_eye_inner",
    "right_eye",
    "right_eye_outer",
    "left_ear",
    "right_ear",
    "mouth_left",
    "mouth_right",
    "left_shoulder",
    "right_shoulder",
    "left_elbow",
    "right_elbow",
    "left_wrist",
    "right_wrist",
    "left_pinky",
    "right_pinky",
    "left_index",
    "right_index",
    "left_thumb",
    "right_thumb",
    "left_hip",
    "right_hip",
    "left_knee",
    "right_knee",
    "left_ankle",
    "right_ankle",
    "left_heel",
    "right_heel",
    "left_foot_index",
    "right_foot_index",
]
_HAND = ["wrist", *(f"{finger}_{joint}" for finger in ("thumb", "index", "middle", "ring", "pinky") for joint in range(1, 5))]
_POSE_EDGES = (
    (0, 1), (1, 2), (2, 3), (3, 7), (0, 4), (4, 5), (5, 6), (6, 8), (9, 10), (11, 12), (11, 13), (13, 15), (12, 14),
    (14, 16), (15, 17), (15, 19), (17, 19), (15, 21), (16, 18), (16, 20), (18, 20), (16, 22), (11, 23), (12, 24),
    (23, 24), (23, 25), (24, 26), (25, 27), (26, 28), (27, 29), (28, 30), (29, 31), (30, 32), (27, 31), (28, 32),
)  # fmt: skip
_HAND_EDGES = (*((0 if j % 4 == 1 else j - 1, j) for j in range(1, 21)), (5, 9), (9, 13), (13, 17))


@dataclass(frozen=True)
class Skeleton:
    """A landmark layout: J named landmarks in a fixed order.

    ``edges`` are drawn; ``pairs`` are (left, right) landmarks that a mirror swaps; ``shoulders`` (empty where there is no
    body) and ``wrists`` are (left, right); ``parts`` names index ranges (body, left_hand, right_hand). ``y_down`` says
    whether the second coordinate grows downwards (images) or upwards (Kinect's metres, Leap Motion's millimetres).
    """

    name: str
    landmarks: tuple[str, ...]
    edges: tuple[tuple[int, int], ...]
    pairs: tuple[tuple[int, int], ...]
    shoulders: tuple[int, ...]
    wrists: tuple[int, int]
    parts: dict[str, tuple[int, ...]] = field(hash=False)
    y_down: bool = True

    def __len__(self) -> int:
        return len(self.landmarks)

    @property
    def mirror_index(self) -> np.ndarray:
        """(J,) index that swaps left and right; applied twice it is the identity."""
        index = np.arange(len(self))
        for left, right in self.pairs:
            index[left], index[right] = right, left
        return index

    @property
    def centre(self) -> tuple[int, ...]:
        """Landmarks whose mean a clip is centred on: the shoulders, or the wrists where there is no body."""
        return self.shoulders or self.wrists

    @property
    def unit(self) -> tuple[tuple[int, int], ...]:
        """Pairs of landmarks whose distance a clip is scaled by: shoulder to shoulder, or in each hand wrist to middle finger."""
        hands = (self.parts["left_hand"], self.parts["right_hand"])
        return ((self.shoulders[0], self.shoulders[1]),) if self.shoulders else tuple((hand[0], hand[9]) for hand in hands)

    @property
    def measured(self) -> str:
        """How clips of this layout are centred and scaled, in words."""
        if self.shoulders:
            return "centred on the shoulders, in shoulder widths"
        return "centred on the mean of the wrists over the clip, in palms (wrist to the middle finger's root)"

    @property
    def lower(self) -> tuple[int, ...]:
        """Indices of the landmarks below the waist, hips included: no sign needs them, and a camera often misses them."""
        below = ("hip", "knee", "ankle", "heel", "foot", "spine_base")
        return tuple(i for i, name in enumerate(self.landmarks) if any(part in name for part in below))

    def restricted(self, keep: Sequence[int], name: str) -> "Skeleton":
        """The layout of the landmarks ``keep`` (indices, in the order wanted), with what of edges, pairs and parts is left.

        Raises SignError where a shoulder or a wrist is not among them: a clip is centred and read by these.
        """
        new = {old: i for i, old in enumerate(keep)}
        if lost := [self.landmarks[i] for i in (*self.shoulders, *self.wrists) if i not in new]:
            raise SignError(f"{name}: {self.name} without {', '.join(lost)}; shoulders and wrists must stay")

        def among(pairs):
            return tuple((new[a], new[b]) for a, b in pairs if a in new and b in new)

        return replace(
            self, name=name, landmarks=tuple(self.landmarks[i] for i in keep), edges=among(self.edges), pairs=among(self.pairs),
            shoulders=tuple(new[i] for i in self.shoulders), wrists=(new[self.wrists[0]], new[self.wrists[1]]),
            parts={part: tuple(new[i] for i in members if i in new) for part, members in self.parts.items()},
        )  # fmt: skip


MEDIAPIPE_75 = Skeleton(
    name="mediapipe-75",
    landmarks=tuple(_POSE + [f"left_hand_{n}" for n in _HAND] + [f"right_hand_{n}" for n in _HAND]),
    edges=_POSE_EDGES + tuple((a + 33, b + 33) for a, b in _HAND_EDGES) + tuple((a + 54, b + 54) for a, b in _HAND_EDGES),
    pairs=tuple((i, _POSE.index(n.replace("left", "right"))) for i, n in enumerate(_POSE) if "left" in n)
    + tuple((33 + j, 54 + j) for j in range(21)),
    shoulders=(11, 12),
    wrists=(15, 16),
    parts={"body": tuple(range(33)), "left_hand": tuple(range(33, 54)), "right_hand": tuple(range(54, 75))},
)

_KINECT = [
    "head",
    "neck",
    "left_shoulder",
    "right_shoulder",
    "left_elbow",
    "right_elbow",
    "left_wrist",
    "right_wrist",
    "left_hand",
    "right_hand",
    "spine_mid",
    "spine_base",
    "left_hip",
    "right_hip",
    "left_knee",
    "right_knee",
    "left_ankle",
    "right_ankle",
    "left_foot",
    "right_foot",
]
_KINECT_EDGES = (
    (0, 1), (1, 2), (1, 3), (2, 4), (4, 6), (6, 8), (3, 5), (5, 7), (7, 9), (1, 10), (10, 11), (11, 12),
    (11, 13), (12, 14), (14, 16), (16, 18), (13, 15), (15, 17), (17, 19),
)  # fmt: skip

KINECT_20 = Skeleton(
    name="kinect-20",
    landmarks=tuple(_KINECT),
    edges=_KINECT_EDGES,
    pairs=tuple((i, i + 1) for i, n in enumerate(_KINECT) if n.startswith("left")),
    shoulders=(2, 3),
    wrists=(6, 7),
    parts={"body": tuple(range(20)), "left_hand": (8,), "right_hand": (9,)},
    y_down=False,
)

HANDS_42 = Skeleton(
    name="hands-42",
    landmarks=MEDIAPIPE_75.landmarks[33:],
    edges=tuple((a + hand, b + hand) for hand in (0, 21) for a, b in _HAND_EDGES),
    pairs=tuple((j, j + 21) for j in range(21)),
    shoulders=(),
    wrists=(0, 21),
    parts={"left_hand": tuple(range(21)), "right_hand": tuple(range(21, 42))},
)
LEAP_42 = replace(HANDS_42, name="leap-42", y_down=False)

_LAYOUTS = (MEDIAPIPE_75, KINECT_20, HANDS_42, LEAP_42)
_UPPER = [s.restricted([i for i in range(len(s)) if i not in s.lower], f"{s.name}-upper") for s in _LAYOUTS if s.lower]
SKELETONS = {s.name: s for s in (*_LAYOUTS, *_UPPER)}


def upper(skeleton: Skeleton) -> Skeleton:
    """The layout without hips and what is below them; itself where it has none of these."""
    return SKELETONS.get(f"{skeleton.name}-upper", skeleton)


def of_size(landmarks: int, purpose: str) -> Skeleton:
    """The layout with so many landmarks for views, which see arrays only; layouts of the same number are mirrored alike.

    Raises SignError, which says what it was wanted for (``purpose``), where there is none.
    """
    if (skeleton := next((s for s in SKELETONS.values() if len(s) == landmarks), None)) is None:
        raise SignError(f"{purpose}: no known skeleton has {landmarks} landmarks; there are {', '.join(SKELETONS)}")
    return skeleton


def mirror(landmarks: np.ndarray, skeleton: Skeleton, about: float = 0.0) -> np.ndarray:
    """The clip as seen in a mirror: x is reflected about ``x = about`` and left and right landmarks swap.

    ``landmarks`` is (..., J, C); use ``about=0`` for centred landmarks and ``about=0.5`` for MediaPipe's 0 to 1.
    Mirroring twice gives the clip back; the input is not changed.
    """
    mirrored = landmarks[..., skeleton.mirror_index, :].copy()
    mirrored[..., 0] = 2 * about - mirrored[..., 0]
    return mirrored


def normalise(landmarks: np.ndarray, skeleton: Skeleton, name: str = "clip") -> np.ndarray:
    """Centre a clip on ``skeleton.centre`` and make ``skeleton.unit`` 1: the shoulders, or without a body wrists and palms.

    ``landmarks`` is (T, J, C), NaN where missing, in any unit. One centre and one scale a clip (medians over its
    frames; of wrists the mean, since they move), so that the body's sway and the signing space stay in the data.
    Missing stays missing.

    Raises SignError when the clip can't be centred, since shoulders (a wrist) are never seen; has no scale, since the pair's
    two landmarks coincide and a division would make noise of it; or has a landmark ``FAR`` times that unit away.
    """
    centre = _centre(landmarks, skeleton)
    if centre is None:
        what = "both shoulders" if skeleton.shoulders else "a wrist"
        raise SignError(f"{name}: no frame shows {what}, so the clip can't be centred; leave it out or extract it again")
    distances = np.concatenate([np.linalg.norm(landmarks[:, a] - landmarks[:, b], axis=-1) for a, b in skeleton.unit])
    distances = distances[np.isfinite(distances)]
    width = float(np.median(distances)) if len(distances) else 0.0
    away = np.abs(landmarks - centre)
    if not width > 1e-6 * max(float(np.nanmedian(away)), 1e-12):
        what = "the two shoulders coincide" if skeleton.shoulders else "wrist and middle finger coincide or are never seen together"
        raise SignError(f"{name}: {what} (distance {width:.2g}), so the clip has no scale; extract it again")
    if (far := float(np.nanmax(away)) / width) > FAR:
        unit = "the shoulders' distance" if skeleton.shoulders else "the palm's size"
        raise SignError(f"{name}: a coordinate is {far:.3g} times {unit} away from the centre; leave it out or extract it again")
    return ((landmarks - centre) / width).astype(np.float32)


def _centre(landmarks: np.ndarray, skeleton: Skeleton) -> np.ndarray | None:
    points = landmarks[:, list(skeleton.centre)]
    seen = np.isfinite(points).all(-1)
    if not skeleton.shoulders:
        return points[seen].mean(0, dtype=np.float64).astype(landmarks.dtype) if seen.any() else None
    both = seen.all(1)
    return np.median((points[both, 0] + points[both, 1]) / 2, axis=0) if both.any() else None
