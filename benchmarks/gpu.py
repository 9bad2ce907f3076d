"""The paper-size step on a GPU: model FLOPs utilisation, samples/s against the common recipe, idle share, determinism.

``python benchmarks/gpu.py`` trains SL-FPN and SimCLR at the sizes of profile paper (12 blocks x 512, batch 512, 64 frames, bf16)
on synthetic clips with the loop of ``sslslr.learning.training``, compiled and not, and prints

- utilisation: FLOPs of the step's matrix products over its time, as a share of the card's *measured* dense bf16 rate (target 0.45);
- samples/s of SimCLR against the common recipe of ``benchmarks/training.py`` at the same batch, in turn in the same process;
- idle: the share of a step in which the device waits for views and copies (target under 5 %), from the whole loop's time and
  that of the same steps on a batch that lies on the device already;
- determinism: whether two trainings with deterministic algorithms end with the same bits.

Without a GPU it says so and ends. ``--cpu-rehearsal`` runs all of it with a tiny encoder on the CPU: the numbers mean nothing.
"""

import argparse
import os
import statistics
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch.utils.data import DataLoader

sys.path.insert(0, str(Path(__file__).parent))

from training import DTYPES, Clips, Common, now, peak

from sslslr import profiles
from sslslr.clips.signs import Signs, prepare
from sslslr.commands.costs import counted
from sslslr.datasets import synthetic
from sslslr.learning.training import Run, train_epoch
from sslslr.methods.lightly import NTXentLoss
from sslslr.methods.precision import autocast, resolve
from sslslr.studies.corpora import base_run
from sslslr.views import ViewConfig


def clips_of(run: Run, clips: int, frames: int) -> Signs:
    """Synthetic clips for a few steps, all of them to be trained on."""
    made = prepare(synthetic.make("lsa-like", classes=16, signers=4, clips=64), frames)
    made = made.subset(np.resize(np.arange(len(made)), clips))
    return replace(made, split=np.full(clips, "train"))


