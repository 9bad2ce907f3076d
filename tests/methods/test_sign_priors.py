"""Sign priors: what they are on poses that one can work out, that missing points weigh nothing, and that the pretext task can be learned."""

import math

import pytest
import torch

from sslslr.clips.skeleton import HANDS_42, KINECT_20, LEAP_42, MEDIAPIPE_75, upper
from sslslr.errors import SignError
from sslslr.learning.store import fetch
from sslslr.learning.training import Run
from sslslr.methods import priors
from sslslr.methods.encoder import EncoderConfig, PoseTransformer
from sslslr.methods.sign_priors import SignPriors
from sslslr.views import ViewConfig

SMALL = EncoderConfig(blocks=1, width=16, heads=2, pool="mean")
UPPER = upper(MEDIAPIPE_75)


def clips(n=3, t=20, skeleton=UPPER):
    return torch.randn(n, t, len(skeleton), 2, generator=torch.Generator().manual_seed(0))


def test_an_angle_is_that_between_two_directions_with_its_sign():
    x = torch.tensor([(0.0, 0.0), (1.0, 0.0), (1.0 + math.cos(0.7), math.sin(0.7))])[None, None]
    sine, cosine = priors.angles(x, torch.tensor([(0, 1, 1, 2)]))[0, 0].tolist()
    assert math.atan2(sine, cosine) == pytest.approx(0.7, abs=1e-6)
    back, _ = priors.angles(x * torch.tensor([1.0, -1.0]), torch.tensor([(0, 1, 1, 2)]))[0, 0].tolist()
    assert back == pytest.approx(-sine)
    flat = torch.cat([x, torch.zeros(1, 1, 3, 1)], -1)
    assert priors.angles(flat, torch.tensor([(0, 1, 1, 2)]))[0, 0].tolist() == pytest.approx([abs(sine), cosine])


def test_a_hand_s_priors_do_not_know_where_it_is_nor_how_large_and_the_body_s_do():
    x = clips()
    hand = list(UPPER.parts["right_hand"])
    other = x.clone()
    other[:, :, hand] = 3 * (other[:, :, hand] - other[:, :, hand[:1]]) + 5
    before, after = priors.targets(x, UPPER), priors.targets(other, UPPER)
    assert torch.allclose(before[priors.HANDS], after[priors.HANDS], atol=1e-4)
    assert not torch.allclose(before[priors.BODY], after[priors.BODY]) and not torch.allclose(
        before[priors.DISTANCES], after[priors.DISTANCES]
    )


@pytest.mark.parametrize("skeleton", [MEDIAPIPE_75, UPPER, KINECT_20, HANDS_42, LEAP_42], ids=lambda s: s.name)
def test_every_layout_has_the_priors_that_its_landmarks_can_tell(skeleton):
    found = priors.sizes(skeleton, 2, priors.NAMES)
    assert {priors.BODY, priors.ACTIVITY} <= set(found) and (priors.HANDS in found) == (len(skeleton.parts["left_hand"]) == 21)
    lost = [i for part in ("left_hand", "right_hand") for i in skeleton.parts[part]]
    assert set(lost) <= set(priors.lists(skeleton).points)


def test_a_missing_point_weighs_nothing_and_one_that_is_there_does():
    target, predicted = torch.zeros(2, 4, 3), torch.full((2, 4, 3), 2.0)
    target[0, 0] = torch.nan
    assert priors.error(predicted, target).item() == pytest.approx(1.5)
    predicted[0, 0] = 100
    assert priors.error(predicted, target).item() == pytest.approx(1.5)
    predicted[1, 0] = 100
    assert priors.error(predicted, target).item() > 5
    assert priors.error(predicted, torch.full_like(target, torch.nan)).item() == 0


def test_a_hand_is_active_where_it_is_raised_or_moves_and_rests_where_it_hangs_still():
    x = torch.zeros(1, 12, len(UPPER), 2)
    left, right = UPPER.wrists
    x[:, :, left, 1] = 1.5  # hangs, y downwards
    x[:, :, right, 1] = 0.1
    valid = torch.ones(1, 12, dtype=torch.bool)
    assert priors.activity(x, valid, UPPER)[0].mean(0).tolist() == [0.0, 1.0]
    x[:, 4:8, left, 0] = torch.tensor([0.0, 0.2, 0.4, 0.6])
    each = priors.activity(x, valid, UPPER)[0, :, 0]
    assert each[5:8].min() > 0.9 and each[0] == 0
    x[:, 6, right] = torch.nan
    assert priors.activity(x, valid, UPPER)[0, 6, 1] == 0, "not seen is not active"
    valid[:, 9:] = False
    assert priors.activity(x, valid, UPPER)[0, 9:].abs().sum() == 0


def test_moments_are_first_to_last_valid_frame_and_short_clips_repeat_some():
    found = priors.moments(torch.tensor([5, 32]))
    assert found[0, 0] == found[1, 0] == 0 and found[0, -1] == 4 and found[1, -1] == 31
    assert set(found[0].tolist()) == set(range(5)) and len(set(found[1].tolist())) == priors.FRAMES


@pytest.mark.parametrize("hide", ["spans", "articulators"])
def test_what_is_hidden_is_hidden_and_something_stays(hide):
    x, valid = clips(64, 20), torch.ones(64, 20, dtype=torch.bool)
    valid[:, 15:] = False
    module = SignPriors(PoseTransformer(EncoderConfig(landmarks=len(UPPER), blocks=1, width=16, heads=2)), hide=hide)
    lost = module.hidden(x, valid).isnan().any(-1)
    if hide == "spans":
        assert (lost.all(-1) == lost.any(-1)).all() and (lost.any(-1).sum(1) == 7).all()
        assert len({tuple(row.nonzero().flatten().tolist()) for row in lost.any(-1)}) > 5
    else:
        parts = [set(p) for p in UPPER.parts.values()]
        assert all(set(row.any(0).nonzero().flatten().tolist()) in parts for row in lost)
    assert not x.isnan().any()


def test_the_priors_come_from_the_pooled_vector_alone_and_can_be_learned(signs):
    run = Run(method="priors", views=ViewConfig("none"), encoder=SMALL, epochs=8, batch=16)
    found = fetch(run, signs)
    assert found.metrics["loss"].iloc[-1] < 0.9 * found.metrics["loss"].iloc[0]
    pooled = torch.randn(5, 16)
    out = found.module.decoder(pooled)
    assert set(out) == set(priors.NAMES) and all(v.shape[:2] == (5, priors.FRAMES) for n, v in out.items() if n != priors.ACTIVITY)
    assert out[priors.ACTIVITY].shape == (5, 2)
    fewer = fetch(Run(method="priors", options={"names": ["angles"]}, views=ViewConfig("none"), encoder=SMALL, epochs=0), signs)
    assert set(fewer.module.decoder(pooled)) == {"angles"}


def test_wrong_words_are_named(signs):
    for options, said in (({"hide": "feet"}, "hide='feet'"), ({"names": ["smell"]}, "sign priors smell"), ({"names": []}, "none")):
        with pytest.raises(SignError, match=said):
            fetch(Run(method="priors", options=options, encoder=SMALL, epochs=0), signs)
