"""The verdict in one look: every claim with a mark, a plain sentence and a small picture for each data set of the record."""

import math
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from sslslr import paths, profiles
from sslslr.claims.claim import Claim
from sslslr.claims.judge import CLAIMS, number, told
from sslslr.claims.plan import CLASS, CLIP, DEVELOPMENT, GROUP, MARGINS, NOTHING, ROUND, TIMES
from sslslr.claims.verdict import FAILS, HOLDS, NOT_RUN, UNDECIDED
from sslslr.measures.contrasts import DIFFERS, OPEN, SAME, SMALL
from sslslr.paths import write_text
from sslslr.record.tables import Record
from sslslr.report import recorded
from sslslr.report.about import about_of
from sslslr.report.figures import view_set
from sslslr.report.recorded import Judged

MIXED = "differs between data sets"
GROUPS = {HOLDS: "Holds", FAILS: "Does not hold", MIXED: "Holds on one data set, not on another", UNDECIDED: "Undecided", NOT_RUN: "Not recorded yet"}  # fmt: skip
UNSAID = {
    "the record has nothing": "not recorded",
    "needs rows with": "these rows are not there",
    "measured where it is run": "measured where it is run",
}  # why a claim has no number
WORDS = {DIFFERS: "a difference", SMALL: "a difference too small to matter", SAME: "no difference", OPEN: "can't be told yet"}
COUNTED = {GROUP: "groups", ROUND: "rounds", CLASS: "classes", CLIP: "clips"}
WIDTH, HEIGHT = 200, 26  # of a small picture
WIDEST = {"points": 15.0, TIMES: math.log(2)}  # what its axis shows to each side, at most
ROWS = ("table", "corpus", "source", "target", "model", "views", "end", "share", "group", "repeat")
NAMES = {"linear_standardised_top1": "linear top-1", "top1": "top-1", "test": "test top-1", "knn": "kNN top-1", "raw": "inertia", "relative": "relative inertia", "output_std": "std of the outputs", "output_rank": "rank of the outputs"}  # fmt: skip
VALUES = ("linear_standardised_top1", "top1", "test", "knn", "raw", "relative", "output_std", "output_rank")


def overall(verdicts: Sequence[str]) -> str:
    """Under which heading a claim stands, from its verdicts on the data sets."""
    found = set(verdicts)
    return MIXED if {HOLDS, FAILS} <= found else next(v for v in (HOLDS, FAILS, UNDECIDED, NOT_RUN) if v in found or v == NOT_RUN)


def plain(row: dict, worst: dict) -> str:
    """What was found in one plain sentence: ``no difference (0.2 points, 90 % 0.1 to 0.6, 10 groups)``."""
    if not row["compared"]:
        return next((words for begins, words in UNSAID.items() if begins in row["text"]), row["text"].partition(": ")[0].rstrip("."))
    unit, bound, good = worst["unit"], worst["bound"], worst["good"]
    said = WORDS[worst["answer"]]
    if worst["answer"] == DIFFERS:
        said = "as claimed" if good else "the other way round"
    if NOTHING.get(unit) != bound and worst["answer"] in (DIFFERS, SMALL):
        said = f"{'' if good else 'not '}{worst['says']} {bound if isinstance(bound, str) else f'{bound:g}'}"
    if worst["lacks"]:
        said = f"too few runs yet, {worst['lacks'].partition(': ')[2] or worst['lacks']}"
    elif row["verdict"] == UNDECIDED and worst["answer"] != OPEN:
        said += f", not sure as one of {int(row['comparisons'])}"
    signed = unit == "points"
    effect = f"{number(row['effect'], unit, signed)} {unit}"
    spans = f", 90 % {number(row['low90'], unit)} to {number(row['high90'], unit)}" if row["low90"] == row["low90"] else ""
    return f"{said} ({effect}{spans}, {int(row['n'])} {COUNTED.get(worst['observation'], worst['observation'])})".replace("-", "\N{MINUS SIGN}")  # fmt: skip


