"""What the methods share: their two-layer heads, and the momentum teacher of MoCo and BYOL."""

import copy
import math

import numpy as np
import torch
from torch import nn

from sslslr.methods.encoder import PoseTransformer, encode
from sslslr.methods.lightly import ProjectionHead, deactivate_requires_grad, update_momentum

VERSION = "heads 2"


def perceptron(size: int, hidden: int, out: int, batchnorm: bool = True, layernorm: bool = False) -> nn.Sequential:
    """Two layers with ReLU between them (section 6.2); ``batchnorm`` and ``layernorm`` stand before the ReLU."""
    norm = [nn.BatchNorm1d(hidden)] * batchnorm + [nn.LayerNorm(hidden)] * layernorm
    return ProjectionHead([(size, hidden, nn.Sequential(*norm) if norm else None, nn.ReLU()), (hidden, out, None, None)]).layers


class Method(nn.Module):
    """What training and probes know of a method: its ``encoder``, ``loss`` and ``head``.

    Before each step training says its ``progress``, 0 to 1, and which ``clips`` (B,) of the training split the batch holds.
    """

    encoder: PoseTransformer
    progress: float = 0.0
    clips: np.ndarray | None = None

    def head(self, features: torch.Tensor) -> torch.Tensor:
        """What the loss compares (B, d), from the encoder's output (B, width)."""
        raise NotImplementedError

    def output(self, x: torch.Tensor, valid: torch.Tensor) -> torch.Tensor:
        """``head`` of the encoder's output for x (B, T, J, C)."""
        return self.head(self.encoder(x, valid))

    def loss(self, original, view1, view2, valid, labels) -> torch.Tensor:
        """Scalar loss of a batch of clips (B, T, J, C) and two views of them; valid (B, T), labels (B,)."""
        raise NotImplementedError


class Projected(Method):
    """An encoder and a projection width -> width -> 128, which every self-supervised method here has (norms as in ``perceptron``)."""

    def __init__(self, encoder: PoseTransformer, projection: int = 128, batchnorm: bool = True, layernorm: bool = False):
        super().__init__()
        self.encoder = encoder
        self.projection = perceptron(encoder.width, encoder.width, projection, batchnorm, layernorm)

    def head(self, features: torch.Tensor) -> torch.Tensor:
        """Projection (B, 128) of the encoder's output (B, width): what the loss compares."""
        return self.projection(features)

    def project(self, valid: torch.Tensor, *views: torch.Tensor) -> list[torch.Tensor]:
        """Projections (B, 128) of several views of a batch, with gradient."""
        return [self.projection(f) for f in encode(self.encoder, valid, *views)]


class Teacher(nn.Module):
    """A slow copy of encoder and projection: after each ``follow`` it holds a share of itself and the rest of them.

    The share rises from ``momentum`` to 1 along a cosine (BYOL, section 3.2). It starts at 0.99, as lightly's benchmarks on
    small data do: with 0.996 or 0.999 a short training would end with a teacher that is mostly the initialisation.
    """

    def __init__(self, of: Projected, momentum: float = 0.99):
        super().__init__()
        self.encoder, self.projection = copy.deepcopy(of.encoder), copy.deepcopy(of.projection)
        self.momentum = momentum
        deactivate_requires_grad(self)

    def follow(self, of: Projected, progress: float = 0.0) -> None:
        """Move towards encoder and projection of ``of``, less so as ``progress`` goes from 0 to 1; a predictor is not copied."""
        share = 1 - (1 - self.momentum) * (1 + math.cos(math.pi * progress)) / 2
        update_momentum(of.encoder, self.encoder, share)
        update_momentum(of.projection, self.projection, share)

    @torch.no_grad()
    def project(self, valid: torch.Tensor, *views: torch.Tensor) -> list[torch.Tensor]:
        """Projections (B, 128) of several views of a batch, without gradient."""
        return [self.projection(f) for f in encode(self.encoder, valid, *views)]
