"""The record: made from the studies' jobs, refused where a row was changed, served without training, made anew where it is old."""

import csv
import json
import math
import shutil
import time
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from conftest import make_signs
from pandas.testing import assert_frame_equal

from sslslr import paths, profiles, provenance
from sslslr.commands import plan
from sslslr.commands.record import Status
from sslslr.errors import SignError
from sslslr.learning import outdated, store
from sslslr.methods import simclr, slfpn
from sslslr.record import recording, rows, tables
from sslslr.record.recording import Recorded, Recording, recalled, table
from sslslr.record.tables import TABLES, Record
from sslslr.studies import comparison, evaluation
from sslslr.studies.catalogue import STUDIES, Asked

SOME = ("SL-FPN and controls", "Figure 4", "Table 3, few labels")


@pytest.fixture
def profile():
    smoke = profiles.load("smoke")
    tiny = {"blocks": 1, "width": 16, "heads": 2, "dropout": 0.1}
    return replace(smoke, encoder=tiny, frames=12, repeats=2, epochs=2, supervised_epochs=1, batch=32, rates=smoke.rates | {"grid": [1e-3]})


@pytest.fixture
def about(profile):
    return {"profile": profile, "corpora": {"lsa-like": make_signs(90, name="lsa-like", signers=6)}, "workers": 1, "dataset": "synthetic"}


@pytest.fixture
def untrained(monkeypatch):
    """From here on nothing may train, nor be asked at all."""

    def forbid():
        monkeypatch.setattr(recording.asking, "side_by_side", lambda *_, **__: pytest.fail("asked"))
        monkeypatch.setattr(store, "train", lambda *_: pytest.fail("trained"))
        shutil.rmtree(paths.runs())

    return forbid


def made(about, *names, **how) -> Record:
    """The record after these studies were recorded."""
    one = Recording(**about, **how)
    for name in names:
        one.ask(name)
    return one.record


def trainings() -> set[str]:
    return {p.parent.name for p in paths.runs().glob("*/provenance.json")}


def test_a_recorded_study_is_answered_without_training_as_it_was_live(about, untrained):
    live = Asked(about["profile"], about["corpora"], 1)
    tables_live = {name: live.ask(name) for name in SOME}
    record = made(about, *SOME)
    assert {k for (k,) in record["runs"]} == trainings(), "a row for each training, nothing else"
    untrained()
    served = Recorded(**about)
    for name in SOME:
        found, expected = served.ask(name), tables_live[name]
        for each in ("clips", "labels", "correct"):  # of clips only what a class has of them is kept
            if each in expected:
                found, expected = found.drop(columns=each), expected.drop(columns=each)
        assert_frame_equal(found, expected)
    told = served.about()
    assert told["stale"] == 0 and told["answers"] == sum(len(v) for v in served.served.values()) > 20
    assert told["runs"] == len(record["runs"]) and told["commits"] and told["to"] and "STALE" not in served.words()


def test_what_the_record_lacks_is_asked_as_ever(about):
    made(about, "SL-FPN and controls")
    before = trainings()
    served = Recorded(**about)
    assert len(served.ask("Table 1")) and trainings() > before
    assert len(served.served["Table 1"]) == 10, "five rows a repeat are those of SL-FPN and controls"
    assert all(r["study"] != "Table 1" for r in Record()["jobs"].values()), "serving writes nothing"


