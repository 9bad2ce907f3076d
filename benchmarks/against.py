"""Two commits' training steps, taking turns in one run: steps a second, where the time goes, and whether they learn alike.

``python benchmarks/training.py --against COMMIT`` calls it. The other commit lies in a temporary git worktree; each of the two
has one process with one thread, and while one works the other waits. ``python benchmarks/against.py`` is such a process: a line
of JSON in, one out. It uses only what both commits have (``studies.timing.Stepper``, ``learning.training.train``).
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]
CASES = [("simclr", "boundary", 128), ("simclr", "boundary", 32), ("supervised", "none", 128), ("supervised", "none", 32)]
KINDS = {
    "matrix products": ("mm", "bmm", "addmm", "baddbmm", "addbmm", "mkldnn_linear", "linear", "matmul"),
    "casts and copies": ("copy_", "_to_copy", "to", "cat", "clone", "contiguous", "stack", "expand", "reshape"),
    "LayerNorm": ("native_layer_norm", "native_layer_norm_backward"),
    "softmax, GELU": ("_softmax", "_softmax_backward_data", "gelu", "gelu_backward"),
}
BACKWARD = "autograd::engine::evaluate_function"
SMALL = "empty empty_like empty_strided as_strided view _unsafe_view transpose t permute slice select unsqueeze squeeze detach alias unbind split"
KINDS |= {"allocation, shapes, autograd": tuple(SMALL.split())}
ORDER = ("views", "dropout", "optimiser", *KINDS, "sums, masks, other")


@cache
def corpus():
    """The profile quick and its first corpus, split."""
    from sslslr import profiles
    from sslslr.methods.precision import resolve
    from sslslr.studies.corpora import load, split

    profile = profiles.load("quick")
    profile = replace(profile, precision=resolve(profile.precision))
    name = next(iter(profile.corpora))
    return profile, split(load(profile, "synthetic", only=name)[name], profile, 0)[0]


@cache
def stepper(method: str, views: str, batch: int):
    """The steps of one method, warmed up."""
    from sslslr.studies.timing import Stepper

    profile, signs = corpus()
    made = Stepper(method, views, replace(profile, batch=batch), signs)
    for i in range(5):
        made.step(i)
    return made


def steps(method: str, views: str, batch: int, n: int) -> list[list[float]]:
    """Seconds by the clock and on the processor of each of ``n`` steps."""
    made, out = stepper(method, views, batch), []
    for i in range(n):
        before = time.process_time()
        out.append([made.step(i), time.process_time() - before])
    return out


def shares(method: str, views: str, batch: int, n: int) -> dict[str, float]:
    """Share of each kind of operation in the time of ``n`` steps."""
    from torch.profiler import profile

    from sslslr.methods.encoder import Dropout

    made = stepper(method, views, batch)
    found = dict.fromkeys(ORDER, 0.0)
    with labelled(type(made.run.views), "pair", "views"), labelled(Dropout, "forward", "dropout"), profile() as seen:
        for i in range(n):
            made.step(i)
    dropped = {e.sequence_nr for e in seen.events() if e.sequence_nr >= 0 and "dropout" in lineage(e)}
    for event in seen.events():
        found[kind_of(event, dropped)] += event.self_cpu_time_total
    return {kind: t / sum(found.values()) for kind, t in found.items()}


def kind_of(event, dropped: set[int]) -> str:
    """Kind of a profiled event; ``dropped`` are the numbers of dropout's forward operations, which its backward ones share."""
    above = lineage(event)
    for label in ("views", "dropout"):
        if label in above:
            return label
    if any(name.startswith("Optimizer.step") for name in above):
        return "optimiser"
    if any(name.startswith(BACKWARD) for name in above) and sequence(event) in dropped:
        return "dropout"
    name = event.name.removeprefix("aten::")
    if name.startswith(BACKWARD) or name.endswith("Backward0"):
        return "allocation, shapes, autograd"
    return next((kind for kind, names in KINDS.items() if name in names), "sums, masks, other")


def lineage(event) -> list[str]:
    """Names of a profiled event and of those that it happened in."""
    names = []
    while event is not None:
        names.append(event.name)
        event = event.cpu_parent
    return names


def sequence(event) -> int:
    """Number of the forward operation that a profiled event of the backward pass belongs to."""
    while event.cpu_parent is not None and not event.name.startswith(BACKWARD):
        event = event.cpu_parent
    return event.sequence_nr


@contextmanager
def labelled(owner: type, method: str, label: str):
    """Calls of a method carry this label in a profile."""
    from torch.profiler import record_function

    plain = getattr(owner, method)

    def call(*args, **options):
        with record_function(label):
            return plain(*args, **options)

    setattr(owner, method, call)
    try:
        yield
    finally:
        setattr(owner, method, plain)


def curve(method: str, views: str, batch: int, seed: int) -> dict[str, list[float]]:
    """The loss of each epoch of a training, and its kNN accuracy on the validation signers."""
    from sslslr.learning.training import train
    from sslslr.studies.corpora import base_run
    from sslslr.views import ViewConfig

    profile, signs = corpus()
    run = base_run(replace(profile, batch=batch), seed, method=method, views=ViewConfig(views))
    _, rows, _ = train(run.fitted(signs), signs)
    return {what: [row[what] for row in rows] for what in ("loss", "knn")}