class Ours:
    """One method in the loop of ``sslslr.learning.training``; ``loop`` seconds a step of the whole, ``still`` of a batch on the device."""

    def __init__(self, run: Run, signs: Signs, device: torch.device, compiled: bool = False):
        self.run, self.signs, self.device = run.fitted(signs), signs, device
        self.module = self.run.build(len(signs.glosses)).to(device).train()
        self.flops = counted(self.run, self.module, signs, device)[0] * self.run.batch
        if compiled:
            self.module.encoder.compile()
        self.optimiser = self.run.optimiser.build(self.module)

    def loop(self, epoch: int = 0) -> float:
        steps = -(-len(self.signs) // self.run.batch)
        started = now(self.device)
        train_epoch(self.run, self.module, self.optimiser, self.signs, epoch, self.device)
        return (now(self.device) - started) / steps

    def still(self, steps: int) -> float:
        size, generator = self.run.batch, torch.Generator().manual_seed(0)
        x, valid, lengths, labels = (
            torch.from_numpy(a[:size]) for a in (self.signs.landmarks, self.signs.valid, self.signs.lengths, self.signs.labels)
        )
        given = [a.to(self.device) for a in (x, *self.run.views.pair(x, lengths, generator), valid, labels)]
        started = now(self.device)
        for _ in range(steps):
            with autocast(self.device, self.run.precision):
                loss = self.module.loss(*given)
            self.optimiser.zero_grad(set_to_none=True)
            loss.backward()
            self.optimiser.step()
        return (now(self.device) - started) / steps


class TheirRecipe:
    """The common recipe on the device: fp32, one augmentation a clip in a DataLoader's workers."""

    def __init__(self, run: Run, signs: Signs, device: torch.device, workers: int):
        self.device, self.model = device, Common(run.encoder).to(device).train()
        self.criterion, self.optimiser = NTXentLoss(0.5), torch.optim.AdamW(self.model.parameters(), 1e-3)
        self.loader = DataLoader(Clips(signs), batch_size=run.batch, shuffle=True, num_workers=workers, pin_memory=device.type == "cuda")

    def loop(self) -> float:
        started = now(self.device)
        for view1, view2, valid in self.loader:
            view1, view2, valid = (a.to(self.device, non_blocking=True) for a in (view1, view2, valid))
            loss = self.criterion(self.model(view1, valid), self.model(view2, valid))
            self.optimiser.zero_grad()
            loss.backward()
            self.optimiser.step()
        return (now(self.device) - started) / len(self.loader)


def same_bits(run: Run, signs: Signs, device: torch.device) -> bool:
    """Whether two trainings of one epoch with deterministic algorithms end with the same weights."""
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.use_deterministic_algorithms(True)
    try:
        ends = []
        for _ in range(2):
            ours = Ours(run, signs, device)
            ours.loop()
            ends.append([p.detach().cpu() for p in ours.module.parameters()])
        return all(torch.equal(a, b) for a, b in zip(*ends, strict=True))
    finally:
        torch.use_deterministic_algorithms(False)


def report(profile, device: torch.device, steps: int, size: int, workers: int) -> None:
    """Measure and print everything."""
    runs = {m: base_run(profile, 0, method=m, views=ViewConfig("boundary")) for m in ("slfpn", "simclr")}
    signs = clips_of(runs["slfpn"], steps * profile.batch, profile.frames)
    precision = runs["slfpn"].precision
    rate = peak(DTYPES[precision], size, device)
    print(f"dense {precision} products of {size} x {size}: {rate / 1e12:.2f} TFLOP/s measured")
    loops: dict[str, float] = {}
    for method, run in runs.items():
        for compiled in (False, True) if device.type == "cuda" else (False,):
            if device.type == "cuda":
                torch.cuda.reset_peak_memory_stats()
            ours = Ours(run, signs, device, compiled)
            ours.loop()
            ours.still(2)
            whole = statistics.median(ours.loop(i + 1) for i in range(3))
            still = min(statistics.median(ours.still(steps) for _ in range(3)), whole)
            loops[method] = min(whole, loops.get(method, whole))
            memory = f", {torch.cuda.max_memory_allocated() / 1e9:.1f} GB" if device.type == "cuda" else ""
            print(
                f"{method}{', compiled' if compiled else ''}: {1e3 * whole:.1f} ms a step of {run.batch}, {run.batch / whole:.0f} samples/s, "
                f"utilisation {ours.flops / whole / rate:.2f}, device idle {100 * (1 - still / whole):.1f} %{memory}"
            )
            del ours
    theirs = TheirRecipe(runs["simclr"].fitted(signs), signs, device, workers)
    theirs.loop()
    other = statistics.median(theirs.loop() for _ in range(3))
    print(f"common recipe, SimCLR, fp32: {profile.batch / other:.0f} samples/s; ours {other / loops['simclr']:.2f} times as many")
    print(f"deterministic: {'the same bits twice' if same_bits(runs['slfpn'], signs, device) else 'NOT the same bits'}")


def main(arguments: list[str] | None = None) -> int:
    """Command line; 0 also where there is no GPU, which it says in one line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=8, help="training steps a measurement")
    parser.add_argument("--workers", type=int, default=min(8, os.cpu_count() or 1), help="of the common recipe's DataLoader")
    parser.add_argument("--cpu-rehearsal", action="store_true", help="the same code with a tiny encoder on the CPU")
    options = parser.parse_args(arguments)
    profile = profiles.load("paper")
    if options.cpu_rehearsal:
        tiny = {"blocks": 1, "width": 16, "heads": 2, "dropout": 0.1}
        torch.set_num_threads(1)
        print("rehearsal on the CPU: it shows that the code runs, the numbers mean nothing")
        report(replace(profile, encoder=tiny, batch=16, frames=12), torch.device("cpu"), 2, 128, 0)
        return 0
    if not torch.cuda.is_available():
        print("no GPU is here: nothing was measured (--cpu-rehearsal runs the same code with a tiny encoder)")
        return 0
    print(f"{torch.cuda.get_device_name()}, {resolve(profile.precision)}, torch {torch.__version__}")
    report(profile, torch.device("cuda"), options.steps, 8192, options.workers)
    return 0


if __name__ == "__main__":
    sys.exit(main())
