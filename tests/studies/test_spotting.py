"""Spotting: streams whose truth is where it was put, proposals, matching and rejection, and how all of it is counted."""

import numpy as np
import pandas as pd
import pytest

from sslslr.clips.signs import prepare
from sslslr.clips.skeleton import MEDIAPIPE_75
from sslslr.datasets import synthetic
from sslslr.errors import SignError
from sslslr.measures.probes import handmade
from sslslr.measures.segments import overlap
from sslslr.spotting import Lexicon, Stream, distinct, join, paced, propose, slide, spot, strokes_of
from sslslr.studies import streams


def encode(signs):
    return np.nan_to_num(handmade(signs))


@pytest.fixture(scope="module")
def signs():
    return prepare(synthetic.make("lsa-like", classes=5, signers=4, clips=60, seed=0), 90)


def test_pieces_are_where_they_were_put_and_what_lies_between_is_a_movement():
    a, b, c = (np.full((n, 75, 2), v, np.float32) for n, v in ((5, 0), (7, 1), (4, 3)))
    stream = join("s", [a, b, c], ["", "B", "C"], MEDIAPIPE_75, [3, 6])
    assert stream.segments.tolist() == [[8, 14], [21, 24]] and stream.glosses.tolist() == ["B", "C"] and len(stream) == 25
    for (first, last), part in zip(stream.segments, (b, c), strict=True):
        np.testing.assert_array_equal(stream.landmarks[first : last + 1], part)
    steps = np.diff(stream.landmarks[:, 0, 0])
    assert (steps >= 0).all() and steps[14:21].argmax() in (3, 4)  # bell-shaped: fastest in the middle


def test_pace_shortens_a_clip_and_leaves_its_ends():
    clip = np.linspace(0, 1, 20)[:, None, None] * np.ones((1, 75, 2), np.float32)
    for pace, frames in ((1, 20), (4, 5), (100, 3)):
        fast = paced(clip, pace)
        assert len(fast) == frames and fast[0, 0, 0] == 0 and fast[-1, 0, 0] == 1


def test_of_proposals_that_are_one_the_surest_stays():
    kept, score = distinct(np.array([[0, 9], [1, 10], [30, 39]]), np.array([0.2, 0.9, 0.5]))
    assert kept.tolist() == [[1, 10], [30, 39]] and score.tolist() == [0.9, 0.5]


def test_proposals_lie_in_the_stream_and_find_most_strokes(signs):
    found = []
    for stream in streams.sentences(signs, pace=2.0, count=6):
        segments, sure = propose(stream)
        assert (segments[:, 0] >= 0).all() and (segments[:, 1] < len(stream)).all() and (np.diff(sure) <= 0).all()
        assert np.triu(overlap(segments, segments), 1).max() < 0.5
        found.append(overlap(stream.segments, segments).max(1) >= 0.5)
    assert np.concatenate(found).mean() > 0.5


def test_a_sign_of_the_lexicon_is_matched_to_itself_and_what_is_unlike_is_rejected(signs):
    lexicon = Lexicon(strokes_of(prepare(signs, 32)), encode)
    stream = streams.sentences(signs, pace=1.0, count=1)[0]
    oracle = lambda s: (s.segments, np.ones(len(s.segments)))  # noqa: E731
    told = spot(stream, lexicon, oracle)
    by_place = dict(zip(told["first"], told["gloss"], strict=True))
    right = [by_place[first] == gloss for (first, _), gloss in zip(stream.segments, stream.glosses, strict=True)]
    assert np.mean(right) >= 0.75 and told["likeness"].is_monotonic_decreasing
    middle = told["likeness"].median()
    assert len(spot(stream, lexicon, oracle, least=middle)) == (told["likeness"] >= middle).sum() < len(told)
    assert spot(stream, lexicon, oracle, least=1.1).empty
    assert len(slide(stream)[0]) > len(propose(stream)[0])


def test_a_stream_without_segments_can_not_be_cut(signs):
    stream = Stream("s", signs.skeleton, signs.landmarks[0], np.empty((0, 2), int), np.array([]))
    with pytest.raises(SignError, match="no segment"):
        stream.cut(stream.segments)


