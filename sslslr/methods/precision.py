"""Which number format training computes in, and what the machine is good at."""

import os

import torch

from sslslr.errors import SignError

VERSION = "precision 1"

PRECISIONS = ("fp32", "bf16")

# glibc gives large buffers back to the system at once and asks for them again at the next step; with these it keeps
# them (13 to 19 % of a training step on a CPU). They must stand in the environment before a process starts.
MALLOC = {"MALLOC_MMAP_THRESHOLD_": str(1 << 30), "MALLOC_TRIM_THRESHOLD_": str(1 << 30), "MALLOC_TOP_PAD_": str(1 << 26)}


def resolve(precision: str) -> str:
    """``auto`` as the precision that is fast here: bf16 where the processor multiplies it natively, else fp32.

    Raises SignError for an unknown name. Weights, optimiser and the sums of every loss stay in fp32; the products run in
    bf16, those of heads and of contrastive similarities among them, as in mixed precision on a GPU.
    """
    if precision == "auto":
        if torch.cuda.is_available():
            return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp32"
        able = torch.cpu.get_capabilities()
        return "bf16" if able.get("avx512_bf16") or able.get("amx_bf16") else "fp32"
    if precision not in PRECISIONS:
        raise SignError(f"precision {precision!r} is unknown; there are auto, {', '.join(PRECISIONS)}")
    return precision


def autocast(device: torch.device, precision: str) -> torch.autocast:
    """Context in which the encoder's products run in ``precision``."""
    return torch.autocast(torch.device(device).type, torch.bfloat16, enabled=precision == "bf16")


def keep_memory() -> None:
    """Let the processes started from here on keep their large buffers (``MALLOC``); what the user has set stays."""
    for name, value in MALLOC.items():
        os.environ.setdefault(name, value)
