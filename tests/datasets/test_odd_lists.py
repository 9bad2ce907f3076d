"""Lists as spreadsheets, other systems and tired people leave them: headers, blanks, numbers, endings, rows that are there twice."""

import json
import warnings
from pathlib import Path

import layouts
import numpy as np
import pytest
import recordings

from sslslr import datasets
from sslslr.datasets import asl_citizen, gsl, isl_kinect, lsfb, source, wlasl
from sslslr.errors import SignError
from sslslr.extract.sources import find


def rewrite(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    layouts.write(file, text.replace(old, new))


@pytest.mark.parametrize("row", ["{w},{k}.0,{s}", "{w},{w}\\{k},{s}", " {w} , {k:03d} ,{s} "])
def test_clip_numbers_of_an_index_are_read_as_spreadsheets_and_windows_write_them(tmp_path, row):
    root = recordings.signers(tmp_path)
    before = datasets.index("mp-data", root).table
    rows = "".join(row.format(w=w, k=k, s="ABCD"[k // 3]) + "\n" for w in recordings.PATHS for k in range(12))
    layouts.write(root / "index.csv", "Gloss ,CLIP,signer,take,gloss\n" + rows.replace("\n", ",9,x\n"))
    listing = datasets.index("mp-data", root)
    assert listing.table.equals(before) and not listing.missing


def test_an_index_that_means_two_folders_by_one_name_is_refused(tmp_path):
    root = recordings.signers(tmp_path)
    (root / "MP_Data" / "tea" / "3").rename(root / "MP_Data" / "tea" / "04")
    with pytest.raises(SignError, match=r"index.csv: means both 'tea/04' and 'tea/4' by tea/4"):
        datasets.index("mp-data", root)


def test_blanks_around_a_gloss_make_no_class_of_their_own(tmp_path):
    root = layouts.mp_data(tmp_path)
    (root / "MP_Data" / "hello " / "0").mkdir(parents=True)
    (root / "MP_Data" / "hello" / "0").rename(root / "MP_Data" / "hello " / "0")
    listing = datasets.index("mp-data", root)
    assert listing.glosses == ("hello", "été") and len(listing.clip("hello /0")) == 3 and len(set(listing.table["clip"])) == 24


def test_a_clip_without_a_gloss_is_named_and_can_be_left_out(tmp_path):
    root = layouts.asl_citizen(tmp_path / "asl")
    rewrite(root / "splits" / "train.csv", ",NA,", ",,")
    with pytest.raises(SignError, match=r"1 clip has no gloss \(0124-NA\); complete the lists, or put"):
        datasets.index("asl-citizen", root)
    layouts.write(datasets.source.locate(root, "poses") / source.LEAVE_OUT, "0124-NA\n")
    assert len(datasets.index("asl-citizen", root)) == 6
    root = layouts.lsfb(tmp_path / "lsfb")
    rewrite(root / "instances.csv", ",NA,", ",,")
    with pytest.raises(SignError, match=r"2 clips have no gloss"):
        datasets.index("lsfb", root)


def test_signs_of_lsfb_without_a_number_are_classes_of_their_own_and_numbers_are_numbers(tmp_path):
    root = layouts.lsfb(tmp_path)
    before = lsfb.index(root).glosses
    layouts.write(root / "metadata" / "sign_to_index.csv", "sign,class\nMAISON,\nNA,\nÊTRE,2\nÊTRE.2,2.0\n")
    assert lsfb.index(root).glosses == before == ("MAISON", "NA", "ÊTRE")


def test_lsfb_counts_a_repeated_row_once_and_passes_over_an_empty_folder_of_poses(tmp_path):
    root = layouts.lsfb(tmp_path, poses="poses_raw")
    before = lsfb.index(root).table
    (root / "poses" / "pose").mkdir(parents=True)
    text = (root / "instances.csv").read_text(encoding="utf-8")
    layouts.write(root / "instances.csv", text + text.splitlines()[1] + "\n")
    listing = lsfb.index(root)
    assert listing.table.equals(before) and "rows that the lists repeat count once: 1 such" in listing.notes
    file = root / "metadata" / "splits" / "train.json"
    file.write_bytes(file.read_text(encoding="utf-8").encode("utf-16"))
    with pytest.raises(SignError, match=r"^\S+train.json: not a text file in UTF-8 \([^;]*\); expected a list of clip ids$"):
        lsfb.index(root)


@pytest.mark.parametrize(
    "change", [lambda t: t.replace("\n", ",\n"), lambda t: "\n\n" + t.replace("/", "\\"), lambda t: t.replace("\n", " ,,\n,,\n")]
)
def test_lists_of_gsl_with_commas_blank_lines_and_backslashes_are_the_same_lists(tmp_path, change):
    root = layouts.gsl(tmp_path)
    before = gsl.index(root)
    file = next(root.rglob("train_greek_iso.csv"))
    layouts.write(file, change(file.read_text(encoding="utf-8")))
    assert gsl.index(root).table.equals(before.table) and not gsl.index(root).missing


def test_a_wrong_line_of_gsl_is_quoted_with_its_own_number(tmp_path):
    root = layouts.gsl(tmp_path)
    file = next(root.rglob("train_greek_iso.csv"))
    layouts.write(file, "\n\n" + file.read_text(encoding="utf-8") + "broken\n")
    with pytest.raises(SignError, match=r"train_greek_iso.csv, line 6: 'broken'; expected"):
        gsl.index(root)


def test_a_take_that_is_there_under_two_names_and_one_too_deep_to_read_are_named(tmp_path):
    root = recordings.leap(tmp_path, takes=3)
    take = root / "model" / "record" / "hi" / "json_2.txt"
    text = take.read_text()
    take.write_text("[" * 200_000)
    with pytest.raises(SignError, match=r"json_2.txt: not JSON"):
        datasets.load("thai-leap", root)
    take.write_text(text)
    take.with_name("json_02.txt").write_text(text)
    with pytest.raises(SignError, match=r"json_2.txt: json_02.txt beside it is take 2 too; keep one"):
        datasets.index("thai-leap", root)


def test_files_of_isl_kinect_with_a_mark_or_another_ending_are_read_and_an_empty_one_is_one_line(tmp_path):
    root = layouts.isl_kinect(tmp_path)
    folder = root / "RawDataset"
    before = datasets.load("isl-kinect", root)["isl-kinect"]
    file = folder / "hello_s01_1.txt"
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
    (folder / "no_s01_1.txt").rename(folder / "no_s01_1.TXT")
    after = datasets.load("isl-kinect", root)["isl-kinect"]
    assert np.array_equal(before.landmarks, after.landmarks, equal_nan=True) and before.clips.tolist() == after.clips.tolist()
    file.write_bytes(b"")
    with warnings.catch_warnings(action="error"), pytest.raises(SignError, match=r"hello_s01_1.txt: no row; expected 60 numbers in each"):
        isl_kinect.open_clip(folder, file.name)


@pytest.mark.parametrize("odd", ["all", "one", "prefix", "backslash"])
def test_videos_of_asl_citizen_are_found_as_the_disk_calls_them(tmp_path, odd):
    root = layouts.asl_citizen(tmp_path, landmarks=False)
    before = asl_citizen.index(root).table
    videos = sorted((root / "videos").iterdir())
    for video in videos[: {"all": None, "one": 1}.get(odd, 0)]:
        video.rename(video.with_suffix(".MP4"))
    if odd in ("prefix", "backslash"):
        for part in ("train", "val", "test"):
            for video in videos:
                file = root / "splits" / f"{part}.csv"
                layouts.write(
                    file, file.read_text(encoding="utf-8").replace(video.name, f"videos{'/' if odd == 'prefix' else chr(92)}{video.name}")
                )
    listing = asl_citizen.index(root)
    assert not listing.missing and listing.table.drop(columns="file").equals(before.drop(columns="file"))
    assert all((listing.root / file).is_file() for file in listing.table["file"])


def test_a_row_of_asl_citizen_that_is_there_twice_counts_once_and_one_without_a_video_is_refused(tmp_path):
    root = layouts.asl_citizen(tmp_path)
    before, file = asl_citizen.index(root).table, root / "splits" / "train.csv"
    text = file.read_text(encoding="utf-8")
    layouts.write(file, text + text.splitlines()[1] + "\n")
    listing = asl_citizen.index(root)
    assert sorted(listing.table["clip"]) == sorted(before["clip"]) and "rows that the lists repeat count once: 1 such" in listing.notes
    layouts.write(file, text.replace("0124-NA.mp4", ""))
    with pytest.raises(SignError, match=r"train.csv, line 3: names no video"):
        asl_citizen.index(root)


def test_a_frame_that_is_there_twice_is_not_called_missing(tmp_path):
    root = layouts.mp_data(tmp_path)
    clip = root / "MP_Data" / "hello" / "3"
    np.save(clip / "00.npy", np.load(clip / "0.npy"))
    with pytest.raises(SignError, match=r"hello/3: frame 0 is there twice, the second time as 00.npy; keep one of them"):
        datasets.load("mp-data", root)


def spoil(root: Path, clip: str, **values) -> None:
    listed = json.loads((root / "WLASL_v0.3.json").read_text())
    next(i for e in listed for i in e["instances"] if i["video_id"] == clip).update(values)
    layouts.write(root / "WLASL_v0.3.json", json.dumps(listed))


def test_a_clip_of_wlasl_that_ends_before_it_starts_is_left_out_and_named_where_it_would_be_cut(tmp_path):
    for raw in (True, False):
        root = layouts.wlasl(tmp_path / str(raw), raw=raw)
        spoil(root, "00336", frame_start=55, frame_end=10)
        listing = wlasl.index(root, 100)
        assert ("00336" in set(listing.table["clip"])) == (not raw)
        assert any("end before they start, as WLASL_v0.3.json has them, are left out: 1 such, 00336" in n for n in listing.notes) == raw
        assert len(find(listing.root, source.write_manifest(listing))) == len(listing)


def test_videos_of_wlasl_without_leading_zeros_are_found_and_flash_is_said(tmp_path):
    root = layouts.wlasl(tmp_path)
    folder = root / "videos"
    (folder / "00335.mp4").rename(folder / "335.mp4")
    (folder / "00338.mp4").rename(folder / "00338.swf")
    listing = wlasl.index(root, 100)
    assert dict(zip(listing.table["clip"], listing.table["file"], strict=True))["00335"] == "335.mp4"
    assert any("1 of them are here as .swf, which isn't read (00338)" in n for n in listing.notes)


@pytest.mark.parametrize("name", ["WLASL_v0.3.json", "nslt_100.json"])
def test_the_list_of_wlasl_that_is_broken_is_the_one_that_is_named(tmp_path, name):
    root = layouts.wlasl(tmp_path)
    text = (root / name).read_text()
    (root / name).write_bytes(text.encode("utf-16"))
    with pytest.raises(SignError, match=rf"{name}: not a text file in UTF-8"):
        wlasl.index(root, 100)
    (root / name).write_text(text[:40])
    with pytest.raises(SignError, match=rf"{name}: not JSON \(.*\); download it again"):
        wlasl.index(root, 100)
