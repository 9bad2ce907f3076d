"""A recipe that works? Candidates for SL-FPN+ judged on validation signers, the chosen one on test signers against its controls."""

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from sslslr.clips.signs import Signs
from sslslr.errors import SignError
from sslslr.learning.training import Run
from sslslr.measures.contrasts import FEWEST, contrast
from sslslr.measures.statistics import MARGIN
from sslslr.profiles import Profile
from sslslr.studies import comparison, evaluation
from sslslr.studies.comparison import CONTROLS, NAMES, RANDOM, SUPERVISED
from sslslr.studies.corpora import cells, named
from sslslr.studies.evaluation import as_many_steps, with_labels
from sslslr.studies.jobs import Job, rows

PLUS, PLAIN, PAPER = "SL-FPN+", "SL-FPN", "SL-FPN, boundary views"  # PLAIN has SL-FPN+'s views, PAPER the paper's
SHARES = {"ten": 0.1, "thirty": 0.3}  # columns of the final table, and the shares of the labels that they stand for
FEWER = {name: f"supervised, {100 * share:.0f} % of the labels" for name, share in SHARES.items()}  # trained on as many, from scratch
VALUE = "linear_standardised_top1"
VIEWS = "strong"


@dataclass(frozen=True)
class Candidate:
    """One change to SL-FPN+: a method, what it has other than the profile's setting of it, and the views. ``epochs=0``: not trained."""

    method: str = "slfpn_plus"
    options: dict = field(default_factory=dict)
    views: str = VIEWS
    epochs: int | None = None

    def run(self, profile: Profile, repeat: int) -> Run:
        """Its run, with the method's rate, and options where none are named, as the profile has them."""
        epochs = {} if self.epochs is None else {"epochs": self.epochs}
        return comparison.run_of(self.method, self.views, profile, repeat, options=self.options, **epochs)


RECIPE = Candidate()
NOTHING_LEFT = "SL-FPN+ without any of its parts (SL-FPN, same views)"
# The recipe, the recipe without each of its parts, and what is left without all of them.
CANDIDATES = {
    PLUS: RECIPE,
    "SL-FPN+ without the covariance terms": Candidate(options={"covariance": 0.0}),
    "SL-FPN+ without the variance terms": Candidate(options={"variance": 0.0}),
    "SL-FPN+ without the terms on the features": Candidate(options={"on_features": False}),
    "SL-FPN+ without the output BatchNorm": Candidate(options={"output_batchnorm": False}),
    "SL-FPN+ without the predictor": Candidate(options={"predictor": False}),
    "SL-FPN+ without the stop-gradient": Candidate(options={"stop_gradient": False}),
    "SL-FPN+ with the permutation": Candidate(views="strong_boundary"),
    "SL-FPN+ with the boundary views alone": Candidate(views="boundary"),
    NOTHING_LEFT: Candidate("slfpn"),
    "SL-FPN, p(zo) against sg(z1)": Candidate("slfpn", {"reading": "original-to-view1"}),
    "SL-FPN, MSE(z2, zo) in the middle": Candidate("slfpn", {"middle": "view2"}),
    "VICReg, whose terms these are": Candidate("vicreg"),
    RANDOM: Candidate("slfpn", views="none", epochs=0),
}
FEW = (
    PLUS,
    "SL-FPN+ without the covariance terms",
    "SL-FPN+ without the output BatchNorm",
    NOTHING_LEFT,
    "VICReg, whose terms these are",
    RANDOM,
)


def sized(profile: Profile, seeds: int = 1, length: int = 1) -> Profile:
    """The profile with ``seeds`` times its repeats (so many initialisations for each group of held-out signers) and, for
    every model alike, ``length`` times its epochs."""
    more = replace(profile, repeats=profile.repeats * seeds, real_repeats=profile.real_repeats * seeds)
    return replace(more, epochs=profile.epochs * length)


def searched(profile: Profile, corpora: dict[str, Signs]) -> dict[str, Signs]:
    """The corpora to try parts on: a real data set, or of the synthetic ones those that the profile tunes on."""
    return named(corpora, profile.tuning["corpora"])


def candidates(search: str) -> tuple[str, ...]:
    """The candidates of a search: "few" (the recipe and its parts), or "all". Raises SignError for another word."""
    if search not in ("few", "all"):
        raise SignError(f"SEARCH={search}: expected few (the recipe and its parts) or all (every candidate)")
    return FEW if search == "few" else tuple(CANDIDATES)


def search_jobs(profile: Profile, corpora: dict[str, Signs], search: str = "few", names: tuple[str, ...] = ()) -> list[Job]:
    """The candidates on *validation* signers: accuracies (0 to 1). No test signer is looked at."""
    return [
        Job(evaluation.evaluate, CANDIDATES[name].run(profile, place["repeat"]), parts, ("", "val"), place | {"candidate": name})
        for place, parts in cells(profile, searched(profile, corpora))
        for name in names or candidates(search)
    ]


def search_rows(jobs: list[Job], answers: list[dict]) -> pd.DataFrame:
    """A row a run, with its accuracies (0 to 1) on validation signers."""
    return rows(jobs, [{k: v for k, v in a.items() if k != "test_clips"} | {"validation_clips": a["test_clips"]} for a in answers])


