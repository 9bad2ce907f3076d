"""From a finished job to its rows in the record, and from rows back to an answer. Nothing in a row is typed by hand."""

import hashlib
import json
from contextlib import suppress
from importlib import import_module

import numpy as np
import pandas as pd
import torch
from safetensors.torch import load_file

from sslslr import paths
from sslslr.clips.signs import Signs
from sslslr.errors import SignError
from sslslr.learning.outdated import outdated, unknown
from sslslr.learning.store import about, key
from sslslr.learning.store import kept as read_kept
from sslslr.learning.training import Run
from sslslr.record.tables import SCORES, TABLES, Record, Row, hashed, together
from sslslr.studies import evaluation
from sslslr.studies.jobs import Job

DIGITS = 7  # of measures of an epoch and of coordinates: as many as float32 has; answers keep all


def named(job: Job) -> tuple[str, str]:
    """The names of a job's run and answer in the run store and in the record; nothing is trained or computed."""
    with evaluation.looking() as files, suppress(evaluation.NotKept):
        job.task(job.run, job.signs, *job.rest)
    if not files:
        raise SignError(f"{job.name} keeps no answer (evaluation.kept), so there is nothing to record")
    return files[0].parent.name, files[0].stem.removeprefix("answer-")


def held_out(signs: Signs) -> str:
    """The group of held-out signers as a name: the same for all runs that hold out the same ones; it tells no signer's name."""
    return hashed(sorted(set(signs.signers[signs.split == "test"].tolist())))


def asks(job: Job) -> list:
    """A job's question as plain values: its task's name and the rest; a data set by its name, another run as None."""
    plain = (r.name if isinstance(r, Signs) else None if isinstance(r, Run) else r for r in job.rest)
    return json.loads(json.dumps([job.name, *plain]))


def task_of(asked: list):
    """The function that a recorded job's question names."""
    module, _, function = asked[0].rpartition(".")
    return getattr(import_module(f"sslslr.studies.{module}"), function)


def add(record: Record, job: Job, curves: bool) -> None:
    """Add a finished job's answer and runs from the run store; with ``curves`` a row for each epoch of them, too."""
    run, answer = named(job)
    kept = read_kept(paths.runs() / run / f"answer-{answer}.json")
    for one in job.runs:
        name = key(one.fitted(job.signs), job.signs)
        if not complete(record["runs"].get((name,)), curves):
            of = paths.runs() / name / "run.json"
            said = read_kept(of) if of.exists() else kept["of"] if name == run else None
            if said:
                _add_run(record, name, said, held_out(job.signs), curves)
    _add_answer(record, run, answer, kept)


def complete(row: Row | None, curves: bool) -> bool:
    """Whether a run's row says all that it can: it was trained, and its epochs are there where they are wanted."""
    return bool(row and row["weights"] and (row["epochs"] or not curves or not json.loads(row["settings"])["epochs"]))


def _add_run(record: Record, run: str, said: dict, group: str, curves: bool) -> None:
    folder, trained = paths.runs() / run, {}
    epochs: list[dict] = []
    if (folder / "provenance.json").exists():  # hand-made features need no training
        trained = read_kept(folder / "provenance.json")
        try:
            paths.unchanged(folder, trained.get("files", {}))
        except (OSError, ValueError) as error:
            raise SignError(f"{folder}: the stored run can't be recorded ({error}); delete this folder and start again") from None
        epochs = [{k: _rounded(v) for k, v in row.items()} for row in pd.read_csv(folder / "metrics.csv").to_dict("records")]
    rows = [TABLES["epochs"].row({"run": run} | dict.fromkeys(SCORES) | row) for row in epochs if curves]
    record.add("epochs", rows)
    data = said["data"]
    values = {
        "run": run, "corpus": data["name"], "kind": data["kind"], "method": said["method"], "views": said["views"]["name"],
        "seed": said["seed"], "group": group, "settings": {k: v for k, v in said.items() if k not in ("data", "versions")},
        "versions": said["versions"], "data": {k: data[k] for k in ("fingerprint", "versions")},
        "last": {k: v for k, v in epochs[-1].items() if k != "epoch"} if epochs else {},
        "weights": weights(run) if trained else "", "epochs": together(rows) if rows else "", "packages": trained.get("versions", {}),
    }  # fmt: skip
    measured = ("commit", "date", "machine", "processor", "device", "seconds", "peak_memory_mb")
    record.add("runs", [TABLES["runs"].row(values | {k: trained.get(k) for k in measured})])


