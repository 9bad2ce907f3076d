"""The training loop against the common recipe and against the machine's matrix peak, in the same run.

``python benchmarks/training.py`` trains SimCLR with boundary views on synthetic clips, one thread: the loop of
``sslslr.learning.training`` and the common recipe (``nn.TransformerEncoder`` in fp32, one augmentation a clip in a DataLoader,
lightly's loss) take turns on the same clips in the same batches. It prints samples a second and their ratio, the share
of the measured matrix peak, and how far bf16 is from fp32. ``--paper`` adds one step at the paper's size.
``--probe`` trains fp32 and bf16 for several seeds each and prints the paired difference of the probe's accuracy.
``--against COMMIT`` lets this checkout and another commit take turns instead: steps a second, shares of the time, and with
``--curves SEEDS`` whether both learn alike (``benchmarks/against.py``).
"""

import argparse
import statistics
import time
from dataclasses import replace

import against
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

from sslslr import profiles
from sslslr.clips.signs import Signs
from sslslr.measures.statistics import interval
from sslslr.methods.encoder import EncoderConfig
from sslslr.methods.heads import perceptron
from sslslr.methods.lightly import NTXentLoss
from sslslr.methods.precision import MALLOC, autocast, resolve
from sslslr.studies import evaluation
from sslslr.studies.corpora import base_run, load, repeats, split
from sslslr.studies.timing import Stepper
from sslslr.views import ViewConfig, permutation

CPU = torch.device("cpu")
DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16}


def now(device: torch.device = CPU) -> float:
    """Wall clock once the device has done all that it was given."""
    if device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter()


def peak(dtype: torch.dtype, size: int = 1024, device: torch.device = CPU) -> float:
    """Measured FLOP/s of dense square matrix products: the best of 20."""
    a, b = (torch.randn(size, size, device=device).to(dtype) for _ in range(2))
    best = 0.0
    for _ in range(20):
        started = now(device)
        a @ b
        best = max(best, 2 * size**3 / (now(device) - started))
    return best


class Clips(Dataset):
    """Clips with two boundary views each, drawn clip by clip, as an image pipeline would."""

    def __init__(self, part: Signs):
        self.part = part

    def __len__(self):
        return len(self.part)

    def __getitem__(self, i):
        x, n = torch.from_numpy(self.part.landmarks[i]), torch.tensor([int(self.part.lengths[i])])
        views = [x[permutation(n, len(x), 1 / 3, 1 / 4)[0]].flatten(1).nan_to_num(0.0) for _ in range(2)]
        return *views, torch.from_numpy(self.part.valid[i])


class Common(nn.Module):
    """The common recipe's encoder and head, of the same sizes."""

    def __init__(self, config: EncoderConfig):
        super().__init__()
        size, width = config.landmarks * config.coordinates, config.width
        self.embed = nn.Sequential(nn.LayerNorm(size), nn.Linear(size, width), nn.LayerNorm(width))
        self.position = nn.Parameter(torch.randn(1, config.frames + 1, width) * 0.5)
        self.token = nn.Parameter(torch.randn(1, 1, width) * 0.5)
        layer = nn.TransformerEncoderLayer(width, config.heads, 4 * width, config.dropout, "gelu", batch_first=True, norm_first=True)
        self.blocks = nn.TransformerEncoder(layer, config.blocks, enable_nested_tensor=False)
        self.norm, self.head = nn.LayerNorm(width), perceptron(width, width, 128)

    def forward(self, x, valid):
        h = torch.cat([self.token.expand(len(x), -1, -1), self.embed(x)], 1) + self.position[:, : x.shape[1] + 1]
        hidden = torch.cat([torch.zeros(len(x), 1, dtype=torch.bool), ~valid], 1)
        return self.head(self.norm(self.blocks(h, src_key_padding_mask=hidden)[:, 0]))


class CommonStepper:
    """Steps of the common recipe; ``step`` returns its seconds, loading included."""

    def __init__(self, run, part: Signs):
        self.model, self.criterion = Common(run.encoder).train(), NTXentLoss(0.5)
        self.optimiser = torch.optim.AdamW(self.model.parameters(), run.optimiser.rate)
        self.loader = DataLoader(Clips(part), batch_size=run.batch, shuffle=True, drop_last=True)
        self.batches = iter(self.loader)

    def step(self, i: int) -> float:
        started = time.perf_counter()
        try:
            view1, view2, valid = next(self.batches)
        except StopIteration:
            self.batches = iter(self.loader)
            view1, view2, valid = next(self.batches)
        loss = self.criterion(self.model(view1, valid), self.model(view2, valid))
        self.optimiser.zero_grad()
        loss.backward()
        self.optimiser.step()
        return time.perf_counter() - started


