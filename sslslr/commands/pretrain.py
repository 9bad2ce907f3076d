"""One large pretraining over several devices (Lightning Fabric).

Every process draws the views of the whole batch and passes its share of it through the encoder; the features are
gathered with their gradients, so heads, batch norms and negatives see the whole batch, as in one process.
"""

import json
import math
import os
import shlex
import time
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from lightning_fabric import Fabric
from safetensors.torch import save_file
from tqdm import tqdm

from sslslr import paths, profiles
from sslslr.clips.signs import Signs
from sslslr.commands import Parser
from sslslr.errors import SignError
from sslslr.learning.training import Run, as_json, measure, restore, store, train_epoch
from sslslr.provenance import provenance
from sslslr.studies import corpora
from sslslr.studies.comparison import METHODS
from sslslr.views import VIEWS, ViewConfig


def pretrain(fabric: Fabric, run: Run, signs: Signs, folder: Path, compiled: bool = False) -> list[dict]:
    """Train ``run`` on the training split over all of the fabric's processes; returns a dict of metrics an epoch.

    ``compiled``: the encoder goes through torch.compile; weights and their names stay what they are.

    ``folder`` gets ``run.json``, ``metrics.json``, ``weights.safetensors`` and, while training, ``state.safetensors``,
    from which the same call goes on. Raises SignError when the loss is no longer finite, or a batch is smaller than
    the number of processes.
    """
    run, part, world = run.fitted(signs), signs.part("train"), fabric.world_size
    if len(part) // max(1, -(-len(part) // run.batch)) < world:
        raise SignError(f"{signs.name}: batches of {run.batch} clips can't be shared by {world} processes; take fewer or a larger batch")
    plain = run.build(len(signs.glosses)).to(fabric.device)
    optimiser = run.optimiser.build(plain)
    state = folder / "state.safetensors"
    metrics, seconds = restore(state, plain, optimiser) if state.exists() else ([], 0.0)
    if compiled:
        plain.encoder.compile()
    module, optimiser = fabric.setup(plain, optimiser)
    module.mark_forward_method("loss")
    for epoch in tqdm(
        range(len(metrics), run.epochs), initial=len(metrics), total=run.epochs, unit="epoch", disable=fabric.global_rank > 0
    ):
        started = time.perf_counter()
        losses = train_epoch(run, module, optimiser, part, epoch, fabric.device, slice(fabric.global_rank, None, world))
        if not math.isfinite(losses[-1]):
            raise SignError(f"{signs.name}, {run.method}: the loss is {losses[-1]} in epoch {epoch + 1}; lower the rate")
        seconds += time.perf_counter() - started
        metrics.append({"epoch": epoch + 1, "loss": float(np.mean(losses)), "seconds": seconds})
        if fabric.global_rank == 0:
            plain.eval()
            metrics[-1] |= measure(plain, signs, run.precision) if (signs.split == "val").any() else {}
            store(state, plain, optimiser.optimizer, metrics, seconds)
        fabric.barrier()
    if fabric.global_rank == 0:
        made = provenance() | {"devices": world, "seconds": round(seconds, 1), "compiled": compiled}
        paths.write_json(folder / "run.json", as_json(run) | {"data": {"name": signs.name, "fingerprint": signs.fingerprint}, "made": made})
        paths.write_text(folder / "metrics.json", json.dumps(metrics, indent=1))
        with paths.atomic(folder / "weights.safetensors") as partial:
            save_file({k: v.cpu().contiguous() for k, v in plain.state_dict().items()}, partial)
        state.unlink(missing_ok=True)
    fabric.barrier()
    return metrics


def wanted(compiled: str, device: torch.device) -> bool:
    """Whether ``auto``, ``true`` or ``false`` means to compile on this device: a CPU is slower for it (0.7 times, measured)."""
    return compiled == "true" or (compiled == "auto" and device.type == "cuda")


def main(arguments: list[str]) -> int:
    """Run the command; sizes come from the profile. Each process loads the corpus (a packed one is mapped into memory)."""
    parser = Parser(__name__, __doc__)
    parser.add_argument("out", type=Path, help="folder of the result")
    parser.add_argument("--profile", default="paper")
    parser.add_argument("--dataset", default="synthetic")
    parser.add_argument("--data", default="")
    parser.add_argument("--option", action="append", default=[], metavar="NAME=VALUE", help="how the data set is read")
    parser.add_argument("--corpus", default="lsfb-like", help="which of the synthetic corpora")
    parser.add_argument("--method", default="slfpn", choices=METHODS)
    parser.add_argument("--views", default="boundary", choices=sorted(VIEWS))
    parser.add_argument("--rate", type=float)
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--devices", type=int, default=1)
    parser.add_argument("--num-nodes", type=int, default=1)
    parser.add_argument("--precision", default="auto", help="auto, fp32 or bf16")
    parser.add_argument("--compile", default="auto", choices=["auto", "true", "false"], help="torch.compile; auto: on a GPU, where it pays")
    options = parser.parse_args(arguments)
    profile = profiles.load(options.profile)
    sizes = replace(profile, precision=options.precision, epochs=options.epochs or profile.epochs)
    loaded = corpora.load(sizes, options.dataset, options.data, only=options.corpus, options=shlex.join(options.option))
    signs, _ = corpora.split(next(iter(loaded.values())), sizes, options.seed)
    run = corpora.base_run(sizes, options.seed, options.rate, method=options.method, views=ViewConfig(options.views))
    several = options.devices * options.num_nodes > 1
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # for the other processes, which Fabric starts
    fabric = Fabric(devices=options.devices, num_nodes=options.num_nodes, strategy="ddp" if several else "auto")
    fabric.launch()
    metrics = pretrain(fabric, run, signs, options.out, wanted(options.compile, fabric.device))
    if fabric.global_rank == 0:
        print(f"{options.out}: {len(metrics)} epochs on {fabric.world_size} process(es), loss {metrics[-1]['loss']:.4f}")
    return 0


warnings.filterwarnings("ignore", "torch.distributed.nn.functional.all_gather is deprecated", FutureWarning)
