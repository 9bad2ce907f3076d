"""What a lab's bad week does: a folder of another run, places that can't be written, another kernel, arguments that make no sense."""

import errno
import json
import os
import resource
import shlex
import signal
import subprocess
import sys
import warnings
from dataclasses import replace

import pytest
import torch
from lightning_fabric import Fabric
from safetensors.torch import load_file, save_file

from sslslr import commands, paths
from sslslr.commands import pretrain as door
from sslslr.commands import reproduce
from sslslr.errors import SignError
from sslslr.learning.training import Run
from sslslr.methods.encoder import EncoderConfig
from sslslr.views import ViewConfig

RUN = Run("simclr", encoder=EncoderConfig(blocks=1, width=16, heads=2), epochs=3, batch=16)


class Killed(Exception):
    pass


@pytest.fixture
def interrupted(tmp_path, signs, monkeypatch):
    """OUT of a pretraining that was killed after two of three epochs."""
    out, keep, made = tmp_path / "out", door.store, []

    def store(*arguments):
        if len(made) == 2:  # the state of two epochs is there, and sealed
            raise Killed
        keep(*arguments)
        made.append(1)

    with monkeypatch.context() as patch:
        patch.setattr(door, "store", store)
        with pytest.raises(Killed):
            train(RUN, signs, out)
    return out


def train(run, signs, out, **options):
    return door.pretrain(Fabric(accelerator="cpu", devices=1), run, signs, out, **options)


@pytest.mark.parametrize(
    "other, says",
    [
        (replace(RUN, seed=1), "seed 0, not 1"),
        (replace(RUN, views=ViewConfig("classical")), "views name boundary, not name classical"),
        (replace(RUN, optimiser=replace(RUN.optimiser, rate=0.02)), "rate 0.001, not rate 0.02"),
        (replace(RUN, epochs=2), "epochs 3, not 2"),
        (replace(RUN, method="slfpn"), "method simclr, not slfpn"),
    ],
)
def test_an_interrupted_pretraining_is_not_taken_for_one_of_other_settings(interrupted, signs, other, says):
    with pytest.raises(SignError, match=says):
        train(other, signs, interrupted)
    assert (interrupted / "state.safetensors").exists() and not (interrupted / "weights.safetensors").exists()


def test_nor_for_one_on_other_data_nor_one_that_nobody_knows(interrupted, signs):
    with pytest.raises(SignError, match=r"other settings \(data .*fingerprint"):
        train(RUN, signs.subset(slice(0, 50)), interrupted)
    kept = (interrupted / "run.json").read_bytes()
    for spoiled in (kept.replace(b"simclr", b"slfpn"), b"", b"{}", kept.decode().encode("utf-16"), b"[1]"):
        (interrupted / "run.json").write_bytes(spoiled)
        with pytest.raises(SignError, match=r"its run.json is not as it was written"):
            train(RUN, signs, interrupted)
    (interrupted / "run.json").unlink()
    with pytest.raises(SignError, match=r"no run.json says of what"):
        train(RUN, signs, interrupted)


def test_a_training_that_never_ended_an_epoch_stands_in_nobodys_way(tmp_path, signs):
    with pytest.raises(SignError, match=r"lower the rate"):
        train(replace(RUN, optimiser=replace(RUN.optimiser, rate=1e30)), signs, tmp_path / "out")
    assert len(train(RUN, signs, tmp_path / "out")) == 3


def test_one_that_is_made_anew_goes_on_where_it_was_stopped(interrupted, signs, monkeypatch):
    kept, keep = [], door.store
    monkeypatch.setattr(door, "store", lambda *arguments: kept.append(1) or keep(*arguments))
    train(RUN, signs, interrupted, again=True)
    assert len(kept) == 1


@pytest.mark.parametrize("metrics", ["[]", "{}", "[1]", '{"a": 1}'])
@pytest.mark.parametrize("made", [{}, None, [1], {"files": None}])
def test_a_finished_one_that_is_not_whole_is_named(tmp_path, signs, metrics, made):
    out = tmp_path / "out"
    train(replace(RUN, epochs=1), signs, out)
    about = paths.read_json(out / "run.json")
    (out / "metrics.json").write_text(metrics)
    paths.write_json(out / "run.json", about | {"made": made}, sealed=True)
    with pytest.raises(SignError, match=r"the finished training can't be read .*--again makes it anew"):
        train(replace(RUN, epochs=1), signs, out)


def test_what_is_written_others_of_the_lab_can_read(tmp_path, signs):
    os.umask(before := os.umask(0o022))
    train(replace(RUN, epochs=1), signs, tmp_path / "out")
    assert {
        p.name: oct(p.stat().st_mode & 0o777) for p in (tmp_path / "out").iterdir() if p.stat().st_mode & 0o777 != 0o666 & ~before
    } == {}


