"""Pictures of landmarks: whatever was seen is in the picture and the right way up, with a body or without."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from sslslr.clips.skeleton import SKELETONS
from sslslr.report import diagrams


def pose(skeleton, seed=0):
    """A frame (J, 2) around the origin in the layout's unit, its first shoulder or wrist pair a unit apart, "up" being up."""
    frame = np.random.default_rng(seed).normal(size=(len(skeleton), 2)) * 0.2
    frame[list(skeleton.centre)] = [(-0.5, 0), (0.5, 0)]
    return frame


def inside(ax, points) -> bool:
    """Whether all points (N, 2) lie within the limits of the axes."""
    return all((min(lim) <= p).all() and (p <= max(lim)).all() for lim, p in zip((ax.get_xlim(), ax.get_ylim()), points.T, strict=True))


@pytest.mark.parametrize("name", SKELETONS)
def test_what_was_seen_is_in_the_picture_and_up_is_up(name):
    skeleton = SKELETONS[name]
    frame = pose(skeleton)
    ax = diagrams.landmarks(frame, skeleton).axes[0]
    upper = [j for j in range(len(skeleton)) if j not in skeleton.lower]
    assert inside(ax, frame[upper]) and ax.yaxis_inverted() == skeleton.y_down
    plt.close(ax.figure)


@pytest.mark.parametrize("name", ["mediapipe-75", "hands-42", "leap-42"])
def test_a_part_that_was_not_seen_is_said_to_be_so(name):
    skeleton = SKELETONS[name]
    for lost in (["left_hand"], list(skeleton.parts)):
        frame = pose(skeleton)
        for part in lost:
            frame[list(skeleton.parts[part])] = np.nan
        ax = diagrams.landmarks(frame, skeleton).axes[0]
        said = ax.get_legend_handles_labels()[1]
        assert [s.endswith("(not seen)") for s in said] == [part in lost for part in skeleton.parts]
        plt.close(ax.figure)


def test_views_of_hands_far_from_each_other_are_in_their_panels():
    skeleton = SKELETONS["leap-42"]
    clip = np.stack([pose(skeleton, seed) for seed in range(6)])
    clip[:, 21:] += 9  # palms
    clip[0, :21] = np.nan
    fig = diagrams.view_pairs(clip, 6, {"moved": ([clip + 3], [clip - 3])}, skeleton)
    for panel, shift in {0: 0, 1: 3, 3: -3}.items():  # the original, the first view, and below it the second
        assert inside(fig.axes[panel], clip[3] + shift)
    plt.close(fig)
