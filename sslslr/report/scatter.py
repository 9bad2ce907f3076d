"""Maps of embeddings: Figure 7 as a grid of panels, and a map whose points show their clip when the mouse is over them."""

import base64
import html
import io
import json
from uuid import uuid4

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from sslslr.clips.signs import Signs
from sslslr.errors import SignError
from sslslr.paths import literally
from sslslr.report.figures import BLUE, GREEN, ORANGE, PINK, RED, SKY, YELLOW, width
from sslslr.report.player import Player, edges_of, safe_json, square, whole
from sslslr.report.player_markup import KEYS, NOTE
from sslslr.report.scatter_script import SCRIPT

PALETTE = (BLUE, ORANGE, GREEN, PINK, SKY, RED, YELLOW, "#000000")
MISSING, STEPS = 255, 254


def grid(panels: dict, marked: dict | None = None, groups: dict | None = None, notes: dict | None = None):
    """Figure 7: a panel for each (row, column) of ``panels`` -> coordinates (N, 2); no axes, since UMAP's have no unit.

    ``marked``: column -> mask (N,) of the clips of the marked class, the rest grey; or ``groups``: column -> (N,) names
    (signers), a colour each, which a legend below each column names. ``notes``: (row, column) -> a few words below the panel.
    """
    rows, columns = (list(dict.fromkeys(key[i] for key in panels)) for i in (0, 1))
    fig = plt.figure(figsize=(width(len(columns), 2.05, 0.9), 1.75 * len(rows) + 0.6))
    named = 0.0 if groups is None else 0.17 * max(len(np.unique(groups[c])) for c in columns) / 2 + 0.2  # inches of the legends
    fig.set_figheight(fig.get_figheight() + named)
    every = fig.subplots(len(rows) + (groups is not None), len(columns), squeeze=False,
                         height_ratios=[1.75] * len(rows) + [named] * (groups is not None))  # fmt: skip
    axes = every[: len(rows)]
    for (row, column), ax in zip([(r, c) for r in rows for c in columns], axes.flat, strict=True):
        ax.set(xticks=[], yticks=[])
        ax.margins(0.08)
        if (row, column) not in panels:
            continue
        x = panels[row, column]
        if groups is not None:
            for k, name in enumerate(np.unique(groups[column])):
                ax.scatter(*x[groups[column] == name].T, s=5, color=PALETTE[k % len(PALETTE)], lw=0, alpha=0.8)
        elif marked is not None:
            inside = marked[column]
            ax.scatter(*x[~inside].T, s=4, color="#B5B5B5", lw=0)
            ax.scatter(*x[inside].T, s=16, color=RED, lw=0.4, edgecolor="white")
        if notes:
            ax.set_xlabel(notes[row, column], fontsize=8, labelpad=2)
    if groups is not None:
        for ax, column in zip(every[-1], columns, strict=True):
            _names(ax, np.unique(groups[column]))
    for ax, column in zip(axes[0], columns, strict=True):
        ax.set_title(literally(column), fontsize=9)
    for ax, row in zip(axes[:, 0], rows, strict=True):
        ax.set_ylabel(literally(row), fontsize=8)
    return fig


def _names(ax, names: np.ndarray) -> None:
    """A legend in place of axes: each name with its colour; beyond the palette's colours they repeat."""
    looks = [plt.Line2D([], [], ls="", marker="o", ms=4, color=PALETTE[k % len(PALETTE)]) for k in range(len(names))]
    ax.axis("off")
    ax.legend(
        looks,
        [literally(n) for n in names],
        loc="upper center",
        ncols=2,
        fontsize=8,
        handletextpad=0.1,
        columnspacing=0.6,
        borderaxespad=0,
        title_fontsize=8,
    )


