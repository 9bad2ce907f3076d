"""Prune removes what no current code can serve, and nothing else; sizes first, and only after a yes."""

import os
import time
from dataclasses import replace

import pytest
from filelock import FileLock

from sslslr import paths, provenance
from sslslr.commands import prune
from sslslr.datasets import mp_data, source
from sslslr.datasets.packed import pack
from sslslr.learning import finetuning, outdated, training
from sslslr.learning import store as runs
from sslslr.learning.training import Run
from sslslr.measures import probes
from sslslr.methods import simclr
from sslslr.methods.encoder import EncoderConfig

SMALL = Run(encoder=EncoderConfig(blocks=1, width=16, heads=2), epochs=1, batch=32)


@pytest.fixture
def raised(monkeypatch):
    """Raise the version of a module, as its file would."""

    def to(module, number=99):
        now = provenance.known()
        monkeypatch.setattr(module, "VERSION", module.VERSION.rpartition(" ")[0] + f" {number}")
        path = module.__name__.removeprefix("sslslr.").replace(".", "/") + ".py"
        for user in (outdated, provenance):
            monkeypatch.setattr(user, "known", lambda: now | {path: module.VERSION})

    return to


def left() -> list[str]:
    return sorted(p.name for p in paths.runs().iterdir())


def test_runs_of_an_older_version_go_and_current_ones_stay(signs, raised, capsys):
    old, current = (runs.fetch(replace(SMALL, method=m), signs) for m in ("simclr", "slfpn"))
    tuned = finetuning.fetch(finetuning.Tuning(encoder=SMALL.encoder, epochs=1, batch=32), signs)
    assert prune.wasted() == []
    raised(simclr)
    assert prune.main([]) == 0
    out = capsys.readouterr().out
    assert f"{old.folder}  by simclr 1" in out and "1 can go" in out and "MB" in out and "nothing removed" in out
    assert old.folder.exists()
    assert prune.main(["--yes"]) == 0 and left() == sorted([current.folder.name, tuned.folder.name])
    assert runs.fetch(SMALL, signs).folder == current.folder


def test_a_no_at_the_prompt_removes_nothing(signs, raised, monkeypatch):
    old = runs.fetch(replace(SMALL, method="simclr"), signs)
    raised(simclr)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    for said, there in (("n", True), ("", True), ("y", False)):
        monkeypatch.setattr("builtins.input", lambda _, said=said: said)
        assert prune.main([]) == 0 and old.folder.exists() == there


def test_a_run_that_is_being_written_is_left_alone(signs, raised, capsys):
    old = runs.fetch(replace(SMALL, method="simclr"), signs)
    raised(simclr)
    with FileLock(old.folder / "lock"):
        assert prune.main(["--yes"]) == 0
    assert old.folder.exists() and "in use" in capsys.readouterr().out


def test_answers_of_an_older_version_go_and_their_run_stays(signs, raised):
    folder = runs.fetch(SMALL, signs).folder
    runs.answer(SMALL, signs, {"ask": 1}, lambda: {"n": 1}, probes)
    runs.answer(SMALL, signs, {"ask": 1}, lambda: {"n": 1}, simclr)
    assert prune.wasted() == []
    raised(simclr)
    (waste,) = prune.wasted()
    assert waste.why == "answer by simclr 1" and prune.remove(waste)
    assert len(list(folder.glob("answer-*.json"))) == 1 and (folder / "weights.safetensors").exists()


def test_answers_about_a_run_that_was_never_trained_are_judged_too(signs, raised):
    runs.answer(replace(SMALL, method="simclr"), signs, {"ask": 1}, lambda: {"n": 1}, probes)
    assert prune.wasted() == []
    raised(simclr)
    assert [w.why for w in prune.wasted()] == ["by simclr 1"]


