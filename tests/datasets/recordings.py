"""Tiny recordings with a known flaw each: signers in the MP_Data layout, hands in Leap Motion's."""

import json
from pathlib import Path

import layouts
import numpy as np

PATHS = {"hello": (0.0, -0.8), "no": (-0.9, 0.2), "tea": (-0.3, 0.9), "yes": (0.7, 0.5), "coffee": (0.5, -0.4)}
"""Where a gloss's right hand goes, in shoulder widths from its resting place."""
SIDES = {"left": (15, 33), "right": (16, 54)}
"""The wrist of the body and the first landmark of the hand."""


def clip(word: str, seed: int, side: str = "right", frames: int = 8) -> np.ndarray:
    """(frames, 75, 3) in 0 to 1: one hand goes along the gloss's path, mirrored for the left one; the other is not seen."""
    rng = np.random.default_rng(seed)
    points = 0.5 + np.random.default_rng(1).normal(size=(75, 3)) * 0.02 + rng.normal(size=(frames, 75, 3)) * 0.003
    points[:, 11, :2], points[:, 12, :2] = (0.65, 0.4), (0.35, 0.4)
    points[:, 15, :2], points[:, 16, :2] = (0.65, 0.8), (0.35, 0.8)
    wrist, hand = SIDES[side]
    bell = 0.3 * np.sin(np.linspace(0, np.pi, frames))[:, None] ** 2
    points[:, wrist, :2] += bell * (PATHS[word] + 0.1 * rng.normal(size=2)) * (-1 if side == "left" else 1, 1)
    points[:, 33:] = 0
    shape = np.random.default_rng(2).normal(size=(21, 2)) * 0.02 + rng.normal(size=(21, 2)) * 0.005
    shape = shape * (-1 if side == "left" else 1, 1)
    points[:, hand : hand + 21, :2] = points[:, [wrist], :2] + shape
    return points


def write_clip(folder: Path, points: np.ndarray) -> None:
    for i, frame in enumerate(points):
        body = np.concatenate([frame[:33], np.ones((33, 1))], axis=1)
        layouts.array(folder / f"{i}.npy", np.concatenate([body.ravel(), frame[33:].ravel()]))


def signers(root: Path, left=(), instead=(), early: bool = False) -> Path:
    """Five glosses x signers A, B, C, D x 3 clips, an index.csv and a folder ``-``.

    ``left``: (gloss, signer) signed with the left hand. ``instead``: (gloss, signer, what is signed). ``early``: each
    clip's first frame shows the hands elsewhere.
    """
    rows, other = ["gloss,clip,signer"], {(g, s): what for g, s, what in instead}
    for word in PATHS:
        for k in range(12):
            signer = "ABCD"[k // 3]
            shown = other.get((word, signer), word)
            points = clip(shown, 100 * k + sorted(PATHS).index(shown), "left" if (word, signer) in left else "right")
            if early:
                points[0, [15, 16], :2] += 0.3
            write_clip(root / "MP_Data" / word / str(k), points)
            rows.append(f"{word},{k},{signer}")
    write_clip(root / "MP_Data" / "-" / "0", clip("hello", 7))
    layouts.write(root / "index.csv", "\n".join([*rows, "-,0,A"]) + "\n")
    return root


WAYS = {"hi": (60, 90, 0), "ten thousand": (-80, 30, 40), "tea": (0, -90, 60), "no": (90, -20, -40)}
"""Where a sign's hand goes above a Leap Motion, in millimetres."""


def leap(root: Path, takes: int = 9, npz: bool = False, signs: int = 2) -> Path:
    """So many signs x ``takes`` takes as Leap Motion's JSON (or our .npz): a moving right hand; take 1 of each shows none."""
    rng = np.random.default_rng(4)
    for sign, way in list(WAYS.items())[:signs]:
        for k in range(takes):
            move = np.sin(np.linspace(0, np.pi, 10))[:, None, None] * np.array(way) * (1 + 0.05 * k)
            joints = np.random.default_rng(1).normal(size=(28, 3)) * 30 + (0, 250, 0) + move + rng.normal(size=(10, 28, 3))
            joints = joints.round(2)
            file = root / "model" / "record" / sign / f"json_{k}.txt"
            if npz:
                both = np.full((10, 2, 28, 3), np.nan, np.float32)
                both[:, 1] = joints if k != 1 else np.nan
                file.parent.mkdir(parents=True, exist_ok=True)
                np.savez(file.with_suffix(".npz"), joints=both, timestamp=np.arange(10) * 10_000)
                continue
            frames = [{"hands": {"right": _hand(f)} if k != 1 else {}, "timestamp": i * 10_000} for i, f in enumerate(joints)]
            layouts.write(file, json.dumps(frames))
    return root


def _hand(joints: np.ndarray) -> dict:
    """Leap Motion's record of a hand from its 28 joints: wrist, elbow, five fingers of five, palm."""
    bones = ("metacarpal", "proximal", "intermediate", "distal")
    fingers = {
        finger: {"bones": {b: {"next_joint": joints[3 + 5 * f + j].tolist()} for j, b in enumerate(bones)}}
        for f, finger in enumerate(("thumb", "index", "middle", "ring", "pinky"))
    }
    return {"arm": {"wrist_position": joints[0].tolist(), "elbow_position": joints[1].tolist()}, "fingers": fingers}