def test_measures_count_place_gloss_threshold_and_onset_by_hand():
    nothing = np.zeros((40, 75, 2), np.float32)
    stream = Stream("s", MEDIAPIPE_75, nothing, np.array([[0, 9], [20, 29]]), np.array(["A", "B"]))
    told = pd.DataFrame({"first": [1, 20, 30], "last": [9, 29, 39], "gloss": ["A", "C", "B"], "likeness": [0.9, 0.8, 0.1]})
    scores = streams.measured([told], [stream], 0.5)
    assert scores["precision"] == 0.5 and scores["recall"] == 0.5 and scores["places"] == 1 and scores["onset error"] == 1
    assert scores["mAP"] == 0.5 and scores["signs"] == 2
    assert streams.measured([told], [stream], 0.85)["precision"] == 1
    assert streams.threshold([told], [stream]) > 0.8
    assert streams.in_clips([told], [stream], 0.5)["recall"] == 0.5


def test_every_encoder_takes_the_clips_of_a_stream_and_leaves_them_as_they_are(signs):
    clips = streams.sentences(signs, pace=2.0, count=1)[0]
    cut = clips.cut(clips.segments)
    before = cut.landmarks.copy()
    for name, encode_them in streams.encoders().items():
        features = encode_them(cut)
        assert features.shape[0] == len(cut) and np.isfinite(features).all() and features.std(0).max() > 0, name
    np.testing.assert_array_equal(cut.landmarks, before)


def test_an_interval_is_over_what_was_drawn_signers_with_all_their_streams_or_streams():
    found = np.array([1.0, 1.0, 0.0, 0.0])  # of four streams of two signers

    def measure(rows):
        assert len(rows) in (2, 4)
        return {"f1": float(found[rows].mean())}

    by_signer = streams.spans(measure, np.array([0, 0, 1, 1]), ("f1",))
    assert by_signer == {"f1 low": 0.0, "f1 high": 1.0}
    assert streams.spans(measure, np.array([0, 1, 0, 1]), ("f1",)) == {"f1 low": 0.5, "f1 high": 0.5}, "both signers are alike"
    own = streams.spans(measure, np.arange(4), ("f1",))
    assert 0 <= own["f1 low"] < 0.5 < own["f1 high"] <= 1


def test_streams_counted_apart_make_what_they_make_together(signs):
    several = streams.sentences(signs, pace=1.0, count=4)
    lexicon = Lexicon(strokes_of(prepare(signs, 32)), encode)
    told = [spot(one, lexicon, slide) for one in several]
    each = streams.matched(told, several)
    together = streams.scored(each, 0.2)
    assert together == streams.measured(told, several, 0.2) and together["streams"] == 4
    alone = [streams.measured([t], [s], 0.2) for t, s in zip(told, several, strict=True)]
    assert together["places"] == pytest.approx(np.mean([one["places"] for one in alone]))
    assert together["recall"] == pytest.approx(np.mean([one["recall"] for one in alone]))


def test_what_is_like_no_gloss_is_rejected_at_the_threshold_that_keeps_nine_in_ten(signs):
    clips = strokes_of(prepare(signs, 32))
    of_lexicon = np.arange(len(clips)) % 3 == 0
    rng = np.random.default_rng(0)
    noise = clips.subset(slice(0, 20))
    object.__setattr__(noise, "landmarks", rng.normal(size=noise.landmarks.shape).astype(np.float32))
    told = streams.rejects(clips, noise, of_lexicon, encode)
    assert told["rejected"] == 1 and told["kept"] >= 0.6 and told["right"] > 0.5 and told["signs"] == 20


def test_lexicon_threshold_and_test_are_of_different_people(signs, monkeypatch):
    seen = []
    monkeypatch.setattr(streams, "joined", lambda part, *_: seen.append(set(part.signers)) or streams.sentences(part, 1.0, 2))
    monkeypatch.setattr(streams, "strokes_of", lambda part: seen.append(set(part.signers)) or strokes_of(part))
    monkeypatch.setattr(streams, "encoders", lambda: {"hand-made features": encode})
    table = streams.real_table(signs)
    lexicon, tuned, tested = seen
    assert (
        not lexicon & tuned
        and not tuned & tested
        and not lexicon & tested
        and set(table["proposals"]) == {"boundary estimate", "sliding windows"}
    )
