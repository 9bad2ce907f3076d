"""The claims of the paper's text, C6 to C11, about what is inside: embeddings, how much is permuted, collapse, the parts of the loss.

One function a claim, as in ``paper.py``.
"""

from collections.abc import Sequence

from sslslr.claims.claim import claim
from sslslr.claims.measured import Comparison, Measured, difference, level, ratio
from sslslr.claims.paper import OTHERS, RANDOM, TOP1, ours
from sslslr.claims.plan import CLASS, TIMES, Plan
from sslslr.claims.rows import Rows, Tables


def lower_inertia(tables: Tables, value: str, others: Sequence[str]) -> list[Comparison]:
    """SL-FPN's intra-class inertia below others'."""
    return [times.below(1) for times in ours(tables("embedding_runs"), others, value, kind=ratio)]


@claim(
    place="section 6.3.1, Table 5",
    notebook="13",
    sentence="SL-FPN's intra-class inertia is the lowest",
    reading="ratio of the raw inertia, as the paper measures it, to each of the four others', paired over groups, mean over corpora",
    figure="figure7_umap",
    plan=Plan(scale=TIMES),
    control=lambda tables: lower_inertia(tables, "raw", ["collapsed encoder"]),
    warns="the measure rewards collapse: an encoder that gives every clip the same output has a lower inertia still",
)
def c6(tables: Tables) -> list[Comparison]:
    return lower_inertia(tables, "raw", OTHERS)


@claim(
    place="section 6.3.1, Table 5",
    notebook="13",
    sentence="SL-FPN's intra-class inertia is the lowest, as a share of all inertia",
    reading="ratio of the inertia relative to the total, which scale and collapse do not change, to each of the four others', paired over groups, mean over corpora",
    figure="figure7_umap",
    plan=Plan(scale=TIMES),
    control=lambda tables: lower_inertia(tables, "relative", [RANDOM]),
    warns="SL-FPN's relative inertia is not shown to be below a random encoder's",
)
def c6b(tables: Tables) -> list[Comparison]:
    return lower_inertia(tables, "relative", OTHERS)


def swept(rows: Rows, at: float, other: float) -> Measured:
    """Test accuracy at one share of permuted frames minus that at another."""
    return difference(rows.where(share=at), rows.where(share=other), "test", ["repeat"])


@claim(
    place="section 5.2, Figure 4",
    notebook="10",
    sentence="accuracy rises until alpha = 1/3, keeps its level until beta = 1/4, and falls beyond",
    reading="test accuracy at a share against another, both ends, for each corpus swept; 'keeps its level': not one point lower; the largest share swept that is not above 1/4 stands for 1/4",
    figure="figure4_sweep",
)
def c7(tables: Tables) -> list[Comparison]:
    sweep = tables("figure4_runs")
    first = [(rows, rows.largest("share", 1 / 3)) for rows in sweep.only(end="first").each("corpus", "end")]
    last = [(rows, rows.largest("share", 1 / 4)) for rows in sweep.only(end="last").each("corpus", "end")]
    return [
        *(swept(rows, alpha, 0).above(0) for rows, alpha in first),
        *(swept(rows, 1, alpha).below(0) for rows, alpha in first),
        *(swept(rows, beta, 0).above(-1) for rows, beta in last),
        *(swept(rows, 1, beta).below(0) for rows, beta in last),
    ]


def shared_optima(tables: Tables) -> list[Comparison]:
    """More classes than noise alone gives have their own optimum at the global one, for each corpus and end."""
    name = "classes whose own optimum is the global one, beyond noise"
    ends = tables("figure6_classes").each("corpus", "end")
    return [level(rows, "shared_excess", ["gloss"], "% of classes", name).above(0) for rows in ends]


def class_loss(rows: Rows, value: str, name: str) -> list[Measured]:
    """Mean over classes of what the global optimum costs them, for each corpus and end."""
    return [level(part, value, ["gloss"], "points", name) for part in rows.each("corpus", "end")]


