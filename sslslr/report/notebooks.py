"""The notebooks that are there, and the parameters that each declares."""

import ast
import json
from pathlib import Path

from sslslr import paths
from sslslr.errors import SignError

STANDARD = ("PROFILE", "DATASET", "DATA", "WORKERS")


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
