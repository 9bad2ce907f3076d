"""The switches of section 7: each changes what it says, and nothing else."""

import numpy as np
import pytest
import torch
from torch import nn

from sslslr.errors import SignError
from sslslr.methods.encoder import EncoderConfig, PoseTransformer
from sslslr.methods.slfpn import LAYERNORMS, READINGS, SLFPN, slfpn_loss


def small(**options):
    torch.manual_seed(0)
    return SLFPN(PoseTransformer(EncoderConfig(frames=12, blocks=1, width=16, heads=2)), projection=8, hidden=4, **options)


def triple():
    rng = np.random.default_rng(0)
    return [torch.tensor(rng.normal(size=(6, 5)), requires_grad=True) for _ in range(3)]


def mse(a, b):
    return float(np.mean((np.asarray(a.detach()) - np.asarray(b.detach())) ** 2))


def count(module, kind):
    return sum(isinstance(m, kind) for m in module.modules())


def test_without_the_original_two_terms_are_left_and_it_has_no_say():
    z1, z2, zo = triple()
    loss = slfpn_loss(z1, z2, zo, lambda t: 3 * t, original=False)
    assert loss.item() == pytest.approx(mse(z1, z2) + mse(3 * z1, z2), rel=1e-9)
    assert torch.autograd.grad(loss, zo, allow_unused=True)[0] is None
    other = slfpn_loss(z1, z2, zo, lambda t: 3 * t, "original-to-view1", original=False)
    assert other.item() == pytest.approx(mse(z1, z2) + mse(3 * z2, z1), rel=1e-9)


def test_the_second_term_may_compare_the_original_with_the_other_view():
    z1, z2, zo = triple()
    loss = slfpn_loss(z1, z2, zo, lambda t: 3 * t, middle="view2")
    assert loss.item() == pytest.approx(mse(z1, z2) + mse(z2, zo) + mse(3 * zo, z2), rel=1e-9)
    with pytest.raises(SignError, match="middle 'view3'"):
        small(middle="view3")


def test_without_the_original_it_does_not_pass_the_encoder(signs):
    x, valid = torch.from_numpy(signs.landmarks), torch.from_numpy(signs.valid)
    for original, passes in ((True, 3), (False, 2)):
        model, seen = small(original=original), []
        model.encoder.register_forward_hook(lambda _, given, out, seen=seen: seen.append(len(out)))
        model.loss(x, x, x, valid, None)
        assert sum(seen) == passes * len(x)


@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize("stops", [True, False])
def test_the_stop_gradient_holds_the_target_still_and_never_changes_the_value(reading, stops):
    z = triple()
    loss = slfpn_loss(*z, lambda t: 2 * t, reading, stop_gradient=stops)
    assert loss.item() == pytest.approx(slfpn_loss(*z, lambda t: 2 * t, reading).item())
    got = torch.autograd.grad(loss, z)
    # d/da mean((a - b)^2) = 2 (a - b) / size, term by term
    z1, z2, zo = (v.detach() for v in z)
    expected = dict(zip("12o", (2 * (2 * z1 - z2 - zo), 2 * (z2 - z1), 2 * (zo - z1)), strict=True))
    source, target = READINGS[reading](*"12o")
    values = dict(zip("12o", (z1, z2, zo), strict=True))
    difference = 2 * values[source] - values[target]
    expected[source] = expected[source] + 4 * difference
    if not stops:
        expected[target] = expected[target] - 2 * difference
    for gradient, name in zip(got, "12o", strict=True):
        torch.testing.assert_close(gradient, expected[name] / z1.numel())


def test_without_the_predictor_the_third_term_compares_the_projections(signs):
    model = small(predictor=False, batchnorm=False).eval()
    assert not list(model.predictor.parameters())
    x, valid = torch.from_numpy(signs.landmarks), torch.from_numpy(signs.valid)
    views = x + 0.1, x * 1.1, x - 0.1
    zo, z1, z2 = (model.output(v, valid) for v in views)
    assert model.loss(*views, valid, None).item() == pytest.approx(mse(z1, z2) + mse(z1, zo) + mse(zo, z2), rel=1e-4)


def test_each_place_of_layernorm():
    inside, heads = {}, {}
    for place in LAYERNORMS:
        model = small(layernorm=place)
        inside[place] = count(model.encoder, nn.LayerNorm), count(model.encoder.embed, nn.LayerNorm)
        heads[place] = count(model.projection, nn.LayerNorm), count(model.predictor, nn.LayerNorm)
    whole = inside["encoder"]
    assert whole == inside["head"] and whole[1] == 2 and whole[0] > 2
    assert inside["blocks"] == (whole[0] - 2, 0) and inside["none"] == (0, 0)
    assert heads == {"none": (0, 0), "blocks": (0, 0), "encoder": (0, 0), "head": (1, 1)}


@pytest.mark.parametrize(
    "options", [{"layernorm": "none"}, {"layernorm": "blocks"}, {"stop_gradient": False}, {"original": False}, {"predictor": False}]
)
def test_a_switch_leaves_the_initial_weights_alone(options):
    plain, switched = small().state_dict(), small(**options).state_dict()
    assert set(switched) <= set(plain)
    assert all(torch.equal(plain[k], v) for k, v in switched.items())


@pytest.mark.parametrize(
    "options", [{}, {"layernorm": "none"}, {"layernorm": "head", "batchnorm": False}, {"original": False, "stop_gradient": False}]
)
def test_with_any_switch_the_encoder_learns_and_the_output_is_the_head_of_its_features(signs, options):
    model = small(**options).train()
    x, valid = torch.from_numpy(signs.landmarks), torch.from_numpy(signs.valid)
    model.loss(x, x + 0.1, x - 0.1, valid, None).backward()
    assert all(p.grad is not None for p in model.encoder.blocks.parameters())
    model.eval()
    torch.testing.assert_close(model.output(x, valid), model.head(model.encoder(x, valid)))


def test_everything_out_the_loss_is_won_by_giving_every_clip_one_output(signs):
    """Setting (i) of section 7 has a trivial solution, found from anywhere; nothing holds the outputs apart."""
    model = small(predictor=False, stop_gradient=False, batchnorm=False, layernorm="none").eval()
    for part in model.projection[-1].parameters():
        part.data.zero_()
    x, valid = torch.from_numpy(signs.landmarks), torch.from_numpy(signs.valid)
    assert model.loss(x, x.flip(0), x.roll(1, 0), valid, None).item() == 0


@pytest.mark.parametrize(
    "options, words", [({"layernorm": "input"}, "there are none, blocks"), ({"permuted": True, "original": False}, "needs original=True")]
)
def test_what_makes_no_sense_is_refused(options, words):
    with pytest.raises(SignError, match=words):
        small(**options)
