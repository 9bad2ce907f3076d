"""Onset and offset from landmarks alone: near the truth, unmoved by what should not matter, sure only where it is clear."""

from dataclasses import replace

import numpy as np
import pytest

from sslslr.clips import boundaries
from sslslr.clips.boundaries import ends, estimate
from sslslr.clips.signs import prepare
from sslslr.clips.skeleton import HANDS_42, KINECT_20, LEAP_42, mirror
from sslslr.datasets import synthetic
from sslslr.errors import SignError


@pytest.fixture(scope="module")
def corpora():
    return {c: prepare(synthetic.make(c, classes=20, signers=6, clips=160, seed=9), 32) for c in synthetic.CORPORA}


def bell(t, start, end):
    """Minimum-jerk course from 0 to 1 between two moments (Flash and Hogan 1985), written anew here."""
    u = np.clip((t - start) / (end - start), 0, 1)
    return 10 * u**3 - 15 * u**4 + 6 * u**5


def reach_and_return(onsets, offsets, frames=40, move=7.0, wave=0.12):
    """Clips of 20 joints whose right hand rises until its onset, sways, and sinks from its offset on."""
    n, t = len(onsets), np.arange(frames)[None, :].astype(float)
    on, off = np.asarray(onsets)[:, None], np.asarray(offsets)[:, None]
    up = bell(t, on - move, on) - bell(t, off, off + move)
    sway = wave * np.sin(2 * np.pi * np.clip((t - on) / (off - on), 0, 1))
    x = np.zeros((n, frames, 20, 3), np.float32)
    x[:, :, 2], x[:, :, 3] = (-0.5, 0, 0), (0.5, 0, 0)
    x[:, :, 6] = x[:, :, 8] = (-0.6, -1.5, 0)
    for joint in (7, 9):
        x[:, :, joint, 0], x[:, :, joint, 1] = 0.6 + sway - 0.3 * up, -1.5 + 1.6 * up
    return x


def signs_of(x, lengths=None, skeleton=KINECT_20):
    from sslslr.clips.signs import Signs

    n = len(x)
    nothing = np.full(n, np.nan)
    lengths = np.full(n, x.shape[1]) if lengths is None else lengths
    words = np.array([f"c{i}" for i in range(n)])
    return Signs("made", "real", skeleton, x, lengths, np.zeros(n, int), ("A",), words, words, np.full(n, ""), nothing, nothing)


def test_a_reach_a_stroke_and_a_return_are_found_where_they_were_put():
    on, off = np.array([10.0, 12, 15, 9, 14]), np.array([26.0, 24, 30, 28, 23])
    found = estimate(signs_of(reach_and_return(on, off)))
    assert np.abs(found.onset - on).max() < 1.2 and np.abs(found.offset - off).max() < 1.8
    assert found.confidence.min() > 0.3


def test_it_follows_the_stroke_through_the_clip():
    on = np.arange(9.0, 20.0)
    found = estimate(signs_of(reach_and_return(on, on + 12)))
    assert np.corrcoef(found.onset, on)[0, 1] > 0.99 and np.corrcoef(found.offset, on)[0, 1] > 0.99


def test_padding_mirror_size_and_the_company_of_other_clips_change_nothing(corpora):
    signs = corpora["gsl-like"]
    told = estimate(signs)
    padded = np.full((len(signs), 50, *signs.landmarks.shape[2:]), np.nan, np.float32)
    padded[:, : signs.frames] = signs.landmarks
    variants = {
        "padding": replace(signs, landmarks=padded),
        "mirror": replace(signs, landmarks=mirror(signs.landmarks, signs.skeleton)),
        "place": replace(signs, landmarks=signs.landmarks + np.float32(0.5)),
    }
    for name, other in variants.items():
        again = estimate(other)
        np.testing.assert_allclose(again.onset, told.onset, atol=1e-2, err_msg=name)
        np.testing.assert_allclose(again.offset, told.offset, atol=1e-2, err_msg=name)
    chosen = np.array([5, 17, 99])
    np.testing.assert_allclose(estimate(signs.subset(chosen)).onset, told.onset[chosen])


