"""A folder of pictures as a video's frames: in what order, whether one is missing or there twice, and each as RGB of 8 bits."""

import re
from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

ENDINGS = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff")
COPY = re.compile(r"(?<=\d)( - Copy| copy)?( ?\(\d+\))?$")  # what file managers write behind a name that is taken


def pictures(folder: Path) -> list[Path]:
    """The pictures in a folder, by the numbers in their names (frame_9 comes before frame_10)."""
    found = [p for p in folder.iterdir() if p.suffix.lower() in ENDINGS and not p.name.startswith(".")]
    return sorted(found, key=lambda p: [int(x) if x.isascii() and x.isdigit() else x for x in _parts(p.stem)])


def _parts(name: str) -> list[str]:
    """ "a12b" -> ["a", "12", "b"]; starts with a non-number, so that lists of parts compare."""
    parts, digits = [""], False
    for char in name:
        if (char in "0123456789") != digits:
            parts.append("")
            digits = not digits
        parts[-1] += char
    return parts


def amiss(found: list[Path]) -> str:
    """What the names of ``pictures`` tell of a frame that is there twice, or that is missing; "" where they tell of none.

    Numbers tell where the names differ in one only, and most are equally far apart (every tenth frame is sound): a step that is a
    multiple of the usual one, or none, is not.
    """
    first: dict[str, Path] = {}
    for path in found:
        if (other := first.setdefault(path.stem, path)) is not path:
            return _twice(other, path)
    copies = {path: COPY.sub("", path.stem) for path in found}
    for path, of in copies.items():
        if of != path.stem and of in first and len(set(copies.values())) > 1:
            return _twice(first[of], path)
    names = [_parts(p.stem) for p in found]
    columns = list(zip(*names, strict=True)) if len({len(name) for name in names}) == 1 else []
    varying = [[int(x) if k % 2 else x for x in column] for k, column in enumerate(columns)]
    varying = [column for column in varying if len(set(column)) > 1]
    return _steps(found, varying[0]) if len(varying) == 1 and isinstance(varying[0][0], int) else ""


def _steps(found: list[Path], numbers: list) -> str:
    steps = [after - before for before, after in pairwise(numbers)]
    if 0 in steps:
        return _twice(*found[steps.index(0) :][:2])
    usual, times = Counter(steps).most_common(1)[0]
    for before, step, (one, other) in zip(numbers, steps, pairwise(found), strict=False):
        if 2 * times > len(steps) and step != usual and step % usual == 0:
            missing = f" {before + usual} is" if step == 2 * usual else f"s {before + usual} to {before + step - usual} are"
            return f"number{missing} missing between {one.name} and {other.name}; restore what is missing, or number the rest anew"
    return ""


def _twice(one: Path, other: Path) -> str:
    return f"{one.name} and {other.name} are the same frame twice; keep one of each"


def read_picture(path: Path) -> np.ndarray:
    """A picture as a viewer shows it, (H, W, 3) uint8; one of 16 bits loses the lower eight. Raises what PIL does, ValueError for no colours."""
    with Image.open(path) as image:
        upright = ImageOps.exif_transpose(image)
        if upright.mode.startswith("I;16"):
            upright = Image.fromarray((np.asarray(upright) >> 8).astype(np.uint8))
        if upright.mode in ("I", "F"):
            raise ValueError("its pixels are numbers of 32 bits, not colours")
        return np.asarray(upright.convert("RGB"))
