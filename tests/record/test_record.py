"""The record: made from the studies' jobs, refused where a row was changed, served without training, made anew where it is old."""

import csv
import json
import math
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import folders_in, make_signs
from pandas.testing import assert_frame_equal

from sslslr import paths, profiles, provenance
from sslslr.commands import main
from sslslr.commands.record import Status, asked_for, wanted_of
from sslslr.errors import SignError
from sslslr.learning import cluster, outdated, store
from sslslr.methods import simclr, slfpn, supervised
from sslslr.record import recording, rows, tables
from sslslr.record.recording import Recorded, Recording, Served, recalled, table
from sslslr.record.tables import TABLES, Record
from sslslr.report.stage import Stage
from sslslr.studies import evaluation
from sslslr.studies.catalogue import STUDIES, Asked

BOTH = ("SL-FPN and controls", "Figure 4")
SOME = ("SL-FPN and controls", "Figure 4", "Table 3, few labels")


def tiny() -> profiles.Profile:
    smoke = profiles.load("smoke")
    encoder = {"blocks": 1, "width": 16, "heads": 2, "dropout": 0.1}
    return replace(smoke, encoder=encoder, frames=12, repeats=2, epochs=2, batch=32)


def asked() -> dict:
    signs = make_signs(90, name="lsa-like", signers=6)
    corpora = {"lsa-like": replace(signs, split=np.full(len(signs), "", "<U5"))}
    return {"profile": tiny(), "corpora": corpora, "workers": 1, "dataset": "synthetic"}


@pytest.fixture
def profile():
    return tiny()


@pytest.fixture
def about():
    return asked()


@pytest.fixture(scope="module")
def once(tmp_path_factory):
    """A folder with a record that has a row in every table but ``points``, and its run store."""
    folder = tmp_path_factory.mktemp("once")
    with folders_in(folder):
        made(asked(), *BOTH)
    return folder


@pytest.fixture
def small(once):
    """That record, and its run store, of this test's own."""
    shutil.copytree(once / "runs", paths.runs())
    shutil.copytree(once / "record", paths.record())
    return Record()


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


def test_a_profile_that_says_so_answers_a_notebook_from_the_record_and_stamps_what_it_makes(small, about, untrained, monkeypatch):
    untrained()
    monkeypatch.setattr(profiles, "load", lambda _: replace(about["profile"], recorded=True))
    stage = Stage("smoke")
    stage.corpora = about["corpora"]
    assert "recorded" not in stage.stamp() and "recorded" not in stage.made()
    stage.table(stage.ask("SL-FPN and controls"), "x", "A table.")
    said = json.loads((stage.folder / "tables" / "x.json").read_text())
    assert "recorded: 10 answers of 8 runs" in said["stamp"] and said["recorded"]["stale"] == 0
    assert said["recorded"]["commits"] and said["recorded"]["core_hours"] >= 0


def test_what_the_record_lacks_is_asked_as_ever(small, about):
    before = trainings()
    served = Recorded(**about)
    assert len(served.ask("Table 1")) and trainings() > before
    assert len(served.served["Table 1"]) == 10, "five rows a repeat are those of SL-FPN and controls"
    assert all(r["study"] != "Table 1" for r in Record()["jobs"].values()), "serving writes nothing"


def test_curves_are_those_of_the_record_and_nothing_trains(about, untrained):
    live = Asked(about["profile"], about["corpora"], 1).curves("SL-FPN and controls")
    made(about, "SL-FPN and controls")
    untrained()
    served = Recorded(**about).curves("SL-FPN and controls")
    assert_frame_equal(served[list(live)], live, check_dtype=False, rtol=1e-6)
    assert set(served.groupby(["model", "repeat"]).size()) == {2}, "a row an epoch of each model that trains"


def test_a_small_profile_shows_what_was_decided_where_that_is_complete_and_its_own_elsewhere(about, untrained):
    large = replace(about["profile"], name="large", epochs=3)
    made(about, *SOME)
    decides = "Table 3, few labels"
    made(about | {"profile": large}, decides)
    untrained()

    def served(record: Record) -> Served:
        decided = Recorded(**about | {"profile": large}, current=True, complete=True, record=record)
        return Served(**about, current=True, decided=decided, record=record)

    one, own, others = served(Record()), Recorded(**about), Recorded(**about | {"profile": large})
    assert_frame_equal(one.ask(decides), others.ask(decides))
    assert not own.ask(decides).equals(others.ask(decides)) and one.about()["profiles"] == ["large"]
    assert_frame_equal(one.ask("SL-FPN and controls"), own.ask("SL-FPN and controls"))
    assert one.about()["profiles"] == ["large", "smoke"] and "(profile large and smoke)" in one.words()
    short = Record()
    shared = {row["run"] for row in short["jobs"].values() if row["profile"] != "large"}
    lost = next(row for row in short["jobs"].values() if row["run"] not in shared)
    del short["answers"][lost["run"], lost["answer"]]
    assert_frame_equal(served(short).ask(decides), own.ask(decides))


