"""The pages that are not notebooks: front page, gallery, tables, skeletons, provenance, modules; as Markdown for Sphinx."""

import base64
import csv
import re
from functools import cache
from pathlib import Path
from pkgutil import walk_packages

import jinja2

import sslslr
from sslslr import paths
from sslslr.paths import write_text
from sslslr.report.recorded import Judged
from sslslr.report.site import verdicts
from sslslr.report.stage import from_markdown

TEMPLATES, BOOK = Path(__file__).parent / "templates", paths.ROOT / "docs" / "book"
ROWS = 500  # of a table that a page shows; the CSV has all
SIGNS = {"holds": "yes", "does not hold": "no", "undecided": "open"}  # a look for each verdict; the words are always there


@cache
def environment() -> jinja2.Environment:
    made = jinja2.Environment(loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True)
    made.filters["order"] = order
    return made


def render(template: str, **values) -> str:
    """A page, or a part of one, from its template."""
    return environment().get_template(template).render(signs=SIGNS, **values)


@cache
def references() -> dict[str, str]:
    """Key of each reference of the book by its address."""
    text = (BOOK / "references.bib").read_text(encoding="utf-8")
    return {url: key for key, url in re.findall(r"^@\w+\{(\w+),.*?^  url = \{(.+?)\},$", text, re.MULTILINE | re.DOTALL)}


def sorting(static: Path) -> None:
    """Write DataTables, as itables packs it, as a plain script: browsers refuse modules of files to a page that is a file."""
    from itables.utils import find_package_file

    code = base64.b64encode(find_package_file("html/dt_bundle.js").read_bytes()).decode("ascii")
    write_text(static / "itables.js", f'window.itables = import("data:text/javascript;base64,{code}");\n')
    write_text(static / "itables.css", find_package_file("html/dt_bundle.css").read_text(encoding="utf-8"))


def modules() -> dict[str, list[str]]:
    """The package's modules by room."""
    found: dict[str, list[str]] = {}
    for module in walk_packages(sslslr.__path__, "sslslr."):
        if not module.name.endswith("__main__"):
            found.setdefault(module.name.split(".")[1], []).append(module.name)
    return found


def write_all(book: Path, folder: Path, about: dict, results: dict, players: list[dict], sizes: dict, found: list[Judged]) -> None:
    """Write the sources of all pages but the notebooks' into ``book``; ``folder`` holds the tables, ``found`` the record's verdicts."""
    shared = {
        "front": verdicts.front(found),
        "verdicts": verdicts.write(book, found, render),
        "about": about,
        "figures": results["figures"],
        "tables": results["tables"],
        "players": players,
        "sizes": sizes,
    }
    for name in ("index", "figures", "tables", "skeletons", "provenance"):
        write_text(book / f"{name}.md", render(f"{name}.md", **shared))
    for table in results["tables"]:
        head, rows = read_table(folder, table["name"])
        page = render("table.md", table=table, head=head, rows=rows[:ROWS], total=len(rows))
        write_text(book / "tables" / f"{table['name']}.md", page)
    sorting(book / "_static")
    rooms = modules()
    write_text(book / "api" / "index.md", render("modules.md", rooms=rooms))
    for room, names in rooms.items():
        write_text(book / "api" / f"{room}.md", render("module.md", room=room, names=names))


def read_table(folder: Path, name: str) -> tuple[list[str], list[list[str]]]:
    """A table as readers see it in the notebooks (the Markdown one), or else the CSV: its head and its rows."""
    lines = [x for x in (folder / f"{name}.md").read_text(encoding="utf-8").splitlines() if x.startswith("|")]
    cells = [[from_markdown(c.strip()) for c in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines if not set(line) <= set("|:- ")]
    if len({len(row) for row in cells}) != 1:
        with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            cells = list(csv.reader(file))
    return cells[0], cells[1:]


def order(cell: str) -> str:
    """What a cell is sorted by: the number that it begins with (an interval's middle), or else its words."""
    found = re.match(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", cell.replace("\N{MINUS SIGN}", "-").replace(",", ""))
    return found[0] if found else cell.lower()
