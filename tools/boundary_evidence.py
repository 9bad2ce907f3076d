"""``python tools/boundary_evidence.py GESTURE_PHASE ISL_KINECT``: the tables of real evidence in data/boundary_evidence/, which notebook 12 shows.

No recording goes into them: means, intervals and counts alone. Constants are those set without the person who is judged.
"""

import sys
from pathlib import Path

from sslslr import datasets, paths
from sslslr.clips.signs import prepare
from sslslr.datasets import gesture_phase
from sslslr.studies import marked, unmarked


def main(recordings: str, isl: str) -> None:
    """Make all tables anew."""
    made = gesture_phase.recordings(Path(recordings))
    single, every, spliced = marked.units(made), marked.units(made, strokes=None), unmarked.spliced_rows(made)
    tables = {
        "units": marked.by_person(single), "all_units": marked.by_person(every), "against_pair": marked.against_pair(single),
        "against_pair_all": marked.against_pair(every), "reliability": marked.reliability(every), "stream": marked.stream(made),
        "spliced": marked.by_person(spliced),
        "against_pair_spliced": marked.against_pair(spliced),
        "reliability_spliced": marked.reliability(spliced),
        "repetitions": unmarked.repetitions(prepare(datasets.load("isl-kinect", isl)["isl-kinect"], marked.FRAMES)),
    }  # fmt: skip
    for name, table in tables.items():
        paths.write_text(marked.EVIDENCE / f"{name}.csv", table.round(4).to_csv(index=False))
        print(f"{name}: {len(table)} rows")


if __name__ == "__main__":
    main(*sys.argv[1:3])
