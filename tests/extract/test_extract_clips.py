"""The stored clip, folders read as a data set, gaps filled on demand, and .pose files."""

from dataclasses import replace

import numpy as np
import pytest
from conftest import needs_mediapipe
from media import Stub, noise
from pose_format import Pose

from sslslr.commands import main
from sslslr.errors import SignError
from sslslr.extract.batch import extract
from sslslr.extract.clips import Clip, clip_path, read_folder
from sslslr.extract.pose_files import export_pose, import_pose
from sslslr.extract.repair import repair
from sslslr.extract.video import write_video


def make_clip(frames=10, seed=0, **changes) -> Clip:
    rng = np.random.default_rng(seed)
    parts = {"pose": rng.random((frames, 33, 3)), "left_hand": rng.random((frames, 21, 3)), "right_hand": rng.random((frames, 21, 3))}
    parts["right_hand"][2:5] = np.nan
    parts["left_hand"][:] = np.nan
    parts |= {"visibility": rng.random((frames, 33))}
    clip = Clip(
        **{k: v.astype(np.float16) for k, v in parts.items()}, time=np.arange(frames) * 40.0, size=(1920, 1080), fps=25.0,
        backend="mediapipe-holistic", version="0.10.21", complexity=1, source="1234",
    )  # fmt: skip
    return replace(clip, **changes)


@pytest.fixture
def folder(tmp_path):
    """An extraction of three clips of two glosses with a backend that costs nothing."""
    for name, count in (("B/1.mp4", 6), ("A/2.mp4", 9), ("B/3.mp4", 4)):
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        write_video(tmp_path / "in" / name, noise(count))
    extract(tmp_path / "in", tmp_path / "out", 1, backend=Stub, progress=False)
    return tmp_path / "out"


def test_what_is_saved_is_read_back_in_the_fields_keys_and_shapes(tmp_path):
    clip = make_clip()
    clip.save(tmp_path / "a.npz")
    stored = np.load(tmp_path / "a.npz", allow_pickle=False)
    assert {k: (stored[k].shape, str(stored[k].dtype)) for k in ("pose", "left_hand", "right_hand", "visibility", "time")} == {
        "pose": ((10, 33, 3), "float16"), "left_hand": ((10, 21, 3), "float16"), "right_hand": ((10, 21, 3), "float16"),
        "visibility": ((10, 33), "float16"), "time": ((10,), "float64"),
    }  # fmt: skip
    again = Clip.load(tmp_path / "a.npz")
    np.testing.assert_array_equal(again.landmarks, clip.landmarks)
    for about in ("size", "fps", "backend", "version", "complexity", "source"):
        assert getattr(again, about) == getattr(clip, about)
    assert again.rates == {"pose": 1.0, "left_hand": 0.0, "right_hand": 0.7}
    clip.save(tmp_path / "b.npz")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_distances_are_the_same_in_all_directions():
    clip = make_clip()
    np.testing.assert_allclose(clip.isotropic[..., 0], clip.landmarks[..., 0] * 1920 / 1080, rtol=1e-6)
    np.testing.assert_array_equal(clip.isotropic[..., 1], clip.landmarks[..., 1])


@pytest.mark.parametrize("damage", ["missing", "other", "half", "shape"])
def test_a_file_that_is_no_clip_is_one_line(tmp_path, damage):
    path = tmp_path / "a.npz"
    make_clip().save(path)
    if damage == "missing":
        path.unlink()
    elif damage == "other":
        path.write_text("hello")
    elif damage == "half":
        path.write_bytes(path.read_bytes()[:500])
    else:
        make_clip(visibility=np.zeros((3, 33), np.float16)).save(path)
    with pytest.raises(SignError, match=r"a\.npz: ") as error:
        Clip.load(path)
    assert "\n" not in str(error.value)


def test_a_folder_is_read_as_one_data_set(folder):
    signs = read_folder(folder)
    assert signs.clips.tolist() == ["A/2.mp4", "B/1.mp4", "B/3.mp4"] and signs.glosses == ("A", "B")
    assert signs.labels.tolist() == [0, 1, 1] and signs.lengths.tolist() == [9, 6, 4] and signs.landmarks.shape == (3, 9, 75, 2)
    assert signs.kind == "real" and signs.fps == 25.0 and np.isnan(signs.landmarks[1, 6:]).all()
    assert read_folder(folder, coordinates=3, frames=5).landmarks.shape == (3, 5, 75, 3)


def test_backends_are_never_mixed(folder):
    clip = Clip.load(clip_path(folder, "B/1.mp4"))
    replace(clip, version="2").save(clip_path(folder, "B/1.mp4"))
    with pytest.raises(SignError, match="2 backends or versions"):
        read_folder(folder)


@pytest.mark.parametrize(
    "text, message", [(None, "has no instances.csv"), ("", "not a table"), ("id,gloss\na,b\n", "lacks the column signer, split")]
)
def test_a_folder_that_is_no_extraction_is_one_line(tmp_path, text, message):
    if text is not None:
        (tmp_path / "instances.csv").write_text(text)
    with pytest.raises(SignError, match=message):
        read_folder(tmp_path)


