"""The claims judged on the record: the tables that they read, made from its rows for each data set that it has; no data needed.

What is measured where it is run (times of a step, true strokes) is no table of a study, and so not judged here.
"""

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from types import SimpleNamespace
from typing import cast

import pandas as pd

from sslslr import profiles
from sslslr.claims.claim import Claim
from sslslr.claims.judge import CLAIMS, COLUMNS, judge, number
from sslslr.claims.rows import Missing, Rows, Tables, reading
from sslslr.claims.verdict import NOT_RUN
from sslslr.clips.signs import Signs
from sslslr.errors import SignError
from sslslr.record.recording import provenance, recalled, table
from sslslr.record.rows import stale
from sslslr.record.tables import Record, Row
from sslslr.report.stage import percent
from sslslr.studies import ablation, controls, optima, recipe, signrep

DERIVED: dict[str, tuple[str, dict]] = {  # a row of the first is of all rows of the second that have these values
    "figure6_classes": ("figure4_runs", {}), "video_gains": ("video_runs", {"model": signrep.STEPS, "views": "none"}),
}  # fmt: skip
RUN = ["run", "answer"]  # columns that say which row of the record a table's row is
STUDY = {
    "comparison_runs": "Table 1", "transfer_runs": "Table 2, transfer", "few_labels_runs": "Table 3, few labels",
    "finetune_runs": "Table 6, fine-tuning", "finetune_five_runs": "Table 3, fine-tuned", "embedding_runs": "Table 5, inertia", "figure4_runs": "Figure 4",
    "figure6_classes": "Figure 4", "figure8_runs": "Figure 8, ablation", "switches_runs": "Figure 8, ablation",
    "pooling_runs": "activity pooling", "video_runs": "SignRep", "video_gains": "SignRep",
}  # fmt: skip


@dataclass
class Read:
    """The tables of one data set and profile, from the record, as the claims' functions ask for them."""

    record: Record
    dataset: str
    profile: str

    def __post_init__(self):
        self.frame = cache(self._frame)

    def rows_of(self, study: str) -> list[Row]:
        """The rows of ``jobs`` of a study; raises Missing where there are none."""
        try:
            return recalled(self.record, self.dataset, self.profile, study)
        except SignError as missing:
            raise Missing(str(missing)) from None

    def _frame(self, name: str) -> pd.DataFrame:
        if name not in STUDY:
            raise Missing(f"measured where it is run, not recorded (tables/{name}.csv)")
        return MADE.get(name, _plain)(self, self.rows_of(STUDY[name])).reset_index(drop=True)

    def __call__(self, name: str) -> Rows:
        """As the claims' functions ask for a table."""
        return Rows(name, self.frame(name))

    def behind(self, used: dict[str, set]) -> pd.DataFrame:
        """The rows of tables with these labels, with the run and the answer behind each."""
        for name, (of, fits) in DERIVED.items():
            if used.get(name):
                labels = set(Rows(of, self.frame(of)).only(**fits).frame.index)
                used = used | {of: labels | used.get(of, set())}
        frames = [
            self.frame(name).loc[sorted(labels)].assign(table=name) for name, labels in used.items() if labels and name not in DERIVED
        ]
        return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=[*RUN, "table"])


def _plain(read: Read, found: list[Row]) -> pd.DataFrame:
    return table(read.record, found, named=True)


def _sweep(read: Read, found: list[Row]) -> pd.DataFrame:
    untrained = table(read.record, read.rows_of("Figure 4, random encoder"))
    return _plain(read, found).drop(columns=["clips", "labels", "correct"]).merge(untrained, on=["corpus", "repeat"])


def _classes(read: Read, found: list[Row]) -> pd.DataFrame:
    sweep = _plain(read, found)
    whole = sweep.groupby(["corpus", "repeat"]).size()
    sweep = sweep[[whole[key] == whole.max() for key in zip(sweep["corpus"], sweep["repeat"], strict=True)]]
    numbers = cast(Signs, SimpleNamespace(glosses=range(10**4)))  # the record has no gloss's name
    parts = [(corpus, optima.summary(rows)) for corpus, rows in sweep.groupby("corpus", sort=False)]
    return pd.concat([optima.each_class(told, numbers).assign(corpus=corpus, run="", answer="") for corpus, told in parts])


def _ends(read: Read, found: list[Row]) -> pd.DataFrame:
    shown = {s + n for s in ablation.FIGURE8 for n in ("", ablation.NO_BATCHNORM)}
    own = [(json.loads(r["place"]), r) for r in found]
    last = [json.loads(read.record["runs"][r["run"],]["last"]) for _, r in own]
    return pd.DataFrame([p | end | {c: r[c] for c in RUN} for (p, r), end in zip(own, last, strict=True) if p["model"] in shown])


def _gains(read: Read, found: list[Row]) -> pd.DataFrame:
    return signrep.gains(table(read.record, found)).assign(run="", answer="")


