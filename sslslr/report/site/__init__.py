"""The site of one reproduction: ``make site`` turns executed notebooks, figures, tables and claims into pages.

``build`` writes ``results/<dataset>/<profile>/site/``, whole or not at all. Everything a page needs lies in that folder, so it
works from ``file://`` without network and can be moved or served as it is.
"""

import hashlib
import io
import json
import os
import shutil
import sys
from pathlib import Path

from sslslr import paths
from sslslr.errors import SignError
from sslslr.paths import write_json, write_text

HERE, BOOK = Path(__file__).parent, paths.ROOT / "docs" / "book"
NEW, OLD, SOURCE = ".site.new", ".site.old", ".site.source"
DOCUMENTS = [paths.ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "data/README.md", "data/record/README.md")]


def build(dataset: str, profile: str, folder: Path | None = None) -> Path:
    """Build the site from what ``results/<dataset>/<profile>`` holds, if anything changed; returns its ``index.html``.

    ``folder``: where the notebooks' sources are (default ``notebooks/``); one that was not executed is named as missing.
    Raises SignError when no executed notebook is there.
    """
    out = paths.results(dataset, profile)
    sources = sorted((folder or paths.NOTEBOOKS).glob("[0-9][0-9]_*.ipynb"))
    executed = [out / "notebooks" / s.name for s in sources if (out / "notebooks" / s.name).exists()]
    if not executed:
        raise SignError(f"{out / 'notebooks'}: no executed notebook is here; run make reproduce DATASET={dataset} PROFILE={profile} first")
    code = fingerprint(out, executed, sources)
    site = out / "site"
    if stored(site) == code:
        return site / "index.html"
    new, old = out / NEW, out / OLD
    for left in (new, old, out / SOURCE):
        shutil.rmtree(left, ignore_errors=True)
    write(new, out, dataset, profile, sources, executed)
    write_json(new / "made.json", {"fingerprint": code})
    if site.exists():
        os.replace(site, old)
    os.replace(new, site)
    shutil.rmtree(old, ignore_errors=True)
    return site / "index.html"


def write(site: Path, out: Path, dataset: str, profile: str, sources: list[Path], executed: list[Path]) -> None:
    """Write the book into the new folder ``site``; its sources lie beside it only as long as it takes."""
    import nbformat

    from sslslr.record.tables import Record
    from sslslr.report.site import gather, notebooks, pages, thumbs, verdicts  # here, so that a book that is up to date costs nothing

    book = out / SOURCE
    shutil.rmtree(book, ignore_errors=True)
    shutil.copytree(BOOK, book)
    for path in [*DOCUMENTS, *docs()]:
        (to := book / path.relative_to(paths.ROOT)).parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".md":
            write_text(to, notebooks.prose(path.read_text(encoding="utf-8"), {p.name for p in executed}))
        else:
            shutil.copy(path, to)
    content = {path.stem: nbformat.read(path, as_version=4) for path in executed}
    results = gather.results(out, content)
    figures, sizes = {f["name"]: f for f in results["figures"]}, thumbs.write(out / "figures", site / "thumbs")
    (book / "source").mkdir()
    for path in sources:
        shutil.copy(path, book / "source" / path.name)
    players = []
    for stem, nb in content.items():
        players += notebooks.players(nb, stem)
        with paths.atomic(book / "notebooks" / f"{stem}.ipynb") as partial:
            nbformat.write(notebooks.source(nb, stem, figures, sizes, set(content)), partial)
    about = gather.about(dataset, profile, out, sources, content, lessons())
    pages.write_all(book, out / "tables", about, results, players, sizes, verdicts.gathered(Record()))
    sphinx(book, site, about)
    for kind in ("figures", "tables"):
        if (out / kind).exists():
            shutil.copytree(out / kind, site / kind, ignore=shutil.ignore_patterns(".*"), dirs_exist_ok=True)
    for path in out.glob("claims*"):
        shutil.copy(path, site / path.name)
    shutil.rmtree(book)


def sphinx(book: Path, site: Path, about: dict) -> None:
    """Build the sources ``book`` into ``site``; what Sphinx warns of goes to standard error. Raises SignError if it fails."""
    from sphinx.application import Sphinx
    from sphinx.util.console import nocolor
    from sphinx.util.docutils import docutils_namespace, patch_docutils

    said, warned = io.StringIO(), io.StringIO()
    foot = f"{about['dataset']} ({about['kind']} data), profile {about['profile']}, sslslr {about['commit']}"
    options = {"html_title": f"SSL-SLR companion: {about['dataset']}, {about['profile']}", "html_theme_options.extra_footer": foot}
    nocolor()
    with patch_docutils(), docutils_namespace():
        app = Sphinx(book, book, site, book / "_doctrees", "html", options, said, warned, freshenv=True)
        app.build()
    warnings = warned.getvalue().replace(f"{book}{os.sep}", "")
    if app.statuscode:
        raise SignError(f"the book was not built: {warnings or said.getvalue()}")
    print(warnings, end="", file=sys.stderr)


def docs() -> list[Path]:
    """The documents of ``docs`` and their pictures."""
    return [p for p in sorted((paths.ROOT / "docs").rglob("*.*")) if p.suffix in (".md", ".png", ".svg") and BOOK not in p.parents]


def lessons() -> list[Path]:
    """The lessons of ``docs/lessons``, the one for a class first."""
    return sorted((paths.ROOT / "docs" / "lessons").glob("*.md"), reverse=True)


def fingerprint(out: Path, executed: list[Path], sources: list[Path]) -> str:
    """Hash of what the site is made from: the pages' code, and names, sizes and times of the results."""
    digest = hashlib.sha256()
    for path in sorted(p for folder in (HERE, BOOK) for p in folder.rglob("*.*") if p.suffix != ".pyc"):
        digest.update(path.name.encode() + path.read_bytes())
    made = [p for kind in ("figures", "tables") for p in sorted((out / kind).glob("[!.]*"))]
    for path in [*executed, *made, *sorted(out.glob("claims*")), *docs(), *DOCUMENTS, *sources, *sorted(paths.record().glob("*.csv"))]:
        stat = path.stat()
        digest.update(f"{path.name}{stat.st_size}{stat.st_mtime_ns}".encode())
    return digest.hexdigest()


def stored(site: Path) -> str:
    """The fingerprint of the site that is there, or nothing."""
    try:
        return json.loads((site / "made.json").read_text(encoding="utf-8"))["fingerprint"] if (site / "index.html").exists() else ""
    except (OSError, ValueError, KeyError):
        return ""