def test_a_run_s_row_is_what_the_store_says_of_it(about):
    record = made(about, "SL-FPN and controls")
    for (run,), row in record["runs"].items():
        folder = paths.runs() / run
        there = json.loads((folder / "provenance.json").read_text())
        said = json.loads((folder / "run.json").read_text())
        assert json.loads(row["settings"]) == {k: v for k, v in said.items() if k not in ("data", "versions")}
        assert (row["commit"], float(row["seconds"]), row["date"]) == (there["commit"], there["seconds"], provenance.today())
        assert row["weights"] == rows.weights(run) and json.loads(row["versions"]) == said["versions"]
        epochs, expected = rows.epochs_of(record, run), pd.read_csv(folder / "metrics.csv")
        if len(expected):
            assert_frame_equal(epochs[list(expected)], expected, check_dtype=False, rtol=1e-6)
            assert json.loads(row["last"])["loss"] == pytest.approx(expected["loss"].iloc[-1], rel=1e-6)
    assert len({r["group"] for r in record["runs"].values()}) == 2, "two repeats, two groups of held-out signers"
    assert {r["weights"] for r in record["runs"].values()} > {""} or len({r["weights"] for r in record["runs"].values()}) == len(
        record["runs"]
    )


def test_accuracies_of_classes_are_those_of_their_clips(about):
    live = Asked(about["profile"], about["corpora"], 1).ask("Figure 4")
    served = recalled_table(made(about, "Figure 4"), "Figure 4")
    for one, other in zip(live.itertuples(), served.itertuples(), strict=True):
        for k in set(one.labels):
            own, its = np.array(one.labels) == k, np.array(other.labels) == k
            assert own.sum() == its.sum() and np.array(one.correct)[own].mean() == pytest.approx(np.array(other.correct)[its].mean())
        assert one.seconds == other.seconds


def test_no_clip_s_and_no_signer_s_name_enters(about):
    signs = about["corpora"]["lsa-like"]
    renamed = replace(
        signs, kind="real", clips=np.array([f"Maria_{c}" for c in signs.clips]), signers=np.array([f"Maria {s}" for s in signs.signers])
    )
    record = made(about | {"corpora": {"mine": renamed}, "dataset": "mine"}, "SL-FPN and controls", "Figure 4")
    assert record["classes"] and all(row["kind"] == "real" for row in record["runs"].values())
    assert not [p.name for p in record.folder.glob("*.csv") if "Maria" in p.read_text()]


def recalled_table(record, study, **options):
    return table(record, recalled(record, "synthetic", "smoke", study, **options))


@pytest.mark.parametrize("study", ["Table 1", *SOME, "Table 6, frozen"])
def test_a_study_s_table_can_be_had_without_its_data(about, study, untrained):
    record = made(about, study)
    asked = Recorded(**about).ask(study)
    untrained()
    assert_frame_equal(recalled_table(Record(), study), asked)
    assert record["jobs"]


def test_rows_that_an_option_changes_are_rows_of_their_own(about):
    one = Recording(**about)
    one.ask("Figure 4"), one.ask("Figure 4", method="byol")
    slfpn_rows, byol = recalled_table(one.record, "Figure 4"), recalled_table(one.record, "Figure 4", method="byol")
    assert len(slfpn_rows) == len(byol) and not np.allclose(slfpn_rows["test"], byol["test"])
    with pytest.raises(SignError, match=r"nothing of Table 1 on synthetic, profile smoke: make record"):
        recalled_table(one.record, "Table 1")


def test_every_job_of_every_study_has_a_place_of_its_own(profile):
    corpora = {c: make_signs(90, name=c, signers=6) for c in ("lsfb-like", "asl-citizen-like", "gsl-like", "lsa-like")}
    walk = Status(profile=profile, corpora=corpora, dataset="synthetic")
    seen = dict.fromkeys(STUDIES, 0)
    answers = walk.answers

    def count(study, asked):
        seen[study.name] += len(asked)
        return answers(study, asked)

    walk.answers = count
    for name in STUDIES:
        before = dict(seen)
        walk.ask(name)
        if seen[name] - before[name] and before[name] == 0:
            assert len(walk.counted[name]["jobs"]) == seen[name], f"{name}: two jobs in one place"
    assert "complete" not in walk.tell(list(STUDIES.values())) and len(walk.missing) > 100


# -- a row that was changed ------------------------------------------------------------------------------------------------


