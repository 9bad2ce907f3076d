"""Verdicts from the record: the tables are those of the studies, the rows behind a claim are told, and a claim is decided anew."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from conftest import folders_in, make_signs
from pandas.testing import assert_frame_equal

from sslslr import profiles
from sslslr.claims.judge import CLAIMS
from sslslr.claims.own import e1
from sslslr.claims.rows import Missing
from sslslr.claims.verdict import FAILS, HOLDS, NOT_RUN, UNDECIDED
from sslslr.commands import replicate
from sslslr.errors import SignError
from sslslr.record.recording import Recorded, Recording
from sslslr.record.tables import Record
from sslslr.report import recorded
from sslslr.report.recorded import Read
from sslslr.report.replication import Replication, beginning, train
from sslslr.report.site import pages, verdicts
from sslslr.studies import embedding_space
from sslslr.studies.catalogue import STUDIES, Asked

HERE = {"timing_runs", "boundaries"}  # measured where they are run
SMOKE = profiles.load("smoke")
BY = {c.id: c for c in CLAIMS}


def asked() -> dict:
    encoder = {"blocks": 1, "width": 16, "heads": 2, "dropout": 0.1}
    table1 = SMOKE.table1 | {"repeats": 3, "primary": {}}
    profile = replace(SMOKE, encoder=encoder, frames=12, repeats=3, folds=3, epochs=1, batch=32, table1=table1, judges=True)
    signs = make_signs(90, name="lsa-like", signers=6)
    return {"profile": profile, "corpora": {"lsa-like": replace(signs, split=np.full(len(signs), "", "<U5"))}, "dataset": "synthetic"}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A record of the studies that claims stand on, small; its run store beside it."""
    folder = tmp_path_factory.mktemp("made")
    with folders_in(folder):
        one = Recording(**asked(), workers=1)
        one.ask("Table 1", methods=("simclr", "slfpn", "slfpn_plus"))
        for name in ("Figure 4", "Figure 4, random encoder", "Figure 8, ablation"):
            one.ask(name)
    return folder


@pytest.fixture
def record(made, monkeypatch):
    monkeypatch.setenv("SSLSLR_RECORD", str(made / "record"))
    monkeypatch.setattr(profiles, "load", lambda _: asked()["profile"])
    return Record()


def test_the_record_s_tables_are_those_that_the_notebooks_save(record, made, monkeypatch):
    monkeypatch.setenv("SSLSLR_RUNS", str(made / "runs"))
    read, about = Read(record, "synthetic", "smoke"), asked()
    one = Recorded(**about, workers=1)
    table1 = one.ask("Table 1", methods=("simclr", "slfpn", "slfpn_plus")).drop(columns="held_out")
    assert_frame_equal(read("comparison_runs").frame[list(table1)], table1)
    sweep = one.ask("Figure 4").drop(columns=["clips", "labels", "correct", "held_out"]).merge(one.ask("Figure 4, random encoder"))
    assert_frame_equal(read("figure4_runs").frame[list(sweep)], sweep)
    ends = read("figure8_runs").frame
    last = Asked(about["profile"], about["corpora"], 1).curves("Figure 8, ablation").groupby(["model", "repeat"]).tail(1)
    both = ends.merge(last, on=["model", "repeat"], suffixes=("", " live"))
    assert len(both) == len(ends) > 10 and np.allclose(both["output_std"], both["output_std live"], rtol=1e-6)
    classes = read("figure6_classes").frame
    assert len(classes) == 2 * 4 and not classes.duplicated(["corpus", "end", "gloss"]).any()


def test_every_table_that_a_claim_reads_is_made_from_the_record_or_measured_on_the_spot():
    wanted: set[str] = set()

    def named(name):
        wanted.add(name)
        raise Missing(name)

    for claim in CLAIMS:
        with pytest.raises(Missing):
            claim.compare(named)
    assert wanted - set(recorded.STUDY) <= HERE and set(recorded.STUDY) - wanted == set()


