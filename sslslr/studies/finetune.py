"""Fine-tuning (sections 6.2 and 6.4): does a pretrained start beat training from scratch, and with how many labels?"""

from itertools import product

import pandas as pd
import torch

from sslslr.clips.signs import Signs
from sslslr.clips.splits import fraction
from sslslr.learning import finetuning
from sslslr.learning.finetuning import Ramp, Tuning
from sslslr.learning.grid import side_by_side
from sslslr.learning.store import key
from sslslr.learning.training import Run
from sslslr.measures import metrics
from sslslr.measures.statistics import claims, summarise
from sslslr.methods.encoder import EncoderConfig
from sslslr.methods.precision import resolve
from sslslr.profiles import Profile
from sslslr.studies import comparison, evaluation, recipe
from sslslr.studies.comparison import RANDOM
from sslslr.studies.corpora import group, repeats, split
from sslslr.studies.evaluation import kept

VERSION = "fine-tuned answers 1"

SCRATCH, PAPER, SIMCLR, PLUS = "from scratch", "SL-FPN, boundary views", "SimCLR, composed views", "SL-FPN+"
ARMS = (SCRATCH, PAPER, SIMCLR, PLUS)
POOL = "mean"  # the classifier reads the mean of the frames' tokens; the paper does not say
FROZEN = "frozen"


def pretraining(arm: str, profile: Profile, repeat: int, rates: dict[str, float]) -> Run | None:
    """The run that an arm starts from, the same as in notebooks 06 and 15; None for training from scratch."""
    if arm == PLUS:
        return recipe.RECIPE.run(profile, repeat, rates)
    method, views = {SCRATCH: ("", ""), PAPER: ("slfpn", "boundary"), SIMCLR: ("simclr", "composed")}[arm]
    return comparison.run_of(method, views, profile, repeat, rates) if method else None


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
    """The corpora to fine-tune on: a real data set, or of the synthetic ones those on which the profile chooses its rates."""
    return recipe.searched(profile, corpora)


def shares_of(profile: Profile, corpora: dict[str, Signs]) -> tuple[float, ...]:
    """The shares of the labels for this kind of data, all of them the last."""
    return tuple(sorted(profile.finetune["shares"][next(iter(corpora.values())).kind]))


def rate_study(
    profile: Profile,
    corpora: dict[str, Signs],
    rates: dict[str, float],
    arms=ARMS,
    shares=(1.0,),
    choose: str = "last",
    workers: int = 0,
) -> pd.DataFrame:
    """Every arm at every rate of ``profile.finetune``: top-1 (0 to 1) on *validation* signers of repeat 0; a row each.

    The same grid for every arm and share, so the same budget. ``rates``: of pretraining, as ``comparison.rates`` chose them.
    """
    parts = {c: split(signs, profile, 0)[0] for c, signs in corpora.items()}
    heads, jobs = [], []
    for corpus, arm, share, rate in product(corpora, arms, shares, profile.finetune["rates"]):
        start = pretraining(arm, profile, 0, rates)
        heads.append({"corpus": corpus, "model": arm, "share": share, "rate": rate})
        jobs.append((tuning_of(profile, parts[corpus], 0, start, rate, share, choose), parts[corpus], start, "val"))
    rows = side_by_side(evaluate, jobs, workers, title="rates of fine-tuning")
    return pd.DataFrame([h | {"accuracy": r["top1"], "diverged": r.get("diverged", False)} for h, r in zip(heads, rows, strict=True)])


def best(rows: pd.DataFrame) -> dict[tuple[str, float], float]:
    """The rate of each arm and share: the best mean accuracy over corpora in ``rate_study``, the lower one of equals."""
    mean = rows.groupby(["model", "share", "rate"])["accuracy"].mean()
    return {group: float(mean[group].sort_index().idxmax()) for group in {index[:2] for index in mean.index}}


def study(
    profile: Profile,
    corpora: dict[str, Signs],
    rates: dict[str, float],
    chosen: dict[tuple[str, float], float],
    arms=ARMS,
    shares=(1.0,),
    choose: str = "last",
    workers: int = 0,
) -> pd.DataFrame:
    """Every arm at every share on every repeat (seed and held-out signers): measures (0 to 1) on *test* signers; a row a run."""
    heads, jobs = [], []
    for corpus, signs in corpora.items():
        for repeat in repeats(signs, profile):
            parts, protocol = split(signs, profile, repeat)
            for arm, share in product(arms, shares):
                start = pretraining(arm, profile, repeat, rates)
                head = {
                    "corpus": corpus,
                    "kind": signs.kind,
                    "protocol": protocol,
                    "repeat": repeat,
                    "group": group(signs, profile, repeat),
                }
                heads.append(head | {"model": arm, "share": share})
                jobs.append((tuning_of(profile, parts, repeat, start, chosen[arm, share], share, choose), parts, start))
    rows = side_by_side(evaluate, jobs, workers, title="fine-tuning")
    return pd.DataFrame([h | {"rate": chosen[h["model"], h["share"]]} | r for h, r in zip(heads, rows, strict=True)])


def frozen(
    profile: Profile, corpora: dict[str, Signs], rates: dict[str, float], arms=ARMS, shares=(1.0,), draws: int = 3, workers: int = 0
) -> pd.DataFrame:
    """Control: the encoders that the arms start from, frozen, a linear probe on the same shares (mean of ``draws``); a row each.

    From scratch starts from a random encoder. These read the encoder's output as pretraining had it, the class token.
    """
    heads, jobs = [], []
    for corpus, signs in corpora.items():
        for repeat in repeats(signs, profile):
            parts = split(signs, profile, repeat)[0]
            head = {"corpus": corpus, "kind": signs.kind, "repeat": repeat, "group": group(signs, profile, repeat)}
            for arm in arms:
                start = pretraining(arm, profile, repeat, rates) or comparison.control_of(RANDOM, profile, repeat, rates)
                heads.append(head | {"model": f"{RANDOM if arm == SCRATCH else arm}, {FROZEN}"})
                jobs.append((start, parts, "", tuple(shares), draws))
    rows = side_by_side(evaluation.few_labels, jobs, workers, title="frozen encoders")
    cells = [(head, share, row[str(share)], row["labels"][str(share)]) for head, row in zip(heads, rows, strict=True) for share in shares]
    return pd.DataFrame([h | {"share": share, "top1": sum(hits) / len(hits), "labels": labels} for h, share, hits, labels in cells])


def curves(
    profile: Profile,
    signs: Signs,
    rates: dict[str, float],
    chosen: dict[tuple[str, float], float],
    arms=ARMS,
    shares=(1.0,),
    choose: str = "last",
) -> pd.DataFrame:
    """Loss and validation top-1 (0 to 1) of each epoch of the runs of repeat 0, from the store; a row an epoch."""
    parts, out = split(signs, profile, 0)[0], []
    for arm, share in product(arms, shares):
        start = pretraining(arm, profile, 0, rates)
        found = finetuning.fetch(tuning_of(profile, parts, 0, start, chosen[arm, share], share, choose), parts, start)
        out.append(found.metrics.assign(model=arm, share=share))
    return pd.concat(out, ignore_index=True)


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
