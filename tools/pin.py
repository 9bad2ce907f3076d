"""``python tools/pin.py``: pin the numbers that every deciding part gives at toy size, for those whose version is new.

``tests/learning/test_pinned.py`` compares with them, so that numbers that change without a new version are found. A part whose
version is as pinned but whose numbers are not is left alone and named: raise the VERSION in its file first.
"""

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from sslslr import paths
from sslslr.clips import boundaries, skeleton, splits
from sslslr.clips.signs import Signs, prepare
from sslslr.datasets import synthetic
from sslslr.learning import finetuning, store, training
from sslslr.measures import collapse, embedding, metrics, probes
from sslslr.methods import METHODS
from sslslr.methods.encoder import EncoderConfig, embed
from sslslr.provenance import versions
from sslslr.video import film, model, render, style
from sslslr.video import training as video
from sslslr.views import ENDS, VIEWS, ViewConfig

FILE = Path(__file__).parents[1] / "tests" / "learning" / "pinned.json"
RELATIVE, ABSOLUTE = 1e-4, 5e-5  # the second for a cosine near 0: builds of PyTorch (CPU, CUDA) differ there by 3e-5 after a few steps
SMALL = EncoderConfig(blocks=1, width=16, heads=2)


def clips(n: int = 36, frames: int = 10, classes: int = 3) -> Signs:
    """Sign clips from numpy's generator alone, the same on every processor; some hands missing, four signers."""
    rng = np.random.default_rng(0)
    labels, who = np.arange(n) % classes, np.arange(n) // classes % 4
    body = rng.random((75, 2), np.float32)
    body[[11, 12]] = (-0.5, 0), (0.5, 0)
    moves = (rng.random((classes, frames, 75, 2), np.float32) - 0.5) * 0.8
    landmarks = body + moves[labels] + (rng.random((n, frames, 75, 2), np.float32) - 0.5) * 0.1
    landmarks[:, :, 54:][rng.random((n, frames)) < 0.2] = np.nan
    lengths = rng.integers(frames - 3, frames + 1, n)
    landmarks[np.arange(frames) >= lengths[:, None]] = np.nan
    split, middle = np.array(["train", "train", "val", "test"])[who], np.full(n, 2.0)
    names = np.array([f"clip{i:02d}" for i in range(n)])
    return Signs("pinned", "synthetic", skeleton.MEDIAPIPE_75, landmarks, lengths, labels, ("A", "B", "C")[:classes], who.astype(str), names,
                 split, middle, middle + 4)  # fmt: skip


def numbers_of(module, rows: list[dict], signs: Signs) -> list[float]:
    """The loss of each epoch, and the norm of the encoder's features around their mean (their own is fixed by a LayerNorm)."""
    features = embed(module.encoder, signs)
    return [row["loss"] for row in rows] + [float(np.linalg.norm(features - features.mean(0)))]


def trained(run: training.Run, signs: Signs) -> dict:
    """A training's entry."""
    run = run.fitted(signs)
    loop = finetuning.train if isinstance(run, finetuning.Tuning) else training.train
    module, rows, _ = loop(run, signs)
    return {"versions": store.versions(run, signs), "numbers": numbers_of(module, rows, signs)}


def trainings(signs: Signs) -> dict[str, dict]:
    """Every method with every view set, the three kinds of ends, another pool and optimiser, and fine-tunings."""
    base = training.Run(encoder=SMALL, epochs=2, batch=9)
    runs = {f"{method} x {views}": replace(base, method=method, views=ViewConfig(views)) for method in METHODS for views in VIEWS}
    runs |= {f"ends {ends}": replace(base, views=ViewConfig(ends=ends)) for ends in ENDS}
    runs["pool mean, sgd"] = replace(base, encoder=replace(SMALL, pool="mean"), optimiser=training.Optimiser("sgd", rate=0.05))
    tuning = finetuning.Tuning(encoder=SMALL, epochs=2, batch=9)
    runs |= {f"fine-tuning, share {share}": replace(tuning, share=share) for share in (0.5, 1.0)}
    return {name: trained(run, signs) for name, run in runs.items()}


def on_pictures(signs: Signs) -> dict[str, dict]:
    """The three targets of pictures, on noise, and how bright a rendered body is."""
    rng, size = np.random.default_rng(2), 32
    shown = film.Film(
        rng.integers(0, 256, (len(signs), film.FRAMES, size, size, 3), np.uint8), signs.clips, np.arange(len(signs)) // 2, "noise"
    )
    out, sizes = {}, {"size": size, "tube": [4, 16], "hidden": 8}
    small = EncoderConfig(blocks=1, width=16, heads=2, dropout=0.0)
    for targets in model.TARGETS:
        run = video.VideoRun(encoder=small, epochs=2, batch=9, pixels=shown.name, options=sizes | {"targets": targets}).fitted(signs)
        module, rows, _ = video.train(run, signs, film=shown)
        steps, _ = video.embed(module, shown, np.arange(len(signs)))
        numbers = [row["loss"] for row in rows] + [float(np.linalg.norm(steps - steps.mean(0)))]
        out[f"pictures, {targets}"] = {"versions": store.versions(run, signs), "numbers": numbers}
    seen = film.Camera(8)
    synthetic.make("gsl-like", 2, 4, 8, film=seen)
    pictures = render.render(seen.bodies[0], seen.images[0], style.style([0, 0], 0, 0, 96), 48).astype(float)
    out["rendered body"] = {"versions": versions(render, style), "numbers": [float(pictures.mean()), float(pictures.std())]}
    return out


