"""Evidence on the boundary estimate where nobody marked anything: repetitions of a sign, and real strokes with known transitions."""

import numpy as np
import pandas as pd

from sslslr.clips.boundaries import CUES, Cues, estimate
from sslslr.clips.signs import Signs, pack, prepare
from sslslr.clips.skeleton import KINECT_20
from sslslr.datasets.gesture_phase import Recording
from sslslr.measures.segments import segments
from sslslr.studies.marked import ESTIMATE, FRAMES, PAIR, best_pair, cues_without

TRANSITION = (8, 24)  # frames of a transition: the middle 80 % of the preparations that people marked


def repetitions(signs: Signs, cues: Cues = CUES, draws: int = 1000) -> pd.DataFrame:
    """How alike onset and offset (shares of the clip) are when a signer repeats a gloss; a row an end.

    ``reliability``: the intraclass correlation ICC(1) of groups of one signer and gloss, with the middle 95 % of a bootstrap
    over signers; 0 where a repetition tells no more than any other clip. The prior alone says the same of all clips: it has
    no spread, and so nothing that could be reliable. ``within``, ``all``: standard deviations; ``prior decides``: clips.
    """
    told, last = estimate(signs, cues), signs.lengths - 1
    table = pd.DataFrame({"signer": signs.signers, "gloss": signs.labels, "onset": told.onset / last, "offset": told.offset / last})
    people, rng, rows = sorted(set(signs.signers)), np.random.default_rng(0), []
    for end in ("onset", "offset"):
        by = dict(list(table.groupby("signer")))
        drawn = [icc([by[who] for who in rng.choice(people, len(people))], end) for _ in range(draws)]
        low, high = np.quantile(drawn, [0.025, 0.975])
        within = np.sqrt(table.groupby(["signer", "gloss"])[end].var().mean())
        row = {"end": end, "reliability": icc([table], end), "low": low, "high": high, "median": table[end].median(), "within": within}
        rows.append(
            row | {"all": table[end].std(), "prior decides": (told.prior > 0.5).mean(), "clips": len(signs), "signers": len(people)}
        )
    return pd.DataFrame(rows)


def icc(tables: list[pd.DataFrame], value: str) -> float:
    """ICC(1) of ``value`` in groups of one signer and gloss, a table a (drawn) signer: (between - within) / (between + (k - 1) within)."""
    means, sizes, squares, every = [], [], 0.0, []
    for table in tables:
        grouped = table.groupby(["signer", "gloss"])[value]
        means.append(grouped.mean().to_numpy())
        sizes.append(grouped.size().to_numpy())
        squares += float(((table[value] - grouped.transform("mean")) ** 2).sum())
        every.append(table[value].to_numpy())
    mean, size, values = np.concatenate(means), np.concatenate(sizes), np.concatenate(every)
    groups, n = len(mean), len(values)
    between = float((size * (mean - values.mean()) ** 2).sum()) / (groups - 1)
    within = squares / (n - groups)
    k = (n - (size**2).sum() / n) / (groups - 1)
    return (between - within) / (between + (k - 1) * within)


def spliced(marked: list[Recording], seed: int = 0, rest: int = 8, least: int = 6) -> Signs:
    """Each marked stroke of at least ``least`` frames between two straight transitions from and to its person's own rest.

    Stroke and rests are recorded; the transitions are minimum-jerk movements (Flash and Hogan 1985) of TRANSITION frames
    from the last frame of a rest to the stroke's first, and from its last to the first frame of another rest.
    """
    rng, clips, onsets, offsets, who, names = np.random.default_rng(seed), [], [], [], [], []
    for one in marked:
        rests = [s for s in segments(one.phases == "rest") if s[1] - s[0] + 1 >= rest]
        for first, last in segments(one.phases == "stroke"):
            if last - first + 1 < least or not rests:
                continue
            a, b = (rests[i] for i in rng.integers(len(rests), size=2))
            before, stroke, after = (
                one.landmarks[a[1] - rest + 1 : a[1] + 1],
                one.landmarks[first : last + 1],
                one.landmarks[b[0] : b[0] + rest],
            )
            n, m = rng.integers(TRANSITION[0], TRANSITION[1] + 1, size=2)
            clips.append(np.concatenate([before, _reach(before[-1], stroke[0], n), stroke, _reach(stroke[-1], after[0], m), after]))
            onsets.append(rest + n)
            offsets.append(rest + n + len(stroke) - 1)
            who.append(one.person)
            names.append(f"{one.name}:{first}-{last}")
    landmarks, lengths = pack(clips)
    on, off = np.array(onsets, float), np.array(offsets, float)
    zeros = np.zeros(len(clips), int)
    return Signs("spliced strokes", "real", KINECT_20, landmarks, lengths, zeros, ("stroke",), np.array(who), np.array(names),
                 np.full(len(clips), ""), on, off, 30.0)  # fmt: skip


def _reach(a: np.ndarray, b: np.ndarray, frames: int) -> np.ndarray:
    u = (np.arange(1, frames + 1) / (frames + 1))[:, None, None]
    return (a + (b - a) * (10 * u**3 - 15 * u**4 + 6 * u**5)).astype(np.float32)


def spliced_rows(marked: list[Recording], frames: int = FRAMES) -> pd.DataFrame:
    """Errors on ``spliced`` clips, as ``studies.marked.units`` has them (a row a clip and way): the estimate, and the best pair of the others."""
    signs, rows = prepare(spliced(marked), frames), []
    last = signs.lengths - 1
    for person in sorted(set(signs.signers)):
        own = signs.signers == person
        told, pair = estimate(signs.subset(own), cues_without(person)), best_pair(signs.subset(~own))
        for way, onset, offset in ((ESTIMATE, told.onset, told.offset), (PAIR, pair[0] * last[own], pair[1] * last[own])):
            error = {"onset": np.abs(onset - signs.onset[own]), "offset": np.abs(offset - signs.offset[own])}
            sure = {"confidence": told.confidence, "prior": told.prior} if way == ESTIMATE else {}
            rows.append(pd.DataFrame({"way": way, "person": person, "unit": signs.clips[own], "none": 0.0} | error | sure))
    return pd.concat(rows, ignore_index=True)
