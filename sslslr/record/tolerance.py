"""How far a number of the record may lie from the same number made elsewhere: not at all on one kind of processor, else as measured.

``benchmarks/tolerances.py`` trains the same runs with other numbers of threads and other instructions of the processor, and
writes what it finds to ``data/record/tolerances.json``. An accuracy's difference is counted in standard errors of a share of as
many clips (0.5 / sqrt(clips)), every other number's as a share of its size.
"""

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from scipy import stats

from sslslr import paths
from sslslr.errors import SignError

FILE = paths.ROOT / "data" / "record" / "tolerances.json"
SHARES = re.compile(r"[._](?:top\d+(?:_class)?|recall\d+|knn|correct|accuracy|linear_raw|val|test|mrr|dcg|[01]\.\d+)$")
NUMBERS, LEVEL = 800, 0.01  # an audit of 20 runs compares about as many numbers; with this chance one of an honest record is refused
AS_FP32 = "bf16 as fp32"  # of a run that was recorded in bf16 and is made again in fp32
MAPS = ("x", "y", "points", "trust")  # of a map a last digit moves everything: bit for bit or not at all

Told = tuple[str, object, object]  # a number's name, as the record has it and as it was made anew


def is_share(name: str) -> bool:
    """Whether a number is a share of clips, from its name: ``evaluation.evaluate.linear_raw_top1``."""
    return bool(SHARES.search(name))


def apart(name: str, a: float, b: float, clips: int, scale: float = 0.0) -> float:
    """How far two values of a number lie apart, in its unit: of a share in standard errors on ``clips``, else relative to the
    larger of the two and ``scale``."""
    if a == b or (math.isnan(a) and math.isnan(b)):
        return 0.0
    if not (math.isfinite(a) and math.isfinite(b)):
        return math.inf
    return abs(a - b) * 2 * math.sqrt(clips) if is_share(name) else abs(a - b) / max(abs(a), abs(b), scale)


def bound(rms: float, n: int) -> float:
    """The difference that the next one exceeds with a chance of ``LEVEL`` / ``NUMBERS``, after ``n`` of root mean square ``rms``:
    Student's t with n degrees of freedom."""
    return float(rms * stats.t.ppf(1 - LEVEL / NUMBERS / 2, n))


@dataclass(frozen=True)
class Tolerances:
    """``measured``: by precision and name of a number its tolerance and ``scale``; empty: everything bit for bit."""

    measured: dict[str, dict[str, dict]] = field(default_factory=dict)

    def of(self, name: str, precision: str) -> dict:
        """What was measured of a number; of one that was not, the widest of its kind. Raises SignError for an unmeasured precision."""
        if precision not in self.measured:
            raise SignError(f"{FILE.name} has no tolerance in {precision}; benchmarks/tolerances.py measures them")
        known = self.measured[precision]
        alike = [v for k, v in known.items() if is_share(k) == is_share(name)]
        return known.get(name) or max(alike, key=lambda found: found["tolerance"])

    def within(self, name: str, a: float, b: float, clips: int, precision: str) -> bool:
        """Whether two values agree; one clip more or less always does."""
        if not self.measured:
            return a == b or (math.isnan(a) and math.isnan(b))
        found = self.of(name, precision)
        least = 2 / math.sqrt(clips) if is_share(name) else 0.0
        return apart(name, a, b, clips, found["scale"]) <= max(found["tolerance"], least) * (1 + 1e-9)


def load(path: Path | None = None) -> Tolerances:
    """The measured tolerances; raises SignError where they are not there."""
    path = path or FILE
    try:
        return Tolerances(json.loads(path.read_text(encoding="utf-8"))["precisions"])
    except (OSError, ValueError, KeyError) as error:
        raise SignError(f"{path}: no tolerances can be read ({error}); benchmarks/tolerances.py measures them") from None


def differences(name: str, a, b, clips: int, precision: str, how: Tolerances) -> Iterator[Told]:
    """Every number (or text) of two JSON values that does not agree, by its name: ``evaluation.evaluate.rank``."""
    if isinstance(a, dict) and isinstance(b, dict):
        for k in sorted({*a, *b}, key=str):
            yield from differences(f"{name}.{k}", a.get(k), b.get(k), clips, precision, how)
    elif isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        for one, other in zip(a, b, strict=True):
            yield from differences(name, one, other, clips, precision, how)
    elif isinstance(a, float) and isinstance(b, float):
        if not (how.measured and name.rpartition(".")[2] in MAPS) and not how.within(name, a, b, clips, precision):
            yield name, a, b
    elif a != b:
        yield name, a, b


def summed(found: dict[str, list[tuple[float, float, int]]]) -> dict[str, dict]:
    """Tolerances from pairs of values (a, b, clips) of each number: n, scale, rms and largest difference, tolerance.

    Shares of clips are few different values, so one that never moved here may elsewhere: none is taken to move less than all together.
    """
    scales = {name: float(np.median([abs(a) for a, _, _ in pairs])) for name, pairs in found.items()}
    gaps = {name: np.array([apart(name, *pair, scales[name]) for pair in pairs]) for name, pairs in sorted(found.items())}
    shares = [g for name, g in gaps.items() if is_share(name)]
    together = float(np.sqrt((np.concatenate(shares) ** 2).mean())) if shares else 0.0
    out = {}
    for name, each in gaps.items():
        rms = float(np.sqrt((each**2).mean()))
        widest = max(bound(max(rms, together if is_share(name) else 0.0), len(each)), float(each.max()))
        about = {"unit": "standard errors of a share" if is_share(name) else "relative", "n": len(each), "scale": scales[name]}
        out[name] = about | {"rms": rms, "largest": float(each.max()), "tolerance": widest}
    return {k: {c: float(f"{v:.4g}") if isinstance(v, float) else v for c, v in row.items()} for k, row in out.items()}
