"""The one place that knows MediaPipe: pictures in, landmarks out.

MediaPipe 0.10.21 is pinned: the last release with the Holistic graph *and* its models inside the wheel, so it runs
offline. Its version is stored with every clip. The graph's face branch is left out: the paper uses 75 landmarks, body
and hands, and the branch costs a tenth of the time without changing a bit of the rest.
"""

import os
import platform
import sys
from array import array
from collections.abc import Iterable
from contextlib import contextmanager
from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from sslslr.errors import SignError

PARTS = {"pose": 33, "left_hand": 21, "right_hand": 21}
"""Landmarks of each part, in the order in which the 75 are stored."""

_GRAPH = "mediapipe/modules/holistic_landmark/holistic_landmark_cpu.binarypb"
_MODELS = {0: "pose_landmark_lite", 1: "pose_landmark_full", 2: "pose_landmark_heavy"}
_POSE = "poselandmarkcpu__"
_THRESHOLDS = {  # MediaPipe's own defaults for detection and for tracking
    f"{_POSE}posedetectioncpu__TensorsToDetectionsCalculator.min_score_thresh": 0.5,
    f"{_POSE}poselandmarkbyroicpu__tensorstoposelandmarksandsegmentation__ThresholdingCalculator.threshold": 0.5,
}


class Backend(Protocol):
    """What finds landmarks: called with a clip's pictures, returns its parts (see ``Holistic``); ``about`` says what it is."""

    about: dict[str, Any]

    def __call__(self, pictures: Iterable[np.ndarray]) -> dict[str, np.ndarray]: ...


class Holistic:
    """A MediaPipe Holistic graph; call it with a clip's pictures. One a process, about 430 MB, any number of clips.

    ``about`` says what made the landmarks: backend, version, complexity. Raises SignError for a complexity whose model
    isn't installed, and where MediaPipe itself isn't.
    """

    def __init__(self, complexity: int = 1):
        if said := unavailable():
            raise SignError(said)
        with quiet_stderr():
            self._graph, version = _build(complexity)
            self._graph.process({"image": np.zeros((64, 64, 3), np.uint8)})  # its threads have now said what they had to say
        self.about: dict[str, Any] = {"backend": "mediapipe-holistic", "version": version, "complexity": complexity}

    def __call__(self, pictures: Iterable[np.ndarray]) -> dict[str, np.ndarray]:
        """Landmarks of one clip from its pictures (H, W, 3) uint8 RGB.

        Returns pose (T, 33, 3), left_hand and right_hand (T, 21, 3), x and y in 0 to 1 of the picture's width and
        height (outside it they exceed that), z in picture widths; NaN where not found; visibility (T, 33) in 0 to 1.
        The graph is reset first, so that nothing of the clip before is left and the result is that of a new graph.
        """
        found = {part: array("f") for part in (*PARTS, "visibility")}  # four bytes a number, however long the video is
        with quiet_stderr():
            self._graph.reset()
            for picture in pictures:
                result = self._graph.process({"image": picture})
                body = result.pose_landmarks
                found["visibility"].extend([p.visibility for p in body.landmark] if body else [np.nan] * PARTS["pose"])
                for part in PARTS:
                    landmarks = getattr(result, f"{part}_landmarks")
                    points = chain.from_iterable((p.x, p.y, p.z) for p in landmarks.landmark) if landmarks else [np.nan] * 3 * PARTS[part]
                    found[part].extend(points)
        shapes = {part: (-1, n, 3) for part, n in PARTS.items()} | {"visibility": (-1, PARTS["pose"])}
        return {part: np.frombuffer(values, np.float32).reshape(shapes[part]) for part, values in found.items()}


def unavailable(what: str = "extraction from video") -> str:
    """Why ``what``, which needs MediaPipe, can't be had here, in one sentence with the way out; "" where it can."""
    if find_spec("mediapipe"):
        return ""
    return (
        f"{what} needs mediapipe 0.10.21, which is not installed (Python {platform.python_version()}; from 3.13 on there is no build "
        "of it): do that with Python 3.11 or 3.12, and read what it writes with any"
    )


def _build(complexity: int):
    """MediaPipe's Holistic graph without its face branch, and MediaPipe's version."""
    import mediapipe
    from mediapipe.framework import calculator_pb2
    from mediapipe.python.solution_base import SolutionBase
    from mediapipe.python.solutions import holistic  # noqa: F401  (knows the options' types; unknown ones are dropped in silence)

    root = Path(mediapipe.__file__).parent.parent
    model = root / f"mediapipe/modules/pose_landmark/{_MODELS.get(complexity)}.tflite"
    if not model.exists():
        raise SignError(f"model complexity {complexity}: mediapipe {mediapipe.__version__} carries no such pose model; use 1")
    graph = calculator_pb2.CalculatorGraphConfig.FromString((root / _GRAPH).read_bytes())
    keep = [node for node in graph.node if "Face" not in node.calculator]
    for field, kept in {
        "node": keep,
        "output_stream": [s for s in graph.output_stream if "FACE" not in s],
        "input_side_packet": [s for s in graph.input_side_packet if "FACE" not in s],
    }.items():
        graph.ClearField(field)
        getattr(graph, field).extend(kept)
    solution = SolutionBase(
        graph_config=graph,
        side_inputs={
            "model_complexity": complexity,
            "smooth_landmarks": True,
            "enable_segmentation": False,
            "smooth_segmentation": True,
            "use_prev_landmarks": True,
        },
        calculator_params=_THRESHOLDS,
        outputs=["pose_landmarks", "left_hand_landmarks", "right_hand_landmarks"],
    )
    return solution, mediapipe.__version__


@contextmanager
def quiet_stderr():
    """Send file descriptor 2 nowhere meanwhile: MediaPipe's native code chatters there, whatever its log variables say.

    Exceptions pass as ever. Python's own writing to a terminal's standard error is silenced too, so keep it short.
    """
    sys.stderr.flush()
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        sys.stderr.flush()
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
