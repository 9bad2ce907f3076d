"""Views that change the order of frames: the paper's boundary permutation (section 5.2), and its controls."""

import torch

VERSION = "views of order 1"


def outside(lengths: torch.Tensor, alpha, beta) -> tuple[torch.Tensor, torch.Tensor]:
    """How many frames lie in the two ends of each clip: floor(alpha L) and floor(beta L), both (B, 1) float64.

    lengths: (B,) valid frames L; alpha, beta: floats or (B,). The paper's 0.3 of 10 frames is 3, whatever floats make of it.
    """
    alpha, beta = (torch.as_tensor(f, dtype=torch.float64, device=lengths.device).reshape(-1, 1) for f in (alpha, beta))
    return torch.floor(alpha * lengths[:, None] + 1e-6), torch.floor(beta * lengths[:, None] + 1e-6)


def take(x: torch.Tensor, index: torch.Tensor) -> torch.Tensor:
    """The frames ``index`` (B, T) of x (B, T, J, C), each clip's own: body and both hands together."""
    rows = index + torch.arange(len(x), device=x.device)[:, None] * x.shape[1]  # whole rows: ten times as fast as a gather
    return x.reshape(-1, x[0, 0].numel()).index_select(0, rows.flatten()).view(x.shape)


def permutation(lengths: torch.Tensor, frames: int, alpha, beta, generator=None) -> torch.Tensor:
    """Index (B, T) that shuffles the first floor(alpha L) and the last floor(beta L) of each clip's L valid frames.

    alpha, beta: floats or (B,). The middle and the padding stay where they are (section 5.2). Each of the two ends is
    shuffled within itself.
    """
    head, tail = outside(lengths, alpha, beta)
    lengths = lengths[:, None].double()
    at = torch.arange(frames, device=lengths.device).expand(len(lengths), -1).double()
    random = torch.rand(at.shape, generator=generator).to(at)
    # Sorting these keys keeps the middle in order and draws the two ends: their keys are random within the end's range.
    key = torch.where(at < head, random * head - 0.5, at)
    start = lengths - tail
    key = torch.where((at >= start) & (at < lengths), start - 0.5 + random * tail, key)
    return key.argsort(dim=1, stable=True)


def boundary(x, lengths, generator, alpha, beta):
    """The paper's augmentation: the first alpha and last beta of the frames, permuted; body and both hands together."""
    return take(x, permutation(lengths, x.shape[1], alpha, beta, generator))


def whole(x, lengths, generator, alpha, beta):
    """Control: every valid frame is permuted, so no order is left to learn from."""
    return boundary(x, lengths, generator, 1.0, 0.0)


def none(x, lengths, generator, alpha, beta):
    """Control: no augmentation; two views differ only by the encoder's dropout."""
    return x
