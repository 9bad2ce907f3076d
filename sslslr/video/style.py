"""What people and rooms look like: a style for each signer and for each of their recordings, drawn from seeds."""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

VERSION = "looks 1"

Colour = tuple[int, int, int]
_SKIN = np.array([(255, 224, 196), (240, 200, 165), (214, 165, 125), (176, 122, 84), (128, 84, 56), (92, 60, 42)], float)
_HAIR = np.array([(30, 24, 22), (70, 46, 32), (120, 84, 50), (196, 160, 98), (150, 60, 40), (150, 150, 150)], float)
PLAIN, STRIPED = "plain", "striped"


@dataclass(frozen=True)
class Style:
    """A signer in one recording. ``thick``: of limbs, 1 average; ``sleeve``: how far down the forearm it reaches, 0 to 1; ``room``: the
    background; ``light``: (3,) factors of red, green and blue; ``stripes``: of the clothes, None for plain ones."""

    skin: Colour
    hair: Colour
    long_hair: bool
    thick: float
    clothes: Colour
    sleeve: float
    stripes: Colour | None
    light: np.ndarray
    room: Image.Image


def style(seed: list[int], signer: int, recording: int, size: int, new: tuple[str, ...] = ()) -> Style:
    """The style of a signer (by number) in a recording; ``size`` of the background in pixels.

    ``new``: "clothes" or "background" of a kind that is drawn nowhere else, striped ones, to ask what an encoder holds on to.
    """
    own = np.random.default_rng([*seed, 1, signer])
    here = np.random.default_rng([*seed, 2, recording])
    skin = _between(_SKIN, own)
    hair, long_hair, thick = _between(_HAIR, own), bool(own.random() < 0.5), float(np.exp(own.normal(0, 0.1)))
    clothes, sleeve = _far_from(skin, here), float(here.choice([0.0, 0.5, 1.0]))
    light = np.exp(here.normal(0, 0.12)) * np.exp(here.normal(0, 0.05, 3))
    room = _room(here, size, STRIPED if "background" in new else PLAIN)
    stripes = _far_from(np.array(clothes), here) if "clothes" in new else None
    return Style(_ints(skin), _ints(hair), long_hair, thick, clothes, sleeve, stripes, light, room)


def _between(palette: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A colour between two neighbours of a palette."""
    at = rng.random() * (len(palette) - 1)
    low = int(at)
    return palette[low] * (1 - at + low) + palette[low + 1] * (at - low)


def _far_from(skin: np.ndarray, rng: np.random.Generator) -> Colour:
    """A colour of clothes that hands stand out from, as people who are filmed choose it."""
    for _ in range(20):
        colour = rng.integers(15, 235, 3)
        if np.abs(colour - skin).sum() > 180:
            break
    return _ints(colour)


def _room(rng: np.random.Generator, size: int, kind: str) -> Image.Image:
    """A wall, lit from one side, with a few blurred things in front of it; or stripes."""
    wall = rng.integers(60, 220, 3)
    (left, right), (top, bottom) = rng.uniform(0.8, 1.15, 2), rng.uniform(0.9, 1.1, 2)
    shade = np.linspace(left, right, size)[None, :] * np.linspace(top, bottom, size)[:, None]
    if kind == STRIPED:
        shade = shade * np.where(np.arange(size) // max(2, size // 12) % 2, 1.25, 0.6)[None, :]
    image = Image.fromarray(np.clip(wall * shade[..., None], 0, 255).astype(np.uint8))
    draw = ImageDraw.Draw(image)
    for _ in range(rng.integers(0, 4)):
        x, y, w, h = rng.random(4) * size * (1, 1, 0.4, 0.5)
        draw.rectangle((x, y, x + w, y + h), fill=_ints(rng.integers(30, 230, 3)))
    return image.filter(ImageFilter.GaussianBlur(size / 96))


def _ints(colour) -> Colour:
    red, green, blue = (int(c) for c in colour)
    return red, green, blue
