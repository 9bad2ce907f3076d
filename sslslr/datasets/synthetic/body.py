"""The whole body of N clips in three dimensions, from the poses of the two hands."""

import numpy as np

from sslslr.clips.skeleton import MEDIAPIPE_75, mirror
from sslslr.datasets.synthetic import anatomy
from sslslr.datasets.synthetic.motion import Pose
from sslslr.datasets.synthetic.signers import Signers

_SHOULDER = np.array((-0.5, 0.0, 0.0), np.float32)


def body(hands: tuple[Pose, Pose], who: Signers, seated: bool, fps: float, rng: np.random.Generator) -> np.ndarray:
    """Landmarks (N, T, 75, 3) in shoulder widths; ``hands`` is dominant and weak, both as right hands.

    The trunk sways, the head nods, hands tremble at 4 to 7 Hz; a left-handed signer is the mirror image of a right-handed one.
    """
    n, t = hands[0].place.shape[:2]
    points = np.zeros((n, t, 75, 3), np.float32)
    shoulder = np.broadcast_to(_SHOULDER, (n, 1, 3))
    for pose, side, start in ((hands[0], 1, 54), (hands[1], -1, 33)):
        shaken = pose.place + _waves(n, t, fps, (4, 7), rng) * who.tremor[:, None, None].astype(np.float32)
        elbow, wrist, hand = arm(shoulder, Pose(shaken, pose.turn, pose.joints), who)
        flip = np.array((side, 1, 1), np.float32)
        points[:, :, start : start + 21] = hand * flip
        ids = (12, 14, 16, 18, 20, 22) if side == 1 else (11, 13, 15, 17, 19, 21)
        for i, value in zip(ids, (shoulder, elbow, wrist, hand[:, :, 17], hand[:, :, 5], hand[:, :, 3]), strict=True):
            points[:, :, i] = value * flip
    nod: np.ndarray = _waves(n, t, fps, (0.3, 1.2), rng) * np.array((0.03, 0.03, 0.02), np.float32)
    nod += rng.normal(0, 1, (n, 1, 3)).astype(np.float32) * np.array((0.025, 0.035, 0.02), np.float32)  # how the head is held this time
    points[:, :, :11] = anatomy.face(who.head)[:, None] + nod[:, :, None]
    sway = _waves(n, t, fps, (0.15, 0.6), rng) * np.array((0.09, 0.03, 0.08), np.float32)
    points[:, :, :23] += sway[:, :, None]
    points[:, :, 33:] += sway[:, :, None]
    points[:, :, 23:33] = anatomy.legs(seated) * who.legs[:, None, None, None].astype(np.float32)
    points[who.left] = mirror(points[who.left], MEDIAPIPE_75)
    return points


def arm(shoulder: np.ndarray, pose: Pose, who: Signers) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Elbow (N, T, 3), wrist (N, T, 3) and hand (N, T, 21, 3) of a right arm that brings the hand into ``pose``."""
    upper, fore = (length * who.arm[:, None, None].astype(np.float32) for length in (anatomy.UPPER_ARM, anatomy.FOREARM))
    palm = anatomy.PALM * who.hand[:, None, None].astype(np.float32)
    turn = anatomy.rotation(pose.turn)
    wrist = anatomy.within_reach(shoulder, pose.place - palm * turn[..., 1], upper, fore)
    elbow = anatomy.elbow(shoulder, wrist, upper, fore)
    forearm = (wrist - elbow) / np.linalg.norm(wrist - elbow, axis=-1, keepdims=True)
    turn = anatomy.rotation(anatomy.relaxed(turn[..., 1], forearm)) @ turn
    hand = wrist[:, :, None] + palm[..., None] * (anatomy.hand(pose.joints) @ turn.swapaxes(-1, -2))
    return elbow, wrist, hand.astype(np.float32)


def _waves(n: int, t: int, fps: float, hertz: tuple[float, float], rng: np.random.Generator) -> np.ndarray:
    """Smooth irregular motion (N, T, 3) of about unit size: two sines of random frequency and phase a coordinate."""
    time = np.arange(t, dtype=np.float32)[None, :, None] / fps
    parts = [np.sin(2 * np.pi * (rng.uniform(*hertz, (n, 1, 3)) * time + rng.random((n, 1, 3)))).astype(np.float32) for _ in range(2)]
    return (parts[0] + parts[1]) * np.float32(0.7)
