"""Views of a batch of clips. A view is a function (x, lengths, generator) -> a new x; the original is left alone."""

from dataclasses import dataclass

import torch

from sslslr.errors import SignError


@dataclass(frozen=True)
class ViewConfig:
    """Which view set, and how much of each end the boundary augmentation permutes (fractions of the valid frames)."""

    name: str = "boundary"
    alpha: float = 1 / 3
    beta: float = 1 / 4

    def __post_init__(self):
        if self.name not in VIEWS:
            raise SignError(f"views {self.name!r} are unknown; there are {', '.join(VIEWS)}")
        if not (0 <= self.alpha <= 1 and 0 <= self.beta <= 1 and self.alpha + self.beta <= 1 + 1e-9):
            raise SignError(f"alpha={self.alpha:.3g}, beta={self.beta:.3g}: fractions of a clip's frames, together at most 1")

    def view(self, x: torch.Tensor, lengths: torch.Tensor, generator: torch.Generator | None = None) -> torch.Tensor:
        """One random view of x (B, T, J, C) with valid ``lengths`` (B,); call it twice for a pair."""
        return VIEWS[self.name](x, lengths, generator, self.alpha, self.beta)


def permutation(lengths: torch.Tensor, frames: int, alpha: float, beta: float, generator=None) -> torch.Tensor:
    """Index (B, T) that shuffles the first floor(alpha L) and the last floor(beta L) of each clip's L valid frames.

    The middle and the padding stay where they are (section 5.2). Each of the two ends is shuffled within itself.
    """
    lengths = lengths[:, None].double()
    head, tail = torch.floor(alpha * lengths + 1e-6), torch.floor(beta * lengths + 1e-6)
    at = torch.arange(frames, device=lengths.device).expand(len(lengths), -1).double()
    random = torch.rand(at.shape, generator=generator, dtype=torch.float64, device=lengths.device)
    # Sorting these keys keeps the middle in order and draws the two ends: their keys are random within the end's range.
    key = torch.where(at < head, random * head - 0.5, at)
    start = lengths - tail
    key = torch.where((at >= start) & (at < lengths), start - 0.5 + random * tail, key)
    return key.argsort(dim=1, stable=True)


def boundary(x, lengths, generator, alpha, beta):
    """The paper's augmentation: the first alpha and last beta of the frames, permuted; body and both hands together."""
    index = permutation(lengths, x.shape[1], alpha, beta, generator)
    return x.gather(1, index[:, :, None, None].expand_as(x))


def whole(x, lengths, generator, alpha, beta):
    """Control: every valid frame is permuted, so no order is left to learn from."""
    return boundary(x, lengths, generator, 1.0, 0.0)


def none(x, lengths, generator, alpha, beta):
    """Control: no augmentation; two views differ only by the encoder's dropout."""
    return x


VIEWS = {"boundary": boundary, "whole": whole, "none": none}
