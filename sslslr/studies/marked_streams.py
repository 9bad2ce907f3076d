"""Strokes that spotting proposes in the marked recordings (``datasets.gesture_phase``), held against a person's marks.

One person is left out in turn, as in ``studies.marked``: the estimate's constants, the control's marks and the confidence below
which nothing is proposed come from the other two. People are three, so an interval describes these recordings.
"""

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd

from sslslr.clips.boundaries import Cues
from sslslr.clips.skeleton import KINECT_20
from sslslr.datasets.gesture_phase import Recording
from sslslr.measures.segments import f1, found
from sslslr.spotting import Stream, distinct, propose, slide
from sslslr.studies.marked import cues_without, turns
from sslslr.studies.segmenters import SEGMENTERS, strokes_of
from sslslr.studies.streams import spans

Proposed = tuple[np.ndarray, np.ndarray]  # strokes (P, 2), first and last frame, and their confidence (P,)
LEARNED = "hidden Markov model"  # of ``segmenters``, as the control that has learned from marks
APART = 0.2  # IoU up to which two proposals may both stay, as in ``spotting.spot``


def stream_of(one: Recording) -> Stream:
    """A marked recording as a stream whose signs are its strokes."""
    strokes = strokes_of(one)
    return Stream(one.name, KINECT_20, one.landmarks, strokes, np.full(len(strokes), "stroke"), 30.0)


def counts(proposed: Proposed, true: np.ndarray, least: float) -> dict[str, float]:
    """Of one recording: strokes (S, 2), how many are told at a confidence of at least ``least``, how many of these are right (IoU 0.5,
    each once), and how many any proposal at all would find."""
    told, sure = proposed
    kept, _ = distinct(told[sure >= least], sure[sure >= least], APART)
    return {
        "right": int((found(true, kept) >= 0).sum()), "told": len(kept), "strokes": len(true), "reached": len(set(found(true, told)) - {-1}),
    }  # fmt: skip


def pooled(each: list[dict[str, float]]) -> dict[str, float]:
    """Precision, recall and F1 over recordings counted together, and the share of strokes that any proposal finds."""
    right, told, strokes, reached = (sum(one[name] for one in each) for name in ("right", "told", "strokes", "reached"))
    return f1(right, told, strokes) | {"reached": reached / max(strokes, 1), "strokes": strokes, "recordings": len(each)}


def threshold(seen: list[tuple[Proposed, np.ndarray]]) -> float:
    """The confidence with the best F1 on recordings of (what was proposed, true strokes)."""
    steps = np.unique(np.quantile(np.concatenate([sure for (_, sure), _ in seen]), np.linspace(0, 0.98, 20)))
    scores = [pooled([counts(proposed, true, step) for proposed, true in seen])["f1"] for step in steps]
    return float(steps[int(np.argmax(scores))])


def table(marked: list[Recording]) -> pd.DataFrame:
    """``pooled`` of each way to propose, a row a way and held-out person, and "all"; bootstrap over recordings (``f1 low``, ``f1 high``)."""
    rows: dict[str, dict[str, list]] = {}
    for person, held, others in turns(marked):
        ways: dict[str, Callable[[Recording], Proposed]] = {
            "boundary estimate": partial(_estimated, cues_without(person)),
            "sliding windows": lambda one: slide(stream_of(one)),
            f"{LEARNED} (learned from marks)": partial(_sure, SEGMENTERS[LEARNED](others)),
        }
        for way, proposals in ways.items():
            least = threshold([(proposals(one), strokes_of(one)) for one in others])
            rows.setdefault(way, {})[person] = [counts(proposals(one), strokes_of(one), least) for one in held]
    out = []
    for way, by in rows.items():
        for who, each in (by | {"all": [one for part in by.values() for one in part]}).items():
            about: dict = {"proposals": way, "person": who}
            out.append(about | pooled(each) | (spans(partial(_of, each), np.arange(len(each)), ("f1",)) if who == "all" else {}))
    return pd.DataFrame(out)


def _of(each: list[dict[str, float]], rows: np.ndarray) -> dict[str, float]:
    return pooled([each[i] for i in rows])


def _estimated(cues: Cues, one: Recording) -> Proposed:
    return propose(stream_of(one), cues)


def _sure(segmenter: Callable[[Recording], np.ndarray], one: Recording) -> Proposed:
    strokes = segmenter(one)
    return strokes, np.ones(len(strokes))
