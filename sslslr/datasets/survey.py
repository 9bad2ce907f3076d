"""What a data set looks like before anybody learns from it: a row a clip, and four pictures of it."""

import hashlib
import warnings

import matplotlib
import numpy as np
import pandas as pd
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from sslslr.clips.signs import Signs
from sslslr.clips.skeleton import Skeleton
from sslslr.paths import literally

BLUE = "#0072B2"
LOOKS = {"body": ("#6B6B6B", "-"), "left_hand": ("#E69F00", "--"), "right_hand": (BLUE, "-.")}
"""Colour (Okabe and Ito's) and line of each part, told apart without colour too."""
SCRIPTS = (
    "Noto Sans CJK JP",
    "Noto Sans Thai",
    "Noto Sans Arabic",
    "Noto Sans Devanagari",
    "Arial Unicode MS",
    "Microsoft YaHei",
    "Leelawadee UI",
)
"""Fonts for names that the usual one has no letters of, where they are installed; elsewhere they are boxes, without a word."""
warnings.filterwarnings("ignore", r"Glyph \d+ .* missing from font", UserWarning)
SPLIT_COLOURS = {"": "#6B6B6B", "train": BLUE, "val": "#009E73", "test": "#CC79A7"}


def measure(landmarks: np.ndarray, skeleton: Skeleton) -> dict:
    """Of one clip (T, J, C): frames, the share of frames in which each part was seen, and a digest of its bytes."""
    seen = np.isfinite(landmarks).any(-1)
    rates = {part: float(seen[:, list(members)].any(1).mean()) for part, members in skeleton.parts.items()}
    filled = np.where(np.isfinite(landmarks), landmarks, np.float32(-1e9)).astype(np.float32)  # one bit pattern for missing
    return {
        "frames": len(landmarks),
        **rates,
        "digest": hashlib.sha1(np.ascontiguousarray(filled).tobytes(), usedforsecurity=False).hexdigest(),
    }


def survey(signs: Signs) -> pd.DataFrame:
    """A row a clip: clip, gloss, signer, split, and what ``measure`` says."""
    rows = [measure(x[:n], signs.skeleton) for x, n in zip(signs.landmarks, signs.lengths, strict=True)]
    about = {"clip": signs.clips, "gloss": np.array(signs.glosses)[signs.labels], "signer": signs.signers, "split": signs.split}
    return pd.concat([pd.DataFrame(about), pd.DataFrame(rows)], axis=1)


def draw_lengths(ax: Axes, frames: pd.Series, fps: float, **look) -> None:
    """Histogram of the clips' lengths in seconds, as a share of the clips."""
    seconds = frames / fps
    ax.hist(seconds, bins=np.linspace(0, 1.05 * seconds.max(), 41), weights=np.full(len(seconds), 100 / len(seconds)), **look)
    ax.set(xlabel="length of a clip in seconds", ylabel="% of clips", xlim=(0, None))


def draw_balance(ax: Axes, table: pd.DataFrame, **look) -> None:
    """Clips of each class, from the most to the least represented."""
    counts = table["gloss"].value_counts().to_numpy()
    ax.plot(np.arange(1, len(counts) + 1), counts, drawstyle="steps-mid", **look)
    ax.set(xlabel="class, by number of clips", ylabel="clips", ylim=(0, None))
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))


def draw_detection(ax: Axes, table: pd.DataFrame, parts) -> None:
    """For each part, the share of clips (y) in which it is seen in at most a share x of the frames."""
    for part in parts:
        rates = np.sort(100 * table[part])
        colour, line = LOOKS[part]
        label = f"{part.replace('_', ' ')}, {np.average(100 * table[part], weights=table['frames']):.0f} % of all frames"
        share = 100 * np.arange(1, len(rates) + 1) / len(rates)
        ax.step(np.r_[0, rates, 100], np.r_[0, share, 100], where="post", color=colour, ls=line, label=label)
    ax.set(xlabel="% of a clip's frames in which it is seen", ylabel="% of clips, at most x", xlim=(-2, 102), ylim=(-2, 102))
    ax.legend(fontsize=7, loc="upper left")


def draw_signers(ax: Axes, table: pd.DataFrame, most: int = 30) -> None:
    """Clips of each signer, stacked by split; at most ``most`` signers, those with the most clips."""
    counts = table.groupby(["signer", "split"]).size().unstack(fill_value=0)
    counts = counts.loc[counts.sum(axis=1).sort_values(ascending=False, kind="stable").index]
    bottom, shown = np.zeros(min(most, len(counts))), counts.head(most)
    for split in [s for s in SPLIT_COLOURS if s in shown]:
        ax.bar(range(len(shown)), shown[split], bottom=bottom, color=SPLIT_COLOURS[split], label=split or "no split")
        bottom = bottom + shown[split].to_numpy()
    ax.set(xlabel=f"signer ({len(counts)}{f', the first {most} shown' if len(counts) > most else ''})", ylabel="clips")
    ax.set_xticks(range(len(shown)), [literally(s) for s in shown.index], rotation=90, fontsize=6)
    ax.set(xlim=(-1, max(len(shown), 4)), ylim=(0, 1.2 * bottom.max(initial=1)))
    if len(table):
        ax.legend(fontsize=7, ncols=4, loc="upper left")


def picture(table: pd.DataFrame, fps: float, title: str) -> Figure:
    """The four pictures of one data set; the last two where ``table`` has no frames, since there is only video."""
    here = set(font_manager.get_font_names())
    with matplotlib.rc_context():
        matplotlib.rcdefaults()  # whatever a user's matplotlibrc has
        matplotlib.rcParams["font.family"] += [f for f in SCRIPTS if f in here]
        return _picture(table, fps, title)


def _picture(table: pd.DataFrame, fps: float, title: str) -> Figure:
    parts = [p for p in LOOKS if p in table]
    fig = Figure(figsize=(9.5, 6.5 if parts else 3.6), layout="constrained")
    axes = fig.subplots(2 if parts else 1, 2, squeeze=False)
    for ax in axes.flat:
        ax.grid(color="#DDDDDD", lw=0.8)
        ax.set_axisbelow(True)
        ax.spines[["top", "right"]].set_visible(False)
    if parts:
        draw_lengths(axes[0, 0], table["frames"], fps, color=BLUE)
        draw_detection(axes[0, 1], table, parts)
    draw_balance(axes[-1, 0], table, color=BLUE)
    draw_signers(axes[-1, 1], table)
    fig.suptitle(literally(title), x=0.01, ha="left", fontweight="bold")
    return fig