@pytest.fixture
def small(about):
    """A record with a row in every table but ``points``."""
    return made(about, "SL-FPN and controls", "Figure 4")


def edited(record, name, change) -> list:
    """Change the third line of a table on disk; returns its cells as they were."""
    path = record.folder / f"{name}.csv"
    with path.open(newline="") as file:
        lines = list(csv.reader(file))
    before = list(lines[2])
    lines[2] = change(dict(zip(lines[0], before, strict=True)))
    with path.open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([line for line in lines if line])
    return before


@pytest.mark.parametrize(
    "name, column, value",
    [
        ("runs", "seconds", "1.0"), ("runs", "weights", "0123456789abcdef"), ("runs", "seed", "7"), ("jobs", "study", "Table 1"),
        ("answers", "values", '{"linear_standardised_top1":0.99}'), ("epochs", "loss", "0.1"), ("classes", "correct", "1.0"),
    ],
)  # fmt: skip
def test_a_row_changed_by_hand_is_refused_and_named(small, name, column, value):
    before = edited(small, name, lambda row: list((row | {column: value}).values()))
    with pytest.raises(SignError, match=r"changed") as refused:
        Record()
    assert before[3 if name == "jobs" else 0] in str(refused.value) and (f"{name}.csv" in str(refused.value) or TABLES[name].owner)


@pytest.mark.parametrize(
    "name, column, value, said",
    [
        ("runs", "seconds", "quick", r"runs.csv, line 3 .*column seconds is 'quick'"),
        ("runs", "date", "yesterday", r"expected a date"),
        ("runs", "settings", "{", r"column settings"),
        ("answers", "run", "SimCLR", r"16 hexadecimal digits"),
        ("epochs", "epoch", "1.5", r"column epoch is '1.5'"),
    ],
)
def test_a_row_that_does_not_fit_the_schema_is_refused_even_with_its_hash_made_anew(small, name, column, value, said):
    def change(row):
        cells = {k: v for k, v in (row | {column: value}).items() if k != "hash"}
        return [*cells.values(), *([] if TABLES[name].owner else [tables.hashed(cells.values())])]

    edited(small, name, change)
    with pytest.raises(SignError, match=said):
        Record()


@pytest.mark.parametrize("name", ["runs", "answers", "jobs"])
def test_a_row_taken_out_is_missing_with_all_that_stands_on_it_and_is_made_anew(small, about, name):
    whole = small.decided()
    edited(small, name, lambda _: [])
    assert len(Record()["jobs"]) < len(whole["jobs"])
    assert made(about, "SL-FPN and controls", "Figure 4").decided() == whole and Record().decided() == whole


@pytest.mark.parametrize("name", ["epochs", "classes"])
def test_a_row_taken_out_of_a_long_table_is_missed_by_the_row_that_it_belongs_to(small, name):
    before = edited(small, name, lambda _: [])
    with pytest.raises(SignError, match=f"{before[0]}.* were changed, or some are gone"):
        Record()


def test_a_column_too_many_or_a_row_twice_is_refused(small):
    path = small.folder / "jobs.csv"
    text = path.read_text()
    path.write_text(text + text.splitlines()[-1] + "\n")
    with pytest.raises(SignError, match="there twice"):
        Record()
    path.write_text(text.replace("dataset,", "dataset,colour,", 1))
    with pytest.raises(SignError, match=r"first line has columns dataset, colour"):
        Record()


# -- made, stopped, made anew ----------------------------------------------------------------------------------------------


class Killed(BaseException):
    """As a SIGKILL: nothing of ours runs after it."""


