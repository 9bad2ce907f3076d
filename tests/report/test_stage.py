"""What a notebook shows: figures that fit and can be read, captions below, one line for an error, progress that stays."""

import matplotlib.pyplot as plt
import nbformat
import pandas as pd
import papermill
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from matplotlib.text import Text

from sslslr.errors import SignError
from sslslr.report.stage import LONG, Stage, show


@pytest.fixture
def shell():
    yield InteractiveShell.instance()
    InteractiveShell.clear_instance()


def test_a_figure_fits_beside_a_file_browser_and_its_text_can_be_read():
    fig, ax = plt.subplots(figsize=(13, 3))
    ax.set_title("small", fontsize=5)
    ax.tick_params(labelsize=6)
    ax.text(0.5, 0.5, "large", fontsize=20)
    Stage("smoke").figure(fig, "wide", "A wide figure")
    assert fig.get_figwidth() == 8.4 and fig.get_figheight() == 3
    sizes = {t.get_fontsize() for t in fig.findobj(Text) if t.get_text()}
    assert min(sizes) == 8 and max(sizes) == 20


def test_captions_stand_below_figures_and_tables(shell):
    stage = Stage("smoke")
    fig, _ = plt.subplots()
    assert stage.figure(fig, "toy", 'A "toy" & a <line>') is None and fig.number not in plt.get_fignums(), (
        "a cell that ends here would show it twice"
    )
    frame = pd.DataFrame({"model": ["a"], "top1": [0.123456]})
    rounded = frame.round(2)
    given = stage.table(frame, "one", "One <number>")
    stage.table(frame, "two", "Rounded", rounded)
    for shown, said in ((fig, "A &quot;toy&quot; &amp; a &lt;line&gt;"), (given, "One &lt;number&gt;"), (rounded, "Rounded")):
        with capture_output() as caught:
            show(shown)
        text = caught.outputs[-1].data.get("text/html") or caught.outputs[-1].data["text/markdown"]
        assert text.rstrip().endswith(f">{said}</p>"), text
    assert "0.12 |" in text and "0.123456" not in text


@pytest.mark.parametrize("rows", [LONG, LONG + 1])
def test_a_wall_of_numbers_is_folded_and_its_caption_is_not(shell, rows):
    shown = Stage("smoke").table(pd.DataFrame({"model": [f"m{i}" for i in range(rows)]}), "wall", "All of them")
    with capture_output() as caught:
        show(shown)
    text = caught.outputs[-1].data["text/markdown"]
    before, fold, after = text.partition(f'<details class="rows"><summary>{LONG + 1} rows in a table</summary>\n\n')
    assert bool(fold) == (rows > LONG) and "All of them" in (after.partition("</details>")[2] if fold else before)
    assert f"\n| m{rows - 1} " in text, "Markdown makes a table only of lines that stand alone"


def test_an_error_of_the_reader_is_one_line(shell):
    with capture_output() as caught:
        failed = shell.run_cell("from sslslr.report.stage import Stage\nStage('smoke', 'isl-kinect')")
    assert isinstance(failed.error_in_exec, SignError)
    assert caught.stdout.strip().startswith("SignError: DATASET = 'isl-kinect' needs DATA") and caught.stdout.strip().count("\n") == 0
    with pytest.raises(SignError, match="set DATA in the parameters cell"):
        Stage("smoke", "isl-kinect")


def test_a_bar_in_a_notebook_ends_as_a_line_of_text(tmp_path):
    code = "import time\nfrom sslslr.progress import track\nfor _ in track(range(3), desc='toy', unit='run', delay=0):\n    time.sleep(0.2)"
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)]), tmp_path / "in.ipynb")
    done = papermill.execute_notebook(str(tmp_path / "in.ipynb"), str(tmp_path / "out.ipynb"), kernel_name="python3", progress_bar=False)
    (output,) = done.cells[-1].outputs
    assert output.output_type == "display_data" and output.data == {"text/plain": "toy: 3 runs, 1 s"}
