"""A run is done once, named by its whole content, and a killed one ends as if nothing had happened."""

import os
import subprocess
import sys
import textwrap
import time
import types
from dataclasses import replace
from importlib import metadata
from pathlib import Path

import numpy as np
import psutil
import pytest
import torch
from conftest import make_signs
from safetensors.torch import load_file

from sslslr import paths
from sslslr.clips import boundaries
from sslslr.errors import SignError
from sslslr.learning import finetuning, grid, training
from sslslr.learning import store as runs
from sslslr.learning.training import Optimiser, Run, batches, train
from sslslr.measures import probes
from sslslr.methods import METHODS, encoder, precision, simclr, slfpn
from sslslr.methods.encoder import EncoderConfig
from sslslr.views import ViewConfig, order, place

SMALL = Run(encoder=EncoderConfig(blocks=1, width=16, heads=2), epochs=3, batch=16)


@pytest.mark.parametrize("method", ["slfpn", "supervised"])
def test_a_run_is_kept_whole_and_not_repeated(signs, method, monkeypatch):
    run = replace(SMALL, method=method)
    first = runs.fetch(run, signs)
    assert sorted(p.name for p in first.folder.iterdir()) == ["lock", "metrics.csv", "provenance.json", "run.json", "weights.safetensors"]
    assert list(first.metrics["epoch"]) == [1, 2, 3]
    assert {"loss", "knn", "encoder_std", "encoder_rank", "encoder_norm", "output_std", "output_rank"} <= set(first.metrics)
    assert np.isfinite(first.metrics.to_numpy()).all() and not first.module.training
    monkeypatch.setattr(runs, "train", lambda *_: pytest.fail("trained again"))
    again = runs.fetch(run, signs)
    assert all(torch.equal(v, again.module.state_dict()[k]) for k, v in first.module.state_dict().items())


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 1}, {"epochs": 4}, {"batch": 15}, {"options": {"batchnorm": False}}, {"views": ViewConfig("none")},
        {"views": ViewConfig(beta=0.2)}, {"optimiser": Optimiser(rate=2e-3)}, {"encoder": EncoderConfig(blocks=1, width=16, heads=4)},
        {"method": "supervised"},
    ],
    ids=str,
)  # fmt: skip
def test_any_change_of_the_configuration_is_another_run(signs, change):
    assert runs.key(replace(SMALL, **change), signs) != runs.key(SMALL, signs)


def test_other_data_and_another_version_of_a_part_are_another_run(signs, monkeypatch):
    before = runs.key(SMALL, signs)
    assert runs.key(SMALL, make_signs(seed=9)) != before
    for part in (encoder, slfpn, order, training):
        with monkeypatch.context() as patch:
            patch.setattr(part, "VERSION", part.VERSION.rpartition(" ")[0] + " 99")
            assert runs.key(SMALL, signs) != before
    assert runs.key(SMALL, signs) == before


def test_parts_that_do_not_decide_a_run_are_not_in_its_key(signs, monkeypatch):
    before = runs.key(SMALL, signs)
    for part in (simclr, place, boundaries, finetuning, precision):
        monkeypatch.setattr(part, "VERSION", part.VERSION.rpartition(" ")[0] + " 99")
    assert runs.key(SMALL, signs) == before
    for change in (
        {"method": "simclr"},
        {"views": ViewConfig("classical")},
        {"views": ViewConfig(ends="estimated")},
        {"precision": "bf16"},
    ):
        assert any(v.endswith(" 99") for v in runs.versions(replace(SMALL, **change), signs)), change


def test_moving_files_changes_no_key(signs, monkeypatch):
    """A key holds no module's name, path or text: the same versions from a file of another name are the same run."""
    before = runs.key(SMALL, signs)
    moved = types.ModuleType("sslslr.methods.elsewhere")
    moved.__dict__.update({k: v for k, v in vars(slfpn).items() if k != "__name__"})
    monkeypatch.setitem(sys.modules, moved.__name__, moved)
    monkeypatch.setattr(slfpn.SLFPN, "__module__", moved.__name__)
    assert runs.key(SMALL, signs) == before


def test_a_method_without_a_version_is_refused_and_told_what_to_add(signs, monkeypatch):
    monkeypatch.delattr(slfpn, "VERSION")
    with pytest.raises(SignError, match=r'slfpn decides results, but says no version; add a line like VERSION = "encoder 1"'):
        runs.key(SMALL, signs)
    monkeypatch.setattr(slfpn, "VERSION", "slfpn", raising=False)
    with pytest.raises(SignError, match="says no version"):
        runs.key(SMALL, signs)