def test_a_small_profile_makes_stale_rows_anew(small, about, monkeypatch):
    monkeypatch.setattr(slfpn, "VERSION", "sl-fpn 99")
    decided = Recorded(**about, current=True, complete=True)
    one, before = Served(**about, current=True, decided=decided), trainings()
    one.ask("SL-FPN and controls")
    assert trainings() > before and one.about()["stale"] == 0
    assert Recorded(**about).ask("SL-FPN and controls") is not None


def test_a_study_that_asks_nothing_on_a_profile_has_a_line_like_any_other(about):
    walk = Status(**about | {"profile": replace(about["profile"], tuning=about["profile"].tuning | {"methods": []})})
    walk.ask("tuning")
    assert walk.tell([STUDIES["tuning"]]).splitlines()[1].split() == ["tuning", "0", "0", "0", "0", "0", "0", "s"]


def test_a_run_s_row_is_what_the_store_says_of_it(small):
    record = small
    for (run,), row in record["runs"].items():
        folder = paths.runs() / run
        there = json.loads((folder / "provenance.json").read_text())
        said = json.loads((folder / "run.json").read_text())
        assert json.loads(row["settings"]) == {k: v for k, v in said.items() if k not in ("data", "versions")}
        assert (row["commit"], float(row["seconds"]), row["date"]) == (there["commit"], there["seconds"], provenance.today())
        assert row["weights"] == rows.weights(run) and json.loads(row["versions"]) == said["versions"]
        epochs, expected = rows.epochs_of(record, run), pd.read_csv(folder / "metrics.csv")
        assert len(epochs) == len(expected) * bool(row["epochs"])
        if row["epochs"]:
            assert_frame_equal(epochs[list(expected)], expected, check_dtype=False, rtol=1e-6)
            assert json.loads(row["last"])["loss"] == pytest.approx(expected["loss"].iloc[-1], rel=1e-6)
    assert any(row["epochs"] for row in record["runs"].values()) and not all(row["epochs"] for row in record["runs"].values())
    assert len({r["group"] for r in record["runs"].values()}) == 2, "two repeats, two groups of held-out signers"
    assert {r["weights"] for r in record["runs"].values()} > {""} or len({r["weights"] for r in record["runs"].values()}) == len(
        record["runs"]
    )


def test_accuracies_of_classes_are_those_of_their_clips(small, about):
    live = Asked(about["profile"], about["corpora"], 1).ask("Figure 4")
    served = recalled_table(small, "Figure 4")
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
    record = made(about | {"corpora": {"mine": renamed}, "dataset": "mine"}, *BOTH)
    assert record["classes"] and all(row["kind"] == "real" for row in record["runs"].values())
    assert not [p.name for p in record.folder.glob("*.csv") if "Maria" in p.read_text()]


def recalled_table(record, study, **options):
    return table(record, recalled(record, "synthetic", "smoke", study, **options))


@pytest.mark.parametrize("study", ["Table 1", *SOME, "Table 6, frozen"])
def test_a_study_s_table_can_be_had_without_its_data(about, study, untrained):
    record = made(about, study)
    asked = Recorded(**about).ask(study)
    untrained()
    assert_frame_equal(recalled_table(Record(), study), asked.drop(columns="held_out", errors="ignore"))  # names of signers stay out
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
    asked_there: dict[tuple, set] = defaultdict(set)
    answers = walk.answers

    def noted(study, asked):
        for i, job in enumerate(asked):
            names = rows.named(job)
            asked_there[TABLES["jobs"].key_of(walk.place(study, i, job, names))].add(names)
        return answers(study, asked)

    walk.answers = noted
    for name in STUDIES:
        walk.ask(name)
    assert {study for _, _, study, *_ in asked_there} == set(STUDIES)
    assert [place for place, names in asked_there.items() if len(names) > 1] == [], "two questions in one place"
    assert "complete" not in walk.tell(list(STUDIES.values())) and len(walk.missing) > 100


# -- a row that was changed ------------------------------------------------------------------------------------------------


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
        ("answers", "values", '{"linear_standardised_top1":0.99}'), ("epochs", "loss", "0.1"), ("classes", "correct", "0.123"),
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
    assert made(about, *BOTH).decided() == whole and Record().decided() == whole


