"""Extraction: two workers against one, and against pose-format's ``videos_to_poses``, on the same clips in the same run.

    python benchmarks/extraction.py [VIDEO_OR_FOLDER] [--clips 16] [--rounds 3]

Prints ratios, since absolute speed is the machine's; rounds alternate the contestants, so that a busy machine hits all.
"""

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from sslslr.extract.clips import Clip
from sslslr.extract.sample import moving_portrait
from sslslr.extract.video import VIDEOS, write_video


def prepare(folder: Path, given: Path | None, clips: int) -> None:
    """``clips`` videos: copies of what is given, or rendered portraits of 48 frames."""
    found = sorted(p for p in given.rglob("*") if p.suffix.lower() in VIDEOS) if given and given.is_dir() else [given] if given else []
    for i in range(clips):
        if found:
            video = found[i % len(found)]
            shutil.copy(video, folder / f"{i:02}{video.suffix.lower()}")
        else:
            write_video(folder / f"{i:02}.mp4", moving_portrait(48, 512, turn=0.5 + i / clips))


def timed(command: list[str]) -> tuple[float, float]:
    """Wall and processor seconds of a command, its start included."""
    started, spent = time.perf_counter(), processor()
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout[-800:]}{done.stderr[-800:]}")
    return time.perf_counter() - started, processor() - spent


def processor() -> float:
    """Processor seconds of all finished children so far, which a busy machine disturbs less than wall time."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("videos", type=Path, nargs="?")
    parser.add_argument("--clips", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary)
        (videos := root / "videos").mkdir()
        prepare(videos, asked.videos, asked.clips)
        contestants = ("ours, 1 worker", "ours, 2 workers", "pose-format, 1 worker", "pose-format, 2 workers")
        seconds: dict[str, list[tuple[float, float]]] = {name: [] for name in contestants}
        for turn in range(asked.rounds):
            for name in seconds:
                workers = name.split(", ")[1][0]
                out = root / f"{name[:4]}-{workers}-{turn}"
                if name.startswith("ours"):
                    command = [sys.executable, "-m", "sslslr.extract", str(videos), str(out), "--workers", workers]
                else:
                    shutil.copytree(videos, out)  # it writes beside the videos
                    peer = Path(sys.executable).parent / "videos_to_poses"
                    command = [str(peer), "-f", "mediapipe", "-d", str(out), "--num-workers", workers]
                seconds[name].append(timed(command))
        stored = sorted((root / "ours-1-0" / "clips").glob("*.npz"))
        frames = sum(len(Clip.load(p)) for p in stored)
        same = sum(p.read_bytes() == (root / "ours-2-0" / "clips" / p.name).read_bytes() for p in stored)
        peers = len(list((root / "pose-1-0").glob("*.pose")))
    print(f"{len(stored)} clips, {frames} frames, {asked.rounds} rounds, {os.cpu_count()} cores; pose-format wrote {peers} files")
    for name, taken in seconds.items():
        wall, spent = zip(*taken, strict=True)
        rate, cost = frames / statistics.median(wall), 1000 * statistics.median(spent) / frames
        print(f"  {name:24} {rate:6.1f} frames/s  {cost:5.1f} ms of processor a frame   wall seconds: {' '.join(f'{t:.1f}' for t in wall)}")
    print(f"files of 2 workers and of 1 that are bit-identical: {same} of {len(stored)}")
    one, two = "ours, 1 worker", "ours, 2 workers"
    for a, b in ((two, one), (one, "pose-format, 1 worker"), (two, "pose-format, 2 workers")):
        for what, column in (("wall time", 0), ("processor time", 1)):
            ratios = [y[column] / x[column] for x, y in zip(seconds[a], seconds[b], strict=True)]
            each = " ".join(f"{r:.2f}" for r in ratios)
            print(f"{a} is {statistics.median(ratios):.2f}x as fast as {b} by {what} (n = {len(ratios)} rounds: {each})")


if __name__ == "__main__":
    main()
