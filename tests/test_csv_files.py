"""CSV tables that people wrote."""

import pytest

from sslslr.csv_files import numbered, read_csv
from sslslr.datasets.source import read_table
from sslslr.errors import SignError
from sslslr.extract.sources import find


@pytest.mark.parametrize(
    "text, line",
    [
        ("path,gloss\na.mp4,A,B\nb.mp4,B\n", 2),
        ("path,gloss\n\na.mp4,A\n\nb.mp4,B,C\n", 5),
        ('path,gloss\na.mp4,"A\nA"\nb.mp4,B,C\n', 4),
        ("path,gloss\na.mp4,A,\nb.mp4,B,C\n", 3),
    ],
)
def test_a_line_with_a_field_too_many_is_named_by_its_number_in_the_file(text, line, tmp_path):
    path = tmp_path / "list.csv"
    path.write_text(text)
    said = f"line {line} has 3 fields, the header has 2"
    with pytest.raises(ValueError, match=said):
        read_csv(path)
    with pytest.raises(SignError, match=said):
        read_table(path, ("gloss",))
    with pytest.raises(SignError, match=said):
        find(tmp_path, path)


def test_a_comma_at_a_lines_end_a_gap_and_the_word_NA_are_read_as_they_are_meant(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text("\ufeffpath, gloss\r\na.mp4,NA,\r\n\r\nb.mp4\r\n")
    assert read_csv(path).values.tolist() == [["a.mp4", "NA"], ["b.mp4", ""]]
    assert [line for line, _ in numbered(path)] == [1, 2, 4]