def picture(worst: dict) -> dict:
    """Places of a small picture, 0 to ``WIDTH``: both intervals, the effect, the bound and the margin around it; cut at the axis's ends."""
    unit, bounds = worst["unit"], [float(b) for b in str(worst["bound"]).split(" to ")]
    of = math.log if unit == TIMES else float
    values = [of(worst[k]) for k in ("low", "high", "low90", "high90", "effect") if worst[k] == worst[k]]
    at = [of(b) for b in bounds]
    if unit in WIDEST and len(bounds) == 1:
        middle, half = at[0], min(WIDEST[unit], max(abs(v - at[0]) for v in values) * 1.15 + (math.log(MARGINS[unit]) if unit == TIMES else MARGINS[unit]))  # fmt: skip
        half = WIDEST[unit] if half > WIDEST[unit] / 2 else WIDEST[unit] / 2
        low, high = middle - half, middle + half
    else:
        low, high = min(0.0, *values), max(*values, *at) * 1.1 + 1e-9

    def x(value: float) -> float:
        return round(WIDTH * min(1.0, max(0.0, (value - low) / (high - low))), 1)

    margin = None
    if unit in MARGINS and bounds == [NOTHING[unit]]:
        by = math.log(MARGINS[unit]) if unit == TIMES else MARGINS[unit]
        margin = x(at[0] - by), x(at[0] + by)
    told = {k: x(of(worst[k])) for k in ("low", "high", "low90", "high90", "effect") if worst[k] == worst[k]}
    side = {"above": 1, "below": -1}.get(worst["says"], 0)  # where the claim puts it: right of the bound, left of it, or between two
    return {"bounds": [x(b) for b in at], "side": side, "margin": margin, "width": WIDTH, "height": HEIGHT, **told}


def gathered(record: Record, claims: Sequence[Claim] = CLAIMS) -> list[Judged]:
    """The claims on every data set of the record, under each profile whose studies are answered from it."""
    kept = [p.stem for p in sorted(paths.PROFILES.glob("*.yml")) if profiles.load(p.stem).recorded]
    names = sorted(kept, key=lambda name: name != profiles.DECIDES)
    return [recorded.judged(record, data, name, claims) for name in names for data in recorded.datasets_of(record, name)]


def kind_of(dataset: str) -> str:
    """Whether a data set is made or recorded."""
    return "synthetic" if dataset == "synthetic" else "real"


def front(found: list[Judged], claims: Sequence[Claim] = CLAIMS) -> dict:
    """What the front page shows of the record: ``sets`` with where they come from, and ``groups`` of claims, each with a cell for each of
    ``columns``, the data sets: of the first profile under which it was judged there (``gathered`` has the one that decides first).

    A set of which the record has no row that a claim reads is in ``others`` alone. A claim of the last group has ``why`` in place of cells.
    """
    told = [j for j in found if j.about["answers"]]
    columns = list(dict.fromkeys(j.dataset for j in told))
    others = [j.dataset for j in found if j.dataset not in columns]
    sets = [{"name": j.dataset, "kind": kind_of(j.dataset), "profile": j.profile, "words": recorded.words(j.about),
             "development": (j.rows["role"] == DEVELOPMENT).any(), "answers": j.about["answers"]} for j in told]  # fmt: skip
    entries = []
    for claim in claims:
        cells = [judged_first([cell(claim, j) for j in told if j.dataset == dataset]) for dataset in columns]
        about = {"id": claim.id, "about": about_of(claim.id, claim.sentence), "sentence": claim.sentence, "place": claim.place}
        group = overall([c["verdict"] for c in cells])
        entries.append(
            about | ({"why": why(cells)} if group == NOT_RUN else {"cells": cells, "rest": why(cells, all_named=True)}) | {"group": group}
        )
    groups = [
        {"title": GROUPS[g], "claims": mine, "told": g != NOT_RUN} for g in GROUPS if (mine := [e for e in entries if e["group"] == g])
    ]
    return {"sets": sets, "columns": columns, "others": others, "groups": groups, "claims": len(entries)}


