"""Onset and offset of clips: ``boundaries.estimate`` against SciPy's peak finder, clip by clip, in the same run.

``python benchmarks/boundaries.py`` makes the four synthetic corpora at 32 and at 64 frames and prints for each way clips a
second on one core and the mean error of onset and offset in frames. The peer is what one would write in an hour: the most
prominent hump of the wrists' speed in each half of the clip (``find_peaks``), the stroke between the feet of the two
(``peak_widths`` at 95 % of their height). Also printed: the search's price for the same corpora, if a training takes
``--training`` seconds (the paper's 2 x tests x time, with 12 tests and 5 runs).
"""

import argparse
import os
import time
import warnings

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"))

import numpy as np
from scipy.signal import find_peaks, peak_widths, savgol_filter

from sslslr.clips import boundaries
from sslslr.clips.signs import Signs, prepare
from sslslr.datasets import synthetic


def peer(signs: Signs) -> tuple[np.ndarray, np.ndarray]:
    """Onset and offset (N,) in frames, by SciPy's peak finder on one clip after the other."""
    found = []
    for x, length in zip(signs.landmarks, signs.lengths, strict=True):
        wrists = x[:length, list(signs.skeleton.wrists), :2].reshape(length, -1)
        speed = np.linalg.norm(np.diff(savgol_filter(wrists, 5, 2, axis=0), axis=0), axis=1)
        peaks, about = find_peaks(speed, prominence=0)
        first, last = peaks < len(speed) / 2, peaks >= len(speed) / 2
        if not (first.any() and last.any()):
            found.append(((length - 1) / 3, (length - 1) * 3 / 4))
            continue
        pair = [peaks[side][about["prominences"][side].argmax()] for side in (first, last)]
        _, _, left, right = peak_widths(speed, pair, rel_height=0.95)
        found.append((right[0] + 0.5, max(left[1] + 0.5, right[0] + 1.5)))
    return tuple(np.array(found).T)


def measure(way, signs: Signs) -> tuple[float, float]:
    """Clips a second of processor time (best of three) and the mean error in frames."""
    seconds = []
    for _ in range(3):
        started = time.process_time()
        onset, offset = way(signs)
        seconds.append(time.process_time() - started)
    error = (np.abs(onset - signs.onset) + np.abs(offset - signs.offset)).mean() / 2
    return len(signs) / min(seconds), error


def ours(signs: Signs) -> tuple[np.ndarray, np.ndarray]:
    """Onset and offset (N,) in frames, by the package."""
    told = boundaries.estimate(signs)
    return told.onset, told.offset


def main() -> None:
    """Make, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=1000, help="clips of each corpus")
    parser.add_argument("--training", type=float, default=5.0, help="seconds of one training on one core")
    asked = parser.parse_args()
    warnings.simplefilter("ignore")  # a hump at the edge has no width
    print(
        f"  {'corpus, frames':<24}{'ours, clips/s':>15}{'SciPy, clips/s':>16}{'ratio':>8}{'ours, error':>13}{'SciPy, error':>14}{'ratio':>8}"
    )
    total = 0.0
    for corpus in synthetic.CORPORA:
        raw = synthetic.make(corpus, classes=40, signers=8, clips=asked.clips, seed=7)
        for frames in (32, 64):
            signs = prepare(raw, frames)
            (fast, near), (slow, far) = measure(ours, signs), measure(peer, signs)
            total += len(signs) / fast
            print(
                f"  {f'{corpus}, {frames}':<24}{fast:>15,.0f}{slow:>16,.0f}{fast / slow:>7.1f}x{near:>13.2f}{far:>14.2f}{near / far:>8.2f}"
            )
    search = 2 * 12 * 5 * asked.training
    print(
        f"\n  all of this took the estimate {total:.1f} s; one search (2 x 12 tests x 5 runs x {asked.training:g} s) takes {search / 60:.0f} core-minutes"
    )


if __name__ == "__main__":
    main()
