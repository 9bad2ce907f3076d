"""Filling gaps and smoothing, on reading and only when asked for; what was invented is counted."""

from dataclasses import replace

import numpy as np
from scipy.signal import savgol_filter

from sslslr.clips.signs import Signs
from sslslr.errors import SignError


def repair(signs: Signs, gap: int = 0, smooth: int = 0) -> tuple[Signs, np.ndarray]:
    """Fill gaps of at most ``gap`` frames linearly, then smooth over ``smooth`` frames (odd; 0: not).

    Only gaps between two frames that show the landmark are filled: nothing is made up at a clip's ends, nor over longer
    gaps. Smoothing (Savitzky-Golay, quadratic) works inside stretches without gaps and adds no frame.

    Returns the repaired data set and invented (N, J), the share of each clip's frames in which the landmark is invented.
    Raises SignError for a negative gap or a window that is even or shorter than 5.
    """
    if gap < 0 or (smooth and (smooth < 5 or smooth % 2 == 0)):
        raise SignError(f"gap={gap}, smooth={smooth}: gap is 0 or more frames, smooth is 0 or an odd number of frames from 5 on")
    landmarks, before = signs.landmarks.copy(), np.isfinite(signs.landmarks[..., 0])
    for clip, length in zip(landmarks, signs.lengths, strict=True):
        for joint in range(clip.shape[1]):
            track = clip[:length, joint]
            _fill(track, gap)
            if smooth:
                _smooth(track, smooth)
    invented = (np.isfinite(landmarks[..., 0]) & ~before).sum(axis=1) / signs.lengths[:, None]
    return replace(signs, landmarks=landmarks), invented


def _runs(seen: np.ndarray) -> list[tuple[int, int]]:
    """(start, stop) of each stretch of True."""
    edges = np.flatnonzero(np.diff(np.r_[False, seen, False]))
    return list(zip(edges[::2], edges[1::2], strict=True))


def _fill(track: np.ndarray, gap: int) -> None:
    seen = np.isfinite(track[:, 0])
    for start, stop in _runs(~seen):
        if start > 0 and stop < len(track) and stop - start <= gap:
            weight = (np.arange(start, stop) - start + 1)[:, None] / (stop - start + 1)
            track[start:stop] = (1 - weight) * track[start - 1] + weight * track[stop]


def _smooth(track: np.ndarray, window: int) -> None:
    for start, stop in _runs(np.isfinite(track[:, 0])):
        if stop - start >= window:
            track[start:stop] = savgol_filter(track[start:stop], window, 2, axis=0)
