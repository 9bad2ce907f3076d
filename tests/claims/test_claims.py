"""The verdicts: each can be reached, smoke judges nothing, and every number comes from a table."""

import json
import re
import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import world
from scipy import stats

from sslslr import paths, profiles
from sslslr.claims import judge as claims
from sslslr.claims.claim import Claim
from sslslr.claims.measured import difference, level, ratio, share
from sslslr.claims.rows import Missing, Rows
from sslslr.commands import main
from sslslr.errors import SignError
from sslslr.report import forest


def best(*others):
    """A's top-1 above that of each other."""

    def compare(tables):
        runs = tables("runs")
        return [difference(runs.where(model="A"), runs.where(model=other), "top1", ["repeat"]).above(0) for other in others]

    return compare


CLAIM = Claim(
    id="C1", place="section 1", sentence="A is the best", reading="A minus the others", notebook="06", figure="f", compare=best("B", "C")
)
CONTROLLED = replace(CLAIM, control=best("random"), warns="A is not above chance")


def runs(repeats=6, noise=0.01, **means) -> pd.DataFrame:
    """Accuracies of models over repeats: what all share changes from repeat to repeat, and a little noise."""
    rng = np.random.default_rng(0)
    shared = rng.normal(0, 0.2, repeats)  # what the signers of a group make easy or hard for all
    about = [{"repeat": r, "group": r, "signers": repeats, "test_to_train": 0.25} for r in range(repeats)]
    rows = [a | {"model": m, "top1": mean + shared[r] + rng.normal(0, noise)} for m, mean in means.items() for r, a in enumerate(about)]
    return pd.DataFrame(rows)


def by_hand(differences: pd.Series) -> list[float]:
    """Mean, 95 % and 90 % interval of one run a group, with Nadeau and Bengio's correction for a quarter as many test clips."""
    mean, error = differences.mean(), differences.std() * np.sqrt(1 / len(differences) + 0.25)
    return [mean, *(mean + side * stats.t.ppf(q, len(differences) - 1) * error for q in (0.975, 0.95) for side in (-1, 1))]


def judged(folder, table, claim=CLAIM, profile="quick", dataset="synthetic"):
    if table is not None:
        (folder / "tables").mkdir(parents=True, exist_ok=True)
        table.to_csv(folder / "tables" / "runs.csv", index=False)
    return claims.judge(claim, claims.reader(folder), profiles.load(profile), dataset)


@pytest.mark.parametrize(
    "means, verdict",
    [
        ({"A": 0.6, "B": 0.5, "C": 0.4}, "holds"),
        ({"A": 0.6, "B": 0.6, "C": 0.4}, "undecided"),  # best of all needs beating each
        ({"A": 0.6, "B": 0.7, "C": 0.4}, "does not hold"),
        ({"A": 0.6, "B": 0.5}, "not run"),  # a claim over C can't be judged without C
    ],
)
def test_each_verdict_is_reached(tmp_path, means, verdict):
    row, parts = judged(tmp_path, runs(**means))
    assert row["verdict"] == verdict
    assert len(parts) == (0 if verdict == "not run" else 2)


def test_a_missing_table_or_column_is_not_run(tmp_path):
    assert judged(tmp_path, None)[0] | {"text": ""} == judged(tmp_path, None)[0] | {"text": "", "verdict": "not run"}
    assert "runs.csv is not there" in judged(tmp_path, None)[0]["text"]
    row, _ = judged(tmp_path, runs(A=1, B=0, C=0).drop(columns="top1"))
    assert row["verdict"] == "not run" and "no column top1" in row["text"]


def test_smoke_never_judges_and_neither_do_data_that_a_claim_excludes(tmp_path):
    table = runs(A=0.9, B=0.1, C=0.1)
    row, parts = judged(tmp_path, table, profile="smoke")
    assert row["verdict"] == "not judged" and row["effect"] is None and set(parts["verdict"]) == {"not judged"}
    made = replace(CLAIM, data=("synthetic",), elsewhere="nobody knows there")
    for there, folder in ((table, tmp_path), (None, tmp_path / "empty")):  # why is said, whether a table is there or not
        row, _ = judged(folder, there, made, dataset="isl-kinect")
        assert row["verdict"] == "not run" and row["text"] == "Judged on synthetic data only: nobody knows there."
    assert judged(tmp_path, table, replace(CLAIM, profiles=("paper",)))[0]["verdict"] == "not judged"
    assert judged(tmp_path, table, replace(CLAIM, data=("synthetic",)))[0]["verdict"] == "holds"


