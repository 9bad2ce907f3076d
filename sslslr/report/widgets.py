"""Knobs to turn where a person has the notebook open (``knobs`` and what uses it); a picture stands beside each for all others."""

import io
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace

import matplotlib.pyplot as plt
import torch
from IPython.display import HTML, display
from matplotlib.figure import Figure

from sslslr.clips.signs import Signs
from sslslr.measures.contrasts import FEWEST, OPEN, Contrast, answer
from sslslr.measures.power import overlap
from sslslr.measures.statistics import MARGIN
from sslslr.report.figures import BLUE, GREY, RED, WIDEST
from sslslr.report.player import player
from sslslr.views.order import permutation, take

# Keys pressed on a knob are the knob's: JupyterLab's own ("d d" deletes a cell) keep off. The boxes come after their output.
KEYS = """<script>(() => { if (window.sslslrKeys) return
const own = () => document.querySelectorAll(':is(.knobs, .quiz) *:not([data-lm-suppress-shortcuts])').forEach(
  e => e.setAttribute('data-lm-suppress-shortcuts', 'true'))
window.sslslrKeys = new MutationObserver(own)
window.sslslrKeys.observe(document.body, {childList: true, subtree: true})
own() })()</script>"""
SPREADS = (0.5, 1.0, 2.0)  # points, of the still picture


def live() -> bool:
    """Whether a person has this notebook open: its kernel was started by a Jupyter server or Colab, not by a program.

    SSLSLR_WIDGETS=0 or 1 says so instead.
    """
    said = os.environ.get("SSLSLR_WIDGETS")
    return said == "1" if said else "JPY_SESSION_NAME" in os.environ or "google.colab" in sys.modules


def framed(box, name: str) -> None:
    """Display a box of widgets under a class of its own, ``name``, whose keys are its own."""
    box.add_class(name)
    display(box)
    display(HTML(KEYS))


def knobs(draw: Callable, above: Sequence = (), **controls) -> None:
    """Show ``controls`` (ipywidgets by name) above what ``draw`` displays for their values, drawn anew at each change;
    ``above`` them other widgets."""
    import ipywidgets as w  # type: ignore[import-untyped]

    out = w.interactive_output(draw, controls)
    framed(w.VBox([*above, w.HBox(list(controls.values()), layout=w.Layout(flex_flow="row wrap")), out]), "knobs")


def slider(name: str, value: float, low: float, high: float, step: float):
    """A slider that draws when it is let go."""
    import ipywidgets as w

    kind = w.IntSlider if isinstance(step, int) else w.FloatSlider
    return kind(
        value=value, min=low, max=high, step=step, description=name, continuous_update=False, style={"description_width": "initial"}
    )


def png(fig: Figure) -> None:
    """Display a figure as a picture and free it."""
    from IPython.display import Image

    buffer = io.BytesIO()
    fig.savefig(buffer, format="png", dpi=110, facecolor="white")
    plt.close(fig)
    display(Image(buffer.getvalue(), alt="What the knobs are set to"))


def ends(signs: Signs, clip: int, alpha: float, beta: float) -> bool:
    """Turn alpha and beta, and see a clip of ``signs`` and, paler behind it, its boundary permutation, drawn anew at each change;
    False where nobody can turn them."""
    one = signs.subset(slice(clip, clip + 1))
    x, lengths = torch.tensor(one.landmarks), torch.tensor(one.lengths)  # copies: packed clips are read-only
    generator = torch.Generator().manual_seed(1)

    def draw(alpha: float, beta: float) -> None:
        index = permutation(lengths, x.shape[1], alpha, beta, generator)
        length = int(lengths[0])
        stay = int((index[0, :length] == torch.arange(length)).sum())
        title = f"alpha {alpha:.2f}, beta {beta:.2f}: {stay} of {length} frames stand where they stood"
        display(player(one, 0, overlay=replace(one, landmarks=take(x, index).numpy()), title=title))

    if live():
        knobs(draw, alpha=slider("alpha", alpha, 0.0, 0.5, 0.05), beta=slider("beta", beta, 0.0, 0.5, 0.05))
    return live()


