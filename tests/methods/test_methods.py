"""SL-FPN's loss against its formula, its gradients, and descent."""

import numpy as np
import pytest
import torch

from sslslr.errors import SignError
from sslslr.methods import METHODS
from sslslr.methods.encoder import EncoderConfig, PoseTransformer
from sslslr.methods.slfpn import READINGS, SLFPN, slfpn_loss
from sslslr.views import ViewConfig


def small(**options):
    torch.manual_seed(0)
    return SLFPN(PoseTransformer(EncoderConfig(frames=12, blocks=1, width=16, heads=2)), projection=8, hidden=4, **options)


def triple(seed=0, shape=(6, 5)):
    rng = np.random.default_rng(seed)
    return [rng.normal(size=shape) for _ in range(3)]


@pytest.mark.parametrize(
    "reading, source, target",
    [("original-to-view1", 2, 0), ("view1-to-view2", 0, 1), ("view2-to-view1", 1, 0), ("original-to-view2", 2, 1)],
)
@pytest.mark.parametrize("permuted", [False, True])
@pytest.mark.parametrize("normalise", [False, True])
def test_loss_is_the_formula_written_out_in_numpy(reading, source, target, permuted, normalise):
    z = triple()
    got = slfpn_loss(*map(torch.tensor, z), lambda t: 2 * t + 1, reading, normalise, permuted)
    if permuted:
        z = [z[2], z[1], z[0]]
    p = 2 * z[source] + 1
    unit = (lambda v: v / np.linalg.norm(v, axis=1, keepdims=True)) if normalise else (lambda v: v)

    def mse(a, b):
        return sum(((unit(a)[i] - unit(b)[i]) ** 2).sum() / a.shape[1] for i in range(len(a))) / len(a)

    assert got.item() == pytest.approx(mse(z[0], z[1]) + mse(z[0], z[2]) + mse(p, z[target]), rel=1e-9)


@pytest.mark.parametrize("reading", READINGS)
def test_the_target_of_the_predictor_stands_still(reading):
    z = [torch.tensor(v, requires_grad=True) for v in triple()]
    source, target = READINGS[reading](*z)
    predicted = (slfpn_loss(*z, lambda t: 3 * t, reading) - slfpn_loss(*z, lambda t: t.detach() * 0 + target.detach(), reading)).sum()
    gradients = dict(zip("12o", torch.autograd.grad(predicted, z, allow_unused=True), strict=True))
    for name, tensor in zip("12o", z, strict=True):
        moves = gradients[name] is not None and gradients[name].abs().max() > 1e-9
        assert moves == (tensor is source)


def test_views_and_original_all_pull_on_the_encoder_and_the_predictor_learns(signs):
    model = small()
    x, valid = torch.from_numpy(signs.landmarks), torch.from_numpy(signs.valid)
    lengths, generator = torch.from_numpy(signs.lengths), torch.Generator().manual_seed(0)
    original = x.clone()
    views = [ViewConfig().view(x, lengths, generator) for _ in range(2)]
    model.loss(x, *views, valid, None).backward()
    assert torch.equal(x.nan_to_num(-9), original.nan_to_num(-9))
    for part in (model.encoder.blocks[0].qkv, model.projection[0], model.predictor[0], model.predictor[-1]):
        assert part.weight.grad.abs().sum() > 0


@pytest.mark.parametrize("name", METHODS)
def test_training_steps_lower_the_loss(signs, name):
    torch.manual_seed(0)
    model = METHODS[name](PoseTransformer(EncoderConfig(frames=12, blocks=1, width=16, heads=2, dropout=0.0)), 4)
    x, valid = torch.from_numpy(signs.landmarks), torch.from_numpy(signs.valid)
    labels = torch.from_numpy(signs.labels)
    optimiser = torch.optim.Adam(model.parameters(), 1e-2)
    losses = []
    for _ in range(15):
        loss = model.loss(x, x + 0.1 * torch.randn_like(x), x, valid, labels)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    # SimCLR's and VICReg's losses have a floor; MoCo's begins low, since its queue is still noise, and is held against that of step 8
    assert losses[-1] < {"simclr": 0.9 * losses[0], "vicreg": 0.9 * losses[0], "moco": losses[8]}.get(name, 0.7 * losses[0])


def test_the_paper_s_head_sizes():
    with torch.device("meta"):
        model = SLFPN(PoseTransformer(EncoderConfig()))
    sizes = [(m.in_features, m.out_features) for m in model.projection if isinstance(m, torch.nn.Linear)]
    assert sizes == [(512, 512), (512, 128)]
    assert [m.out_features for m in model.predictor if isinstance(m, torch.nn.Linear)][-1] == 128


def test_without_batchnorm_there_is_none():
    assert any(isinstance(m, torch.nn.BatchNorm1d) for m in small().modules())
    assert not any(isinstance(m, torch.nn.BatchNorm1d) for m in small(batchnorm=False).modules())


def test_an_unknown_reading_is_refused():
    with pytest.raises(SignError, match="there are original-to-view1"):
        small(reading="z3-to-z4")
