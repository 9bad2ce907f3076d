"""Frames of a video, or of a folder of pictures: upright, complete, with time stamps, or a reason why not.

Half a video is never passed off as a whole one. Decoders raise for most damaged files, but some containers end
quietly where the file was cut off (a Matroska file cut at 60 % yields 1 of 40 frames and no error), so the size that
the file declares is compared with its real one first.
"""

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import av
import numpy as np
from av.error import FFmpegError

from sslslr.errors import SignError
from sslslr.extract.containers import declared_size
from sslslr.extract.pictures import ENDINGS, amiss, pictures, read_picture

VIDEOS = frozenset(
    [".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm", ".mpg", ".mpeg", ".mts", ".m2ts", ".ts", ".wmv", ".flv", ".3gp", ".ogv"]
)
SLACK_MS, SLACK_FRAMES = 250.0, 6
"""A clip may end this much after its recording's last frame: annotations are rounded, and frames counted at other rates."""


class VideoError(SignError):
    """A video that can't be read whole. ``reason``: missing, unreadable, no video stream, truncated or empty."""

    def __init__(self, reason: str, message: str):
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True)
class Cut:
    """The part of a recording that is the clip; by time in ms, or by frame number. None: no bound.

    start, end: ms from the video's beginning, both included.  first, last: frames counted from 1, both included.
    fps: of a folder of pictures, which doesn't know its own.
    """

    start: float | None = None
    end: float | None = None
    first: int | None = None
    last: int | None = None
    fps: float = 25.0


WHOLE = Cut()


def frames(path: Path, cut: Cut = WHOLE) -> Iterator[tuple[float, np.ndarray]]:
    """Yield (time in ms, upright RGB picture (H, W, 3) uint8) for each frame of the clip.

    Rotation and mirroring flags are applied, and pixels that aren't square are made so. Raises VideoError at whatever is wrong,
    if need be after some frames: a caller keeps nothing of a clip that did not end well.
    """
    path = Path(path)
    read = _check_file(path)
    count, begun, last_time, size, taken, passed = 0, 0.0, 0.0, None, False, False
    for time, picture in read(path, cut):
        count, begun, last_time = count + 1, begun if count else time, time
        if size not in (None, picture.shape):
            where = _place(count, begun, time)
            raise VideoError("unreadable", f"{path}: the picture's size changes at {where}; re-encode the video at one size")
        size = picture.shape
        at = round(time, 3)  # a time in microseconds is no reason to lose a frame
        if passed := bool((cut.last and count > cut.last) or (cut.end is not None and at > cut.end)):
            break
        if (cut.first and count < cut.first) or (cut.start and at < cut.start):  # from 0 means from the first frame on
            continue
        taken = True
        yield time, picture
    if passed and not taken:
        raise VideoError(
            "empty",
            f"{path}: no frame lies in {_range(cut)}; {f'frame {count}' if begun <= 0 else 'one'} is the next, at {last_time:.0f} ms (times are in ms)",
        )
    if not passed:
        _check_end(path, cut, count, last_time, _place(count, begun, last_time), taken)


def _place(count: int, begun: float, time: float) -> str:
    """Where a frame is: its number only where reading began with the first frame, not where it went to the clip's start at once."""
    return f"{time:.0f} ms" + (f", frame {count}" if begun <= 0 else "")


def _check_end(path: Path, cut: Cut, count: int, last_time: float, place: str, taken: bool) -> None:
    if count == 0:
        raise VideoError("empty", f"{path}: holds no frame; leave it out or download it again")
    if not taken:
        raise VideoError("empty", f"{path}: no frame lies in {_range(cut)}; the video ends at {place}")
    if (cut.end is not None and cut.end > last_time + SLACK_MS) or (cut.last and cut.last > count + SLACK_FRAMES):
        raise VideoError("truncated", f"{path}: ends at {place}, before the end of {_range(cut)}; wrong file?")


def _range(cut: Cut) -> str:
    unit, a, b = ("frames", cut.first, cut.last) if cut.first or cut.last else ("ms", cut.start, cut.end)
    return f"{unit} {a if a is not None else 'first'} to {b if b is not None else 'last'}"


def _check_file(path: Path):
    """The function that reads this path, or VideoError for what can be told without decoding."""
    if path.is_symlink() and not path.exists():
        raise VideoError("missing", f"{path}: a link to {path.readlink()}, which does not exist; restore the file or drop the link")
    if not path.exists():
        raise VideoError("missing", f"{path}: no such file; check the manifest's path or download it again")
    if path.is_dir():
        return _folder_frames
    if not path.is_file():
        raise VideoError("unreadable", f"{path}: neither a file nor a folder; leave it out")
    try:
        size, declared, head = path.stat().st_size, declared_size(path), path.open("rb").read(64)
    except OSError as error:
        raise VideoError("unreadable", f"{path}: can't be opened ({error.strerror}); check its permissions") from None
    if size == 0:
        raise VideoError("empty", f"{path}: zero bytes; download it again")
    if head.lstrip().lower().startswith((b"<!doctype", b"<html", b"<?xml")):
        raise VideoError("unreadable", f"{path}: a web page, not a video (a dead link?); download it again")
    if declared > size:
        raise VideoError("truncated", f"{path}: {size} bytes of the {declared} that it declares; download it again")
    return _video_frames


