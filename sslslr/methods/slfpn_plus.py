"""SL-FPN+: SL-FPN with parts that keep its dimensions alive, each a switch (notebook 15 says which of them pay).

With every part off this is SL-FPN (``slfpn.py``). No part uses negatives: none compares two clips by what they are.
"""

import torch
import torch.nn.functional as F
from torch import nn

from sslslr.errors import SignError
from sslslr.methods.encoder import encode
from sslslr.methods.slfpn import SLFPN, slfpn_loss

VERSION = "sl-fpn+ 2"


def variance_term(z: torch.Tensor, floor: float = 1.0) -> torch.Tensor:
    """How far the std of each dimension of z (B, d) lies below ``floor``, mean over d (VICReg, equation 1): 0 if spread."""
    return F.relu(floor - torch.sqrt(z.var(dim=0) + 1e-4)).mean()


def covariance_term(z: torch.Tensor) -> torch.Tensor:
    """Sum of the squared covariances of different dimensions of z (B, d), over d (VICReg, equation 4): 0 if uncorrelated."""
    z = z - z.mean(dim=0)
    covariance = z.T @ z / (len(z) - 1)
    return (covariance.pow(2).sum() - covariance.diagonal().pow(2).sum()) / z.shape[1]


def still_loss(z1: torch.Tensor, z2: torch.Tensor, zo: torch.Tensor, predictor) -> torch.Tensor:
    """Equation 2 with a stop-gradient in every term: MSE(z1, sg(z2)) + MSE(z1, sg(zo)) + MSE(p(zo), sg(z2))."""
    return F.mse_loss(z1, z2.detach()) + F.mse_loss(z1, zo.detach()) + F.mse_loss(predictor(zo), z2.detach())


class SLFPNPlus(SLFPN):
    """SL-FPN around an encoder, with any of these parts (all off: SL-FPN itself); SLFPN's own options are taken too.

    variance, covariance: weights of ``variance_term`` and ``covariance_term``, mean over the projections of the two
    views and of the original.  on_features: the same two terms on the encoder's output as well.  still: a stop-gradient
    in terms (i) and (ii) too.  second_original: the original passes twice (other dropout) and takes part for each
    view: (ii) and (iii) once for (z1, zo) and once for (z2, zo'), halved.  output_batchnorm: BatchNorm without scale
    and shift at the end of the projection, so that no dimension can shrink.
    """

    def __init__(
        self, encoder, classes=0, *, variance=1.0, covariance=0.04, on_features=False, still=False, second_original=False, output_batchnorm=False,
        **options,
    ):  # fmt: skip
        super().__init__(encoder, classes, **options)
        if not self.options["original"] or (still and set(options) & {"reading", "normalise", "permuted", "stop_gradient"}):
            raise SignError("SL-FPN+ keeps the original, and still=True goes with the default reading of equation 2 only")
        if output_batchnorm:
            self.projection.append(nn.BatchNorm1d(self.projection[-1].out_features, affine=False))
        self.weights, self.on_features = (variance, covariance), on_features
        self.still, self.second_original = still, second_original

    def spread(self, z: torch.Tensor) -> torch.Tensor:
        """The weighted variance and covariance terms of z (B, d)."""
        variance, covariance = self.weights
        return variance * variance_term(z) + covariance * covariance_term(z)

    def pull(self, z1, z2, zo) -> torch.Tensor:
        """SL-FPN's three terms."""
        return still_loss(z1, z2, zo, self.predictor) if self.still else slfpn_loss(z1, z2, zo, self.predictor, **self.options)

    def loss(self, original, view1, view2, valid, labels) -> torch.Tensor:
        """Scalar loss of a batch of clips (B, T, J, C) and two views of them; labels are not looked at."""
        branches = [view1, view2, original] + [original] * self.second_original
        features = encode(self.encoder, valid, *branches)
        z1, z2, *zo = z = [self.head(f).float() for f in features]
        loss = self.pull(z1, z2, zo[0])
        if self.second_original:
            loss = (loss + self.pull(z2, z1, zo[1])) / 2
        for outputs in [z] + [features] * self.on_features:
            loss = loss + sum(map(self.spread, outputs)) / len(outputs)
        return loss
