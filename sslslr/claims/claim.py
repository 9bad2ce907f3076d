"""A claim of the paper: where it stands, what it says, how it is read, and the function that turns tables into comparisons."""

from collections.abc import Callable
from dataclasses import dataclass, field

from sslslr.claims.measured import Comparison
from sslslr.claims.plan import Plan
from sslslr.claims.rows import Tables

Compare = Callable[[Tables], list[Comparison]]


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One claim. ``control`` is judged beside it: where it does not hold, ``warns`` is added to the sentence of the verdict."""

    id: str
    place: str  # in the paper
    sentence: str  # what the paper says, in one sentence
    reading: str  # how it is measured here
    notebook: str  # its number: the notebook that writes the tables
    figure: str  # that shows it
    compare: Compare
    plan: Plan = field(default_factory=Plan)  # set before the runs: what is counted, how many, and the margin
    control: Compare | None = None
    warns: str = ""
    data: tuple[str, ...] = ("synthetic", "real")  # kinds of data that it is judged on
    elsewhere: str = ""  # why not on others
    profiles: tuple[str, ...] = ()  # that judge it; none named: all that judge


def claim(**about) -> Callable[[Compare], Claim]:
    """Decorator that makes a claim of its function of tables; the function's name in capitals is the claim's id.

    C1 to C10 are claims of the text, F2 to F8 what the figures are said to show, E1 and E2 questions of our own, S1 to S5 about SignRep; a "b" is a second
    reading of a claim.
    """

    def made(compare: Compare) -> Claim:
        name = compare.__name__
        return Claim(id=name[0].upper() + name[1:], compare=compare, **about)

    return made