@pytest.mark.parametrize("name", ["epochs", "classes"])
def test_a_row_taken_out_of_a_long_table_is_missed_by_the_row_that_it_belongs_to(small, name):
    before = edited(small, name, lambda _: [])
    with pytest.raises(SignError, match=f"{before[0]}.* were changed, or some are gone"):
        Record()


def test_a_column_too_many_or_another_row_of_the_same_epoch_is_refused(small):
    path = small.folder / "epochs.csv"
    text = path.read_text()
    line = text.splitlines()[-1]
    path.write_text(f"{text}{line}\n")
    assert Record().decided() == small.decided(), "the same line twice, as of a merge"
    path.write_text(f"{text}{line.rpartition(',')[0]},9.5\n")
    with pytest.raises(SignError, match="there twice, with other numbers"):
        Record()
    path.write_text(text.replace("run,", "colour,run,", 1))
    with pytest.raises(SignError, match=r"first line has columns colour, run"):
        Record()


# -- made, stopped, made anew ----------------------------------------------------------------------------------------------


class Killed(BaseException):
    """As a SIGKILL: nothing of ours runs after it."""


def test_killed_between_any_two_writes_it_is_valid_and_ends_as_the_undisturbed_one(small, about, monkeypatch):
    whole = small.decided()
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
            made(about, *BOTH)
        half = Record()
        assert len(half["answers"]) < len(whole["answers"])
    monkeypatch.setattr(tables, "write", write)
    assert made(about, *BOTH).decided() == whole and Record().decided() == whole


MAKER = """
import sys
sys.path[:0] = {tests!r}
import torch
from test_record import BOTH, asked, made, recording
torch.set_num_threads(1)
recording.SAVE = 0.2
print("begun", flush=True)
made(asked(), *BOTH)
"""


def test_killed_at_random_moments_and_resumed_it_ends_as_the_undisturbed_one(small, tmp_path, monkeypatch):
    """Two SIGKILLs; ``benchmarks/record_killed.py`` has ten, of the command."""
    for name in ("RUNS", "RECORD"):
        monkeypatch.setenv(f"SSLSLR_{name}", str(tmp_path / "killed" / name.lower()))
    code, rng, ends = MAKER.format(tests=[str(p) for p in Path(__file__).parents[:2]]), random.Random(0), []
    for runs in [2, 5, None]:
        maker = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert maker.stdout.readline() == "begun\n"
        if runs:
            while len(trainings()) < runs and maker.poll() is None:
                time.sleep(0.01)
            time.sleep(rng.uniform(0, 0.1))
            maker.kill()
        ends.append(maker.wait())
        Record()
    assert ends == [-signal.SIGKILL, -signal.SIGKILL, 0] and Record().decided() == small.decided()


def test_killed_while_it_tidies_it_is_valid(small, about, raised, monkeypatch):
    raised(supervised)
    record = made(about, *BOTH)
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


def test_the_command_says_what_is_missing_and_stops_when_its_time_is_over(capsys):
    assert main(["record", "--profile", "smoke", "--study", "SL-FPN and controls", "--minutes", "0", "--workers", "1"]) == 0
    before, after = capsys.readouterr().out.split("the 0 minutes are over")
    for told in (before, after):
        (line,) = [line for line in told.splitlines() if line.startswith("SL-FPN and controls")]
        assert line.removeprefix("SL-FPN and controls").split()[:4] == ["40", "0", "0", "40"], "jobs, recorded, stale, missing"
        assert "not recorded yet: 32 runs" in told
    assert not trainings()


@pytest.mark.parametrize(
    "words, said",
    [
        (["--claim", "C99"], "CLAIM=C99 is unknown; there are C1, "),
        (["--study", "Table 9"], "study 'Table 9' is unknown; there are SL-FPN and controls, "),
        (["--method", "mine"], r"METHOD=mine is unknown; there are .*CONTRIBUTING"),
        (["--dataset", "mp-data", "--data", "."], "DATASET=mp-data is a layout .* NAME="),
        (["--minutes", "an hour"], "MINUTES=an hour: expected a whole number"),
        (["--set", "SEEDS"], "SEEDS: expected NAME=VALUE"),
        (["--set", "COLOUR=blue"], "COLOUR is an option of no study"),
    ],
)
def test_words_that_it_does_not_know_are_one_line(words, said, capsys):
    assert main(["record", "--profile", "smoke", *words]) == 2
    assert re.search(said, capsys.readouterr().err)