def test_an_answer_is_computed_once_for_each_question_and_version(signs, monkeypatch):
    asked = []

    def ask(question):
        return runs.answer(SMALL, signs, {"ask": question}, lambda: {"n": asked.append(question) or len(asked)}, probes)

    assert [ask("a"), ask("a"), ask("b")] == [{"n": 1}, {"n": 1}, {"n": 2}]
    monkeypatch.setattr(probes, "VERSION", "probes 99")
    assert ask("a") == {"n": 3}


def test_other_packages_than_today_s_make_a_run_stale_not_another_one(signs, monkeypatch):
    found = runs.fetch(SMALL, signs)
    assert found.stale == []
    now = runs.packages() | {"torch": "99.0"}
    monkeypatch.setattr(runs, "packages", lambda: now)
    again = runs.fetch(SMALL, signs)
    assert again.folder == found.folder and again.stale == [f"torch {metadata.version('torch')}, now 99.0"]
    with pytest.raises(SignError, match="no finished run"):
        runs.stale(paths.runs() / "nothing")


def test_training_twice_gives_the_same_weights_and_another_seed_others(signs):
    one, two, other = (train(r.fitted(signs), signs)[0].state_dict() for r in (SMALL, SMALL, replace(SMALL, seed=1)))
    assert all(torch.equal(v, two[k]) for k, v in one.items())
    assert not torch.equal(one["encoder.embed.1.weight"], other["encoder.embed.1.weight"])


def test_the_test_split_is_not_looked_at(signs):
    garbled = signs.landmarks.copy()
    garbled[signs.split == "test"] += 100
    one, two = (train(SMALL.fitted(signs), s) for s in (signs, replace(signs, landmarks=garbled)))
    assert one[1] == two[1]
    assert all(torch.equal(v, two[0].state_dict()[k]) for k, v in one[0].state_dict().items())


EVERY = [*((m, "adamw") for m in METHODS), ("slfpn", "sgd")]
KILLED = """
    import os, signal, sys
    sys.path[:0] = {tests!r}
    from conftest import make_signs
    from test_runs import EVERY, SMALL
    from dataclasses import replace
    from sslslr.learning import store as runs, training
    import torch
    torch.set_num_threads(1)
    inside = training.train_epoch
    def train_epoch(run, module, optimiser, part, epoch, device):
        if epoch == 3:
            inside(run, module, optimiser, part.subset(slice(0, 20)), epoch, device)  # in the middle of an epoch
            os.kill(os.getpid(), signal.SIGKILL)
        return inside(run, module, optimiser, part, epoch, device)
    for method, optimiser in EVERY:
        run = replace(SMALL, epochs=5, method=method, optimiser=training.Optimiser(optimiser))
        if {dies}:
            child = os.fork()
            if not child:
                training.train_epoch = train_epoch
                runs.fetch(run, make_signs())
            assert os.waitpid(child, 0)[1] == signal.SIGKILL
        else:
            print(runs.fetch(run, make_signs()).folder)
"""


