"""One claim decided anew with seeds that the record has not used: which runs it takes, and both verdicts side by side.

Which rows a claim reads is told by the claim itself: its function is given the study's tables with made-up numbers, and what it
reads is noted (``claims.rows.reading``). These rows' runs are trained, its control's among them, and nothing else.
"""

import json
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd

from sslslr.claims.claim import Claim
from sslslr.claims.measured import Comparison
from sslslr.claims.plan import Plan
from sslslr.claims.rows import Missing, Rows, Tables, reading
from sslslr.claims.verdict import decide, verdict
from sslslr.clips.signs import Signs
from sslslr.errors import SignError
from sslslr.profiles import Profile
from sslslr.record import rows as recording
from sslslr.record.recording import Recorded, Recording
from sslslr.record.tables import TABLES, Record, together
from sslslr.report.recorded import STUDY, Read
from sslslr.studies import corpora, embedding_space, evaluation, finetune, observed, pooling, signrep
from sslslr.studies.catalogue import STUDIES
from sslslr.studies.jobs import Job

SCORE = 0.5
MADE_UP: dict[Any, dict] = {  # an answer of each task as far as the claims' tables look at it; numbers are drawn around these
    evaluation.evaluate: {"linear_standardised_top1": SCORE, "rank": 20.0},
    evaluation.transfer: {"top1": SCORE},
    embedding_space.measured: {"raw": SCORE, "relative": SCORE, "knn": SCORE},
    finetune.evaluate: {"top1": SCORE},
    observed.observe: {"val": SCORE, "test": SCORE, "seconds": None},
    pooling.crossed: {"by pooling": {name: {"linear_standardised_top1": SCORE, "dcg": SCORE} for name in pooling.POOLINGS}},
    signrep.read: {
        "by pooling": {name: {"linear_standardised_top1": SCORE, "dcg": SCORE} for name in pooling.POOLINGS},
        "reads recordings": SCORE,
    },
    signrep.angles: {"by pooling": {pooling.ALL: {"linear_standardised_top1": SCORE, "dcg": SCORE}}},
}
ENDS = {"output_std": SCORE, "output_rank": 20.0, "encoder_rank": 20.0, "output_norm": 1.0, "knn": SCORE}


