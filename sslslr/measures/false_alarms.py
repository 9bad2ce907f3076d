"""Why fifteen runs are not fifteen observations: how often each rule finds a difference where there is none.

Two settings that are equally good over all signers are compared in ``groups`` groups of held-out signers with ``seeds``
seeds. The difference of a run is drawn as the sum of what its test signers favour, what its training signers favour on
average (the same for every group that learns from them: the overlap) and its seed. Whatever a rule finds is a false alarm.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy import stats

from sslslr.measures.contrasts import LEVEL
from sslslr.measures.power import overlap

VERSION = "false alarms 1"

STUDIES = ((5, 3), (10, 4))  # groups, seeds
# What a group of signers adds to a difference when tested on, and when learned from; a seed adds 1 (standard deviations).
SPREADS = {
    "seeds": (0.0, 0.0),
    "seeds, test signers": (1.0, 0.0),
    "seeds, test and training signers": (1.0, 1.0),
    "seeds, and signers of both kinds twice as much": (2.0, 2.0),
    "seeds, test signers, and training signers three times as much": (1.0, 3.0),
}


def draw(rng: np.random.Generator, times: int, groups: int, seeds: int, test: float, train: float) -> np.ndarray:
    """Differences (times, groups, seeds) of mean zero. Group g is tested on its own signers and trained on all but its own and
    the next group's, which validate. Standard deviations: ``test`` of what a group adds when it is tested on, ``train`` of what
    it adds when it is learned from (the mean of the training groups counts), 1 of a seed."""
    favoured, tested = rng.normal(size=(2, times, groups))
    out = favoured + np.roll(favoured, -1, axis=1)
    trained = (favoured.sum(1, keepdims=True) - out) / (groups - 2)
    return (test * tested + train * trained)[..., None] + rng.normal(size=(times, groups, seeds))


def _t(x: np.ndarray, factor: float) -> np.ndarray:
    """Whether the t interval of the mean of x (times, n), its variance taken times ``factor``, leaves out 0."""
    n = x.shape[1]
    return np.abs(x.mean(1)) > stats.t.ppf(1 - LEVEL / 2, n - 1) * x.std(1, ddof=1) * np.sqrt(factor)


def t_on_runs(d: np.ndarray) -> np.ndarray:
    """Every run an observation."""
    return _t(d.reshape(len(d), -1), 1 / d[0].size)


def bootstrap_of_runs(d: np.ndarray, resamples: int = 400, seed: int = 0) -> np.ndarray:
    """The percentile interval of the mean over resampled runs (the same draws for every study)."""
    runs = d.reshape(len(d), -1)
    weights = np.random.default_rng(seed).multinomial(runs.shape[1], np.full(runs.shape[1], 1 / runs.shape[1]), resamples)
    low, high = np.percentile(runs @ weights.T, [100 * LEVEL / 2, 100 * (1 - LEVEL / 2)], axis=1)
    return (low > 0) | (high < 0)


def t_on_groups(d: np.ndarray) -> np.ndarray:
    """Seeds averaged within a group, the groups as if they shared nothing."""
    return _t(d.mean(2), 1 / d.shape[1])


def corrected_t(d: np.ndarray) -> np.ndarray:
    """The same with Nadeau and Bengio's correction: the rule of ``measures.contrasts``."""
    return _t(d.mean(2), 1 / d.shape[1] + overlap(d.shape[1]))


RULES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "t on runs": t_on_runs,
    "bootstrap of runs": bootstrap_of_runs,
    "t on group means": t_on_groups,
    "corrected t on group means": corrected_t,
}


def table(times: int = 4000, seed: int = 0) -> pd.DataFrame:
    """A row a study and spread: false alarms of each rule in % at a nominal 5 %, over ``times`` draws (``draws``)."""
    out = []
    for groups, seeds in STUDIES:
        for name, (test, train) in SPREADS.items():
            d = draw(np.random.default_rng(seed), times, groups, seeds, test, train)
            row = {"groups": groups, "seeds": seeds, "what varies": name}
            out.append(row | {rule: 100 * found(d).mean() for rule, found in RULES.items()} | {"draws": times})
    return pd.DataFrame(out)
