"""What a worker process does with one video: read it, find the landmarks, write the clip, say how it went.

Kept apart from the batch so that a worker starts fast: it loads neither pandas nor plots.
"""

import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from sslslr.errors import SignError
from sslslr.extract.clips import Clip, clip_path
from sslslr.extract.holistic import PARTS, Backend
from sslslr.extract.pool import WRITING
from sslslr.extract.sources import Source, cut_name
from sslslr.extract.video import WHOLE, Cut, VideoError, frames, pictures
from sslslr.paths import readable, write_json

LASTING = ("unreadable", "no video stream", "truncated", "empty", "no person")
"""Failures that the same file would give again: remembered, and not tried again until the file changes."""


def extract_clip(path: Path, holistic: Backend, cut: Cut = WHOLE) -> Clip:
    """Landmarks of one video, or of the part ``cut`` of it. ``holistic``: a ``holistic.Holistic``, to be used again.

    Raises VideoError with its ``reason`` when the video can't be read whole or shows no person in any frame.
    """
    times: list[float] = []
    size = (0, 0)

    def upright() -> Iterator[np.ndarray]:
        nonlocal size
        for at, picture in frames(path, cut):
            times.append(at)
            size = (picture.shape[1], picture.shape[0])
            yield picture

    found = holistic(upright())
    if not np.isfinite(found["pose"]).any():
        raise VideoError("no person", f"{path}: no person found in its {len(times)} frames; leave it out, or film nearer and brighter")
    span = times[-1] - times[0]
    fps = round((len(times) - 1) * 1000 / span, 3) if span > 0 else cut.fps
    parts: dict[str, Any] = {part: values.astype(np.float16) for part, values in found.items()}
    return Clip(**parts, time=np.array(times), size=size, fps=fps, source=fingerprint(path, cut), **holistic.about)


class Worker:
    """What a worker process keeps between clips: its graph. Called with (number, source), returns the report's row."""

    def __init__(self, backend: Callable[[], Backend], out: Path):
        self.backend, self.out = backend, out
        try:
            self.holistic = backend()
        except Exception as error:
            raise SignError(f"the pose backend can't be started ({type(error).__name__}: {error}); make the environment anew") from None

    def __call__(self, job: tuple[int, Source]) -> dict:
        source, target = job[1], clip_path(self.out, job[1].name)
        try:
            clip = extract_clip(source.path, self.holistic, source.cut)
        except VideoError as error:
            return self._remember(source, error.reason, str(error))
        except Exception as error:
            self.holistic = self.backend()  # a graph that failed once is not to be trusted with the next clip
            return failed_row(source, "unreadable", f"{source.path}: the backend failed on it ({type(error).__name__}: {error})")
        try:
            with WRITING:
                clip.save(target)
                failure_path(self.out, source).unlink(missing_ok=True)
        except OSError as error:
            if error.errno == errno.ENAMETOOLONG:
                return too_long(source, target)
            return failed_row(source, "cannot write", f"{target}: {error.strerror}; make room or choose another folder, then run again")
        return done_row(source, clip, "extracted")

    def _remember(self, source: Source, reason: str, detail: str) -> dict:
        if reason in LASTING:
            try:
                with WRITING:
                    write_json(failure_path(self.out, source), {"reason": reason, "detail": detail, "state": state_of(source)}, sealed=True)
            except OSError:
                pass  # then it is tried again next time
        return failed_row(source, reason, detail)


def facts(source: Source) -> dict[str, Any]:
    """The part of a report's row that is known before extraction."""
    cut = source.cut
    start, end = (cut.first, cut.last) if cut.first or cut.last else (cut.start, cut.end)
    unit = "frames" if cut.first or cut.last else "ms"
    known = {"id": source.name, "path": readable(str(source.path)), "gloss": source.gloss, "signer": source.signer, "split": source.split}
    return known | {"start": start, "end": end, "unit": unit if start is not None or end is not None else ""}


def done_row(source: Source, clip: Clip, status: str) -> dict:
    """A report's row for a clip that is there; ``status``: extracted or done before."""
    width, height = clip.size
    about = {"status": status, "reason": "", "detail": "", "frames": len(clip), "fps": clip.fps, "width": width, "height": height}
    made = {"backend": clip.backend, "version": clip.version, "complexity": clip.complexity, "source": clip.source}
    return facts(source) | about | {part: round(rate, 4) for part, rate in clip.rates.items()} | made


def failed_row(source: Source, reason: str, detail: str) -> dict:
    """A report's row for a clip that could not be made, and why."""
    blank = dict.fromkeys(("frames", "fps", "width", "height", *PARTS, "backend", "version", "complexity", "source"), "")
    return facts(source) | {"status": "failed", "reason": reason, "detail": detail} | blank


def too_long(source: Source, target: Path) -> dict:
    """A report's row for a clip that no file can be named after."""
    return failed_row(source, "cannot write", f"{target}: its name is too long for a file; give the clip a shorter id in a manifest")


def failure_path(out: Path, source: Source) -> Path:
    """Where a lasting failure is remembered."""
    return out / "failed" / f"{source.name}.json"


def fingerprint(path: Path, cut: Cut) -> str:
    """What tells a clip from another of the same name: the video's bytes and the cut; "" when the video is gone."""
    state = _files(path)
    return f"{sum(size for size, _ in state)}{cut_name(cut)}" if state else ""


def state_of(source: Source) -> list:
    """Sizes and times of the files of a source, by which a changed one is known."""
    state = _files(source.path)
    return [len(state), sum(size for size, _ in state), max((at for _, at in state), default=0), cut_name(source.cut)]


def _files(path: Path) -> list[tuple[int, int]]:
    try:
        files = pictures(path) if path.is_dir() else [path]
        return [(s.st_size, s.st_mtime_ns) for s in map(os.stat, files)]
    except OSError:
        return []