def test_differences_are_paired_and_one_run_decides_nothing(tmp_path):
    table = runs(A=0.6, B=0.58, C=0.5, noise=0.001)  # the repeats differ by far more than the models
    row, _ = judged(tmp_path, table)
    assert row["verdict"] == "holds" and row["compared"] == "A minus B"
    wide = table.pivot(index="repeat", columns="model", values="top1")
    expected = by_hand(100 * (wide["A"] - wide["B"]))
    assert [row[k] for k in ("effect", "low", "high", "low90", "high90")] == pytest.approx(expected) and row["n"] == 6
    assert judged(tmp_path, runs(repeats=1, A=0.9, B=0.1, C=0.1))[0]["verdict"] == "undecided"


def test_twenty_comparisons_without_a_difference_contradict_nothing_though_one_interval_leaves_out_zero(tmp_path):
    rng = np.random.default_rng(6)
    about = [(m, g, r) for m in "AB" for g in range(20) for r in range(5)]
    rows = [
        {"model": m, "set": g, "repeat": r, "group": r, "signers": 5, "test_to_train": 0.0, "top1": rng.normal(0.5, 0.05)}
        for m, g, r in about
    ]

    def compare(tables):
        sets = tables("runs").each("set")
        return [difference(g.where(model="A"), g.where(model="B"), "top1", ["repeat"]).above(0) for g in sets]

    _, parts = judged(tmp_path, pd.DataFrame(rows), replace(CLAIM, compare=compare))
    assert (parts["high"] < 0).any() and "does not hold" not in set(parts["verdict"])


def test_a_hold_below_the_control_says_so(tmp_path):
    row, _ = judged(tmp_path, runs(A=0.4, B=0.3, C=0.2, random=0.5), CONTROLLED)
    assert row["verdict"] == "holds" and "; but A is not above chance (A minus random: -9.9 points (95 % " in row["text"]
    assert "but" not in judged(tmp_path, runs(A=0.6, B=0.3, C=0.2, random=0.5), CONTROLLED)[0]["text"]
    assert "control was not run" in judged(tmp_path, runs(A=0.6, B=0.3, C=0.2), CONTROLLED)[0]["text"]


def test_ratios_levels_shares_and_ranges(tmp_path):
    table = runs(A=0, B=0)
    table["top1"] = np.where(table["model"] == "A", 2.0, 4.0) * (1 + 0.01 * table["repeat"])
    row, _ = measured(tmp_path, table, lambda runs: ratio(runs.where(model="A"), runs.where(model="B"), "top1", ["repeat"]).below(1))
    assert row["verdict"] == "holds" and row["effect"] == pytest.approx(0.5)
    for bounds, verdict in (((1.5, 2.5), "holds"), ((3, 4), "does not hold"), ((2.0, 2.05), "undecided"), ((2.04, 9), "undecided")):
        row, _ = measured(tmp_path, table, lambda runs, b=bounds: level(runs.where(model="A"), "top1", ["repeat"], "std").within(*b))
        assert row["verdict"] == verdict
    for hits, verdict in ((90, "holds"), (10, "does not hold"), (52, "undecided")):
        table = pd.DataFrame({"hit": [1] * hits + [0] * (100 - hits)})
        row, _ = measured(tmp_path, table, lambda runs: share(runs, "hit", "% of clips", "hits").above(50))
        assert row["verdict"] == verdict and row["effect"] == hits and row["low"] < row["low90"] < hits < row["high"]
    table = pd.DataFrame({"hit": [90.0], "clips": [200]})
    row, _ = measured(tmp_path, table, lambda runs: share(runs, "hit", "% of clips", "hits", n="clips").above(50))
    assert (row["verdict"], row["effect"], row["n"]) == ("holds", 90, 200)


def measured(folder, table, compare):
    """The verdict on one comparison of the rows of a table."""
    return judged(folder, table, replace(CLAIM, compare=lambda tables: [compare(tables("runs"))]))


