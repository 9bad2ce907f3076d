"""Train what the studies ask for and the record lacks, and add its rows; or say what is complete.

Stop it at any time, a kill included: what is done is kept, and the same command goes on. Rows of older code are made anew.
"""

import argparse
import math
import shlex
import time
from dataclasses import dataclass, field

from sslslr import profiles
from sslslr.claims.judge import CLAIMS
from sslslr.commands import Parser, count, is_whole
from sslslr.commands.named import check
from sslslr.commands.plan import blank, duration
from sslslr.datasets import source
from sslslr.errors import SignError
from sslslr.learning.store import OutOfTime
from sslslr.methods import METHODS
from sslslr.record import rows
from sslslr.record.beside import beside
from sslslr.record.recording import Recorded, Recording, provenance
from sslslr.record.tables import TABLES, Record
from sslslr.studies import comparison, corpora
from sslslr.studies.catalogue import STUDIES, Study
from sslslr.studies.jobs import Job

LAYOUTS = ("mp-data", "own")  # whatever was recorded in a layout: the record must know which


@dataclass(kw_only=True)
class Status(Recorded):
    """Walks the studies without training: what of each is complete, of older code or missing; blanks stand for what is not there."""

    counted: dict[str, dict] = field(default_factory=dict)
    missing: set[str] = field(default_factory=set)

    def answers(self, study: Study, asked: list[Job]) -> list[dict]:
        """What the record has of the answers, blanks for the others."""
        count = self.counted.setdefault(study.name, {"jobs": {}, "stale": 0})
        out = []
        for i, job in enumerate(asked):
            names = self.names(study, i, job)
            place = self.place(study, i, job, names)
            key = TABLES["jobs"].key_of(place)
            there = self.there(study, names)
            count["stale"] += not there and key in self.record["jobs"] and key not in count["jobs"]
            count["jobs"][key] = place if there else None
            if not there:
                self.missing.add(names[0])
            out.append(rows.answer_of(self.record, *names) if there else blank(job.run))
        return out

    def table(self, study: Study, asked: list[Job], answers: list[dict]):
        """Only of what other studies need."""
        return study.rows(asked, answers) if study.gives else None

    def tell(self, wanted: list[Study]) -> str:
        """What is complete, a line a study, and what is missing."""
        lines = [f"{'study':24}{'jobs':>7}{'recorded':>10}{'stale':>7}{'missing':>9}{'runs':>7}{'core time':>12}"]
        for study in wanted:
            jobs, stale = self.counted.get(study.name, {"jobs": {}, "stale": 0}).values()  # one may ask nothing on this profile
            done = [row for row in jobs.values() if row]
            of = provenance(self.record, done)
            lines.append(
                f"{study.name:24}{len(jobs):>7}{len(done):>10}{stale:>7}{len(jobs) - len(done) - stale:>9}{of['runs']:>7}{duration(3600 * of['core_hours']):>12}"
            )
        size = sum(p.stat().st_size for p in self.record.folder.glob("*.csv")) / 1e6
        lines.append(
            f"the record: {len(self.record['runs'])} runs, {len(self.record['answers'])} answers, {size:.2f} MB in {self.record.folder}"
        )
        lines.append(f"not recorded yet: {len(self.missing)} runs" if self.missing else "complete")
        return "\n".join(lines)


def wanted_of(studies: list[str], claim: str) -> list[Study]:
    """The studies of these names, or those whose notebook the claim stands on; all where nothing is said. SignError for unknown words."""
    if unknown := sorted(set(studies) - set(STUDIES)):
        raise SignError(f"study {unknown[0]!r} is unknown; there are {', '.join(STUDIES)}")
    claims = {c.id: c.notebook for c in CLAIMS}
    if claim and claim not in claims:
        raise SignError(f"CLAIM={claim} is unknown; there are {', '.join(claims)}")
    found = [s for s in STUDIES.values() if not (studies or claim) or s.name in studies or claims.get(claim) in s.notebooks]
    if not found:
        raise SignError(f"CLAIM={claim}: no study decides it; its notebook {claims[claim]} measures here and now")
    return found


