"""What a user brings along: settings of IPython, matplotlib, pip and Python, no home, a pipe that nobody reads."""

import errno
import os
import subprocess
import sys

import matplotlib.pyplot as plt
import nbformat
import pytest

from sslslr import commands, paths
from sslslr.commands import main, reproduce
from sslslr.report import kernel


def test_notebooks_take_nothing_from_the_users_own_ipython(tmp_path, monkeypatch):
    monkeypatch.setenv("JUPYTER_PATH", "")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / ".ipython"))
    monkeypatch.setenv("PYTHONSTARTUP", str(tmp_path / "startup.py"))
    for name in ("startup.py", ".ipython/profile_default/startup/00.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("print('good morning')")
    (tmp_path / ".ipython/profile_default/ipython_config.py").write_text("c.InteractiveShell.ast_node_interactivity = 'all'")
    cell = nbformat.v4.new_code_cell("1\n2")
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), tmp_path / "small.ipynb")
    reproduce.execute(tmp_path / "small.ipynb", tmp_path / "executed.ipynb", {}, "")
    (cell,) = (c for c in nbformat.read(tmp_path / "executed.ipynb", as_version=4).cells if c.source == "1\n2")
    assert [o["data"]["text/plain"] for o in cell.outputs] == ["2"]


def test_a_user_without_a_home_gets_one_for_jupyter(tmp_path, monkeypatch):
    monkeypatch.setenv("JUPYTER_PATH", "")
    monkeypatch.setenv("SSLSLR_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("HOME")
    monkeypatch.setattr("pwd.getpwuid", lambda user: {}[user])  # a container that runs as a number
    kernel.own()
    assert os.environ.pop("HOME") == str(tmp_path / "cache" / "home")


def test_folders_that_variables_name_are_the_same_from_everywhere(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SSLSLR_RESULTS", "found")
    monkeypatch.setenv("SSLSLR_RUNS", "~/runs")
    assert main(["claims", "--profile", "smoke"]) == 0 and (tmp_path / "found/synthetic/smoke/claims.md").exists()
    assert os.environ["SSLSLR_RESULTS"] == str(tmp_path / "found") and paths.runs() == tmp_path / "home" / "runs"


def test_who_reads_no_further_gets_no_traceback():
    for words in (["--help"], ["record", "--status", "--profile", "smoke"]):
        asked = subprocess.Popen([sys.executable, "-m", "sslslr", *words], cwd=paths.ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        asked.stdout.close()
        assert (asked.stderr.read(), asked.wait()) == (b"", 141)


def test_a_broken_pipe_of_another_process_is_not_hidden(monkeypatch, capsys):
    def breaks(words):
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")

    monkeypatch.setattr(commands, "_main", breaks)
    with pytest.raises(BrokenPipeError):
        main(["prune"])


def test_figures_are_the_same_whatever_style_the_user_has(tmp_path):
    (tmp_path / "matplotlibrc").write_text("text.usetex: True\nfigure.facecolor: black\nfont.family: Nonsense\n")
    draw = (
        "import matplotlib; matplotlib.use('Agg'); import pandas as pd, sys; from pathlib import Path\n"
        "from sslslr.datasets import survey; from sslslr.report import figures\n"
        "figures.style(); print(matplotlib.rcParams['text.usetex'], matplotlib.rcParams['font.family'])\n"
        "matplotlib.rc_file(sys.argv[1])\n"
        "fig = survey.picture(pd.DataFrame({'signer': ['a'], 'gloss': ['b'], 'split': ['train']}), 25, 'two'); fig.savefig(sys.argv[2])\n"
    )
    said = subprocess.run([sys.executable, "-c", draw, str(tmp_path / "matplotlibrc"), str(tmp_path / "own.png")], cwd=paths.ROOT,
                          env=os.environ | {"MATPLOTLIBRC": str(tmp_path / "matplotlibrc")}, capture_output=True, text=True)  # fmt: skip
    assert said.returncode == 0, said.stderr[-2000:]
    assert said.stdout == "False ['sans-serif']\n" and plt.imread(tmp_path / "own.png")[0, 0, :3].tolist() == [1, 1, 1]


def test_make_is_not_led_astray_by_variables_of_other_work(tmp_path):
    other = {
        "PYTHONPATH": "/another/site-packages",
        "PYTHONHOME": "/another",
        "PIP_USER": "1",
        "PIP_TARGET": "/another",
        "PIP_PREFIX": "/another",
    }
    (tmp_path / "Makefile").write_text(f"include {paths.ROOT / 'Makefile'}\nshown:\n\t@env\n\t@echo VERSION=$(VERSION)\n")
    said = subprocess.run(["make", "-s", "shown"], cwd=tmp_path, env=os.environ | other, capture_output=True, text=True, check=True).stdout
    seen = dict(line.partition("=")[::2] for line in said.splitlines())
    assert (
        seen["PIP_USER"] == "0"
        and seen["VERSION"].startswith("3.")
        and not {"PYTHONPATH", "PYTHONHOME", "PIP_TARGET", "PIP_PREFIX"} & set(seen)
    )
