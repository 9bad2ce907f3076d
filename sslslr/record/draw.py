"""Which runs of the record an audit trains again: drawn at random, each with the same chance, spread over the tables."""

import json
import math
import random

from sslslr.errors import SignError
from sslslr.record.tables import Record, Row
from sslslr.studies.catalogue import STUDIES


def belonging(record: Record, dataset: str, profile: str = "") -> dict[str, list[Row]]:
    """The runs recorded of a data set (under one profile, or all), each with its rows of ``jobs``, in the order of the studies."""
    order = {name: i for i, name in enumerate(STUDIES)}
    mine = [r for r in record["jobs"].values() if r["dataset"] == dataset and profile in ("", r["profile"])]
    found: dict[str, list[Row]] = {}
    for row in sorted(mine, key=lambda r: (r["profile"], order.get(r["study"], len(order)), int(r["number"]))):
        found.setdefault(row["run"], []).append(row)
    return found


def on_pictures(record: Record, run: str) -> bool:
    """Whether a run learns from pictures, which are rendered before it can be made again."""
    return bool(json.loads(record["runs"][run,]["settings"]).get("pixels"))


def draw(found: dict[str, list[Row]], runs: int, seed: int) -> list[str]:
    """``runs`` of them at random, spread over the tables in proportion: each has the same chance (systematic sampling, the order within
    a table shuffled). All where there are no more."""
    rng = random.Random(seed)
    order = sorted(found, key=lambda run: (found[run][0]["profile"], list(STUDIES).index(found[run][0]["study"]), rng.random()))
    step = max(1.0, len(order) / runs)
    start = rng.random() * step
    return [order[int(start + i * step)] for i in range(min(runs, len(order)))]


def chance(drawn: int, of: int, altered: int) -> float:
    """The chance that a draw has at least one of so many altered runs."""
    return 1 - math.comb(of - altered, drawn) / math.comb(of, drawn)


def one_of(found: dict[str, list[Row]], name: str) -> str:
    """The one run whose name begins so; raises SignError where none or several do."""
    fits = [run for run in found if run.startswith(name)]
    if len(fits) != 1:
        raise SignError(f"ROW={name}: {len(fits) or 'no'} runs of the record are called so; runs.csv has their names, of 16 digits")
    return fits[0]
