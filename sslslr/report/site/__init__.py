"""The site of one reproduction: ``make site`` turns executed notebooks, figures, tables and claims into pages.

``build`` writes ``results/<dataset>/<profile>/site/``, whole or not at all. Everything a page needs lies in that folder, so it
works from ``file://`` without network and can be moved or served as it is.
"""

import hashlib
import json
import os
import shutil
from pathlib import Path

from sslslr import paths
from sslslr.errors import SignError
from sslslr.paths import write_json, write_text

HERE = Path(__file__).parent
NEW, OLD = ".site.new", ".site.old"


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
    for left in (new, old):
        shutil.rmtree(left, ignore_errors=True)
    write(new, out, dataset, profile, sources, executed)
    write_json(new / "made.json", {"fingerprint": code})
    if site.exists():
        os.replace(site, old)
    os.replace(new, site)
    shutil.rmtree(old, ignore_errors=True)
    return site / "index.html"


def write(site: Path, out: Path, dataset: str, profile: str, sources: list[Path], executed: list[Path]) -> None:
    """Write every page of the site into the new folder ``site``."""
    import nbformat

    from sslslr.report.site import gather, notebooks, pages, thumbs  # here, so that a site that is up to date costs nothing

    content = {path.stem: nbformat.read(path, as_version=4) for path in executed}
    results = gather.results(out, content)
    about = gather.about(dataset, profile, out, sources, content, lessons())
    for kind in ("figures", "tables"):
        if (out / kind).exists():
            shutil.copytree(out / kind, site / kind, ignore=shutil.ignore_patterns(".*"))
    for name in ("claims.csv", "claims_parts.csv", "claims.md", "claims.json"):
        if (out / name).exists():
            shutil.copy(out / name, site / name)
    for name in ("style.css", "site.js"):
        shutil.copy(HERE / "templates" / name, site / name)
    sizes = thumbs.write(site / "figures", site / "thumbs")
    index, players = [], []
    titles = [(stem, gather.heading(nb, stem)) for stem, nb in content.items()]
    for place, (stem, nb) in enumerate(content.items()):
        page = notebooks.convert(nb, stem, results["figures"], sizes, set(content))
        before, after = (titles[i] if 0 <= i < len(titles) else None for i in (place - 1, place + 1))
        write_text(site / "notebooks" / f"{stem}.html", pages.render("notebook.html", about, "../", title=page.title, page=page, stem=stem, before=before, after=after))  # fmt: skip
        shutil.copy(out / "notebooks" / f"{stem}.ipynb", site / "notebooks" / f"{stem}.ipynb")
        index += page.index
        players += page.players
    for path in lessons():
        body = notebooks.lesson(path.read_text(encoding="utf-8"), set(content))
        write_text(site / "lessons" / f"{path.stem}.html", pages.render("lesson.html", about, "../", title=gather.title(path), body=body))
    index += pages.write_all(site, about, results, sizes, players)
    entries = json.dumps(index, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    write_text(site / "search-index.js", f"window.SSLSLR_INDEX = {entries};\n")


def lessons() -> list[Path]:
    """The lessons of ``docs/lessons``, the one for a class first."""
    return sorted((paths.ROOT / "docs" / "lessons").glob("*.md"), reverse=True)


def fingerprint(out: Path, executed: list[Path], sources: list[Path]) -> str:
    """Hash of what the site is made from: the pages' code, and names, sizes and times of the results."""
    digest = hashlib.sha256()
    for path in sorted(p for p in HERE.rglob("*") if p.suffix in {".py", ".html", ".css", ".js", ".j2"}):
        digest.update(path.name.encode() + path.read_bytes())
    made = [p for kind in ("figures", "tables") for p in sorted((out / kind).glob("[!.]*"))]
    for path in [*executed, *made, *sorted(out.glob("claims*")), *lessons(), *sources]:
        stat = path.stat()
        digest.update(f"{path.name}{stat.st_size}{stat.st_mtime_ns}".encode())
    return digest.hexdigest()


def stored(site: Path) -> str:
    """The fingerprint of the site that is there, or nothing."""
    try:
        return json.loads((site / "made.json").read_text(encoding="utf-8"))["fingerprint"] if (site / "index.html").exists() else ""
    except (OSError, ValueError, KeyError):
        return ""