def test_the_rows_behind_a_claim_are_those_that_it_compares_and_no_others(record):
    found = recorded.judged(record, "synthetic", "smoke")
    behind = found.behind["E1"]
    assert set(zip(behind["model"], behind["views"], strict=True)) == {
        *((m, v) for m in ("SimCLR", "SL-FPN+") for v in ("strong", "strong_boundary")), ("random encoder", "control")}  # fmt: skip
    assert all((run,) in record["runs"] for run in behind["run"]) and len(behind) == 5 * 3
    assert len(found.behind["C3"]) == 0 and found.rows.set_index("id").loc["C3", "verdict"] == NOT_RUN
    assert len(found.behind["F5"]) == len(Read(record, "synthetic", "smoke")("figure4_runs").frame), "a class is of the whole sweep"
    assert found.about["runs"] > 20 and found.about["stale"] == 0 and "recorded:" in recorded.words(found.about)


def test_one_s_own_claims_and_table_stand_beside_those_of_the_record(record):
    own = recorded.judged(record, "synthetic", "smoke").rows
    own.loc[own["id"] == "C1", ["verdict", "effect", "low90", "high90", "n", "unit"]] = [HOLDS, 12.345, 2.0, 20.0, 9, "points"]
    own.loc[own["id"] == "E1", ["verdict", "effect"]] = [NOT_RUN, np.nan]
    found = recorded.beside(own, record, "smoke").set_index("id")
    assert found.loc["C1", "here"] == "holds: +12.3 points (90 % 2.0 to 20.0), n = 9"
    assert found.loc["E1", "here"] == "" and found.loc["E1", "synthetic"].endswith("n = 3"), "a claim judged on one side alone is told"
    assert "C3" not in found.index, "judged nowhere"
    there = Read(record, "synthetic", "smoke")("comparison_runs").frame
    mine = there[there["model"] == "SimCLR"].assign(corpus="mine")
    wide = recorded.table1_beside(mine, record, "smoke").set_index(["model", "views"])
    assert list(wide) == ["mine, here", "lsa-like, recorded"]
    assert wide.loc[("random encoder", "control"), "mine, here"] == "" != wide.loc[("random encoder", "control")].iloc[1]
    assert (wide.loc["SimCLR"].nunique(axis=1) == 1).all() and wide.loc[("SimCLR", "strong"), "mine, here"].endswith("(n = 3)")
    seeds = pd.concat([mine, mine.assign(linear_standardised_top1=mine["linear_standardised_top1"] + 0.02)])
    again = recorded.table1_beside(seeds, record, "full").set_index(["model", "views"])
    assert list(again) == ["mine, here"], "nothing recorded"
    one, two = (w.loc[("SimCLR", "strong"), "mine, here"] for w in (wide, again))
    assert two.endswith("(n = 3)") and float(two.split()[0]) == pytest.approx(float(one.split()[0]) + 1, abs=0.11)
    assert one.split()[2] == two.split()[2], "seeds of a group are averaged first: the interval stays"


def test_an_altered_answer_moves_the_verdict_s_number(record):
    before = recorded.judged(record, "synthetic", "smoke", [e1])
    run = before.behind["E1"].query("model == 'SimCLR' and views == 'strong_boundary'")["run"].iloc[0]
    key = next(k for k in record["answers"] if k[0] == run)
    value = record.tables["answers"][key]["values"]
    record.tables["answers"][key] = record.tables["answers"][key] | {"values": value.replace('"linear_standardised_top1":', '"linear_standardised_top1":9')}  # fmt: skip
    after = recorded.judged(record, "synthetic", "smoke", [e1])
    pair = [j.parts.set_index("name")["effect"].filter(like="SimCLR").iloc[0] for j in (before, after)]
    assert abs(pair[0] - pair[1]) > 100


def test_the_front_page_has_each_claim_once_with_a_sentence_and_a_picture_within_its_frame(record, tmp_path):
    found = [recorded.judged(record, "synthetic", "smoke")]
    front = verdicts.front(found)
    told = [c for g in front["groups"] for c in g["claims"]]
    assert sorted(c["id"] for c in told) == sorted(BY) and {g["title"] for g in front["groups"]} >= {"Not recorded yet"}
    cells = {c["id"]: c["cells"][0] for c in told if "cells" in c}
    assert front["claims"] == len(BY) and all(c["why"] for c in told if "cells" not in c)
    assert "groups)" in cells["E1"]["sentence"] and "90 %" in cells["E1"]["sentence"] and cells["E1"]["comparisons"] == 2
    for cell in (c for c in cells.values() if c["picture"]):
        p = cell["picture"]
        assert all(0 <= p[k] <= verdicts.WIDTH for k in ("low", "high", "effect") if k in p)
        assert "low" not in p or p["low"] <= p["effect"] <= p["high"]
    (tmp_path / "verdicts").mkdir()
    names = verdicts.write(tmp_path, found, pages.render)
    page = (tmp_path / "verdicts" / "E1.md").read_text()
    assert set(names) >= {"E1", "C9", "F4"} and "C3" not in names
    assert all(f"make audit ROW={run}" in page for run in found[0].behind["E1"]["run"]) and "make replicate CLAIM=E1" in page


