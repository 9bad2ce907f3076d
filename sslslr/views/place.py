"""Views that change where landmarks are: the paper's classical augmentations, and a stronger composition.

Same signature as every view: (x (B, T, J, C), lengths (B,), generator, alpha, beta) -> a new x. Coordinates are in
shoulder widths, centred on the shoulders (``signs.prepare``); angles are in radians. A missing landmark stays missing.
"""

import math

import torch

from sslslr.clips.skeleton import of_size
from sslslr.views.order import boundary

ANGLE = math.radians(15)  # of the turn in the picture's plane; about the vertical axis (3-D only) twice that
SCALE = 0.2  # of the logarithm of each axis' scale
JITTER = 0.02  # shoulder widths
LOST = 0.2  # share of landmarks that a clip loses for a third of its frames
WARP = 0.5  # of the logarithm of the signing speed
KNOTS = 4  # stretches of a clip that have a speed of their own


def _uniform(shape, spread: float, generator, like: torch.Tensor) -> torch.Tensor:
    return ((torch.rand(shape, generator=generator) * 2 - 1) * spread).to(like)


def rotate(x, lengths, generator, alpha, beta):
    """Each clip turned as a whole, by up to 15 degrees in the picture's plane and, in 3-D, 30 about the vertical axis."""
    return torch.einsum("btjc,bdc->btjd", x, _turn(x, generator))


def _turn(x: torch.Tensor, generator) -> torch.Tensor:
    b, c = len(x), x.shape[-1]
    angle = _uniform(b, ANGLE, generator, x.new_empty(0, dtype=torch.float32))
    turn = torch.eye(c).repeat(b, 1, 1)
    turn[:, 0, 0] = turn[:, 1, 1] = angle.cos()
    turn[:, 0, 1], turn[:, 1, 0] = -angle.sin(), angle.sin()
    if c == 3:
        yaw = _uniform(b, 2 * ANGLE, generator, angle)
        about = torch.eye(3).repeat(b, 1, 1)
        about[:, 0, 0] = about[:, 2, 2] = yaw.cos()
        about[:, 0, 2], about[:, 2, 0] = yaw.sin(), -yaw.sin()
        turn = turn @ about
    return turn.to(x)


def blur(x, lengths, generator, alpha, beta):
    """Each clip smoothed along time by a Gaussian of 0.5 to 2 frames; what is missing weighs nothing and stays missing."""
    sigma = 0.5 + 1.5 * torch.rand(len(x), 1, generator=generator)
    at = torch.arange(-3, 4)
    kernel = torch.exp(-0.5 * (at / sigma) ** 2).to(x)
    seen = ~x.isnan()
    filled, weight = torch.where(seen, x, 0), seen.to(x)
    total, norm = torch.zeros_like(filled), torch.zeros_like(filled)
    t = x.shape[1]
    for k, step in enumerate(at.tolist()):
        to, of = slice(max(0, -step), t - max(0, step)), slice(max(0, step), t - max(0, -step))
        here = kernel[:, k, None, None, None]
        total[:, to] += here * filled[:, of]
        norm[:, to] += here * weight[:, of]
    return torch.where(seen, total / norm.clamp(min=1e-9), torch.nan)


def flip(x, lengths, generator, alpha, beta):
    """Each clip in a mirror: x is negated, left and right landmarks swap (``skeleton.mirror``)."""
    out = x[:, :, torch.from_numpy(of_size(x.shape[2]).mirror_index)]
    out[..., 0].neg_()
    return out


CLASSICAL = (rotate, blur, flip)


def classical_pair(x, lengths, generator, alpha, beta):
    """The paper's classical pair: of rotation, blur and flip, two different ones drawn for each clip, one for each view."""
    drawn = torch.rand(len(x), len(CLASSICAL), generator=generator).argsort(dim=1)
    done = [view(x, lengths, generator, alpha, beta) for view in CLASSICAL]
    pair = []
    for which in drawn[:, :2].T:
        pair.append(sum_where([(which == k)[:, None, None, None].to(x.device) for k in range(len(CLASSICAL))], done))
    return tuple(pair)


def sum_where(masks, values):
    """For each clip the one of ``values`` whose mask is True; NaN stays where it is."""
    out = values[0]
    for mask, value in zip(masks[1:], values[1:], strict=True):
        out = torch.where(mask, value, out)
    return out


def classical(x, lengths, generator, alpha, beta):
    """One view of the classical pair."""
    return classical_pair(x, lengths, generator, alpha, beta)[0]


def warp(x, lengths, generator, alpha, beta):
    """Each clip at an uneven speed: four stretches, each up to 1.6 times faster or slower; first and last frame stay."""
    t = x.shape[1]
    last = (lengths - 1).clamp(min=1)[:, None].float()
    speed = _uniform((len(x), KNOTS), WARP, generator, last).exp()
    knots = torch.cat([torch.zeros(len(x), 1), speed.cumsum(1) / speed.sum(1, keepdim=True)], dim=1)
    u = (torch.arange(t) / last).clamp(max=1) * KNOTS
    left = u.floor().clamp(max=KNOTS - 1).long()
    source = (knots.gather(1, left) * (1 - (u - left)) + knots.gather(1, left + 1) * (u - left)) * last
    inside = torch.arange(t) < lengths[:, None]
    source = torch.where(inside, source, torch.arange(t).float())
    low = source.floor().long().clamp(0, t - 1)
    high = torch.minimum(low + 1, torch.where(inside, last.long(), low))
    part = (source - low).to(x)[:, :, None, None]
    a, b = (x.gather(1, i[:, :, None, None].expand_as(x)) for i in (low, high))
    mixed = torch.lerp(a, b, part)
    return torch.where(mixed.isnan(), torch.where(part < 0.5, a, b), mixed)


def scatter(x, lengths, generator, alpha, beta):
    """Each clip turned, scaled along each axis on its own, jittered; a fifth of its landmarks get lost for a third of it."""
    b, t, j, c = x.shape
    scale = _uniform((b, 1, c), SCALE, generator, x).exp()
    out = torch.einsum("btjc,bdc->btjd", x, _turn(x, generator) * scale)
    out += _uniform((b, t, j, c), JITTER, generator, x)
    begin = torch.rand(b, 1, j, generator=generator) / LOST  # landmarks that draw less than 1 get lost, from there on
    at = torch.arange(t)[None, :, None] / lengths[:, None, None].float()
    lost = (at >= begin * 2 / 3) & (at < begin * 2 / 3 + 1 / 3) & (begin < 1)
    return out.masked_fill_(lost[..., None].to(x.device), torch.nan)


def composed(x, lengths, generator, alpha, beta):
    """Time warp, then the boundary permutation, then ``scatter``; with alpha = beta = 0 there is no permutation in it."""
    x = boundary(warp(x, lengths, generator, alpha, beta), lengths, generator, alpha, beta)
    return scatter(x, lengths, generator, alpha, beta)
