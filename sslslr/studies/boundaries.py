"""Algorithm 1, the sweep behind Figure 4, errors against true boundaries, and what each augmentation is worth (section 5.2)."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from sslslr.clips import boundaries
from sslslr.clips.signs import Signs
from sslslr.datasets import synthetic
from sslslr.learning.grid import side_by_side
from sslslr.learning.training import Run
from sslslr.measures.statistics import interval
from sslslr.profiles import Profile
from sslslr.studies import comparison, evaluation
from sslslr.studies.comparison import RANDOM, TITLES
from sslslr.studies.corpora import ready, repeats, split
from sslslr.studies.evaluation import HANDMADE
from sslslr.studies.observed import observe
from sslslr.views import ViewConfig

# What a profile leaves out to stay in its time: corpora, shares of the frames that are permuted, runs of each.
SWEPT = {"smoke": ("lsa-like",), "quick": ("gsl-like", "lsa-like")}
SHARES = {"smoke": (0, 1 / 3, 1), "quick": (0, 1 / 6, 1 / 3, 1 / 2, 1)}
RUNS = {"smoke": 2, "quick": 5}
DRAWS = {"smoke": 1, "quick": 3}  # resamples of the probe's training clips
FIXED, NONE, WHOLE = "fixed 1/3 and 1/4", "no views (dropout only)", "whole sequence permuted"
SEARCHED, ESTIMATED, TRUE = "searched (Algorithm 1)", "estimated stroke of each clip", "true stroke of each clip"
DEGRADED = ("drop", "freeze", "noise", "blur", "swap")
ENDS = ("first", "last")


def swept(profile: Profile, corpora: dict[str, Signs]) -> dict[str, Signs]:
    """The corpora that this profile trains on for these studies: all, but for the small profiles; a real data set always."""
    names = SWEPT.get(profile.name, tuple(corpora))
    return {c: s for c, s in corpora.items() if c in names} or corpora


def shares(profile: Profile) -> tuple[float, ...]:
    """Shares of a clip's frames at which accuracy is measured, from 0 to 1: steps of 1/12 but for the small profiles."""
    return SHARES.get(profile.name, tuple(i / 12 for i in range(13)))


def runs_each(profile: Profile) -> int:
    """Trainings at each share: five on quick, as the paper has for Figure 4."""
    return RUNS.get(profile.name, profile.repeats)


@dataclass(frozen=True)
class Search:
    """What Algorithm 1 found: the two shares, and the accuracy (0 to 1) of each step it took."""

    alpha: float
    beta: float
    steps: pd.DataFrame


def search(accuracy: Callable[[float, float], float], shares: tuple[float, ...], together: bool = False) -> Search:
    """Algorithm 1: grow alpha while the accuracy rises, then beta in the same way.

    ``accuracy(alpha, beta)`` pretrains and probes; ``shares`` are the steps, from 0 up. Each end is searched alone, as in
    the paper's Figure 4 and its cost model; ``together`` grows beta on top of the alpha found. The first share that does
    not raise the accuracy ends the search of its end. Together alpha and beta are at most 1: beta gives way.
    """
    found, steps = {"alpha": 0.0, "beta": 0.0}, []
    for name in found:
        best = None
        for share in shares:
            other = found["alpha"] if together and name == "beta" else 0.0
            if share + other > 1 + 1e-9:
                break
            value = accuracy(share, 0.0) if name == "alpha" else accuracy(other, share)
            rises = best is None or value > best
            steps.append({"parameter": name, "share": share, "accuracy": value, "rises": rises})
            if not rises:
                break
            best, found[name] = value, share
    return Search(found["alpha"], min(found["beta"], 1 - found["alpha"]), pd.DataFrame(steps))


def permuted(alpha: float, beta: float) -> ViewConfig:
    """The boundary views; nothing permuted is the control "none" and everything "whole", so that their runs are shared."""
    if alpha == beta == 0:
        return ViewConfig("none")
    return ViewConfig("whole") if max(alpha, beta) >= 1 else ViewConfig("boundary", alpha, beta)


def run_at(profile: Profile, rates: dict[str, float], method: str, alpha: float, beta: float, repeat: int) -> Run:
    """The run with these shares permuted."""
    return comparison.run_of(method, permuted(alpha, beta), profile, repeat, rates)


