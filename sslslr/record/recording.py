"""The studies and the record: what it lacks is trained and added, what it has is served without training."""

import json
import math
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field

import pandas as pd

from sslslr.errors import SignError
from sslslr.learning.store import OutOfTime
from sslslr.record import rows
from sslslr.record.tables import TABLES, Record, Row
from sslslr.studies import jobs as asking
from sslslr.studies.catalogue import STUDIES, Asked, Study, known
from sslslr.studies.jobs import Job

SAVE = 10.0  # seconds between two writings of the record: what a kill in between loses is still in the run store


class NotRecorded(Exception):
    """The record lacks something of a study that is not to be trained."""


@dataclass(kw_only=True)
class Recorded(Asked):
    """The studies answered from the record as far as it goes, without training; what it lacks is asked as ever, unless it is
    ``complete`` or nothing: then NotRecorded is raised.

    ``served``: the rows of ``jobs`` that were served, by study.  ``old``: by study and place, why a row is not what today's code
    would give: its versions or settings are no longer the code's. Such a row is served, and named there; ``current``: it is made anew.
    """

    dataset: str
    record: Record = field(default_factory=Record)
    current: bool = False
    complete: bool = False
    served: dict[str, list[Row]] = field(default_factory=dict)
    old: dict[str, dict[str, str]] = field(default_factory=dict)

    def __post_init__(self):
        super().__post_init__()
        self._changed: dict = {}

    def ask(self, name: str, **options):
        """As of ``Asked``."""
        study, chosen = known(name, options)
        before, self._changed = self._changed, {o: chosen[o] for o in study.changes if chosen[o] != study.options[o]}
        try:
            return super().ask(name, **options)
        finally:
            self._changed = before

    def place(self, study: Study, number: int, job: Job, names: tuple[str, str]) -> Row:
        """The row of ``jobs`` that says where the answer of these names belongs."""
        about = {"dataset": self.dataset, "profile": self.profile.name, "study": study.name, "number": number}
        place = {k: v for k, v in job.place.items() if k != "held_out"}  # a name of a person is no result
        own = {"place": place | self._changed, "asks": rows.asks(job), "run": names[0], "answer": names[1]}
        return TABLES["jobs"].row(about | own)

    def names(self, study: Study, number: int, job: Job) -> tuple[str, str]:
        """The names of a job's run and answer. Where the record has that of a run of another precision, what a machine is fast
        in, and all else is the same, these are its names: it need not be made anew."""
        exact = rows.named(job)
        row = self.record["jobs"].get(TABLES["jobs"].key_of(self.place(study, number, job, exact)))
        if exact not in self.record["answers"] and row and row["answer"] == exact[1] and rows.twin(self.record, row["run"], job):
            return row["run"], row["answer"]
        return exact

    def there(self, study: Study, names: tuple[str, str]) -> bool:
        """Whether the record has the answer of these names, and all that the study shows of its run."""
        run = self.record["runs"].get(names[:1])
        short = study.curves and run and run["weights"] and not rows.complete(run, True)
        return names in self.record["answers"] and not short

    def answers(self, study: Study, asked: list[Job]) -> list[dict]:
        """As of ``Asked``."""
        places = [self.place(study, i, job, self.names(study, i, job)) for i, job in enumerate(asked)]
        there = [self._there(row) for row in places]
        missing = [i for i, row in enumerate(there) if row is None]
        if missing and self.complete:
            raise NotRecorded(study.name)
        found = [row and self._served(study, row, own) for row, own in zip(there, places, strict=True)]
        for i, answer in zip(missing, asking.ask([asked[i] for i in missing], self.workers, study.name), strict=True):
            found[i] = answer
        return [answer for answer in found if answer is not None]

    def epochs(self, study: Study, number: int, job: Job) -> pd.DataFrame:
        """As of ``Asked``."""
        run, _ = self.names(study, number, job)
        return (
            rows.epochs_of(self.record, run)
            if (self.record["runs"].get((run,)) or {}).get("epochs")
            else super().epochs(study, number, job)
        )

    def _there(self, row: Row) -> Row | None:
        if (row["run"], row["answer"]) in self.record["answers"]:
            return row
        return None if self.current else self.record["jobs"].get(TABLES["jobs"].key_of(row))

    def _served(self, study: Study, there: Row, own: Row) -> dict:
        self.served.setdefault(study.name, []).append(there)
        if there is not own:
            why = rows.stale(self.record, there["run"], there["answer"]) or "by other settings or data than today's"
            self.old.setdefault(study.name, {})[own["place"]] = why
        return rows.answer_of(self.record, there["run"], there["answer"])

    def about(self) -> dict:
        """Where what was served comes from: answers, runs, profiles, commits, first and last date, core-hours of training, stale rows."""
        return provenance(self.record, self.served_rows()) | {"stale": sum(map(len, self.old.values()))}

    def served_rows(self) -> list[Row]:
        """The rows of ``jobs`` that were served."""
        return [row for served in self.served.values() for row in served]

    def words(self) -> str:
        """``about`` in one line, "" where nothing was served."""
        a = self.about()
        if not a["answers"]:
            return ""
        stale = f", {a['stale']} STALE (make record makes them anew)" if a["stale"] else ""
        commits = a["commits"][0] if len(a["commits"]) == 1 else f"{len(a['commits'])} commits"
        of = f"{a['runs']} runs (profile {' and '.join(a['profiles'])})"
        return f"recorded: {a['answers']} answers of {of}, {commits}, {a['to']}, {a['core_hours']:.1f} core-hours{stale}"


