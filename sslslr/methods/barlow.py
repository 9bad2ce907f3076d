"""Barlow Twins (Zbontar et al. 2021): over a batch, the two views' dimensions agree each with its own and with no other."""

import torch

from sslslr.methods.heads import Projected
from sslslr.methods.lightly import BarlowTwinsLoss

VERSION = "barlow twins 1"


class BarlowTwins(Projected):
    """lightly's loss on the projections of two views; ``redundancy``: the weight of other dimensions. The original is not used."""

    def __init__(self, encoder, classes=0, *, projection=128, redundancy=5e-3):
        super().__init__(encoder, projection)
        self.criterion = BarlowTwinsLoss(redundancy)

    def loss(self, original, view1, view2, valid, labels) -> torch.Tensor:
        """Scalar loss of two views (B, T, J, C) of a batch; labels are not looked at."""
        z1, z2 = self.project(valid, view1, view2)
        with torch.autocast(z1.device.type, enabled=False):  # covariances of a batch need more digits than bf16 has
            return self.criterion(z1.float(), z2.float())
