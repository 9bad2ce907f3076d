"""Put the numbers of the record into README.md: ``python tools/readme.py``.

Table 1 of every data set that the record has on the profile that decides: a row a model (its strong views; SL-FPN's boundary
views too, as the paper states it), a column a corpus. No number there is typed by hand.
"""

import json
from pathlib import Path

import pandas as pd

from sslslr import paths, profiles
from sslslr.claims.own import ASKED
from sslslr.measures.statistics import claims
from sslslr.record.recording import provenance, recalled, table
from sslslr.record.tables import Record
from sslslr.report.tables import differences, wide
from sslslr.studies import comparison, controls, recipe, tuning

START, END = "<!-- results -->", "<!-- /results -->"
VALUE = recipe.VALUE
SHOWN = ("strong", "control")
QUESTIONS = {"E1": ("strong_boundary", "strong"), "E2": ("boundary", "none")}


def recorded(record: Record) -> dict[str, pd.DataFrame]:
    """Table 1's runs by data set, with the column ``set`` in words: corpus, clips tested on, kind, role, cost."""
    development, out = profiles.load(profiles.DECIDES).tuning["development"], {}
    for dataset in sorted({r["dataset"] for r in record["jobs"].values() if (r["profile"], r["study"]) == (profiles.DECIDES, "Table 1")}):
        found = recalled(record, dataset, profiles.DECIDES, "Table 1")
        print(f"{dataset}: {json.dumps(provenance(record, found))}")
        frame = table(record, found)
        role = ", development" if dataset == development else ""
        out[dataset] = frame.assign(set=frame["corpus"] + " (" + frame["kind"] + role + ")")
    return out


def accuracies(runs: pd.DataFrame) -> pd.DataFrame:
    """A row a model, a column a set: linear top-1 % with its interval over groups of held-out signers."""
    runs = runs[runs["views"].isin(SHOWN) | ((runs["model"] == "SL-FPN") & (runs["views"] == "boundary"))]
    means = recipe.over_seeds(runs.assign(corpus=runs["set"]), "model", "views")
    told = controls.table(means, by=("corpus", "model", "views"))
    return wide(told, ["model", "views"], "corpus")


def contrasts(runs: pd.DataFrame) -> pd.DataFrame:
    """E1 and E2 for each method on each set."""
    runs = runs.assign(cell=runs["model"] + ", " + runs["views"], corpus=runs["set"])
    there = set(zip(runs["corpus"], runs["cell"], strict=True))
    pairs = [
        {"corpus": c, "a": f"{m}, {a}", "b": f"{m}, {b}"}
        for a, b in QUESTIONS.values() for c in dict.fromkeys(runs["corpus"]) for m in ASKED if {(c, f"{m}, {a}"), (c, f"{m}, {b}")} <= there
    ]  # fmt: skip
    return differences(claims(runs, pairs, "cell", ["corpus", "repeat"], VALUE), True)


def searched(record: Record) -> tuple[str, pd.DataFrame]:
    """The development data in words, and a row a method: what the search chose, and its linear top-1 % on validation signers."""
    profile = profiles.load(profiles.DECIDES)
    on = profile.tuning["development"]
    found = table(record, recalled(record, on, profile.name, "tuning"))
    clips, tried = found.drop_duplicates("group")["clips"].sum(), tuning.means(found)
    best = tried.loc[tried.groupby("method", sort=False)["accuracy"].idxmax()].sort_values("accuracy", ascending=False)
    count = tried.groupby("method").size()
    rows = pd.DataFrame({
        "model": best["method"].map(comparison.NAMES).fillna("supervised"), "rate": best["rate"].map("{:g}".format), "options": best["options"],
        "candidates": best["method"].map(count), "validation top-1 %": (100 * best["accuracy"]).map("{:.1f}".format),
    })  # fmt: skip
    return f"{on}, {clips} validation clips of {best['n'].min()} signers", rows


def main() -> None:
    """Rewrite README.md."""
    record = Record()
    runs, (on, chosen) = pd.concat(recorded(record).values(), ignore_index=True), searched(record)
    text = f"{accuracies(runs).to_markdown(index=False)}\n\n{contrasts(runs).to_markdown(index=False)}\n\n"
    text += f"The search that chose the settings ({on}; the best of several looks better than it is):\n\n{chosen.to_markdown(index=False)}"
    readme = Path(paths.ROOT / "README.md")
    before, rest = readme.read_text(encoding="utf-8").split(START)
    paths.write_text(readme, f"{before}{START}\n\n{text}\n\n{END}{rest.split(END)[1]}")


if __name__ == "__main__":
    main()
