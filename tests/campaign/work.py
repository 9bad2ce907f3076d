"""What a campaign kills: ``python work.py KIND FOLDER`` does one kind of long work below FOLDER, or goes on with it. "begun" is said first."""

import json
import os
import re
import signal
import sys
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), *(str(ROOT / "tests" / p) for p in ("", "extract", "record", "learning", "datasets"))]
KIND, FOLDER = (sys.argv[1], Path(sys.argv[2])) if __name__ == "__main__" else ("", Path())
for name in ("RUNS", "RESULTS", "CACHE", "RECORD") if KIND else ():
    os.environ[f"SSLSLR_{name}"] = str(FOLDER / name.lower())

import numpy as np  # noqa: E402
import torch  # noqa: E402

torch.set_num_threads(1)


def extraction():
    from media import Stub, noise

    from sslslr.extract.batch import extract
    from sslslr.extract.video import write_video

    if not (FOLDER / "in" / "ready").exists():
        (FOLDER / "in").mkdir(exist_ok=True)
        for i in range(40):
            write_video(FOLDER / "in" / f"{i:02}.mp4", noise(8, seed=i))
        (FOLDER / "in" / "ready").touch()
    print("begun", flush=True)
    extract(FOLDER / "in", FOLDER / "out", 2, backend=Stub, progress=False)


def packing():
    import layouts

    from sslslr.datasets import packed

    if not (FOLDER / "data" / "ready").exists():
        rows = [{"id": f"{g}/{s}{k}", "gloss": g, "signer": s, "split": ""} for g in "ABCD" for s in ("s1", "s2", "s3") for k in range(30)]
        layouts.extraction(FOLDER / "data", rows)
        (FOLDER / "data" / "ready").touch()
    print("begun", flush=True)
    packed.prepared("own", FOLDER / "data", 16)


def pretraining():
    from conftest import make_signs
    from test_runs import EVERY, SMALL

    from sslslr.learning import store, training

    signs = make_signs()
    print("begun", flush=True)
    for method, optimiser in EVERY:
        store.fetch(replace(SMALL, epochs=4, method=method, optimiser=training.Optimiser(optimiser)), signs)


def several_devices():
    from conftest import make_signs
    from lightning_fabric import Fabric
    from test_runs import SMALL

    from sslslr.commands.pretrain import pretrain

    signs = make_signs()
    print("begun", flush=True)
    pretrain(Fabric(accelerator="cpu", devices=1), replace(SMALL, epochs=40, method="moco"), signs, FOLDER / "out")


def grid():
    from conftest import make_signs
    from test_runs import SMALL

    from sslslr.learning.grid import side_by_side
    from sslslr.studies import evaluation

    signs = make_signs()
    print("begun", flush=True)
    side_by_side(evaluation.evaluate, [(replace(SMALL, seed=seed, epochs=4), signs) for seed in range(12)], 2)


def finetuning():
    from conftest import make_signs
    from test_runs import SMALL

    from sslslr.learning import finetuning, store

    finetuning.SAVE = 0.2
    signs = make_signs()
    print("begun", flush=True)
    for choose in ("last", "val"):
        start = replace(SMALL, epochs=3).fitted(signs)
        tuning = finetuning.Tuning(
            encoder=SMALL.encoder, epochs=40, batch=16, start=store.key(start, signs), choose=choose, optimiser=finetuning.Ramp(rate=0.3)
        )
        finetuning.fetch(tuning, signs, start)


def record():
    from test_record import BOTH, asked, made, recording

    recording.SAVE = 0.2
    print("begun", flush=True)
    made(asked(), *BOTH)


def papermill():
    import nbformat

    from sslslr.commands.reproduce import reproduce

    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    head = 'PROFILE = "smoke"\nDATASET = "synthetic"\nDATA = ""\nWORKERS = 1\n'
    code = (
        "import pandas as pd\nfrom sslslr.report.stage import Stage\nstage = Stage(PROFILE, DATASET, DATA, WORKERS)\n"
        "stage.table(pd.DataFrame({'model': ['a'], 'accuracy': [NUMBER / 3]}), 'tableNUMBER_toy', 'One number')"
    )
    (FOLDER / "notebooks").mkdir(parents=True, exist_ok=True)
    for number in range(3):
        cells = [
            nbformat.v4.new_markdown_cell("# toy"),
            nbformat.v4.new_code_cell(head),
            nbformat.v4.new_code_cell(code.replace("NUMBER", str(number))),
        ]
        cells[1].metadata["tags"] = ["parameters"]
        for i, cell in enumerate(cells):
            cell["id"] = f"cell{i}"
        if not (path := FOLDER / "notebooks" / f"{number:02}_toy.ipynb").exists():
            nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), path)
    print("begun", flush=True)
    reproduce("synthetic", "smoke", folder=FOLDER / "notebooks")


KINDS = (extraction, packing, pretraining, several_devices, grid, finetuning, record, papermill)
RESULTS = ("weights.safetensors", "metrics.csv", "instances.csv", "landmarks.npy", "labels.npy", "metrics.json")


def outcome(kind: str, folder: Path) -> dict:
    """All that the work gives, without clocks."""
    if kind == "record":
        from sslslr.record.tables import Record

        return Record(folder / "record").decided()
    found: dict = {}
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        name = re.sub("own-[0-9a-f]{20}", "own", path.relative_to(folder).as_posix())  # a pack's key knows its source's times
        if "/." in name:  # half written, and of nobody's concern
            continue
        if path.name in RESULTS or path.suffix == ".npz" or ("/tables/" in name and path.suffix == ".csv"):
            found[name] = path.read_bytes().replace(str(folder).encode(), b"")
        if path.name.startswith("answer-"):
            found[name] = json.loads(path.read_text())["answer"]
    if kind == "several_devices":
        rows = json.loads(found["out/metrics.json"])
        found["out/metrics.json"] = [{k: v for k, v in row.items() if k != "seconds"} for row in rows]
    return found


if __name__ == "__main__":
    from sslslr import commands

    np.seterr(all="ignore")
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job would ignore it
    commands.command = lambda kind: lambda _: (globals()[kind]() and 0) or 0  # errors end as those of every command
    sys.exit(commands.main([KIND]))
