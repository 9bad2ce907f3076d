"""The pages that are not notebooks: front page, tables, skeletons, provenance, search."""

import csv
from functools import cache
from pathlib import Path

import jinja2

from sslslr.paths import write_text

TEMPLATES = Path(__file__).parent / "templates"
ROWS = 500  # of a table that a page shows; the CSV has all
SIGNS = {"holds": "yes", "does not hold": "no", "undecided": "open"}  # a look for each verdict; the words are always there


@cache
def environment() -> jinja2.Environment:
    return jinja2.Environment(loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True)


def render(template: str, about: dict, root: str, **values) -> str:
    """A page from its template; ``root`` leads from it to the site's folder."""
    return environment().get_template(template).render(root=root, about=about, signs=SIGNS, **values)


def write_all(site: Path, about: dict, results: dict, sizes: dict, players: list[dict]) -> list[dict]:
    """Write the pages into ``site``; returns the search entries of figures, tables and claims."""
    shared = {"figures": results["figures"], "tables": results["tables"], "players": players, "sizes": sizes}
    for name in ("index", "tables", "skeletons", "provenance", "search"):
        write_text(site / f"{name}.html", render(f"{name}.html", about, "", **shared))
    for table in results["tables"]:
        head, rows = read_table(site / "tables", table["name"])
        page = render("table.html", about, "../", table=table, head=head, rows=rows[:ROWS], total=len(rows))
        write_text(site / "tables" / f"{table['name']}.html", page)
    entries = [{"u": f["link"], "t": f["name"], "k": "figure", "x": f["caption"]} for f in results["figures"]]
    entries += [{"u": f"tables/{t['name']}.html", "t": t["name"], "k": "table", "x": t["caption"]} for t in results["tables"]]
    claims = [(c, f"{c['claim']} ({c['place']}): {c['verdict']}. {c.get('text', '')}") for c in about["claims"]]
    return entries + [{"u": "index.html#claims", "t": f"Claim {c['id']}", "k": "claim", "x": text} for c, text in claims]


def read_table(folder: Path, name: str) -> tuple[list[str], list[list[str]]]:
    """A table as readers see it in the notebooks (the Markdown one), or else the CSV: its head and its rows."""
    lines = [x for x in (folder / f"{name}.md").read_text(encoding="utf-8").splitlines() if x.startswith("|")]
    cells = [[c.strip() for c in line.strip("|").split("|")] for line in lines if not set(line) <= set("|:- ")]
    if len({len(row) for row in cells}) != 1:
        with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            cells = list(csv.reader(file))
    return cells[0], cells[1:]
