"""The same linear algebra on all processors of one kind of instructions."""

import os
import re
from contextlib import suppress
from pathlib import Path


def settle() -> None:
    """Let numpy's and scipy's OpenBLAS compute by AVX2 wherever an x86 processor has it, unless OPENBLAS_CORETYPE says otherwise.

    Left alone it takes other code on each generation of processors, by a list that is as old as its version: a probe that is fitted
    (L-BFGS) ends elsewhere then, and moves by a clip or two of its test. To be called before numpy is imported; PyTorch has its own.
    """
    with suppress(OSError):
        told = re.search(r"^flags\s*:(.*)$", Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.MULTILINE)
        if told and {"avx2", "fma"} <= set(told[1].split()):
            os.environ.setdefault("OPENBLAS_CORETYPE", "Haswell")
