"""The fast path computes what the plain one does: attention, dropout, one pass over all views, bf16 within its tolerance."""

import math

import pytest
import torch
import torch.nn.functional as F
from conftest import make_signs
from torch import nn

from sslslr.errors import SignError
from sslslr.learning.training import Run
from sslslr.methods import METHODS
from sslslr.methods.encoder import Block, Dropout, EncoderConfig, PoseTransformer, encode
from sslslr.methods.precision import MALLOC, autocast, keep_memory, resolve


def test_plain_attention_is_scaled_dot_product_attention():
    torch.manual_seed(0)
    block = Block(32, 4, 0.0).eval()
    x, attend = torch.randn(3, 9, 32), torch.ones(3, 1, 1, 9, dtype=torch.bool)
    attend[1, ..., 5:] = False
    q, k, v = block.qkv(block.norm1(x)).view(3, 9, 3, 4, 8).permute(2, 0, 3, 1, 4)
    mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=attend)
    expected = x + block.out(mixed.transpose(1, 2).reshape(3, 9, 32))
    expected = expected + block.mlp(block.norm2(expected))
    torch.testing.assert_close(block(x, attend), expected, rtol=1e-5, atol=1e-5)


def test_dropout_drops_its_share_keeps_the_mean_and_passes_the_gradient_of_what_it_keeps():
    torch.manual_seed(0)
    drop, x = Dropout(0.1), torch.ones(400, 501, requires_grad=True)
    out = drop(x)
    assert (out == 0).float().mean().item() == pytest.approx(26 / 256, abs=0.003)
    assert out.mean().item() == pytest.approx(1, abs=0.003)
    columns = (out == 0).float().mean(0)  # a mask from bytes: no column, so no byte of a word, may be dropped more often
    assert columns.std().item() < 1.3 * math.sqrt(0.1 * 0.9 / 400)
    assert (out == 0).float().flatten()[: 8 * 25000].view(-1, 8).mean(0).sub(26 / 256).abs().max() < 0.006
    out.sum().backward()
    assert torch.equal(x.grad == 0, out == 0)
    assert torch.equal(drop.eval()(x), x) and torch.equal(Dropout(0.0)(x), x)


def test_dropout_is_drawn_from_the_seed_whatever_was_drawn_before_and_alike_in_both_precisions():
    drop, x = Dropout(0.5), torch.ones(64)
    torch.manual_seed(3)
    a, b = drop(x), drop(x)
    drop(torch.ones(2, 1 << 20))  # its own, longer table
    torch.manual_seed(3)
    assert torch.equal(drop(x), a) and not torch.equal(a, b)
    torch.manual_seed(3)
    assert torch.equal(drop(x.bfloat16()) != 0, a != 0)


@pytest.mark.parametrize("size", [(6, 5, 8), (6, 5, 40_000)], ids=["short", "long"])
def test_over_the_draws_masks_are_independent_of_each_other_between_frames_clips_and_places(size):
    """Two places of one step, 3000 steps, 40 units looked at of each clip and place: as if every element were drawn alone."""
    torch.manual_seed(1)
    drop, draws, p = Dropout(0.1), 3000 if size[-1] < 100 else 600, 26 / 256
    ones = torch.ones(size, dtype=torch.bfloat16)
    steps = [torch.cat([drop(ones)[..., :8], drop(ones)[..., -8:]]).flatten() == 0 for _ in range(draws)]
    lost = torch.stack(steps).float()  # (draws, places x clips x frames x units)
    assert (lost.mean(0) - p).abs().max() < 5 * math.sqrt(p * (1 - p) / draws), "each element as often as any"
    assert lost.mean() == pytest.approx(p, abs=0.002) and lost.mean(1).var() == pytest.approx(p * (1 - p) / lost.shape[1], rel=0.2)
    correlation = torch.corrcoef(lost.T).fill_diagonal_(0)
    assert correlation.abs().max() < 6 / math.sqrt(draws), "no two elements, of one clip, two clips or two places"
    assert correlation.square().mean() == pytest.approx(1 / draws, rel=0.1)
    z = (lost - p) / math.sqrt(p * (1 - p))
    assert (z[1:] * z[:-1]).mean().abs() < 5 / math.sqrt(z.numel()), "nor two steps that follow each other"


def test_one_pass_over_all_views_is_a_pass_for_each():
    torch.manual_seed(0)
    encoder = PoseTransformer(EncoderConfig(frames=10, blocks=2, width=16, heads=2)).eval()
    views, valid = torch.randn(3, 5, 10, 75, 2), torch.ones(5, 10, dtype=torch.bool)
    valid[2, 6:] = False
    for together, alone in zip(encode(encoder, valid, *views), (encoder(v, valid) for v in views), strict=True):
        torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("method", METHODS)
def test_bf16_has_the_loss_and_the_direction_of_fp32(method):
    """Stated tolerances: loss within 3 %, gradient within a cosine of 0.97; weights and outputs stay fp32."""
    signs = make_signs(48)
    found = {}
    for precision in ("fp32", "bf16"):
        config = EncoderConfig(frames=12, blocks=2, width=32, heads=4, dropout=0.0)
        module = Run(method, encoder=config, precision=precision).build(4).train()
        x, valid, labels = (torch.from_numpy(a) for a in (signs.landmarks, signs.valid, signs.labels))
        view = x + 0.3 * torch.randn(x.shape, generator=torch.Generator().manual_seed(0))
        with autocast("cpu", precision):
            loss = module.loss(x, view, x.roll(1, 1), valid, labels)
        loss.backward()
        assert loss.dtype == torch.float32 and all(p.dtype == torch.float32 for p in module.parameters())
        found[precision] = loss.item(), torch.cat([p.grad.flatten() for p in module.parameters() if p.grad is not None])
    (a, ga), (b, gb) = found["fp32"], found["bf16"]
    assert b == pytest.approx(a, rel=0.03) and a != b, "the autocast did something"
    assert torch.cosine_similarity(ga, gb, 0) > 0.97


def test_auto_is_a_precision_that_exists_and_others_are_refused():
    assert resolve("auto") in ("fp32", "bf16") and resolve("fp32") == "fp32"
    with pytest.raises(SignError, match="precision 'fp16' is unknown"):
        resolve("fp16")
    with pytest.raises(SignError, match="expected fp32 or bf16"):
        Run(precision="auto")


def test_the_user_s_own_memory_settings_stay(monkeypatch):
    for name in MALLOC:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MALLOC_TRIM_THRESHOLD_", "7")
    keep_memory()
    import os

    assert os.environ["MALLOC_TRIM_THRESHOLD_"] == "7" and os.environ["MALLOC_MMAP_THRESHOLD_"] == str(1 << 30)


def test_linear_layers_of_the_heads_get_gradient_in_bf16_too():
    module = Run("slfpn", encoder=EncoderConfig(frames=12, blocks=1, width=16, heads=2), precision="bf16").build(4).train()
    x, valid = torch.from_numpy(make_signs(16).landmarks), torch.from_numpy(make_signs(16).valid)
    with autocast("cpu", "bf16"):
        module.loss(x, x + 0.1, x - 0.1, valid, None).backward()
    assert all(layer.weight.grad.abs().sum() > 0 for layer in module.modules() if isinstance(layer, nn.Linear))
