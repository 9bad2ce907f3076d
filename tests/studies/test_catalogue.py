"""The catalogue is what the notebooks ask, and its jobs are there before anything trains."""

import ast
import json
from dataclasses import replace

import pandas as pd
import pytest
from conftest import make_signs

from sslslr import paths, profiles
from sslslr.commands.reproduce import declared, notebooks
from sslslr.errors import SignError
from sslslr.learning.training import Run
from sslslr.studies import finetune
from sslslr.studies.boundaries import Search
from sslslr.studies.catalogue import STUDIES, Asked
from sslslr.studies.jobs import Job, ask, follow, rows


@pytest.fixture
def profile():
    return replace(profiles.load("smoke"), epochs=1, repeats=1, encoder={"blocks": 1, "width": 16, "heads": 2})


def calls(notebook):
    """(ask or given, study, names of its options) of every call of a notebook on its stage, and what it says of itself."""
    cells = [c for c in json.loads(notebook.read_text(encoding="utf-8"))["cells"] if c["cell_type"] == "code"]
    for node in ast.walk(ast.parse("\n".join("".join(c["source"]) for c in cells))):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("stage.ask", "stage.given"):
            yield node.func.attr, ast.literal_eval(node.args[0]), [k.arg for k in node.keywords]


def test_every_study_is_asked_by_exactly_the_notebooks_that_it_names():
    asked = {name: set() for name in STUDIES}
    for notebook in notebooks():
        for how, name, _ in calls(notebook):
            assert notebook.name[:2] in STUDIES[name].notebooks, f"{notebook.name} speaks of {name}"
            if how == "ask":
                asked[name].add(notebook.name[:2])
    assert asked == {name: set(study.notebooks) for name, study in STUDIES.items()}
    assert [s.notebooks[0] for s in STUDIES.values()] == sorted(s.notebooks[0] for s in STUDIES.values())


def test_a_notebook_s_own_parameters_are_options_of_its_studies_with_the_same_defaults():
    for notebook in notebooks():
        values = declared(notebook)
        for study in (s for s in STUDIES.values() if notebook.name[:2] in s.notebooks):
            for option, default in study.options.items():
                if option.upper() in values:
                    assert values[option.upper()] == default, f"{notebook.name}, {option}"
        passed = {option for _, _, options in calls(notebook) for option in options if option}
        assert {option.upper() for option in passed} <= set(values), notebook.name


def given(name, corpora):
    needs = {"found": {c: Search(1 / 3, 0.25, pd.DataFrame()) for c in corpora}}
    needs["chosen"] = {(arm, share): 0.1 for arm in (*finetune.ARMS, *finetune.FIVE) for share in (0.3, 1.0)}
    return {argument: needs[argument] for argument in STUDIES[name].needs} | ({"other": other(corpora)} if STUDIES[name].prepares else {})


def other(corpora):
    """Other inputs of made-up clips: other landmarks."""
    return lambda corpus, change: replace(corpora[corpus], landmarks=corpora[corpus].landmarks + len(str(change)))


@pytest.mark.parametrize("name", STUDIES)
def test_the_jobs_of_a_study_are_there_before_anything_trains(name, profile, monkeypatch):
    monkeypatch.setattr("sslslr.learning.grid.side_by_side", lambda *_: pytest.fail("asked"))
    corpora = {c: make_signs(90, name=c, signers=6) for c in ("lsfb-like", "asl-citizen-like", "gsl-like", "lsa-like")}
    study = STUDIES[name]
    jobs = study.jobs(profile, corpora, **given(name, corpora), **study.options)
    jobs = jobs if isinstance(jobs, list) else next(jobs)
    assert jobs and all(isinstance(j, Job) and isinstance(j.run, Run) and callable(j.task) and j.place for j in jobs)
    assert not paths.runs().exists() and len({str(j.place) for j in jobs}) >= len(jobs) / 2
    assert all(
        j.name.split(".")[0] in ("evaluation", "observed", "embedding_space", "finetune", "inputs", "dose", "pooling", "signrep")
        for j in jobs
    )


def test_what_a_study_needs_is_asked_first_and_once(profile):
    seen = []

    class Noted(Asked):
        def answers(self, study, asked):
            seen.append(study.name)
            return [{"linear_standardised_top1": 0.0, "val": j.run.views.alpha - j.run.views.beta} for j in asked]

    asked = Noted(profile, {"lsa-like": make_signs(90, name="lsa-like", signers=6)})
    assert asked.given("augmentations")["found"]["lsa-like"].alpha == pytest.approx(1 / 3)
    table = asked.ask("augmentations")
    assert seen == ["Algorithm 1"] * seen.count("Algorithm 1") + ["augmentations"] and len(table) > 4
    with pytest.raises(SignError, match="study 'Table 9' is unknown"):
        asked.ask("Table 9")
    with pytest.raises(SignError, match="'Table 1' has no option method"):
        asked.ask("Table 1", method="byol")


def square(run, signs, by):
    return {"seed": run.seed, "by": by, "clips": len(signs)}


def test_answers_keep_the_order_of_the_jobs_and_rows_begin_with_their_place(signs):
    jobs = [Job(square, Run(seed=s), signs, (10 * s,), {"model": f"m{s}"}) for s in (3, 1, 2)]
    table = rows(jobs, ask(jobs, workers=1))
    assert list(table.columns) == ["model", "seed", "by", "clips"] and table["model"].tolist() == ["m3", "m1", "m2"]
    assert table["by"].tolist() == [30, 10, 20] and ask([]) == []


def test_a_generator_is_followed_to_what_it_returns():
    def doubling():
        total = 0
        for i in range(3):
            total += yield i
        return total

    assert follow(doubling(), lambda i: 10 * i) == 30
