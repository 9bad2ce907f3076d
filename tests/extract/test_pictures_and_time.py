"""What a player shows is what is extracted: mirrored pictures; times of the source video; names and numbers as lists have them."""

import csv
import os
import struct
import types

import numpy as np
import pytest
from media import Stub, noise, numbered

from sslslr.errors import SignError
from sslslr.extract.batch import extract
from sslslr.extract.holistic import PARTS, Holistic
from sslslr.extract.sources import find
from sslslr.extract.video import Cut, VideoError, frames, write_video

SIZE = 64
MATRICES = {  # the track header's a, b, c, d, x, y, and the picture that a player shows
    "hflip": ((-1, 0, 0, 1, SIZE, 0), lambda p: p[:, ::-1]),
    "vflip": ((1, 0, 0, -1, 0, SIZE), lambda p: p[::-1]),
    "transposed": ((0, 1, 1, 0, 0, 0), lambda p: p.transpose(1, 0, 2)),
    "transverse": ((0, -1, -1, 0, SIZE, SIZE), lambda p: p[::-1, ::-1].transpose(1, 0, 2)),
    "rot90": ((0, 1, -1, 0, SIZE, 0), lambda p: np.rot90(p, -1)),
    "rot180": ((-1, 0, 0, -1, SIZE, SIZE), lambda p: p[::-1, ::-1]),
}


@pytest.mark.parametrize("name", MATRICES)
def test_a_mirrored_picture_is_mirrored_as_in_a_player(tmp_path, name):
    data = write_video(tmp_path / "plain.mp4", noise(3, size=(SIZE, SIZE))).read_bytes()
    plain = [p.astype(int) for _, p in frames(tmp_path / "plain.mp4")]
    (a, b, c, d, x, y), shown = MATRICES[name]
    at = data.index(b"tkhd") + 44
    matrix = struct.pack(">9i", *(v << 16 for v in (a, b)), 0, *(v << 16 for v in (c, d)), 0, x << 16, y << 16, 1 << 30)
    (tmp_path / "turned.mp4").write_bytes(data[:at] + matrix + data[at + 36 :])
    for (_, got), before in zip(frames(tmp_path / "turned.mp4"), plain, strict=True):
        assert np.abs(got - shown(before)).max() < 3


def test_a_cut_between_two_frames_is_not_said_to_be_the_videos_end(tmp_path):
    video = write_video(tmp_path / "a.mp4", numbered(30), fps=25)
    with pytest.raises(
        VideoError, match=r"no frame lies in ms 0.2 to 1.0; frame 2 is the next, at 40 ms"
    ) as error:  # seconds, taken for ms
        list(frames(video, Cut(start=0.2, end=1.0)))
    assert "ends" not in str(error.value) and error.value.reason == "empty"


@pytest.mark.parametrize("name, options", [("a.mp4", {}), ("a.mkv", {}), ("a.ts", {}), ("a.mov", {})])
def test_a_cut_from_zero_has_the_first_frames_also_of_a_video_with_b_frames(tmp_path, name, options):
    video = write_video(tmp_path / name, numbered(30), fps=25, **options)  # libx264 makes B-frames unless told otherwise
    assert len(list(frames(video, Cut(start=0, end=400)))) == 11 and len(list(frames(video))) == 30


def manifest(folder, text):
    (folder / "m.csv").write_text(text, encoding="utf-8")
    return find(folder / "in", folder / "m.csv")


@pytest.fixture
def videos(tmp_path):
    (tmp_path / "in" / "a b").mkdir(parents=True)
    write_video(tmp_path / "in" / "a b" / "talk.mp4", noise(30))
    return tmp_path


def test_numbers_splits_and_slashes_are_read_as_spreadsheets_and_windows_write_them(videos):
    (clip,) = manifest(videos, "path,start_frame,end_frame,split\na b\\talk.mp4,1.0,20.0,Dev\n")
    assert (clip.cut.first, clip.cut.last, clip.split) == (1, 20, "val") and clip.path.exists()
    assert clip.name == "a b/talk.mp4@f1-20"


