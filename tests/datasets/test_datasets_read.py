"""Each published layout is read as it is, oddities included; a wrong folder gets one line that says what was expected."""

import json

import layouts
import numpy as np
import pandas as pd
import pytest

from sslslr import datasets
from sslslr.clips.skeleton import KINECT_20
from sslslr.datasets import DATASETS, asl_citizen, gsl, isl_kinect, lsa64, lsfb, mp_data, own, source, wlasl
from sslslr.errors import SignError

VIDEO_ONLY = {"lsa64": layouts.lsa64, "gsl": layouts.gsl, "wlasl-100": layouts.wlasl, "own": layouts.own}
WITH_LANDMARKS = {"isl-kinect": layouts.isl_kinect, "mp-data": layouts.mp_data, "lsfb": layouts.lsfb, "asl-citizen": layouts.asl_citizen}
LAYOUTS = VIDEO_ONLY | WITH_LANDMARKS


def test_isl_kinect_reads_names_doubled_underscores_and_metres(tmp_path):
    signs = isl_kinect.read(layouts.isl_kinect(tmp_path))
    assert signs.glosses == ("hello", "no") and set(signs.signers) == {"s01", "s02", "s03"} and len(signs) == 12
    assert signs.landmarks.shape == (12, 6, 20, 3) and signs.skeleton is KINECT_20 and signs.fps == 30 and set(signs.split) == {""}
    assert "no__s02_1" in signs.clips and signs.labels[list(signs.clips).index("no__s02_1")] == 1
    written = np.loadtxt(tmp_path / "RawDataset" / "hello_s01_1.txt").reshape(5, 20, 3)
    assert np.allclose(signs.landmarks[0, :5], written, atol=1e-6) and np.isnan(signs.landmarks[0, 5]).all()
    assert isl_kinect.read(tmp_path / "RawDataset").fingerprint == signs.fingerprint


@pytest.mark.parametrize("values", [258, 1662])
def test_mp_data_keeps_the_clips_order_and_zeros_are_missing(tmp_path, values):
    signs = mp_data.read(layouts.mp_data(tmp_path, values))
    assert signs.landmarks.shape == (24, 3, 75, 2) and signs.glosses == ("hello", "été") and set(signs.signers) == {"one signer"}
    assert [c for c in signs.clips if c.startswith("hello/")] == [f"hello/{i}" for i in range(12)]
    one = list(signs.clips).index("hello/1")
    assert np.isnan(signs.landmarks[one, :, 33:54]).all() and np.isfinite(np.delete(signs.landmarks, one, 0)).all()
    frame = np.load(tmp_path / "MP_Data" / "hello" / "1" / "2.npy")
    assert np.allclose(signs.landmarks[one, 2, :33], frame[:132].reshape(33, 4)[:, :2])
    assert np.allclose(signs.landmarks[one, 2, 54:], frame[-63:].reshape(21, 3)[:, :2])


def test_lsfb_reads_by_header_groups_classes_and_keeps_a_clip_without_its_left_hand(tmp_path):
    listing = lsfb.index(layouts.lsfb(tmp_path))
    signs = source.read(listing)
    assert signs.glosses == ("MAISON", "NA", "ÊTRE") and len(signs) == 7
    assert signs.split.tolist() == ["train"] * 4 + ["test"] * 3 and set(signs.signers) == {"S001", "S002", "S003"}
    assert np.isnan(signs.landmarks[1, :5, 33:54]).all() and np.isfinite(signs.landmarks[1, :5, 54:]).all()
    assert np.isfinite(signs.landmarks[0, :4]).all()
    assert any("33 body landmarks" in n for n in listing.notes) and any("1 clips have no left_hand file" in n for n in listing.notes)


@pytest.mark.parametrize("landmarks", [23, 30, 33])
def test_lsfb_accepts_every_published_number_of_body_landmarks(tmp_path, landmarks):
    listing = lsfb.index(layouts.lsfb(tmp_path, "poses_raw", landmarks))
    clip = source.read(listing).landmarks[0, :4]
    assert np.isfinite(clip[:, :landmarks]).all() and np.isnan(clip[:, landmarks:33]).all()
    assert any(f"poses_raw/: {landmarks} body" in n for n in listing.notes)


