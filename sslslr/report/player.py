"""Skeletons that move in a notebook, and a sign as a strip of frames (the paper's Figure 2)."""

import html
import io
import json
from base64 import b64encode
from collections.abc import Sequence
from uuid import uuid4

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure, FigureBase

from sslslr.clips.boundaries import Strokes
from sslslr.clips.signs import Signs
from sslslr.clips.skeleton import normalise
from sslslr.errors import SignError
from sslslr.paths import literally
from sslslr.report.figures import BLUE, COLOURS, ORANGE, WIDEST
from sslslr.report.player_markup import NOTE, SCRIPT, figure

MISSING = -1
WATCHED = 15.0  # frames a second at which a clip is played whose own rate is not known
_STEPS = 1000  # coordinates are sent as whole numbers from 0 to this; -1 is a missing landmark
_HAND_COLOURS = {"left_hand": BLUE, "right_hand": ORANGE}


class Player:
    """One or several clips to look at: HTML for a notebook, or (``_repr_html_``) for a file.

    ``still``: a picture (PNG) to see where no script may run, as in a notebook that is not trusted; the script hides it.
    """

    def __init__(self, markup: str, still: bytes = b""):
        self.markup, self.still = markup, still

    def _repr_html_(self) -> str:
        return self.markup

    def _ipython_display_(self) -> None:
        from IPython.display import display

        words = {"text/plain": repr(self)}
        if self.still:
            about = {"image/png": {"alt": "A still picture of what moves when scripts may run", "still": True}}
            display(words | {"image/png": b64encode(self.still).decode()}, raw=True, metadata=about)
        display(words | {"text/html": self.markup}, raw=True)

    def __repr__(self) -> str:
        return f"<skeleton player, {len(self.markup) / 1000:.0f} kB of HTML>"


def player(
    signs: Signs, index: int | Sequence[int], *, size: int = 320, title: str | None = None,
    overlay: int | Sequence[int] | Signs | None = None, estimated: Strokes | None = None,
) -> Player:  # fmt: skip
    """The clips ``index`` of ``signs`` as moving skeletons: play, scrub, speed, mirror; several side by side.

    ``size``: width and height of each, in pixels, at most; a narrow page makes them smaller.  ``title``: in place of data set,
    gloss, signer and clip.  ``overlay``: a second clip drawn behind each, paler: index (or indices) in ``signs``, or other
    Signs whose clips stand at the same indices (a view, a repaired clip); both are then centred and scaled on their
    shoulders, and go through the bar together whatever their lengths.  ``estimated``: onset and offset of all clips of
    ``signs`` as ``boundaries.estimate`` gives them; they are marked on the bar, below the true ones where those are known.

    Keyboard: space plays, arrows step, Home and End, M mirrors, O shows or hides the overlay. Nothing moves before it is
    asked to; who prefers reduced motion sees a clip once, not in a loop. Lost landmarks are not drawn. Self-contained: no
    network. Raises SignError for an index outside the data, and for an overlay that does not fit.
    """
    chosen = _indices(signs, index)
    behind, others = (None, []) if overlay is None else _behind(signs, chosen, overlay)
    clips = []
    for k, i in enumerate(chosen):
        clip = _clip(signs, i) if behind is None else _pair(signs, i, behind, others[k])
        found = None if estimated is None else [float(estimated.onset[i]), float(estimated.offset[i])]
        clips.append({**clip, "estimated": found})
    name = f"sign-player-{uuid4().hex[:12]}"
    data = json.dumps({"edges": edges_of(signs), "steps": _STEPS, "clips": clips}, separators=(",", ":"), allow_nan=False)
    words = [title if title and len(chosen) == 1 else _name(signs, i) for i in chosen]
    if behind is not None:
        words = [f"{w}; behind it: {_name(behind, j)}" for w, j in zip(words, others, strict=True)]
    figures = "".join(figure(w, clip, size) for w, clip in zip(words, clips, strict=True))
    heading = f"<p><strong>{html.escape(title)}</strong></p>" if title and len(chosen) > 1 else ""
    return Player(
        f'<div id="{name}" class="sign-player">{NOTE}<div class="sign-live" style="display:none">{heading}'
        f'<div style="display:flex;flex-wrap:wrap;gap:12px">{figures}</div></div>'
        f'<script type="application/json">{safe_json(data)}</script><script>{SCRIPT.replace("PLAYER_ID", name)}</script></div>',
        still([(signs, i) for i in chosen]),
    )


