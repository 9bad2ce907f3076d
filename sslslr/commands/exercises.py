"""Write the notebooks without their solutions, as a class gets them."""

import re
from pathlib import Path

import nbformat

from sslslr import paths
from sslslr.commands import Parser
from sslslr.report.notebooks import notebooks

SOLUTION, QUIZ = "solution", "quiz"
FOLDED = re.compile(r"\n*<details><summary>Solution</summary>.*?</details>\n*", re.DOTALL)
TURN = "# Your turn: write what you predict first, then try it here.\n"


def students(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """The notebook without solutions and outputs; where a solution was computed, an empty cell waits. Hints and quizzes stay."""
    out, cells, waits = nbformat.from_dict(notebook), [], False
    for cell in out.cells:
        if SOLUTION in cell.metadata.get("tags", []):
            if cell.cell_type == "code" and not waits:
                cells.append(nbformat.v4.new_code_cell(TURN, id=f"turn-{cell.id}"[:64], metadata={"tags": ["exercise"]}))
                waits = True
            continue
        if cell.cell_type == "markdown":
            cell.source = FOLDED.sub("\n", cell.source).strip("\n")
        else:
            cell.outputs, cell.execution_count = [], None
        cells.append(cell)
    out.cells = cells
    return out


def write(folder: Path, source: Path | None = None) -> list[Path]:
    """The students' version of every notebook in ``folder``, and nothing of an earlier one; returns the files."""
    wanted = {path.name: students(nbformat.read(path, as_version=4)) for path in notebooks(source)}
    for old in folder.glob("[0-9][0-9]_*.ipynb"):
        if old.name not in wanted:
            old.unlink()
    for name, notebook in wanted.items():
        nbformat.validate(notebook)
        with paths.atomic(folder / name) as partial:
            nbformat.write(notebook, partial)
    return [folder / name for name in wanted]


def main(arguments: list[str]) -> int:
    """Run the command; returns the exit status."""
    parser = Parser(__name__, __doc__)
    parser.add_argument("--out", type=Path, default=paths.results("exercises", ""), help="default: %(default)s")
    written = write(parser.parse_args(arguments).out)
    print(f"{len(written)} notebooks without solutions: {written[0].parent}")
    return 0
