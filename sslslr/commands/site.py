"""Build the site of a reproduction anew, from what was run before."""

from pathlib import Path

from sslslr.commands import Parser
from sslslr.report.site import build


def main(arguments: list[str]) -> int:
    """Run the command; returns the exit status."""
    parser = Parser(__name__, __doc__)
    parser.add_argument("--dataset", default="synthetic")
    parser.add_argument("--profile", default="quick")
    options = parser.parse_args(arguments)
    index = build(options.dataset, options.profile)
    print(f"open {index.relative_to(Path.cwd()) if index.is_relative_to(Path.cwd()) else index}")
    return 0
