"""An executed notebook as a source of the book: code folds, figures have their captions, exercises and solutions are the theme's."""

import ast
import os
import re
import sys
import sysconfig
from pathlib import Path

import nbformat
from bs4 import BeautifulSoup
from nbformat import NotebookNode

from sslslr import paths
from sslslr.report.site import pages

WIDGET = "application/vnd.jupyter.widget-view+json"
FIGURE = re.compile(r"stage\.figure\(\s*[^,]+,\s*f?[\"']([^\"'{]+)[\"']")
EXERCISE = re.compile(r"^## Exercises?$\n", re.MULTILINE)
DETAILS = re.compile(r"<details><summary>(.+?)</summary>\n(.*?)</details>", re.DOTALL)
LINK = re.compile(r"(?<!!)\[([^\]]+)\]\(([^)\s]+)\)")
# folders that say nothing to a reader
HERE = {paths.ROOT, Path(sysconfig.get_paths()["purelib"]).parent, Path(sys.prefix), Path(os.path.expanduser("~")).absolute()}
ELSEWHERE = re.compile("|".join(re.escape(str(p)) + r"[/\\]+" for p in sorted({p for p in HERE if p.name}, key=lambda p: -len(p.parts))))
BELOW = re.compile(r"(?:^|(?<=[\s\"'(]))(?:[A-Za-z]:)?[/\\](?:[^/\\:\n\"']+[/\\])*(?=site-packages[/\\])", re.MULTILINE)


def source(nb: NotebookNode, stem: str, figures: dict[str, dict], sizes: dict, known: set[str]) -> NotebookNode:
    """The executed notebook ``nb`` as the book shows it, with the players that it holds in its metadata.

    ``figures``, ``sizes``: what was saved, by name; a figure shown here gets this page as its ``link``. ``known``: notebooks with a page.
    """
    out, cells, label, solving = nbformat.from_dict(nb), [], f"exercise-{stem[:2]}", False
    out.metadata.setdefault("language_info", {"name": "python", "pygments_lexer": "ipython3"})
    injected = any("injected-parameters" in tags(c) for c in nb.cells)
    for cell in out.cells:
        if "colab" in tags(cell) or ("parameters" in tags(cell) and injected):
            continue
        if solving and "solution" not in tags(cell):
            cells.append(directive("solution-end"))
            solving = False
        if "solution" in tags(cell) and not solving:
            cells.append(directive("solution-start", label, f":label: solution-{stem[:2]}\n:class: dropdown"))
            solving = True
        if cell.cell_type == "markdown":
            cells += told(cell, label, known)
            continue
        fold(cell)
        for place, output in enumerate(cell.outputs):
            cell.outputs[place] = shown(output, FIGURE.findall(cell.source), stem, figures, sizes)
        cell.outputs = [o for o in cell.outputs if o]
        cells.append(cell)
    cells[0].source += f"\n\n{{download}}`Download this notebook <../source/{stem}.ipynb>`"
    out.cells = [*cells, directive("solution-end")] if solving else cells
    return out


def tags(cell: NotebookNode) -> list[str]:
    """A cell's tags."""
    return cell.metadata.get("tags", [])


def directive(name: str, argument: str = "", options: str = "") -> NotebookNode:
    """A cell that holds one directive of MyST."""
    return nbformat.v4.new_markdown_cell(f"```{{{name}}} {argument}\n{options}\n```")


def told(cell: NotebookNode, label: str, known: set[str]) -> list[NotebookNode]:
    """A cell of text; an exercise in it becomes an exercise of the theme, what is folded a dropdown, a reference a citation."""
    text = cell.source
    if "solution" in tags(cell):
        text = DETAILS.sub(r"\2", text)  # the theme folds all cells of a solution together
    text = prose(DETAILS.sub(r":::{dropdown} \1\n\2\n:::", text), {f"{name}.ipynb" for name in known})
    before, *rest = EXERCISE.split(text, maxsplit=1)
    cell.source = before + "".join("## Exercise\n" for _ in rest)
    if not rest:
        return [cell]
    body = nbformat.v4.new_markdown_cell(rest[0].strip())
    return [cell, directive("exercise-start", "", f":label: {label}\n:nonumber:"), body, directive("exercise-end")]


