"""Train runs of the record again, drawn at random, and compare weights and every number.

Status 1 where one does not agree, or is of older code. Rows of older code are found without training. Bit for bit on the same kind of processor and packages; elsewhere within the
tolerances of data/record/tolerances.json. Needs the data: the synthetic corpora are made, of real ones say DATASET and DATA.
"""

import random
import shlex
import time
from dataclasses import dataclass

from sslslr import profiles
from sslslr.commands import Parser, is_whole
from sslslr.commands.named import check
from sslslr.commands.plan import duration
from sslslr.errors import SignError
from sslslr.learning.grid import at_once
from sslslr.record import audit as auditing
from sslslr.record import draw
from sslslr.record.audit import Auditor, Found, Opened
from sslslr.record.tables import Record
from sslslr.record.tolerance import Tolerances
from sslslr.studies import corpora


@dataclass(frozen=True)
class Audited:
    """An audit's outcome: what was ``found`` of each run drawn, of ``of`` on ``dataset`` that could be; ``stale`` of all ``recorded`` there
    are of older code."""

    dataset: str
    found: list[Found]
    of: int
    stale: int
    recorded: int

    @property
    def good(self) -> bool:
        """Whether every run agrees and none is of older code."""
        return not self.stale and all(f.good for f in self.found)

    def words(self) -> str:
        """The outcome in one line."""
        if not self.of:
            return f"audit: the record has no {self.dataset} rows yet (make record)"
        rest = "; rows on real data need the data" if self.dataset == "synthetic" else ""
        old = f"; {self.stale} of all {self.recorded} runs are STALE, of older code or settings" if self.stale else ""
        good = sum(f.good for f in self.found)
        return f"audit: {good} of {len(self.found)} runs within tolerance ({self.dataset} rows{rest}){old}"

    def chances(self) -> str:
        """What a draw of this size finds, were some runs altered."""
        n, one = len(self.found), max(1, round(self.of / 100))
        said = [f"{100 * draw.chance(n, self.of, k):.1f} %" for k in (1, one)]
        some = f"{one} run{'s' * (one > 1)}"
        return f"a draw of {n} of {self.of} runs finds one altered run with a chance of {said[0]}, and 1 % of them ({some}) with {said[1]}"


def audit(
    runs: int = 20, seed: int | None = None, row: str = "", dataset: str = "synthetic", data: str = "", options: str = "",
    name: str = "", profile: str = "", workers: int = 0, record: Record | None = None, tolerances: Tolerances | None = None,
    pictures: bool = True,
) -> Audited:  # fmt: skip
    """Audit ``runs`` runs of the record drawn with ``seed`` (none: another draw each time), or the one called ``row``; prints as it goes.

    ``name``: what the record calls the data set; ``profile``: only its rows; ``pictures``: whether runs that learn from rendered video
    may be drawn, which take minutes and a gigabyte each to make anew. Raises SignError for data or a row that is not there.
    """
    record, called = record or Record(), name or dataset
    found = draw.belonging(record, called, profile)
    recorded, old = len(found), auditing.stale(record, found)
    left = [] if pictures else [run for run in found if draw.on_pictures(record, run)]
    if left:
        print(f"audit: {len(left)} runs on pictures are left to make audit, since each renders its clips again")
        found = {run: its for run, its in found.items() if run not in left}
    if not found:
        if row:
            raise SignError(f"ROW={row}: the record has no {called} rows; say DATASET=... DATA=... of the row's data")
        print((out := Audited(called, [], 0, 0, 0)).words())
        return out
    seed = random.SystemRandom().randrange(10**6) if seed is None else seed
    chosen = [draw.one_of(found, row)] if row else draw.draw(found, runs, seed)
    took = sum(float(record["runs"][run,]["seconds"] or 0) for run in chosen)
    about = "the run asked for" if row else f"{len(chosen)} of {len(found)} runs, SEED={seed}"
    print(
        f"audit of {record.folder.name}, {called}: {about}; their training took {duration(took)} then, {at_once()} at once here", flush=True
    )

    def opened(of: str) -> Opened:
        one = profiles.load(of)
        signs = corpora.load(one, dataset, data, options=options)
        return one, signs, lambda corpus, change: corpora.with_input(one, change, corpus, dataset, data, options)

    began = time.perf_counter()
    auditor = Auditor(record, called, opened, tolerances, workers)
    out = Audited(called, auditor.examine(chosen, found), len(found), len(old), recorded)
    print("\n".join(f.words() for f in out.found))
    print(f"after {duration(time.perf_counter() - began)}" + ("" if row else f"; {out.chances()}"))
    print(out.words(), flush=True)
    return out


def main(arguments: list[str]) -> int:
    """Run the command; returns 0, or 1 where the record does not stand."""
    parser = Parser(__name__, __doc__)
    parser.add_argument("--runs", default="20", help="how many are drawn")
    parser.add_argument("--seed", default="", help="of the draw; default: another each time")
    parser.add_argument("--row", default="", help="the name of one run (runs.csv), or its beginning, in place of a draw")
    parser.add_argument("--dataset", default="synthetic")
    parser.add_argument("--data", default="", help="folder of the data set")
    parser.add_argument("--name", default="", help="what the record calls the data; default: DATASET")
    parser.add_argument("--profile", default="", help="only rows of this profile")
    parser.add_argument("--option", action="append", default=[], metavar="NAME=VALUE", help="how the data set is read")
    parser.add_argument("--workers", default="", help="processes; default: one a core, or one a GPU")
    options = parser.parse_args(arguments)
    for name in ("runs", "seed", "workers"):
        if (value := getattr(options, name)) and not (is_whole(value) and (name != "runs" or int(value))):
            raise SignError(f"{name.upper()}={value}: expected a whole number")
    check(options.dataset, options.profile or "quick", options.data)
    found = audit(
        int(options.runs), int(options.seed) if options.seed else None, options.row, options.dataset, options.data,
        shlex.join(options.option), options.name, options.profile, int(options.workers or 0),
    )  # fmt: skip
    return 0 if found.good else 1
