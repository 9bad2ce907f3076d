"""Put the numbers of the record into README.md and docs/results.md: ``python tools/readme.py``.

Of every data set that the record has on the profile that decides: Table 1, a row a model and view set, a column a corpus; the questions of README with their differences; the search of settings.
README has the questions as a picture and a sentence each, docs/results.md the tables. No number there is typed by hand.
"""

import json
from contextlib import suppress
from pathlib import Path
from textwrap import fill

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from sslslr import paths, profiles
from sslslr.claims.judge import CLAIMS, told
from sslslr.claims.plan import MARGINS, POINTS
from sslslr.claims.rows import Missing
from sslslr.claims.verdict import FAILS, HOLDS, decide
from sslslr.errors import SignError
from sslslr.measures import statistics
from sslslr.measures.contrasts import FEWEST, SMALL
from sslslr.record.recording import provenance, recalled, table
from sslslr.record.tables import Record
from sslslr.report import recorded as judged
from sslslr.report import tables, video
from sslslr.report.figures import BLUE, GREY, RED, WIDEST, readable, style
from sslslr.report.tables import wide
from sslslr.studies import comparison, controls, pooling, recipe, tuning

RESULTS, PICTURE = paths.ROOT / "docs" / "results.md", paths.ROOT / "docs" / "what_holds.png"
VALUE = recipe.VALUE
LITTLE = "yes, but too little to matter"
QUESTIONS = {  # and which of a claim's comparisons answer them
    "Does learning without labels beat an encoder that was never trained?": ("E1", "control"),
    "Does the permutation add to strong views (E1)?": ("E1", "compare"),
    "Does the permutation add to nothing but dropout (E2)?": ("E2", "compare"),
}
LOOKS = {"yes": BLUE, LITTLE: BLUE, "no": RED, "undecided": GREY, "not complete": GREY}


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
    """A row a model and view set, a column a set: linear top-1 % with its interval over groups of held-out signers; fewer than five
    groups are left out."""
    runs = runs[runs.groupby(["set", "model", "views"])["group"].transform("nunique") >= FEWEST]
    means = recipe.over_seeds(runs.assign(corpus=runs["set"]), "model", "views")
    told = controls.table(means, by=("corpus", "model", "views"))
    return wide(told, ["model", "views"], "corpus").fillna("–").replace({"views": {"strong_boundary": "strong + boundary"}})


def contrasts(record: Record) -> pd.DataFrame:
    """README's questions on each data set, real ones first: the comparisons of E1, E2 and E1's control as the verdict decides them."""
    asked, out = {c.id: c for c in CLAIMS}, []
    for question, (name, of) in QUESTIONS.items():
        for dataset in sorted(judged.datasets_of(record, profiles.DECIDES), key=lambda d: d == "synthetic"):
            with suppress(Missing):
                claim = asked[name]
                comparisons = getattr(claim, of)(judged.Read(record, dataset, profiles.DECIDES))
                parts = decide(comparisons, claim.plan, dataset)
                out.append(parts.assign(question=question, dataset=dataset, id=claim.id))
    return pd.concat(out, ignore_index=True)


def beside_labels(runs: pd.DataFrame) -> pd.DataFrame:
    """On each set that has the supervised control: how far it is above a random encoder, and learning without labels below it, with the
    same views and as many epochs."""
    cells = runs.assign(cell=runs["model"].where(runs["views"] == "control", runs["model"] + ", " + runs["views"]))
    taught = cells.loc[cells["model"] == comparison.SUPERVISED, "set"].unique()
    pairs = [
        (comparison.SUPERVISED, comparison.RANDOM),
        *((f"{m}, strong", comparison.SUPERVISED) for m in ("SimCLR", "SL-FPN+", "sign priors")),
    ]
    asked = [{"a": a, "b": b, "set": one} for one in taught for a, b in pairs]
    return tables.differences(statistics.claims(cells, asked, "cell", ["repeat"], VALUE))


def said(part: dict) -> str:
    """The verdict on a comparison in a few words."""
    if part["answer"] == SMALL and part["verdict"] == HOLDS and not part["lacks"]:
        return LITTLE
    return "not complete" if part["lacks"] else {HOLDS: "yes", FAILS: "no"}.get(part["verdict"], "undecided")


