"""kill -9 at any moment, of one process or of all: the same command then completes, and gives what an undisturbed one gives."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
import work

WORK = Path(work.__file__)
at_length = pytest.mark.skipif(not os.environ.get("SSLSLR_CAMPAIGN"), reason="minutes: make campaign runs it")


def start(kind: str, folder: Path, under: tuple[str, ...] = ()) -> subprocess.Popen:
    """The work, begun: it has imported what it needs. ``under``: a command that starts it."""
    folder.mkdir(parents=True, exist_ok=True)
    plain = {k: v for k, v in os.environ.items() if not k.startswith("SSLSLR_")}
    process = subprocess.Popen(
        [*under, sys.executable, str(WORK), kind, str(folder)], stdout=subprocess.PIPE, stderr=(folder / "stderr").open("w"), text=True,
        start_new_session=True, env=plain | {"OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    while (line := process.stdout.readline()) and line != "begun\n":
        pass
    return process


def finish(process: subprocess.Popen, folder: Path) -> float:
    """Wait for it; returns the seconds that it took. Fails with what it said where it does not end well, or leaves a process behind."""
    began = time.monotonic()
    process.stdout.read()
    assert process.wait(300) == 0, (folder / "stderr").read_text()[-2000:]
    took = time.monotonic() - began
    assert not alive(process.pid), "a process is left behind"
    return took


def alive(session: int, patience: float = 10) -> list:
    """Processes of a session that are still there after a while."""
    end = time.monotonic() + patience
    while found := [p for p in psutil.process_iter() if _session(p.pid) == session and p.status() != psutil.STATUS_ZOMBIE]:
        if time.monotonic() > end:
            break
        time.sleep(0.05)
    return found


def _session(pid: int) -> int:
    try:
        return os.getsid(pid)
    except OSError:
        return -1


@pytest.mark.parametrize("kind", [k.__name__ for k in work.KINDS])
def test_killed_at_random_moments_it_ends_as_an_undisturbed_one(kind, tmp_path, times, told):
    took = finish(start(kind, tmp_path / "whole"), tmp_path / "whole")
    whole = work.outcome(kind, tmp_path / "whole")
    assert whole
    kills = inside = 0
    for number in range(times(1, 7)):
        folder, rng = tmp_path / str(number), random.Random(f"{kind} {number}")
        if (made := tmp_path / "whole" / "in").exists():  # the same videos: an encoder of video does not write the same bytes twice
            shutil.copytree(made, folder / "in")
        for _ in range(times(1, 2) if number % 2 else 1):
            process = start(kind, folder)
            time.sleep(rng.uniform(0.02, 1) * took)
            inside += process.poll() is None
            if rng.random() < 0.5:
                with suppress(ProcessLookupError):  # it was faster this time
                    os.killpg(process.pid, signal.SIGKILL)  # as a machine that stops
            else:
                process.kill()  # as the kernel that wants its memory back
                assert not alive(process.pid, 30), "workers outlive their parent"
            process.wait()
            process.stdout.close()
            kills += 1
        finish(start(kind, folder), folder)
        assert work.outcome(kind, folder) == whole
    told(f"{kills} kills, {inside} of them before its end ({took:.1f} s undisturbed), every result the same")


@at_length
@pytest.mark.parametrize("kind", ["papermill"])
def test_two_at_once_in_one_folder_give_what_one_gives(kind, tmp_path):
    finish(start(kind, tmp_path / "whole"), tmp_path / "whole")
    first, second = (start(kind, tmp_path / "both") for _ in range(2))
    said = first.stdout.read() + second.stdout.read()
    assert first.wait() == second.wait() == 0, (tmp_path / "both" / "stderr").read_text()[-2000:]
    assert work.outcome(kind, tmp_path / "both") == work.outcome(kind, tmp_path / "whole")
    assert kind != "papermill" or (said.count("another make reproduce is at work there") == 1 and said.count("up to date") == 3), said


@at_length
@pytest.mark.parametrize("kind", ["grid", "papermill"])  # extraction: tests/extract/test_extract_killed.py
def test_ctrl_c_is_one_line_leaves_no_process_and_the_same_command_goes_on(kind, tmp_path, times, told):
    took = finish(start(kind, tmp_path / "whole"), tmp_path / "whole")
    lines = 0
    for number in range(times(1, 4)):
        folder, rng = tmp_path / str(number), random.Random(f"interrupted {kind} {number}")
        process = start(kind, folder)
        time.sleep(rng.uniform(0.1, 0.8) * took)
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does, to all of them
        process.stdout.read()
        code, said = process.wait(60), (folder / "stderr").read_text()
        assert code in (0, 130), said
        assert "Traceback" not in said and not alive(process.pid), said
        lines += code == 130 and said.strip().splitlines()[-1].endswith("the same command goes on from here")
        finish(start(kind, folder), folder)
        assert work.outcome(kind, folder) == work.outcome(kind, tmp_path / "whole")
    told(f"{times(1, 4)} interrupted, {lines} said so in one line")


@at_length
@pytest.mark.skipif(not shutil.which("faketime"), reason="faketime sets a process's clock (Debian's package)")
@pytest.mark.parametrize("kind", ["packing", "pretraining", "grid", "finetuning", "record", "papermill"])
@pytest.mark.parametrize("clock", ["-400 days", "+400 days"])
def test_a_clock_that_was_set_makes_no_difference(kind, clock, tmp_path, told):
    """Begun and killed by one clock, finished by another; then asked once more by the first, when nothing is left to do."""
    took = finish(start(kind, tmp_path / "whole"), tmp_path / "whole")
    process = start(kind, tmp_path / "set")
    time.sleep(0.5 * took)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    for under in (("faketime", "-m", "-f", clock.replace(" days", "d")), ()):
        finish(start(kind, tmp_path / "set", under), tmp_path / "set")
        assert work.outcome(kind, tmp_path / "set") == work.outcome(kind, tmp_path / "whole")
    told(f"clock {clock}: the same result")


FULL = """
mount -t tmpfs -o size={size}k tmpfs {folder} || exit 77
{python} {work} {kind} {folder}; echo "status $?" >&2
mount -o remount,size=500m {folder}
{python} {work} {kind} {folder} || exit 1
cp -r {folder}/. {out}
"""


@pytest.mark.parametrize("kind, size", [("packing", 2100), ("pretraining", 150), pytest.param("record", 500, marks=at_length)])
def test_on_a_full_disk_it_says_so_in_one_line_and_goes_on_when_there_is_room(kind, size, tmp_path, told):
    finish(start(kind, tmp_path / "whole"), tmp_path / "whole")
    for name in ("folder", "out"):
        (tmp_path / name).mkdir()
    script = FULL.format(size=size, folder=tmp_path / "folder", out=tmp_path / "out", python=sys.executable, work=WORK, kind=kind)
    done = subprocess.run(["unshare", "-m", "bash", "-c", script], capture_output=True, text=True)
    if done.returncode in (1, 77) and "status" not in done.stderr:
        pytest.skip("no file system of a test's own can be mounted here")
    first, _, second = done.stderr.partition("status ")
    assert done.returncode == 0, done.stderr[-2000:]
    assert work.outcome(kind, tmp_path / "out") == work.outcome(kind, tmp_path / "whole")
    assert "Traceback" not in first, first[-2000:]
    told(f"status {second.split()[0]}: {(first.strip().splitlines() or ['nothing said'])[-1][-160:]}")
    assert int(second.split()[0]) in (0, 2)
