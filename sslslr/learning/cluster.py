"""Where the runs of a study go: processes here, or a Dask cluster (``SCHEDULER=dask://host:port``)."""

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import joblib
from joblib.externals.loky import get_reusable_executor

from sslslr.errors import SignError

SCHEDULER = "SSLSLR_SCHEDULER"


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
            yield joblib.Parallel(n_jobs=workers, return_as="generator")
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
