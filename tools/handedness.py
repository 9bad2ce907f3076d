"""``python tools/handedness.py quick mp-data PATH INDEX=... DROP_FIRST=1``: what mirroring left-handed signing is worth.

Profile, data set, its folder, and how it is read (``data/README.md``). Ridge, random encoder, supervised encoder and SimCLR on
each group of held-out signers (sessions), with the profile's handedness and with the others: the study "inputs" of notebook 15,
its handedness alone. Prints accuracies on the test signers and writes every run to ``results/<data set>/<profile>/tables/handedness.csv``.
``--without-simclr`` takes half the time.
"""

import shlex
import sys

import pandas as pd

from sslslr import paths, profiles
from sslslr.clips.input import Input, handedness
from sslslr.measures.statistics import interval
from sslslr.report.stage import percent
from sslslr.studies import corpora, inputs, jobs
from sslslr.studies.comparison import SUPERVISED


def table(rows: pd.DataFrame) -> pd.DataFrame:
    """A row a model and handedness: accuracy on test signers in percent for each group of them, and mean and 95 % interval over groups."""
    test = rows[rows["part"] == "test"]
    wide = 100 * test.pivot_table(index=["model", "input"], columns="held_out", values=inputs.VALUE, sort=False)
    found = [interval(row.to_numpy() / 100) for _, row in wide.iterrows()]
    clips = test.groupby("held_out")["test_clips"].first()
    wide = wide.round(1).rename(columns=lambda who: f"{who} ({clips[who]} clips)")
    return wide.assign(mean=[percent(f["mean"], f["low"], f["high"]) for f in found], groups=len(clips)).reset_index()


def main() -> None:
    """Train what is not trained yet, print the tables and write the runs."""
    name, dataset, path, *said = sys.argv[1:]
    trained = (SUPERVISED,) if "--without-simclr" in said else inputs.TRAINED
    profile, options = profiles.load(name), shlex.join(word for word in said if not word.startswith("--"))
    signs = corpora.load(profile, dataset, path, options=options)

    def other(corpus, change):
        return corpora.with_input(profile, change, corpus, dataset, path, options)

    as_signed = other(dataset, {"handedness": "as_signed"})
    print(f"Which hand works, by {as_signed.unit}:\n{handedness(as_signed).round(3).to_string(index=False)}\n")
    asked = inputs.jobs(profile, signs, other, only=("handedness",), trained=trained)
    rows = jobs.rows(asked, jobs.ask(asked, title="handedness"))
    paths.write_text(paths.results(dataset, name) / "tables" / "handedness.csv", rows.to_csv(index=False))
    if alike := rows["likewise"].iloc[0]:
        print(f"{inputs.OWN} (handedness: {Input.of(profile.input).handedness}): the same landmarks as {alike}\n")
    print(f"Top-1 % on held-out {as_signed.unit}s\n{table(rows).to_markdown(index=False)}")


if __name__ == "__main__":
    main()
