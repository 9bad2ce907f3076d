"""What recordings of signers suffer from: a first frame that doesn't belong, other hands, copies, a sign unlike all others'.

Each clip is kept as a sketch, so that a large data set can be looked at whole. None of it is an error: a finding says how
many clips it is about, and which ones somebody might want to leave out.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import binom
from sklearn.metrics import pairwise_distances_argmin_min
from sklearn.neighbors import NearestNeighbors

from sslslr.clips.signs import resample
from sslslr.clips.skeleton import Skeleton, normalise
from sslslr.datasets.source import some

FRAMES = 16
SEVERAL = 3  # clips of a signer and gloss from which anything is said about them
OFTEN, SHARE = 5, 0.2  # times chance, and of the clips: so often the first step is the largest where the first frame doesn't belong
UNLIKE = 0.25  # difference in the share of clips led by the left hand that makes a signer unlike the others
MOST, HARDLY = 0.8, 0.2  # shares of clips that are led by one hand, or recognised
CHANCE = 0.05  # of one false finding of a sign unlike all others' in the whole data set
COPY = 0.01  # of the typical distance of a clip from the mean clip: nearer ones are copies
MANY = 20_000  # clips above which copies are looked for within each gloss only


@dataclass(frozen=True)
class Sketch:
    """first: the wrists move further between frames 0 and 1 than anywhere later; NaN where that can't be told.

    left: the left hand moves more than the right one, while it is seen.  points: (FRAMES, P, 2) wrists and fingers of the
    normalised clip, 0 where missing, float16.  steps: how many steps the clip has.
    """

    first: float
    left: bool
    points: np.ndarray
    steps: int


@dataclass(frozen=True)
class Finding:
    """What was found, in words, and the clips that it says to leave out (none where another remedy is better)."""

    text: str
    clips: tuple[str, ...] = ()


def points_of(skeleton: Skeleton) -> list[int]:
    """The landmarks of a sketch: wrists, and every fourth of each hand; with each its mirror image."""
    hands = [j for side in ("left_hand", "right_hand") for j in skeleton.parts[side][::4]]
    return sorted({*skeleton.wrists, *hands})


def sketch(landmarks: np.ndarray, skeleton: Skeleton, name: str) -> Sketch:
    """Of one clip (T, J, C); raises SignError, as preparing does, where it can't be centred or scaled."""
    clip = normalise(landmarks, skeleton, name)[..., :2]
    wrists = _steps(clip[:, list(skeleton.wrists)])
    wrists = np.fmax(wrists[:, 0], wrists[:, 1])
    later = wrists[1:][np.isfinite(wrists[1:])]
    first = float(wrists[0] > later.max()) if len(later) > 1 and np.isfinite(wrists[0]) else np.nan
    hands = clip[1:, [skeleton.parts["left_hand"][0], skeleton.parts["right_hand"][0]]]
    left, right = np.nansum(_steps(resample(hands, FRAMES)), axis=0) if len(hands) else (0, 0)
    points = np.nan_to_num(resample(clip[1:] if len(clip) > 1 else clip, FRAMES)[:, points_of(skeleton)])
    return Sketch(first, bool(left > right), points.astype(np.float16), len(clip) - 1)


def look(table: pd.DataFrame, sketches: list[Sketch], skeleton: Skeleton, unit: str = "signer") -> Iterator[Finding]:
    """All findings. ``table`` has clip, gloss, signer and digest (equal for byte-identical clips) of each sketch."""
    if len(sketches) < 2:
        return
    yield from _first_frames(sketches)
    yield from _copies(table, sketches)
    if table["signer"].nunique() > 1:
        yield from _hands(table.assign(left=[s.left for s in sketches]), unit)
    if table["signer"].nunique() > 2:
        yield from _unlike(table, sketches, skeleton, unit)


def _steps(points: np.ndarray) -> np.ndarray:
    return np.linalg.norm(np.diff(points, axis=0), axis=-1)


def _first_frames(sketches: list[Sketch]) -> Iterator[Finding]:
    told = [s for s in sketches if np.isfinite(s.first)]
    found, chance = sum(s.first for s in told), sum(1 / s.steps for s in told)
    if found >= SEVERAL and found > max(OFTEN * chance, SHARE * len(told)):
        yield Finding(
            f"the first frame doesn't belong to the clip: in {found:.0f} of {len(told)} clips the wrists move further between frames 0 "
            f"and 1 than anywhere later (by chance in {chance:.0f}); DROP_FIRST=1 drops it"
        )


def _copies(table: pd.DataFrame, sketches: list[Sketch]) -> Iterator[Finding]:
    points = np.stack([s.points for s in sketches]).reshape(len(sketches), -1)
    usual = np.median(points, axis=0).astype(np.float32)  # not the mean: one clip that went astray would draw it away from all
    spread = np.median([np.linalg.norm(p - usual) for p in points])
    groups = [np.arange(len(points))] if len(points) <= MANY else table.groupby("gloss").indices.values()
    pairs: list[tuple[int, int]] = []
    for members in (np.asarray(g) for g in groups if len(g) > 1):
        near = NearestNeighbors(radius=COPY * spread).fit(points[members].astype(np.float32))
        for i, others in enumerate(near.radius_neighbors(return_distance=False)):
            pairs += [(members[i], members[j]) for j in others if j > i]
    names, digests = table["clip"].to_numpy(), table["digest"].to_numpy()
    pairs = [(a, b) for a, b in pairs if digests[a] != digests[b]]
    if pairs:
        copies = tuple(dict.fromkeys(names[b] for _, b in pairs))
        shown = some(f"{names[b]} of {names[a]}" for a, b in pairs)
        how = f"within {COPY:.0%} of the clips' spread, not byte by byte"
        yield Finding(f"{len(copies)} clips are copies of others {how} ({shown})", copies)


