"""What lies in an embedding: intra-class inertia (Table 5), how much of it is sign and how much signer, what a map keeps of it."""

import warnings

import numpy as np
from sklearn.manifold import trustworthiness as _trustworthiness
from sklearn.preprocessing import normalize

from sslslr.errors import SignError

VERSION = "embedding measures 1"


def _checked(x, labels) -> tuple[np.ndarray, np.ndarray]:
    x, labels = np.asarray(x, float), np.asarray(labels)
    if x.ndim != 2 or labels.shape != (len(x),) or not len(x):
        raise SignError(f"embeddings of shape {x.shape} and labels of shape {labels.shape}; expected (N, d) and (N,), N > 0")
    if not np.isfinite(x).all():
        raise SignError(f"{int((~np.isfinite(x)).any(1).sum())} of {len(x)} embeddings hold NaN or infinity")
    return x, labels


def within(x, labels) -> float:
    """Intra-class inertia: mean squared distance of x (N, d) to the centroid of its class, labels (N,) (section 6.3, Table 5)."""
    x, labels = _checked(x, labels)
    return float(np.mean(((x - centroids(x, labels)) ** 2).sum(1)))


def centroids(x: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The centroid of its own class for each row of x: (N, d)."""
    _, index = np.unique(labels, return_inverse=True)
    sums = np.zeros((index.max() + 1, x.shape[1]))
    np.add.at(sums, index, x)
    return (sums / np.bincount(index)[:, None])[index]


def inertia(x, labels) -> dict[str, float]:
    """Intra-class inertia of embeddings x (N, d), three ways: ``raw``, as the paper has it; ``unit``, of l2-normalised
    embeddings; ``relative``, raw over total inertia: 1 when classes explain nothing, 0 when they are points apart.

    ``total``: mean squared distance to the centroid of all. A collapsed embedding has raw and unit inertia 0, the best
    possible, and no relative one: NaN where the total is nothing but rounding.
    """
    x, labels = _checked(x, labels)
    total = float(np.mean(((x - x.mean(0)) ** 2).sum(1)))
    raw = within(x, labels)
    dead = total <= 1e-9 * max(float((x**2).sum(1).mean()), 1e-300)
    return {"raw": raw, "unit": within(normalize(x), labels), "total": total, "relative": np.nan if dead else raw / total}


def explained(x, labels) -> dict[str, float]:
    """Share of the variance of x (N, d) between the groups of labels (N,): ``eta2``, and ``adjusted`` for chance.

    eta2 = between-group over total sum of squares, over all dimensions together. k groups of random clips explain
    (k - 1) / (N - 1) of it; ``adjusted`` (epsilon squared) takes that out: 0 is chance on average, 1 is all, and it may be
    negative. NaN for a collapsed embedding and where every clip is a group of its own.
    """
    x, labels = _checked(x, labels)
    found, n, groups = inertia(x, labels), len(x), len(np.unique(labels))
    eta2 = 1 - found["relative"]
    adjusted = 1 - (1 - eta2) * (n - 1) / (n - groups) if n > groups else np.nan
    return {"eta2": eta2, "adjusted": adjusted}


def sign_or_signer(x, labels, signers) -> dict[str, float]:
    """Does x (N, d) group signs or signers? Variance explained (adjusted) by each alone, and by one once the other is taken out.

    ``sign``, ``signer``: adjusted eta squared of gloss and of signer. ``sign_within_signer``, ``signer_within_sign``: of
    what is left after the other's centroids are taken out (its degrees of freedom too), so that neither is counted for
    the other where not every signer shows every sign.
    """
    x, labels = _checked(x, labels)
    signers = np.asarray(signers)
    out = {"sign": explained(x, labels)["adjusted"], "signer": explained(x, signers)["adjusted"]}
    for name, group, other in (("sign_within_signer", labels, signers), ("signer_within_sign", signers, labels)):
        rest = x - centroids(x, other)
        out[name] = _adjusted_within(rest, group, len(np.unique(other))) if np.isfinite(out["sign"]) else np.nan
    return out


def _adjusted_within(rest: np.ndarray, group: np.ndarray, taken: int) -> float:
    """Adjusted share of ``rest`` that ``group`` explains, ``taken`` degrees of freedom being spent before."""
    total = (rest**2).sum()
    left = ((rest - centroids(rest, group)) ** 2).sum()
    free, groups = len(rest) - taken, len(np.unique(group))
    if total <= 0 or free <= groups:
        return np.nan
    return float(1 - left / (free - groups + 1) / (total / free))


def collapsed(x, seed: int = 0, size: float = 1e-3) -> np.ndarray:
    """A dead encoder's embeddings, the size of x (N, d): one point, the mean of x, and rounding-sized noise around it.

    The control row of Table 5. ``size``: std of the noise relative to that of x.
    """
    x = np.asarray(x, float)
    return x.mean(0) + np.random.default_rng(seed).normal(size=x.shape) * x.std() * size


def trustworthiness(x, flat, neighbours: int = 10) -> float:
    """How many of the neighbours on a map, flat (N, 2), are neighbours in x (N, d): 1 all, about 0.5 by chance (cosine)."""
    neighbours = min(neighbours, (len(x) - 1) // 2)
    return float(_trustworthiness(np.asarray(x), np.asarray(flat), n_neighbors=neighbours, metric="cosine"))


def umap(x, seed: int = 0, neighbours: int = 15, distance: float = 0.1) -> np.ndarray:
    """UMAP of x (N, d) to (N, 2), cosine, the same settings for every panel; one thread, so that a seed decides it all."""
    import umap as library  # here: it takes a dozen seconds

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        settings = {"n_neighbors": min(neighbours, len(x) - 1), "min_dist": distance, "metric": "cosine"}
        return library.UMAP(n_components=2, random_state=seed, n_jobs=1, **settings).fit_transform(np.asarray(x, np.float32))
