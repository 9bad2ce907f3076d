"""Algorithm 1, the sweep behind Figure 4, errors against true boundaries, and what each augmentation is worth (section 5.2)."""

from collections.abc import Generator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import product

import numpy as np
import pandas as pd

from sslslr.clips import boundaries
from sslslr.clips.signs import Signs
from sslslr.datasets import synthetic
from sslslr.learning.training import Run
from sslslr.measures.statistics import interval
from sslslr.profiles import Profile
from sslslr.studies import comparison, evaluation
from sslslr.studies.comparison import RANDOM, TITLES
from sslslr.studies.corpora import cells, named, ready
from sslslr.studies.evaluation import HANDMADE
from sslslr.studies.jobs import Job, follow
from sslslr.studies.observed import observe
from sslslr.views import ViewConfig

FIXED, NONE, WHOLE = "fixed 1/3 and 1/4", "no views (dropout only)", "whole sequence permuted"
SEARCHED, ESTIMATED, TRUE = "searched (Algorithm 1)", "estimated stroke of each clip", "true stroke of each clip"
DEGRADED = ("drop", "freeze", "noise", "blur", "swap")
ENDS = ("first", "last")
HALVES = ("first-half", "last-half")
FRESH = 11  # the first of the seeds of ``fresh``


def swept(profile: Profile, corpora: dict[str, Signs]) -> dict[str, Signs]:
    """The corpora that this profile trains on for these studies; a real data set always."""
    return named(corpora, profile.boundaries["corpora"])


def shares(profile: Profile) -> tuple[float, ...]:
    """Shares of a clip's frames at which accuracy is measured, from 0 to 1."""
    return tuple(float(Fraction(share)) for share in profile.boundaries["shares"])


@dataclass(frozen=True)
class Search:
    """What Algorithm 1 found: the two shares, and the accuracy (0 to 1) of each step it took."""

    alpha: float
    beta: float
    steps: pd.DataFrame


def search(shares: tuple[float, ...], together: bool = False) -> Generator[tuple[float, float], float, Search]:
    """Algorithm 1: grow alpha while the accuracy rises, then beta in the same way.

    Yields the next (alpha, beta) and is sent the accuracy of pretraining with them; ``shares`` are the steps, from 0 up.
    Each end is searched alone, as in the paper's Figure 4 and its cost model; ``together`` grows beta on top of the alpha
    found. The first share that does not raise the accuracy ends the search of its end. Together alpha and beta are at
    most 1: beta gives way.
    """
    found, steps = {"alpha": 0.0, "beta": 0.0}, []
    for name in found:
        best = None
        for share in shares:
            other = found["alpha"] if together and name == "beta" else 0.0
            if share + other > 1 + 1e-9:
                break
            value = yield (share, 0.0) if name == "alpha" else (other, share)
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


def run_at(profile: Profile, method: str, alpha: float, beta: float, repeat: int) -> Run:
    """The run with these shares permuted."""
    return comparison.run_of(method, permuted(alpha, beta), profile, repeat)


def jobs_at(profile: Profile, corpora: dict[str, Signs], method: str, alpha: float, beta: float) -> list[Job]:
    """The trainings with these shares permuted, as many as the profile says on each corpus, and what each shows of its clips."""
    draws = profile.boundaries["draws"]
    return [
        Job(observe, run_at(profile, method, alpha, beta, place["repeat"]), part, (draws,), place | {"alpha": alpha, "beta": beta})
        for place, part in cells(profile, corpora, times=profile.boundaries["runs"])
    ]


def algorithm1(profile: Profile, signs: Signs, method: str = "slfpn", together: bool = False) -> Generator[list[Job], list[dict], Search]:
    """Algorithm 1 on a corpus with one of the five methods: mean accuracy over its trainings on *validation* signers.

    Yields the jobs of each step and is sent their answers. The paper does not say on which data it decides; test signers
    decide nothing here.
    """
    asking = search(shares(profile), together)
    pair = next(asking)
    while True:
        answers = yield jobs_at(profile, {signs.name: signs}, method, *pair)
        try:
            pair = asking.send(float(np.mean([row["val"] for row in answers])))
        except StopIteration as end:
            return end.value


def searches(profile: Profile, corpora: dict[str, Signs], method: str) -> Generator[list[Job], list[dict], dict]:
    """``algorithm1`` on each corpus of the profile, one after the other: what it found, by corpus."""
    found = {}
    for corpus, signs in swept(profile, corpora).items():
        found[corpus] = yield from algorithm1(profile, signs, method)
    return found


def forced_searches(profile: Profile, corpora: dict[str, Signs], method: str) -> Generator[list[Job], list[dict], dict]:
    """``algorithm1`` on each of the ``forced`` corpora: (corpus, what was found), by half; none for a real data set."""
    found = {}
    for half in HALVES if all(signs.kind == "synthetic" for signs in corpora.values()) else ():
        signs = forced(profile, half)
        found[half] = signs, (yield from algorithm1(profile, signs, method))
    return found


