"""Decoding: upright, complete, cut as asked, or a reason."""

import av
import numpy as np
import pytest
from media import noise, number, numbered, rotated
from PIL import Image

from sslslr.extract.video import Cut, VideoError, declared_size, frames, pictures, write_video


def numbers(path, cut=Cut()):
    return [number(p) for _, p in frames(path, cut)]


def test_all_frames_with_their_times(tmp_path):
    found = list(frames(write_video(tmp_path / "a.mp4", numbered(30), fps=25)))
    assert [number(p) for _, p in found] == list(range(30))
    np.testing.assert_allclose([t for t, _ in found], np.arange(30) * 40, atol=0.1)
    assert found[0][1].shape == (48, 64, 3) and found[0][1].dtype == np.uint8


@pytest.mark.parametrize(
    "cut, expected",
    [
        (Cut(start=200, end=400), range(5, 11)),
        (Cut(start=1000), range(25, 30)),
        (Cut(end=80), range(3)),
        (Cut(end=1300), range(30)),  # a little late: annotations are rounded
        (Cut(first=3, last=5), range(2, 5)),  # frames count from 1
        (Cut(first=28), range(27, 30)),
        (Cut(first=1, last=1), range(1)),
        (Cut(first=28, last=32), range(27, 30)),
    ],
)
def test_cuts(tmp_path, cut, expected):
    assert numbers(write_video(tmp_path / "a.mp4", numbered(30), fps=25), cut) == list(expected)


@pytest.mark.parametrize(
    "cut, reason", [(Cut(start=5000), "empty"), (Cut(end=9000), "truncated"), (Cut(first=40), "empty"), (Cut(last=50), "truncated")]
)
def test_a_cut_beyond_the_end_is_said(tmp_path, cut, reason):
    with pytest.raises(VideoError, match=r"ends at \d+ ms") as error:
        numbers(write_video(tmp_path / "a.mp4", numbered(30)), cut)
    assert error.value.reason == reason


@pytest.mark.parametrize("params", ["keyint=25", "keyint=25:open-gop=1:bframes=3", "keyint=1000"])
def test_seeking_into_a_long_recording_gives_the_same_pictures(tmp_path, params):
    path = tmp_path / "long.mp4"
    pictures = noise(150, size=(32, 48))
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"x264-params": params})
        stream.width, stream.height, stream.pix_fmt = 48, 32, "yuv420p"
        for picture in pictures:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    whole = list(frames(path))
    cut = list(frames(path, Cut(start=3990, end=4500)))
    assert [t for t, _ in cut] == [t for t, _ in whole if 3990 <= t <= 4500] and len(cut) == 13
    expected = dict(whole)
    assert all(np.array_equal(p, expected[t]) for t, p in cut)


@pytest.mark.parametrize("degrees, turns", [(90, 1), (180, 2), (270, 3)])
def test_rotation_is_applied(tmp_path, degrees, turns):
    stored = np.zeros((48, 64, 3), np.uint8)
    stored[:24, :32] = 255  # white top left corner
    (_, picture), *_ = frames(rotated(tmp_path / "r.mp4", degrees, [stored] * 3))
    expected = np.rot90(stored, turns)
    assert picture.shape == expected.shape and picture.flags.c_contiguous
    assert np.abs(picture.astype(int) - expected).mean() < 3


def test_pixels_that_are_not_square_are_made_so(tmp_path):
    path = tmp_path / "wide.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.codec_context.sample_aspect_ratio = 2
        for picture in noise(3):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    assert {p.shape for _, p in frames(path)} == {(48, 128, 3)}


def test_a_folder_of_pictures_is_a_video(tmp_path):
    for i, picture in enumerate(numbered(12)):
        Image.fromarray(picture).save(tmp_path / f"frame_{i}.png")  # frame_10 sorts after frame_9, not after frame_1
    (tmp_path / "notes.txt").write_text("not a picture")
    assert [p.stem for p in pictures(tmp_path)] == [f"frame_{i}" for i in range(12)]
    found = list(frames(tmp_path, Cut(fps=30)))
    assert [number(p) for _, p in found] == list(range(12))
    np.testing.assert_allclose([t for t, _ in found], np.arange(12) * 1000 / 30)
    assert numbers(tmp_path, Cut(first=2, last=4)) == [1, 2, 3]


def test_words_in_a_file_that_are_no_text_cost_no_picture(tmp_path):
    write_video(tmp_path / "a.mp4", noise(4))
    data = (tmp_path / "a.mp4").read_bytes()
    at = data.index(b"Lavf")
    (tmp_path / "b.mp4").write_bytes(data[:at] + b"\x80\xff" + data[at + 2 :])
    assert [p.tolist() for _, p in frames(tmp_path / "b.mp4")] == [p.tolist() for _, p in frames(tmp_path / "a.mp4")]


def test_a_damaged_picture_among_good_ones(tmp_path):
    for i, picture in enumerate(noise(4)):
        Image.fromarray(picture).save(tmp_path / f"{i}.jpg")
    whole = (tmp_path / "2.jpg").read_bytes()
    (tmp_path / "2.jpg").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(VideoError, match=r"2\.jpg") as error:
        numbers(tmp_path)
    assert error.value.reason == "truncated"


@pytest.mark.parametrize("name", ["a.mp4", "a.mov", "a.mkv", "a.webm", "a.avi"])
@pytest.mark.parametrize("share", [0.97, 0.6, 0.3])
def test_a_file_cut_off_anywhere_is_never_read_short(tmp_path, name, share):
    codec = {"a.webm": "libvpx-vp9", "a.avi": "mpeg4"}.get(name, "libx264")
    path = write_video(tmp_path / name, noise(40), codec=codec)
    data = path.read_bytes()
    assert declared_size(path) == len(data) and len(numbers(path)) == 40
    path.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(VideoError) as error:
        numbers(path)
    assert error.value.reason == "truncated"


def live(path, clusters):
    """A Matroska file as a live recording leaves it: its segment, and if asked its clusters, of no known size."""
    data = bytearray(write_video(path, noise(40), codec="libvpx" if path.suffix == ".webm" else "libx264", live="1").read_bytes())
    for name in [b"\x18\x53\x80\x67", *[b"\x1f\x43\xb6\x75"] * clusters]:
        at = data.find(name)
        while at >= 0:
            length = 9 - data[at + 4].bit_length()
            data[at + 4 : at + 4 + length] = ((1 << (7 * length + 1)) - 1).to_bytes(length, "big")
            at = data.find(name, at + 4)
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("name", ["a.mkv", "a.webm"])
@pytest.mark.parametrize("clusters", [False, True])
def test_a_live_recording_is_read_whole_or_not_at_all(tmp_path, name, clusters):
    data = live(tmp_path / name, clusters).read_bytes()
    assert declared_size(tmp_path / name) == len(data) and len(numbers(tmp_path / name)) == 40
    (tmp_path / name).write_bytes(data + bytes(300))
    assert len(numbers(tmp_path / name)) == 40, "what a tool wrote behind the end costs nothing"
    for share in (0.97, 0.6, 0.3):
        (tmp_path / name).write_bytes(data[: int(len(data) * share)])
        with pytest.raises(VideoError) as error:
            numbers(tmp_path / name)
        assert error.value.reason == "truncated"


@pytest.mark.parametrize("tail", [b"TAG" + b" " * 125, b"written by a tool " * 40, bytes(100)])
def test_words_behind_a_whole_mp4_are_no_box(tmp_path, tail):
    path = write_video(tmp_path / "a.mp4", noise(10))
    path.write_bytes(path.read_bytes() + tail)
    assert len(numbers(path)) == 10