def test_killed_between_any_two_writes_it_is_valid_and_ends_as_the_undisturbed_one(about, monkeypatch):
    whole = made(about, "SL-FPN and controls", "Figure 4").decided()
    shutil.rmtree(paths.record())
    monkeypatch.setattr(recording, "SAVE", 0.0)
    written, write = [0], tables.write
    for death in range(1, 14):

        def dies(*words, death=death):
            if written[0] >= death:
                raise Killed
            write(*words)
            written[0] += 1

        written[0] = 0
        monkeypatch.setattr(tables, "write", dies)
        with pytest.raises(Killed):
            made(about, "SL-FPN and controls", "Figure 4")
        half = Record()
        assert len(half["answers"]) < len(whole["answers"])
    monkeypatch.setattr(tables, "write", write)
    assert made(about, "SL-FPN and controls", "Figure 4").decided() == whole and Record().decided() == whole


def test_killed_while_it_tidies_it_is_valid(about, raised, monkeypatch):
    made(about, "Table 1")
    raised(simclr)
    record = made(about, "Table 1")
    write = tables.write
    for death in range(6, 11):  # six writes save, five tidy

        def dies(*words, death=death, at=[0]):  # noqa: B006
            if at[0] >= death:
                raise Killed
            write(*words)
            at[0] += 1

        monkeypatch.setattr(tables, "write", dies)
        with pytest.raises(Killed):
            Record().tidy()
        Record()
    monkeypatch.setattr(tables, "write", write)
    assert Record().tidy() >= 0 and len(Record()["runs"]) < len(record["runs"])


def test_when_the_time_is_over_a_run_stops_after_its_epoch_and_goes_on(about, monkeypatch):
    one = Recording(**about, end=time.time())
    with pytest.raises(store.OutOfTime):
        one.ask("SL-FPN and controls")
    assert not trainings() and not Record()["runs"]
    calls = iter(range(1000))

    def over():
        if next(calls) >= 8:
            raise store.OutOfTime

    with monkeypatch.context() as patch:
        patch.setattr(store, "in_time", over)
        with pytest.raises(store.OutOfTime):
            made(about, "SL-FPN and controls")
    assert Record()["runs"] and len(list(paths.runs().glob("*/state.safetensors"))) == 1, "stopped in the middle of a training"
    resumed = made(about, "SL-FPN and controls").decided()
    assert not list(paths.runs().glob("*/state.safetensors"))
    shutil.rmtree(paths.runs()), shutil.rmtree(paths.record())
    assert made(about, "SL-FPN and controls").decided() == resumed


def test_one_error_loses_nothing_that_is_done(about, monkeypatch):
    inside = evaluation.evaluate.__globals__["fetch"]
    seen = []

    def fails(run, signs):
        seen.append(run)
        if len(seen) > 4:
            raise SignError("the loss is nan")
        return inside(run, signs)

    monkeypatch.setattr(evaluation, "fetch", fails)
    with pytest.raises(SignError, match="loss is nan"):
        made(about, "SL-FPN and controls")
    assert len(Record()["answers"]) >= 4


# -- older code ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def raised(monkeypatch):
    """Raise the version of a module, as its file would."""

    def to(module):
        now = provenance.known()
        monkeypatch.setattr(module, "VERSION", module.VERSION.rpartition(" ")[0] + " 99")
        path = module.__name__.removeprefix("sslslr.").replace(".", "/") + ".py"
        for user in (outdated, provenance):
            monkeypatch.setattr(user, "known", lambda: now | {path: module.VERSION})

    return to


def test_rows_of_older_code_are_served_marked_and_made_anew_alone(about, raised, untrained):
    record = made(about, "Table 1")
    old = {run for (run,), row in record["runs"].items() if row["method"] == "simclr"}
    raised(simclr)
    assert {run for (run,) in record["runs"] if rows.stale(record, run)} == old
    walk = Status(**about)
    walk.ask("Table 1")
    told = walk.tell([STUDIES["Table 1"]])
    stale = [r for r in record["jobs"].values() if r["study"] == "Table 1" and json.loads(r["place"])["model"] == "SimCLR"]
    assert walk.counted["Table 1"]["stale"] == len(stale) == 8 and "not recorded yet" in told

    served = Recorded(**about)
    assert len(served.ask("Table 1")) == len(recalled(record, "synthetic", "smoke", "Table 1"))
    assert served.about()["stale"] >= 8 and "STALE" in served.words()
    assert all("simclr 1" in why for why in served.old["Table 1"].values())

    shutil.rmtree(paths.runs())
    record = made(about, "Table 1")
    assert {r["method"] for (run,), r in record["runs"].items() if run in trainings()} == {"simclr"}, "no other method was trained again"
    assert record.tidy() and not old & {run for (run,) in record["runs"]}
    served = Recorded(**about)
    served.ask("Table 1")
    assert served.about()["stale"] == 0