@dataclass(kw_only=True)
class Served(Recorded):
    """The studies of a small profile: one that a claim is ``decided`` by comes from the record of the profile that decides, where it is
    complete there; all others are its own."""

    decided: Recorded

    def ask(self, name: str, **options):
        """As of ``Asked``."""
        if name in STUDIES and STUDIES[name].decides:
            with suppress(NotRecorded):
                return self.decided.ask(name, **options)
        return super().ask(name, **options)

    def served_rows(self) -> list[Row]:
        """As of ``Recorded``, of both."""
        return super().served_rows() + self.decided.served_rows()


def provenance(record: Record, served: Iterable[Row]) -> dict:
    """What made some rows of ``jobs``: numbers of answers and runs, profiles, commits, dates, and the core-hours that their training took."""
    served = list(served)
    runs = [record["runs"][name,] for name in dict.fromkeys(r["run"] for r in served) if (name,) in record["runs"]]
    dates = sorted(r["date"] for r in runs if r["date"])
    return {
        "answers": len(served), "runs": len(runs), "profiles": sorted({r["profile"] for r in served}), "commits": sorted({r["commit"] for r in runs if r["commit"]}),
        "from": dates[0] if dates else "", "to": dates[-1] if dates else "",
        "core_hours": sum(float(r["seconds"] or 0) for r in runs) / 3600,
    }  # fmt: skip


@dataclass(kw_only=True)
class Recording(Recorded):
    """Makes the record: what it lacks of a study is trained and answered (up to ``end``, as ``time.time()``), and added as it
    comes. Rows that today's code would not give are made anew, and nothing else is."""

    end: float = math.inf
    saved: float = field(default_factory=time.monotonic)

    def answers(self, study: Study, asked: list[Job]) -> list[dict]:
        """As of ``Asked``; raises OutOfTime where the time does not suffice for all."""
        names = [self.names(study, i, job) for i, job in enumerate(asked)]
        todo = [i for i, one in enumerate(names) if not self.there(study, one)]

        def each(k: int, _answer: dict) -> None:
            rows.add(self.record, asked[todo[k]], study.curves)
            self._belongs(study, asked, names, [todo[k]])
            if time.monotonic() - self.saved >= SAVE:
                self.save()

        try:
            self._belongs(study, asked, names, [i for i in range(len(asked)) if i not in set(todo)])
            asking.ask([asked[i] for i in todo], self.workers, study.name, each=each, end=self.end)
        finally:
            self.save()
        if not all(self.there(study, one) for one in names):
            raise OutOfTime
        return [rows.answer_of(self.record, *one) for one in names]

    def _belongs(self, study: Study, asked: list[Job], names: list[tuple[str, str]], which: list[int]) -> None:
        for place in (self.place(study, i, asked[i], names[i]) for i in which):
            before = self.record["jobs"].get(TABLES["jobs"].key_of(place))
            if not before or (before["run"], before["answer"]) != (place["run"], place["answer"]):
                self.record.add("jobs", [place])

    def save(self) -> None:
        """Write what is done."""
        self.record.save()
        self.saved = time.monotonic()


def recalled(record: Record, dataset: str, profile: str, study: str, **options) -> list[Row]:
    """The rows of ``jobs`` of a study, in its order, with all models that were ever recorded for it; the data need not be here.

    Raises SignError where nothing is recorded.
    """
    own, chosen = known(study, options)
    changed = {o: chosen[o] if chosen[o] != own.options[o] else None for o in own.changes}
    found = [r for r in record["jobs"].values() if (r["dataset"], r["profile"], r["study"]) == (dataset, profile, study)]
    found = [r for r in found if changed == {o: json.loads(r["place"]).get(o) for o in changed}]
    if not found:
        raise SignError(
            f"the record has nothing of {study} on {dataset}, profile {profile}: make record DATASET={dataset} PROFILE={profile}"
        )
    return sorted(found, key=lambda r: int(r["number"]))


def table(record: Record, found: Iterable[Row], named: bool = False):
    """The table of a study from what is ``recalled`` of it; ``named``: with the columns run and answer, of the row that each comes from.

    Not of a search, whose steps only its data tell (Algorithm 1).
    """
    found = list(found)
    names = [{"run": r["run"], "answer": r["answer"]} if named else {} for r in found]
    whose = [_Recalled(json.loads(r["asks"]), json.loads(r["place"]) | its) for r, its in zip(found, names, strict=True)]
    return STUDIES[found[0]["study"]].rows(list(whose), [rows.answer_of(record, r["run"], r["answer"]) for r in found])


class _Recalled(Job):
    """A job of the record: all that a study's ``rows`` looks at, without run and data."""

    def __init__(self, asked: list, place: dict):
        for name, value in {"task": rows.task_of(asked), "rest": tuple(asked[1:]), "place": place}.items():
            object.__setattr__(self, name, value)
