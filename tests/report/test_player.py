"""The skeleton player: self-contained, escaped, and without NaN."""

import io
import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import matplotlib.pyplot as plt
import numpy as np
import pytest
from browser import browse, needs_browser

from sslslr.clips.boundaries import Strokes
from sslslr.datasets.synthetic import make
from sslslr.errors import SignError
from sslslr.report.player import MISSING, player, strip

VOID = {"input", "br", "img"}


class Balanced(HTMLParser):
    """Remembers elements and fails where an end tag does not match."""

    def __init__(self):
        super().__init__()
        self.open, self.seen = [], []

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def parse(markup: str) -> Balanced:
    parser = Balanced()
    parser.feed(markup)
    parser.close()
    assert parser.open == []
    return parser


def data(markup: str) -> dict:
    return json.loads(re.search(r'<script type="application/json">(.*?)</script>', markup, re.S)[1], parse_constant=pytest.fail)


@pytest.fixture(scope="module")
def signs():
    return make("lsfb-like", 4, 4, 40)


def test_clip_is_inlined_whole_and_controls_are_labelled(signs):
    markup = player(signs, 3)._repr_html_()
    seen = parse(markup).seen
    sent = data(markup)["clips"]
    assert [c["frames"] for c in sent] == [signs.lengths[3]] == [len(sent[0]["points"])]
    assert sent[0]["stroke"] == [signs.onset[3], signs.offset[3]]
    for tag in ("input", "select"):
        assert all(a.get("aria-label") for t, a in seen if t == tag) and any(t == tag for t, _ in seen)
    assert re.findall(r"<button[^>]*>([^<]+)</button>", markup) == ["Play", "Mirror"]
    assert "http" not in markup and "src=" not in markup


def test_whatever_can_have_the_focus_keeps_its_keys_from_jupyterlab(signs):
    able = [
        (t, a) for t, a in parse(player(signs, [0, 1], overlay=[2, 3]).markup).seen if t in ("button", "input", "select") or "tabindex" in a
    ]
    assert len(able) == 2 * 6 and all(a.get("data-lm-suppress-shortcuts") == "true" for _, a in able)


def test_without_scripts_there_are_a_picture_and_a_sentence_in_place_of_dead_buttons(signs):
    shown = player(signs, [0, 1])
    (live,) = (a for t, a in parse(shown.markup).seen if a.get("class") == "sign-live")
    assert live["style"] == "display:none" and shown.markup.index("Trust Notebook") < shown.markup.index("sign-live") < shown.markup.index(
        "<button"
    )
    still = plt.imread(io.BytesIO(shown.still))
    assert still.shape[1] > 200 and len(np.unique(still[..., :3].reshape(-1, 3), axis=0)) > 20


def test_missing_landmarks_are_marked_and_nothing_else_is(signs):
    clip = next(i for i, n in enumerate(signs.lengths) if np.isnan(signs.landmarks[i, :n]).any())
    sent = np.array(data(player(signs, clip).markup)["clips"][0]["points"]).reshape(signs.lengths[clip], 75, 2)
    lost = np.isnan(signs.landmarks[clip, : signs.lengths[clip], :, 0])
    assert lost.any()
    assert ((sent == MISSING).all(-1) == lost).all() and (sent >= MISSING).all()
    assert "NaN" not in player(signs, clip).markup


def test_coordinates_survive_quantisation(signs):
    sent = np.array(data(player(signs, 1).markup)["clips"][0]["points"]).reshape(signs.lengths[1], 75, 2)[:, 11:17]
    true = signs.landmarks[1, : signs.lengths[1], 11:17]
    scale = np.ptp(sent[..., 0]) / np.ptp(true[..., 0])
    assert np.allclose(sent - sent[:1, :1], (true - true[:1, :1]) * scale, atol=4)


def test_a_nasty_gloss_is_text(signs):
    nasty = '</script><script>alert("x")</script>'
    signs = replace(signs, glosses=(nasty,) * 4)
    for markup in (player(signs, 0).markup, player(signs, [0, 1], title=nasty).markup):
        assert "<script>alert" not in markup
        assert sum(t == "script" for t, _ in parse(markup).seen) == 2


def test_several_clips_stand_side_by_side(signs):
    markup = player(signs, [0, 5, 7], size=200).markup
    assert [c["frames"] for c in data(markup)["clips"]] == list(signs.lengths[[0, 5, 7]])
    assert sum(t == "canvas" for t, _ in parse(markup).seen) == 3
    one, two = (re.search(r'id="(sign-player-\w+)"', player(signs, 0).markup)[1] for _ in range(2))
    assert one != two


def test_unknown_boundaries_are_not_drawn(signs):
    signs = replace(signs, onset=np.full(40, np.nan), offset=np.full(40, np.nan))
    markup = player(signs, 0).markup
    assert data(markup)["clips"][0]["stroke"] is None and "not known" in markup
    assert not any(t.get_text() == "stroke" for t in strip(None, signs, 0).axes[0].texts)


@pytest.mark.parametrize("index", [40, -41, [0, 99], []])
def test_wrong_index_is_named(signs, index):
    with pytest.raises(SignError, match="no clip"):
        player(signs, index)


def test_a_clip_that_may_have_been_resampled_counts_frames_and_is_not_rushed(signs):
    """Of a fast sensor's clip that fills all frames, nobody knows any more how long it took."""
    fast = replace(signs, fps=113.0)
    short, full = int(np.argmin(signs.lengths)), int(np.argmax(signs.lengths))
    assert signs.lengths[short] < signs.lengths[full] == signs.frames
    moments = {i: [t.get_text() for t in strip(None, fast, i, frames=3).axes[0].texts][:3] for i in (short, full)}
    assert moments[full] == ["frame 1", f"frame {round((signs.frames - 1) / 2) + 1}", f"frame {signs.frames}"]
    assert all(m.endswith(" s") for m in moments[short])
    rates = [clip["fps"] for clip in data(player(fast, [short, full]).markup)["clips"]]
    assert rates[0] == 113 and rates[1] < 30


