"""The paper's claims against the tables of one reproduction: holds, does not hold, undecided, or not run.

``sslslr claims`` (``make claims``) takes the claims of ``paper.py`` and ``figures.py``, reads
``tables/*.csv`` and writes ``claims.csv`` (a row a claim), ``claims_parts.csv`` (a row a comparison), ``claims.json``
and ``claims.md``.

A claim is a list of comparisons, each with a paired difference (or ratio, level, share) and its 95 % interval. It
holds if every comparison does, and does not hold if one contradicts it, both at Holm-corrected p < 0.05 over the
claim's comparisons; else it is undecided. The comparison shown is the one furthest from holding. Profile smoke judges
nothing. A claim that does not hold is a result: the exit status is 0.
"""

import io
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pandas as pd

from sslslr import paths, profiles
from sslslr.claims import figures, paper
from sslslr.claims.claim import Claim
from sslslr.claims.verdict import FAILS, HOLDS, NOT_RUN, UNDECIDED, Missing, Rows, Tables, decide, verdict
from sslslr.paths import write_json, write_text
from sslslr.provenance import commit

COLUMNS = ("id", "place", "claim", "kind", "dataset", "profile", "verdict", "effect", "unit", "low", "high", "n", "p", "compared",
           "comparisons", "text", "table", "notebook", "figure", "reading")  # fmt: skip
CLAIMS = tuple(found for module in (paper, figures) for found in vars(module).values() if isinstance(found, Claim))


def number(value: float, unit: str, sign: bool = False) -> str:
    """A number in its unit's digits: one after the point for points and percent, three significant ones else."""
    return f"{value:{'+' if sign else ''}.1f}" if unit == "points" or unit.startswith("%") else f"{value:.3g}"


def sentence(row: pd.Series, signed: bool = False) -> str:
    """One comparison in words."""
    unit = row["unit"]
    span = f"{number(row['low'], unit, signed)} to {number(row['high'], unit, signed)}; " if row["low"] == row["low"] else ""
    p = "< 0.001" if row["p_holm"] < 0.001 else f"= {row['p_holm']:.3f}"
    return f"{row['name']}: {number(row['effect'], unit, signed)} {unit} ({span}n = {int(row['n'])}, Holm's p {p})"


def judge(claim: Claim, tables: Tables, profile: profiles.Profile, dataset: str) -> tuple[dict, pd.DataFrame]:
    """One claim on one reproduction: its row of ``claims.csv``, and its comparisons (empty where it was not run)."""
    kind = "synthetic" if dataset == "synthetic" else "real"
    notebook = next((p.name for p in sorted(paths.NOTEBOOKS.glob(f"{claim.notebook}_*.ipynb"))), "")
    row = {"id": claim.id, "place": claim.place, "claim": claim.sentence, "kind": kind, "dataset": dataset, "profile": profile.name,
           "verdict": NOT_RUN, "table": "", "notebook": notebook, "figure": claim.figure, "reading": claim.reading,
           "effect": None, "unit": "", "low": None, "high": None, "n": 0, "p": None, "compared": "", "comparisons": 0}  # fmt: skip
    if kind not in claim.data:
        return row | {"text": f"Judged on {' and '.join(claim.data)} data only{claim.elsewhere and ': '}{claim.elsewhere}."}, pd.DataFrame()
    try:
        comparisons = claim.compare(tables)
    except Missing as missing:
        return row | {"text": f"Not run: {missing}."}, pd.DataFrame()
    parts = decide(comparisons)
    worst = parts.iloc[0]
    row |= {"table": f"tables/{worst['table']}.csv", "unit": comparisons[0].unit}
    if not profile.judges or profile.name not in (claim.profiles or [profile.name]):
        return row | {"text": f"Profile {profile.name} judges nothing here."}, parts.assign(id=claim.id, verdict=NOT_RUN)
    text = f"{verdict_counts(parts)}: {sentence(worst, worst['unit'] == 'points')}{caveat(claim, tables)}."
    row |= {k: worst[k] for k in ("effect", "unit", "low", "high", "n")}
    row |= {"p": worst["p_holm"], "compared": worst["name"], "comparisons": len(parts)}
    return row | {"verdict": verdict(parts), "text": text}, parts.assign(id=claim.id)


def verdict_counts(parts: pd.DataFrame) -> str:
    """How many comparisons hold and how many contradict, as the beginning of a sentence."""
    n = parts["verdict"].value_counts()
    if len(parts) == 1:
        return "The one comparison"
    return f"Of {len(parts)} comparisons {n.get(HOLDS, 0)} hold and {n.get(FAILS, 0)} contradict; the furthest from holding"


def caveat(claim: Claim, tables: Tables) -> str:
    """What must be said beside the verdict: the control's warning, unless every comparison of the control holds."""
    if not claim.control:
        return ""
    try:
        parts = decide(claim.control(tables))
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


def markdown(rows: pd.DataFrame) -> str:
    """``claims.md``: the verdicts as a table, then each claim with its sentence, reading and links."""
    first = rows.iloc[0]
    counts = ", ".join(f"{n} {v}" for v in (HOLDS, FAILS, UNDECIDED, NOT_RUN) if (n := int((rows["verdict"] == v).sum())))
    head = [f"# The claims of the paper on {first['dataset']} ({first['kind']} data), profile {first['profile']}", "",
            f"{counts}. Intervals are 95 %; p is corrected by Holm over a claim's comparisons; the comparison shown is the one furthest from holding.", "",
            "| claim | verdict | effect | 95 % interval | n | table |", "|:--|:--|:--|:--|--:|:--|"]  # fmt: skip
    about = []
    for r in rows.to_dict("records"):
        effect, span = ("–", "–")
        if pd.notna(r["effect"]):
            effect, low, high = (number(r[k], r["unit"]) for k in ("effect", "low", "high"))
            effect, span = f"{effect} {r['unit']}", f"{low} to {high}"
        link = f"[{Path(r['table']).stem}]({r['table']})" if r["table"] else "–"
        head.append(f"| {r['id']}: {r['claim']} | **{r['verdict']}** | {effect} | {span} | {r['n'] or '–'} | {link} |")
        about += [f"## {r['id']}: {r['verdict']}", "", f"{r['claim'][0].upper()}{r['claim'][1:]} ({r['place']}).", "", r["text"], "",
                  f"Read as: {r['reading']}. Notebook: [{r['notebook']}](notebooks/{r['notebook']}).", ""]  # fmt: skip
    return "\n".join([*head, "", *about, f"sslslr {commit()}", ""])


def write(rows: pd.DataFrame, parts: pd.DataFrame, folder: Path) -> None:
    """``claims.csv``, ``.json``, ``.md`` and ``claims_parts.csv`` in the folder of a reproduction."""
    for frame, name in ((rows, "claims"), (parts, "claims_parts")):
        buffer = io.StringIO()
        frame.to_csv(buffer, index=False)
        write_text(folder / f"{name}.csv", buffer.getvalue())
    write_json(folder / "claims.json", rows.astype(object).where(rows.notna(), None).to_dict("records"))
    write_text(folder / "claims.md", markdown(rows))