MADE: dict[str, Callable[[Read, list[Row]], pd.DataFrame]] = {
    "figure4_runs": _sweep, "figure6_classes": _classes, "figure8_runs": _ends,
    "video_gains": _gains,
}  # fmt: skip


@dataclass(frozen=True)
class Judged:
    """The claims on one data set of the record: ``rows`` and ``parts`` as of ``judge``; ``behind``: claim -> the rows that it read;
    ``about``: answers, runs, commits, dates, core-hours and stale runs of all of them."""

    dataset: str
    profile: str
    rows: pd.DataFrame
    parts: pd.DataFrame
    behind: dict[str, pd.DataFrame]
    about: dict


def datasets_of(record: Record, profile: str) -> list[str]:
    """The data sets that the record has rows of under a profile, synthetic first."""
    found = {r["dataset"] for r in record["jobs"].values() if r["profile"] == profile}
    return sorted(found, key=lambda d: (d != "synthetic", d))


def judged(record: Record, dataset: str, profile: str, claims: Sequence[Claim] = CLAIMS) -> Judged:
    """Every claim on what the record has of a data set."""
    read, rows, parts, behind = Read(record, dataset, profile), [], [], {}
    for claim in claims:
        used: dict[str, set] = {}
        with reading(used):
            row, found = judge(claim, cast(Tables, read), profiles.load(profile), dataset)
        rows.append(row)
        parts.append(found)
        behind[claim.id] = read.behind(used) if len(found) else pd.DataFrame(columns=[*RUN, "table"])
    mine = [r for r in record["jobs"].values() if (r["dataset"], r["profile"]) == (dataset, profile)]
    names = {r["run"] for frame in behind.values() for r in frame.to_dict("records") if r["run"]}
    entering = [r for r in mine if r["run"] in names]
    old = sum(bool(stale(record, run)) for run in names)
    about = provenance(record, entering) | {"stale": old}
    told = [part for part in parts if len(part)]
    return Judged(
        dataset, profile, pd.DataFrame(rows)[list(COLUMNS)], pd.concat(told, ignore_index=True) if told else pd.DataFrame(), behind, about
    )


def words(about: dict) -> str:
    """Where the numbers of a data set come from, in one line."""
    if not about["answers"]:
        return "recorded: no row yet that a claim reads"
    commits = about["commits"][0] if len(about["commits"]) == 1 else f"{len(about['commits'])} commits"
    old = f", {about['stale']} runs STALE (make record makes them anew)" if about["stale"] else ""
    return (
        f"recorded: {about['answers']} answers of {about['runs']} runs, {commits}, {about['to']}, {about['core_hours']:.1f} core-hours{old}"
    )


def beside(rows: pd.DataFrame, record: Record, profile: str) -> pd.DataFrame:
    """The claims of one reproduction (``rows`` as of ``judge``) beside the same claims on each data set that the record has under a
    profile: a row a claim that is judged somewhere, and for each place "verdict: effect unit (90 % low to high), n", "" where it was
    not run. The column of the reproduction is called ``here``."""
    sets = {"here": rows} | {name: judged(record, name, profile).rows for name in datasets_of(record, profile)}
    out = rows[["id", "claim"]].copy()
    for place, found in sets.items():
        out[place] = out["id"].map({r["id"]: _judged(r) for r in found.to_dict("records")}).fillna("")
    said = [place for place in sets if (out[place] != "").any()]
    return out.loc[(out[said] != "").any(axis=1), ["id", "claim", *said]].reset_index(drop=True)


def _judged(row: dict) -> str:
    if row["verdict"] == NOT_RUN or pd.isna(row["effect"]):
        return ""
    low, high = (number(row[end], row["unit"]) for end in ("low90", "high90"))
    effect = f"{number(row['effect'], row['unit'], row['unit'] == 'points')} {row['unit']}"
    return f"{row['verdict']}: {effect} (90 % {low} to {high}), n = {row['n']:.0f}"


def table1_beside(runs: pd.DataFrame, record: Record, profile: str) -> pd.DataFrame:
    """Table 1 of one reproduction (``runs``: its rows) beside the record's: a row a model and view set, and a column a corpus, ``here``
    first, then each data set that the record has of Table 1 under a profile: mean top-1 % and 95 % interval over groups of held-out
    signers (means over their seeds), and their number n."""
    by, found = ["model", "views"], [("here", runs)]
    for name in datasets_of(record, profile):
        with suppress(Missing):
            found.append(("recorded", Read(record, name, profile)("comparison_runs").frame))
    columns = {}
    for place, rows in found:
        for corpus, part in controls.table(recipe.over_seeds(rows, *by), by=("corpus", *by)).groupby("corpus", sort=False):
            told = [f"{percent(r['mean'], r['low'], r['high'])} (n = {r['n']:.0f})" for _, r in part.iterrows()]
            columns[f"{corpus}, {place}"] = pd.Series(told, pd.MultiIndex.from_frame(part[by]))
    order = list(dict.fromkeys(key for column in columns.values() for key in column.index))
    return pd.DataFrame(columns).reindex(order).fillna("").reset_index()
