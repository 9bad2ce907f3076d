"""The teacher's run sheet: each stop of the class with what it took here, and the numbers that the class will see."""

import html
import json
import re
from pathlib import Path

from sslslr import paths
from sslslr.report.notebooks import notebooks

PAGE = "RUNSHEET.md"
LESSON = paths.ROOT / "docs" / "lessons" / "two-hours.md"
STOP = re.compile(r"^\| (\d+) \| \[(\d\d) ([^\]]+)\]", re.MULTILINE)
HERE = re.compile(r"<b>Here:</b> (.*?)</p>|Here: (.*?)</p>", re.DOTALL)


def stops(text: str) -> list[tuple[int, str, str]]:
    """Minutes, number and name of each stop of a lesson that is a notebook."""
    return [(int(minutes), number, name) for minutes, number, name in STOP.findall(text)]


def executed(number: str) -> Path | None:
    """The latest execution of a notebook on a profile that judges, or none."""
    found = [p for p in paths.results("", "").glob(f"*/*/notebooks/{number}_*.ipynb") if p.parts[-3] != "smoke"]
    return max(found, key=lambda p: p.stat().st_mtime, default=None)


def happened(notebook: Path) -> list[str]:
    """The sentences of an executed notebook that say what happened, without markup."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    shown = ["".join(o["data"]["text/html"]) for c in cells for o in c.get("outputs", []) if "text/html" in o.get("data", {})]
    said = [a or b for text in shown for a, b in HERE.findall(text)]
    return [html.unescape(re.sub(r"<[^>]+>", "", sentence)) for sentence in said]


def page(lesson: Path | None = None) -> str:
    """The run sheet as Markdown: when each stop begins, its seconds as measured here, and what the class will read below its figures."""
    known = {p.name[:2]: p.name for p in notebooks()}
    rows = ["| From minute | Stop | Minutes | Seconds it took here | On |", "|--:|:--|--:|--:|:--|"]
    numbers, at = [], 0
    for line in (lesson or LESSON).read_text(encoding="utf-8").splitlines():
        if not (minutes := re.match(r"\| (\d+) \|", line)):
            continue
        if found := stops(line):
            _, number, name = found[0]
            done = executed(number)
            seconds = json.loads(done.read_text(encoding="utf-8"))["metadata"].get("sslslr", {}).get("seconds") if done else None
            took, on = (f"{seconds:.0f}" if seconds else "–"), (f"{done.parts[-4]}, {done.parts[-3]}" if done else "not run yet")
            rows.append(f"| {at} | [{number} {name}]({known[number]}) | {minutes[1]} | {took} | {on} |")
            told = happened(done) if done else []
            numbers += [
                f"### {number} {name}",
                "",
                *(f"- {sentence}" for sentence in told),
                *(["- not run yet: make reproduce"] if not told else []),
                "",
            ]
        else:
            rows.append(f"| {at} | {line.split('|')[2].strip()} | {minutes[1]} | | |")
        at += int(minutes[1])
    return "\n".join([
        "# The teacher's run sheet", "",
        "Made when `make lab` starts, from the notebooks that `make reproduce` has run on this machine; the class has no such page.", "",
        "## The clock", "", *rows, "",
        "Seconds are those of the whole notebook, its trainings included, when it was run; what is trained or recorded is not trained again.", "",
        "## The machine", "",
        "- A notebook that is open keeps a kernel of about 0.6 GB until it is shut down; seven open stops on one laptop are over 4 GB.",
        "- Between stops: *Running Terminals and Kernels* (the square in a circle, at the left), then the cross beside each kernel, or *Shut Down All*.",
        "- A cell that hangs: the square above the notebook interrupts it; *Kernel, Restart* begins anew, and finished trainings are kept.",
        "- Widgets that do not move: the notebook was opened without running its cells. Run them from the top.", "",
        "## What they will see", "",
        "The sentences that stand below the figures, as they came out here; on another machine or profile digits differ, intervals should not.", "",
        *numbers,
    ])  # fmt: skip
