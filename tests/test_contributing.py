"""CONTRIBUTING.md, followed to the letter in a copy of the package: every recipe works, and is short."""

import os
import re
import shutil
import subprocess
import sys

import pytest

from sslslr.paths import ROOT

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
    assert where.startswith(str(followed[0])) and {"barlow", "backwards", "npy-clips"} <= set(names.split())


def test_finished_trainings_stay_as_they_are(followed):
    here, there = (run(folder / "tests", "-c", KEY, path=folder) for folder in (ROOT, followed[0]))
    assert here.stdout and here.stdout == there.stdout, here.stderr + there.stderr


def test_the_files_that_it_names_are_there():
    for name in re.findall(r"`((?:sslslr|tests|data)/[\w/.]+)`", TEXT):
        added = {path for what, path, _ in STEP.findall(TEXT) if what == "New file"}
        assert name in added or (ROOT / name).exists(), name
