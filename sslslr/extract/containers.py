"""What a video's container says of its own size."""

from pathlib import Path
from typing import BinaryIO

BOXES = (b"ftyp", b"moov", b"mdat", b"moof", b"mfra", b"sidx", b"ssix", b"styp", b"free", b"skip", b"wide", b"uuid", b"meta", b"pdin",
         b"emsg", b"prft")  # fmt: skip
"""What an MP4 or MOV file consists of at its top level."""
EBML, SEGMENT, CLUSTER = b"\x1a\x45\xdf\xa3", b"\x18\x53\x80\x67", b"\x1f\x43\xb6\x75"
UNKNOWN = 1 << 56  # the size that a live recording gives its segment and clusters: they go on until the next one


def declared_size(path: Path) -> int:
    """Bytes that a file says it has (MP4/MOV boxes, RIFF, Matroska), 0 where it doesn't say."""
    with open(path, "rb") as file:
        head = file.read(64)
        if head[:4] == b"RIFF":
            size = int.from_bytes(head[4:8], "little")
            return size + 8 if size < 0xFFFFFFFF else 0  # all ones: not known
        if head[:4] == EBML:
            return _matroska(file)
        return _boxes(file) if head[4:8] in (b"ftyp", b"moov", b"mdat", b"free", b"wide", b"skip") else 0


def _boxes(file: BinaryIO) -> int:
    at, end = 0, file.seek(0, 2)
    while at + 8 <= end:
        file.seek(at)
        box = file.read(16)
        size = int.from_bytes(box[:4], "big")
        size = int.from_bytes(box[8:16], "big") if size == 1 else size or end - at
        if size < 8 or not box[4:8].isascii():
            return 0
        if at + size > end and box[4:8] not in BOXES:
            break  # no box, but what a tool has written behind the last one, such as a tag
        at += size
    return at


def _matroska(file: BinaryIO) -> int:
    """The end of the last element. What has no known size, as in a live recording, is entered, and what is in it is walked."""
    at, end = 0, file.seek(0, 2)
    while at < end:
        file.seek(at)
        head = file.read(12)
        name = 9 - head[0].bit_length()  # bytes of the element's name
        if name > 4:
            return 0  # no element: other bytes lie behind the last one
        size, start = _ebml(head, name)
        if at + start > end:
            return at + start
        if size < UNKNOWN:
            at += start + size
            if head[:4] == SEGMENT:
                return at
        elif head[:4] in (SEGMENT, CLUSTER):
            at += start
        else:
            return 0
    return at


def _ebml(data: bytes, at: int) -> tuple[int, int]:
    """Value of the variable-length integer at ``at``, and where it ends."""
    length = 9 - data[at].bit_length() if at < len(data) and data[at] else 8
    value = int.from_bytes(data[at : at + length], "big") & ((1 << (7 * length)) - 1)
    return (UNKNOWN if value == (1 << (7 * length)) - 1 else value), at + length
