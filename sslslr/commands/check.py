"""Is a data set whole, and is its split sound? Ends with a verdict and a picture."""

import sys

from sslslr import paths
from sslslr.commands import Parser, place
from sslslr.datasets import DATASETS, options_of
from sslslr.datasets.check import check, save
from sslslr.datasets.options import words
from sslslr.datasets.source import LEAVE_OUT, write_manifest

SAID = "\n".join(f"  {name:<11} {means}" for name, means in options_of("mp-data").items())
NAMES = ", ".join(n for n in DATASETS if n != "synthetic")
EPILOG = f"""
NAME  {NAMES}
PATH  its folder as it is published, or the folder that sslslr extract made of its videos

OPTION=VALUE  how it is read; make reproduce takes the same words (LEAVE_OUT and DROP_FIRST for every data set, INDEX for
              mp-data and thai-leap, the others for mp-data)
{SAID}

Looks at counts against the published ones, missing and unreadable files, lengths, missing landmarks, clips in two splits,
signers in two splits, classes of one clip, first frames that don't belong, other hands, copies, signs unlike all others'.
The picture is in results/NAME/check/.

Exit status: 0 usable, 1 not usable as it is, 2 not this data set at all.
"""


def main(arguments: list[str]) -> int:
    """Run the command; returns the exit status."""
    parser = Parser(__name__, __doc__, epilog=EPILOG)
    parser.add_argument("name", metavar="NAME")
    parser.add_argument("path", type=place, metavar="PATH")
    parser.add_argument("option", nargs="*", metavar="OPTION=VALUE", help="how it is read, see below")
    parser.add_argument("--write-leave-out", type=place, metavar="FILE", help="write the names of odd and unusable clips there")
    asked = parser.parse_intermixed_args(arguments)
    done = check(asked.name, asked.path, sys.stderr.isatty(), words(asked.option))
    picture = save(done)
    print(done)
    print(f"picture: {picture}")
    if done.listing.open is None and len(done.listing):
        print(f"extract: sslslr extract {done.listing.root} OUT --manifest {write_manifest(done.listing)}")
    if done.unusable and set(done.listing.table["clip"]) - set(done.unusable):
        print(f"to go on without the clips that can't be used: copy {picture.parent / LEAVE_OUT} to {done.listing.root}")
    if asked.write_leave_out:
        out = list(dict.fromkeys([*done.unusable, *done.odd]))
        paths.write_text(asked.write_leave_out, "".join(f"{name}\n" for name in out))
        print(f"left out by LEAVE_OUT={asked.write_leave_out}: {len(out)} clips ({len(done.unusable)} unusable, {len(done.odd)} odd)")
    return 1 if done.errors else 0