def test_gaps_are_filled_only_inside_and_counted(folder):
    signs = read_folder(folder)
    landmarks = np.full_like(signs.landmarks, np.nan)
    time = np.arange(9, dtype=np.float32)
    landmarks[0, :, 5] = np.stack([time, 2 * time], axis=1)
    landmarks[0, [0, 3, 4, 8], 5] = np.nan  # both ends and a gap of two
    landmarks[1, [0, 5], 7] = 1.0  # a gap of four
    gappy = replace(signs, landmarks=landmarks)
    filled, invented = repair(gappy, gap=3)
    np.testing.assert_allclose(filled.landmarks[0, 1:8, 5, 1], 2 * time[1:8])
    assert np.isnan(filled.landmarks[0, [0, 8], 5]).all() and np.isnan(filled.landmarks[1, 1:5, 7]).all()
    assert invented.shape == (3, 75) and invented[0, 5] == pytest.approx(2 / 9) and invented.sum() == pytest.approx(2 / 9)
    assert np.isnan(gappy.landmarks[0, 3, 5]).all()  # the input is left alone
    wider = repair(gappy, gap=4)[1]
    assert wider[1, 7] == pytest.approx(4 / 6)
    np.testing.assert_array_equal(repair(signs)[0].landmarks, signs.landmarks)  # nothing unless it is asked for


def test_smoothing_removes_jitter_and_invents_nothing(folder):
    signs = read_folder(folder)
    rng = np.random.default_rng(0)
    path = np.linspace(0, 1, 9)[:, None, None] * np.ones((75, 2))
    noisy = signs.landmarks.copy()
    noisy[0] = path + rng.normal(scale=0.05, size=path.shape)
    noisy[0, 3, 20] = np.nan  # stretches of 3 and 5 frames: the first is too short to be smoothed
    signs = replace(signs, landmarks=noisy)
    smooth, invented = repair(signs, smooth=5)
    kept = np.arange(75) != 20
    assert np.abs(smooth.landmarks[0] - path)[:, kept].mean() < 0.9 * np.abs(noisy[0] - path)[:, kept].mean()
    np.testing.assert_array_equal(smooth.landmarks[0, :4, 20], noisy[0, :4, 20])
    assert invented.sum() == 0


@pytest.mark.parametrize("options", [{"gap": -1}, {"smooth": 4}, {"smooth": 3}])
def test_senseless_repairs_are_refused(folder, options):
    with pytest.raises(SignError, match="gap is 0 or more"):
        repair(read_folder(folder), **options)


@needs_mediapipe
def test_pose_files_go_out_and_come_back(tmp_path):
    clip = make_clip()
    export_pose(clip, tmp_path / "a.pose")
    seen = Pose.read((tmp_path / "a.pose").read_bytes())
    assert [c.name for c in seen.header.components] == ["POSE_LANDMARKS", "LEFT_HAND_LANDMARKS", "RIGHT_HAND_LANDMARKS"]
    assert (seen.header.dimensions.width, seen.header.dimensions.height, seen.body.fps) == (1920, 1080, 25.0)
    np.testing.assert_allclose(seen.body.data[:, 0, 0, 0].filled(), clip.pose[:, 0, 0].astype(float) * 1920, rtol=1e-5)
    back = import_pose(tmp_path / "a.pose")
    np.testing.assert_allclose(back.landmarks, clip.landmarks, atol=1e-3)
    np.testing.assert_allclose(back.visibility, clip.visibility, atol=2e-3)
    np.testing.assert_allclose(back.time, clip.time, atol=1e-6)
    assert back.rates == clip.rates and back.version == "unknown"


@needs_mediapipe
def test_a_pose_file_of_the_fields_own_making_is_read(tmp_path):
    from pose_format.numpy import NumPyPoseBody
    from pose_format.pose_header import PoseHeader, PoseHeaderDimensions
    from pose_format.utils.holistic import holistic_components

    header = PoseHeader(0.2, PoseHeaderDimensions(200, 100, 0), holistic_components())
    rng = np.random.default_rng(0)
    data, confidence = rng.random((4, 1, header.total_points(), 3)) * 100, np.ones((4, 1, header.total_points()))
    confidence[1, 0, 33 + 468 : 33 + 468 + 21] = 0
    with (tmp_path / "f.pose").open("wb") as file:
        Pose(header, NumPyPoseBody(30, data, confidence)).write(file)
    clip = import_pose(tmp_path / "f.pose")
    assert clip.rates == {"pose": 1.0, "left_hand": 0.75, "right_hand": 1.0}
    np.testing.assert_allclose(clip.right_hand[..., 0], data[:, 0, 33 + 468 + 21 : 33 + 468 + 42, 0] / 200, atol=1e-3)


@pytest.mark.parametrize("content", [None, b"", b"not a pose file" * 10])
def test_a_file_that_is_no_pose_is_one_line(tmp_path, content):
    if content is not None:
        (tmp_path / "a.pose").write_bytes(content)
    with pytest.raises(SignError, match=r"a\.pose: "):
        import_pose(tmp_path / "a.pose")


@needs_mediapipe
def test_a_whole_extraction_goes_out_at_once(folder, tmp_path, capsys):
    assert main(["exchange", str(folder), str(tmp_path / "poses")]) == 0
    assert sorted(p.relative_to(tmp_path / "poses").as_posix() for p in (tmp_path / "poses").rglob("*.pose")) == [
        "A/2.mp4.pose", "B/1.mp4.pose", "B/3.mp4.pose",
    ]  # fmt: skip
    assert main(["exchange", str(folder), str(tmp_path / "poses")]) == 0 and "0 clips written" in capsys.readouterr().out
    assert main(["exchange", str(tmp_path / "nowhere"), str(tmp_path / "poses")]) == 2 and main(["exchange"]) == 2
