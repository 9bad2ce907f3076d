"""Judge the paper's claims on the tables of one reproduction."""

from sslslr import datasets, paths
from sslslr.claims.judge import judge_all, write
from sslslr.commands import Parser
from sslslr.errors import SignError


def main(arguments: list[str]) -> int:
    """Run the command; returns 0, whatever the verdicts are."""
    parser = Parser(__name__, __doc__)
    parser.add_argument("--dataset", default="synthetic")
    parser.add_argument("--profile", default="quick")
    options = parser.parse_args(arguments)
    if options.dataset not in datasets.DATASETS:
        raise SignError(f"data set {options.dataset!r} is unknown; there are {', '.join(datasets.DATASETS)}")
    folder = paths.results(options.dataset, options.profile)
    rows, parts = judge_all(options.dataset, options.profile)
    write(rows, parts, folder)
    for r in rows.itertuples():
        print(f"{r.id:4} {r.verdict:14} {r.claim}")
    print(folder / "claims.md")
    return 0
