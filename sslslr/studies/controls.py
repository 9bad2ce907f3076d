"""Does pretraining pay? SL-FPN against the controls that a frozen representation must beat."""

import pandas as pd

from sslslr.clips.signs import Signs
from sslslr.learning.training import Run
from sslslr.measures.statistics import summarise
from sslslr.profiles import Profile
from sslslr.studies import comparison, evaluation
from sslslr.studies.comparison import RANDOM, SUPERVISED
from sslslr.studies.corpora import cells
from sslslr.studies.evaluation import HANDMADE
from sslslr.studies.jobs import Job

CHANCE = "chance"
NO_VIEWS, BOUNDARY = "SL-FPN, dropout only", "SL-FPN, boundary views"
MODELS = (HANDMADE, RANDOM, NO_VIEWS, BOUNDARY, SUPERVISED)
TUNED = ("slfpn", "supervised")


def run_of(model: str, profile: Profile, repeat: int) -> Run:
    """The run behind a row of the table; the same as in the comparison of methods. Hand-made features need none."""
    if model in (NO_VIEWS, BOUNDARY):
        return comparison.run_of("slfpn", "none" if model == NO_VIEWS else "boundary", profile, repeat)
    return comparison.control_of(model, profile, repeat)


def jobs(profile: Profile, corpora: dict[str, Signs], models: tuple[str, ...] = MODELS) -> list[Job]:
    """All models on all corpora, repeated as the profile says: accuracies (0 to 1) on the test split."""
    return [
        Job(evaluation.evaluate, run_of(m, profile, place["repeat"]), parts, (m,), place | {"model": m})
        for place, parts in cells(profile, corpora)
        for m in models
    ]


def table(rows: pd.DataFrame, value: str = "linear_standardised_top1", by: tuple[str, ...] = ("corpus", "model")) -> pd.DataFrame:
    """Mean and 95 % interval over repeats of one accuracy for each group of ``by``, with chance, n and the protocol."""
    columns = list(by)
    out = summarise(rows, columns, value)
    about = rows.groupby(columns, sort=False).agg(
        kind=("kind", "first"), protocol=("protocol", "first"), classes=("classes", "first"), test_clips=("test_clips", "sum"),
        raw=("linear_raw_top1", "mean"), top5=("linear_standardised_top5", "mean"), knn=("knn_raw_top1", "mean"), rank=("rank", "mean"), std=("std", "mean"),
    )  # fmt: skip
    out = out.merge(about.reset_index(), on=columns)
    return out.assign(chance=1 / out["classes"])
