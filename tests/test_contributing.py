"""CONTRIBUTING.md, followed to the letter in a copy of the package: every recipe works, and is short."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys

import pytest

from sslslr import paths
from sslslr.paths import ROOT
from sslslr.studies import comparison

TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
SECTIONS = {part.splitlines()[0]: part for part in re.split(r"^## ", TEXT, flags=re.MULTILINE)[1:]}
STEP = re.compile(r"^(New file|At the end of) `([^`]+)`[^\n]*:\n\n```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def follow(section: str, folder) -> list[str]:
    """Do what a recipe says below ``folder``; returns the test files that it adds."""
    tests = []
    for what, name, code in STEP.findall(section):
        path = folder / name
        if what == "New file":
            assert not path.exists() and not (ROOT / name).exists(), f"{name} is there already: the example needs another name"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(code, encoding="utf-8")
        else:
            path.write_text(path.read_text(encoding="utf-8") + "\n" + code, encoding="utf-8")
        tests += [name] * name.startswith("tests/")
    return tests


@pytest.fixture(scope="module")
def followed(tmp_path_factory):
    """A copy of the package in which all recipes were followed, and the tests that they add."""
    folder = tmp_path_factory.mktemp("copy")
    shutil.copytree(ROOT / "sslslr", folder / "sslslr", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "notebooks" / "profiles", folder / "notebooks" / "profiles")
    shutil.copytree(ROOT / "data", folder / "data")
    shutil.copy(ROOT / "pyproject.toml", folder)
    (folder / "tests").mkdir()
    shutil.copy(ROOT / "tests" / "conftest.py", folder / "tests")
    return folder, {name: follow(section, folder) for name, section in SECTIONS.items()}


def run(folder, *words, path=None):
    environment = os.environ | {"PYTHONPATH": str(path or folder), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run([sys.executable, *words], check=False, cwd=folder, env=environment, capture_output=True, text=True, timeout=300)


def test_each_recipe_is_short_and_has_a_test(followed):
    assert list(SECTIONS)[:3] == ["Add a method", "Add a data set", "Add an augmentation"]
    for name, section in SECTIONS.items():
        lines = [line for line in section.splitlines() if line.strip()]
        assert len(lines) < 60, f"{name}: {len(lines)} lines"
        assert len(STEP.findall(section)) == section.count("```python") <= 3
        assert len(followed[1][name]) == 1


def test_every_recipe_passes_its_own_test_in_the_copy(followed):
    folder, tests = followed
    done = run(folder, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", *[t for added in tests.values() for t in added])
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]
    assert f"{len(tests)} passed" in done.stdout


def test_the_code_of_the_recipes_passes_lint(followed):
    folder, _ = followed
    for words in (["check"], ["format", "--check"]):
        done = run(folder, "-m", "ruff", *words, *[name for what, name, _ in STEP.findall(TEXT) if what == "New file"])
        assert done.returncode == 0, done.stdout


CLIPS = """
import numpy as np, sys
from pathlib import Path
from conftest import make_signs
signs = make_signs(frames=24)
for i in range(len(signs)):
    (folder := Path(sys.argv[1]) / f"signer{i % 3}" / "AB"[i // 30]).mkdir(parents=True, exist_ok=True)
    np.save(folder / f"{i}.npy", np.nan_to_num(signs.landmarks[i, : signs.lengths[i]]))
"""


def trained() -> dict[str, str]:
    """Run -> method, of all that was trained here."""
    return {p.parent.name: json.loads((p.parent / "run.json").read_text())["method"] for p in paths.runs().glob("*/provenance.json")}


def test_a_method_joins_the_record_by_its_rows_alone(followed, tmp_path):
    """CONTRIBUTING's own command, on the data set of its second recipe."""
    folder, data = followed[0], tmp_path / "data"
    (command,) = re.findall(r"^make (record .*)$", SECTIONS["Add a method"], re.MULTILINE)
    said = [*command.replace("DATASET=synthetic", "DATASET=npy-clips").split(), f"DATA={data}", "PROFILE=smoke", "WORKERS=1"]
    clean = {k: v for k, v in os.environ.items() if not k.startswith("MAKE")}  # make test is a make, too
    shown = subprocess.run(["make", "-n", *said], cwd=ROOT, env=clean, capture_output=True, text=True, check=True).stdout
    (line,) = [line for line in shown.splitlines() if "sslslr record" in line]
    words = ["-m", *shlex.split(re.sub(r"\S*/bin/(?=sslslr)", "", line).removeprefix("@"))]
    assert not run(folder / "tests", "-c", CLIPS, str(data), path=f"{folder}{os.pathsep}{folder / 'tests'}").stderr
    others = run(folder, *words[: words.index("--method")], "--study", "Table 1")
    assert others.returncode == 0, others.stderr[-2000:]
    before = trained()
    assert "complete" in others.stdout and "dcl" not in before.values() and "simclr" in before.values()
    mine = run(folder, *words)
    assert mine.returncode == 0, mine.stderr[-2000:]
    assert {method for name, method in trained().items() if name not in before} == {"dcl"}, "no other method is trained"
    said, head, *lines = mine.stdout.rpartition("\n\n")[2].splitlines()
    assert "dcl minus the other" in said and head.split()[-1] == "pairs" and all(line.startswith("npy-clips") for line in lines)
    assert [line.split()[1:3] for line in lines[: len(comparison.VIEW_SETS)]] == [["dcl", v] for v in comparison.VIEW_SETS]
    assert {"SimCLR", "SL-FPN", "supervised"} <= {line.split()[1] for line in lines} and "STALE" not in mine.stdout


KEY = """
from conftest import make_signs
from sslslr.learning.store import key
from sslslr.learning.training import Run
signs = make_signs()
print(key(Run("simclr").fitted(signs), signs))
"""
NAMES = """
import sslslr
from sslslr.datasets import DATASETS
from sslslr.methods import METHODS
from sslslr.views import VIEWS
print(sslslr.__file__)
print(*METHODS, *VIEWS, *DATASETS)
"""


def test_the_registries_of_the_copy_have_the_new_names(followed):
    where, names = run(followed[0], "-c", NAMES).stdout.splitlines()
    assert where.startswith(str(followed[0])) and {"dcl", "backwards", "npy-clips"} <= set(names.split())


def test_finished_trainings_stay_as_they_are(followed):
    here, there = (run(folder / "tests", "-c", KEY, path=folder) for folder in (ROOT, followed[0]))
    assert here.stdout and here.stdout == there.stdout, here.stderr + there.stderr


def test_the_files_that_it_names_are_there():
    for name in re.findall(r"`((?:sslslr|tests|data)/[\w/.]+)`", TEXT):
        added = {path for what, path, _ in STEP.findall(TEXT) if what == "New file"}
        assert name in added or (ROOT / name).exists(), name
