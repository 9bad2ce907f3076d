"""Clips to and from ``.pose`` files (pose-format), the field's exchange format, so that its viewers open ours."""

from pathlib import Path
from typing import Any

import numpy as np
from pose_format import Pose
from pose_format.numpy import NumPyPoseBody
from pose_format.pose_header import PoseHeader, PoseHeaderDimensions

from sslslr.errors import SignError
from sslslr.extract.clips import Clip, clip_path, read_instances
from sslslr.extract.holistic import PARTS, quiet_stderr, unavailable
from sslslr.paths import atomic

COMPONENTS = {"pose": "POSE_LANDMARKS", "left_hand": "LEFT_HAND_LANDMARKS", "right_hand": "RIGHT_HAND_LANDMARKS"}


def export_pose(clip: Clip, path: Path) -> None:
    """Write a clip as ``.pose``: x and y in pixels, z as it is, confidence 0 where missing, visibility as the body's confidence.

    pose-format takes the landmarks' names from MediaPipe; raises SignError where that is not installed.
    """
    if said := unavailable("writing .pose files"):
        raise SignError(said)
    with quiet_stderr():
        from pose_format.utils.holistic import holistic_components
    width, height = clip.size
    known = {c.name: c for c in holistic_components("XYZC")}
    header = PoseHeader(0.2, PoseHeaderDimensions(width, height, 0), [known[COMPONENTS[part]] for part in PARTS])
    data = clip.landmarks * np.array([width, height, 1], np.float32)
    seen = np.isfinite(data[..., 0])
    confidence = np.concatenate([clip.visibility.astype(np.float32), np.ones((len(clip), 42), np.float32)], axis=1)
    # A landmark that was found must not get the confidence 0, which means missing in this format.
    confidence = np.where(seen, np.maximum(np.nan_to_num(confidence), 1e-3), 0)
    body = NumPyPoseBody(clip.fps, np.ma.masked_invalid(np.where(seen[..., None], data, 0))[:, None], confidence[:, None])
    with atomic(Path(path)) as partial, partial.open("wb") as file:
        Pose(header, body).write(file)


def import_pose(path: Path) -> Clip:
    """Read a ``.pose`` file made with MediaPipe Holistic (ours or anyone's) as a clip; its face and world points are left.

    The format says neither MediaPipe's version nor the time stamps: they become "unknown" and even. Raises SignError for
    a file that isn't one, holds several people or lacks a part.
    """
    try:
        pose = Pose.read(Path(path).read_bytes())
        names = [c.name for c in pose.header.components]
    except FileNotFoundError:
        raise SignError(f"{path}: no such file; expected a .pose file") from None
    except Exception as error:
        raise SignError(f"{path}: not a .pose file ({error})") from None
    if lacking := [c for c in COMPONENTS.values() if c not in names]:
        raise SignError(f"{path}: lacks {', '.join(lacking)} (has {', '.join(names)}); expected MediaPipe Holistic landmarks")
    data, confidence = np.ma.getdata(pose.body.data), np.asarray(pose.body.confidence)
    if data.shape[1] != 1:
        raise SignError(f"{path}: holds {data.shape[1]} people; expected one")
    width, height = pose.header.dimensions.width, pose.header.dimensions.height
    starts = dict(zip(names, np.cumsum([0] + [len(c.points) for c in pose.header.components]), strict=False))
    parts: dict[str, Any] = {}
    for part, count in PARTS.items():
        chosen = slice(starts[COMPONENTS[part]], starts[COMPONENTS[part]] + count)
        scaled = data[:, 0, chosen, :3] / np.array([width, height, 1])
        parts[part] = np.where(confidence[:, 0, chosen, None] > 0, scaled, np.nan).astype(np.float16)
        if part == "pose":
            visible = confidence[:, 0, chosen]
            parts["visibility"] = np.where(visible > 0, visible, np.nan).astype(np.float16)
    time = np.arange(len(data)) * 1000 / pose.body.fps
    about: dict[str, Any] = {"backend": "mediapipe-holistic", "version": "unknown", "complexity": -1}
    return Clip(**parts, time=time, size=(width, height), fps=float(pose.body.fps), **about)


def export_folder(folder: Path, to: Path) -> int:
    """Write each clip of an extraction to ``to`` as ``<id>.pose``; those already there stay. Returns how many were written."""
    missing = [n for n in read_instances(folder)["id"] if not (Path(to) / f"{n}.pose").exists()]
    for name in missing:
        export_pose(Clip.load(clip_path(folder, name)), Path(to) / f"{name}.pose")
    return len(missing)
