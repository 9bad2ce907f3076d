"""The likeness figure and its reading: words come from the numbers; the clips to look at differ."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from sslslr.datasets import synthetic
from sslslr.measures import likeness
from sslslr.report import likeness as beside


def test_reading_counts_and_names_what_lies_outside():
    real = pd.read_csv(likeness.REAL)
    ends = likeness.ranges(real)
    inside = dict(((ends["low"] + ends["high"]) / 2).items())
    far = inside | {"jitter: head": 100 * ends.loc["jitter: head", "high"]}
    found = beside.table(real, {"inside": inside, "far": far, "blank": dict.fromkeys(inside, np.nan)})
    text = beside.reading(found, ["inside", "far", "blank"]).splitlines()
    assert f"{len(ends)} of {len(ends)} measures" in text[0] and "none outside" in text[0]
    assert "1 outside: jitter (head)" in text[1] and "0 of 0" in text[2]
    row = beside.shown(found, ["inside", "far"]).set_index("measure").loc["jitter: head"]
    assert "↑" in row["far"] and "↑" not in row["inside"]
    fig = beside.dots(found, real, ["inside", "far"])
    assert fig.get_figwidth() <= 8.4 and len(fig.axes) == len(beside.SHOWN)
    plt.close(fig)


def test_five_clips_differ_in_signer_and_gloss():
    signs = synthetic.make("lsa-like", classes=8, signers=6, clips=60)
    chosen = beside.several(signs)
    assert len(set(chosen)) == 5 == len(set(signs.signers[chosen])) == len(set(signs.labels[chosen]))
    assert len(beside.several(signs.subset(signs.signers == "s00"))) == 5


def test_with_fewer_signers_than_clips_the_glosses_still_differ():
    signs = synthetic.make("lsa-like", classes=8, signers=6, clips=60)
    few = signs.subset(np.isin(signs.signers, ["s00", "s01"]))
    chosen = beside.several(few)
    assert len(set(few.labels[chosen])) == 5 and len(set(few.signers[chosen])) == 2