def test_a_large_reach_within_the_stroke_is_not_taken_for_the_preparation_where_the_clip_begins_at_rest():
    on, off = np.full(6, 10.0), np.full(6, 30.0)
    x = reach_and_return(on, off, wave=0.0)
    x[:, :, [7, 9], 0] += np.float32(0.9) * bell(np.arange(40.0)[None, :, None], 17, 24)  # sideways, as far as the preparation goes up
    found = estimate(signs_of(x))
    assert np.abs(found.onset - on).max() < 2


def test_where_nothing_moves_clearly_the_prior_decides_and_says_so(corpora):
    rng = np.random.default_rng(1)
    still = reach_and_return([10.0] * 8, [26.0] * 8)
    still[:, :] = still[:, :1] + rng.normal(size=still.shape).astype(np.float32) * 0.004  # jitter of a standing person
    found = estimate(signs_of(still))
    assert (found.prior > 0.5).all() and (found.confidence < 0.3).all()
    clear = estimate(signs_of(reach_and_return([10.0, 12], [26.0, 30])))
    assert (clear.prior < 0.3).all()
    assert all(((t.prior >= 0) & (t.prior + t.confidence <= 1 + 1e-6)).all() for t in map(estimate, corpora.values()))


def test_labels_signers_and_truth_are_not_looked_at(corpora):
    signs = corpora["lsa-like"]
    nothing = np.full(len(signs), np.nan)
    blind = replace(signs, labels=np.zeros(len(signs), int), signers=np.full(len(signs), "x"), onset=nothing, offset=nothing)
    np.testing.assert_array_equal(estimate(blind).onset, estimate(signs).onset)


@pytest.mark.parametrize("lost", ["left_hand", "right_hand", "both"])
def test_missing_hands_cost_little(corpora, lost):
    signs = corpora["lsa-like"]
    x = signs.landmarks.copy()
    for part in ("left_hand", "right_hand") if lost == "both" else (lost,):
        x[:, :, list(signs.skeleton.parts[part])] = np.nan
    error = {}
    for name, s in {"whole": signs, "lost": replace(signs, landmarks=x)}.items():
        told = estimate(s)
        error[name] = (np.abs(told.onset - s.onset) + np.abs(told.offset - s.offset)).mean() / 2
    assert error["lost"] < error["whole"] + 0.5


def test_hands_without_a_body_are_enough_in_either_direction_of_y():
    """The hands alone, once as of a camera and once as of a sensor in millimetres whose y grows upwards."""
    made = synthetic.make("gsl-like", classes=20, signers=6, clips=160, seed=9)
    hands = made.landmarks[:, :, 33:]
    flipped = np.zeros((*hands.shape[:-1], 3), np.float32)
    flipped[..., :2] = hands[..., :2] * np.array((360, -360), np.float32)
    told = {}
    for skeleton, x in ((HANDS_42, hands), (LEAP_42, flipped)):
        signs = prepare(replace(made, skeleton=skeleton, landmarks=x), 32)
        told[skeleton.name] = estimate(signs)
        error = np.abs(told[skeleton.name].onset - signs.onset) + np.abs(told[skeleton.name].offset - signs.offset)
        dealt = np.abs(told[skeleton.name].onset[::-1] - signs.onset) + np.abs(told[skeleton.name].offset[::-1] - signs.offset)
        assert error.mean() < 0.5 * dealt.mean()
    np.testing.assert_allclose(told["leap-42"].onset, told["hands-42"].onset, atol=1e-2)


def test_hands_whose_mean_pose_was_taken_out_are_refused():
    x = np.zeros((4, 20, 42, 3), np.float32)
    with pytest.raises(SignError, match="mean pose was taken out"):
        estimate(signs_of(x, skeleton=LEAP_42))


