"""Tiny videos, stand-in backends and folders for the tests of extraction."""

import os
import resource
import time
from pathlib import Path
from typing import ClassVar

import av
import numpy as np

from sslslr.extract.sample import moving_portrait
from sslslr.extract.video import write_video


def noise(frames=6, size=(48, 64), seed=0):
    """Pictures (H, W, 3) of moving noise; no person in them."""
    rng = np.random.default_rng(seed)
    base = rng.integers(0, 256, (size[0] + frames, size[1] + frames, 3), dtype=np.uint8)
    return [np.ascontiguousarray(base[i : i + size[0], i : i + size[1]]) for i in range(frames)]


def numbered(frames=30, size=(48, 64)):
    """Pictures whose brightness tells their number: frame i is 8 i."""
    return [np.full((*size, 3), 8 * i, np.uint8) for i in range(frames)]


def number(picture) -> int:
    """Which frame of ``numbered`` this is."""
    return round(float(picture.mean()) / 8)


def person(path: Path, frames=6, size=192, turn=1.0, **options) -> Path:
    return write_video(path, moving_portrait(frames, size, turn), **options)


def audio(path: Path) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=16000)
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        sound.sample_rate = 16000
        for _ in range(20):
            sound.pts = None
            container.mux(stream.encode(sound))
        container.mux(stream.encode())
    return path


def rotated(path: Path, degrees: int, pictures) -> Path:
    """A video whose pixels are stored as given and whose flag says to turn it by ``degrees`` counterclockwise."""
    write_video(path, pictures)
    data = bytearray(path.read_bytes())
    # The track header's matrix: a, b, u, c, d, v, x, y, w as big-endian 16.16 (2.30 for u, v, w), after 40 bytes of fields.
    at = data.index(b"tkhd") + 4 + 40
    a, b, c, d = {0: (1, 0, 0, 1), 90: (0, -1, 1, 0), 180: (-1, 0, 0, -1), 270: (0, 1, -1, 0)}[degrees]
    for offset, value in zip((0, 4, 12, 16), (a, b, c, d), strict=True):
        data[at + offset : at + offset + 4] = (value * 65536).to_bytes(4, "big", signed=True)
    path.write_bytes(data)
    return path


class Stub:
    """A backend that takes no time: it "sees" a body in any picture that isn't black, the left hand in bright ones."""

    about: ClassVar = {"backend": "stub", "version": "1", "complexity": 0}
    delay = 0.0

    def __call__(self, pictures):
        bright = []
        for picture in pictures:
            time.sleep(self.delay)
            bright.append(picture.mean() / 255)
        seen = np.where(np.array(bright) > 0.02, np.array(bright), np.nan)[:, None, None]
        left = np.where(seen > 0.5, seen, np.nan)
        shapes = {"pose": (33, 3), "left_hand": (21, 3), "right_hand": (21, 3)}
        parts = {"pose": seen, "left_hand": left, "right_hand": np.full_like(seen, np.nan)}
        found = {k: np.broadcast_to(v, (len(bright), *shapes[k])) for k, v in parts.items()}
        return found | {"visibility": np.broadcast_to(seen[..., 0], (len(bright), 33))}


class Slow(Stub):
    delay = 0.02


class Counting(Slow):
    """Notes each clip in the file ``SSLSLR_TEST_LOG``; with ``SSLSLR_TEST_STOP`` it hangs once so many are noted."""

    def __call__(self, pictures):
        log = Path(os.environ["SSLSLR_TEST_LOG"])
        if log.exists() and len(log.read_text().splitlines()) >= int(os.environ.get("SSLSLR_TEST_STOP", 10**9)):
            time.sleep(60)
        result = super().__call__(pictures)
        with open(os.environ["SSLSLR_TEST_LOG"], "a") as log:
            log.write(f"{os.getpid()}\n")
        return result


class FullDisk(Stub):
    """The process may not write files beyond 1 kB, as on a full disk."""

    def __init__(self):
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))


class Crashing(Stub):
    """Dies, as native code does, at a video of five frames."""

    def __call__(self, pictures):
        pictures = list(pictures)
        if len(pictures) == 5:
            os.kill(os.getpid(), 11)
        return super().__call__(pictures)


class CrashingAtStart(Crashing):
    """Dies at a video of five frames, and then, as where memory is short, once more as it is made anew."""

    def __init__(self):
        with open(os.environ["SSLSLR_TEST_LOG"], "a+") as log:
            log.write(".")
            if log.tell() == 2:
                os.kill(os.getpid(), 9)


class Failing(Stub):
    """Raises at a video of five frames, as a graph in trouble does."""

    def __call__(self, pictures):
        pictures = list(pictures)
        if len(pictures) == 5:
            raise RuntimeError("graph failed")
        return super().__call__(pictures)


class Unmakeable:
    def __init__(self):
        raise ImportError("no backend here")


def partials(folder: Path) -> list[Path]:
    """Files that an interrupted write left behind."""
    return [p for p in Path(folder).rglob("*") if "partial" in p.name]