def _video_frames(path: Path, cut: Cut) -> Iterator[tuple[float, np.ndarray]]:
    """All frames from the clip's start on (or earlier) to the video's end."""
    if cut.start and cut.start > 2000:
        started = False
        try:
            for time, picture in _decode(path, seek=cut.start):
                if not started and time > cut.start:
                    break  # the index led past the start: read from the beginning instead
                started = True
                yield time, picture
        except VideoError:
            if started:
                raise
        if started:
            return
    yield from _decode(path)


def _decode(path: Path, seek: float = 0.0) -> Iterator[tuple[float, np.ndarray]]:
    index, before = 0, 0.0
    try:
        with av.open(str(path.absolute()), metadata_errors="replace") as container:  # "talk:1.mp4" alone would be taken for a protocol
            streams = [s for s in container.streams.video if not s.disposition & s.disposition.attached_pic]
            if not streams:
                raise VideoError("no video stream", f"{path}: has no video, only {_contents(container)}; leave it out")
            best = container.streams.best("video")  # of two, the one that players show
            stream = next((s for s in streams if best and s.index == best.index), streams[0])
            if stream.codec_context is None:
                raise VideoError("unreadable", f"{path}: its video is in no codec that is known here; re-encode it, or download it again")
            stream.codec_context.options = {"err_detect": "explode"}
            origin = stream.start_time or 0
            if seek and stream.time_base:
                container.seek(origin + int(seek / 1000 / stream.time_base), stream=stream)
            for index, frame in enumerate(container.decode(stream), 1):
                if frame.is_corrupt:
                    raise VideoError("unreadable", f"{path}: damaged after {_place(index - 1, seek, before)}; download it again")
                time = (index - 1) * 1000 / float(stream.average_rate or stream.base_rate or 25)
                if frame.pts is not None and frame.time_base is not None:
                    time = float((frame.pts - origin) * frame.time_base) * 1000
                elif seek:
                    raise VideoError("unreadable", f"{path}: has no time stamps; re-encode it")
                if index > 1 and time < before:  # frames come in the order in which they are shown
                    raise VideoError(
                        "unreadable", f"{path}: its time stamps start again after {_place(index - 1, seek, before)}; re-encode it"
                    )
                before = time
                yield time, _upright(frame, stream.sample_aspect_ratio)
    except FFmpegError as error:
        where = f"damaged after {_place(index, seek, before)}" if index else "not a video that can be decoded"
        raise VideoError("unreadable", f"{path}: {where} ({error.strerror}); download it again") from None


def _contents(container) -> str:
    return ", ".join(sorted({s.type for s in container.streams})) or "nothing"


def _upright(frame: av.VideoFrame, pixel_aspect) -> np.ndarray:
    """The picture as a player shows it, (H, W, 3) uint8 RGB."""
    aspect = float(pixel_aspect or 1) or 1.0
    width = None if 0.99 < aspect < 1.01 else max(1, round(frame.width * aspect))
    picture = frame.to_ndarray(format="rgb24", width=width) if width else frame.to_ndarray(format="rgb24")
    a, b, mirrored = _display(frame)
    turns = -math.atan2(-b, -a) * 2 / math.pi if mirrored else frame.rotation / 90
    return np.ascontiguousarray(np.rot90(picture[:, ::-1] if mirrored else picture, round(turns) % 4))


def _display(frame: av.VideoFrame) -> tuple[int, int, bool]:
    """Where the display matrix, if there is one, sends x (as front cameras write it), and whether it mirrors the picture."""
    told: Any = frame.side_data  # a mapping by name, which its annotations don't say
    if "DISPLAYMATRIX" not in told:
        return 1, 0, False
    (a, b, _), (c, d, _), _ = np.frombuffer(told["DISPLAYMATRIX"], np.int32).reshape(3, 3).tolist()
    return a, b, a * d < b * c


def _folder_frames(path: Path, cut: Cut) -> Iterator[tuple[float, np.ndarray]]:
    found = pictures(path)
    if not found:
        raise VideoError("unreadable", f"{path}: a folder without pictures ({', '.join(ENDINGS)}), not a video; leave it out")
    if wrong := amiss(found):
        raise VideoError("truncated" if "missing" in wrong else "unreadable", f"{path}: {wrong}")
    for index, file in enumerate(found):
        try:
            yield index * 1000 / cut.fps, read_picture(file)
        except (OSError, ValueError, SyntaxError, TypeError, KeyError, struct.error) as error:
            reason = "truncated" if "truncated" in str(error) else "unreadable"
            raise VideoError(reason, f"{file}: not a whole picture ({error}); fetch this frame again") from None


def write_video(path: Path, pictures, fps: float = 25.0, codec: str = "libx264", pixels: str = "yuv420p", **options: str) -> Path:
    """Encode RGB pictures (H, W, 3) uint8, all of one size (even with yuv420p), to ``path``; the suffix decides the container."""
    with av.open(str(path), "w", options=options) as container:
        stream = cast("av.VideoStream", container.add_stream(codec, rate=round(fps)))
        stream.pix_fmt = pixels
        for picture in pictures:
            if not stream.codec_context.is_open:
                stream.height, stream.width = picture.shape[:2]
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")))
        container.mux(stream.encode())
    return Path(path)
