"""How hard is a corpus, and for whom? The controls on *validation* signers: nothing here looks at a test split."""

import pandas as pd

from sslslr.clips.signs import Signs
from sslslr.learning.grid import side_by_side
from sslslr.profiles import Profile
from sslslr.studies import evaluation
from sslslr.studies.comparison import CONTROLS, HANDMADE, RANDOM, SUPERVISED, control_of
from sslslr.studies.corpora import repeats, split


def controls(profile: Profile, corpora: dict[str, Signs], workers: int = 0) -> pd.DataFrame:
    """Hand-made features, random encoder and supervised encoder of every corpus and repeat: a row each, accuracy 0 to 1."""
    parts = {(c, r): split(signs, profile, r) for c, signs in corpora.items() for r in repeats(signs, profile)}
    places = [(c, r, m) for c, r in parts for m in CONTROLS]
    jobs = [(control_of(m, profile, r), parts[c, r][0], m, "val") for c, r, m in places]
    rows = side_by_side(evaluation.evaluate, jobs, workers, title="controls on validation signers")
    return pd.DataFrame(
        [
            {"corpus": c, "kind": corpora[c].kind, "repeat": r, "model": m, "protocol": parts[c, r][1]}
            | {"accuracy": row["linear_standardised_top1"], "clips": row["test_clips"], "classes": row["classes"]}
            for (c, r, m), row in zip(places, rows, strict=True)
        ]
    )


def ratios(rows: pd.DataFrame) -> pd.DataFrame:
    """A row a corpus: mean accuracy of each control, and of hand-made and random as a share of the supervised one's; with n.

    runs: repeats; clips: of the validation signers, over all repeats.
    """
    accuracy = rows.pivot_table(index="corpus", columns="model", values="accuracy", sort=False)[list(CONTROLS)]
    one = rows[rows["model"] == RANDOM].groupby("corpus", sort=False)
    about = one.agg(kind=("kind", "first"), runs=("repeat", "size"), clips=("clips", "sum"), classes=("classes", "first"))
    shares = {
        "random / supervised": accuracy[RANDOM] / accuracy[SUPERVISED],
        "hand-made / supervised": accuracy[HANDMADE] / accuracy[SUPERVISED],
    }
    return about.join(accuracy).assign(**shares).reset_index()
