"""Run the notebooks on a data set and a profile, and gather them in one site."""

import hashlib
import json
import os
import shlex
import sys
import time
from pathlib import Path

import pandas as pd

from sslslr import datasets, paths, profiles
from sslslr.claims.verdict import NOT_RUN, VERDICTS
from sslslr.commands import Parser, is_whole
from sslslr.commands.audit import audit
from sslslr.commands.named import check
from sslslr.datasets.options import parse
from sslslr.datasets.options import text as as_text
from sslslr.errors import SignError
from sslslr.extract.holistic import unavailable
from sslslr.profiles import DECIDES
from sslslr.record.tables import Record
from sslslr.report import kernel, recorded
from sslslr.report.notebooks import STANDARD, declared, defaults, needs, notebooks, saved, sources

AUDITED = 6  # runs of the record that are trained again at the end


def parameters(notebook: Path, standard: dict, extra: dict[str, str]) -> dict[str, object]:
    """Values to inject: the notebook's defaults, whatever is saved in it, but the ``standard`` ones and those of ``extra`` that it
    declares, in the type it declares."""
    known = defaults(notebook)
    values = known | standard
    for name, text in extra.items():
        if name in known:
            kind: type = type(known[name])
            try:
                values[name] = kind(text)
            except ValueError:
                raise SignError(f"parameter {name}={text}: {notebook.name} expects a {kind.__name__}") from None
    return values


def fingerprint(values: dict, notebook: Path) -> str:
    """Hash of what decides an executed notebook: its cells' sources, its parameters, the package (but not the site's pages), the
    locks, the record where it or its profile reads it, and every file or folder that a parameter names (by size and time)."""
    digest = hashlib.sha256((json.dumps(values, sort_keys=True) + sources(notebook)).encode())
    package = paths.ROOT / "sslslr"
    code = [p for p in sorted(package.rglob("*.py")) if not p.is_relative_to(package / "report" / "site")]
    for path in [*sorted(paths.ROOT.glob("requirements*.lock")), *sorted(paths.PROFILES.glob("*.yml")), *code, *sorted(paths.PAPER_FACTS.glob("*")), *from_record(str(values["PROFILE"]), notebook)]:  # fmt: skip
        if path.is_file():
            digest.update(f"{path.name}".encode() + path.read_bytes())
    said = shlex.split(str(values.get("OPTIONS", "")))
    named = [paths.at(v) for v in [*values.values(), *(word.partition("=")[2] for word in said)] if isinstance(v, str)]
    for root in [path for path in named if path.is_absolute() and path.exists()]:
        for path in sorted(root.rglob("*")) if root.is_dir() else [root]:
            stat = path.stat() if path.exists() else path.lstat()
            digest.update(f"{path}{stat.st_size}{stat.st_mtime_ns}".encode())
    return digest.hexdigest()


def from_record(profile: str, notebook: Path) -> list[Path]:
    """The record's files, where studies of this profile are answered from them or the notebook reads them; none elsewhere."""
    read = profiles.load(profile).recorded or "Record()" in sources(notebook)
    return sorted(paths.record().glob("*.csv")) if read else []


def done(executed: Path, code: str) -> bool:
    """Whether the executed notebook is there and was made from just this."""
    try:
        return json.loads(executed.read_text(encoding="utf-8"))["metadata"]["sslslr"]["fingerprint"] == code
    except (OSError, ValueError, KeyError):
        return False