def explorer(signs: Signs, maps: dict[str, np.ndarray], marked: int, *, frames: int = 16, size: int = 420) -> Player:
    """An interactive map of the clips of ``signs``: a point under the mouse (or reached with Tab and the arrow keys) names
    its gloss and signer and plays its clip.

    maps: name -> (N, 2) coordinates, one chosen at a time.  marked: the class that stands out.  frames: at most so many a
    clip, to keep the page small.  Self-contained HTML, without kernel or network; a notebook shows it by ``_repr_html_``.
    Raises SignError when a map does not have one point a clip.
    """
    for name, x in maps.items():
        if np.shape(x) != (len(signs), 2) or not np.isfinite(x).all():
            raise SignError(f"map {name!r} has shape {np.shape(x)}; expected ({len(signs)}, 2), finite: one point a clip")
    names, signer = np.unique(signs.signers, return_inverse=True)
    drawn = sorted({j for a, b, _ in edges_of(signs) for j in (a, b)})
    place = {j: k for k, j in enumerate(drawn)}
    clips = [_frames(signs, i, drawn, frames) for i in range(len(signs))]
    seconds = np.median(signs.lengths) / signs.fps
    data = {
        "edges": [[place[a], place[b], part] for a, b, part in edges_of(signs)], "joints": len(drawn), "marked": int(marked),
        "frames": base64.b64encode(np.concatenate(clips).tobytes()).decode(), "start": np.cumsum([0, *map(len, clips)]).tolist(),
        "fps": round(float(np.clip(np.median([len(c) for c in clips]) / seconds, 4, 25)), 1), "palette": PALETTE,
        "label": signs.labels.tolist(), "glosses": list(signs.glosses), "signer": signer.tolist(), "signers": names.tolist(), "unit": signs.unit,
        "clips": [str(c) for c in signs.clips], "maps": {name: _scaled(x).ravel().tolist() for name, x in maps.items()},
    }  # fmt: skip
    name = f"sign-map-{uuid4().hex[:12]}"
    options = "".join(f"<option>{html.escape(m)}</option>" for m in maps)
    words = html.escape(f"{signs.name} ({signs.kind}), {len(signs)} clips; marked: {signs.glosses[marked]}")
    box = "box-sizing:border-box;width:{}px;max-width:100%;aspect-ratio:1;background:#fff;border:1px solid #8888"
    return Player(
        f'<div id="{name}" class="sign-map" style="font:13px system-ui,sans-serif">{NOTE}<div class="sign-live" style="display:none"><p>{words}</p>'
        f"<p><label>embedding of <select {KEYS}>{options}</select></label> <label>coloured by <select {KEYS}><option>gloss</option><option>{signs.unit}</option></select></label></p>"
        '<div style="display:flex;flex-wrap:wrap;gap:12px">'
        f'<svg viewBox="0 0 1000 1000" role="group" aria-label="Map of embeddings: {words}" style="{box.format(size)}"></svg>'
        f'<div><canvas width="{size}" height="{size}" role="img" aria-label="The clip that is pointed at" style="{box.format(size // 2)}"></canvas>'
        f'<br><output aria-live="polite" style="display:block;max-width:{size // 2}px">Point at a clip.</output></div></div></div>'
        f'<script type="application/json">{safe_json(json.dumps(data, separators=(",", ":"), allow_nan=False))}</script>'
        f"<script>{SCRIPT.replace('MAP_ID', name)}</script></div>",
        _still(signs, next(iter(maps.values())), marked),
    )


def _still(signs: Signs, x: np.ndarray, marked: int) -> bytes:
    """A map (N, 2) as a PNG, one class marked."""
    fig = Figure(figsize=(4.2, 4.2), layout="constrained")
    ax, inside = fig.subplots(), signs.labels == marked
    ax.scatter(x[~inside, 0], x[~inside, 1], s=9, color="#B5B5B5", lw=0)
    ax.scatter(x[inside, 0], x[inside, 1], s=25, color=RED, lw=0.4, edgecolor="white")
    ax.set(xticks=[], yticks=[])
    with io.BytesIO() as file:
        fig.savefig(file, format="png", dpi=100, facecolor="white")
        return file.getvalue()


def _frames(signs: Signs, i: int, drawn: list[int], frames: int) -> np.ndarray:
    """A clip as bytes (frames, 2 x landmarks): 0 to 254 across what is drawn, 255 where a landmark is missing."""
    length = int(signs.lengths[i])
    chosen = np.unique(np.rint(np.linspace(0, length - 1, min(frames, length))).astype(int))
    shown = np.asarray(signs.landmarks[i, :length], np.float32)
    return whole(signs, shown[chosen][:, drawn, :2], *square(signs, shown), STEPS, MISSING).astype(np.uint8)


def _scaled(x: np.ndarray) -> np.ndarray:
    """Coordinates (N, 2) as whole numbers of the 1000 x 1000 picture, with a margin."""
    x = np.asarray(x, float)
    low, span = x.min(0), np.maximum(np.ptp(x, axis=0), 1e-9)
    return (20 + (x - low) / span * 960).round().astype(int)
