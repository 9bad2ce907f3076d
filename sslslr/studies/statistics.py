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
