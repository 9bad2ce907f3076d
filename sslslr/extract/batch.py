"""Many videos, overnight: resumes, survives bad input and lost workers, leaves nothing half-written, reports at the end."""

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import filelock
import numpy as np
from tqdm import tqdm

from sslslr.errors import SignError
from sslslr.extract import summary
from sslslr.extract.clips import Clip, clip_path
from sslslr.extract.holistic import PARTS, Holistic
from sslslr.extract.pool import WRITING, Died, imap_unordered
from sslslr.extract.sources import Source, cut_name, find
from sslslr.extract.video import WHOLE, Cut, VideoError, frames, pictures
from sslslr.paths import write_json

LASTING = ("unreadable", "no video stream", "truncated", "empty", "no person")
"""Failures that the same file would give again: remembered, and not tried again until the file changes."""


def extract_clip(path: Path, holistic: Callable, cut: Cut = WHOLE) -> Clip:
    """Landmarks of one video, or of the part ``cut`` of it. ``holistic``: a ``holistic.Holistic``, to be used again.

    Raises VideoError with its ``reason`` when the video can't be read whole or shows no person in any frame.
    """
    times, size = [], []

    def upright() -> Iterator[np.ndarray]:
        for at, picture in frames(path, cut):
            times.append(at)
            size[:] = picture.shape[1::-1]
            yield picture

    found = holistic(upright())
    if not np.isfinite(found["pose"]).any():
        raise VideoError("no person", f"{path}: no person found in its {len(times)} frames; leave it out, or film nearer and brighter")
    span = times[-1] - times[0]
    fps = round((len(times) - 1) * 1000 / span, 3) if span > 0 else cut.fps
    parts = {part: values.astype(np.float16) for part, values in found.items()}
    return Clip(**parts, time=np.array(times), size=tuple(size), fps=fps, source=_source(path, cut), **holistic.about)


def extract(
    videos: Path,
    out: Path,
    workers: int = 0,
    manifest: Path | None = None,
    backend: Callable[[], Callable] = Holistic,
    retry: bool = False,
    progress: bool = True,
):
    """Extract ``videos`` (a video, a folder, or a folder with a manifest) into ``out``; returns ``summary.Summary``.

    workers: processes; 0 for one a core. backend: makes the callable that a worker uses, importable by name.
    retry: try lasting failures again though their files haven't changed.
    A clip that is done is never touched. Whatever is wrong with one video becomes a line of the report. Raises SignError
    when nothing can be extracted at all: no videos, a wrong manifest, an output folder that can't be written or is in use.
    """
    out, workers = Path(out), workers or _cores()
    if workers < 0:
        raise SignError(f"--workers {workers}: expected a number of processes, or 0 for one a core")
    sources = find(videos, manifest, leave_out=out)
    with _sole_use(out):
        before = summary.rows_before(out)
        rows = {i: _known(s, out, before.get(s.name), retry) for i, s in enumerate(sources)}
        todo = [(i, s) for i, s in enumerate(sources) if rows[i] is None]
        started, done = time.monotonic(), 0
        results = imap_unordered(partial(_Worker, backend, out), todo, min(workers, max(1, len(todo))))
        bar = tqdm(total=len(todo), unit="clip", disable=not progress or not todo, mininterval=0.5, desc="extracting")
        try:
            for (i, source), result in results:
                if isinstance(result, Died):
                    result = _failed(source, "worker died", f"its process ended with status {result.code}; out of memory? try fewer --workers")
                rows[i] = result
                done += int(result["frames"] or 0)
                bar.set_postfix_str(f"{done / (time.monotonic() - started):.1f} frames/s", refresh=False)
                bar.update()
        finally:
            results.close()
            bar.close()
            finished = [row for row in rows.values() if row is not None]
            report = summary.write(out, finished, before, done, time.monotonic() - started, workers)
    return report