def still(clips: Sequence[tuple[Signs, int]], frames: int = 5) -> bytes:
    """Skeletons in a row as a PNG: ``frames`` moments of one clip, or the middle of each of several."""
    moments = [(*clips[0], share) for share in np.linspace(0, 1, frames)] if len(clips) == 1 else [(*clip, 0.5) for clip in clips]
    fig = Figure(figsize=(1.3 * len(moments), 1.4), layout="constrained")
    ax = fig.subplots()
    for place, (signs, index, share) in enumerate(moments):
        shown = signs.landmarks[index, : signs.lengths[index]]
        _drawn(ax, signs, shown[round(share * (len(shown) - 1))], place, *square(signs, shown))
    ax.set(xlim=(0, len(moments)), ylim=(1, 0), aspect="equal")
    ax.axis("off")
    with io.BytesIO() as file:
        fig.savefig(file, format="png", dpi=100, facecolor="white")
        return file.getvalue()


def _drawn(ax: Axes, signs: Signs, frame: np.ndarray, place: float, low: np.ndarray, high: np.ndarray) -> None:
    """One frame (J, C) as a skeleton in the unit square that begins at ``place``."""
    down = 1 if signs.skeleton.y_down else -1
    points = (frame[:, :2] - low) / (high - low) * (1, down) + (place, 0 if down == 1 else 1)
    lines = [
        (points[a], points[b], part) for a, b, part in edges_of(signs) if np.isfinite(points[[a, b]]).all() and _inside(points[[a, b], 1])
    ]
    colours = [_HAND_COLOURS.get(part, "#444444") for *_, part in lines]
    ax.add_collection(LineCollection([line[:2] for line in lines], colors=colours, linewidths=1.1, capstyle="round"))


def strip(ax: Axes | None, signs: Signs, index: int, frames: int = 8) -> FigureBase:
    """A clip as ``frames`` skeletons in a row, preparation, stroke and retraction marked below where they are known.

    Above stand the seconds, or the frames' numbers where the clip may have been resampled, since its rate is not known then.
    ``ax``: axes to draw on, or None for a figure of its own. Returns the figure. Raises SignError for an index outside
    the data or fewer than two frames.
    """
    (index,) = _indices(signs, index)
    if frames < 2:
        raise SignError(f"strip: frames={frames}; a strip needs at least 2")
    if ax is None:
        _, ax = plt.subplots(figsize=(min(1.25 * frames, WIDEST), 2.2))
    length = int(signs.lengths[index])
    shown = signs.landmarks[index, :length]
    low, high = square(signs, shown)
    for place, frame in enumerate(np.rint(np.linspace(0, length - 1, frames)).astype(int)):
        _drawn(ax, signs, shown[frame], place, low, high)
        moment = f"{frame / signs.fps:.2f} s" if _timed(signs, index) else f"frame {frame + 1}"
        ax.text(place + 0.5, -0.03, moment, ha="center", va="bottom", fontsize=8, color="#555555")
    for edge in range(1, frames):  # hands far apart would else seem to belong to the neighbouring frame
        ax.plot([edge, edge], [0, 1], color="#E0E0E0", lw=0.8, zorder=0)
    _phases(ax, signs, index, frames)
    ax.set(xlim=(0, frames), ylim=(1.25, -0.12), aspect="equal", xticks=[], yticks=[])
    for spine in ax.spines.values():
        spine.set_visible(False)
    ax.set_title(literally(_name(signs, index)), fontsize=9)
    return ax.figure


def _phases(ax: Axes, signs: Signs, index: int, frames: int) -> None:
    onset, offset, last = signs.onset[index], signs.offset[index], max(signs.lengths[index] - 1, 1)
    if not np.isfinite([onset, offset]).all():
        return
    at = [0.0, *(0.5 + np.array([onset, offset]) / last * (frames - 1)), float(frames)]
    for phase, start, end in zip(("preparation", "stroke", "retraction"), at[:-1], at[1:], strict=True):
        ax.fill_between([start, end], 1.05, 1.2, color=COLOURS[phase], lw=0)
        white = phase == "stroke"
        ax.text((start + end) / 2, 1.125, phase, ha="center", va="center", fontsize=8, color="white" if white else "black")


def _indices(signs: Signs, index) -> list[int]:
    chosen = [int(i) for i in np.atleast_1d(index)]
    wrong = [i for i in chosen if not -len(signs) <= i < len(signs)]
    if wrong or not chosen:
        raise SignError(f"{signs.name}: no clip {wrong[0] if wrong else 'was asked for'}; there are 0 to {len(signs) - 1}")
    return [i % len(signs) for i in chosen]


