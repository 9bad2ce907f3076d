"""Clips to look at: a small player for notebooks and pages, and a strip of frames for print (Figure 2)."""

import hashlib
import json
from collections.abc import Sequence
from html import escape

import matplotlib.pyplot as plt
import numpy as np

from sslslr.errors import SignError
from sslslr.report.figures import BLUE, COLOURS, GREY, ORANGE
from sslslr.signs import Signs

SCALE = 1000  # coordinates are stored as whole numbers of 0 to 1000; -1 is missing
PART_COLOURS = {"body": "currentColor", "left_hand": "#3D8FD1", "right_hand": ORANGE}

PAGE = """<div class="sign-player" id="@id" role="group" aria-label="@label" style="display:inline-block;max-width:100%;margin:4px;font:13px system-ui,sans-serif">
<div style="font-weight:600">@label</div>
<canvas width="@size" height="@size" style="max-width:100%;touch-action:none" role="img" aria-label="animated skeleton: @label"></canvas>
<div style="position:relative;height:6px;background:#8884;border-radius:3px" aria-hidden="true">@band</div>
<input type="range" min="0" max="@last" value="0" step="1" style="width:100%;margin:2px 0" aria-label="frame">
<div style="display:flex;gap:8px;align-items:center;flex-wrap:wrap">
<button type="button" aria-label="play or pause">Play</button>
<label>speed <select aria-label="speed"><option>0.25</option><option>0.5</option><option selected>1</option><option>2</option></select></label>
<label><input type="checkbox"> mirror</label> <output style="min-width:9em"></output></div>
<script>(function () {
const d = @data, box = document.getElementById("@id");
if (!box || box.dataset.ready) return; box.dataset.ready = "1";
const canvas = box.querySelector("canvas"), g = canvas.getContext("2d"), bar = box.querySelector("input[type=range]"),
  button = box.querySelector("button"), speed = box.querySelector("select"), mirror = box.querySelector("input[type=checkbox]"), out = box.querySelector("output");
let timer = null;
function phase(t) { return d.onset === null ? "" : t < d.onset ? "preparation" : t > d.offset ? "retraction" : "stroke"; }
function draw() {
  const t = +bar.value, f = d.frames[t], s = canvas.width / @scale, x = v => (mirror.checked ? @scale - v : v) * s;
  g.clearRect(0, 0, canvas.width, canvas.height); g.lineWidth = 2; g.lineCap = "round";
  const plain = getComputedStyle(box).color;
  d.edges.forEach(e => { const a = e[0], b = e[1];
    if (f[2 * a] < 0 || f[2 * b] < 0) return;
    g.strokeStyle = e[2] === "currentColor" ? plain : e[2];
    g.beginPath(); g.moveTo(x(f[2 * a]), f[2 * a + 1] * s); g.lineTo(x(f[2 * b]), f[2 * b + 1] * s); g.stroke(); });
  out.textContent = "frame " + (t + 1) + " of " + d.frames.length + (phase(t) ? ", " + phase(t) : "");
  bar.setAttribute("aria-valuetext", out.textContent);
}
function stop() { clearInterval(timer); timer = null; button.textContent = "Play"; }
function play() { button.textContent = "Pause"; clearInterval(timer);
  timer = setInterval(() => { bar.value = (+bar.value + 1) % d.frames.length; draw(); }, 1000 / (d.fps * +speed.value)); }
button.onclick = () => timer ? stop() : play();
speed.onchange = () => { if (timer) play(); };
bar.oninput = () => { stop(); draw(); }; mirror.onchange = draw; draw();
})();</script></div>"""


class Player:
    """What ``player`` returns: shows itself in a notebook; ``html`` is the same for a page."""

    def __init__(self, html: str):
        self.html = html

    def _repr_html_(self) -> str:
        return self.html


def player(signs: Signs, index: int | Sequence[int], size: int = 280) -> Player:
    """Play one or several clips: play, pause, scrub, speed, mirror; the stroke is marked where it is known.

    One component without network, for JupyterLab, exported HTML and plain pages. Missing landmarks are not drawn.
    Raises SignError for a clip that is not there.
    """
    chosen = [index] if isinstance(index, int | np.integer) else list(index)
    for i in chosen:
        if not 0 <= i < len(signs):
            raise SignError(f"{signs.name}: no clip {i}; there are clips 0 to {len(signs) - 1}")
    return Player("".join(_one(signs, int(i), size) for i in chosen))