def execute(notebook: Path, executed: Path, values: dict, code: str) -> None:
    """Run a notebook with papermill; ``executed`` appears only when every cell has run.

    A SignError raised in a cell is raised again here; for any other failure the notebook as far as it came is left
    beside as ``<name>.failed.ipynb``.
    """
    import nbformat
    import papermill

    failed = executed.with_suffix(".failed.ipynb")
    started, before = time.perf_counter(), len(list(paths.runs().glob("*/provenance.json")))
    executed.parent.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("PYDEVD_DISABLE_FILE_VALIDATION", "1")
    kernel.own()
    try:
        papermill.execute_notebook(
            str(notebook), str(failed), parameters=values, cwd=str(notebook.parent), kernel_name="python3",
            progress_bar=False, extra_arguments=["--IPKernelApp.log_level=CRITICAL"], stderr_file=sys.stderr if sys.stderr.isatty() else None,
        )  # fmt: skip
    except papermill.PapermillExecutionError as error:
        if error.ename == "SignError":
            failed.unlink(missing_ok=True)
            raise SignError(f"{notebook.name}: {error.evalue}") from None
        raise SignError(f"{notebook.name}, cell {error.exec_count}: {error.ename}: {error.evalue}. All of it: {failed}") from None
    content = nbformat.read(failed, as_version=4)
    for cell in content.cells:  # progress bars are for the terminal
        if cell.cell_type == "code":
            cell.outputs = [o for o in cell.outputs if not (o.get("name") == "stderr" and "\r" in o.get("text", ""))]
    made = len(list(paths.runs().glob("*/provenance.json"))) - before
    content.metadata["sslslr"] = {"fingerprint": code, "seconds": round(time.perf_counter() - started, 1), "trainings": made}
    content.metadata.pop("papermill", None)
    with paths.atomic(executed) as partial:
        nbformat.write(content, partial)
    failed.unlink()


def reproduce(
    dataset: str, profile: str, data: str = "", workers: int = 0, extra: dict[str, str] | None = None, folder: Path | None = None, options: str = ""
) -> Path:  # fmt: skip
    """Execute every notebook that is not done yet and build the site; returns the path of its first page.

    ``options`` say how the data set is read (``datasets.index``); they are the notebooks' parameter OPTIONS.
    """
    check(dataset, profile, data)
    if said := parse(options, datasets.options_of(dataset), dataset):
        extra = {"OPTIONS": as_text(said)} | (extra or {})
        if without := [n.name for n in notebooks(folder) if "OPTIONS" not in declared(n)]:
            raise SignError(f"{options}: {', '.join(without)} would read the data set without it; its parameters cell lacks OPTIONS")
    data = str(paths.at(data).resolve()) if data else ""
    standard = {"PROFILE": profile, "DATASET": dataset, "DATA": data, "WORKERS": workers}
    todo = notebooks(folder)
    names = {name for n in todo for name in declared(n)} - set(STANDARD)
    if unknown := set(extra or {}) - names:
        raise SignError(
            f"parameter {', '.join(sorted(unknown))} is unknown; the notebooks have {', '.join(sorted(names)) or 'none of their own'}"
        )
    asked = {notebook: parameters(notebook, standard, extra or {}) for notebook in todo}
    out = paths.results(dataset, profile)
    with paths.one_at_a_time(out, "make reproduce"):
        for notebook, values in asked.items():
            if why := left_out(notebook):
                print(f"  {notebook.stem:<44} left out: {why}", flush=True)
                continue
            for name, (value, usual) in saved(notebook).items():
                if values[name] != value:
                    print(
                        f"  {notebook.stem}: {name} = {value!r} is saved in it and not used; SET='{name}={value}' is how (default {usual!r})"
                    )
            code = fingerprint(values, notebook)
            executed = out / "notebooks" / notebook.name
            if done(executed, code):
                print(f"  {notebook.stem:<44} up to date", flush=True)
                continue
            print(f"  {notebook.stem:<44} ", end="", flush=True)
            started = time.perf_counter()
            try:
                execute(notebook, executed, values, code)
            except SignError:
                print("  failed", flush=True)
                raise
            print(f"{time.perf_counter() - started:6.0f} s", flush=True)
        from sslslr.report.site import build

        return build(dataset, profile, folder)


