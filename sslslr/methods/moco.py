"""MoCo v2 (He et al. 2020, Chen et al. 2020b): as SimCLR, but the negatives wait in a queue fed by a slow teacher."""

import torch

from sslslr.methods.heads import Projected, Teacher
from sslslr.methods.lightly import NTXentLoss

VERSION = "moco 1"


class MoCo(Projected):
    """The query comes from the encoder, key and queue from the momentum teacher; temperature 0.5 (section 6.2).

    Symmetric in the two views, as in lightly's benchmarks. ``queue``: keys kept, of past batches. The original is not used.
    """

    def __init__(self, encoder, classes=0, *, projection=128, temperature=0.5, queue=256, momentum=0.99):
        super().__init__(encoder, projection)
        self.teacher = Teacher(self, momentum)
        self.criterion = NTXentLoss(temperature, memory_bank_size=(queue, projection))

    def loss(self, original, view1, view2, valid, labels) -> torch.Tensor:
        """Scalar loss of two views (B, T, J, C) of a batch; moves the teacher first. Labels are not looked at."""
        self.teacher.follow(self)
        q1, q2 = self.project(valid, view1, view2)
        k1, k2 = self.teacher.project(valid, view1, view2)
        return 0.5 * (self.criterion(q1, k2) + self.criterion(q2, k1))
