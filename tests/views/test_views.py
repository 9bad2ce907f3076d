"""The boundary augmentation moves only what it should."""

import ast
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import sslslr
from sslslr.errors import SignError
from sslslr.views import VIEWS, ViewConfig, permutation


@given(
    lengths=st.lists(st.integers(1, 40), min_size=1, max_size=6),
    alpha=st.floats(0, 1), rest=st.floats(0, 1), seed=st.integers(0, 10_000),
)  # fmt: skip
@settings(max_examples=150, deadline=None)
def test_only_the_chosen_valid_frames_move(lengths, alpha, rest, seed):
    beta = rest * (1 - alpha)
    index = permutation(torch.tensor(lengths), 40, alpha, beta, torch.Generator().manual_seed(seed)).numpy()
    for row, length in zip(index, lengths, strict=True):
        head, tail = int(np.floor(alpha * length + 1e-6)), int(np.floor(beta * length + 1e-6))
        assert sorted(row[:head]) == list(range(head))
        assert row[head : length - tail].tolist() == list(range(head, length - tail))
        assert sorted(row[length - tail : length]) == list(range(length - tail, length))
        assert row[length:].tolist() == list(range(length, 40))


def test_every_order_of_the_first_frames_is_drawn_equally_often():
    n = 24_000
    index = permutation(torch.full((n,), 9), 9, 1 / 3, 0, torch.Generator().manual_seed(0))[:, :3]
    orders, counts = np.unique(index.numpy(), axis=0, return_counts=True)
    assert len(orders) == 6
    assert ((counts - n / 6) ** 2 / (n / 6)).sum() < 20.5  # chi-squared, 5 degrees of freedom, p = 0.001


@pytest.mark.parametrize("length, alpha, beta, moved", [(12, 1 / 3, 1 / 4, (4, 3)), (10, 0.3, 0.3, (3, 3)), (64, 1 / 3, 1 / 4, (21, 16))])
def test_a_third_is_a_third(length, alpha, beta, moved):
    draws = permutation(torch.full((200,), length), length, alpha, beta, torch.Generator().manual_seed(1)).numpy()
    touched = np.flatnonzero((draws != np.arange(length)).any(0))
    assert set(touched) == set(range(moved[0])) | set(range(length - moved[1], length))


@pytest.mark.parametrize("name", ["boundary", "whole"])
def test_body_and_both_hands_move_together_and_the_original_is_untouched(name):
    t, lengths = 20, torch.tensor([20, 14, 2])
    x = torch.arange(t, dtype=torch.float32)[None, :, None, None].expand(3, t, 75, 2).clone()
    x[:, 3, 40] = float("nan")
    before = x.clone()
    view = ViewConfig(name).view(x, lengths, torch.Generator().manual_seed(3))
    assert torch.equal(x.nan_to_num(-1), before.nan_to_num(-1))
    source = view[:, :, 0, 0]
    seen = ~view.isnan()
    assert torch.equal(view[seen], source[:, :, None, None].expand_as(view)[seen])
    assert torch.equal((~seen)[:, :, 40, 0], source == 3)
    assert not torch.equal(source[0], x[0, :, 0, 0])


def test_no_views_is_the_original():
    x = torch.randn(2, 5, 75, 2)
    assert torch.equal(ViewConfig("none").view(x, torch.tensor([5, 5])), x)


@pytest.mark.parametrize("name", VIEWS)
def test_views_are_drawn_from_the_generator_alone(name):
    x, lengths = torch.randn(8, 30, 75, 2), torch.tensor([30, 20, 25, 9] * 2)
    one, two, other = (ViewConfig(name).view(x, lengths, torch.Generator().manual_seed(s)) for s in (7, 7, 8))
    assert torch.equal(one.nan_to_num(99), two.nan_to_num(99))
    assert name == "none" or not torch.equal(one, other)


def test_the_views_are_listed_in_one_place():
    """A process that has imported ``sslslr.views`` knows every view: nothing else in the package adds one."""
    package = Path(sslslr.__file__).parent
    for path in package.rglob("*.py"):
        if path == package / "views" / "__init__.py":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            changed = [t.value for t in getattr(node, "targets", []) if isinstance(t, ast.Subscript)]
            changed += [node.target] if isinstance(node, ast.AugAssign) else []
            changed += [node.value] if isinstance(node, ast.Attribute) and node.attr in ("update", "setdefault", "pop") else []
            assert not {ast.unparse(x).split(".")[-1] for x in changed} & {"VIEWS", "PAIRS", "DEGRADATIONS"}, f"{path}:{node.lineno}"


@pytest.mark.parametrize("bad", [{"name": "spin"}, {"alpha": -0.1}, {"alpha": 0.7, "beta": 0.7}, {"beta": 1.5}])
def test_senseless_views_are_refused(bad):
    with pytest.raises(SignError):
        ViewConfig(**bad)
