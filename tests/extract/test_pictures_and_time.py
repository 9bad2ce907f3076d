"""What a player shows is what is extracted: mirrored pictures; times of the source video; names and numbers as lists have them."""

import csv
import os
import struct
import types

import av
import numpy as np
import pytest
from media import Stub, noise, number, numbered, partials
from PIL import Image

from sslslr.commands.prune import PARTIAL
from sslslr.errors import SignError
from sslslr.extract.batch import extract
from sslslr.extract.holistic import PARTS, Holistic
from sslslr.extract.sources import find
from sslslr.extract.video import Cut, VideoError, frames, write_video
from sslslr.paths import atomic

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


@pytest.mark.parametrize("name", ["a.ts", "a.mts", "a.mpg"])
@pytest.mark.parametrize("cut", [Cut(), Cut(1000, 1900)])
def test_two_recordings_in_one_file_whose_time_starts_again_are_refused(tmp_path, name, cut):
    codec, options = ("mpeg2video", {}) if name == "a.mpg" else ("libx264", {} if name == "a.ts" else {"mpegts_m2ts_mode": "1"})
    video = write_video(tmp_path / name, numbered(25), codec=codec, **options)
    assert len(list(frames(video))) == 25
    video.write_bytes(2 * video.read_bytes())
    with pytest.raises(VideoError, match=r"time stamps start again after 960 ms, frame 25; re-encode it") as error:
        list(frames(video, cut))
    assert error.value.reason == "unreadable"


def test_a_frame_s_number_is_said_only_where_all_were_counted(tmp_path):
    video = write_video(tmp_path / "a.mp4", numbered(150), fps=25, movflags="faststart")
    with pytest.raises(VideoError, match=r"ends at 5960 ms, before the end of ms 5000 to 9000"):
        list(frames(video, Cut(5000, 9000)))
    with pytest.raises(VideoError, match=r"ends at 5960 ms, frame 150, before the end of ms 1000 to 9000"):
        list(frames(video, Cut(1000, 9000)))
    with pytest.raises(VideoError, match=r"ms 5001.0 to 5002.0; one is the next, at 5040 ms"):
        list(frames(video, Cut(5001.0, 5002.0)))


@pytest.mark.parametrize("default", [0, 1])
def test_of_two_videos_in_a_file_the_one_that_players_show_is_read(tmp_path, default):
    sizes = [(24, 32), (48, 64)]
    with av.open(str(tmp_path / "a.mkv"), "w") as container:
        streams = []
        for k, (height, width) in enumerate(sizes):
            stream = container.add_stream("libx264", rate=25)
            stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
            stream.disposition = av.stream.Disposition.default if k == default else av.stream.Disposition(0)
            streams.append(stream)
        for stream, size in zip(streams, sizes, strict=True):
            for picture in noise(5, size=size):
                container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
            container.mux(stream.encode())
    assert {p.shape[:2] for _, p in frames(tmp_path / "a.mkv")} == {sizes[default]}


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
        with (tmp_path / "out" / "report.csv").open(encoding="utf-8") as file:
            assert sorted(row["path"].rpartition("in/")[2] for row in csv.DictReader(file)) == sorted(report.table["id"])


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


def folder_of(folder, names):
    for name in names:
        Image.fromarray(numbered(2)[1]).save(folder / name)
    return folder


@pytest.mark.parametrize(
    "names, told",
    [
        ([f"f_{i}.png" for i in range(12) if i not in (4, 5)], r"numbers 4 to 5 are missing between f_3\.png and f_6\.png"),
        ([f"f_{i:03}.png" for i in range(12) if i != 7], r"number 7 is missing between f_006\.png and f_008\.png"),
        ([f"{i}.jpg" for i in range(0, 100, 10) if i != 30], r"number 30 is missing between 20\.jpg and 40\.jpg"),
        ([*(f"f_{i}.png" for i in range(9)), "f_3 (1).png"], r"f_3\.png and f_3 \(1\)\.png are the same frame twice"),
        ([*(f"f_{i}.png" for i in range(9)), "f_3 - Copy.png"], r"f_3\.png and f_3 - Copy\.png are the same frame twice"),
        ([f"f_{i}.{ending}" for i in range(5) for ending in ("jpg", "png")], r"f_0\.\w+ and f_0\.\w+ are the same frame twice"),
        ([*(f"f_{i}.png" for i in range(5)), *(f"f_0{i}.png" for i in range(5))], r"f_0?0\.png and f_0?0\.png are the same frame twice"),
    ],
)
def test_a_folder_of_pictures_with_a_gap_or_a_double_is_no_video(tmp_path, names, told):
    with pytest.raises(VideoError, match=told) as error:
        list(frames(folder_of(tmp_path, names)))
    assert error.value.reason == ("truncated" if "missing" in told else "unreadable")


