"""Open JupyterLab on a copy of the notebooks (lab/; class/ without solutions) that nothing overwrites."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

from sslslr import paths
from sslslr.commands import Parser, exercises, is_whole, place
from sslslr.errors import SignError
from sslslr.report import runsheet, start
from sslslr.report.copies import refresh
from sslslr.report.notebooks import notebooks, restored

LAB = paths.ROOT / "lab"
SETTINGS = {
    "@jupyterlab/docmanager-extension:plugin": {"defaultViewers": {"markdown": "Markdown Preview"}},
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
    "@jupyter-widgets/jupyterlab-manager:plugin": {"saveState": True},  # a page that is opened again shows its knobs, not an error
}


def write(folder: Path, solutions: bool = True) -> tuple[list[str], list[str]]:
    """Bring ``folder`` up to date: notebooks, start page, lessons, and the tables that notebooks read from one another.

    With solutions, the teacher's run sheet too. Returns the notebooks that were left as somebody changed them, and those of them of which there is a newer version.
    """
    made = {p.name: exercises.content(restored(p) if solutions else exercises.students(p)) for p in notebooks()}
    for path in (paths.ROOT / "docs" / "lessons").glob("*.md"):
        text = re.sub(r"\(\.\./\.\./notebooks/(?=\d\d_)", "(../", path.read_text(encoding="utf-8"))
        text = text.replace("(../checklist", "(../../docs/checklist").replace("(../results", "(../../docs/results")
        text = text.replace("(../figure3", "(../../docs/figure3").replace("(../what_holds", "(../../docs/what_holds")
        made[f"lessons/{path.name}"] = text.encode()
    results = paths.results("", "")
    for path in results.glob("*/*/tables/*.*"):
        made[f"results/{path.relative_to(results).as_posix()}"] = path.read_bytes()
    changed, newer = ([n for n in names if n.endswith(".ipynb")] for names in refresh(folder, made))
    if solutions:
        paths.write_text(folder / runsheet.PAGE, runsheet.page())
    paths.write_text(folder / start.PAGE, start.page(folder, solutions, changed))
    return changed, newer


def arguments_of(folder: Path, port: str) -> list[str]:
    """JupyterLab's own arguments: rooted beside ``folder``, opening its start page."""
    root = getattr(os, "geteuid", lambda: 1)() == 0
    said = {"ServerApp.port": port, "ServerApp.root_dir": folder.parent, "LabApp.default_url": f"/lab/tree/{folder.name}/{start.PAGE}"}
    return [*(f"--{name}={value}" for name, value in said.items()), *(["--allow-root"] if root else [])]


def environment(folder: Path) -> dict[str, str]:
    """What JupyterLab and its kernels find: Markdown opens as a page, and results go to the copy's own folder."""
    config = paths.cache() / "jupyter"
    paths.write_json(config / "labconfig" / "default_setting_overrides.json", SETTINGS)
    others = os.environ.get("JUPYTER_CONFIG_PATH", "")
    return {"SSLSLR_RESULTS": str(folder / "results"), "JUPYTER_CONFIG_PATH": os.pathsep.join(filter(None, [str(config), others]))}


def main(arguments: list[str]) -> int:
    """Run the command; returns the exit status."""
    parser = Parser(__name__, __doc__)
    parser.add_argument("--students", action="store_true", help="the notebooks without solutions, in class/")
    parser.add_argument("--out", type=place, help="folder of the copies (default: lab/, or class/)")
    parser.add_argument("--port", default="8888")
    parser.add_argument("--prepare", action="store_true", help="write the copies and open nothing")
    parser.add_argument("more", nargs="*", help="arguments of JupyterLab's own, after --")
    said = parser.parse_args(arguments)
    if not is_whole(said.port):
        raise SignError(f"PORT={said.port}: expected a number")
    folder = (said.out or (exercises.CLASS if said.students else LAB)).resolve()
    changed, newer = write(folder, not said.students)
    print(f"{folder / start.PAGE}: start here. {exercises.left(folder, changed, newer)}".strip(), flush=True)
    if said.prepare:
        return 0
    command = [sys.executable, "-m", "jupyterlab", *arguments_of(folder, said.port), *said.more]
    process = subprocess.Popen(command, env=os.environ | environment(folder))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is JupyterLab's, which asks and shuts its kernels down
    return process.wait()
