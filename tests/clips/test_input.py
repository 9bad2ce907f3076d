"""What goes into an encoder: the legs stay out of it, left-handed signers are found and mirrored, and nobody else is."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from conftest import make_signs

from sslslr import profiles
from sslslr.clips import boundaries, input
from sslslr.clips.input import Input, handedness, restrict, work
from sslslr.clips.signs import prepare
from sslslr.clips.skeleton import KINECT_20, MEDIAPIPE_75, SKELETONS, mirror, of_size, upper
from sslslr.datasets import packed, synthetic
from sslslr.datasets.synthetic import corpora, signers
from sslslr.errors import SignError
from sslslr.measures.probes import handmade
from sslslr.methods.encoder import EncoderConfig, PoseTransformer, embed
from sslslr.report.player import player
from sslslr.studies.corpora import load
from sslslr.views import VIEWS, ViewConfig

AS_BEFORE = Input("all", "as_signed")


def one_handed(left: dict[str, bool], clips=12, frames=10, seed=0):
    """Clips in which a signer moves one raised hand, the other hangs; both shake a little. ``left``: by signer."""
    rng = np.random.default_rng(seed)
    toy = make_signs(clips * len(left), frames, signers=len(left), seed=seed)
    x = np.tile(np.nan_to_num(toy.landmarks[:1, :1]), (len(toy), frames, 1, 1)) + rng.normal(size=toy.landmarks.shape) * 0.01
    who = np.repeat(list(left), clips)
    path = np.cumsum(rng.normal(size=(len(toy), frames, 1, 2)) * 0.2, axis=1)
    for hand, wrist in (("left_hand", 15), ("right_hand", 16)):
        members = [wrist, *MEDIAPIPE_75.parts[hand]]
        x[:, :, members] = (0.5 if hand == "left_hand" else -0.5, 1.4) + rng.normal(size=(*x.shape[:2], len(members), 2)) * 0.01
        at_work = np.array([left[w] == (hand == "left_hand") for w in who])
        x[np.ix_(at_work, range(frames), members)] += path[at_work] + (0, -1.2)
    x[np.arange(frames) >= toy.lengths[:, None]] = np.nan
    return replace(toy, landmarks=x.astype(np.float32), signers=who)


def truth(corpus: str, people: int, seed: int = 0) -> list[bool]:
    rng = np.random.default_rng([corpora.CORPORA.index(corpus), seed])
    return signers.draw(people, corpora._CORPORA[corpus].variety, rng).left.tolist()


@pytest.mark.parametrize("name", ["mediapipe-75-upper", "kinect-20-upper"])
def test_the_upper_body_keeps_every_name_edge_pair_and_part_that_lies_in_it(name):
    small = SKELETONS[name]
    whole = SKELETONS[name.removesuffix("-upper")]
    assert upper(whole) is small and upper(small) is small and small.lower == ()
    assert small.landmarks == tuple(n for i, n in enumerate(whole.landmarks) if i not in whole.lower)

    def named(skeleton, pairs):
        return {(skeleton.landmarks[a], skeleton.landmarks[b]) for a, b in pairs}

    lost = {whole.landmarks[i] for i in whole.lower}
    for kind in ("edges", "pairs"):
        kept = {pair for pair in named(whole, getattr(whole, kind)) if not lost & set(pair)}
        assert named(small, getattr(small, kind)) == kept and kept
    for part, members in whole.parts.items():
        assert [small.landmarks[i] for i in small.parts[part]] == [whole.landmarks[i] for i in members if i not in whole.lower]


def test_layouts_of_one_size_are_mirrored_alike_and_have_the_same_lower_body():
    for skeleton in SKELETONS.values():
        found = of_size(len(skeleton), "a test")
        assert (found.mirror_index == skeleton.mirror_index).all() and found.lower == skeleton.lower
    with pytest.raises(SignError, match="without left_shoulder"):
        KINECT_20.restricted(range(3, 20), "odd")


def test_the_legs_go_in_nowhere_and_everything_runs_on_what_is_left(signs):
    ready = Input(handedness="as_signed").prepare(signs, 12)
    wild = signs.landmarks.copy()
    wild[:, :, list(MEDIAPIPE_75.lower)] *= 100
    np.testing.assert_array_equal(Input(handedness="as_signed").prepare(replace(signs, landmarks=wild), 12).landmarks, ready.landmarks)
    whole = AS_BEFORE.prepare(signs, 12)
    assert whole.fingerprint == prepare(signs, 12).fingerprint != ready.fingerprint and ready.skeleton.name == "mediapipe-75-upper"
    assert handmade(ready).shape == (60, 8 * 65 * 2) and np.isnan(boundaries.estimate(ready).onset).sum() == 0
    encoder = PoseTransformer(EncoderConfig(landmarks=65, frames=12, blocks=1, width=16, heads=2))
    assert np.isfinite(embed(encoder, ready)).all()
    assert player(ready, 0).markup


@pytest.mark.parametrize("name", VIEWS)
def test_every_view_takes_clips_without_legs(name, signs):
    ready = Input(handedness="as_signed").prepare(signs, 12)
    x, lengths = torch.from_numpy(ready.landmarks), torch.from_numpy(ready.lengths)
    for view in ViewConfig(name).pair(x, lengths, torch.Generator().manual_seed(0)):
        assert view.shape == x.shape and view.isfinite().any()


@pytest.mark.parametrize("corpus, size", [("lsfb-like", (12, 6, 240)), ("asl-citizen-like", (12, 6, 240)), ("gsl-like", (10, 6, 200)), ("lsa-like", (8, 6, 160))])  # fmt: skip
def test_left_handed_signers_of_a_synthetic_corpus_are_found_and_nobody_else(corpus, size):
    raw = synthetic.make(corpus, *size)
    found = handedness(prepare(raw, 32))
    assert found["mirrored"].tolist() == truth(corpus, size[1])
    ready = Input("all").prepare(raw, 32)
    plain, left = prepare(raw, 32), np.isin(raw.signers, found.loc[found["mirrored"], "signer"])
    np.testing.assert_array_equal(ready.landmarks[left], mirror(plain.landmarks[left], MEDIAPIPE_75))
    np.testing.assert_array_equal(ready.landmarks[~left], plain.landmarks[~left])
    assert not handedness(ready)["mirrored"].any() and left.any()


def test_a_signer_is_mirrored_with_left_and_right_swapped_and_a_tie_is_left_alone():
    signs = one_handed({"anna": False, "ben": True})
    before = signs.landmarks.copy()
    out = Input("all", "one").prepare(signs, 12)
    plain, ben = prepare(signs, 12), signs.signers == "ben"
    np.testing.assert_array_equal(out.landmarks[ben], mirror(plain.landmarks[ben], MEDIAPIPE_75))
    np.testing.assert_array_equal(out.landmarks[~ben], plain.landmarks[~ben])
    np.testing.assert_array_equal(signs.landmarks, before)
    both = one_handed({"anna": False, "ben": True})
    both.signers[:] = ["anna", "ben"] * 12  # each of them now signs with either hand as often
    assert not handedness(prepare(both, 12))["mirrored"].any()


def test_work_is_that_of_the_hand_that_is_found_and_raised():
    signs = prepare(one_handed({"anna": False, "ben": True}), 12)
    ben = signs.signers == "ben"
    assert (work(signs)[ben] > 0.5).all() and (work(signs)[~ben] < -0.5).all()
    np.testing.assert_allclose(work(replace(signs, landmarks=mirror(signs.landmarks, MEDIAPIPE_75))), -work(signs), atol=1e-6)
    x = signs.landmarks.copy()
    x[:, :, MEDIAPIPE_75.parts["left_hand"]] = np.nan
    x[:, :, 15] += np.abs(np.random.default_rng(0).normal(size=(*x.shape[:2], 2))) * 3 + (
        0,
        2,
    )  # a lost hand's wrist is guessed, and wanders
    assert (work(replace(signs, landmarks=x)) < 0).all()
    x[:] = np.nan
    assert (work(replace(signs, landmarks=x)) == 0).all()


def test_the_direction_of_y_is_the_layout_s():
    x = np.zeros((2, 4, 20, 3), np.float32)
    x[:, :, 2], x[:, :, 3] = (0.2, 0, 2), (-0.2, 0, 2)
    x[0, :, 6, 1], x[1, :, 7, 1] = 0.3, 0.3  # Kinect's y grows upwards: the left wrist of clip 0 is raised
    toy = make_signs(2, 4)
    signs = replace(toy, skeleton=KINECT_20, landmarks=x, lengths=np.array([4, 4]))
    assert work(signs).tolist() == pytest.approx([0.15, -0.15])


def test_without_signers_nothing_is_decided_and_it_says_so():
    signs = replace(one_handed({"anna": False, "ben": True}), signers=np.full(24, "one signer"))
    with pytest.warns(UserWarning, match="nobody knows who signs"):
        out = Input("all").prepare(signs, 12)
    np.testing.assert_array_equal(out.landmarks, prepare(signs, 12).landmarks)
    each = Input("all", "each_clip").prepare(signs, 12)
    np.testing.assert_array_equal(each.landmarks[12:], mirror(out.landmarks[12:], MEDIAPIPE_75))
    np.testing.assert_array_equal(each.landmarks[:12], out.landmarks[:12])


def test_a_pack_holds_what_preparing_gives_and_another_input_is_another_pack(tmp_path, monkeypatch):
    signs = one_handed({"anna": False, "ben": True, "cleo": False})
    monkeypatch.setattr(input, "CHUNK", 7)  # several chunks of a signer
    for centred in (False, True):
        choice = Input(centred=centred)
        parts = (choice.each(signs.subset(np.arange(i, i + 9)), 12) for i in range(0, 36, 9))
        packed.pack(parts, 36, 12, tmp_path / "p", finish=choice.together)
        got, want = packed.open_packed(tmp_path / "p"), choice.prepare(signs, 12)
        order = np.argsort(want.split, kind="stable")
        assert got.clips.tolist() == want.clips[order].tolist() and got.skeleton is want.skeleton
        np.testing.assert_allclose(got.landmarks, want.landmarks[order], atol=4e-3)
        stored = json.loads((tmp_path / "p" / packed.ABOUT).read_text(encoding="utf-8"))["fingerprint"]
        assert replace(got, name=got.name).fingerprint == stored, "a pack is known by the bytes that it holds"


def test_a_hand_of_its_own_says_nothing_of_its_place_and_size(signs):
    moved = signs.landmarks.copy()
    for hand in ("left_hand", "right_hand"):
        moved[:, :, MEDIAPIPE_75.parts[hand]] = moved[:, :, MEDIAPIPE_75.parts[hand]] * 1.7 + (0.3, -0.2)
    own = Input("all", "as_signed", hands="own")
    a, b = own.prepare(signs, 12), own.prepare(replace(signs, landmarks=moved), 12)
    np.testing.assert_allclose(a.landmarks, b.landmarks, atol=1e-3)
    assert np.array_equal(np.isnan(a.landmarks), np.isnan(prepare(signs, 12).landmarks))
    np.testing.assert_array_equal(a.landmarks[:, :, :33], prepare(signs, 12).landmarks[:, :, :33])
    kinect = replace(make_signs(2, 4), skeleton=replace(KINECT_20, wrists=(8, 9)), landmarks=np.ones((2, 4, 20, 2), np.float32))
    with pytest.raises(SignError, match="would lose their place"):
        input.hands_alone(kinect)


def test_centred_takes_each_signer_s_mean_pose_out_and_strokes_are_refused_then(signs):
    out = Input("all", "as_signed", centred=True).prepare(signs, 12)
    for signer in np.unique(out.signers):
        assert np.abs(np.nanmean(out.landmarks[out.signers == signer], axis=(0, 1))).max() < 1e-5
    with pytest.raises(SignError, match="mean pose was taken out"):
        boundaries.estimate(out)


def test_a_clip_goes_into_another_layout_by_the_names_of_its_landmarks(signs):
    small = restrict(signs, upper(MEDIAPIPE_75))
    at = small.skeleton.landmarks.index("right_hand_index_3")
    np.testing.assert_array_equal(small.landmarks[:, :, at], signs.landmarks[:, :, MEDIAPIPE_75.landmarks.index("right_hand_index_3")])
    with pytest.raises(SignError, match="has no left_hip"):
        restrict(small, MEDIAPIPE_75)


def test_the_profile_decides_and_refuses_what_it_does_not_know(monkeypatch):
    smoke = replace(profiles.load("smoke"), corpora={"lsa-like": {"classes": 4, "signers": 4, "clips": 16}})
    assert all(Input.of(profiles.load(p).input) == Input(handedness="each_clip") for p in ("smoke", "quick", "decide", "full", "paper"))
    found = {name: load(replace(smoke, input=smoke.input | change), "synthetic")["lsa-like"] for name, change in {
        "upper": {}, "all": {"landmarks": "all"}, "as signed": {"handedness": "as_signed"}, "centred": {"centred": True}}.items()}  # fmt: skip
    assert [s.landmarks.shape[2] for s in found.values()] == [65, 75, 65, 65]
    assert len({s.fingerprint for s in found.values()}) == 4
    for wrong, why in (
        ({"landmarks": "legs"}, "expected upper or all"),
        ({"colour": 1}, "unknown colour"),
        ({"handedness": "two"}, "expected one or"),
    ):
        with pytest.raises(SignError, match=why):
            Input.of(smoke.input | wrong)
