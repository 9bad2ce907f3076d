"""Four lexicons of made-up signs that share part of their handshapes, locations and movements, with minimal pairs."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import cache

import numpy as np

from sslslr.datasets.synthetic.phonology import HANDEDNESS, HANDSHAPES, LOCATIONS, MOVEMENTS, ORIENTATIONS, Movement, frame

PARAMETERS = ("handshape", "location", "movement", "orientation", "handedness")
LARGEST = 2000
COMMON = 0.5  # share of each inventory that all lexicons have; of the rest each takes half

# One for each lexicon; the seed of a lexicon is no choice of the user's: the language stays, the recordings vary.
_SEEDS = {"lsfb-like": 11, "asl-citizen-like": 23, "gsl-like": 37, "lsa-like": 53}


@dataclass(frozen=True)
class Sign:
    """A sign of a lexicon: its gloss, an invented word, and the five parameters that make its form."""

    gloss: str
    handshape: str
    location: str
    movement: Movement
    orientation: str
    handedness: str

    @property
    def form(self) -> tuple:
        """The five parameters; no two signs of a lexicon have the same."""
        return tuple(getattr(self, p) for p in PARAMETERS)

    def __str__(self) -> str:
        return f"{self.gloss}: " + "; ".join(f"{p} {getattr(self, p)}" for p in PARAMETERS)


def lexicon(corpus: str, classes: int) -> tuple[Sign, ...]:
    """The first ``classes`` signs of a corpus' lexicon (at most 2000). The same at each call, whatever the data's seed."""
    return _build(corpus)[:classes]


def minimal_pairs(signs: Sequence[Sign], parameter: str | None = None) -> list[tuple[Sign, Sign, str]]:
    """Pairs of signs that differ in one parameter only, with that parameter's name; all of them, or those of one kind."""
    pairs = []
    for i, a in enumerate(signs):
        for b in signs[i + 1 :]:
            differ = [p for p in PARAMETERS if getattr(a, p) != getattr(b, p)]
            if len(differ) == 1 and parameter in (None, differ[0]):
                pairs.append((a, b, differ[0]))
    return pairs


def inventory(corpus: str) -> dict[str, list]:
    """The handshapes, locations, movements, orientations and kinds of handedness that a lexicon draws from."""
    rng = np.random.default_rng(_SEEDS[corpus])
    chosen: dict[str, list] = {}
    known: list[list] = [[*HANDSHAPES], [*LOCATIONS], [*MOVEMENTS], [*ORIENTATIONS], [*HANDEDNESS]]
    for parameter, everything in zip(PARAMETERS, known, strict=True):
        if parameter in ("handedness", "orientation"):
            chosen[parameter] = everything
            continue
        common = round(COMMON * len(everything))
        own = rng.choice(np.arange(common, len(everything)), (len(everything) - common) // 2, replace=False)
        chosen[parameter] = everything[:common] + [everything[i] for i in sorted(own)]
    return chosen


def possible(sign: Sign) -> bool:
    """Whether a body can make the sign, and one can see that it is another one than its neighbours in the lexicon.

    Two hands that meet need room in front of the signer's own side; a base hand lies below the dominant one, in front
    of the body; the wrist must not bend more than about 80 degrees; fists neither wiggle nor close.
    """
    x, y, _ = LOCATIONS[sign.location]
    if sign.handedness in ("symmetric", "alternating") and x > 0:
        return False
    if sign.handedness == "alternating" and sign.movement.path == "hold" and sign.movement.local not in ("twist", "nod"):
        return False
    if sign.handedness == "dominant and base" and not (-0.3 < x < 0.3 and 0.2 < y < 0.6):
        return False
    if sign.movement.local in ("wiggle", "closing", "opening") and sign.handshape in ("A", "S", "O", "thumb", "flat-O", "X"):
        return False
    if sign.movement.local == "wiggle" and sign.handshape not in ("5", "4", "B", "V", "3", "W", "claw-5", "U"):
        return False
    return wrist_bend(sign.location, sign.orientation) < np.radians(80)


@cache
def wrist_bend(location: str, orientation: str) -> float:
    """Angle in radians between forearm and fingers at the middle of a sign, for a signer of average build."""
    from sslslr.datasets.synthetic.anatomy import FOREARM, UPPER_ARM, elbow

    turn = frame(orientation)
    wrist = np.array(LOCATIONS[location]) - 0.27 * turn[:, 1]
    joint = elbow(np.array((-0.5, 0.0, 0.0)), wrist, UPPER_ARM, FOREARM)
    forearm = (wrist - joint) / np.linalg.norm(wrist - joint)
    return float(np.arccos(np.clip(forearm @ turn[:, 1], -1, 1)))


@cache
def _build(corpus: str) -> tuple[Sign, ...]:
    rng = np.random.default_rng(_SEEDS[corpus] + 1000)
    choices = inventory(corpus)
    words, forms = set(), set()
    signs: list[Sign] = []
    while len(signs) < LARGEST:
        if len(signs) >= 3 and rng.random() < 0.4:
            model, parameter = signs[rng.integers(len(signs))], PARAMETERS[rng.integers(len(PARAMETERS))]
            sign = replace(model, **{parameter: choices[parameter][rng.integers(len(choices[parameter]))]})
        else:
            handedness = rng.choice(len(HANDEDNESS), p=(0.5, 0.22, 0.1, 0.18))
            drawn = [choices[p][rng.integers(len(choices[p]))] for p in PARAMETERS[:-1]]
            sign = Sign(*["", *drawn, HANDEDNESS[handedness]])
        if sign.form in forms or not possible(sign):
            continue
        while (word := _word(rng)) in words:
            pass
        words.add(word)
        forms.add(sign.form)
        signs.append(replace(sign, gloss=word))
    return tuple(signs)


def _word(rng: np.random.Generator) -> str:
    """An invented word of two or three syllables: nobody shall take a made-up sign for one of a living language."""
    syllables = ["BDFGKLMNPRSTVZ"[rng.integers(14)] + "AEIOU"[rng.integers(5)] for _ in range(rng.integers(2, 4))]
    return "".join(syllables) + rng.choice(["", "", "L", "N", "R", "S"])


assert tuple(f.name for f in fields(Sign))[1:] == PARAMETERS
