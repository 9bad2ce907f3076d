"""Rendered clips: the corpus is not changed by being filmed, pictures are the same every time, looks are the signer's and the recording's."""

from dataclasses import replace

import numpy as np
import pytest
from conftest import make_signs

from sslslr import profiles
from sslslr.clips.input import Input
from sslslr.datasets import synthetic
from sslslr.errors import SignError
from sslslr.studies.corpora import ready
from sslslr.video import film, render
from sslslr.video.style import style

SIZE, ASKED = 48, {"classes": 3, "signers": 4, "clips": 16}


@pytest.fixture
def signs():
    return ready(synthetic.make("gsl-like", **ASKED), profiles.load("smoke"))


def test_a_corpus_that_is_filmed_is_the_same_corpus():
    seen = []
    made = synthetic.make("gsl-like", **ASKED, film=lambda rows, lengths, bodies, image, scene: seen.append((rows, lengths, bodies, image)))
    plain = synthetic.make("gsl-like", **ASKED)
    assert made.fingerprint == plain.fingerprint and np.array_equal(made.landmarks, plain.landmarks, equal_nan=True)
    ((rows, lengths, bodies, image),) = seen
    assert np.array_equal(rows, np.arange(16)) and np.array_equal(lengths, made.lengths) and bodies.shape[2:] == (75, 3)
    hands = made.valid & np.isfinite(made.landmarks).all((2, 3))
    off = np.abs(image[hands] - made.landmarks[hands])[:, :23]
    assert np.median(off) < 0.01, "where the landmarks are, but for their jitter"


def test_pictures_are_the_same_every_time_and_the_rows_are_the_clips(signs, tmp_path, monkeypatch):
    first = film.rendered(signs, SIZE)
    assert first.pictures.shape == (16, 16, SIZE, SIZE, 3) and first.pictures.dtype == np.uint8 and first.name == film.RENDERED
    monkeypatch.setenv("SSLSLR_CACHE", str(tmp_path / "other"))
    assert np.array_equal(first.pictures, film.rendered(signs, SIZE).pictures)
    assert first.rows(signs.subset(np.array([5, 2]))).tolist() == [5, 2]
    with pytest.raises(SignError, match="no pictures of 16 of 16 clips, first 'else'"):
        first.rows(replace(signs, clips=np.array(["else"] * 16)))


def test_a_clip_that_is_mirrored_as_landmarks_is_mirrored_as_pictures():
    raw = synthetic.make("gsl-like", **ASKED)
    (same, turned), flags = ([], []), None
    for handedness, into in (("as_signed", same), ("each_clip", turned)):
        choice = Input(handedness=handedness)
        flags = choice.mirrored(choice.each(raw, 24))
        into.append(film.rendered(choice.prepare(raw, 24), SIZE).pictures)
    assert 0 < flags.sum() < 16
    for i, flag in enumerate(flags):
        assert np.array_equal(turned[0][i], same[0][i][:, :, ::-1] if flag else same[0][i])


def test_each_signer_and_recording_has_a_look_and_new_ones_differ_where_they_should(signs):
    shown = film.rendered(signs, SIZE)
    corner = shown.pictures[:, :, :6, :6].astype(int)
    assert (corner == corner[:, :1]).all(), "the camera does not move"
    looks = {r: corner[shown.recordings == r][:, 0] for r in np.unique(shown.recordings)}
    means = [v.mean() for v in looks.values()]
    assert len(looks) > 4 and np.std(means) > 10
    room = film.rendered(signs, SIZE, ("background",)).pictures[:, :, :6, :6]
    clothes = film.rendered(signs, SIZE, ("clothes",)).pictures
    assert (
        not np.array_equal(room, corner) and np.array_equal(clothes[:, :, :6, :6], corner) and not np.array_equal(clothes, shown.pictures)
    )


def test_what_is_nearer_to_the_camera_is_in_front():
    look = style([0, 0], 0, 0, 96 * render.FINE)
    look = replace(look, clothes=(0, 0, 250), skin=(250, 180, 120), sleeve=0.0, light=np.ones(3))
    bodies, image = np.zeros((2, 75, 3), np.float32), np.full((2, 75, 2), 2.0, np.float32)
    image[:, [11, 12]] = (0.65, 0.4), (0.35, 0.4)
    image[:, [23, 24]] = (0.6, 0.9), (0.4, 0.9)
    image[:, :11] = (0.5, 0.2)
    image[:, [14, 16]] = (0.3, 0.6), (0.5, 0.6)  # the forearm across the trunk
    image[:, 54:] = (0.5, 0.6)
    image[:, [13, 15]] = (0.42, 0.6), (0.5, 0.75)  # the other upper arm crosses it
    bodies[0, [14, 16, 12]], bodies[1, [14, 16, 12]] = (0, 0, -1), (0, 0, 1)
    front, behind = render.render(bodies, image, look, 96)
    place = (slice(54, 60), slice(36, 42))
    assert np.abs(front[place].astype(int) - behind[place]).max() > 60


def test_clips_that_were_not_made_here_are_refused(signs):
    for wrong, said in (
        (make_signs(), "only synthetic clips"),
        (ready(synthetic.make("gsl-like", **ASKED, ends=0.5), profiles.load("smoke")), "other ends"),
    ):
        with pytest.raises(SignError, match=said):
            film.rendered(wrong, SIZE)
