"""Does pretraining pay? SL-FPN against the controls that a frozen representation must beat."""

import pandas as pd

from sslslr.clips.signs import Signs
from sslslr.learning.grid import side_by_side
from sslslr.learning.training import Run
from sslslr.measures.statistics import summarise
from sslslr.profiles import Profile
from sslslr.studies import comparison, evaluation
from sslslr.studies.comparison import RANDOM, SUPERVISED
from sslslr.studies.corpora import repeats, split
from sslslr.studies.evaluation import HANDMADE

CHANCE = "chance"
NO_VIEWS, BOUNDARY = "SL-FPN, dropout only", "SL-FPN, boundary views"
MODELS = (HANDMADE, RANDOM, NO_VIEWS, BOUNDARY, SUPERVISED)
TUNED = ("slfpn", "supervised")


def run_of(model: str, profile: Profile, repeat: int, rates: dict[str, float]) -> Run:
    """The run behind a row of the table; the same as in the comparison of methods. Hand-made features need none."""
    if model in (NO_VIEWS, BOUNDARY):
        return comparison.run_of("slfpn", "none" if model == NO_VIEWS else "boundary", profile, repeat, rates)
    return comparison.control_of(model, profile, repeat, rates)


def study(
    profile: Profile, corpora: dict[str, Signs], rates: dict[str, float], workers: int = 0, models: tuple[str, ...] = MODELS
) -> pd.DataFrame:
    """All models on all corpora, repeated as the profile says: a row each with its accuracies (0 to 1)."""
    parts = {(c, r): split(signs, profile, r) for c, signs in corpora.items() for r in repeats(signs, profile)}
    places = [(c, r, m) for c, r in parts for m in models]
    jobs = [(run_of(m, profile, r, rates), parts[c, r][0], m) for c, r, m in places]
    rows = side_by_side(evaluation.evaluate, jobs, workers, title="SL-FPN and its controls")
    head = [{"corpus": c, "kind": corpora[c].kind, "protocol": parts[c, r][1], "repeat": r, "model": m} for c, r, m in places]
    return pd.DataFrame([h | row for h, row in zip(head, rows, strict=True)])


def table(rows: pd.DataFrame, value: str = "linear_standardised_top1", by: tuple[str, ...] = ("corpus", "model")) -> pd.DataFrame:
    """Mean and 95 % interval over repeats of one accuracy for each group of ``by``, with chance, n and the protocol."""
    by = list(by)
    out = summarise(rows, by, value)
    about = rows.groupby(by, sort=False).agg(
        kind=("kind", "first"), protocol=("protocol", "first"), classes=("classes", "first"), test_clips=("test_clips", "sum"),
        raw=("linear_raw_top1", "mean"), top5=("linear_standardised_top5", "mean"), knn=("knn_raw_top1", "mean"), rank=("rank", "mean"), std=("std", "mean"),
    )  # fmt: skip
    out = out.merge(about.reset_index(), on=by)
    return out.assign(chance=1 / out["classes"])
