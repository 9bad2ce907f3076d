"""Sphinx extension of the book: formulas as MathML, terms linked at first use, links that lead into the repository."""

import re
import shutil
from pathlib import Path, PurePosixPath
from xml.etree import ElementTree

from docutils import nodes
from latex2mathml.converter import convert as mathml
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.util.nodes import make_refnode

MATHML = "http://www.w3.org/1998/Math/MathML"
ElementTree.register_namespace("", MATHML)
TOLD = ("index", "notebooks/", "docs/", "README", "data/")  # pages that are prose: their terms are linked
FILES = ("LICENSE", "Makefile")  # of the repository, without a suffix
NOT_IN = (nodes.title, nodes.reference, nodes.literal, nodes.literal_block, nodes.math, nodes.math_block, nodes.raw, addnodes.desc)


def setup(app: Sphinx) -> dict:
    """Register with Sphinx."""
    app.add_html_math_renderer("mathml", (inline, None), (block, None))
    app.connect("doctree-read", into_the_repository)
    app.connect("doctree-resolved", link_terms)
    app.connect("build-finished", lighten)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}


def formula(latex: str, display: str) -> str:
    """LaTeX as MathML, which browsers draw without a library."""
    latex = re.sub(r"\\(?:arg)\b", r"\\operatorname{arg}\\,", latex.strip().replace("\\mathbb 1", "\\mathbb{1}"))
    latex = re.sub(r"'(?=[}\s)])", r"^{\\prime}", latex)
    tree = ElementTree.fromstring(mathml(latex, display=display))
    for over in tree.iter(f"{{{MATHML}}}mover"):
        bar = over[1]
        if bar.text == "\N{HORIZONTAL BAR}":  # a bar that few fonts can stretch: a line above instead
            over.tag = f"{{{MATHML}}}mrow"
            over.set("class", "overline")
            over.remove(bar)
    return ElementTree.tostring(tree, encoding="unicode")


def inline(self, node: nodes.math) -> None:
    """A formula in a sentence."""
    self.body.append(formula(node.astext(), "inline"))
    raise nodes.SkipNode


def block(self, node: nodes.math_block) -> None:
    """A formula on its own; one that is wider than the page scrolls in itself, with the keyboard too."""
    self.body.append(f'<div class="formula" tabindex="0" role="group" aria-label="Formula">{formula(node.astext(), "block")}</div>')
    raise nodes.SkipNode


def link_terms(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """The first use of each glossary term in a page's prose leads to the glossary."""
    if not docname.startswith(TOLD):
        return
    domain = app.env.domains.standard_domain
    terms = {name: to for (kind, name), to in domain.objects.items() if kind == "term"}
    for name, (page, anchor) in sorted(terms.items(), key=lambda t: -len(t[0])):
        word = re.compile(rf"(?<!of )\b{re.escape(name)}(?:e?s)?\b", re.IGNORECASE)
        for text in list(doctree.findall(nodes.Text)):
            if text.parent is None or inside(text) or not (found := word.search(text)):
                continue
            link = make_refnode(app.builder, docname, page, anchor, nodes.inline("", found[0], classes=["std-term"]), name)
            text.parent.replace(text, [nodes.Text(text[: found.start()]), link, nodes.Text(text[found.end() :])])
            break


def inside(node: nodes.Node) -> bool:
    """Whether a text stands in a heading, a link, code or a formula."""
    while (node := node.parent) is not None:
        if isinstance(node, NOT_IN):
            return True
    return False


def into_the_repository(app: Sphinx, doctree: nodes.document) -> None:
    """A link to a file that the book has no page of: to the page of its module, or, without one, its name."""
    for node in list(doctree.findall(addnodes.pending_xref)):
        target = PurePosixPath(str(node["reftarget"]))
        if node["reftype"] != "myst" or node["refdomain"] == "doc" or not (target.suffix or target.name in FILES):
            continue
        words, module = node[0].deepcopy(), ".".join(p for p in target.with_suffix("").parts if p not in ("..", "__init__"))
        if target.suffix == ".py" and module.startswith("sslslr"):
            about = {"refdomain": "py", "reftype": "mod", "reftarget": module, "refdoc": node["refdoc"], "refexplicit": True}
            node.replace_self(addnodes.pending_xref("", words, **about))
        else:
            node.replace_self([words] if target.name in words.astext() else [words, nodes.Text(f" ({target.name})")])


def lighten(app: Sphinx, error: Exception | None) -> None:
    """Leave out what no reader loads: the theme's source maps and translations, and what Sphinx builds on."""
    shutil.rmtree(Path(app.outdir) / "_static" / "locales", ignore_errors=True)
    for path in Path(app.outdir).rglob("*"):
        if path.suffix == ".map" or path.name in (".buildinfo", "objects.inv") or path.name.endswith("macros.html"):
            path.unlink()
