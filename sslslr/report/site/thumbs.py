"""Small pictures of the figures, for the gallery."""

from pathlib import Path

from PIL import Image

WIDTH = 480
DPI = 160  # of the saved figures, as report.figures.style sets it


def write(figures: Path, thumbs: Path) -> dict[str, tuple[int, int]]:
    """Write ``thumbs/<name>.png`` of each figure; returns the figures' sizes in a page's pixels, by name."""
    sizes = {}
    for path in sorted(figures.glob("*.png")):
        with Image.open(path) as picture:
            width, height = picture.size
            sizes[path.stem] = round(width * 100 / DPI), round(height * 100 / DPI)
            small = picture.convert("RGB")
        small.thumbnail((WIDTH, 4 * WIDTH), Image.Resampling.LANCZOS)
        thumbs.mkdir(parents=True, exist_ok=True)
        small.quantize(128).save(thumbs / path.name, optimize=True)
    return sizes
