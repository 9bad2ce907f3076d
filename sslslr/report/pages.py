"""``report.html``: the figures, tables and executed notebooks of one reproduction, in one place."""

from html import escape
from pathlib import Path

import pandas as pd

from sslslr.paths import write_text
from sslslr.provenance import commit
from sslslr.report.stage import read_captions

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title><style>
:root {{ color-scheme: light dark; --line: #8884; }}
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 0 auto; padding: 1rem; }}
figure {{ margin: 2rem 0; }} figure img {{ max-width: 100%; height: auto; background: white; border-radius: 4px; }}
figcaption, .stamp {{ font-size: .9rem; opacity: .85; }} .scroll {{ overflow-x: auto; }}
table {{ border-collapse: collapse; font-size: .9rem; }} th, td {{ border-bottom: 1px solid var(--line); padding: .25rem .6rem; text-align: left; }}
</style></head><body><main>
<h1>{title}</h1>
<p>{intro}</p>
{warning}
<h2>Notebooks</h2><ul>{notebooks}</ul>
<h2>Figures</h2>{figures}
<h2>Tables</h2>{tables}
</main></body></html>
"""


def write_report(out: Path, executed: list[Path], dataset: str, profile: str) -> None:
    """Write ``out/report.html`` and a page for each executed notebook; every link is relative, so the folder can be moved."""
    pages = [notebook_page(path) for path in executed]
    kind = "synthetic signing, whose boundaries are known" if dataset == "synthetic" else "real recordings"
    intro = f"Data: <b>{escape(dataset)}</b> ({kind}). Profile: <b>{escape(profile)}</b>. Made by sslslr at commit {commit()}."
    warning = "<p><b>This profile only shows that everything runs; its numbers mean nothing.</b></p>" if profile == "smoke" else ""
    write_text(out / "report.html", PAGE.format(
        title=f"SSL-SLR companion: {escape(dataset)}, {escape(profile)}", intro=intro, warning=warning,
        notebooks="".join(f'<li><a href="notebooks/{p.name}">{escape(heading(p.with_suffix(".ipynb")))}</a></li>' for p in pages),
        tables="".join(table_section(out, name, about) for name, about in read_captions(out / "tables").items()),
        figures="".join(figure_section(name, about) for name, about in read_captions(out / "figures").items()),
    ))  # fmt: skip


def notebook_page(executed: Path) -> Path:
    """The executed notebook as HTML beside it."""
    from nbconvert import HTMLExporter

    body, _ = HTMLExporter(embed_images=True).from_filename(str(executed))
    write_text(executed.with_suffix(".html"), body)
    return executed.with_suffix(".html")


def heading(notebook: Path) -> str:
    """The first heading of a notebook."""
    import nbformat

    for cell in nbformat.read(notebook, as_version=4).cells:
        if cell.cell_type == "markdown" and cell.source.startswith("# "):
            return cell.source.splitlines()[0][2:]
    return notebook.stem


def figure_section(name: str, about: dict) -> str:
    """A figure with its caption as text and as alternative text."""
    caption = escape(about["caption"], quote=True)
    return (
        f'<figure id="{name}"><img src="figures/{name}.png" alt="{caption}" loading="lazy"><figcaption><b>{name}.</b> {caption} '
        f'<span class="stamp">({escape(about["stamp"])})</span> <a href="figures/{name}.svg">SVG</a></figcaption></figure>'
    )


def table_section(out: Path, name: str, about: dict) -> str:
    """A table as readers see it in the notebooks (the Markdown one), with its caption and the CSV."""
    lines = [x for x in (out / "tables" / f"{name}.md").read_text(encoding="utf-8").splitlines() if x.startswith("|")]
    cells = [[c.strip() for c in x.strip("|").split("|")] for x in lines if not set(x) <= set("|:- ")]
    shown = pd.DataFrame(cells[1:], columns=cells[0]).to_html(index=False, border=0)
    if len(cells) > 60:
        shown = f"<details><summary>{len(cells) - 1} rows</summary>{shown}</details>"
    return (
        f'<figure id="{name}"><figcaption><b>{name}.</b> {escape(about["caption"])} <span class="stamp">({escape(about["stamp"])})'
        f'</span> <a href="tables/{name}.csv">CSV</a></figcaption><div class="scroll">{shown}</div></figure>'
    )
