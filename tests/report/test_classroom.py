"""What a class plays with: a prediction is taken once and held against the result, exercises check themselves, knobs say what the rules say."""

import ast

import ipywidgets
import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pandas as pd
import pytest
import torch
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from sslslr import paths
from sslslr.errors import SignError
from sslslr.measures.contrasts import DIFFERS, OPEN, SAME, SMALL, contrast
from sslslr.measures.power import overlap
from sslslr.report import happened, runsheet, selfcheck, video, widgets, widgets_collapse
from sslslr.report.quiz import ask
from sslslr.report.stage import Stage

NOTEBOOKS = sorted(paths.NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))
OPTIONS = {"up": "It may rise.", "down": "It may fall."}


@pytest.fixture
def shell():
    yield InteractiveShell.instance()
    InteractiveShell.clear_instance()


def test_one_choice_is_taken_and_set_against_the_result(shell, monkeypatch):
    monkeypatch.setenv("SSLSLR_WIDGETS", "1")
    question = ask("Up or down?", OPTIONS)
    box = question._widget()
    first, second = (w for w in box.children if isinstance(w, ipywidgets.Button))
    second.click()
    assert question.choice == "down" and first.disabled and second.disabled
    assert "It may fall." in box.children[-1].value and "rise" not in box.children[-1].value
    first.click()
    assert question.choice == "down", "a prediction is not changed afterwards"
    for answer, said in (("up", "Not as you said"), ("down", "As you said.")):
        with capture_output() as caught:
            question.told(answer, "3 < 4 points.")
        html = caught.outputs[-1].data["text/html"]
        assert "You said: <i>down</i>" in html and "3 &lt; 4 points." in html and f"<b>{answer}</b>" in html and said in html


def test_without_a_person_the_result_is_told_and_no_choice_is_made_up(shell, monkeypatch):
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    monkeypatch.delenv("SSLSLR_WIDGETS", raising=False)
    question = ask("Up or down?", OPTIONS)
    with capture_output() as caught:
        question._ipython_display_()
        question.told("up", "so.")
    assert not [o for o in caught.outputs if "application/vnd.jupyter.widget-view+json" in o.data]
    assert "You said" not in caught.outputs[-1].data["text/html"] and "<details" in caught.outputs[0].data["text/html"]
    with pytest.raises(SignError, match="'left' is no option of 'Up or down\\?'; there are up, down"):
        question.told("left", "so.")
    monkeypatch.setenv("JPY_SESSION_NAME", "lab/03.ipynb")
    assert widgets.live()


def test_every_notebook_asks_tells_what_happened_and_ends_with_what_to_take_away():
    asked = 0
    for path in NOTEBOOKS:
        cells = nbformat.read(path, 4).cells
        code = [c.source for c in cells if c.cell_type == "code"]
        quizzes = [c for c in cells if "quiz" in c.metadata.get("tags", [])]
        asked += bool(quizzes)
        if quizzes:
            assert sum("question.told(" in c for c in code) == len(quizzes), f"{path.name}: a prediction that meets no result"
            assert "## Take away" in cells[-1].source and "## References" in cells[-1].source, path.name
            silent = [
                a[:60]
                for a, b in zip(code, [*code[1:], ""], strict=True)
                if "show(fig)" in a and "question.told(" not in a + b and "show(fig," not in b
            ]
            assert not silent, f"{path.name}: figures after which nobody says what happened: {silent}"
    assert asked >= 22


def solution(name: str):
    """The function of a notebook's solution."""
    for path in NOTEBOOKS:
        for cell in nbformat.read(path, 4).cells:
            if "solution" in cell.metadata.get("tags", []) and f"def {name}(" in cell.source:
                (body,) = (n for n in ast.parse(cell.source).body if isinstance(n, ast.FunctionDef))
                space = {"torch": torch}
                exec(ast.unparse(body), space)
                return space[name]
    raise AssertionError(f"no solution of {name}")


@pytest.mark.parametrize("name", selfcheck.EXERCISES)
def test_the_solutions_do_all_that_is_asked_and_a_skeleton_nothing(name):
    assert set(selfcheck.results(solution(name)).values()) == {"yes"}

    def empty(*_):
        raise NotImplementedError

    empty.__name__ = name
    assert set(selfcheck.results(empty).values()) == {"not written yet"}


