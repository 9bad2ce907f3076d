"""The one adapter over MediaPipe: the same bits however it is run, mirrored as our mirror says, and quiet."""

import numpy as np
import pytest
from conftest import needs_mediapipe
from media import noise, person

from sslslr.clips.skeleton import MEDIAPIPE_75, mirror
from sslslr.errors import SignError
from sslslr.extract.batch import extract
from sslslr.extract.clips import Clip, clip_path, read_folder
from sslslr.extract.holistic import PARTS, Holistic
from sslslr.extract.sample import moving_portrait
from sslslr.extract.video import frames, write_video

pytestmark = needs_mediapipe


@pytest.fixture(scope="module")
def holistic():
    return Holistic()


@pytest.fixture(scope="module")
def portrait():
    return list(moving_portrait(8, 192))


def landmarks(found):
    """(T, 75, 3) of what a Holistic returned."""
    return np.concatenate([found[part] for part in PARTS], axis=1)


def test_shapes_and_what_made_them(holistic, portrait):
    found = holistic(portrait)
    assert {k: v.shape for k, v in found.items()} == {
        "pose": (8, 33, 3), "left_hand": (8, 21, 3), "right_hand": (8, 21, 3), "visibility": (8, 33),
    }  # fmt: skip
    assert np.isfinite(found["pose"]).all() and np.isnan(found["left_hand"]).all()  # the portrait shows no hand
    assert holistic.about == {"backend": "mediapipe-holistic", "version": "0.10.21", "complexity": 1}


def test_no_clip_sees_the_one_before_it(holistic, portrait):
    first = landmarks(holistic(portrait))
    holistic(list(moving_portrait(4, 128, turn=0.5)))
    np.testing.assert_array_equal(landmarks(holistic(portrait)), first)


def test_leaving_the_face_out_changes_no_bit(holistic, portrait):
    from mediapipe.python.solutions.holistic import Holistic as Whole

    with Whole(model_complexity=1) as whole:
        expected = [[(p.x, p.y, p.z) for p in whole.process(picture).pose_landmarks.landmark] for picture in portrait]
    np.testing.assert_array_equal(holistic(portrait)["pose"], np.array(expected, np.float32))


def test_a_model_that_the_wheel_lacks_is_one_line():
    with pytest.raises(SignError, match="carries no such pose model; use 1"):
        Holistic(complexity=2)


def test_nothing_native_reaches_standard_error(portrait, capfd):
    Holistic()(portrait[:2])
    assert capfd.readouterr().err == ""


def test_workers_change_no_bit_and_no_person_is_a_reason(tmp_path):
    videos = tmp_path / "in"
    videos.mkdir()
    for i in range(4):
        person(videos / f"{i}.mp4", frames=4, turn=0.2 + 0.1 * i)
    write_video(videos / "noise.mp4", noise(3))
    for workers in (1, 2):
        report = extract(videos, tmp_path / str(workers), workers, progress=False)
        assert report.table.set_index("id")["reason"].to_dict() == {f"{i}.mp4": "" for i in range(4)} | {"noise.mp4": "no person"}
    for i in range(4):
        assert clip_path(tmp_path / "1", f"{i}.mp4").read_bytes() == clip_path(tmp_path / "2", f"{i}.mp4").read_bytes()
    signs = read_folder(tmp_path / "1")
    assert signs.landmarks.shape == (4, 4, 75, 2) and len({x.tobytes() for x in signs.landmarks}) == 4


def check_mirror(holistic, pictures, hands: bool):
    """Landmarks of the mirrored video against our mirror of the landmarks, on what both see; in picture sizes.

    Tolerance: visible body landmarks (visibility over 0.5 in both) differ by less than 0.02 in the median and 0.06 in 95 %;
    hands by less than 0.02 and 0.2. Not swapping left and right would give 0.1 and more in the median.
    """
    seen, mirrored = holistic(pictures), holistic([np.ascontiguousarray(p[:, ::-1]) for p in pictures])
    ours, theirs = mirror(landmarks(seen), MEDIAPIPE_75, about=0.5), landmarks(mirrored)
    distance = np.linalg.norm((ours - theirs)[..., :2], axis=-1)
    visible = (seen["visibility"][:, MEDIAPIPE_75.mirror_index[:33]] > 0.5) & (mirrored["visibility"] > 0.5)
    body, fingers = distance[:, :33][visible], distance[:, 33:][np.isfinite(distance[:, 33:])]
    assert visible.mean() > 0.3 and np.median(body) < 0.02 and np.percentile(body, 95) < 0.06
    if hands:
        assert len(fingers) > 21 * 10 and np.median(fingers) < 0.02 and np.percentile(fingers, 95) < 0.2


def test_mirror_on_the_portrait(holistic, portrait):
    check_mirror(holistic, portrait, hands=False)


def test_mirror_on_real_signing(holistic, realdata):
    check_mirror(holistic, [p for _, p in frames(realdata / "clips" / "waving.mp4")], hands=True)


def test_a_real_clip_from_the_video_to_the_data_set(tmp_path, realdata):
    report = extract(realdata / "clips" / "waving.mp4", tmp_path, workers=1, progress=False)
    clip = Clip.load(clip_path(tmp_path, "waving.mp4"))
    assert len(clip) == 58 and clip.size == (540, 720) and clip.rates["pose"] == 1.0 and 0.2 < clip.rates["right_hand"] < 0.6
    assert report.failed == 0 and clip_path(tmp_path, "waving.mp4").stat().st_size < 40_000