@claim(
    place="section 5.2, Figures 5 and 6",
    notebook="11",
    sentence="most signs have their own optimum at the global alpha and beta; the others lose 1 to 4 %",
    reading="share of the classes whose own best share is the global one, minus the share that would be if no share mattered (labels dealt anew): above 0; mean loss of the other classes, as the paper measures it, within 1 to 4 points, and above the loss that would be if no share mattered; each end and corpus",
    figure="figure6_loss",
    plan=Plan(n=10, unit=CLASS),
    control=lambda tables: [loss.above(0) for loss in class_loss(tables("figure6_classes"), "crossed", "cross-fitted loss of all classes")],
    warns="chosen and measured on different runs, the classes' own optima gain nothing that is shown to be more than noise",
)
def c8(tables: Tables) -> list[Comparison]:
    others = tables("figure6_classes").only(own_is_global=0)
    losses = class_loss(others, "loss", "mean loss of the other classes")
    beyond = class_loss(others, "loss_excess", "mean loss of the other classes, beyond noise")
    return [*shared_optima(tables), *(loss.within(1, 4) for loss in losses), *(loss.above(0) for loss in beyond)]


def spread(tables: Tables, model: str, value: str = "output_std", unit: str = "std") -> Measured:
    """The std of a model's outputs after the last epoch: 1 = spread, 0 = a point; or how many dimensions they use."""
    return level(tables("figure8_runs").where(model=model), value, ["repeat"], unit)


@claim(
    place="section 7, Figure 8",
    notebook="14",
    sentence="predictor, stop-gradient and LayerNorm keep SL-FPN from collapse",
    reading="std of the outputs after the last epoch (1 = spread, 0 = a point): below 0.1 without all three, above 0.5 with them; heads with BatchNorm",
    figure="figure8_collapse",
    plan=Plan(scale="std"),
    control=lambda tables: [spread(tables, "SL-FPN", "output_rank", "dimensions").above(10)],
    warns="the std does not see the collapse of dimensions: SL-FPN's outputs are not shown to use more than 10 of them",
)
def c9(tables: Tables) -> list[Comparison]:
    return [spread(tables, "without p, sg, LN").below(0.1), spread(tables, "SL-FPN").above(0.5)]


@claim(
    place="section 7, Figure 8",
    notebook="14",
    sentence="predictor, stop-gradient and LayerNorm keep SL-FPN from collapse, without help from BatchNorm",
    reading="std of the outputs after the last epoch, below 0.1 without all three, above 0.5 with them; heads without BatchNorm, about which the text says nothing",
    figure="figure8_collapse",
    plan=Plan(scale="std"),
)
def c9b(tables: Tables) -> list[Comparison]:
    return [spread(tables, "without p, sg, LN, no BN").below(0.1), spread(tables, "SL-FPN, no BN").above(0.5)]


def switched(tables: Tables, model: str, other: str) -> Measured:
    """Linear top-1 of one setting of SL-FPN's switches minus another's."""
    runs = tables("switches_runs")
    return difference(runs.where(model=model), runs.where(model=other), TOP1, ["repeat"])


@claim(
    place="section 5.1",
    notebook="14",
    sentence="weights on the terms of SL-FPN's loss change little",
    reading="linear top-1 with one term of equation 2 doubled minus SL-FPN's, paired over groups: within 1.5 points, for each term",
    figure="switches_accuracy",
    control=lambda tables: [switched(tables, "SL-FPN", RANDOM).above(0)],
    warns="SL-FPN itself is not shown to be above a random encoder there",
)
def c11(tables: Tables) -> list[Comparison]:
    return [switched(tables, f"{term} term doubled", "SL-FPN").within(-1.5, 1.5) for term in ("first", "second", "third")]


@claim(
    place="section 7",
    notebook="14",
    sentence="without the original, or with it permuted, accuracy falls",
    reading="linear top-1 of each setting minus SL-FPN's, paired over groups",
    figure="switches_accuracy",
    control=lambda tables: [switched(tables, "SL-FPN", RANDOM).above(0)],
    warns="SL-FPN itself is not shown to be above a random encoder there",
)
def c10(tables: Tables) -> list[Comparison]:
    return [switched(tables, model, "SL-FPN").below(0) for model in ("without the original", "permuted")]