def ended(dataset: str, profile: str, data: str, options: str = "", workers: int = 0) -> bool:
    """Say how it ended: the verdicts of this reproduction and of the record, and an audit of ``AUDITED`` runs of the record drawn at
    random where its rows were served, none of those on pictures; False where one of them does not stand."""
    record, rows = Record(), judged_here(paths.results(dataset, profile))
    here = [(f"here ({dataset}, profile {profile})", rows)] if len(rows) else []
    there = [
        (f"recorded ({name}, profile {DECIDES})", recorded.judged(record, name, DECIDES).rows)
        for name in recorded.datasets_of(record, DECIDES)
    ]
    for where, rows in here + there:
        told = {v: list(rows[rows["verdict"] == v]["id"]) for v in VERDICTS if v != NOT_RUN}
        print(
            f"verdict {where}: " + ("; ".join(f"{v}: {', '.join(ids)}" for v, ids in told.items() if ids) or "nothing to judge"), flush=True
        )
    if not served(paths.results(dataset, profile)):
        return True
    return audit(AUDITED, dataset=dataset, data=data, options=options, workers=workers, record=record, pictures=False).good


def served(results: Path) -> bool:
    """Whether a table of this reproduction has rows of the record, which it has only of these very data."""
    return any("recorded" in json.loads(about.read_text(encoding="utf-8")) for about in (results / "tables").glob("*.json"))


def judged_here(results: Path) -> pd.DataFrame:
    """The claims as notebook 20 has judged them, none where it has not."""
    return pd.read_csv(file) if (file := results / "claims.csv").exists() else pd.DataFrame()


def left_out(notebook: Path) -> str:
    """Why a notebook can't run on this Python, in one sentence; "" where it can."""
    return unavailable() if "mediapipe" in needs(notebook) else ""


def nbval(profile: str = "smoke") -> int:
    """Run the notebooks under ``pytest --nbval-lax`` on a profile; returns pytest's exit status."""
    import nbformat
    import papermill
    import pytest

    kernel.own()
    folder = paths.results("synthetic", profile) / "nbval"
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.ipynb"):
        old.unlink()
    for notebook in notebooks():
        if said := left_out(notebook):
            print(f"{notebook.name} left out: {said}", flush=True)
            continue
        standard = defaults(notebook) | {"PROFILE": profile, "DATASET": "synthetic", "DATA": "", "WORKERS": 1}
        papermill.execute_notebook(str(notebook), str(folder / notebook.name), parameters=standard, prepare_only=True, progress_bar=False)
        content = nbformat.read(folder / notebook.name, as_version=4)
        nbformat.write(content, folder / notebook.name)
    lax = ["--nbval-lax", "--nbval-cell-timeout=600", "-p", "no:cacheprovider", "-q"]
    two = ["-n", "2", "--dist", "loadfile", "--no-loadscope-reorder"]  # in their order: the verdict reads what the others left
    return pytest.main([*lax, *two, str(folder)])


def main(arguments: list[str]) -> int:
    """Run the command; returns the exit status."""
    parser = Parser(__name__, __doc__)
    parser.add_argument("--dataset", default="synthetic")
    parser.add_argument("--profile", default="quick")
    parser.add_argument("--data", default="")
    parser.add_argument("--option", action="append", default=[], metavar="NAME=VALUE", help="how the data set is read, such as INDEX=FILE")
    parser.add_argument("--workers", default="", help="processes; default: one a core")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a notebook's own parameter")
    parser.add_argument("--nbval", action="store_true", help="run the notebooks under pytest --nbval-lax instead")
    options = parser.parse_args(arguments)
    if options.nbval:
        return int(nbval(options.profile))
    if options.workers and not is_whole(options.workers):
        raise SignError(f"WORKERS={options.workers}: expected a number of processes, or nothing for one a core")
    if wrong := [s for s in options.set if "=" not in s]:
        raise SignError(f"--set {wrong[0]}: expected NAME=VALUE")
    started = time.perf_counter()
    print(f"sslslr: {options.dataset}, profile {options.profile}", flush=True)
    extra = dict(s.split("=", 1) for s in options.set)
    site = reproduce(options.dataset, options.profile, options.data, int(options.workers or 0), extra, options=shlex.join(options.option))
    shown = site.relative_to(Path.cwd()) if site.is_relative_to(Path.cwd()) else site
    good = ended(options.dataset, options.profile, options.data, shlex.join(options.option), int(options.workers or 0))
    print(f"done in {time.perf_counter() - started:.0f} s: open {shown}")
    return 0 if good else 1
