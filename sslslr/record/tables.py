"""The record's tables on disk: CSV files whose every row is checked when it is read, and written whole or not at all.

A row of ``runs``, ``answers`` and ``jobs`` ends in a hash of itself. The long tables' rows have none: the row that they belong
to (a run's, an answer's) holds a hash of all of them.
"""

import csv
import hashlib
import io
import json
import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd
from filelock import BaseFileLock

from sslslr import locks, paths
from sslslr.errors import SignError

Row = dict[str, str]  # a row as it stands in the file: the text of each cell
Rows = dict[tuple[str, ...], Row]

NAME = re.compile(r"[0-9a-f]{16}")  # a run's, an answer's, a hash


def name(text: str) -> str:
    """A name of 16 hexadecimal digits; raises ValueError for anything else."""
    if not NAME.fullmatch(text):
        raise ValueError("expected 16 hexadecimal digits")
    return text


def number(text: str) -> float:
    """A number; NaN where nothing was measured."""
    return float(text) if text else math.nan


def date(text: str) -> str:
    """A day as 2026-01-31, or nothing."""
    if not re.fullmatch(r"(\d{4}-\d\d-\d\d)?", text):
        raise ValueError("expected a date as 2026-01-31")
    return text


@dataclass(frozen=True)
class Table:
    """A table: its ``key`` columns name a row, ``columns`` says how a cell's text is read (ValueError where it can't be).

    ``owner``: of a long table, the table whose row with the same key holds, in its column ``held``, the hash of these rows.
    """

    name: str
    key: tuple[str, ...]
    columns: dict[str, Callable]
    owner: str = ""
    held: str = ""

    @property
    def header(self) -> list[str]:
        """The file's first line."""
        return [*self.columns, *([] if self.owner else ["hash"])]

    def key_of(self, row: Row) -> tuple[str, ...]:
        """What names a row."""
        return tuple(row[c] for c in self.key)

    def row(self, values: dict) -> Row:
        """Values as a row: text, JSON for lists and dicts, nothing for None; with its hash. Raises SignError for a wrong column."""
        if wrong := set(values) ^ set(self.columns):
            raise SignError(f"record, table {self.name}: missing or unknown columns {', '.join(sorted(wrong))}")
        cells = {c: as_text(values[c]) for c in self.columns}
        return cells if self.owner else cells | {"hash": hashed(cells.values())}


SCORES = ("loss", "knn", "val_top1", *(f"{of}_{what}" for of in ("encoder", "output") for what in ("std", "rank", "norm")))
MEASURES: dict[str, Callable] = dict.fromkeys(SCORES, number)
TABLES = {table.name: table for table in (
    Table("epochs", ("run", "epoch"), {"run": name, "epoch": int, **MEASURES}, "runs", "epochs"),
    Table("classes", ("run", "answer", "label"), {"run": name, "answer": name, "label": int, "clips": int, "correct": float}, "answers", "parts"),
    Table("points", ("run", "answer", "index"), {"run": name, "answer": name, "index": int, "x": float, "y": float}, "answers", "parts"),
    Table("runs", ("run",), {
        "run": name, "corpus": str, "kind": str, "method": str, "views": str, "seed": int, "group": str, "settings": json.loads,
        "versions": json.loads, "data": json.loads, "last": json.loads, "weights": str, "epochs": str, "commit": str, "date": date,
        "packages": json.loads, "machine": str, "processor": str, "device": str, "seconds": number, "peak_memory_mb": number,
    }),
    Table("answers", ("run", "answer"), {
        "run": name, "answer": name, "question": json.loads, "versions": json.loads, "values": json.loads, "parts": str,
    }),
    Table("jobs", ("dataset", "profile", "study", "asks", "place"), {
        "dataset": str, "profile": str, "study": str, "number": int, "place": json.loads, "asks": json.loads, "run": name, "answer": name,
    }),
)}  # fmt: skip
LONG = [t for t in TABLES.values() if t.owner]
# Columns of ``runs`` that two makings of one record may differ in: the clock, and who ran it. All else is the same, row for row.
CIRCUMSTANCES = ("commit", "date", "packages", "machine", "processor", "device", "seconds", "peak_memory_mb", "hash")


def as_text(value) -> str:
    """One cell."""
    if isinstance(value, str):
        return value
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def hashed(cells: Iterable[str]) -> str:
    """Hash of texts in their order, 16 hexadecimal digits."""
    return hashlib.sha256("\x1f".join(cells).encode()).hexdigest()[:16]


def together(rows: Iterable[Row]) -> str:
    """Hash of some rows of a long table, in the file's order."""
    return hashed(cell for row in sorted(rows, key=_order) for cell in row.values())


def _order(row: Row) -> list:
    return [(float(v), "") if v.isdecimal() else (-1.0, v) for v in row.values()]


def _fuller(row: Row) -> tuple[int, str]:
    """Of two rows of one key, made in two places and merged, the greater is kept: the one that says more, else either, always the same."""
    return sum(map(bool, row.values())), row["hash"]


def read(table: Table, folder: Path) -> Rows:
    """A table's rows by key, none where no file is; SignError names file, line and row where one was changed or can't be."""
    path = folder / f"{table.name}.csv"
    if not path.exists():
        return {}
    try:
        return _read(table, path)
    except csv.Error as error:
        raise SignError(f"{path}: not a table as make record writes it ({error}); take it from git again") from None


