"""A poster (A1, PDF) of the figures of a reproduction: ``python tools/poster.py [DATASET] [PROFILE]``, after ``make reproduce``."""

import sys

import matplotlib.pyplot as plt

from sslslr import paths
from sslslr.errors import SignError
from sslslr.report.figures import style
from sslslr.report.stage import read_captions

A1 = (594 / 25.4, 841 / 25.4)  # inches
TITLE = "What did the encoder learn?  Signs without labels, and how one would know"
# two columns, read downwards: heading of a panel, and its figure
PANELS = (
    ("A sign is in the middle of its clip", "figure2_strip"), ("One encoder, three branches, no labels", "figure3_slfpn"),
    ("Shuffle the ends, keep the middle", "picture4_permutation"), ("Two ways to die", "collapse_in_two_dimensions"),
    ("Does it collapse?", "figure8_collapse"), ("Beside an encoder that was never trained", "controls_linear"),
    ("Five methods, their views and their controls", "table1_intervals"), ("What holds, and what cannot be told", "claims_forest"),
)  # fmt: skip


def poster(dataset: str = "synthetic", profile: str = "quick"):
    """The figure; raises SignError where none of its panels was made."""
    folder = paths.results(dataset, profile) / "figures"
    captions = read_captions(folder) if folder.exists() else {}
    there = [(words, name) for words, name in PANELS if (folder / f"{name}.png").exists()]
    if not there:
        raise SignError(f"{folder}: no figure of the poster is here; run make reproduce DATASET={dataset} PROFILE={profile} first")
    style()
    fig, axes = plt.subplots(-(-len(there) // 2), 2, figsize=A1, squeeze=False)
    fig.suptitle(TITLE, fontsize=52, fontweight="bold", x=0.02, ha="left")
    for ax in axes.flat:
        ax.axis("off")
    for ax, (words, name) in zip(axes.T.flat, there, strict=False):
        ax.imshow(plt.imread(folder / f"{name}.png"), interpolation="lanczos")
        ax.set_title(words, fontsize=34, loc="left", pad=16)
        ax.text(0, -0.02, captions[name]["caption"], transform=ax.transAxes, fontsize=16, va="top", wrap=True)
    fig.supxlabel(f"{dataset}, profile {profile}; {next(iter(captions.values()))['stamp']}", fontsize=14)
    return fig


if __name__ == "__main__":
    try:
        out = paths.results(*(sys.argv[1:] + ["synthetic", "quick"][len(sys.argv) - 1 :])) / "poster.pdf"
        with paths.atomic(out) as partial:
            poster(*sys.argv[1:]).savefig(partial, format="pdf", dpi=200, facecolor="white")
        print(out)
    except SignError as error:
        sys.exit(f"poster: {error}")
