"""``python -m sslslr.report.site``: build the site of a reproduction that was made before."""

import argparse
import sys
from pathlib import Path

from sslslr.errors import SignError
from sslslr.report.site import build


def main(arguments: list[str] | None = None) -> int:
    """Command line; bad input ends in one line on stderr and status 2."""
    parser = argparse.ArgumentParser(prog="python -m sslslr.report.site", description=__doc__)
    parser.add_argument("--dataset", default="synthetic")
    parser.add_argument("--profile", default="quick")
    options = parser.parse_args(arguments)
    try:
        index = build(options.dataset, options.profile)
    except SignError as error:
        print(f"sslslr: {error}", file=sys.stderr)
        return 2
    print(f"open {index.relative_to(Path.cwd()) if index.is_relative_to(Path.cwd()) else index}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
