"""Our own questions, E1 and E2: does the paper's permutation add anything, where there is something to learn?

C1 and C2 stay as the paper words them; these two decide about its idea. Each is asked of a method with negatives and of the
better form of SL-FPN, which is the one that learned more on *validation* signers when the regime was set, before the runs.
"""

from sslslr.claims.claim import claim
from sslslr.claims.measured import Comparison, difference
from sslslr.claims.paper import PAIRS, TOP1, above_random
from sslslr.claims.plan import Plan
from sslslr.claims.rows import Tables

ASKED = ("SimCLR", "SL-FPN+")
# Groups of held-out signers x seeds: people cap the first on real recordings, so seeds make up for it there.
PRIMARY = Plan(n=10, seeds=4, on={"thai-leap": (9, 2), "synthetic": (10, 2)})


def added(tables: Tables, views: str, without: str) -> list[Comparison]:
    """What a view set adds to another one, for each of the two methods."""
    runs = [tables("comparison_runs").where(model=model) for model in ASKED]
    return [difference(rows.where(views=views), rows.where(views=without), TOP1, PAIRS).above(0) for rows in runs]


@claim(
    place="section 4 (our own question)",
    notebook="06",
    sentence="the boundary permutation adds to strong views",
    reading="linear top-1 with strong views and the permutation minus with strong views alone, SimCLR and SL-FPN+, paired over groups of held-out signers; mean over corpora",
    figure="table1_intervals",
    plan=PRIMARY,
    control=lambda tables: above_random(tables, "strong", ASKED),
    warns="not both methods with strong views are shown to be above a random encoder",
)
def e1(tables: Tables) -> list[Comparison]:
    return added(tables, "strong_boundary", "strong")


@claim(
    place="section 4 (our own question)",
    notebook="06",
    sentence="the boundary permutation alone beats mere dropout",
    reading="linear top-1 with boundary views minus with none but dropout, SimCLR and SL-FPN+, paired over groups of held-out signers; mean over corpora",
    figure="table1_intervals",
    plan=PRIMARY,
    control=lambda tables: above_random(tables, "boundary", ASKED),
    warns="not both methods with boundary views are shown to be above a random encoder",
)
def e2(tables: Tables) -> list[Comparison]:
    return added(tables, "boundary", "none")
