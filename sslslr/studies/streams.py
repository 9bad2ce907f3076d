"""Spotting, measured (``sslslr.spotting``): synthetic streams of signers and sentences that nothing was trained or chosen on, and real ones.

The threshold of rejection is chosen on other streams (other people, too) than those it is measured on.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd
import torch

from sslslr import paths
from sslslr.clips.input import Input, restrict
from sslslr.clips.signs import Signs, prepare
from sslslr.datasets import synthetic
from sslslr.learning import weights
from sslslr.measures.probes import handmade
from sslslr.measures.segments import average_precision, f1, found
from sslslr.methods.encoder import EncoderConfig, PoseTransformer, embed
from sslslr.spotting import FRAMES, Encode, Lexicon, Stream, join, paced, propose, slide, spot, strokes_of

CORPUS = "lsa-like"
TRAINED = {"SL-FPN": "lsa-like-slfpn", "SimCLR": "lsa-like-simclr", "supervised": "lsa-like-supervised"}  # shipped, frozen
CLASSES, PEOPLE = 20, 6
SENTENCE = 4  # signs in a stream
LEXICON, CHOICE, TEST = 0, 31, 32  # seeds of the people: the lexicon's, those on whom the threshold is chosen, and tested
EVIDENCE = paths.ROOT / "data" / "spotting_evidence"  # made by tools/spotting_evidence.py
PACES = (1.0, 2.0, 4.0, 8.0)
SPANNED = ("f1", "mAP", "places")  # measures with an interval
PROPOSALS = {
    "boundary estimate": propose,
    "sliding windows": slide,
    "true strokes (oracle)": lambda stream: (stream.segments, np.ones(len(stream.segments))),
}


def encoders() -> dict[str, Encode]:
    """The frozen encoders, an untrained one of the same size, and hand-made features; all see of a clip what the encoders were trained on."""
    trained = {title: weights.load(name) for title, name in TRAINED.items()}
    torch.manual_seed(0)
    untrained = PoseTransformer(EncoderConfig(**trained["SL-FPN"].about["encoder"]))
    choice = Input.of(trained["SL-FPN"].about["settings"]["input"])
    modules = {title: one.module for title, one in trained.items()} | {"random encoder": untrained}
    return {
        **{title: partial(_embedded, module, choice) for title, module in modules.items()},
        "hand-made features": lambda signs: np.nan_to_num(handmade(as_trained(signs, choice))),
    }


def as_trained(signs: Signs, choice: Input) -> Signs:
    """Prepared clips as an encoder with this input takes them: its landmarks, mirrored where the left hand does the work."""
    shown = restrict(signs, choice.layout(signs.skeleton))
    return choice.together(replace(shown, landmarks=shown.landmarks.copy()))


def _embedded(module: PoseTransformer, choice: Input, signs: Signs) -> np.ndarray:
    return embed(module, as_trained(signs, choice))


def people(seed: int, clips: int = 240) -> Signs:
    """Clips of the lexicon's first glosses by the people of a seed."""
    return prepare(synthetic.make(CORPUS, classes=CLASSES, signers=PEOPLE, clips=clips, seed=seed), 90)


def sentences(signs: Signs, pace: float, count: int = 24, seed: int = 0) -> list[Stream]:
    """Streams of SENTENCE strokes of one signer between two rests, with movements of 4 to 10 frames between them.

    Strokes (onset to offset, known) are played ``pace`` times as fast as they were cited; rests are a clip's first frames.
    """
    rng, streams = np.random.default_rng(seed), []
    people = sorted(set(signs.signers))
    for i in range(count):
        own = np.flatnonzero(signs.signers == people[i % len(people)])
        rows = rng.choice(own, SENTENCE + 1, replace=False)
        rest = signs.landmarks[rows[-1], :4]
        parts = [paced(signs.landmarks[r, int(signs.onset[r]) : int(signs.offset[r]) + 1], pace) for r in rows[:-1]]
        words = [signs.glosses[signs.labels[r]] for r in rows[:-1]]
        gaps = rng.integers(4, 11, SENTENCE + 1).tolist()
        streams.append(join(f"{signs.name} {i}", [rest, *parts, rest], ["", *words, ""], signs.skeleton, gaps, signs.fps))
    return streams


@dataclass(frozen=True)
class Matched:
    """One stream held against what was spotted in it: glosses and likeness (P,) of the spots, whether each is right (its place and
    gloss); errors of the onsets of those, in frames; true glosses (S,); how many of these were found whatever the gloss."""

    gloss: np.ndarray
    likeness: np.ndarray
    right: np.ndarray
    late: np.ndarray
    true: np.ndarray
    places: int


