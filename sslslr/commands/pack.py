"""Store a data set for training: a memory-mapped float16 array that opens at once."""

import sys
import time

from sslslr.commands import Parser, count, place
from sslslr.datasets import DATASETS
from sslslr.datasets.options import words
from sslslr.datasets.packed import prepared

EPILOG = f"""
NAME  {", ".join(n for n in DATASETS if n != "synthetic")}
PATH  its folder as it is published, or the folder that sslslr extract made of its videos

Normalises the clips, resamples those longer than --frames and stores them in .cache/packed/; made anew when a file of the
data set changes. Training does it by itself where it was not done.
"""


def main(arguments: list[str]) -> int:
    """Run the command; returns the exit status."""
    parser = Parser(__name__, __doc__, epilog=EPILOG)
    parser.add_argument("name", metavar="NAME")
    parser.add_argument("path", type=place, metavar="PATH")
    parser.add_argument("--frames", type=count, default=64, metavar="T", help="longest clip that is kept as it is (default 64)")
    parser.add_argument("option", nargs="*", metavar="OPTION=VALUE", help="how it is read: sslslr check --help lists them")
    asked = parser.parse_intermixed_args(arguments)
    started = time.perf_counter()
    signs = prepared(asked.name, asked.path, asked.frames, progress=sys.stderr.isatty(), options=words(asked.option))
    size, seconds = signs.landmarks.nbytes / 1e6, time.perf_counter() - started
    print(f"{signs.name}: {len(signs)} clips of at most {signs.frames} frames, {size:.0f} MB, ready in {seconds:.1f} s")
    return 0