def test_a_set_without_a_row_that_a_claim_reads_is_named_but_has_no_column(record):
    full = recorded.judged(record, "synthetic", "smoke")
    bare = replace(full, dataset="isl-kinect", about=full.about | {"answers": 0})
    front = verdicts.front([full, bare])
    assert [t["name"] for t in front["sets"]] == ["synthetic"] and front["others"] == ["isl-kinect"]
    assert "no row" in recorded.words(bare.about) and "core-hours" not in recorded.words(bare.about)
    assert all(len(c["cells"]) == 1 for g in front["groups"] for c in g["claims"] if "cells" in c)


def test_a_set_has_one_column_where_the_profile_that_decides_comes_first(record):
    full = recorded.judged(record, "synthetic", "smoke")
    few = replace(full, profile="decide", rows=full.rows.assign(verdict=full.rows["verdict"].where(full.rows["id"] == "E1", NOT_RUN)))
    front = verdicts.front([few, full, replace(full, dataset="isl-kinect", about=full.about | {"answers": 0})])
    assert front["columns"] == ["synthetic"] and front["others"] == ["isl-kinect"] and len(front["sets"]) == 2
    cells = {c["id"]: c["cells"] for g in front["groups"] for c in g["claims"] if "cells" in c}
    assert {len(c) for c in cells.values()} == {1}
    assert cells["E1"][0]["profile"] == "decide" and cells["C9"][0]["profile"] == "smoke"


def test_the_profile_that_decides_is_judged_first(monkeypatch):
    monkeypatch.setattr(recorded, "datasets_of", lambda record, name: ["synthetic"])
    monkeypatch.setattr(recorded, "judged", lambda record, data, name, claims: name)
    assert verdicts.gathered(Record())[:2] == ["decide", "quick"]


def test_why_a_claim_has_no_verdict_is_said_once_where_it_is_the_same():
    cells = [{"dataset": d, "profile": "decide", "sentence": "not recorded", "verdict": "not run"} for d in ("synthetic", "thai-leap")]
    assert verdicts.why(cells) == "not recorded"
    assert (
        verdicts.why([*cells, cells[0] | {"dataset": "isl-kinect", "sentence": "judged elsewhere"}])
        == "synthetic, thai-leap: not recorded; isl-kinect: judged elsewhere"
    )


def test_groups_of_signers_are_counted_out_of_the_corpus_not_of_the_unseen():
    """Else a corpus of 20 signers in ten groups has four, and claims on Table 5 can never be decided."""
    about = asked()
    job = embedding_space.jobs(about["profile"], about["corpora"])[0]
    (row,) = STUDIES["Table 5, inertia"].rows([job], [{"raw": 1.0, "signers": 2}]).to_dict("records")
    assert row["signers"] == 6 and row["unseen_signers"] == 2


def test_a_claim_stands_under_the_heading_of_its_verdicts():
    assert verdicts.overall([HOLDS, UNDECIDED]) == HOLDS and verdicts.overall([NOT_RUN, FAILS]) == FAILS
    assert verdicts.overall([HOLDS, FAILS]) == verdicts.MIXED and verdicts.overall([]) == NOT_RUN
    assert verdicts.overall([NOT_RUN, UNDECIDED]) == UNDECIDED


