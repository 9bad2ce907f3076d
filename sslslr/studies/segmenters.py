"""Ways to find strokes in a marked recording that the boundary estimate is held against. Each learns from other people's recordings only.

All see the same: ``signals`` of a recording. Two are what public tools do, written anew: a threshold on speed with
hysteresis (local mean and k deviations, as ``signlang-segmenter`` has it on optical flow), and the span in which a wrist is
above its elbow, five frames wider (``spoken-to-signed``). Two learn the marks: a hidden Markov model and a classifier.
"""

from collections.abc import Callable

import numpy as np
from scipy.ndimage import median_filter, uniform_filter1d
from sklearn.ensemble import HistGradientBoostingClassifier

from sslslr.clips.skeleton import KINECT_20
from sslslr.datasets.gesture_phase import PHASES, Recording
from sslslr.measures.segments import mask, segments, stream_scores

LOCAL = 120  # frames around each (4 s) of the local mean and deviation
WIDER = 5  # frames
KS = (-0.5, -0.25, 0.0, 0.25, 0.5, 1.0, 1.5)
AROUND = (-16, -12, -8, -4, 0, 4, 8, 12, 16)  # frames that the classifier sees of each frame's surroundings
SMOOTH = 5  # frames of the median filter over a classifier's answers
STROKE = PHASES.index("stroke")
Segmenter = Callable[[Recording], np.ndarray]


def wrists(one: Recording) -> np.ndarray:
    """(T, 2, 2): left and right wrist from the shoulders' middle, x and y, y upwards, smoothed over three frames."""
    shoulders = one.landmarks[:, list(KINECT_20.shoulders), :2].mean(1, keepdims=True)
    return uniform_filter1d(one.landmarks[:, list(KINECT_20.wrists), :2] - shoulders, 3, axis=0, mode="nearest")


def signals(one: Recording) -> np.ndarray:
    """(T, 4): logarithm of the wrists' speed, its slow part (half a second), height of the higher wrist and of the lower one."""
    at = wrists(one)
    speed = np.sqrt((np.gradient(at, axis=0) ** 2).sum((1, 2)))
    log = np.log(speed + 1e-3)
    return np.c_[log, uniform_filter1d(log, 15, mode="nearest"), np.sort(at[:, :, 1], axis=1)]


def phases_of(marked: list[Recording]) -> np.ndarray:
    """The numbers in PHASES of all frames of several recordings, one after the other."""
    return np.concatenate([[PHASES.index(word) for word in one.phases] for one in marked])


def strokes_of(one: Recording) -> np.ndarray:
    """(S, 2) first and last frame of each marked stroke."""
    return segments(one.phases == "stroke")


def hysteresis(one: Recording, k: float) -> np.ndarray:
    """Stretches faster than the local mean that somewhere are faster by k local deviations, too."""
    speed = np.exp(signals(one)[:, 1])
    mean = uniform_filter1d(speed, LOCAL, mode="nearest")
    deviation = np.sqrt(np.maximum(uniform_filter1d(speed**2, LOCAL, mode="nearest") - mean**2, 0))
    low, high = speed > mean + min(k, 0) * deviation, speed > mean + k * deviation
    return np.array([s for s in segments(low) if high[s[0] : s[1] + 1].any()], int).reshape(-1, 2)


def threshold(marked: list[Recording]) -> Segmenter:
    """Speed with hysteresis; k is the one with the best F1 of boundaries within 4 frames on ``marked``."""
    best = max(KS, key=lambda k: stream_scores((strokes_of(o), hysteresis(o, k), len(o)) for o in marked)["f1 at 4"])
    return lambda one: hysteresis(one, best)


def above_elbow(one: Recording) -> np.ndarray:
    """The stretches in which a wrist is above its elbow, ``WIDER`` frames wider at each end."""
    y = one.landmarks[:, :, 1]
    up = np.zeros(len(one), bool)
    for side in ("left", "right"):
        up |= y[:, KINECT_20.landmarks.index(f"{side}_wrist")] > y[:, KINECT_20.landmarks.index(f"{side}_elbow")]
    wide = [(max(a - WIDER, 0), min(b + WIDER, len(one) - 1)) for a, b in segments(up)]
    return segments(mask(np.array(wide, int).reshape(-1, 2), len(one)))


def markov(marked: list[Recording]) -> Segmenter:
    """A hidden Markov model of the five phases: Gaussian signals, transitions as counted in ``marked``; the likeliest path."""
    x, y = np.concatenate([signals(o) for o in marked]), phases_of(marked)
    means = np.array([x[y == k].mean(0) for k in range(len(PHASES))])
    spread = [np.cov(x[y == k].T) + 1e-4 * np.eye(x.shape[1]) for k in range(len(PHASES))]
    inverse, size = [np.linalg.inv(c) for c in spread], [np.linalg.slogdet(c)[1] for c in spread]
    count = np.full((len(PHASES), len(PHASES)), 0.5)
    for one in marked:
        numbers = phases_of([one])
        np.add.at(count, (numbers[:-1], numbers[1:]), 1)
    step = np.log(count / count.sum(1, keepdims=True))

    def path(one: Recording) -> np.ndarray:
        away = signals(one)[:, None] - means
        score = np.stack([-(np.einsum("ti,ij,tj->t", away[:, k], inverse[k], away[:, k]) + size[k]) / 2 for k in range(len(PHASES))], 1)
        total, back = score[0], np.zeros(score.shape, int)
        for t in range(1, len(score)):
            every = total[:, None] + step
            back[t] = every.argmax(0)
            total = every.max(0) + score[t]
        state = np.empty(len(score), int)
        state[-1] = total.argmax()
        for t in range(len(score) - 1, 0, -1):
            state[t - 1] = back[t, state[t]]
        return segments(state == STROKE)

    return path


def classifier(marked: list[Recording]) -> Segmenter:
    """Gradient boosting on the signals and wrists of each frame and its surroundings, the answers smoothed by a median."""

    def seen(one: Recording) -> np.ndarray:
        x = np.c_[signals(one), wrists(one).reshape(len(one), -1)]
        at = np.clip(np.arange(len(one))[:, None] + np.array(AROUND), 0, len(one) - 1)
        return x[at].reshape(len(one), -1)

    model = HistGradientBoostingClassifier(max_iter=60, random_state=0).fit(
        np.concatenate([seen(o) for o in marked]), phases_of(marked) == STROKE
    )
    return lambda one: segments(median_filter(model.predict(seen(one)).astype(np.int8), SMOOTH) > 0)


SEGMENTERS: dict[str, Callable[[list[Recording]], Segmenter]] = {
    "speed threshold with hysteresis": threshold,
    "wrist above elbow, 5 frames wider": lambda marked: above_elbow,
    "hidden Markov model": markov,
    "classifier": classifier,
}
