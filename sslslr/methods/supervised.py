"""Control: the same encoder, trained from scratch on the labels."""

import torch
import torch.nn.functional as F
from torch import nn

from sslslr.methods.heads import Method

VERSION = "supervised 1"


class Supervised(Method):
    """Cross-entropy of a linear classifier on the encoder's output, on the clips as they are."""

    def __init__(self, encoder, classes: int):
        super().__init__()
        self.encoder = encoder
        self.classifier = nn.Linear(encoder.width, classes)

    def head(self, features: torch.Tensor) -> torch.Tensor:
        """Logits (B, classes) of the encoder's output (B, width)."""
        return self.classifier(features)

    def loss(self, original, view1, view2, valid, labels) -> torch.Tensor:
        """Cross-entropy of the originals' logits with labels (B,); the views are not looked at."""
        return F.cross_entropy(self.output(original, valid).float(), labels)
