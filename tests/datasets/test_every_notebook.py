"""Every notebook on a small packed set in a published layout that lacks what most have: hands alone, in sessions."""

import nbformat
import pytest
import recordings

from sslslr import paths, profiles
from sslslr.claims import judge
from sslslr.clips.skeleton import LEAP_42
from sslslr.commands import main, reproduce
from sslslr.report.notebooks import notebooks
from sslslr.studies import inputs


@pytest.fixture
def hands(tmp_path):
    """Four signs x 18 takes of hands alone, in six sessions; one take of each shows no hand."""
    return recordings.leap(tmp_path / "data", takes=18, signs=4)


def warned(notebook) -> list[str]:
    """Warnings of an executed notebook's own cells and of the package; a library's (equal runs, to SciPy) are its own affair."""
    outputs = [o for cell in notebook.cells if cell.cell_type == "code" for o in cell.outputs]
    said = [o.text for o in outputs if o.get("name") == "stderr" and "Warning" in o.text]
    return [text for text in said if "/sslslr/" in text or "ipykernel" in text]


def test_every_notebook_runs_on_packed_hands_in_sessions_and_every_claim_has_its_answer(hands, capsys):
    assert main(["pack", "thai-leap", str(hands), "--frames", "24"]) == 0
    capsys.readouterr()
    (pack,) = (paths.cache() / "packed").iterdir()
    made = {p.name: p.stat().st_mtime_ns for p in pack.iterdir()}
    site = reproduce.reproduce("thai-leap", "smoke", str(hands), workers=1)
    folder = paths.results("thai-leap", "smoke")
    executed = {n.name: nbformat.read(folder / "notebooks" / n.name, as_version=4) for n in notebooks() if not reproduce.left_out(n)}
    assert site.exists() and len(executed) > 15
    assert {name: w for name, notebook in executed.items() if (w := warned(notebook))} == {}
    others = inputs.changes(profiles.load("smoke"), LEAP_42)
    assert len(list((paths.cache() / "packed").iterdir())) == 1 + len(others)  # what was packed is what was trained on
    assert {p.name: p.stat().st_mtime_ns for p in pack.iterdir()} == made

    assert "thai-leap: signers are sessions here" in (folder / "tables" / "table1_linear.md").read_text()
    tables, quick = judge.reader(folder), profiles.load("quick")  # smoke judges nothing: as if it did
    rows = [judge.judge(claim, tables, quick, "thai-leap")[0] for claim in judge.CLAIMS]
    untold = {r["id"]: r["text"] for r in rows if r["verdict"] == "not run"}
    assert {"C3", "F2"} <= set(untold) and all(untold[c].startswith("Judged on synthetic data only: ") for c in ("C3", "F2"))
    lacking = [c for c, text in untold.items() if not text.startswith("Judged on synthetic data only: ")]
    assert len(lacking) < 8 and not [text for text in untold.values() if "is not there" in text]  # no table is missing