def test_strip_marks_the_phases_where_they_are(signs):
    ax = strip(None, signs, 2, frames=6).axes[0]
    words = {t.get_text(): t.get_position()[0] for t in ax.texts}
    assert words["preparation"] < words["stroke"] < words["retraction"]
    last = signs.lengths[2] - 1
    assert words["stroke"] == pytest.approx(0.5 + 5 * (signs.onset[2] + signs.offset[2]) / 2 / last)
    assert len(ax.collections) == 6 + 3
    with pytest.raises(SignError, match="at least 2"):
        strip(None, signs, 2, frames=1)


def marks(markup: str) -> dict[str, tuple[float, float]]:
    """What is marked on the bar: where it begins and how wide it is, in percent."""
    found = re.findall(r'data-mark="(\w+)" style="[^"]*left:([\d.]+)%;width:([\d.]+)%', markup)
    return {kind: (float(left), float(width)) for kind, left, width in found}


def test_true_and_estimated_boundaries_are_marked_where_they_are(signs):
    last = signs.lengths[2] - 1
    found = Strokes(np.full(40, 0.25 * last), np.full(40, 0.5 * last), np.ones(40), np.zeros(40))
    both = player(signs, 2, estimated=found).markup
    onset, offset = (100 * x / last for x in (signs.onset[2], signs.offset[2]))
    assert marks(both) == {"true": (pytest.approx(onset, abs=0.06), pytest.approx(offset - onset, abs=0.11)), "estimated": (25, 25)}
    unknown = replace(signs, onset=np.full(40, np.nan), offset=np.full(40, np.nan))
    assert set(marks(player(unknown, 2, estimated=found).markup)) == {"estimated"}


def test_an_overlay_stands_on_the_same_shoulders(signs):
    sent = data(player(signs, [0, 1], overlay=[4, 5]).markup)["clips"]
    assert [len(c["overlay"]) for c in sent] == list(signs.lengths[[4, 5]])
    same = data(player(signs, 0, overlay=replace(signs, landmarks=signs.landmarks * 3 + 1)).markup)["clips"][0]
    assert np.abs(np.array(same["points"]) - np.array(same["overlay"])).max() <= 1
    with pytest.raises(SignError, match="one for each"):
        player(signs, [0, 1], overlay=2)
    with pytest.raises(SignError, match="expected 40"):
        player(signs, 0, overlay=signs.subset(np.arange(3)))


FIGURES = "[...document.querySelectorAll('figure')]"


@needs_browser
def test_a_reader_plays_scrubs_mirrors_and_compares_by_keyboard(signs, tmp_path):
    page = tmp_path / "page.html"
    body = player(signs, [0, 1], size=500, overlay=[4, 5]).markup + player(signs, 2).markup
    page.write_text(
        f'<!doctype html><html lang="en"><meta name="viewport" content="width=device-width"><meta charset="utf-8"><title>x</title><body>{body}</body></html>'
    )
    with browse(tmp_path / "profile") as tab:
        tab.look(360, 800)
        tab.open(page.as_uri())
        assert tab.run("document.documentElement.scrollWidth") <= 360
        said = f"{FIGURES}.map(f => parseInt(f.querySelector('output').textContent))"
        picture = f"{FIGURES}[0].querySelector('canvas').toDataURL()"
        assert tab.run(said) == [0, 0, 0], "nothing moves before it is asked to"
        tab.run(f"{FIGURES}[0].querySelector('[role=group]').focus()")
        tab.press("ArrowRight", 39)
        assert tab.run(said) == [1, 0, 0]
        tab.press("End", 35)
        assert tab.run(said)[0] == signs.lengths[0] - 1
        tab.press("Home", 36)
        seen = [tab.run(picture)]
        for key in "mo":
            tab.press(key, ord(key.upper()))
            seen.append(tab.run(picture))
        assert len(set(seen)) == 3 and tab.run(f"{FIGURES}[0].querySelector('[data-do=mirror]').ariaPressed") == "true"
        tab.press(" ", 32)
        tab.wait(f"{said}[0] > 2")
        tab.press(" ", 32)
        still = tab.run(said)
        assert still[1:] == [0, 0] and tab.run(f"new Promise(r => setTimeout(() => r({said}), 300))") == still
        slider = f"{FIGURES}[2].querySelector('input')"
        tab.run(f"{slider}.value = 5, {slider}.dispatchEvent(new Event('input'))")
        assert tab.run(said)[2] == 5 and "0.20 s" in tab.run(f"{slider}.getAttribute('aria-valuetext')") and tab.problems == []


@needs_browser
def test_who_prefers_reduced_motion_sees_a_clip_once(signs, tmp_path):
    page = tmp_path / "page.html"
    page.write_text(f'<!doctype html><html lang="en"><meta charset="utf-8"><title>x</title><body>{player(signs, 0).markup}</body></html>')
    with browse(tmp_path / "profile") as tab:
        tab.look(calm=True)
        tab.open(page.as_uri())
        tab.run("document.querySelector('select').value = '2', document.querySelector('[data-do=play]').click()")
        tab.wait(f"parseInt(document.querySelector('output').textContent) === {signs.lengths[0] - 1}")
        tab.wait("document.querySelector('[data-do=play]').textContent === 'Play'")
        assert (
            tab.run(f"new Promise(r => setTimeout(() => r(parseInt({FIGURES}[0].querySelector('output').textContent)), 300))")
            == signs.lengths[0] - 1
        )
