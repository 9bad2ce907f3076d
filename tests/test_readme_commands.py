"""Every command that README and the page on running it show: make and the command know its words, and a test runs it, small.

New pages and new commands are found by themselves; a command that nothing runs fails here.
"""

import os
import re
import shlex
import subprocess
from pathlib import Path

import layouts_of_readme as small
import pytest

from sslslr import commands, paths
from sslslr.errors import SignError
from sslslr.extract.holistic import unavailable

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / name for name in ("README.md", "docs/running.md") if (ROOT / name).exists()]
BEGINS = r"(?:make|conda|pip|git|python|sslslr|\.venv/bin/(?:sslslr|python))"
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")

NOT_HERE = {  # what can't run here, at most six, and why
    r"conda ": "no conda here; tests/test_repository.py holds environment.yml against the lock",
    r"python -m (pip|venv) ": "makes an environment from a package index; make env does, before any test runs",
    r"PYTHON=": "needs another Python; each runs the same tests",
    r"cluster slurm": "no Slurm here; tests/learning/test_cluster.py reads the job script",
}
ELSEWHERE = {  # commands that a test of their own runs
    "reproduce": "tests/datasets/test_every_notebook.py::test_every_notebook_runs_on_packed_hands_in_sessions_and_every_claim_has_its_answer",
    "record": "tests/record/test_record.py::test_the_command_says_what_is_missing_and_stops_when_its_time_is_over",
    "audit": "tests/record/test_audit.py::test_the_command_draws_says_the_chances_and_fails_where_a_row_was_altered",
    "lab": "tests/test_lab.py::test_a_reader_starts_runs_plays_predicts_saves_and_comes_back",
    "cluster": "tests/learning/test_cluster.py::test_the_printed_command_names_a_cluster_that_answers",
}
HERE = ("check", "plan", "extract", "exchange", "boundaries", "export", "weights", "probe", "pretrain", "claims", "replicate", "exercises")


def shown(text: str) -> list[str]:
    """The commands of a page: lines of its fenced blocks, and what stands in backticks."""
    blocks = re.findall(r"```\w*\n(.*?)```", text, re.DOTALL)
    lines = [line.partition(" #")[0].partition("     ")[0].strip() for block in blocks for line in block.splitlines()]
    lines += re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    return list(dict.fromkeys(line for line in lines if re.match(BEGINS + r"( |$)", line)))


def named_only(command: str) -> bool:
    """Whether a text only names a command of ours, ``sslslr export``, or asks for help."""
    words = command.split()
    return words[0].endswith("sslslr") and (len(words) < 3 and words[-1].lstrip("-") in ("sslslr", "help", *commands.commands()))


COMMANDS = [c for page in PAGES for c in shown(page.read_text(encoding="utf-8"))]


def words_of(command: str) -> list[list[str]]:
    """What is typed, as words of ``sslslr``; of a make target, what its recipe would type. Raises ValueError for words that make does not know."""
    words = shlex.split(command)
    if words[0] != "make":
        at = next(i for i, w in enumerate(words) if w.endswith("sslslr"))
        return [words[at + 1 :]]
    if unknown := [w for w in words[1:] if "=" in w and not re.search(rf"^{w.partition('=')[0]} *\?=", MAKEFILE, re.MULTILINE)]:
        raise ValueError(f"make has no {', '.join(unknown)}")
    plain = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "SSLSLR"))}
    done = subprocess.run(["make", "-n", *words[1:]], cwd=ROOT, capture_output=True, text=True, env=plain)
    if done.returncode:
        raise ValueError(done.stderr.strip())
    return [
        shlex.split(line.partition("bin/sslslr ")[2]) for line in done.stdout.splitlines() if re.match(r"(\S+=\S* )?\S+bin/sslslr ", line)
    ]


class Understood(Exception):
    """A command's parser took all of its words."""


@pytest.fixture
def only_parse(monkeypatch):
    for way in ("parse_args", "parse_intermixed_args"):
        parse = getattr(commands.Parser, way)

        def stop(self, words, parse=parse):
            parse(self, words)
            raise Understood

        monkeypatch.setattr(commands.Parser, way, stop)


def excused(command: str) -> bool:
    return any(re.search(pattern, command) for pattern in NOT_HERE)


@pytest.mark.parametrize("command", [c for c in COMMANDS if not named_only(c) and not re.search(r"conda |python -m (pip|venv) ", c)])
def test_make_and_the_command_know_the_words(command, only_parse):
    for words in words_of(command):
        with pytest.raises(Understood):
            commands.command(words[0])(words[1:])


@pytest.mark.parametrize("command", [c for c in COMMANDS if not excused(c) and not named_only(c)])
def test_a_test_runs_it(command):
    for words in words_of(command):
        assert words[0] in (*HERE, *ELSEWHERE), f"no test runs `{command}`: add one, or give it here"


@pytest.mark.parametrize("name", sorted(ELSEWHERE))
def test_the_test_that_is_said_to_run_it_is_there_and_names_it(name):
    file, _, function = ELSEWHERE[name].partition("::")
    text = (ROOT / file).read_text(encoding="utf-8")
    assert f"def {function}(" in text and re.search(rf'"{name}"|commands import .*\b{name}\b|commands\.{name}\b', text)


def test_make_test_is_what_ci_runs_and_make_alone_lists_the_targets():
    assert "make test" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    done = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True)
    targets = set(re.findall(r"^ +make (\w+)", done.stdout, re.MULTILINE))
    named = {words[1] for words in map(str.split, COMMANDS) if words[0] == "make" and len(words) > 1 and "=" not in words[1]}
    assert named and named <= targets | {"-n"}


def test_a_command_that_nobody_knows_is_found_and_few_are_excused(only_parse):
    page = "Say `make everything`, or\n\n```\n.venv/bin/sslslr chekc own X   # a slip\nmake plan SPEED=9\n```\n"
    assert shown(page) == [".venv/bin/sslslr chekc own X", "make plan SPEED=9", "make everything"]
    with pytest.raises(SignError):
        commands.command(words_of(".venv/bin/sslslr chekc own X")[0][0])
    for wrong in ("make plan SPEED=9", "make everything"):
        with pytest.raises(ValueError, match=r"SPEED|everything"):
            words_of(wrong)
    assert len(COMMANDS) > 8 and len(NOT_HERE) <= 6


RUN = {}  # of several with the same command of ours the first, as with ``make plan`` and its profiles: their sizes are smoke's here
for one in (c for c in COMMANDS if not excused(c) and not named_only(c)):
    for name in HERE:
        if re.search(rf"\b{name}\b", one):
            RUN.setdefault(name, one)


@pytest.mark.parametrize("command", RUN.values(), ids=RUN.keys())
def test_it_runs_small(command, tmp_path, monkeypatch, capsys):
    if re.search(r"\bexchange\b", command) and (said := unavailable("writing .pose files")):
        pytest.skip(said)
    monkeypatch.chdir(tmp_path)
    for words in words_of(command):
        if words[0] in HERE:
            assert commands.main(small.smaller(words, tmp_path)) == 0, capsys.readouterr().err
            assert capsys.readouterr().out.strip()


def test_the_record_that_claims_are_judged_on_is_the_project_s(monkeypatch):
    monkeypatch.delenv("SSLSLR_RECORD")
    assert paths.record() == ROOT / "data" / "record"