def test_lsfb_folds_stand_in_for_missing_split_files_and_a_clip_in_both_is_refused(tmp_path):
    assert lsfb.index(layouts.lsfb(tmp_path / "a", folds=True)).table["split"].tolist() == ["train"] * 4 + ["test"] * 3
    root = layouts.lsfb(tmp_path / "b")
    layouts.write(root / "metadata" / "splits" / "test.json", json.dumps(list(layouts.LSFB)[3:]))
    with pytest.raises(SignError, match=r"1 clips are in train and in test .CLSFBI0101A_S002_B_3"):
        lsfb.index(root)


def test_the_most_represented_signs_are_kept_and_ties_go_by_the_alphabet(tmp_path):
    listing = lsfb.index(layouts.lsfb(tmp_path), signs=2)
    assert listing.glosses == ("MAISON", "ÊTRE") and len(listing) == 5 and listing.name == "lsfb-2"
    assert any("2 most represented signs: 5 of 7 clips" in n for n in listing.notes)


def test_lsa64_splits_as_the_paper_and_as_openhands(tmp_path):
    root = layouts.lsa64(tmp_path)
    paper, signers = lsa64.index(root).table, lsa64.index(root, "signers").table
    assert paper.groupby("gloss")["split"].value_counts().to_dict() == {
        (g, s): n for g in ("001", "064") for s, n in (("train", 40), ("test", 10))
    }
    assert lsa64.index(root).table.equals(paper)
    of = signers.groupby("split")["signer"].unique()
    assert set(of["test"]) == {"010"} and set(of["val"]) == {"009"} and len(of["train"]) == 8
    layouts.write(root / "all" / "065_001_001.mp4", "one class too many")
    with pytest.raises(SignError, match="065_001_001 is outside of classes"):
        lsa64.index(root)


def test_gsl_reads_signers_from_folders_and_dev_for_val(tmp_path):
    root = layouts.gsl(tmp_path)
    (root / "GSL_isolated" / "val_greek_iso.csv").rename(root / "GSL_isolated" / "dev_greek_iso.csv")
    table = gsl.index(root).table
    assert table["split"].tolist() == ["train"] * 3 + ["val", "test"] and table["signer"].tolist() == ["1", "1", "4", "5", "3"]
    assert table["gloss"].tolist() == ["ΓΕΙΑ", "ΕΓΩ(1)", "ΓΕΙΑ", "ΓΕΙΑ", "ΕΓΩ(1)"]
    layouts.write(root / "GSL_isolated" / "test_greek_iso.csv", "no bar here\n")
    with pytest.raises(SignError, match=r"test_greek_iso.csv, line 1: 'no bar here'; expected frame_folder|gloss"):
        gsl.index(root)


def test_asl_citizen_puts_the_hands_in_our_order_and_zeros_are_missing(tmp_path):
    signs = asl_citizen.read(layouts.asl_citizen(tmp_path))
    assert signs.glosses == ("CAFÉ1", "HELLO", "NA") and signs.split.tolist() == ["train"] * 3 + ["val"] + ["test"] * 3
    assert signs.signers.tolist() == ["P1", "P1", "P2", "P3", "P4", "P4", "P4"]
    left, right = signs.landmarks[0, :6, 33:54], signs.landmarks[0, :6, 54:]
    assert np.allclose(left, 0.2) and np.isnan(right[0]).all() and np.allclose(right[1:], 0.7)


def test_wlasl_names_dead_links_and_cuts_only_raw_videos(tmp_path):
    listing = wlasl.index(layouts.wlasl(tmp_path / "cut"), 100)
    assert (
        listing.missing == ("70266",)
        and listing.missing_is_normal
        and len(listing) == 4
        and listing.notes == ("1 of 5 clips have no video in videos/ under their id or their YouTube id",)
    )
    assert dict(zip(listing.table["clip"], listing.table["split"], strict=True))["00336"] == "val" and "start" not in listing.table
    raw = wlasl.index(layouts.wlasl(tmp_path / "raw", raw=True), 100).table.set_index("clip")
    assert raw.loc["00336", ["start", "end"]].tolist() == ["360", "2160"] and raw.loc["00335", ["start", "end"]].tolist() == ["", ""]


def test_signs_are_ranked_by_what_is_listed_not_by_what_happens_to_be_there(tmp_path):
    root = layouts.lsfb(tmp_path)
    for clip in list(layouts.LSFB)[2:4]:  # two of the three of the most represented sign
        (root / "poses" / "pose" / f"{clip}.npy").unlink()
    listing = lsfb.index(root, signs=1)
    assert listing.glosses == ("ÊTRE",) and len(listing) == 1 and len(listing.missing) == 2


