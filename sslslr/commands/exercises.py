"""Write the notebooks without solutions into class/, as a class gets them; what a student changed stays."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

from sslslr import paths
from sslslr.commands import Parser, place
from sslslr.report.copies import refresh
from sslslr.report.notebooks import notebooks, restored

if TYPE_CHECKING:
    from nbformat import NotebookNode

SOLUTION, QUIZ = "solution", "quiz"
CLASS = paths.ROOT / "class"
FOLDED = re.compile(r"\n*<details><summary>Solution</summary>.*?</details>\n*", re.DOTALL)
TURN = "# Your turn: write what you predict first, then try it here.\n"


def students(path: Path) -> "NotebookNode":
    """The notebook at ``path`` without solutions and outputs, its parameters at their defaults; where a solution was computed, an
    empty cell waits. Hints and quizzes stay."""
    import nbformat

    out, cells, waits = restored(path), [], False
    for cell in out.cells:
        if SOLUTION in cell.metadata.get("tags", []):
            if cell.cell_type == "code" and not waits:
                cells.append(nbformat.v4.new_code_cell(TURN, id=f"turn-{cell.id}"[:64], metadata={"tags": ["exercise"]}))
                waits = True
            continue
        if cell.cell_type == "markdown":
            cell.source = FOLDED.sub("\n", cell.source).strip("\n")
        cells.append(cell)
    out.cells = cells
    return out


def content(notebook: "NotebookNode") -> bytes:
    """A notebook as the bytes of its file, on every system the same; raises where it is not valid."""
    import nbformat

    nbformat.validate(notebook)
    return (nbformat.writes(notebook).rstrip("\n") + "\n").encode()


def write(folder: Path, source: Path | None = None) -> tuple[list[Path], list[str], list[str]]:
    """The students' version of every notebook in ``folder``; a file that somebody changed stays as it is.

    Returns the files, the names of those left as they were, and those of them of which there is a newer version.
    """
    wanted = {path.name: content(students(path)) for path in notebooks(source)}
    return [folder / name for name in wanted], *refresh(folder, wanted)


def left(folder: Path, changed: list[str], newer: list[str]) -> str:
    """What to say of files that were left as they are; "" where none was."""
    said = f"left as you changed them: {', '.join(changed)}" if changed else ""
    return said + (f"; newer versions of {', '.join(newer)} come once yours have another name in {folder}" if newer else "")


def main(arguments: list[str]) -> int:
    """Run the command; returns the exit status."""
    parser = Parser(__name__, __doc__)
    parser.add_argument("--out", type=place, default=CLASS, help="default: %(default)s")
    written, changed, newer = write(parser.parse_args(arguments).out)
    print(f"{len(written) - len(changed)} notebooks without solutions: {written[0].parent}")
    if said := left(written[0].parent, changed, newer):
        print(said)
    return 0
