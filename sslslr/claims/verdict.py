"""From a claim's comparisons to its verdict. Written down before the runs: ``rules`` is the table of it, made by this code."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from sslslr.claims.measured import Comparison, Observed
from sslslr.claims.plan import FEWEST, GROUP, POINTS, Plan
from sslslr.measures.contrasts import ANSWERS, DIFFERS, LEVEL, OPEN, SAME, SMALL, answer
from sslslr.measures.statistics import holm

VERSION = "verdicts 1"

HOLDS, FAILS, UNDECIDED, NOT_RUN, NOT_JUDGED = "holds", "does not hold", "undecided", "not run", "not judged"
VERDICTS = (HOLDS, FAILS, UNDECIDED, NOT_JUDGED, NOT_RUN)


def lacking(comparison: Comparison, n: int, seeds: int) -> str:
    """What is missing of the planned ``n`` observations with ``seeds`` runs each, in words; "" where all of it is there."""
    if comparison.observation != GROUP:
        return "" if comparison.n >= n else f"{comparison.n} of {n} planned"
    for found in (o for o in comparison.observed if o.enters):
        groups, name = len(found.groups), f"{found.name}: " if found.name else ""
        if found.signers < FEWEST:
            return f"{name}{found.signers} groups of held-out signers; a verdict takes {FEWEST}"
        if groups < min(n, found.signers):
            return f"{name}{groups} of {min(n, found.signers)} planned groups"
        if found.seeds < seeds:
            return f"{name}{found.seeds} of {seeds} planned seeds"
    return ""


def decide(comparisons: Sequence[Comparison], plan: Plan | None = None, dataset: str = "") -> pd.DataFrame:
    """Comparisons as rows with an answer and a verdict each, the one furthest from holding first.

    A comparison *holds* if it differs on the claimed side. It *does not hold* if it differs on the other side, or if there is no
    difference where one is claimed, after Holm's correction over the comparisons (``p_against``, ``p_holm``). It is
    *undecided* else, and always where the plan's n is not complete (``lacks`` says what is missing; None: five groups).
    """
    n, seeds = (plan or Plan()).at(dataset)
    parts = pd.DataFrame([vars(c) for c in comparisons])
    p, p_within, good = parts["p"].fillna(1), parts["p_within"].fillna(1), parts["good"].astype(bool)
    parts["answer"] = [answer(*pair) for pair in zip(p, p_within, strict=True)]
    parts["lacks"] = [lacking(c, n, seeds) for c in comparisons]
    complete, holds = parts["lacks"] == "", good & (p < LEVEL)
    parts["p_against"] = np.where(holds | ~complete, 1.0, np.where(good, p_within, np.minimum(p, p_within)))
    parts["p_holm"] = holm(parts["p_against"])
    parts["verdict"] = np.where(holds & complete, HOLDS, np.where(parts["p_holm"] < LEVEL, FAILS, UNDECIDED))
    certainty = np.where(good, 1, -1) * -np.log(p.clip(lower=1e-300))
    return parts.iloc[np.lexsort((certainty, parts["verdict"].map([FAILS, UNDECIDED, HOLDS].index)))]


def verdict(parts: pd.DataFrame) -> str:
    """Of a claim, from those of its comparisons: holds if all do, does not hold if one does not, else undecided."""
    found = set(parts["verdict"])
    return FAILS if FAILS in found else HOLDS if found == {HOLDS} else UNDECIDED


# p of the difference, p of lying within the margin: one example of each answer.
_EXAMPLES = {DIFFERS: (0.001, 1.0), SMALL: (0.001, 0.001), SAME: (0.5, 0.001), OPEN: (0.5, 0.5)}


def _example(p: float, p_within: float, good: bool, groups: int = FEWEST) -> Comparison:
    observed = Observed("", tuple((g, 0.0, 1) for g in range(groups)), FEWEST)
    numbers = dict.fromkeys(("effect", "low", "high", "low90", "high90", "between", "within", "decides", "bound"), 0.0)
    return Comparison(name="", n=groups, sets=1, p=p, p_within=p_within, says="above", good=good, unit=POINTS, observation=GROUP,
                      table="", observed=(observed,), **numbers)  # fmt: skip


def rules() -> pd.DataFrame:
    """How the answer to a comparison becomes its verdict, and those of several that of the claim: from ``decide`` and ``verdict``."""
    sides = {True: "the claimed side", False: "the other side"}
    out = [
        {"what is found": found, "effect on": sides[good], "verdict": decide([_example(*_EXAMPLES[found], good)])["verdict"].iloc[0]}
        for found in ANSWERS for good in ((True, False) if found in (DIFFERS, SMALL) else (True,))
    ]  # fmt: skip
    out = [row if row["what is found"] in (DIFFERS, SMALL) else row | {"effect on": "either side"} for row in out]
    short = decide([_example(*_EXAMPLES[DIFFERS], True, FEWEST - 1)])
    out.append({"what is found": "anything, at less than the planned n", "effect on": "either side", "verdict": short["verdict"].iloc[0]})
    together = {"every comparison holds": [HOLDS, HOLDS], "at least one does not hold": [HOLDS, UNDECIDED, FAILS],
                "none is against it, not all hold": [HOLDS, UNDECIDED]}  # fmt: skip
    claims = [
        {"what is found": f"claim: {k}", "effect on": "–", "verdict": verdict(pd.DataFrame({"verdict": v}))} for k, v in together.items()
    ]
    return pd.DataFrame(out + claims)