def test_reading_what_is_left_of_wlasl_says_how_much_that_is(tmp_path):
    rows = [{"id": f"{i:05d}", "gloss": "book", "signer": str(i), "split": "train"} for i in range(4)]
    with pytest.warns(UserWarning, match="wlasl-100: 2,034 of 2,038 published clips are missing"):
        assert len(datasets.load("wlasl-100", layouts.extraction(tmp_path, rows))["wlasl-100"]) == 4


@pytest.mark.parametrize("name", VIDEO_ONLY)
def test_where_only_video_is_there_a_ready_manifest_and_the_command_are_given(tmp_path, name):
    from sslslr.extract.sources import find, unknown_columns

    listing = datasets.index(name, VIDEO_ONLY[name](tmp_path / "data"))
    with pytest.raises(SignError, match=r"sslslr extract .* OUT --manifest .*\.csv` and give the folder OUT"):
        datasets.load(name, tmp_path / "data")
    manifest = source.write_manifest(listing)
    sources = find(listing.root, manifest)
    assert (
        [s.name for s in sources] == listing.table["clip"].tolist()
        and all(s.path.exists() for s in sources)
        and not any(s.twin for s in sources)
    )
    assert [(s.gloss, s.signer, s.split) for s in sources] == [tuple(r) for r in listing.table[["gloss", "signer", "split"]].to_numpy()]
    assert unknown_columns(manifest) == []


def test_an_own_manifest_is_used(tmp_path):
    table = own.index(layouts.own(tmp_path, manifest=True)).table
    assert table[["gloss", "signer", "split", "file"]].values.tolist() == [
        ["thé", "ana", "train", "one.mp4"],
        ["NA", "ana", "test", "two.mp4"],
    ]


def test_extracted_landmarks_are_read_as_any_data_set_with_its_own_split(tmp_path):
    rows = [
        {"id": f"{s:03d}_{w:03d}_{r:03d}", "gloss": f"{s:03d}", "signer": f"{w:03d}", "split": "train"}
        for s in (1, 2)
        for w in (1, 9, 10)
        for r in range(1, 6)
    ]
    out = layouts.extraction(tmp_path, rows)
    signs = datasets.load("lsa64-signers", out)["lsa64-signers"]
    assert {w: set(signs.split[signs.signers == w]) for w in ("001", "009", "010")} == {"001": {"train"}, "009": {"val"}, "010": {"test"}}
    assert np.isnan(signs.landmarks[:, :, 33:54]).all() and np.isfinite(signs.landmarks[:, :, 54:]).all()
    assert np.ptp(signs.landmarks[:, :, 11:13, 0].mean((0, 1))) == pytest.approx(0.3 * 1280 / 720, abs=0.01), "x is in picture heights"
    layouts.extraction(
        tmp_path / "mixed",
        [{"id": c, "gloss": "a", "signer": "", "split": "", "backend": b} for c, b in (("x", "other"), ("y", "holistic"))],
    )
    with pytest.raises(SignError, match="2 backends or versions"):
        datasets.load("own", tmp_path / "mixed")


@pytest.mark.parametrize("name", LAYOUTS)
@pytest.mark.parametrize("wrong", ["nowhere", "empty", "a file", "something else"])
def test_a_wrong_folder_gets_one_line_that_says_what_was_expected(tmp_path, name, wrong):
    path = tmp_path / wrong.replace(" ", "-")
    if wrong == "a file":
        path.write_text("x")
    elif wrong != "nowhere":
        path.mkdir()
    if wrong == "something else":
        (path / "notes").mkdir()
        (path / "notes" / "letter.doc").write_text("x")
    with pytest.raises(SignError) as raised:
        datasets.load(name, path)
    assert (
        str(path) in str(raised.value)
        and "\n" not in str(raised.value)
        and ("expected" in str(raised.value) or "looked for" in str(raised.value))
    )


@pytest.mark.parametrize(
    "text, says",
    [
        ("1 2 3\n4 5 6\n", "no_s01_2.txt: 3 values in a row; expected 60"),
        (" ".join(["0.1"] * 60) + "\n" + " ".join(["0.1"] * 59) + "\n", "no_s01_2.txt: not rows of 60 numbers"),
        (" ".join(["0.1"] * 59) + " x\n", "no_s01_2.txt: not rows of 60 numbers.*'x'"),
        (" ".join(["nan"] * 60) + "\n", "no_s01_2.txt: no landmark in any frame"),
        ("", "no_s01_2.txt: "),
    ],
)
@pytest.mark.filterwarnings("ignore:.*input contained no data")
def test_a_damaged_text_file_is_named(tmp_path, text, says):
    root = layouts.isl_kinect(tmp_path)
    (root / "RawDataset" / "no_s01_2.txt").write_text(text)
    with pytest.raises(SignError, match=says):
        isl_kinect.read(root)


