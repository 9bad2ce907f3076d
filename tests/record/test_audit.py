"""The audit: an honest record agrees bit for bit; an altered number, hash or place is found and named; older code without training."""

import json
import math
import shutil
from dataclasses import replace

import numpy as np
import pytest
from conftest import folders_in, make_signs

from sslslr import paths, profiles, provenance
from sslslr.commands import audit as command
from sslslr.errors import SignError
from sslslr.methods import slfpn
from sslslr.record import audit as auditing
from sslslr.record import draw, tables, tolerance
from sslslr.record.audit import Auditor
from sslslr.record.recording import Recording
from sslslr.record.tables import TABLES, Record
from sslslr.record.tolerance import Tolerances

SMOKE = profiles.load("smoke")
WIDE = Tolerances({p: {"evaluation.evaluate.rank": {"tolerance": 0.5, "scale": 1.0}, "x.top1": {"tolerance": 9.0, "scale": 1.0}} for p in ("fp32", "bf16", tolerance.AS_FP32)})  # fmt: skip


def asked() -> dict:
    encoder = {"blocks": 1, "width": 16, "heads": 2, "dropout": 0.1}
    profile = replace(SMOKE, encoder=encoder, frames=12, repeats=2, epochs=2, batch=32, precision="bf16")
    signs = make_signs(90, name="lsa-like", signers=6)
    return {"profile": profile, "corpora": {"lsa-like": replace(signs, split=np.full(len(signs), "", "<U5"))}, "dataset": "synthetic"}


@pytest.fixture(autouse=True)
def native(monkeypatch):
    """On whatever processor the tests run: bf16 counts as native, so that a run is made again as it was recorded."""
    monkeypatch.setattr(auditing, "resolve", lambda _: "bf16")


@pytest.fixture(scope="module")
def once(tmp_path_factory):
    """A record of three studies, one of them adaptive in what it needs, one with curves."""
    folder = tmp_path_factory.mktemp("once")
    with folders_in(folder):
        one = Recording(**asked(), workers=1)
        for name in ("SL-FPN and controls", "Figure 4", "tuning", "Table 6, fine-tuning"):
            one.ask(name)
    return folder / "record"


@pytest.fixture
def small(once):
    """That record, of this test's own; the run store is empty."""
    shutil.copytree(once, paths.record())
    return Record()


def opened(_):
    about = asked()
    return about["profile"], about["corpora"], None


def examined(record, *runs, tolerances=WIDE):
    found = draw.belonging(record, "synthetic")
    return Auditor(record, "synthetic", opened, tolerances, workers=1).examine(runs or list(found)[:1], found)


def altered(table: str, change, **fits) -> str:
    """Change the first row that fits, with a hash of itself as an honest row has; returns its run."""
    record = Record()
    key, row = next((k, r) for k, r in sorted(record[table].items()) if all(r[c] == v for c, v in fits.items()))
    new = {c: v for c, v in (row | change(row)).items() if c != "hash"}
    record.tables[table][key] = new | {"hash": tables.hashed(new.values())}
    tables.write(TABLES[table], record.folder, record.tables[table])
    assert Record()[table][key] != row, "the record itself has nothing against it"
    return row["run"]


def run_of(record, study, **place) -> str:
    fits = (r for r in record["jobs"].values() if r["study"] == study and place.items() <= json.loads(r["place"]).items())
    return min(fits, key=lambda r: int(r["number"]))["run"]


def forbidden(monkeypatch):
    monkeypatch.setattr(auditing.asking, "side_by_side", lambda jobs, *_: [] if not jobs else pytest.fail("trained"))


def test_an_honest_record_agrees_bit_for_bit_whatever_the_study(small):
    chosen = [run_of(small, "SL-FPN and controls", repeat=1), run_of(small, "Figure 4"), run_of(small, "tuning"), run_of(small, "Table 6, fine-tuning")]  # fmt: skip
    found = examined(small, *chosen, tolerances=Tolerances())
    assert [f.words() for f in found if not f.good] == [] and all(f.strict for f in found)
    assert all(f.numbers > 10 and "bit for bit" in f.words() for f in found)
    assert not paths.runs().exists(), "trained in a store of its own"


