"""A recipe that works? Candidates for SL-FPN+ judged on validation signers, the chosen one on test signers against its controls."""

from dataclasses import dataclass, field, replace

import pandas as pd

from sslslr.profiles import Profile
from sslslr.runs import side_by_side
from sslslr.signs import Signs
from sslslr.studies import comparison, evaluation
from sslslr.studies.comparison import RANDOM, SUPERVISED
from sslslr.studies.corpora import base_run, repeats, split
from sslslr.studies.evaluation import HANDMADE, spread, with_labels
from sslslr.studies.statistics import interval
from sslslr.training import Run
from sslslr.views import ViewConfig

PLUS, PLAIN = "SL-FPN+", "SL-FPN"
TEN = "supervised, 10 % of the labels"
VALUE = "linear_standardised_top1"


@dataclass(frozen=True)
class Candidate:
    """One change to SL-FPN: the method and its options, the views, and factors on the profile's epochs and batch and on the rate."""

    method: str = "slfpn_plus"
    options: dict = field(default_factory=dict)
    views: ViewConfig = ViewConfig("composed")
    epochs: float = 1
    batch: float = 1
    rate: float = 1

    def run(self, profile: Profile, repeat: int, rates: dict[str, float]) -> Run:
        """Its run; the rate is the one chosen for SL-FPN, or for the method itself where it has one, times the factor."""
        rate = rates.get(self.method, rates["slfpn"]) * self.rate
        sizes = {"epochs": round(profile.epochs * self.epochs), "batch": round(profile.batch * self.batch)}
        return base_run(profile, repeat, rate, method=self.method, options=self.options, views=self.views, **sizes)


def plus(**changes) -> Candidate:
    """SL-FPN+ as chosen (``RECIPE``) with other options; ``changes`` named after fields of Candidate change those."""
    named = {k: changes.pop(k) for k in ("views", "epochs", "batch", "rate") if k in changes}
    return replace(RECIPE, options=RECIPE.options | changes, **named)


SPREAD = {"variance": 1.0, "covariance": 0.04}  # VICReg's proportions, 25 : 25 : 1
RECIPE = Candidate(options=SPREAD)

# Every candidate that was tried, in the open: notebook 15 reports each of them.
CANDIDATES = {
    "SL-FPN": Candidate("slfpn"),
    "SL-FPN, boundary views": Candidate("slfpn", views=ViewConfig("boundary")),
    "SL-FPN, l2-normalised": Candidate("slfpn", {"normalise": True}),
    "stop-gradient in terms (i), (ii)": Candidate(options={"variance": 0.0, "covariance": 0.0, "still": True}),
    "output BatchNorm": Candidate(options={"variance": 0.0, "covariance": 0.0, "output_batchnorm": True}),
    "a second original": Candidate(options={"variance": 0.0, "covariance": 0.0, "second_original": True}),
    "variance alone": Candidate(options={"variance": 1.0, "covariance": 0.0}),
    "variance + covariance": Candidate(options=SPREAD),
    "variance + covariance x 25": Candidate(options={"variance": 1.0, "covariance": 1.0}),
    "variance + covariance, boundary views": Candidate(options=SPREAD, views=ViewConfig("boundary")),
    "variance + covariance, no permutation": Candidate(options=SPREAD, views=ViewConfig("composed", 0, 0)),
    "variance + covariance, features too": Candidate(options=SPREAD | {"on_features": True}),
    "variance + covariance, stop-gradients": Candidate(options=SPREAD | {"still": True}),
    "variance + covariance, second original": Candidate(options=SPREAD | {"second_original": True}),
    "output BatchNorm + covariance": Candidate(options={"variance": 0.0, "covariance": 0.04, "output_batchnorm": True}),
    "output BatchNorm + covariance x 25": Candidate(options={"variance": 0.0, "covariance": 1.0, "output_batchnorm": True}),
    "variance + covariance, batch x 4": Candidate(options=SPREAD, batch=4),
    "variance + covariance, rate x 3": Candidate(options=SPREAD, rate=3),
    "variance + covariance, 4 times as long": Candidate(options=SPREAD, epochs=4),
    "variance + covariance x 25, 4 times as long": Candidate(options={"variance": 1.0, "covariance": 1.0}, epochs=4),
    "variance + covariance x 25, no permutation, 4 times as long": Candidate(
        options={"variance": 1.0, "covariance": 1.0}, views=ViewConfig("composed", 0, 0), epochs=4
    ),
    "SL-FPN, 4 times as long": Candidate("slfpn", epochs=4),
    "SimCLR": Candidate("simclr"),
    "SimCLR, no permutation": Candidate("simclr", views=ViewConfig("composed", 0, 0)),
    "SimCLR, 4 times as long": Candidate("simclr", epochs=4),
    "random encoder": Candidate("slfpn", epochs=0),
}


def search(
    profile: Profile, corpora: dict[str, Signs], rates: dict[str, float], names=tuple(CANDIDATES), seeds: int = 2, workers: int = 0
) -> pd.DataFrame:
    """The candidates ``names`` on *validation* signers of the first ``seeds`` repeats: a row a run. No test signer is looked at."""
    cells, jobs = [], []
    for corpus, signs in corpora.items():
        for repeat in range(min(seeds, len(repeats(signs, profile)))):
            parts, _ = split(signs, profile, repeat)
            for name in names:
                cells.append({"corpus": corpus, "kind": signs.kind, "repeat": repeat, "candidate": name, "validation_clips": len(parts.part("val"))})
                jobs.append((CANDIDATES[name].run(profile, repeat, rates), parts, "", "val"))
    rows = side_by_side(evaluation.evaluate, jobs, workers, title="candidates")
    return pd.DataFrame([cell | row for cell, row in zip(cells, rows, strict=True)])
