"""An executed notebook as a page: figures with captions and alternative text, formulas as MathML, solutions folded."""

import re
from dataclasses import dataclass, field
from pathlib import Path

from bs4 import BeautifulSoup
from latex2mathml.converter import convert as mathml
from nbconvert import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

TEMPLATES = Path(__file__).parent / "templates"
WIDGET = "application/vnd.jupyter.widget-view+json"
FIGURE = re.compile(r"stage\.figure\(\s*[^,]+,\s*f?[\"']([^\"'{]+)[\"']")
LONGEST = 1500  # letters of a section that search knows


@dataclass
class Page:
    """A notebook for the site: title, HTML, sections (id, words), entries of the search index, skeleton players."""

    title: str
    body: str
    sections: list[tuple[str, str]]
    index: list[dict] = field(default_factory=list)
    players: list[dict] = field(default_factory=list)


def formula(latex: str, display: str) -> str:
    """LaTeX as MathML, which browsers draw without a library."""
    latex = re.sub(r"\\(?:arg)\b", r"\\operatorname{arg}\\,", latex.strip().replace("\\mathbb 1", "\\mathbb{1}"))
    latex = re.sub(r"'(?=[}\s)])", r"^{\\prime}", latex)
    return mathml(latex, display=display)


class Renderer(IPythonRenderer):
    """Markdown of a notebook, with formulas as MathML."""

    def block_math(self, body: str) -> str:
        return f'<div class="scroll formula">{formula(body, "block")}</div>'

    def inline_math(self, body: str) -> str:
        return formula(body, "inline")


class Exporter(HTMLExporter):
    """nbconvert's HTML exporter with this site's template and formulas."""

    def __init__(self, **options):
        super().__init__(template_name="base", template_file=str(TEMPLATES / "cells.html.j2"), **options)

    def default_filters(self):
        yield from super().default_filters()
        yield "markdown2html", markdown


def convert(nb, stem: str, figures: list[dict], sizes: dict, known: set[str]) -> Page:
    """The page of the executed notebook ``nb``; ``figures`` and ``sizes`` are what was saved, ``known`` the notebooks with a page."""
    tidy(nb, {f["name"]: f for f in figures})
    body, _ = Exporter().from_notebook_node(nb, {"figures": {f["name"]: f for f in figures}, "sizes": sizes})
    soup = tidied(body, {name: f"{name}.html" for name in known}, "../index.html#notebooks")
    for figure in figures:
        if soup.find(id=f"figure-{figure['name']}"):
            figure["notebook"], figure["link"] = stem, f"notebooks/{stem}.html#figure-{figure['name']}"
    index, sections = read_sections(soup, stem)
    for image in soup.find_all("img"):
        if not image.get("alt"):
            before = image.find_previous(["h1", "h2", "h3"])
            image["alt"] = f"Figure of the section {before.get_text() if before else stem}"
    title = index[0]["t"] if index else stem
    players = read_players(soup, stem, title)
    if soup.h1:
        soup.h1.decompose()  # it stands above the list of contents
    return Page(title, str(soup), sections, index, players)


def markdown(source: str) -> str:
    """Markdown as HTML."""
    return MarkdownWithMath(renderer=Renderer(escape=False, exclude_anchor_links=True)).render(source)


def tidied(body: str, pages: dict[str, str], otherwise: str) -> BeautifulSoup:
    """HTML whose links to notebooks lead to ``pages`` (or ``otherwise``), and in which what is too wide scrolls in itself."""
    soup = BeautifulSoup(body, "html.parser")
    for link in soup.select("a[href$='.ipynb']"):
        link["href"] = pages.get(Path(str(link["href"])).stem, otherwise)
    for table in soup.find_all("table"):
        table.attrs.pop("border", None)
        table.wrap(soup.new_tag("div", attrs={"class": "scroll"}))
    for head in soup.find_all("th"):
        if not head.get_text().strip():
            head.name = "td"  # pandas' empty corner heads nothing
    for pre in soup.find_all("pre"):
        pre["class"] = " ".join([*pre.get_attribute_list("class"), "scroll"])
    for style in soup.select("style[scoped]"):
        style.decompose()
    return soup


def lesson(source: str, known: set[str]) -> str:
    """A lesson (Markdown of ``docs/lessons``) for the site; a link to a file that only the repository has becomes its name."""
    soup = tidied(markdown(source), {name: f"../notebooks/{name}.html" for name in known}, "../index.html#notebooks")
    for link in soup.find_all("a", href=True):
        if not (to := str(link["href"])).startswith(("http", "../notebooks/", "../index.html", "#")):
            name, words = Path(to).name, link.get_text()
            link.replace_with(words if name == words else f"{words} ({name})")
    return str(soup)


def tidy(nb, figures: dict[str, dict]) -> None:
    """Say in each cell's metadata what the template needs: the figures' names, where folded solutions begin and end."""
    folded = [False, *("solution" in c.metadata.get("tags", []) for c in nb.cells), False]
    for place, cell in enumerate(nb.cells, 1):
        cell.metadata["first"] = folded[place] and not folded[place - 1]
        cell.metadata["last"] = folded[place] and not folded[place + 1]
        if folded[place] and cell.cell_type == "markdown":  # the page folds all cells of a solution together
            cell.source = cell.source.replace("<details><summary>Solution</summary>", "").replace("</details>", "")
        if cell.cell_type != "code":
            continue
        cell.outputs = [o for o in cell.outputs if WIDGET not in o.get("data", {}) and not (o.get("name") == "stderr" and "\r" in o.text)]
        named = [n for n in FIGURE.findall(cell.source) if n in figures]
        for output in cell.outputs:
            if "image/png" in output.get("data", {}):
                said = output.metadata.get("image/png", {}).get("name", "")
                name = said if said in figures else named[0] if named else ""
                if name in named:
                    named.remove(name)
                output.metadata["figure"] = name


def read_sections(soup: BeautifulSoup, stem: str) -> tuple[list[dict], list[tuple[str, str]]]:
    """Give every heading an id of its own; returns the search entries and the list of contents."""
    seen, sections, index = set(), [], []
    for head in soup.find_all(["h1", "h2", "h3", "h4"]):
        words = head.get_text().strip()
        slug = re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-") or "section"
        while slug in seen:
            slug += "-more"
        seen.add(slug)
        head["id"], head["tabindex"] = slug, "-1"
        if head.name == "h2":
            sections.append((slug, words))
        text = []
        for item in head.find_all_next():
            if item.name in ("h1", "h2", "h3", "h4"):
                break
            if item.name in ("p", "li", "td", "figcaption") and not item.find_parent("details"):
                text.append(" ".join(item.get_text(" ").split()))
        index.append({"u": f"notebooks/{stem}.html#{slug}", "t": words, "k": f"notebook {stem[:2]}", "x": " ".join(text)[:LONGEST]})
    return index, sections


def read_players(soup: BeautifulSoup, stem: str, title: str) -> list[dict]:
    """The skeleton players of a page, with the section each stands in."""
    found = []
    for player in soup.select("div.sign-player"):
        before = player.find_previous(["h1", "h2", "h3"])
        link = f"notebooks/{stem}.html" + (f"#{before['id']}" if before else "")
        found.append({"link": link, "title": title, "section": before.get_text() if before else "", "markup": str(player)})
    return found
