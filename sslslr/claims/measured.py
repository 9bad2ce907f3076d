"""What a claim's function is written with: rows of tables, measured, and held against a bound.

``difference(a, b, value, over).above(0)`` is one comparison: the mean of a minus b, paired over the columns ``over``, with its
95 and 90 % intervals. ``ratio``, ``level`` and ``share`` are made the same way. Where ``over`` has a column ``repeat``, what is
counted is the group of held-out signers (``measures.contrasts``); else each cell: a round of timing, a class.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from sslslr.claims.plan import CLASS, CLIP, GROUP, POINTS, ROUND, TIMES, margin_of
from sslslr.claims.rows import Missing, Rows
from sslslr.measures.contrasts import Contrast, contrast, level_of, of_runs

VERSION = "comparisons 1"

ABOUT = ("group", "signers", "test_to_train")  # columns of a table of runs: who is held out, of how many, clips in test over training


@dataclass(frozen=True)
class Observed:
    """One data set in a comparison: the mean and the number of runs of each group (or of each round or class), and of how many
    ``signers`` the set has."""

    name: str
    groups: tuple[tuple[object, float, int], ...]
    signers: int
    enters: bool = True

    @property
    def seeds(self) -> int:
        """Runs of the smallest group."""
        return min(runs for _, _, runs in self.groups)


@dataclass(frozen=True)
class Comparison:
    """A row of ``claims_parts.csv``: an effect in its unit, its 95 % (low, high) and 90 % interval, and whether it lies on the claimed
    side (``good``). ``p`` is two-sided against the bound, ``p_within`` that of lying within the margin around it (1: no margin).
    ``between`` and ``within``: standard deviations between groups and between seeds (of a ratio, of its logarithm);
    ``decides``: the smallest difference from the bound that this n finds with 80 % probability. n counts ``observation``."""

    name: str
    effect: float
    low: float
    high: float
    low90: float
    high90: float
    n: int
    sets: int
    between: float
    within: float
    decides: float
    p: float
    p_within: float
    bound: float | str
    says: str
    good: bool
    unit: str
    observation: str
    table: str
    observed: tuple[Observed, ...] = ()


@dataclass(frozen=True)
class Share:
    """A share in %, ``hits`` of ``n``, with Wilson's interval and the binomial test; it has what a ``Contrast`` has."""

    hits: int
    n: int
    sets = 1
    between = within = np.nan

    @property
    def mean(self) -> float:
        """The share in %."""
        return 100 * self.hits / self.n

    def interval(self, confidence: float = 0.95) -> tuple[float, float]:
        """Wilson's interval in %."""
        low, high = stats.binomtest(self.hits, self.n).proportion_ci(confidence, method="wilson")
        return 100 * low, 100 * high

    def p(self, bound: float) -> float:
        """Two-sided p against ``bound`` (%)."""
        return float(stats.binomtest(self.hits, self.n, bound / 100).pvalue)

    def p_within(self, low: float, high: float) -> float:
        """Shares have no margin here."""
        return 1.0

    def decides(self) -> float:
        """Not said of a share."""
        return np.nan


@dataclass(frozen=True)
class Measured:
    """Something measured, before it is held against a bound; ``found`` is about logarithms where the unit is "times"."""

    name: str
    table: str
    unit: str
    observation: str
    found: Contrast | Share
    observed: tuple[Observed, ...] = ()

    def above(self, bound: float) -> Comparison:
        """The claim puts the effect above ``bound``."""
        return self._compared(bound, "above", self._out(self.found.mean) > bound, self.found.p(self._in(bound)))

    def below(self, bound: float) -> Comparison:
        """The claim puts the effect below ``bound``."""
        return self._compared(bound, "below", self._out(self.found.mean) < bound, self.found.p(self._in(bound)))

    def within(self, low: float, high: float) -> Comparison:
        """The claim puts the effect between two bounds: both must be cleared; outside, the one that was crossed decides."""
        effect, lower, upper = self._out(self.found.mean), self.found.p(self._in(low)), self.found.p(self._in(high))
        good = low < effect < high
        return self._compared(f"{low} to {high}", "within", good, max(lower, upper) if good else lower if effect <= low else upper)

    def _in(self, bound: float) -> float:
        return float(np.log(bound)) if self.unit == TIMES else bound

    def _out(self, value: float) -> float:
        return float(np.exp(value)) if self.unit == TIMES else float(value)

    def _compared(self, bound: float | str, says: str, good: bool, p: float) -> Comparison:
        found, margin = self.found, np.nan if isinstance(bound, str) else margin_of(self.unit, bound)
        at = 0.0 if isinstance(bound, str) else self._in(bound)
        intervals = dict(zip(("low", "high", "low90", "high90"), map(self._out, found.interval() + found.interval(0.9)), strict=True))
        return Comparison(
            self.name, self._out(found.mean), **intervals, n=found.n, sets=found.sets, between=found.between, within=found.within,
            decides=self._out(found.decides()), p=p, p_within=found.p_within(at - margin, at + margin) if margin == margin else 1.0,
            bound=bound, says=says, good=bool(good), unit=self.unit, observation=self.observation, table=self.table, observed=self.observed,
        )  # fmt: skip


