"""Judge the paper's claims on the tables of one reproduction, or on the record.

The latter (--recorded) takes every data set of the record, needs no data and trains nothing; it writes results/recorded/PROFILE/DATASET/claims.* and the rows behind each claim.
"""

from sslslr import datasets, paths
from sslslr.claims.judge import judge_all, write
from sslslr.commands import Parser
from sslslr.errors import SignError
from sslslr.paths import write_text
from sslslr.record.tables import Record
from sslslr.report import recorded


def main(arguments: list[str]) -> int:
    """Run the command; returns 0, whatever the verdicts are."""
    parser = Parser(__name__, __doc__)
    parser.add_argument("--dataset", default="")
    parser.add_argument("--profile", default="", help="default: quick, and of the record decide")
    parser.add_argument("--recorded", action="store_true", help="from the record: every data set that it has, or DATASET")
    options = parser.parse_args(arguments)
    if options.recorded:
        return from_record(options.dataset, options.profile or "decide")
    dataset, profile = options.dataset or "synthetic", options.profile or "quick"
    if dataset not in datasets.DATASETS:
        raise SignError(f"data set {dataset!r} is unknown; there are {', '.join(datasets.DATASETS)}")
    folder = paths.results(dataset, profile)
    rows, parts = judge_all(dataset, profile)
    write(rows, parts, folder)
    for r in rows.itertuples():
        print(f"{r.id:4} {r.verdict:14} {r.claim}")
    print(folder / "claims.md")
    return 0


def from_record(dataset: str, profile: str) -> int:
    """The claims on what the record has; raises SignError where that is nothing."""
    record = Record()
    there = recorded.datasets_of(record, profile)
    if not there or dataset not in ("", *there):
        raise SignError(f"the record has no rows of {dataset or 'any data set'}, profile {profile}; make record adds them")
    for name in [dataset] if dataset else there:
        found, folder = recorded.judged(record, name, profile), paths.results("recorded", profile) / name
        write(found.rows, found.parts, folder)
        for claim, behind in found.behind.items():
            if len(behind):
                write_text(folder / "rows" / f"{claim}.csv", behind.to_csv(index=False))
        print(f"{name}, profile {profile}; {recorded.words(found.about)}")
        for r in found.rows.itertuples():
            print(f"{r.id:4} {r.verdict:14} {r.claim}" + (f": {r.text}" if r.compared else ""))
        print(f"{folder / 'claims.md'}\n")
    return 0
