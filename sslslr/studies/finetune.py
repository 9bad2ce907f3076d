"""Fine-tuning (sections 6.2 and 6.4): does a pretrained start beat training from scratch, and with how many labels?"""

from itertools import product

import numpy as np
import pandas as pd
import torch

from sslslr.clips.signs import Signs
from sslslr.clips.splits import fraction
from sslslr.learning import finetuning
from sslslr.learning.finetuning import Ramp, Tuning
from sslslr.learning.store import key
from sslslr.learning.training import Run
from sslslr.measures import metrics
from sslslr.measures.statistics import claims, summarise
from sslslr.methods.encoder import EncoderConfig
from sslslr.methods.precision import resolve
from sslslr.profiles import Profile
from sslslr.studies import comparison, evaluation, recipe
from sslslr.studies.comparison import RANDOM
from sslslr.studies.corpora import cells, split
from sslslr.studies.evaluation import kept
from sslslr.studies.jobs import Job, rows

VERSION = "fine-tuned answers 1"

SCRATCH, PAPER, SIMCLR, PLUS = "from scratch", "SL-FPN, boundary views", "SimCLR, strong views", "SL-FPN+"
ARMS = (SCRATCH, PAPER, SIMCLR, PLUS)
FIVE = {f"{title}, boundary views": method for method, title in comparison.TITLES.items()}  # the paper's Table 3
FIVE_SHARE = 0.3
POOL = "mean"  # the classifier reads the mean of the frames' tokens; the paper does not say
FROZEN = "frozen"


def pretraining(arm: str, profile: Profile, repeat: int) -> Run | None:
    """The run that an arm starts from, the same as in notebooks 06 and 15; None for training from scratch."""
    if arm == SCRATCH:
        return None
    if arm == PLUS:
        return recipe.RECIPE.run(profile, repeat)
    method, views = ("simclr", "strong") if arm == SIMCLR else (FIVE[arm], "boundary")
    return comparison.run_of(method, views, profile, repeat)


def tuning_of(
    profile: Profile, signs: Signs, repeat: int, start: Run | None, rate: float, share: float = 1.0, choose: str = "last"
) -> Tuning:
    """The fine-tuning of one cell. All arms share everything but ``start`` and their own rate: seed, labels, steps, batch, schedule."""
    encoder = EncoderConfig(**profile.encoder | {"pool": POOL})
    return Tuning(
        encoder=encoder, optimiser=Ramp(rate=rate), epochs=profile.finetune["epochs"], batch=profile.batch, seed=repeat,
        precision=resolve(profile.precision), start=key(start.fitted(signs), signs) if start else "", share=share, choose=choose,
    )  # fmt: skip


def evaluate(tuning: Tuning, signs: Signs, start: Run | None = None, part: str = "test") -> dict:
    """Fine-tune if need be; accuracies and retrieval measures (0 to 1) of ``sslslr.measures.metrics`` on ``part``, number of clips and of labels.

    With part "val" a fine-tuning that diverges scores 0, so that its rate is not chosen.
    """

    def answer() -> dict:
        clips, train = signs.part(part), signs.part("train")
        used = {"clips": len(clips), "glosses": len(signs.glosses), "labels": len(fraction(train.labels, tuning.share, seed=tuning.seed))}
        try:
            found = finetuning.fetch(tuning, signs, start)
        except finetuning.Diverged:
            if part == "test":
                raise
            return {"top1": 0.0, "diverged": True} | used
        module = found.module.to("cuda" if torch.cuda.is_available() else "cpu")
        ranks = metrics.ranks(finetuning.scores(module, clips), clips.labels)
        return metrics.recognition(ranks, clips.labels) | metrics.retrieval(ranks) | used

    return kept(tuning, signs, {"fine-tuned": part}, answer, metrics, evaluate)


def searched(profile: Profile, corpora: dict[str, Signs]) -> dict[str, Signs]:
    """The corpora to fine-tune on: a real data set, or of the synthetic ones those that the profile tunes on."""
    return recipe.searched(profile, corpora)


def shares_of(profile: Profile, corpora: dict[str, Signs], only_table6: bool = False) -> tuple[float, ...]:
    """The shares of the labels for this kind of data, all of them the last; for Table 6 alone, all."""
    return (1.0,) if only_table6 else tuple(sorted(profile.finetune["shares"][next(iter(corpora.values())).kind]))


def arms_of(only_table6: bool = False) -> tuple[str, ...]:
    """The arms that are compared; for Table 6 alone, the paper's SL-FPN and from scratch."""
    return (SCRATCH, PAPER) if only_table6 else ARMS


def rate_jobs(
    profile: Profile, corpora: dict[str, Signs], choose: str = "last", only_table6: bool = False, arms=(), shares=()
) -> list[Job]:
    """Every arm at every share of the labels and every rate of ``profile.finetune``, on *validation* signers of repeat 0.

    The same grid for every arm and share, so the same budget. ``arms`` and ``shares`` in place of those of Table 6's study.
    """
    corpora, out = searched(profile, corpora), []
    arms, shares = arms or arms_of(only_table6), shares or shares_of(profile, corpora, only_table6)
    for (corpus, signs), arm, share, rate in product(corpora.items(), arms, shares, profile.finetune["rates"]):
        parts, start = split(signs, profile, 0)[0], pretraining(arm, profile, 0)
        place = {"corpus": corpus, "model": arm, "share": share, "rate": rate}
        out.append(Job(evaluate, tuning_of(profile, parts, 0, start, rate, share, choose), parts, (start, "val"), place))
    return out


