"""A byte that the disk turned, a file that lost its end: every stored artefact is refused by name, or gives what it gave before."""

import json
import random
import shutil
import warnings
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from conftest import make_signs
from lightning_fabric import Fabric
from safetensors.torch import load_file

from sslslr import paths
from sslslr.clips.signs import Signs
from sslslr.commands import pretrain
from sslslr.datasets import packed
from sslslr.errors import SignError
from sslslr.extract.clips import Clip, read_instances
from sslslr.extract.summary import write
from sslslr.learning import store, weights
from sslslr.learning.training import Run
from sslslr.measures import probes
from sslslr.methods.encoder import EncoderConfig, embed
from sslslr.record.tables import Record

RUN = Run("simclr", encoder=EncoderConfig(blocks=1, width=8, heads=2), epochs=2, batch=32)
TENSORS = "weights.safetensors"


def numbers(module) -> list:
    return [v.numpy().tobytes() for v in module.state_dict().values()]


class StoredRun:
    def make(self, root):
        store.fetch(RUN, make_signs())
        shutil.copytree(paths.runs(), root)

    def read(self, root):
        shutil.rmtree(paths.runs())
        shutil.copytree(root, paths.runs())
        done = store.fetch(RUN, make_signs())
        return numbers(done.module), done.metrics.to_dict(), store.kept(done.folder / "provenance.json")


class Answer:
    def make(self, root):
        store.answer(RUN, make_signs(), {"what": "test"}, lambda: {"top1": 0.123456789, "of": [1.5, 2.25]}, probes)
        shutil.copytree(paths.runs(), root)

    def read(self, root):
        return [store.kept(path) for path in root.rglob("answer-*.json")]


class State:
    """Of a training that was stopped: whatever became of it, the training ends as an undisturbed one."""

    def make(self, root):
        with pytest.raises(KeyboardInterrupt):
            store.fetch(RUN, make_signs(), how=_stopped)
        shutil.copytree(paths.runs(), root)

    def read(self, root):
        shutil.rmtree(paths.runs(), ignore_errors=True)
        shutil.copytree(root, paths.runs())
        return numbers(store.fetch(RUN, make_signs()).module)


def _stopped(run, signs, state, on_epoch):
    def first(done):
        on_epoch(done)
        raise KeyboardInterrupt

    return store.train(run, signs, state, first)


class Pretrained:
    def make(self, root):
        pretrain.pretrain(Fabric(accelerator="cpu", devices=1), RUN, make_signs(), root)

    def read(self, root):
        found = pretrain.pretrain(Fabric(accelerator="cpu", devices=1), RUN, make_signs(), root)
        return json.dumps(found), [v.numpy().tobytes() for v in load_file(root / TENSORS).values()]


class Pack:
    def make(self, root):
        packed.pack([make_signs()], 60, 12, root)

    def read(self, root):
        signs = packed.open_packed(root)
        arrays = [np.asarray(getattr(signs, n)).tobytes() for n in packed.ARRAYS]
        return arrays, signs.glosses, signs.fps, signs.name, signs.fingerprint


class Cached:
    def make(self, root):
        make_signs().save(root / "corpus.npz")

    def read(self, root):
        return Signs.load(root / "corpus.npz").fingerprint


class ExtractedClip:
    def make(self, root):
        rng = np.random.default_rng(0)
        parts = [rng.random((9, *shape)).astype(np.float16) for shape in ((33, 3), (21, 3), (21, 3), (33,))]
        Clip(*parts, np.arange(9) * 40.0, (640, 480), 25.0, "mediapipe", "1", 1, "film").save(root / "clip.npz")

    def read(self, root):
        clip = Clip.load(root / "clip.npz")
        return clip.landmarks.tobytes(), clip.visibility.tobytes(), clip.time.tobytes(), clip.size, clip.fps, clip.source


class ExtractionList:
    def make(self, root):
        (root / "clips").mkdir(parents=True)
        about = {
            "frames": 9,
            "fps": 25.0,
            "pose": 1.0,
            "left_hand": 0.5,
            "right_hand": 0.25,
            "backend": "b",
            "version": "1",
            "complexity": 1,
        }
        rows = [
            {"id": f"c{i}", "gloss": "AB"[i % 2], "signer": f"s{i}", "split": "", "status": "extracted", "source": str(i)} | about
            for i in range(20)
        ]
        write(root, rows, {}, 0, 1.0, 1)
        for name in ("report.csv", "detection_rates.png"):  # for people; nothing reads them
            (root / name).unlink()

    def read(self, root):
        return read_instances(root).to_dict("records")


