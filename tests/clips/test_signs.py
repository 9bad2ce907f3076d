"""The container, resampling, normalisation and splits."""

from dataclasses import replace

import numpy as np
import pytest
from conftest import make_signs
from hypothesis import given, settings
from hypothesis import strategies as st

from sslslr.clips import splits
from sslslr.clips.signs import Signs, check_usable, pack, prepare, resample
from sslslr.clips.skeleton import HANDS_42, KINECT_20, LEAP_42, MEDIAPIPE_75, SKELETONS, mirror, normalise
from sslslr.errors import SignError


def test_saved_signs_come_back_whole_and_keep_their_fingerprint(signs, tmp_path):
    signs = replace(signs, glosses=("café", "NA", "C", "D"))
    signs.save(tmp_path / "signs.npz")
    back = Signs.load(tmp_path / "signs.npz")
    assert back.fingerprint == signs.fingerprint and back.glosses == signs.glosses
    np.testing.assert_array_equal(back.landmarks, signs.landmarks)


@pytest.mark.parametrize("part", ["landmarks", "labels", "split", "signers", "onset"])
def test_any_change_of_the_data_changes_the_fingerprint(signs, part):
    changed = getattr(signs, part).copy()
    changed[0] = {"landmarks": 9, "labels": (changed[0] + 1) % 4 if part == "labels" else 0, "split": "test", "signers": "s9", "onset": 3}[
        part
    ]
    if part == "split" and signs.split[0] == "test":
        changed[0] = "val"
    assert replace(signs, **{part: changed}).fingerprint != signs.fingerprint


def test_files_that_are_not_signs_are_named(tmp_path):
    (tmp_path / "bad.npz").write_bytes(b"no zip")
    for name in ("bad.npz", "missing.npz"):
        with pytest.raises(SignError, match=name):
            Signs.load(tmp_path / name)


