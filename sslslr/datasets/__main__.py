"""``python -m sslslr.datasets check NAME PATH``: is the data set whole, and is its split sound? See ``--help``."""

import argparse
import sys
import time
from pathlib import Path

from sslslr.datasets import DATASETS, options_of
from sslslr.errors import SignError

SAID = "\n".join(f"  {name:<11} {means}" for name, means in options_of("mp-data").items())
EPILOG = f"""
NAME  {", ".join(n for n in DATASETS if n != "synthetic")}
PATH  its folder as it is published, or the folder that python -m sslslr.extract made of its videos

OPTION=VALUE  how it is read; make reproduce takes the same words (LEAVE_OUT and DROP_FIRST for every data set, INDEX for
              mp-data and thai-leap, the others for mp-data)
{SAID}

check  counts against the published ones, missing and unreadable files, lengths, missing landmarks, clips in two splits,
       signers in two splits, classes of one clip, first frames that don't belong, other hands, copies, signs unlike all
       others'; ends with a verdict, and a picture in results/NAME/check/
pack   normalise the clips, resample the long ones to --frames, and store them for training: a memory-mapped float16
       array in .cache/packed/ that opens at once, made anew when a file of the data set changes

Exit status of check: 0 usable, 1 not usable as it is, 2 not this data set at all.
"""


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m sslslr.datasets", description=__doc__, epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("command", choices=("check", "pack"))
    parser.add_argument("name", metavar="NAME")
    parser.add_argument("path", type=Path, metavar="PATH")
    parser.add_argument("option", nargs="*", metavar="OPTION=VALUE", help="how it is read, see below")
    parser.add_argument("--write-leave-out", type=Path, metavar="FILE", help="check: write the names of odd and unusable clips there")
    parser.add_argument("--frames", type=int, default=64, metavar="T", help="longest clip that pack keeps as it is (default 64)")
    asked = parser.parse_intermixed_args(arguments)
    try:
        return _check(asked) if asked.command == "check" else _pack(asked)
    except SignError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130


def _check(asked) -> int:
    from sslslr import paths
    from sslslr.datasets.check import check, save
    from sslslr.datasets.source import LEAVE_OUT, write_manifest

    done = check(asked.name, asked.path, sys.stderr.isatty(), _options(asked))
    picture = save(done)
    print(done)
    print(f"picture: {picture}")
    if done.listing.open is None:
        print(f"extract: python -m sslslr.extract {done.listing.root} OUT --manifest {write_manifest(done.listing)}")
    if done.unusable:
        print(f"to go on without the clips that can't be used: copy {picture.parent / LEAVE_OUT} to {done.listing.root}")
    if asked.write_leave_out:
        out = list(dict.fromkeys([*done.unusable, *done.odd]))
        paths.write_text(asked.write_leave_out, "".join(f"{name}\n" for name in out))
        print(f"left out by LEAVE_OUT={asked.write_leave_out}: {len(out)} clips ({len(done.unusable)} unusable, {len(done.odd)} odd)")
    return 1 if done.errors else 0


def _pack(asked) -> int:
    from sslslr.datasets.packed import prepared

    started = time.perf_counter()
    signs = prepared(asked.name, asked.path, asked.frames, progress=sys.stderr.isatty(), options=_options(asked))
    size, seconds = signs.landmarks.nbytes / 1e6, time.perf_counter() - started
    print(f"{signs.name}: {len(signs)} clips of at most {signs.frames} frames, {size:.0f} MB, ready in {seconds:.1f} s")
    return 0


def _options(asked) -> dict[str, str]:
    if wrong := [word for word in asked.option if "=" not in word]:
        raise SignError(f"{wrong[0]}: expected OPTION=VALUE")
    return dict(word.split("=", 1) for word in asked.option)


if __name__ == "__main__":
    sys.exit(main())
