"""A clip of a real person to try extraction on, rendered from a picture that scikit-image carries."""

from collections.abc import Iterator

import numpy as np
from skimage import data
from skimage.transform import AffineTransform, warp

ABOUT = "scikit-image's portrait of the astronaut Eileen Collins (NASA, public domain), panned and zoomed by this project"


def moving_portrait(frames: int = 32, size: int = 384, turn: float = 1.0) -> Iterator[np.ndarray]:
    """Yield ``frames`` pictures (size, size, 3) uint8 RGB: a slow pan, zoom and tilt over the portrait.

    turn: how far the motion goes; two values give two clips. Nobody signs in it and no hand shows: it tries the
    machinery, the body's landmarks and the report of lost hands, nothing else.
    """
    picture = data.astronaut()
    middle = (picture.shape[0] - 1) / 2
    for phase in np.linspace(0, 2 * np.pi * turn, frames):
        zoom = picture.shape[0] / size * (0.9 + 0.1 * np.cos(phase))
        moved = (
            AffineTransform(translation=(-(size - 1) / 2, -(size - 1) / 2))
            + AffineTransform(scale=zoom, rotation=np.deg2rad(4) * np.sin(phase))
            + AffineTransform(translation=(middle + 20 * np.sin(phase), middle + 8 * np.sin(2 * phase)))
        )
        yield np.round(warp(picture, moved, output_shape=(size, size), mode="edge", preserve_range=True)).astype(np.uint8)