def asked_for(study: Study, method: str, said: dict[str, str]) -> dict:
    """The options of a study: those that are ``said`` and it has, in the type of their defaults; of Table 1 the rows of ``method``."""
    kinds = {o: type(study.options[o]) for o in said if o in study.options}
    read = {bool: lambda text: text not in ("", "0", "False"), tuple: lambda text: tuple(filter(None, text.split(","))), int: count}
    options = {}
    for name, kind in kinds.items():
        try:
            options[name] = read.get(kind, kind)(said[name])
        except argparse.ArgumentTypeError as error:
            raise SignError(f"--set {name.upper()}={error}") from None
        known = study.options[name]
        if kind is tuple and known and (strange := [v for v in options[name] if v not in known]):
            raise SignError(f"--set {name.upper()}: {strange[0]!r} is unknown to {study.name}; there are {', '.join(known)}")
    return options | ({"methods": (method,), "controls": ()} if method else {})


def main(arguments: list[str]) -> int:
    """Run the command; returns the exit status."""
    parser = Parser(__name__, __doc__)
    parser.add_argument("--dataset", default="synthetic")
    parser.add_argument("--profile", default="quick")
    parser.add_argument("--data", default="", help="folder of the data set")
    parser.add_argument("--name", default="", help="what the record calls the data; default: DATASET")
    parser.add_argument("--option", action="append", default=[], metavar="NAME=VALUE", help="how the data set is read")
    parser.add_argument("--workers", default="", help="processes; default: one a core, or one a GPU; say more to share a GPU")
    parser.add_argument(
        "--study", action="append", default=[], metavar="NAME", help='of this study alone, such as "Table 1"; can be said again'
    )
    parser.add_argument("--claim", default="", help="of the studies that this claim stands on alone, such as C1")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a study's option, such as SEEDS=3")
    parser.add_argument(
        "--method", default="", help="the rows of this method in Table 1 alone, and a comparison with all that are recorded"
    )
    parser.add_argument("--minutes", default="", help="stop cleanly after so many")
    parser.add_argument("--status", action="store_true", help="only say what is complete and what is missing")
    options = parser.parse_args(arguments)
    check(options.dataset, options.profile, options.data)
    if options.dataset in LAYOUTS and not options.name:
        raise SignError(f"DATASET={options.dataset} is a layout of many data sets: say what the record is to call yours, NAME=...")
    for name in ("workers", "minutes"):
        if (value := getattr(options, name)) and not is_whole(value):
            raise SignError(f"{name.upper()}={value}: expected a whole number")
    if options.method and options.method not in METHODS:
        raise SignError(f"METHOD={options.method} is unknown; there are {', '.join(METHODS)} (CONTRIBUTING.md: add a method)")
    if wrong := [s for s in options.set if "=" not in s]:
        raise SignError(f"--set {wrong[0]}: expected NAME=VALUE")
    end = time.time() + 60 * int(options.minutes) if options.minutes else math.inf
    profile, started = profiles.load(options.profile), time.time()
    wanted = [STUDIES["Table 1"]] if options.method else wanted_of(options.study, options.claim)
    said = {k.lower(): v for k, v in (s.split("=", 1) for s in options.set)}
    if strange := sorted(set(said) - {o for study in wanted for o in study.options}):
        raise SignError(f"--set: {strange[0].upper()} is an option of no study that is asked for ({source.some(s.name for s in wanted)})")
    asked = {study.name: asked_for(study, options.method, said) for study in wanted}
    signs = corpora.load(profile, options.dataset, options.data, options=shlex.join(options.option))
    called = options.name or options.dataset

    def other(corpus: str, change: dict):
        return corpora.with_input(profile, change, corpus, options.dataset, options.data, shlex.join(options.option))

    about = {"profile": profile, "corpora": signs, "dataset": called, "workers": int(options.workers or 0), "other": other}
    print(f"record: {called}, profile {profile.name}\n{status(asked, about)}", flush=True)
    if not options.status:
        recording = Recording(**about, end=end)
        try:
            for name, its in asked.items():
                recording.ask(name, **its)
        except OutOfTime:
            print(f"the {options.minutes} minutes are over; the same command goes on from here")
        gone = recording.record.tidy()
        print(
            f"\nafter {duration(time.time() - started)}{f', {gone} rows that nothing asks for any more taken out' if gone else ''}:\n{status(asked, about)}"
        )
    if options.method:
        mine = comparison.NAMES.get(options.method, options.method)
        shown = beside(Record(), called, profile, signs, mine).round(3).to_string(index=False, na_rep="")
        words = f"top1: linear probe, 0 to 1, mean over n groups of held-out signers; minus: {mine} minus the other, points, 95 % interval, paired"
        print(f"\n{words}\n{shown}")
    return 0


def status(asked: dict[str, dict], about: dict) -> str:
    """What the record has of these studies with these options, in words."""
    walk = Status(**about)
    for name, its in asked.items():
        walk.ask(name, **its)
    return walk.tell([STUDIES[name] for name in asked])