def test_the_largest_share_that_is_not_above():
    rows = Rows("runs", pd.DataFrame({"share": [0, 1 / 6, 1 / 3, 1.0], "top1": [1.0, 2, 3, 4]}))
    assert rows.largest("share", 0.25) == 1 / 6 and rows.largest("share", 1 / 3) == 1 / 3
    assert rows.where(share=rows.largest("share", 0.25)).name == "share 0.17"
    with pytest.raises(Missing, match="no rows with share at most -1"):
        rows.largest("share", -1)
    with pytest.raises(SignError, match="several rows for one repeat"):
        Rows("runs", pd.DataFrame({"repeat": [0, 0], "top1": [1, 2]})).cells("top1", ["repeat"])


def test_a_row_held_against_itself_is_not_run(tmp_path):
    rows = pd.DataFrame([{"share": s, "repeat": r, "group": r, "top1": 0.5} for s in (0.0, 0.5) for r in range(4)])

    def compare(runs):
        return difference(runs.where(share=runs.largest("share", 0.25)), runs.where(share=0), "top1", ["repeat"]).above(-1)

    row, _ = measured(tmp_path, rows, compare)
    assert row["verdict"] == "not run" and "but itself" in row["text"]


def tables_read(claim: Claim) -> set[str]:
    """The tables that a claim and its control ask for."""
    asked, made = set(), world.true()

    def tables(name):
        asked.add(name)
        return Rows(name, made[name])

    for compare in filter(None, (claim.compare, claim.control)):
        compare(tables)
    return asked


def test_the_papers_claims_are_all_there_and_their_notebooks_tables_and_figures_exist():
    ids = [c.id for c in claims.CLAIMS]
    assert len(set(ids)) == len(ids) and {f"C{i}" for i in range(1, 11)} | {f"F{i}" for i in range(2, 9)} | {"E1", "E2"} <= set(ids)
    code = {p: json.dumps([c["source"] for c in json.loads(p.read_text())["cells"]]) for p in paths.NOTEBOOKS.glob("*.ipynb")}
    for claim in claims.CLAIMS:
        notebooks = list(paths.NOTEBOOKS.glob(f"{claim.notebook}_*.ipynb"))
        assert len(notebooks) == 1 and claim.reading and claim.place.startswith("section")
        assert bool(claim.control) == bool(claim.warns)
        for table in tables_read(claim):
            assert f'\\"{table}\\"' in code[notebooks[0]], f"{claim.id}: notebook {claim.notebook} does not write {table}"
        assert any(f'\\"{claim.figure}\\"' in source for source in code.values()), f"{claim.id}: no notebook draws {claim.figure}"


def judged_world(folder, tables):
    """Every claim's verdict on tables, and which ones their control's warning stands beside."""
    (folder / "tables").mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        table.to_csv(folder / "tables" / f"{name}.csv", index=False)
    rows, _ = claims.judge_all("synthetic", "quick", folder)
    return dict(zip(rows["id"], rows["verdict"], strict=True)), set(rows.loc[rows["text"].str.contains("; but "), "id"])


def test_every_claim_holds_in_a_world_where_it_is_true_and_not_in_one_turned_round(tmp_path):
    controlled = {c.id for c in claims.CLAIMS if c.control}
    found, warned = judged_world(tmp_path / "true", world.true())
    assert {c: v for c, v in found.items() if v != "holds"} == {}
    assert warned == {"C6"}  # a collapsed encoder always has the lowest raw inertia
    found, warned = judged_world(tmp_path / "turned", world.turned(world.true()))
    assert {c: v for c, v in found.items() if v != "does not hold"} == {}
    assert warned == controlled - {"C6"}


@pytest.mark.parametrize("claim", claims.CLAIMS, ids=lambda c: c.id)
def test_a_claim_whose_table_or_column_is_missing_names_it(claim):
    size, made = profiles.load("quick"), world.true()
    assert claims.judge(claim, claims.reader(paths.ROOT / "nowhere"), size, "synthetic")[0]["text"].endswith(".csv is not there.")
    (name,) = tables_read(claim)
    needed = 0
    for column in made[name]:
        row, _ = claims.judge(claim, lambda name, column=column: Rows(name, made[name].drop(columns=column)), size, "synthetic")
        if row["verdict"] == "not run":
            assert row["text"] == f"Not run: tables/{name}.csv has no column {column}."
            needed += 1
    assert needed >= 2  # what is measured, and what tells its rows apart


