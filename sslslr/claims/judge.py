"""The claims against the tables of one reproduction: holds, does not hold, undecided, not judged (it ran), or not run.

``sslslr claims`` (``make claims``) takes the claims of ``paper.py``, ``parts.py``, ``own.py``, ``signrep.py`` and ``figures.py``, reads ``tables/*.csv`` and
writes ``claims.csv`` (a row a claim), ``claims_parts.csv`` (a row a comparison), ``claims_groups.csv`` (a row a comparison and
group of held-out signers), ``claims.json`` and ``claims.md``.

A claim is a list of comparisons; each gets one of four answers, and from these follows the verdict (``verdict.decide``; the
table of it is ``verdict.rules``). The comparison shown is the one furthest from holding. Profile smoke judges nothing. A claim
that does not hold is a result: the exit status is 0.
"""

import io
from collections.abc import Sequence
from dataclasses import fields
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from sslslr import paths, profiles
from sslslr.claims import figures, own, paper, parts, signrep
from sslslr.claims.claim import Claim
from sslslr.claims.measured import Comparison
from sslslr.claims.plan import CLASS, CLIP, DEVELOPMENT, GROUP, ROUND, TIMES, role
from sslslr.claims.rows import Missing, Rows, Tables
from sslslr.claims.verdict import FAILS, HOLDS, NOT_JUDGED, NOT_RUN, UNDECIDED, VERDICTS, decide, verdict
from sslslr.measures.contrasts import FEWEST
from sslslr.paths import write_json, write_text
from sslslr.provenance import commit

COLUMNS = ("id", "place", "claim", "kind", "dataset", "role", "profile", "verdict", "answer", "effect", "unit", "low", "high", "low90", "high90",
           "n", "planned", "p", "compared", "comparisons", "text", "table", "notebook", "figure", "reading")  # fmt: skip
CLAIMS = tuple(found for module in (paper, parts, own, signrep, figures) for found in vars(module).values() if isinstance(found, Claim))
PARTS = (*(f.name for f in fields(Comparison) if f.name != "observed"), "answer", "lacks", "p_against", "p_holm", "verdict", "id")


def number(value: float, unit: str, sign: bool = False) -> str:
    """A number in its unit's digits: one after the point for points and percent, three significant ones else."""
    return f"{value:{'+' if sign else ''}.1f}" if unit == "points" or unit.startswith("%") else f"{value:.3g}"


def sentence(row: pd.Series, signed: bool = False) -> str:
    """One comparison in words: effect, both intervals, what was counted, its answer, and what this n decides or lacks."""
    unit, counted = row["unit"], f"n = {int(row['n'])}"
    spans = [f"{said} % {number(row[low], unit, signed)} to {number(row[high], unit, signed)}"
             for said, low, high in ((95, "low", "high"), (90, "low90", "high90")) if row[low] == row[low]]  # fmt: skip
    counted += f" on {int(row['sets'])} sets" if row["sets"] > 1 else ""
    if left := [found.name for found in row["observed"] if not found.enters]:
        counted += f", without {', '.join(left)}: fewer than {FEWEST} groups"
    words = row["answer"]
    if row["lacks"]:
        words = f"no verdict: {row['lacks']}"
    elif words == UNDECIDED and row["decides"] == row["decides"]:
        words += f", this n decides {number(row['decides'], unit)} {unit}"
    return f"{row['name']}: {number(row['effect'], unit, signed)} {unit} ({'; '.join([*spans, counted])}): {words}"


def planned(claim: Claim, dataset: str) -> str:
    """What a claim's plan counts on a data set: ``10 groups x 4 seeds``, ``30 rounds``."""
    n, seeds = claim.plan.at(dataset)
    many = {GROUP: "groups", ROUND: "rounds", CLASS: "classes", CLIP: "clips"}[claim.plan.unit]
    return f"{n} {many} x {seeds} seed{'s' * (seeds > 1)}" if claim.plan.unit == GROUP else f"{n} {many}"


