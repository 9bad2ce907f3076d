"""Five methods under the same conditions, with their controls (Tables 1 to 3)."""

import pandas as pd

from sslslr.clips.signs import Signs
from sslslr.learning.grid import side_by_side
from sslslr.learning.training import Run
from sslslr.profiles import Profile
from sslslr.studies import evaluation
from sslslr.studies.corpora import base_run, repeats, split
from sslslr.studies.evaluation import HANDMADE
from sslslr.views import ViewConfig

TITLES = {"simclr": "SimCLR", "moco": "MoCo v2", "simsiam": "SimSiam", "byol": "BYOL", "slfpn": "SL-FPN"}
METHODS = tuple(TITLES)
VIEW_SETS = ("boundary", "classical", "composed")
WITHOUT = ("simclr", "slfpn")  # trained with no views but dropout too: the control of the views
RANDOM, SUPERVISED = "random encoder", "supervised from scratch"
CONTROLS = (HANDMADE, RANDOM, SUPERVISED)


def run_of(method: str, views: str | ViewConfig, profile: Profile, repeat: int, rates: dict[str, float], **settings) -> Run:
    """The run of a method with a view set; ``rates`` as ``rates`` chose them. All else is the same for every method."""
    views = ViewConfig(views) if isinstance(views, str) else views
    return base_run(profile, repeat, rates[method], method=method, views=views, **settings)


def control_of(control: str, profile: Profile, repeat: int, rates: dict[str, float]) -> Run:
    """The run behind a control. Hand-made features need none: they ride with the random encoder's."""
    if control == SUPERVISED:
        return run_of("supervised", "none", profile, repeat, rates, epochs=profile.supervised_epochs)
    return base_run(profile, repeat, epochs=0)


def rate_study(profile: Profile, corpora: dict[str, Signs], workers: int = 0, methods=(*METHODS, "supervised")) -> pd.DataFrame:
    """Every method at every rate of the profile's grid: linear accuracy on *validation* signers, repeat 0; a row each.

    Corpora and view sets are the profile's; a real data set chooses on itself. Supervised training has no views.
    """
    names = [c for c in profile.rates["corpora"] if c in corpora] or list(corpora)
    parts = {c: split(corpora[c], profile, 0)[0] for c in names}
    places = [
        {"corpus": c, "method": m, "views": v, "rate": rate}
        for c in names
        for m in methods
        for v in (["none"] if m == "supervised" else profile.rates["views"])
        for rate in profile.rates["grid"]
    ]
    jobs = []
    for p in places:
        epochs = {"epochs": profile.supervised_epochs} if p["method"] == "supervised" else {}
        run = run_of(p["method"], p["views"], profile, 0, {p["method"]: p["rate"]}, **epochs)
        jobs.append((run, parts[p["corpus"]], "", "val"))
    rows = side_by_side(evaluation.evaluate, jobs, workers, title="learning rates")
    return pd.DataFrame([p | {"accuracy": r["linear_standardised_top1"]} for p, r in zip(places, rows, strict=True)])


def rates(profile: Profile, corpora: dict[str, Signs], workers: int = 0, methods=(*METHODS, "supervised")) -> dict[str, float]:
    """The rate of each method: the best mean accuracy on validation signers, the lower one of equals."""
    mean = rate_study(profile, corpora, workers, methods).groupby(["method", "rate"])["accuracy"].mean()
    return {m: float(mean[m].sort_index().idxmax()) for m in methods}


def grid(
    profile: Profile, corpora: dict[str, Signs], chosen: dict[str, float], views=VIEW_SETS, methods=METHODS
) -> list[tuple[dict, Run, Signs]]:
    """Cells of Table 1: every method with every view set, and the controls, on every corpus and repeat: (head, run, signs)."""
    cells = []
    for corpus, signs in corpora.items():
        for repeat in repeats(signs, profile):
            parts, protocol = split(signs, profile, repeat)
            head = {"corpus": corpus, "kind": signs.kind, "protocol": protocol, "repeat": repeat}
            for control in CONTROLS:
                cells.append((head | {"model": control, "views": "control"}, control_of(control, profile, repeat, chosen), parts))
            for method in methods:
                for view in (*views, "none") if method in WITHOUT else views:
                    cells.append((head | {"model": TITLES[method], "views": view}, run_of(method, view, profile, repeat, chosen), parts))
    return cells


def study(
    profile: Profile, corpora: dict[str, Signs], chosen: dict[str, float], workers: int = 0, views=VIEW_SETS, methods=METHODS
) -> pd.DataFrame:
    """Table 1, a row a run: head of the cell and accuracies (0 to 1) on the test split."""
    cells = grid(profile, corpora, chosen, views, methods)
    jobs = [(run, parts, head["model"]) for head, run, parts in cells]
    rows = side_by_side(evaluation.evaluate, jobs, workers, title="five methods")
    return pd.DataFrame([head | row for (head, _, _), row in zip(cells, rows, strict=True)])
