"""How good are frozen features? Linear probe, kNN and hand-made features to compare with (section 6.3)."""

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sslslr.clips.signs import Signs, resample

VERSION = "probes 1"

PROBES = ("linear", "knn")


def classifier(probe: str, standardise: bool, n: int):
    """The probe as a scikit-learn pipeline; its settings are fixed, so nothing is chosen on test data.

    linear: multinomial logistic regression, C = 1. knn: 10 nearest by cosine, weighted by closeness. mlp: one hidden
    layer of 128, 100 epochs (section 6.3's text says "a simple multilayer perceptron"); not in ``PROBES``. Missing
    values (hand-made features only) take the training mean.
    """
    heads = {
        "linear": LogisticRegression(C=1.0, max_iter=300, tol=1e-3),
        "knn": KNeighborsClassifier(min(10, n), metric="cosine", weights=lambda d: 1 / (d + 1e-6)),
        "mlp": MLPClassifier((128,), alpha=1e-3, max_iter=100, random_state=0),
    }
    scaler = [StandardScaler()] if standardise else []
    return make_pipeline(SimpleImputer(keep_empty_features=True), *scaler, heads[probe])


def score(probe: str, train_x, train_y, test_x, test_y, standardise: bool = True) -> dict[str, float]:
    """Train a probe on features (N, d) and labels (N,), return accuracy on the test ones: top1, top5 in 0 to 1.

    Standardised features hide a collapse (only scale is lost); raw ones show it. Report both.
    """
    model = classifier(probe, standardise, len(train_x))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(train_x, train_y)
    ranked = model.classes_[np.argsort(-model.predict_proba(test_x), axis=1, kind="stable")]
    hit = ranked == np.asarray(test_y)[:, None]
    return {"top1": float(hit[:, :1].any(1).mean()), "top5": float(hit[:, :5].any(1).mean())}


def handmade(signs: Signs, frames: int = 8) -> np.ndarray:
    """Hand-made features (N, frames x J x C): the normalised landmarks at ``frames`` moments of the clip; NaN = missing."""
    return np.stack([resample(x[:n], frames).ravel() for x, n in zip(signs.landmarks, signs.lengths, strict=True)])
