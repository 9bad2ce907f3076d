"""The start page of JupyterLab: what there is, how long it takes, what it needs, and what is done."""

import json
import re
from pathlib import Path

from sslslr import paths
from sslslr.report import runsheet
from sslslr.report.notebooks import notebooks

PAGE = "START.md"
LESSONS = {
    "two-hours": "a class of two hours",
    "reviewer": "thirty minutes for a reviewer",
    "project": "a final project",
    "handout": "a handout to print",
}
TITLE, TOLD = re.compile(r"^# (.+)$", re.MULTILINE), r"\*\*{}\*\*:? (.+?)(?=\s+\*\*[A-Z]|\n|$)"


def told(notebook: Path) -> dict[str, str]:
    """Title of a notebook, and what its first cell says under Time and Needs ("" where it says nothing)."""
    text = "".join(json.loads(notebook.read_text(encoding="utf-8"))["cells"][0]["source"])
    found = {name: re.search(TOLD.format(name), text) for name in ("Time", "Needs")}
    title = TITLE.search(text)
    return {"title": title[1] if title else notebook.stem} | {name: match[1].strip() if match else "" for name, match in found.items()}


def done(name: str) -> str:
    """On which data and profile ``make reproduce`` has run a notebook, and how long it took; "" where it has not."""
    found = []
    for path in sorted(paths.results("", "").glob(f"*/*/notebooks/{name}")):
        about = json.loads(path.read_text(encoding="utf-8"))["metadata"].get("sslslr", {})
        found.append(f"{path.parts[-4]}, {path.parts[-3]} ({about.get('seconds', 0):.0f} s)")
    return "; ".join(found)


def page(folder: Path, solutions: bool, changed: list[str]) -> str:
    """The page as Markdown for ``folder``, whose notebooks have solutions or not; ``changed``: those that somebody worked in."""
    rows = ["| Notebook | Time | Needs | Reproduced | Here |", "|:--|:--|:--|:--|:--|"]
    for path in notebooks():
        said = {name: text.replace("|", "\\|") for name, text in told(path).items()}
        here = "yours" if path.name in changed else ""
        rows.append(f"| [{said['title']}]({path.name}) | {said['Time']} | {said['Needs']} | {done(path.name)} | {here} |")
    what = "all notebooks, with the solutions of their exercises folded" if solutions else "the notebooks of the class, without solutions"
    sites = [f"[{p.parts[-4]}, {p.parts[-3]}](../{p.relative_to(folder.parent).as_posix()})" for p in sorted(folder.parent.glob("results/*/*/site/index.html"))]  # fmt: skip
    lessons = [f"[{words}](lessons/{name}.md)" for name, words in LESSONS.items()]
    return "\n".join([
        "# Start here", "",
        f"Here are {what}: click on one, and run a cell with **Shift+Enter**. Where a question says *predict*, answer it before you run the next cell.", "",
        f"These are copies. Change what you like: `make reproduce` runs the originals in `notebooks/`, figures and tables made here go to `{folder.name}/results/`,"
        " and a file that you changed is never overwritten. For the original again, rename or delete yours and start again.", "",
        *rows, "",
        "*Reproduced*: `make reproduce` has run it, so its trainings are done and it opens in seconds. What is not done is taken from the record or trained when its cell runs, and kept.", "",
        "A notebook that is open takes about 0.6 GB of memory, and 0.4 to 0.7 GB more a core while it trains."
        " Shut down those you have done with: the square button beside each in *Running Terminals and Kernels*, at the left.", "",
        f"**Lessons**: {', '.join(lessons)}."
        + (f" **For the teacher**: [the run sheet]({runsheet.PAGE})." if solutions else "")
        + " **About**: [README](../README.md), [data](../data/README.md), [contributing](../CONTRIBUTING.md)."
        + (f" **The book of results**: {', '.join(sites)}." if sites else ""), "",
    ])  # fmt: skip
