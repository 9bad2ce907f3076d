"""The estimate against marks, on made-up recordings: who is left out, what is counted, and evidence without marks."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sslslr.clips.boundaries import Cues
from sslslr.clips.signs import prepare
from sslslr.datasets import gesture_phase, synthetic
from sslslr.studies import marked, marked_streams, segmenters, unmarked

sys.path.insert(0, str(Path(__file__).parents[1] / "datasets"))
import gesture_recordings as made


@pytest.fixture(scope="module")
def recordings(tmp_path_factory):
    return gesture_phase.recordings(made.write(tmp_path_factory.mktemp("g"), each=1))


@pytest.fixture(scope="module")
def units(recordings):
    return marked.units(recordings)


def test_where_transitions_are_reaches_the_estimate_is_near_the_marks_and_better_than_a_pair(units):
    told = marked.by_person(units).set_index(["way", "person"])
    assert told.loc[(marked.ESTIMATE, "all"), "onset"] < 1.5 and told.loc[(marked.ESTIMATE, "all"), "units"] == 12
    against = marked.against_pair(units).set_index("end")
    wide = units.pivot(index="unit", columns="way", values="onset")
    assert against.loc["onset", "difference"] == pytest.approx((wide[marked.ESTIMATE] - wide[marked.PAIR]).mean())
    assert against.loc["onset", "low"] <= against.loc["onset", "difference"] <= against.loc["onset", "high"]


def test_a_person_is_judged_with_nothing_of_their_own(recordings, monkeypatch):
    asked, learned = [], []
    monkeypatch.setattr(marked, "cues_without", lambda person: asked.append(person) or Cues())
    monkeypatch.setattr(
        marked, "SEGMENTERS", {"watched": lambda others: learned.append({o.person for o in others}) or segmenters.above_elbow}
    )
    rows = marked.units(recordings)
    assert asked == ["A", "B", "C"] and learned == [{"B", "C"}, {"A", "C"}, {"A", "B"}]
    pair = rows[(rows["way"] == marked.PAIR) & (rows["person"] == "A")]
    others = gesture_phase.units([o for o in recordings if o.person != "A"])
    assert pair["onset at"].unique() == pytest.approx(np.median(others.onset / (others.lengths - 1)))


def test_the_shipped_constants_are_there_for_everybody_who_is_judged():
    without = {person: marked.cues_without(person) for person in ("A", "B", "C")}
    assert len(set(without.values())) == 3 and marked.cues_without("") == Cues()  # nobody left out: what the package uses


def test_baselines_find_what_they_are_made_for(recordings):
    one, others = recordings[0], recordings[1:]
    for make in (segmenters.markov, segmenters.classifier):
        told = make(others)(one)
        hit = np.zeros(len(one), bool)
        for a, b in told:
            hit[a : b + 1] = True
        true = one.phases == "stroke"
        assert (hit & true).sum() / (hit | true).sum() > 0.6, make
    up = segmenters.above_elbow(one)
    assert len(up) == 4 and all((one.phases[a : b + 1] == "stroke").any() for a, b in up)


def test_the_stream_is_scored_for_each_person_and_all_together(recordings):
    table = marked.stream(recordings).set_index(["way", "person"])
    every, single = table.loc[(marked.ESTIMATE, "all")], table.loc[(marked.ESTIMATE, ["A", "B", "C"]), :]
    assert every["strokes"] == 12 == single["strokes"].sum() and every["frames"] == sum(map(len, recordings))
    assert 0 < every["f1 at 8"] <= 1 and every["f1 at 2"] <= every["f1 at 4"] <= every["f1 at 8"]


def test_reliability_is_by_confidence_and_every_unit_counts_once(units):
    table = marked.reliability(units)
    assert table["n"].sum() == 12 and table["confidence"].is_monotonic_increasing and (table["from"] <= table["to"]).all()


def test_spliced_strokes_are_the_recorded_frames_and_their_ends_are_found(recordings):
    signs = unmarked.spliced(recordings)
    assert len(signs) == 12
    by_name = {one.name: one for one in recordings}
    for i in (0, 7):
        name, _, span = signs.clips[i].partition(":")
        first, last = map(int, span.split("-"))
        got = signs.landmarks[i, int(signs.onset[i]) : int(signs.offset[i]) + 1]
        np.testing.assert_array_equal(got, by_name[name].landmarks[first : last + 1])
    told = marked.by_person(unmarked.spliced_rows(recordings)).set_index(["way", "person"])
    assert told.loc[(marked.ESTIMATE, "all"), "onset"] < 1.5 and told.loc[(marked.ESTIMATE, "all"), "units"] == 12


def test_icc_is_one_for_groups_that_agree_and_about_nothing_for_chance():
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"signer": np.repeat(list("abcd"), 90), "gloss": np.tile(np.repeat(np.arange(10), 9), 4)})
    same = table.assign(x=table["gloss"] + table["signer"].map(ord))
    assert unmarked.icc([same], "x") == pytest.approx(1) and abs(unmarked.icc([table.assign(x=rng.normal(size=360))], "x")) < 0.06


def test_repetitions_of_synthetic_signs_are_more_alike_than_chance():
    signs = prepare(synthetic.make("lsa-like", classes=6, signers=4, clips=120, seed=2), 32)
    table = unmarked.repetitions(signs, draws=50).set_index("end")
    assert (table["low"] <= table["reliability"]).all() and (table["clips"] == 120).all() and table.loc["onset", "reliability"] > 0


def test_strokes_proposed_in_a_recording_are_counted_once_and_below_the_threshold_not_at_all():
    told, sure = np.array([[0, 9], [1, 10], [30, 39], [60, 69]]), np.array([0.9, 0.8, 0.3, 0.7])
    true = np.array([[0, 9], [30, 39]])
    one = marked_streams.counts((told, sure), true, 0.5)
    assert one == {"right": 1, "told": 2, "strokes": 2, "reached": 2}, "the second lies on the first, the third is not sure enough"
    both = marked_streams.pooled([one, marked_streams.counts((told, sure), true, 0.0)])
    assert both["precision"] == 3 / 5 and both["recall"] == 3 / 4 and both["reached"] == 1 and both["recordings"] == 2


def test_what_spotting_proposes_in_marked_recordings_is_set_on_other_people(recordings, monkeypatch):
    asked, learned = [], []
    monkeypatch.setattr(marked_streams, "cues_without", lambda person: asked.append(person) or Cues())
    watched = lambda others: learned.append({o.person for o in others}) or segmenters.strokes_of  # noqa: E731
    monkeypatch.setattr(marked_streams, "SEGMENTERS", {marked_streams.LEARNED: watched})
    table = marked_streams.table(recordings).set_index(["proposals", "person"])
    assert asked == ["A", "B", "C"] and learned == [{"B", "C"}, {"A", "C"}, {"A", "B"}]
    own = table.xs("all", level="person")
    oracle = own.loc[own.index.str.contains("learned")].iloc[0]  # it is told the marks themselves
    assert oracle["f1"] == oracle["reached"] == oracle["f1 low"] == 1
    estimate = own.loc["boundary estimate"]
    assert estimate["f1 low"] <= estimate["f1"] <= estimate["f1 high"] and estimate["strokes"] == sum(
        len(segmenters.strokes_of(r)) for r in recordings
    )
    assert estimate["reached"] > 0.5
