"""Degradations touch the two ends only, hands and body together, and come from the generator alone."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from sslslr.views.degradations import DEGRADATIONS, ends

FRAMES, LANDMARKS = 24, 5


def clips(lengths, seed=0):
    x = torch.randn(len(lengths), FRAMES, LANDMARKS, 2, generator=torch.Generator().manual_seed(seed))
    x[:, ::5, 2] = torch.nan
    x[torch.arange(FRAMES) >= lengths[:, None]] = torch.nan
    return x


def same(a, b):
    return torch.equal(a.nan_to_num(77.0), b.nan_to_num(77.0))


@pytest.mark.parametrize("name", DEGRADATIONS)
@given(
    lengths=st.lists(st.integers(2, FRAMES), min_size=2, max_size=5), alpha=st.floats(0, 1), rest=st.floats(0, 1),
    seed=st.integers(0, 1000), each=st.booleans(),
)  # fmt: skip
@settings(max_examples=40, deadline=None)
def test_the_middle_the_padding_and_the_original_stay(name, lengths, alpha, rest, seed, each):
    lengths = torch.tensor(lengths)
    beta = rest * (1 - alpha)
    if each:  # a pair of its own for each clip
        share = torch.linspace(0, 1, len(lengths))
        alpha, beta = alpha * share, beta * share
    x = clips(lengths, seed)
    before = x.clone()
    view = DEGRADATIONS[name](x, lengths, torch.Generator().manual_seed(seed), alpha, beta)
    assert same(x, before) and view.shape == x.shape
    head, tail = ends(lengths, FRAMES, alpha, beta)
    assert same(view[~(head | tail)], x[~(head | tail)])
    a = torch.as_tensor(alpha, dtype=torch.float64).expand(len(lengths))
    b = torch.as_tensor(beta, dtype=torch.float64).expand(len(lengths))
    for i, n in enumerate(lengths.tolist()):
        assert head[i].tolist() == [t < int(a[i] * n + 1e-6) for t in range(FRAMES)]
        assert (head | tail)[i].sum() == min(n, int(a[i] * n + 1e-6) + int(b[i] * n + 1e-6))


@pytest.mark.parametrize("name", DEGRADATIONS)
def test_the_generator_decides(name):
    lengths = torch.tensor([24, 20, 17, 24, 9, 24])
    x = clips(lengths)
    one, two, other = (DEGRADATIONS[name](x, lengths, torch.Generator().manual_seed(s), 0.4, 0.3) for s in (1, 1, 2))
    assert same(one, two) and not same(one, other)


@pytest.mark.parametrize("name", ["drop", "freeze", "swap"])
def test_body_and_hands_come_from_the_same_frame(name):
    lengths = torch.tensor([24, 20, 17, 24])
    clip, frame = torch.meshgrid(torch.arange(4.0), torch.arange(float(FRAMES)), indexing="ij")
    x = torch.stack([clip, frame], dim=-1)[:, :, None].expand(-1, -1, LANDMARKS, -1).clone()
    view = DEGRADATIONS[name](x, lengths, torch.Generator().manual_seed(0), 0.4, 0.3).nan_to_num(-1)
    assert (view == view[:, :, :1]).all()


def test_what_each_of_them_does():
    lengths = torch.full((8,), FRAMES)
    x = torch.randn(8, FRAMES, LANDMARKS, 2, generator=torch.Generator().manual_seed(0))
    views = {n: f(x, lengths, torch.Generator().manual_seed(1), 0.5, 0.25) for n, f in DEGRADATIONS.items()}
    head, tail = slice(0, 12), slice(18, 24)
    lost = views["drop"].isnan().all((2, 3))
    assert 0.3 < torch.cat([lost[:, head], lost[:, tail]], dim=1).float().mean() < 0.7 and not lost[:, 12:18].any()
    for end in (head, tail):
        still = views["freeze"][:, end]
        assert (still == still[:, :1]).all() and (still[:, 0, None] == x[:, end]).all((2, 3)).any(1).all()
        steps = [v.diff(dim=1).norm(dim=(2, 3)).mean() for v in (views["blur"][:, end], x[:, end])]
        assert steps[0] < 0.5 * steps[1]
        assert 0.2 < (views["noise"] - x)[:, end].std() < 0.4
    moved = (views["swap"] != x).all((2, 3))[:, [*range(12), *range(18, 24)]].all(1)
    assert moved.sum() >= 5
    for i in torch.nonzero(moved).flatten().tolist():
        donor = [j for j in range(8) if torch.equal(views["swap"][i, head], x[j, head]) and torch.equal(views["swap"][i, tail], x[j, tail])]
        assert len(donor) == 1 and donor != [i]


def test_swap_takes_the_end_of_a_clip_of_another_length_from_its_end():
    lengths = torch.tensor([24, 12])
    x = (
        torch.arange(FRAMES).float()[None, :, None, None].expand(2, -1, LANDMARKS, 2).clone()
        + torch.tensor([0.0, 100.0])[:, None, None, None]
    )
    x[torch.arange(FRAMES) >= lengths[:, None]] = torch.nan
    seed = next(s for s in range(20) if torch.randperm(2, generator=torch.Generator().manual_seed(s)).tolist() == [1, 0])
    view = DEGRADATIONS["swap"](x, lengths, torch.Generator().manual_seed(seed), 0.5, 0.25)[:, :, 0, 0]
    assert view[0, :12].tolist() == [100 + t // 2 for t in range(12)] and view[0, 18:].tolist() == [109, 109, 110, 110, 111, 111]
    assert view[1, :6].tolist() == [1, 3, 5, 7, 9, 11] and view[1, 9:12].tolist() == [19, 21, 23]
