"""What an extraction leaves to be read: ``instances.csv``, ``report.csv``, a plot, and a few lines on the screen."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import matplotlib
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from sslslr.errors import SignError
from sslslr.extract.clips import INSTANCES, clip_path
from sslslr.extract.holistic import PARTS
from sslslr.paths import atomic, digest, guard, seal, sealed, unguard

REPORT = "report.csv"
PLOT = "detection_rates.png"
LOOKS = {"pose": ("#6B6B6B", "s-", "body"), "left_hand": ("#0072B2", "v--", "left hand"), "right_hand": ("#E69F00", "o-.", "right hand")}
"""Colour (Okabe and Ito's), marker and line, label of each part; told apart without colour too."""


@dataclass(frozen=True)
class Summary:
    """The outcome of one call: ``table`` has a row a clip (``report.csv``); frames and seconds are of this call's work."""

    out: Path
    table: pd.DataFrame
    frames: int
    seconds: float
    workers: int

    @property
    def failed(self) -> int:
        return int((self.table["status"] == "failed").sum())

    @property
    def rate(self) -> float:
        """Frames a second of all workers together."""
        return self.frames / self.seconds if self.frames else 0.0

    def __str__(self) -> str:
        counts = Counter(self.table["status"])
        reasons = Counter(self.table.loc[self.table["status"] == "failed", "reason"])
        failed = f" ({', '.join(f'{n} {reason}' for reason, n in reasons.most_common())})" if reasons else ""
        told = ", ".join(f"{counts[status]} {status}" for status in ("extracted", "done before", "failed"))
        lines = [f"{len(self.table)} clip{'s' * (len(self.table) != 1)}: {told}{failed}"]
        if self.frames:
            took = f"{self.frames} frames in {self.seconds:.1f} s with {self.workers} worker{'s' * (self.workers > 1)}"
            lines.append(f"{took}, start included: {self.rate:.1f} frames/s")
        if rates := overall(self.table):
            lines.append("found in " + ", ".join(f"{rates[part]:.1%} of the frames: {LOOKS[part][2]}" for part in PARTS))
        return "\n".join([*lines, f"see {self.out / REPORT} and {self.out / PLOT}"])


def overall(table: pd.DataFrame) -> dict[str, float]:
    """Share of all frames in which each part was found; empty when no clip was extracted."""
    good = table[table["status"] != "failed"]
    frames = pd.to_numeric(good["frames"])
    return {part: float((pd.to_numeric(good[part]) * frames).sum() / frames.sum()) for part in PARTS} if len(good) else {}


def rows_before(out: Path) -> dict[str, dict]:
    """Rows of an earlier call's ``instances.csv`` by clip id, so that done clips need not be opened again."""
    try:
        if not sealed(out / INSTANCES):
            return {}  # nobody knows what it says: as if there were none
        table = pd.read_csv(out / INSTANCES, dtype=str, keep_default_na=False, encoding="utf-8")
        table = table.map(unguard)
        return {row["id"]: row for row in table.to_dict("records")} if {"id", "source", *PARTS} <= set(table) else {}
    except (OSError, ValueError):
        return {}  # none yet, or unreadable: the clips themselves are read


@pd.option_context("future.infer_string", False)  # a file name that is not UTF-8 is no string to Arrow, where pandas has it
def write(out: Path, rows: list[dict], before: dict[str, dict], frames: int, seconds: float, workers: int) -> Summary:
    """Write the two tables and the plot; clips of earlier calls that are still there stay in ``instances.csv``."""
    table = pd.DataFrame(rows)
    good = [row for row in rows if row["status"] != "failed"]
    here = {row["id"] for row in good}
    earlier = [row for name, row in before.items() if name not in here and clip_path(out, name).exists()]
    try:
        if good or earlier:
            instances = pd.DataFrame(earlier + good).drop(columns=["status", "reason", "detail"], errors="ignore")
            with atomic(out / INSTANCES) as partial:
                instances.map(guard).to_csv(partial, index=False, encoding="utf-8", errors="backslashreplace")
                seal(out / INSTANCES, digest(partial))  # what is there and what will be: a kill in between leaves one of both
            seal(out / INSTANCES)
        with atomic(out / REPORT) as partial:
            table.map(guard).to_csv(partial, index=False, encoding="utf-8", errors="backslashreplace")
        if good:
            with atomic(out / PLOT) as partial:
                plot(table).savefig(partial, dpi=150)
    except OSError as error:
        message = f"{out}: the report can't be written ({error.strerror}); make room and run again, finished clips are kept"
        raise SignError(message) from None
    return Summary(out, table, frames, seconds, workers)


def plot(table: pd.DataFrame) -> Figure:
    """Detection rates over all frames, and clip by clip from the worst to the best."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()  # whatever a user's matplotlibrc has
        matplotlib.rcParams["font.size"] = 9
        return draw(Figure(figsize=(10, 3.6), layout="constrained"), table)


def draw(fig: Figure, table: pd.DataFrame) -> Figure:
    """``plot`` on a figure of the caller's."""
    good = table[table["status"] != "failed"]
    left, right = fig.subplots(1, 2, width_ratios=[1, 1.7])
    for y, (part, rate) in enumerate(overall(table).items()):
        inside = rate > 0.25
        left.barh(y, rate, color=LOOKS[part][0], height=0.6)
        ink = "white" if inside and part != "right_hand" else "black"
        left.text(rate + (-0.02 if inside else 0.02), y, f"{rate:.1%}", va="center", ha="right" if inside else "left", color=ink)
    left.set(yticks=range(3), yticklabels=[LOOKS[p][2] for p in PARTS], xlim=(0, 1), xlabel="share of the frames in which it was found")
    left.grid(False)
    left.invert_yaxis()
    left.set_title(f"All {pd.to_numeric(good['frames']).sum():,.0f} frames", loc="left", fontweight="bold")
    for part, (colour, line, label) in LOOKS.items():
        rates = pd.to_numeric(good[part]).sort_values().to_numpy()
        right.plot(range(1, len(rates) + 1), rates, line if len(rates) < 30 else line[1:], color=colour, label=label, lw=2, ms=6)
    right.set(xlim=(0.5, len(good) + 0.5), xlabel="clips, each part sorted by its own rate")
    right.set(ylim=(-0.04, 1.04), ylabel="share of the clip's frames")
    right.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    failed = f", {len(table) - len(good)} more failed" if len(good) < len(table) else ""
    right.set_title(f"Clip by clip (n = {len(good)}{failed})", loc="left", fontweight="bold")
    fig.legend(frameon=False, loc="outside lower left", ncols=3)
    for ax in (left, right):
        ax.spines[["top", "right"]].set_visible(False)
    return fig
