"""Segments: counted by hand on small cases."""

import numpy as np
import pytest

from sslslr.measures import segments as s


def test_stretches_and_their_mask_are_each_others_inverse():
    inside = np.array([1, 1, 0, 0, 1, 0, 1, 1, 1], bool)
    found = s.segments(inside)
    assert found.tolist() == [[0, 1], [4, 4], [6, 8]]
    np.testing.assert_array_equal(s.mask(found, 9), inside)
    assert s.bio(found, 9).tolist() == [1, 2, 0, 0, 1, 0, 1, 2, 2]
    assert s.segments(np.zeros(4, bool)).shape == (0, 2)


@pytest.mark.parametrize(
    "true, told, tolerance, count",
    [([10, 20], [11, 12], 2, 1), ([10, 20], [12, 18], 2, 2), ([10, 13], [12, 12], 2, 2), ([10], [13], 2, 0), ([], [1], 9, 0), ([5, 6], [4, 7], 1, 2)],
)  # fmt: skip
def test_a_boundary_is_found_once(true, told, tolerance, count):
    assert s.hits(true, told, tolerance) == count == s.hits(told, true, tolerance)


def test_overlap_counts_frames_with_both_ends():
    assert s.overlap([(0, 9)], [(5, 14), (20, 29), (0, 9)]).tolist() == [[5 / 15, 0, 1]]


def test_a_true_segment_is_found_by_the_first_that_fits_and_only_where_allowed():
    true, told = np.array([(0, 9), (20, 29)]), np.array([(1, 9), (0, 9), (21, 30)])
    assert s.found(true, told).tolist() == [0, -1, 1]
    allowed = np.array([[False, True], [True, True], [True, False]])
    assert s.found(true, told, allowed=allowed).tolist() == [-1, 0, -1]


def test_average_precision_by_hand():
    assert s.average_precision([0.9, 0.8, 0.7], [True, False, True], 2) == pytest.approx((1 + 2 / 3) / 2)
    assert s.average_precision([0.9], [True], 4) == 0.25  # what is never found counts 0


def test_the_truth_scores_one_and_silence_nothing_and_streams_count_together():
    true = np.array([(3, 9), (20, 31)])
    perfect = s.stream_scores([(true, true, 40), (true, true, 50)])
    assert all(perfect[k] == 1 for k in ("f1 at 2", "B", "I", "O", "IoU", "share of segments", "strokes, f1"))
    assert perfect["strokes"] == 4 and perfect["frames"] == 90
    half = s.stream_scores([(true, true, 40), (true, np.empty((0, 2), int), 40)])
    assert half["recall at 4"] == 0.5 and half["precision at 4"] == 1 and half["share of segments"] == 0.5
    shifted = s.stream_scores([(true, true + 3, 40)])
    assert shifted["f1 at 2"] == 0 and shifted["f1 at 4"] == 1 and 0.4 < shifted["IoU"] < 0.8