def judge(claim: Claim, tables: Tables, profile: profiles.Profile, dataset: str) -> tuple[dict, pd.DataFrame]:
    """One claim on one reproduction: its row of ``claims.csv``, and its comparisons (empty where it was not run)."""
    kind = "synthetic" if dataset == "synthetic" else "real"
    notebook = next((p.name for p in sorted(paths.NOTEBOOKS.glob(f"{claim.notebook}_*.ipynb"))), "")
    row = {"id": claim.id, "place": claim.place, "claim": claim.sentence, "kind": kind, "dataset": dataset, "role": role(dataset, profile), "profile": profile.name,
           "verdict": NOT_RUN, "answer": "", "planned": planned(claim, dataset), "table": "", "notebook": notebook, "figure": claim.figure, "reading": claim.reading,
           "effect": None, "unit": "", "low": None, "high": None, "low90": None, "high90": None, "n": 0, "p": None, "compared": "", "comparisons": 0}  # fmt: skip
    if kind not in claim.data:
        return row | {"text": f"Judged on {' and '.join(claim.data)} data only{claim.elsewhere and ': '}{claim.elsewhere}."}, pd.DataFrame()
    try:
        comparisons = claim.compare(tables)
    except Missing as missing:
        return row | {"text": f"Not run: {missing}."}, pd.DataFrame()
    parts = decide(comparisons, claim.plan, dataset)
    worst = parts.iloc[0]
    row |= {"table": f"tables/{worst['table']}.csv", "unit": comparisons[0].unit}
    if not profile.judges or profile.name not in (claim.profiles or [profile.name]):
        row |= {"verdict": NOT_JUDGED, "text": f"Profile {profile.name} judges nothing here."}
        return row, parts.assign(id=claim.id, verdict=NOT_JUDGED)
    text = f"{verdict_counts(parts)}: {sentence(worst, worst['unit'] == 'points')}{caveat(claim, tables, dataset)}."
    row |= {k: worst[k] for k in ("answer", "effect", "unit", "low", "high", "low90", "high90", "n", "p")}
    row |= {"compared": worst["name"], "comparisons": len(parts)}
    return row | {"verdict": verdict(parts), "text": text}, parts.assign(id=claim.id)


def verdict_counts(parts: pd.DataFrame) -> str:
    """How many comparisons hold and how many contradict, as the beginning of a sentence."""
    n = parts["verdict"].value_counts()
    if len(parts) == 1:
        return "The one comparison"
    return f"Of {len(parts)} comparisons {n.get(HOLDS, 0)} hold and {n.get(FAILS, 0)} contradict; the furthest from holding"


def caveat(claim: Claim, tables: Tables, dataset: str = "") -> str:
    """What must be said beside the verdict: the control's warning, unless every comparison of the control holds."""
    if not claim.control:
        return ""
    try:
        parts = decide(claim.control(tables), claim.plan, dataset)
    except Missing as missing:
        return f"; but its control was not run ({missing})"
    if verdict(parts) == HOLDS:
        return ""
    return f"; but {claim.warns} ({sentence(parts.iloc[0], parts.iloc[0]['unit'] == 'points')})"


def reader(folder: Path) -> Tables:
    """``tables(name)`` for a folder of results."""

    @cache
    def tables(name: str) -> Rows:
        path = folder / "tables" / f"{name}.csv"
        if not path.exists():
            raise Missing(f"tables/{name}.csv is not there")
        return Rows(name, pd.read_csv(path))

    return tables