class Encoder:
    def make(self, root):
        signs = make_signs()
        weights.save(root, RUN.fitted(signs).build(4).encoder, weights.few(signs), dict.fromkeys(weights.CARD, "Said."))
        (root / "README.md").unlink()  # for people; what it says is in about.json

    def read(self, root):
        encoder = weights.load(root)
        return embed(encoder.module, make_signs()).tobytes(), encoder.about


class TheRecord:
    """The project's own, a part of it; a row that is gone is as one that was never made, and ``make record`` says that it is missing."""

    def make(self, root):
        record = Record(paths.ROOT / "data" / "record")
        small = Record(root)
        jobs = sorted(record["jobs"].items())[::25]
        names = {(row["run"], row["answer"]) for _, row in jobs}
        runs = {run for run, _ in names}
        small.add("runs", [r for (run,), r in record["runs"].items() if run in runs])
        small.add("answers", [r for name, r in record["answers"].items() if name in names])
        for table in ("epochs", "classes", "points"):
            small.add(table, [r for k, r in record[table].items() if (k[0] in runs if table == "epochs" else k[:2] in names)])
        small.add("jobs", [r for _, r in jobs])
        small.save()

    def read(self, root):
        return {(name, *key): tuple(row.values()) for name, rows in Record(root).tables.items() for key, row in rows.items()}


KINDS = {
    kind.__name__: kind for kind in (StoredRun, Answer, State, Pretrained, Pack, Cached, ExtractedClip, ExtractionList, Encoder, TheRecord)
}


def spoil(path: Path, rng: random.Random, cut: bool) -> None:
    """Turn one bit or cut the end off: half of the time near the file's ends, where its structure is."""
    data = bytearray(path.read_bytes())
    near = rng.choice([range(min(300, len(data))), range(max(0, len(data) - 300), len(data))])
    at = rng.choice(near) if rng.random() < 0.5 else rng.randrange(len(data))
    if cut:
        del data[at:]
    else:
        data[at] ^= 1 << rng.randrange(8)
    path.write_bytes(data)


@pytest.mark.parametrize("name", KINDS)
def test_a_turned_bit_or_a_lost_end_is_named_or_harmless(name, tmp_path, times, told):
    torch.set_num_threads(1)
    kind, whole = KINDS[name](), tmp_path / "whole"
    kind.make(whole)
    files = sorted(p.relative_to(whole) for p in whole.rglob("*") if p.is_file() and p.stat().st_size)
    files = [f for f in files if f.name not in (".lock", "lock")]
    shutil.copytree(whole, tmp_path / "first")
    before = kind.read(tmp_path / "first")
    seen: Counter = Counter()
    for number in range(times(12, 120)):
        rng = random.Random(f"{name} {number}")
        file, cut = rng.choice(files), number % 6 == 5
        root = tmp_path / "spoiled"
        shutil.rmtree(root, ignore_errors=True)
        shutil.copytree(whole, root)
        spoil(root / file, rng, cut)
        what = f"{name} {number}: {file}, {'cut' if cut else 'a bit turned'}"
        refusal, after = "", None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                after = kind.read(root)
            except SignError as error:
                refusal = str(error)
        if refusal:
            assert "\n" not in refusal and any(part in refusal for part in (root.name, file.stem, str(paths.runs()))), f"{what}: {refusal}"
            seen["truncations refused" if cut else "flips refused"] += 1
            continue
        if isinstance(after, dict) and name == "TheRecord" and after != before:
            assert after.items() <= before.items(), what
            seen["rows gone"] += 1
            continue
        assert after == before, what
        seen["truncations harmless" if cut else "flips harmless"] += 1
    told(", ".join(f"{n} {what}" for what, n in sorted(seen.items())))
    assert sum(n for what, n in seen.items() if "refused" in what) or name == "State"


def test_what_was_stored_before_there_were_hashes_still_reads(signs, tmp_path):
    first = store.fetch(RUN, signs)
    made = json.loads((first.folder / "provenance.json").read_text())
    for gone in (paths.SEAL, "files"):
        made.pop(gone)
    (first.folder / "provenance.json").write_text(json.dumps(made))
    again = store.fetch(RUN, signs)
    assert numbers(again.module) == numbers(first.module) and pd.DataFrame.equals(again.metrics, first.metrics)
    store.answer(RUN, signs, {"a": 1}, lambda: {"b": 2}, probes)
    (path,) = first.folder.glob("answer-*.json")
    (kept := json.loads(path.read_text())).pop(paths.SEAL)
    path.write_text(json.dumps(kept))
    assert store.answer(RUN, signs, {"a": 1}, lambda: {"b": 3}, probes) == {"b": 2}
