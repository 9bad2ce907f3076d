"""Views tried for the recipe of notebook 15, gentler to a signer's shape than ``views.place.composed``.

Same signature as every view.
"""

import math

import torch

from sslslr.views.order import boundary
from sslslr.views.place import read, rotation, warp

VERSION = "strong views 1"

ANGLE = math.radians(25)  # about each axis (2-D: in the picture's plane, and foreshortened as by a turn about the vertical)
SCALE = 0.15  # of the size of the whole clip
JITTER = 0.02  # shoulder widths
CUT = 0.15  # at most this share is cut off each end


def crop(x, lengths, generator, alpha, beta):
    """Up to 15 % cut off each end of each clip, the rest stretched linearly to the clip's length."""
    last = (lengths - 1)[:, None].float()
    start, end = (torch.rand(len(x), 1, generator=generator) * CUT for _ in range(2))
    return read(x, start * last + torch.arange(x.shape[1]) * (1 - start - end), lengths)


def turn(x, lengths, generator, alpha, beta):
    """Each clip turned as a whole by up to 25 degrees about each axis, scaled by up to 15 %, jittered; shapes stay."""
    b, c = len(x), x.shape[-1]
    angles = (torch.rand(3, b, generator=generator) * 2 - 1) * ANGLE
    matrix = torch.eye(3).repeat(b, 1, 1)
    for angle, (p, q) in zip(angles, ((0, 1), (0, 2), (1, 2)), strict=True):
        matrix = matrix @ rotation(angle, p, q, 3)
    size = 1 + (torch.rand(b, 1, 1, generator=generator) * 2 - 1) * SCALE
    out = torch.einsum("btjc,bdc->btjd", x, (matrix[:, :c, :c] * size).to(x))
    return out + JITTER * torch.randn(x.shape, generator=generator).to(x)


def paced(x, lengths, generator, alpha, beta):
    """Crop, then time warp, then turn: no permutation, nothing lost."""
    x = warp(crop(x, lengths, generator, alpha, beta), lengths, generator, alpha, beta)
    return turn(x, lengths, generator, alpha, beta)


def bounded(x, lengths, generator, alpha, beta):
    """As ``paced``, with the boundary permutation before the turn."""
    x = warp(crop(x, lengths, generator, alpha, beta), lengths, generator, alpha, beta)
    return turn(boundary(x, lengths, generator, alpha, beta), lengths, generator, alpha, beta)
