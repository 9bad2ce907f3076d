"""What a reader of JupyterLab gets: a copy to work in, a start page, a notebook that can be run, saved and opened again."""

import base64
import json
import os
import re
import subprocess
import time
from pathlib import Path

import nbformat
import pytest
from browser import CELLS, PANEL, browse, needs_browser, opened, ready

from sslslr import paths
from sslslr.commands import lab
from sslslr.report import start

THIRD = "03_not_every_frame_matters.ipynb"
WIDGET = "application/vnd.jupyter.widget-view+json"
PICTURES = os.environ.get("SSLSLR_PICTURES", "")  # a folder for pictures of what is seen on the way


def picture(tab, name: str) -> None:
    """Keep what is seen, where somebody asks for it."""
    if PICTURES:
        shot = tab.call("Page.captureScreenshot", format="png")["data"]
        (Path(PICTURES) / f"{name}.png").write_bytes(base64.b64decode(shot))


def click(tab, element: str) -> None:
    """A click of the mouse in the middle of a JavaScript expression's element."""
    tab.run(f"void {element}.scrollIntoView({{block: 'center'}})")
    box = json.loads(tab.run(f"JSON.stringify({element}.getBoundingClientRect())"))
    at = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2, "button": "left", "clickCount": 1}
    for kind in ("mousePressed", "mouseReleased"):
        tab.call("Input.dispatchMouseEvent", type=kind, **at)


