"""MediaPipe landmarks of a folder of sign videos: clips, a list of them, and a report of what failed."""

import sys

from sslslr.commands import Parser, place, processes
from sslslr.errors import SignError
from sslslr.extract.batch import extract
from sslslr.extract.holistic import unavailable
from sslslr.extract.sources import COLUMNS, unknown_columns

EPILOG = f"""
VIDEOS  a video, a folder of videos (gloss/clip.mp4; folders of pictures count as videos), or the folder that the
        manifest's paths start from
OUT     gets clips/*.npz (one a clip), instances.csv, report.csv and detection_rates.png

manifest columns, all but path optional: {", ".join(COLUMNS)}.
start and end in ms cut clips from a long recording; start_frame and end_frame (from 1, -1: to the end) do it by frames;
fps is for folders of pictures (default 25).

Run it again after an interruption: it goes on where it was. A video that failed is tried again once its file changes,
or with --retry. Exit status: 0 all clips are there, 1 some failed (see report.csv), 2 nothing could be done, 130 interrupted.
"""


def main(arguments: list[str]) -> int:
    """Run the command; returns the exit status."""
    parser = Parser(__name__, __doc__, epilog=EPILOG)
    parser.add_argument("videos", type=place, metavar="VIDEOS")
    parser.add_argument("out", type=place, metavar="OUT")
    parser.add_argument("--workers", type=processes, default=0, metavar="N", help="processes, about 430 MB each (default 0: one a core)")
    parser.add_argument("--manifest", type=place, metavar="M", help="a CSV that says which clips to extract, and what they are")
    parser.add_argument("--retry", action="store_true", help="try failed videos again though their files haven't changed")
    asked = parser.parse_args(arguments)
    if said := unavailable():
        raise SignError(said)
    try:
        report = extract(asked.videos, asked.out, asked.workers, asked.manifest, retry=asked.retry)
    except KeyboardInterrupt:
        print(f"interrupted: finished clips are in {asked.out}; the same command goes on from there", file=sys.stderr)
        return 130
    if asked.manifest and (unknown := unknown_columns(asked.manifest)):
        print(f"note: {asked.manifest} has columns that nothing reads: {', '.join(unknown)}")
    print(report)
    return 1 if report.failed else 0