def edges_of(signs: Signs) -> list[tuple[int, int, str]]:
    """What is drawn, with the part of the body it belongs to; legs that MediaPipe only guesses are left out."""
    part = {j: name for name, ids in signs.skeleton.parts.items() for j in ids}
    legs = [j for j, n in enumerate(signs.skeleton.landmarks) if any(w in n for w in ("knee", "ankle", "heel", "foot"))]
    hidden = set(legs) if signs.skeleton.y_down else set()
    return [(a, b, part.get(b, "body")) for a, b in signs.skeleton.edges if a not in hidden and b not in hidden]


def square(signs: Signs, shown: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Corners of the square that holds what is drawn of a clip in all its frames."""
    drawn = sorted({j for a, b, _ in edges_of(signs) for j in (a, b)})
    points = shown[:, drawn, :2].reshape(-1, 2)
    points = points[np.isfinite(points).all(1)]
    if not len(points):
        raise SignError(f"{signs.name}: a clip without any landmark can't be drawn; leave it out")
    low, high = np.percentile(points, [0.2, 99.8], axis=0)
    side = max((high - low).max(), 1e-6) * 1.08
    return (low + high - side) / 2, (low + high + side) / 2


def _timed(signs: Signs, i: int) -> bool:
    """Whether a clip's frames are those of its source: one that fills all T frames may have been resampled to them."""
    return bool(signs.lengths[i] < signs.frames)


def _inside(y: np.ndarray) -> bool:
    return bool((y > -0.1).all() and (y < 1.1).all())


def _clip(signs: Signs, i: int) -> dict:
    shown = signs.landmarks[i, : signs.lengths[i], :, :2]
    stroke, timed = [float(signs.onset[i]), float(signs.offset[i])], _timed(signs, i)
    return {
        "frames": len(shown), "timed": timed, "fps": float(signs.fps if timed else min(signs.fps, WATCHED)),
        "stroke": stroke if np.isfinite(stroke).all() else None, "points": whole(signs, shown, *square(signs, shown)).tolist(),
    }  # fmt: skip


def whole(signs: Signs, shown: np.ndarray, low: np.ndarray, high: np.ndarray, steps: int = _STEPS, missing: int = MISSING) -> np.ndarray:
    """A clip (T, J, 2) as whole numbers (T, 2 J) from 0 to ``steps`` across the square from ``low`` to ``high``, y downwards."""
    scaled = (shown - low) / (high - low)
    if not signs.skeleton.y_down:
        scaled[..., 1] = 1 - scaled[..., 1]
    lost = ~np.isfinite(scaled).all(-1, keepdims=True)
    return np.where(lost, missing, np.clip(np.nan_to_num(scaled) * steps, 0, steps).round()).astype(int).reshape(len(shown), -1)


def _behind(signs: Signs, chosen: list[int], overlay) -> tuple[Signs, list[int]]:
    """The data and the indices of the second clips; SignError when there is not one for each of the first."""
    if isinstance(overlay, Signs):
        if overlay.skeleton != signs.skeleton or len(overlay) != len(signs):
            raise SignError(
                f"overlay {overlay.name}: {len(overlay)} clips of {overlay.skeleton.name}; expected {len(signs)} of {signs.skeleton.name}"
            )
        return overlay, chosen
    others = _indices(signs, overlay)
    if len(others) != len(chosen):
        raise SignError(f"{signs.name}: {len(others)} clips to lay over {len(chosen)}; give one for each")
    return signs, others


def _pair(signs: Signs, i: int, behind: Signs, j: int) -> dict:
    """A clip and a second one in the same picture, both on their shoulders."""
    first, second = (
        normalise(s.landmarks[k, : s.lengths[k], :, :2], s.skeleton, f"{s.name}, clip {s.clips[k]}") for s, k in ((signs, i), (behind, j))
    )
    low, high = square(signs, np.concatenate([first, second]))
    return {**_clip(signs, i), "points": whole(signs, first, low, high).tolist(), "overlay": whole(signs, second, low, high).tolist()}


def _name(signs: Signs, i: int) -> str:
    gloss, signer = signs.glosses[signs.labels[i]], str(signs.signers[i])
    who = signer if not signer or signs.unit in signer else f"{signs.unit} {signer}"  # "one signer" is a name, too
    return " · ".join(filter(None, (gloss, f"{signs.name} ({signs.kind})", who, str(signs.clips[i]))))


def safe_json(data: str) -> str:
    """JSON that can't end the script element it stands in."""
    return data.replace("<", "\\u003c")
