"""Strong views: what a sign keeps when another person signs it elsewhere, at another pace, before another camera.

``strong`` is a candidate of our own, the same for all methods; ``strong_boundary`` is the same with the paper's permutation in it,
so that their difference is what the permutation adds. Same signature as every view. Coordinates are in shoulder widths.
"""

import math

import torch

from sslslr.views.order import permutation
from sslslr.views.place import pace, read, rotation, uniform

VERSION = "strong views 2"

CUT = 0.15  # at most this share is cut off each end
ANGLE = math.radians(25)  # about each axis (2-D: in the picture's plane, and foreshortened as by a turn about the others)
SCALE = 0.2  # of the logarithm of each axis' scale
OFFSET = 0.04  # shoulder widths: standard deviation of a landmark's displacement in a whole clip
JITTER = 0.02  # shoulder widths: standard deviation of what is added to each landmark in each frame


def crop(at: torch.Tensor, lengths: torch.Tensor, generator) -> torch.Tensor:
    """The fractional frames ``at`` (B, T), up to 15 % cut off each end of each clip and the rest stretched over its length."""
    start, end = (torch.rand(len(at), 1, generator=generator) * CUT for _ in range(2))
    return start * (lengths - 1)[:, None] + at * (1 - start - end)


def shape(x: torch.Tensor, generator) -> torch.Tensor:
    """Each clip turned about each axis and scaled along each; every landmark moved by an offset of its own, every frame jittered."""
    b, t, j, c = x.shape
    matrix = torch.eye(3).repeat(b, 1, 1)
    for p, q in ((0, 1), (0, 2), (1, 2)):
        matrix = matrix @ rotation(uniform((b,), ANGLE, generator, matrix), p, q, 3)
    matrix = matrix[:, :c, :c] * uniform((b, 1, c), SCALE, generator, matrix).exp()
    offset = OFFSET * torch.randn(b, 1, j, c, generator=generator).to(x)
    moved = uniform((b, t * j, c), JITTER * 3**0.5, generator, x).baddbmm_(x.flatten(1, 2), matrix.transpose(1, 2).to(x))
    return moved.view(b, t, j, c).add_(offset)


def strong(x, lengths, generator, alpha, beta):
    """Cut at the ends, warped in time, turned and scaled, landmarks displaced, jittered: no permutation, nothing lost."""
    return shape(read(x, crop(pace(lengths, x.shape[1], generator), lengths, generator), lengths), generator)


def strong_boundary(x, lengths, generator, alpha, beta):
    """As ``strong``, and the first alpha and last beta of the frames that are left are permuted."""
    at = crop(pace(lengths, x.shape[1], generator), lengths, generator)
    order = permutation(lengths, x.shape[1], alpha, beta, generator)
    return shape(read(x, at.gather(1, order), lengths), generator)
