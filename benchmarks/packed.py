"""Reading clips for training: the packed cache against one ``.npy`` file a clip, in the same run.

``python benchmarks/packed.py`` makes 100,000 synthetic clips, stores them both ways (float16 both, about 3.5 GB in a
temporary folder that is removed), and prints for each, from a process of its own: the time to open, samples a second
through the batches of training (shuffled, as float32 tensors with lengths and labels), and the peak of the memory that it
allocates (mapped pages, which the system takes back when it needs them, not counted). For Linux.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

FRAMES, BATCH, CHUNK = 64, 512, 4000


def make(clips: int, folder: Path) -> None:
    """Write ``folder/pack`` and ``folder/files/*.npy``: the same clips, made by the synthetic generator."""
    from tqdm import tqdm

    from sslslr.clips.signs import prepare
    from sslslr.datasets import synthetic
    from sslslr.datasets.packed import pack

    files = folder / "files"
    files.mkdir(parents=True)

    def parts():
        for start in tqdm(range(0, clips, CHUNK), unit="chunk", disable=not sys.stderr.isatty()):
            signs = synthetic.make("lsfb-like", classes=100, signers=10, clips=max(400, min(CHUNK, clips - start)), seed=start)
            signs = prepare(signs.subset(np.arange(min(CHUNK, clips - start))), FRAMES)
            for i, (x, n) in enumerate(zip(signs.landmarks, signs.lengths, strict=True), start):
                np.save(files / f"{i:06d}.npy", x[:n].astype(np.float16))
            yield signs

    pack(parts(), clips, FRAMES, folder / "pack")


def forget(folder: Path) -> None:
    """Ask the system to drop the files' pages from memory, so that reading begins at the disk."""
    for path in sorted(folder.rglob("*.npy")):
        handle = os.open(path, os.O_RDONLY)
        os.fsync(handle)
        os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(handle)


def allocated() -> float:
    """Memory that this process has allocated, in MB: without pages of mapped files, which the system can take back."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1e3 for line in lines if line.startswith("RssAnon"))


def through_batches(folder: Path, way: str, samples: int) -> dict:
    """Open, then take ``samples`` clips in training's batches; runs in a process of its own."""
    import torch

    from sslslr.datasets.packed import open_packed
    from sslslr.datasets.source import fingerprint
    from sslslr.learning.training import batches

    base, started = allocated(), time.perf_counter()
    signs = open_packed(folder / "pack")  # for the files it only says how many there are, and their labels
    opened = time.perf_counter() - started
    names = [folder / "files" / f"{i:06d}.npy" for i in range(len(signs))] if way == "files" else []
    base = allocated() if way == "files" else base
    valid, taken, peak, started = signs.valid, 0, 0.0, time.perf_counter()
    for index in batches(len(signs), BATCH, torch.Generator().manual_seed(0)):
        if way == "packed":
            x = signs.landmarks[index]
        else:
            x = np.full((len(index), FRAMES, *signs.landmarks.shape[2:]), np.nan, np.float16)
            for row, i in zip(x, index, strict=True):
                clip = np.load(names[i])
                row[: len(clip)] = clip
        batch = [torch.from_numpy(x).float(), *(torch.from_numpy(a[index]) for a in (valid, signs.lengths, signs.labels))]
        taken += len(batch[0])
        peak = max(peak, allocated() - base)
        if taken >= samples:
            break
    seconds = time.perf_counter() - started
    result = {"open": opened if way == "packed" else None, "samples/s": taken / seconds, "samples": taken, "memory": peak}
    if way == "files":
        started = time.perf_counter()
        fingerprint(folder / "files")
        result["fingerprint"] = time.perf_counter() - started
    return result


def measure(folder: Path, way: str, samples: int, cold: bool) -> dict:
    """``through_batches`` in a fresh process."""
    if cold:
        forget(folder / ("pack" if way == "packed" else "files"))
    command = [sys.executable, __file__, "--folder", str(folder), "--way", way, "--samples", str(samples)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1])


def main() -> None:
    """Make, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=100_000)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--way", choices=("packed", "files"), help=argparse.SUPPRESS)
    parser.add_argument("--samples", type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.way:
        print(json.dumps(through_batches(asked.folder, asked.way, asked.samples)))
        return
    folder = Path(tempfile.mkdtemp(prefix="sslslr-packed-"))
    try:
        started = time.perf_counter()
        make(asked.clips, folder)
        made = time.perf_counter() - started
        size = {n: sum(f.stat().st_size for f in (folder / n).iterdir()) / 1e9 for n in ("pack", "files")}
        print(f"{asked.clips:,} synthetic clips of at most {FRAMES} frames made and stored in {made:.0f} s: ", end="")
        print(f"packed {size['pack']:.2f} GB, {asked.clips:,} .npy files {size['files']:.2f} GB; batches of {BATCH}")
        print(f"  {'':<22}{'open':>9}{'samples/s':>12}{'ratio':>8}{'memory':>10}")
        for state, cold in (("from memory", False), ("from disk", True)):
            rows = {way: measure(folder, way, asked.clips, cold) for way in ("files", "packed")}
            for way, row in rows.items():
                ratio = row["samples/s"] / rows["files"]["samples/s"]
                opened = f"{1000 * row['open']:.0f} ms" if row["open"] else "-"
                print(f"  {way + ', ' + state:<22}{opened:>9}{row['samples/s']:>12,.0f}{ratio:>7.1f}x{row['memory']:>7.0f} MB")
        print(f"  checking that none of {asked.clips:,} source files has changed: {rows['files']['fingerprint']:.2f} s")
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
