"""The pose transformer: masks, missing landmarks, distinct blocks."""

import numpy as np
import pytest
import torch
from conftest import make_signs

from sslslr.errors import SignError
from sslslr.methods.encoder import EncoderConfig, PoseTransformer, embed

SMALL = {"frames": 12, "blocks": 2, "width": 16, "heads": 4}


def encoder(pool="class", **change):
    torch.manual_seed(0)
    return PoseTransformer(EncoderConfig(**SMALL | {"pool": pool} | change)).eval()


def clip(signs):
    return torch.from_numpy(signs.landmarks), torch.from_numpy(signs.valid)


@pytest.mark.parametrize("pool", ["class", "mean"])
def test_what_lies_in_the_padding_changes_nothing(signs, pool):
    x, valid = clip(signs)
    noisy = torch.where(valid[:, :, None, None], x, torch.randn_like(x))
    model = encoder(pool)
    assert not torch.equal(noisy.nan_to_num(), x.nan_to_num())
    torch.testing.assert_close(model(noisy, valid), model(x, valid))


@pytest.mark.parametrize("pool", ["class", "mean"])
def test_a_shorter_padding_gives_the_same_features(signs, pool):
    x, valid = clip(signs.subset(signs.lengths <= 8))
    torch.testing.assert_close(encoder(pool)(x[:, :8], valid[:, :8]), encoder(pool)(x, valid))


def test_missing_is_not_zero_and_no_nan_comes_out(signs):
    model = encoder()
    torch.nn.init.normal_(model.missing)  # as after training: the stand-in has moved away from 0
    x, valid = clip(signs)
    assert torch.isfinite(model(x, valid)).all()
    assert not torch.allclose(model(x, valid), model(x.nan_to_num(0.0), valid))


def test_the_stand_in_for_missing_landmarks_learns(signs):
    model = encoder()
    model(*clip(signs)).pow(2).sum().backward()
    hand, body = model.missing.grad.view(75, 2)[33:54], model.missing.grad.view(75, 2)[:33]
    assert hand.abs().sum() > 0 and body.abs().max() == 0  # only left hands are missing in these clips


def test_a_frame_without_any_landmark_is_not_looked_at(signs):
    x, valid = clip(signs)
    x[:, 2] = float("nan")
    hidden = valid.clone()
    hidden[:, 2] = False
    torch.testing.assert_close(encoder()(x, valid), encoder()(x, hidden))


def test_the_order_of_frames_matters(signs):
    x, valid = clip(signs.subset(signs.lengths == signs.frames))
    assert not torch.allclose(encoder()(x, valid), encoder()(x.flip(1), valid), atol=1e-3)


def test_blocks_are_different_blocks_and_the_token_that_goes_in_is_read_out():
    model = encoder()
    assert model.blocks[0].qkv.weight.data_ptr() != model.blocks[1].qkv.weight.data_ptr()
    assert not torch.equal(model.blocks[0].qkv.weight, model.blocks[1].qkv.weight)
    x, valid = torch.randn(2, 12, 75, 2), torch.ones(2, 12, dtype=torch.bool)
    before = model(x, valid)
    with torch.no_grad():
        model.token += 1.0 + torch.arange(16) / 8
    assert not torch.allclose(model(x, valid), before)


def test_the_token_alone_in_the_last_block_is_what_all_tokens_would_make_of_it(signs):
    model, (x, valid) = encoder(), clip(signs)
    alone, weights = model(x, valid), torch.linspace(-1, 1, 16)
    plain = [
        lambda h, attend, first, block=block: type(block).forward(block, h, attend)[:, : 1 if first else None] for block in model.blocks
    ]
    gradients = [torch.autograd.grad((alone * weights).sum(), list(model.parameters()))]
    for block, forward in zip(model.blocks, plain, strict=True):
        block.forward = forward
    whole = model(x, valid)
    gradients.append(torch.autograd.grad((whole * weights).sum(), list(model.parameters())))
    torch.testing.assert_close(alone, whole, rtol=1e-5, atol=1e-6)
    for a, b in zip(*gradients, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-5)


def test_paper_size():
    config = EncoderConfig()
    assert (config.blocks, config.width, config.heads, config.dropout, config.frames) == (12, 512, 8, 0.1, 64)
    with torch.device("meta"):
        model = PoseTransformer(config)
    assert sum(isinstance(m, torch.nn.LayerNorm) for m in model.embed) == 2
    assert 37e6 < sum(p.numel() for p in model.parameters()) < 39e6


def test_embedding_is_deterministic_keeps_the_mode_and_does_not_depend_on_the_batch():
    signs, model = make_signs(30), encoder().train()
    one, two = embed(model, signs), embed(model, signs, batch=7)
    assert model.training and one.shape == (30, 16)
    np.testing.assert_allclose(one, two, atol=1e-5)


@pytest.mark.parametrize("bad", [{"width": 30}, {"pool": "max"}])
def test_senseless_sizes_are_refused(bad):
    with pytest.raises(SignError):
        EncoderConfig(**SMALL | bad)


@pytest.mark.parametrize("change", [{"heads": 0}, {"width": -8}, {"blocks": 1.5}])
def test_a_size_that_is_none_is_refused_by_name(change):
    with pytest.raises(SignError, match=f"encoder {next(iter(change))} .* whole number of [01] or more"):
        EncoderConfig(**SMALL | change)
