"""The video model: hidden tubelets are not seen, everything comes from one vector, the adversary's gradient is turned round."""

import numpy as np
import pytest
import torch

from sslslr.clips.skeleton import MEDIAPIPE_75
from sslslr.errors import SignError
from sslslr.methods import priors
from sslslr.methods.encoder import EncoderConfig
from sslslr.video.model import Adversary, SignRep, coloured, colouring, moved, style, tubelets

CONFIG = EncoderConfig(blocks=2, width=32, heads=2, dropout=0.0)


def model(**options) -> SignRep:
    torch.manual_seed(0)
    return SignRep(CONFIG, 4, MEDIAPIPE_75, **{"size": 32, "tube": (4, 16), "hidden": 16} | options)


@pytest.fixture
def batch():
    g = torch.Generator().manual_seed(0)
    pictures = torch.randint(256, (6, priors.FRAMES, 32, 32, 3), generator=g, dtype=torch.uint8)
    x = torch.randn(6, 20, 75, 2, generator=g)
    return pictures, x, torch.ones(6, 20, dtype=torch.bool), torch.arange(6) % 4, torch.tensor([0, 0, 1, 1, 2, 2])


def test_a_tubelet_is_a_square_of_some_frames(batch):
    pieces = tubelets(batch[0], (4, 16))
    assert pieces.shape == (6, 16, 4 * 16 * 16 * 3)
    assert torch.equal(pieces[2, 4 * 3 + 2].view(4, 16, 16, 3), batch[0][2, 12:, 16:, :16])
    with pytest.raises(SignError, match="can't be cut into tubelets of 3"):
        tubelets(batch[0], (3, 16))


def test_the_encoder_sees_visible_tubelets_only(batch):
    encoder, pieces = model().encoder.eval(), tubelets(batch[0], (4, 16))
    visible = torch.tensor([[0, 3, 7]]).expand(6, -1)
    seen, _ = encoder(pieces, visible)
    hidden = pieces.clone()
    hidden[:, [1, 2, 4, 15]] = 0
    assert torch.equal(seen, encoder(hidden, visible)[0]) and seen.shape == (6, 3, 32)
    hidden[:, 3] = 0
    assert not torch.allclose(seen, encoder(hidden, visible)[0])