def judge_all(
    dataset: str, profile: str, folder: Path | None = None, claims: Sequence[Claim] = CLAIMS
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Every claim on one reproduction: a row a claim (``COLUMNS``), and a row a comparison."""
    tables, size = reader(folder or paths.results(dataset, profile)), profiles.load(profile)
    rows, parts = zip(*[judge(c, tables, size, dataset) for c in claims], strict=True)
    return pd.DataFrame(rows)[list(COLUMNS)], pd.concat(parts, ignore_index=True)


def plan(dataset: str, claims: Sequence[Claim] = CLAIMS) -> pd.DataFrame:
    """What was set before the runs: a row a claim with its contrast, unit of observation, planned n and seeds, and margin."""
    rows = []
    for c in claims:
        n, seeds = c.plan.at(dataset)
        rows.append({"id": c.id, "contrast": c.reading, "observation": c.plan.unit, "n": n, "seeds": seeds, "margin": c.plan.margin})
    return pd.DataFrame(rows)


def told(parts: pd.DataFrame) -> pd.DataFrame:
    """The comparisons for readers: effect with both intervals, n, the spread between groups and between seeds, answer and verdict."""
    return pd.DataFrame([
        {"id": r.get("id", ""), "comparison": r["name"], "effect": f"{number(r['effect'], r['unit'])} {r['unit']}",
         "95 %": f"{number(r['low'], r['unit'])} to {number(r['high'], r['unit'])}",
         "90 %": f"{number(r['low90'], r['unit'])} to {number(r['high90'], r['unit'])}", "n": int(r["n"]),
         "spread of groups": f"{round(r['between'], 9):.2g}", "of seeds": f"{round(r['within'], 9):.2g}" if r["within"] == r["within"] else "–",
         "answer": r["lacks"] or r["answer"], "verdict": r["verdict"]}
        for _, r in parts.iterrows()
    ])  # fmt: skip


def groups(parts: pd.DataFrame) -> pd.DataFrame:
    """A row for each comparison and group of held-out signers: the effect in it, mean over ``seeds`` runs. Sets with few signers
    (``enters`` False, or no verdict) are read here, signer by signer."""
    out = []
    for part in (r for r in parts.to_dict("records") if r["observation"] == GROUP):
        about = {k: part[k] for k in ("id", "name", "unit", "verdict")}
        for found in part["observed"]:
            of = {"set": found.name, "signers": found.signers, "enters": found.enters}
            effects = ((group, np.exp(mean) if part["unit"] == TIMES else mean, runs) for group, mean, runs in found.groups)
            out += [about | of | {"group": group, "effect": effect, "seeds": runs} for group, effect, runs in effects]
    return pd.DataFrame(out, columns=["id", "name", "set", "group", "effect", "unit", "seeds", "signers", "enters", "verdict"])


def markdown(rows: pd.DataFrame) -> str:
    """``claims.md``: the verdicts as a table, then each claim with its sentence, reading and links."""
    first = rows.iloc[0]
    counts = ", ".join(f"{n} {v}" for v in VERDICTS if (n := int((rows["verdict"] == v).sum())))
    head = [f"# The claims of the paper on {first['dataset']} ({first['kind']} data), profile {first['profile']}", "",
            f"{counts}. The comparison shown is the one furthest from holding; its n is what was counted, and the plan says how much was to be.", "",
            "| claim | verdict | effect | 95 % interval | 90 % interval | n | planned | table |", "|:--|:--|:--|:--|:--|--:|:--|:--|"]  # fmt: skip
    about = []
    for r in rows.to_dict("records"):
        effect, *spans = ("–", "–", "–")
        if pd.notna(r["effect"]):
            effect = f"{number(r['effect'], r['unit'])} {r['unit']}"
            spans = [f"{number(r[low], r['unit'])} to {number(r[high], r['unit'])}" for low, high in (("low", "high"), ("low90", "high90"))]
        link = f"[{Path(r['table']).stem}]({r['table']})" if r["table"] else "–"
        head.append(
            f"| {r['id']}: {r['claim']} | **{r['verdict']}** | {effect} | {' | '.join(spans)} | {r['n'] or '–'} | {r['planned']} | {link} |"
        )
        about += [f"## {r['id']}: {r['verdict']}", "", f"{r['claim'][0].upper()}{r['claim'][1:]} ({r['place']}).", "", r["text"], "",
                  f"Read as: {r['reading']}. Notebook: [{r['notebook']}](notebooks/{r['notebook']}).", ""]  # fmt: skip
    if first["role"] == DEVELOPMENT:
        head[2] += (
            " The settings of all methods were chosen on signers of these data: other data confirm (notebook 20 judges again without these signers)."
        )
    return "\n".join([*head, "", *about, f"sslslr {commit()}", ""])


def write(rows: pd.DataFrame, parts: pd.DataFrame, folder: Path) -> None:
    """``claims.csv``, ``.json``, ``.md``, ``claims_parts.csv`` and ``claims_groups.csv`` in the folder of a reproduction."""
    told, compared = groups(parts), parts[list(PARTS)] if len(parts) else pd.DataFrame(columns=list(PARTS))
    for frame, name in ((rows, "claims"), (compared, "claims_parts"), (told, "claims_groups")):
        buffer = io.StringIO()
        frame.to_csv(buffer, index=False)
        write_text(folder / f"{name}.csv", buffer.getvalue())
    write_json(folder / "claims.json", rows.astype(object).where(rows.notna(), None).to_dict("records"))
    write_text(folder / "claims.md", markdown(rows))
