"""Means with their intervals, and tables of differences between models."""

import numpy as np
import pandas as pd
from scipy import stats

from sslslr.measures.contrasts import DIFFERS, FEWEST, OPEN, SMALL, answer, of_runs

MARGIN = 0.015  # of accuracy: differences smaller than 1.5 points do not matter


def interval(values, confidence: float = 0.95) -> dict[str, float]:
    """Mean of ``values`` with a Student-t interval (section 6.3): mean, low, high, n. One value has no interval: NaN."""
    values = np.asarray(values, float)
    n = len(values)
    half = stats.t.ppf((1 + confidence) / 2, n - 1) * values.std(ddof=1) / n**0.5 if n > 1 else np.nan
    return {"mean": values.mean(), "low": values.mean() - half, "high": values.mean() + half, "n": n}


def summarise(rows: pd.DataFrame, by: list[str], value: str) -> pd.DataFrame:
    """``interval`` of column ``value`` for each group of ``by``, in the order in which the groups first appear."""
    groups = rows.groupby(by, sort=False)[value]
    return pd.DataFrame([dict(zip(by, name, strict=True)) | interval(group) for name, group in groups])


def paired(rows: pd.DataFrame, column: str, a: str, b: str, over: list[str], value: str) -> dict[str, float]:
    """Interval of ``value`` of a minus b, paired over ``over`` (say corpus and repeat): mean, low, high, n."""
    wide = rows.pivot(index=over, columns=column, values=value)
    return interval((wide[a] - wide[b]).dropna())


def holm(p) -> np.ndarray:
    """Holm's step-down correction of p values (m,), so that the chance of any false alarm among them is under 5 %."""
    p = np.asarray(p, float)
    order = np.argsort(p)
    steps = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    corrected = np.empty(len(p))
    corrected[order] = np.minimum(steps, 1)
    return corrected


def claims(rows: pd.DataFrame, pairs: list[dict], column: str, over: list[str], value: str, margin: float = MARGIN) -> pd.DataFrame:
    """Differences of ``value`` between two models, one a line of ``pairs``, by the rule that decides the claims (``contrasts``).

    Each line has ``a`` and ``b`` (values of ``column``) and may narrow the rows by further columns. Runs are paired over ``over``
    and averaged within each group of held-out signers (column ``group``; without one every repeat is a group of its own), then
    over groups (with the overlap that ``test_to_train`` says), then over sets. Adds points (mean of a minus b), low, high (95 %), low90, high90, n (groups), between and within
    (spread between groups and between seeds), p, and a verdict: better, worse, the same "by less than the margin", no difference
    (the 90 % interval lies within ``margin``, in the unit of ``value``; 0: no margin), else undecided, as with fewer than five
    groups. A line is one comparison and not corrected: among twenty, one differs by chance.
    """
    rows = rows if "group" in rows else rows.assign(group=rows["repeat"])
    rows = rows if "test_to_train" in rows else rows.assign(test_to_train=0.0)
    out = []
    for pair in pairs:
        where = {k: v for k, v in pair.items() if k not in ("a", "b")}
        part = rows[np.logical_and.reduce([rows[k] == v for k, v in where.items()])] if where else rows
        wide = part.pivot_table(index=over, columns=column, values=value, sort=False)
        cells = part.groupby(over, sort=False)[["group", "test_to_train"]].first().assign(value=wide[pair["a"]] - wide[pair["b"]])
        found, _ = of_runs(cells.dropna(subset=["value"]), "value")
        p, within = found.p(0), found.p_within(-margin, margin) if margin else 1.0
        numbers = dict(zip(("low", "high", "low90", "high90"), found.interval() + found.interval(0.9), strict=True))
        about = {"n": found.n, "between": found.between, "within": found.within, "p": p}
        side = "better" if found.mean > 0 else "worse"
        words = {DIFFERS: side, SMALL: f"{side} by less than the margin"}
        told = answer(p, within) if found.fewest >= FEWEST else OPEN
        out.append(pair | {"points": found.mean} | numbers | about | {"verdict": words.get(told, told)})
    return pd.DataFrame(out)
