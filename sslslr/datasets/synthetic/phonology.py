"""What signs are made of: inventories of handshapes, locations, movements and orientations.

The unit of length is the signer's shoulder width (about 36 cm), the origin lies between the shoulders, x grows towards
the signer's left (the right of the image), y downwards, z away from the camera. Everything is written for a
right-handed signer.
"""

from dataclasses import dataclass

import numpy as np

# Flexion of a finger at its knuckle and at its middle joint, in degrees, by one letter each:
# Extended, Curved, kNuckle bent, Hooked, claWed, Pinched, beaKed, Fist.
_FINGER = {
    "E": (4, 6), "C": (35, 42), "N": (72, 8), "H": (8, 85), "W": (22, 58), "P": (52, 55), "K": (64, 20), "F": (80, 100),
}  # fmt: skip
# The thumb: spread from the palm's side, lift out of the palm, and flexion at its two outer joints, in degrees.
_THUMB = {
    "out": (62, 12, 2, 2),
    "beside": (22, 18, 8, 8),
    "across": (20, 38, 42, 38),
    "over": (30, 52, 45, 38),
    "opposed": (32, 58, 22, 26),
}
_FAN = (1.4, 0.3, -0.7, -1.7)


def _hand(fingers: str, thumb: str, spread: float = 0) -> np.ndarray:
    knuckles, middles = zip(*(_FINGER[code] for code in fingers), strict=True)
    sideways = [spread * fan * (knuckle < 60) for fan, knuckle in zip(_FAN, knuckles, strict=True)]
    return np.radians([*knuckles, *middles, *sideways, *_THUMB[thumb]])


# Joint angles (16,) in radians, fingers from index to pinky: four knuckles, four middle joints, four sideways, four of
# the thumb.
HANDSHAPES = {
    "B": _hand("EEEE", "across"),
    "5": _hand("EEEE", "out", 10),
    "A": _hand("FFFF", "beside"),
    "1": _hand("EFFF", "over"),
    "V": _hand("EEFF", "over", 9),
    "C": _hand("CCCC", "opposed"),
    "Y": _hand("FFFE", "out", 8),
    "bent-B": _hand("NNNN", "beside"),
    "claw-5": _hand("WWWW", "out", 11),
    "O": _hand("PPPP", "opposed"),
    "S": _hand("FFFF", "over"),
    "L": _hand("EFFF", "out"),
    "U": _hand("EEFF", "over"),
    "F": _hand("PEEE", "opposed", 6),
    "I": _hand("FFFE", "over"),
    "3": _hand("EEFF", "out", 9),
    "X": _hand("HFFF", "over"),
    "W": _hand("EEEF", "across", 8),
    "flat-O": _hand("KKKK", "opposed"),
    "thumb": _hand("FFFF", "out"),
    "ILY": _hand("EFFE", "out", 6),
    "bent-V": _hand("HHFF", "over", 8),
    "horns": _hand("EFFE", "over", 6),
    "4": _hand("EEEE", "across", 9),
    "8": _hand("EPEE", "opposed", 6),
    "baby-C": _hand("CFFF", "opposed"),
}

# Where the knuckles of the dominant hand are in the middle of the movement.
LOCATIONS = {
    "forehead": (-0.14, -1.02, -0.66),
    "temple": (-0.42, -0.92, -0.46),
    "nose": (-0.10, -0.74, -0.78),
    "cheek": (-0.38, -0.68, -0.54),
    "mouth": (-0.10, -0.56, -0.74),
    "chin": (-0.12, -0.40, -0.68),
    "neck": (-0.14, -0.14, -0.58),
    "ear": (-0.52, -0.76, -0.28),
    "near shoulder": (-0.55, 0.08, -0.50),
    "far shoulder": (0.32, 0.12, -0.55),
    "chest": (-0.12, 0.38, -0.58),
    "belly": (-0.14, 0.92, -0.55),
    "space in front": (-0.24, 0.42, -1.00),
    "space to the side": (-0.80, 0.30, -0.80),
    "space above": (-0.58, -0.55, -0.85),
    "space across": (0.28, 0.48, -0.90),
}

_DIRECTIONS = {
    "up": (0, -1, 0), "down": (0, 1, 0), "forward": (0, 0, -1), "back": (0, 0, 1), "out": (-1, 0, 0), "in": (1, 0, 0),
    "down and out": (-0.7, 0.7, 0), "down and in": (0.7, 0.7, 0), "up and out": (-0.7, -0.7, 0),
    "up and forward": (0, -0.7, -0.7), "down and forward": (0, 0.7, -0.7),
}  # fmt: skip
# A circle's plane by its two axes.
_PLANES = {
    "frontal": ((0, -1, 0), (1, 0, 0)),
    "frontal, reversed": ((0, -1, 0), (-1, 0, 0)),
    "level": ((0, 0, -1), (1, 0, 0)),
    "upright": ((0, -1, 0), (0, 0, -1)),
}


