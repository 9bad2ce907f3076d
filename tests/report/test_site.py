"""The book: links resolve, numbers are traced, nothing asks the network; in Chromium it reads, sorts, searches and passes axe."""

import contextlib
import csv
import io
import json
import os
import re
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote, urlsplit

import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pandas as pd
import pytest
from browser import browse, needs_browser
from bs4 import BeautifulSoup
from conftest import make_signs

from sslslr import paths, profiles
from sslslr.claims.judge import CLAIMS
from sslslr.errors import SignError
from sslslr.record import rows
from sslslr.record.recording import Recorded
from sslslr.record.tables import Record
from sslslr.report import site
from sslslr.report.player import player
from sslslr.report.quiz import ask
from sslslr.report.replication import invent
from sslslr.report.scatter import explorer
from sslslr.report.site import gather, notebooks
from sslslr.report.site.extension import formula
from sslslr.report.stage import Stage
from sslslr.studies import comparison
from sslslr.studies.catalogue import STUDIES

TOLD = r"""# 00 Toy: <b>nothing</b> learned

**You will learn** what a *toy* is, at length $\alpha = 1/3$.

## Idea

$$\mathcal L = \mathrm{MSE}(z_1, z_2) + \sum_{i \in c} \frac1N \lVert h_i - \mu \rVert^2$$

See [the other](01_other.ipynb) and [one not run](02_missing.ipynb). Signers sign; a signer differs from [VICReg](https://arxiv.org/abs/2105.04906).

## Idea

The same heading twice; zebra.
"""
FORMULAS = [
    f"$${formula}$$"
    for path in sorted(paths.NOTEBOOKS.glob("*.ipynb"))
    for cell in nbformat.read(path, as_version=4).cells
    if cell.cell_type == "markdown"
    for formula in re.findall(r"\$\$(.+?)\$\$", cell.source, re.DOTALL)
]
WARNED = f"{paths.ROOT}/sslslr/measures/probes.py:3: UserWarning: few clips\n/opt/an env/lib/python3.11/site-packages/sklearn/base.py:9: FutureWarning\n"
PARAMETERS = 'PROFILE = "quick"\nDATA = ""  # folder'
SOLUTION = "<details><summary>Solution</summary>\n\nIt is **42**.\n\n</details>"
SCROLL = "'.formula, .pst-scrollable-table-container, pre'"  # what may be wider than a page, since it scrolls in itself
AXE = next((p for p in (Path(os.environ.get("SSLSLR_AXE", "")), paths.ROOT / "node_modules/axe-core/axe.min.js") if p.is_file()), None)
VERDICTS = ("holds", "does not hold", "undecided", "not run")
CLAIM = {
    "id": "C1", "place": "section 6", "claim": "toys are better", "kind": "synthetic", "dataset": "synthetic", "profile": "quick", "verdict": "does not hold",
    "effect": "-3.14159", "unit": "points", "low": "-5.25", "high": "-1.125", "n": "6", "p": "0.01", "compared": "toy - other", "comparisons": "1",
    "text": "The one comparison.", "table": "tables/toy.csv", "notebook": "00_toy.ipynb", "figure": "toy", "reading": "mean difference",
}  # fmt: skip


def shown(data: dict, **metadata):
    return nbformat.v4.new_output("display_data", data, metadata=metadata)


def glued(name: str, value: str):
    """What ``glue`` of MyST-NB leaves in a notebook."""
    return shown(
        {"application/papermill.record/text/plain": value}, scrapbook={"name": name, "mime_prefix": "application/papermill.record/"}
    )


def html(thing):
    return shown({"text/html": thing._repr_html_()})


