"""Numbers that are the same on processors of several generations, and with one thread or two."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from conftest import make_signs
from threadpoolctl import threadpool_info, threadpool_limits

from sslslr import arithmetic, paths
from sslslr.learning import grid
from sslslr.learning.training import Run
from sslslr.methods.encoder import EncoderConfig

SHOW = "import sslslr, numpy, scipy.linalg; from threadpoolctl import threadpool_info; print({i['architecture'] for i in threadpool_info() if i['internal_api'] == 'openblas'})"
RUN = Run("simclr", epochs=0, encoder=EncoderConfig(blocks=1, width=16, heads=2))


def seen(**env) -> str:
    env = {k: v for k, v in os.environ.items() if k != "OPENBLAS_CORETYPE"} | env
    return subprocess.run([sys.executable, "-c", SHOW], cwd=paths.ROOT, env=env, capture_output=True, text=True, check=True).stdout.strip()


@pytest.mark.skipif("avx2" not in Path("/proc/cpuinfo").read_text(), reason="this processor has no AVX2")
def test_blas_takes_the_same_code_on_every_generation_and_a_user_may_choose():
    assert seen() == "{'Haswell'}" and seen(OPENBLAS_CORETYPE="Nehalem") == "{'Nehalem'}"


@pytest.mark.parametrize("flags, taken", [("fpu avx2 fma avx512f", "Haswell"), ("fpu sse4_2 avx", None), (None, None)])
def test_older_and_other_processors_are_left_alone(tmp_path, monkeypatch, flags, taken):
    (tmp_path / "cpuinfo").write_text("" if flags is None else f"processor\t: 0\nflags\t\t: {flags}\n")
    monkeypatch.setattr(arithmetic, "Path", lambda _: tmp_path / "cpuinfo")
    monkeypatch.setenv("OPENBLAS_CORETYPE", "x")
    monkeypatch.delenv("OPENBLAS_CORETYPE")
    arithmetic.settle()
    assert os.environ.get("OPENBLAS_CORETYPE") == taken


def threads(run, signs) -> list[int]:
    np.ones((64, 64)) @ np.ones((64, 64))
    return [i["num_threads"] for i in threadpool_info()]


def test_a_run_and_its_probes_take_one_thread_alone_as_beside_others():
    with threadpool_limits(2):
        (alone,) = grid.side_by_side(threads, [(RUN, make_signs())], workers=1)
        beside = grid.side_by_side(threads, [(RUN, make_signs())] * 2, workers=2)
        assert {n for found in (alone, *beside) for n in found} == {1} and 2 in threads(RUN, None)
