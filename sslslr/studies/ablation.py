"""Section 7: what each part of SL-FPN is there for. Collapse over training (Figure 8), accuracy without each part."""

from dataclasses import replace

import numpy as np
import pandas as pd
import torch

from sslslr.clips.signs import Signs
from sslslr.learning.training import Run, batches
from sslslr.measures.collapse import collapse_measures
from sslslr.methods.precision import autocast
from sslslr.profiles import Profile
from sslslr.studies import comparison, evaluation
from sslslr.studies.comparison import RANDOM
from sslslr.studies.corpora import cells
from sslslr.studies.jobs import Job
from sslslr.views import ViewConfig

WHOLE = "SL-FPN"
BARE = {"predictor": False, "stop_gradient": False}
# The four settings of section 7, and SL-FPN itself; "LN" is read as the encoder's LayerNorms (section 5.1).
FIGURE8: dict[str, dict] = {
    WHOLE: {},
    "without p, sg, LN": BARE | {"layernorm": "none"},
    "without p, sg, with LN": BARE,
    "without the original": {"original": False},
    "permuted": {"permuted": True},
}
NO_BATCHNORM = ", no BN"
# One switch at a time, around SL-FPN as it is here.
SWITCHES: dict[str, dict] = {
    "no predictor": {"predictor": False},
    "no stop-gradient": {"stop_gradient": False},
    "no LayerNorm in the encoder": {"layernorm": "none"},
    "no LayerNorm at the input": {"layernorm": "blocks"},
    "LayerNorm in the heads too": {"layernorm": "head"},
    "l2-normalised": {"normalise": True},
    "p(z1) against sg(z2)": {"reading": "view1-to-view2"},
    "p(z2) against sg(z1)": {"reading": "view2-to-view1"},
    "p(zo) against sg(z1)": {"reading": "original-to-view1"},
    "MSE(z2, zo) in the middle": {"middle": "view2"},
    "first term doubled": {"weights": [2, 1, 1]},
    "second term doubled": {"weights": [1, 2, 1]},
    "third term doubled": {"weights": [1, 1, 2]},
}
# Live: everything out, then one part back at a time.
REPAIRS = {
    "all out": BARE | {"layernorm": "none", "batchnorm": False},
    "+ LayerNorm": BARE | {"batchnorm": False},
    "+ predictor": {"stop_gradient": False, "batchnorm": False},
    "+ stop-gradient": {"batchnorm": False},
    "+ BatchNorm in the heads": {},
}


def settings() -> dict[str, dict]:
    """Every setting by name: Figure 8's with and without BatchNorm in the heads, and each single switch."""
    return FIGURE8 | {name + NO_BATCHNORM: options | {"batchnorm": False} for name, options in FIGURE8.items()} | SWITCHES


def corpus_of(corpora: dict[str, Signs]) -> tuple[str, Signs]:
    """The corpus of the ablation: the one that stands for LSFB, as in section 7, or the real data set."""
    name = "lsfb-like" if "lsfb-like" in corpora else next(iter(corpora))
    return name, corpora[name]


def run_of(setting: str, profile: Profile, repeat: int) -> Run:
    """The run behind a setting, as ``at_paper_rate`` has it; RANDOM is never trained."""
    return comparison.control_of(RANDOM, profile, repeat) if setting == RANDOM else at_paper_rate(profile, repeat, settings()[setting])


def at_paper_rate(profile: Profile, repeat: int, options: dict) -> Run:
    """SL-FPN with the paper's boundary views and ``options``, at the profile's common rate (1e-3, section 6.2) and not at the one that the
    search chose for it: that one is so small that nothing collapses, since hardly anything is learned."""
    own = profile.methods["slfpn"] | {"rate": profile.optimiser["rate"]}
    return comparison.with_settings("slfpn", "boundary", profile, repeat, profile.methods | {"slfpn": own}, options=options)


def names_of(profile: Profile) -> tuple[str, ...]:
    """The settings that the profile compares: all, or those of Figure 8 alone."""
    some = settings() if profile.ablation["settings"] == "all" else [s + n for n in ("", NO_BATCHNORM) for s in FIGURE8]
    return (*some, RANDOM)


def jobs(profile: Profile, corpora: dict[str, Signs], names: tuple[str, ...] = ()) -> list[Job]:
    """Each setting on the ablation's corpus in every repeat: accuracies (0 to 1) on the test split, and measures."""
    return [
        Job(evaluation.evaluate, run_of(name, profile, place["repeat"]), parts, (), place | {"model": name})
        for place, parts in cells(profile, dict([corpus_of(corpora)]))
        for name in names or names_of(profile)
    ]


def live(run: Run, signs: Signs, steps: int = 120, every: int = 5) -> pd.DataFrame:
    """Train the first ``steps`` steps at a constant rate and look every few of them: step, loss and the output's measures.

    The measures are those of at most 256 validation clips, in eval mode; step 0 is the initialisation. Nothing is stored.
    """
    run = replace(run.fitted(signs), views=ViewConfig(run.views.name))
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    train, val = signs.part("train"), signs.part("val")
    val = val.subset(slice(0, 256))
    module = run.build(len(signs.glosses)).to(device)
    optimiser = run.optimiser.build(module)
    watched, inside = (torch.from_numpy(a).to(device) for a in (val.landmarks.astype(np.float32), val.valid))
    generator, rows, loss = torch.Generator().manual_seed(run.seed), [], torch.tensor(float("nan"))
    chunks: list[np.ndarray] = []
    alpha, beta = run.views.of(train)
    for step in range(steps + 1):
        if step % every == 0:
            module.eval()
            with torch.no_grad():
                output = module.output(watched, inside).float().cpu()
            rows.append({"step": step, "loss": float(loss), **collapse_measures(output)})
            module.train()
        chunks = chunks or list(batches(len(train), run.batch, generator))
        index = chunks.pop()
        x, valid, lengths = (torch.from_numpy(a[index]) for a in (train.landmarks, train.valid, train.lengths))
        x = x.float()
        views = run.views.pair(x, lengths, generator, alpha[index], beta[index])
        x, view1, view2, valid = (a.to(device) for a in (x, *views, valid))
        with autocast(device, run.precision):
            loss = module.loss(x, view1, view2, valid, None)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        loss = loss.detach()
    return pd.DataFrame(rows)
