"""Decide one claim anew with seeds that the record has never used, beside the record's verdict.

Says beforehand what it takes, trains the claim's contrasts and its control alone, and puts its intervals beside the record's. On data
of your own there are no new seeds to choose: all are; the verdict stands beside those of the record's data sets.
"""

import math
import shlex
import time

import pandas as pd

from sslslr import paths, profiles
from sslslr.claims.judge import CLAIMS, number
from sslslr.claims.verdict import FAILS, HOLDS, UNDECIDED
from sslslr.commands import Parser, is_whole
from sslslr.commands import costs as unit_costs
from sslslr.commands.named import check
from sslslr.commands.plan import Plan, Planned, costs, duration, total
from sslslr.errors import SignError
from sslslr.learning.grid import at_once
from sslslr.learning.store import OutOfTime
from sslslr.record.recording import Recorded
from sslslr.record.tables import Record
from sslslr.report.recorded import Read, datasets_of
from sslslr.report.replication import Replication, beginning, rounds, train
from sslslr.studies import corpora
from sslslr.studies.comparison import NAMES
from sslslr.studies.jobs import Job


def takes(one: Replication, jobs: dict[str, list[Job]], workers: int) -> tuple[int, int, float]:
    """Trainings still to be done, answers, and seconds on ``workers`` processes, measured on a few steps of each kind of run."""
    plan = Plan(one.profile, one.asker.corpora)
    for study, its in jobs.items():
        for job in its:
            plan.note(Planned(one.claim.notebook, study, job, True, True))
    if not plan.trainings:
        return 0, 0, 0.0
    row = total(costs(plan, unit_costs.units(plan, workers)))
    return row.left, row.answers, row.coming / workers


def told(parts: pd.DataFrame) -> dict[str, str]:
    """Each comparison by its name: effect, 90 % interval, n and answer."""
    return {
        r["name"]: f"{number(r['effect'], r['unit'], r['unit'] == 'points')} {r['unit']}, 90 % {number(r['low90'], r['unit'])} to {number(r['high90'], r['unit'])}, n = {r['n']}: {r['lacks'] or r['answer']}"
        for r in parts.to_dict("records")
    }  # fmt: skip


def agreement(recorded: str, anew: str) -> str:
    """Whether two verdicts are the same, in words."""
    if recorded == anew:
        return "the same verdict"
    if {recorded, anew} == {HOLDS, FAILS}:
        return "THE OPPOSITE verdict"
    return "not the same verdict, nor its opposite" if UNDECIDED in (recorded, anew) else "nothing to compare"


def main(arguments: list[str]) -> int:
    """Run the command; returns 0, whatever the verdicts are."""
    parser = Parser(__name__, __doc__)
    parser.add_argument("--claim", default="", help="such as E1")
    parser.add_argument("--dataset", default="synthetic")
    parser.add_argument("--data", default="", help="folder of the data set")
    parser.add_argument("--name", default="", help="what the record calls the data; default: DATASET")
    parser.add_argument("--profile", default="decide")
    parser.add_argument("--method", default="", help="only the comparisons of this method, such as simclr")
    parser.add_argument("--seeds", default="1", help="of each group of held-out signers")
    parser.add_argument("--option", action="append", default=[], metavar="NAME=VALUE", help="how the data set is read")
    parser.add_argument("--workers", default="", help="processes; default: one a core, or one a GPU")
    parser.add_argument("--minutes", default="", help="stop cleanly after so many; the same command goes on")
    parser.add_argument("--plan", action="store_true", help="only say what it takes")
    options = parser.parse_args(arguments)
    claims = {c.id: c for c in CLAIMS}
    if options.claim not in claims:
        raise SignError(f"CLAIM={options.claim} is unknown; there are {', '.join(claims)}")
    if options.method and options.method not in NAMES:
        raise SignError(f"METHOD={options.method} is unknown; there are {', '.join(NAMES)}")
    for name in ("seeds", "workers", "minutes"):
        if (value := getattr(options, name)) and not (is_whole(value) and int(value)):
            raise SignError(f"{name.upper()}={value}: expected a whole number")
    check(options.dataset, options.profile, options.data)
    record, called, claim = Record(), options.name or options.dataset, claims[options.claim]
    profile, workers = profiles.load(options.profile), int(options.workers or 0) or at_once()
    signs = corpora.load(profile, options.dataset, options.data, options=shlex.join(options.option))
    start = beginning(record, called, max(rounds(s, profile) for s in signs.values()))
    asker = Recorded(profile=profile, corpora=signs, dataset=called, workers=workers, record=record)
    one = Replication(claim, asker, start, int(options.seeds), NAMES.get(options.method, ""))
    jobs = one.asked()
    print(f"{claim.id}: {claim.sentence}\n{called}, profile {profile.name}: {one.groups} groups of held-out signers x {one.seeds} seed(s), seeds {start} to {start + one.groups * one.seeds - 1}; the record used those below {start}", flush=True)  # fmt: skip
    left, answers, seconds = takes(one, jobs, workers)
    print(f"it takes {left} trainings and {answers} answers: about {duration(seconds)} on {workers} processes", flush=True)
    if options.plan:
        return 0
    folder = paths.results("replicated", profile.name) / called
    began, end = time.time(), time.time() + 60 * int(options.minutes) if options.minutes else math.inf
    try:
        made = train(one, jobs, folder, workers, end)
    except OutOfTime:
        print(f"the {options.minutes} minutes are over; the same command goes on from here")
        return 0
    parts, anew = one.judged(one.read(made), one.plan, called)
    print(f"after {duration(time.time() - began)}; rows in {folder}\n")
    for dataset in dict.fromkeys(
        [called, *datasets_of(record, profile.name)] if called not in datasets_of(record, profile.name) else [called]
    ):
        old, recorded = one.judged(Read(record, dataset, profile.name), claim.plan, dataset)
        mine, its = told(parts), told(old)
        for name in dict.fromkeys([*its, *mine]):
            print(f"{name}\n  record, {dataset}: {its.get(name, 'not there')}\n  anew, {called}: {mine.get(name, 'not there')}")
        print(f"{claim.id}: record, {dataset}: {recorded}; anew, {called}: {anew}: {agreement(recorded, anew)}\n")
    return 0
