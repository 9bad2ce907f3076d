"""What one training shows of each clip: the answer that the boundary studies keep beside a run."""

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from sslslr.clips import splits
from sslslr.clips.signs import Signs
from sslslr.learning.store import fetch, kept
from sslslr.learning.training import Run
from sslslr.measures import probes
from sslslr.studies import evaluation

VERSION = "clips observed 1"


def observe(run: Run, signs: Signs, draws: int) -> dict:
    """Train if need be, then probe: linear accuracy (standardised) on validation and test signers, and each test clip's.

    ``val``, ``test``: top-1, 0 to 1, of the probe of all training clips.  ``correct``: for each test clip the share of
    ``draws`` further probes, each of another 80 % of the training clips, that name its gloss; ``clips`` and ``labels`` say
    which clips these are.  ``seconds``: of the training. Computed once for this version of the code.
    """

    def answer() -> dict:
        train, val, test = (signs.part(p) for p in ("train", "val", "test"))
        train_x, val_x, test_x = evaluation.features(run, signs, False, train, val, test)

        def fitted(chosen):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)
                return probes.classifier("linear", True, len(chosen)).fit(train_x[chosen], train.labels[chosen])

        whole = fitted(np.arange(len(train)))
        row = {p: float((whole.predict(x) == part.labels).mean()) for p, x, part in (("val", val_x, val), ("test", test_x, test))}
        drawn = [fitted(splits.fraction(train.labels, 0.8, seed=draw)) for draw in range(draws)]
        correct = np.mean([probe.predict(test_x) == test.labels for probe in drawn], axis=0)
        made = kept(fetch(run, signs).folder / "provenance.json")
        about = {"clips": test.clips.tolist(), "labels": test.labels.tolist(), "correct": correct.round(4).tolist()}
        return row | about | {"seconds": made["seconds"]}

    return evaluation.kept(run, signs, {"observed": draws}, answer, observe)
