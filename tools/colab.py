"""Write the badge and the first cell for Colab into every notebook: ``python tools/colab.py`` (``--check`` only looks).

The address of the repository is that of ``[project.urls]`` in pyproject.toml; without one, the badge opens Colab, where a
notebook can be uploaded, and the cell asks for the address.
"""

import re
import sys
import tomllib
from pathlib import Path

import nbformat

ROOT = Path(__file__).parents[1]
TAG = "colab"
BADGE = re.compile(r"\n\n\[!\[Open in Colab\][^\n]+")
CELL = """\
# Colab and other bare kernels: fetch the companion and what it needs, once.
# Elsewhere this cell does nothing.
import importlib.util
import os
import subprocess
import sys

ADDRESS = "{address}"  # of this repository, as git clone takes it
if importlib.util.find_spec("sslslr") is None:
    if not os.path.exists("../requirements.lock"):
        if not ADDRESS:
            raise SystemExit("Write the repository's address into ADDRESS; run again")
        clone = ["git", "clone", "--quiet", "--depth", "1", ADDRESS, "companion"]
        subprocess.run(clone, check=True)
        os.chdir("companion/notebooks")
    newer = "-3.13" if sys.version_info >= (3, 13) else ""
    what = ["-r", f"../requirements{{newer}}.lock", "-e", ".."]
    install = [sys.executable, "-m", "pip", "install", "--quiet", *what]
    subprocess.run(install, check=True)
    print("Installed. Restart the session once, then run all cells.")"""


def address() -> str:
    """The repository's address, or "" as long as it has none."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return project.get("urls", {}).get("Repository", "")


def link(notebook: str, repository: str) -> str:
    """Where the badge leads: the notebook in Colab where the repository is on GitHub, else Colab."""
    on_github = re.fullmatch(r"https://github\.com/([^/]+/[^/]+?)(?:\.git)?/?", repository)
    return "https://colab.research.google.com/" + (f"github/{on_github[1]}/blob/main/notebooks/{notebook}" if on_github else "")


def dressed(content: nbformat.NotebookNode, name: str, repository: str) -> nbformat.NotebookNode:
    """The notebook with badge and cell; everything else of it is left as it is."""
    first, *rest = [cell for cell in content.cells if TAG not in cell.metadata.get("tags", [])]
    heading, _, text = BADGE.sub("", first.source, count=1).partition("\n")
    first.source = f"{heading}\n\n[![Open in Colab](../docs/open-in-colab.svg)]({link(name, repository)})\n{text}"
    cell = nbformat.v4.new_code_cell(CELL.format(address=repository), id="cell-colab", metadata={"tags": [TAG]})
    content.cells = [first, cell, *rest]
    return content


def main() -> int:
    """Dress all notebooks, or say which are not; returns the exit status."""
    wrong = []
    for path in sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb")):
        content = nbformat.read(path, as_version=4)
        text = nbformat.writes(dressed(content, path.name, address())) + "\n"
        if text != path.read_text(encoding="utf-8"):
            wrong.append(path.name)
            if "--check" not in sys.argv:
                path.write_text(text, encoding="utf-8", newline="\n")
    print("\n".join(wrong) if wrong else "all notebooks have the badge and the cell")
    return int(bool(wrong) and "--check" in sys.argv)


if __name__ == "__main__":
    sys.exit(main())