def matched(told: list[pd.DataFrame], streams: list[Stream], iou: float = 0.5) -> list[Matched]:
    """Each stream with its spots; a sign is found where the IoU is at least ``iou``."""
    out = []
    for table, stream in zip(told, streams, strict=True):
        segments, gloss = table[["first", "last"]].to_numpy(int), table["gloss"].to_numpy()
        which = found(stream.segments, segments, iou, gloss[:, None] == stream.glosses[None, :])
        right = which >= 0
        late = np.abs(segments[right, 0] - stream.segments[which[right], 0])
        places = int((found(stream.segments, segments, iou) >= 0).sum())
        out.append(Matched(gloss, table["likeness"].to_numpy(), right, late, stream.glosses, places))
    return out


def scored(each: list[Matched], least: float) -> dict[str, float]:
    """Precision, recall and F1 of what is at least ``least`` like its gloss, found at the right place under the right gloss; mAP
    (over glosses, whatever the likeness); error of the onset in frames where right; strokes found whatever the gloss."""
    words, score, right, late = (np.concatenate([getattr(m, name) for m in each]) for name in ("gloss", "likeness", "right", "late"))
    true = pd.Series(np.concatenate([m.true for m in each])).value_counts()
    right = right.astype(bool)
    precision = [average_precision(score[words == g], right[words == g], n) for g, n in true.items()]
    kept = score >= least
    out = f1((right & kept).sum(), kept.sum(), true.sum())
    out |= {"mAP": float(np.mean(precision)), "places": sum(m.places for m in each) / true.sum()}
    return out | {"onset error": float(np.mean(late)) if len(late) else float("nan"), "signs": int(true.sum()), "streams": len(each)}


def measured(told: list[pd.DataFrame], streams: list[Stream], least: float, iou: float = 0.5) -> dict[str, float]:
    """``scored`` of ``matched``."""
    return scored(matched(told, streams, iou), least)


def spans(measure: Callable[[np.ndarray], dict[str, float]], who: np.ndarray, names: Sequence[str], draws: int = 300) -> dict[str, float]:
    """The middle 95 % of ``names`` of a measure over a bootstrap, ``<name> low`` and ``<name> high``.

    ``who`` (streams,): what is drawn anew, with all streams of each: signers, or each stream for itself. ``measure``: of the streams
    with these numbers (repeats among them).
    """
    own, rng = {name: np.flatnonzero(who == name) for name in np.unique(who)}, np.random.default_rng(0)
    drawn = pd.DataFrame([measure(np.concatenate([own[n] for n in rng.choice(list(own), len(own))])) for _ in range(draws)])
    return {f"{name} {end}": float(drawn[name].quantile(q)) for name in names for end, q in (("low", 0.025), ("high", 0.975))}


def threshold(told: list[pd.DataFrame], streams: list[Stream], measure: Callable[..., dict[str, float]] = measured) -> float:
    """The likeness below which is rejected: the best F1 on these streams, as ``measure`` counts it."""
    values = np.concatenate([t["likeness"].to_numpy() for t in told])
    steps = np.quantile(values, np.linspace(0, 0.98, 40)) if len(values) else [0.0]
    return float(max(steps, key=lambda least: measure(told, streams, least)["f1"]))


def table(paces=PACES, count: int = 24, progress: Callable = iter) -> pd.DataFrame:
    """All measures by proposals, encoder and pace, on synthetic streams; a row each. Threshold: chosen at the same pace on others.

    ``speed``: seconds of stream a second of computing, on this machine. Intervals: bootstrap over the ``PEOPLE`` signers.
    """
    lexicon, choice, test = strokes_of(_32(people(LEXICON))), people(CHOICE), people(TEST)
    books = {name: Lexicon(lexicon, encode) for name, encode in encoders().items()}
    cases = [(pace, way, name) for pace in paces for way in PROPOSALS for name in books]
    rows = []
    for pace, way, name in progress(cases):
        tuned, tested = sentences(choice, pace, count, seed=1), sentences(test, pace, count, seed=2)
        spotted = lambda streams, book=books[name], way=way: [spot(s, book, PROPOSALS[way]) for s in streams]  # noqa: E731
        least = threshold(spotted(tuned), tuned)
        started = time.perf_counter()
        told = spotted(tested)
        seconds = time.perf_counter() - started
        each, who = matched(told, tested), np.arange(len(tested)) % PEOPLE
        scores = scored(each, least) | spans(partial(_of, each, least), who, SPANNED)
        speed = sum(len(s) / s.fps for s in tested) / seconds
        rows.append({"pace": pace, "proposals": way, "encoder": name} | scores | {"threshold": least, "speed": speed})
    return pd.DataFrame(rows)


