"""Views of a batch of clips, by name. ``VIEWS`` is the one place that knows them all: no module registers itself.

A view is a function (x (B, T, J, C), lengths (B,), generator, alpha, beta) -> a new x; the original is left alone, padding and
what is missing stay. ``order`` shuffles frames (the paper's boundary permutation), ``degradations`` spoils them otherwise,
``place`` moves landmarks (the paper's classical views), ``strong`` composes more of that, with and without the permutation.
"""

from dataclasses import dataclass

import torch

from sslslr.clips import boundaries
from sslslr.errors import SignError
from sslslr.views import masked, place, strong
from sslslr.views.degradations import DEGRADATIONS
from sslslr.views.order import boundary, none, permutation, whole

VERSION = "view sets 2"

__all__ = ["ENDS", "PAIRS", "VIEWS", "ViewConfig", "boundary", "none", "permutation", "whole"]

ENDS = ("fixed", "estimated", "true")


@dataclass(frozen=True)
class ViewConfig:
    """Which view set, and how much of each end the boundary augmentation permutes (fractions of the valid frames).

    ``ends`` "fixed": alpha and beta for all clips; "estimated" or "true": what lies outside of each clip's own stroke
    (``sslslr.clips.boundaries``), whatever alpha and beta say.
    """

    name: str = "boundary"
    alpha: float = 1 / 3
    beta: float = 1 / 4
    ends: str = "fixed"

    def __post_init__(self):
        if self.name not in VIEWS:
            raise SignError(f"views {self.name!r} are unknown; there are {', '.join(VIEWS)}")
        if not (0 <= self.alpha <= 1 and 0 <= self.beta <= 1 and self.alpha + self.beta <= 1 + 1e-9):
            raise SignError(f"alpha={self.alpha:.3g}, beta={self.beta:.3g}: fractions of a clip's frames, together at most 1")
        if self.ends not in ENDS:
            raise SignError(f"ends {self.ends!r} are unknown; there are {', '.join(ENDS)}")

    def of(self, signs) -> tuple[torch.Tensor, torch.Tensor]:
        """alpha and beta of each clip of ``signs``: two (N,) tensors."""
        if self.ends == "fixed":
            return torch.full((len(signs),), self.alpha, dtype=torch.float64), torch.full((len(signs),), self.beta, dtype=torch.float64)
        alpha, beta = (torch.as_tensor(e, dtype=torch.float64) for e in boundaries.ends(signs, self.ends))
        return alpha, torch.minimum(beta, 1 - alpha)

    def view(self, x: torch.Tensor, lengths: torch.Tensor, generator: torch.Generator | None = None, alpha=None, beta=None) -> torch.Tensor:
        """One random view of x (B, T, J, C) with valid ``lengths`` (B,); alpha and beta as ``of`` gives them."""
        return VIEWS[self.name](x, lengths, generator, *self._shares(alpha, beta))

    def pair(
        self, x: torch.Tensor, lengths: torch.Tensor, generator: torch.Generator | None = None, alpha=None, beta=None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Two random views of x: drawn one by one, but for the view sets in ``PAIRS``, which draw them together."""
        if self.name in PAIRS:
            return PAIRS[self.name](x, lengths, generator, *self._shares(alpha, beta))
        return self.view(x, lengths, generator, alpha, beta), self.view(x, lengths, generator, alpha, beta)

    def _shares(self, alpha, beta) -> tuple:
        return self.alpha if alpha is None else alpha, self.beta if beta is None else beta


VIEWS = {
    "boundary": boundary,
    "classical": place.classical,
    "none": none,
    "whole": whole,
    "warp": place.warp,
    "strong": strong.strong,
    "strong_boundary": strong.strong_boundary,
    "strong_masked": masked.strong_masked,
} | DEGRADATIONS
PAIRS = {"classical": place.classical_pair}