def test_a_claim_names_its_studies_and_an_option_goes_to_those_that_have_it():
    assert {s.name for s in wanted_of([], "C1")} == {"tuning", "Table 1", "Table 1, MLP probe"} and len(wanted_of([], "")) == len(STUDIES)
    said = {"seeds": "3", "only_table6": "1"}
    assert asked_for(STUDIES["Table 6, frozen"], "", said) == {"seeds": 3, "only_table6": True}
    assert asked_for(STUDIES["tuning"], "", {"methods": "simclr,slfpn"}) == {"methods": ("simclr", "slfpn")}
    assert asked_for(STUDIES["Table 1"], "byol", said) == {"methods": ("byol",), "controls": ()}


def test_on_a_dask_cluster_it_is_the_same_record(small, about, tmp_path, monkeypatch):
    from distributed import LocalCluster

    for name in ("RUNS", "RECORD"):
        monkeypatch.setenv(f"SSLSLR_{name}", str(tmp_path / "cluster" / name.lower()))
    with LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, memory_limit=0) as local:
        monkeypatch.setenv(cluster.SCHEDULER, "dask://" + local.scheduler_address.removeprefix("tcp://"))
        assert made(about, *BOTH).decided() == small.decided()


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
    assert (
        walk.counted["Table 1"]["stale"] == len(stale) == 14 and "not recorded yet" in told
    )  # 2 x 5 view sets, and a third run of what E1 and E2 compare

    served = Recorded(**about)
    assert len(served.ask("Table 1")) == len(recalled(record, "synthetic", "smoke", "Table 1"))
    assert served.about()["stale"] >= 10 and "STALE" in served.words()
    assert all("simclr 1" in why for why in served.old["Table 1"].values())

    shutil.rmtree(paths.runs())
    record = made(about, "Table 1")
    assert {r["method"] for (run,), r in record["runs"].items() if run in trainings()} == {"simclr"}, "no other method was trained again"
    assert record.tidy() and not old & {run for (run,) in record["runs"]}
    served = Recorded(**about)
    served.ask("Table 1")
    assert served.about()["stale"] == 0


def test_a_run_of_another_precision_need_not_be_made_anew(about, untrained):
    fast, slow = (about | {"profile": replace(about["profile"], precision=p)} for p in ("bf16", "fp32"))
    before = made(fast, "Table 6, fine-tuning").decided()
    untrained()
    served = Recorded(**slow)
    assert len(served.ask("Table 6, fine-tuning")) and served.about()["stale"] == 0
    assert made(slow, "Table 6, fine-tuning").decided() == before
    other = slow | {"profile": replace(slow["profile"], batch=31)}
    served = Recorded(**other)
    served.ask("Table 6, fine-tuning")
    assert served.about()["stale"] == served.about()["answers"] and "other settings" in str(served.old)


def test_answers_of_older_probes_are_old_though_their_runs_are_not(small, raised):
    record = small
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
    assert {r["study"] for r in Record()["jobs"].values()} == set(BOTH)


def test_records_made_apart_come_together_by_git_s_own_merge_of_lines(about, tmp_path, monkeypatch):
    folders = [tmp_path / "mine", tmp_path / "theirs"]
    for folder, study in zip(folders, BOTH, strict=True):
        monkeypatch.setenv("SSLSLR_RECORD", str(folder))
        made(about, study)
    for table_ in TABLES:
        mine, theirs = (folder / f"{table_}.csv" for folder in folders)
        if mine.exists() and theirs.exists():
            base = tmp_path / "base"
            base.write_text(mine.read_text().splitlines(True)[0])
            subprocess.run(["git", "merge-file", "--union", mine, base, theirs], check=True)
        elif theirs.exists():
            shutil.copy(theirs, mine)
    assert "data/record/*.csv merge=union" in (paths.ROOT / ".gitattributes").read_text()
    both = Record(tmp_path / "mine")
    assert {r["study"] for r in both["jobs"].values()} == set(BOTH)
    monkeypatch.setenv("SSLSLR_RECORD", str(tmp_path / "mine"))
    merged = made(about, *BOTH).decided()
    monkeypatch.setenv("SSLSLR_RECORD", str(tmp_path / "alone"))
    alone = made(about, *BOTH).decided()
    assert {n: merged[n] for n in TABLES if n != "jobs"} == {n: alone[n] for n in TABLES if n != "jobs"}


def test_numbers_read_as_they_were_and_nothing_where_nothing_was_measured():
    assert tables.number("0.1") == 0.1 and math.isnan(tables.number("")) and tables.as_text(float("nan")) == ""
    assert json.loads(tables.as_text({"a": [1, 2.5]})) == {"a": [1, 2.5]}
    with pytest.raises(SignError, match="table runs: missing or unknown columns colour"):
        TABLES["runs"].row(dict.fromkeys(TABLES["runs"].columns, "") | {"colour": "blue"})