def numbers(text: str) -> list[str]:
    return re.findall(r"(?<![\w.])[-+]?\d+\.\d+(?:e[+-]\d+)?", text)


def test_files_are_written_and_every_number_in_them_is_computed_from_the_tables(tmp_path, monkeypatch):
    monkeypatch.setenv("SSLSLR_RESULTS", str(tmp_path))
    folder = paths.results("synthetic", "quick")
    judged(folder, runs(A=0.4, B=0.3, C=0.2, random=0.5), CONTROLLED)
    other = replace(CLAIM, id="C2", compare=lambda tables: best("B")(lambda name: tables("other")))
    rows, parts = claims.judge_all("synthetic", "quick", claims=[CONTROLLED, other])
    claims.write(rows, parts, folder)
    read = pd.read_csv(folder / "claims.csv")
    assert list(read) == list(claims.COLUMNS) and read["verdict"].tolist() == ["holds", "not run"]
    assert json.loads((folder / "claims.json").read_text())[1]["effect"] is None
    text = (folder / "claims.md").read_text()
    assert (folder / read["table"][0]).exists() and f"({read['table'][0]})" in text and "1 holds, 1 not run" in text
    table = pd.read_csv(folder / "tables" / "runs.csv").pivot(index="repeat", columns="model", values="top1")
    known = set()
    for other in ("B", "C", "random"):
        known |= {f"{found:{sign}.1f}" for found in by_hand(100 * (table["A"] - table[other])) for sign in ("", "+")}
    shown = numbers(text.split("\n## C1")[0] + text.split("\n## C1")[1])
    assert len(shown) >= 10 and set(shown) <= known
    told = pd.read_csv(folder / "claims_groups.csv")
    written = pd.read_csv(folder / "claims_parts.csv")
    assert list(written) == list(claims.PARTS) == [c for c in parts if c != "observed"] and len(told) == 2 * 6
    assert told[told["name"] == "A minus B"]["effect"].mean() == pytest.approx(100 * (table["A"] - table["B"]).mean())


def test_where_no_claim_was_run_the_tables_of_comparisons_are_empty_and_can_be_read(tmp_path):
    rows, parts = claims.judge_all("synthetic", "quick", tmp_path)
    claims.write(rows, parts, tmp_path)
    for name in ("claims_parts", "claims_groups"):
        read = pd.read_csv(tmp_path / f"{name}.csv")
        assert read.empty and {"id", "name", "effect", "verdict"} <= set(read)


def test_the_command_ends_well_whatever_the_verdict(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("SSLSLR_RESULTS", str(tmp_path))
    assert main(["claims", "--profile", "quick"]) == 0
    assert capsys.readouterr().out.count("not run") == len(claims.CLAIMS)
    assert main(["claims", "--dataset", "nothing"]) == 2 and main(["claims", "--profile", "fast"]) == 2
    assert capsys.readouterr().err.count("sslslr: ") == 2
    shutil.rmtree(tmp_path)


def test_the_forest_tells_each_verdict_by_shape_a_line_a_claim_and_draws_every_comparison(tmp_path):
    row = {
        "name": "A minus B",
        "effect": 1.0,
        "low": 0.5,
        "high": 1.5,
        "low90": 0.6,
        "high90": 1.4,
        "n": 5,
        "sets": 1,
        "bound": "0.9",
        "says": "above",
    }
    kinds = [(v, u) for v in forest.LOOKS for u in ("points", "times")]
    parts = pd.DataFrame([
        row | {"verdict": v, "p": 0.01, "unit": u, "id": f"C{i}", "effect": 1 + 0.1 * k} for i, (v, u) in enumerate(kinds) for k in range(3)
    ])  # fmt: skip
    fig = forest.forest(parts, "t")
    marks = [line for ax in fig.axes for line in ax.lines if line.get_marker() in "oXDs" and len(line.get_xdata())]
    drawn = [line.get_marker() for line in marks if len(line.get_xdata()) == 1]
    assert sum(len(line.get_xdata()) for line in marks) == len(parts), "the others of a claim as dots"
    assert len({marker for _, marker, _ in forest.LOOKS.values()}) == len(forest.LOOKS)
    assert sorted(drawn) == sorted(forest.LOOKS[v][1] for v, _ in kinds)
    assert sum(len(ax.get_yticklabels()) for ax in fig.axes if ax.axison) == len(kinds), "a line a claim"
