"""What is the choice of input worth? The same clips, signers and runs, prepared in other ways: landmarks, handedness, hands, pose."""

from collections.abc import Callable
from dataclasses import asdict

import numpy as np
import pandas as pd
from sklearn.impute import SimpleImputer
from sklearn.linear_model import RidgeClassifierCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sslslr.clips.input import CHOICES, CHUNK, Input
from sslslr.clips.signs import Signs
from sslslr.clips.skeleton import Skeleton
from sslslr.learning.training import Run
from sslslr.measures import probes
from sslslr.measures.statistics import interval
from sslslr.profiles import Profile
from sslslr.studies import comparison, evaluation
from sslslr.studies.comparison import RANDOM, SUPERVISED
from sslslr.studies.corpora import cells, named, split
from sslslr.studies.jobs import Job

VERSION = "input ablation 1"

OWN = "as the profile says"
RIDGE, SIMCLR = "ridge on hand-made features", "SimCLR, strong views"
UNTRAINED, TRAINED = (RIDGE, RANDOM), (SUPERVISED, SIMCLR)
PARTS = ("val", "test")  # to choose by, and to report
VALUE = "linear_standardised_top1"
MOMENTS = 16  # of a clip that the ridge classifier sees

Other = Callable[[str, dict], Signs]  # corpus, changes to the profile's input -> its clips with these


def changes(profile: Profile, skeleton: Skeleton) -> dict[str, dict]:
    """Every single change to the profile's input, "setting: value" -> the change, that means something for this layout.

    Where the hands' own wrists are all that says where they are (no body), hands can't be taken out of their place.
    """
    placed = set(skeleton.wrists) & {*skeleton.parts["left_hand"], *skeleton.parts["right_hand"]}
    own = asdict(Input.of(profile.input))
    every = [(s, v) for s, values in CHOICES.items() for v in values if v != own[s]]
    return {f"{s}: {v}": {s: v} for s, v in every if not (v == "own" and placed and not skeleton.shoulders)}


def same(one: Signs, other: Signs) -> bool:
    """Whether two preparations of a corpus hold the same landmarks; stops at the first difference."""
    x, y = one.landmarks, other.landmarks
    if one.name != other.name or x.shape != y.shape:
        return False
    return all(np.array_equal(x[i : i + CHUNK], y[i : i + CHUNK], equal_nan=True) for i in range(0, len(x), CHUNK))


def jobs(
    profile: Profile,
    corpora: dict[str, Signs],
    other: Other | None = None,
    only: tuple[str, ...] = (),
    trained: tuple[str, ...] = TRAINED,
) -> list[Job]:
    """Each input, corpus, repeat and model on *validation* signers, by which an input is chosen, and on test signers.

    With every input the models that need no training; trained ones with the profile's own and with changes to the settings
    ``profile.inputs["trained"]``. ``other`` prepares a corpus anew; without it there is only the profile's own input. ``only``
    names settings, ``trained`` the models that learn a representation. Changes that alter no clip of a corpus are no rows: the column ``likewise`` names them. Rates are those chosen
    with the profile's own input, for all inputs alike.
    """
    out = []
    for corpus, signs in named(corpora, profile.inputs["corpora"]).items():
        asked = {n: c for n, c in changes(profile, signs.skeleton).items() if other and (not only or set(c) <= set(only))}
        prepared = {name: other(corpus, change) for name, change in asked.items()} if other else {}
        likewise = [name for name, changed in prepared.items() if same(signs, changed)]
        inputs = {OWN: signs} | {name: changed for name, changed in prepared.items() if name not in likewise}
        for place, parts in cells(profile, {corpus: signs}):
            held_out = ", ".join(np.unique(parts.part("test").signers).tolist())
            place |= {"held_out": held_out, "likewise": "; ".join(likewise)}
            for name, changed in inputs.items():
                on = split(changed, profile, place["repeat"])[0]
                learned = trained if name == OWN or set(asked[name]) <= set(profile.inputs["trained"]) else ()
                about = place | {"input": name, "landmarks": len(on.skeleton)}
                for model in (*UNTRAINED, *learned):
                    out += [_job(model, part, profile, on, about | {"model": model, "part": part}) for part in PARTS]
    return out


def _job(model: str, part: str, profile: Profile, signs: Signs, place: dict) -> Job:
    if model == RIDGE:
        return Job(ridge, comparison.control_of(RANDOM, profile, place["repeat"]), signs, (part,), place)
    if model == SIMCLR:
        run = comparison.run_of("simclr", "strong", profile, place["repeat"])
    else:
        run = comparison.control_of(model, profile, place["repeat"])
    return Job(evaluation.evaluate, run, signs, (model, part), place)


def ridge(run: Run, signs: Signs, part: str) -> dict:
    """Accuracy (0 to 1) on ``part`` of a ridge classifier on the landmarks at 16 moments of a clip, standardised; its penalty
    is chosen on training clips (leave-one-out). ``run`` only says beside what the answer is kept."""

    def answer() -> dict:
        train, test = signs.part("train"), signs.part(part)
        model = make_pipeline(SimpleImputer(keep_empty_features=True), StandardScaler(), RidgeClassifierCV(np.logspace(1, 5, 5)))
        model.fit(probes.handmade(train, MOMENTS), train.labels)
        hit = model.predict(probes.handmade(test, MOMENTS)) == test.labels
        sizes = {"test_clips": len(test), "train_clips": len(train), "classes": len(np.unique(signs.labels))}
        return {VALUE: float(hit.mean())} | sizes

    return evaluation.kept(run, signs, {"ridge": part}, answer, ridge)


def over_groups(rows: pd.DataFrame) -> pd.DataFrame:
    """Means over the repeats of each group of held-out signers, the unit of every interval: a row a corpus, model, input, part and group."""
    by = ["corpus", "model", "input", "part", "group"]
    return (
        rows.groupby(by, sort=False)
        .agg(value=(VALUE, "mean"), clips=("test_clips", "sum"), test_to_train=("test_to_train", "mean"))
        .reset_index()
    )


def choices(rows: pd.DataFrame) -> pd.DataFrame:
    """For each corpus and model the input that is best on *validation* signers, and what it brings on the test signers.

    A row a corpus and model: chosen (of equals the first, so the profile's own), val, own_val, test, own_test (means, 0 to 1), and the
    difference on test signers to the profile's own, paired over groups: mean, low, high, n (0 where that itself is chosen).
    """
    out = []
    for (corpus, model), part in over_groups(rows).groupby(["corpus", "model"], sort=False):
        val, test = (part[part["part"] == p].pivot(index="group", columns="input", values="value") for p in PARTS)
        order = list(dict.fromkeys(part["input"]))
        chosen = val[order].mean().idxmax()
        line = {"corpus": corpus, "model": model, "inputs": len(order), "chosen": chosen, "val": val[chosen].mean()}
        line |= {"own_val": val[OWN].mean(), "test": test[chosen].mean(), "own_test": test[OWN].mean()}
        out.append(line | interval((test[chosen] - test[OWN]).dropna()))
    return pd.DataFrame(out)
