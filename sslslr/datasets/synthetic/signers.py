"""Signers: they differ in build, pace, signing space, handedness, tremor, and in how they form each handshape and place."""

from dataclasses import dataclass, fields

import numpy as np

from sslslr.datasets.synthetic.phonology import HANDSHAPES, LOCATIONS


@dataclass(frozen=True)
class Signers:
    """K signers, one row each. Lengths are relative to an average body, angles in radians.

    arm, hand, head, legs: proportions.  pace: durations are multiplied by it.  space: size of the signing space; amplitude: of
    movements.  left: signs left-handed.  tremor: in shoulder widths.  wrist: (K, 3) habitual turn of the hand.
    shapes: (K, handshapes, 16) and places: (K, locations, 3): habits of each signer.  lax: how far fingers fall short.
    """

    arm: np.ndarray
    hand: np.ndarray
    head: np.ndarray
    pace: np.ndarray
    space: np.ndarray
    amplitude: np.ndarray
    left: np.ndarray
    tremor: np.ndarray
    wrist: np.ndarray
    shapes: np.ndarray
    places: np.ndarray
    lax: np.ndarray
    legs: np.ndarray

    def of(self, who: np.ndarray) -> "Signers":
        """The rows of signers ``who`` (N,), one a clip."""
        return Signers(**{f.name: getattr(self, f.name)[who] for f in fields(self)})


def draw(signers: int, variety: float, rng: np.random.Generator) -> Signers:
    """``signers`` signers; ``variety`` scales how much they differ. About one in ten is left-handed, at least two of six."""
    left = np.zeros(signers, bool)
    left[rng.permutation(signers)[: max(round(signers / 10), 2 * (signers >= 6))]] = True

    def around(centre: float, spread: float, shape=()) -> np.ndarray:
        return centre * np.exp(np.clip(rng.normal(0, 1, (signers, *shape)), -2, 2) * spread * variety)

    def about(spread: float, shape=()) -> np.ndarray:
        return np.clip(rng.normal(0, 1, (signers, *shape)), -2.5, 2.5) * spread * variety

    return Signers(
        arm=around(1, 0.05), hand=around(1, 0.06), head=around(1, 0.06), pace=around(1, 0.18), space=around(1, 0.12),
        amplitude=around(1.25, 0.25), left=left, tremor=around(0.006, 0.5), wrist=about(0.13, (3,)),
        shapes=about(0.10, (len(HANDSHAPES), 16)), places=about(0.05, (len(LOCATIONS), 3)), lax=around(0.08, 0.4),
        legs=around(1, 0.05),
    )  # fmt: skip
