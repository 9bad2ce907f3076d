"""Glosses that are HTML, TeX, a column's end or a spreadsheet's formula stand in every output as the words that they are."""

import csv
import html.parser
import re
import subprocess
import sys
import types
import warnings

import layouts_of_readme as small
import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pandas as pd
import pytest
from IPython.core import display_functions

from sslslr import datasets, paths
from sslslr.datasets.check import check, save
from sslslr.datasets.survey import picture, survey
from sslslr.extract.clips import read_instances
from sslslr.extract.sources import find
from sslslr.report import stage
from sslslr.report.diagrams import who_is_held_out
from sslslr.report.neighbours import nearest
from sslslr.report.player import player, strip
from sslslr.report.scatter import grid
from sslslr.report.site import pages
from sslslr.report.stage import Stage, as_markdown, show

ODD = (
    "<script>alert(1)</script>",
    "a|b",
    "$\\frac{1}{0}$",
    "\\input{x} & 100 %",
    "=1+1",
    "@SUM(A1)",
    "-2+3+cmd|' /C calc'!A0",
    "[x](javascript:alert(1))",
    "`code`",
    "&lt;b&gt;",
)
FORMULAS = ("=1+1", "@SUM(A1)", "+1+1", "-2+3+cmd|' /C calc'!A0", "\tx", "'=1")
NUMBERS = ("-4.5", "+3", "-4.5 to 3.9", "-0.3 ± 2.1", "–", "12 %", "-1e-05 ± 2", "a=b", "'tis")


@pytest.fixture
def odd(tmp_path):
    """An extraction of clips of these glosses by three signers."""
    rows = [{"id": f"c{i}-{k}", "gloss": g, "signer": f"s{k % 3}", "split": ""} for i, g in enumerate(ODD) for k in range(3)]
    return small.layouts.extraction(tmp_path / "odd", rows)


class Tags(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append(tag)


@pytest.mark.parametrize("cell", FORMULAS)
def test_what_a_spreadsheet_would_compute_is_marked_as_text_and_reads_as_it_was(cell):
    assert paths.guard(cell) == f"'{cell}" and paths.unguard(paths.guard(cell)) == cell


@pytest.mark.parametrize("cell", [c for c in NUMBERS if c != "-1e-05 ± 2"])
def test_numbers_and_words_stay_as_they_are(cell):
    assert paths.guard(cell) == cell and paths.unguard(cell) == cell and paths.guard(1.5) == 1.5


def test_a_table_is_safe_to_open_to_paste_and_to_show(tmp_path, monkeypatch):
    shown = []
    monkeypatch.setattr(display_functions, "display", lambda *what, **_: shown.extend(what))
    monkeypatch.setattr("IPython.display.display", lambda *what, **_: shown.extend(what))
    here = Stage("smoke")
    table = here.table(
        pd.DataFrame({"gloss": ODD, "distance": np.arange(len(ODD)) / 3}), "table_odd", "Of <b>gloss</b> 100 % a_b & {x} \\y"
    )
    show(table)
    folder = here.folder / "tables"
    with (folder / "table_odd.csv").open(newline="") as file:
        cells = [row["gloss"] for row in csv.DictReader(file)]
    assert [paths.unguard(c) for c in cells] == list(ODD) and not any(c[0] in "=@+-" for c in cells)
    text = (folder / "table_odd.md").read_text()
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in rows} == {3}, "a gloss ends no cell"
    assert not Tags(text).found and not re.search(r"(?<!\\)[`$\[]", text)
    head, read = pages.read_table(folder, "table_odd")
    assert head == ["gloss", "distance"] and [row[0] for row in read] == list(ODD), "the book shows the words"
    (markdown,) = shown
    assert Tags(markdown.data).found == ["p"], "only our own caption's tag"
    tex = (folder / "table_odd.tex").read_text()
    assert "\\input" not in tex and "\\frac" not in tex and "\\textbackslash input" in tex and not re.search(r"(?<!\\)[%$#]", tex)