def measured(groups: int, seeds: int, between: float, within: float, effect: float = 0.0) -> Contrast:
    """The contrast (points) that ``groups`` groups of held-out signers with ``seeds`` seeds each give, if the groups' own
    differences spread by ``between`` and the seeds of a group by ``within``; each group is tested on in turn."""
    spread = (between**2 + within**2 / seeds) ** 0.5
    error = spread * (1 / groups + overlap(groups)) ** 0.5
    return Contrast(effect, error, groups - 1, groups, groups, seeds, spread, within)


def answered(found: Contrast, margin: float = 100 * MARGIN) -> str:
    """What a contrast in points says, in the words of the verdicts."""
    if found.fewest < FEWEST:
        return f"{OPEN}: fewer than {FEWEST} groups decide nothing"
    return answer(found.p(0), found.p_within(-margin, margin))


def widths(groups: Sequence[int] = tuple(range(3, 31))) -> Figure:
    """Half of the 95 % interval over the number of groups, a line a spread between them; dotted: the margin."""
    fig, ax = plt.subplots(figsize=(WIDEST, 3.0))
    for spread, style in zip(SPREADS, ("-", "--", "-."), strict=True):
        half = [measured(n, 1, spread, 0.0).interval()[1] for n in groups]
        ax.plot(groups, half, style, color=BLUE, label=f"spread {spread:g} points")
    ax.axhline(100 * MARGIN, color=RED, ls=":", label=f"margin, {100 * MARGIN:g} points")
    ax.axvspan(min(groups), FEWEST, color="#EEEEEE", lw=0)
    ax.set(xlabel="groups of held-out signers (grey: too few for a verdict)", ylabel="half of the interval, points", yscale="log")
    ax.set_yticks([0.5, 1, 2, 5, 10], ["0.5", "1", "2", "5", "10"])
    ax.minorticks_off()
    ax.legend(fontsize=8)
    return fig


def interval(groups: int, seeds: int, between: float, within: float, effect: float) -> Figure:
    """One interval as the knobs set it: 95 % (thin) and 90 % (thick), the margin in grey, and what it says."""
    found = measured(groups, seeds, between, within, effect)
    fig, ax = plt.subplots(figsize=(WIDEST, 1.7))
    said = answered(found)
    colour = GREY if said.startswith(OPEN) else BLUE
    ax.axvspan(-100 * MARGIN, 100 * MARGIN, color="#EEEEEE", lw=0)
    ax.axvline(0, color="black", lw=0.8)
    ax.plot(found.interval(), [0, 0], color=colour, lw=1.2)
    ax.plot(found.interval(0.9), [0, 0], color=colour, lw=5, alpha=0.6)
    ax.plot(effect, 0, "o", color=colour, mec="white", ms=9)
    low, high = found.interval()
    ax.set(yticks=[], xlim=(-12, 12), xlabel="difference in points; grey: differences that do not matter")
    ax.set_title(f"{low:+.1f} to {high:+.1f} points: {said}", fontsize=10, loc="left")
    return fig


def width_of_an_interval() -> bool:
    """Turn groups, seeds, the two spreads and the effect, and see the interval and its answer; False where nobody can turn them."""
    if live():
        knobs(
            lambda **set_to: png(interval(**set_to)),
            groups=slider("groups", 5, 3, 30, 1), seeds=slider("seeds", 1, 1, 10, 1),
            between=slider("spread of groups", 1.0, 0.0, 5.0, 0.1), within=slider("spread of seeds", 2.0, 0.0, 5.0, 0.1),
            effect=slider("effect", 0.5, -5.0, 5.0, 0.1),
        )  # fmt: skip
    return live()