def test_an_interrupted_training_of_today_s_code_goes_only_when_asked_for(signs, raised, monkeypatch):
    def stopped(run, signs, state, on_epoch):
        training.train(run, signs, state, on_epoch)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        runs.fetch(replace(SMALL, method="simclr"), signs, stopped)
    assert prune.wasted() == []
    assert sorted(w.path.name for w in prune.wasted(interrupted=True)) == ["progress", "state.safetensors", "state.safetensors.sha256"]
    raised(simclr)
    assert [w.why for w in prune.wasted()] == ["by simclr 1"]


def test_a_fine_tuning_from_an_outdated_pretraining_goes_with_it(signs, raised):
    start = replace(SMALL, method="simclr")
    tuning = finetuning.Tuning(encoder=SMALL.encoder, epochs=1, batch=32, start=runs.key(start.fitted(signs), signs))
    finetuning.fetch(tuning, signs, start)
    assert prune.wasted() == []
    raised(simclr)
    whys = sorted(w.why for w in prune.wasted())
    assert whys == ["by simclr 1", f"starts from {tuning.start}, which is by simclr 1"]


def test_what_was_stored_before_there_were_versions_goes_and_foreign_folders_stay(signs):
    folder = paths.runs() / "0123456789abcdef"
    folder.mkdir(parents=True)
    (folder / "run.json").write_text('{"method": "slfpn", "data": {"fingerprint": "x"}}')
    left_of_a_crash = paths.runs() / ".0123456789abcdef.77.partial"
    left_of_a_crash.mkdir()
    (left_of_a_crash / "run.json").write_text((folder / "run.json").read_text())
    (paths.runs() / "mine").mkdir()
    (paths.runs() / "mine" / "notes.txt").write_text("x")
    theirs = [paths.runs() / "big", paths.runs() / "thesis", paths.cache() / "datasets" / "lsa64", paths.cache() / "packed" / "old"]
    for other in theirs:
        other.mkdir(parents=True)
        for name in ("run.json", "lock", "weights.safetensors", "about.json"):
            (other / name).write_text('{"made": {}}')
    (paths.cache() / "datasets" / "wlasl.zip").write_text("x")
    assert prune.main(["--yes"]) == 0 and left() == ["big", "mine", "thesis"] and not left_of_a_crash.exists()
    assert all(len(list(other.iterdir())) == 4 for other in theirs) and (paths.cache() / "datasets" / "wlasl.zip").exists()


def test_settings_that_nobody_knows_any_more_go(signs):
    folder = runs.fetch(SMALL, signs).folder
    text = (folder / "run.json").read_text()
    for changed in (
        text.replace('"epochs": 1', '"epochs": 1, "gone": 2'),
        text.replace('"epochs": 1', '"epochs": 2'),
        text.replace('"slfpn"', '"gone"'),
    ):
        (folder / "run.json").write_text(changed)
        assert [w.path for w in prune.wasted()] == [folder], changed
    (folder / "run.json").write_text(text)
    assert prune.wasted() == []


def test_packed_data_of_an_older_reader_go(signs, raised):
    made_by = provenance.versions(mp_data, source)
    pack([signs], len(signs), 12, paths.cache() / "packed" / f"mp-data-{'0123' * 5}", made_by)
    signs.save(paths.cache() / "datasets" / f"mp-data-{'0123' * 5}.npz", made_by)
    assert prune.wasted() == []
    raised(mp_data)
    assert sorted(w.path.parent.name for w in prune.wasted()) == ["datasets", "packed"]
    assert prune.main(["--yes"]) == 0 and not list(paths.cache().glob("*/*"))


def test_half_written_files_go_once_nobody_has_touched_them_for_a_day(signs):
    folder = runs.fetch(SMALL, signs).folder
    pack = paths.cache() / "packed"
    (pack / ".x-1.77.partial").mkdir(parents=True)
    half = [folder / ".weights.77.partial.safetensors", pack / ".x-1.77.partial"]
    half[0].write_bytes(b"x")
    assert prune.wasted() == []
    for path in half:
        os.utime(path, (time.time() - 2 * prune.IDLE,) * 2)
    assert [w.path for w in prune.wasted()] == half and prune.main(["--yes"]) == 0
    assert folder.exists() and not any(p.exists() for p in half)
