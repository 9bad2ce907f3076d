"""The notebooks that are there, and the parameters that each declares."""

import ast
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from sslslr import paths
from sslslr.errors import SignError

if TYPE_CHECKING:
    from nbformat import NotebookNode

STANDARD = ("PROFILE", "DATASET", "DATA", "WORKERS")
DEFAULTS = "parameters.yml"  # beside the notebooks


def notebooks(folder: Path | None = None) -> list[Path]:
    """The numbered notebooks, in order; raises SignError when there is none."""
    found = sorted((folder or paths.NOTEBOOKS).glob("[0-9][0-9]_*.ipynb"))
    if not found:
        raise SignError(f"{folder or paths.NOTEBOOKS}: no notebook named like 00_title.ipynb is here")
    return found


def needs(notebook: Path) -> list[str]:
    """Packages without which a notebook can't run, and which some Pythons lack: ``sslslr: {"needs": [...]}`` in its metadata."""
    return json.loads(notebook.read_text(encoding="utf-8"))["metadata"].get("sslslr", {}).get("needs", [])


def declared(notebook: Path) -> dict[str, object]:
    """Parameters that a notebook declares in its cell tagged ``parameters``; SignError when a standard one is missing."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    tagged = [c for c in cells if "parameters" in c["metadata"].get("tags", [])]
    if len(tagged) != 1:
        raise SignError(f"{notebook.name}: {len(tagged)} cells are tagged 'parameters'; expected one")
    try:
        assigned = [n for n in ast.parse("".join(tagged[0]["source"])).body if isinstance(n, ast.Assign)]
        values = {ast.unparse(n.targets[0]): ast.literal_eval(n.value) for n in assigned}
    except (SyntaxError, ValueError):
        raise SignError(f"{notebook.name}: its parameters cell may only hold lines like NAME = a number or text") from None
    if missing := set(STANDARD) - set(values):
        raise SignError(f"{notebook.name}: its parameters cell lacks {', '.join(sorted(missing))}")
    return values


def defaults(notebook: Path) -> dict[str, object]:
    """What a notebook's parameters are by default: what ``parameters.yml`` says, and its own cell of those that stand there not."""
    there = notebook.parent / DEFAULTS
    said = yaml.safe_load(there.read_text(encoding="utf-8")) if there.exists() else {}
    known = said.get("all", {}) | said.get(notebook.name[:2], {})
    return {name: known.get(name, value) for name, value in declared(notebook).items()}


def saved(notebook: Path) -> dict[str, tuple[object, object]]:
    """Parameters whose value in the notebook is not the default, as somebody left it there: name -> (value, default)."""
    usual = defaults(notebook)
    return {name: (value, usual[name]) for name, value in declared(notebook).items() if value != usual[name]}


def restored(notebook: Path) -> "NotebookNode":
    """The notebook as it is meant to begin: parameters at their defaults, no outputs, no execution counts."""
    import nbformat

    content = nbformat.read(notebook, as_version=4)
    for cell in content.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
        if "parameters" in cell.metadata.get("tags", []):
            cell.source = usual(cell.source, notebook)
    return content


def usual(source: str, notebook: Path) -> str:
    """A parameters cell's source with the values that are not the default set back to it."""
    for name, (_, default) in saved(notebook).items():
        line = re.compile(rf"^{name}\s*=.*?(?=\s*(#[^\n]*)?$)", re.MULTILINE)
        source = line.sub(f"{name} = {json.dumps(default)}".replace("\\", r"\\"), source, count=1)
    return source


def sources(notebook: Path) -> str:
    """What of a notebook decides what it computes: its cells' kinds, sources and tags at the default parameters; no output or count."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    told = [[c["cell_type"], "".join(c["source"]), c["metadata"].get("tags", [])] for c in cells]
    return json.dumps([[kind, usual(s, notebook) if "parameters" in t else s, t] for kind, s, t in told] + needs(notebook))
