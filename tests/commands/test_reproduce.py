"""The reproduce command: executes once, keeps what is done, and says in one line what is wrong."""

import json
import subprocess
import sys
from types import SimpleNamespace

import nbformat
import pytest

from sslslr import paths
from sslslr.commands import reproduce
from sslslr.errors import SignError

PARAMETERS = 'PROFILE = "quick"\nDATASET = "synthetic"\nDATA = ""\nWORKERS = 0\nANSWER = 41\n'
FIGURE = """
import matplotlib.pyplot as plt, pandas as pd, sys
from sslslr.report.stage import Stage, show
stage = Stage(PROFILE, DATASET, DATA, WORKERS)
fig, ax = plt.subplots()
stage.figure(fig, "figure1_toy", "A <toy> & nothing else")
show(fig)
stage.table(pd.DataFrame({"model": ["a"], "accuracy": [1 / 3]}), "table1_toy", "One number")
print("\\rprogress", file=sys.stderr)
print(f"answer {ANSWER + 1}")
"""


@pytest.fixture
def folder(tmp_path):
    """A folder of two notebooks: one makes a figure and a table, one does nothing."""
    out = tmp_path / "notebooks"
    out.mkdir()
    write(out / "00_toy.ipynb", PARAMETERS, FIGURE)
    write(out / "01_other.ipynb", PARAMETERS.replace("ANSWER = 41\n", ""), "print(PROFILE)")
    return out


@pytest.fixture
def no_site(folder, monkeypatch):
    """The notebooks alone: a site is built in half a minute, and is not what is asked."""
    monkeypatch.setattr("sslslr.report.site.build", lambda *_: folder / "index.html")


def write(path, parameters, code):
    cells = [nbformat.v4.new_markdown_cell(f"# {path.stem}"), nbformat.v4.new_code_cell(parameters), nbformat.v4.new_code_cell(code)]
    cells[1].metadata["tags"] = ["parameters"]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), path)


def test_notebooks_run_once_and_leave_figures_tables_and_a_site(folder, capsys, monkeypatch):
    index = reproduce.reproduce("synthetic", "smoke", folder=folder, extra={"ANSWER": "1"})
    out = paths.results("synthetic", "smoke")
    assert index == out / "site/index.html" and "up to date" not in capsys.readouterr().out
    for name in ("figures/figure1_toy.png", "figures/figure1_toy.svg", "tables/table1_toy.csv", "tables/table1_toy.md"):
        assert (out / name).stat().st_size > 0
    assert (out / "tables/table1_toy.csv").read_text() == "model,accuracy\na,0.3333333333333333\n"
    html = (out / "site/figures.html").read_text()
    assert "A &lt;toy&gt; &amp; nothing else" in html and "A <toy>" not in html and "profile smoke" in html
    assert 'href="notebooks/00_toy.html#figure-figure1_toy"' in html
    shown = (out / "site/notebooks/00_toy.html").read_text()
    assert 'alt="A &lt;toy&gt; &amp; nothing else"' in shown and 'src="../figures/figure1_toy.png"' in shown
    executed = (out / "notebooks/00_toy.ipynb").read_text()
    assert "answer 2" in executed and "progress" not in json.dumps([c.get("outputs") for c in json.loads(executed)["cells"]])
    before = {p: p.stat().st_mtime_ns for p in out.rglob("*") if p.is_file()}
    reproduce.reproduce("synthetic", "smoke", folder=folder, extra={"ANSWER": "1"})
    assert capsys.readouterr().out.count("up to date") == 2
    assert before == {p: p.stat().st_mtime_ns for p in out.rglob("*") if p.is_file()}
    monkeypatch.setattr("sslslr.report.site.build", lambda *_: index)
    reproduce.reproduce("synthetic", "smoke", folder=folder, extra={"ANSWER": "2"})
    assert capsys.readouterr().out.count("up to date") == 1  # only the notebook that has the parameter ran again


def test_a_failing_notebook_leaves_no_executed_copy_and_its_sign_error_is_the_message(folder):
    write(folder / "00_toy.ipynb", PARAMETERS, 'from sslslr.errors import SignError\nraise SignError("clip7.npz: one frame; leave it out")')
    with pytest.raises(SignError, match=r"^00_toy.ipynb: clip7.npz: one frame; leave it out$"):
        reproduce.reproduce("synthetic", "smoke", folder=folder)
    write(folder / "00_toy.ipynb", PARAMETERS, "1 / 0")
    with pytest.raises(SignError, match=r"00_toy.ipynb, cell \d: ZeroDivisionError: division by zero. All of it: .*failed.ipynb"):
        reproduce.reproduce("synthetic", "smoke", folder=folder)
    assert [p.name for p in (paths.results("synthetic", "smoke") / "notebooks").iterdir()] == ["00_toy.failed.ipynb"]


