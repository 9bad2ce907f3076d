"""What a corpus of signing looks like, in numbers that a synthetic one can be held against real ones by.

Pure functions on ``Signs``. Lengths are in shoulder widths. A recording without shoulders has no width of
its own: ``width`` then says how long a shoulder's width is in its unit, and what needs a body is NaN.
"""

import numpy as np
import pandas as pd

from sslslr import paths
from sslslr.clips.signs import Signs, resample
from sslslr.clips.skeleton import Skeleton, normalise

PARTS = ("head", "torso", "arms", "signing hand", "other hand", "below the waist")
_HEAD = ("nose", "eye", "ear", "mouth", "head", "neck")
_TORSO = ("shoulder", "spine_mid")
MILLIMETRES = 360.0  # a shoulder's width
CAMERA = ("over time", "between clips", "jitter", "missing", "gaps", "handedness")  # measures of a whole person, seen by a camera
BETWEEN = ("handedness", "spread", "signers")  # measures of a set, not of one person
CLEAR = 1.5  # times as much movement as the other wrist: a clip signed by one hand
REAL = paths.ROOT / "data" / "likeness.csv"  # made by tools/likeness.py
ALL = "all"  # in the table of real sets: the whole set, not one of its people
NEAR = 1.5
MOMENTS = 8  # of a clip at which signers and signs are compared
STRETCHES = {"start": (0.0, 0.1), "rise": (0.1, 0.3), "middle": (0.4, 0.6), "fall": (0.7, 0.9), "end": (0.9, 1.0)}


def parts(skeleton: Skeleton) -> dict[str, list[int]]:
    """Landmarks of each body part; a hand of one landmark (Kinect's) belongs to its arm, so that ``left`` and ``right`` are empty."""
    hands = {side: list(skeleton.parts.get(f"{side}_hand", ())) for side in ("left", "right")}
    hands = {side: ids if len(ids) > 1 else [] for side, ids in hands.items()}
    rest = [i for i in range(len(skeleton)) if i not in hands["left"] + hands["right"] + list(skeleton.lower)]
    head, torso = ([i for i in rest if any(w in skeleton.landmarks[i] for w in words)] for words in (_HEAD, _TORSO))
    return {
        "head": head, "torso": torso, "arms": [i for i in rest if i not in head + torso], **hands, "below the waist": list(skeleton.lower),
    }  # fmt: skip


def scaled(signs: Signs, width: float | None = None) -> np.ndarray:
    """Landmarks (N, T, J, C) in shoulder widths, each clip centred on its shoulders; or divided by ``width`` and left where they are."""
    if width is not None:
        return signs.landmarks / width
    out = np.full(signs.landmarks.shape, np.nan, np.float32)
    for i, length in enumerate(signs.lengths):
        out[i, :length] = normalise(signs.landmarks[i, :length], signs.skeleton, f"{signs.name}, clip {signs.clips[i]}")
    return out


def travel(x: np.ndarray, skeleton: Skeleton) -> np.ndarray:
    """(N, 2) how far left and right wrist are from their mean, as a standard deviation over time; 0 for one never seen."""
    wrists = x[:, :, list(skeleton.wrists)]
    return np.sqrt(_mean((wrists - _mean(wrists, 1)[:, None]) ** 2, 1).sum(-1))


def _mean(x: np.ndarray, axis) -> np.ndarray:
    """Mean over what is there; 0 where nothing is."""
    there = np.isfinite(x)
    return np.where(there, x, 0).sum(axis, dtype=np.float64) / np.maximum(there.sum(axis), 1)


def variance_shares(x: np.ndarray, skeleton: Skeleton, signers: np.ndarray) -> dict[str, float]:
    """Shares of variance by body part: over the time of a clip, and between the means of one signer's clips; each sums to 1.

    A landmark counts for the frames, and the clips, in which it is seen. NaN where the skeleton lacks a part.
    """
    centre = _mean(x, 1)
    seen = np.isfinite(x).any((1, 3))[..., None]
    frames = np.isfinite(x).any((2, 3)).sum(1)
    within = (np.where(np.isfinite(x), x - centre[:, None], 0) ** 2).sum((1, 3)) / frames[:, None]
    between = np.zeros_like(within)
    for signer in np.unique(signers):
        mine = signers == signer
        mean = (centre[mine] * seen[mine]).sum(0) / np.maximum(seen[mine].sum(0), 1)
        between[mine] = ((centre[mine] - mean) ** 2 * seen[mine]).sum(-1)
    return {f"over time: {p}": v for p, v in _shares(within, x, skeleton).items()} | {
        f"between clips: {p}": v for p, v in _shares(between, x, skeleton).items()
    }