def _add_answer(record: Record, run: str, answer: str, kept: dict) -> None:
    values, of, parts = dict(kept["answer"]), {"run": run, "answer": answer}, []
    if "points" in values:
        points = zip(values.pop("index"), values.pop("points"), strict=True)
        parts = [TABLES["points"].row(of | {"index": i, "x": _rounded(x), "y": _rounded(y)}) for i, (x, y) in points]
        record.add("points", parts)
    if "correct" in values:  # of each clip: only what a class has of it is kept, and no clip's name
        values.pop("clips")
        found = pd.Series(values.pop("correct")).groupby(np.array(values.pop("labels"))).agg(["size", "mean"])
        parts = [TABLES["classes"].row(of | {"label": int(k), "clips": int(n), "correct": _rounded(p)}) for k, n, p in found.itertuples()]
        record.add("classes", parts)
    if "seconds" in values:
        values["seconds"] = None  # the run's row has it
    own = {"question": kept["question"], "versions": kept["versions"], "values": values, "parts": together(parts) if parts else ""}
    record.add("answers", [TABLES["answers"].row(of | own)])


def answer_of(record: Record, run: str, answer: str) -> dict:
    """An answer as its task gave it, from the record; of clips, their classes' means."""
    row = record["answers"][run, answer]
    values = json.loads(row["values"])
    parts = record.long("answers", (run, answer)) if row["parts"] else []
    if parts and "x" in parts[0]:
        values |= {"index": [int(p["index"]) for p in parts], "points": [[float(p["x"]), float(p["y"])] for p in parts]}
    elif parts:
        times = [int(p["clips"]) for p in parts]
        for name, column, kind in (("labels", "label", int), ("correct", "correct", float)):
            values[name] = np.repeat([kind(p[column]) for p in parts], times).tolist()
        values["clips"] = [str(i) for i in range(sum(times))]
    if values.get("seconds", 0) is None:
        values["seconds"] = float(record["runs"][run,]["seconds"] or "nan")
    return values


def epochs_of(record: Record, run: str) -> pd.DataFrame:
    """The metrics of each epoch of a recorded run (see ``training.train``), none where no study draws them."""
    frame = pd.DataFrame(record.long("runs", (run,)), columns=["epoch", *SCORES])
    return frame.apply(pd.to_numeric).dropna(axis=1, how="all")


def twin(record: Record, run: str, job: Job) -> bool:
    """Whether a recorded run is today's, and a job's own but for its precision (and that of the run that it starts from)."""
    of, row = about(job.run.fitted(job.signs), job.signs), record["runs"][run,]

    def plain(settings: dict) -> dict:
        return {k: v for k, v in settings.items() if k not in ("precision", "start", "data", "versions")}

    same = plain(json.loads(json.dumps(of))) == plain(json.loads(row["settings"]))
    return same and json.loads(row["data"])["fingerprint"] == of["data"]["fingerprint"] and not stale(record, run)


def stale(record: Record, run: str, answer: str = "") -> str:
    """Why today's code would not make this run, or this answer about it, again; "" if it would."""
    row = record["runs"].get((run,))
    if not row:
        return f"its run {run} is not in the record"
    settings, data = json.loads(row["settings"]), json.loads(row["data"]) | {"name": row["corpus"], "kind": row["kind"]}
    if why := outdated({**settings, "data": data, "versions": json.loads(row["versions"])}, run):
        return why
    if (start := settings.get("start")) and (why := stale(record, start)):
        return f"starts from {start}, which is {why}"
    old = unknown(json.loads(record["answers"][run, answer]["versions"])) if answer else ""
    return f"answered by {old}" if old else ""


def weights(run: str) -> str:
    """Hash of a stored run's weights: names, kinds, shapes and every bit of every tensor."""
    digest = hashlib.sha256()
    for k, v in sorted(load_file(paths.runs() / run / "weights.safetensors").items()):
        digest.update(f"{k} {v.dtype} {tuple(v.shape)} ".encode() + v.contiguous().reshape(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()[:16]


def _rounded(value: float) -> float:
    return value if isinstance(value, int) else float(f"{value:.{DIGITS}g}")