def scroll(tab, test: str, seen: str) -> None:
    """To the first cell whose outputs satisfy ``test`` (JavaScript of ``o``), until an element of the selector ``seen`` is in sight."""
    place = f"{PANEL}.content.widgets.findIndex(w => w.model.type === 'code' && w.model.sharedModel.outputs.some(o => {test}))"
    assert tab.run(place) >= 0, test
    inside = "e => { const b = e.getBoundingClientRect(); return b.width && b.top > 60 && b.top < innerHeight - 60 }"
    for _ in range(60):
        tab.run(f"{PANEL}.content.scrollToItem({place}, 'start').then(() => 0)")
        time.sleep(0.5)
        if tab.run(f"[...document.querySelectorAll({seen!r})].some({inside})"):
            return
    raise AssertionError(f"{seen} did not come in sight")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A copy as ``make lab`` makes it, whose third notebook is set to the smoke profile; results and settings of its own."""
    assert lab.main(["--prepare", "--out", str(tmp_path / "lab")]) == 0
    third = tmp_path / "lab" / THIRD
    third.write_text(third.read_text(encoding="utf-8").replace('PROFILE = \\"quick\\"', 'PROFILE = \\"smoke\\"'), encoding="utf-8")
    return tmp_path / "lab"


def test_a_copy_is_for_changing_and_reproduce_does_not_see_it(folder, capsys):
    mine = (folder / THIRD).read_text()
    (folder / "results" / "synthetic" / "smoke" / "tables").mkdir(parents=True)
    before = {p: p.stat().st_mtime_ns for p in paths.NOTEBOOKS.iterdir()}
    assert lab.main(["--prepare", "--out", str(folder)]) == 0
    assert f"left as you changed them: {THIRD}" in capsys.readouterr().out and (folder / THIRD).read_text() == mine
    assert before == {p: p.stat().st_mtime_ns for p in paths.NOTEBOOKS.iterdir()}
    assert lab.environment(folder)["SSLSLR_RESULTS"] == str(folder / "results") != str(paths.results("", ""))
    ignored = subprocess.run(["git", "check-ignore", "lab/x", "class/x"], cwd=paths.ROOT, capture_output=True, text=True).stdout
    assert ignored.split() == ["lab/x", "class/x"]


def test_the_start_page_lists_every_notebook_and_its_links_lead_somewhere(folder, tmp_path):
    for name in ("README.md", "CONTRIBUTING.md", "data", "docs", "sslslr", "notebooks"):
        (tmp_path / name).symlink_to(paths.ROOT / name)
    for page in [folder / start.PAGE, *(folder / "lessons").glob("*.md")]:
        links = [link for link in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")) if not link.startswith("http")]
        assert len(links) > 3 and not [link for link in links if not (page.parent / link).exists()], page.name
        assert not [link for link in links if re.search(r"notebooks/\d\d_", link)], "a lesson must lead to the copy"
    rows = [line for line in (folder / start.PAGE).read_text(encoding="utf-8").splitlines() if line.startswith("| [")]
    assert len(rows) == len(list(paths.NOTEBOOKS.glob("[0-9]*.ipynb"))) and all(row.split("|")[2].strip() for row in rows)


def test_tables_that_were_reproduced_are_there_to_be_read_and_what_was_done_is_said(tmp_path):
    made = paths.results("synthetic", "smoke")
    paths.write_text(made / "tables" / "some.csv", "a\n1\n")
    paths.write_json(made / "notebooks" / THIRD, {"metadata": {"sslslr": {"seconds": 8.2}}})
    assert lab.write(tmp_path / "lab") == ([], [])
    copied = tmp_path / "lab" / "results" / "synthetic" / "smoke" / "tables" / "some.csv"
    assert copied.read_text() == "a\n1\n" and "| synthetic, smoke (8 s) |" in (tmp_path / "lab" / start.PAGE).read_text()


@needs_browser
def test_a_reader_starts_runs_plays_predicts_saves_and_comes_back(folder, tmp_path):
    pytest.importorskip("jupyterlab")
    with opened(folder, tmp_path / "home") as address, browse(tmp_path / "profile") as tab:
        tab.look(1280, 900)
        tab.open(f"{address}/lab/tree/{folder.name}/{start.PAGE}")
        tab.wait("[...document.querySelectorAll('.jp-RenderedMarkdown a')].some(a => a.textContent.startsWith('03 '))", 120)
        picture(tab, "start_page")
        assert not tab.run("[...document.querySelectorAll('.jp-Notification-Toast, .Toastify__toast')].length"), "something asks"
        click(tab, "[...document.querySelectorAll('.jp-RenderedMarkdown a')].find(a => a.textContent.startsWith('03 '))")
        ready(tab)
        assert tab.run(f"{PANEL}.context.path") == f"{folder.name}/{THIRD}"
        tab.run("void jupyterapp.commands.execute('notebook:run-all-cells')")
        tab.wait(f"{CELLS}.every(c => c.execution_count) || {CELLS}.some(c => c.outputs.some(o => o.output_type === 'error'))", 300)
        tab.wait(f"{PANEL}.sessionContext.session.kernel.status === 'idle'", 120)
        outputs = json.loads(tab.run(f"JSON.stringify({CELLS}.flatMap(c => c.outputs))"))
        assert not [o for o in outputs if o["output_type"] == "error" or o.get("name") == "stderr"]
        figures = [o for o in outputs if o.get("metadata", {}).get("image/png", {}).get("name")]
        captions = [o for o in outputs if o.get("metadata", {}).get("caption")]
        assert len(figures) >= 3 and len(captions) == len(figures)
        looks(tab)
        quiz_and_keys(tab)
        tab.run("jupyterapp.commands.execute('docmanager:save').then(() => 0)")
        tab.wait(f"!{PANEL}.context.model.dirty", 60)
        came_back(tab, address, folder)
    assert (folder / "results" / "synthetic" / "smoke" / "figures" / "hand_speed.png").exists()
    assert not paths.results("synthetic", "smoke").exists(), "a run in the lab wrote into what reproduce makes"


def looks(tab) -> None:
    """Figures are not made smaller than they were drawn; captions are seen; the solution is folded."""
    scroll(tab, "o.data && o.data['image/png']", ".jp-OutputArea-output img")
    image = "[...document.querySelectorAll('.jp-OutputArea-output img')].find(i => i.naturalWidth > 300)"
    tab.wait(image, 60)
    assert tab.run(f"{image}.getBoundingClientRect().width / {image}.naturalWidth") > 0.99
    assert "Speed of the faster wrist" in tab.run("[...document.querySelectorAll('p.caption')].map(p => p.innerText).join()")
    picture(tab, "03_run")
    scroll(tab, "o.data && (o.data['text/html'] || '').includes('class=\"folded\"')", "details.folded")
    assert not tab.run("document.querySelector('details.folded').open"), "Run All showed the answer"
    picture(tab, "03_solution")


def quiz_and_keys(tab) -> None:
    """A quiz takes one choice, which the result then names; knobs draw anew; keys on a control are the control's, and delete no cell."""
    scroll(tab, f"o.data && o.data[{WIDGET!r}] && JSON.stringify(o).includes('VBox')", ".quiz button")
    click(tab, "[...document.querySelectorAll('.quiz button')].find(b => b.innerText.includes('None of them'))")
    tab.wait("[...document.querySelectorAll('.quiz button')].every(b => b.disabled)")
    assert "That needs alpha + beta = 1" in tab.run("document.querySelector('.quiz').innerText")
    picture(tab, "03_quiz")
    place = f"{PANEL}.content.widgets.findIndex(w => w.model.sharedModel.getSource().includes('question.told('))"
    tab.run(f"void ({PANEL}.content.activeCellIndex = {place}, jupyterapp.commands.execute('notebook:run-cell'))")
    tab.wait(f"{CELLS}.some(c => JSON.stringify(c.outputs).includes('You said'))", 60)
    scroll(tab, "o.data && (o.data['text/html'] || '').includes('You said')", "section.quiz")
    tab.wait("[...document.querySelectorAll('section.quiz')].some(s => s.innerText.includes('You said: None of them'))")
    turned(tab)
    tab.run("document.querySelector('.knobs .noUi-handle').focus()")
    before = tab.run(f"{PANEL}.content.widgets.length")
    for _ in "dd":
        tab.press("d", 68)
    assert tab.run(f"{PANEL}.content.widgets.length") == before
    scroll(tab, "o.data && (o.data['text/html'] || '').includes('sign-player')", ".sign-player canvas")
    said = "parseInt(document.querySelector('.sign-player output').textContent)"
    for control in ("input", "select", "button", "[role=group]"):
        tab.run(f"document.querySelector('.sign-player {control}').focus()")
        at = tab.run(said)
        tab.press("ArrowRight", 39)
        assert tab.run(said) == at + (control != "select"), control
        for _ in "dd":
            tab.press("d", 68)
        assert tab.run(f"{PANEL}.content.widgets.length") == before, f"d d on {control} deleted a cell"
        assert tab.run(f"document.activeElement === document.querySelector('.sign-player {control}')"), f"{control} lost the focus"
    click(tab, "document.querySelector('.sign-player [data-do=play]')")
    at = tab.run(said)
    tab.wait(f"{said} !== {at}")
    assert tab.run("getComputedStyle(document.querySelector('.sign-player .sign-note')).display") == "none"
    picture(tab, "03_player")


