"""The command's promises: every bad video gets its reason, nothing is done twice, nothing half-written, no orphans."""

import os
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import needs_mediapipe
from media import Crashing, CrashingAtStart, Failing, FullDisk, Stub, Unmakeable, audio, noise, partials, rotated
from PIL import Image

from sslslr.commands import main
from sslslr.datasets import index
from sslslr.datasets.source import write_manifest
from sslslr.errors import SignError
from sslslr.extract.batch import extract
from sslslr.extract.clips import Clip, clip_path
from sslslr.extract.sources import find
from sslslr.extract.video import write_video


def run(videos, out, **options):
    report = extract(videos, out, **{"workers": 1, "backend": Stub, "progress": False} | options)
    assert not partials(out)
    return report


def outcome(report):
    return {row.id: (row.status, row.reason) for row in report.table.itertuples()}


def flip(data: bytes, seed=0, share=0.02) -> bytes:
    """Bits flipped in the middle of a file, its index left whole."""
    rng, damaged = random.Random(seed), bytearray(data)
    for _ in range(int(len(data) * share)):
        damaged[rng.randrange(len(data) // 4, len(data) * 3 // 4)] ^= 1 << rng.randrange(8)
    return bytes(damaged)


def bad_inputs(folder: Path) -> dict[str, tuple[str, str]]:
    """Write 24 kinds of input and say what is to become of each."""
    folder.mkdir()
    good = write_video(folder / "good.mp4", noise(20)).read_bytes()
    index_first = write_video(folder / "first.mp4", noise(20), movflags="faststart").read_bytes()
    matroska = write_video(folder / "good.mkv", noise(20)).read_bytes()
    for name, data in {
        "zero bytes.mp4": b"",
        "random.mp4": random.Random(0).randbytes(5000),
        "text.mp4": b"this is no video\n" * 50,
        "page.mp4": b"<!DOCTYPE html><html><body>404 not found</body></html>",
        "cut, index last.mp4": good[: len(good) // 2],
        "cut, index first.mp4": index_first[: len(index_first) // 2],
        "cut.mkv": matroska[: len(matroska) * 2 // 3],
        "head only.mp4": good[:32],
        "flipped.mp4": flip(good),
        "._good.mp4": b"\x00\x05\x16\x07 a Mac's shadow file, left out like all hidden files",
    }.items():
        (folder / name).write_bytes(data)
    audio(folder / "sound.mp4")
    write_video(folder / "one frame.mp4", noise(1))
    write_video(folder / "odd size.mkv", noise(6, size=(49, 65)), pixels="yuv444p")
    write_video(folder / "nobody.mp4", [np.zeros((48, 64, 3), np.uint8)] * 6)
    write_video(folder / "colon:%03d.mp4", noise(6))
    rotated(folder / "turned.mp4", 90, noise(6))
    (folder / "été").mkdir()
    write_video(folder / "été" / "手话 🤟.mp4", noise(6))
    (folder / "folder.mp4").mkdir()
    (folder / "empty folder").mkdir()
    (folder / "link.mp4").symlink_to(folder / "gone.mp4")
    os.mkfifo(folder / "pipe.mp4")
    sizes = b"".join(write_video(folder / f"{n}.ts", noise(6, size=(n, n))).read_bytes() for n in (48, 64))
    (folder / "two sizes.ts").write_bytes(sizes)
    for frames_of in ("frames", "bad frames"):
        (folder / frames_of).mkdir()
        for i, picture in enumerate(noise(4)):
            Image.fromarray(picture).save(folder / frames_of / f"{i}.jpg")
    (folder / "bad frames" / "2.jpg").write_bytes((folder / "bad frames" / "2.jpg").read_bytes()[:900])
    done, fail = ("extracted", ""), lambda reason: ("failed", reason)
    return {
        "good.mp4": done, "first.mp4": done, "good.mkv": done, "48.ts": done, "64.ts": done, "frames": done,
        "one frame.mp4": done, "odd size.mkv": done, "turned.mp4": done, "été/手话 🤟.mp4": done, "colon:%03d.mp4": done,
        "zero bytes.mp4": fail("empty"), "random.mp4": fail("unreadable"), "text.mp4": fail("unreadable"),
        "page.mp4": fail("unreadable"), "head only.mp4": fail("unreadable"), "flipped.mp4": fail("unreadable"),
        "folder.mp4": fail("unreadable"), "pipe.mp4": fail("unreadable"), "two sizes.ts": fail("unreadable"),
        "cut, index last.mp4": fail("truncated"), "cut, index first.mp4": fail("truncated"), "cut.mkv": fail("truncated"),
        "bad frames": fail("truncated"), "sound.mp4": fail("no video stream"), "nobody.mp4": fail("no person"),
        "link.mp4": fail("missing"),
    }  # fmt: skip


def test_where_nobody_says_how_many_there_is_a_worker_for_each_core_that_this_process_may_use(tmp_path, monkeypatch):
    (tmp_path / "in").mkdir()
    for name in "abc":
        write_video(tmp_path / "in" / f"{name}.mp4", noise(3))
    monkeypatch.setenv("LOKY_MAX_CPU_COUNT", "1")  # as a container's share does, where the machine has more
    assert run(tmp_path / "in", tmp_path / "out", workers=0).workers == 1


def test_each_kind_of_bad_input_ends_in_its_reason(tmp_path):
    expected = bad_inputs(tmp_path / "in")
    report = run(tmp_path / "in", tmp_path / "out", workers=2)
    assert outcome(report) == expected
    stored = {p.relative_to(tmp_path / "out" / "clips").as_posix() for p in (tmp_path / "out" / "clips").rglob("*") if p.is_file()}
    assert stored == {f"{name}.npz" for name, (status, _) in expected.items() if status == "extracted"}
    details = report.table.set_index("id")["detail"]
    for name, (status, _) in expected.items():
        if status == "failed":  # one line that names the file
            assert name in details[name] and "\n" not in details[name] and len(details[name]) > 20
    sizes = {name: Clip.load(clip_path(tmp_path / "out", name)).size for name in ("turned.mp4", "odd size.mkv", "good.mp4")}
    assert sizes == {"turned.mp4": (48, 64), "odd size.mkv": (65, 49), "good.mp4": (64, 48)}


def test_done_clips_and_lasting_failures_are_not_tried_again(tmp_path):
    videos, out = tmp_path / "in", tmp_path / "out"
    videos.mkdir()
    write_video(videos / "good.mp4", noise())
    data = (videos / "good.mp4").read_bytes()
    (videos / "cut.mp4").write_bytes(data[:-400])
    run(videos, out)
    stamp = clip_path(out, "good.mp4").stat().st_mtime_ns
    report = run(videos, out, backend=Unmakeable)  # nothing to do, so no backend is made
    assert outcome(report) == {"good.mp4": ("done before", ""), "cut.mp4": ("failed", "truncated")}
    (out / "instances.csv").unlink()  # as after a kill: rebuilt from the clips
    assert outcome(run(videos, out, backend=Unmakeable))["good.mp4"] == ("done before", "")
    assert len(pd.read_csv(out / "instances.csv")) == 1
    (videos / "cut.mp4").write_bytes(data)  # downloaded again
    assert outcome(run(videos, out))["cut.mp4"] == ("extracted", "")
    assert not list((out / "failed").iterdir())
    assert clip_path(out, "good.mp4").stat().st_mtime_ns == stamp


def test_clips_of_one_stem_stay_apart_and_true_collisions_are_said(tmp_path):
    videos, out = tmp_path / "in", tmp_path / "out"
    for i, name in enumerate(("a/x.mp4", "b/x.mp4", "a/x.mov", "a/X.mp4")):
        (videos / name).parent.mkdir(parents=True, exist_ok=True)
        write_video(videos / name, noise(4 + i))
    found = outcome(run(videos, out))
    assert found == {
        "a/X.mp4": ("extracted", ""), "a/x.mov": ("extracted", ""), "b/x.mp4": ("extracted", ""),
        "a/x.mp4": ("failed", "name collision"),  # on a disk that ignores case it would overwrite a/X.mp4
    }  # fmt: skip
    assert {len(Clip.load(p)) for p in out.rglob("*.npz")} == {7, 6, 5}


def test_another_video_under_a_done_clips_name_is_not_taken_for_it(tmp_path):
    for folder, count in (("one", 4), ("two", 9)):
        (tmp_path / folder).mkdir()
        write_video(tmp_path / folder / "x.mp4", noise(count))
    run(tmp_path / "one", tmp_path / "out")
    report = run(tmp_path / "two", tmp_path / "out")
    assert outcome(report) == {"x.mp4": ("failed", "name collision")}
    assert len(Clip.load(clip_path(tmp_path / "out", "x.mp4"))) == 4


def test_a_manifest_cuts_names_and_labels(tmp_path):
    videos, out = tmp_path / "in", tmp_path / "out"
    videos.mkdir()
    write_video(videos / "talk.mp4", noise(50), fps=25)
    (tmp_path / "m.csv").write_bytes(
        "path,gloss,signer,split,start,end,start_frame,end_frame,id,mood\r\n"
        "talk.mp4,NA,s1,train,0,400,,,,glad\r\n"
        "talk.mp4,MAISON,s1,test,400,800,,,maison-1,\r\n"
        "talk.mp4,WAIT,s2,,,,11,20,,\r\n"
        "talk.mp4,END,s2,,,,41,-1,,\r\n"
        "talk.mp4,WHOLE,,,,,,,,\r\n"
        "talk.mp4,TWIN,,,,,,,,\r\n"
        "gone.mp4,GONE,,,,,,,,\r\n"
        "talk.mp4,LATE,,,9000,9500,,,,\r\n".encode("utf-8-sig")
    )
    report = run(videos, out, manifest=tmp_path / "m.csv")
    table = report.table.set_index("gloss")
    good = table[table["status"] == "extracted"]
    assert good["frames"].to_dict() == {"NA": 11, "MAISON": 11, "WAIT": 10, "END": 10, "WHOLE": 50}
    assert table["reason"].loc[["TWIN", "GONE", "LATE"]].tolist() == ["name collision", "missing", "empty"]
    assert good["id"].tolist() == ["talk.mp4@0-400", "maison-1", "talk.mp4@f11-20", "talk.mp4@f41-end", "talk.mp4"]
    np.testing.assert_allclose(Clip.load(clip_path(out, "maison-1")).time[[0, -1]], [400, 800])


@pytest.mark.parametrize(
    "text, message",
    [
        ("video,gloss\na.mp4,A\n", "no column path"),
        ("path,gloss\n", "no row"),
        ("path,start\na.mp4,soon\n", "line 2: start is 'soon'"),
        ("path,start,end\na.mp4,5,9\na.mp4,900,100\n", "line 3: .*ends before it starts"),
        ("path,start,start_frame\na.mp4,5,9\n", "both times and frames"),
        ("path,id\na.mp4,../../etc\n", "out of the output folder"),
        ("path,start_frame,end_frame\na.mp4,0,19\n", r"line 2: the clip from 0 to 19 starts before frame 1 \(frames count from 1\)$"),
        ("path,start,end\na.mp4,-5,9\n", r"the clip from -5.0 to 9.0 starts before 0$"),
        ("path,gloss\n\na.mp4,A\n,\n", "line 4: the path is empty"),
        ('path,gloss\na.mp4,"A\nB"\n,C\n', "line 4: the path is empty"),
        ("path\n\n,\n", "path is empty|no row"),
        ("path,gloss\na.mp4,A,B\n", "not a CSV table.*line 2 has 3 fields"),
        ("path;gloss\na.mp4;A\n", r"no column path \(columns: path;gloss\)"),
    ],
)
def test_a_wrong_manifest_is_refused_before_anything_starts(tmp_path, text, message):
    (tmp_path / "m.csv").write_text(text)
    with pytest.raises(SignError, match=message):
        run(tmp_path, tmp_path / "out", manifest=tmp_path / "m.csv")


def test_a_comma_at_the_end_of_each_line_shifts_no_column(tmp_path):
    (tmp_path / "m.csv").write_text("path,gloss,signer\na.mp4,tree,ann,\nb.mp4,dog,bob,\n")
    found = find(tmp_path, tmp_path / "m.csv")
    assert [(s.path.name, s.gloss, s.signer) for s in found] == [("a.mp4", "tree", "ann"), ("b.mp4", "dog", "bob")]


def test_the_manifest_that_check_writes_finds_a_video_whose_name_is_no_utf_8(tmp_path):
    odd = os.fsencode(tmp_path) + b"/ni\xf1o"
    try:
        os.mkdir(odd)
    except OSError:
        pytest.skip("this file system takes UTF-8 alone")
    Path(os.fsdecode(odd), "a.mp4").write_bytes(b"x")
    listing = index("own", tmp_path)
    (found,) = find(tmp_path, write_manifest(listing))
    assert found.path.exists() and found.name == "ni\\xf1o/a.mp4"


def test_a_full_disk_fails_each_clip_and_leaves_nothing(tmp_path):
    videos = tmp_path / "in"
    videos.mkdir()
    for i in range(3):
        write_video(videos / f"{i}.mp4", noise(40, seed=i))
    report = run(videos, tmp_path / "out", backend=FullDisk)
    assert set(outcome(report).values()) == {("failed", "cannot write")}
    assert not list((tmp_path / "out").rglob("*.npz"))
    assert set(outcome(run(videos, tmp_path / "out")).values()) == {("extracted", "")}  # there is room again


@needs_mediapipe
def test_an_output_folder_that_cannot_be_written_is_one_line(tmp_path, capsys):
    write_video(tmp_path / "a.mp4", noise(3))
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o555)
    out = Path("/proc/sslslr") if os.access(locked, os.W_OK) else locked / "out"  # root may write anywhere but there
    assert main(["extract", str(tmp_path / "a.mp4"), str(out)]) == 2
    error = capsys.readouterr().err
    assert error.startswith("sslslr: ") and error.count("\n") == 1 and "can't be written" in error
    (tmp_path / "file").write_text("")
    assert main(["extract", str(tmp_path / "a.mp4"), str(tmp_path / "file")]) == 2


@pytest.mark.parametrize("videos", ["nowhere", "."])
def test_nothing_to_extract_is_one_line(tmp_path, capsys, videos):
    assert main(["extract", str(tmp_path / videos), str(tmp_path / "out")]) == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("backend, reason", [(Crashing, "worker died"), (Failing, "unreadable")])
def test_a_crash_costs_one_clip(tmp_path, backend, reason):
    videos = tmp_path / "in"
    videos.mkdir()
    for i, count in enumerate((4, 5, 4, 4)):
        write_video(videos / f"{i}.mp4", noise(count))
    found = outcome(run(videos, tmp_path / "out", backend=backend))
    assert found == {"0.mp4": ("extracted", ""), "1.mp4": ("failed", reason), "2.mp4": ("extracted", ""), "3.mp4": ("extracted", "")}


def test_a_new_worker_that_dies_before_it_is_ready_costs_one_clip_too(tmp_path, monkeypatch):
    monkeypatch.setenv("SSLSLR_TEST_LOG", str(tmp_path / "log"))
    (tmp_path / "in").mkdir()
    for i, count in enumerate((5, 4, 4)):
        write_video(tmp_path / "in" / f"{i}.mp4", noise(count))
    found = outcome(run(tmp_path / "in", tmp_path / "out", backend=CrashingAtStart))
    assert found == {"0.mp4": ("failed", "worker died"), "1.mp4": ("failed", "worker died"), "2.mp4": ("extracted", "")}


def test_a_backend_that_cannot_be_made_ends_the_batch(tmp_path):
    write_video(tmp_path / "a.mp4", noise(3))
    with pytest.raises(SignError, match="no backend here"):
        run(tmp_path, tmp_path / "out", backend=Unmakeable)


def test_a_script_without_the_main_guard_is_told_so(tmp_path):
    write_video(tmp_path / "a.mp4", noise(3))
    script = tmp_path / "script.py"
    script.write_text(
        f"from sslslr.extract.batch import extract\nextract({str(tmp_path)!r}, {str(tmp_path / 'out')!r}, 1, progress=False)\n"
    )
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and 'call this below `if __name__ == "__main__":`' in done.stderr.strip().splitlines()[-1]


@needs_mediapipe
def test_the_command_reports_and_says_by_its_status_that_some_failed(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("sslslr.commands.extract.extract", lambda *a, **k: extract(*a, **k, backend=Stub, progress=False))
    videos, out = tmp_path / "in", tmp_path / "out"
    (videos / "HELLO").mkdir(parents=True)
    write_video(videos / "HELLO" / "a.mp4", [np.full((48, 64, 3), level, np.uint8) for level in (60, 60, 200, 200)])
    assert main(["extract", str(videos), str(out), "--workers", "1"]) == 0
    (videos / "b.mp4").write_bytes(b"")
    assert main(["extract", str(videos), str(out), "--workers", "1"]) == 1
    shown = capsys.readouterr().out
    assert "2 clips: 0 extracted, 1 done before, 1 failed (1 empty)" in shown
    assert "100.0% of the frames: body, 50.0% of the frames: left hand, 0.0% of the frames: right hand" in shown
    report = pd.read_csv(out / "report.csv", keep_default_na=False)
    assert report["gloss"].tolist() == ["HELLO", ""] and report["left_hand"].astype(str).tolist() == ["0.5", ""]
    assert Image.open(out / "detection_rates.png").size[0] > 1000