def algorithm1(
    profile: Profile, signs: Signs, rates: dict[str, float], method: str = "slfpn", workers: int = 0, together: bool = False
) -> Search:
    """Algorithm 1 on a corpus with one of the five methods: mean accuracy over ``runs_each`` trainings on *validation* signers.

    The paper does not say on which data it decides; test signers decide nothing here.
    """
    parts = [split(signs, profile, r)[0] for r in range(runs_each(profile))]

    def accuracy(alpha: float, beta: float) -> float:
        jobs = [(run_at(profile, rates, method, alpha, beta, r), part, DRAWS.get(profile.name, 5)) for r, part in enumerate(parts)]
        return float(
            np.mean([row["val"] for row in side_by_side(observe, jobs, workers, f"Algorithm 1, {signs.name}: {alpha:.2f}, {beta:.2f}")])
        )

    return search(accuracy, shares(profile), together)


def cost_model(profile: Profile, seconds: float) -> dict[str, float]:
    """The paper's estimate, 2 x tests x time, for ``seconds`` a training: tests an end, trainings and core-hours in all."""
    tests = len(shares(profile)) - 1
    trainings = 2 * tests * runs_each(profile)
    return {
        "tests": tests,
        "runs": runs_each(profile),
        "trainings": trainings,
        "seconds each": seconds,
        "core hours": trainings * seconds / 3600,
    }


def sweep(profile: Profile, corpora: dict[str, Signs], rates: dict[str, float], method: str = "slfpn", workers: int = 0) -> pd.DataFrame:
    """Figure 4: accuracy with the first, and with the last, share of the frames permuted; a row a corpus, repeat, end, share.

    Columns val and test (0 to 1), seconds of the training, and lists over the test clips: clips, labels, correct. The rows
    of 0 and of 1 are the same runs for both ends.
    """
    places, jobs, unique = [], [], {}
    for corpus, signs in corpora.items():
        for repeat in range(runs_each(profile)):
            part, protocol = split(signs, profile, repeat)
            head = {"corpus": corpus, "kind": signs.kind, "protocol": protocol, "repeat": repeat}
            for end in ENDS:
                for share in shares(profile):
                    run = run_at(profile, rates, method, *((share, 0.0) if end == "first" else (0.0, share)), repeat)
                    name = (corpus, repeat, run.views)
                    if name not in unique:
                        unique[name] = len(jobs)
                        jobs.append((run, part, DRAWS.get(profile.name, 5)))
                    places.append((head | {"end": end, "share": share}, unique[name]))
    rows = side_by_side(observe, jobs, workers, title=f"Figure 4, {TITLES[method]}")
    return pd.DataFrame([head | rows[i] for head, i in places])


def stability(rows: pd.DataFrame) -> pd.DataFrame:
    """Algorithm 1 on each single repeat of a sweep, by validation accuracy: corpus, repeat, alpha, beta, and the test accuracy there."""
    out = []
    for (corpus, repeat), part in rows.groupby(["corpus", "repeat"], sort=False):
        val = part.set_index(["end", "share"])["val"]
        found = search(lambda a, b, val=val: val["first", a] if b == 0 else val["last", b], tuple(sorted(part["share"].unique())))
        out.append({"corpus": corpus, "repeat": repeat, "alpha": found.alpha, "beta": found.beta})
    return pd.DataFrame(out)


def fresh(profile: Profile, seed: int) -> dict[str, Signs]:
    """The four synthetic corpora with people and recordings that nothing was tuned on (the studies use seed 0, the estimate's constants saw 0 and 5)."""
    sizes = {c: {**size, "clips": min(size["clips"], 400), "classes": min(size["classes"], 40)} for c, size in profile.corpora.items()}
    return {c: ready(synthetic.make(c, **size, seed=seed), profile) for c, size in sizes.items()}


def forced(profile: Profile, half: str) -> Signs:
    """lsa-like with every stroke in the "first-half" or the "last-half" of its clip: does a method follow?"""
    size = profile.corpora["lsa-like"]
    signs = synthetic.make("lsa-like", **size | {"clips": min(size["clips"], 400)}, stroke=half)
    return replace(ready(signs, profile), name=f"lsa-like, {half}")


