"""Five methods under the same conditions, with their controls (Tables 1 to 3)."""

from itertools import product

import pandas as pd

from sslslr.clips.signs import Signs
from sslslr.learning.training import Run
from sslslr.profiles import Profile
from sslslr.studies import evaluation
from sslslr.studies.corpora import base_run, cells, named, split
from sslslr.studies.evaluation import HANDMADE
from sslslr.studies.jobs import Job, rows
from sslslr.views import ViewConfig

TITLES = {"simclr": "SimCLR", "moco": "MoCo v2", "simsiam": "SimSiam", "byol": "BYOL", "slfpn": "SL-FPN"}
METHODS = tuple(TITLES)
VIEW_SETS = ("boundary", "classical", "composed")
WITHOUT = ("simclr", "slfpn")  # trained with no views but dropout too: the control of the views
RANDOM, SUPERVISED = "random encoder", "supervised from scratch"
CONTROLS = (HANDMADE, RANDOM, SUPERVISED)


def run_of(method: str, views: str | ViewConfig, profile: Profile, repeat: int, rates: dict[str, float], **settings) -> Run:
    """The run of a method with a view set; ``rates`` as ``best`` chose them. All else is the same for every method."""
    views = ViewConfig(views) if isinstance(views, str) else views
    return base_run(profile, repeat, rates[method], method=method, views=views, **settings)


def control_of(control: str, profile: Profile, repeat: int, rates: dict[str, float]) -> Run:
    """The run behind a control. Hand-made features need none: they ride with the random encoder's."""
    if control == SUPERVISED:
        return run_of("supervised", "none", profile, repeat, rates, epochs=profile.supervised_epochs)
    return base_run(profile, repeat, epochs=0)


def rate_jobs(profile: Profile, corpora: dict[str, Signs], methods: tuple[str, ...] = (*METHODS, "supervised")) -> list[Job]:
    """Every method at every rate of the profile's grid on *validation* signers, repeat 0.

    Corpora and view sets are the profile's; a real data set chooses on itself. Supervised training has no views.
    """
    out = []
    for (corpus, signs), method in product(named(corpora, profile.rates["corpora"]).items(), methods):
        epochs = {"epochs": profile.supervised_epochs} if method == "supervised" else {}
        for views, rate in product(["none"] if method == "supervised" else profile.rates["views"], profile.rates["grid"]):
            run = run_of(method, views, profile, 0, {method: rate}, **epochs)
            place = {"corpus": corpus, "method": method, "views": views, "rate": rate}
            out.append(Job(evaluation.evaluate, run, split(signs, profile, 0)[0], ("", "val"), place))
    return out


def rate_rows(jobs: list[Job], answers: list[dict]) -> pd.DataFrame:
    """A row a method and rate: ``accuracy`` (0 to 1), linear, on validation signers."""
    return rows(jobs, [{"accuracy": a["linear_standardised_top1"]} for a in answers])


def best(found: pd.DataFrame) -> dict[str, float]:
    """The rate of each method: the best mean accuracy on validation signers, the lower one of equals."""
    mean = found.groupby(["method", "rate"])["accuracy"].mean()
    return {m: float(mean[m].sort_index().idxmax()) for m in found["method"].unique()}


def jobs(
    profile: Profile, corpora: dict[str, Signs], rates: dict[str, float], views=VIEW_SETS, methods=METHODS, controls=CONTROLS
) -> list[Job]:
    """Table 1: every method with every view set, and the controls, on every corpus and repeat: accuracies (0 to 1) on the test split."""
    out = []
    for place, parts in cells(profile, corpora):
        runs = {(c, "control"): control_of(c, profile, place["repeat"], rates) for c in controls}
        for method in methods:
            own = (*views, "none") if method in WITHOUT else views
            runs |= {(TITLES.get(method, method), v): run_of(method, v, profile, place["repeat"], rates) for v in own}
        out += [Job(evaluation.evaluate, run, parts, (m,), place | {"model": m, "views": v}) for (m, v), run in runs.items()]
    return out