def test_an_unknown_or_mistyped_notebook_parameter_is_an_error(folder):
    with pytest.raises(SignError, match="parameter ANSWRE is unknown; the notebooks have ANSWER"):
        reproduce.reproduce("synthetic", "smoke", folder=folder, extra={"ANSWRE": "1"})
    with pytest.raises(SignError, match=r"ANSWER=x: 00_toy.ipynb expects a int"):
        reproduce.reproduce("synthetic", "smoke", folder=folder, extra={"ANSWER": "x"})
    write(folder / "01_later.ipynb", PARAMETERS.replace("ANSWER", "LATER"), "1")
    with pytest.raises(SignError, match=r"LATER=x: 01_later.ipynb expects a int"):
        reproduce.reproduce("synthetic", "smoke", folder=folder, extra={"LATER": "x"})
    assert not list(paths.results("synthetic", "smoke").rglob("*.ipynb"))  # said before the first notebook runs, not after an hour


def test_a_notebook_without_the_standard_parameters_is_an_error(folder):
    write(folder / "00_toy.ipynb", "PROFILE = 'quick'", "1")
    with pytest.raises(SignError, match="lacks DATA, DATASET, WORKERS"):
        reproduce.reproduce("synthetic", "smoke", folder=folder)


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["--profile", "fast"], "profile 'fast' is unknown; there are decide, full, paper, quick, smoke"),
        (["--dataset", "lsfb9"], "data set 'lsfb9' is unknown; there are "),
        (["--dataset", "isl-kinect"], "DATASET=isl-kinect needs DATA="),
        (["--dataset", "isl-kinect", "--data", "/no/such/folder"], "DATA=/no/such/folder: no such folder"),
        (["--data", "/tmp"], "the synthetic corpora are made, not read"),
        (["--workers", "many"], "WORKERS=many: expected a number"),
        (["--set", "ALPHA"], "--set ALPHA: expected NAME=VALUE"),
        (["--set", "NO_SUCH=1"], "parameter NO_SUCH is unknown"),
    ],
)
def test_wrong_input_is_one_line_and_a_non_zero_exit(arguments, message):
    done = subprocess.run([sys.executable, "-m", "sslslr", "reproduce", *arguments], capture_output=True, text=True, cwd=paths.ROOT)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1 and message in done.stderr


def test_a_parameters_cell_that_computes_is_refused(folder):
    write(folder / "00_toy.ipynb", PARAMETERS + "HALF = 1 / 2", "1")
    with pytest.raises(SignError, match=r"00_toy.ipynb: its parameters cell may only hold"):
        reproduce.reproduce("synthetic", "smoke", folder=folder)


def test_a_changed_file_behind_a_parameter_runs_the_notebook_again(folder, tmp_path):
    video = tmp_path / "video.mp4"
    video.write_bytes(b"one")
    values = {"PROFILE": "smoke", "VIDEO": str(video)}
    before = reproduce.fingerprint(values, folder / "00_toy.ipynb")
    assert reproduce.fingerprint(values, folder / "00_toy.ipynb") == before
    video.write_bytes(b"another")
    assert reproduce.fingerprint(values, folder / "00_toy.ipynb") != before


def test_how_a_data_set_is_read_reaches_the_notebook_and_a_changed_index_runs_it_again(tmp_path, folder, capsys, monkeypatch, no_site):
    (tmp_path / "data").mkdir()
    (tmp_path / "a list.csv").write_text("gloss,clip,signer\n")
    monkeypatch.chdir(tmp_path)
    said = "INDEX='a list.csv' EXCLUDE=- VALUES="
    with pytest.raises(SignError, match=r"00_toy.ipynb, 01_other.ipynb would read the data set without it"):
        reproduce.reproduce("mp-data", "smoke", str(tmp_path / "data"), folder=folder, options=said)
    (folder / "01_other.ipynb").unlink()
    write(folder / "00_toy.ipynb", PARAMETERS + 'OPTIONS = ""\n', FIGURE + "print(OPTIONS)")
    for times in (0, 1):
        reproduce.reproduce("mp-data", "smoke", str(tmp_path / "data"), folder=folder, options=said)
        assert capsys.readouterr().out.count("up to date") == times
    executed = (paths.results("mp-data", "smoke") / "notebooks/00_toy.ipynb").read_text()
    assert f"EXCLUDE=- 'INDEX={tmp_path}/a list.csv'" in executed
    (tmp_path / "a list.csv").write_text("gloss,clip,signer\nhello,0,A\n")
    reproduce.reproduce("mp-data", "smoke", str(tmp_path / "data"), folder=folder, options=said)
    assert "up to date" not in capsys.readouterr().out
    with pytest.raises(SignError, match="isl-kinect has no option EXCLUDE, INDEX; it has LEAVE_OUT, DROP_FIRST"):
        reproduce.reproduce("isl-kinect", "smoke", str(tmp_path / "data"), folder=folder, options=said)