def beginning(record: Record, dataset: str, groups: int) -> int:
    """The first repeat of a data set that no run of the record was seeded with, at the beginning of a round of ``groups``."""
    names = {r["run"] for r in record["jobs"].values() if r["dataset"] == dataset}
    used = max((int(record["runs"][run,]["seed"]) for run in names), default=-1)
    return -(-(used + 1) // groups) * groups


def rounds(signs: Signs, profile: Profile) -> int:
    """Repeats until every group of signers has been held out once."""
    return len({corpora.group(signs, profile, r) for r in range(profile.folds)})


def enlarged(profile: Profile, repeats: int) -> Profile:
    """The profile with so many repeats in every study."""
    table1 = profile.table1 | {"repeats": repeats, "primary": {}}
    boundaries = profile.boundaries | {"runs": repeats}
    video = profile.video | {"repeats": repeats, "switches": repeats}
    return replace(profile, repeats=repeats, real_repeats=repeats, table1=table1, boundaries=boundaries, video=video)


@dataclass
class Replication:
    """A claim to be decided anew on ``asker``'s corpora with ``seeds`` seeds of every group of signers, the first ``start``.

    ``method``: only the comparisons that name it, as its title ("SimCLR").
    """

    claim: Claim
    asker: Recorded
    start: int
    seeds: int = 1
    method: str = ""

    def __post_init__(self):
        signs = self.asker.corpora
        self.groups = max(rounds(s, self.asker.profile) for s in signs.values())
        self.made_up = Record(Path("/nonexistent") / "replication")  # never written
        self.profile = enlarged(self.asker.profile, self.start + self.groups * self.seeds)

    def asked(self) -> dict[str, list[Job]]:
        """The jobs of the new repeats, by study, that the claim's comparisons read."""
        jobs = {study: self._jobs(study) for study in self._studies()}
        made_up = self.made_up
        for study, its in jobs.items():
            for i, job in enumerate(its):
                invent(made_up, self.asker.place(STUDIES[study], i, job, recording.named(job)), job)
        read = Read(made_up, self.asker.dataset, self.profile.name)
        used: dict[str, set] = {}
        try:
            with reading(used):
                kept = self.kept(self.claim.compare(read))
                if self.claim.control and not self.method:
                    self.claim.control(read)
        except Missing as missing:
            raise SignError(f"{self.claim.id} can't be decided on {self.asker.dataset}, profile {self.profile.name}: {missing}") from None
        behind = read.behind(used)
        if self.method:
            models = {m for c in kept for m in behind["model"] if _names(c.name, m)}
            behind = behind[behind["model"].isin(models)]
        wanted = {(r["run"], r["answer"]) for r in behind.to_dict("records")}
        untrained = "Figure 4, random encoder"
        return {study: [j for j in its if study == untrained or recording.named(j) in wanted] for study, its in jobs.items()}

    def read(self, made: Record) -> Read:
        """The tables of what was trained; where only a method's rows are, the others are made up, which no comparison kept reads."""
        if self.method:
            whole = Record(self.made_up.folder)
            whole.tables = {name: self.made_up[name] | made[name] for name in made.tables}
            made = whole
        return Read(made, self.asker.dataset, self.profile.name)

    def kept(self, comparisons: Sequence[Comparison]) -> list[Comparison]:
        """The comparisons that are asked for; raises SignError where none is."""
        found = [c for c in comparisons if not self.method or _names(c.name, self.method)]
        if not found:
            raise SignError(f"METHOD={self.method}: no comparison of {self.claim.id} names it: {'; '.join(c.name for c in comparisons)}")
        return found

    def judged(self, tables: Tables, plan: Plan, dataset: str) -> tuple[pd.DataFrame, str]:
        """The comparisons on these tables and the verdict; "not run" where a row is missing."""
        try:
            parts = decide(self.kept(self.claim.compare(tables)), plan, dataset)
        except Missing as missing:
            return pd.DataFrame(), f"not run ({missing})"
        return parts, verdict(parts)

    @property
    def plan(self) -> Plan:
        """The claim's plan with the seeds that are trained here, and no more groups than there are."""
        n, _ = self.claim.plan.at(self.asker.dataset)
        return replace(self.claim.plan, n=n, seeds=self.seeds, on={})

    def _studies(self) -> list[str]:
        tables: set[str] = set()

        def named(name: str) -> Rows:
            tables.add(name)
            raise Missing(name)

        for compare in filter(None, (self.claim.compare, self.claim.control)):
            with suppress(Missing):
                compare(named)
        if unknown := tables - set(STUDY):
            raise SignError(f"{self.claim.id} is measured where it is run (tables/{min(unknown)}.csv), in notebook {self.claim.notebook}: make reproduce decides it anew")  # fmt: skip
        return [*{STUDY[t]: None for t in sorted(tables)}, *["Figure 4, random encoder"] * ("figure4_runs" in tables or "figure6_classes" in tables)]  # fmt: skip

    def _jobs(self, study: str) -> list[Job]:
        one = STUDIES[study]
        options = one.options | ({"seeds": 1} if "seeds" in one.options else {})
        asked = one.jobs(self.profile, self.asker.corpora, **self.asker.given(study, **options), **options)
        return [job for job in cast(list[Job], asked) if job.place["repeat"] >= self.start]


def _names(comparison: str, model: str) -> bool:
    """Whether a comparison names a model: SL-FPN is not SL-FPN+."""
    return re.search(rf"(?:^|\s){re.escape(model)}(?:,|\s|$)", comparison) is not None


def around(value: Any, rng: np.random.Generator) -> Any:
    """Made-up numbers around ``value``, in whatever dictionaries it lies; None stays."""
    if isinstance(value, dict):
        return {k: around(v, rng) for k, v in value.items()}
    return value and value + rng.normal(0, 0.05)


def invent(record: Record, place: dict, job: Job) -> None:
    """Rows of a job with made-up numbers, in a record that is never written."""
    run, answer = place["run"], place["answer"]
    rng = np.random.default_rng(int(answer[:8], 16) ^ int(run[:8], 16))
    if job.task is evaluation.few_labels:
        shares = {str(s): [SCORE + rng.normal(0, 0.05)] for s in job.rest[1]}
        values: dict = shares | {"labels": dict.fromkeys(shares, 1)}
    else:
        values = around(MADE_UP[job.task], rng)
    parts = []
    if job.task is observed.observe:
        draws = rng.random(len(job.signs.glosses))
        parts = [
            TABLES["classes"].row({"run": run, "answer": answer, "label": k, "clips": 1, "correct": float(p)}) for k, p in enumerate(draws)
        ]
    settings = {"run": run, "corpus": job.signs.name, "kind": job.signs.kind, "method": job.run.method, "seed": job.run.seed}
    empty = {c: {} if kind is json.loads else "" for c, kind in TABLES["runs"].columns.items()}
    empty |= {"versions": [], "data": {"fingerprint": "", "versions": []}}
    last = {k: v + rng.normal(0, 0.05) for k, v in ENDS.items()}
    record.add("runs", [TABLES["runs"].row(empty | settings | {"last": last})])
    record.add("classes", parts)
    own = {"run": run, "answer": answer, "question": {}, "versions": [], "values": values, "parts": together(parts) if parts else ""}
    record.add("answers", [TABLES["answers"].row(own)])
    record.add("jobs", [place])


def train(one: Replication, jobs: dict[str, list[Job]], folder: Path, workers: int, end: float) -> Record:
    """Train and answer these jobs; their rows go into a record of its own in ``folder``. Raises OutOfTime after ``end``."""
    about = {"profile": one.profile, "corpora": one.asker.corpora, "dataset": one.asker.dataset, "workers": workers}
    recorder = Recording(**about, record=Record(folder), end=end)
    for study, its in jobs.items():
        recorder.answers(STUDIES[study], its)
    return recorder.record