@dataclass(frozen=True)
class Movement:
    """A path (hold, line, arc, zigzag or circle), its direction or plane, how often, and what the hand does meanwhile."""

    path: str
    direction: str = ""
    times: int = 1
    local: str = ""

    def __str__(self) -> str:
        words = [self.path, self.direction, f"x{self.times}" if self.times > 1 else "", f"with {self.local}" if self.local else ""]
        return " ".join(w for w in words if w)

    @property
    def axes(self) -> tuple[np.ndarray, np.ndarray]:
        """Two (3,) vectors, in shoulder widths: along the path, and across it (an arc's bulge, a circle's second axis)."""
        if self.path == "hold":
            return np.zeros(3), np.zeros(3)
        if self.path == "circle":
            radius = 0.17 if self.times > 1 else 0.22
            one, other = _PLANES[self.direction]
            return radius * np.array(one, float), radius * np.array(other, float)
        along = np.array(_DIRECTIONS[self.direction], float)
        length = {"line": 0.52, "arc": 0.62, "zigzag": 0.56}[self.path] * (0.62 if self.times > 1 else 1)
        across = np.array((0.0, 0.0, -1.0)) if abs(along[2]) < 0.5 else np.array((0.0, -1.0, 0.0))
        if self.path == "zigzag":
            across = np.array((-1.0, 0.0, 0.0)) if abs(along[0]) < 0.5 else np.array((0.0, -1.0, 0.0))
        return length * along, length * across * {"line": 0.0, "arc": 0.45, "zigzag": 0.22}[self.path]


MOVEMENTS = tuple(
    Movement(*parts)
    for parts in (
        ("line", "down"), ("line", "out"), ("line", "forward"), ("line", "up"), ("line", "in"), ("line", "down", 2),
        ("line", "forward", 2), ("arc", "out"), ("arc", "up and out"), ("circle", "frontal"), ("circle", "level", 2),
        ("hold", "", 1, "wiggle"), ("hold", "", 2, "twist"), ("hold", "", 2, "closing"), ("line", "down", 1, "closing"),
        ("line", "up", 1, "opening"), ("line", "in", 2), ("arc", "in"), ("arc", "down and in"), ("zigzag", "down"),
        ("zigzag", "out"), ("circle", "upright", 2), ("circle", "frontal, reversed"), ("hold", "", 2, "nod"),
        ("line", "out", 1, "wiggle"), ("line", "down and out"), ("line", "up and out"), ("line", "back", 2),
        ("circle", "level"), ("line", "forward", 1, "opening"), ("line", "down and in"), ("hold", "", 3, "nod"),
    )
)  # fmt: skip

# Where the fingers point and where the palm faces; slightly off the axes, as wrists are.
ORIENTATIONS = {
    "fingers up, palm forward": ((0.10, -1, -0.10), (0.35, 0, -1)),
    "fingers up, palm back": ((0.25, -1, -0.10), (0.35, 0, 1)),
    "fingers up, palm in": ((0.15, -1, -0.25), (1, 0, 0)),
    "fingers forward, palm down": ((0.25, 0.05, -1), (0.1, 1, 0)),
    "fingers forward, palm up": ((0.25, -0.10, -1), (0.25, -1, 0)),
    "fingers forward, palm in": ((0.15, -0.20, -1), (1, 0, 0)),
    "fingers in, palm down": ((1, 0.05, -0.40), (0, 1, -0.1)),
    "fingers in, palm back": ((1, -0.20, -0.15), (0.1, 0.05, 1)),
    "fingers in, palm up": ((1, 0.05, -0.45), (0.1, -1, 0.1)),
}

# How hands are held that do not sign.
RESTING = {
    "hanging": ((0.1, 1, -0.15), (1, 0, 0.1)),
    "in the lap": ((0.6, 0.35, -0.7), (0.1, 1, 0.1)),
    "clasped": ((0.9, 0.45, -0.2), (0, 0.3, 1)),
    "to the camera": ((0.15, -0.35, -1), (0.1, 1, -0.3)),
}

HANDEDNESS = ("one hand", "symmetric", "alternating", "dominant and base")


def frame(orientation: str) -> np.ndarray:
    """(3, 3) rotation of a right hand: its columns are the thumb's side, the fingers and the palm's normal."""
    fingers, palm = (np.array(v, float) for v in (ORIENTATIONS | RESTING)[orientation])
    fingers /= np.linalg.norm(fingers)
    palm -= fingers * (fingers @ palm)
    palm /= np.linalg.norm(palm)
    return np.stack([np.cross(fingers, palm), fingers, palm], axis=1)
