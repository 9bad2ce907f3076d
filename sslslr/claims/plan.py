"""What is decided before anything is run: what counts as one observation, how many are planned, and which difference matters."""

from dataclasses import dataclass, field

import numpy as np

from sslslr.measures.contrasts import FEWEST
from sslslr.profiles import Profile

GROUP, ROUND, CLASS, CLIP = "group of held-out signers", "round of steps", "class within a corpus", "clip"

DEVELOPMENT, CONFIRMATION = "development", "confirmation"
POINTS, TIMES = "points", "times"
MARGINS = {POINTS: 1.5, TIMES: 1.05}  # differences smaller than this do not matter; a ratio from 1/1.05 to 1.05
NOTHING = {POINTS: 0.0, TIMES: 1.0}  # what each unit has where two settings do not differ


@dataclass(frozen=True)
class Plan:
    """``n`` observations of ``unit``, with ``seeds`` runs each, of a quantity in ``scale``; ``on``: (n, seeds) of single data sets.

    A set that has fewer signers than n is complete with one group for each of them.
    """

    n: int = FEWEST
    seeds: int = 1
    unit: str = GROUP
    scale: str = POINTS
    on: dict[str, tuple[int, int]] = field(default_factory=dict)

    def at(self, dataset: str) -> tuple[int, int]:
        """n and seeds planned on a data set."""
        return self.on.get(dataset, (self.n, self.seeds))

    @property
    def margin(self) -> str:
        """The margin in words; a dash where the quantity has none."""
        return {POINTS: f"{MARGINS[POINTS]:g} points", TIMES: f"1/{MARGINS[TIMES]:g} to {MARGINS[TIMES]:g}"}.get(self.scale, "–")


def margin_of(unit: str, bound: float) -> float:
    """The margin around ``bound`` (of a ratio, its logarithm); NaN where the bound is not that of no difference, or none is set."""
    if unit not in MARGINS or bound != NOTHING[unit]:
        return np.nan
    return float(np.log(MARGINS[unit])) if unit == TIMES else MARGINS[unit]


def role(dataset: str, profile: Profile) -> str:
    """What a data set is to the settings of this profile: they were chosen on it, or it confirms what was found with them."""
    return DEVELOPMENT if dataset == profile.tuning["development"] else CONFIRMATION


def choosers(profile: Profile) -> set[int]:
    """The groups of held-out signers who were the validation signers of the search: each repeat's are the next group's."""
    return {(group + 1) % profile.folds for group in range(profile.tuning["groups"])}
