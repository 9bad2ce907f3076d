"""Locks between processes, also on a file system that has none (NFS and Lustre as some clusters mount them)."""

import errno
import sys
from contextlib import contextmanager
from pathlib import Path

from filelock import BaseFileLock, FileLock, SoftFileLock, Timeout

NONE = {errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, 524}  # "no locks available", "not implemented", "not supported" (524 in NFS's words)
PATIENCE = 60  # seconds until one that waits for a file says so


def lock(path: Path, timeout: float = -1) -> BaseFileLock:
    """A lock at ``path``, whose folder is there: the system's, or where that has none a file beside it, ``path`` with ``.soft``.

    Such a file is passed over where it was left by a process of this machine that was killed; one of another machine has to be deleted by
    hand (``held`` says so). ``timeout`` in seconds, -1 for ever; acquiring it raises ``filelock.Timeout``.
    """
    return FileLock(path, timeout=timeout) if _system(path) else SoftFileLock(path.with_name(f"{path.name}.soft"), timeout=timeout)


@contextmanager
def held(path: Path):
    """Inside, no other process is between the same lines with the same ``path``; the others wait."""
    own = lock(path)
    try:
        own.acquire(timeout=PATIENCE if isinstance(own, SoftFileLock) else -1)
    except Timeout:
        print(f"{own.lock_file}: waits for the process that made this file; delete it if that has ended", file=sys.stderr, flush=True)
        own.acquire()
    try:
        yield
    finally:
        own.release()


def _system(path: Path) -> bool:
    try:
        import fcntl

        with path.open("a") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno not in NONE
    except ImportError:  # Windows, whose locks filelock knows
        pass
    return True
