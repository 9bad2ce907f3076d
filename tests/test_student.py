"""A student's path: open the first notebook in JupyterLab, run all cells, see the figures and play the sign."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager

import pytest
from browser import browse, needs_browser

from sslslr import paths

FIRST = "00_start_here.ipynb"


@contextmanager
def lab(folder, home):
    """JupyterLab on ``folder`` with settings of its own in ``home``; yields its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    home.mkdir()
    own = {f"JUPYTER_{name}_DIR": str(home / name.lower()) for name in ("CONFIG", "DATA", "RUNTIME")} | {
        "IPYTHONDIR": str(home / "ipython")
    }
    options = ["--no-browser", "--allow-root", "--expose-app-in-browser", f"--ServerApp.port={port}", "--ServerApp.port_retries=0"]
    options += ["--IdentityProvider.token=", "--ServerApp.password=", f"--ServerApp.root_dir={folder}", "--LabApp.news_url=", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]  # fmt: skip
    with (home / "log.txt").open("w") as log:
        process = subprocess.Popen([sys.executable, "-m", "jupyterlab", *options], stdout=log, stderr=log, env=os.environ | own)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        end = time.monotonic() + 90
        while True:
            assert process.poll() is None and time.monotonic() < end, (home / "log.txt").read_text()[-2000:]
            try:
                opener.open(f"http://127.0.0.1:{port}/api/status", timeout=5).read()
                break
            except OSError:
                time.sleep(0.3)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()


@needs_browser
def test_the_first_notebook_runs_in_jupyterlab_and_shows_its_figures(tmp_path):
    pytest.importorskip("jupyterlab")
    folder = tmp_path / "notebooks"
    folder.mkdir()
    shutil.copy(paths.NOTEBOOKS / FIRST, folder)
    notebook = json.loads((folder / FIRST).read_text(encoding="utf-8"))
    parameters = next(c for c in notebook["cells"] if "parameters" in c["metadata"].get("tags", []))
    parameters["source"] = "".join(parameters["source"]).replace('PROFILE = "quick"', 'PROFILE = "smoke"')
    (folder / FIRST).write_text(json.dumps(notebook), encoding="utf-8")
    panel = "[...jupyterapp.shell.widgets('main')].find(w => w.sessionContext && w.content.model)"
    cells = f"{panel}.content.model.sharedModel.cells.filter(c => c.cell_type === 'code')"
    with lab(folder, tmp_path / "home") as address, browse(tmp_path / "profile") as tab:
        tab.look(1400, 1000)
        tab.open(f"{address}/lab/tree/{FIRST}")
        tab.wait(f"window.jupyterapp && {panel} && {panel}.sessionContext.session", 120)
        tab.wait(f"{panel}.sessionContext.session.kernel && {panel}.sessionContext.session.kernel.status === 'idle'", 120)
        tab.run(f"jupyterapp.shell.activateById({panel}.id)")
        tab.run("void jupyterapp.commands.execute('notebook:run-all-cells')")
        tab.wait(f"{cells}.every(c => c.execution_count) || {cells}.some(c => c.outputs.some(o => o.output_type === 'error'))", 300)
        errors = tab.run(f"{cells}.flatMap(c => c.outputs).filter(o => o.output_type === 'error').map(o => o.ename + ': ' + o.evalue)")
        assert errors == []
        tab.wait(f"{panel}.sessionContext.session.kernel.status === 'idle'", 120)
        pictures = tab.run(
            f"{cells}.flatMap(c => c.outputs).filter(o => o.data && o.data['image/png']).map(o => o.metadata['image/png'].alt)"
        )
        assert len(pictures) >= 9 and all(pictures), "a figure without alternative text"
        tab.run(f"void {panel}.content.scrollToItem(0)")
        place = f"{panel}.content.widgets.findIndex(w => w.model.type === 'code' && w.model.sharedModel.outputs.some(o => o.data && o.data['image/png']))"
        tab.run(f"{panel}.content.scrollToItem({place}, 'start').then(() => 0)")
        tab.wait("[...document.querySelectorAll('.jp-OutputArea-output img')].some(i => i.naturalWidth > 100)", 60)
        tab.wait("document.querySelector('.sign-player [role=group]')", 60)
        tab.run("document.querySelector('.sign-player [role=group]').focus()")
        tab.press("ArrowRight", 39)
        said = tab.run("document.querySelector('.sign-player output').textContent")
        assert said.startswith("1 / "), "JupyterLab took the key that the player should have"
    assert (paths.results("synthetic", "smoke") / "figures" / "figure2_strip.png").exists()
