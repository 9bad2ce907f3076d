"""From a body to what MediaPipe would report: framing, projection, jitter, and hands it loses."""

from dataclasses import dataclass, fields

import numpy as np
from scipy.stats import norm

_GUESSED = np.array((0.4, 0.4, 1, 1, 1, 1, 1, 1, 1, 1), np.float32)  # hips are nearer to what is seen
_STEADY = 0.12  # jitter of the body's landmarks, relative to a hand's
_DRIFT = 0.10  # shoulder widths that a guess of unseen legs moves about within a clip
_HANDS = {15: slice(33, 54), 16: slice(54, 75)}  # the pose's wrist that each hand hangs on


@dataclass(frozen=True)
class Camera:
    """A corpus' recording conditions; frames are square, so x and y have one scale.

    width: shoulder width as a share of the frame.  height: where the shoulders are, 0 top, 1 bottom.  distance: of the
    camera, in shoulder widths.  framing: spread of both from recording to recording.  turns: how much cameras stand askew.
    jitter: of a hand's landmark, in shoulder widths (the body's is a twelfth of it).  loss: the share of frames in which a
    hand in full view is lost.  blur: speed, in shoulder widths a frame, that makes a loss much likelier.  legs: how far, in
    shoulder widths, the legs are off that the camera does not see.  raised: how far hands have come up to signing space
    when a clip starts, 0 not at all, 1 all the way: the mean over recordings.
    """

    width: float
    height: float
    distance: float
    framing: float
    turns: float
    jitter: float
    loss: float
    blur: float
    legs: float
    raised: float


@dataclass(frozen=True)
class Recordings:
    """K recordings (one signer in front of one camera, many clips), one row each: what stays from clip to clip.

    yaw, tilt: how the camera stands, in radians.  zoom: shoulder width as a share of the frame.  middle: (K, 2) where the
    shoulders are.  legs: (K, 10, 2) how far off the tracker's guess of hips to toes is, in shoulder widths.
    """

    yaw: np.ndarray
    tilt: np.ndarray
    zoom: np.ndarray
    middle: np.ndarray
    legs: np.ndarray
    raised: np.ndarray

    def of(self, which: np.ndarray) -> "Recordings":
        """The rows of recordings ``which`` (N,), one a clip."""
        return Recordings(**{f.name: getattr(self, f.name)[which] for f in fields(self)})


def record(camera: Camera, recordings: int, rng: np.random.Generator) -> Recordings:
    """Set up ``recordings`` recordings.

    The guess of unseen legs is drawn here and not for each clip: a tracker guesses alike while nobody moves the camera, and a
    guess a clip would be a fingerprint by which clips, but neither signs nor signers, are told apart.
    """
    askew = np.clip(rng.normal(0, 1, (2, recordings)), -2.5, 2.5) * np.array((0.12, 0.06))[:, None] * camera.turns
    offset = rng.normal(0, 0.4 * camera.framing, (recordings, 2))
    return Recordings(
        yaw=askew[0], tilt=askew[1], zoom=camera.width * np.exp(rng.normal(0, camera.framing, recordings)), middle=np.array((0.5, camera.height)) + offset,
        legs=rng.normal(0, camera.legs, (recordings, 10, 2)) * _GUESSED[:, None],
        raised=rng.normal(camera.raised, 0.35, recordings),
    )  # fmt: skip


def project(points: np.ndarray, setting: Recordings, distance: float, rng: np.random.Generator) -> np.ndarray:
    """Landmarks (N, T, 75, 3) in shoulder widths to image coordinates (N, T, 75, 2), 0 to 1 within the frame.

    ``setting`` has a row a clip; ``distance`` of the camera in shoulder widths. People do not sit still between clips: each is
    turned and placed a little differently.
    """
    n = len(points)
    yaw, tilt = ((angle + rng.normal(0, 0.02, n))[:, None, None].astype(np.float32) for angle in (setting.yaw, setting.tilt))
    x, y, z = points[..., 0], points[..., 1], points[..., 2]
    x, z = np.cos(yaw) * x + np.sin(yaw) * z, np.cos(yaw) * z - np.sin(yaw) * x
    y, z = np.cos(tilt) * y + np.sin(tilt) * z, np.cos(tilt) * z - np.sin(tilt) * y
    zoom = setting.zoom * np.exp(rng.normal(0, 0.02, n))
    scale = zoom[:, None, None].astype(np.float32) * distance / np.maximum(distance + z, 0.5)
    middle = setting.middle + rng.normal(0, 0.01, (n, 2))
    return np.stack([x * scale, y * scale], axis=-1) + middle[:, None, None].astype(np.float32)


def disturb(image: np.ndarray, setting: Recordings, camera: Camera, rng: np.random.Generator) -> np.ndarray:
    """The same (N, T, 75, 2) with MediaPipe's faults: jitter, more of it in fast hands; legs it only guesses; lost hands are NaN.

    The body is never missing. A hand is lost while it is out of the frame, as most resting hands are, and at times while it
    moves fast. The guess of the legs is the recording's (``setting``, a row a clip) and drifts a little.
    """
    n, t = image.shape[:2]
    wide = np.linalg.norm(image[:, :, 11] - image[:, :, 12], axis=-1).mean(1).astype(np.float32)[:, None]
    noise = rng.standard_normal((n, t + 1, 75, 2), np.float32)
    noise = (noise[:, 1:] + 0.7 * noise[:, :-1]) * np.float32(0.82 * camera.jitter)  # faults last longer than a frame
    noise[:, :, :33] *= _STEADY
    drift = _drifting(20 * n, t, rng).reshape(n, 10, 2, t).transpose(0, 3, 1, 2) * _DRIFT
    noise[:, :, 23:33] += (setting.legs[:, None] + drift).astype(np.float32)
    seen = image + 0
    for wrist, hand in _HANDS.items():
        step = np.diff(image[:, :, wrist], axis=1, prepend=image[:, :1, wrist])
        speed = np.linalg.norm(step, axis=-1) / wide / camera.blur
        noise[:, :, hand] *= (1 + speed)[..., None, None]
        middle = image[:, :, hand].mean(2)
        outside = ((middle < 0) | (middle > 1)).any(-1)
        seen[:, :, hand][outside | (_drifting(n, t, rng) + speed > _quantile(camera.loss))] = np.nan
    return seen + noise * wide[..., None, None]


def _drifting(n: int, t: int, rng: np.random.Generator) -> np.ndarray:
    """(N, T) standard normal values that stay similar for about four frames."""
    knots = rng.standard_normal((n, t // 4 + 2), np.float32)
    at = np.arange(t) / 4
    left = at.astype(int)
    share = (at - left).astype(np.float32)
    mixed = knots[:, left] * (1 - share) + knots[:, left + 1] * share
    return mixed / np.sqrt(share**2 + (1 - share) ** 2)


def _quantile(share: float) -> float:
    """The value that a standard normal variable exceeds in ``share`` of all cases."""
    return float(norm.isf(share))
