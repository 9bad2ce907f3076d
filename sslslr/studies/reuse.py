"""What else a pretrained encoder is good for: another sign language (Table 2), and few labels (Table 3)."""

import pandas as pd

from sslslr.clips.signs import Signs
from sslslr.learning.grid import side_by_side
from sslslr.measures.statistics import summarise
from sslslr.profiles import Profile
from sslslr.studies import evaluation
from sslslr.studies.comparison import METHODS, RANDOM, SUPERVISED, TITLES, control_of, run_of
from sslslr.studies.corpora import repeats, split
from sslslr.studies.evaluation import HANDMADE

LARGE, SMALL = ("lsfb-like", "asl-citizen-like"), ("gsl-like", "lsa-like")
SHARES = (0.01, 0.05, 0.1, 0.3, 1.0)
TRAINED_SHARES = (0.1, 0.3)  # at which the supervised control is trained anew
SUPERVISED_THERE = "supervised on the target"


def _models(profile: Profile, repeat: int, chosen: dict[str, float], views: str):
    yield from ((c, control_of(c, profile, repeat, chosen)) for c in (HANDMADE, RANDOM))
    yield from ((TITLES[m], run_of(m, views, profile, repeat, chosen)) for m in METHODS)


def transfer(
    profile: Profile, corpora: dict[str, Signs], chosen: dict[str, float], workers: int = 0, views: str = "boundary"
) -> pd.DataFrame:
    """Table 2: encoders pretrained on each large corpus, frozen, probed on each small one; a row each, with top-1 and top-5.

    Controls: hand-made features and a random encoder; the encoder trained on the source's labels; and, as a ceiling, the
    one trained on the target's. Empty where the data set has no two corpora.
    """
    heads, jobs = [], []
    for source in (c for c in LARGE if c in corpora):
        for target in (c for c in SMALL if c in corpora):
            for repeat in repeats(corpora[target], profile):
                here, there = (split(corpora[c], profile, repeat)[0] for c in (source, target))
                cells = [(m, run, here) for m, run in _models(profile, repeat, chosen, views)]
                cells.append((SUPERVISED, control_of(SUPERVISED, profile, repeat, chosen), here))
                cells.append((SUPERVISED_THERE, control_of(SUPERVISED, profile, repeat, chosen), there))
                for model, run, parts in cells:
                    heads.append({"source": source, "target": target, "repeat": repeat, "model": model, "views": views})
                    jobs.append((run, parts, model, there))
    rows = side_by_side(evaluation.transfer, jobs, workers, title="transfer") if jobs else []
    return pd.DataFrame([h | r for h, r in zip(heads, rows, strict=True)])


def few_labels(
    profile: Profile, corpora: dict[str, Signs], chosen: dict[str, float], workers: int = 0, views: str = "boundary", draws: int = 3
) -> pd.DataFrame:
    """Table 3: frozen features probed with a share of the labels; a row for each model, corpus, repeat and share.

    ``top1`` is the mean over ``draws`` stratified draws of the labels, ``labels`` their number. The supervised control
    is trained anew on the labels of one draw, for as many steps as on all of them.
    """
    heads, jobs, supervised_heads, supervised = [], [], [], []
    for corpus, signs in corpora.items():
        for repeat in repeats(signs, profile):
            parts, _ = split(signs, profile, repeat)
            head = {"corpus": corpus, "kind": signs.kind, "repeat": repeat}
            for model, run in _models(profile, repeat, chosen, views):
                heads.append(head | {"model": model})
                jobs.append((run, parts, model, SHARES, draws))
            for share in (*TRAINED_SHARES, 1.0):
                part = parts if share == 1 else evaluation.with_labels(parts, share, seed=repeat)
                supervised_heads.append(head | {"model": SUPERVISED, "share": share, "labels": int((part.split == "train").sum())})
                run = control_of(SUPERVISED, profile, repeat, chosen)
                supervised.append((evaluation.as_many_steps(run, part, parts), part, SUPERVISED))
    out = []
    for head, row in zip(heads, side_by_side(evaluation.few_labels, jobs, workers, title="few labels"), strict=True):
        for share in SHARES:
            hits = row[str(share)]
            out.append(head | {"share": share, "labels": row["labels"][str(share)], "top1": sum(hits) / len(hits), "draws": len(hits)})
    found = side_by_side(evaluation.evaluate, supervised, workers, title="supervised on few labels")
    out += [head | {"top1": row["linear_standardised_top1"], "draws": 1} for head, row in zip(supervised_heads, found, strict=True)]
    return pd.DataFrame(out)


def table(rows: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Mean and 95 % interval of ``top1`` over repeats for each group of ``by``."""
    return summarise(rows, by, "top1")