def test_an_altered_number_is_found_and_named_with_both_values(small):
    fits = {"answer": next(r["answer"] for r in small["jobs"].values() if r["study"] == "SL-FPN and controls")}

    def better(row):
        values = json.loads(row["values"])
        return {
            "values": json.dumps(values | {"linear_standardised_top1": values["linear_standardised_top1"] + 1e-9}, separators=(",", ":"))
        }

    run = altered("answers", better, **fits)
    (found,) = examined(Record(), run)
    ((name, recorded, anew),) = found.wrong
    assert name == "evaluation.evaluate.linear_standardised_top1" and recorded - anew == pytest.approx(1e-9, rel=1e-3)
    assert f"{name}: recorded {recorded}, made anew {anew}" in found.words() and run in found.words() and found.close


def test_an_altered_weight_hash_and_an_altered_class_are_found(small):
    run = altered("runs", lambda _: {"weights": "0123456789abcdef"}, run=run_of(small, "Figure 4"))
    record = Record()
    (found,) = examined(record, run)
    assert [name for name, *_ in found.wrong] == ["weights"] and found.wrong[0][1] == "0123456789abcdef"
    key = next(k for k in sorted(record["classes"]) if k[0] == run)
    record.tables["classes"][key]["correct"] = "0.123"
    record._long = None
    (found,) = examined(record, run)
    assert {name for name, *_ in found.wrong} == {"weights", "classes.correct"}


def test_a_run_in_another_s_place_is_found_without_training(small, monkeypatch):
    """The strongest forgery by hand: every row is honest, but a model is shown with another's answer."""
    a, b = (run_of(small, "SL-FPN and controls", model=m, repeat=0) for m in ("SL-FPN, boundary views", "random encoder"))
    altered("jobs", lambda _: {"run": b}, run=a, study="SL-FPN and controls")
    forbidden(monkeypatch)
    record, found = Record(), []
    for row in (r for r in record["jobs"].values() if r["run"] == b and r["study"] == "SL-FPN and controls"):
        job, why = Auditor(record, "synthetic", opened, WIDE).job(row)
        found += [] if job else [why]
    assert found and a in found[0]


def test_a_loss_of_another_version_is_found_without_training(small, monkeypatch):
    run = run_of(small, "SL-FPN and controls", model="SL-FPN, boundary views", repeat=0)
    monkeypatch.setattr(slfpn, "VERSION", "sl-fpn 99")
    said = {path: v for path, v in auditing.rows.unknown.__globals__["known"]().items() if not v.startswith("sl-fpn ")}
    monkeypatch.setitem(auditing.rows.unknown.__globals__, "known", lambda: said | {"methods/slfpn.py": "sl-fpn 99"})
    forbidden(monkeypatch)
    (found,) = examined(small, run)
    assert found.stale.startswith("by sl-fpn ") and not found.good and "STALE" in found.words()
    monkeypatch.setattr(command.corpora, "load", lambda profile, *_, **__: asked()["corpora"])
    monkeypatch.setattr(profiles, "load", lambda _: asked()["profile"])
    out = command.audit(row=run, tolerances=WIDE)
    assert not out.good and f"{out.stale} of all {out.of} runs are STALE" in out.words() and 0 < out.stale < out.of


def scaled(by):
    """An answer with another effective rank."""
    return lambda row: {
        "values": json.dumps(json.loads(row["values"]) | {"rank": json.loads(row["values"])["rank"] * by}, separators=(",", ":"))
    }