def _shares(squares: np.ndarray, x: np.ndarray, skeleton: Skeleton) -> dict[str, float]:
    ids = parts(skeleton)
    left = (np.diff(travel(x, skeleton), axis=1) < 0)[:, 0]
    sums = {name: squares[:, i].sum(1) for name, i in ids.items()}
    hands = {"signing hand": np.where(left, sums["left"], sums["right"]), "other hand": np.where(left, sums["right"], sums["left"])}
    of = {name: float((hands | sums)[name].sum()) for name in PARTS}
    total = sum(of.values())
    complete = all(ids.values())
    return {name: value / total if complete and total > 0 else np.nan for name, value in of.items()}


def jitter(x: np.ndarray, skeleton: Skeleton) -> dict[str, float]:
    """Noise of a landmark from frame to frame, in shoulder widths: the median third difference, which slow motion does not reach.

    Of white noise it is the standard deviation of a coordinate. For the head and, where there are fingers, for the hands.
    """
    steps = np.abs(np.diff(x, n=3, axis=1)) / np.sqrt(20) / 0.6745
    ids = parts(skeleton)
    found = {}
    for name, members in {"head": ids["head"], "hands": ids["left"] + ids["right"]}.items():
        known = steps[:, :, members][np.isfinite(steps[:, :, members])]
        found[f"jitter: {name}"] = float(np.median(known)) if len(known) else np.nan
    return found


def gaps(x: np.ndarray, lengths: np.ndarray, skeleton: Skeleton) -> dict[str, float]:
    """Share of frames without the hand that signs and without the other one; mean length of a gap, and of a clip (1 = all of it).

    ``gaps at the ends``: of the missing frames, the share in gaps that reach a clip's first or last frame.
    """
    names = ("missing: signing hand", "missing: other hand", "gaps: frames", "gaps: share of the clip", "gaps: at the ends")
    ids = parts(skeleton)
    if not ids["left"]:
        return dict.fromkeys(names, np.nan)
    signing = np.argmax(travel(x, skeleton), axis=1)
    missing, total, found = np.zeros(2), lengths.sum(), []
    for i, length in enumerate(lengths):
        for side, members in enumerate((ids["left"], ids["right"])):
            lost = ~np.isfinite(x[i, :length, members[0], 0])
            missing[int(side != signing[i])] += lost.sum()
            edges = np.flatnonzero(np.diff(np.r_[0, lost, 0]))
            found += [(b - a, (b - a) / length, a == 0 or b == length) for a, b in edges.reshape(-1, 2)]
    if not found:
        return dict.fromkeys(names[:2], 0.0) | dict.fromkeys(names[2:], np.nan)
    runs, shares, ends = (np.array(c, float) for c in zip(*found, strict=True))
    return dict(zip(names, (*(missing / total), runs.mean(), shares.mean(), (runs * ends).sum() / runs.sum()), strict=True))


def hand_speed(signs: Signs, bins: int = 50) -> np.ndarray:
    """(N, bins) speed of the faster wrist over normalised time, relative to its clip's mean: where in a clip it moves.

    Uses the body's wrists, which are seen when the hands are not; a frame without them counts as missing, and a clip
    that never shows or never moves them is NaN.
    """
    wrists = signs.landmarks[:, :, list(signs.skeleton.wrists), :2]
    steps = np.linalg.norm(np.diff(wrists, axis=1), axis=-1)
    steps = np.fmax(steps[..., 0], steps[..., 1])
    speeds = np.full((len(signs), bins), np.nan)
    for row, step, length in zip(speeds, steps, signs.lengths, strict=True):
        known = np.flatnonzero(np.isfinite(step[: length - 1]))
        if len(known) > 1 and step[known].mean() > 0:
            row[:] = np.interp(np.linspace(0, length - 2, bins), known, step[known] / step[known].mean())
    return speeds


def speed_profile(signs: Signs) -> dict[str, float]:
    """Mean speed of the faster wrist in five stretches of the clip's time, relative to the clip's mean."""
    time, speed = np.linspace(0, 1, 50), _mean(hand_speed(signs), 0)
    return {f"speed: {name}": float(speed[(time >= low) & (time <= high)].mean()) for name, (low, high) in STRETCHES.items()}


def decomposition(x: np.ndarray, signs: Signs) -> dict[str, float]:
    """How much of the variance of upper-body landmarks at ``MOMENTS`` moments of a clip lies between signers, and between signs.

    Each is epsilon squared, the share that a one-way analysis of variance explains beyond chance. NaN with a single one.
    """
    upper = [j for j in range(len(signs.skeleton)) if j not in signs.skeleton.lower]
    values = np.stack([resample(clip[:n, upper], MOMENTS).ravel() for clip, n in zip(x, signs.lengths, strict=True)])
    values = np.where(np.isfinite(values), values - _mean(values, 0), 0)
    found = {"spread: signers": _explained(values, signs.signers), "spread: signs": _explained(values, signs.labels)}
    return found | {"spread: signers to signs": found["spread: signers"] / found["spread: signs"]}


