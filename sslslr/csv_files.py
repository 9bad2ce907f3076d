"""CSV tables that people wrote: read as text, and where in the file a row stands."""

import csv
import warnings
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


def read_csv(path: Path) -> "pd.DataFrame":
    """All cells as text, "" where there is none; "NA" is a word, not a gap, and a comma at a line's end shifts no column.

    Blanks around a column's name don't count; of two columns with one name the first is kept.

    Raises OSError where it can't be opened, ValueError in one line where it is no table: with the first line that has more fields than
    the header (more that are not empty) and how many.
    """
    import pandas as pd  # here, so that workers that extract start faster

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)  # a row with more fields than the header, not all empty
            table = pd.read_csv(
                path, dtype=str, keep_default_na=False, na_values=[""], encoding="utf-8-sig", skipinitialspace=True, index_col=False
            )
    except (ValueError, pd.errors.ParserWarning) as error:
        raise ValueError(_longer(path) or str(error).splitlines()[0].strip()) from None
    table.columns = [str(c).strip() for c in table]
    return first_of_each(table.fillna(""))


def first_of_each(table: "pd.DataFrame") -> "pd.DataFrame":
    """The table with the first of the columns that have one name."""
    return table.loc[:, ~table.columns.duplicated()]


def lines(path: Path, rows: int) -> list[str]:
    """Where each of the ``rows`` of a CSV begins, as "line 4"."""
    found = []
    with suppress(csv.Error):  # what pandas reads in its own way
        found = [f"line {begins}" for begins, _ in numbered(path)]
    return found[1:] if len(found) == rows + 1 else [f"row {n}" for n in range(1, rows + 1)]


def numbered(path: Path) -> Iterator[tuple[int, list[str]]]:
    """(number of its first line, cells) of each row, the header too: blank lines, which are passed over, count, and quoted line ends."""
    begins = 1
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, skipinitialspace=True)
        for cells in reader:
            if len(cells) > 1 or any(c.strip() for c in cells):
                yield begins, cells
            begins = reader.line_num + 1


def _longer(path: Path) -> str:
    try:
        rows = numbered(path)
        _, head = next(rows, (0, []))
        for line, cells in rows:
            if any(c.strip() for c in cells[len(head) :]):
                return f"line {line} has {len(cells)} fields, the header has {len(head)}"
    except (csv.Error, ValueError):  # what pandas reads, or refuses, in its own way
        pass
    return ""
