"""Where it runs: three Pythons, no make, no Unix, other consoles and folders; Binder, Colab, a dev container."""

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import nbformat
import pytest
from packaging.specifiers import SpecifierSet

from sslslr import commands, paths
from sslslr.commands import reproduce
from sslslr.errors import SignError
from sslslr.extract import holistic
from sslslr.report.notebooks import needs, notebooks

ROOT = paths.ROOT
PYTHONS = ("3.11", "3.12", "3.13")
SUPPORTED = SpecifierSet(tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["requires-python"])
HIDE = """
import builtins, importlib, pkgutil
real = builtins.__import__
def hiding(name, globals=None, *rest, **more):
    if name in ("fcntl", "resource", "pwd", "grp", "termios") and str((globals or {}).get("__name__", "")).startswith("sslslr"):
        raise ImportError(f"{name} is not on Windows")
    return real(name, globals, *rest, **more)
builtins.__import__ = hiding
import sslslr
names = [m.name for m in pkgutil.walk_packages(sslslr.__path__, "sslslr.") if not m.name.endswith("__main__")]
for name in names:
    importlib.import_module(name)
print(len(names))
"""


def pins(name: str) -> dict[str, str]:
    """The pins of a lock."""
    return dict(line.split("==") for line in (ROOT / name).read_text(encoding="utf-8").splitlines() if not line.startswith("#"))


def test_everything_can_be_imported_without_the_modules_that_only_unix_has():
    done = subprocess.run([sys.executable, "-c", HIDE], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-600:]
    assert int(done.stdout) > 100


def test_three_pythons_are_supported_and_the_locks_differ_only_where_mediapipe_makes_them():
    assert [v for v in ("3.10", *PYTHONS, "3.14") if f"{v}.1" in SUPPORTED] == list(PYTHONS)
    old, new = pins("requirements.lock"), pins("requirements-3.13.lock")
    only_old, other = set(old) - set(new), {n for n in set(old) & set(new) if old[n] != new[n]}
    assert "mediapipe" in only_old and "jax" in only_old and not set(new) - set(old)
    assert other == {"numpy", "protobuf"}, "MediaPipe holds them back"
    assert old["torch"] == new["torch"] and not [n for n in new if n.startswith("nvidia")]


def fake_python(folder: Path, version: str) -> Path:
    """Something that says it is a Python of that version, and writes down what else it is asked."""
    file = folder / f"python{version}"
    file.write_text(f'#!/bin/sh\ncase "$*" in *version_info*) echo {version};; *) echo "$*" >> {folder}/asked;; esac\n')
    file.chmod(0o755)
    return file


@pytest.mark.parametrize("version", PYTHONS)
def test_make_names_the_environment_after_its_python_and_takes_its_lock(tmp_path, version):
    shown = subprocess.run(["make", "-n", "test", f"PYTHON={fake_python(tmp_path, version)}"], cwd=ROOT, capture_output=True, text=True)
    lock = "requirements-3.13.lock" if version == "3.13" else "requirements.lock"
    assert shown.returncode == 0, shown.stderr
    assert f".venv-{version}/bin/python -m pytest" in shown.stdout
    assert f"-r {lock}" in shown.stdout or (ROOT / f".venv-{version}").is_dir(), "nothing to install where it is fresh"
    assert not re.search(r"(?<!-)\.venv/bin", shown.stdout)


def test_make_refuses_another_python_in_one_sentence(tmp_path):
    refused = subprocess.run(["make", "env", f"PYTHON={fake_python(tmp_path, '3.10')}"], cwd=ROOT, capture_output=True, text=True)
    assert refused.returncode == 2 and "needs Python 3.11, 3.12 or 3.13" in refused.stderr and "is 3.10" in refused.stderr
    assert not (ROOT / ".venv-3.10").exists()


