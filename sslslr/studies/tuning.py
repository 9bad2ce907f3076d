"""One setting a method: the same search for each, on *validation* signers of the development data, before anything is compared.

First the learning rate, bracketed: as long as the best lies at an end of what was tried, a further one is tried there. Then the
method's own options, at that rate. Every method has as many candidates, but for those that its bracket adds; no test signer is looked at.
"""

from collections.abc import Generator

import pandas as pd

from sslslr.clips.signs import Signs
from sslslr.profiles import Profile
from sslslr.studies import comparison, evaluation
from sslslr.studies.corpora import named, split
from sslslr.studies.jobs import Job

RATES = (3e-4, 1e-3, 3e-3)
STEP, LONGEST = 3.0, 3  # beyond an end of the rates: by this factor, and at most so many times
NORMED = {"variance": 1.0, "covariance": 1.0, "on_features": True, "output_batchnorm": True}
# The first of each method is tried with every rate, the others with the best one.
OPTIONS: dict[str, tuple[dict, ...]] = {
    "simclr": ({"temperature": 0.1}, {"temperature": 0.2}, {"temperature": 0.5}),
    "moco": ({"temperature": 0.1, "queue": 2048}, {"temperature": 0.2, "queue": 2048}, {"temperature": 0.1, "queue": 512}),
    "simsiam": ({"hidden": 64}, {"hidden": 32}, {"hidden": 256}),
    "byol": ({"momentum": 0.99}, {"momentum": 0.97}, {"momentum": 0.996}),
    "slfpn": ({"hidden": 64}, {"hidden": 256}, {"hidden": 1024}),
    "slfpn_plus": (NORMED, NORMED | {"output_batchnorm": False}, NORMED | {"covariance": 0.04}),
    "vicreg": ({"covariance": 1.0}, {"covariance": 5.0}, {"covariance": 25.0}),
    "barlow": ({"redundancy": 5e-3}, {"redundancy": 2e-2}, {"redundancy": 1e-3}),
    "priors": ({"hide": "spans"}, {"hide": "articulators"}, {"hide": "none"}),
    "supervised": ({"smoothing": 0.0}, {"smoothing": 0.1}, {"smoothing": 0.2}),
}


def jobs(profile: Profile, corpora: dict[str, Signs], methods: tuple[str, ...] = ()) -> Generator[list[Job], list[dict], pd.DataFrame]:
    """The search on the profile's development corpora and groups of signers, the profile's methods side by
    side if none are named; in the end a row a run.

    Columns corpus, method, group, rate, options and ``accuracy`` (0 to 1) of the linear probe on ``clips`` validation clips.
    """
    found = pd.DataFrame(columns=["method", "rate", "options", "accuracy"])
    todo = [(m, rate, OPTIONS[m][0]) for m in methods or profile.tuning["methods"] for rate in RATES]
    for round_ in range(LONGEST + 2):
        asked = [job for candidate in todo for job in _of(candidate, profile, corpora)]
        answers = (yield asked) if asked else []
        found = pd.concat([found, rows(asked, answers)], ignore_index=True) if asked else found
        methods = tuple(found["method"].unique())
        if round_ < LONGEST:
            todo = [(m, rate, OPTIONS[m][0]) for m in methods if (rate := beyond(found[found["method"] == m]))]
        else:
            todo = [(m, best(found)[m]["rate"], options) for m in methods for options in OPTIONS[m][1:]]
    return found


def rows(jobs: list[Job], answers: list[dict]) -> pd.DataFrame:
    """A row a run, as ``jobs`` returns them."""
    told = ({"accuracy": a["linear_standardised_top1"], "clips": a["test_clips"]} for a in answers)
    return pd.DataFrame([job.place | about for job, about in zip(jobs, told, strict=True)])


def _of(candidate: tuple[str, float, dict], profile: Profile, corpora: dict[str, Signs]) -> list[Job]:
    method, rate, options = candidate
    out = []
    for corpus, signs in named(corpora, profile.tuning["corpora"]).items():
        for group in range(profile.tuning["groups"]):
            settings = profile.methods | {method: {"rate": rate} | options}
            run = comparison.with_settings(method, profile.tuning["views"], profile, group, settings)
            place = {"corpus": corpus, "method": method, "group": group, "rate": rate, "options": options}
            out.append(Job(evaluation.evaluate, run, split(signs, profile, group)[0], ("", "val"), place))
    return out


def means(found: pd.DataFrame) -> pd.DataFrame:
    """A row a candidate: method, rate, options, ``accuracy`` and ``n``, the groups that it is the mean of."""
    told = found.assign(options=found["options"].map(written))
    rows = told.groupby(["method", "rate", "options"], sort=False)["accuracy"].agg(accuracy="mean", n="size").reset_index()
    return rows.sort_values(["method", "rate"], kind="stable", ignore_index=True)


def written(options: dict) -> str:
    """Options in one line, ``temperature 0.1, queue 2048``."""

    def word(value) -> str:
        return value if isinstance(value, str) else f"{value:g}" if not isinstance(value, bool) else "on" if value else "off"

    return ", ".join(f"{k} {word(v)}" for k, v in options.items())


def beyond(found: pd.DataFrame) -> float | None:
    """The next rate to try for one method: beyond the end where the best one lies, or None where it lies inside."""
    mean = found.groupby("rate")["accuracy"].mean().sort_index()
    rates, at = [float(rate) for rate in mean.index], int(mean.argmax())
    if at == 0:
        return float(f"{rates[0] / STEP:.1g}")
    return float(f"{rates[-1] * STEP:.1g}") if at == len(rates) - 1 else None


def best(found: pd.DataFrame) -> dict[str, dict]:
    """The setting of each method, as in a profile's ``methods``: the best mean accuracy, the first tried of equals."""
    out = {}
    for method, rows in found.assign(told=found["options"].map(written)).groupby("method", sort=False):
        mean = rows.groupby(["rate", "told"], sort=False)["accuracy"].mean().reset_index()
        first = mean.iloc[int(mean["accuracy"].argmax())]
        options = rows.loc[rows["told"] == first["told"], "options"].iloc[0]
        out[str(method)] = {"rate": float(first["rate"]), **options}
    return out
