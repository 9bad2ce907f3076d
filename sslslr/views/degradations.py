"""Other ways than permutation to degrade the frames outside of the stroke (section 5.2 names permutation as one of several).

Each is a view: (x (B, T, J, C), lengths (B,), generator, alpha, beta) -> a new x. alpha and beta, floats or (B,), are the
shares of each clip's valid frames at its start and its end that are degraded, ``floor(alpha L)`` and ``floor(beta L)`` of
them as in ``views.order``; the middle and the padding stay as they are, body and both hands go together.
"""

import torch

from sslslr.views.order import outside, take

VERSION = "degraded ends 1"

NOISE = 0.3  # standard deviation, in shoulder widths
BLUR = 3.0  # standard deviation along time, in frames


def ends(lengths: torch.Tensor, frames: int, alpha, beta) -> tuple[torch.Tensor, torch.Tensor]:
    """Two masks (B, T): the first floor(alpha L) and the last floor(beta L) of each clip's L valid frames."""
    first, last = outside(lengths, alpha, beta)
    at, lengths = torch.arange(frames, device=lengths.device), lengths[:, None]
    head = at < first
    return head, (at >= lengths - last) & (at < lengths) & ~head


def _put(x: torch.Tensor, where: torch.Tensor, value) -> torch.Tensor:
    """``value`` in the frames of ``where`` (B, T), x in the others."""
    return torch.where(where[:, :, None, None], value, x)


def drop(x, lengths, generator, alpha, beta):
    """Each frame of the two ends is lost with probability 1/2: all of its landmarks become missing."""
    head, tail = ends(lengths, x.shape[1], alpha, beta)
    lost = torch.rand(x.shape[:2], generator=generator).to(x.device) < 0.5
    return _put(x, (head | tail) & lost, torch.nan)


def freeze(x, lengths, generator, alpha, beta):
    """Each end stands still: one of its frames, drawn at random, is shown all the time."""
    head, tail = ends(lengths, x.shape[1], alpha, beta)
    drawn = torch.rand(2, len(x), generator=generator).to(x.device)
    a, b = head.sum(1), tail.sum(1)
    first = (drawn[0] * a).long()
    last = lengths - 1 - (drawn[1] * b).long()
    at = torch.arange(x.shape[1], device=x.device).expand(len(x), -1)
    return take(x, torch.where(head, first[:, None], torch.where(tail, last[:, None], at)))


def noise(x, lengths, generator, alpha, beta):
    """Gaussian noise on every coordinate of the two ends; what is missing stays missing."""
    head, tail = ends(lengths, x.shape[1], alpha, beta)
    return _put(x, head | tail, x + NOISE * torch.randn(x.shape, generator=generator).to(x))


def blur(x, lengths, generator, alpha, beta):
    """Each end smoothed along time, by a Gaussian whose width is drawn for each clip, of the frames of that end alone."""
    sigma = BLUR * (0.5 + torch.rand(len(x), 1, 1, generator=generator).to(x))
    at = torch.arange(x.shape[1], device=x.device)
    near = torch.exp(-0.5 * ((at[:, None] - at) / sigma) ** 2)
    flat, out = x.flatten(2), x
    seen = ~flat.isnan()
    for end in ends(lengths, x.shape[1], alpha, beta):
        weight = near * (end[:, :, None] & end[:, None, :])
        smooth = (weight @ flat.nan_to_num()) / (weight @ seen.to(x)).clamp(min=1e-9)
        out = _put(out, end, torch.where(seen, smooth, torch.nan).view_as(x))
    return out


def swap(x, lengths, generator, alpha, beta):
    """Each end replaced by the same end of another clip of the batch, stretched to its length (nearest frames)."""
    head, tail = ends(lengths, x.shape[1], alpha, beta)
    other = torch.randperm(len(x), generator=generator).to(x.device)
    a, b = head.sum(1, keepdim=True), tail.sum(1, keepdim=True)
    at = torch.arange(x.shape[1], device=x.device).expand(len(x), -1)
    from_start = (at + 0.5) / a.clamp(min=1) * a[other]
    from_end = lengths[other, None] - b[other] + (at - lengths[:, None] + b + 0.5) / b.clamp(min=1) * b[other]
    source = torch.where(head, from_start, from_end).floor().long().clamp(min=0)
    source = torch.minimum(source, lengths[other, None] - 1)
    usable = torch.where(head, a[other] > 0, b[other] > 0)  # the other clip may have no such end
    return _put(x, (head | tail) & usable, take(x[other], source))


DEGRADATIONS = {"drop": drop, "freeze": freeze, "noise": noise, "blur": blur, "swap": swap}