def fetch_elsewhere(store: Path, dies: bool = False) -> list[Path]:
    code = textwrap.dedent(KILLED.format(tests=[str(p) for p in Path(__file__).parents[:2]], dies=dies))
    done = subprocess.run([sys.executable, "-c", code], env=os.environ | {"SSLSLR_RUNS": str(store)}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return [Path(line) for line in done.stdout.split()]


def test_a_run_of_every_method_killed_in_an_epoch_ends_bit_identical_to_an_undisturbed_one(tmp_path):
    fetch_elsewhere(tmp_path / "a", dies=True)
    folders = {p.parent for p in (tmp_path / "a").glob("*/state.safetensors")}
    assert len(folders) == len(EVERY) and not list((tmp_path / "a").glob("*/weights.safetensors"))
    resumed, undisturbed = (fetch_elsewhere(tmp_path / s) for s in "ab")
    assert set(resumed) == folders
    for one, other, what in zip(resumed, undisturbed, EVERY, strict=True):
        assert one.name == other.name
        assert (one / "weights.safetensors").read_bytes() == (other / "weights.safetensors").read_bytes(), what
        assert (one / "metrics.csv").read_text() == (other / "metrics.csv").read_text(), what


def test_the_optimiser_s_state_is_restored_not_started_anew(signs, tmp_path):
    run = SMALL.fitted(signs)
    train(run, signs, tmp_path / "state.safetensors")
    module = run.build(4)
    optimiser = run.optimiser.build(module)
    metrics, _ = training.restore(tmp_path / "state.safetensors", module, optimiser)
    assert len(metrics) == 3
    assert all(s["step"] == 9 and s["exp_avg"].abs().sum() > 0 for s in optimiser.state_dict()["state"].values() if "step" in s)


def test_a_stop_between_a_state_and_its_hash_costs_nothing(signs, tmp_path, monkeypatch):
    state, run = tmp_path / "state.safetensors", SMALL.fitted(signs)
    train(replace(run, epochs=1), signs, state)
    before = state.read_bytes()

    def stop(*names):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", lambda a, b: stop() if Path(b) == state else os.rename(a, b))
        with pytest.raises(KeyboardInterrupt):
            train(run, signs, state)
    assert state.read_bytes() == before and paths.sealed(state)  # the epoch before: its hash is still there
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", lambda a, b: (os.rename(a, b), stop() if Path(b) == state else None))
        with pytest.raises(KeyboardInterrupt):
            train(run, signs, state)
    assert state.read_bytes() != before and paths.sealed(state)  # the new one: its hash is already there
    state.write_bytes(before[:-1] + bytes([before[-1] ^ 1]))
    assert not paths.sealed(state)


def test_a_broken_state_or_run_is_named(signs):
    folder = runs.fetch(SMALL, signs).folder
    (folder / "weights.safetensors").write_bytes(b"broken")
    with pytest.raises(SignError, match="delete this folder"):
        runs.fetch(SMALL, signs)
    for path in folder.iterdir():
        path.unlink()
    (folder / "state.safetensors").write_bytes(b"broken")
    with pytest.raises(SignError, match=r"state.safetensors.*delete it"):
        runs.fetch(SMALL, signs)


@pytest.mark.parametrize(
    "bad, message",
    [
        ({"method": "simpleclr"}, "method 'simpleclr' is unknown"),
        ({"options": {"tau": 1}}, "unexpected keyword argument 'tau'"),
        ({"optimiser": Optimiser("lion")}, "optimiser 'lion' is unknown"),
        ({"optimiser": Optimiser("sgd", rate=1e12)}, "the loss is .* lower the rate"),
    ],
)
def test_runs_that_make_no_sense_end_in_one_clear_error(signs, bad, message):
    with pytest.raises(SignError, match=message):
        train(replace(SMALL, **bad).fitted(signs), signs)


def test_every_clip_comes_once_an_epoch():
    for n, size in [(100, 32), (33, 32), (5, 8), (64, 64)]:
        parts = list(batches(n, size, torch.Generator().manual_seed(0)))
        assert sorted(np.concatenate(parts).tolist()) == list(range(n))
        assert max(map(len, parts)) <= size and max(map(len, parts)) - min(map(len, parts)) <= 1


def test_the_rate_warms_up_and_falls_to_zero():
    o = Optimiser(rate=1.0, warmup=0.1)
    rates = [o.at(p) for p in np.linspace(0, 1, 101)]
    assert rates[0] < 0.02 and max(rates) == pytest.approx(1) and np.argmax(rates) == 10 and rates[-1] < 1e-6


def task(run, signs, word):
    return f"{runs.fetch(run, signs).folder.name}-{word}-{torch.get_num_threads()}"


def test_runs_side_by_side_keep_their_order_and_equal_runs_done_alone(signs):
    jobs = [(replace(SMALL, seed=s, epochs=1), signs, f"job{s}") for s in (3, 1, 2)]
    got = grid.side_by_side(task, jobs, workers=2)
    left = [p for p in psutil.Process().children(recursive=True) if any("loky" in word for word in p.cmdline())]
    assert [p for p in left if "resource_tracker" not in " ".join(p.cmdline())] == [], "workers outlive their study"
    assert got == [f"{runs.key(r.fitted(signs), signs)}-{w}-1" for r, _, w in jobs]
    there = load_file(paths.runs() / got[0].split("-")[0] / "weights.safetensors")
    torch.set_num_threads(1)
    alone = train(jobs[0][0].fitted(signs), signs)[0].state_dict()
    assert all(torch.equal(v, there[k]) for k, v in alone.items())


def test_two_processes_do_not_train_the_same_run_twice(signs):
    jobs = [(SMALL, signs, "a"), (SMALL, signs, "b")]
    started = time.time()
    assert len({g.split("-")[0] for g in grid.side_by_side(task, jobs, workers=2)}) == 1
    made = next(paths.runs().glob("*/provenance.json")).stat().st_mtime
    assert len(list(paths.runs().glob("*/provenance.json"))) == 1 and made >= started


def test_a_fresh_process_knows_the_views_that_its_parent_has_imported():
    from joblib.externals.loky import get_reusable_executor

    from sslslr.views import strong

    signs = make_signs()
    run = replace(SMALL, views=ViewConfig(strong.strong.__name__)).fitted(signs)
    get_reusable_executor().shutdown()
    assert grid.side_by_side(runs.key, [(run, signs)] * 2, workers=2) == [runs.key(run, signs)] * 2