def turned(tab) -> None:
    """A knob draws the clip anew, and it moves."""
    scroll(tab, f"o.data && o.data[{WIDGET!r}] && JSON.stringify(o).includes('Slider')", ".knobs .sign-player")
    title = "(document.querySelector('.knobs .sign-player')?.innerText ?? '')"  # drawn anew, it is away for a moment
    assert "alpha 0.33" in tab.run(title)
    tab.run("document.querySelector('.knobs .noUi-handle').focus()")
    tab.press("ArrowRight", 39)
    tab.wait(f"{title}.includes('alpha 0.40')", 30)
    picture(tab, "03_knobs")


def came_back(tab, address: str, folder: Path) -> None:
    """Opened again with a new kernel the page is what it was; untrusted, a picture and a sentence stand in place of the player."""
    tab.run(f"{PANEL}.sessionContext.shutdown().then(() => 0)")
    tab.open("about:blank")
    tab.open(f"{address}/lab/tree/{folder.name}/{THIRD}?reset")
    ready(tab)
    scroll(tab, "o.data && (o.data['text/html'] || '').includes('sign-player')", ".sign-player canvas")
    assert "Error displaying widget" not in tab.run("document.body.innerText")
    picture(tab, "03_reopened")
    notebook = nbformat.read(folder / THIRD, 4)
    notebook.cells[0].source += "\n"
    for cell in notebook.cells:
        cell.metadata.pop("trusted", None)
    nbformat.write(notebook, untrusted := folder / "untrusted.ipynb")
    untrusted.write_text(untrusted.read_text().replace("Predict before you run", "Predict before you  run"))  # another text: no signature
    tab.run(f"{PANEL}.sessionContext.shutdown().then(() => 0)")
    tab.open("about:blank")
    tab.open(f"{address}/lab/tree/{folder.name}/{untrusted.name}?reset")
    ready(tab)
    scroll(tab, "o.data && (o.data['text/html'] || '').includes('sign-player')", ".sign-player .sign-note")
    note = "[...document.querySelectorAll('.sign-player .sign-note')].find(n => n.offsetParent && n.innerText.includes('Trust Notebook'))"
    tab.wait(note, 60)
    seen = f"{note}.closest('.jp-OutputArea')"
    assert tab.run(f"[...{seen}.querySelectorAll('img')].some(i => i.offsetParent && i.naturalWidth > 100)")
    assert not tab.run(f"[...{seen}.querySelectorAll('button')].some(b => b.offsetParent)"), "a button that does nothing"
    picture(tab, "untrusted")
    tab.run("jupyterapp.commands.execute('apputils:change-theme', {theme: 'JupyterLab Dark'}).then(() => 0)")
    tab.wait("document.body.dataset.jpThemeLight === 'false' && !document.querySelector('#jupyterlab-splash')", 30)
    picture(tab, "dark")