@pytest.mark.parametrize(
    "names",
    [
        [f"f_{i}.png" for i in range(0, 120, 10)],
        [f"t{ms}.png" for ms in (0, 33, 67, 100, 133, 167, 233, 241)],
        [f"take2_{i}.png" for i in (1, 2, 5, 9)],
        [f"s{k}_f{i}.png" for k in range(2) for i in (0, 1, 2, 4)],
        ["a.png", "b.png", "c (1).png"],
        ["frame.png", *(f"frame ({i}).png" for i in range(1, 6))],
        ["IMG 2024.png", *(f"IMG 2024 ({i}).png" for i in range(1, 6))],
        ["1.png"],
        ["1.png", "3.png"],
    ],
)
def test_a_folder_whose_numbers_are_times_or_every_tenth_frame_is_sound(tmp_path, names):
    assert len(list(frames(folder_of(tmp_path, names)))) == len(names)


@pytest.mark.parametrize("ending", ["png", "tif", "tiff"])
def test_pictures_of_16_bits_keep_their_greys(tmp_path, ending):
    for i in range(5):
        Image.fromarray(np.full((16, 16), 8 * i * 257, np.uint16)).save(tmp_path / f"{i}.{ending}")
    assert [number(p) for _, p in frames(tmp_path)] == list(range(5))


def test_a_picture_that_has_no_colours_is_named(tmp_path):
    Image.fromarray(np.full((16, 16), 0.5, np.float32)).save(tmp_path / "0.tif")
    with pytest.raises(VideoError, match=r"0\.tif: .*numbers of 32 bits"):
        list(frames(tmp_path))


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_tiff_that_is_cut_off_is_named(tmp_path, share):
    Image.fromarray(noise(1)[0]).save(tmp_path / "0.tif")
    whole = (tmp_path / "0.tif").read_bytes()
    (tmp_path / "0.tif").write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(VideoError, match=r"0\.tif"):
        list(frames(tmp_path))


def test_a_long_name_costs_no_clip_and_one_that_is_too_long_is_said_before_any_work(tmp_path):
    (tmp_path / "in").mkdir()
    titles = [letter * n for letter, n in (("a", 200), ("b", 235), ("ก", 79), ("c", 246), ("d", 249), ("e", 251))]
    for title in titles:
        write_video(tmp_path / "in" / "x.mp4", noise(6)).rename(tmp_path / "in" / f"{title}.mp4")
    for status in ("extracted", "done before"):
        report = extract(tmp_path / "in", tmp_path / "out", 1, None, Stub, progress=False)
        rows = report.table.set_index("id")
        assert rows["status"].to_dict() == {f"{t}.mp4": "failed" if t[0] in "de" else status for t in titles}
        assert rows.loc[f"{titles[-1]}.mp4", "detail"].endswith("its name is too long for a file; give the clip a shorter id in a manifest")
    assert not partials(tmp_path / "out")
    (tmp_path / "m.csv").write_text(f"path,id\n{titles[-1]}.mp4,short\n{titles[0]}.mp4,{'x' * 260}/y\n")
    rows = extract(tmp_path / "in", tmp_path / "out2", 1, tmp_path / "m.csv", Stub, progress=False).table
    assert rows["status"].tolist() == ["extracted", "failed"] and "shorter id" in rows["detail"][1]


def test_a_long_name_s_temporary_one_is_known_as_such(tmp_path):
    with atomic(tmp_path / f"{'a' * 251}.npz") as partial:
        assert PARTIAL.fullmatch(partial.name) and partial.match(".*.partial.*") and partial.suffix == ".npz"
        partial.write_text("x")
    assert [p.name for p in tmp_path.iterdir()] == [f"{'a' * 251}.npz"]
