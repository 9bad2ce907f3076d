"""The students' version has no solutions; quizzes need no answer; what is left is a valid notebook."""

import ast
import re
from html.parser import HTMLParser

import nbformat
import pytest

from sslslr import paths
from sslslr.commands import exercises
from sslslr.report.quiz import ask

NOTEBOOKS = sorted(paths.NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))


def tagged(notebook, tag):
    return [c for c in notebook.cells if tag in c.metadata.get("tags", [])]


def test_solutions_are_gone_and_everything_else_is_left(tmp_path):
    written, changed, newer = exercises.write(tmp_path / "out")
    assert changed == newer == []
    assert [p.name for p in written] == [p.name for p in NOTEBOOKS]
    for path, made in zip(NOTEBOOKS, written, strict=True):
        before, after = nbformat.read(path, 4), nbformat.read(made, 4)
        nbformat.validate(after)
        solutions = tagged(before, "solution")
        assert not tagged(after, "solution") and "<summary>Solution" not in made.read_text()
        for cell in solutions:
            assert not cell.source.strip() or cell.source not in "\n".join(c.source for c in after.cells)
        kept = [c.id for c in before.cells if c not in solutions]
        assert [c.id for c in after.cells if not c.id.startswith("turn-")] == kept
        assert len(tagged(after, "exercise")) == len(tagged(before, "exercise")) + any(c.cell_type == "code" for c in solutions)
        assert any("## Exercise" in c.source for c in after.cells) and len(tagged(after, "quiz")) == len(tagged(before, "quiz"))
        assert not any(c.get("outputs") for c in after.cells)


def test_hints_stay_folded_and_solutions_in_the_text_go(tmp_path):
    hint = "## Exercise\n\nWhy?\n\n<details><summary>Hint</summary>\n\nLook left.\n</details>"
    cells = [nbformat.v4.new_markdown_cell(hint + "\n\n<details><summary>Solution</summary>\n\n42\n</details>")]
    source = tmp_path / "in"
    source.mkdir()
    nbformat.write(nbformat.v4.new_notebook(cells=cells), source / "07_x.ipynb")
    ((written,), _, _) = exercises.write(tmp_path / "out", source)
    assert nbformat.read(written, 4).cells[0].source == hint


def test_what_a_student_wrote_outlives_every_later_call_and_a_newer_source(tmp_path, capsys):
    source, out = tmp_path / "in", tmp_path / "class"
    source.mkdir()

    def write(name, text):
        nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(text, id="a")]), source / name)

    for name in ("01_a.ipynb", "02_b.ipynb", "03_c.ipynb"):
        write(name, "old")
    assert exercises.write(out, source)[1:] == ([], [])
    (out / "01_a.ipynb").write_text(answer := (out / "01_a.ipynb").read_text().replace("old", "old, and my answer"))
    (out / "mine.ipynb").write_text("{}")
    assert exercises.write(out, source)[1:] == (["01_a.ipynb"], [])
    for name in ("01_a.ipynb", "02_b.ipynb"):
        write(name, "new")
    (source / "03_c.ipynb").unlink()
    assert exercises.write(out, source)[1:] == (["01_a.ipynb"], ["01_a.ipynb"])
    assert (out / "01_a.ipynb").read_text() == answer and (out / "mine.ipynb").exists()
    assert "new" in (out / "02_b.ipynb").read_text() and not (out / "03_c.ipynb").exists()
    (out / "01_a.ipynb").rename(out / "01_mine.ipynb")
    assert exercises.write(out, source)[1:] == ([], []) and "new" in (out / "01_a.ipynb").read_text()


def test_the_command_says_what_it_left_alone(tmp_path, capsys):
    assert exercises.main(["--out", str(tmp_path)]) == 0
    (tmp_path / "03_not_every_frame_matters.ipynb").write_text("{}")
    capsys.readouterr()
    assert exercises.main(["--out", str(tmp_path)]) == 0
    assert "left as you changed them: 03_not_every_frame_matters.ipynb\n" in capsys.readouterr().out