def _one(signs: Signs, i: int, size: int) -> str:
    length = int(signs.lengths[i])
    points = drawn(signs, i)
    part_of = {j: part for part, members in signs.skeleton.parts.items() for j in members}
    known = np.isfinite(signs.onset[i]) and np.isfinite(signs.offset[i])
    onset, offset = (float(signs.onset[i]), float(signs.offset[i])) if known else (None, None)
    whole = np.where(np.isnan(points).any(-1, keepdims=True), -1, np.rint(np.nan_to_num(points) * SCALE)).astype(int)
    data = json.dumps({
        "frames": whole.reshape(length, -1).tolist(), "fps": signs.fps, "onset": onset, "offset": offset,
        "edges": [[a, b, PART_COLOURS[part_of[b]]] for a, b in signs.skeleton.edges],
    }, separators=(",", ":"))  # fmt: skip
    band = ""
    if known:
        left, width = 100 * onset / (length - 1), 100 * (offset - onset) / (length - 1)
        band = f'<div style="position:absolute;left:{left:.1f}%;width:{width:.1f}%;height:100%;background:{COLOURS["stroke"]}"></div>'
    label = escape(f"{signs.glosses[signs.labels[i]]}, signer {signs.signers[i]}, {signs.name}", quote=True)
    name = "sign-" + hashlib.sha256(f"{signs.clips[i]}{data}".encode()).hexdigest()[:12]
    values = {"id": name, "label": label, "size": size, "band": band, "last": length - 1, "scale": SCALE, "data": data}
    html = PAGE
    for key in ("id", "size", "band", "last", "scale", "data", "label"):
        html = html.replace(f"@{key}", str(values[key]))
    return html


def drawn(signs: Signs, i: int) -> np.ndarray:
    """Landmarks (T_i, J, 2) of clip i in a square from 0 to 1, y downwards, equally scaled, legs cut off; NaN = missing."""
    points = signs.landmarks[i, : signs.lengths[i], :, :2] * (1, 1 if signs.skeleton.y_down else -1)
    shoulders = points[:, list(signs.skeleton.shoulders)]
    centre = np.nanmedian(shoulders, axis=(0, 1))
    width = np.nanmedian(np.abs(shoulders[:, 0] - shoulders[:, 1]).max(-1))
    square = (points - centre) / (4 * max(width, 1e-9)) + (0.5, 0.42)
    return np.where(((square < 0) | (square > 1)).any(-1, keepdims=True), np.nan, square)


def strip(ax, signs: Signs, i: int, frames: int = 8):
    """Clip i as a strip of ``frames`` frames with its phases marked where they are known (Figure 2); returns the figure.

    ``ax`` may be None for a new figure.
    """
    ax = ax or plt.subplots(figsize=(1.3 * frames, 2.1))[1]
    points, length = drawn(signs, i), int(signs.lengths[i])
    colours = {"body": GREY, "left_hand": BLUE, "right_hand": ORANGE}
    part_of = {j: part for part, members in signs.skeleton.parts.items() for j in members}
    shown = np.unique(np.linspace(0, length - 1, frames).round().astype(int))
    for column, t in enumerate(shown):
        for a, b in signs.skeleton.edges:
            xy = points[t, [a, b]]
            ax.plot(xy[:, 0] + column, xy[:, 1], color=colours[part_of[b]], lw=1.1, solid_capstyle="round")
        phase = ""
        if np.isfinite(signs.onset[i]):
            phase = "preparation" if t < signs.onset[i] else "retraction" if t > signs.offset[i] else "stroke"
            ax.add_patch(plt.Rectangle((column + 0.03, 1.02), 0.94, 0.06, color=COLOURS[phase]))
        ax.text(column + 0.5, 1.2, f"{phase}\nframe {t + 1}".strip(), ha="center", va="center", fontsize=7)
    ax.set(xlim=(0, len(shown)), ylim=(1.35, 0), aspect="equal")
    ax.axis("off")
    ax.set_title(f"{signs.glosses[signs.labels[i]]} (signer {signs.signers[i]}, {signs.name})", fontsize=9)
    return ax.figure