def test_what_is_shown_is_said_plainly():
    row = {
        "compared": "a minus b",
        "text": "",
        "verdict": FAILS,
        "comparisons": 4,
        "effect": -0.2,
        "unit": "points",
        "low90": -0.9,
        "high90": 0.6,
        "n": 10,
    }
    worst = {"unit": "points", "bound": 0.0, "answer": "no difference", "good": False, "says": "above", "lacks": "", "observation": "group of held-out signers"}  # fmt: skip
    assert verdicts.plain(row, worst) == "no difference (\N{MINUS SIGN}0.2 points, 90 % \N{MINUS SIGN}0.9 to 0.6, 10 groups)"
    assert verdicts.plain(row, worst | {"lacks": "lsa-like: 3 of 10 planned groups"}).startswith(
        "too few runs yet, 3 of 10 planned groups ("
    )
    std = {"unit": "std", "bound": 0.5, "answer": "differs", "good": False, "says": "above"}
    assert verdicts.plain(row | {"unit": "std"}, worst | std).startswith("not above 0.5 (")
    unsure = verdicts.plain(row | {"verdict": UNDECIDED}, worst | {"answer": "differs"})
    assert unsure.startswith("the other way round, not sure as one of 4 (")
    nothing = {"compared": "", "text": "Not run: the record has nothing of Table 1 on x, profile y: make record DATASET=x PROFILE=y."}
    assert verdicts.plain(nothing, {}) == "not recorded"
    assert verdicts.plain({"compared": "", "text": "Judged on synthetic data only: why."}, {}) == "Judged on synthetic data only"


def replication(record, **options) -> Replication:
    about = asked()
    asker = Recorded(**about, workers=1, record=record)
    return Replication(BY[options.pop("claim", "E1")], asker, beginning(record, "synthetic", 3), **options)


def test_a_replication_trains_the_claim_s_cells_with_seeds_that_the_record_has_not(record, tmp_path):
    one = replication(record)
    jobs = one.asked()
    places = [j.place for its in jobs.values() for j in its]
    assert one.start == 3 and {p["repeat"] for p in places} == {3, 4, 5} and {p["group"] for p in places} == {0, 1, 2}
    assert {(p["model"], p["views"]) for p in places} == set(zip(*(recorded.judged(record, "synthetic", "smoke", [e1]).behind["E1"][c] for c in ("model", "views")), strict=True))  # fmt: skip
    made = train(one, jobs, tmp_path / "anew", 1, np.inf)
    assert not {r["seed"] for r in made["runs"].values()} & {r["seed"] for r in record["runs"].values()}
    parts, found = one.judged(one.read(made), one.plan, "synthetic")
    assert len(parts) == 2 and set(parts["n"]) == {3} and found in (HOLDS, FAILS, UNDECIDED)


@pytest.mark.parametrize("claim", sorted(set(BY) - {"C5", "F2", "C3", "C4", "C4b", "C4c", "C1b", "C7", "C11", "C6", "C6b", "F7"}))
def test_a_replication_knows_the_cells_of_every_claim_on_recorded_tables(record, claim):
    jobs = replication(record, claim=claim).asked()
    assert jobs and all(j.place["repeat"] >= 3 for its in jobs.values() for j in its) and sum(map(len, jobs.values())) > 2


def test_one_method_s_contrasts_alone(record, tmp_path):
    one = replication(record, method="SimCLR")
    jobs = one.asked()
    assert {j.place["model"] for its in jobs.values() for j in its} == {"SimCLR"}
    made = train(one, jobs, tmp_path / "anew", 1, np.inf)
    parts, _ = one.judged(one.read(made), one.plan, "synthetic")
    assert len(parts) == 1 and parts["name"].iloc[0].startswith("SimCLR, ")
    with pytest.raises(SignError, match="no comparison of E1 names it"):
        replication(record, method="BYOL").asked()


def test_what_is_measured_on_the_spot_can_t_be_replicated_here(record):
    with pytest.raises(SignError, match="C5 is measured where it is run"):
        replication(record, claim="C5").asked()


def test_a_claim_that_these_data_can_t_decide_is_refused_with_the_reason(record):
    with pytest.raises(SignError, match="C1b can't be decided on synthetic, profile smoke: needs rows with"):
        replication(record, claim="C1b").asked()


def test_agreement_is_said_as_it_is():
    assert replicate.agreement(HOLDS, HOLDS) == "the same verdict" and "OPPOSITE" in replicate.agreement(HOLDS, FAILS)
    assert "nor its opposite" in replicate.agreement(FAILS, UNDECIDED)
    assert replicate.told(pd.DataFrame()) == {}
