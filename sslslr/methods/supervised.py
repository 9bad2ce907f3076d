"""Control: the same encoder, trained from scratch on the labels."""

import torch
import torch.nn.functional as F
from torch import nn

from sslslr.methods.encoder import encode
from sslslr.methods.heads import Method

VERSION = "supervised 2"


class Supervised(Method):
    """Cross-entropy of a linear classifier on the encoder's output, on the same two views as every method; ``smoothing`` of its labels."""

    def __init__(self, encoder, classes: int, *, smoothing: float = 0.0):
        super().__init__()
        self.encoder = encoder
        self.classifier, self.smoothing = nn.Linear(encoder.width, classes), smoothing

    def head(self, features: torch.Tensor) -> torch.Tensor:
        """Logits (B, classes) of the encoder's output (B, width)."""
        return self.classifier(features)

    def loss(self, original, view1, view2, valid, labels) -> torch.Tensor:
        """Mean cross-entropy of the logits of two views (B, T, J, C) with labels (B,). The original is not used."""
        outputs = (self.head(f).float() for f in encode(self.encoder, valid, view1, view2))
        return torch.stack([F.cross_entropy(logits, labels, label_smoothing=self.smoothing) for logits in outputs]).mean()
