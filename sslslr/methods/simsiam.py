"""SimSiam (Chen and He 2021): each view predicts the other, whose gradient is stopped. No negatives, no teacher."""

from collections.abc import Callable

import torch

from sslslr.methods.heads import Projected, perceptron
from sslslr.methods.lightly import NegativeCosineSimilarity

VERSION = "simsiam 1"

_similarity = NegativeCosineSimilarity()


def simsiam_loss(z1: torch.Tensor, z2: torch.Tensor, predictor: Callable[[torch.Tensor], torch.Tensor]) -> torch.Tensor:
    """Mean negative cosine of p(z1) with sg(z2) and of p(z2) with sg(z1); z1, z2: (B, d). From -1 to 1."""
    p1, p2 = predictor(z1).float(), predictor(z2).float()  # a cosine near 1 needs more digits than bf16 has
    return 0.5 * (_similarity(p1, z2.detach().float()) + _similarity(p2, z1.detach().float()))


class SimSiam(Projected):
    """Projection as every method's (the original has three layers), predictor 128 -> hidden -> 128. No original."""

    def __init__(self, encoder, classes=0, *, projection=128, hidden=64):
        super().__init__(encoder, projection)
        self.predictor = perceptron(projection, hidden, projection)

    def loss(self, original, view1, view2, valid, labels) -> torch.Tensor:
        """Scalar loss of two views (B, T, J, C) of a batch; labels are not looked at."""
        z1, z2 = self.project(valid, view1, view2)
        return simsiam_loss(z1, z2, self.predictor)
