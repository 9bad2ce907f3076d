"""What a number of groups can decide, before anything is run: the smallest margin, and the power of "no difference"."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import optimize, stats

from sslslr.measures.contrasts import LEVEL

VERSION = "power 1"

GROUPS = (3, 5, 9, 10, 20, 30)  # signers of traduttore-asl; five groups; sessions of thai-leap; signers of isl-kinect; synthetic corpora
SPREADS = (0.5, 0.7, 1.0, 1.6, 2.2)  # points: between the groups' differences, as seen on isl-kinect
MARGINS = (1.0, 1.5)  # points


def overlap(groups: int) -> float:
    """Clips in test over clips in training, where one of ``groups`` groups is held out and the next one is for validation.

    Of fewer than six groups of one signer each no whole signer validates (``clips.splits``): then this is a little too large.
    """
    return 1 / max(groups - 2, 1)


def no_difference(groups: int, spread: float, margin: float, shared: float | None = None) -> float:
    """Probability that two settings without any difference are found to differ by less than ``margin`` (TOST, corrected).

    ``spread``: standard deviation between the groups' differences, in the unit of the margin, taken as independent; the
    correction for ``shared`` training clips (``overlap``) is in the test. Averaged over the spread that a sample would show.
    """
    shared = overlap(groups) if shared is None else shared
    df = groups - 1
    seen = spread * np.sqrt(stats.chi2.ppf((np.arange(2000) + 0.5) / 2000, df) / df)
    room = margin - stats.t.ppf(1 - LEVEL, df) * seen * np.sqrt(1 / groups + shared)
    return float(np.mean(np.maximum(0, 2 * stats.norm.cdf(room * np.sqrt(groups) / spread) - 1)))


def smallest_margin(groups: int, spread: float, power: float = 0.8) -> float:
    """The smallest margin within which ``groups`` groups find "no difference" with probability ``power``."""
    return float(optimize.brentq(lambda margin: no_difference(groups, spread, margin) - power, 0, 100 * spread))


def table(groups: Sequence[int] = GROUPS, spreads: Sequence[float] = SPREADS, margins: Sequence[float] = MARGINS) -> pd.DataFrame:
    """A row for each number of groups and spread: the smallest margin (power 80 %), and the power at each of ``margins``."""
    return pd.DataFrame([
        {"groups": n, "spread": s, "smallest margin": smallest_margin(n, s)} | {f"power at ±{m:g}": no_difference(n, s, m) for m in margins}
        for n in groups for s in spreads
    ])  # fmt: skip
