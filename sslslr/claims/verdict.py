"""What a claim's function is written with: rows of tables, measured and held against a bound, and the verdict on them.

``difference(a, b, value, over).above(0)`` is one comparison: the mean of a minus b, paired over the columns ``over``,
with its 95 % interval and the p of a test against the bound. ``ratio``, ``level`` and ``share`` are made the same way.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import stats

from sslslr.errors import SignError
from sslslr.measures.statistics import holm, interval

HOLDS, FAILS, UNDECIDED, NOT_RUN = "holds", "does not hold", "undecided", "not run"


class Missing(Exception):
    """A table, or the rows of it that a comparison needs, are not there: the claim was not run."""


@dataclass(frozen=True)
class Rows:
    """Rows of one table of results; ``group`` and ``name`` say in a comparison's name which ones they are."""

    table: str
    frame: pd.DataFrame
    group: str = ""
    name: str = ""

    def need(self, *columns: str) -> None:
        """Raise Missing unless the table has these columns."""
        if lacking := sorted(set(columns) - set(self.frame)):
            raise Missing(f"tables/{self.table}.csv has no column {', '.join(lacking)}")

    def only(self, **fits) -> "Rows":
        """The rows whose columns have these values, or one of several; raises Missing where there is none."""
        self.need(*fits)
        frame = self.frame
        for column, wanted in fits.items():
            frame = frame[frame[column].isin(wanted if isinstance(wanted, (list, tuple)) else [wanted])]
        if frame.empty:
            raise Missing("no rows with " + ", ".join(f"{k} {v}" for k, v in fits.items()))
        return replace(self, frame=frame)

    def where(self, **fits) -> "Rows":
        """As ``only``, and the values stand in the name: these rows are one side of a comparison."""
        said = [v if isinstance(v, str) else f"{k} {v:.2g}" for k, v in fits.items()]
        return replace(self.only(**fits), name=", ".join(filter(None, [self.name, *said])))

    def each(self, *columns: str) -> list["Rows"]:
        """The rows of each group of these columns, in the order of the table."""
        self.need(*columns)
        return [replace(self, frame=frame, group=", ".join(map(str, key))) for key, frame in self.frame.groupby(list(columns), sort=False)]

    def largest(self, column: str, at_most: float) -> float:
        """The largest value of a column that is not above ``at_most``; raises Missing where there is none."""
        self.need(column)
        found = self.frame.loc[self.frame[column] <= at_most + 1e-9, column].max()
        if np.isnan(found):
            raise Missing(f"no rows with {column} at most {at_most:.2g}")
        return found

    def cells(self, value: str, over: Sequence[str]) -> pd.Series:
        """The value of each cell of the columns ``over``; raises SignError when two rows fall into one cell."""
        self.need(value, *over)
        if self.frame.duplicated(list(over)).any():
            raise SignError(f"{self.table}.csv: several rows for one {', '.join(over)}; the claim must choose among them")
        return self.frame.set_index(list(over))[value].dropna()


Tables = Callable[[str], Rows]  # tables(name): the rows of a table; raises Missing where it is not there


@dataclass(frozen=True)
class Comparison:
    """A row of ``claims_parts.csv``: an effect in its unit with its 95 % interval, and whether it lies on the claimed side (``good``)."""

    name: str
    effect: float
    low: float
    high: float
    n: int
    p: float
    bound: float | str
    says: str
    good: bool
    unit: str
    table: str


@dataclass(frozen=True)
class Measured:
    """Something measured, before it is held against a bound; ``against(bound)`` gives effect, low, high, n and two-sided p."""

    name: str
    table: str
    unit: str
    against: Callable[[float], dict]

    def above(self, bound: float) -> Comparison:
        """The claim puts the effect above ``bound``."""
        found = self.against(bound)
        return self._compared(found, bound, "above", found["effect"] > bound)

    def below(self, bound: float) -> Comparison:
        """The claim puts the effect below ``bound``."""
        found = self.against(bound)
        return self._compared(found, bound, "below", found["effect"] < bound)

    def within(self, low: float, high: float) -> Comparison:
        """The claim puts the effect between two bounds: both must be cleared; outside, the one that was crossed decides."""
        lower, upper = self.against(low), self.against(high)
        good = low < lower["effect"] < high
        p = max(lower["p"], upper["p"]) if good else (lower if lower["effect"] <= low else upper)["p"]
        return self._compared(lower | {"p": p}, f"{low} to {high}", "within", good)

    def _compared(self, found: dict, bound: float | str, says: str, good: bool) -> Comparison:
        return Comparison(self.name, **found, bound=bound, says=says, good=bool(good), unit=self.unit, table=self.table)


