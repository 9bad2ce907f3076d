"""Where the runs of a study go: processes here, or a Dask cluster (``SCHEDULER=dask://host:port``)."""

import os
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import joblib
from joblib.externals.loky import get_reusable_executor

from sslslr.errors import SignError

SCHEDULER = "SSLSLR_SCHEDULER"


def mortal(parent: int) -> None:
    """What a local worker does first: it ends with its parent (a process id), within a second and whatever it waits for.

    Without it a worker whose parent is killed while it hands over a job waits for the job's other bytes for good.
    """

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    if os.name == "posix":
        threading.Thread(target=watch, daemon=True).start()


@contextmanager
def parallel(workers: int) -> Iterator[joblib.Parallel]:
    """A ``joblib.Parallel`` that gives its results one by one: ``workers`` local processes, or the Dask cluster named
    in ``SSLSLR_SCHEDULER``. All workers must see the same folders (a shared file system). A job whose worker dies goes
    to another one and resumes there after its last epoch. The local processes end with the block.

    Raises SignError when the address is not one or nobody answers there.
    """
    address = os.environ.get(SCHEDULER, "")
    if not address:
        warnings.filterwarnings("ignore", "A worker stopped while some jobs", UserWarning)  # joblib replaces one that has grown
        try:
            yield joblib.Parallel(n_jobs=workers, return_as="generator", initializer=mortal, initargs=(os.getpid(),))
        finally:
            if workers > 1:  # they hold 0.4 to 0.7 GB each, and the next study may be an hour away
                get_reusable_executor(reuse=True, kill_workers=True).shutdown(kill_workers=True)
        return
    if not address.startswith("dask://") or ":" not in address.removeprefix("dask://"):
        raise SignError(f"SCHEDULER={address}: expected dask://host:port, as sslslr cluster prints it")
    from distributed import Client

    try:
        client = Client(f"tcp://{address.removeprefix('dask://')}", timeout=20)
    except (OSError, TimeoutError, ValueError) as error:
        raise SignError(f"SCHEDULER={address}: no Dask scheduler answers ({type(error).__name__}); start one with sslslr cluster") from None
    with client, joblib.parallel_config(backend="dask", wait_for_workers_timeout=600):
        yield joblib.Parallel(n_jobs=-1, return_as="generator", batch_size=1)
