"""How far do a run's numbers move with the number of threads, the processor's instructions and the precision?

``python benchmarks/tolerances.py`` trains the same runs of profile decide on one synthetic corpus, each way in a process of its
own: once more as before (must be the same bit for bit), with two threads, and with the instructions of an older processor (no
AVX-512, or none for bf16, in PyTorch, oneDNN, MKL, OpenBLAS and NumPy), in fp32 and in bf16; and writes ``data/record/tolerances.json``, which
``sslslr audit`` holds runs against that were recorded on another kind of processor.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

METHODS = (("simclr", "strong"), ("slfpn", "boundary"), ("slfpn_plus", "strong_boundary"), ("supervised", "strong"))
OLDER = {  # of an older processor; in bf16 one with AVX-512, without which a run in bf16 takes ten times as long
    "MKL_CBWR": "COMPATIBLE",
    "OPENBLAS_CORETYPE": "Haswell",
    "NPY_DISABLE_CPU_FEATURES": "AVX512F AVX512CD AVX512_SKX AVX512_CLX AVX512_CNL AVX512_ICL",
}
ISA = {
    "fp32": {"ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2"},
    "bf16": {"ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX512_CORE"},
}
THREADS = {"reference": 1, "again": 1, "two threads": 2, "older instructions": 1}
OTHERS = ("two threads", "older instructions")


def jobs(corpus: str, repeats: int, precision: str):
    """The questions that are asked of each run."""
    from sslslr import profiles
    from sslslr.studies import comparison, corpora, embedding_space, evaluation, finetune, observed, reuse
    from sslslr.studies.jobs import Job

    profile = replace(profiles.load("decide"), precision=precision)
    signs = corpora.load(profile, "synthetic", only=corpus)[corpus]
    for repeat in range(repeats):
        parts = corpora.split(signs, profile, repeat)[0]
        for method, views in METHODS:
            run = comparison.run_of(method, views, profile, repeat)
            yield Job(evaluation.evaluate, run, parts, (method,))
            yield Job(evaluation.few_labels, run, parts, (method, reuse.SHARES, 3))
            yield Job(embedding_space.measured, run, parts, (False,))
            yield Job(observed.observe, run, parts, (3,))
        for share in (0.1, 1.0):
            yield Job(
                finetune.evaluate, finetune.tuning_of(profile, parts, repeat, None, profile.finetune["rates"][0], share), parts, (None,)
            )


def one_way(corpus: str, repeats: int, precision: str, threads: int) -> dict:
    """Train and ask everything here; what each run gave, as the record would have it."""
    import torch

    from sslslr import paths
    from sslslr.record import rows
    from sslslr.record.tables import Record

    torch.set_num_threads(threads)
    record, out = Record(Path(os.environ["SSLSLR_RECORD"])), defaultdict(dict)
    for job in jobs(corpus, repeats, precision):
        job.task(job.run, job.signs, *job.rest)
        rows.add(record, job, curves=True)
        run, answer = rows.named(job)
        values = json.loads(record["answers"][run, answer]["values"])
        name = f"{job.run.method} {job.run.views.name} {getattr(job.run, 'share', '')} seed {job.run.seed}"
        out[name] |= {"weights": record["runs"][run,]["weights"], "clips": len(job.signs.part("test")), job.name: values}
        out[name]["epochs"] = [
            {k: float(v) for k, v in row.items() if k not in ("run", "epoch") and v} for row in record.long("runs", (run,))
        ]
        classes = [float(r["correct"]) for r in record.long("answers", (run, answer)) if "correct" in r]
        out[name]["classes"] = classes or out[name].get("classes", [])
        out[name]["clips a class"] = max(1, len(job.signs.part("test")) // len(job.signs.glosses))
        out[name]["seconds"] = json.loads((paths.runs() / run / "provenance.json").read_text())["seconds"]
    return out


def pairs(a: dict, b: dict):
    """Name, both values and clips of every number of two makings; of an epoch's measures the epoch where they lie furthest apart."""
    for run, one in ((run, one) for run, one in a.items() if run in b):
        other, clips = b[run], one["clips"]
        for score in one["epochs"][0]:
            both = [(x[score], y[score]) for x, y in zip(one["epochs"], other["epochs"], strict=True)]
            yield f"epoch.{score}", *max(both, key=lambda pair: abs(pair[0] - pair[1])), min(clips, 256)
        for x, y in zip(one["classes"], other["classes"], strict=True):
            yield "classes.correct", x, y, one["clips a class"]
        for task in (k for k in one if "." in k):
            for key, value in one[task].items():
                values = zip(value, other[task][key], strict=True) if isinstance(value, list) else [(value, other[task][key])]
                yield from ((f"{task}.{key}", x, y, clips) for x, y in values if isinstance(x, float))


