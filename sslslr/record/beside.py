"""A method beside all others that were ever recorded for Table 1, by its rows alone: none of them is trained again."""

import pandas as pd

from sslslr.clips.signs import Signs
from sslslr.measures.statistics import interval
from sslslr.profiles import Profile
from sslslr.record import rows
from sslslr.record.recording import recalled, table
from sslslr.record.tables import Record
from sslslr.studies import corpora, recipe


def beside(record: Record, dataset: str, profile: Profile, signs: dict[str, Signs], model: str) -> pd.DataFrame:
    """A row for each recorded model and view set on each corpus: ``top1``, linear (standardised), 0 to 1, mean over ``n`` groups of
    held-out signers (means over the seeds of each).

    Beside a row with the same views, or of a control: ``minus``, the points by which ``model`` with the views ``of`` is above it,
    paired over ``pairs`` groups, with the 95 % interval ``low`` to ``high`` (not corrected for the number of rows). ``stale`` where
    today's code would not make a row again. Raises SignError where nothing is recorded.
    """
    found = recalled(record, dataset, profile.name, "Table 1")
    frame = table(record, found).assign(stale=[bool(rows.stale(record, r["run"], r["answer"])) for r in found])
    at = zip(frame["corpus"], frame["repeat"], strict=True)
    frame["group"] = [corpora.group(signs[c], profile, r) if c in signs else r for c, r in at]
    means = recipe.over_seeds(frame, "model", "views")
    groups = dict(iter(means.groupby(["corpus", "model", "views"], sort=False)))
    out = []
    for (corpus, name, views), part in groups.items():
        about = {"corpus": corpus, "model": name, "views": views, "top1": part[recipe.VALUE].mean(), "n": len(part)}
        stale = {"stale": "STALE" if part["stale"].any() else ""}
        own = {v: g for (c, m, v), g in groups.items() if (c, m) == (corpus, model) and m != name and views in (v, "control")}
        for mine, its in own.items():
            both = (its.set_index("group")[recipe.VALUE] - part.set_index("group")[recipe.VALUE]).dropna()
            gap = interval(100 * both) if len(both) else dict.fromkeys(("mean", "low", "high"), float("nan")) | {"n": 0}
            out.append(about | {"of": mine, "minus": gap["mean"], "low": gap["low"], "high": gap["high"], "pairs": gap["n"]} | stale)
        if not own:
            out.append(about | stale)
    shown = pd.DataFrame(out, columns=["corpus", "model", "views", "top1", "n", "stale", "of", "minus", "low", "high", "pairs"])
    order = (shown["model"] != model).sort_values(kind="stable").index  # its own rows first
    return shown.loc[order].sort_values("corpus", kind="stable", ignore_index=True).astype({"pairs": "Int64"})