def test_answers_of_older_probes_are_old_though_their_runs_are_not(about, raised):
    record = made(about, "SL-FPN and controls")
    raised(evaluation)
    for row in record["jobs"].values():
        assert rows.stale(record, row["run"]) == "" and rows.stale(record, row["run"], row["answer"]) == "answered by evaluation 1"


def test_a_fine_tuning_that_starts_from_an_old_run_is_old(about, raised):
    record = made(about, "Table 6, fine-tuning")
    tuned = {run: json.loads(r["settings"])["start"] for (run,), r in record["runs"].items() if "start" in json.loads(r["settings"])}
    raised(slfpn)
    why = {run: rows.stale(record, run) for run in tuned}
    assert any("starts from" in w for w in why.values()) and all(why[run] == "" for run, start in tuned.items() if not start)


# -- more than one maker ---------------------------------------------------------------------------------------------------


def test_two_makers_at_once_lose_no_row_of_each_other(about):
    one, two = Recording(**about), Recording(**about)
    one.ask("SL-FPN and controls")
    two.ask("Figure 4")
    assert {r["study"] for r in Record()["jobs"].values()} == {"SL-FPN and controls", "Figure 4", "learning rates"}


def test_records_made_apart_merge_line_by_line(about, tmp_path, monkeypatch):
    made(about, "SL-FPN and controls")
    monkeypatch.setenv("SSLSLR_RECORD", str(tmp_path / "other"))
    made(about, "Figure 4")
    for path in (tmp_path / "other").glob("*.csv"):
        mine = tmp_path / "record" / path.name
        lines = (
            [*mine.read_text().splitlines(True), *path.read_text().splitlines(True)] if mine.exists() else path.read_text().splitlines(True)
        )
        (tmp_path / "merged").mkdir(exist_ok=True)
        (tmp_path / "merged" / path.name).write_text("".join(dict.fromkeys(lines)))
    for path in (tmp_path / "record").glob("*.csv"):
        if not (tmp_path / "merged" / path.name).exists():
            shutil.copy(path, tmp_path / "merged")
    both = Record(tmp_path / "merged")
    assert {r["study"] for r in both["jobs"].values()} == {"SL-FPN and controls", "Figure 4", "learning rates"}


def test_numbers_read_as_they_were_and_nothing_where_nothing_was_measured():
    assert tables.number("0.1") == 0.1 and math.isnan(tables.number("")) and tables.as_text(float("nan")) == ""
    assert json.loads(tables.as_text({"a": [1, 2.5]})) == {"a": [1, 2.5]}
    with pytest.raises(SignError, match="table runs: missing or unknown columns colour"):
        TABLES["runs"].row(dict.fromkeys(TABLES["runs"].columns, "") | {"colour": "blue"})


def test_rates_of_a_method_alone_ask_no_other(profile, about):
    walk = Status(**about)
    walk.ask("Table 1", methods=("byol",), controls=())
    asked = [r for c in walk.counted.values() for r in c["jobs"]]
    assert {key[2] for key in asked} == {"learning rates", "Table 1"} and len(asked) == len(profile.rates["grid"]) + 2 * len(
        comparison.VIEW_SETS
    )
    assert plan.blank  # blanks stand for what is not there