def main() -> int:
    """Run the comparison; returns the exit status."""
    from sslslr.provenance import provenance
    from sslslr.record.tolerance import AS_FP32, FILE, LEVEL, NUMBERS, summed

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", default="lsa-like")
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--keep", type=Path, help="folder where each way's numbers stay, so that it can be stopped and go on")
    parser.add_argument("--way", nargs=3, metavar=("PRECISION", "THREADS", "FILE"), help="one way, in this process")
    parser.add_argument("--out", type=Path, default=FILE)
    options = parser.parse_args()
    if options.keep:
        options.keep.mkdir(parents=True, exist_ok=True)
    if options.way:
        precision, threads, file = options.way
        Path(file).write_text(json.dumps(one_way(options.corpus, options.repeats, precision, int(threads))))
        return 0
    found: dict[str, dict[str, dict]] = defaultdict(dict)
    with tempfile.TemporaryDirectory() as folder:
        for precision in ("fp32", "bf16"):
            for way, threads in THREADS.items():
                instructions = OLDER | ISA[precision] if way == "older instructions" else {}
                own, file = Path(folder) / f"{precision} {way}", (options.keep or Path(folder)) / f"{precision} {way}.json"
                own.mkdir()
                where = {"OMP_WAIT_POLICY": "PASSIVE", "SSLSLR_RUNS": str(own / "runs"), "SSLSLR_RECORD": str(own / "record"), "OMP_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads)}  # fmt: skip
                words = ["--corpus", options.corpus, "--repeats", str(options.repeats), "--way", precision, str(threads), str(file)]  # fmt: skip
                began = time.perf_counter()
                if not file.exists():
                    subprocess.run([sys.executable, __file__, *words], env=os.environ | where | instructions, check=True)
                found[precision][way] = json.loads(file.read_text())
                print(f"{precision}, {way}: {len(found[precision][way])} runs in {time.perf_counter() - began:.0f} s", flush=True)
    out: dict = {"precisions": {}, "same bits again": {}}
    for precision, ways in found.items():
        together: dict[str, list] = defaultdict(list)
        for way in OTHERS:
            for name, *values in pairs(ways["reference"], ways[way]):
                together[name].append(tuple(values))
        out["precisions"][precision] = summed(together)
        again = ({k: v for k, v in ways["again"][run].items() if k != "seconds"} for run in ways["again"])
        first = ({k: v for k, v in ways["reference"][run].items() if k != "seconds"} for run in ways["again"])
        if ways["again"]:
            out["same bits again"][precision] = list(again) == list(first)
    across: dict[str, list] = defaultdict(list)
    for name, *values in pairs(found["fp32"]["reference"], found["bf16"]["reference"]):
        across[name].append(tuple(values))
    out["precisions"][AS_FP32] = summed(across)
    how = f"profile decide, synthetic {options.corpus}, {len(found['fp32']['reference'])} runs ({', '.join(' '.join(m) for m in METHODS)}, fine-tuned from scratch); one thread against {' and against '.join(OTHERS)} (fp32: no AVX-512; bf16: no bf16 instructions); {AS_FP32}: bf16 against fp32, one thread; n counts pairs"
    made = {precision: {way: len(its) for way, its in ways.items()} for precision, ways in found.items()}
    level = f"tolerance: Student's t at {LEVEL:g} / {NUMBERS} times the root mean square difference, of a share of clips not below that of all shares together; not below the largest that was seen"
    options.out.write_text(json.dumps({"how": how, "level": level, "by": "python benchmarks/tolerances.py", "made": provenance(), "runs": made, **out}, indent=1) + "\n")  # fmt: skip
    for precision, table in out["precisions"].items():
        for name, row in table.items():
            print(f"{precision} {name:60} n {row['n']:4} rms {row['rms']:.3g} largest {row['largest']:.3g} tolerance {row['tolerance']:.3g} {row['unit']}")  # fmt: skip
    print(f"the same bits again: {out['same bits again']}")
    return 0 if all(out["same bits again"].values()) else 1


if __name__ == "__main__":
    sys.exit(main())
