"""Profiles: how big everything is. One YAML each beside the notebooks; unknown keys are refused."""

from dataclasses import dataclass, fields

import yaml

from sslslr import paths
from sslslr.errors import SignError

DECIDES = "decide"  # the profile on which all settings were searched and claims are decided


@dataclass(frozen=True)
class Profile:
    """Sizes of one reproduction.

    corpora: sizes of the four synthetic corpora: classes, signers, clips.  frames: T, the longest clip.
    repeats, real_repeats: trainings a cell on a synthetic corpus and on a real data set; repeat r holds out the
    signers of fold r (modulo ``folds``, the number of groups of signers) and seeds the run with r.
    table1: of the comparison of methods: synthetic corpora, repeats a cell, and ``primary``: by corpus or data set, the repeats
    of the cells that E1 and E2 are decided on (more than folds: further seeds of the same groups).
    epochs: of every training, the supervised control's too.  encoder, optimiser: their sizes and settings.
    precision: fp32, bf16, or auto (what is fast here).  methods: each method's rate and options, one setting for all data,
    of the candidates of ``studies.tuning``; tuning: the methods that notebook 06 searches anew, on which
    synthetic corpora (a real data set: on itself), with which views and on how many groups of signers.
    finetune: of fine-tuning: epochs, the rates to choose from, and the shares of the labels by kind of data.
    What a study leaves out to stay in its time:
    boundaries: synthetic corpora, shares of the frames, runs at each share, draws of the probe's clips, methods whose other
    degradations are trained, and how many fresh corpora the errors are measured on.
    maps: models that are mapped ("all", or their names).  ablation: settings ("all" or "figure 8"), steps watched live.
    final: synthetic corpora of the recipe's final comparison.
    inputs: of the comparison of inputs: synthetic corpora, and the settings of ``input`` whose changes are trained with.
    dose: of dose and response: the synthetic corpus and its size, seconds at either end, shares of neighbours, methods, repeats.  timing: steps timed of each method.
    video: of learning from rendered pictures: the corpus and its size, repeats of the rows and of the other switches, ``search``: groups
    on whose validation signers the ``settings`` of each target were searched, and the runs' sizes.
    judges: whether claims may be judged on it; ``smoke`` only shows that everything runs.
    recorded: whether studies are answered from the record as far as it goes, without training.
    input: which landmarks an encoder is given, and whose hand is the working one (``sslslr.clips.input.Input``).
    """

    name: str
    corpora: dict
    frames: int
    repeats: int
    real_repeats: int
    folds: int
    table1: dict
    epochs: int
    batch: int
    encoder: dict
    optimiser: dict
    precision: str
    methods: dict
    tuning: dict
    finetune: dict
    boundaries: dict
    maps: str | list
    ablation: dict
    final: list
    inputs: dict
    dose: dict
    video: dict
    timing: int
    judges: bool
    recorded: bool
    input: dict


def load(name: str) -> Profile:
    """Read ``notebooks/profiles/<name>.yml``; raises SignError for an unknown profile or key."""
    path = paths.PROFILES / f"{name}.yml"
    known = sorted(p.stem for p in paths.PROFILES.glob("*.yml"))
    if not known:
        raise SignError(f"{paths.PROFILES}: no profile is there; sslslr runs in its clone (make env, or pip install -e .)")
    if name not in known:
        raise SignError(f"profile {name!r} is unknown; there are {', '.join(known)}")
    values = yaml.safe_load(path.read_text(encoding="utf-8"))
    expected = {f.name for f in fields(Profile)} - {"name"}
    if wrong := set(values) ^ expected:
        raise SignError(f"{path.name}: missing or unknown keys {', '.join(sorted(wrong))}")
    return Profile(name=name, **values)