def _hands(table: pd.DataFrame, unit: str) -> Iterator[Finding]:
    share = table.groupby("signer")["left"].mean()
    others = {who: share.drop(who).median() for who in share.index}
    unlike = [who for who in share.index if abs(share[who] - others[who]) > UNLIKE]
    each = ", ".join(f"{who} {s:.0%}" for who, s in share.items()) if len(share) <= 10 else f"{share.min():.0%} to {share.max():.0%}"
    text = f"the left hand moves more than the right one in so many clips of each {unit}: {each}"
    yield Finding(text + (f"; {', '.join(unlike)} unlike the others" if unlike else ""))
    led = table.groupby(["gloss", "signer"])["left"].agg(["mean", "size"])
    odd, clips = [], 0
    for (gloss, who), (mean, size) in zip(led.index, led.to_numpy(), strict=True):
        rest = led.loc[gloss].drop(who)["mean"]
        if size >= SEVERAL and len(rest) > 1 and _opposite(mean, rest.mean()):
            odd.append(f"{gloss} by {who}")
            clips += int(size)
    if odd:
        yield Finding(f"signed with the other hand than by the other {unit}s: {some(odd)} ({clips} clips)")


def _opposite(one: float, other: float) -> bool:
    return (one >= MOST and other <= HARDLY) or (one <= HARDLY and other >= MOST)


def _unlike(table: pd.DataFrame, sketches: list[Sketch], skeleton: Skeleton, unit: str) -> Iterator[Finding]:
    """Glosses whose clips by one signer are hardly ever nearest to what the others sign there, while the others' are.

    A clip may be nearest as it is or mirrored (signed with the other hand), and as it is or from its signer's median over
    glosses (people stand and reach differently): only what is unlike the others in every way is told.
    """
    points = np.stack([s.points for s in sketches])
    place = {j: i for i, j in enumerate(points_of(skeleton))}
    swap = [place[skeleton.mirror_index[j]] for j in place]
    plain = points.reshape(len(points), -1)
    mirrored = (points[:, :, swap] * np.array((-1, 1), np.float16)).reshape(len(points), -1)
    gloss, glosses = pd.factorize(table["gloss"])
    signer, signers = pd.factorize(table["signer"])
    right = np.zeros(len(points), bool)
    for own in (False, True):
        for here, known, centres, usual in _others(plain, gloss, signer, own):
            found = [pairwise_distances_argmin_min(x[here] - usual, centres) for x in (plain, mirrored)]
            either = np.where(found[0][1] <= found[1][1], found[0][0], found[1][0])
            right[here] |= (known[found[0][0]] == gloss[here]) | (known[either] == gloss[here])
    counts = pd.DataFrame({"gloss": gloss, "who": signer, "right": right}).groupby(["gloss", "who"])["right"].agg(["sum", "size"])
    odd, clips = [], []
    for (k, who), (some_right, size) in zip(counts.index, counts.to_numpy(), strict=True):
        rest = counts.loc[k].drop(who)
        by_others = (rest["sum"].sum() + 1) / (rest["size"].sum() + 2)
        chance = binom.cdf(some_right, size, by_others) * len(counts)
        if size >= SEVERAL and len(rest) > 1 and some_right <= HARDLY / 2 * size and by_others >= MOST and chance < CHANCE:
            odd.append(f"{glosses[k]} by {signers[who]}")
            clips += table["clip"][(gloss == k) & (signer == who)].tolist()
    if odd:
        yield Finding(f"signed unlike by all other {unit}s, perhaps another sign: {some(odd)} ({len(clips)} clips)", tuple(clips))


def _others(x: np.ndarray, gloss: np.ndarray, signer: np.ndarray, own: bool) -> Iterator[tuple[np.ndarray, ...]]:
    """For each signer: the clips' index, the glosses that others sign, the mean of the others' means of each, and what is
    to be taken from the clips first: with ``own`` the signer's median over glosses (a few of the other hand don't move it)."""
    means = []
    total, count = np.zeros((gloss.max() + 1, x.shape[1]), np.float32), np.zeros(gloss.max() + 1)
    for who in range(signer.max() + 1):
        here = np.flatnonzero(signer == who)
        shown = np.unique(gloss[here])
        mean = np.stack([x[here[gloss[here] == k]].mean(0, dtype=np.float32) for k in shown])
        usual = np.median(mean, axis=0) if own else np.zeros(x.shape[1], np.float32)
        means.append((here, shown, mean - usual, usual))
        total[shown] += mean - usual
        count[shown] += 1
    for here, shown, mean, usual in means:
        rest, n = total.copy(), count.copy()
        rest[shown] -= mean
        n[shown] -= 1
        known = np.flatnonzero(n > 0)
        yield here, known, rest[known] / n[known, None], usual
