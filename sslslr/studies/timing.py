"""Table 4: what a step of each method costs, measured in turn in one process on the same batches."""

import time

import pandas as pd
import torch
from torch.utils.flop_counter import FlopCounterMode

from sslslr.clips.signs import Signs
from sslslr.methods.encoder import TABLES
from sslslr.methods.precision import autocast
from sslslr.profiles import Profile
from sslslr.studies.comparison import METHODS, TITLES
from sslslr.studies.corpora import base_run
from sslslr.views import ViewConfig


class Stepper:
    """One method with its optimiser and views; ``step`` trains on the i-th batch and returns its seconds."""

    def __init__(self, method: str, views: str, profile: Profile, signs: Signs, threads: int = 1):
        torch.set_num_threads(threads)
        self.run = base_run(profile, 0, method=method, views=ViewConfig(views)).fitted(signs)
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.signs = signs.part("train")
        self.module = self.run.build(len(signs.glosses)).to(self.device).train()
        self.optimiser = self.run.optimiser.build(self.module)
        self.generator = torch.Generator().manual_seed(0)

    def batch(self, i: int):
        """The i-th batch: x (B, T, J, C), valid, lengths, labels; it wraps around at the corpus' end."""
        part, size = self.signs, min(self.run.batch, len(self.signs))
        index = [(i * size + j) % len(part) for j in range(size)]
        return tuple(torch.from_numpy(a[index]) for a in (part.landmarks, part.valid, part.lengths, part.labels))

    def loss(self, i: int) -> torch.Tensor:
        """Views and loss of the i-th batch."""
        x, valid, lengths, labels = self.batch(i)
        views = self.run.views.pair(x.float(), lengths, self.generator)
        x, view1, view2, valid, labels = (a.to(self.device) for a in (x.float(), *views, valid, labels))
        with autocast(self.device, self.run.precision):
            return self.module.loss(x, view1, view2, valid, labels)

    def step(self, i: int) -> float:
        """One training step; returns seconds."""
        started = time.perf_counter()
        loss = self.loss(i)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self.optimiser.step()
        if self.device.type == "cuda":
            torch.cuda.synchronize()
        return time.perf_counter() - started

    def flops(self) -> int:
        """Floating-point operations of one step, forward and backward, counted from its matrix products."""
        with FlopCounterMode(display=False) as counter:
            self.loss(0).backward()
        return counter.get_total_flops()

    def kept_mb(self) -> float:
        """Memory (MB) that one forward pass keeps for its backward pass: what a larger batch multiplies."""
        seen = {}

        def keep(tensor):
            seen[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(keep, lambda t: t):
            loss = self.loss(0)
        lasting = {p.untyped_storage().data_ptr() for p in (*self.module.parameters(), *TABLES.values())}
        del loss
        return sum(size for pointer, size in seen.items() if pointer not in lasting) / 1e6


def study(profile: Profile, signs: Signs, rounds: int = 0, methods=METHODS, views: str = "boundary") -> pd.DataFrame:
    """A row for each method and round (as many as the profile says, if not ``rounds``): ``ms`` of one step, the methods in turn on the same batch; and their constants.

    Taking turns spreads a machine's moods over all of them; the first two rounds warm up and are left out. Not run
    side by side with anything: one process, one thread.
    """
    threads = torch.get_num_threads()
    try:
        steppers = {m: Stepper(m, views, profile, signs) for m in methods}
        constants = {m: {"gflop": s.flops() / 1e9, "kept_mb": s.kept_mb(), "batch": len(s.batch(0)[0])} for m, s in steppers.items()}
        steps = {m: -(-len(s.signs) // s.run.batch) for m, s in steppers.items()}
        rows = []
        for i in range((rounds or profile.timing) + 2):
            for method, stepper in steppers.items():
                ms = 1e3 * stepper.step(i)
                if i >= 2:
                    rows.append(
                        {"model": TITLES.get(method, method), "round": i - 2, "ms": ms, "epoch_s": ms * steps[method] / 1e3}
                        | constants[method]
                    )
        return pd.DataFrame(rows)
    finally:
        torch.set_num_threads(threads)
