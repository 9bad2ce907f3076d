"""Is a data set whole, and is its split sound? Ends with a verdict and a picture."""

import sys
from pathlib import Path

from sslslr.commands import Parser
from sslslr.datasets import DATASETS
from sslslr.datasets.check import check, save
from sslslr.datasets.source import LEAVE_OUT, write_manifest

NAMES = ", ".join(n for n in DATASETS if n != "synthetic")
EPILOG = f"""
NAME  {NAMES}
PATH  its folder as it is published, or the folder that sslslr extract made of its videos

Looks at counts against the published ones, missing and unreadable files, lengths, missing landmarks, clips in two splits,
signers in two splits, classes of one clip. The picture is in results/NAME/check/.

Exit status: 0 usable, 1 not usable as it is, 2 not this data set at all.
"""


def main(arguments: list[str]) -> int:
    """Run the command; returns the exit status."""
    parser = Parser(__name__, __doc__, epilog=EPILOG)
    parser.add_argument("name", metavar="NAME")
    parser.add_argument("path", type=Path, metavar="PATH")
    asked = parser.parse_args(arguments)
    done = check(asked.name, asked.path, progress=sys.stderr.isatty())
    picture = save(done)
    print(done)
    print(f"picture: {picture}")
    if done.listing.open is None:
        print(f"extract: sslslr extract {done.listing.root} OUT --manifest {write_manifest(done.listing)}")
    if done.unusable:
        print(f"to go on without the clips that can't be used: copy {picture.parent / LEAVE_OUT} to {done.listing.root}")
    return 1 if done.errors else 0
