"""Start a Dask cluster, here or of Slurm jobs, and print the command that uses it."""

import argparse
import re
import sys
import time

from sslslr.commands import Parser, count, whole


def slurm(options):
    """A Dask cluster whose workers are Slurm jobs of one process and one thread each (or one GPU each, with ``--gpus``)."""
    from dask_jobqueue import SLURMCluster

    extra = [f"--gres=gpu:{options.gpus}"] if options.gpus else []
    return SLURMCluster(
        queue=options.queue, account=options.account, cores=1, processes=1, memory=options.memory, walltime=options.walltime,
        python=sys.executable, job_extra_directives=extra, job_script_prologue=["export OMP_NUM_THREADS=1"],
    )  # fmt: skip


def size(text: str) -> str:
    """An amount of memory as Dask reads it, as an argument's type."""
    from dask.utils import parse_bytes

    try:
        good = parse_bytes(text) > 0
    except (ValueError, OverflowError):
        good = False
    if not good:
        raise argparse.ArgumentTypeError(f"{text!r}: expected an amount of memory, such as 4GB")
    return text


def word(text: str) -> str:
    """A name as Slurm has them, as an argument's type: what is written into a job script is no command."""
    if not re.fullmatch(r"[\w.,@:+/-]+", text):
        raise argparse.ArgumentTypeError(f"{text!r}: expected a name")
    return text


def walltime(text: str) -> str:
    """A time as Slurm reads it, as an argument's type."""
    if not re.fullmatch(r"(\d+-)?\d+(:\d+){0,2}", text, re.ASCII):
        raise argparse.ArgumentTypeError(f"{text!r}: expected a time, such as 08:00:00 or 2-00:00:00")
    return text


def main(arguments: list[str]) -> int:
    """Start the cluster, print the command that uses it, wait for Ctrl-C; returns the exit status."""
    parser = Parser(__name__, __doc__)
    parser.add_argument("kind", choices=["local", "slurm"])
    parser.add_argument("--workers", type=count, default=2, help="processes, or Slurm jobs")
    parser.add_argument("--memory", type=size, default="4GB", help="of each")
    parser.add_argument("--walltime", type=walltime, default="08:00:00")
    parser.add_argument("--queue", type=word, help="Slurm partition")
    parser.add_argument("--account", type=word, help="Slurm account")
    parser.add_argument("--gpus", type=whole, default=0, help="GPUs of each job")
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
