"""What people are told stays one line, whatever it quotes."""

import pytest

from sslslr.errors import SignError
from sslslr.extract.sources import find
from sslslr.extract.video import VideoError


@pytest.mark.parametrize("error", [SignError, lambda said: VideoError("unreadable", said)])
def test_what_a_terminal_would_obey_is_written_out(error):
    said = str(error("a\nb\x1b[31m \u2028\udc80: é, 手 – leave it out"))
    assert said == "a\\nb\\x1b[31m \\u2028\\udc80: é, 手 – leave it out"
    assert str(SignError(said)) == said
    for kept in ("\u0645\u06cc\u200c\u062e\u0648", "手\u3000語", "12\u202f000"):
        assert str(SignError(kept)) == kept


def test_a_manifest_that_is_one_quoted_cell(tmp_path):
    (tmp_path / "m.csv").write_text('"path,id,gloss\na.mp4,one,tree\n"')
    with pytest.raises(SignError, match="no row") as told:
        list(find(tmp_path, tmp_path / "m.csv"))
    assert "\n" not in str(told.value)
