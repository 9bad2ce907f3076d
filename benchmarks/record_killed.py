"""A record killed (SIGKILL, all its processes) at random moments and resumed, against one that was left alone: the same tables, row for row?

``python benchmarks/record_killed.py --kills 10 --seed 0``: on profile smoke, each record with a run store of its own. All columns are
compared but those that say when and where (``tables.CIRCUMSTANCES``). Status 1 where a row differs or a record could not be read.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from sslslr.record.tables import CIRCUMSTANCES, Record

STUDIES = ("SL-FPN and controls", "Table 1", "Figure 4", "Figure 8, ablation")


def start(folder: Path, studies, workers: int) -> subprocess.Popen:
    """``sslslr record`` in a group of processes of its own, with run store and record below ``folder``, once it begins to train."""
    words = [sys.executable, "-m", "sslslr", "record", "--profile", "smoke", "--workers", str(workers)]
    words += [word for study in studies for word in ("--study", study)]
    where = {"SSLSLR_RUNS": str(folder / "runs"), "SSLSLR_RECORD": str(folder / "record"), "SSLSLR_CACHE": str(folder.parent / "cache")}
    with (folder / "log").open("wb") as log:
        one = subprocess.Popen(words, env=os.environ | where, stdout=log, stderr=log, start_new_session=True)
    while one.poll() is None and "record: " not in (folder / "log").read_text(errors="replace"):
        time.sleep(0.05)
    return one


def main() -> int:
    """Run the comparison; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--study", action="append", default=[])
    options = parser.parse_args()
    studies, rng = options.study or STUDIES, random.Random(options.seed)
    with tempfile.TemporaryDirectory() as folder:
        alone, killed = (Path(folder) / name for name in ("alone", "killed"))
        alone.mkdir(), killed.mkdir()
        one, began = start(alone, studies, options.workers), time.perf_counter()
        if one.wait():
            print((alone / "log").read_text()[-2000:])
            return 1
        took = time.perf_counter() - began
        expected = Record(alone / "record")
        print(f"left alone: {took:.0f} s, {', '.join(f'{len(rows)} {name}' for name, rows in expected.tables.items())}", flush=True)
        done = 0
        while done < options.kills:
            one = start(killed, studies, options.workers)
            life = rng.random() * 1.6 * took / (options.kills + 1)
            try:
                one.wait(timeout=life)
                break
            except subprocess.TimeoutExpired:
                os.killpg(one.pid, signal.SIGKILL)
                one.wait()
            done += 1
            half = Record(killed / "record")  # raises SignError where it could not be read
            under = len(list((killed / "runs").glob("*/state.safetensors")))
            print(
                f"kill {done} after {life:.1f} s: {len(half['runs'])} runs, {len(half['jobs'])} jobs recorded, {under} trainings under way",
                flush=True,
            )
        status = start(killed, studies, options.workers).wait()
        found = Record(killed / "record")
        same = {name: rows == expected.decided()[name] for name, rows in found.decided().items()}
        told = {name: "the same" if ok else "DIFFERS" for name, ok in same.items()}
        print(f"after {done} kills: {', '.join(f'{name} {what}' for name, what in told.items())}")
        methods = {run: row["method"] for (run,), row in found["runs"].items()}
        for name, rows in expected.decided().items():
            other = found.decided()[name]
            different = [row for row in rows if row not in other]
            if different:
                whose = sorted({methods.get(row["run"], "?") for row in different})
                print(f"{len(different)} of {len(rows)} {name} differ, of {', '.join(whose)}; the first: {different[0]}")
        print(f"compared: every column but, of runs, {', '.join(CIRCUMSTANCES)}")
        return int(bool(status) or not all(same.values()) or done < options.kills)


if __name__ == "__main__":
    sys.exit(main())