def _read(table: Table, path: Path) -> Rows:
    found: Rows = {}
    with path.open(encoding="utf-8", errors="backslashreplace", newline="") as file:  # a byte that is no text changes its row's hash
        lines = csv.reader(file)
        if (first := next(lines, [])) != table.header:
            raise SignError(f"{path}: its first line has columns {', '.join(first)}; expected {', '.join(table.header)}")
        for cells in lines:
            where = f"{path}, line {lines.line_num}"
            if len(cells) != len(table.header):
                raise SignError(f"{where}: {len(cells)} columns, expected {len(table.header)}")
            row = dict(zip(table.header, cells, strict=True))
            what = f"{where} ({' '.join(', '.join(table.key_of(row)).split())[:200]})"
            for column, parse in table.columns.items():
                try:
                    parse(row[column])
                except ValueError as error:
                    raise SignError(f"{what}: column {column} is {row[column]!r} ({error})") from None
            if not table.owner and row["hash"] != hashed(cells[:-1]):
                raise SignError(f"{what}: the row was changed after it was made; take the line out, and make record makes it anew")
            before = found.setdefault(table.key_of(row), row)
            if table.owner and row != before:
                raise SignError(f"{what}: this row is there twice, with other numbers; take one run's rows out")
            if not table.owner and _fuller(row) > _fuller(before):
                found[table.key_of(row)] = row
    return found


def write(table: Table, folder: Path, rows: Rows) -> None:
    """Write a table atomically, sorted, so that a version control system sees what was added; an empty one not at all."""
    path = folder / f"{table.name}.csv"
    if not rows and not path.exists():
        return
    buffer = io.StringIO()
    out = csv.writer(buffer, lineterminator="\n")
    out.writerow(table.header)
    out.writerows([row[c] for c in table.header] for row in sorted(rows.values(), key=_order))
    if not path.exists() or path.read_text(encoding="utf-8") != buffer.getvalue():
        paths.write_text(path, buffer.getvalue())


class Record:
    """The record in ``folder``, read and checked; ``add`` rows, then ``save``.

    Raises SignError where a row does not fit the schema or is not as it was made.
    """

    def __init__(self, folder: Path | None = None):
        self.folder = folder or paths.record()
        self.tables = {n: read(table, self.folder) for n, table in TABLES.items()}
        self._new: dict[str, Rows] = {n: {} for n in TABLES}
        self._long: dict[tuple, list[Row]] | None = None
        self._check()
        self._stand()

    @cached_property
    def _lock(self) -> BaseFileLock:
        return locks.lock(self.folder / ".lock")

    def _check(self) -> None:
        for table in LONG:
            for key, row in self[table.owner].items():
                if row[table.held] and row[table.held] != together(self.long(table.owner, key)):
                    raise SignError(f"{self.folder}: the long rows of {' '.join(key)} were changed, or some are gone; take its line "
                                    f"out of {table.owner}.csv, and make record makes it anew")  # fmt: skip

    def _stand(self) -> None:
        """Leave out what stands on a row that is not there: it is missing then, and made anew, as if it had never been."""
        for lower, upper in (("answers", "runs"), ("jobs", "answers")):
            rows, on = self.tables[lower], TABLES[upper]
            self.tables[lower] = {k: row for k, row in rows.items() if on.key_of(row) in self.tables[upper]}

    def long(self, owner: str, key: tuple[str, ...]) -> list[Row]:
        """The rows of the long tables that belong to one row of another."""
        if self._long is None:
            self._long = defaultdict(list)
            for table in LONG:
                for k, row in self[table.name].items():
                    self._long[table.owner, k[:-1]].append(row)
        return sorted(self._long.get((owner, key), []), key=_order)

    def __getitem__(self, table: str) -> Rows:
        return self.tables[table]

    def add(self, table: str, rows: Iterable[Row]) -> None:
        """Add rows; one of the same key is replaced."""
        new = {TABLES[table].key_of(row): row for row in rows}
        self.tables[table] |= new
        self._new[table] |= new
        self._long = None

    def save(self) -> None:
        """Write what was added, and keep what others have written meanwhile. Rows come before those that name them, so that
        whenever it is killed a record is left that can be read."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with self._lock:
            there = {n: read(table, self.folder) for n, table in TABLES.items()}
            self.tables = {n: there[n] | self._new[n] for n in TABLES}
            self._stand()
            for n, table in TABLES.items():
                write(table, self.folder, self.tables[n])
            self._new, self._long = {n: {} for n in TABLES}, None

    def tidy(self) -> int:
        """Drop the answers that no job asks for any more, then runs that no answer is about, then their long rows; how many rows went."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with self._lock:
            self.save()
            before = sum(map(len, self.tables.values()))
            used: dict[str, set[tuple[str, ...]]] = {"answers": {(r["run"], r["answer"]) for r in self["jobs"].values()}}
            runs = {run for run, _ in used["answers"]}
            used["runs"] = {(run,) for run in runs | {json.loads(self["runs"][run,]["settings"]).get("start", "") for run in runs}}
            for n in ("answers", "runs", "points", "classes", "epochs"):
                owner = TABLES[n].owner
                self.tables[n] = {k: r for k, r in self[n].items() if (k[:-1] if owner else k) in used[owner or n]}
                write(TABLES[n], self.folder, self.tables[n])
            self._long = None
        return before - sum(map(len, self.tables.values()))

    def frame(self, table: str) -> pd.DataFrame:
        """A table with its cells as values: numbers, and what JSON holds."""
        parse = TABLES[table].columns
        rows = [{c: read_cell(row[c]) for c, read_cell in parse.items()} for row in self[table].values()]
        return pd.DataFrame(rows, columns=[*parse])

    def decided(self) -> dict[str, list[Row]]:
        """All rows without ``CIRCUMSTANCES``: what is the same however often and by whomever the record is made."""
        drop = {"runs": set(CIRCUMSTANCES)}
        out = {n: sorted(rows.values(), key=_order) for n, rows in self.tables.items()}
        return {n: [{c: v for c, v in row.items() if c not in drop.get(n, ())} for row in rows] for n, rows in out.items()}