def _explained(values: np.ndarray, groups: np.ndarray) -> float:
    names, which, counts = np.unique(groups, return_inverse=True, return_counts=True)
    n, k = len(values), len(names)
    if k < 2 or n <= k:
        return np.nan
    means = np.zeros((k, values.shape[1]))
    np.add.at(means, which, values)
    between = ((means / counts[:, None]) ** 2 * counts[:, None]).sum()
    total = ((values - values.mean(0)) ** 2).sum()
    error = (total - between) / (n - k)
    return float((between - (k - 1) * error) / total)


def handedness(x: np.ndarray, skeleton: Skeleton, signers: np.ndarray) -> dict[str, float]:
    """Of the clips that one hand clearly signs: the share signed with the left, and with another hand than the signer's usual one."""
    left, right = np.maximum(travel(x, skeleton), 1e-6).T
    clear = np.maximum(left / right, right / left) >= CLEAR
    usual = pd.Series((left > right)[clear]).groupby(signers[clear]).mean()
    clips = pd.Series(signers[clear]).value_counts().reindex(usual.index)
    return {
        "handedness: one hand": float(clear.mean()),
        "handedness: left": float((left > right)[clear].mean()) if clear.any() else np.nan,
        "handedness: not the usual": float((np.minimum(usual, 1 - usual) * clips).sum() / clear.sum()) if clear.any() else np.nan,
    }


def people(x: np.ndarray, signs: Signs, body: bool) -> dict[str, float]:
    """How much signers differ, as standard deviations over signers; NaN with one signer.

    Of the logarithm of pace (mean length of a clip), amplitude (how far the signing hand goes) and build (how high above the
    shoulders the head is); of view, how far the head is beside the shoulders' middle, which a turned camera moves.
    """
    amplitude = travel(x, signs.skeleton).max(1)
    beside, height = _mean(x[:, :, parts(signs.skeleton)["head"], :2], (1, 2)).T
    rows = pd.DataFrame({"pace": signs.lengths, "amplitude": amplitude, "build": np.abs(height)}).groupby(signs.signers).mean()
    spread = np.log(rows.clip(lower=1e-9)).std()
    fixed = np.ptp(signs.lengths) == 0
    return {
        "signers: pace": np.nan if fixed else float(spread["pace"]),
        "signers: amplitude": float(spread["amplitude"]),
        "signers: build": float(spread["build"]) if body else np.nan,
        "signers: view": float(pd.Series(beside).groupby(signs.signers).mean().std()) if body else np.nan,
    }


def lengths(signs: Signs) -> dict[str, float]:
    """Median length of a clip in seconds and in frames, and the 95th percentile over the 5th; NaN where all are equally long."""
    low, middle, high = np.percentile(signs.lengths, [5, 50, 95])
    spread = high / low if np.ptp(signs.lengths) else np.nan
    return {"length: seconds": float(middle / signs.fps), "length: frames": float(middle), "length: 95 % over 5 %": float(spread)}


def measure(signs: Signs, width: float | None = None) -> dict[str, float]:
    """All of the above for one set of clips, by name ("group: what"); NaN for what it cannot tell.

    With ``width`` it is a recording of hands alone, by a sensor that neither guesses nor loses as a camera's tracker does: no
    ``CAMERA`` measures, no build and no view.
    """
    x = scaled(signs, width)
    found = {
        **variance_shares(x, signs.skeleton, signs.signers),
        **jitter(x, signs.skeleton),
        **gaps(x, signs.lengths, signs.skeleton),
        **speed_profile(signs),
        **decomposition(x, signs),
        **people(x, signs, width is None),
        **handedness(x, signs.skeleton, signs.signers),
        **lengths(signs),
    }
    return {k: np.nan if width is not None and k.startswith(CAMERA) else v for k, v in found.items()}


def ranges(table: pd.DataFrame) -> pd.DataFrame:
    """The range of real recordings: low, high and sets (how many tell it), indexed by measure.

    table: a row a set, or a person of it, as ``tools/likeness.py`` writes it (columns set, who, and one a measure). ``BETWEEN`` is asked
    of whole sets; all else of each person too, since sets are few.
    """
    rows = {}
    for name in [c for c in map(str, table) if ": " in c]:
        told = table[table[name].notna() & ((table["who"] == ALL) | (not name.startswith(BETWEEN)))]
        rows[name] = {"low": told[name].min(), "high": told[name].max(), "sets": told["set"].nunique()}
    return pd.DataFrame(rows).T.astype({"sets": int})


def where(value: float, low: float, high: float) -> str:
    """Where a value lies: "inside" the real range, "near" it (within ``NEAR`` times either end: four sets do not span what people do), or "outside"."""
    if not np.isfinite([value, low, high]).all():
        return ""
    return "inside" if low <= value <= high else "near" if low / NEAR <= value <= high * NEAR else "outside"
