"""A student's path: open the first notebook in JupyterLab, run all cells, see the figures and play the sign."""

import json

import pytest
from browser import CELLS, PANEL, browse, needs_browser, opened, ready

from sslslr.commands import lab

FIRST = "00_start_here.ipynb"


@needs_browser
def test_the_first_notebook_runs_in_jupyterlab_and_shows_its_figures(tmp_path):
    pytest.importorskip("jupyterlab")
    folder = tmp_path / "lab"
    lab.write(folder)
    notebook = json.loads((folder / FIRST).read_text(encoding="utf-8"))
    parameters = next(c for c in notebook["cells"] if "parameters" in c["metadata"].get("tags", []))
    parameters["source"] = "".join(parameters["source"]).replace('PROFILE = "quick"', 'PROFILE = "smoke"')
    (folder / FIRST).write_text(json.dumps(notebook), encoding="utf-8")
    with opened(folder, tmp_path / "home") as address, browse(tmp_path / "profile") as tab:
        tab.look(1400, 1000)
        tab.open(f"{address}/lab/tree/{folder.name}/{FIRST}")
        ready(tab)
        tab.run("void jupyterapp.commands.execute('notebook:run-all-cells')")
        tab.wait(f"{CELLS}.every(c => c.execution_count) || {CELLS}.some(c => c.outputs.some(o => o.output_type === 'error'))", 300)
        errors = tab.run(f"{CELLS}.flatMap(c => c.outputs).filter(o => o.output_type === 'error').map(o => o.ename + ': ' + o.evalue)")
        assert errors == []
        tab.wait(f"{PANEL}.sessionContext.session.kernel.status === 'idle'", 120)
        pictures = tab.run(
            f"{CELLS}.flatMap(c => c.outputs).filter(o => o.data && o.data['image/png']).map(o => o.metadata['image/png'].alt)"
        )
        assert len(pictures) >= 9 and all(pictures), "a figure without alternative text"
        tab.run(f"void {PANEL}.content.scrollToItem(0)")
        place = f"{PANEL}.content.widgets.findIndex(w => w.model.type === 'code' && w.model.sharedModel.outputs.some(o => o.data && o.data['image/png']))"
        tab.run(f"{PANEL}.content.scrollToItem({place}, 'start').then(() => 0)")
        tab.wait("[...document.querySelectorAll('.jp-OutputArea-output img')].some(i => i.naturalWidth > 100)", 60)
        tab.wait("document.querySelector('.sign-player [role=group]')", 60)
        tab.run("document.querySelector('.sign-player [role=group]').focus()")
        tab.press("ArrowRight", 39)
        said = tab.run("document.querySelector('.sign-player output').textContent")
        assert said.startswith("1 / "), "JupyterLab took the key that the player should have"
    assert (folder / "results" / "synthetic" / "smoke" / "figures" / "figure2_strip.png").exists()
