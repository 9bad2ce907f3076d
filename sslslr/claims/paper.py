"""The claims of the paper's text (arXiv 2509.05188v2), C1 to C10: one function a claim, tables in, comparisons out.

To add a claim: write its function here, and let ``tests/claims/world.py`` say what the tables are like where it is true.
Profiles other than smoke judge, on synthetic and real data. Those of the figures are in ``figures.py``, our own questions in
``own.py``.
"""

from collections.abc import Callable, Sequence

from sslslr.claims.claim import claim
from sslslr.claims.measured import Comparison, Measured, difference, level, ratio
from sslslr.claims.plan import CLASS, ROUND, TIMES, Plan
from sslslr.claims.rows import Rows, Tables

OTHERS = ("SimCLR", "MoCo v2", "SimSiam", "BYOL")
FIVE = (*OTHERS, "SL-FPN")
PAIRS = ("corpus", "repeat")
TOP1 = "linear_standardised_top1"
RANDOM, HANDMADE = "random encoder", "hand-made features"
TEN = Plan(n=10)  # groups of held-out signers


def ours(
    rows: Rows, others: Sequence[str], value: str, over: Sequence[str] = PAIRS, kind: Callable[..., Measured] = difference
) -> list[Measured]:
    """SL-FPN measured against each of ``others``, one after the other."""
    return [kind(rows.where(model="SL-FPN"), rows.where(model=other), value, over) for other in others]


def above_random(tables: Tables, views: str, models: Sequence[str] = ("SL-FPN",)) -> list[Comparison]:
    """Linear top-1 of models with the same views, each above a random encoder's."""
    runs = tables("comparison_runs")
    untrained = runs.where(model=RANDOM)
    return [difference(runs.where(model=model, views=views), untrained, TOP1, PAIRS).above(0) for model in models]


@claim(
    place="section 6.3, Table 1",
    notebook="06",
    sentence="the boundary augmentation beats the classical ones for every method and data set",
    reading="linear top-1 with boundary views minus with classical views, for each method and corpus",
    figure="table1_intervals",
    plan=TEN,
    control=lambda tables: above_random(tables, "boundary", FIVE),
    warns="not every method with boundary views is shown to be above a random encoder",
)
def c1(tables: Tables) -> list[Comparison]:
    runs = tables("comparison_runs").only(model=FIVE).each("corpus", "model")
    return [difference(rows.where(views="boundary"), rows.where(views="classical"), TOP1, ["repeat"]).above(0) for rows in runs]


@claim(
    place="section 6.3, Table 1",
    notebook="06",
    sentence="SL-FPN with it is the best of the five methods in linear evaluation",
    reading="linear top-1 of SL-FPN minus that of each of the four others, all with boundary views, paired over groups of held-out signers; mean over corpora",
    figure="table1_intervals",
    plan=TEN,
    control=lambda tables: above_random(tables, "boundary"),
    warns="SL-FPN itself is not shown to be above a random encoder",
)
def c2(tables: Tables) -> list[Comparison]:
    runs = tables("comparison_runs").only(views="boundary")
    return [lead.above(0) for lead in ours(runs, OTHERS, TOP1)]


def transfer_leads(tables: Tables, others: Sequence[str]) -> list[Comparison]:
    """SL-FPN above others in transfer."""
    return [lead.above(0) for lead in ours(tables("transfer_runs"), others, "top1", ["source", "target", "repeat"])]


@claim(
    place="section 6.3, Table 2",
    notebook="07",
    sentence="SL-FPN is the best of the five in transfer from one sign language to another",
    reading="linear top-1 of SL-FPN minus that of each of the four others on the target's held-out signers, mean over the sources and then over targets (which share their sources' encoders)",
    figure="table2_transfer",
    control=lambda tables: transfer_leads(tables, [RANDOM]),
    warns="SL-FPN itself is not shown to be above a random encoder in transfer",
    data=("synthetic",),
    elsewhere="a real data set is read as one corpus, which leaves nothing to transfer to",
)
def c3(tables: Tables) -> list[Comparison]:
    return transfer_leads(tables, OTHERS)


def few_label_leads(tables: Tables, others: Sequence[str]) -> list[Comparison]:
    """SL-FPN above others with 30 % of the labels."""
    return [lead.above(0) for lead in ours(tables("few_labels_runs").only(share=0.3), others, "top1")]


@claim(
    place="section 6.3, Table 3",
    notebook="08",
    sentence="SL-FPN is the best of the five with 30 % of the labels",
    reading="linear top-1 of SL-FPN minus that of each of the four others, frozen encoders whose probe has 30 % of the labels (the paper fine-tunes), paired over groups, mean over corpora",
    figure="table3_few_labels",
    control=lambda tables: few_label_leads(tables, [RANDOM, HANDMADE]),
    warns="SL-FPN itself is not shown to be above both a random encoder and hand-made features with these labels",
)
def c4(tables: Tables) -> list[Comparison]:
    return few_label_leads(tables, OTHERS)


@claim(
    place="section 6.3, Table 3",
    notebook="16",
    sentence="with 30 % of the labels, fine-tuning pays from SL-FPN's encoder",
    reading="top-1 fine-tuned from SL-FPN's encoder minus the same network from scratch, paired over groups, mean over corpora; the largest share of the labels that is not above 30 %",
    figure="finetune_labels",
)
def c4b(tables: Tables) -> list[Comparison]:
    runs = tables("finetune_runs")
    runs = runs.only(share=runs.largest("share", 0.3))
    return [difference(runs.where(model="SL-FPN, boundary views"), runs.where(model="from scratch"), "top1", PAIRS).above(0)]


def operations(tables: Tables) -> tuple[Rows, Rows]:
    """SL-FPN's and BYOL's rows, whose operations a step are the same in every round."""
    steps = tables("timing_runs")
    return steps.where(model="SL-FPN"), steps.where(model="BYOL")


@claim(
    place="section 6.3, Table 4",
    notebook="09",
    sentence="time: SimSiam below SL-FPN below BYOL",
    reading="ratio of the times of one step, paired over rounds on the same batch, one machine and corpus",
    figure="table4_time",
    plan=Plan(n=30, unit=ROUND, scale=TIMES),
    control=lambda tables: [ratio(*operations(tables), "gflop", ["round"]).below(1)],
    warns="by operations counted the order of SL-FPN and BYOL is not so",
)
def c5(tables: Tables) -> list[Comparison]:
    steps = tables("timing_runs")
    simsiam, slfpn, byol = (steps.where(model=model) for model in ("SimSiam", "SL-FPN", "BYOL"))
    return [ratio(faster, slower, "ms", ["round"]).below(1) for faster, slower in ((simsiam, slfpn), (slfpn, byol))]


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
