"""Rows of a table of results, as the claims' functions choose among them."""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from sslslr.errors import SignError


class Missing(Exception):
    """A table, or the rows of it that a comparison needs, are not there: the claim was not run."""


_READ: ContextVar[dict[str, set] | None] = ContextVar("read", default=None)


@contextmanager
def reading(used: dict[str, set]) -> Iterator[None]:
    """Inside, ``used`` gathers the labels of the rows whose values are read, by table: what stands behind a comparison."""
    token = _READ.set(used)
    try:
        yield
    finally:
        _READ.reset(token)


@dataclass(frozen=True)
class Rows:
    """Rows of one table of results; ``group`` and ``name`` say in a comparison's name which ones they are."""

    table: str
    frame: pd.DataFrame
    group: str = ""
    name: str = ""

    def need(self, *columns: str) -> None:
        """Raise Missing unless the table has these columns."""
        if lacking := sorted(set(columns) - set(self.frame)):
            raise Missing(f"tables/{self.table}.csv has no column {', '.join(lacking)}")

    def note(self) -> None:
        """Tell ``reading`` that these rows' values are read."""
        if (used := _READ.get()) is not None:
            used.setdefault(self.table, set()).update(self.frame.index)

    def only(self, **fits) -> "Rows":
        """The rows whose columns have these values, or one of several; raises Missing where there is none."""
        self.need(*fits)
        frame = self.frame
        for column, wanted in fits.items():
            frame = frame[frame[column].isin(wanted if isinstance(wanted, (list, tuple)) else [wanted])]
        if frame.empty:
            wanted = ", ".join(f"{k} {v}" for k, v in fits.items())
            raise Missing(f"needs rows with {wanted}{f' of {self.name}' if self.name else ''} in tables/{self.table}.csv")
        return replace(self, frame=frame)

    def known(self, value: str) -> "Rows":
        """The rows that have a ``value``; raises Missing where none has."""
        self.need(value)
        frame = self.frame.dropna(subset=[value])
        if frame.empty:
            raise Missing(f"no row of tables/{self.table}.csv has a value of {value}")
        return replace(self, frame=frame)

    def where(self, **fits) -> "Rows":
        """As ``only``, and the values stand in the name: these rows are one side of a comparison."""
        said = [v if isinstance(v, str) else f"{k} {v:.2g}" for k, v in fits.items()]
        return replace(self.only(**fits), name=", ".join(filter(None, [self.name, *said])))

    def each(self, *columns: str) -> list["Rows"]:
        """The rows of each group of these columns, in the order of the table."""
        self.need(*columns)
        return [replace(self, frame=frame, group=", ".join(map(str, key))) for key, frame in self.frame.groupby(list(columns), sort=False)]

    def largest(self, column: str, at_most: float) -> float:
        """The largest value of a column that is not above ``at_most``; raises Missing where there is none."""
        self.need(column)
        found = self.frame.loc[self.frame[column] <= at_most + 1e-9, column].max()
        if np.isnan(found):
            raise Missing(f"no rows with {column} at most {at_most:.2g}")
        return found

    def cells(self, value: str, over: Sequence[str], about: Sequence[str] = ()) -> pd.DataFrame:
        """``value`` and the columns ``about`` of each cell of ``over``; raises SignError when two rows fall into one cell."""
        self.need(value, *over, *about)
        self.note()
        if self.frame.duplicated(list(over)).any():
            raise SignError(f"{self.table}.csv: several rows for one {', '.join(over)}; the claim must choose among them")
        return self.known(value).frame.set_index(list(over))[[value, *about]]

    def seeds(self, part: int, parts: int = 2) -> "Rows":
        """One of ``parts`` equal parts of the seeds of each group of held-out signers (each corpus); a table without groups as it is."""
        if not {"repeat", "group"} <= set(self.frame):
            return self
        groups = self.frame.groupby([c for c in ("corpus", "source", "target", "group") if c in self.frame])["repeat"]
        place = (groups.rank("dense") - 1) * parts // groups.transform("nunique")
        return replace(self, frame=self.frame[place == part])

    def without(self, groups: Collection[int]) -> "Rows":
        """The rows of the other groups of held-out signers; a table without groups as it is."""
        return replace(self, frame=self.frame[~self.frame["group"].isin(groups)]) if "group" in self.frame else self


Tables = Callable[[str], Rows]  # tables(name): the rows of a table; raises Missing where it is not there
