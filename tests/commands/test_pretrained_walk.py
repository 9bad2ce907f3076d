"""docs/pretrained.md, walked by its own commands on the smoke profile: from a pretraining to weights, probe and export."""

import re
import shlex

import pytest

from sslslr import commands, paths

PAGE = (paths.ROOT / "docs" / "pretrained.md").read_text(encoding="utf-8")
BLOCKS = dict(re.findall(r"```(\w*)\n(.*?)```", PAGE, re.DOTALL))


def test_the_page_s_commands_lead_from_a_pretraining_to_an_encoder_to_pass_on(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "card.yml").write_text(BLOCKS["yaml"])
    said = {}
    for line in BLOCKS[""].splitlines():
        words = shlex.split(line.removeprefix(".venv/bin/sslslr ").replace("--profile quick", "--profile smoke"))
        words += ["--profile", "smoke"] if words[0] == "probe" else []
        assert commands.main(words) == 0, line
        said[words[0]] = capsys.readouterr().out
    assert "OUT/encoder: an encoder to pass on" in said["pretrain"] and "answers as when it was saved" in said["weights"]
    assert re.search(r"encoder +linear top-1 +[\d.]+%", said["probe"]) and "hand-made features" in said["probe"]
    assert re.search(r"n = \d+ test clips", said["probe"]) and (tmp_path / "encoder.onnx").stat().st_size > 10_000
    capsys.readouterr()
    assert commands.main(["probe", "OUT/encoder", "--profile", "smoke", "--corpus", "nothing"]) == 2


@pytest.mark.parametrize("spoil, says", [(lambda t: t.replace("missing: Everybody.", ""), "missing"), (lambda t: t + ":\n - [", "YAML")])
def test_a_card_that_is_none_is_refused_before_anything_is_trained(tmp_path, capsys, spoil, says):
    (tmp_path / "card.yml").write_text(spoil(BLOCKS["yaml"]))
    assert commands.main(["pretrain", str(tmp_path / "out"), "--profile", "smoke", "--card", str(tmp_path / "card.yml")]) == 2
    told = capsys.readouterr().err
    assert says in told and told.count("\n") == 1 and not (tmp_path / "out").exists()