def difference(a: Rows, b: Rows, value: str, over: Sequence[str], unit: str = "points") -> Measured:
    """Mean of ``value`` in a minus b, paired over ``over``; for unit points the table holds shares from 0 to 1."""
    x, y = pairs(a, b, value, over)
    return Measured(said(a, f"{a.name} minus {b.name}"), a.table, unit, t_test(scaled(x - y, unit)))


def ratio(a: Rows, b: Rows, value: str, over: Sequence[str]) -> Measured:
    """Mean ratio of ``value`` in a to b, paired over ``over``; averaged as its logarithm."""
    x, y = pairs(a, b, value, over)
    logs = t_test(np.log(x / y))

    def against(bound: float) -> dict:
        found = logs(np.log(bound))
        return found | {k: np.exp(found[k]) for k in ("effect", "low", "high")}

    return Measured(said(a, f"{a.name} over {b.name}"), a.table, "times", against)


def level(rows: Rows, value: str, over: Sequence[str], unit: str, name: str = "") -> Measured:
    """Mean of ``value`` itself over the cells of ``over``."""
    x = rows.cells(value, over).to_numpy(float)
    return Measured(said(rows, name or rows.name), rows.table, unit, t_test(scaled(x, unit)))


def share(rows: Rows, value: str, unit: str, name: str, n: str = "") -> Measured:
    """Share in % with Wilson's interval: of the rows where ``value`` is 1, or a column of percentages of column ``n`` each."""
    rows.need(value, n or value)
    x = rows.frame[value]
    of = int(rows.frame[n].sum()) if n else len(x)
    hits = round(float((x / 100 * rows.frame[n]).sum())) if n else int(x.sum())

    def against(bound: float) -> dict:
        test = stats.binomtest(hits, of, bound / 100)
        low, high = test.proportion_ci(method="wilson")
        return {"effect": 100 * hits / of, "low": 100 * low, "high": 100 * high, "n": of, "p": test.pvalue}

    return Measured(said(rows, name), rows.table, unit, against)


def pairs(a: Rows, b: Rows, value: str, over: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """``value`` in a and in b at the cells of ``over`` that both have; raises Missing where there is none, or a is b."""
    if a.frame.index.equals(b.frame.index):
        raise Missing(f"tables/{a.table}.csv has nothing to hold {a.name} against but itself")
    both = pd.concat([a.cells(value, over), b.cells(value, over)], axis=1, keys=["a", "b"]).dropna()
    if both.empty:
        raise Missing(f"no pairs of {a.name} and {b.name}")
    return both["a"].to_numpy(float), both["b"].to_numpy(float)


def scaled(x: np.ndarray, unit: str) -> np.ndarray:
    """Shares from 0 to 1 as points; other units as they are."""
    return 100 * x if unit == "points" else x


def said(rows: Rows, name: str) -> str:
    """A comparison's name: its group, and what is compared."""
    return ", ".join(filter(None, [rows.group, name]))


def t_test(x: np.ndarray) -> Callable[[float], dict]:
    """Mean of x with its t-interval, and p of lying on one side of a bound. One value has no p; none that varies: 0 or 1."""
    found = interval(x)

    def against(bound: float) -> dict:
        p = np.nan if len(x) < 2 else stats.ttest_1samp(x, bound).pvalue if np.ptp(x) > 1e-12 else float(found["mean"] == bound)
        return {"effect": float(found["mean"]), "low": float(found["low"]), "high": float(found["high"]), "n": len(x), "p": p}

    return against


def decide(comparisons: Sequence[Comparison]) -> pd.DataFrame:
    """Comparisons as rows with Holm's p and a verdict each, the one furthest from holding first."""
    parts = pd.DataFrame(comparisons)
    p = parts["p"].fillna(1)
    parts = parts.assign(p_holm=holm(p))
    sure = (parts["p_holm"] < 0.05) & (parts["n"] > 1)
    parts["verdict"] = np.where(~sure, UNDECIDED, np.where(parts["good"], HOLDS, FAILS))
    certainty = np.where(parts["good"], 1, -1) * -np.log(p.clip(lower=1e-300))
    return parts.iloc[np.lexsort((certainty, parts["verdict"].map([FAILS, UNDECIDED, HOLDS].index)))]


def verdict(parts: pd.DataFrame) -> str:
    """Of a claim, from those of its comparisons."""
    found = set(parts["verdict"])
    return FAILS if FAILS in found else HOLDS if found == {HOLDS} else UNDECIDED
