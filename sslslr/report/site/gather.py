"""What the site is about: results with the notebook that made each, and the claims with their verdicts."""

import ast
import csv
import re
from pathlib import Path

import nbformat

from sslslr.claims.judge import CLAIMS
from sslslr.provenance import commit
from sslslr.report.stage import read_captions


def about(dataset: str, profile: str, out: Path, sources: list[Path], content: dict, lessons: list[Path]) -> dict:
    """What every page knows: data, profile, commit, the notebooks in order (those not run too), and the claims."""
    told = []
    for source in sources:
        nb = content.get(source.stem) or nbformat.read(source, as_version=4)
        told.append({"stem": source.stem, "title": heading(nb, source.stem), "run": source.stem in content, "learn": lesson(nb)})
    return {
        "dataset": dataset, "profile": profile, "kind": "synthetic" if dataset == "synthetic" else "real", "commit": commit(),
        "notebooks": told, "glued": glued(content), "claims": claims(out, content), "judged": (out / "claims.csv").exists(), "lessons": {p.stem: title(p) for p in lessons},
    }  # fmt: skip


def glued(content: dict) -> dict[str, str]:
    """Names of the values that notebooks glue for other pages, with the notebook of each."""
    outputs = ((stem, o) for stem, nb in content.items() for c in nb.cells for o in c.get("outputs", []))
    named = ((stem, o.get("metadata", {}).get("scrapbook", {}).get("name", "")) for stem, o in outputs)
    return {name: stem for stem, name in named if name}


def heading(nb, otherwise: str = "") -> str:
    """The first heading of a notebook."""
    lines = (line for cell in nb.cells if cell.cell_type == "markdown" for line in cell.source.splitlines())
    return next((line[2:].strip() for line in lines if line.startswith("# ")), otherwise)


def title(path: Path) -> str:
    """The heading of a Markdown file."""
    return path.read_text(encoding="utf-8").splitlines()[0].lstrip("# ")


def lesson(nb) -> str:
    """What a notebook says one will learn, as plain words."""
    text = next((c.source for c in nb.cells if c.cell_type == "markdown" and "**You will learn**" in c.source), "")
    found = re.search(r"\*\*You will learn\*\*:?\s*(.+?)(?:\n\n|\n\*\*|$)", text, re.DOTALL)
    words = " ".join(found[1].split()) if found else ""
    return re.sub(r"\[([^\]]+)\]\([^)]+\)|[*`$]", r"\1", words).strip(" :.")


def results(out: Path, content: dict) -> dict[str, list[dict]]:
    """Figures and tables, each with name, caption, stamp, provenance and the notebook that made it, in the notebooks' order."""
    names = {stem: literals(nb) for stem, nb in content.items()}
    found = {}
    for kind in ("figures", "tables"):
        entries = [{"name": name, **said, "notebook": maker(name, names)} for name, said in read_captions(out / kind).items()]
        entries = [e | {"link": f"{kind}/{e['name']}.png"} for e in entries]  # until a notebook's page is found to show it
        found[kind] = sorted(entries, key=lambda e: (e["notebook"] or "~", e["name"]))
    return found


def literals(nb) -> list[str]:
    """Patterns of all texts in a notebook's code; what an f-string fills in may be anything."""
    found = []
    for cell in nb.cells:
        if cell.cell_type != "code":
            continue
        try:
            tree = ast.parse(cell.source)
        except SyntaxError:  # a cell with a magic
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.append(re.escape(node.value))
            if isinstance(node, ast.JoinedStr):
                parts = [re.escape(str(v.value)) if isinstance(v, ast.Constant) else r"[\w.+-]+" for v in node.values]
                if any(len(p) > 3 and p != r"[\w.+-]+" for p in parts):
                    found.append("".join(parts))
    return found


def maker(name: str, names: dict[str, list[str]]) -> str:
    """The notebook whose code names a result: word for word, or else by a pattern; "" when none does."""
    for fits in (lambda p: p == re.escape(name), lambda p: re.fullmatch(p, name)):
        for stem, patterns in names.items():
            if any(fits(p) for p in patterns):
                return stem
    return ""


def claims(out: Path, content: dict) -> list[dict]:
    """The rows of ``claims.csv`` as text, or the paper's claims as not judged yet; links only to what the site has."""
    judged = out / "claims.csv"
    if judged.exists():
        with judged.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    else:
        rows = [
            {"id": c.id, "place": c.place, "claim": c.sentence, "notebook": c.notebook, "figure": c.figure, "verdict": "not judged yet"}
            for c in CLAIMS
        ]
    for row in rows:
        row["notebook"] = next((s for s in content if row.get("notebook") and s.startswith(Path(row["notebook"]).stem)), "")
        row["table"], row["figure"] = (Path(row.get(k) or "").stem for k in ("table", "figure"))
        row["table"] = row["table"] if (out / "tables" / f"{row['table']}.csv").exists() else ""
        row["figure"] = row["figure"] if (out / "figures" / f"{row['figure']}.png").exists() else ""
        row["shown"] = {k: rounded(row.get(k, ""), row.get("unit", "")) for k in ("effect", "low", "high")}
    return rows


def rounded(text: str, unit: str) -> str:
    """A number of ``claims.csv`` for readers: one digit for points and percent, three significant ones else."""
    if not text:
        return ""
    number = float(text)
    return (f"{number:.1f}" if unit == "points" or unit.startswith("%") else f"{number:.3g}").replace("-", "\N{MINUS SIGN}")
