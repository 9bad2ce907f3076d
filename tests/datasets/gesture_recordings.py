"""Made-up recordings in the layout of gesture-phase: a hand goes up, waves and comes down again, each phase marked."""

from pathlib import Path

import numpy as np
import pandas as pd

ORDER = ("lh", "rh", "h", "s", "lw", "rw")
PLACES = {
    "h": (5.0, 1.6, 1.8),
    "s": (5.0, 4.2, 1.8),
    "lw": (4.5, 4.6, 1.8),
    "rw": (5.5, 4.6, 1.8),
    "lh": (4.4, 4.8, 1.8),
    "rh": (5.6, 4.8, 1.8),
}


def bell(frames: int) -> np.ndarray:
    u = (np.arange(frames) + 1) / frames
    return 10 * u**3 - 15 * u**4 + 6 * u**5


def recording(seed: int, units: int = 4) -> pd.DataFrame:
    """Units of rest, preparation, stroke, (hold,) retraction, with their lengths drawn; every second one has a hold."""
    rng = np.random.default_rng(seed)
    rise, phases = [], []
    for i in range(units):
        rest, preparation, stroke, hold, retraction = rng.integers((20, 8, 20, 8, 8), (30, 14, 40, 12, 14))
        wave = 1 + 0.25 * np.sin(np.arange(stroke) * 0.8)
        pieces = [
            ("Rest", np.zeros(rest)),
            ("Preparation", bell(preparation)),
            ("Stroke", wave),
            ("Hold", np.ones(hold * (i % 2))),
            ("Retraction", 1 - bell(retraction)),
        ]
        for name, values in pieces:
            rise.append(values)
            phases += [name] * len(values)
    rise, phases = np.concatenate([*rise, np.zeros(25)]), [*phases, *["Rest"] * 25]
    columns = {}
    for point in ORDER:
        for axis, value in zip("xyz", PLACES[point], strict=True):
            moved = -2.2 * rise if point in ("rw", "rh") and axis == "y" else 0
            columns[f"{point}{axis}"] = value + moved + 0.003 * rng.normal(size=len(rise))
    at = 5_950_000 + 33 * np.arange(len(rise))  # minute 59, second 50: the minute ends in the recording
    clock = at % 100_000 + at // 100_000 * 100_000
    over = clock % 100_000 >= 60_000
    columns["timestamp"] = np.where(over, clock + 40_000, clock)
    return pd.DataFrame(columns).assign(phase=phases)


def write(folder: Path, people: str = "abc", each: int = 2) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for p, person in enumerate(people):
        for i in range(each):
            recording(10 * p + i).to_csv(folder / f"{person}{i + 1}_raw.csv", index=False)
    return folder