def picture(found: pd.DataFrame) -> Figure:
    """A row a difference, in points: mean, 90 % interval (thick), 95 % (thin); grey band: what does not matter (the margin)."""
    style()
    fig, ax = plt.subplots(figsize=(WIDEST, 0.27 * (len(found) + 2 * found["question"].nunique()) + 0.8))
    y, ticks, labels = 0.0, [], []
    ax.axvspan(-MARGINS[POINTS], MARGINS[POINTS], color="#EEEEEE", lw=0)
    ax.axvline(0, color="black", lw=0.8)
    for question, part in found.groupby("question", sort=False):
        ax.text(0.0, y, question, transform=ax.get_yaxis_transform(), fontweight="bold", fontsize=9, va="center")
        for r in part.to_dict("records"):
            y -= 1
            colour = LOOKS[words := said(r)]
            ax.plot([r["low"], r["high"]], [y, y], color=colour, lw=1)
            ax.plot([r["low90"], r["high90"]], [y, y], color=colour, lw=3.5, alpha=0.7)
            ax.plot(r["effect"], y, "o", color=colour, mec="white", ms=6)
            ax.text(1.01, y, fill(f"{words} (n = {r['n']})", 21), transform=ax.get_yaxis_transform(), color=colour, fontsize=8, va="center")
            ticks.append(y)
            labels.append(f"{r['name'].split(',')[0]}, {where(r)}")
        y -= 2
    ax.set(yticks=ticks, ylim=(y + 1, 1), xlabel="difference in points of top-1; n: groups held out, of signers (thai-leap: sessions)")
    ax.set_yticklabels(labels, fontsize=8)
    ax.grid(axis="y", visible=False)
    readable(fig)
    return fig


def where(part: dict) -> str:
    """The data set of a comparison in words, and how many of its corpora the mean is over."""
    made = part["dataset"] == "synthetic"
    return f"{part['sets']:.0f} synthetic corpora" if made else f"{part['dataset']} (real)"


def sentences(found: pd.DataFrame) -> str:
    """Each question with its answers counted and the range of its differences; real and synthetic data never in one number."""
    lines = []
    for question, part in found.groupby("question", sort=False):
        told = []
        for made, words in ((False, "Real recordings"), (True, "Synthetic signing")):
            own = part[(part["dataset"] == "synthetic") == made]
            if len(own):
                counts = "; ".join(f"{k} {word}" for word, k in own.apply(said, axis=1).value_counts().items())
                low, high = own["effect"].min(), own["effect"].max()
                told.append(f"{words}: of {len(own)} comparisons {counts} ({low:+.1f} to {high:+.1f} points).")
        lines.append(f"- **{question}** {' '.join(told)}")
    return "\n".join(lines)


def pictures(record: Record) -> str:
    """Encoders of rendered pictures, a row a model, and what is decided about them, as Markdown; "" where nothing is recorded."""
    try:
        found = table(record, recalled(record, "synthetic", profiles.DECIDES, "SignRep"))
    except SignError:
        return ""
    whole = found[found["pooling"] == pooling.ALL]
    whole = whole[whole.groupby(["sees", "model", "views"])["group"].transform("nunique") >= FEWEST]
    asked = {
        VALUE: "linear top-1 %",
        "dcg": "DCG %",
        "reads recordings": "recording read %",
        "top1, new clothes": "top-1 %, clothes never seen",
    }
    cells = [video.told(whole, ["sees", "model", "views"], value).assign(asked=words) for value, words in asked.items()]
    told_ = pd.concat(cells).assign(told=lambda r: r.apply(lambda c: f"{c['mean']:.1f} ({c['low']:.1f} to {c['high']:.1f})", axis=1))
    rows = told_.pivot(index=["sees", "model", "views"], columns="asked", values="told")[list(asked.values())].fillna("–").reset_index()
    rows = rows.sort_values("linear top-1 %", ascending=False, key=lambda v: v.str.split().str[0].astype(float))
    out = f"{whole['corpus'].iloc[0]}, rendered, {whole['test_clips'].max():.0f} test clips a group; n = {' to '.join(map(str, sorted({told_['n'].min(), told_['n'].max()})))} groups of held-out signers, 95 % intervals. Landmarks are what the pictures were drawn from: which road is better is not decided here.\n\n{rows.to_markdown(index=False)}\n"
    return out + verdicts(record, ["S1", "S2", "S3"])