def against_truth(corpora: dict[str, Signs], found: dict[str, Search]) -> pd.DataFrame:
    """Error in frames of one pair for all clips: searched, fixed, and the best there is; mean and interval over signers."""
    rows = []
    for corpus, signs in corpora.items():
        last, f = signs.lengths - 1, found[corpus]
        best = [float(np.median(m / last)) for m in (signs.onset, signs.offset)]
        pairs = {"searched": (f.alpha, 1 - f.beta), "fixed 1/3 and 1/4": (1 / 3, 3 / 4), "best global pair (median truth)": best}
        for way, pair in pairs.items() if np.isfinite(best).all() else ():
            row = {"corpus": corpus, "way": way, "onset at": pair[0], "offset at": pair[1]}
            for name, at, true in (("onset", pair[0], signs.onset), ("offset", pair[1], signs.offset)):
                told = interval(pd.Series(np.abs(at * last - true)).groupby(signs.signers).mean())
                row |= {f"{name} error": f"{told['mean']:.1f} ± {told['mean'] - told['low']:.1f}", "signers": told["n"]}
            rows.append(row | {"clips": len(signs)})
    return pd.DataFrame(rows)


def errors(profile: Profile, corpora: dict[str, Signs], found: dict[str, Search], seeds=range(11, 16)) -> pd.DataFrame:
    """Error of every way to place the boundaries, in frames and as a share of the clip; a row a corpus, seed and way.

    The best global pair is the median truth of ``corpora`` (the studies' own), so it has seen labels; the estimate's
    constants were set on the training signers of repeat 0 of those. All are measured on ``fresh`` people. ``found``: what
    Algorithm 1 found, by corpus. Null: the clips' estimates, dealt out to other clips.
    """
    rows = []
    for seed in seeds:
        for corpus, signs in fresh(profile, seed).items():
            last = signs.lengths - 1
            told = boundaries.estimate(signs)
            known = corpora[corpus]
            best = [float(np.median(m / (known.lengths - 1))) for m in (known.onset, known.offset)]
            other = np.random.default_rng(seed).permutation(len(signs))
            ways = {
                "estimated from landmarks": (told.onset, told.offset),
                "estimates dealt to other clips (null)": (told.onset[other] / last[other] * last, told.offset[other] / last[other] * last),
                "best global pair (has seen the truth)": (best[0] * last, best[1] * last),
                "fixed 1/3 and 1/4": (last / 3, last * 3 / 4),
            }
            if corpus in found:
                ways["searched (Algorithm 1)"] = (found[corpus].alpha * last, (1 - found[corpus].beta) * last)
            for way, (onset, offset) in ways.items():
                on, off = np.abs(onset - signs.onset), np.abs(offset - signs.offset)
                row = {"corpus": corpus, "seed": seed, "way": way, "clips": len(signs), "onset": on.mean(), "offset": off.mean()}
                rows.append(row | {"both": (on + off).mean() / 2, "share": ((on + off) / 2 / last).mean()})
    return pd.DataFrame(rows)


def augmentations(found: Search, known: bool) -> dict[str, ViewConfig]:
    """The view sets that are compared, by name; the true strokes only where they are ``known``."""
    views = {
        NONE: ViewConfig("none"),
        FIXED: ViewConfig(),
        SEARCHED: permuted(found.alpha, found.beta),
        ESTIMATED: ViewConfig(ends="estimated"),
    }
    return views | ({TRUE: ViewConfig(ends="true")} if known else {}) | {WHOLE: ViewConfig("whole")}


def comparison_of(
    profile: Profile,
    corpora: dict[str, Signs],
    found: dict[str, Search],
    rates: dict[str, float],
    workers: int = 0,
    methods=("slfpn", "simclr"),
) -> pd.DataFrame:
    """Test accuracy of every augmentation, a row a corpus, repeat, method and augmentation, with the controls.

    The other degradations (at 1/3 and 1/4) are made with the first method only on the profiles that ``SWEPT`` names.
    """
    places, jobs = [], []
    for corpus, signs in corpora.items():
        known = bool(np.isfinite(signs.onset).all())
        for repeat in repeats(signs, profile):
            part, protocol = split(signs, profile, repeat)
            head = {"corpus": corpus, "kind": signs.kind, "protocol": protocol, "repeat": repeat}
            for control in (HANDMADE, RANDOM):
                places.append(head | {"method": "control", "views": control, "group": "control"})
                jobs.append((comparison.control_of(control, profile, repeat, rates), part, control))
            for method in methods:
                views = {name: (view, "ends") for name, view in augmentations(found[corpus], known).items()}
                if method == methods[0] or profile.name not in SWEPT:
                    views |= {name: (ViewConfig(name), "degradation") for name in DEGRADED}
                for name, (view, group) in views.items():
                    places.append(head | {"method": TITLES[method], "views": name, "group": group})
                    jobs.append((comparison.run_of(method, view, profile, repeat, rates), part, ""))
    rows = side_by_side(evaluation.evaluate, jobs, workers, title="augmentations")
    return pd.DataFrame([head | row for head, row in zip(places, rows, strict=True)])
