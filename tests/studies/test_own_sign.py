"""A clip among the training clips: the nearest gloss, the distance's unit, and what may be said about it."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from conftest import make_signs, needs_mediapipe

from sslslr.errors import SignError
from sslslr.learning import weights
from sslslr.methods.encoder import EncoderConfig, PoseTransformer
from sslslr.studies import own_sign


@pytest.fixture
def known():
    torch.manual_seed(0)
    module = PoseTransformer(EncoderConfig(frames=12, blocks=1, width=16, heads=2)).eval()
    return own_sign.gallery(module, make_signs().part("train"))


def test_a_training_clip_is_its_own_nearest_and_random_pairs_are_root_two_apart(known):
    train = make_signs().part("train")
    apart = known.distances(train)
    assert np.allclose(np.diag(apart), 0, atol=2e-3) and np.allclose(apart, apart.T, atol=2e-3)
    assert np.sqrt((apart**2).sum() / (len(train) * (len(train) - 1))) == pytest.approx(2**0.5, rel=0.05)
    table = known.nearest(apart[3])
    assert table["gloss"][0] == train.glosses[train.labels[3]] and table["nearest clip"].is_monotonic_increasing
    assert table["clips"].sum() == len(train), "every gloss is there: there are fewer than five"


def test_unseen_signers_are_named_right_where_classes_differ_and_a_stranger_is_called_one(known):
    test = make_signs().part("test")
    usual = own_sign.usual(known, test)
    assert usual.top1 > 0.7 and usual.top5 == 1.0
    far = usual.share_farther(usual.distance.max() + 1)
    assert far == 0 and "like nothing" in own_sign.honest("x", "real", far, len(test))
    assert usual.share_farther(usual.distance.min()) == 1 and "looks like one" in own_sign.honest("x", "real", 1.0, len(test))
    assert "does not notice" in own_sign.honest("x", "synthetic", 1.0, 1, real=True)
    assert "no gloss of any sign language" in own_sign.honest("x", "synthetic", 1.0, 1)


def test_a_feature_that_never_changes_counts_for_nothing(known):
    features = known.module
    with torch.no_grad():
        features.norm.weight[0] = 0.0
    flat = own_sign.gallery(features, make_signs().part("train"))
    assert np.isfinite(flat.distances(make_signs().part("test"))).all()


def test_the_corpus_of_a_shipped_encoder_is_made_again_with_the_split_it_was_trained_on():
    encoder = weights.load("lsa-like-supervised")
    signs = own_sign.corpus_of(encoder)
    assert set(encoder.about["card"]) == set(weights.CARD) and len(signs) == encoder.about["settings"]["sizes"]["clips"]
    usual = own_sign.usual(own_sign.gallery(encoder.module, signs.part("train")), signs.part("test"))
    assert usual.top1 > 5 / len(signs.glosses), "it knows its own made-up signs"
    with pytest.raises(SignError, match="synthetic corpus"):
        own_sign.corpus_of(replace(encoder, about={"settings": {}}))


@needs_mediapipe
def test_a_real_video_goes_through_and_one_without_a_person_is_one_line(realdata, tmp_path):
    video = realdata / "clips" / "waving.mp4"
    if not video.exists():
        pytest.skip(f"no {video.name} in {realdata}")
    clip, found = own_sign.from_video(video, 32)
    assert clip.kind == "real" and 2 <= clip.lengths[0] <= 32 and found["pose"] > 0.5
    shoulders = np.nanmedian(np.linalg.norm(clip.landmarks[0, :, 11] - clip.landmarks[0, :, 12], axis=-1))
    assert shoulders == pytest.approx(1, abs=0.1)
    encoder = weights.load("lsa-like-slfpn")
    parts = own_sign.corpus_of(encoder)
    as_trained, _ = own_sign.from_video(video, parts.frames, parts.skeleton)
    known = parts.part("train")
    assert np.isfinite(own_sign.gallery(encoder.module, known.subset(slice(0, 24))).distances(as_trained)).all()
    from sslslr.extract.video import write_video

    with pytest.raises(SignError):
        own_sign.from_video(write_video(tmp_path / "grey.mp4", [np.full((96, 96, 3), 200, np.uint8)] * 6), 32)