def measures() -> dict[str, dict]:
    """Every probe and measure on fixed features: the probes' log-likelihood of the right gloss, which moves before an accuracy does."""
    rng = np.random.default_rng(1)
    labels, signers = np.arange(60) % 4, np.arange(60) // 4 % 5
    x = rng.random((60, 8)) + 0.3 * (rng.random((4, 8)) - 0.5)[labels]
    fit, asked = slice(0, 40), slice(40, 60)
    out = {}
    for probe in probes.PROBES:
        numbers = []
        for standardise in (True, False):
            model = probes.classifier(probe, standardise, 40).fit(x[fit], labels[fit])
            likely = model.predict_proba(x[asked])[np.arange(20), labels[asked]]
            numbers += [
                float(np.log(likely + 1e-3).mean()),
                *probes.score(probe, x[fit], labels[fit], x[asked], labels[asked], standardise).values(),
            ]
        out[f"probe {probe}"] = {"versions": versions(probes), "numbers": numbers}
    out["hand-made features"] = {"versions": versions(probes), "numbers": [float(np.nansum(probes.handmade(clips())))]}
    out["collapse"] = {"versions": versions(collapse), "numbers": list(collapse.collapse_measures(torch.from_numpy(x)).values())}
    found = embedding.inertia(x, labels) | embedding.sign_or_signer(x, labels, signers)
    numbers = [*found.values(), embedding.trustworthiness(x, x[:, :2]), float(np.linalg.norm(embedding.collapsed(x)))]
    out["embedding"] = {"versions": versions(embedding), "numbers": list(map(float, numbers))}
    ranks = metrics.ranks(x[:, :4], labels)
    numbers = [*metrics.recognition(ranks, labels).values(), *metrics.retrieval(ranks).values()]
    out["recognition"] = {"versions": versions(metrics), "numbers": list(map(float, numbers))}
    return out


def data(signs: Signs) -> dict[str, dict]:
    """Every synthetic corpus, preparation, the boundary estimate and the splits."""
    out = {}
    for corpus in synthetic.CORPORA:
        made = synthetic.make(corpus, 4, 5, 20)
        out[f"corpus {corpus}"] = {
            "versions": made.versions,
            "numbers": [float(np.nanmean(np.abs(made.landmarks))), float(made.onset.mean())],
        }
    ready = prepare(signs, 8)
    out["preparation"] = {"versions": versions(prepare), "numbers": [float(np.nanmean(np.abs(ready.landmarks))), float(ready.onset.mean())]}
    found = boundaries.estimate(signs)
    numbers = [float(v.mean()) for v in (found.onset, found.offset, found.confidence)]
    out["boundary estimate"] = {"versions": versions(boundaries), "numbers": numbers}
    order = np.arange(1, len(signs) + 1)
    held, mixed = (s.split for s in (splits.by_signer(signs, 4, 1), splits.stratified(signs, 0.3)))
    numbers = [float((order * (split == part)).sum()) for split in (held, mixed) for part in ("train", "val", "test")]
    numbers.append(float(order[splits.fraction(signs.labels, 0.4, seed=2)].sum()))
    out["splits"] = {"versions": versions(splits), "numbers": numbers}
    return out


def entries() -> dict[str, dict]:
    """All entries by name, computed now, with one thread on the CPU: the versions that decide it, and its numbers."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        signs = clips()
        return trainings(signs) | on_pictures(signs) | measures() | data(signs)
    finally:
        torch.set_num_threads(threads)


def compared(pinned: dict[str, dict], found: dict[str, dict]) -> tuple[list[str], list[str]]:
    """Names whose numbers changed though no version did (a defect), and names to pin anew (new, gone, or of a new version)."""
    known = [name for name in found if name in pinned and found[name]["versions"] == pinned[name]["versions"]]
    changed = [name for name in known if not same(pinned[name]["numbers"], found[name]["numbers"])]
    return changed, [name for name in {**found, **pinned} if name not in known]


def same(a: list[float], b: list[float]) -> bool:
    """Whether two lists of numbers agree to ``RELATIVE`` (and ``ABSOLUTE``)."""
    return len(a) == len(b) and np.allclose(a, b, rtol=RELATIVE, atol=ABSOLUTE, equal_nan=True)


def main() -> int:
    """Write what is new; status 1 where a number changed without a version."""
    pinned = json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}
    found = entries()
    changed, anew = compared(pinned, found)
    for name in changed:
        print(
            f"{name}: other numbers, but still {', '.join(found[name]['versions'])}; raise the VERSION of the part that changed",
            file=sys.stderr,
        )
    kept = {name: pinned[name] if name in changed or name not in anew else entry for name, entry in found.items()}
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(entry)}" for name, entry in sorted(kept.items()))
    paths.write_text(FILE, "{\n" + lines + "\n}\n")
    print(f"{len(anew)} of {len(found)} entries pinned anew in {FILE.name}")
    return 1 if changed else 0


if __name__ == "__main__":
    sys.exit(main())