def judged_first(cells: list[dict]) -> dict:
    """Of a claim's cells on one data set, a profile each, the first with a verdict; the first of all where none has."""
    return next((c for c in cells if c["verdict"] != NOT_RUN), cells[0])


def why(cells: list[dict], all_named: bool = False) -> str:
    """Why a claim has no verdict on those data sets where it has none; said once, without their names, where that is the same for all and
    not ``all_named``."""
    reasons: dict[str, list[str]] = {}
    for one in cells:
        if one["verdict"] == NOT_RUN:
            reasons.setdefault(one["sentence"], []).append(one["dataset"])
    if len(reasons) < 2 and not all_named:
        return next(iter(reasons), "")
    return "; ".join(f"{', '.join(names)}: {reason}" for reason, names in reasons.items())


def cell(claim: Claim, judged: Judged) -> dict:
    """One claim on one data set."""
    row = judged.rows[judged.rows["id"] == claim.id].iloc[0].to_dict()
    mine = judged.parts[judged.parts["id"] == claim.id] if len(judged.parts) else judged.parts
    worst = mine.iloc[0].to_dict() if len(mine) else {}
    about = {"dataset": judged.dataset, "profile": judged.profile, "kind": kind_of(judged.dataset), "verdict": row["verdict"], "sentence": plain(row, worst), "compared": view_set(row["compared"]),
             "comparisons": int(row["comparisons"] or 0), "warns": row["text"].partition("; but ")[2].partition(" (")[0], "picture": picture(worst) if row["compared"] else None, "text": row["text"]}  # fmt: skip
    return about | {"rows": len(judged.behind.get(claim.id, ()))}


def details(found: list[Judged], claim: Claim) -> list[dict]:
    """Of each data set that a claim has rows on: verdict, comparisons, and the rows behind it with the command that trains each again."""
    out = []
    for j in found:
        row = j.rows[j.rows["id"] == claim.id].iloc[0].to_dict()
        mine, behind = (j.parts[j.parts["id"] == claim.id] if len(j.parts) else j.parts), j.behind.get(claim.id, pd.DataFrame())
        if not len(mine):
            continue
        data = "" if j.dataset == "synthetic" else f" DATASET={j.dataset} DATA=/path/to/it"
        columns = [c for c in (*ROWS, *VALUES) if c in behind and behind[c].notna().any() and (c != "table" or behind[c].nunique() > 1)]
        lines = [{"run": r["run"], "cells": [shown(r[c], c) for c in columns], "command": f"make audit ROW={r['run']}{data}"}
                 for r in behind.drop_duplicates([*columns, "run"]).to_dict("records")]  # fmt: skip
        out.append({"dataset": j.dataset, "profile": j.profile, "row": row, "parts": shown_parts(mine), "columns": [NAMES.get(c, c) for c in columns], "lines": lines,
                    "replicate": f"make replicate CLAIM={claim.id}{data}"})  # fmt: skip
    return out


def shown_parts(parts: pd.DataFrame) -> pd.DataFrame:
    """The comparisons of a claim for readers, view sets as the figures name them."""
    return told(parts).drop(columns="id").assign(comparison=lambda t: t["comparison"].map(view_set))


def shown(value: object, column: str) -> str:
    """A cell of a row for readers."""
    if value is None or value != value:
        return "–"
    if column in VALUES:
        return f"{value:.4f}"
    return f"{value:g}" if isinstance(value, float) else view_set(str(value)) if column == "views" else str(value)


def write(book: Path, found: list[Judged], render, claims: Sequence[Claim] = CLAIMS) -> list[str]:
    """A page a claim that has rows in the record, ``verdicts/<id>.md``; returns their names."""
    names = []
    for claim in claims:
        if sets := details(found, claim):
            about = about_of(claim.id, claim.sentence)
            write_text(book / "verdicts" / f"{claim.id}.md", render("verdict.md", claim=claim, about=about, sets=sets))
            names.append(claim.id)
    return names
