"""One front door: every command is listed, bad input is one line and status 2, and listing imports none of them."""

import importlib
import inspect
import subprocess
import sys

import pytest

from sslslr import commands, paths
from sslslr.errors import SignError

WANTED = {
    "boundaries",
    "reproduce",
    "record",
    "plan",
    "extract",
    "exchange",
    "check",
    "pack",
    "pretrain",
    "cluster",
    "export",
    "weights",
    "site",
    "claims",
    "exercises",
    "audit",
    "replicate",
}
WRONG = {
    "boundaries": ["/no/such/clip.npz", "--out", "OUT"],
    "reproduce": ["--profile", "fast"],
    "record": ["--study", "Table 9"],
    "plan": ["--profile", "fast"],
    "extract": ["/no/such/video", "OUT"],
    "exchange": ["/no/such/folder", "POSES"],
    "check": ["nothing", "."],
    "pack": ["nothing", "."],
    "pretrain": ["OUT", "--profile", "fast"],
    "cluster": ["elsewhere"],
    "export": ["nothing", "OUT.onnx"],
    "weights": ["nothing"],
    "site": ["--dataset", "nothing"],
    "claims": ["--profile", "fast"],
    "exercises": ["--solutions"],
    "audit": ["--runs", "0"],
    "replicate": ["--claim", "E9"],
}


def test_the_help_has_a_line_for_each_command_that_fits_and_needs_no_markup(capsys):
    assert commands.main([]) == 0
    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines() if line.startswith("  ")}
    assert set(lines) == set(commands.commands()) >= WANTED
    for name, line in lines.items():
        assert len(line) < 120 and len(line.split()) > 4 and "``" not in line and line.endswith("."), name


def test_listing_imports_nothing_heavy():
    code = "import sys; from sslslr.commands import main; main(['--help']); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=paths.ROOT)
    assert not {"numpy", "torch", "pandas", "sslslr.commands.plan"} & set(done.stdout.splitlines()[-1].split())


@pytest.mark.parametrize("name", sorted(commands.commands()))
def test_every_command_has_a_main_that_takes_its_words_and_explains_itself(name, capsys):
    module = importlib.import_module(f"sslslr.commands.{name}")
    assert list(inspect.signature(module.main).parameters) == ["arguments"]
    with pytest.raises(SystemExit) as left:
        commands.main([name, "--help"])
    assert left.value.code == 0 and f"usage: sslslr {name}" in capsys.readouterr().out


@pytest.mark.parametrize("name", sorted(WRONG))
def test_wrong_input_is_one_line_and_status_2(name, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert commands.main([name, *WRONG[name]]) == 2
    told = capsys.readouterr().err
    assert told.startswith("sslslr: ") and told.count("\n") == 1
    assert not [p for p in tmp_path.rglob("*") if p.is_file()], "a refused command leaves nothing behind"


@pytest.mark.parametrize("words", [["weights", "a", "b"], ["check"], ["pack", "own", ".", "--frames", "many"]])
def test_words_that_a_command_does_not_know_are_one_line_too(words, capsys):
    assert commands.main(words) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1 and f"sslslr {words[0]} --help" in told


def test_a_command_that_is_none_is_named_beside_those_that_are(capsys):
    assert commands.main(["reproduse"]) == 2
    told = capsys.readouterr().err
    assert "'reproduse' is unknown" in told and "reproduce" in told and told.count("\n") == 1


def test_an_interruption_is_one_line_and_a_bug_is_not_hidden(monkeypatch, capsys):
    from sslslr.commands import weights

    def raises(error):
        def load(name):
            raise error

        return load

    monkeypatch.setattr(weights, "load", raises(KeyboardInterrupt()))
    assert commands.main(["weights"]) == 130 and "interrupted" in capsys.readouterr().err
    monkeypatch.setattr(weights, "load", raises(SignError("weights: too heavy")))
    assert commands.main(["weights"]) == 2 and capsys.readouterr().err == "sslslr: weights: too heavy\n"
    monkeypatch.setattr(weights, "load", raises(ZeroDivisionError()))
    with pytest.raises(ZeroDivisionError):
        commands.main(["weights"])


def test_the_package_runs_as_a_module():
    done = subprocess.run([sys.executable, "-m", "sslslr", "export", "x"], capture_output=True, text=True, cwd=paths.ROOT)
    assert done.returncode == 2 and done.stderr.count("\n") == 1
