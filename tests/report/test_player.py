"""The skeleton player: whole, safe, and honest about missing landmarks."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
from conftest import make_signs

from sslslr.errors import SignError
from sslslr.report.player import drawn, player, strip


def data_of(html):
    return json.loads(re.search(r"const d = (\{.*?\}), box", html, re.S)[1])


def test_all_frames_are_there_and_missing_landmarks_are_marked_not_zero(signs):
    html = player(signs, 3)._repr_html_()
    data = data_of(html)
    assert "NaN" not in html and len(data["frames"]) == signs.lengths[3]
    gone = np.array(data["frames"]).reshape(-1, 75, 2)[:, :, 0] < 0
    np.testing.assert_array_equal(gone, np.isnan(drawn(signs, 3)).any(-1))
    assert gone[:, 33:54].any() or not np.isnan(signs.landmarks[3, : signs.lengths[3], 33:54]).any()


def test_a_gloss_can_not_inject_anything():
    signs = replace(make_signs(), glosses=('<script>alert("x")</script>', "B", "C", "D"))
    html = player(signs, 0).html
    assert "<script>alert" not in html and html.count("<script") == 1 and "&lt;script&gt;" in html


def test_markup_is_balanced_and_every_control_has_a_name(signs):
    class Tags(HTMLParser):
        def __init__(self):
            super().__init__()
            self.open, self.unnamed = [], []

        def handle_starttag(self, tag, attributes):
            if tag in ("button", "select", "canvas") or (tag == "input" and ("type", "range") in attributes):
                self.unnamed += [] if dict(attributes).get("aria-label") else [tag]
            if tag != "input":
                self.open.append(tag)

        def handle_endtag(self, tag):
            assert self.open.pop() == tag

    tags = Tags()
    tags.feed(player(signs, [0, 1]).html)
    assert tags.open == [] and tags.unnamed == []


def test_the_stroke_is_marked_only_where_it_is_known(signs):
    assert data_of(player(signs, 0).html)["onset"] is None
    known = replace(signs, onset=np.full(60, 2.0), offset=np.full(60, 4.0))
    html = player(known, 0).html
    assert data_of(html)["offset"] == 4 and f"left:{200 / (known.lengths[0] - 1):.1f}%" in html
    texts = [t.get_text() for t in strip(None, known, 0).axes[0].texts]
    assert sum("stroke" in t for t in texts) > 0 and texts[0].startswith("preparation") and texts[-1].startswith("retraction")


def test_two_players_on_a_page_do_not_share_an_id(signs):
    ids = re.findall(r'class="sign-player" id="([^"]+)"', player(signs, [0, 1, 2]).html)
    assert len(set(ids)) == 3


def test_a_clip_that_is_not_there_is_named(signs):
    with pytest.raises(SignError, match="no clip 60; there are clips 0 to 59"):
        player(signs, 60)
