"""What else a pretrained encoder is good for: another sign language (Table 2), and few labels (Table 3)."""

from collections.abc import Iterator
from itertools import product

import pandas as pd

from sslslr.clips.signs import Signs
from sslslr.learning.training import Run
from sslslr.measures.statistics import summarise
from sslslr.profiles import Profile
from sslslr.studies import evaluation
from sslslr.studies.comparison import METHODS, RANDOM, SUPERVISED, TITLES, control_of, run_of
from sslslr.studies.corpora import cells, held_out, repeats, split
from sslslr.studies.evaluation import HANDMADE
from sslslr.studies.jobs import Job

LARGE, SMALL = ("lsfb-like", "asl-citizen-like"), ("gsl-like", "lsa-like")
SHARES = (0.01, 0.05, 0.1, 0.3, 1.0)
TRAINED_SHARES = (0.1, 0.3)  # at which the supervised control is trained anew
SUPERVISED_THERE = "supervised on the target"


def _models(profile: Profile, repeat: int, views: str) -> Iterator[tuple[str, Run]]:
    yield from ((c, control_of(c, profile, repeat)) for c in (HANDMADE, RANDOM))
    yield from ((TITLES[m], run_of(m, views, profile, repeat)) for m in METHODS)


def transfer_jobs(profile: Profile, corpora: dict[str, Signs], views: str = "boundary") -> list[Job]:
    """Table 2: encoders pretrained on each large corpus, frozen, probed on each small one: top-1 and top-5.

    Controls: hand-made features and a random encoder; the encoder trained on the source's labels; and, as a ceiling, the
    one trained on the target's. None where the data set has no two corpora.
    """
    out = []
    for source, target in product((c for c in LARGE if c in corpora), [c for c in SMALL if c in corpora]):
        for repeat in repeats(corpora[target], profile):
            here, there = (split(corpora[c], profile, repeat)[0] for c in (source, target))
            asked = [(m, run, here) for m, run in _models(profile, repeat, views)]
            supervised = control_of(SUPERVISED, profile, repeat)
            asked += [(SUPERVISED, supervised, here), (SUPERVISED_THERE, supervised, there)]
            place = {"source": source, "target": target, "repeat": repeat} | held_out(corpora[target], there, profile, repeat)
            out += [Job(evaluation.transfer, run, on, (m, there), place | {"model": m, "views": views}) for m, run, on in asked]
    return out


def few_label_jobs(profile: Profile, corpora: dict[str, Signs], views: str = "boundary", draws: int = 3) -> list[Job]:
    """Table 3: frozen features probed with each share of the labels, ``draws`` stratified draws of them.

    The supervised control is trained anew on the labels of one draw, for as many steps as on all of them.
    """
    frozen, trained = [], []
    for place, parts in cells(profile, corpora):
        repeat = place["repeat"]
        for model, run in _models(profile, repeat, views):
            frozen.append(Job(evaluation.few_labels, run, parts, (model, SHARES, draws), place | {"model": model}))
        for share in (*TRAINED_SHARES, 1.0):
            part = parts if share == 1 else evaluation.with_labels(parts, share, seed=repeat)
            run = evaluation.as_many_steps(control_of(SUPERVISED, profile, repeat), part, parts)
            about = {"model": SUPERVISED, "share": share, "labels": int((part.split == "train").sum())}
            trained.append(Job(evaluation.evaluate, run, part, (SUPERVISED,), place | about))
    return frozen + trained


def few_label_rows(jobs: list[Job], answers: list[dict]) -> pd.DataFrame:
    """A row for each model, corpus, repeat and share: ``top1`` (0 to 1), the mean over ``draws``, and ``labels``, their number."""
    out = []
    for job, row in zip(jobs, answers, strict=True):
        if job.task is evaluation.evaluate:
            out.append(job.place | {"top1": row["linear_standardised_top1"], "draws": 1})
            continue
        for share in SHARES:
            hits = row[str(share)]
            about = {"share": share, "labels": row["labels"][str(share)], "top1": sum(hits) / len(hits), "draws": len(hits)}
            out.append(job.place | about)
    return pd.DataFrame(out)


def table(rows: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Mean and 95 % interval of ``top1`` over repeats for each group of ``by``."""
    return summarise(rows, by, "top1")
