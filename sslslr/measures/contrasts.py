"""One difference on one data set, or over several: from runs to an interval, and from the interval to an answer.

A run is no observation. Runs of one group of held-out signers differ in their seeds alone, so they are averaged first; the
groups are what is counted, with a Student-t interval on groups minus one degrees of freedom. The training signers of two
groups are largely the same people, so their differences are not independent either: the variance of the mean is taken as
that between groups times (1/n + test clips / training clips), the corrected resampled t-test of Nadeau and Bengio (2003).
``measures.false_alarms`` shows by simulation why.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

VERSION = "contrasts 1"

FEWEST = 5  # groups of held-out signers below which a set is shown, but enters no verdict and no mean over sets
LEVEL = 0.05  # chance of a false alarm of each test; two one-sided ones are the 90 % interval
DIFFERS, SMALL, SAME, OPEN = "differs", "differs by less than the margin", "no difference", "undecided"
ANSWERS = (DIFFERS, SMALL, SAME, OPEN)


@dataclass(frozen=True)
class Contrast:
    """A mean difference and how well it is known; of a ratio, its logarithm.

    ``error``: standard error of the mean, on ``df`` degrees of freedom (NaN, 0: one group alone).  ``n``: groups, in all sets.
    ``fewest``: groups in the smallest set.  ``seeds``: runs in the smallest group.  ``between``: standard deviation between
    the groups' means, ``within`` that between the seeds of a group (NaN where each group has one).
    ``groups``: of one set, each group with its mean and its number of runs.
    """

    mean: float
    error: float
    df: float
    n: int
    fewest: int
    seeds: int
    between: float
    within: float
    sets: int = 1
    groups: tuple[tuple[object, float, int], ...] = ()

    def interval(self, confidence: float = 0.95) -> tuple[float, float]:
        """The t interval of the mean: low, high. NaN for one group."""
        half = stats.t.ppf((1 + confidence) / 2, self.df) * self.error if self.df > 0 else np.nan
        return self.mean - half, self.mean + half

    def p_above(self, bound: float) -> float:
        """p of the test that the mean lies above ``bound``. NaN for one group; 0 or 1 (on the bound) where none differs."""
        if not self.df > 0:
            return np.nan
        if self.error == 0:
            return float(self.mean <= bound)
        return float(stats.t.sf((self.mean - bound) / self.error, self.df))

    def p(self, bound: float) -> float:
        """Two-sided p of the test against ``bound``."""
        above = self.p_above(bound)
        if self.error == 0:
            return float(self.mean == bound)
        return 2 * min(above, 1 - above)

    def p_within(self, low: float, high: float) -> float:
        """p of two one-sided tests that the mean lies between two bounds (TOST, Schuirmann 1987): the larger of the two."""
        if self.error == 0:
            return float(not low < self.mean < high)
        return max(self.p_above(low), 1 - self.p_above(high))

    def decides(self, power: float = 0.8) -> float:
        """The smallest difference from a bound that this many groups, with this spread, find with probability ``power``."""
        return float((stats.t.ppf(1 - LEVEL / 2, self.df) + stats.t.ppf(power, self.df)) * self.error) if self.df > 0 else np.nan


def contrast(values: Iterable[float], groups: Iterable, overlap: float = 0.0) -> Contrast:
    """The mean of ``values`` (N,), differences of paired runs, over their ``groups`` (N,).

    ``overlap``: clips in test over clips in training, of a study that holds out one group after the other; 0 where what is
    counted shares no training (rounds of timing, classes).
    """
    x, of = np.fromiter(values, float), list(groups)
    names = list(dict.fromkeys(of))
    parts = [x[[g == name for g in of]] for name in names]
    means, runs = np.array([p.mean() for p in parts]), np.array([len(p) for p in parts])
    n, spare = len(parts), int((runs - 1).sum())
    between = float(means.std(ddof=1)) if n > 1 else np.nan
    between = 0.0 if between < 1e-12 else between  # nothing but rounding
    within = float(np.sqrt(sum(((p - p.mean()) ** 2).sum() for p in parts) / spare)) if spare else np.nan
    each = tuple(zip(names, means.tolist(), runs.tolist(), strict=True))
    return Contrast(float(means.mean()), between * (1 / n + overlap) ** 0.5, n - 1, n, n, int(runs.min()), between, within, groups=each)


def of_runs(cells: pd.DataFrame, value: str) -> tuple[Contrast, dict[str, tuple[Contrast, bool]]]:
    """The contrast of paired runs, and that of each set with whether it enters the mean over sets.

    ``cells``: a row a run, indexed by what it is paired over; the index' level "target", or else "corpus", tells the sets apart
    (none: one set). Columns ``value``, "group" (who is held out) and "test_to_train" (clips in test over clips in training).
    Sets with fewer than ``FEWEST`` groups are left out of the mean; where no set has as many, all are in it, to be shown.
    """
    level = level_of(cells)
    parts = {str(k): part for k, part in cells.groupby(level=level, sort=False)} if level else {"": cells}
    found = {name: contrast(part[value], part["group"], float(part["test_to_train"].mean())) for name, part in parts.items()}
    some = any(c.n >= FEWEST for c in found.values())
    told = {name: (c, c.n >= FEWEST or not some) for name, c in found.items()}
    return over_sets([c for c, enters in told.values() if enters]), told


def level_of(cells: pd.DataFrame) -> str:
    """The index' level that tells data sets apart; "" where there is one. The clips of a target are shared by its sources."""
    return next((c for c in ("target", "corpus") if c in cells.index.names), "")


def over_sets(found: Sequence[Contrast]) -> Contrast:
    """The mean of one contrast over data sets, each counting alike, "on these data sets": sets are not drawn from anything.

    Degrees of freedom after Welch and Satterthwaite; spreads are the root mean squares of the sets'.
    """
    if len(found) == 1:
        return found[0]
    variances, df = np.array([c.error**2 for c in found]), np.array([c.df for c in found], float)
    own = (variances**2 / np.where(df > 0, df, np.nan)).sum()
    return Contrast(
        mean=float(np.mean([c.mean for c in found])), error=float(np.sqrt(variances.sum()) / len(found)),
        df=float(variances.sum() ** 2 / own) if own > 0 else float(df.sum()) if own == 0 else 0.0,
        n=sum(c.n for c in found), fewest=min(c.fewest for c in found), seeds=min(c.seeds for c in found),
        between=_root_mean_square([c.between for c in found]), within=_root_mean_square([c.within for c in found]), sets=len(found),
    )  # fmt: skip


def _root_mean_square(values: Sequence[float]) -> float:
    return float(np.sqrt(np.mean(np.square(values))))


def answer(p: float, p_within: float = 1.0) -> str:
    """One of ``ANSWERS``, from the p of a difference (two-sided) and that of lying within the margin (two one-sided tests)."""
    if p < LEVEL:
        return SMALL if p_within < LEVEL else DIFFERS
    return SAME if p_within < LEVEL else OPEN