def saved(path, **values):
    """What a reader leaves in a notebook who runs it with other parameters, and saves it."""
    notebook = nbformat.read(path, 4)
    for count, cell in enumerate(c for c in notebook.cells if c.cell_type == "code"):
        cell.execution_count, cell.outputs = count + 7, [nbformat.v4.new_output("stream", text="seen")]
        for name, value in values.items():
            cell.source = "\n".join(f"{name} = {value!r}" if line.startswith(f"{name} =") else line for line in cell.source.split("\n"))
    nbformat.write(notebook, path)


def test_what_a_reader_saved_in_a_notebook_is_named_and_changes_nothing(folder, capsys, no_site):
    (folder / "parameters.yml").write_text("all: {PROFILE: quick}\n'00': {ANSWER: 41}\n")
    reproduce.reproduce("synthetic", "smoke", folder=folder)
    saved(folder / "00_toy.ipynb", ANSWER=1, PROFILE="full")
    capsys.readouterr()
    reproduce.reproduce("synthetic", "smoke", folder=folder)
    said = capsys.readouterr().out
    assert said.count("up to date") == 2 and "00_toy: ANSWER = 1 is saved in it and not used; SET='ANSWER=1'" in said
    saved(folder / "01_other.ipynb")
    (folder / "parameters.yml").write_text("all: {PROFILE: quick}\n'00': {ANSWER: 5}\n")
    reproduce.reproduce("synthetic", "smoke", folder=folder)
    assert capsys.readouterr().out.count("up to date") == 1
    assert "answer 6" in (paths.results("synthetic", "smoke") / "notebooks/00_toy.ipynb").read_text()


AUDITED = """
import pandas as pd
from sslslr.report.stage import Stage, show
stage = Stage(PROFILE, DATASET, DATA, WORKERS)
made = stage.made
stage.made = lambda *data: made(*data) | {"recorded": {}}
stage.table(pd.DataFrame({"model": ["a"]}), "table1_toy", "One number")
"""


@pytest.mark.parametrize("good", [True, False])
def test_it_ends_with_the_verdicts_and_an_audit_where_rows_of_the_record_were_served(folder, capsys, monkeypatch, good, no_site):
    asked = []

    def audit(runs, **about):
        asked.append((runs, about["dataset"]))
        return SimpleNamespace(good=good)

    monkeypatch.setattr(reproduce, "audit", audit)
    monkeypatch.setattr(reproduce, "notebooks", lambda _=None: sorted(folder.glob("*.ipynb")))
    paths.write_text(paths.results("synthetic", "smoke") / "claims.csv", "id,verdict\nC1,undecided\nC9,holds\n")
    assert reproduce.main(["--profile", "smoke"]) == 0 and not asked, "nothing was served, so nothing is audited"
    assert "verdict here (synthetic, profile smoke): holds: C9; undecided: C1\n" in capsys.readouterr().out
    write(folder / "01_other.ipynb", PARAMETERS, AUDITED)
    assert reproduce.main(["--profile", "smoke"]) == (0 if good else 1) and asked == [(6, "synthetic")]


def test_new_rows_of_the_record_run_a_notebook_again_where_they_are_served_or_read(folder):
    write(folder / "02_reads.ipynb", PARAMETERS, "rows = Record()")
    toy, reads = folder / "00_toy.ipynb", folder / "02_reads.ipynb"
    asked = [("quick", toy), ("smoke", toy), ("smoke", reads)]
    codes = [[reproduce.fingerprint({"PROFILE": p, "DATASET": "synthetic"}, notebook) for p, notebook in asked]]
    paths.write_text(paths.record() / "runs.csv", "run\n")
    codes.append([reproduce.fingerprint({"PROFILE": p, "DATASET": "synthetic"}, notebook) for p, notebook in asked])
    assert [a != b for a, b in zip(*codes, strict=True)] == [True, False, True]