def test_without_what_stands_still_a_still_background_changes_nothing(batch):
    encoder = model(still=False).encoder.eval()
    pictures = batch[0] // 2
    lighter = pictures + torch.randint(100, (6, 1, 32, 32, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(1))
    assert torch.allclose(encoder(tubelets(pictures, (4, 16)))[0], encoder(tubelets(lighter, (4, 16)))[0], atol=1e-4)
    plain = model().encoder.eval()
    assert not torch.allclose(plain(tubelets(pictures, (4, 16)))[0], plain(tubelets(lighter, (4, 16)))[0], atol=1e-2)


def test_a_stem_makes_a_token_of_its_own_tubelet_alone(batch):
    encoder, pieces = model(stem=4).encoder.eval(), tubelets(batch[0], (4, 16))
    with torch.no_grad():
        tokens = encoder.embed(encoder.shown(pieces, torch.arange(16).expand(6, -1)))
        other = pieces.clone()
        other[0, 5] = 255 - other[0, 5]
        changed = (encoder.embed(encoder.shown(other, torch.arange(16).expand(6, -1))) != tokens).any(-1)
    assert changed.nonzero().tolist() == [[0, 5]]
    assert isinstance(model().encoder.embed, torch.nn.Linear)


def test_what_moves_is_shown_at_one_size_and_noise_stays_small(batch):
    encoder = model(still=False).encoder
    dim = batch[0] // 8  # the same movements in a dark room
    for pictures in (batch[0], dim):
        shown = encoder.shown(tubelets(pictures, (4, 16)), torch.tensor([[1, 4, 9]]).expand(6, -1))
        assert torch.allclose(shown.square().mean((1, 2)), torch.ones(6), atol=1e-3)
    pictures = torch.full_like(batch[0], 100)
    pictures[:, 3, 7, 7] += 1
    assert 0 < encoder.shown(tubelets(pictures, (4, 16)), torch.arange(16).expand(6, -1)).abs().max() < 0.5


def test_pixels_are_learned_as_they_are_shown(batch):
    """A still background can't be told from what moves, so it is no target either."""
    module = model(targets="pixels", still=False, adversary=0.0, shift=0, colours=0.0)
    lighter = batch[0] // 2 + torch.randint(100, (6, 1, 32, 32, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(1))
    losses = []
    for pictures in (batch[0] // 2, lighter):
        torch.manual_seed(3)
        losses.append(module.loss(pictures, *batch[1:]).item())
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)


@pytest.mark.parametrize("targets, mask", [("priors", 0.6), ("priors", 0.0), ("pixels", 0.6), ("labels", 0.3)])
def test_every_target_can_be_learned_on_one_batch(batch, targets, mask):
    torch.manual_seed(1)
    module = model(targets=targets, mask=mask, adversary=0.0, variance=0.0, covariance=0.0, shift=0, colours=0.0)
    optimiser = torch.optim.AdamW(module.parameters(), lr=3e-3)
    losses = []
    for _ in range(40):
        loss = module.loss(*batch)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert np.mean(losses[-5:]) < 0.93 * np.mean(losses[:3])


def test_missing_landmarks_reach_no_gradient(batch):
    pictures, x, valid, labels, recordings = batch
    x[:, :, 33:54] = torch.nan
    module = model()
    loss = module.loss(pictures, x, valid, labels, recordings)
    loss.backward()
    assert loss.isfinite() and all(p.grad is None or p.grad.isfinite().all() for p in module.parameters())


def test_a_batch_of_one_clip_has_a_loss(batch):
    assert model().loss(*(part[:1] for part in batch)).isfinite()


def test_the_adversary_s_gradient_is_turned_round_for_the_encoder_alone():
    torch.manual_seed(0)
    adversary, styles, who = Adversary(8), torch.randn(6, 136), torch.tensor([0, 0, 1, 1, 2, 2])
    pooled = torch.randn(6, 8, requires_grad=True)
    before = adversary.loss(pooled, styles, who)
    before.backward()
    with torch.no_grad():
        fooled = pooled - 0.5 * pooled.grad  # what descent does to the encoder makes the discriminator worse
        for p in adversary.parameters():
            better = p - 0.05 * p.grad
            p.copy_(better)
        learned = adversary.loss(pooled, styles, who)
        for p in adversary.parameters():
            p.add_(0.05 * p.grad)
        assert adversary.loss(fooled, styles, who) > before > learned
    one = adversary.loss(pooled, styles, torch.zeros(6))
    assert one.item() == 0, "with one recording there is nothing to tell"


def test_style_is_the_same_wherever_things_are():
    h = torch.randn(3, 10, 32)
    assert torch.allclose(style(h), style(h[:, torch.randperm(10)]), atol=1e-5) and style(h).shape == (3, 136)
    assert not torch.allclose(style(h), style(h.flip(-1)), atol=1e-2)


def test_augmentation_moves_and_recolours_each_clip_alike_in_all_frames(batch):
    still = batch[0][:, :1].expand_as(batch[0])
    torch.manual_seed(0)
    other = moved(still, 4)
    assert other.dtype == torch.uint8 and other.shape == still.shape and (other == other[:, :1]).all() and not torch.equal(other, still)
    at = [(torch.arange(32) - by).clamp(0, 31) for by in range(-4, 5)]  # what comes in repeats the edge
    for clip, new in zip(still[:, 0], other[:, 0], strict=True):
        assert sum(torch.equal(clip[down][:, right], new) for down in at for right in at) == 1
    values = tubelets(still, (4, 16)).float()
    mixed = coloured(values, colouring(6, 0.0))
    before, after = (v.unflatten(-1, (-1, 3)) for v in (values, mixed))
    assert torch.equal(before.sort(-1).values, after.sort(-1).values) and not torch.equal(before, after), "channels change places"
    (brighter,) = (coloured(values[:1], 2 * torch.eye(3)[None]),)
    assert torch.equal(brighter, 2 * values[:1]) and torch.equal(coloured(values, None), values) and torch.equal(moved(still, 0), still)


def test_steps_of_time_and_their_activity(batch):
    steps, active = model().eval().embed(batch[0])
    assert steps.shape == (6, 4, 32) and active.shape == (6, 4) and active.min() >= 0 and active.max() <= 1
    assert (model(targets="pixels").eval().embed(batch[0])[1] == 1).all()


def test_wrong_settings_are_named():
    for options in ({"targets": "sound"}, {"mask": 1.0}, {"targets": "pixels", "mask": 0.0}):
        with pytest.raises(SignError, match="targets are priors, pixels, labels"):
            model(**options)
