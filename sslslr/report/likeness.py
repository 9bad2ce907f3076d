"""Synthetic corpora beside real recordings: a panel a group of measures, the real range as a band, and its reading in words."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from sslslr.clips.signs import Signs
from sslslr.measures.likeness import ALL, NEAR, ranges, where
from sslslr.report.figures import COLOURS, GREY

# Group: title, what its values are multiplied by, the axis.
GROUPS = {
    "over time": ("Variance over the time of a clip", 100, "% of all landmarks'"),
    "between clips": ("Variance between clips of one signer", 100, "% of all landmarks'"),
    "speed": ("Speed of the faster wrist", 1, "1 = mean of the clip"),
    "missing": ("Frames without a hand", 100, "% of the frames"),
    "gaps": ("Gaps in a hand", 1, ""),
    "spread": ("Variance between signers, between signs", 1, "share of the upper body's, and their ratio"),
    "signers": ("Signers differ", 1, "standard deviation over signers"),
    "handedness": ("Handedness", 100, "% of clips"),
    "jitter": ("Jitter", 1000, "thousandths of a shoulder width"),
    "length": ("Length", 1, ""),
}
SHOWN = ("over time", "between clips", "speed", "missing", "spread", "signers", "handedness", "jitter")
MARKERS = {"lsfb-like": "o", "asl-citizen-like": "^", "gsl-like": "s", "lsa-like": "D"}  # a real set that is read: P


def table(real: pd.DataFrame, corpora: dict[str, dict[str, float]]) -> pd.DataFrame:
    """A row a measure: the real range (low, high, how many sets tell it), and each corpus' value and where it lies.

    real: as ``tools/likeness.py`` writes it.  corpora: name -> what ``measures.likeness.measure`` found.
    """
    out = ranges(real)
    for name, found in corpora.items():
        out[name] = pd.Series(found).reindex(out.index)
        out[f"{name} is"] = [where(v, *ends) for v, *ends in out[[name, "low", "high"]].to_numpy()]
    return out.rename_axis("measure").reset_index()


def dots(found: pd.DataFrame, real: pd.DataFrame, corpora: list[str]):
    """The table as dots: a panel a group, a row a measure; band: real recordings, every set and person; grey ticks: whole sets."""
    fig, axes = plt.subplots(len(SHOWN) // 2, 2, figsize=(8.4, 9.6), height_ratios=[6, 5, 4, 3])
    whole = real[real["who"] == ALL]
    for ax, group in zip(axes.flat, SHOWN, strict=True):
        title, factor, unit = GROUPS[group]
        rows = found[found["measure"].str.startswith(f"{group}: ")].reset_index(drop=True)
        for y, row in rows.iterrows():
            ax.barh(y, factor * (row["high"] - row["low"]), left=factor * row["low"], height=0.72, color="#D9D9D9", lw=0)
            ax.plot(factor * whole[row["measure"]], np.full(len(whole), y), "|", color=GREY, ms=11, mew=1.2)
        for k, name in enumerate(corpora):
            at = np.arange(len(rows)) + 0.5 * ((k + 0.5) / len(corpora) - 0.5)
            ax.plot(factor * rows[name], at, MARKERS.get(name, "P"), color=COLOURS.get(name, "black"), ms=5.5, mec="white", mew=0.6)
        ax.set(
            yticks=range(len(rows)), yticklabels=[m.split(": ")[1] for m in rows["measure"]], ylim=(len(rows) - 0.45, -0.55), xlim=(0, None)
        )
        ax.set_title(title, fontsize=9)
        ax.set_xlabel(unit, fontsize=8.5)
        ax.tick_params(labelsize=8.5)
        ax.grid(axis="y", visible=False)
    looks: list[Artist] = [
        Line2D([], [], ls="", marker=MARKERS.get(c, "P"), color=COLOURS.get(c, "black"), mec="white", label=c) for c in corpora
    ]
    looks += [
        Patch(color="#D9D9D9", label="real: sets and people"),
        Line2D([], [], ls="", marker="|", color=GREY, ms=11, label="a real set"),
    ]
    fig.legend(handles=looks, loc="outside upper center", ncols=4, fontsize=8.5)
    return fig


def reading(found: pd.DataFrame, corpora: list[str]) -> str:
    """What the table says, as Markdown: how many measures lie where, and what lies outside, with its numbers."""
    lines = []
    for name in corpora:
        counts = found[f"{name} is"].value_counts()
        told = int(counts.drop("", errors="ignore").sum())
        far = [f"{_name(r['measure'])} {_number(r, name)}" for _, r in found[found[f"{name} is"] == "outside"].iterrows()]
        lines.append(
            f"- **{name}**: {counts.get('inside', 0)} of {told} measures lie inside the real range, {counts.get('near', 0)} near it "
            f"(within {NEAR:g} times either end)" + (f", {len(far)} outside: {'; '.join(far)}." if far else ", none outside.")
        )
    return "\n".join(lines)


def _name(measure: str) -> str:
    group, what = measure.split(": ")
    return f"{GROUPS[group][0].lower()} ({what})"


def _number(row: pd.Series, name: str) -> str:
    factor = GROUPS[row["measure"].split(": ")[0]][1]
    value, low, high = (f"{factor * row[c]:.3g}" for c in (name, "low", "high"))
    return f"{value}{' %' * (factor == 100)} (real {low} to {high})"


def shown(found: pd.DataFrame, corpora: list[str]) -> pd.DataFrame:
    """The table for readers: three digits, an arrow where a value lies below (↓) or above (↑) the real range."""
    rows = []
    for _, row in found.iterrows():
        line = {"measure": row["measure"], "real": f"{row['low']:.3g} to {row['high']:.3g}", "real sets": row["sets"]}
        for name in corpora:
            arrow = "" if row[f"{name} is"] in ("inside", "") else " ↓" if row[name] < row["low"] else " ↑"
            line[name] = f"{row[name]:.3g}{arrow}" if np.isfinite(row[name]) else "–"
        rows.append(line)
    return pd.DataFrame(rows)


def several(signs: Signs, clips: int = 5) -> list[int]:
    """So many clips to look at, of different signers and glosses as far as there are any, each of about the median length."""
    order = np.argsort(np.abs(signs.lengths - np.median(signs.lengths)), kind="stable")
    chosen: list[int] = []
    for columns in ((signs.labels, signs.signers), (signs.labels,), ()):  # what is to be new, the less of it the fewer there are
        for i in order:
            if len(chosen) < clips and i not in chosen and all(column[i] not in column[chosen] for column in columns):
                chosen.append(int(i))
    return chosen
