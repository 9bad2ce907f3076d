"""Killed and run again: nothing lost, nothing twice, nothing half-written, no process left behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import psutil
import pytest
from media import Stub, noise, partials

from sslslr.errors import SignError
from sslslr.extract.batch import extract
from sslslr.extract.video import write_video

HERE = Path(__file__).parent
# A shell starts background jobs with SIGINT ignored, and their children inherit it: the batch takes it up again.
BATCH = (
    "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); from media import *; "
    "from sslslr.extract.batch import extract; extract(sys.argv[1], sys.argv[2], 2, backend=Counting)"
)


def start(videos, out, log, **more):
    environment = os.environ | {"SSLSLR_TEST_LOG": str(log), "PYTHONPATH": str(HERE)} | more
    return subprocess.Popen([sys.executable, "-c", BATCH, videos, out], env=environment, start_new_session=True, stderr=subprocess.DEVNULL)


def wait_for(condition, seconds=30):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_killed_in_the_middle_of_twenty_it_goes_on_where_it_was(tmp_path, how):
    videos, out, log = tmp_path / "in", tmp_path / "out", tmp_path / "log"
    videos.mkdir()
    for i in range(20):
        write_video(videos / f"{i:02}.mp4", noise(8, seed=i))
    batch = start(videos, out, log, SSLSLR_TEST_STOP="8")  # so that it is killed in the middle on any machine
    wait_for(lambda: len(list(out.rglob("*.npz"))) >= 6)
    family = psutil.Process(batch.pid).children(recursive=True)
    assert len(family) >= 2
    batch.send_signal(how)
    batch.wait(20)
    _, alive = psutil.wait_procs(family, timeout=10)
    assert not alive, "orphan workers"
    stamps = {p: p.stat().st_mtime_ns for p in out.rglob("*.npz")}
    assert 6 <= len(stamps) < 20 and not partials(out)
    started = len(log.read_text().splitlines())
    assert start(videos, out, log).wait(60) == 0
    assert len(list(out.rglob("*.npz"))) == 20 == len(pd.read_csv(out / "instances.csv"))
    assert all(p.stat().st_mtime_ns == stamp for p, stamp in stamps.items()), "a finished clip was touched"
    assert len(log.read_text().splitlines()) - started == 20 - len(stamps), "extracted twice"
    assert not partials(out)


def test_what_a_killed_writer_left_is_cleared_away(tmp_path):
    write_video(tmp_path / "a.mp4", noise(3))
    left = tmp_path / "out" / "clips" / ".a.mp4.123.partial.npz"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"half")
    extract(tmp_path / "a.mp4", tmp_path / "out", 1, backend=Stub, progress=False)
    assert not left.exists()


def test_two_at_once_on_one_folder_are_refused(tmp_path):
    videos, out, log = tmp_path / "in", tmp_path / "out", tmp_path / "log"
    videos.mkdir()
    for i in range(10):
        write_video(videos / f"{i}.mp4", noise(20))
    first = start(videos, out, log)
    try:
        wait_for(lambda: list(out.rglob("*.npz")))
        with pytest.raises(SignError, match="another extraction"):
            extract(videos, out, 1, backend=Stub, progress=False)
    finally:
        first.kill()
        first.wait()
