"""Measures of likeness on made-up landmarks whose answers are known; real ranges and where a value lies in them."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from sslslr.clips.signs import Signs
from sslslr.clips.skeleton import KINECT_20, MEDIAPIPE_75, mirror
from sslslr.measures import likeness

RNG = np.random.default_rng(0)


def still(n=6, t=30, skeleton=MEDIAPIPE_75, x=None, signers=None, labels=None, lengths=None):
    """Signs of n people-shaped clips that do not move: shoulders one apart, all else scattered about them."""
    if x is None:
        pose = RNG.normal(0, 1, (len(skeleton), 2))
        pose[list(skeleton.shoulders)] = (0.5, 0), (-0.5, 0)
        x = np.broadcast_to(pose, (n, t, *pose.shape)).astype(np.float32).copy()
    n, t = x.shape[:2]
    unknown = np.full(n, np.nan)
    return Signs(
        name="made-up", kind="real", skeleton=skeleton, landmarks=x, lengths=np.full(n, t) if lengths is None else lengths,
        labels=np.zeros(n, int) if labels is None else labels, glosses=tuple("ABCDEFGH"),
        signers=np.array(["s0"] * n) if signers is None else signers, clips=np.arange(n).astype(str), split=np.full(n, "", "<U5"),
        onset=unknown, offset=unknown,
    )  # fmt: skip


def moved(signs, landmarks, amount):
    """The same with ``landmarks`` moved along x by ``amount``, broadcast over clips and frames (N, T)."""
    x = signs.landmarks.copy()
    x[:, :, landmarks, 0] += np.broadcast_to(amount, x.shape[:2])[..., None]
    return replace(signs, landmarks=x)


@pytest.mark.parametrize("skeleton", [MEDIAPIPE_75, KINECT_20], ids=lambda s: s.name)
def test_every_landmark_belongs_to_one_part(skeleton):
    ids = [i for members in likeness.parts(skeleton).values() for i in members]
    assert sorted(ids) == list(range(len(skeleton)))


def test_shares_say_which_part_moves_within_clips_and_which_moves_between_them():
    wave = np.sin(np.linspace(0, 20, 30))
    right = [16, *range(54, 75)]
    signs = moved(moved(still(), right, wave), list(MEDIAPIPE_75.lower), np.arange(6)[:, None])
    found = likeness.measure(signs)
    assert found["over time: signing hand"] == pytest.approx(21 / 22, abs=1e-3)
    assert found["over time: arms"] == pytest.approx(1 / 22, abs=1e-3)
    assert found["between clips: below the waist"] == pytest.approx(1, abs=1e-3)
    swapped = replace(signs, landmarks=mirror(signs.landmarks, MEDIAPIPE_75))
    assert likeness.measure(swapped)["over time: signing hand"] == pytest.approx(found["over time: signing hand"], abs=1e-6)


def test_what_differs_between_signers_alone_is_no_variance_between_their_clips():
    who = np.array(["a", "a", "a", "b", "b", "b"])
    signs = moved(moved(still(signers=who), [0], np.arange(6)[:, None]), list(MEDIAPIPE_75.lower), 5.0 * (who == "b")[:, None])
    assert likeness.measure(signs)["between clips: below the waist"] == pytest.approx(0, abs=1e-6)


def test_jitter_is_the_noise_and_not_the_motion():
    signs = moved(still(8, 60), list(range(54, 75)), np.sin(np.linspace(0, 6, 60)))
    assert likeness.measure(signs)["jitter: hands"] < 1e-3
    noisy = signs.landmarks + RNG.normal(0, 0.01, signs.landmarks.shape).astype(np.float32)
    found = likeness.measure(replace(signs, landmarks=noisy))
    assert found["jitter: hands"] == pytest.approx(0.01, rel=0.1) and found["jitter: head"] == pytest.approx(0.01, rel=0.1)


def test_gaps_are_counted_by_hand_length_and_place():
    signs = moved(still(2, 30), [16], np.sin(np.linspace(0, 6, 30)))
    x = signs.landmarks.copy()
    x[0, :6, 33:54] = np.nan  # the other hand: 6 frames at the start
    x[1, 10:13, 54:] = np.nan  # the signing one: 3 frames inside
    found = likeness.measure(replace(signs, landmarks=x))
    assert found["missing: other hand"] == pytest.approx(6 / 60) and found["missing: signing hand"] == pytest.approx(3 / 60)
    assert found["gaps: frames"] == pytest.approx(4.5) and found["gaps: at the ends"] == pytest.approx(6 / 9)
    assert found["gaps: share of the clip"] == pytest.approx(0.15)


def test_padding_is_no_gap_and_no_motion():
    signs = moved(still(4, 20), [16], np.sin(np.linspace(0, 6, 20)))
    padded = np.concatenate([signs.landmarks, np.full((4, 9, 75, 2), np.nan, np.float32)], axis=1)
    longer = replace(signs, landmarks=padded)
    for name, value in likeness.measure(signs).items():
        assert likeness.measure(longer)[name] == pytest.approx(value, nan_ok=True), name


def test_speed_profile_finds_the_middle():
    steps = np.r_[np.full(20, 0.01), np.full(20, 0.1), np.full(20, 0.01)]
    found = likeness.speed_profile(moved(still(3, 60), [16], np.cumsum(steps)))
    assert (
        found["speed: middle"] > 2 and found["speed: start"] == pytest.approx(found["speed: end"], rel=0.05) and found["speed: end"] < 0.5
    )


def test_spread_is_shared_between_signers_and_signs_beyond_chance():
    labels, who = np.repeat(np.arange(8), 20), np.tile(np.arange(4), 40)
    where = RNG.normal(0, 1, 8)[labels] * 2 + RNG.normal(0, 1, 4)[who] + RNG.normal(0, 1, 160)
    signs = moved(still(160, 10, labels=labels, signers=who.astype(str)), list(range(54, 75)), where[:, None])
    found = likeness.measure(signs)
    for group, name in ((labels, "signs"), (who, "signers")):
        between = np.var([where[group == g].mean() for g in np.unique(group)]) / where.var()
        assert found[f"spread: {name}"] == pytest.approx(between, abs=0.05)
    shuffled = replace(signs, labels=RNG.permutation(labels))
    assert abs(likeness.measure(shuffled)["spread: signs"]) < 0.06


def test_signers_differ_in_pace_amplitude_build_and_view():
    who = np.repeat(["a", "b"], 6)
    signs = still(12, 40, signers=who, lengths=np.where(who == "a", 20, 40))
    x = signs.landmarks.copy()
    x[:, :, :11, 1] = np.where(who == "a", -0.5, -1.0)[:, None, None]
    x[:, :, :11, 0] = np.where(who == "a", 0.0, 0.2)[:, None, None]
    x[:, :, 16, 0] += np.where(who == "a", 1, 2)[:, None] * np.sin(np.pi * np.arange(40))
    x[np.arange(40) >= signs.lengths[:, None]] = np.nan
    found = likeness.measure(replace(signs, landmarks=x))
    twice = np.log(2) / np.sqrt(2)
    assert found["signers: pace"] == pytest.approx(twice) and found["signers: build"] == pytest.approx(twice, rel=1e-3)
    assert found["signers: view"] == pytest.approx(0.2 / np.sqrt(2), rel=1e-3)
    assert np.isnan(likeness.measure(still())["signers: pace"])


def test_handedness_is_read_off_the_wrist_that_moves():
    wave = np.sin(np.linspace(0, 6, 30))
    left, both = np.arange(8) < 2, np.arange(8) == 7
    signs = moved(still(8), [15], wave * (left | both)[:, None])
    found = likeness.measure(moved(signs, [16], wave * (~left)[:, None]))
    assert found["handedness: one hand"] == pytest.approx(7 / 8)
    assert found["handedness: left"] == pytest.approx(2 / 7) and found["handedness: not the usual"] == pytest.approx(2 / 7)


def test_hands_alone_are_measured_in_the_width_that_is_given():
    signs = moved(still(), [16], np.sin(np.linspace(0, 6, 30)))
    x = signs.landmarks * 360
    x[:, :, [*range(15), *range(17, 33)]] = np.nan
    found = likeness.measure(replace(signs, landmarks=x), likeness.MILLIMETRES)
    assert np.isnan([v for k, v in found.items() if k.startswith(likeness.CAMERA)]).all() and np.isnan(found["signers: build"])
    assert np.isfinite([found["speed: middle"], found["length: seconds"]]).all()


def test_kinect_has_no_shares_since_it_has_no_fingers():
    found = likeness.measure(still(skeleton=KINECT_20))
    assert np.isnan(found["over time: arms"]) and np.isnan(found["missing: other hand"]) and np.isfinite(found["jitter: head"])


def test_ranges_ask_people_too_but_not_about_what_lies_between_them():
    table = pd.DataFrame(
        {
            "set": ["x", "x", "y"], "who": [likeness.ALL, "a", likeness.ALL],
            "jitter: head": [1.0, 3.0, np.nan], "handedness: left": [0.1, 1.0, 0.3],
        }
    )  # fmt: skip
    found = likeness.ranges(table)
    assert found.loc["jitter: head"].tolist() == [1, 3, 1] and found.loc["handedness: left"].tolist() == [0.1, 0.3, 2]


@pytest.mark.parametrize("value, is_", [(1.5, "inside"), (0.7, "near"), (2.9, "near"), (3.1, "outside"), (0.6, "outside"), (np.nan, "")])
def test_a_value_lies_inside_near_or_outside(value, is_):
    assert likeness.where(value, 1.0, 2.0) == is_
