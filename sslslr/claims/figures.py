"""What the paper's figures are said to show, F2 to F8: one function a claim, as in ``paper.py``."""

from collections.abc import Sequence
from dataclasses import replace

from sslslr.claims.claim import claim
from sslslr.claims.measured import Comparison, difference, level, share
from sslslr.claims.paper import OTHERS, RANDOM, TOP1, above_random, ours
from sslslr.claims.parts import class_loss, shared_optima
from sslslr.claims.plan import CLASS, CLIP, Plan
from sslslr.claims.rows import Rows, Tables


@claim(
    place="section 4, Figure 2",
    notebook="02",
    sentence="what tells a sign lies in the middle of its clip, not at its ends",
    reading="share of clips whose true stroke begins before 1/3 or ends after 3/4 of the clip: below 50 % in each corpus; where a stroke lies is a property of the generator",
    figure="true_boundaries",
    plan=Plan(n=100, unit=CLIP, scale="% of clips"),
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
    reading="SL-FPN minus SimSiam and minus BYOL with classical views, paired over groups, mean over corpora",
    figure="table1_intervals",
    control=lambda tables: above_random(tables, "classical"),
    warns="SL-FPN itself is not shown to be above a random encoder",
)
def f3(tables: Tables) -> list[Comparison]:
    runs = tables("comparison_runs").only(views="classical")
    return [lead.above(0) for lead in ours(runs, ["SimSiam", "BYOL"], TOP1)]


def above_untrained(tables: Tables) -> list[Rows]:
    """The sweep of the first frames, a corpus each, with ``excess`` (test accuracy above a random encoder's, same signers and probe)
    and ``kept`` (the same, but half of it where nothing is permuted)."""
    sweep = tables("figure4_runs").only(end="first")
    sweep.need("test", "random", "share")
    excess = sweep.frame["test"] - sweep.frame["random"]
    kept = excess * sweep.frame["share"].eq(0).map({True: 0.5, False: 1.0})
    return replace(sweep, frame=sweep.frame.assign(excess=excess, kept=kept)).each("corpus", "end")


@claim(
    place="section 5.2, Figure 4",
    notebook="10",
    sentence="accuracy collapses when all frames are permuted",
    reading="accuracy above a random encoder's: with all frames permuted less than half of what it is with none, for each corpus swept",
    figure="figure4_sweep",
    control=lambda tables: [
        level(rows.only(share=0), "excess", ["repeat"], "points", "nothing permuted, above a random encoder").above(0)
        for rows in above_untrained(tables)
    ],
    warns="with nothing permuted it is not shown to be above a random encoder, so there is little to lose",
)
def f4(tables: Tables) -> list[Comparison]:
    sides = [
        (replace(rows.only(share=1), name="excess with all frames permuted"), replace(rows.only(share=0), name="half of it with none"))
        for rows in above_untrained(tables)
    ]
    return [difference(permuted, half, "kept", ["repeat"]).below(0) for permuted, half in sides]


@claim(
    place="section 5.2, Figure 5",
    notebook="11",
    sentence="most signs have their own optimum at the global alpha and beta",
    reading="the first part of C8: share of the classes whose own best share is the global one, minus the share that would be if no share mattered; each end and corpus",
    figure="figure5_optima",
    plan=Plan(n=10, unit=CLASS, scale="% of classes"),
    control=lambda tables: [
        share(rows, "own_is_global", "% of classes", "classes whose own optimum is the global one").above(50)
        for rows in tables("figure6_classes").each("corpus", "end")
    ],
    warns="it is not shown to be most of them, which noise in a class's optimum could hide",
)
def f5(tables: Tables) -> list[Comparison]:
    return shared_optima(tables)


@claim(
    place="section 5.2, Figure 6",
    notebook="11",
    sentence="the classes whose own optimum is not the global one lose by it",
    reading="their mean loss above 0, with the optimum, and who is one of them, chosen on half of the repeats and the loss measured on the other half; each end and corpus",
    figure="figure6_loss",
    plan=Plan(n=10, unit=CLASS),
)
def f6(tables: Tables) -> list[Comparison]:
    losses = class_loss(tables("figure6_classes").known("crossed_others"), "crossed_others", "cross-fitted loss of the other classes")
    return [loss.above(0) for loss in losses]


def nearer(tables: Tables, others: Sequence[str]) -> list[Comparison]:
    """kNN accuracy of SL-FPN's embedding above others'."""
    return [lead.above(0) for lead in ours(tables("embedding_runs"), others, "knn")]


@claim(
    place="section 6.3.1, Figure 7",
    notebook="13",
    sentence="clips of one sign lie closer together in SL-FPN's embedding than in the others'",
    reading="kNN accuracy over all classes of unseen signers, not the picture: SL-FPN minus each other method, paired over groups, mean over corpora",
    figure="figure7_umap",
    control=lambda tables: nearer(tables, [RANDOM]),
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
    plan=Plan(scale="std"),
)
def f8(tables: Tables) -> list[Comparison]:
    runs = tables("figure8_runs")
    alone, without, all_three = (runs.where(model=m) for m in ("without p, sg, with LN", "without p, sg, LN", "SL-FPN"))
    return [
        difference(alone, without, "output_std", ["repeat"], unit="std").above(0),
        difference(alone, all_three, "output_std", ["repeat"], unit="std").below(0),
    ]
