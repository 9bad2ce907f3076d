"""``python benchmarks/precision.py [DRAWS]``: what a recording in the other precision could do to each verdict of the record.

``data/record/tolerances.json`` has how far the numbers of the same runs lie apart in bf16 and in fp32 (root mean square). Each number
of each recorded answer is moved by a normal draw of that size, independently of all others, and the claims are judged again, DRAWS
times (default 20). Prints for each claim on each data set the effect as recorded, how far the draws took it, and the verdicts that it
then had. Untrained encoders are moved like trained ones, so it says rather too much than too little.
"""

import json
import math
import sys
from collections import Counter

import numpy as np

from sslslr.claims.verdict import NOT_RUN
from sslslr.profiles import DECIDES
from sslslr.record import tolerance
from sslslr.record.tables import Record
from sslslr.report.recorded import datasets_of, judged


def moved(name: str, value, clips: int, known: tolerance.Tolerances, rng: np.random.Generator):
    """A JSON value with each number moved; counts (whole numbers) stay."""
    if isinstance(value, dict):
        return {k: moved(f"{name}.{k}", v, clips, known, rng) for k, v in value.items()}
    if isinstance(value, list):
        return [moved(name, v, clips, known, rng) for v in value]
    if not isinstance(value, float) or not math.isfinite(value):
        return value
    about = known.of(name, tolerance.AS_FP32)
    size = about["rms"] / (2 * math.sqrt(clips)) if tolerance.is_share(name) else about["rms"] * max(abs(value), about["scale"])
    return value + size * float(rng.standard_normal())


def main(draws: int) -> None:
    """Print the table."""
    recorded, known, rng = Record(), tolerance.load(), np.random.default_rng(0)
    asked = {(r["run"], r["answer"]): json.loads(r["asks"])[0] for r in recorded["jobs"].values() if r["profile"] == DECIDES}
    answers = dict(recorded.tables["answers"])
    sets = datasets_of(recorded, DECIDES)
    first = {name: judged(recorded, name, DECIDES).rows.set_index("id") for name in sets}
    found: dict = {}
    for _ in range(draws):
        for key, name in asked.items():
            values = json.loads(answers[key]["values"])
            clips = int(values.get("test_clips") or values.get("clips") or 100)
            recorded.tables["answers"][key] = answers[key] | {"values": json.dumps(moved(name, values, clips, known, rng))}
        for name in sets:
            for row in judged(recorded, name, DECIDES).rows.to_dict("records"):
                found.setdefault((name, row["id"]), []).append((row["effect"], row["verdict"]))
    print(f"{draws} draws, numbers moved as between bf16 and fp32 ({len(asked)} answers of profile {DECIDES})")
    for (name, claim), seen in found.items():
        was = first[name].loc[claim]
        if was["verdict"] != NOT_RUN and np.isfinite(was["effect"]):
            far = max(abs(effect - was["effect"]) for effect, _ in seen)
            verdicts = ", ".join(f"{v} {n}" for v, n in Counter(v for _, v in seen).items())
            print(f"{name:12} {claim:4} {was['effect']:+.2f} {was['unit']}, moved by at most {far:.2f}; {was['verdict']}, then {verdicts}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
