"""What happened in this run, in a sentence with its numbers: what stands after "Here:" below a figure."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from sslslr.clips.signs import Signs
from sslslr.measures.likeness import hand_speed

SAME = "about the same"


def points(low: float, mean: float, high: float) -> str:
    """A difference of accuracies (0 to 1) in points, with its interval where there is one."""
    return f"{100 * mean:+.1f} points" + (f" ({100 * low:+.1f} to {100 * high:+.1f})" if low == low else "")


def side(verdict: str, words: Sequence[str] = ("above", SAME, "below")) -> str:
    """Which of three words an answer of ``measures.statistics.claims`` says: better, neither (or undecided), worse."""
    return words[0] if verdict.startswith("better") else words[2] if verdict.startswith("worse") else words[1]


def leaders(table: pd.DataFrame, controls: Sequence[str], against: str = "random encoder", column: str = "corpus") -> str:
    """For each corpus the best of what is no control, and one control beside it.

    ``table``: a row a model with ``corpus``, ``model``, ``mean`` (0 to 1), ``n``, perhaps ``views``.
    """
    parts = []
    for corpus, part in table.groupby(column, sort=False):
        rest = part[~part["model"].isin(controls)]
        best = rest.sort_values("mean", ascending=False).iloc[0]
        name = best["model"] + (f" ({best['views'].replace('_', ' and ')})" if "views" in part else "")
        control = part[part["model"] == against]
        beside = f", {against} {100 * control['mean'].iloc[0]:.1f} %" if len(control) else ""
        parts.append(f"on {corpus} the highest mean is that of {name}, {100 * best['mean']:.1f} %{beside} (n = {int(best['n'])})")
    return "; ".join(parts) + "."


def ranges(table: pd.DataFrame, across: str, within: str) -> float:
    """How far apart ``across`` (models, say) lie in ``mean`` where all else is equal: mean of the ranges within each ``within`` and corpus."""
    wide = table.pivot_table(index=["corpus", within], columns=across, values="mean")
    return float((wide.max(axis=1) - wide.min(axis=1)).mean())


def strokes(known: dict[str, Signs]) -> str:
    """Where the true strokes lie, by corpus, and how many reach into the first third or the last quarter."""
    parts = []
    for name, s in known.items():
        on, off = s.onset / (s.lengths - 1), s.offset / (s.lengths - 1)
        cut = (on < 1 / 3) | (off > 3 / 4)
        parts.append(
            f"in {name} strokes last from {on.mean():.2f} to {off.mean():.2f} of the clip on average, and {100 * cut.mean():.0f} % of {len(s)} reach beyond 1/3 or 3/4"
        )
    return "; ".join(parts) + "."


def ends_and_middle(signs: Signs, alpha: float = 1 / 3, beta: float = 1 / 4) -> tuple[float, float]:
    """Median speed of the faster wrist (1 = mean of its clip) in the ends, and between them."""
    speeds = hand_speed(signs, bins=48)
    at = (np.arange(48) + 0.5) / 48
    middle = (at >= alpha) & (at < 1 - beta)
    return float(np.nanmedian(speeds[:, ~middle])), float(np.nanmedian(speeds[:, middle]))


def fastest(corpora: dict[str, Signs], alpha: float = 1 / 3, beta: float = 1 / 4) -> str:
    """Speed in the ends and in the middle, by corpus."""
    told = {name: ends_and_middle(s, alpha, beta) for name, s in corpora.items()}
    return (
        "; ".join(f"{name}: {a:.2f} at the ends, {b:.2f} between them" for name, (a, b) in told.items()) + " (medians; 1 = mean of a clip)."
    )


def over(history: pd.DataFrame, columns: dict[str, str], by: str = "model") -> str:
    """First and last epoch of some columns, by model: means over runs."""
    at = next(c for c in ("epoch", "step") if c in history)
    first, last = (history[history[at] == f].groupby(by, sort=False)[list(columns)].mean() for f in (history[at].min(), history[at].max()))
    told = {
        name: [
            f"{words} {first.loc[name, c]:.2f} to {last.loc[name, c]:.2f}" for c, words in columns.items() if np.isfinite(last.loc[name, c])
        ]
        for name in last.index
    }
    return "; ".join(f"{name}: {', '.join(parts)}" for name, parts in told.items() if parts) + f" (first and last {at}, means)."


def moved(index: np.ndarray, length: int) -> str:
    """How many frames of each view stand elsewhere than in the clip. ``index``: (views, T)."""
    away = (index[:, :length] != np.arange(length)).sum(1)
    return f"of {length} frames {', '.join(str(int(k)) for k in away)} stand elsewhere in the {len(away)} views."