def _of(each: list[Matched], least: float, rows: np.ndarray) -> dict[str, float]:
    return scored([each[i] for i in rows], least)


def joined(signs: Signs, count: int = 24, seed: int = 0) -> list[Stream]:
    """Recorded clips of one signer, SENTENCE of them, with their rests, one after the other; a whole clip counts as its sign.

    ``signs``: prepared, so that all clips have one unit. Nobody marked strokes, so what is found lies well inside of the truth.
    """
    rng, streams = np.random.default_rng(seed), []
    people = sorted(set(signs.signers))
    for i in range(count):
        rows = rng.choice(np.flatnonzero(signs.signers == people[i % len(people)]), SENTENCE, replace=False)
        parts = [signs.landmarks[r, : signs.lengths[r]] for r in rows]
        words = [signs.glosses[signs.labels[r]] for r in rows]
        streams.append(join(f"{signs.name} {i}", parts, words, signs.skeleton, [6] * (SENTENCE - 1), signs.fps))
    return streams


def in_clips(told: list[pd.DataFrame], streams: list[Stream], least: float) -> dict[str, float]:
    """``measured`` where whole clips are the truth: a sign is found by the likeliest spot whose middle lies in its clip."""
    hit = kept = true = 0
    for spots, stream in zip(told, streams, strict=True):
        spots = spots[spots["likeness"] >= least]
        middle = ((spots["first"] + spots["last"]) / 2).to_numpy()
        kept, true = kept + len(spots), true + len(stream.glosses)
        for (a, b), gloss in zip(stream.segments, stream.glosses, strict=True):
            hit += int(((middle >= a) & (middle <= b) & (spots["gloss"] == gloss)).any())
    return f1(hit, kept, true) | {"signs": true, "streams": len(streams)}


def rejects(signs: Signs, no_sign: Signs, lexicon_of: np.ndarray, encode: Encode, known: float = 0.9) -> dict[str, float]:
    """Of clips that are no sign, which share is rejected at the threshold that keeps ``known`` of real ones?

    ``lexicon_of`` (N,): the clips of ``signs`` that make the lexicon. The others are halved: the threshold is chosen on every
    second one; ``kept`` is the share of the other half that it keeps, ``right`` those under their own gloss.
    """
    book, others = Lexicon(signs.subset(lexicon_of), encode), signs.subset(~lexicon_of)
    likeness = book.likeness(others)
    best, gloss = likeness.max(1), book.glosses[likeness.argmax(1)]
    even = np.arange(len(best)) % 2 == 0
    least = np.quantile(best[even], 1 - known)
    named = gloss == np.array([signs.glosses[k] for k in others.labels])
    return {
        "rejected": float((book.likeness(no_sign).max(1) < least).mean()), "no sign": len(no_sign), "kept": float((best[~even] >= least).mean()),
        "right": float(named[~even].mean()), "signs": int((~even).sum()),
    }  # fmt: skip


def real_table(signs: Signs, count: int = 24) -> pd.DataFrame:
    """``in_clips`` on ``joined`` clips of one half of the signers, the lexicon and the threshold of the other half; hand-made features.

    ``signs``: prepared. The first half makes the lexicon; the second is halved again, the threshold chosen on the first part.
    Intervals: bootstrap over streams, since the test signers are three.
    """
    who = sorted(set(signs.signers))
    n = len(who)
    parts = [np.isin(signs.signers, group) for group in (who[: n // 2], who[n // 2 : 3 * n // 4], who[3 * n // 4 :])]
    book = Lexicon(strokes_of(_32(signs.subset(parts[0]))), encoders()["hand-made features"])
    tuned, tested = (joined(signs.subset(part), count, seed) for seed, part in enumerate(parts[1:]))
    rows = []
    for way in ("boundary estimate", "sliding windows"):
        chosen, told = ([spot(s, book, PROPOSALS[way]) for s in streams] for streams in (tuned, tested))
        least = threshold(chosen, tuned, in_clips)
        one = lambda rows, told=told, least=least: in_clips([told[i] for i in rows], [tested[i] for i in rows], least)  # noqa: E731
        scores = in_clips(told, tested, least) | spans(one, np.arange(len(tested)), ("f1",))
        rows.append({"proposals": way} | scores | {"glosses": len(signs.glosses), "test signers": n - 3 * n // 4})
    return pd.DataFrame(rows)


def _32(signs: Signs) -> Signs:
    return prepare(signs, FRAMES)
