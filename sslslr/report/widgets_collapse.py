"""Collapse in two dimensions, live: a small network, SL-FPN's loss, and three switches (notebook 14)."""

from collections.abc import Callable

import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure
from torch import nn

from sslslr.measures.collapse import effective_rank
from sslslr.methods.slfpn import slfpn_loss
from sslslr.report.figures import BLUE, GREEN, GREY, ORANGE, PINK, RED, WIDEST
from sslslr.report.widgets import knobs, live, png

STEPS, EVERY, SIGNS, EACH, WIDTH = 400, 10, 6, 25, 16
SWITCHES = ("stop_gradient", "predictor", "batchnorm")
STILLS = {
    "everything out": {},
    "stop-gradient alone": {"stop_gradient": True},
    "predictor and stop-gradient": {"stop_gradient": True, "predictor": True},
    "BatchNorm alone": {"batchnorm": True},
}


def clips() -> tuple[torch.Tensor, torch.Tensor]:
    """Made-up clips (N, 8), a cloud for each of six signs, and whose sign each is (N,)."""
    generator = torch.Generator().manual_seed(0)
    centres = 2 * torch.randn(SIGNS, 8, generator=generator)
    labels = torch.arange(SIGNS).repeat_interleave(EACH)
    return centres[labels] + 0.5 * torch.randn(len(labels), 8, generator=generator), labels


def train(stop_gradient: bool = False, predictor: bool = False, batchnorm: bool = False) -> list[dict]:
    """Train a network of 8 -> 16 -> 2 by equation 2 on two noisy views and the original; what it is after every tenth step:
    ``step``, outputs ``z`` (N, 2), ``std`` (of z, as it is, relative to that before the first step) and ``rank``."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        hidden = [nn.BatchNorm1d(WIDTH)] if batchnorm else []
        encoder = nn.Sequential(
            nn.Linear(8, WIDTH), *hidden, nn.ReLU(), nn.Linear(WIDTH, 2), *([nn.BatchNorm1d(2, affine=False)] if batchnorm else [])
        )
        head: Callable = nn.Sequential(nn.Linear(2, WIDTH), nn.ReLU(), nn.Linear(WIDTH, 2)) if predictor else nn.Identity()
        optimiser = torch.optim.SGD([*encoder.parameters(), *head.parameters()], lr=0.05, momentum=0.9)  # type: ignore[attr-defined]
        x, _ = clips()
        out: list[dict] = []
        for step in range(STEPS + 1):
            if step % EVERY == 0:
                with torch.no_grad():
                    z = encoder(x)
                out.append({"step": step, "z": z, "std": float(z.std(0).mean()), "rank": effective_rank(z)})
            z1, z2, zo = (encoder(v) for v in (x + 0.5 * torch.randn_like(x), x + 0.5 * torch.randn_like(x), x))
            loss = slfpn_loss(z1, z2, zo, head, stop_gradient=stop_gradient)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    return [o | {"std": o["std"] / out[0]["std"]} for o in out]


def cloud(ax, state: dict, title: str, reach: float) -> None:
    """The outputs of one moment, a colour a sign."""
    _, labels = clips()
    for sign, colour in enumerate((BLUE, ORANGE, GREEN, RED, PINK, GREY)):
        ax.plot(*state["z"][labels == sign].T, "o", color=colour, ms=4, alpha=0.8, mec="white", mew=0.3)
    ax.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal", xticks=[], yticks=[])
    ax.set_title(f"{title}\nstep {state['step']}: std {state['std']:.2f}, rank {state['rank']:.2f}", fontsize=8)


def reach(run: list[dict]) -> float:
    """How far the outputs go at any moment shown."""
    return 1.1 * max(float(o["z"].abs().max()) for o in run)


def grid() -> tuple[Figure, dict[str, dict]]:
    """Four settings, before and after; and what each is after the last step, by name."""
    fig, axes = plt.subplots(2, len(STILLS), figsize=(WIDEST, 4.9))
    ends = {}
    for (name, switches), column in zip(STILLS.items(), axes.T, strict=True):
        run = train(**switches)
        for ax, state in zip(column, (run[0], run[-1]), strict=True):
            cloud(ax, state, name, reach(run))
        ends[name] = run[-1]
    return fig, ends


def play() -> bool:
    """Switches and a step to play; False where nobody can turn them."""
    if not live():
        return False
    import ipywidgets as w  # type: ignore[import-untyped]

    runs: dict[tuple, list[dict]] = {}

    def draw(step: int, **switches) -> None:
        chosen = tuple(switches.values())
        run = runs[chosen] = runs.get(chosen) or train(**switches)
        fig, (left, right) = plt.subplots(1, 2, figsize=(WIDEST, 3.4))
        state = run[step // EVERY]
        on = ", ".join(name.replace("_", "-") for name, v in switches.items() if v) or "everything out"
        cloud(left, state, on, reach(run))
        for key, colour in (("std", BLUE), ("rank", ORANGE)):
            right.plot([o["step"] for o in run], [o[key] for o in run], color=colour, label=key)
        right.axvline(step, color="black", lw=0.8)
        right.set(xlabel="step", ylim=(0, None))
        right.legend(fontsize=8)
        png(fig)

    step = w.IntSlider(value=0, min=0, max=STEPS, step=EVERY, description="step")
    player = w.Play(value=0, min=0, max=STEPS, step=EVERY, interval=400)
    w.jslink((player, "value"), (step, "value"))
    knobs(draw, [player], step=step, **{name: w.Checkbox(value=False, description=name.replace("_", "-")) for name in SWITCHES})
    return True