def poolings(record: Record) -> str:
    """What averaging part of a clip gains, of encoders of landmarks and of rendered pictures, what the crossing with boundary views says, and
    what is decided, as Markdown; "" where nothing is recorded."""
    decides, frames = profiles.DECIDES, {}
    for dataset in judged.datasets_of(record, decides):
        for study in ("activity pooling", "SignRep"):
            with suppress(SignError):
                found = table(record, recalled(record, dataset, decides, study))
                found = found[found["sees"].str.startswith("pictures")] if "sees" in found else found
                kind = found["kind"] + (", rendered pictures" if study == "SignRep" else "")
                frames[dataset, study] = found.assign(seen=found["corpus"] + " (" + kind + ")")
    out = ""
    gained = {key: pooling.gains(found) for key, found in frames.items()}
    crossed = [pooling.crossing(found) for found in gained.values()]
    for words, parts, by, value in (
        ("Gain over the mean of all frames", gained.values(), ["seen", "model", "views"], "gain"),
        ("Crossing: gain with boundary views minus gain without", crossed, ["seen", "model", "views", "against"], "difference"),
    ):
        if cells := [video.told(part, [*by, "pooling"], value, 1) for part in parts if len(part)]:
            one = pd.concat(cells, ignore_index=True)
            one = one[one["n"] >= FEWEST].assign(
                told=lambda r: r.apply(lambda c: f"{c['mean']:+.1f} ({c['low']:+.1f} to {c['high']:+.1f})", axis=1)
            )
            if one.empty:
                continue
            asked = [name for name in pooling.POOLINGS if name in set(one["pooling"])]
            rows = one.pivot(index=[*by, "n"], columns="pooling", values="told")[asked].fillna("–").reset_index()
            out += (
                f"\n{words}, points of linear top-1, 95 % intervals over n groups of held-out signers:\n\n{rows.to_markdown(index=False)}\n"
            )
    for found in (f for f in frames.values() if "share" in f):
        for seen, part in found[(found["pooling"] != pooling.ALL) & found["share"].notna()].groupby("seen", sort=False):
            left = part.groupby("pooling", sort=False)["share"].mean()
            out += (
                f"\nShare of the weight that each leaves, {seen}: "
                + ", ".join(f"{name} {share:.2f}" for name, share in left.items())
                + ".\n"
            )
    return out + verdicts(record, ["S4", "S5"])


def verdicts(record: Record, ids: list[str]) -> str:
    """What is decided about these claims on each data set that has rows for them, as Markdown."""
    out = ""
    for claim in (c for c in CLAIMS if c.id in ids):
        for dataset in judged.datasets_of(record, profiles.DECIDES):
            with suppress(Missing):
                parts = decide(claim.compare(judged.Read(record, dataset, profiles.DECIDES)), claim.plan, dataset)
                out += f"\n**{claim.id}, {claim.sentence} ({dataset}):**\n\n{told(parts).drop(columns='id').to_markdown(index=False)}\n"
    return out


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


def between(path: Path, name: str, text: str) -> None:
    """Rewrite what stands between ``<!-- name -->`` and ``<!-- /name -->`` in a file."""
    start, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    before, rest = path.read_text(encoding="utf-8").split(start)
    paths.write_text(path, f"{before}{start}\n\n{text}\n\n{end}{rest.split(end)[1]}")


def main() -> None:
    """Rewrite README.md, docs/results.md and the picture that both show."""
    record = Record()
    runs, (on, chosen) = pd.concat(recorded(record).values(), ignore_index=True), searched(record)
    found = contrasts(record)
    text = f"## Accuracy\n\nTop-1 %, mean and 95 % t-interval over groups of held-out signers.\n\n{accuracies(runs).to_markdown(index=False)}\n\n## Differences\n\nIn points, paired over groups, as notebook [20](../notebooks/20_verdict.ipynb) decides them; synthetic: mean over the corpora.\n"
    for question, part in found.groupby("question", sort=False):
        shown = told(part).drop(columns="id").assign(data=part["dataset"].to_numpy())
        text += f"\n### {question}\n\n{shown.to_markdown(index=False)}\n"
    text += f"\n### How far is it to learning with labels?\n\nThe supervised control sees the same views for as many epochs, and every label. A line is one comparison, not corrected.\n\n{beside_labels(runs).to_markdown(index=False)}\n"
    if seen := pictures(record):
        text += f"\n## From pixels\n\n{seen}"
    if seen := poolings(record):
        text += f"\n## What is averaged\n{seen}"
    text += f"\n## The search that chose the settings\n\n{on[0].upper()}{on[1:]}; the best of several looks better than it is.\n\n{chosen.to_markdown(index=False)}"
    between(RESULTS, "results", text)
    between(paths.ROOT / "README.md", "holds", sentences(found))
    fig = picture(found)
    with paths.atomic(PICTURE) as partial:
        fig.savefig(partial, format="png", metadata={"Software": None}, facecolor="white")


if __name__ == "__main__":
    main()