def test_whatever_comes_in_the_estimate_lies_in_the_clip():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(8, 30, 20, 3)).astype(np.float32)
    x[0] = 0  # nothing moves
    x[1, :, 6:10] = np.nan  # never a wrist
    x[2, ::2] = np.nan
    x[3, 2:] = np.nan
    lengths = np.array([30, 30, 30, 2, 30, 3, 17, 30])
    for i, n in enumerate(lengths):
        x[i, n:] = np.nan
    found = estimate(signs_of(x, lengths))
    for values in (found.onset, found.offset, found.confidence):
        assert np.isfinite(values).all()
    assert ((found.onset >= 0) & (found.onset <= found.offset) & (found.offset <= lengths - 1)).all()
    assert (
        (found.confidence[[0, 1]] == 0).all() and found.onset[0] == pytest.approx(29 / 3) and found.offset[0] == pytest.approx(29 * 3 / 4)
    )


def test_less_than_half_the_error_of_the_papers_fixed_shares_on_every_corpus(corpora):
    for name, signs in corpora.items():
        told, last = estimate(signs), signs.lengths - 1
        own = np.abs(told.onset - signs.onset) + np.abs(told.offset - signs.offset)
        fixed = np.abs(last / 3 - signs.onset) + np.abs(last * 3 / 4 - signs.offset)
        assert own.mean() < 0.6 * fixed.mean(), name
        assert np.corrcoef(told.onset / last, signs.onset / last)[0, 1] > 0.3, name


def test_confidence_says_where_it_errs(corpora):
    told = {c: estimate(s) for c, s in corpora.items()}
    error = np.concatenate([np.abs(told[c].onset - s.onset) + np.abs(told[c].offset - s.offset) for c, s in corpora.items()])
    confidence = np.concatenate([t.confidence for t in told.values()])
    low, high = np.quantile(confidence, [0.25, 0.75])
    assert error[confidence <= low].mean() > 1.4 * error[confidence >= high].mean()


@pytest.mark.parametrize("corpus", synthetic.CORPORA)
def test_strokes_in_the_first_or_the_last_half_are_found_there(corpus):
    told, true = {}, {}
    for half in ("first-half", "last-half"):
        signs = prepare(synthetic.make(corpus, classes=10, signers=4, clips=60, seed=4, stroke=half), 32)
        found = estimate(signs)
        told[half] = ((found.onset + found.offset) / 2 / (signs.lengths - 1)).mean()
        true[half] = ((signs.onset + signs.offset) / 2 / (signs.lengths - 1)).mean()
    assert told["first-half"] < 0.45 and told["last-half"] > 0.55
    assert told["last-half"] - told["first-half"] > 0.5 * (true["last-half"] - true["first-half"])


def test_the_ends_are_what_lies_outside_of_the_stroke(corpora):
    signs = corpora["gsl-like"]
    alpha, beta = ends(signs, "true")
    head, tail = np.floor(alpha * signs.lengths + 1e-6), np.floor(beta * signs.lengths + 1e-6)
    np.testing.assert_array_equal(head, np.rint(signs.onset))  # frames 0 to onset - 1
    np.testing.assert_array_equal(signs.lengths - tail - 1, np.rint(signs.offset))
    alpha, beta = ends(signs, "estimated")
    assert ((alpha >= 0) & (beta >= 0) & (alpha + beta <= 1)).all() and np.std(alpha) > 0.01


def test_true_ends_need_a_truth_and_other_words_are_refused():
    made = signs_of(reach_and_return([10.0], [25.0]))
    with pytest.raises(SignError, match="not known"):
        ends(made, "true")
    with pytest.raises(SignError, match="estimated, true"):
        ends(made, "guessed")


def test_chunks_do_not_matter(corpora, monkeypatch):
    signs = corpora["lsfb-like"]
    whole = estimate(signs)
    monkeypatch.setattr(boundaries, "CHUNK", 7)
    np.testing.assert_allclose(estimate(signs).offset, whole.offset)