@pytest.mark.parametrize("path", [p for p in NOTEBOOKS if "02" <= p.name[:2] <= "15"], ids=lambda p: p.stem)
def test_notebooks_02_to_15_have_a_solution_that_runs_with_the_notebook(path):
    found = tagged(nbformat.read(path, 4), "solution")
    assert {c.cell_type for c in found} == {"code", "markdown"}
    code = [c for c in found if c.cell_type == "code"]
    assert all(len(c.source.splitlines()) < 25 and c.metadata["jupyter"]["source_hidden"] for c in code)
    assert all(c.source.startswith("<details><summary>Solution</summary>") for c in found if c.cell_type == "markdown")


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.seen = [], []

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_a_question_is_folded_html_that_needs_no_script_and_plain_text_without_its_answers():
    question = ask("Is 1 < 2?", {"Yes": "By <definition>.", "No": "Count again."})
    tags, html = Tags(), question._repr_html_()
    tags.feed(html)
    assert not tags.open and [t for t, _ in tags.seen].count("details") == 2 and not any("open" in a for _, a in tags.seen)
    assert "1 &lt; 2" in html and "By &lt;definition&gt;." in html and "<script" not in html
    assert repr(question) == "Predict before you run. Is 1 < 2?\n  - Yes\n  - No"


def test_quizzes_stand_before_a_result_and_reveal_no_number_of_one_profile():
    found = {p.name[:2]: tagged(nbformat.read(p, 4), "quiz") for p in NOTEBOOKS}
    assert sum(map(bool, found.values())) >= 21
    for cell in (c for cells in found.values() for c in cells):
        call = next(n for n in ast.walk(ast.parse(cell.source)) if isinstance(n, ast.Call))
        options = ast.literal_eval(call.args[1])
        assert len(options) >= 3 and all(len(said) > 20 for said in options.values())
        assert not re.search(r"\d+\.\d|\d+ (%|points)", " ".join(options.values()))


def test_a_folded_output_holds_all_that_was_shown_and_an_error_comes_through():
    from IPython.core.interactiveshell import InteractiveShell
    from IPython.utils.capture import capture_output

    shell = InteractiveShell.instance()
    try:
        with capture_output() as caught:
            shell.run_cell("from sslslr.report.quiz import folded\nimport pandas as pd\nfrom IPython.display import display\n"
                           "with folded():\n    print('1 < 2')\n    display(pd.DataFrame({'n': [7]}))")  # fmt: skip
            failed = shell.run_cell("with folded():\n    1 / 0")
        (shown,) = caught.outputs
        html = shown.data["text/html"]
        assert html.startswith('<details class="folded"><summary') and " open" not in html.split(">")[0]
        assert "<pre>1 &lt; 2\n</pre>" in html and "<td>7</td>" in html
        assert isinstance(failed.error_in_exec, ZeroDivisionError)
    finally:
        InteractiveShell.clear_instance()


def test_what_somebody_saved_in_a_notebook_does_not_reach_the_students(tmp_path):
    third = nbformat.read(paths.NOTEBOOKS / "03_not_every_frame_matters.ipynb", 4)
    (cell,) = tagged(third, "parameters")
    fresh = cell.source
    cell.source = fresh.replace('"quick"', "'smoke'").replace('"1/3"', '"1/2"')
    cell.execution_count, cell.outputs = 3, [nbformat.v4.new_output("stream", text="seen")]
    assert cell.source != fresh
    nbformat.write(third, tmp_path / "03_not_every_frame_matters.ipynb")
    (tmp_path / "parameters.yml").write_text((paths.NOTEBOOKS / "parameters.yml").read_text(encoding="utf-8"), encoding="utf-8")
    (given,) = tagged(exercises.students(tmp_path / "03_not_every_frame_matters.ipynb"), "parameters")
    assert given.source == fresh and given.execution_count is None and given.outputs == []
