"""The repository keeps its promises: pins, sizes, notebooks, names."""

import json
import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.version import Version

import sslslr
from sslslr import paths, profiles
from sslslr.errors import SignError
from sslslr.learning.training import Optimiser
from sslslr.methods.encoder import EncoderConfig
from sslslr.report import notebooks

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
LOCK, NEWER = (
    dict(line.split("==") for line in (ROOT / name).read_text().splitlines() if not line.startswith("#"))
    for name in ("requirements.lock", "requirements-3.13.lock")
)
HERE = NEWER if sys.version_info >= (3, 13) else LOCK
MODULES = sorted((ROOT / "sslslr").rglob("*.py"))
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def drift(environment: dict) -> list[str]:
    """What in an environment.yml differs from the lock and the project file."""
    entries = environment["dependencies"]
    pip = next((e["pip"] for e in entries if isinstance(e, dict)), [])
    python = next((e.split("=")[1] for e in entries if isinstance(e, str) and e.startswith("python=")), "none")
    wrong = [] if python in ("3.11", "3.12") else [f"python {python} is not requirements.lock's"]
    wrong += [] if pip[:1] == ["-r requirements.lock"] else ["the lock is not what pip installs"]
    wrong += [f"{e}: pinned outside of the lock" for e in pip[1:] if e != "-e ."]
    return wrong + [
        f"{e}: from conda, not from the lock" for e in entries if isinstance(e, str) and e.split("=")[0] not in ("python", "pip")
    ]


def test_the_conda_environment_has_the_pins_of_the_lock():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    assert drift(environment) == []
    assert drift({"dependencies": ["python=3.13", "pip", {"pip": ["-r requirements.lock"]}]})
    assert drift({"dependencies": ["python=3.11", "numpy=2", {"pip": ["-r requirements.lock"]}]})
    assert drift({"dependencies": ["python=3.11", {"pip": ["-r requirements.lock", "torch==2.0"]}]})


@pytest.mark.parametrize("lock, python", [(LOCK, "3.11"), (LOCK, "3.12"), (NEWER, "3.13")], ids=["3.11", "3.12", "3.13"])
def test_the_lock_pins_every_package_that_the_project_names(lock, python):
    names = {re.sub(r"[-_.]+", "-", n).lower(): v for n, v in lock.items()}
    wanted = PROJECT["dependencies"] + [r for extra in PROJECT["optional-dependencies"].values() for r in extra]
    for requirement in map(Requirement, wanted):
        if requirement.marker and not requirement.marker.evaluate({"python_version": python}):
            continue
        version = names.get(re.sub(r"[-_.]+", "-", requirement.name).lower())
        assert version and Version(version) in requirement.specifier, str(requirement)
    assert lock["torch"] == "2.13.0", "a local build in the lock could not be installed elsewhere"


def test_the_version_is_said_alike_everywhere_and_has_its_entry_in_the_changelog():
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert cited["version"] == PROJECT["version"] == sslslr.__version__
    entries = re.findall(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert entries[0] == Version(sslslr.__version__).base_version and entries == sorted(entries, key=Version, reverse=True)


def test_hooks_fetch_nothing_and_ci_runs_what_a_person_runs():
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]
    assert [repo["repo"] for repo in hooks] == ["local"]
    assert all(hook["language"] == "system" and hook["entry"].startswith(".venv/bin/") for hook in hooks[0]["hooks"])
    (job,) = yaml.safe_load((ROOT / ".github" / "workflows" / "test.yml").read_text(encoding="utf-8"))["jobs"].values()
    ran = [step.get("run") for step in job["steps"]]
    assert ran[-2:] == ["make lint", "make test"]
    assert (ROOT / ".ci" / "run").read_text(encoding="utf-8").rstrip().endswith("make lint\nexec make test")


def test_this_environment_is_the_lock_of_its_python():
    for name in {"torch", "numpy", "mediapipe", "scikit-learn", "papermill", "matplotlib", "Sphinx"} & set(HERE):
        assert metadata.version(name).split("+")[0] == HERE[name]


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_modules_are_thin(path):
    assert len(path.read_text().splitlines()) <= 300


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_notebooks_are_told_and_thin_and_committed_without_outputs(path):
    cells = json.loads(path.read_text())["cells"]
    code = [c for c in cells if c["cell_type"] == "code"]
    text = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
    for cell in code:
        lines = "".join(cell["source"]).splitlines()
        assert len(lines) <= 25 and max(map(len, lines)) <= 88, lines[0]
        if not {"nbval-check-output", "nbval-test-listed"} & set(cell["metadata"].get("tags", [])):
            assert not cell["outputs"] and cell["execution_count"] is None
    assert len(cells) - len(code) >= len(cells) / 3
    assert re.match(r"# \d\d ", text) and all(word in text for word in ("**You will learn**", "**Time**", "## Limits", "## Exercise"))
    assert path.name.startswith(text[2:4])
    assert set(notebooks.declared(path)) >= set(notebooks.STANDARD)
    assert notebooks.saved(path) == {}, "a parameter is not what parameters.yml says"


def test_profiles_are_whole_and_grow(tmp_path, monkeypatch):
    loaded = {name: profiles.load(name) for name in ("smoke", "quick", "decide", "full", "paper")}
    for profile in loaded.values():
        EncoderConfig(**profile.encoder), Optimiser(**profile.optimiser)
        assert set(profile.corpora) == set(loaded["quick"].corpora)
    paper = loaded["paper"]
    assert (paper.encoder["blocks"], paper.encoder["width"], paper.encoder["heads"], paper.batch, paper.frames, paper.epochs) == (
        12,
        512,
        8,
        512,
        64,
        200,
    )
    assert not loaded["smoke"].judges and loaded["quick"].judges
    text = (paths.PROFILES / "smoke.yml").read_text()
    (tmp_path / "odd.yml").write_text(text + "colour: blue\n")
    monkeypatch.setattr(paths, "PROFILES", tmp_path)
    with pytest.raises(SignError, match=r"odd.yml: missing or unknown keys colour"):
        profiles.load("odd")


def test_nothing_names_this_machine_or_reads_pickles():
    files = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True
    ).stdout.split()
    for name in files:
        path = ROOT / name
        if (
            path.suffix in {".py", ".md", ".yml", ".toml", ".ipynb", ".sh", ".cff", ".lock", ""}
            and path.is_file()
            and path != Path(__file__)
        ):
            text = path.read_text(encoding="utf-8", errors="ignore")
            for word in ("/work/", "/root/", "allow_pickle=True", "pickle.load", "weights_only=False", "torch.load"):
                assert word not in text, f"{name}: {word}"


def test_makefile_help_is_the_default_and_names_every_target():
    shown = subprocess.run(["make", "--no-print-directory"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for target in re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE):
        if target in ("help", "lock"):
            continue
        assert f"make {target}" in shown
