"""Numbers do not change without a new version: every part at toy size against pinned numbers (``tools/pin.py`` writes them)."""

import ast
import importlib.util
import json
import re
from collections import Counter
from importlib import import_module

import pytest

from sslslr import datasets
from sslslr.measures import probes
from sslslr.methods import METHODS, simclr
from sslslr.paths import ROOT
from sslslr.provenance import known, versions
from sslslr.views import PAIRS, VIEWS

spec = importlib.util.spec_from_file_location("pin", ROOT / "tools" / "pin.py")
pin = importlib.util.module_from_spec(spec)
spec.loader.exec_module(pin)
PINNED = json.loads(pin.FILE.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def found():
    return pin.entries()


def test_every_number_is_as_pinned_or_of_a_new_version(found):
    changed, anew = pin.compared(PINNED, found)
    assert not changed, f"other numbers without a new version: {changed}; raise the VERSION of the part that changed"
    assert not anew, f"new versions: {anew}; pin them with `python tools/pin.py`"


def test_every_method_with_every_view_and_every_probe_is_pinned():
    assert {f"{m} x {v}" for m in METHODS for v in VIEWS} | {f"probe {p}" for p in probes.PROBES} <= set(PINNED)


def test_a_loss_changed_by_one_per_cent_fails_until_its_version_is_raised(monkeypatch):
    signs, run = pin.clips(), pin.training.Run("simclr", encoder=pin.SMALL, epochs=2, batch=9)
    loss = simclr.SimCLR.loss
    assert pin.compared({"simclr x boundary": PINNED["simclr x boundary"]}, {"simclr x boundary": pin.trained(run, signs)}) == ([], [])
    monkeypatch.setattr(simclr.SimCLR, "loss", lambda *words: 1.01 * loss(*words))
    found = {"simclr x boundary": pin.trained(run, signs)}
    assert pin.compared({"simclr x boundary": PINNED["simclr x boundary"]}, found) == (["simclr x boundary"], [])
    monkeypatch.setattr(simclr, "VERSION", "simclr 99")
    found = {"simclr x boundary": pin.trained(run, signs)}
    assert pin.compared({"simclr x boundary": PINNED["simclr x boundary"]}, found) == ([], ["simclr x boundary"])


def test_a_changed_probe_is_found_though_its_accuracy_is_the_same(monkeypatch):
    before, build = pin.measures(), probes.LogisticRegression
    monkeypatch.setattr(probes, "LogisticRegression", lambda **settings: build(**settings | {"C": 1.02}))
    after = pin.measures()
    assert pin.compared(before, after)[0] == ["probe linear"]


def test_pinning_leaves_a_number_alone_that_changed_without_a_version(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(pin, "FILE", tmp_path / "pinned.json")
    entry = {"versions": ["part 1"], "numbers": [1.0]}
    monkeypatch.setattr(pin, "entries", lambda: {"part": entry, "other": entry})
    assert pin.main() == 0
    monkeypatch.setattr(pin, "entries", lambda: {"part": entry | {"numbers": [1.01]}, "other": {"versions": ["part 2"], "numbers": [3.0]}})
    assert pin.main() == 1 and "raise the VERSION" in capsys.readouterr().err
    stored = json.loads(pin.FILE.read_text())
    assert stored["part"]["numbers"] == [1.0] and stored["other"]["numbers"] == [3.0]


def test_everything_registered_has_a_version():
    for part in (*METHODS.values(), *VIEWS.values(), *PAIRS.values(), probes):
        assert versions(part)
    for name in datasets.DATASETS:
        reader, _ = datasets.module(name)
        opens = getattr(reader, "open_clip", None) or getattr(reader, "make", None)
        assert opens is None or versions(opens), name  # without one the reader finds videos only, and reads them once extracted


def test_versions_are_unique_names_with_a_number_and_no_path():
    said = known()
    names = Counter(version.rpartition(" ")[0] for version in said.values())
    assert len(said) > 30 and max(names.values()) == 1
    for path, version in said.items():
        assert re.fullmatch(r"\S.* [1-9]\d*", version) and "sslslr" not in version and "/" not in version, version
        assert version == import_module("sslslr." + path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")).VERSION


def test_every_file_of_methods_and_views_says_a_version_or_decides_nothing():
    quiet = {"methods/__init__.py", "methods/lightly.py"}  # the registry, and the door to lightly
    files = {p.relative_to(ROOT / "sslslr").as_posix() for room in ("methods", "views") for p in (ROOT / "sslslr" / room).glob("*.py")}
    assert files - set(known()) == quiet
    tree = ast.parse((ROOT / "sslslr" / "methods" / "__init__.py").read_text(encoding="utf-8"))
    assert not any(isinstance(node, ast.FunctionDef | ast.ClassDef) for node in tree.body)