def test_markdown_shows_what_was_written(tmp_path):
    from markdown_it import MarkdownIt

    made = MarkdownIt("gfm-like", {"linkify": False}).enable("table").render(stage.markdown(pd.DataFrame({"gloss": ODD})))
    told = [html.unescape(cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", made, re.DOTALL)]
    assert told == list(ODD) and as_markdown(3) == 3


def test_the_player_holds_no_tag_of_a_gloss(odd):
    (signs,) = datasets.load("own", odd).values()
    made = player(signs, index=list(range(0, len(signs), 3)))
    tags = Tags(made._repr_html_() if hasattr(made, "_repr_html_") else made.html)
    assert tags.found.count("script") == 2 and "b" not in tags.found


def test_an_extraction_s_lists_are_guarded_and_its_glosses_are_as_they_were(odd):
    (signs,) = datasets.load("own", odd).values()
    assert set(signs.glosses) == set(ODD) == set(read_instances(odd)["gloss"])
    save(check("own", odd))
    with (paths.results("own", "check") / "clips.csv").open(newline="") as file:
        assert not any(row["gloss"][0] in "=@+-" for row in csv.DictReader(file))


NAMES = ("$x_$", "$\\frac$", "a $5 b $6_", "\\$", "\u0e2a\u0e21\u0e0a\u0e32\u0e22", "\u738b")


def test_a_name_that_is_no_formula_is_drawn_as_it_is(tmp_path):
    rows = [{"id": f"c{i}-{k}", "gloss": g, "signer": s, "split": ""} for i, g in enumerate(NAMES) for k, s in enumerate(NAMES)]
    folder = small.layouts.extraction(tmp_path / "odd", rows)
    code = f"from sslslr.datasets.check import check, save; save(check('own', {str(folder)!r}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0 and "Glyph" not in done.stderr and "findfont" not in done.stderr, done.stderr
    (signs,) = datasets.load("own", folder).values()
    near = pd.DataFrame({"gloss": NAMES, "clips": 1, "nearest clip": 0.1, "mean of its clips": 0.2})
    usual = types.SimpleNamespace(distance=np.ones(3))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph")
        for fig in (
            *(strip(None, signs, i) for i in range(0, len(signs), len(NAMES) + 1)),
            who_is_held_out(signs),
            nearest(near, usual, 0.5, NAMES[0]),
            grid({("a", NAMES[0]): signs.landmarks[:, 0, 0, :2]}, groups={NAMES[0]: signs.signers}),
        ):
            fig.canvas.draw()
            plt.close(fig)
    shown = [t.get_text() for t in picture(survey(signs), 25.0, NAMES[0]).axes[-1].get_xticklabels()]
    assert sorted(shown) == sorted(map(paths.literally, NAMES))


def test_a_manifest_of_guarded_names_is_read_as_they_were(tmp_path):
    (tmp_path / "v").mkdir()
    manifest = pd.DataFrame({"path": "a.mp4", "id": [f"n{i}" for i in range(len(ODD))], "gloss": ODD})
    manifest.map(paths.guard).to_csv(tmp_path / "m.csv", index=False)
    assert [s.gloss for s in find(tmp_path / "v", tmp_path / "m.csv")] == list(ODD)


def test_a_parameter_with_code_in_it_is_a_value(tmp_path):
    """papermill writes what SET gives as a literal: the code is never executed."""
    import papermill

    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    cell = nbformat.v4.new_code_cell('NAME = "x"')
    cell.metadata["tags"] = ["parameters"]
    nbformat.write(
        nbformat.v4.new_notebook(cells=[cell, nbformat.v4.new_code_cell("print(repr(NAME))")], metadata=kernel), tmp_path / "n.ipynb"
    )
    evil = "\"; open('made', 'w').close(); \"\n__import__('os').system('touch made')"
    papermill.execute_notebook(
        str(tmp_path / "n.ipynb"),
        str(tmp_path / "out.ipynb"),
        parameters={"NAME": evil},
        cwd=str(tmp_path),
        prepare_only=True,
        progress_bar=False,
    )
    code = "\n".join(c.source for c in nbformat.read(tmp_path / "out.ipynb", as_version=4).cells if c.cell_type == "code")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path)
    assert done.stdout.strip() == repr(evil) and not (tmp_path / "made").exists()
