"""SL-FPN (section 5.1): two views and the original, one encoder, a predictor and a stop-gradient, no negatives.

Every part that section 7 takes out is a switch; with none of them touched this is SL-FPN as the paper's text reads.
"""

import operator
from collections.abc import Callable, Sequence
from functools import reduce

import torch
import torch.nn.functional as F
from torch import nn

from sslslr.errors import SignError
from sslslr.methods.heads import Projected, perceptron

VERSION = "sl-fpn 2"

# The text of equation 2 leaves open which output goes through the predictor and which target stands still.
READINGS = {
    "original-to-view1": lambda z1, z2, zo: (zo, z1),
    "view1-to-view2": lambda z1, z2, zo: (z1, z2),
    "view2-to-view1": lambda z1, z2, zo: (z2, z1),
    "original-to-view2": lambda z1, z2, zo: (zo, z2),
}
# Without the original the other view takes its place in term (iii).
WITHOUT_ORIGINAL = {"original-to-view1": "view2-to-view1", "original-to-view2": "view1-to-view2"}
# Where LayerNorm stands: section 5.1 means those of a transformer encoder, section 6.2 names two at its input.
LAYERNORMS = ("none", "blocks", "encoder", "head")


def slfpn_loss(
    z1: torch.Tensor,
    z2: torch.Tensor,
    zo: torch.Tensor,
    predictor: Callable[[torch.Tensor], torch.Tensor],
    reading: str = "original-to-view2",
    normalise: bool = False,
    permuted: bool = False,
    stop_gradient: bool = True,
    original: bool = True,
    middle: str = "view1",
    weights: Sequence[float] = (1, 1, 1),
) -> torch.Tensor:
    """Equations 1 and 2: MSE(z1, z2) + MSE(z1, zo) + MSE(p(source), sg(target)), each a mean over B and d, times its weight.

    z1, z2, zo: (B, d) projections of the two views and of the original. ``reading`` names source and target, ``middle`` the
    view of the second term ("view2": MSE(z2, zo));
    ``normalise`` compares l2-normalised outputs; ``permuted`` swaps the roles of zo and z1 ("perm", section 7).
    Without ``stop_gradient`` the target moves too; without ``original`` the second term is left out and the other
    view takes the original's place in the third. The paper found that ``weights`` change little (section 5.1).
    """
    if permuted:
        z1, zo = zo, z1
    if not original:
        reading = WITHOUT_ORIGINAL.get(reading, reading)
    source, target = READINGS[reading](z1, z2, zo)
    p, target = predictor(source), target.detach() if stop_gradient else target
    if normalise:
        z1, z2, zo, p, target = (F.normalize(v, dim=1) for v in (z1, z2, zo, p, target))
    pairs = [(z1, z2), (z2 if middle == "view2" else z1, zo), (p, target)] if original else [(z1, z2), (p, target)]
    terms = weights if original else (weights[0], weights[2])
    return reduce(operator.add, (w * F.mse_loss(a, b) for w, (a, b) in zip(terms, pairs, strict=True)))


def without_layernorm(module: nn.Module) -> None:
    """Replace every LayerNorm inside ``module`` by nothing, in place."""
    for path, part in list(module.named_modules()):
        if isinstance(part, nn.LayerNorm):
            parent, _, name = path.rpartition(".")
            setattr(module.get_submodule(parent), name, nn.Identity())


class SLFPN(Projected):
    """SL-FPN around an encoder: projection width -> width -> 128, predictor 128 -> hidden -> 128.

    Options are the readings that the paper's text allows, the switches of section 7 (``slfpn_loss``; ``predictor=False``
    leaves it out) and, for the heads' hidden layers, ``batchnorm``, on which the text is silent. ``layernorm`` says where
    LayerNorm stands: "encoder" (all that the encoder has), "blocks" (not the two at its input), "head" (also in the
    heads' hidden layers) or "none". Raises SignError for an unknown reading or place, and for the original's role
    permuted where there is no original.
    """

    def __init__(
        self, encoder, classes=0, *, projection=128, hidden=64, batchnorm=True, layernorm="encoder", predictor=True, stop_gradient=True,
        original=True, reading="original-to-view2", middle="view1", normalise=False, permuted=False,
        weights=(1, 1, 1),
    ):  # fmt: skip
        if reading not in READINGS:
            raise SignError(f"reading {reading!r} of equation 2 is unknown; there are {', '.join(READINGS)}")
        if layernorm not in LAYERNORMS:
            raise SignError(f"layernorm {layernorm!r} is unknown; there are {', '.join(LAYERNORMS)}")
        if middle not in ("view1", "view2"):
            raise SignError(f"middle {middle!r}: the second term of equation 2 compares the original with view1 or view2")
        if len(weights) != 3 or min(weights) < 0:
            raise SignError(f"weights {weights!r}: equation 2 has three terms, each with a weight of at least 0")
        if permuted and not original:
            raise SignError("permuted swaps the original with a view: it needs original=True")
        if layernorm == "none":
            without_layernorm(encoder)
        elif layernorm == "blocks":
            without_layernorm(encoder.embed)
        super().__init__(encoder, projection, batchnorm, layernorm == "head")
        self.predictor = perceptron(projection, hidden, projection, batchnorm, layernorm == "head") if predictor else nn.Identity()
        self.options = {
            "reading": reading,
            "normalise": normalise,
            "permuted": permuted,
            "stop_gradient": stop_gradient,
            "original": original,
            "middle": middle,
            "weights": tuple(weights),
        }

    def loss(self, original, view1, view2, valid, labels) -> torch.Tensor:
        """Scalar loss of a batch of clips (B, T, J, C) and two views of them; labels are not looked at."""
        views = (view1, view2, original) if self.options["original"] else (view1, view2)
        z1, z2, *rest = self.project(valid, *views)
        return slfpn_loss(z1, z2, rest[0] if rest else z2, self.predictor, **self.options)