def test_the_same_settings_go_on_and_a_finished_one_is_made_anew_only_if_asked(interrupted, signs, tmp_path, monkeypatch):
    kept, keep = [], door.store
    with monkeypatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("error")  # that the state is not as it was written
        patch.setattr(door, "store", lambda *arguments: kept.append(1) or keep(*arguments))
        metrics = train(RUN, signs, interrupted)
    assert len(kept) <= 1, "it begins anew"
    train(RUN, signs, tmp_path / "undisturbed")
    one, two = (load_file(f / "weights.safetensors") for f in (interrupted, tmp_path / "undisturbed"))
    assert len(metrics) == 3 and all(torch.equal(one[k], two[k]) for k in one)
    made = (interrupted / "weights.safetensors").stat().st_mtime_ns
    assert train(RUN, signs, interrupted) == json.loads((interrupted / "metrics.json").read_text()) == metrics
    assert (interrupted / "weights.safetensors").stat().st_mtime_ns == made
    with pytest.raises(SignError, match="seed 0, not 1"):
        train(replace(RUN, seed=1), signs, interrupted)
    assert len(train(RUN, signs, interrupted, again=True)) == 3
    assert (interrupted / "weights.safetensors").stat().st_mtime_ns > made and not (interrupted / "state.safetensors").exists()


WRONG = [
    "pretrain OUT --devices 0", "pretrain OUT --devices -1", "pretrain OUT --num-nodes 0", "pretrain OUT --epochs -2", "pretrain OUT --epochs 1.5",
    "pretrain OUT --rate -1", "pretrain OUT --rate 0", "pretrain OUT --rate nan", "pretrain OUT --rate inf", "pretrain OUT --seed -1",
    "pretrain OUT --precision half", "pretrain FILE", "pack mp-data . --frames -3", "pack mp-data . --frames 0", "pack mp-data . --frames 1e9",
    "pack mp-data . --frames 99999999999999", "pack mp-data FILE", "check mp-data FILE", "plan --workers -1", "plan --workers many",
    "extract FILE FILE", "extract . OUT --workers -1", "extract . OUT --workers x", "cluster local --memory lots", "cluster local --memory -3",
    "cluster local --memory nan", "cluster local --workers 0", "cluster slurm --gpus -1", "export FILE OUT.onnx", "weights FILE", "exchange FILE OUT",
    "reproduce --workers -1", "record --workers -1", "pretrain OUT --data .", "pretrain OUT --option X=1", "pretrain OUT --option X",
    "pretrain OUT --dataset lsa64", "pretrain OUT --profile smoke --devices 1000", "pretrain OUT --profile smoke --num-nodes 99999",
    "pretrain ''", "probe lsa-like-supervised --data .", "probe lsa-like-supervised --option X=1", "plan --data .", "plan --option X=1",
    "record --option X=1 --status", "export lsa-like-supervised ''", "export lsa-like-supervised .", "weights ~nobody-of-that-name/x",
    "check own ~nobody-of-that-name/x", "check own ''", "reproduce --workers ²", "record --minutes ²", f"record --minutes {'9' * 400}",
    "replicate --claim E1 --seeds ²", "replicate --claim E1 --minutes ²", "audit --runs ²", "audit --seed ²", "lab --port ²",
    "record --set SEEDS=abc --study 'recipe, final' --status", "record --set SEEDS=-1 --study 'recipe, final' --status",
    "record --set LENGTH=0 --study 'recipe, final' --status", "record --set SEEDS=2 --study 'Table 1' --status",
    "record --set VIEWS=nope --study 'Table 1' --status", "pretrain OUT --card FILE", "pretrain OUT --card nowhere.yml",
    "cluster slurm --script --walltime 'x; ls'", "cluster slurm --script --queue 'a\nb'", "cluster slurm --script --account 'a b'",
    f"weights {'x' * 300}",
]  # fmt: skip


@pytest.mark.parametrize("words", WRONG)
def test_an_argument_that_makes_no_sense_is_one_line_and_status_2(words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "FILE").write_text("no folder")
    assert commands.main(shlex.split(words)) == 2
    told = capsys.readouterr().err
    assert told.startswith("sslslr: ") and told.count("\n") == 1
    assert [p.name for p in tmp_path.rglob("*") if p.is_file()] == ["FILE"]


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES, errno.ENOSPC, errno.ENOTDIR])
def test_a_place_that_cannot_be_used_is_named_and_other_faults_are_not_hidden(number, monkeypatch, capsys):
    from sslslr.commands import weights

    where = "/lab/shared/results"

    def load(name):
        raise OSError(number, os.strerror(number), where)

    monkeypatch.setattr(weights, "load", load)
    assert commands.main(["weights", "x"]) == 2
    told = capsys.readouterr().err
    assert told.startswith("sslslr: /lab/shared/results: ") and os.strerror(number) in told and told.count("\n") == 1
    number, where = errno.EBADF, "a bug of ours"
    with pytest.raises(OSError, match="a bug of ours"):
        commands.main(["weights", "x"])


def test_an_unknown_home_is_said_whoever_asks(capsys):
    for words in (["check", "own", "~nobody-of-that-name/x"], ["weights", "~nobody-of-that-name/x"]):
        assert commands.main(words) == 2
        assert "~nobody-of-that-name/x: the home that ~ stands for is not known here; give the path in full" in capsys.readouterr().err


