"""SL-FPN (section 5.1): two views and the original, one encoder, a predictor and a stop-gradient, no negatives."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import nn

from sslslr.errors import SignError

# The text of equation 2 leaves open which output goes through the predictor and which target stands still.
READINGS = {
    "original-to-view1": lambda z1, z2, zo: (zo, z1),
    "view1-to-view2": lambda z1, z2, zo: (z1, z2),
    "view2-to-view1": lambda z1, z2, zo: (z2, z1),
    "original-to-view2": lambda z1, z2, zo: (zo, z2),
}


def slfpn_loss(
    z1: torch.Tensor,
    z2: torch.Tensor,
    zo: torch.Tensor,
    predictor: Callable[[torch.Tensor], torch.Tensor],
    reading: str = "original-to-view1",
    normalise: bool = False,
    permuted: bool = False,
) -> torch.Tensor:
    """Equations 1 and 2: MSE(z1, z2) + MSE(z1, zo) + MSE(p(source), sg(target)), each a mean over B and d.

    z1, z2, zo: (B, d) projections of the two views and of the original. ``reading`` names source and target;
    ``normalise`` compares l2-normalised outputs; ``permuted`` swaps the roles of zo and z1 ("perm", section 7).
    """
    if permuted:
        z1, zo = zo, z1
    source, target = READINGS[reading](z1, z2, zo)
    p, target = predictor(source), target.detach()
    if normalise:
        z1, z2, zo, p, target = (F.normalize(v, dim=1) for v in (z1, z2, zo, p, target))
    return F.mse_loss(z1, z2) + F.mse_loss(z1, zo) + F.mse_loss(p, target)


def perceptron(size: int, hidden: int, out: int, batchnorm: bool) -> nn.Sequential:
    """Two layers with ReLU between them (section 6.2); ``batchnorm`` before the ReLU, as in lightly's heads."""
    norm = [nn.BatchNorm1d(hidden)] if batchnorm else []
    return nn.Sequential(nn.Linear(size, hidden), *norm, nn.ReLU(), nn.Linear(hidden, out))


class SLFPN(nn.Module):
    """SL-FPN around an encoder: projection width -> width -> 128, predictor 128 -> hidden -> 128.

    Options are the readings that the paper's text allows (``slfpn_loss``) and ``batchnorm`` in the hidden layers,
    on which the text is silent. Raises SignError for an unknown reading.
    """

    def __init__(self, encoder, classes=0, *, projection=128, hidden=64, batchnorm=True, reading="original-to-view1", normalise=False, permuted=False):  # fmt: skip
        super().__init__()
        if reading not in READINGS:
            raise SignError(f"reading {reading!r} of equation 2 is unknown; there are {', '.join(READINGS)}")
        self.encoder = encoder
        self.projection = perceptron(encoder.width, encoder.width, projection, batchnorm)
        self.predictor = perceptron(projection, hidden, projection, batchnorm)
        self.options = {"reading": reading, "normalise": normalise, "permuted": permuted}

    def output(self, x: torch.Tensor, valid: torch.Tensor) -> torch.Tensor:
        """Projection (B, 128) of x (B, T, J, C): what the loss compares."""
        return self.projection(self.encoder(x, valid))

    def loss(self, original, view1, view2, valid, labels) -> torch.Tensor:
        """Scalar loss of a batch of clips (B, T, J, C) and two views of them; labels are not looked at."""
        z1, z2, zo = (self.output(x, valid) for x in (view1, view2, original))
        return slfpn_loss(z1, z2, zo, self.predictor, **self.options)
