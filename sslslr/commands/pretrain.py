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

import joblib
import numpy as np
import torch
from lightning_fabric import Fabric
from safetensors.torch import save_file
from tqdm import tqdm

from sslslr import paths, profiles
from sslslr.clips.signs import Signs
from sslslr.commands import Parser, count, place, positive, whole
from sslslr.commands.named import check
from sslslr.errors import SignError, counted
from sslslr.learning.store import about as about_run
from sslslr.learning.store import whole_or_none
from sslslr.learning.training import Run, measure, restore, store, train_epoch
from sslslr.provenance import provenance
from sslslr.studies import corpora, passed_on
from sslslr.studies.comparison import METHODS
from sslslr.views import VIEWS, ViewConfig


def pretrain(fabric: Fabric, run: Run, signs: Signs, folder: Path, compiled: bool = False, again: bool = False) -> list[dict]:
    """Train ``run`` on the training split over all of the fabric's processes; returns a dict of metrics an epoch.

    ``compiled``: the encoder goes through torch.compile; weights and their names stay what they are.

    ``folder`` gets ``run.json`` at the start, which says whose it is, ``metrics.json``, ``weights.safetensors`` and, while training,
    ``state.safetensors``, from which the same call goes on. Where the training is finished its metrics come back, unless it is to be made
    ``again``. Raises SignError when the folder is another run's or other data's, the loss is no longer finite, or a batch is smaller than the
    number of processes.
    """
    run, part, world = run.fitted(signs), signs.part("train"), fabric.world_size
    if len(part) // max(1, -(-len(part) // run.batch)) < world:
        raise SignError(f"{signs.name}: batches of {run.batch} clips can't be shared by {world} processes; take fewer or a larger batch")
    plain = run.build(len(signs.glosses)).to(fabric.device)
    optimiser = run.optimiser.build(plain)
    state = folder / "state.safetensors"
    about = json.loads(json.dumps(about_run(run, signs)))
    folder.mkdir(parents=True, exist_ok=True)
    whose(folder, about)
    if not again and (folder / "weights.safetensors").exists():
        return _finished(folder)
    fabric.barrier()
    if fabric.global_rank == 0:
        for name in RESULTS if again and (folder / "weights.safetensors").exists() else ():  # else it was begun anew already, and goes on
            paths.unseal(folder / name)
        whole_or_none(state)
        paths.write_json(folder / "run.json", about, sealed=True)
    fabric.barrier()
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
        paths.write_text(folder / "metrics.json", json.dumps(metrics, indent=1))
        with paths.atomic(folder / "weights.safetensors") as partial:
            save_file({k: v.cpu().contiguous() for k, v in plain.state_dict().items()}, partial)
            made["files"] = paths.digests(folder, "metrics.json") | {"weights.safetensors": paths.digest(partial)}
            paths.write_json(folder / "run.json", about | {"made": made}, sealed=True)
        paths.unseal(state)
    fabric.barrier()
    return metrics


RESULTS = ("state.safetensors", "weights.safetensors", "metrics.json", "run.json")


def _finished(folder: Path) -> list[dict]:
    """The metrics of a finished training; SignError where it is not as it was written."""
    try:
        paths.unchanged(folder, paths.read_json(folder / "run.json").get("made", {}).get("files", {}))
        if not (metrics := paths.read_json(folder / "metrics.json")) or any("loss" not in epoch for epoch in metrics):
            raise ValueError("metrics.json has no epochs")
        return metrics
    except PermissionError:
        raise
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise SignError(f"{folder}: the finished training can't be read ({error}); --again makes it anew") from None


def whose(folder: Path, about: dict) -> None:
    """Raise SignError where ``folder`` holds a training of other settings or data than ``about``, saying which differ."""
    if not any((folder / name).exists() for name in RESULTS if name != "run.json"):
        return
    try:
        then = paths.read_json(folder / "run.json")
        if not about.keys() & then.keys():
            raise ValueError("says nothing of a training")
        other = {k: (then.get(k), v) for k, v in about.items() if then.get(k) != v}
    except FileNotFoundError:
        raise SignError(f"{folder}: holds a training, but no run.json says of what; choose another folder, or delete this one") from None
    except (ValueError, AttributeError):
        raise SignError(f"{folder}: its run.json is not as it was written; choose another folder, or delete this one") from None
    if other:
        told = [f"{name} {_short(a, b)}, not {_short(b, a)}" for name, (a, b) in other.items()]
        raise SignError(f"{folder}: holds a training of other settings ({'; '.join(told)}); choose another folder, or delete this one")


def _short(value, other) -> str:
    """A setting for a message; of a group or a list of settings those that differ from the ``other``'s."""
    if isinstance(value, dict) and isinstance(other, dict):
        return " ".join(f"{k} {_short(v, other.get(k))}" for k, v in value.items() if other.get(k) != v) or "fewer"
    if isinstance(value, list) and isinstance(other, list):
        return ", ".join(str(v) for v in value if v not in other) or "fewer"
    return f"{value[:12]}..." if isinstance(value, str) and len(value) > 30 else str(value)