def cost_model(profile: Profile, seconds: float) -> dict[str, float]:
    """The paper's estimate, 2 x tests x time, for ``seconds`` a training: tests an end, trainings and core-hours in all."""
    tests = len(shares(profile)) - 1
    runs = profile.boundaries["runs"]
    trainings = 2 * tests * runs
    return {
        "tests": tests,
        "runs": runs,
        "trainings": trainings,
        "seconds each": seconds,
        "core hours": trainings * seconds / 3600,
    }


def sweep_jobs(profile: Profile, corpora: dict[str, Signs], method: str) -> list[Job]:
    """Figure 4: trainings with the first, and with the last, share of the frames permuted; "at" has the (end, share) of each.

    Nothing and everything permuted are the same runs for both ends.
    """
    out = []
    for place, part in cells(profile, swept(profile, corpora), times=profile.boundaries["runs"]):
        at: dict = {}
        for end, share in product(ENDS, shares(profile)):
            run = run_at(profile, method, *((share, 0.0) if end == "first" else (0.0, share)), place["repeat"])
            at.setdefault(run.views, (run, []))[1].append((end, share))
        out += [Job(observe, run, part, (profile.boundaries["draws"],), place | {"at": ends}) for run, ends in at.values()]
    return out


def untrained_jobs(profile: Profile, corpora: dict[str, Signs]) -> list[Job]:
    """The sweep's level to start from: a random encoder on the same signers, observed in the same way."""
    draws = profile.boundaries["draws"]
    return [
        Job(observe, comparison.control_of(RANDOM, profile, place["repeat"]), part, (draws,), place)
        for place, part in cells(profile, swept(profile, corpora), times=profile.boundaries["runs"])
    ]


def untrained_rows(jobs: list[Job], answers: list[dict]) -> pd.DataFrame:
    """A row a corpus and repeat: ``random``, test accuracy (0 to 1) of the random encoder."""
    return pd.DataFrame([{k: j.place[k] for k in ("corpus", "repeat")} | {"random": a["test"]} for j, a in zip(jobs, answers, strict=True)])


def sweep_rows(jobs: list[Job], answers: list[dict]) -> pd.DataFrame:
    """A row a corpus, repeat, end and share.

    Columns val and test (0 to 1), seconds of the training, and lists over the test clips: clips, labels, correct.
    """
    found = {
        (job.place["corpus"], job.place["repeat"], *at): {k: v for k, v in job.place.items() if k != "at"}
        | dict(zip(("end", "share"), at, strict=True))
        | row
        for job, row in zip(jobs, answers, strict=True)
        for at in job.place["at"]
    }
    order = list(dict.fromkeys(corpus for corpus, *_ in found))
    return pd.DataFrame([found[name] for name in sorted(found, key=lambda name: (order.index(name[0]), *name[1:]))])


def stability(rows: pd.DataFrame) -> pd.DataFrame:
    """Algorithm 1 on each single repeat of a sweep, by validation accuracy: corpus, repeat, alpha, beta, and the test accuracy there."""
    out = []
    for (corpus, repeat), part in rows.groupby(["corpus", "repeat"], sort=False):
        val = part.set_index(["end", "share"])["val"]
        steps = tuple(sorted(part["share"].unique()))
        found = follow(search(steps), lambda pair, val=val: val["first", pair[0]] if pair[1] == 0 else val["last", pair[1]])
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


def errors(profile: Profile, corpora: dict[str, Signs], found: dict[str, Search], seeds=()) -> pd.DataFrame:
    """Error of every way to place the boundaries, in frames and as a share of the clip; a row a corpus, seed and way.

    The best global pair is the median truth of ``corpora`` (the studies' own), so it has seen labels; the estimate's
    constants have seen that of seeds 0 and 5, and marks of real people (``tools/boundary_cues.py``). All are measured on ``fresh`` people. ``found``: what
    Algorithm 1 found, by corpus. Null: the clips' estimates, dealt out to other clips.
    """
    rows = []
    for seed in seeds or range(FRESH, FRESH + profile.boundaries["fresh"]):
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


def augmentation_jobs(profile: Profile, corpora: dict[str, Signs], found: dict[str, Search], methods=("slfpn", "simclr")) -> list[Job]:
    """Every augmentation with each method, and the controls: accuracies (0 to 1) on the test split.

    The other degradations (at 1/3 and 1/4) are made with those of the methods that the profile names.
    """
    out, corpora = [], swept(profile, corpora)
    for place, part in cells(profile, corpora):
        corpus, repeat = place["corpus"], place["repeat"]
        known = bool(np.isfinite(corpora[corpus].onset).all())
        for control in (HANDMADE, RANDOM):
            about = {"method": "control", "views": control, "family": "control"}
            out.append(Job(evaluation.evaluate, comparison.control_of(control, profile, repeat), part, (control,), place | about))
        for method in methods:
            views = {name: (view, "ends") for name, view in augmentations(found[corpus], known).items()}
            if method in profile.boundaries["degraded"]:
                views |= {name: (ViewConfig(name), "degradation") for name in DEGRADED}
            for name, (view, family) in views.items():
                about = {"method": TITLES[method], "views": name, "family": family}
                run = comparison.run_of(method, view, profile, repeat)
                out.append(Job(evaluation.evaluate, run, part, ("",), place | about))
    return out