def race(profile, signs: Signs, rounds: int) -> None:
    """Print samples/s of both loops, the ratio, and the share of the peak."""
    ours = Stepper("simclr", "boundary", profile, signs)
    plain = Stepper("simclr", "boundary", replace(profile, precision="fp32"), signs)
    common = CommonStepper(ours.run, ours.signs)
    steps = {"ours": ours.step, "ours, fp32": plain.step, "common recipe": common.step}
    seconds: dict[str, list[float]] = {name: [] for name in steps}
    for i in range(rounds + 3):
        for name, step in steps.items():
            seconds[name].append(step(i))
    size, flops = ours.run.batch, ours.flops()
    rate, at_peak = flops / statistics.median(seconds["ours"][3:]) / 1e9, peak(DTYPES[ours.run.precision]) / 1e9
    medians = {k: statistics.median(v[3:]) for k, v in seconds.items()}
    ratios = np.array(seconds["common recipe"][3:]) / np.array(seconds["ours"][3:])
    for name, s in medians.items():
        print(f"{name:14s} {1e3 * s:7.1f} ms a step, {size / s:7.0f} samples/s")
    low, high = np.percentile(ratios, [25, 75])
    print(
        f"ours ({ours.run.precision}) against the common recipe: {np.median(ratios):.2f}x (quartiles {low:.2f} to {high:.2f}, n = {len(ratios)} steps in turn, batch {size})"
    )
    print(f"{rate:.0f} GFLOP/s of {at_peak:.0f} at the peak of {ours.run.precision} products: {rate / at_peak:.2f}")


def numerics(profile, signs: Signs) -> None:
    """Print how far loss and gradients of the bf16 path are from the fp32 one, from the same weights, without dropout."""
    quiet = replace(profile, encoder=profile.encoder | {"dropout": 0.0})
    found = {}
    for precision in ("fp32", "bf16"):
        stepper = Stepper("simclr", "boundary", replace(quiet, precision=precision), signs)
        x, valid, lengths, labels = stepper.batch(0)
        views = ViewConfig("boundary").pair(x, lengths, torch.Generator().manual_seed(0))
        with autocast(CPU, precision):
            loss = stepper.module.loss(x, *views, valid, labels)
        loss.backward()
        found[precision] = loss.item(), torch.cat([p.grad.flatten() for p in stepper.module.parameters() if p.grad is not None])
    (a, ga), (b, gb) = found["fp32"], found["bf16"]
    print(
        f"loss fp32 {a:.5f}, bf16 {b:.5f} ({abs(a - b) / abs(a):.1e} apart); cosine of the gradients {torch.cosine_similarity(ga, gb, 0):.4f}"
    )


def probe(profile, corpora: dict[str, Signs], seeds: int) -> None:
    """Print the paired difference of linear accuracy (points) between bf16 and fp32 trainings, by corpus."""
    for name, signs in corpora.items():
        differences = []
        for repeat in range(seeds):
            parts, _ = split(signs, profile, repeat % len(repeats(signs, profile)))
            hits = [
                evaluation.evaluate(base_run(replace(profile, precision=p), repeat, method="simclr", views=ViewConfig("boundary")), parts)
                for p in ("bf16", "fp32")
            ]
            differences.append(100 * (hits[0]["linear_standardised_top1"] - hits[1]["linear_standardised_top1"]))
        d = interval(differences)
        print(f"{name}: bf16 minus fp32 {d['mean']:.1f} points, 95 % interval {d['low']:.1f} to {d['high']:.1f} (n = {d['n']} pairs)")


def paper(threads: int) -> None:
    """Print the share of the fp32 peak at the paper's encoder (12 blocks, 512 wide, 64 frames), one step of 32 clips."""
    profile = replace(profiles.load("paper"), batch=32, precision="fp32", corpora={"lsa-like": {"classes": 20, "signers": 6, "clips": 200}})
    signs, _ = split(load(profile, "synthetic")["lsa-like"], profile, 0)
    stepper = Stepper("simclr", "boundary", profile, signs, threads)
    seconds = statistics.median([stepper.step(i) for i in range(4)][1:])
    rate, at_peak = stepper.flops() / seconds / 1e9, peak(torch.float32) / 1e9
    print(f"paper's encoder, batch 32, fp32: {seconds:.1f} s a step, {rate:.0f} GFLOP/s of {at_peak:.0f}: {rate / at_peak:.2f} of the peak")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--profile", default="quick")
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--batch", type=int, help="clips a batch (default: the profile's)")
    parser.add_argument("--paper", action="store_true")
    parser.add_argument("--probe", type=int, metavar="SEEDS", default=0)
    parser.add_argument("--against", metavar="COMMIT")
    parser.add_argument("--curves", type=int, metavar="SEEDS", default=0)
    options = parser.parse_args()
    if options.against:
        against.compare(options.against, options.rounds, options.curves, options.batch)
        return
    torch.set_num_threads(1)
    profile = profiles.load(options.profile)
    profile = replace(profile, precision=resolve(profile.precision), batch=options.batch or profile.batch)
    corpora = load(profile, "synthetic")
    signs, _ = split(next(iter(corpora.values())), profile, 0)
    race(profile, signs, options.rounds)
    numerics(profile, signs)
    if options.paper:
        paper(1)
    if options.probe:
        probe(profile, corpora, options.probe)


if __name__ == "__main__":
    import os
    import sys

    if any(os.environ.get(k) != v for k, v in MALLOC.items()):
        os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | MALLOC)
    main()
