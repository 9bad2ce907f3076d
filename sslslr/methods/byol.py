"""BYOL (Grill et al. 2020): each view predicts what a slow teacher makes of the other. No negatives."""

import torch

from sslslr.methods.heads import Projected, Teacher, perceptron
from sslslr.methods.lightly import NegativeCosineSimilarity

VERSION = "byol 2"


class BYOL(Projected):
    """Projection and predictor as SimSiam's, targets from the momentum teacher. The original is not used."""

    def __init__(self, encoder, classes=0, *, projection=128, hidden=64, momentum=0.99):
        super().__init__(encoder, projection)
        self.predictor = perceptron(projection, hidden, projection)
        self.teacher = Teacher(self, momentum)
        self.criterion = NegativeCosineSimilarity()

    def loss(self, original, view1, view2, valid, labels) -> torch.Tensor:
        """Scalar loss of two views (B, T, J, C) of a batch; moves the teacher first. Labels are not looked at."""
        self.teacher.follow(self, self.progress)
        p1, p2 = (self.predictor(z).float() for z in self.project(valid, view1, view2))
        t1, t2 = (t.float() for t in self.teacher.project(valid, view1, view2))
        return 0.5 * (self.criterion(p1, t2) + self.criterion(p2, t1))
