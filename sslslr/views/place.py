"""Views that change where landmarks are, or when: the paper's classical augmentations, and an uneven pace.

Same signature as every view: (x (B, T, J, C), lengths (B,), generator, alpha, beta) -> a new x. Coordinates are in
shoulder widths, centred on the shoulders (``signs.prepare``); angles are in radians. A missing landmark stays missing.
"""

import math

import torch

from sslslr.clips.skeleton import of_size
from sslslr.views.order import take

VERSION = "views of place 3"

ANGLE = math.radians(15)  # of the turn in the picture's plane; about the vertical axis (3-D only) twice that
WARP = 0.5  # of the logarithm of the signing speed
KNOTS = 4  # stretches of a clip that have a speed of their own


def uniform(shape: tuple[int, ...], spread: float, generator, like: torch.Tensor) -> torch.Tensor:
    """Numbers from -spread to spread in 2^16 steps, four to a draw: the jitter of a batch takes a million."""
    n = math.prod(shape)
    words = torch.empty(-(-n // 4), dtype=torch.int64).random_(-(2**63), None, generator=generator)
    return words.view(torch.int16)[:n].view(shape).to(like).mul_(spread / 2**15)


def rotate(x, lengths, generator, alpha, beta):
    """Each clip turned as a whole, by up to 15 degrees in the picture's plane and, in 3-D, 30 about the vertical axis."""
    return torch.einsum("btjc,bdc->btjd", x, _turn(x, generator))


def _turn(x: torch.Tensor, generator) -> torch.Tensor:
    b, c = len(x), x.shape[-1]
    angle = uniform((b,), ANGLE, generator, x.new_empty(0, dtype=torch.float32))
    turn = rotation(angle, 0, 1, c)
    if c == 3:
        turn = turn @ rotation(uniform((b,), 2 * ANGLE, generator, angle), 2, 0, c)
    return turn.to(x)


def rotation(angle: torch.Tensor, p: int, q: int, coordinates: int) -> torch.Tensor:
    """Matrices (B, C, C) that turn axis p towards axis q by each ``angle`` (B,), in radians."""
    matrix = torch.eye(coordinates).repeat(len(angle), 1, 1)
    matrix[:, p, p] = matrix[:, q, q] = angle.cos()
    matrix[:, p, q], matrix[:, q, p] = -angle.sin(), angle.sin()
    return matrix


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
    out = x[:, :, torch.from_numpy(of_size(x.shape[2], "flip").mirror_index)].clone()
    out[..., 0].neg_()
    return out


CLASSICAL = (rotate, blur, flip)


def classical_pair(x, lengths, generator, alpha, beta):
    """The paper's classical pair: of rotation, blur and flip, two different ones drawn for each clip, one for each view."""
    drawn = torch.rand(len(x), len(CLASSICAL), generator=generator).argsort(dim=1)
    done = torch.stack([view(x, lengths, generator, alpha, beta) for view in CLASSICAL])
    return tuple(done[which, torch.arange(len(x))] for which in drawn[:, :2].T)


def classical(x, lengths, generator, alpha, beta):
    """One view of the classical pair."""
    return classical_pair(x, lengths, generator, alpha, beta)[0]


def read(x: torch.Tensor, at: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
    """x (B, T, J, C) at the fractional frames ``at`` (B, T) of each clip, linearly; padding stays as it is.

    Between a frame that shows a landmark and one that does not, the nearer one decides.
    """
    frames = torch.arange(x.shape[1])
    inside = frames < lengths[:, None]
    at = torch.where(inside, at, frames.float())
    low = at.floor().long().clamp(0, x.shape[1] - 1)
    high = torch.where(inside, torch.minimum(low + 1, lengths[:, None] - 1), low)
    part = (at - low).to(x)
    mixed = torch.lerp(take(x, low), take(x, high), part[:, :, None, None])
    return torch.where(mixed.isnan(), take(x, torch.where(part < 0.5, low, high)), mixed)


def pace(lengths: torch.Tensor, frames: int, generator) -> torch.Tensor:
    """Fractional frames (B, T) that play each clip at an uneven speed: four stretches, each up to 1.6 times faster or slower."""
    last = (lengths - 1).clamp(min=1)[:, None].float()
    speed = uniform((len(lengths), KNOTS), WARP, generator, last).exp()
    knots = torch.cat([torch.zeros(len(lengths), 1), speed.cumsum(1) / speed.sum(1, keepdim=True)], dim=1)
    u = (torch.arange(frames) / last).clamp(max=1) * KNOTS
    left = u.floor().clamp(max=KNOTS - 1).long()
    return (knots.gather(1, left) * (1 - (u - left)) + knots.gather(1, left + 1) * (u - left)) * last


def warp(x, lengths, generator, alpha, beta):
    """Each clip at an uneven speed (``pace``); first and last frame stay."""
    return read(x, pace(lengths, x.shape[1], generator), lengths)