def test_a_missing_frame_and_a_wrong_width_are_named(tmp_path):
    root = layouts.mp_data(tmp_path)
    frame = root / "MP_Data" / "hello" / "4" / "1.npy"
    layouts.array(frame, np.zeros(99))
    with pytest.raises(SignError, match=r"hello/4/1.npy: 99 values; expected 258, pose4\+hands3"):
        mp_data.read(root)
    layouts.array(frame, np.array([{"a": 1}], dtype=object))
    with pytest.raises(SignError, match=r"hello/4/1.npy: not a numpy array of numbers"):
        mp_data.read(root)
    frame.unlink()
    with pytest.raises(SignError, match=r"hello/4: frame 1.npy is missing"):
        mp_data.read(root)


def test_missing_published_landmarks_are_refused_by_name_unless_they_are_left_out(tmp_path):
    root = layouts.lsfb(tmp_path)
    lost = list(layouts.LSFB)[4]
    (root / "poses" / "pose" / f"{lost}.npy").unlink()
    with pytest.raises(SignError, match=f"1 of 7 clips are listed but not there .{lost}.*leave-out.txt"):
        datasets.load("lsfb", root)
    (root / source.LEAVE_OUT).write_text(f"{lost}\r\n")
    signs = datasets.load("lsfb", root)["lsfb"]
    assert len(signs) == 6 and lost not in signs.clips
    assert any("left out" in n for n in datasets.index("lsfb", root).notes)


def test_hands_of_another_length_than_the_body_are_refused(tmp_path):
    root = layouts.lsfb(tmp_path)
    layouts.array(root / "poses" / "right_hand" / f"{next(iter(layouts.LSFB))}.npy", layouts.hand(9))
    with pytest.raises(SignError, match=r"right_hand/CLSFBI0101A_S001_B_0.npy.*4 frames as in pose"):
        datasets.load("lsfb", root)


def test_a_second_reading_comes_from_the_cache_and_a_changed_file_is_read_again(tmp_path, monkeypatch):
    root = layouts.isl_kinect(tmp_path / "data")
    first = isl_kinect.read(root)
    calls, clip = [], source.Listing.clip
    monkeypatch.setattr(source.Listing, "clip", lambda self, file: calls.append(file) or clip(self, file))
    assert isl_kinect.read(root).fingerprint == first.fingerprint and not calls
    file = root / "RawDataset" / "hello_s01_1.txt"
    file.write_text(file.read_text().replace("0.2", "0.3"))
    again = isl_kinect.read(root)
    assert calls and again.fingerprint != first.fingerprint
    for stored in (tmp_path / "cache" / "datasets").glob("*.npz"):
        stored.write_bytes(b"broken")
    assert isl_kinect.read(root).fingerprint == again.fingerprint


def test_unknown_names_and_missing_paths(tmp_path):
    with pytest.raises(SignError, match="'lsbf' is unknown; there are synthetic, isl-kinect"):
        datasets.load("lsbf", tmp_path)
    with pytest.raises(SignError, match="gsl is read from a folder"):
        datasets.load("gsl")
    for name in DATASETS:
        assert hasattr(datasets.module(name)[0], "make" if name == "synthetic" else "index")


def test_a_fingerprint_sees_every_file_and_survives_loops(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x").write_text("1")
    (tmp_path / "a" / "up").symlink_to(tmp_path)
    before = source.fingerprint(tmp_path)
    assert source.fingerprint(tmp_path) == before
    (tmp_path / "a" / "y").write_text("")
    assert source.fingerprint(tmp_path) != before


def test_tables_are_read_whatever_their_columns_order_and_line_ends(tmp_path):
    (tmp_path / "t.csv").write_bytes("﻿b, a\r\nNA,été\r\n".encode())
    table = source.read_table(tmp_path / "t.csv", ("a", "b"))
    assert table.equals(pd.DataFrame({"b": ["NA"], "a": ["été"]}))
    with pytest.raises(SignError, match=r"no column c \(it has b, a\)"):
        source.read_table(tmp_path / "t.csv", ("a", "c"))