def test_a_row_with_a_processors_name_alone_may_be_from_another_generation_of_that_name(small, monkeypatch):
    """ "AMD EPYC" in a virtual machine is one of several, which do not compute alike."""
    for module in (auditing, provenance):
        monkeypatch.setattr(module, "processor", lambda: "AMD EPYC (family 25, model 17)")
    run = altered("runs", lambda _: {"processor": "AMD EPYC"}, run=run_of(small, "SL-FPN and controls", model="SL-FPN, boundary views"))
    (found,) = examined(Record(), run)
    assert found.good and "and the weights, bit for bit" in found.words()
    answer = next(r["answer"] for r in small["jobs"].values() if r["run"] == run and r["study"] == "SL-FPN and controls")

    altered("answers", scaled(1.2), run=run, answer=answer)
    (found,) = examined(Record(), run)
    assert found.good and found.words().endswith("numbers within tolerance (the record has only the name of its processor)")
    altered("runs", lambda _: {"processor": "AMD EPYC (family 25, model 17)"}, run=run)
    (found,) = examined(Record(), run)
    assert not found.good and "FAILED" in found.words() and found.close
    altered("runs", lambda _: {"processor": "AMD EPYC"}, run=run)
    altered("answers", scaled(4), run=run, answer=answer)
    (found,) = examined(Record(), run)
    assert not found.good and "FAILED" in found.words()


def test_another_processor_s_numbers_have_a_tolerance_and_no_more(small):
    run = altered("runs", lambda _: {"processor": "another"}, run=run_of(small, "SL-FPN and controls", model="SL-FPN, boundary views"))
    answer = next(r["answer"] for r in small["jobs"].values() if r["run"] == run and r["study"] == "SL-FPN and controls")

    altered("answers", scaled(1.2), run=run, answer=answer)
    (found,) = examined(Record(), run)
    assert found.good and not found.strict and "within tolerance" in found.words()
    altered("answers", scaled(4), run=run, answer=answer)
    (found,) = examined(Record(), run)
    assert [name for name, *_ in found.wrong] == ["evaluation.evaluate.rank"]


def test_where_the_processor_has_no_bf16_a_run_is_made_again_in_fp32(small, monkeypatch):
    monkeypatch.setattr(auditing, "resolve", lambda _: "fp32")
    chosen = [run_of(small, "SL-FPN and controls", model="SL-FPN, boundary views"), run_of(small, "Table 6, fine-tuning", model="SL-FPN+")]
    found = examined(small, *chosen)
    assert [f.words() for f in found if not f.good] == [] and not any(f.strict for f in found)
    altered("answers", lambda row: {"values": row["values"].replace('"rank":', '"rank":9')}, run=chosen[0])
    (found,) = examined(Record(), chosen[0])
    assert "evaluation.evaluate.rank" in [name for name, *_ in found.wrong]


def test_other_data_under_the_same_name_are_said_to_be_so(small):
    about = asked()
    other = replace(make_signs(90, name="lsa-like", signers=6, seed=7), split=np.full(90, "", "<U5"))
    found = draw.belonging(small, "synthetic")
    auditor = Auditor(small, "synthetic", lambda _: (about["profile"], {"lsa-like": other}, None), WIDE)
    job, why = auditor.job(found[run_of(small, "SL-FPN and controls")][0])
    assert job is None and "the data at hand are not those of the record" in why


def test_a_draw_gives_every_run_the_same_chance_and_is_spread_over_the_tables(small):
    found = draw.belonging(small, "synthetic")
    times, n = dict.fromkeys(found, 0), 6
    for seed in range(2000):
        drawn = draw.draw(found, n, seed)
        assert len(set(drawn)) == n
        for run in drawn:
            times[run] += 1
    expected = 2000 * n / len(found)
    assert all(abs(k - expected) < 5 * math.sqrt(expected) for k in times.values())
    size = {study: sum(its[0]["study"] == study for its in found.values()) for study in ("SL-FPN and controls", "Figure 4")}
    for study, many in size.items():
        drawn = sum(found[run][0]["study"] == study for run in draw.draw(found, n, 3))
        assert abs(drawn - n * many / len(found)) < 1.01
    assert draw.draw(found, n, 1) == draw.draw(found, n, 1) and set(draw.draw(found, 10**4, 0)) == set(found)


def test_chances_are_those_of_a_draw_without_replacement():
    assert draw.chance(6, 300, 1) == pytest.approx(6 / 300) and draw.chance(300, 300, 1) == 1
    rng = np.random.default_rng(0)
    seen = np.mean([(rng.permutation(50)[:5] < 3).any() for _ in range(20000)])
    assert draw.chance(5, 50, 3) == pytest.approx(seen, abs=0.015)