def made_up(folder: Path) -> None:
    """A record of two methods on one synthetic corpus, whose numbers are made up."""
    profile, signs = profiles.load("decide"), make_signs(200, name="gsl-like", signers=20)
    about = {"profile": profile, "corpora": {"gsl-like": replace(signs, split=np.full(200, "", "<U5"))}, "dataset": "synthetic"}
    one = Recorded(**about, record=Record(folder))
    for i, job in enumerate(comparison.jobs(profile, one.corpora, methods=("simclr", "slfpn_plus"), controls=("random encoder",))):
        invent(one.record, one.place(STUDIES["Table 1"], i, job, rows.named(job)), job)
    one.record.save()


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A site of two executed notebooks with all that a notebook may show, and its results folder."""
    with pytest.MonkeyPatch.context() as patch:
        home = tmp_path_factory.mktemp("mon site à moi")
        for name in ("RESULTS", "RECORD", "RUNS"):
            patch.setenv(f"SSLSLR_{name}", str(home / name.lower()))
        made_up(paths.record())
        stage, sources = Stage("quick"), home / "notebooks"
        fig, ax = plt.subplots(figsize=(12, 3))
        ax.plot([0, 1])
        stage.figure(fig, "toy", 'A "toy" & a <line>, n = 2')
        plt.close(fig)
        rows = pd.DataFrame({"model": ["ten", "two", "one"], "top-1": [10.0, 2.0, 1.0], "a wide column": ["word " * 20] * 3})
        stage.table(rows, "toy", "Three rows")
        stage.table(rows, "toy_lone", "A table without a figure")
        signs = make_signs(8)
        picture = {"image/png": "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="}
        code, text = nbformat.v4.new_code_cell, nbformat.v4.new_markdown_cell
        widget = shown({notebooks.WIDGET: {"model_id": "x"}, "text/plain": "  0%|   | 0/9"})
        frame = shown({"text/html": rows.to_html(), "text/plain": "frame"})
        folded = {"tags": ["solution"]}
        injected = {"tags": ["injected-parameters"]}
        cells = [
            text(TOLD),
            code(PARAMETERS, metadata={"tags": ["parameters"]}),
            code(f'# Parameters\nPROFILE = "quick"\nDATA = "{home}/my clips"\n', metadata=injected),
            code('stage.figure(fig, "toy", "...")\nshow(fig)', outputs=[shown(picture)]),
            code('stage.table(rows, "toy", "...")\nname = f"toy_{kind}"', outputs=[widget, frame]),
            code("player(signs, 0)", outputs=[html(player(signs, [0, 1], overlay=[2, 3], size=600))]),
            code("explorer(signs)", outputs=[html(explorer(signs, {"map": np.random.default_rng(0).normal(size=(8, 2))}, 0))]),
            code("plain", outputs=[shown(picture), nbformat.v4.new_output("stream", name="stdout", text="wide " * 100)]),
            code("warn()", metadata={"tags": ["show-input"]}, outputs=[nbformat.v4.new_output("stream", name="stderr", text=WARNED)]),
            code("ask(...)", metadata={"tags": ["quiz"]}, outputs=[html(ask("Which?", {"this": "why"}))]),
            code('glue("claims", 42)', outputs=[glued("claims", "42"), *(glued(f"claims {v}", "7") for v in VERDICTS)]),
            text("## Limits\n\nNone.\n\n## Exercise\n\nTry.\n\n<details><summary>Hint</summary>\n\nTry *again*.\n</details>"),
            text(SOLUTION, metadata=folded),
            code("print(42)", metadata=folded),
        ]
        other = [text("\n\n".join(["# 01 Other", "Back to [the toy](00_toy.ipynb).", "## Formulas", *FORMULAS]))]
        for name, content in {"00_toy": cells, "01_other": other, "02_missing": [text("# 02 Missing")]}.items():
            for folder in (sources, stage.folder / "notebooks")[: 1 if name == "02_missing" else 2]:
                folder.mkdir(parents=True, exist_ok=True)
                nbformat.write(nbformat.v4.new_notebook(cells=content), folder / f"{name}.ipynb")
        with (stage.folder / "claims.csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, CLAIM)
            writer.writeheader()
            writer.writerows(
                [CLAIM, CLAIM | {"id": "C2", "verdict": "not run", "effect": "", "low": "", "high": "", "n": "0", "table": ""}]
            )
        with contextlib.redirect_stderr(io.StringIO()) as warned:
            index = site.build("synthetic", "quick", sources)
        assert warned.getvalue() == "", "Sphinx has nothing to warn of"
        assert site.build("synthetic", "quick", sources) == index
        yield index.parent, stage.folder, sources


@pytest.fixture(autouse=True)
def its_record(request, monkeypatch):
    """A site that a test builds anew has the record that it was built with."""
    if "built" in request.fixturenames:
        monkeypatch.setenv("SSLSLR_RECORD", str(request.getfixturevalue("built")[1].parents[2] / "record"))


def main_pages(folder):
    """One page of each kind, to be looked at in the browser."""
    one = [
        folder / f"{name}.html"
        for name in ("notebooks/00_toy", "notebooks/01_other", "tables/toy", "docs/lessons/two-hours", "api/claims", "verdicts/E1")
    ]
    return [*sorted(folder.glob("*.html")), *one]


def soups(folder):
    return {page: BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser") for page in sorted(folder.rglob("*.html"))}


def broken(folder: Path) -> list[str]:
    """Links and assets of a site that lead nowhere, and everything that it would load from the network."""
    pages, wrong = soups(folder), []
    places = {page: {e["id"] for e in soup.find_all(id=True)} for page, soup in pages.items()}
    for page, soup in pages.items():
        for element in soup.find_all(["a", "link", "img", "script", "form", "source", "iframe"]):
            link = element.get("href") or element.get("src") or element.get("action")
            if not link or link == "#":
                continue
            address = urlsplit(link)
            if address.scheme in ("http", "https") or link.startswith("//"):
                wrong += [] if element.name == "a" else [f"{page.name}: {element.name} loads {link}"]
            elif address.scheme != "data":
                target = (page.parent / unquote(address.path)).resolve() if address.path else page
                if not target.is_file() or not target.is_relative_to(folder.resolve()):
                    wrong.append(f"{page.name}: {link} is not there")
                elif address.fragment and target.suffix == ".html" and unquote(address.fragment) not in places[target]:
                    wrong.append(f"{page.name}: {link} has no such place")
    for file in [*folder.rglob("*.css"), *pages]:
        wrong += [f"{file.name}: {a}" for a in re.findall(r"(?:@import|url\()\s*['\"]?(https?:[^'\")]+)", file.read_text(encoding="utf-8"))]
    return wrong


def test_every_link_resolves_and_nothing_is_loaded_from_elsewhere(built, tmp_path):
    folder, _, _ = built
    assert len(soups(folder)) >= 30 and broken(folder) == []
    assert not [p.name for p in folder.rglob("*") if re.search(r"mathjax|require(js)?\.|embed-amd", p.name, re.IGNORECASE)]
    (tmp_path / "a.html").write_text('<a href="b.html">x</a><a href="#y">y</a><script src="https://cdn.example/x.js"></script>')
    assert len(broken(tmp_path)) == 3


def test_lessons_and_checklists_lead_to_pages_of_notebooks_and_of_modules(built):
    folder, _, _ = built
    checklist = soups(folder)[folder / "docs/checklist.html"].find("article")
    assert checklist.find("a", href=re.compile(r"api/methods.html#module-sslslr\.methods\.slfpn$"))
    assert "Makefile" in checklist.get_text() and not checklist.find("a", string="Makefile")
    lesson = soups(folder)[folder / "docs/lessons/two-hours.html"].find("article")
    assert "00 start here (not run here)" in lesson.get_text() and not lesson.find("a", href=re.compile("ipynb"))
    toy = soups(folder)[folder / "notebooks/00_toy.html"].find("article")
    assert toy.find("a", string="the other")["href"] == "01_other.html" and "one not run (not run here)" in toy.get_text()


def test_pictures_have_words_pages_have_landmarks_and_ids_are_single(built):
    folder, _, _ = built
    for page, soup in soups(folder).items():
        assert all(i.get("alt", "").strip() for i in soup.find_all("img")), page
        assert soup.html["lang"] == "en" and len(soup.find_all("main")) == 1, page
        assert page.name == "search.html" or len(soup.find("article").find_all("h1")) == 1, page
        ids = [e["id"] for e in soup.find_all(id=True)]
        assert len(ids) == len(set(ids)), page
    toy = soups(folder)[folder / "notebooks/00_toy.html"]
    figure = toy.find(id="figure-toy")
    assert figure.img["alt"] == 'A "toy" & a <line>, n = 2' and "profile quick" in figure.figcaption.get_text()
    assert toy.find("article").find_all("img")[1]["alt"] == "Figure of notebook 00"


def test_code_is_folded_parameters_are_one_line_and_exercises_are_the_themes(built):
    toy = soups(built[0])[built[0] / "notebooks/00_toy.html"].find("article")
    folded = [d.summary.get_text().strip() for d in toy.select("details.hide")]
    assert [f.split("\n")[0] for f in folded[:2]] == ["Parameters: PROFILE=quick, DATA=my clips", "Show the code"]
    assert "# folder" not in toy.get_text(), "the parameters that were replaced"
    assert [d.get_text() for d in toy.select(".cell:not(:has(details)) .cell_input")] == ["\nwarn()\n\n\n"], (
        "only what is tagged show-input stays open"
    )
    (exercise,) = toy.select("div.admonition.exercise")
    assert "Try." in exercise.get_text() and exercise.find("details").find("em").get_text() == "again"
    (solution,) = toy.select("div.admonition.solution.dropdown")
    assert "42" in solution.get_text() and "print" in solution.get_text() and not solution.find("summary", string="Solution")
    assert len(toy.select("section.quiz")) == 1 and "ask(" not in toy.get_text() and "0%|" not in toy.get_text()


def test_the_front_page_quotes_numbers_that_a_notebook_glued(built):
    words = soups(built[0])[built[0] / "index.html"].find("article").get_text()
    assert "Of 42 claims, 7 hold here, 7 do not" in words


def test_terms_and_references_are_linked_at_first_use(built):
    folder, _, _ = built
    toy = soups(folder)[folder / "notebooks/00_toy.html"].find("article")
    assert [a["href"] for a in toy.select("a:has(.std-term)")] == ["../glossary.html#term-signer"]
    assert toy.select_one("a:has(.std-term)").get_text() == "Signers"
    cited = toy.find("a", href=re.compile(r"^\.\./references.html#"))
    entry = soups(folder)[folder / "references.html"].find(id=cited["href"].partition("#")[2])
    assert "VICReg" in entry.get_text()
    terms = {t.get_text() for t in soups(folder)[folder / "glossary.html"].select("dt")}
    assert {t.rstrip("#") for t in terms} >= {"signer", "gloss", "view", "probe", "projection", "collapse", "effective rank"}


def test_no_page_names_a_folder_of_this_machine(built):
    for page, soup in soups(built[0]).items():
        for place in (str(paths.ROOT), str(Path.home()), str(built[1]), "/opt/an env"):
            assert place not in str(soup), (page, place)
    toy = soups(built[0])[built[0] / "notebooks/00_toy.html"].get_text()
    assert "sslslr/measures/probes.py:3: UserWarning: few clips" in toy and "site-packages/sklearn/base.py:9" in toy
    assert notebooks.local(r"C:\Users\x\env\Lib\site-packages\torch\nn.py:1: W") == r"site-packages\torch\nn.py:1: W"


def test_formulas_are_drawn_by_the_browser_without_a_library(built):
    other = soups(built[0])[built[0] / "notebooks/01_other.html"].find("article")
    assert len(other.find_all("math", display="block")) == len(FORMULAS) > 15
    assert "$" not in other.get_text() and "\\" not in other.get_text()


def test_every_formula_of_the_notebooks_becomes_mathml():
    for path in paths.NOTEBOOKS.glob("*.ipynb"):
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.cell_type == "markdown":
                for block, inline in re.findall(r"\$\$(.+?)\$\$|(?<![\\$])\$([^$]+?)\$", cell.source, re.DOTALL):
                    drawn = formula(block or inline, "block" if block else "inline")
                    assert drawn.startswith("<math") and "\\" not in BeautifulSoup(drawn, "html.parser").get_text(), (
                        path.name,
                        block or inline,
                    )


def test_every_number_of_the_verdicts_stands_in_claims_csv(built):
    folder, results, _ = built
    rows = {r["id"]: r for r in csv.DictReader((results / "claims.csv").open())}
    table = soups(folder)[folder / "index.html"].find("table", class_="claims")
    found = table.tbody.find_all("tr")
    assert [tr["id"] for tr in found] == [f"claim-{i}" for i in rows]
    for tr in found:
        row = rows[tr["id"].removeprefix("claim-")]
        for data in tr.find_all("data"):
            assert data["value"] in {row[k] for k in ("effect", "low", "high", "n")}
            assert float(data.get_text().replace("\N{MINUS SIGN}", "-")) == pytest.approx(float(data["value"]), abs=0.0501)
        cells = tr.find_all("td")
        outside = re.sub(r"\d+ %", "", " ".join(t for c in cells[:3] for t in c.find_all(string=True) if t.parent.name != "data"))
        assert not re.search(r"\d", outside), "a number that is not traced"
        assert row["verdict"] in cells[0].get_text() and bool(tr.find("data")) == bool(row["effect"])
    assert (folder / "claims.csv").read_bytes() == (results / "claims.csv").read_bytes()
    assert (folder / "tables/toy.csv").read_bytes() == (results / "tables/toy.csv").read_bytes()


def test_results_are_traced_to_their_notebook_and_machine(built):
    soup = soups(built[0])[built[0] / "provenance.html"]
    for place in ("figure-toy", "table-toy", "table-toy_lone"):
        row = soup.find(id=place)
        assert row.find("a", href="notebooks/00_toy.html") and "profile quick" in row.get_text() and "torch" in row.get_text()
    names = {"a": ["table1"], "b": [r"table5_[\w.+-]+"]}
    assert [gather.maker(n, names) for n in ("table1", "table5_inertia", "other")] == ["a", "b", ""]


def test_a_site_is_built_anew_only_when_something_changed_and_whole_or_not_at_all(built, monkeypatch):
    folder, results, sources = built
    before = (folder / "index.html").stat().st_mtime_ns
    with monkeypatch.context() as patch:
        patch.setenv("SSLSLR_RESULTS", str(results.parents[1]))
        assert site.build("synthetic", "quick", sources).stat().st_mtime_ns == before
        (results / "claims.csv").touch()
        patch.setattr(site, "write", lambda *_: (_ for _ in ()).throw(RuntimeError("power cut")))
        with pytest.raises(RuntimeError, match="power cut"):
            site.build("synthetic", "quick", sources)
        assert (folder / "index.html").stat().st_mtime_ns == before
    with pytest.raises(SignError, match="run make reproduce"):
        site.build("gsl", "smoke")


@needs_browser
def test_in_a_browser_it_fits_sorts_searches_and_turns_dark_without_a_word_on_the_console(built, tmp_path):
    folder, _, _ = built
    with browse(tmp_path / "profile") as tab:
        for page in main_pages(folder):
            for width, dark in ((1280, False), (360, True)):
                tab.look(width, dark=dark)
                tab.open(page.as_uri())
                wide = f"[...document.querySelectorAll('main *')].filter(e => e.getBoundingClientRect().right > {width} && !e.closest({SCROLL}))"
                assert tab.run("document.documentElement.scrollWidth") <= width, (
                    page.name,
                    width,
                    tab.run(f"{wide}.map(e => e.outerHTML.slice(0, 200)).slice(-3)"),
                )
                back = tab.run("getComputedStyle(document.body).backgroundColor")
                assert (back == "rgb(255, 255, 255)") != dark
                assert tab.problems == [] and all(a.startswith(("file:", "data:")) for a in tab.asked), page.name
                assert tab.run("[...document.images].every(i => i.loading === 'lazy' || i.naturalWidth > 0)"), page.name
        tab.look(1280)
        tab.open((folder / "index.html").as_uri())
        tab.press("Tab", 9)
        assert tab.run("document.activeElement.textContent") == "Skip to main content"
        tab.press("k", 75, modifiers=2)
        tab.wait("document.activeElement.type === 'search'")
        tab.press("Escape", 27)
        tab.run("localStorage.setItem('mode', 'dark'), localStorage.setItem('theme', 'dark')")
        tab.open((folder / "tables/toy.html").as_uri())
        assert tab.run("getComputedStyle(document.body).backgroundColor") != "rgb(255, 255, 255)", "the choice of colours is kept"
        tab.wait("document.documentElement.dataset.sorts")
        column = "[...document.querySelectorAll('tbody tr')].map(r => r.cells[1].textContent)"
        for order in (["1", "2", "10"], ["10", "2", "1"]):
            tab.run("document.querySelectorAll('thead th')[1].querySelector('[role=button]').click()")
            tab.wait(f"JSON.stringify({column}) === {json.dumps(json.dumps(order, separators=(',', ':')))}")
            assert tab.run("document.querySelectorAll('th[aria-sort]').length") == 1
        tab.open((folder / "search.html").as_uri() + "?q=zebra")
        tab.wait("document.querySelector('#search-results li a')")
        assert "notebooks/00_toy.html" in tab.run("document.querySelector('#search-results li a').getAttribute('href')")
        assert tab.problems == []


@needs_browser
def test_no_formula_is_cut_and_solutions_open(built, tmp_path):
    folder, _, _ = built
    with browse(tmp_path / "profile") as tab:
        tab.look(1280)
        tab.open((folder / "notebooks/01_other.html").as_uri())
        cut = "[...document.querySelectorAll('.formula')].filter(f => f.scrollWidth > f.clientWidth + 1 || f.scrollHeight > f.clientHeight + 1)"
        assert tab.run("document.querySelectorAll('.formula').length") == len(FORMULAS)
        assert tab.run(f"{cut}.map(f => f.textContent)") == []
        bar = "[...document.querySelectorAll('math .overline')].map(o => o.getBoundingClientRect().width - o.firstElementChild.getBoundingClientRect().width)"
        assert (bars := tab.run(bar)) and max(map(abs, bars)) < 1, "a line over the whole of what it is over"
        tab.look(360)
        assert tab.run("[...document.querySelectorAll('.formula')].every(f => getComputedStyle(f).overflowX === 'auto')")
        tab.open((folder / "notebooks/00_toy.html").as_uri())
        tab.wait("document.querySelector('.solution button')")
        height = "document.querySelector('.solution').getBoundingClientRect().height"
        closed = tab.run(height)
        tab.run("document.querySelector('.solution button').click()")
        tab.wait(f"{height} > {closed + 20}")


@needs_browser
@pytest.mark.skipif(not AXE, reason="no axe-core (npm install axe-core, or SSLSLR_AXE=path of axe.min.js)")
def test_axe_finds_nothing_serious(built, tmp_path):
    folder, _, _ = built
    script = AXE.read_text(encoding="utf-8")
    look = "axe.run(document, {preload: false}).then(r => r.violations.map(v => [v.impact, v.id, v.nodes[0].html.slice(0, 160)]))"
    found = set()
    with browse(tmp_path / "profile") as tab:
        for page in main_pages(folder):
            for width, dark in ((1280, False), (360, True)):
                tab.look(width, dark=dark, calm=True)  # else colours are caught on their way
                tab.open(page.as_uri())
                tab.run(script + ";0")
                found |= {(rule, page.name, width, html) for impact, rule, html in tab.run(look) if impact in ("serious", "critical")}
    assert not found, "\n".join(map(str, sorted(found)))


def test_each_number_of_the_verdict_leads_to_its_rows_and_each_row_to_its_command(built):
    folder, _, _ = built
    pages, front = soups(folder), BeautifulSoup((folder / "index.html").read_text(encoding="utf-8"), "html.parser")
    claims = front.select(".look [id^=verdict-]")
    assert {c["id"] for c in claims} == {f"verdict-{c.id}" for c in CLAIMS} and front.find(id="verdict")
    missing = front.select(".look .missing li")
    assert missing and all(line.find(class_="stamp").get_text().partition("; ")[2] for line in missing), "each says why it was not judged"
    sides = [p["d"] for p in front.select(".look svg .side")]
    assert sides and all(re.match(r"M[\d.]+ 1l-?7 3\.5", d) for d in sides)
    assert "strong_boundary" not in front.select_one(".look").get_text()
    numbers = [(a, *a["href"].split("#")) for a in front.select(".look .cell > a")]
    assert len(numbers) >= 2 and all("90 %" in a.get_text() and re.search(r"\d+ groups", a.get_text()) for a, *_ in numbers)
    for _, page, anchor in numbers:
        soup = pages[folder / page]
        assert soup.find(id=anchor)
        lines = soup.select("table.rows tbody tr")
        assert lines and all(re.search(r"make audit ROW=[0-9a-f]{16}$", line.get_text().strip()) for line in lines)
    assert all(svg["aria-label"] for svg in front.select(".look svg")) and not front.select(".margin"), "the theme watches that class"


@needs_browser
def test_on_a_phone_the_verdict_has_its_data_n_and_evidence_and_nothing_is_cut(built, tmp_path):
    folder, _, _ = built
    with browse(tmp_path / "profile") as tab:
        for width in (1280, 390):
            tab.look(width)
            tab.open((folder / "index.html").as_uri())
            assert tab.run("document.documentElement.scrollWidth <= innerWidth")
            cut = "[...document.querySelectorAll('.look .cell, .look .cell > a')].filter(e => e.scrollWidth > e.clientWidth + 1 && e.clientWidth)"
            assert tab.run(f"{cut}.length") == 0
            named = "[...document.querySelectorAll('.look .cell')].every(e => e.closest('.asked').innerText.includes(e.querySelector('.set').textContent.split(/[ ,]/)[0]))"
            seen = "[...document.querySelectorAll('.look .cell > a, .look svg')].every(e => e.getBoundingClientRect().width > 0)"
            assert tab.run(seen) and tab.run(named), "a set without a verdict is named in one line on a phone"
            rest = "[...document.querySelectorAll('.look .rest')].map(e => e.getBoundingClientRect().width > 0)"
            assert set(tab.run(rest)) <= {width < 600}
            tab.wait("document.querySelectorAll('table.claims tbody tr').length")
            beyond = "[...document.querySelectorAll('table.claims tbody :is(th, td)')].filter(e => e.getBoundingClientRect().right > innerWidth + 1)"
            assert tab.run(f"{beyond}.length") == 0, "effect, n, data and evidence of a claim are on the page"
        named = "[...document.querySelectorAll('table.claims tbody tr:first-child td')].map(e => e.dataset.label)"
        assert tab.run(named) == ["Verdict", "Effect [95 % interval]", "n", "Data", "Evidence"]


def luminance(colour: str) -> float:
    """Relative luminance of ``#rrggbb`` (WCAG 2.2)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("theme, page", [("", "#ffffff"), ("", "#f3f4f5"), ('html[data-theme="dark"] ', "#14181e")])
@pytest.mark.parametrize("verdict", ["yes", "no"])
def test_every_verdict_can_be_read_in_light_and_dark(verdict, theme, page):
    """On smoke nothing is judged, so no rendered page of the tests shows them: the style sheet itself says its colours, no variable."""
    css = (paths.ROOT / "docs" / "book" / "_static" / "book.css").read_text(encoding="utf-8")
    (colour,) = re.findall(rf"(?:^|}}) *{re.escape(theme)}\.verdict\.{verdict} {{ color: (#[0-9a-f]{{6}}); }}", css, re.MULTILINE)
    lighter, darker = sorted((luminance(colour), luminance(page)), reverse=True)
    assert (lighter + 0.05) / (darker + 0.05) >= 4.5