def prose(text: str, known: set[str]) -> str:
    """Markdown for the book: a link to a reference's address is a citation too; one to a notebook without a page leads to the list."""
    cited = pages.references()

    def better(found: re.Match) -> str:
        words, to = found.groups()
        if to in cited:
            return f"{found[0]} {{cite:p}}`{cited[to]}`"
        if to.endswith(".ipynb") and Path(to).name not in known:
            return f"{words} (not run here)"
        return found[0]

    return LINK.sub(better, text)


def fold(cell: NotebookNode) -> None:
    """Fold a cell's code, unless it is tagged ``show-input``; of the parameters of the run, the line says what they are."""
    said = [*tags(cell)]
    if "injected-parameters" in said or "parameters" in said:
        lines = [n for n in ast.parse(cell.source).body if isinstance(n, ast.Assign)]
        values = [(ast.unparse(n.targets[0]), ast.literal_eval(n.value)) for n in lines]
        values = [(name, Path(v).name if isinstance(v, str) and Path(v).is_absolute() else v) for name, v in values]
        cell.source = "\n".join(f"{name} = {value!r}" for name, value in values)
        line = "Parameters: " + ", ".join(f"{name}={value}" for name, value in values if value not in ("", 0))
        cell.metadata["mystnb"] = {"code_prompt_show": line, "code_prompt_hide": line}
    if "quiz" in said:
        said.append("remove-input")
    elif "show-input" not in said:
        said.append("hide-input")
    cell.metadata["tags"] = said


def shown(output: NotebookNode, named: list[str], stem: str, figures: dict[str, dict], sizes: dict) -> NotebookNode | None:
    """An output as a page shows it; None for what needs a kernel, for progress bars, and for what the page says by itself."""
    data = output.get("data", {})
    if WIDGET in data or (output.get("name") == "stderr" and "\r" in output.text):
        return None
    if output.get("metadata", {}).get("caption") or "still" in output.get("metadata", {}).get("image/png", {}):
        return None  # the figure below has its caption, and the player moves
    if "text" in output:
        output.text = local(output.text)
    if "image/png" in data:
        name = output.metadata.get("image/png", {}).get("name") or next(iter(named), "")
        if about := figures.get(name):
            named[:] = [n for n in named if n != name]
            about["notebook"], about["link"] = stem, f"notebooks/{stem}.html#figure-{name}"
        alt = output.metadata.get("image/png", {}).get("alt", "") or f"Figure of notebook {stem[:2]}"
        output.data = {"text/html": pages.render("figure.html", about=about, png=data["image/png"], alt=alt, size=sizes.get(name))}
        output.metadata = {}
    elif "text/html" in data:
        output.data = {"text/html": tidied(local(data["text/html"]))}
    return output


def local(text: str) -> str:
    """Text without the folders of this machine: paths begin at the project, or at site-packages."""
    return BELOW.sub("", ELSEWHERE.sub("", text))


def tidied(html: str) -> str:
    """HTML of pandas for a page: tables scroll in themselves, an empty corner heads nothing, no styles that leak."""
    if "<table" not in html and 'class="folded"' not in html:
        return html
    soup = BeautifulSoup(html, "html.parser")
    for fold in soup.select("details.folded"):  # the theme folds the whole solution
        if fold.summary:
            fold.summary.decompose()
        fold.unwrap()
    for style in soup.select("style"):
        style.decompose()
    for head in soup.find_all("th"):
        if not head.get_text().strip():
            head.name = "td"
    for table in soup.find_all("table"):
        table.attrs.pop("border", None)
        table.wrap(soup.new_tag("div", attrs={"class": "pst-scrollable-table-container"}))
    return str(soup)


def players(nb: NotebookNode, stem: str) -> list[dict]:
    """The skeleton players of an executed notebook, with the title of the notebook and the section that each stands in."""
    found, title, section = [], stem, ""
    for cell in nb.cells:
        if cell.cell_type == "markdown":
            headings = re.findall(r"^(#+) (.+)$", cell.source, re.MULTILINE)
            title = next((words for level, words in headings if level == "#"), title)
            section = next((words for level, words in reversed(headings) if level != "#"), section)
            continue
        for output in cell.outputs:
            for player in BeautifulSoup(output.get("data", {}).get("text/html", ""), "html.parser").select("div.sign-player"):
                found.append({"link": f"notebooks/{stem}.html", "title": title, "section": section, "markup": str(player)})
    return found