@pytest.mark.parametrize("value", ["1.5", "nan", "inf", "1e300", "-inf"])
@pytest.mark.parametrize("column", ["start_frame", "start", "fps"])
def test_what_is_no_place_in_a_video_is_refused(videos, column, value):
    if (column, value) in {("start", "1.5"), ("fps", "1.5")}:
        assert len(manifest(videos, f"path,{column}\na b/talk.mp4,{value}\n")) == 1
        return
    with pytest.raises(SignError, match=f"line 2: {column} is"):
        manifest(videos, f"path,{column}\na b/talk.mp4,{value}\n")


@pytest.mark.parametrize("name", ["../x", "/etc/x", "a/../../x", "..", "..\\x", "C:\\x", "C:x", "\\\\host\\share\\x"])
def test_nothing_is_written_outside_of_the_output_folder(videos, name):
    with pytest.raises(SignError, match="leads out of the output folder"):
        manifest(videos, f"path,id\na b/talk.mp4,{name}\n")


def test_an_absolute_path_and_one_upwards_keep_their_clips_inside(videos):
    write_video(videos / "beside.mp4", noise(6))
    text = f"path,gloss\n../beside.mp4,a\n{videos / 'beside.mp4'},b\n"
    (videos / "m.csv").write_text(text)
    out = videos / "deep" / "out"
    extract(videos / "in", out, 1, videos / "m.csv", Stub, progress=False)
    made = [p.relative_to(videos).as_posix() for p in videos.rglob("*.npz")]
    assert len(made) == 2 and all(m.startswith("deep/out/clips/") for m in made)


def test_a_file_name_that_is_not_utf8_costs_no_other_clip(tmp_path):
    (tmp_path / "in" / "tree").mkdir(parents=True)
    write_video(tmp_path / "in" / "tree" / "a.mp4", noise(6))
    os.mkdir(odd := os.fsencode(tmp_path / "in") + b"/ni\xf1o")
    write_video(tmp_path / "b.mp4", noise(7))
    os.rename(tmp_path / "b.mp4", odd + b"/b.mp4")
    os.rename(write_video(tmp_path / "c.mp4", [np.zeros((48, 64, 3), np.uint8)] * 6), odd + b"/c.mp4")
    for status in ("extracted", "done before"):
        report = extract(tmp_path / "in", tmp_path / "out", 1, None, Stub, progress=False)
        assert report.table.set_index("id")["status"].to_dict() == {
            "ni\\xf1o/b.mp4": status,
            "ni\\xf1o/c.mp4": "failed",
            "tree/a.mp4": status,
        }
        with (tmp_path / "out" / "instances.csv").open(encoding="utf-8") as file:
            assert [row["gloss"] for row in csv.DictReader(file)] == ["ni\\xf1o", "tree"]


def test_a_long_video_takes_no_more_than_its_result(monkeypatch):
    import tracemalloc

    class Graph:
        def reset(self):
            pass

        def process(self, _):
            made = {
                n: types.SimpleNamespace(landmark=[types.SimpleNamespace(x=i + 0.1, y=0.2, z=0.3, visibility=0.4) for i in range(n)])
                for n in PARTS.values()
            }
            return types.SimpleNamespace(pose_landmarks=made[33], left_hand_landmarks=made[21], right_hand_landmarks=None)

    holistic = Holistic.__new__(Holistic)
    holistic._graph = Graph()
    picture = np.zeros((8, 8, 3), np.uint8)
    tracemalloc.start()
    found = holistic(picture for _ in range(1000))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    size = sum(v.nbytes for v in found.values())
    assert found["pose"].shape == (1000, 33, 3) and found["visibility"].shape == (1000, 33) and np.isnan(found["right_hand"]).all()
    np.testing.assert_allclose(found["left_hand"][7, 20], (20.1, 0.2, 0.3), rtol=1e-6)
    assert peak < 2 * size + 200_000, "15 kB a frame were held as Python floats"
