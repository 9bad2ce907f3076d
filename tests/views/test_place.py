"""Views that move landmarks keep what they promise: distances, missing landmarks, the ends in time, the input."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from sslslr.clips.skeleton import KINECT_20, MEDIAPIPE_75, SKELETONS, mirror
from sslslr.errors import SignError
from sslslr.views import PAIRS, VIEWS, ViewConfig, place, strong

MOVERS = [place.rotate, place.blur, place.flip, place.warp, place.classical]


def clips(b=6, t=20, skeleton=MEDIAPIPE_75, c=2, seed=0):
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(b, t, len(skeleton), c, generator=generator).cumsum(1) * 0.1
    lengths = torch.tensor([t, t - 3, t // 2, 5, 2, t][:b])
    x[torch.arange(t) >= lengths[:, None]] = torch.nan
    x[0, 3:6, 40] = torch.nan
    return x, lengths


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("view", MOVERS, ids=lambda v: v.__name__)
def test_the_original_and_the_padding_are_left_alone(view):
    x, lengths = clips()
    before = x.clone()
    out = view(x, lengths, seeded(), 1 / 3, 1 / 4)
    assert torch.equal(x.nan_to_num(9), before.nan_to_num(9)) and out.shape == x.shape
    assert out[torch.arange(20) >= lengths[:, None]].isnan().all()
    assert not torch.equal(out.nan_to_num(9), x.nan_to_num(9))


@pytest.mark.parametrize("c, skeleton", [(2, MEDIAPIPE_75), (3, KINECT_20)])
def test_a_turn_keeps_distances_and_stays_within_its_angle(c, skeleton):
    x, lengths = clips(c=c, skeleton=skeleton) if len(skeleton) > 40 else (torch.randn(40, 9, 20, 3), torch.full((40,), 9))
    out = place.rotate(x, lengths, seeded(), 0, 0)
    torch.testing.assert_close((out[:, 0, 0] - out[:, 0, 1]).norm(dim=-1), (x[:, 0, 0] - x[:, 0, 1]).norm(dim=-1))
    east = torch.zeros(200, 1, len(skeleton), c)
    east[..., 0] = 1.0
    turned = place.rotate(east, torch.ones(200), seeded(), 0, 0)[:, 0, 0]
    angle = torch.atan2(turned[:, 1], turned[:, :1].abs().squeeze(1) if c == 2 else turned[:, [0, 2]].norm(dim=1)).abs()
    limit = math.radians(15)
    assert limit * 0.9 < angle.max() <= limit + 1e-5, "radians, and as far as it says"


def test_blur_smooths_and_leaves_what_is_missing_missing():
    x, lengths = clips()
    out = place.blur(x, lengths, seeded(), 0, 0)
    assert torch.equal(out.isnan(), x.isnan())
    rough, smooth = ((v[0, 7:] - v[0, 6:-1]).square().mean() for v in (x, out))
    assert smooth < rough
    still = torch.ones(2, 8, 75, 2)
    torch.testing.assert_close(place.blur(still, torch.tensor([8, 8]), seeded(), 0, 0), still)


@pytest.mark.parametrize("skeleton", SKELETONS.values(), ids=lambda s: s.name)
@given(seed=st.integers(0, 2**32 - 1), c=st.sampled_from((2, 3)), lost=st.floats(0, 1), b=st.integers(1, 4), t=st.integers(1, 6))
@settings(max_examples=25, deadline=None)
def test_a_mirror_swaps_left_and_right_of_every_skeleton(skeleton, seed, c, lost, b, t):
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(b, t, len(skeleton), c, generator=generator)
    x[torch.rand(b, t, len(skeleton), generator=generator) < lost] = torch.nan
    before = x.clone()
    side = {"left": "right", "right": "left"}
    words = [next((w for w in side if w in name), "") for name in skeleton.landmarks]
    partner = [
        skeleton.landmarks.index(name.replace(w, side[w])) if w else i
        for i, (name, w) in enumerate(zip(skeleton.landmarks, words, strict=True))
    ]
    for once in (place.flip(x, torch.full((b,), t), None, 0, 0), torch.from_numpy(mirror(x.numpy(), skeleton))):
        assert torch.equal(x.nan_to_num(9), before.nan_to_num(9)) and once.data_ptr() != x.data_ptr()
        torch.testing.assert_close(once, x[:, :, partner] * torch.tensor((-1.0, 1, 1)[:c]), rtol=0, atol=0, equal_nan=True)
        twice = place.flip(once, torch.full((b,), t), None, 0, 0)
        torch.testing.assert_close(twice, x, rtol=0, atol=0, equal_nan=True)


@pytest.mark.parametrize("skeleton", SKELETONS.values(), ids=lambda s: s.name)
def test_the_classical_pair_mirrors_whole_clips_of_every_skeleton(skeleton):
    x, lengths = torch.randn(6, 20, len(skeleton), 2, generator=seeded(7)), torch.full((6,), 20)
    flipped = torch.from_numpy(mirror(x.numpy(), skeleton))
    found = 0
    for seed in range(4):
        for view in place.classical_pair(x, lengths, seeded(seed), 1 / 3, 1 / 4):
            same = (view.nan_to_num(9) == flipped.nan_to_num(9)).flatten(1)
            assert (same.all(1) | (same.float().mean(1) < 0.9)).all(), "a clip is mirrored as a whole or not at all"
            found += int(same.all(1).sum())
    assert found > 5


def test_flip_is_the_skeleton_s_mirror_and_its_own_inverse():
    x, lengths = clips()
    once = place.flip(x, lengths, None, 0, 0)
    torch.testing.assert_close(once, torch.from_numpy(mirror(x.numpy(), MEDIAPIPE_75)), equal_nan=True)
    torch.testing.assert_close(place.flip(once, lengths, None, 0, 0), x, equal_nan=True)
    with pytest.raises(SignError, match="no known skeleton has 12 landmarks"):
        place.flip(torch.zeros(1, 2, 12, 2), torch.tensor([2]), None, 0, 0)


def test_warp_keeps_the_ends_and_the_order_of_frames():
    t = 16
    lengths = torch.tensor([16, 9, 2, 1])
    time = torch.arange(t).float().view(1, t, 1, 1).expand(4, t, 75, 2).clone()
    out = place.warp(time, lengths, seeded(), 0, 0)[:, :, 0, 0]
    for row, n in zip(out, lengths.tolist(), strict=True):
        assert row[0] == 0 and row[n - 1] == pytest.approx(n - 1, abs=1e-4)
        assert (row[:n].diff() > 0).all()
        assert torch.equal(row[n:], torch.arange(n, t).float())
    assert (out[0] - torch.arange(t)).abs().max() > 0.3


def test_jitter_is_uniform_and_independent_from_number_to_number():
    drawn = place.uniform((20_000, 7), 0.5, seeded(), torch.empty(0))
    assert drawn.min() >= -0.5 and drawn.max() <= 0.5 and drawn.mean().abs() < 0.005
    torch.testing.assert_close(
        drawn.flatten().quantile(torch.tensor([0.1, 0.25, 0.5, 0.9])), torch.tensor([-0.4, -0.25, 0.0, 0.4]), rtol=0, atol=0.01
    )
    four = drawn.view(-1, 4)  # of one word
    assert (torch.corrcoef(four.T) - torch.eye(4)).abs().max() < 5 / len(four) ** 0.5
    assert torch.corrcoef(torch.stack([drawn.flatten()[:-4], drawn.flatten()[4:]]))[0, 1].abs() < 5 / drawn.numel() ** 0.5


def test_the_classical_pair_never_draws_the_same_view_twice_and_draws_all_three():
    x, lengths = clips(6, 12)
    x, lengths = x[:1].expand(300, -1, -1, -1), lengths[:1].expand(300)
    one, two = ViewConfig("classical").pair(x, lengths, seeded())
    flipped = place.flip(x[:1], lengths, None, 0, 0)
    mirrored = [((v - flipped).nan_to_num(0).abs().amax((1, 2, 3)) < 1e-6) for v in (one, two)]
    assert not (mirrored[0] & mirrored[1]).any()
    assert (mirrored[0] | mirrored[1]).float().mean() == pytest.approx(2 / 3, abs=0.1)
    assert set(PAIRS) == {"classical"} and VIEWS["classical"] is place.classical


def test_strong_with_boundary_is_strong_with_its_ends_permuted(monkeypatch):
    monkeypatch.setattr(strong, "shape", lambda x, *_: x)
    x, lengths = clips()
    without, nothing, ends = (
        ViewConfig(name, a, b).view(x, lengths, seeded(3)).nan_to_num(9)
        for name, a, b in (("strong", 1 / 3, 1 / 4), ("strong_boundary", 0.0, 0.0), ("strong_boundary", 1 / 3, 1 / 4))
    )
    assert torch.equal(without, nothing)
    assert torch.equal(ends[0, 6:15], without[0, 6:15])  # of 20 frames: neither the first third nor the last quarter
    for end in (slice(0, 6), slice(15, 20)):
        assert not torch.equal(ends[0, end], without[0, end])
        assert torch.equal(ends[0, end, 0, 0].sort().values, without[0, end, 0, 0].sort().values)


def test_strong_cuts_at_most_15_percent_off_each_end_and_keeps_the_order_of_frames(monkeypatch):
    monkeypatch.setattr(strong, "shape", lambda x, *_: x)
    time = torch.arange(21.0).view(1, 21, 1, 1).expand(300, 21, 75, 2).clone()
    out = strong.strong(time, torch.full((300,), 21), seeded(), 0, 0)[:, :, 0, 0]
    assert (out.diff(dim=1) > 0).all()
    assert 2.7 < out[:, 0].max() <= 3 and out[:, 0].min() < 0.3 and 17 <= out[:, -1].min() < 17.3 and out[:, -1].max() > 19.7


def test_strong_moves_a_landmark_of_a_clip_as_one_and_turns_as_far_as_it_says(monkeypatch):
    monkeypatch.setattr(strong, "JITTER", 0.0)
    still = torch.zeros(400, 5, 20, 3)
    moved = strong.shape(still, seeded())
    torch.testing.assert_close(moved, moved[:, :1].expand_as(moved))
    assert moved[:, 0].std() == pytest.approx(strong.OFFSET, rel=0.05)
    monkeypatch.setattr(strong, "OFFSET", 0.0)
    monkeypatch.setattr(strong, "SCALE", 0.0)
    east = torch.zeros(400, 1, 20, 3)
    east[..., 0] = 1.0
    turned = strong.shape(east, seeded())[:, 0, 0]
    assert turned.norm(dim=1).numpy() == pytest.approx(1, abs=1e-5)
    flat = torch.atan2(turned[:, 1], turned[:, 0]).abs()
    assert math.radians(20) < flat.max() < math.radians(40), "25 degrees about an axis, a little more about two"


def test_each_clip_has_its_own_ends_where_they_are_given():
    x = torch.arange(12.0).view(1, 12, 1, 1).expand(2, 12, 75, 2).clone()
    alpha, beta = torch.tensor([0.5, 0.0]), torch.tensor([0.0, 0.5])
    out = ViewConfig("boundary").view(x, torch.tensor([12, 12]), seeded(), alpha, beta)[:, :, 0, 0]
    assert torch.equal(out[0, 6:], torch.arange(6.0, 12)) and not torch.equal(out[0, :6], torch.arange(6.0))
    assert torch.equal(out[1, :6], torch.arange(6.0)) and not torch.equal(out[1, 6:], torch.arange(6.0, 12))
    assert set(out[0, :6].tolist()) == set(range(6))
