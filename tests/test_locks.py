"""Locks where a file system has none, as NFS and Lustre are mounted on some clusters."""

import errno
import fcntl
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from conftest import make_signs
from filelock import SoftFileLock, Timeout

from sslslr import locks, paths
from sslslr.learning import store
from sslslr.learning.training import Run
from sslslr.methods.encoder import EncoderConfig

HOLDS = "from filelock import SoftFileLock as L; import sys, time; own = L(sys.argv[1]); own.acquire(); print('has it', flush=True); time.sleep(600)"


@pytest.fixture(params=[errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, 524])
def without(request, monkeypatch):
    """The answer of a file system without locks."""

    def flock(*_):
        raise OSError(request.param, os.strerror(request.param))

    monkeypatch.setattr(fcntl, "flock", flock)


def test_where_there_are_no_locks_files_stand_for_them(tmp_path, without):
    first = locks.lock(tmp_path / "lock", timeout=0)
    assert isinstance(first, SoftFileLock)
    with first, pytest.raises(Timeout):
        locks.lock(tmp_path / "lock", timeout=0).acquire()
    with locks.lock(tmp_path / "lock", timeout=0):
        assert sorted(p.name for p in tmp_path.iterdir()) == ["lock", "lock.soft"]


def test_a_run_is_trained_where_there_are_no_locks(without):
    signs = make_signs(clips=24, classes=2)
    run = Run("simsiam", epochs=1, batch=8, encoder=EncoderConfig(blocks=1, width=16, heads=2))
    trained = store.fetch(run, signs)
    assert len(trained.metrics) == 1 and not list(paths.runs().rglob("*.soft"))
    with paths.one_at_a_time(paths.runs(), "training"):
        assert list(paths.runs().glob("*.soft"))


def test_what_a_killed_process_left_holds_nobody_up(tmp_path, monkeypatch, without):
    monkeypatch.setattr(locks, "PATIENCE", 600)
    killed = subprocess.Popen([sys.executable, "-c", HOLDS, str(tmp_path / "lock.soft")], stdout=subprocess.PIPE, text=True)
    assert killed.stdout.readline() == "has it\n"
    with pytest.raises(Timeout):
        locks.lock(tmp_path / "lock", timeout=0).acquire()
    killed.kill()
    killed.wait()
    with locks.held(tmp_path / "lock"):
        assert (tmp_path / "lock.soft").exists()


def test_one_that_waits_for_another_machines_file_names_it_and_goes_on_when_it_is_gone(tmp_path, monkeypatch, capsys, without):
    monkeypatch.setattr(locks, "PATIENCE", 0)
    left: Path = tmp_path / "lock.soft"
    left.write_text("4711\nanother-machine\n")
    threading.Timer(1.5, left.unlink).start()
    with locks.held(tmp_path / "lock"):
        assert capsys.readouterr().err == f"{left}: waits for the process that made this file; delete it if that has ended\n"


def test_where_there_are_locks_the_systems_is_taken(tmp_path):
    with locks.lock(tmp_path / "lock") as held:
        assert not isinstance(held, SoftFileLock) and [p.name for p in tmp_path.iterdir()] == ["lock"]
        with pytest.raises(Timeout):
            locks.lock(tmp_path / "lock", timeout=0).acquire()