def test_a_disk_that_knows_no_modes_is_written_to(tmp_path, monkeypatch):
    def refused(*_, **__):
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "chmod", refused)
    paths.write_text(tmp_path / "a.txt", "x")
    assert (tmp_path / "a.txt").read_text() == "x"


def test_the_way_to_move_our_folders_is_told_of_ours_alone(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    paths.runs().parent.mkdir(parents=True, exist_ok=True)
    said = []
    for folder in (paths.runs(), tmp_path / "theirs"):
        said.append(commands._place(OSError(errno.EROFS, "Read-only file system", str(folder / "x"))))
    assert ["SSLSLR_RUNS" in text for text in said] == [True, False]
    assert said[1].endswith("choose a folder that can be written")


def test_a_warning_of_ours_is_a_line_without_its_source(monkeypatch, capsys):
    from sslslr.commands import weights

    def load(name):
        for kind in (UserWarning, FutureWarning):
            warnings.warn(f"this is a {kind.__name__}", kind, stacklevel=1)
        raise SignError("and that is all")

    monkeypatch.setattr(weights, "load", load)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        monkeypatch.setattr(warnings, "showwarning", lambda *words: sys.stderr.write(warnings.formatwarning(*words[:4])))
        assert commands.main(["weights", "x"]) == 2
        told = capsys.readouterr().err.splitlines()
    assert told[0] == "sslslr: this is a UserWarning" and told[-1] == "sslslr: and that is all"
    assert __file__ in told[1]


def caches(environment):
    code = "import os, sslslr.commands; print(os.environ['NUMBA_CACHE_DIR'], os.environ['MPLCONFIGDIR'])"
    clean = {k: v for k, v in os.environ.items() if k not in ("NUMBA_CACHE_DIR", "MPLCONFIGDIR")}
    done = subprocess.run([sys.executable, "-c", code], env=clean | environment, capture_output=True, text=True, check=True, cwd=paths.ROOT)
    return done.stdout.split()


def test_caches_of_numba_and_matplotlib_lie_below_ours_or_where_one_can_write(tmp_path):
    own = str(tmp_path / "cache")
    assert caches({"SSLSLR_CACHE": own}) == [f"{own}/numba", f"{own}/matplotlib"]
    assert caches({"SSLSLR_CACHE": own, "NUMBA_CACHE_DIR": "/mine"})[0] == "/mine"
    (tmp_path / "file").write_text("")
    numba, matplotlib = caches({"SSLSLR_CACHE": str(tmp_path / "file" / "cache"), "TMPDIR": str(tmp_path)})
    assert numba.startswith(f"{tmp_path}/sslslr-") and matplotlib.startswith(f"{tmp_path}/sslslr-")


def test_a_file_that_cannot_be_written_is_called_by_its_own_name_not_by_that_of_its_beginnings(tmp_path):
    with pytest.raises(OSError, match="read-only") as caught, paths.atomic(tmp_path / "out.onnx") as partial:
        raise OSError(errno.EROFS, "read-only", str(partial))
    assert caught.value.filename == str(tmp_path / "out.onnx")


def test_notebooks_run_in_this_python_whatever_kernels_the_user_has(tmp_path, monkeypatch):
    from test_reproduce import PARAMETERS, write

    kernel = tmp_path / "jupyter" / "kernels" / "python3" / "kernel.json"
    paths.write_json(kernel, {"argv": ["/bin/false", "-f", "{connection_file}"], "display_name": "Python 3 (other)", "language": "python"})
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    monkeypatch.setenv("JUPYTER_PREFER_ENV_PATH", "0")
    monkeypatch.setattr("sslslr.report.site.build", lambda *_: tmp_path / "index.html")
    (tmp_path / "notebooks").mkdir()
    write(tmp_path / "notebooks" / "00_who.ipynb", PARAMETERS, "import sys; print(sys.executable)")
    reproduce.reproduce("synthetic", "smoke", folder=tmp_path / "notebooks")
    ran = paths.results("synthetic", "smoke") / "notebooks" / "00_who.ipynb"
    assert sys.executable in ran.read_text()


def test_a_full_disk_that_safetensors_meets_is_an_error_of_the_place(tmp_path):
    def full():
        with paths.atomic(tmp_path / "weights.safetensors"):
            resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))  # as a disk with no more room
            save_file({"a": torch.zeros(100_000)}, tmp_path / ".partial")

    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        with pytest.raises(OSError, match=r"weights\.safetensors") as caught:
            full()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)
    assert caught.value.errno == errno.EFBIG and not list(tmp_path.glob("weights*"))


def test_a_second_process_in_one_folder_says_that_it_waits_and_waits(tmp_path):
    code = f"from pathlib import Path; from sslslr import paths\nwith paths.one_at_a_time(Path({str(tmp_path)!r}), 'make reproduce'): print('in', flush=True)"
    with paths.one_at_a_time(tmp_path, "make reproduce"):
        second = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=paths.ROOT)
        assert "another make reproduce is at work there" in second.stdout.readline() and second.poll() is None
    assert second.stdout.read() == "in\n" and second.wait(60) == 0
