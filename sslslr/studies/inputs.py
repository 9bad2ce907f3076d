"""What is the choice of landmarks worth? The same models on the same clips, prepared in different ways."""

from dataclasses import replace

from sslslr.clips.signs import Signs
from sslslr.profiles import Profile
from sslslr.studies import comparison, evaluation
from sslslr.studies.corpora import group, load, repeats, split
from sslslr.studies.jobs import Job

PAPER = {"landmarks": "all"}  # the paper's 75, hips and legs among them
MODELS = (*comparison.CONTROLS, "SL-FPN", "SimCLR")


def variants(profile: Profile, dataset: str, data: str = "", changes: dict[str, dict] | None = None) -> dict[str, dict[str, Signs]]:
    """The corpora by the name of their input: "profile" as it says, and each of ``changes`` to it (by default ``PAPER``).

    Raises SignError for a setting that ``clips.input.Input`` does not have.
    """
    changes = {"profile": {}} | ({"all landmarks": PAPER} if changes is None else changes)
    return {name: load(replace(profile, input=profile.input | change), dataset, data) for name, change in changes.items()}


def jobs(profile: Profile, inputs: dict[str, dict[str, Signs]], models=MODELS) -> list[Job]:
    """For each input, corpus, repeat and model what ``evaluation.evaluate`` is to do on *validation* signers.

    Rates are those chosen with the profile's own input, for all inputs alike.
    """
    methods, todo = {title: m for m, title in comparison.TITLES.items()}, []
    for name, corpora in inputs.items():
        for corpus, signs in corpora.items():
            for repeat in repeats(signs, profile):
                parts, protocol = split(signs, profile, repeat)
                place = {"input": name, "corpus": corpus, "kind": signs.kind, "landmarks": len(signs.skeleton), "protocol": protocol}
                for model in models:
                    if model in comparison.CONTROLS:
                        run = comparison.control_of(model, profile, repeat)
                    else:
                        run = comparison.run_of(methods[model], "strong", profile, repeat)
                    about = {"repeat": repeat, "group": group(signs, profile, repeat), "model": model}
                    todo.append(Job(evaluation.evaluate, run, parts, (model, "val"), place | about))
    return todo
