"""What made a result: code, versions, machine."""

import ast
import hashlib
import platform
import resource
import subprocess
import sys
from functools import cache
from importlib import import_module, metadata

from sslslr import __version__
from sslslr.paths import ROOT


@cache
def code_version(*modules: str) -> str:
    """Hash of what the modules do: their syntax trees without docstrings, so a comment changes nothing."""
    digest = hashlib.sha256()
    for name in modules:
        with open(import_module(name).__file__, encoding="utf-8") as file:
            tree = ast.parse(file.read())
        for node in ast.walk(tree):
            body = getattr(node, "body", None)
            if isinstance(body, list) and body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
                node.body = body[1:]
        digest.update(ast.dump(tree).encode())
    return digest.hexdigest()


@cache
def commit() -> str:
    """Short commit of the checkout, with ``+`` when tracked files differ from it; ``unknown`` outside git."""
    try:
        head, changed = (
            subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True, timeout=20).stdout.strip()
            for words in (["rev-parse", "--short=10", "HEAD"], ["status", "--porcelain", "--untracked-files=no"])
        )
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return head + ("+" if changed else "")


def peak_memory_mb() -> float:
    """Largest resident memory of this process so far, in MB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if sys.platform == "darwin" else 1e3)


def provenance() -> dict:
    """Commit, versions and machine, as plain JSON values."""
    import torch

    packages = ("torch", "numpy", "scikit-learn", "mediapipe")
    return {
        "sslslr": __version__,
        "commit": commit(),
        "python": platform.python_version(),
        "versions": {p: metadata.version(p) for p in packages},
        "machine": f"{platform.system()} {platform.machine()}",
        "device": torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu",
        "threads": torch.get_num_threads(),
    }
