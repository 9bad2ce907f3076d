"""From joint angles and wrists to a body in three dimensions: fingers by forward, elbows by inverse kinematics.

Lengths are in shoulder widths, axes as in ``phonology``; arrays may have any leading dimensions.
"""

import numpy as np

UPPER_ARM, FOREARM, PALM = 0.80, 0.72, 0.26
_KNUCKLES = np.array([(0.26, 0.97, 0), (0.04, 1.0, 0), (-0.18, 0.93, 0), (-0.38, 0.82, 0)], np.float32)  # in palm lengths
_BONES = np.array([(0.46, 0.27, 0.21), (0.50, 0.31, 0.22), (0.46, 0.29, 0.22), (0.36, 0.21, 0.19)], np.float32)
_THUMB_ROOT = np.array((0.26, 0.20, 0.06), np.float32)
_THUMB_BONES = (0.44, 0.34, 0.27)

# Nose, eyes, ears and mouth in MediaPipe's order (11, 3), the signer's left at positive x.
_FACE = np.array(
    [
        (0, -0.72, -0.40),
        (0.05, -0.83, -0.33), (0.10, -0.83, -0.32), (0.14, -0.83, -0.29),
        (-0.05, -0.83, -0.33), (-0.10, -0.83, -0.32), (-0.14, -0.83, -0.29),
        (0.23, -0.79, -0.06), (-0.23, -0.79, -0.06),
        (0.08, -0.60, -0.33), (-0.08, -0.60, -0.33),
    ],
    np.float32,
)  # fmt: skip


def _both(*left: tuple[float, float, float]) -> np.ndarray:
    return np.array([(side * x, y, z) for x, y, z in left for side in (1, -1)], np.float32)


# Hips, knees, ankles, heels and toes (10, 3), left before right.
_STANDING = _both((0.30, 1.45, 0), (0.32, 2.55, 0), (0.32, 3.55, 0.1), (0.32, 3.68, 0.15), (0.36, 3.75, -0.3))
_SEATED = _both((0.30, 1.45, 0), (0.36, 1.65, -1.1), (0.34, 2.70, -1.0), (0.34, 2.80, -0.9), (0.36, 2.85, -1.3))


def hand(joints: np.ndarray) -> np.ndarray:
    """Joint angles (..., 16) to a right hand's 21 landmarks (..., 21, 3), in palm lengths from the wrist.

    The hand's own axes: x towards the thumb's side, y along the fingers, z out of the palm.
    """
    knuckle, middle, sideways, thumb = (joints[..., i : i + 4] for i in (0, 4, 8, 12))
    points = np.zeros((*joints.shape[:-1], 21, 3), np.float32)
    sine, cosine = np.sin(sideways), np.cos(sideways)
    at = np.broadcast_to(_KNUCKLES, (*knuckle.shape, 3))
    points[..., 5::4, :] = at
    for bone, bend in enumerate((knuckle, knuckle + middle, knuckle + 1.6 * middle)):  # the last joint follows the middle one
        flat = np.cos(bend)
        at = at + _BONES[:, bone, None] * np.stack([sine * flat, cosine * flat, np.sin(bend)], axis=-1)
        points[..., 6 + bone :: 4, :] = at
    spread, lift, first, second = (thumb[..., i] for i in range(4))
    at = np.broadcast_to(_THUMB_ROOT, (*spread.shape, 3))
    points[..., 1, :] = at
    for bone, bend in enumerate((np.zeros_like(first), first, first + second)):
        angle, rise = spread - bend, lift * (1 - 0.15 * bone)
        flat = np.cos(rise)
        at = at + _THUMB_BONES[bone] * np.stack([np.sin(angle) * flat, np.cos(angle) * flat, np.sin(rise)], axis=-1)
        points[..., 2 + bone, :] = at
    return points


def rotation(q: np.ndarray) -> np.ndarray:
    """Unit quaternions (..., 4), real part last, to rotation matrices (..., 3, 3)."""
    x, y, z, w = (q[..., i] for i in range(4))
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
    ]
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def compose(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Product of quaternions (..., 4): first b, then a."""
    ax, ay, az, aw = (a[..., i] for i in range(4))
    bx, by, bz, bw = (b[..., i] for i in range(4))
    return np.stack(
        [
            aw * bx + ax * bw + ay * bz - az * by,
            aw * by - ax * bz + ay * bw + az * bx,
            aw * bz + ax * by - ay * bx + az * bw,
            aw * bw - ax * bx - ay * by - az * bz,
        ],
        axis=-1,
    )


def within_reach(shoulder: np.ndarray, wrist: np.ndarray, upper, fore) -> np.ndarray:
    """The wrist, pulled in to where a right arm of bones ``upper`` and ``fore`` gets."""
    arm = wrist - shoulder
    far = np.linalg.norm(arm, axis=-1, keepdims=True)
    return shoulder + arm * np.minimum(1, 0.985 * (upper + fore) / np.maximum(far, 1e-6))


def elbow(shoulder: np.ndarray, wrist: np.ndarray, upper, fore) -> np.ndarray:
    """Elbow (..., 3) of a right arm between shoulder and wrist (..., 3): the bones keep their lengths, it points down and out."""
    arm = wrist - shoulder
    far = np.maximum(np.linalg.norm(arm, axis=-1, keepdims=True), 0.3)
    along = arm / far
    pole = np.array((-0.8, 1.0, 0.0), along.dtype)
    pole = pole - along * (along @ pole)[..., None]
    pole = pole / np.maximum(np.linalg.norm(pole, axis=-1, keepdims=True), 1e-3)
    foot = (upper**2 - fore**2 + far**2) / (2 * far)
    return shoulder + along * foot + pole * np.sqrt(np.maximum(upper**2 - foot**2, 1e-4))


def relaxed(fingers: np.ndarray, forearm: np.ndarray, most: float = np.radians(75)) -> np.ndarray:
    """Quaternions (..., 4) that turn fingers (..., 3) towards the forearm (..., 3) where a wrist would bend too far."""
    axis = np.cross(fingers, forearm)
    sine = np.linalg.norm(axis, axis=-1)
    bend = np.arctan2(sine, (fingers * forearm).sum(-1))
    half = np.maximum(bend - most, 0) / 2
    return np.concatenate([axis / np.maximum(sine, 1e-4)[..., None] * np.sin(half)[..., None], np.cos(half)[..., None]], axis=-1)


def face(proportion: np.ndarray) -> np.ndarray:
    """Face landmarks (..., 11, 3) of heads that are ``proportion`` (...) of the average size."""
    return _FACE * proportion[..., None, None].astype(np.float32)


def legs(seated: bool) -> np.ndarray:
    """Hips, knees, ankles, heels and toes (10, 3) of an average body."""
    return _SEATED if seated else _STANDING
