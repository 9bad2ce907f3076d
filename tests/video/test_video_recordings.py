"""Real video as films: the pictures of the extracted clips, in their order; short clips are padded and counted, a missing video is named."""

from dataclasses import replace

import numpy as np
import pytest
from conftest import needs_mediapipe

from sslslr import profiles
from sslslr.errors import SignError
from sslslr.extract.video import VideoError, write_video
from sslslr.methods.priors import FRAMES
from sslslr.studies import signrep
from sslslr.video import recordings, training


class Person:
    """A backend that takes no time: shoulders and wrists where a body has them, one hand, the other never seen."""

    about = {"backend": "stub", "version": "1", "complexity": 0}  # noqa: RUF012

    def __call__(self, pictures):
        frames = len(list(pictures))
        pose, hand = np.random.default_rng(0).random((frames, 33, 3)), np.random.default_rng(1).random((frames, 21, 3))
        pose[:, 11], pose[:, 12] = (0.7, 0.4, 0), (0.3, 0.4, 0)
        lost = np.full((frames, 21, 3), np.nan)
        return {"pose": pose, "left_hand": lost, "right_hand": hand, "visibility": np.ones((frames, 33))}


def numbered(frames: int, first: int = 0) -> list[np.ndarray]:
    return [np.full((48, 64, 3), first + 6 * i, np.uint8) for i in range(frames)]


@pytest.fixture
def videos(tmp_path):
    for gloss, name, frames in (("A", "one", 30), ("A", "two", 8), ("B", "one", 20)):
        (tmp_path / "videos" / gloss).mkdir(parents=True, exist_ok=True)
        write_video(tmp_path / "videos" / gloss / f"{name}.mp4", numbered(frames))
    return tmp_path / "videos"


@pytest.fixture
def profile():
    return profiles.load("smoke")


def test_clips_and_pictures_belong_together_and_short_ones_are_counted(videos, tmp_path, profile):
    signs, film = recordings.extracted(videos, tmp_path / "out", profile, workers=1, backend=Person)
    assert len(signs) == 3 and film.padded == 1 and (signs.split == "train").all() and len(set(film.recordings)) == 3
    shade = film.pictures[film.rows(signs)].mean((2, 3, 4))
    for clip, frames in (("A/one.mp4", 30), ("A/two.mp4", 8), ("B/one.mp4", 20)):
        expected = 6 * np.linspace(0, frames - 1, FRAMES).round()
        assert np.abs(shade[signs.clips.tolist().index(clip)] - expected).max() < 4
    again, same = recordings.extracted(videos, tmp_path / "out", profile, workers=1, backend=Person)
    assert same.name == film.name and np.array_equal(again.clips, signs.clips)
    write_video(videos / "B" / "one.mp4", numbered(20, first=3))
    assert recordings.film(videos, signs, 48).name != film.name, "another video is another film"


def test_a_run_learns_from_them_though_a_hand_was_never_seen(videos, tmp_path, profile):
    signs, film = recordings.extracted(videos, tmp_path / "out", profile, workers=1, backend=Person)
    run = signrep.run_of(profile, 0, {}, pixels=film.name)
    found = training.fetch(run, signs, film)
    assert found.metrics["loss"].notna().all() and len(found.metrics) == profile.video["epochs"]


def test_a_clip_without_video_and_a_damaged_one_are_named(videos, tmp_path, profile):
    signs, _ = recordings.extracted(videos, tmp_path / "out", profile, workers=1, backend=Person)
    with pytest.raises(SignError, match=r"no video of 1 of 3 clips, first 'C/x.mp4'"):
        recordings.film(videos, replace(signs, clips=np.array(["A/one.mp4", "A/two.mp4", "C/x.mp4"])))
    whole = (videos / "A" / "one.mp4").read_bytes()
    (videos / "A" / "one.mp4").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(VideoError, match=r"one\.mp4"):
        recordings.film(videos, signs)


@needs_mediapipe
def test_a_person_waving_becomes_a_film_with_landmarks(realdata, tmp_path, profile):
    (tmp_path / "videos" / "wave").mkdir(parents=True)
    (tmp_path / "videos" / "wave" / "waving.mp4").write_bytes((realdata / "clips" / "waving.mp4").read_bytes())
    signs, film = recordings.extracted(tmp_path / "videos", tmp_path / "out", profile, workers=1)
    assert len(signs) == 1 and film.pictures.std() > 10 and np.isfinite(signs.landmarks).mean() > 0.2
