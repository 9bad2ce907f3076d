"""Does a verdict rest on a part of its runs: on one half of the seeds, or on the signers on whom the settings were chosen?"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import pandas as pd

from sslslr import paths, profiles
from sslslr.claims.claim import Claim
from sslslr.claims.judge import CLAIMS, judge, reader
from sslslr.claims.plan import DEVELOPMENT, GROUP, choosers, role
from sslslr.claims.rows import Rows, Tables
from sslslr.claims.verdict import FAILS, HOLDS
from sslslr.measures.contrasts import FEWEST


def halves(dataset: str, profile: str, folder: Path | None = None, claims: Sequence[Claim] = CLAIMS) -> pd.DataFrame:
    """Claims with an even number of seeds judged on each half of them: verdict, first and second half, and whether one half
    holds where the other does not (``turns``). With half of the seeds planned."""
    tables, size, out = reader(folder or paths.results(dataset, profile)), profiles.load(profile), []
    for claim in claims:
        n, seeds = claim.plan.at(dataset)
        if seeds % 2:
            continue
        half = replace(claim, plan=replace(claim.plan, n=n, seeds=seeds // 2, on={}), control=None)
        found = [judge(half, partial(_half, tables, k), size, dataset)[0]["verdict"] for k in (0, 1)]
        whole = judge(claim, tables, size, dataset)[0]["verdict"]
        row = {"id": claim.id, "claim": claim.sentence, "verdict": whole, "first half": found[0], "second half": found[1], "seeds": seeds}
        out.append(row | {"turns": {HOLDS, FAILS} <= {whole, *found}})
    return pd.DataFrame(out, columns=["id", "claim", "verdict", "first half", "second half", "seeds", "turns"])


def unchosen(dataset: str, profile: str, folder: Path | None = None, claims: Sequence[Claim] = CLAIMS) -> pd.DataFrame:
    """On development data, the claims counted in groups judged again without those that chose the settings (``choosers``): verdict,
    verdict ``without`` them, effect and n then. A claim keeps the planned n that is left, but no fewer than five. Empty elsewhere."""
    size, out = profiles.load(profile), list[dict]()
    columns = ["id", "claim", "verdict", "without", "effect", "unit", "n", "text"]
    if role(dataset, size) != DEVELOPMENT:
        return pd.DataFrame(out, columns=columns)
    tables, chose = reader(folder or paths.results(dataset, profile)), choosers(size)
    for claim in (c for c in claims if c.plan.unit == GROUP):
        n, seeds = claim.plan.at(dataset)
        less = replace(claim, plan=replace(claim.plan, n=max(FEWEST, n - len(chose)), seeds=seeds, on={}), control=None)
        found = judge(less, partial(_without, tables, chose), size, dataset)[0]
        whole = judge(claim, tables, size, dataset)[0]["verdict"]
        row = {"id": claim.id, "claim": claim.sentence, "verdict": whole, "without": found["verdict"]}
        out.append(row | {c: found[c] for c in ("effect", "unit", "n", "text")})
    return pd.DataFrame(out, columns=columns)


def _half(tables: Tables, half: int, name: str) -> Rows:
    return tables(name).seeds(half)


def _without(tables: Tables, groups: set[int], name: str) -> Rows:
    return tables(name).without(groups)
