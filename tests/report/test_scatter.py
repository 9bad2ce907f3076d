"""The interactive map in a real browser: hovering names the gloss and plays the clip, without kernel or network."""

import html
import re
import shutil
import subprocess

import numpy as np
import pytest
from conftest import make_signs

from sslslr.errors import SignError
from sslslr.report import scatter

BROWSER = next((b for b in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if b), None)
needs_browser = pytest.mark.skipif(not BROWSER, reason="no Chromium on this machine (chromium, chromium-browser or google-chrome)")
# Hovers a point as a mouse would, waits, and writes what the page shows into the document's title.
HOVER = """<script>
addEventListener("load", function () {
  var root = document.querySelector(".sign-map"), circles = root.querySelectorAll("circle"), canvas = root.querySelector("canvas"), seen = {};
  circles[7].dispatchEvent(new MouseEvent("mouseenter"));
  var first = canvas.toDataURL();
  var timer = setInterval(function () { seen[root.dataset.frame] = canvas.toDataURL(); }, 20);
  setTimeout(function () {
    clearInterval(timer);
    var drawn = new Set(Object.values(seen)).size, before = circles[7].getAttribute("cx");
    var select = root.querySelectorAll("select");
    select[0].selectedIndex = 1; select[0].dispatchEvent(new Event("change"));
    var fill = circles[3].getAttribute("fill");
    select[1].selectedIndex = 1; select[1].dispatchEvent(new Event("change"));
    document.title = JSON.stringify([root.querySelector("output").textContent, Object.keys(seen).length, drawn, circles.length,
      before !== circles[7].getAttribute("cx"), fill !== circles[3].getAttribute("fill"),
      [...root.querySelectorAll("circle, select")].every(e => e.hasAttribute("data-lm-suppress-shortcuts") && e.getBoundingClientRect().width)]);
  }, 3000);
});</script>"""


def made(clips=20):
    signs = make_signs(clips)
    rng = np.random.default_rng(0)
    return signs, {"first": rng.normal(size=(clips, 2)), "second": rng.normal(size=(clips, 2))}


def browse(path):
    """What the page says after the hover, from its title."""
    command = [
        BROWSER,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--host-resolver-rules=MAP * ~NOTFOUND",
        "--virtual-time-budget=8000",
        "--dump-dom",
    ]
    done = subprocess.run([*command, path.as_uri()], capture_output=True, text=True, timeout=60)
    title = re.search(r"<title>(.*?)</title>", done.stdout, re.S)
    assert title, done.stderr[-500:]
    import json

    return json.loads(html.unescape(title[1]))


def check(said, signs):
    words, frames, pictures, points, moved, recoloured, keys = said
    assert words == f"{signs.glosses[signs.labels[7]]} · signer {signs.signers[7]} · {signs.clips[7]}"
    assert frames >= 4 and pictures >= 4, "the clip does not play"
    assert points == len(signs) and moved and recoloured
    assert keys, "a control whose keys JupyterLab takes, or that is not seen"


@needs_browser
def test_hovering_a_point_names_the_gloss_and_plays_the_clip(tmp_path):
    signs, maps = made()
    page = tmp_path / "map.html"
    page.write_text(
        f"<!doctype html><html><head><title>[]</title></head><body>{scatter.explorer(signs, maps, 0)._repr_html_()}{HOVER}</body></html>"
    )
    check(browse(page), signs)


@needs_browser
def test_the_exported_notebook_does_it_too_without_kernel_or_network(tmp_path):
    import nbformat
    from nbconvert import HTMLExporter

    signs, maps = made()
    cell = nbformat.v4.new_code_cell(
        "explorer(...)", outputs=[nbformat.v4.new_output("display_data", {"text/html": scatter.explorer(signs, maps, 0)._repr_html_()})]
    )
    body, _ = HTMLExporter().from_notebook_node(nbformat.v4.new_notebook(cells=[cell]))
    page = tmp_path / "notebook.html"
    page.write_text(body.replace("</body>", HOVER + "</body>"))
    check(browse(page), signs)


def test_the_page_asks_nobody_and_a_gloss_can_not_break_out():
    signs, maps = made()
    from dataclasses import replace

    evil = replace(signs, glosses=("</script><b>", *signs.glosses[1:]))
    markup = scatter.explorer(evil, maps, 0).markup
    assert "</script><b>" not in markup and "&lt;/script&gt;&lt;b&gt;" in markup
    assert set(re.findall(r"https?://[^\"' ]+", markup)) <= {"http://www.w3.org/2000/svg"}


def test_frames_are_bytes_and_a_missing_landmark_stays_missing():
    signs, _ = made()
    drawn = list(range(75))
    frames = scatter._frames(signs, 0, drawn, 5)
    assert frames.dtype == np.uint8 and len(frames) == 5
    at = np.rint(np.linspace(0, signs.lengths[0] - 1, 5)).astype(int)
    np.testing.assert_array_equal(frames.reshape(5, 75, 2)[..., 0] == 255, np.isnan(signs.landmarks[0, at, :, 0]))


def test_a_map_without_a_point_a_clip_is_refused():
    signs, _ = made()
    with pytest.raises(SignError, match="one point a clip"):
        scatter.explorer(signs, {"short": np.zeros((3, 2))}, 0)


def test_the_grid_has_a_panel_for_each_method_and_corpus():
    panels = {(m, c): np.random.default_rng(0).normal(size=(9, 2)) for m in ("A", "B", "C") for c in ("x", "y")}
    mask = np.arange(9) < 2
    fig = scatter.grid(panels, marked={"x": mask, "y": mask}, notes=dict.fromkeys(panels, "kNN 50 %"))
    assert len(fig.axes) == 6 and all(len(a.collections[1].get_offsets()) == 2 for a in fig.axes)
    fig = scatter.grid(panels, groups={"x": np.repeat(["a", "b", "c"], 3), "y": np.repeat("d", 9)})
    assert [len(a.collections) for a in fig.axes if a.axison] == [3, 1] * 3
    named = [[t.get_text() for t in a.get_legend().get_texts()] for a in fig.axes if not a.axison]
    assert named == [["a", "b", "c"], ["d"]], "below each column, who is who"