def test_a_failed_save_leaves_the_old_file_and_nothing_half_written(signs, tmp_path, monkeypatch):
    path = tmp_path / "signs.npz"
    signs.save(path)
    before = path.read_bytes()
    monkeypatch.setattr(np, "savez", lambda file, **_: file.write(b"half") and (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        signs.save(path)
    assert path.read_bytes() == before and [p.name for p in tmp_path.iterdir()] == ["signs.npz"]


@pytest.mark.parametrize(
    "change, message",
    [
        ({"lengths": np.zeros(60, int)}, "lengths outside"),
        ({"labels": np.full(60, 7)}, "labels outside"),
        ({"split": np.full(60, "holdout")}, "split names"),
        ({"signers": np.array(["a"])}, "signers has shape"),
        ({"skeleton": KINECT_20}, "expected .* 20 landmarks"),
        ({"kind": "fake"}, "kind is 'fake'"),
    ],
)
def test_parts_that_do_not_fit_are_refused(signs, change, message):
    with pytest.raises(SignError, match=message):
        replace(signs, **change)


def test_resampling_keeps_the_ends_and_straight_lines_and_does_not_fill_gaps():
    clip = np.linspace(0, 10, 21, dtype=np.float32)[:, None, None] * np.ones((1, 3, 2), np.float32)
    clip[8:13, 1] = np.nan
    out = resample(clip, 11)
    np.testing.assert_allclose(out[:, 0, 0], np.linspace(0, 10, 11), atol=1e-6)
    assert np.isnan(out[4:7, 1]).all() and np.isfinite(out[[0, 1, 2, 3, 7, 8], 1]).all()


def test_long_clips_are_resampled_never_cut_and_short_ones_untouched():
    long, short = (np.arange(n, dtype=np.float32)[:, None, None] * np.ones((1, 2, 2), np.float32) for n in (40, 5))
    packed, lengths = pack([long, short], 16)
    assert lengths.tolist() == [16, 5]
    assert packed[0, 15, 0, 0] == 39 and packed[0, 0, 0, 0] == 0
    np.testing.assert_array_equal(packed[1, :5], short)
    assert np.isnan(packed[1, 5:]).all()


def test_prepare_moves_the_true_boundaries_with_the_frames(signs):
    at = replace(signs, onset=(signs.lengths - 1) / 3, offset=(signs.lengths - 1) / 2)
    ready = prepare(at, 5)
    np.testing.assert_allclose(ready.onset / (ready.lengths - 1), 1 / 3)
    np.testing.assert_allclose(ready.offset / (ready.lengths - 1), 1 / 2)


def test_prepared_clips_are_centred_on_the_shoulders_and_one_shoulder_width_wide(signs):
    moved = replace(signs, landmarks=signs.landmarks * 37 + 400)
    ready = prepare(moved, 12)
    left, right = (ready.landmarks[:, :, i] for i in MEDIAPIPE_75.shoulders)
    width = np.nanmedian(np.linalg.norm(left - right, axis=-1), axis=1)
    np.testing.assert_allclose(width, 1, atol=1e-4)
    np.testing.assert_allclose(np.nanmedian((left + right) / 2, axis=1), 0, atol=1e-4)
    np.testing.assert_allclose(ready.landmarks, prepare(signs, 12).landmarks, atol=1e-3)


def test_unusable_clips_are_named():
    toy = make_signs(12)
    one, blank, flat, headless = (toy.landmarks.copy() for _ in range(4))
    blank[3] = np.nan
    flat[4, :, 11] = flat[4, :, 12]
    headless[5, :, 11] = np.nan
    lengths = toy.lengths.copy()
    lengths[2] = 1
    for bad, message in [
        (replace(toy, landmarks=one, lengths=lengths), "clip002 has one frame"),
        (replace(toy, landmarks=blank), "clip003 has no landmark"),
        (replace(toy, landmarks=flat), "clip004: the two shoulders coincide"),
        (replace(toy, landmarks=headless), "clip005: no frame shows both shoulders"),
    ]:
        with pytest.raises(SignError, match=message):
            prepare(bad, 8)
    check_usable(toy)


@pytest.mark.parametrize("skeleton", SKELETONS.values(), ids=lambda s: s.name)
def test_layouts_are_consistent(skeleton):
    for left, right in skeleton.pairs:
        assert "left" in skeleton.landmarks[left] and skeleton.landmarks[left].replace("left", "right") == skeleton.landmarks[right]
    lefts = [i for i, n in enumerate(skeleton.landmarks) if "left" in n]
    assert sorted(left for left, _ in skeleton.pairs) == lefts
    assert {j for edge in skeleton.edges for j in edge} <= set(range(len(skeleton)))
    assert all("shoulder" in skeleton.landmarks[i] for i in skeleton.shoulders)
    assert all("wrist" in skeleton.landmarks[i] for i in skeleton.wrists)


@given(st.integers(0, 2**32 - 1), st.floats(-2, 2))
@settings(max_examples=30, deadline=None)
def test_mirroring_twice_is_the_identity_and_changes_no_input(seed, about):
    clip = np.random.default_rng(seed).normal(size=(4, 75, 2))
    before = clip.copy()
    once = mirror(clip, MEDIAPIPE_75, about)
    np.testing.assert_allclose(mirror(once, MEDIAPIPE_75, about), clip, atol=1e-12)
    np.testing.assert_array_equal(clip, before)
    np.testing.assert_allclose(once[:, 54:, 1], clip[:, 33:54, 1])  # the left hand became the right one
    np.testing.assert_allclose(once[:, 0, 0], 2 * about - clip[:, 0, 0])


def test_normalise_changes_no_input(signs):
    before = signs.landmarks[0].copy()
    normalise(signs.landmarks[0], MEDIAPIPE_75)
    np.testing.assert_array_equal(signs.landmarks[0], before)


def test_held_out_signers_are_in_no_other_split_and_each_is_tested_once():
    toy = make_signs(120, signers=6)
    tested = []
    for fold in range(3):
        out = splits.by_signer(toy, 3, fold, seed=5)
        groups = [set(out.part(s).signers) for s in ("train", "val", "test")]
        assert not groups[0] & groups[1] and not groups[0] & groups[2] and not groups[1] & groups[2]
        tested += sorted(groups[2])
    assert sorted(tested) == sorted(set(toy.signers))
    np.testing.assert_array_equal(splits.by_signer(toy, 3, 1, 5).split, splits.by_signer(toy, 3, 1, 5).split)


def test_stratified_split_has_every_class_everywhere():
    out = splits.stratified(make_signs(80), test=0.25, val=0.1, seed=3)
    for part in ("train", "val", "test"):
        assert set(out.part(part).labels) == {0, 1, 2, 3}
    assert (out.split == "test").sum() == 20


def test_classes_that_cannot_be_split_are_named():
    toy = make_signs(42)
    labels = toy.labels.copy()
    labels[40:] = [4, 5]
    two_singles = replace(toy, labels=labels, glosses=tuple("ABCDEF"))
    with pytest.raises(SignError, match=r"2 classes have fewer than 3 clips .*E, F"):
        splits.stratified(two_singles, 0.2)
    lost = [fold for fold in range(5) if {4, 5} & set(two_singles.labels[splits.by_signer(toy, 5, fold).split != "train"])]
    assert lost
    for fold in lost:
        with pytest.raises(SignError, match="no clip in the training split"):
            splits.by_signer(two_singles, 5, fold)


@given(st.floats(0.01, 1), st.integers(0, 1000))
@settings(max_examples=40, deadline=None)
def test_thirty_percent_is_thirty_percent_of_every_class(share, seed):
    labels = np.repeat(np.arange(5), [100, 50, 30, 10, 1])
    chosen = splits.fraction(labels, share, seed)
    counts = np.bincount(labels[chosen], minlength=5)
    assert counts.tolist() == [max(1, round(share * n)) for n in (100, 50, 30, 10, 1)]
    assert len(set(chosen.tolist())) == len(chosen)
    assert set(chosen) <= set(splits.fraction(labels, min(1, share * 1.5), seed))


def without_split(**sizes):
    toy = make_signs(**sizes)
    return replace(toy, split=np.full(len(toy), "", "<U5"))


@pytest.mark.parametrize("signers", [3, 5])
def test_with_few_signers_all_that_are_not_tested_are_learned_from(signers):
    toy = without_split(clips=120, signers=signers)
    tested = set()
    for repeat in range(signers):
        part, what = splits.for_repeat(toy, 8, repeat)
        held = set(part.part("test").signers)
        assert len(held) == 1 and what == f"1 of {signers} signers held out"
        assert set(part.part("train").signers) == set(toy.signers) - held >= set(part.part("val").signers)
        assert (np.bincount(part.part("val").labels) >= 1).all() and len(part.part("val")) < len(part.part("train")) / 5
        tested |= held
    assert tested == set(toy.signers)


def test_with_six_signers_validation_has_signers_of_its_own():
    part, _ = splits.for_repeat(without_split(clips=120, signers=6), 6, 0)
    held = {name: set(part.part(name).signers) for name in ("train", "val", "test")}
    assert len(held["val"]) == len(held["test"]) == 1 and not held["val"] & (held["train"] | held["test"])


def test_a_class_keeps_its_only_training_clip():
    toy = make_signs(clips=60, signers=3)
    toy = replace(toy, split=np.where((toy.labels == 0) & (np.arange(60) > 0) | (toy.split == "test"), "test", "train"))
    toy.split[0] = "train"
    part, _ = splits.for_repeat(toy, 3, 0)
    assert part.split[0] == "train" and set(part.part("val").labels) == {1, 2, 3}


def test_a_published_split_in_two_parts_is_kept_and_one_that_lacks_a_part_is_refused():
    toy = make_signs(clips=60, signers=5)
    two = replace(toy, split=np.where(toy.split == "test", "val", "train"))
    part, what = splits.for_repeat(two, 3, 0)
    assert "validation part being the test" in what
    assert set(part.part("test").signers) == {"s00"} and "s00" not in set(part.signers[part.split != "test"])
    for lacking in (("train", "", ""), ("", "val", "test"), ("", "", "test")):
        names = dict(zip(("train", "val", "test"), lacking, strict=True))
        with pytest.raises(SignError, match="its split needs train and test"):
            splits.for_repeat(replace(toy, split=np.array([names[s] for s in toy.split])), 3, 0)


def hands(frames=10):
    """A right hand (T, 42, 3) that moves, in millimetres; the left one is seen in no frame."""
    rng = np.random.default_rng(3)
    clip = np.full((frames, 42, 3), np.nan, np.float32)
    clip[:, 21:] = rng.normal(size=(21, 3)) * 40 + np.linspace(0, 200, frames)[:, None, None] + (0, 300, 0)
    return clip


def test_a_clip_of_hands_is_centred_on_the_wrist_and_one_palm_is_one():
    ready = normalise(hands(), LEAP_42)
    np.testing.assert_allclose(ready[:, 21].mean(0), 0, atol=1e-4)
    np.testing.assert_allclose(np.linalg.norm(ready[:, 21] - ready[:, 30], axis=-1), 1, atol=1e-4)
    np.testing.assert_allclose(ready, normalise(hands() * 0.001 + 7, LEAP_42), atol=1e-3)
    assert np.isnan(ready[:, :21]).all() and "wrists" in LEAP_42.measured and "shoulders" in MEDIAPIPE_75.measured
    with pytest.raises(SignError, match="no frame shows a wrist"):
        normalise(np.full((3, 42, 3), np.nan), HANDS_42)
    flat = hands()
    flat[:, 30] = flat[:, 21]
    with pytest.raises(SignError, match="wrist and middle finger coincide"):
        normalise(flat, LEAP_42)


def test_the_unit_is_a_word_that_changes_no_training_and_is_kept(signs, tmp_path):
    sessions = replace(signs, unit="session")
    assert sessions.fingerprint == signs.fingerprint
    sessions.save(tmp_path / "s.npz")
    assert Signs.load(tmp_path / "s.npz").unit == "session"
    sessions = replace(sessions, split=np.full(len(signs), ""))
    assert splits.for_repeat(sessions, 3, 0)[1].endswith("sessions held out")
