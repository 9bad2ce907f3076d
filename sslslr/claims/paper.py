"""The claims of the paper's text (arXiv 2509.05188v2), C1 to C5, about accuracy and time: one function a claim, tables in, comparisons out.

To add a claim: write its function here or in ``parts.py`` (C6 to C11), and let ``tests/claims/world.py`` say what the tables are like where it is true.
Profiles other than smoke judge, on synthetic and real data. Those of the figures are in ``figures.py``, our own questions in
``own.py``.
"""

from collections.abc import Callable, Sequence

from sslslr.claims.claim import claim
from sslslr.claims.measured import Comparison, Measured, difference, ratio
from sslslr.claims.plan import ROUND, TIMES, Plan
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


GAINS = {"lsfb-like": 6, "lsfb": 6, "gsl-like": 8, "gsl": 8}  # points, of the sets with 500 and with 310 classes


@claim(
    place="section 6.3, Table 1",
    notebook="06",
    sentence="its gains reach over 6 % for 500 classes and over 8 % for 310",
    reading="linear top-1 of SL-FPN with boundary views minus with classical views, above 6 points on LSFB and above 8 on GSL, or the synthetic corpora in their image (which have fewer classes on small profiles); the text says 'in some cases'",
    figure="table1_intervals",
    plan=TEN,
)
def c1b(tables: Tables) -> list[Comparison]:
    runs = tables("comparison_runs").only(model="SL-FPN", corpus=list(GAINS)).each("corpus", "model")
    found = [(rows, GAINS[rows.frame["corpus"].iloc[0]]) for rows in runs]
    return [difference(rows.where(views="boundary"), rows.where(views="classical"), TOP1, ["repeat"]).above(gain) for rows, gain in found]


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


@claim(
    place="section 6.3, Table 3",
    notebook="16",
    sentence="SL-FPN is the best of the five with 30 % of the labels, fine-tuned",
    reading="top-1 fine-tuned with 30 % of the labels from SL-FPN's encoder minus from each of the four others', all pretrained with boundary views, paired over groups, mean over corpora",
    figure="finetune_five",
    control=lambda tables: [fine_tuned(tables, "from scratch").above(0)],
    warns="fine-tuning from SL-FPN's encoder is not shown to be above training from scratch",
)
def c4c(tables: Tables) -> list[Comparison]:
    return [fine_tuned(tables, f"{other}, boundary views").above(0) for other in OTHERS]


def fine_tuned(tables: Tables, other: str) -> Measured:
    """Fine-tuned from SL-FPN's encoder minus from another start."""
    runs = tables("finetune_five_runs")
    return difference(runs.where(model="SL-FPN, boundary views"), runs.where(model=other), "top1", PAIRS)


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
