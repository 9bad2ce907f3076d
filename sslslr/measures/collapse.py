"""Is the representation alive? Measures that fall when it collapses (sections 5.1 and 7)."""

import torch
import torch.nn.functional as F

VERSION = "collapse measures 1"


def output_std(z: torch.Tensor) -> float:
    """Std of the l2-normalised outputs z (N, d), relative to 1/sqrt(d): near 1 if spread evenly, 0 if collapsed.

    SimSiam's measure, used for Figure 8. It stays healthy while only a few dimensions are left: read it together
    with ``effective_rank``.
    """
    return float(F.normalize(z.float(), dim=1).std(dim=0).mean() * z.shape[1] ** 0.5)


def effective_rank(z: torch.Tensor) -> float:
    """Number of dimensions that z (N, d) really uses: exp of the entropy of its singular values, 1 to min(N - 1, d).

    Centred outputs; all clips on one point (a full collapse) give 0.
    """
    z = z.double()
    values = torch.linalg.svdvals(z - z.mean(0))
    if values.sum() <= 1e-9 * max(z.norm().item(), 1e-12):
        return 0.0
    share = values / values.sum()
    return float(torch.exp(-(share * torch.log(share.clamp(min=1e-12))).sum()))


def mean_norm(z: torch.Tensor) -> float:
    """Mean length of the outputs z (N, d): it falls towards 0 when a loss is won by shrinking."""
    return float(z.float().norm(dim=1).mean())


def collapse_measures(z: torch.Tensor) -> dict[str, float]:
    """All three of z (N, d), by the names used in ``metrics.csv``."""
    return {"std": output_std(z), "rank": effective_rank(z), "norm": mean_norm(z)}
