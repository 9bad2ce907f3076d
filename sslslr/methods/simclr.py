"""SimCLR (Chen et al. 2020): the two views of a clip attract, all other clips of the batch repel."""

import torch

from sslslr.methods.heads import Projected
from sslslr.methods.lightly import NTXentLoss

VERSION = "simclr 1"


class SimCLR(Projected):
    """NT-Xent at temperature 0.5 (section 6.2) on the projections of two views. The original is not used."""

    def __init__(self, encoder, classes=0, *, projection=128, temperature=0.5):
        super().__init__(encoder, projection)
        self.criterion = NTXentLoss(temperature)

    def loss(self, original, view1, view2, valid, labels) -> torch.Tensor:
        """Scalar loss of two views (B, T, J, C) of a batch; labels are not looked at."""
        z1, z2 = self.project(valid, view1, view2)
        return self.criterion(z1, z2)
