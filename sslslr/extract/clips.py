"""A clip's landmarks as they are stored, and folders of them read as one data set.

One ``.npz`` a clip in the keys and shapes that the field's tools use (sign-language-tools, LSFB): ``pose`` (T, 33, 3),
``left_hand`` and ``right_hand`` (T, 21, 3), float16, NaN for missing. Only what MediaPipe said is stored: gaps are
filled, if at all, on reading (``repair``).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sslslr.clips.signs import Signs, pack
from sslslr.clips.skeleton import MEDIAPIPE_75
from sslslr.errors import SignError
from sslslr.extract.holistic import PARTS
from sslslr.paths import atomic, sealed, unguard, unpacked

if TYPE_CHECKING:
    import pandas as pd

ARRAYS = {"pose": (33, 3), "left_hand": (21, 3), "right_hand": (21, 3), "visibility": (33,), "time": ()}
ABOUT = ("fps", "backend", "version", "complexity", "source")
CLIPS = "clips"
INSTANCES = "instances.csv"


@dataclass(frozen=True, eq=False)
class Clip:
    """Landmarks of one clip of T frames, as MediaPipe gave them.

    pose (T, 33, 3), left_hand, right_hand (T, 21, 3): x, y in 0 to 1 of the picture's width and height, z in picture
    widths; float16 (at most 0.0005 of the width lost), NaN where missing.  visibility: (T, 33) float16 in 0 to 1.
    time: (T,) float64, ms in the source video.  size: (width, height) in pixels, upright.  fps: frames a second.
    backend, version, complexity: what made it; never mix two in one table.  source: the video's bytes and the cut, by
    which a clip is told from another one of the same name.
    """

    pose: np.ndarray
    left_hand: np.ndarray
    right_hand: np.ndarray
    visibility: np.ndarray
    time: np.ndarray
    size: tuple[int, int]
    fps: float
    backend: str
    version: str
    complexity: int
    source: str = ""

    def __len__(self) -> int:
        return len(self.pose)

    @property
    def landmarks(self) -> np.ndarray:
        """(T, 75, 3) float32 in the order of MEDIAPIPE_75: body, left hand, right hand."""
        return np.concatenate([self.pose, self.left_hand, self.right_hand], axis=1).astype(np.float32)

    @property
    def isotropic(self) -> np.ndarray:
        """(T, 75, 3) float32 with one unit, the picture's height, for all coordinates, so that distances mean something."""
        aspect = self.size[0] / self.size[1]
        return self.landmarks * np.array([aspect, 1.0, aspect], np.float32)

    @property
    def rates(self) -> dict[str, float]:
        """Share of the frames in which each part (pose, left_hand, right_hand) was found."""
        return {part: float(np.isfinite(getattr(self, part)[..., 0]).any(axis=1).mean()) for part in PARTS}

    def save(self, path: Path) -> None:
        """Write atomically, without pickle; equal clips give equal bytes."""
        about = {key: getattr(self, key) for key in ("size", *ABOUT)}
        arrays = {key: getattr(self, key) for key in ARRAYS}
        with atomic(Path(path)) as partial, partial.open("wb") as file:
            np.savez_compressed(file, **arrays, **{key: np.array(value) for key, value in about.items()})

    @classmethod
    def load(cls, path: Path) -> "Clip":
        """Read what ``save`` wrote; raises SignError for a file that is missing or isn't that."""
        try:
            with np.load(unpacked(path), allow_pickle=False) as stored:
                arrays = {key: stored[key] for key in ARRAYS}
                width, height = (int(x) for x in stored["size"])
                about = {key: stored[key].item() for key in ABOUT}
        except FileNotFoundError:
            raise SignError(f"{path}: no such file; expected a clip made by sslslr extract") from None
        except Exception as error:
            raise SignError(f"{path}: not a clip made by sslslr extract ({error}); delete it and extract again") from None
        frames = len(arrays["pose"])
        for key, shape in ARRAYS.items():
            if arrays[key].shape != (frames, *shape):
                raise SignError(f"{path}: {key} has shape {arrays[key].shape}; expected {(frames, *shape)}; extract it again")
        odd = [what for what, wrong in (
            (f"a picture of {width} x {height}", min(width, height) < 1),
            (f"{about['fps']} frames a second", not 0 < about["fps"] < np.inf),
            ("times that are no numbers, or go back", not (np.isfinite(arrays["time"]).all() and (np.diff(arrays["time"]) >= 0).all())),
        ) if wrong]  # fmt: skip
        if odd:
            raise SignError(f"{path}: has {odd[0]}; extract it again")
        return cls(**arrays, size=(width, height), **about)


def clip_path(folder: Path, name: str) -> Path:
    """Where the clip ``name`` of an extraction lies."""
    return Path(folder) / CLIPS / f"{name}.npz"


def read_instances(folder: Path) -> "pd.DataFrame":
    """The table of an extraction's clips: id, path, gloss, signer, split, start, end, frames, fps, ... all as text."""
    import pandas as pd  # here, so that workers, which only write clips, start faster

    path = Path(folder) / INSTANCES
    if path.exists() and not sealed(path):
        raise SignError(
            f"{path}: not as extraction wrote it; run that again, it rebuilds it, or delete {path.name}.sha256 if you meant to edit it"
        )
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")
    except FileNotFoundError:
        raise SignError(f"{folder}: has no {INSTANCES}; expected a folder made by sslslr extract VIDEOS {folder}") from None
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise SignError(f"{path}: not a table ({str(error).splitlines()[0].strip()}); run the extraction again, it rebuilds it") from None
    missing = {"id", "gloss", "signer", "split"} - set(table)
    if missing or table.empty:
        what = f"lacks the column {', '.join(sorted(missing))}" if missing else "lists no clip"
        raise SignError(f"{path}: {what}; run the extraction again and read its report.csv")
    return table.map(unguard)


def read_folder(folder: Path, coordinates: int = 2, frames: int | None = None, name: str | None = None) -> Signs:
    """An extraction's clips as one data set in the layout MEDIAPIPE_75.

    x and z are scaled by the picture's aspect, so that all coordinates are in picture heights and distances are the same
    in all directions; y grows downwards. Clips longer than ``frames`` are resampled to it. Nothing is filled in here.
    Raises SignError for a folder that isn't an extraction, and when its clips come from different backends or versions.
    """
    table = read_instances(folder)
    clips = [Clip.load(clip_path(folder, name)) for name in table["id"]]
    makers = {(c.backend, c.version, c.complexity) for c in clips}
    if len(makers) > 1:
        raise SignError(f"{folder}: clips of {len(makers)} backends or versions ({sorted(makers)}); keep each in its own folder")
    landmarks, lengths = pack([c.isotropic[..., :coordinates] for c in clips], frames)
    glosses = tuple(sorted(set(table["gloss"])))
    unknown = np.full(len(clips), np.nan)
    return Signs(
        name=name or Path(folder).resolve().name,
        kind="real",
        skeleton=MEDIAPIPE_75,
        landmarks=landmarks,
        lengths=lengths,
        labels=np.array([glosses.index(g) for g in table["gloss"]]),
        glosses=glosses,
        signers=table["signer"].to_numpy(str),
        clips=table["id"].to_numpy(str),
        split=table["split"].to_numpy(str),
        onset=unknown,
        offset=unknown.copy(),
        fps=float(np.median([c.fps for c in clips])),
    )