def difference(a: Rows, b: Rows, value: str, over: Sequence[str], unit: str = "points") -> Measured:
    """Mean of ``value`` in a minus b, paired over ``over``; for unit points the table holds shares from 0 to 1."""
    return _paired(a, b, value, over, unit, "minus", lambda x, y: scaled(x - y, unit))


def ratio(a: Rows, b: Rows, value: str, over: Sequence[str]) -> Measured:
    """Mean ratio of ``value`` in a to b, paired over ``over``; averaged as its logarithm."""
    return _paired(a, b, value, over, TIMES, "over", lambda x, y: np.log(x / y))


def level(rows: Rows, value: str, over: Sequence[str], unit: str, name: str = "") -> Measured:
    """Mean of ``value`` itself over the cells of ``over``."""
    cells = rows.cells(value, over, _about(rows, over))
    return _measured(rows, name or rows.name, unit, over, cells.assign(value=scaled(cells[value], unit)))


def share(rows: Rows, value: str, unit: str, name: str, n: str = "") -> Measured:
    """Share in % with Wilson's interval: of the rows where ``value`` is 1, or a column of percentages of column ``n`` each."""
    rows.need(value, n or value)
    rows.note()
    x = rows.frame[value]
    of = int(rows.frame[n].sum()) if n else len(x)
    hits = round(float((x / 100 * rows.frame[n]).sum())) if n else int(x.sum())
    return Measured(said(rows, name), rows.table, unit, CLIP if n else CLASS, Share(hits, of))


def _paired(a: Rows, b: Rows, value: str, over: Sequence[str], unit: str, word: str, of: Callable) -> Measured:
    """``of(a, b)`` at the cells that both have; raises Missing where there is none, or a is b."""
    if a.frame.index.equals(b.frame.index):
        raise Missing(f"tables/{a.table}.csv has nothing to hold {a.name} against but itself")
    both = a.cells(value, over, _about(a, over)).join(b.cells(value, over), rsuffix=" b", how="inner")
    if both.empty:
        raise Missing(f"no pairs of {a.name} and {b.name}")
    return _measured(a, f"{a.name} {word} {b.name}", unit, over, both.assign(value=of(both[value], both[f"{value} b"])))


def _about(rows: Rows, over: Sequence[str]) -> tuple[str, ...]:
    return (*ABOUT, *(c for c in ("held_out",) if c in rows.frame)) if "repeat" in over else ()


def _measured(rows: Rows, name: str, unit: str, over: Sequence[str], cells: pd.DataFrame) -> Measured:
    """``cells``: the quantity in column ``value``, indexed by ``over``, with ``ABOUT`` where groups of signers are counted."""
    if "repeat" not in over:
        found = contrast(cells["value"], range(len(cells)))
        unit_of = CLASS if "gloss" in over else ROUND
        return Measured(said(rows, name), rows.table, unit, unit_of, found, (Observed("", found.groups, found.n),))
    found, sets = of_runs(cells, "value")
    parts = {str(k): part for k, part in cells.groupby(level=level, sort=False)} if (level := level_of(cells)) else {"": cells}
    observed = [Observed(k, _named(c.groups, parts[k]), int(parts[k]["signers"].min()), enters) for k, (c, enters) in sets.items()]
    return Measured(said(rows, name), rows.table, unit, GROUP, found, tuple(observed))


def _named(groups: tuple[tuple[object, float, int], ...], cells: pd.DataFrame) -> tuple[tuple[object, float, int], ...]:
    """The groups of one set under the names of who is held out, where the table has them and they tell the groups apart."""
    names = dict(zip(cells["group"], cells["held_out"], strict=True)) if "held_out" in cells else {}
    told = len(set(names.values())) == len(groups)
    return tuple((names[g], mean, runs) for g, mean, runs in groups) if told else groups


def scaled(x, unit: str):
    """Shares from 0 to 1 as points or percent; other units as they are."""
    return 100 * x if unit == POINTS or unit.startswith("%") else x


def said(rows: Rows, name: str) -> str:
    """A comparison's name: its group, and what is compared."""
    return ", ".join(filter(None, [rows.group, name]))
