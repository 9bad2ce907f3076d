"""Where the runs of a study go: processes here, or a Dask cluster (``SCHEDULER=dask://host:port``)."""

import argparse
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import joblib

from sslslr.errors import SignError

SCHEDULER = "SSLSLR_SCHEDULER"


@contextmanager
def parallel(workers: int) -> Iterator[joblib.Parallel]:
    """A ``joblib.Parallel`` that gives its results one by one: ``workers`` local processes, or the Dask cluster named
    in ``SSLSLR_SCHEDULER``. All workers must see the same folders (a shared file system). A job whose worker dies goes
    to another one and resumes there after its last epoch.

    Raises SignError when the address is not one or nobody answers there.
    """
    address = os.environ.get(SCHEDULER, "")
    if not address:
        yield joblib.Parallel(n_jobs=workers, return_as="generator")
        return
    if not address.startswith("dask://") or ":" not in address.removeprefix("dask://"):
        raise SignError(f"SCHEDULER={address}: expected dask://host:port, as python -m sslslr.cluster prints it")
    from distributed import Client

    try:
        client = Client(f"tcp://{address.removeprefix('dask://')}", timeout=20)
    except (OSError, TimeoutError, ValueError) as error:
        raise SignError(
            f"SCHEDULER={address}: no Dask scheduler answers ({type(error).__name__}); start one with python -m sslslr.cluster"
        ) from None
    with client, joblib.parallel_config(backend="dask", wait_for_workers_timeout=600):
        yield joblib.Parallel(n_jobs=-1, return_as="generator", batch_size=1)


def slurm(options):
    """A Dask cluster whose workers are Slurm jobs of one process and one thread each (or one GPU each, with ``--gpus``)."""
    from dask_jobqueue import SLURMCluster

    extra = [f"--gres=gpu:{options.gpus}"] if options.gpus else []
    return SLURMCluster(
        queue=options.queue, account=options.account, cores=1, processes=1, memory=options.memory, walltime=options.walltime,
        python=sys.executable, job_extra_directives=extra, job_script_prologue=["export OMP_NUM_THREADS=1"],
    )  # fmt: skip


def main(arguments: list[str] | None = None) -> int:
    """``python -m sslslr.cluster local|slurm``: start a cluster, print the command that uses it, wait for Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m sslslr.cluster", description=main.__doc__)
    parser.add_argument("kind", choices=["local", "slurm"])
    parser.add_argument("--workers", type=int, default=2, help="processes, or Slurm jobs")
    parser.add_argument("--memory", default="4GB", help="of each")
    parser.add_argument("--walltime", default="08:00:00")
    parser.add_argument("--queue", help="Slurm partition")
    parser.add_argument("--account", help="Slurm account")
    parser.add_argument("--gpus", type=int, default=0, help="GPUs of each job")
    parser.add_argument("--script", action="store_true", help="print the job script and stop")
    options = parser.parse_args(arguments)
    if options.kind == "slurm":
        cluster = slurm(options)
        if options.script:
            print(cluster.job_script())
            return 0
        cluster.scale(jobs=options.workers)
    else:
        from distributed import LocalCluster

        cluster = LocalCluster(n_workers=options.workers, threads_per_worker=1, memory_limit=options.memory, dashboard_address=None)
    print(f"make reproduce SCHEDULER=dask://{cluster.scheduler_address.removeprefix('tcp://')}", flush=True)
    try:
        while True:
            time.sleep(60)
    except KeyboardInterrupt:
        cluster.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
