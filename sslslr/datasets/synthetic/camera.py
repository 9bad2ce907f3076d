"""From a body to what MediaPipe would report: framing, projection, jitter, and hands it loses."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from sslslr.datasets.synthetic.signers import Signers

_GUESSED = np.array((0.1, 0.1, 1, 1, 1, 1, 1, 1, 1, 1), np.float32)  # hips are nearly seen, knees to toes are not
_HANDS = {15: slice(33, 54), 16: slice(54, 75)}  # the pose's wrist that each hand hangs on


@dataclass(frozen=True)
class Camera:
    """A corpus' recording conditions; frames are square, so x and y have one scale.

    width: shoulder width as a share of the frame.  height: where the shoulders are, 0 top, 1 bottom.  distance: of the
    camera, in shoulder widths.  framing: spread of both from clip to clip.  turns: how much signers' cameras stand askew.
    jitter: of a hand's landmark, in shoulder widths (the body's is half of it).  loss: the share of frames in which a
    hand at rest in full view is lost.  blur: speed, in shoulder widths a frame, that makes a loss much
    likelier.  legs: how far, in shoulder widths, the legs are off that the camera does not see.
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


def project(points: np.ndarray, who: Signers, camera: Camera, rng: np.random.Generator) -> np.ndarray:
    """Landmarks (N, T, 75, 3) in shoulder widths to image coordinates (N, T, 75, 2), 0 to 1 within the frame."""
    n = len(points)
    yaw, tilt = (camera.turns * (a + rng.normal(0, 0.03, n))[:, None, None].astype(np.float32) for a in (who.yaw, who.tilt))
    x, y, z = points[..., 0], points[..., 1], points[..., 2]
    x, z = np.cos(yaw) * x + np.sin(yaw) * z, np.cos(yaw) * z - np.sin(yaw) * x
    y, z = np.cos(tilt) * y + np.sin(tilt) * z, np.cos(tilt) * z - np.sin(tilt) * y
    zoom = camera.width * who.zoom * np.exp(rng.normal(0, camera.framing, n))
    scale = zoom[:, None, None].astype(np.float32) * camera.distance / np.maximum(camera.distance + z, 0.5)
    middle = np.stack([0.5 + rng.normal(0, 0.4 * camera.framing, n), camera.height + rng.normal(0, 0.4 * camera.framing, n)], axis=-1)
    return np.stack([x * scale, y * scale], axis=-1) + middle[:, None, None].astype(np.float32)


def disturb(image: np.ndarray, camera: Camera, rng: np.random.Generator) -> np.ndarray:
    """The same (N, T, 75, 2) with MediaPipe's faults: jitter, more of it in fast hands; legs it only guesses; lost hands are NaN.

    The body is never missing. A hand is lost while it is out of the frame, and at times while it moves fast.
    """
    n, t = image.shape[:2]
    wide = np.linalg.norm(image[:, :, 11] - image[:, :, 12], axis=-1).mean(1).astype(np.float32)[:, None]
    noise = rng.standard_normal((n, t + 1, 75, 2), np.float32)
    noise = (noise[:, 1:] + 0.7 * noise[:, :-1]) * np.float32(0.82 * camera.jitter)  # faults last longer than a frame
    noise[:, :, :33] *= 0.5
    guess = rng.normal(0, camera.legs, (n, 1, 10, 2)) * _GUESSED[:, None]  # where the unseen legs may be, a clip
    wander = _drifting(20 * n, t, rng).reshape(n, 10, 2, t).transpose(0, 3, 1, 2) * (0.4 * camera.legs * _GUESSED[:, None])
    noise[:, :, 23:33] += (guess + wander).astype(np.float32)
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
