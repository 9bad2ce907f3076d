"""What the paper's figures are said to show, F2 to F8: one function a claim, as in ``paper.py``."""

from collections.abc import Sequence

from sslslr.claims.claim import claim
from sslslr.claims.paper import OTHERS, TOP1, above_random, class_loss, ours, own_optima
from sslslr.claims.verdict import Comparison, Tables, difference, ratio, share


@claim(
    place="section 4, Figure 2",
    notebook="02",
    sentence="what tells a sign lies in the middle of its clip, not at its ends",
    reading="share of clips whose true stroke begins before 1/3 or ends after 3/4 of the clip: below 50 % in each corpus; where a stroke lies is a property of the generator",
    figure="true_boundaries",
    data=("synthetic",),
    elsewhere="true strokes are known on synthetic signing only",
)
def f2(tables: Tables) -> list[Comparison]:
    corpora = tables("boundaries").each("corpus")
    begins = [share(rows, "stroke starts before 1/3 (% of clips)", "% of clips", "stroke begins before 1/3", n="clips") for rows in corpora]
    ends = [share(rows, "stroke ends after 3/4 (% of clips)", "% of clips", "stroke ends after 3/4", n="clips") for rows in corpora]
    return [clips.below(50) for clips in begins + ends]


@claim(
    place="section 5.1, Figure 3",
    notebook="06",
    sentence="SL-FPN is more accurate than the other methods without negatives, whatever the augmentation",
    reading="SL-FPN minus SimSiam and minus BYOL with classical views, paired over corpora and repeats",
    figure="table1_intervals",
    control=lambda tables: above_random(tables, "classical"),
    warns="SL-FPN itself is not shown to be above a random encoder",
)
def f3(tables: Tables) -> list[Comparison]:
    runs = tables("comparison_runs").only(views="classical")
    return [lead.above(0) for lead in ours(runs, ["SimSiam", "BYOL"], TOP1)]


@claim(
    place="section 5.2, Figure 4",
    notebook="10",
    sentence="accuracy collapses when all frames are permuted",
    reading="accuracy with all frames permuted over accuracy with none: below one half, for each corpus swept",
    figure="figure4_sweep",
)
def f4(tables: Tables) -> list[Comparison]:
    sweep = tables("figure4_runs").only(end="first").each("corpus", "end")
    return [ratio(rows.where(share=1), rows.where(share=0), "test", ["repeat"]).below(0.5) for rows in sweep]


@claim(
    place="section 5.2, Figure 5",
    notebook="11",
    sentence="most signs have their own optimum at the global alpha and beta",
    reading="the first half of C8",
    figure="figure5_optima",
)
def f5(tables: Tables) -> list[Comparison]:
    return own_optima(tables)


@claim(
    place="section 5.2, Figure 6",
    notebook="11",
    sentence="the classes whose own optimum is not the global one lose by it",
    reading="their mean loss, with the optimum chosen on half of the repeats and the loss measured on the other half, above 0; each end and corpus",
    figure="figure6_loss",
)
def f6(tables: Tables) -> list[Comparison]:
    others = tables("figure6_classes").only(own_is_global=0)
    return [loss.above(0) for loss in class_loss(others, "crossed", "cross-fitted loss of the other classes")]


def nearer(tables: Tables, others: Sequence[str]) -> list[Comparison]:
    """kNN accuracy of SL-FPN's embedding above others'."""
    return [lead.above(0) for lead in ours(tables("embedding_runs"), others, "knn")]


@claim(
    place="section 6.3.1, Figure 7",
    notebook="13",
    sentence="clips of one sign lie closer together in SL-FPN's embedding than in the others'",
    reading="kNN accuracy over all classes of unseen signers, not the picture: SL-FPN minus each other method, paired over corpora and repeats",
    figure="figure7_umap",
    control=lambda tables: nearer(tables, ["random encoder"]),
    warns="SL-FPN's neighbours are not shown to be better than a random encoder's",
)
def f7(tables: Tables) -> list[Comparison]:
    return nearer(tables, OTHERS)


@claim(
    place="section 7, Figure 8",
    notebook="14",
    sentence="LayerNorm alone slows the collapse, but does not prevent it",
    reading="std of the outputs after the last epoch, heads with BatchNorm: with LayerNorm alone above that without, and below that of SL-FPN",
    figure="figure8_collapse",
)
def f8(tables: Tables) -> list[Comparison]:
    runs = tables("figure8_runs")
    alone, without, all_three = (runs.where(model=m) for m in ("without p, sg, with LN", "without p, sg, LN", "SL-FPN"))
    return [
        difference(alone, without, "output_std", ["repeat"], unit="std").above(0),
        difference(alone, all_three, "output_std", ["repeat"], unit="std").below(0),
    ]