def test_the_command_draws_says_the_chances_and_fails_where_a_row_was_altered(small, monkeypatch, capsys):
    monkeypatch.setattr(command.corpora, "load", lambda profile, *_, **__: asked()["corpora"])
    monkeypatch.setattr(profiles, "load", lambda _: asked()["profile"])
    monkeypatch.setattr(command.auditing.tolerance, "load", lambda: WIDE)
    run = run_of(small, "SL-FPN and controls", model="SL-FPN, boundary views")
    assert command.main(["--row", run[:12], "--workers", "1"]) == 0
    assert "audit: 1 of 1 runs within tolerance (synthetic rows; rows on real data need the data)" in capsys.readouterr().out
    altered("runs", lambda _: {"weights": "0123456789abcdef"}, run=run)
    assert command.main(["--row", run[:12], "--workers", "1"]) == 1
    said = capsys.readouterr().out
    assert "FAILED" in said and "0 of 1 runs" in said
    assert command.main(["--runs", "1", "--seed", "1", "--workers", "1"]) in (0, 1)
    said = capsys.readouterr().out
    assert "SEED=1" in said and "finds one altered run with a chance of" in said
    with pytest.raises(SignError, match="ROW=nothing: no runs"):
        command.main(["--row", "nothing"])


def test_runs_on_pictures_are_left_to_who_asks_for_them(small, monkeypatch, capsys):
    monkeypatch.setattr(command.corpora, "load", lambda profile, *_, **__: asked()["corpora"])
    monkeypatch.setattr(profiles, "load", lambda _: asked()["profile"])
    monkeypatch.setattr(command.auditing.tolerance, "load", lambda: WIDE)
    run = run_of(small, "Figure 4")
    altered("runs", lambda r: {"settings": json.dumps(json.loads(r["settings"]) | {"pixels": "a film"})}, run=run)
    others = set(draw.belonging(small, "synthetic")) - {run}
    found = command.audit(3, 1, workers=1, pictures=False)
    assert "1 runs on pictures are left to make audit" in capsys.readouterr().out
    assert all(f.good for f in found.found) and {f.run for f in found.found} <= others
    assert (found.of, found.recorded) == (len(others), len(others) + 1)
    assert found.stale == 1 and not found.good, "the altered one is of no code of today: not drawn, and told all the same"
    assert run in {f.run for f in command.audit(len(others) + 1, 1, workers=1).found}


def test_tolerances_that_ship_are_measured_for_both_precisions_and_know_shares_from_other_numbers():
    shipped = tolerance.load()
    assert set(shipped.measured) == {"fp32", "bf16", tolerance.AS_FP32}
    for table in shipped.measured.values():
        assert {"epoch.loss", "evaluation.evaluate.linear_standardised_top1"} <= set(table)
        assert all(row["tolerance"] >= row["largest"] and row["n"] > 1 for row in table.values())
    told = json.loads(tolerance.FILE.read_text())
    assert all(told["same bits again"].values()) and told["made"]["processor"]
    names = ("evaluation.few_labels.0.1", "epoch.knn", "observed.observe.val", "finetune.evaluate.top1_class")
    assert all(map(tolerance.is_share, names)) and not any(map(tolerance.is_share, ("epoch.loss", "evaluation.evaluate.std")))


def test_one_clip_more_agrees_elsewhere_and_half_of_them_do_not():
    how = Tolerances({"fp32": {"a.top1": {"tolerance": 0.0, "scale": 0.0}, "a.rank": {"tolerance": 0.01, "scale": 0.0}}})
    assert how.within("a.top1", 0.5, 0.51, 100, "fp32") and not how.within("a.top1", 0.5, 0.52, 100, "fp32")
    assert how.within("b.rank", 100.0, 100.9, 100, "fp32") and not how.within("b.rank", 100.0, 102.0, 100, "fp32")
    assert not how.within("b.rank", 1.0, math.nan, 100, "fp32") and how.within("b.rank", math.nan, math.nan, 100, "fp32")
    with pytest.raises(SignError, match="no tolerance in fp16"):
        how.of("a.top1", "fp16")
    assert not Tolerances().within("a.top1", 0.5, 0.5 + 1e-16 * 4, 100, "fp32")
