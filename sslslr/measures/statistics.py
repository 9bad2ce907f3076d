"""Means with their intervals, and differences paired over repeats."""

import numpy as np
import pandas as pd
from scipy import stats


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
    """Holm's step-down correction of p values (m,), so that the chance of any false "holds" among them is under 5 %."""
    p = np.asarray(p, float)
    order = np.argsort(p)
    steps = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    corrected = np.empty(len(p))
    corrected[order] = np.minimum(steps, 1)
    return corrected


def claims(rows: pd.DataFrame, pairs: list[dict], column: str, over: list[str], value: str) -> pd.DataFrame:
    """Paired t-tests of ``value`` between two models, one a line of ``pairs``, with Holm's correction over all lines.

    Each line has ``a`` and ``b`` (values of ``column``) and may narrow the rows by further columns. Adds points
    (mean of a minus b), low, high (95 % interval, not corrected), n, p, p_holm and a verdict: better or worse where
    p_holm < 0.05, else undecided.
    """
    out = []
    for pair in pairs:
        where = {k: v for k, v in pair.items() if k not in ("a", "b")}
        part = rows[np.logical_and.reduce([rows[k] == v for k, v in where.items()])] if where else rows
        wide = part.pivot_table(index=over, columns=column, values=value, sort=False)
        difference = (wide[pair["a"]] - wide[pair["b"]]).dropna()
        found = interval(difference)
        p = stats.ttest_1samp(difference, 0).pvalue if len(difference) > 1 and difference.std() > 0 else float(found["mean"] == 0)
        out.append(pair | {"points": found["mean"]} | {k: found[k] for k in ("low", "high", "n")} | {"p": p})
    table = pd.DataFrame(out)
    table["p_holm"] = holm(table["p"].fillna(1))
    sure = (table["p_holm"] < 0.05) & (table["n"] > 1)
    table["verdict"] = np.where(~sure, "undecided", np.where(table["points"] > 0, "better", "worse"))
    return table