def named(name, function):
    function.__name__ = name
    return function


def test_the_usual_mistakes_are_found():
    def everywhere(length, alpha, beta, generator):
        return torch.randperm(length, generator=generator)

    def unseeded(length, alpha, beta, generator):
        index, a, b = torch.arange(length), int(alpha * length + 1e-6), int(beta * length + 1e-6)
        index[:a] = torch.randperm(a)
        index[length - b :] = length - b + torch.randperm(b)
        return index

    found = selfcheck.results(named("permute", everywhere))
    assert found["every frame stands somewhere, once"] == "yes" and found["the middle stays where it is"] == "not yet"
    assert selfcheck.results(named("permute", unseeded))["all randomness comes from the generator"] == "not yet"
    mse = torch.nn.functional.mse_loss
    moving = named("three_terms", lambda z1, z2, zo, p: mse(z1, z2) + mse(z1, zo) + mse(p(zo), z2))
    assert list(selfcheck.results(moving).values()) == ["yes", "yes", "yes", "not yet"]
    uncentred = named("count_dimensions", lambda z: solution("count_dimensions")(torch.cat([z, -z])))
    assert selfcheck.results(uncentred)["it does not matter where the cloud lies"] == "not yet"
    broken = named("count_dimensions", lambda z: z.nothing)
    assert all(said.startswith("not yet: AttributeError: ") for said in selfcheck.results(broken).values())
    with pytest.raises(SignError, match="no exercise is called 'other'"):
        selfcheck.results(named("other", lambda: 0))


def test_the_interval_of_the_knobs_is_that_of_the_rule():
    rng = np.random.default_rng(0)
    means = rng.normal(size=8)
    means = 0.3 + 1.7 * (means - means.mean()) / means.std(ddof=1)
    rule = contrast(means, range(8), overlap(8))
    turned = widgets.measured(8, 1, 1.7, 0.0, effect=0.3)
    assert turned.interval() == pytest.approx(rule.interval()) and turned.n == rule.n
    more = widgets.measured(8, 4, 1.0, 2.0)
    assert more.between == pytest.approx(2**0.5) and more.interval()[1] < widgets.measured(8, 1, 1.0, 2.0).interval()[1]
    said = [
        widgets.answered(widgets.measured(n, 1, s, 0.0, e))
        for n, s, e in ((4, 0.1, 9), (10, 0.3, 5), (10, 0.3, 0), (10, 3, 0), (10, 0.3, 0.8))
    ]
    assert [s.split(":")[0] for s in said] == [OPEN, DIFFERS, SAME, OPEN, SMALL], "the words of the verdicts"


def test_the_small_network_collapses_to_a_point_and_batchnorm_leaves_a_line():
    bare, normed = widgets_collapse.train(), widgets_collapse.train(batchnorm=True)
    assert bare[0]["std"] == 1 and bare[-1]["std"] < 0.1
    assert normed[-1]["std"] > 0.9 and normed[-1]["rank"] < 1.5 < normed[0]["rank"]
    assert all(torch.equal(a["z"], b["z"]) for a, b in zip(bare, widgets_collapse.train(), strict=True)), "the same each time"


def test_what_happened_is_read_off_the_table():
    rows = [("a", "SimCLR", "strong_boundary", 0.6), ("a", "SimCLR", "none", 0.4), ("a", "random encoder", "control", 0.5)]
    table = pd.DataFrame(rows, columns=["corpus", "model", "views", "mean"]).assign(n=3)
    assert happened.leaders(table, ["random encoder"]) == (
        "on a the highest mean is that of SimCLR (strong and boundary), 60.0 %, random encoder 50.0 % (n = 3)."
    )
    answers = ("better by less than the margin", "no difference", "undecided", "worse")
    assert [happened.side(a) for a in answers] == ["above", happened.SAME, happened.SAME, "below"]
    assert happened.points(np.nan, 0.01, np.nan) == "+1.0 points" and happened.points(-0.01, 0.0, 0.02) == "+0.0 points (-1.0 to +2.0)"
    assert happened.moved(np.array([[0, 1, 2, 9], [1, 0, 2, 9]]), 3) == "of 3 frames 0, 2 stand elsewhere in the 2 views."
    history = pd.DataFrame({"epoch": [0, 1, 0, 1], "model": list("aabb"), "rank": [4.0, 2, 1, np.nan]})
    assert happened.over(history, {"rank": "rank"}) == "a: rank 4.00 to 2.00 (first and last epoch, means)."