def wanted(compiled: str, device: torch.device) -> bool:
    """Whether ``auto``, ``true`` or ``false`` means to compile on this device: a CPU is slower for it (0.7 times, measured)."""
    return compiled == "true" or (compiled == "auto" and device.type == "cuda")


def bounded(devices: int, nodes: int, batch: int) -> None:
    """Raise SignError for more processes than this machine can run, or than a batch has clips, before any is started."""
    gpus, cores = torch.cuda.device_count(), joblib.cpu_count()
    if devices > (most := gpus or 2 * cores):
        raise SignError(
            f"--devices {devices}: this machine has {counted(gpus, 'GPU') if gpus else counted(cores, 'core')}; take at most {most}"
        )
    if devices * nodes > batch:
        raise SignError(f"--devices {devices} --num-nodes {nodes}: a batch of {batch} clips can't be shared by {devices * nodes} processes")


def main(arguments: list[str]) -> int:
    """Run the command; sizes come from the profile. Each process loads the corpus (a packed one is mapped into memory)."""
    parser = Parser(__name__, __doc__)
    parser.add_argument("out", type=place, help="folder of the result")
    parser.add_argument("--profile", default="paper")
    parser.add_argument("--dataset", default="synthetic")
    parser.add_argument("--data", default="")
    parser.add_argument("--option", action="append", default=[], metavar="NAME=VALUE", help="how the data set is read")
    parser.add_argument("--corpus", default="lsfb-like", help="which of the synthetic corpora")
    parser.add_argument("--method", default="slfpn", choices=METHODS)
    parser.add_argument("--views", default="boundary", choices=sorted(VIEWS))
    parser.add_argument("--rate", type=positive)
    parser.add_argument("--epochs", type=count)
    parser.add_argument("--seed", type=whole, default=0)
    parser.add_argument("--devices", type=count, default=1)
    parser.add_argument("--num-nodes", type=count, default=1)
    parser.add_argument("--precision", default="auto", choices=["auto", "fp32", "bf16"])
    parser.add_argument("--compile", default="auto", choices=["auto", "true", "false"], help="torch.compile; auto: on a GPU, where it pays")
    parser.add_argument("--again", action="store_true", help="make a finished training anew; otherwise it is left as it is")
    parser.add_argument("--card", type=place, help="a model card (YAML): OUT/encoder becomes an encoder to pass on (docs/pretrained.md)")
    options = parser.parse_args(arguments)
    card = passed_on.read_card(options.card) if options.card else None
    if options.out.exists() and not options.out.is_dir():
        raise SignError(f"{options.out}: is a file; expected a folder, which gets the result")
    profile = profiles.load(options.profile)
    sizes = replace(profile, precision=options.precision, epochs=options.epochs or profile.epochs)
    check(options.dataset, options.profile, options.data)
    bounded(options.devices, options.num_nodes, profile.batch)
    loaded = corpora.load(sizes, options.dataset, options.data, only=options.corpus, options=shlex.join(options.option))
    signs, protocol = corpora.split(next(iter(loaded.values())), sizes, options.seed)
    run = corpora.base_run(sizes, options.seed, options.rate, method=options.method, views=ViewConfig(options.views))
    several = options.devices * options.num_nodes > 1
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # for the other processes, which Fabric starts
    fabric = Fabric(devices=options.devices, num_nodes=options.num_nodes, strategy="ddp" if several else "auto")
    fabric.launch()
    before = (options.out / "weights.safetensors").exists() and not options.again
    metrics = pretrain(fabric, run, signs, options.out, wanted(options.compile, fabric.device), options.again)
    if fabric.global_rank == 0:
        how = "finished before and left as it is (--again makes it anew)" if before else f"on {fabric.world_size} process(es)"
        print(f"{options.out}: {signs.name} ({signs.kind}), {counted(len(metrics), 'epoch')} {how}, loss {metrics[-1]['loss']:.4f}")
        if card:
            own: dict = {"corpus": signs.name, "sizes": sizes.corpora[signs.name]} if signs.kind == "synthetic" else {"dataset": signs.name}
            settings = own | {
                "frames": sizes.frames,
                "input": sizes.input,
                "profile": sizes.name,
                "folds": sizes.folds,
                "repeat": options.seed,
            }
            written = passed_on.pass_on(options.out, run, signs, card, settings | {"protocol": protocol})
            print(f"{written}: an encoder to pass on, with a few training clips of {signs.name} as its reference")
    return 0


warnings.filterwarnings("ignore", "torch.distributed.nn.functional.all_gather is deprecated", FutureWarning)