class Tree:
    """A process that steps with the code of one checkout."""

    def __init__(self, root: Path):
        environment = os.environ | {"PYTHONPATH": str(root), "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
        command = [sys.executable, str(Path(__file__).resolve())]
        self.process = subprocess.Popen(command, env=environment, cwd=root, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert Path(self.ask("where")).is_relative_to(root.resolve())

    def ask(self, what: str, *about):
        """The answer of one of this file's functions there."""
        self.process.stdin.write(json.dumps([what, *about]) + "\n")
        self.process.stdin.flush()
        if not (line := self.process.stdout.readline()):
            sys.exit(f"the process that should answer {what}{about} has ended with status {self.process.wait()}")
        return json.loads(line)

    def close(self) -> None:
        """Let it end."""
        self.process.stdin.close()
        self.process.wait()


@contextmanager
def both(commit: str):
    """Processes of this checkout and of ``commit``."""
    with tempfile.TemporaryDirectory() as folder:
        other = Path(folder) / "other"
        subprocess.run(["git", "-C", str(ROOT), "worktree", "add", "--quiet", "--detach", str(other), commit], check=True)
        trees: list[Tree] = []
        try:
            trees += [Tree(ROOT), Tree(other)]
            yield trees
        finally:
            for tree in trees:
                tree.close()
            subprocess.run(["git", "-C", str(ROOT), "worktree", "remove", "--force", str(other)], check=True)


def race(trees: list[Tree], case: tuple, blocks: int, each: int = 4) -> None:
    """Print steps a second of both, their ratio and where the time goes; ``blocks`` of ``each`` steps in turn."""
    from sslslr.measures.statistics import interval

    found = np.array([[np.median(tree.ask("steps", *case, each), axis=0) for tree in trees] for _ in range(blocks)])
    clock, processor = found[..., 0], found[..., 1]
    print(f"\n{case[0]}, {case[1]} views, batch {case[2]}, one core: {blocks} blocks of {each} steps in turn")
    for name, seconds in zip(("here", "there"), clock.T, strict=True):
        print(f"  {name:6s}{1 / np.median(seconds):7.1f} steps/s by the clock ({1e3 * np.median(seconds):.1f} ms)")
    for what, seconds in (("the clock", clock), ("processor time", processor)):
        ratio = interval(seconds[:, 1] / seconds[:, 0])
        middle = np.median(seconds[:, 1] / seconds[:, 0])
        print(
            f"  {middle:.2f}x by {what} (median of n = {blocks} blocks; mean {ratio['mean']:.2f}, 95 % {ratio['low']:.2f} to {ratio['high']:.2f})"
        )
    here, there = (tree.ask("shares", *case, 8) for tree in trees)
    print("  share of the time               here  there")
    for kind in ORDER:
        print(f"    {kind:30s}{100 * here[kind]:4.0f} %{100 * there[kind]:5.0f} %")


def learn(trees: list[Tree], case: tuple, seeds: int) -> None:
    """Print both loss curves, and whether their difference lies within the spread of seeds."""
    curves = [[tree.ask("curve", *case, seed) for tree in trees] for seed in range(seeds)]
    print(f"\n{case[0]}, {case[1]} views, batch {case[2]}: mean over n = {seeds} seeds, and standard deviation between them")
    for what in ("loss", "knn"):
        here, there = (np.array([pair[i][what] for pair in curves]) for i in (0, 1))
        spread = np.sqrt((here.var(0, ddof=1) + there.var(0, ddof=1)) / 2)
        print(f"  {what:5s} epoch      here             there            difference of means / spread of seeds")
        for epoch in range(here.shape[1]):
            a, b = here[:, epoch], there[:, epoch]
            z = (a.mean() - b.mean()) / spread[epoch]
            print(f"  {epoch + 1:11d}  {a.mean():7.4f} ± {a.std(ddof=1):.4f}  {b.mean():7.4f} ± {b.std(ddof=1):.4f}  {z:+.2f}")
        largest = np.abs((here.mean(0) - there.mean(0)) / spread).max()
        print(f"  largest {largest:.2f}: {'within' if largest < 1 else 'NOT within'} the spread of seeds (1)")


def compare(commit: str, blocks: int, seeds: int, batch: int | None) -> None:
    """All of it: each case's race, and with ``seeds`` the curves of the self-supervised ones."""
    with both(commit) as trees:
        for case in (c for c in CASES if batch in (None, c[2])):
            race(trees, case, blocks)
            if seeds:
                learn(trees, case, seeds)


def where() -> str:
    """Where this process has the package from."""
    import sslslr

    return str(Path(sslslr.__file__).resolve())


if __name__ == "__main__":
    asked, sys.stdout = sys.stdout, sys.stderr
    for line in sys.stdin:
        name, *about = json.loads(line)
        answer = {"steps": steps, "shares": shares, "curve": curve, "where": where}[name](*about)
        print(json.dumps(answer), file=asked, flush=True)
