"""Marked recordings: the clock, the units between rests, what the landmarks lack, and wrong tables."""

import gesture_recordings as made
import numpy as np
import pandas as pd
import pytest

from sslslr.clips.skeleton import KINECT_20
from sslslr.datasets import gesture_phase
from sslslr.errors import SignError


@pytest.fixture
def marked(tmp_path):
    return gesture_phase.recordings(made.write(tmp_path / "g"))


def test_people_and_phases_are_read_and_the_clock_goes_over_the_minute(marked):
    assert [(one.name, one.person) for one in marked] == [("a1", "A"), ("a2", "A"), ("b1", "B"), ("b2", "B"), ("c1", "C"), ("c2", "C")]
    for one in marked:
        assert (np.diff(one.milliseconds) == 33).all()
        assert [letters for _, _, letters in one.units] == ["PSR", "PSHR"] * 2


def test_a_unit_keeps_some_rest_and_its_stroke_is_as_marked(marked):
    signs = gesture_phase.units(marked)
    assert len(signs) == 24 and signs.glosses == ("PSHR", "PSR") and set(signs.signers) == {"A", "B", "C"}
    by_name = {one.name: one for one in marked}
    for i, clip in enumerate(signs.clips):
        name, _, span = clip.partition(":")
        low, high = map(int, span.split("-"))
        phases = by_name[name].phases[low : high + 1]
        assert len(phases) == signs.lengths[i] and (phases[:8] == "rest").all() and phases[8] == "preparation"
        assert (phases[-8:] == "rest").all() and phases[-9] == "retraction"
        stroke = np.flatnonzero(phases == "stroke")
        assert (signs.onset[i], signs.offset[i]) == (stroke[0], stroke[-1])


def test_a_unit_of_two_strokes_is_asked_for_by_its_number(tmp_path):
    table = made.recording(1, units=1)
    preparation = table["phase"] == "Preparation"
    table = pd.concat([table[:40], table[preparation | (table["phase"] == "Stroke")], table[40:]])
    (tmp_path / "g").mkdir()
    table.to_csv(tmp_path / "g" / "a1_raw.csv", index=False)
    marked = gesture_phase.recordings(tmp_path / "g")
    with pytest.raises(SignError, match=r"no unit with 1 stroke\(s\)"):
        gesture_phase.units(marked)
    assert gesture_phase.units(marked, strokes=2).lengths[0] == gesture_phase.units(marked, strokes=None).lengths[0]


def test_y_grows_upwards_and_shoulders_lie_between_head_and_spine(marked):
    x, index = marked[0].landmarks, KINECT_20.landmarks.index
    y = x[..., 1].mean(0)
    assert y[index("head")] > y[index("left_shoulder")] > y[index("left_elbow")] > y[index("spine_mid")] > y[index("left_wrist")]
    width = np.linalg.norm(x[:, index("left_shoulder")] - x[:, index("right_shoulder")], axis=1)
    np.testing.assert_allclose(width, 0.46, atol=1e-3)
    assert np.isnan(x[:, index("left_knee")]).all()


def test_a_phase_that_does_not_exist_and_a_missing_column_are_named_with_their_file(tmp_path):
    table = made.recording(0)
    (tmp_path / "g").mkdir()
    path = tmp_path / "g" / "a1_raw.csv"
    table.assign(phase=["Dance" if i == 4 else p for i, p in enumerate(table["phase"])]).to_csv(path, index=False)
    with pytest.raises(SignError, match=r"a1_raw.csv: row 6 has the phase 'Dance'"):
        gesture_phase.recordings(tmp_path)
    table.drop(columns="sy").to_csv(path, index=False)
    with pytest.raises(SignError, match="no column sy"):
        gesture_phase.recordings(tmp_path)
    table.astype({"timestamp": object}).assign(timestamp=["9" * 20, *table["timestamp"][1:]]).to_csv(path, index=False)
    with pytest.raises(SignError, match=r"a1_raw.csv: .* expected numbers"):
        gesture_phase.recordings(tmp_path)
    path.rename(tmp_path / "g" / "a1.csv")
    with pytest.raises(SignError, match="no marked recording"):
        gesture_phase.recordings(tmp_path)


def test_the_published_recordings_have_the_counts_that_were_looked_at(realdata):
    if not (realdata / "gesture-phase").is_dir():
        pytest.skip("no gesture-phase beside the others (set SSLSLR_REALDATA)")
    marked = gesture_phase.recordings(realdata / "gesture-phase")
    assert [one.name for one in marked] == ["a1", "a2", "a3", "b1", "b3", "c1", "c3"]
    assert sum(map(len, marked)) == 9901 and sum(len(one.units) for one in marked) == 59
    single = gesture_phase.units(marked)
    assert len(single) == 31 and {p: int((single.signers == p).sum()) for p in "ABC"} == {"A": 20, "B": 2, "C": 9}
    assert max(np.diff(one.milliseconds).max() for one in marked) < 500  # no gap of 40 s at the minute's end


def test_what_is_infinite_counts_as_missing_and_a_recording_without_scale_is_named(tmp_path):
    table = made.recording(1, units=1)
    (tmp_path / "g").mkdir()
    file = tmp_path / "g" / "a1_raw.csv"
    table.to_csv(file, index=False)
    whole = gesture_phase.read(file).landmarks
    for value in ("1e400", "1e300"):
        table.astype({"lhx": object}).assign(lhx=[value, *table["lhx"][1:]]).to_csv(file, index=False)
        found = gesture_phase.read(file).landmarks
        hand = KINECT_20.landmarks.index("left_hand")
        assert np.isnan(found[0, hand, 0]) and not np.isinf(found).any()
        np.testing.assert_array_equal(np.delete(found, hand, 1), np.delete(whole, hand, 1))
    table.assign(hy=table["sy"], hx=table["sx"]).to_csv(file, index=False)
    with pytest.raises(SignError, match=r"a1_raw\.csv: head and spine coincide"):
        gesture_phase.read(file)