class _Worker:
    """What a worker process keeps between clips: its graph. Called with (number, source), returns the report's row."""

    def __init__(self, backend: Callable[[], Callable], out: Path):
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
            return _failed(source, "unreadable", f"{source.path}: the backend failed on it ({type(error).__name__}: {error})")
        try:
            with WRITING:
                clip.save(target)
                _failure(self.out, source).unlink(missing_ok=True)
        except OSError as error:
            return _failed(source, "cannot write", f"{target}: {error.strerror}; make room or choose another folder, then run again")
        return _row(source, clip, "extracted")

    def _remember(self, source: Source, reason: str, detail: str) -> dict:
        if reason in LASTING:
            try:
                with WRITING:
                    write_json(_failure(self.out, source), {"reason": reason, "detail": detail, "state": _state(source)})
            except OSError:
                pass  # then it is tried again next time
        return _failed(source, reason, detail)


def _known(source: Source, out: Path, before: dict | None, retry: bool) -> dict | None:
    """The row of a clip that needs no work, or None."""
    if source.twin:
        return _failed(source, "name collision", f"{source.path}: {source.twin} is extracted already under this name; give it another id")
    target, now = clip_path(out, source.name), _source(source.path, source.cut)
    if target.exists():
        try:
            row = before if before and before["source"] else _row(source, Clip.load(target), "done before")
        except SignError:
            return None  # not a clip: something else wrote there or the disk lost it
        if now and row["source"] != now:
            return _failed(source, "name collision", f"{target}: made from another file or cut than {source.path}; use another folder or delete it")
        return {**row, **_facts(source), "status": "done before", "reason": "", "detail": ""}
    if not retry and (failure := _failure(out, source)).exists():
        try:
            told = json.loads(failure.read_text(encoding="utf-8"))
            if told["state"] == _state(source):
                return _failed(source, told["reason"], told["detail"])
        except (ValueError, KeyError, OSError):
            pass
    return None


def _facts(source: Source) -> dict:
    cut = source.cut
    start, end = (cut.first, cut.last) if cut.first or cut.last else (cut.start, cut.end)
    unit = "frames" if cut.first or cut.last else "ms"
    facts = {"id": source.name, "path": source.path, "gloss": source.gloss, "signer": source.signer, "split": source.split}
    return facts | {"start": start, "end": end, "unit": unit if start is not None or end is not None else ""}


def _row(source: Source, clip: Clip, status: str) -> dict:
    about = {"status": status, "reason": "", "detail": "", "frames": len(clip), "fps": clip.fps, "width": clip.size[0], "height": clip.size[1]}
    made = {"backend": clip.backend, "version": clip.version, "complexity": clip.complexity, "source": clip.source}
    return _facts(source) | about | {part: round(rate, 4) for part, rate in clip.rates.items()} | made


def _failed(source: Source, reason: str, detail: str) -> dict:
    blank = dict.fromkeys(("frames", "fps", "width", "height", *PARTS, "backend", "version", "complexity", "source"), "")
    return _facts(source) | {"status": "failed", "reason": reason, "detail": detail} | blank


def _failure(out: Path, source: Source) -> Path:
    return out / "failed" / f"{source.name}.json"


def _source(path: Path, cut: Cut) -> str:
    """What tells a clip from another of the same name: the video's bytes and the cut; "" when the video is gone."""
    state = _files(path)
    return f"{sum(size for size, _ in state)}{cut_name(cut)}" if state else ""


def _state(source: Source) -> list:
    """Sizes and times of the files of a source, by which a changed one is known."""
    state = _files(source.path)
    return [len(state), sum(size for size, _ in state), max((at for _, at in state), default=0), cut_name(source.cut)]


def _files(path: Path) -> list[tuple[int, int]]:
    try:
        files = pictures(path) if path.is_dir() else [path]
        return [(s.st_size, s.st_mtime_ns) for s in map(os.stat, files)]
    except OSError:
        return []


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def _sole_use(out: Path):
    """Hold the output folder for this process, and clear away what a killed one was writing."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        lock = filelock.FileLock(out / ".lock", timeout=0)
        lock.acquire()
    except filelock.Timeout:
        raise SignError(f"{out}: another extraction is writing there; wait for it or choose another folder") from None
    except OSError as error:
        raise SignError(f"{out}: can't be written ({error.strerror}); choose another output folder") from None
    try:
        for partial_file in out.rglob(".*.partial.*"):
            partial_file.unlink(missing_ok=True)
        yield
    finally:
        lock.release()
