"""Every study of the notebooks, once: where it is shown, its jobs, its table, and which other studies it needs first.

Notebooks ask the studies by name (``stage.ask("Table 1")``), and a plan walks the same list without training: so both
have the same jobs, whatever profile and data.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from sslslr.clips.signs import Signs
from sslslr.errors import SignError
from sslslr.profiles import Profile
from sslslr.studies import (
    ablation,
    boundaries,
    comparison,
    controls,
    dose,
    embedding_space,
    finetune,
    inputs,
    jobs,
    pooling,
    recipe,
    reuse,
    signrep,
    tuning,
)
from sslslr.studies.jobs import Job
from sslslr.studies.jobs import rows as in_rows

Need = tuple[str, dict]  # a study's name and its options


@dataclass(frozen=True)
class Study:
    """``jobs(profile, corpora, **needed, **options)`` lists what is asked; ``rows(jobs, answers)`` makes the table.

    Where the next job depends on the last answer, ``jobs`` is a generator that yields lists of jobs, is sent their answers
    and returns what was found in place of a table. ``notebooks``: the numbers of those that show it, the one that it
    belongs to first. ``needs``: argument of ``jobs`` -> the study that gives it, told from the options. ``gives``: what
    other studies read off the table. ``options`` with their defaults; a notebook's own parameters set them. ``changes``: those
    that change a row whose place does not say so; the others only choose among the rows. ``curves``: it shows each epoch of its
    runs. ``prepares``: the clips are asked for with other inputs too, so ``jobs`` is given ``other``, which prepares them.
    ``decides``: claims are decided by its table alone, whatever profile it is of.
    """

    name: str
    notebooks: tuple[str, ...]
    jobs: Callable[..., list[Job]] | Callable[..., Generator[list[Job], list[dict], Any]]
    rows: Callable[[list[Job], list[dict]], object] = in_rows
    needs: dict[str, Callable[..., Need]] = field(default_factory=dict)
    gives: Callable | None = None
    options: dict = field(default_factory=dict)
    prepares: bool = False
    changes: tuple[str, ...] = ()
    curves: bool = False
    decides: bool = False


def _given(found):
    return found


TABLE1 = {"methods": tuple(comparison.NAMES), "controls": comparison.CONTROLS, "views": (*comparison.VIEW_SETS, "none")}
METHOD, TUNING = {"method": "slfpn"}, {"choose": "last", "only_table6": False}
CHOSEN = {"chosen": lambda choose, only_table6, **_: ("fine-tuning rates", {"choose": choose, "only_table6": only_table6})}
STUDIES = {study.name: study for study in (
    Study("SL-FPN and controls", ("04",), controls.jobs, curves=True),
    Study("tuning", ("06",), tuning.jobs, tuning.rows, options={"methods": ()}),
    Study("Table 1", ("06",), comparison.jobs, options=TABLE1, decides=True),
    Study("Table 1, MLP probe", ("06",), comparison.mlp_jobs, decides=True),
    Study("Table 2, transfer", ("07",), reuse.transfer_jobs, decides=True),
    Study("Table 3, few labels", ("08",), reuse.few_label_jobs, reuse.few_label_rows, decides=True),
    Study("Algorithm 1", ("10",), boundaries.searches, gives=_given, options=METHOD, changes=("method",)),
    Study("Figure 4", ("10", "11"), boundaries.sweep_jobs, boundaries.sweep_rows, options=METHOD, changes=("method",)),
    Study("Figure 4, random encoder", ("10",), boundaries.untrained_jobs, boundaries.untrained_rows),
    Study("Algorithm 1, forced", ("10",), boundaries.forced_searches, options=METHOD, changes=("method",)),
    Study("augmentations", ("12",), boundaries.augmentation_jobs, needs={"found": lambda **_: ("Algorithm 1", {})}),
    Study("Table 5, inertia", ("13",), embedding_space.jobs, embedding_space.rows),
    Study("Figure 7, maps", ("13",), embedding_space.map_jobs, embedding_space.map_panels),
    Study("Figure 8, ablation", ("14",), ablation.jobs, curves=True),
    Study("recipe, search", ("15",), recipe.search_jobs, recipe.search_rows, options={"search": "few"}),
    Study("recipe, final", ("15",), recipe.final_jobs, recipe.final_rows, options={"seeds": 1, "length": 1}, changes=("length",)),
    Study("inputs", ("15",), inputs.jobs, prepares=True),
    Study("fine-tuning rates", ("16",), finetune.rate_jobs, finetune.rate_rows, gives=finetune.best, options=TUNING,
          changes=("choose",)),
    Study("Table 6, fine-tuning", ("16",), finetune.jobs, needs=CHOSEN, options=TUNING | {"seeds": 1},
          changes=("choose",), curves=True),
    Study("Table 3, rates", ("16",), finetune.five_rate_jobs, finetune.rate_rows, gives=finetune.best),
    Study("Table 3, fine-tuned", ("16",), finetune.five_jobs, needs={"chosen": lambda **_: ("Table 3, rates", {})}),
    Study("Table 6, frozen", ("16",), finetune.frozen_jobs, finetune.frozen_rows,
          options={"seeds": 1, "only_table6": False}),
    Study("activity pooling", ("18",), pooling.jobs, pooling.rows),
    Study("SignRep, settings", ("18",), signrep.search_jobs, signrep.search_rows),
    Study("SignRep", ("18",), signrep.jobs, signrep.rows),
    Study("dose and response", ("21",), dose.jobs),
)}  # fmt: skip


@dataclass
class Asked:
    """The studies on these corpora; ``answers(study, jobs)`` answers their jobs, in ``workers`` processes if nothing else is said.

    ``other(corpus, changes)`` gives a corpus with changes to the profile's input; without it, no other input is asked for.
    """

    profile: Profile
    corpora: dict[str, Signs]
    workers: int = 0
    other: inputs.Other | None = field(default=None, kw_only=True)

    def __post_init__(self):
        self._given = {}

    def answers(self, study: Study, asked: list[Job]) -> list[dict]:
        """The answers of one list of jobs of a study, in their order."""
        return jobs.ask(asked, self.workers, study.name)

    def table(self, study: Study, asked: list[Job], answers: list[dict]):
        """The study's table."""
        return study.rows(asked, answers)

    def ask(self, name: str, **options):
        """The table of a study, after those that it needs. Raises SignError for an unknown study or option."""
        study, options = known(name, options)
        asked = study.jobs(self.profile, self.corpora, **self.given(name, **options), **options)
        if isinstance(asked, list):
            found = self.table(study, asked, self.answers(study, asked))
        else:
            found = jobs.follow(asked, lambda one: self.answers(study, one))
        if study.gives:
            self._given[name, repr(options)] = study.gives(found)
        return found

    def curves(self, name: str, **options) -> pd.DataFrame:
        """Training seen epoch by epoch: a row an epoch of each run that a study with ``curves`` asks about, its metrics beside the
        columns of its place. Trained as far as it is not yet."""
        study, options = known(name, options)
        asked = study.jobs(self.profile, self.corpora, **self.given(name, **options), **options)
        if not isinstance(asked, list):
            raise SignError(f"study {name!r} asks step by step: it has no curves")
        trained = [(i, job) for i, job in enumerate(asked) if job.run.epochs]
        return pd.concat([self.epochs(study, i, job).assign(**job.place) for i, job in trained], ignore_index=True)

    def epochs(self, study: Study, number: int, job: Job) -> pd.DataFrame:
        """The metrics of each epoch of the run of a study's job."""
        return jobs.epochs(job)

    def gives(self, name: str, **options):
        """What a study gives to others, what Algorithm 1 found for one; asked once."""
        _, options = known(name, options)
        if (name, repr(options)) not in self._given:
            self.ask(name, **options)
        return self._given[name, repr(options)]

    def given(self, name: str, **options) -> dict:
        """What a study is given by those that it needs, by argument: ``given("augmentations")["found"]``."""
        study, options = known(name, options)
        needs = {argument: need(**options) for argument, need in study.needs.items()}
        given = {argument: self.gives(needed, **its) for argument, (needed, its) in needs.items()}
        return given | ({"other": self.other} if study.prepares else {})


def known(name: str, options: dict) -> tuple[Study, dict]:
    """The study of this name and its options, defaults filled in; raises SignError for an unknown one."""
    if name not in STUDIES:
        raise SignError(f"study {name!r} is unknown; there are {', '.join(STUDIES)}")
    study = STUDIES[name]
    if unknown := sorted(set(options) - set(study.options)):
        raise SignError(f"study {name!r} has no option {', '.join(unknown)}; it has {', '.join(study.options) or 'none'}")
    return study, study.options | options