def test_the_highest_and_the_lowest_are_told_with_what_is_known_of_them():
    rows = [("a", "x", 3.0, 1.0, 5.0, 5), ("b", "x", -2.0, np.nan, np.nan, 1), ("c", "x", 0.0, -1.0, 1.0, 5)]
    found = pd.DataFrame(rows, columns=["model", "corpus", "mean", "low", "high", "n"])
    assert video.extremes(found, "model", "corpus", "points") == (
        "highest a: 3.0 points (95 % 1.0 to 5.0), n = 5; lowest b: -2.0 points, n = 1."
    )
    assert video.extremes(found.assign(corpus=list("xyz")), "model", "corpus", "%").startswith("highest a, x: ")
    points = np.zeros((2, 3, 4, 2))
    assert video.off(np.add(points, [3, 4]), np.where(np.arange(4)[:, None] > 0, points, np.nan)) == pytest.approx(5), (
        "a missing one counts not"
    )


def test_the_ends_are_told_from_the_middle(signs):
    speeds = happened.ends_and_middle(signs)
    assert all(0 < s < 10 for s in speeds) and happened.ends_and_middle(signs, 0.5, 0.49)[1] != speeds[1]


def test_the_run_sheet_has_the_clock_the_seconds_and_what_the_class_will_read():
    here = nbformat.v4.new_output("display_data", {"text/html": '<p class="here"><b>Here:</b> 3 &lt; 4 &amp; so.</p>'})
    told = nbformat.v4.new_output(
        "display_data", {"text/html": "<section><p>Here: 7 points. So the answer here is <b>Above</b>.</p></section>"}
    )
    done = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("x", outputs=[here, told])], metadata={"sslslr": {"seconds": 12.3}})
    for profile in ("smoke", "quick"):
        target = paths.results("synthetic", profile) / "notebooks" / "03_not_every_frame_matters.ipynb"
        paths.write_text(target, nbformat.writes(done if profile == "quick" else nbformat.v4.new_notebook()))
    page = runsheet.page()
    clock = [line.split("|")[1:6] for line in page.splitlines() if line.startswith("| ") and line.split("|")[1].strip().isdigit()]
    begins, minutes = [int(c[0]) for c in clock], [int(c[2]) for c in clock]
    assert begins == list(np.cumsum([0, *minutes[:-1]])) and begins[-1] + minutes[-1] == 120
    (third,) = (c for c in clock if "[03 " in c[1])
    assert third[3].strip() == "12" and third[4].strip() == "synthetic, quick"
    assert "- 3 < 4 & so.\n- 7 points. So the answer here is Above.\n" in page and "- not run yet: make reproduce" in page


def test_the_poster_has_the_figures_that_were_made_with_their_captions(monkeypatch):
    monkeypatch.syspath_prepend(paths.ROOT / "tools")
    import poster

    with pytest.raises(SignError, match="run make reproduce DATASET=synthetic PROFILE=smoke first"):
        poster.poster("synthetic", "smoke")
    for name in ("figure3_slfpn", "claims_forest", "of_no_panel"):
        Stage("smoke").figure(plt.subplots()[0], name, f"About {name}")
    made = poster.poster("synthetic", "smoke")
    drawn = {ax.get_title(loc="left"): [t.get_text() for t in ax.texts] for ax in made.axes if ax.images}
    assert drawn == {
        "One encoder, three branches, no labels": ["About figure3_slfpn"],
        "What holds, and what cannot be told": ["About claims_forest"],
    }
    assert tuple(made.get_size_inches()) == pytest.approx((23.39, 33.11), abs=0.01)
