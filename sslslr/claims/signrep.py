"""Claims about SignRep's parts (S1 to S3, rendered signing), and our own crossing of its pooling with our landmarks (S4, S5).

Pictures are *rendered* here: what is decided is priors against pixels and parts against no parts, not landmarks against pictures.
"""

from sslslr.claims.claim import claim
from sslslr.claims.measured import Comparison, difference
from sslslr.claims.paper import PAIRS, TOP1
from sslslr.claims.plan import Plan
from sslslr.claims.rows import Missing, Rows, Tables

RENDERED = "pictures of the same clips are there for synthetic signing only"
ALL, ACTIVE, FULL = "all frames", "hand activity", "sign priors"
PRIORS = ("hand keypoints", "body keypoints", "angles", "distances", "activity")
METHODS = ("SimCLR", "SL-FPN+")


def pictures(tables: Tables, **fits) -> Rows:
    """Rows of encoders of rendered pictures, without boundary views."""
    return tables("video_runs").only(sees="pictures (rendered)", views="none", **fits)


@claim(
    place="section 6.4 (about SignRep, arXiv 2503.08529)",
    notebook="18",
    sentence="sign priors beat pixels as targets",
    reading="linear top-1 with sign priors as targets minus with pixels (a masked autoencoder), the same encoder on the same rendered clips, paired over groups of held-out signers",
    figure="video_parts",
    plan=Plan(n=10),
    control=lambda tables: [against(tables, FULL, "random encoder").above(0)],
    warns="sign priors are not shown to be above a random encoder",
    data=("synthetic",),
    elsewhere=RENDERED,
)
def s1(tables: Tables) -> list[Comparison]:
    return [against(tables, FULL, "pixels").above(0)]


def against(tables: Tables, model: str, other: str, value: str = TOP1):
    """A model on pictures minus another, both pooled over all frames."""
    rows = pictures(tables, pooling=ALL)
    return difference(rows.where(model=model), rows.where(model=other), value, PAIRS)


@claim(
    place="section 6.4 (about SignRep, arXiv 2503.08529)",
    notebook="18",
    sentence="the adversary removes style",
    reading="how often a linear probe reads a clip's recording (its clothes, room and light) from the features, in % of training clips that it did not learn on, with the adversary minus without, paired over groups",
    figure="video_style",
    plan=Plan(n=10),
    data=("synthetic",),
    elsewhere=RENDERED,
)
def s2(tables: Tables) -> list[Comparison]:
    return [against(tables, FULL, "without the adversary", "reads recordings").below(0)]


@claim(
    place="section 6.4 (about SignRep, arXiv 2503.08529)",
    notebook="18",
    sentence="activity weighting pays more than any prior",
    reading="DCG of retrieval: what weighting time by the predicted hand activity gains over its mean, minus what each prior gains (all priors minus all but one), paired over groups",
    figure="video_gains",
    plan=Plan(n=5),
    control=lambda tables: [gain(tables, "activity weighting").above(0)],
    warns="activity weighting is not shown to gain anything there",
    data=("synthetic",),
    elsewhere=RENDERED,
)
def s3(tables: Tables) -> list[Comparison]:
    steps = tables("video_gains")
    return [difference(steps.where(step="activity weighting"), steps.where(step=name), "dcg", PAIRS).above(0) for name in PRIORS]


def gain(tables: Tables, step: str):
    """What a step gains, against nothing."""
    steps = tables("video_gains")
    return difference(steps.where(step=step), steps.where(step="nothing"), "dcg", PAIRS)


@claim(
    place="section 4 (our own question, after SignRep's pooling)",
    notebook="18",
    sentence="weighting frames by hand activity does for a frozen landmark encoder what the boundary permutation promises",
    reading="linear top-1 of features averaged with weights of hand activity minus their plain mean, SimCLR and SL-FPN+ with strong views, no training of its own, paired over groups of held-out signers",
    figure="pooling_gains",
    plan=Plan(n=10),
)
def s4(tables: Tables) -> list[Comparison]:
    rows = [tables("pooling_runs").only(views="strong").where(model=model) for model in METHODS]
    return [difference(part.where(pooling=ACTIVE), part.where(pooling=ALL), TOP1, PAIRS).above(0) for part in rows]


@claim(
    place="section 4 (our own question, after SignRep's pooling)",
    notebook="18",
    sentence="averaging over the estimated stroke alone gains what the boundary permutation promises, at no training",
    reading="linear top-1 of features averaged within the estimated stroke minus their plain mean, SimCLR and SL-FPN+ with strong views, for each corpus; asked after five groups of gsl-like were seen, so gsl-like is left out",
    figure="pooling_gains",
    plan=Plan(n=10),
    control=lambda tables: [over_stroke(rows) for rows in pooled(tables, "strong_boundary")],
    warns="where views permute the ends, too, it is not shown to gain anything",
)
def s5(tables: Tables) -> list[Comparison]:
    return [over_stroke(rows) for rows in pooled(tables, "strong")]


def pooled(tables: Tables, views: str) -> list[Rows]:
    """The rows of each method on each corpus that was not looked at before S5 was written."""
    found = tables("pooling_runs").only(views=views)
    each = [part for method in METHODS for part in found.where(model=method).each("corpus") if part.group != "gsl-like"]
    if not each:
        raise Missing("needs rows of another corpus than gsl-like in tables/pooling_runs.csv")
    return each


def over_stroke(rows: Rows) -> Comparison:
    """The mean over the estimated stroke against that over all frames, of the same encoders."""
    return difference(rows.where(pooling="estimated stroke"), rows.where(pooling=ALL), TOP1, ["repeat"]).above(0)
