"""A synthetic signer as a picture: limbs and fingers with thickness and depth, clothes, face, background, light; the same every time."""

import numpy as np
from PIL import Image, ImageDraw

from sslslr.video.style import Colour, Style

VERSION = "renderer 1"

FINE = 2  # drawn so many times larger, and made smaller: smooth edges
EDGE = 0.72  # brightness of an outline, against what it surrounds
_FINGERS = tuple((0, *range(root, root + 4)) for root in range(1, 21, 4))  # from the wrist
_PALM = (0, 1, 5, 9, 13, 17)
_ARMS = ((11, 13, 15, 33), (12, 14, 16, 54))  # shoulder, elbow, wrist of the body; where the hand's landmarks begin


def render(bodies: np.ndarray, image: np.ndarray, style: Style, size: int) -> np.ndarray:
    """Pictures (T, size, size, 3) uint8 of a clip: ``bodies`` (T, 75, 3) in shoulder widths, for what is in front of what (z
    grows away from the camera), and ``image`` (T, 75, 2), 0 to 1 of the frame, for where it is."""
    points = image * size * FINE
    unit = float(np.linalg.norm(points[:, 11] - points[:, 12], axis=-1).mean())
    small = [_frame(p, b[:, 2], unit, style, size) for p, b in zip(points, bodies, strict=True)]
    lit = np.stack(small) * style.light
    return np.clip(lit, 0, 255).astype(np.uint8)


def _frame(p: np.ndarray, z: np.ndarray, unit: float, style: Style, size: int) -> np.ndarray:
    picture = style.room.copy()
    draw = ImageDraw.Draw(picture)
    _trunk(draw, p, unit, style)
    _head(draw, p, unit, style)
    parts: list = []
    for shoulder, elbow, wrist, start in _ARMS:
        thick = unit * style.thick
        sleeve = p[elbow] + style.sleeve * (p[wrist] - p[elbow])
        parts.append((z[[shoulder, elbow]].mean() + 0.02, _limb, (p[[shoulder, elbow]], 0.24 * thick, style.clothes)))
        parts.append((z[[elbow, wrist]].mean() + 0.01, _limb, (np.stack([p[elbow], p[wrist]]), 0.15 * thick, style.skin)))
        if style.sleeve:
            parts.append((z[[elbow, wrist]].mean(), _limb, (np.stack([p[elbow], sleeve]), 0.19 * thick, style.clothes)))
        hand, depth = p[start : start + 21], z[start : start + 21]
        near = depth.mean()
        parts.append((depth[list(_PALM)].mean(), _palm, (hand[list(_PALM)], 0.07 * thick, _shaded(style.skin, near, near))))
        for finger in _FINGERS:
            ids = list(finger[1:])
            far = depth[ids].mean()
            line = hand[list(finger)] if far > near else hand[ids]  # a finger behind the palm begins under it
            parts.append((far, _limb, (line, 0.07 * thick, _shaded(style.skin, far, near))))
    for _, put, what in sorted(parts, key=lambda part: -part[0]):  # the farthest first
        put(draw, *what)
    return np.asarray(picture.resize((size, size), Image.Resampling.BOX), np.float32)


def _shaded(colour: Colour, depth: float, near: float) -> Colour:
    """What is nearer to the camera than the hand's middle is a little brighter."""
    factor = float(np.clip(1 - 0.9 * (depth - near), 0.8, 1.15))
    red, green, blue = (min(255, int(c * factor)) for c in colour)
    return red, green, blue


def _limb(draw: ImageDraw.ImageDraw, line: np.ndarray, thick: float, colour: Colour) -> None:
    """A line with round ends and an outline."""
    at = [tuple(xy) for xy in line.tolist()]
    for width, fill in ((thick + 2 * FINE * 0.6, _edge(colour)), (thick, colour)):
        draw.line(at, fill=fill, width=max(1, round(width)), joint="curve")
        r = width / 2
        for x, y in (at[0], at[-1]):
            draw.ellipse((x - r, y - r, x + r, y + r), fill=fill)


def _palm(draw: ImageDraw.ImageDraw, corners: np.ndarray, thick: float, colour: Colour) -> None:
    at = [tuple(xy) for xy in corners.tolist()]
    draw.line([*at, at[0]], fill=_edge(colour), width=max(1, round(thick + 2 * FINE * 0.6)), joint="curve")
    draw.polygon(at, fill=colour)
    draw.line([*at, at[0]], fill=colour, width=max(1, round(thick)), joint="curve")


def _trunk(draw: ImageDraw.ImageDraw, p: np.ndarray, unit: float, style: Style) -> None:
    left, right, hip_left, hip_right = p[11], p[12], p[23], p[24]
    neck = (left + right) / 2
    _limb(draw, np.stack([neck + _off(0, 0.05 * unit), neck - (0, 0.3 * unit)]), 0.26 * unit, style.skin)
    out = np.array((0.08 * unit * style.thick, 0))
    corners = np.stack(
        [
            left + out,
            neck + _off(0.14 * unit, -0.06 * unit),
            neck - (0.14 * unit, 0.06 * unit),
            right - out,
            hip_right - out,
            hip_left + out,
        ]
    )
    draw.polygon([tuple(xy) for xy in corners.tolist()], fill=style.clothes, outline=_edge(style.clothes))
    if style.stripes:
        for share in np.arange(0.1, 1.0, 0.2):
            a, b = left + share * (hip_left - left), right + share * (hip_right - right)
            draw.line([tuple(a.tolist()), tuple(b.tolist())], fill=style.stripes, width=max(1, round(0.1 * unit)))


def _head(draw: ImageDraw.ImageDraw, p: np.ndarray, unit: float, style: Style) -> None:
    middle = (p[7] + p[8]) / 2 * 0.6 + p[0] * 0.4
    wide, high = 0.28 * unit, 0.37 * unit

    def oval(centre: np.ndarray, w: float, h: float, fill: Colour) -> None:
        draw.ellipse((centre[0] - w, centre[1] - h, centre[0] + w, centre[1] + h), fill=fill)

    oval(middle - (0, 0.07 * unit), wide * 1.15, high * 1.05, style.hair)
    if style.long_hair:
        oval(middle + _off(0, 0.12 * unit), wide * 1.2, high * 1.05, style.hair)
    oval(middle + _off(0, 0.03 * unit), wide, high * 0.92, _edge(style.skin))
    oval(middle + _off(0, 0.03 * unit), wide * 0.95, high * 0.88, style.skin)
    for eye in (p[2], p[5]):
        oval(eye, 0.03 * unit, 0.03 * unit, (30, 25, 25))
    draw.line([tuple(p[9].tolist()), tuple(p[10].tolist())], fill=(150, 60, 60), width=max(1, round(0.05 * unit)))
    oval(p[0], 0.025 * unit, 0.03 * unit, _edge(style.skin))


def _off(x: float, y: float) -> np.ndarray:
    return np.array((x, y))


def _edge(colour: Colour) -> Colour:
    red, green, blue = (int(c * EDGE) for c in colour)
    return red, green, blue
