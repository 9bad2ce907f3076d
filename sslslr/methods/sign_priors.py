"""Sign priors as a pretext task for the pose transformer: parts of a clip are hidden, and its priors are predicted all the same."""

import torch
from torch import nn

from sslslr.clips.skeleton import of_size
from sslslr.errors import SignError
from sslslr.methods import priors
from sslslr.methods.encoder import encode
from sslslr.methods.heads import Method
from sslslr.methods.slfpn_plus import covariance_term, variance_term

VERSION = "sign priors on landmarks 1"

HIDE = ("spans", "articulators", "none")


class SignPriors(Method):
    """Predict the priors of the original from two views of which parts are hidden, and from the pooled vector alone.

    On landmarks the targets are functions of the input: without something hidden, and with a decoder that saw each frame, the task
    would be the identity. hide: "spans", half of the frames in one piece; "articulators", a hand or the body in all frames; "none".
    names: which priors.  variance, covariance: weights of VICReg's terms on the features.  SignRep's adversary on style has no place
    here: landmarks show neither clothes nor background.
    """

    def __init__(self, encoder, classes=0, *, hide="spans", names=priors.NAMES, variance=1.0, covariance=0.04, hidden=128):
        super().__init__()
        if hide not in HIDE:
            raise SignError(f"sign priors: hide={hide!r}; there are {', '.join(HIDE)}")
        config = encoder.config
        self.encoder, self.hide, self.names, self.weights = encoder, hide, priors.chosen(names), (variance, covariance)
        self.skeleton = of_size(config.landmarks, "sign priors")
        self.features = nn.Sequential(nn.LayerNorm(encoder.width), nn.Linear(encoder.width, encoder.width, bias=False))
        self.decoder = priors.Decoder(encoder.width, priors.sizes(self.skeleton, config.coordinates, self.names), hidden)

    def head(self, features: torch.Tensor) -> torch.Tensor:
        """The vector (B, width) that the priors are predicted from."""
        return self.features(features)

    def hidden(self, x: torch.Tensor, valid: torch.Tensor) -> torch.Tensor:
        """x (B, T, J, C) with parts missing, as ``hide`` says; at least one frame of each clip stays."""
        if self.hide == "none":
            return x
        if self.hide == "spans":
            lengths = valid.sum(1, keepdim=True)
            start = (torch.rand(len(x), 1) * (lengths.cpu() - lengths.cpu() // 2 + 1)).long().to(x.device)
            at = torch.arange(x.shape[1], device=x.device)
            return x.masked_fill(((at >= start) & (at < start + lengths // 2))[:, :, None, None], torch.nan)
        parts = list(self.skeleton.parts.values())
        lost = torch.zeros(len(parts), x.shape[2], dtype=torch.bool)
        for row, members in zip(lost, parts, strict=True):
            row[list(members)] = True
        return x.masked_fill(lost[torch.randint(len(parts), (len(x),))].to(x.device)[:, None, :, None], torch.nan)

    def loss(self, original, view1, view2, valid, labels) -> torch.Tensor:
        """Scalar loss of a batch of clips (B, T, J, C) and two views of them; labels are not looked at."""
        wanted = priors.wanted(original, valid, self.skeleton, self.names)
        outputs = [self.head(f) for f in encode(self.encoder, valid, *(self.hidden(v, valid) for v in (view1, view2)))]
        variance, covariance = self.weights
        parts = [self.decoder.loss(z, wanted) + variance * variance_term(z) + covariance * covariance_term(z) for z in outputs]
        return torch.stack(parts).mean()