def test_without_mediapipe_extraction_says_so_and_everything_else_goes_on(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(holistic, "find_spec", lambda name: None)
    with pytest.raises(SignError, match=r"extraction from video needs mediapipe .*do that with Python 3\.11 or 3\.12"):
        holistic.Holistic()
    assert commands.main(["extract", str(tmp_path), str(tmp_path / "out")]) == 2
    assert capsys.readouterr().err.count("\n") == 1 and not (tmp_path / "out").exists()
    source = nbformat.read(ROOT / "notebooks/01_pose_extraction.ipynb", as_version=4)
    source.cells = [nbformat.v4.new_markdown_cell("# 01 Toy"), *(c for c in source.cells if "parameters" in c.metadata.get("tags", []))]
    (folder := tmp_path / "notebooks").mkdir()
    nbformat.write(source, folder / "01_toy.ipynb")
    source.metadata.pop("sslslr")
    nbformat.write(source, folder / "02_other.ipynb")
    reproduce.reproduce("synthetic", "smoke", folder=folder)
    said = capsys.readouterr().out
    assert re.search(r"01_toy +left out: extraction from video needs mediapipe", said)
    assert [p.name for p in (paths.results("synthetic", "smoke") / "notebooks").iterdir()] == ["02_other.ipynb"]


def test_notebooks_that_build_a_mediapipe_graph_say_that_they_need_it():
    for path in notebooks():
        code = "\n".join(c.source for c in nbformat.read(path, as_version=4).cells if c.cell_type == "code")
        assert ("mediapipe" in needs(path)) == bool(re.search(r"\bHolistic\(", code)), path.name


def test_a_console_that_knows_no_utf8_and_folders_with_spaces_and_accents(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(Path(__file__).parent / "datasets")
    from layouts import mp_data

    data = mp_data(tmp_path / "données à lire")
    other = os.environ | {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "SSLSLR_CACHE": str(tmp_path / "zwischen ablage ü")}
    ran = subprocess.run([sys.executable, "-m", "sslslr", "check", "mp-data", str(data)], cwd=ROOT, env=other, capture_output=True)
    assert ran.returncode in (0, 1) and b"Traceback" not in ran.stderr, ran.stderr.decode()[-600:]
    assert ran.stdout.isascii() and b"donn" in ran.stdout
    wrong = subprocess.run(
        [sys.executable, "-m", "sslslr", "check", "mp-data", str(tmp_path / "où")], cwd=ROOT, env=other, capture_output=True
    )
    assert wrong.returncode == 2 and wrong.stderr.isascii() and wrong.stderr.count(b"\n") == 1


def test_readme_tells_machines_without_make_what_make_does():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "python -m pip install -r requirements.lock -e .\npython -m sslslr reproduce\n" in text
    assert "requirements-3.13.lock" in text and "CPU wheels" in text


def test_nothing_names_the_host_of_a_package_registry():
    listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True)
    hosts = ["pypi" + ".org", "pythonhosted" + ".org", "download.pytorch" + ".org", "npmjs" + ".org", "unpkg" + ".com", "jsdelivr" + ".net"]
    hosts += ["cloudflare" + ".com", "anaconda" + ".org", "ghcr" + ".io", "mcr.microsoft" + ".com", "docker" + ".io"]
    for name in listed.stdout.split("\n"):
        if (ROOT / name).is_file() and (ROOT / name).suffix not in (".safetensors", ".png"):
            text = (ROOT / name).read_text(encoding="utf-8", errors="ignore")
            assert not [h for h in hosts if h in text], name


def test_binder_installs_the_lock_on_a_supported_python():
    folder = ROOT / ".binder"
    version = (folder / "runtime.txt").read_text().strip().removeprefix("python-")
    wanted = [line for line in (folder / "requirements.txt").read_text().splitlines() if not line.startswith("#")]
    assert f"{version}.1" in SUPPORTED and wanted == ["-r ../requirements.lock"] and "-e ." in (folder / "postBuild").read_text()
    assert os.access(folder / "postBuild", os.X_OK) and "CPU wheels" in (folder / "requirements.txt").read_text()
    system = set((folder / "apt.txt").read_text().split())
    assert system == {"libgl1", "libglib2.0-0"} and all(p in (ROOT / ".ci/run").read_text() for p in system)


def test_the_dev_container_has_what_make_env_needs():
    folder = ROOT / ".devcontainer"
    about, docker = json.loads((folder / "devcontainer.json").read_text()), (folder / "Dockerfile").read_text()
    assert (folder / about["build"]["dockerfile"]).is_file() and about["postCreateCommand"] == "make env"
    version = re.search(r"^FROM python:(\d+\.\d+)-", docker, re.MULTILINE)
    assert version and f"{version[1]}.1" in SUPPORTED
    assert {"git", "make", "libgl1", "libglib2.0-0"} <= set(docker.split())


@pytest.fixture
def first_cell():
    """The code of the cell for Colab, the same in every notebook."""
    found = {}
    for path in notebooks():
        cells = nbformat.read(path, as_version=4).cells
        found[path.name] = [c.source for c in cells if "colab" in c.metadata.get("tags", [])]
        assert cells[1].source in found[path.name] and "[![Open in Colab](../docs/open-in-colab.svg)]" in cells[0].source, path.name
    assert len({code for codes in found.values() for code in codes}) == 1
    return next(iter(found.values()))[0]


def test_every_notebook_has_the_badge_and_the_cell_as_the_tool_writes_them():
    done = subprocess.run([sys.executable, "tools/colab.py", "--check"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, f"run python tools/colab.py: {done.stdout}"


def test_the_first_cell_installs_what_is_missing_and_nothing_else(first_cell, tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(subprocess, "run", lambda command, check: asked.append(command) or clone(command))

    def clone(command):
        if command[0] == "git":
            (tmp_path / "companion/notebooks").mkdir(parents=True)

    monkeypatch.chdir(tmp_path)
    exec(first_cell, {})
    assert asked == [], "sslslr is there"
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(SystemExit, match="Write the repository's address into ADDRESS"):
        exec(re.sub(r'ADDRESS = ".*"', 'ADDRESS = ""', first_cell), {})
    exec(re.sub(r'ADDRESS = ".*"', 'ADDRESS = "https://git.example/sslslr"', first_cell), {})
    assert asked[0][:2] == ["git", "clone"] and "https://git.example/sslslr" in asked[0]
    lock = "../requirements-3.13.lock" if sys.version_info >= (3, 13) else "../requirements.lock"
    assert asked[1][:4] == [sys.executable, "-m", "pip", "install"] and lock in asked[1] and Path.cwd().name == "notebooks"


def test_the_badge_leads_into_colab_with_the_repositorys_notebook(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "tools")
    import colab

    assert (
        colab.link("00.ipynb", "https://github.com/someone/sslslr")
        == "https://colab.research.google.com/github/someone/sslslr/blob/main/notebooks/00.ipynb"
    )
    assert colab.link("00.ipynb", "") == colab.link("00.ipynb", "https://git.example/x") == "https://colab.research.google.com/"
