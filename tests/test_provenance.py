"""The commit that a result names: marked where the code differs from it, and by nothing else."""

import subprocess

from sslslr import provenance


def test_a_commit_is_marked_where_code_differs_from_it_and_not_for_rows_of_the_record(tmp_path, monkeypatch):
    def git(*words):
        subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b", *words], cwd=tmp_path, check=True, capture_output=True)

    (tmp_path / "data" / "record").mkdir(parents=True)
    code, rows = tmp_path / "code.py", tmp_path / "data" / "record" / "runs.csv"
    for file in (code, rows):
        file.write_text("1\n")
    git("init"), git("add", "."), git("commit", "-m", "first")
    monkeypatch.setattr(provenance, "ROOT", tmp_path)
    told = getattr(provenance.commit, "__wrapped__", provenance.commit)
    clean = told()
    assert len(clean) == 10
    rows.write_text("1\n2\n")
    assert told() == clean
    code.write_text("2\n")
    assert told() == clean + "+"