def rate_rows(jobs: list[Job], answers: list[dict]) -> pd.DataFrame:
    """A row an arm, share and rate: ``accuracy``, top-1 (0 to 1) on validation signers, and whether it ``diverged``."""
    return rows(jobs, [{"accuracy": a["top1"], "diverged": a.get("diverged", False)} for a in answers])


def best(rows: pd.DataFrame) -> dict[tuple[str, float], float]:
    """The rate of each arm and share: the best mean accuracy over corpora in ``rate_rows``, the lower one of equals."""
    mean = rows.groupby(["model", "share", "rate"])["accuracy"].mean()
    return {group: float(mean[group].sort_index().idxmax()) for group in {index[:2] for index in mean.index}}


def jobs(
    profile: Profile,
    corpora: dict[str, Signs],
    chosen: dict[tuple[str, float], float],
    choose: str = "last",
    seeds: int = 1,
    only_table6: bool = False,
    arms=(),
    shares=(),
) -> list[Job]:
    """Every arm at every share on every repeat (seed and held-out signers): measures (0 to 1) on *test* signers."""
    profile, corpora, out = recipe.sized(profile, seeds), searched(profile, corpora), []
    arms, shares = arms or arms_of(only_table6), shares or shares_of(profile, corpora, only_table6)
    for place, parts in cells(profile, corpora):
        for arm, share in product(arms, shares):
            start, rate = pretraining(arm, profile, place["repeat"]), chosen[arm, share]
            tuning = tuning_of(profile, parts, place["repeat"], start, rate, share, choose)
            out.append(Job(evaluate, tuning, parts, (start,), place | {"model": arm, "share": share, "rate": rate}))
    return out


def five_rate_jobs(profile: Profile, corpora: dict[str, Signs]) -> list[Job]:
    """Table 3 as the paper has it, fine-tuned with 30 % of the labels: the rates of the five methods' encoders and of none, as ``rate_jobs``."""
    return rate_jobs(profile, corpora, arms=(SCRATCH, *FIVE), shares=(FIVE_SHARE,))


def five_jobs(profile: Profile, corpora: dict[str, Signs], chosen: dict[tuple[str, float], float]) -> list[Job]:
    """Table 3 as the paper has it: as ``jobs``, at the rates ``chosen``."""
    return jobs(profile, corpora, chosen, arms=(SCRATCH, *FIVE), shares=(FIVE_SHARE,))


def frozen_jobs(profile: Profile, corpora: dict[str, Signs], seeds: int = 1, only_table6: bool = False, draws: int = 3) -> list[Job]:
    """Control: the encoders that the arms start from, frozen, a linear probe on the same shares.

    From scratch starts from a random encoder. These read the encoder's output as pretraining had it.
    """
    profile, corpora, out = recipe.sized(profile, seeds), searched(profile, corpora), []
    shares = shares_of(profile, corpora, only_table6)
    for place, parts in cells(profile, corpora, ("corpus", "kind", "repeat", "group")):
        for arm in arms_of(only_table6):
            start = pretraining(arm, profile, place["repeat"]) or comparison.control_of(RANDOM, profile, place["repeat"])
            about = {"model": f"{RANDOM if arm == SCRATCH else arm}, {FROZEN}"}
            out.append(Job(evaluation.few_labels, start, parts, ("", shares, draws), place | about))
    return out


def frozen_rows(jobs: list[Job], answers: list[dict]) -> pd.DataFrame:
    """A row a frozen encoder and share: ``top1`` (0 to 1), the mean over its draws, and the number of ``labels``."""
    found = [(job, share, row) for job, row in zip(jobs, answers, strict=True) for share in job.rest[1]]
    return pd.DataFrame([j.place | {"share": s, "top1": np.mean(row[str(s)]), "labels": row["labels"][str(s)]} for j, s, row in found])


def over_seeds(rows: pd.DataFrame) -> pd.DataFrame:
    """Means over the seeds of each group of held-out signers, arm and share: the unit of every interval of this study."""
    return recipe.over_seeds(rows, "model", "share")


def table(rows: pd.DataFrame, value: str = "top1") -> pd.DataFrame:
    """Mean and 95 % interval of ``value`` for each corpus, model and share, with the mean number of labels: over groups of
    held-out signers, means over the seeds of each first (``recipe.over_seeds``)."""
    by, rows = ["corpus", "model", "share"], over_seeds(rows)
    return summarise(rows, by, value).merge(rows.groupby(by, sort=False)["labels"].mean().round().reset_index(), on=by)


def differences(rows: pd.DataFrame, value: str = "top1") -> pd.DataFrame:
    """Each pretrained arm minus from scratch, by corpus and share, paired over groups of held-out signers (same seeds,
    signers and labels; seeds averaged first); Holm over all."""
    rows = over_seeds(rows)
    cells = rows[["corpus", "share"]].drop_duplicates().to_dict("records")
    pairs = [cell | {"a": arm, "b": SCRATCH} for cell in cells for arm in rows["model"].unique() if arm != SCRATCH]
    return claims(rows, pairs, column="model", over=["repeat"], value=value)
