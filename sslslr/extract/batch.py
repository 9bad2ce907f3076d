"""Many videos, overnight: resumes, survives bad input and lost workers, leaves nothing half-written, reports at the end."""

import errno
import time
from collections.abc import Callable
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import filelock
import joblib

from sslslr import locks
from sslslr.errors import SignError
from sslslr.extract import summary
from sslslr.extract.clips import Clip, clip_path
from sslslr.extract.holistic import Backend, Holistic
from sslslr.extract.pool import Died, imap_unordered
from sslslr.extract.sources import Source, find
from sslslr.extract.worker import Worker, done_row, facts, failed_row, failure_path, fingerprint, state_of, too_long
from sslslr.paths import read_json
from sslslr.progress import track


def extract(
    videos: Path,
    out: Path,
    workers: int = 0,
    manifest: Path | None = None,
    backend: Callable[[], Backend] = Holistic,
    retry: bool = False,
    progress: bool = True,
):
    """Extract ``videos`` (a video, a folder, or a folder with a manifest) into ``out``; returns ``summary.Summary``.

    workers: processes; 0 for one a core. backend: makes the callable that a worker uses, importable by name.
    retry: try lasting failures again though their files haven't changed.
    A clip that is done is never touched. Whatever is wrong with one video becomes a line of the report. Raises SignError
    when nothing can be extracted at all: no videos, a wrong manifest, an output folder that can't be written or is in use.
    """
    out, workers = Path(out), workers or joblib.cpu_count()  # of this process, and of its container
    if workers < 0:
        raise SignError(f"--workers {workers}: expected a number of processes, or 0 for one a core")
    sources = find(videos, manifest, leave_out=out)
    with _sole_use(out):
        before = summary.rows_before(out)
        rows = {i: _known(s, out, before.get(s.name), retry) for i, s in enumerate(sources)}
        todo = [(i, s) for i, s in enumerate(sources) if rows[i] is None]
        started, done, workers = time.monotonic(), 0, max(1, min(workers, len(todo)))
        results = imap_unordered(partial(Worker, backend, out), todo, workers)
        bar = track(total=len(todo), unit="clip", disable=not progress or not todo, mininterval=0.5, desc="extracting")
        try:
            for (i, source), result in results:
                if isinstance(result, Died):
                    detail = f"{source.path}: its process ended with status {result.code}; out of memory? try fewer --workers"
                    result = failed_row(source, "worker died", detail)
                rows[i] = result
                done += int(result["frames"] or 0)
                bar.set_postfix_str(f"{done / (time.monotonic() - started):.1f} frames/s", refresh=False)
                bar.update()
        finally:
            results.close()
            bar.close()
            finished = [row for row in rows.values() if row is not None]
            report = finished and summary.write(out, finished, before, done, time.monotonic() - started, workers)
    return report


def _known(source: Source, out: Path, before: dict | None, retry: bool) -> dict | None:
    """The row of a clip that needs no work, or None."""
    if source.twin:
        detail = f"{source.path}: {source.twin} has this name already; give one of them another id in a manifest"
        return failed_row(source, "name collision", detail)
    target, now = clip_path(out, source.name), fingerprint(source.path, source.cut)
    if any(_never(out / part) for part in failure_path(Path(), source).parts):  # the longer one of the clip's two paths
        return too_long(source, target)
    if target.exists():
        try:
            row = before if before and before["source"] else done_row(source, Clip.load(target), "done before")
        except SignError:
            return None  # not a clip: something else wrote there or the disk lost it
        if now and row["source"] != now:
            detail = f"{target}: made from another file or cut than {source.path}; use another output folder, or delete it"
            return failed_row(source, "name collision", detail)
        return {**row, **facts(source), "status": "done before", "reason": "", "detail": ""}
    if not retry and (failure := failure_path(out, source)).exists():
        try:
            told = read_json(failure)
            if told["state"] == state_of(source):
                return failed_row(source, told["reason"], told["detail"])
        except (ValueError, KeyError, OSError):
            pass
    return None


def _never(path: Path) -> bool:
    """Whether no file can have this name."""
    try:
        path.lstat()
    except OSError as error:
        return error.errno == errno.ENAMETOOLONG
    return False


@contextmanager
def _sole_use(out: Path):
    """Hold the output folder for this process, and clear away what a killed one was writing."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        lock = locks.lock(out / ".lock", timeout=0)
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
