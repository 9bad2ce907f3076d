"""Comparisons of a claim: what ``data/paper/claims.yml`` says in words, evaluated on tables with intervals and Holm's correction."""

import numpy as np
import pandas as pd
from scipy import stats

from sslslr.errors import SignError
from sslslr.measures.statistics import holm, interval

HOLDS, FAILS, UNDECIDED, NOT_RUN = "holds", "does not hold", "undecided", "not run"
PART = {"table", "value", "unit", "over", "each", "only", "a", "b", "compare", "says", "bound", "n", "name"}
BOUNDS = {"difference": 0, "level": 0, "ratio": 1, "share": 50}


class Missing(Exception):
    """A table, or the rows of it that a comparison needs, are not there: the claim was not run."""


def chosen(rows: pd.DataFrame, fits: dict) -> pd.DataFrame:
    """The rows that fit: a column's value, one of several, or ``{"at most": x}``, the largest value there that is not above x."""
    for column, wanted in fits.items():
        if column not in rows:
            raise Missing(f"no column {column!r}")
        if isinstance(wanted, dict):
            below = rows.loc[rows[column] <= wanted["at most"] + 1e-9, column]
            wanted = below.max() if len(below) else np.nan
        rows = rows[rows[column].isin(wanted if isinstance(wanted, list) else [wanted])]
    if rows.empty:
        raise Missing("no rows with " + ", ".join(f"{k} {v}" for k, v in fits.items()))
    return rows


def named(rows: pd.DataFrame, fits: dict) -> str:
    """What rows are called in a sentence: the values of the columns that chose them."""
    return ", ".join(f"{k} {rows[k].iloc[0]:.2g}" if isinstance(v, (int, float, dict)) else str(v) for k, v in fits.items())


def series(rows: pd.DataFrame, part: dict) -> pd.Series:
    """The value of each cell of ``over``; raises SignError when two rows fall into one cell."""
    over = part["over"]
    if rows.duplicated(over).any():
        raise SignError(f"{part['table']}.csv: several rows for one {', '.join(over)}; the claim must choose among them")
    return rows.set_index(over)[part["value"]].dropna()


def values(part: dict, group: pd.DataFrame, a: dict, b: dict) -> tuple[np.ndarray, str]:
    """What a comparison measures, one number a cell of ``over``, and its name."""
    one = chosen(group, a)
    x, name = series(one, part), named(one, a)
    if part.get("compare", "difference") == "level":
        return x.to_numpy(float), name
    other = chosen(group, b)
    if one.index.equals(other.index):
        raise Missing(f"tables/{part['table']}.csv has nothing to hold {name} against but itself")
    ratio = part.get("compare") == "ratio"
    pair = pd.concat([x, series(other, part)], axis=1, keys=["a", "b"]).dropna()
    if pair.empty:
        raise Missing(f"no pairs of {name} and {named(other, b)}")
    found = np.log(pair["a"] / pair["b"]) if ratio else pair["a"] - pair["b"]
    return found.to_numpy(float), f"{name} {'over' if ratio else 'minus'} {named(other, b)}"


def estimate(x: np.ndarray, part: dict, bound: float) -> dict:
    """Mean of ``x`` with its 95 % t-interval, in the unit of the claim, and the two-sided p of lying on one side of ``bound``.

    A ratio is averaged as its logarithm. One value, or none that varies, has no p but 0 or 1.
    """
    ratio, scale = (part.get("compare") == "ratio", 100 if part["unit"] == "points" else 1)
    x = x if ratio else scale * x
    at = np.log(bound) if ratio else bound
    found = interval(x)
    p = np.nan if len(x) < 2 else stats.ttest_1samp(x, at).pvalue if np.ptp(x) > 1e-12 else float(found["mean"] == at)
    back = np.exp if ratio else float
    return {"effect": back(found["mean"]), "low": back(found["low"]), "high": back(found["high"]), "n": len(x), "p": p}


def proportion(group: pd.DataFrame, part: dict, bound: float) -> dict:
    """Share in % with Wilson's interval: of rows with value 1, or a column of percentages of ``n`` each."""
    x = group[part["value"]]
    n = int(group[part["n"]].sum()) if "n" in part else len(group)
    hits = round(float((x / 100 * group[part["n"]]).sum())) if "n" in part else int(x.sum())
    test = stats.binomtest(hits, n, bound / 100)
    low, high = test.proportion_ci(method="wilson")
    return {"effect": 100 * hits / n, "low": 100 * low, "high": 100 * high, "n": n, "p": test.pvalue}


def compare(part: dict, tables) -> pd.DataFrame:
    """Every comparison of one predicate: name, effect, low, high, n, p (two-sided), bound, good (on the claimed side).

    ``tables(name)`` gives a table or raises Missing.
    """
    kind, says = part.get("compare", "difference"), part["says"]
    rows, each, out = tables(part["table"]), part.get("each", []), []
    if lacking := {*each, *part.get("over", []), part["value"], part.get("n", part["value"])} - set(rows):
        raise Missing(f"tables/{part['table']}.csv has no column {', '.join(sorted(lacking))}")
    rows = chosen(rows, part.get("only", {}))
    for key, group in rows.groupby(each, sort=False) if each else [((), rows)]:
        for a in as_list(part.get("a", {})):
            for b in as_list(part.get("b", {})):
                x, name = (None, part["value"]) if kind == "share" else values(part, group, a, b)
                bounds = as_list(part.get("bound", BOUNDS[kind]))
                found = [proportion(group, part, at) if kind == "share" else estimate(x, part, at) for at in bounds]
                mean = found[0]["effect"]
                good = {"above": mean > bounds[0], "below": mean < bounds[0], "within": bounds[0] < mean < bounds[-1]}[says]
                # A range holds where both bounds are cleared; outside of it, the bound that was crossed decides.
                crossed = found[0 if mean <= bounds[0] else -1]["p"]
                p = max(f["p"] for f in found) if good else crossed
                name = ", ".join(map(str, filter(None, [*key, part.get("only", {}).get("end"), part.get("name", name)])))
                out.append({"name": name, **found[0], "p": p, "bound": bounds[0] if len(bounds) == 1 else f"{bounds[0]} to {bounds[1]}",
                            "says": says, "good": bool(good), "unit": part["unit"], "table": part["table"]})  # fmt: skip
    return pd.DataFrame(out)


def as_list(value) -> list:
    return value if isinstance(value, list) else [value]


def decide(parts: pd.DataFrame) -> pd.DataFrame:
    """Add Holm's p and each comparison's verdict, and order them: the furthest from holding first."""
    parts = parts.assign(p_holm=holm(parts["p"].fillna(1)))
    sure = (parts["p_holm"] < 0.05) & (parts["n"] > 1)
    parts["verdict"] = np.where(~sure, UNDECIDED, np.where(parts["good"], HOLDS, FAILS))
    sign = np.where(parts["good"], 1, -1)
    return parts.iloc[
        np.lexsort((sign * -np.log(parts["p"].fillna(1).clip(lower=1e-300)), parts["verdict"].map([FAILS, UNDECIDED, HOLDS].index)))
    ]


def verdict(parts: pd.DataFrame) -> str:
    """Of a claim, from those of its comparisons."""
    found = set(parts["verdict"])
    return FAILS if FAILS in found else HOLDS if found == {HOLDS} else UNDECIDED