def final_jobs(profile: Profile, corpora: dict[str, Signs], seeds: int = 1, length: int = 1) -> list[Job]:
    """On *test* signers: SL-FPN+, the five methods with the same views, epochs and batch, SL-FPN as the paper states it, and the
    controls, each probed with all labels of the training signers and then with ``SHARES`` of them (``few_labels``, three draws).

    ``FEWER`` are supervised encoders that were trained on as many from scratch, on the same views and with as many steps.
    """
    whole, fewer, profile = [], [], sized(profile, seeds, length)
    for place, parts in cells(profile, named(corpora, profile.final)):
        repeat = place["repeat"]
        runs = {title: comparison.run_of(m, VIEWS, profile, repeat) for m, title in NAMES.items()}
        runs[PAPER] = comparison.run_of("slfpn", "boundary", profile, repeat)
        runs |= {c: comparison.control_of(c, profile, repeat) for c in CONTROLS}
        whole += [Job(evaluation.evaluate, run, parts, (m, "test"), place | {"model": m}) for m, run in runs.items()]
        for name, share in SHARES.items():
            part, about = with_labels(parts, share, seed=repeat), place | {"model": FEWER[name]}
            whole.append(Job(evaluation.evaluate, as_many_steps(runs[SUPERVISED], part, parts), part, (FEWER[name], "test"), about))
        asked = (tuple(SHARES.values()), 3)
        fewer += [Job(evaluation.few_labels, run, parts, (m, *asked), place | {"model": m}) for m, run in runs.items()]
    return whole + fewer


def final_rows(jobs: list[Job], answers: list[dict]) -> pd.DataFrame:
    """A row a run: accuracies (0 to 1) of the probe that has all labels, and ``ten`` and ``thirty``, means of those that have fewer."""
    both = list(zip(jobs, answers, strict=True))
    few = {tuple(j.place.values()): {c: np.mean(a[str(s)]) for c, s in SHARES.items()} for j, a in both if j.task is evaluation.few_labels}
    none = dict.fromkeys(SHARES, np.nan)
    return pd.DataFrame([j.place | a | few.get(tuple(j.place.values()), none) for j, a in both if j.task is evaluation.evaluate])


def over_seeds(rows: pd.DataFrame, *models: str) -> pd.DataFrame:
    """Means over the seeds of each group of held-out signers, the unit of every interval here: a row a corpus, group and
    value of the columns ``models`` ("model"), with ``seeds``, their number. Without a column ``group`` each row is one."""
    rows = rows if "group" in rows else rows.assign(group=rows["repeat"])
    by = ["corpus", *(models or ("model",)), "group"]
    told = {c: "mean" if pd.api.types.is_numeric_dtype(rows[c]) else "first" for c in rows.columns if c not in by}
    groups = rows.groupby(by, sort=False)
    out = groups.agg(told).assign(seeds=groups.size()).reset_index()
    return out.assign(repeat=out["group"])


# The targets, set before the runs: what is compared (accuracy at 100 %, 30 % or 10 % of the labels), what the whole interval must be
# above, and the mean at least.
TARGETS = (
    ("(a) 10 points above the random encoder, the whole interval above 5", RANDOM, VALUE, 0.05, 0.10),
    *((f"(b) not below {title}", title, VALUE, -MARGIN, -MARGIN) for m, title in NAMES.items() if m != "slfpn_plus"),
    ("(c) at most 5 points below supervised at 100 % of the labels", SUPERVISED, VALUE, -0.05, -0.05),
    ("(c) above supervised at 30 %", FEWER["thirty"], "thirty", 0.0, 0.0),
    ("(c) above supervised at 10 %", FEWER["ten"], "ten", 0.0, 0.0),
    ("above SL-FPN as the paper states it", PAPER, VALUE, 0.0, 0.0),
)


def targets(rows: pd.DataFrame) -> pd.DataFrame:
    """Each of ``TARGETS`` on each corpus, paired over groups of held-out signers (means over their seeds): SL-FPN+ minus the
    other (mean, low, high: the 95 % interval of ``contrasts``, n) and a verdict.

    met: the whole interval lies above what is asked, and the mean is as large; missed: all of it below; else undecided, as
    with fewer than five groups.
    """
    out = []
    for corpus, part in over_seeds(rows).groupby("corpus", sort=False):
        for target, other, value, least, mean in TARGETS:
            trained = part["model"].isin(FEWER.values())
            wide = part.assign(value=part[VALUE].where(trained, part[value])).pivot(index="repeat", columns="model", values="value")
            gap = (wide[PLUS] - wide[other]).dropna()
            found = contrast(gap, gap.index, float(part["test_to_train"].mean()) if "test_to_train" in part else 0.0)
            low, high = found.interval()
            verdict = "met" if low > least and found.mean >= mean else "missed" if high < least else "undecided"
            told = {"mean": found.mean, "low": low, "high": high, "n": found.n}
            out.append({"corpus": corpus, "target": target, **told, "verdict": verdict if found.n >= FEWEST else "undecided"})
    return pd.DataFrame(out)
