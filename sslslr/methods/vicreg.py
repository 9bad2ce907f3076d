"""VICReg (Bardes et al. 2022): two views agree, and the spread and the covariances of a batch keep them from collapsing."""

import torch

from sslslr.methods.heads import Projected
from sslslr.methods.lightly import VICRegLoss

VERSION = "vicreg 1"


class VICReg(Projected):
    """lightly's loss, weights 25, 25 and 1, on the projections of two views. The original is not used.

    The control of SL-FPN+, which borrows its terms: it says whether three branches and a stop-gradient add anything to them.
    """

    def __init__(self, encoder, classes=0, *, projection=128, invariance=25.0, variance=25.0, covariance=1.0):
        super().__init__(encoder, projection)
        self.criterion = VICRegLoss(invariance, variance, covariance)

    def loss(self, original, view1, view2, valid, labels) -> torch.Tensor:
        """Scalar loss of two views (B, T, J, C) of a batch; labels are not looked at."""
        z1, z2 = self.project(valid, view1, view2)
        with torch.autocast(z1.device.type, enabled=False):  # covariances of a batch need more digits than bf16 has
            return self.criterion(z1.float(), z2.float())
