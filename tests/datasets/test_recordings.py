"""Recordings of several signers: who signs, what a frame's values are, hands alone, and what check finds in them."""

import shutil

import layouts
import numpy as np
import pytest
import recordings

from sslslr import datasets
from sslslr.clips import splits
from sslslr.clips.signs import prepare
from sslslr.clips.skeleton import HANDS_42, LEAP_42, MEDIAPIPE_75
from sslslr.commands import main
from sslslr.datasets import findings, mp_data, source, thai_leap
from sslslr.datasets.check import check
from sslslr.datasets.options import parse, text
from sslslr.datasets.packed import prepared
from sslslr.errors import SignError


def test_an_index_beside_the_folder_tells_who_signs_and_signers_are_held_out(tmp_path):
    root = recordings.signers(tmp_path)
    listing = datasets.index("mp-data", root)
    assert len(listing) == 60 and "-" not in listing.glosses and not listing.missing
    assert dict(zip(listing.table["clip"], listing.table["signer"], strict=True))["tea/10"] == "D"
    assert any("left out: -" in n for n in listing.notes) and any("index.csv" in n for n in listing.notes)
    assert listing.table.equals(datasets.index("mp-data", root / "MP_Data").table)
    _, what = splits.for_repeat(source.read(listing), 5, 0)
    assert what == "1 of 4 signers held out"
    assert set(datasets.index("mp-data", root, "INDEX=none").table["signer"]) == {mp_data.SIGNER}


def test_a_named_index_may_have_splits_other_names_and_fewer_clips(tmp_path):
    root = recordings.signers(tmp_path / "d")
    rows = "".join(f"{g},{k:03d},{'train' if k < 8 else 'TEST'},p{k}\r\n" for g in recordings.PATHS for k in range(10))
    layouts.write(tmp_path / "a list.csv", "﻿Gloss,Take,Split,Session\r\n" + rows)
    listing = datasets.index("mp-data", root, {"INDEX": str(tmp_path / "a list.csv")})
    assert len(listing) == 50 and set(listing.table["split"]) == {"train", "test"}
    assert any("10 clips are left out, since a list.csv doesn't list them" in n for n in listing.notes)
    shutil.rmtree(root / "MP_Data" / "tea" / "3")
    assert datasets.index("mp-data", root, {"INDEX": str(tmp_path / "a list.csv")}).missing == ("tea/3",)


@pytest.mark.parametrize(
    "rows, says",
    [
        ("word,clip,signer\nhello,0,A\n", "no column gloss"),
        ("gloss,clip,signer\nhello,0,\n", "hello/0 has no signer"),
        ("gloss,clip,signer\nhello,0,A\nhello,00,B\n", "hello/0 is listed twice"),
        ("gloss,clip,signer,split\nhello,0,A,dev\n", "hello/0 has a split other than train"),
        ("gloss,clip,signer\nbye,0,A\n", "names none of the 60 clips"),
        ("gloss,clip,signer\nhello,0,A,x\nhello,1,B,y\n", "not a table in UTF-8"),
    ],
)
def test_an_index_that_does_not_fit_is_named(tmp_path, rows, says):
    root = recordings.signers(tmp_path)
    layouts.write(root / "index.csv", rows)
    with pytest.raises(SignError, match=f"index.csv: .*{says}"):
        datasets.index("mp-data", root)


def test_a_comma_at_the_end_of_each_row_shifts_no_column(tmp_path):
    root = recordings.signers(tmp_path)
    layouts.write(root / "index.csv", "gloss,clip,signer\n" + "".join(f"hello,{k},A,\n" for k in range(3)))
    assert datasets.index("mp-data", root).table["signer"].tolist() == ["A"] * 3


def test_folders_that_are_no_gloss_are_named_by_the_user(tmp_path):
    root = recordings.signers(tmp_path)
    assert datasets.index("mp-data", root, "EXCLUDE=tea,no").glosses == ("coffee", "hello", "yes")
    with pytest.raises(SignError, match="EXCLUDE=cofee: no folder cofee"):
        datasets.index("mp-data", root, "EXCLUDE=cofee")


def frames_of(root, count, value=None):
    for word in ("hello", "no"):
        for k in range(3):
            for i in range(4):
                layouts.array(root / word / str(k) / f"{i}.npy", np.linspace(0.1, 0.9, count) if value is None else value)
    return root


@pytest.mark.parametrize("count", mp_data.KNOWN)
def test_every_known_count_of_values_adds_up_and_is_read(tmp_path, count):
    layout = mp_data.KNOWN[count]
    assert sum(size for _, size, _ in mp_data.parts(layout)) == count
    listing = datasets.index("mp-data", frames_of(tmp_path, count))
    clip = listing.clip("hello/0")
    assert listing.skeleton is (MEDIAPIPE_75 if "pose" in layout else HANDS_42) and clip.shape == (4, len(listing.skeleton), 2)
    hands = clip[:, -42:]
    assert np.isfinite(hands).all() if "hands" in layout else np.isnan(hands).all()


def test_other_values_are_told_by_the_user_and_the_error_says_how(tmp_path):
    root = frames_of(tmp_path, 234)
    with pytest.raises(SignError, match=r"234 numbers a frame.*VALUES=pose4\+hands3.*1662 \(pose4\+face3\+hands3\)"):
        datasets.index("mp-data", root)
    with pytest.raises(SignError, match="VALUES=pose5: expected parts joined by"):
        datasets.index("mp-data", root, "VALUES=pose5")
    with pytest.raises(SignError, match=r"234 values; expected 258, pose4\+hands3"):
        datasets.load("mp-data", root, options="VALUES=pose4+hands3")
    values = np.r_[np.arange(168) / 200, np.arange(66) / 100]
    signs = datasets.load("mp-data", frames_of(tmp_path, 234, values), options="VALUES=hands4+pose2")["mp-data"]
    assert np.allclose(signs.landmarks[0, 0, 33:, 0], values[:168:4]) and np.allclose(signs.landmarks[0, 0, :33, 1], values[169::2])


def test_companions_empty_folders_and_frames_from_one_are_no_trouble(tmp_path):
    root = frames_of(tmp_path, 258)
    (root / "hello" / "0" / "._0.npy").write_bytes(b"\0")
    (root / "hello" / ".ipynb_checkpoints").mkdir()
    (root / "zebra" / "0").mkdir(parents=True)
    for i in (3, 2, 1, 0):
        (root / "no" / "1" / f"{i}.npy").rename(root / "no" / "1" / f"{i + 1:03d}.npy")
    listing = datasets.index("mp-data", root)
    assert len(listing) == 6 and listing.clip("no/1").shape == listing.clip("hello/0").shape == (4, 75, 2)
    assert any("1 folders without a frame" in n for n in listing.notes)


@pytest.mark.parametrize("npz", [False, True])
def test_leap_motions_hands_are_read_in_mediapipes_order(tmp_path, npz):
    root = recordings.leap(tmp_path, npz=npz)
    listing = datasets.index("thai-leap", root)
    assert len(listing) == 16 and listing.unit == "session" and listing.fps == 100 and listing.skeleton is LEAP_42
    assert any("2 takes show no hand in any frame and are left out (hi/1, ten thousand/1)" in n for n in listing.notes)
    assert listing.table["signer"].tolist() == ["00", "00", "01", "01", "01", "02", "02", "02"] * 2
    clip = listing.clip(listing.table["file"].iloc[-1])
    shape = np.random.default_rng(1).normal(size=(28, 3)) * 30 + (0, 250, 0)
    assert clip.shape == (10, 42, 3) and np.isnan(clip[:, :21]).all()
    assert np.allclose(clip[0, 21:], shape[thai_leap.OF_28], atol=5)  # the hand before it moves, but for 1 mm of jitter


def test_the_npz_beside_the_json_is_the_same_take(tmp_path):
    both = recordings.leap(recordings.leap(tmp_path), npz=True)
    listing = datasets.index("thai-leap", both)
    assert len(listing) == 16 and all(f.endswith(".txt") for f in listing.table["file"])
    for take in ("hi/json_0", "ten thousand/json_8"):
        assert np.allclose(
            thai_leap.open_clip(listing.root, f"{take}.txt"), thai_leap.open_clip(listing.root, f"{take}.npz"), equal_nan=True
        )


def test_hands_without_a_body_are_checked_packed_and_embedded(tmp_path, capsys):
    from sslslr.methods.encoder import EncoderConfig, PoseTransformer, embed

    root = recordings.leap(tmp_path / "data")
    layouts.write(root / "index.csv", "gloss,take,status,session\n" + "".join(f"{g},{k},{'ok' if k < 9 else 'absent'},{k // 3}\n" for g in ("hi", "ten thousand") for k in range(10)))  # fmt: skip
    assert main(["check", "thai-leap", str(root), f"INDEX={root / 'index.csv'}"]) == 0
    out = capsys.readouterr().out
    assert "sessions" in out and "signer" not in out.replace("who signs", "") and "centred on the mean of the wrists" in out
    assert "2 clips are absent" in out and "left hand in 100.0% of the frames" in out
    signs = prepared("thai-leap", root, 8, options=f"INDEX={root / 'index.csv'}")
    assert signs.landmarks.shape == (16, 8, 42, 3) and signs.unit == "session"
    part, what = splits.for_repeat(signs, 5, 0)
    assert what == "1 of 3 sessions held out"
    encoder = PoseTransformer(EncoderConfig(landmarks=42, coordinates=3, blocks=1, width=16, heads=2))
    assert np.isfinite(embed(encoder, part)).all()


def test_a_broken_take_is_named_and_never_taken_for_an_empty_one(tmp_path):
    root = recordings.leap(tmp_path)
    bad = root / "model" / "record" / "hi" / "json_4.txt"
    for content, says in (("[{", "not JSON"), ("{}", "no list of frames"), ('[{"hands": {"right": {}}}]', "not frames of Leap Motion")):
        bad.write_text(content)
        with pytest.raises(SignError, match=f"json_4.txt: {says}"):
            datasets.load("thai-leap", root)
    done = check("thai-leap", root)
    assert done.unusable == ["hi/4"]


def told(root, part, options=""):
    return [n for n in check("mp-data", root, options=options).notes if part in n]


def test_sound_recordings_have_no_finding(tmp_path):
    done = check("mp-data", recordings.signers(tmp_path))
    assert (
        not done.odd and not done.errors and not any(w in n for n in done.notes for w in ("first frame", "copies", "other hand", "unlike"))
    )


def test_a_first_frame_that_does_not_belong_is_found_and_can_be_dropped(tmp_path):
    root = recordings.signers(tmp_path, early=True)
    (note,) = told(root, "first frame")
    assert "in 60 of 60 clips" in note and "DROP_FIRST=1" in note
    assert told(root, "the first ", "DROP_FIRST=1") == ["the first 1 frame(s) of every clip are dropped"]
    whole, dropped = (datasets.load("mp-data", root, options=o)["mp-data"] for o in ("", "DROP_FIRST=1"))
    np.testing.assert_array_equal(dropped.landmarks, whole.landmarks[:, 1:])
    assert {prepared("mp-data", root, 8, options=o).lengths.max() for o in ("", "DROP_FIRST=1")} == {8, 7}
    for wrong, says in (("x", "expected a number"), ("8", "leaves none")):
        with pytest.raises(SignError, match=says):
            datasets.load("mp-data", root, options=f"DROP_FIRST={wrong}")


def test_a_left_handed_signer_and_signs_of_the_other_hand_are_found(tmp_path):
    done = check("mp-data", recordings.signers(tmp_path, left=[("no", "C"), ("tea", "C")]))
    assert any("A 0%, B 0%, C 40%, D 0%; C unlike the others" in n for n in done.notes)
    assert any("with the other hand than by the other signers: no by C, tea by C (6 clips)" in n for n in done.notes)
    assert not done.odd and not any("unlike by all" in n for n in done.notes), "the other hand is no other sign"


def nearly_copy(clip, other):
    shutil.copytree(clip, other, dirs_exist_ok=True)
    for frame in other.glob("*.npy"):
        values = np.load(frame)
        np.save(frame, np.where(values == 0, 0, values + 1e-5))


def test_a_sign_unlike_all_others_and_copies_are_found_and_left_out(tmp_path, capsys):
    root = recordings.signers(tmp_path / "data", instead=[("tea", "B", "hello")])
    nearly_copy(root / "MP_Data" / "yes" / "2", root / "MP_Data" / "yes" / "5")
    file = tmp_path / "out" / "leave.txt"
    assert main(["check", "mp-data", str(root), "--write-leave-out", str(file), "INDEX="]) == 0
    out = capsys.readouterr().out
    assert "1 clips are copies of others" in out and "yes/5 of yes/2" in out
    assert "perhaps another sign: tea by B (3 clips)" in out and "4 clips (0 unusable, 4 odd)" in out
    assert set(file.read_text().split()) == {"tea/3", "tea/4", "tea/5", "yes/5"}
    done = check("mp-data", root, options={"LEAVE_OUT": str(file)})
    assert len(done.table) == 56 and not done.odd and any("4 clips are left out" in n for n in done.notes)
    with pytest.raises(SignError, match=r"LEAVE_OUT=.*no such file"):
        datasets.index("mp-data", root, {"LEAVE_OUT": str(tmp_path / "absent")})


def test_a_large_data_set_is_searched_for_copies_gloss_by_gloss(tmp_path, monkeypatch):
    root = recordings.signers(tmp_path)
    nearly_copy(root / "MP_Data" / "yes" / "2", root / "MP_Data" / "no" / "5")
    assert told(root, "copies of others")
    monkeypatch.setattr(findings, "MANY", 10)
    assert not told(root, "copies of others")


def test_check_says_what_training_would_refuse(tmp_path):
    root = recordings.signers(tmp_path / "a")
    for i in range(8):
        for k in (1, 2):
            values = np.load(root / "MP_Data" / "no" / str(k) / f"{i}.npy")
            values[44:52] = 0.5 if k == 1 else np.nan
            np.save(root / "MP_Data" / "no" / str(k) / f"{i}.npy", values)
    infinite = root / "MP_Data" / "tea" / "0" / "3.npy"
    values = np.load(infinite)
    values[-1 - 3 * 20] = np.inf
    np.save(infinite, values)
    done = check("mp-data", root)
    assert done.unusable == ["no/1", "no/2"] and "2 clips can't be used" in done.errors[0] and "shoulders" in done.errors[0]
    prepare(datasets.load("mp-data", root, options={"LEAVE_OUT": str(leave(tmp_path, done.unusable))})["mp-data"], 8)
    few = frames_of(tmp_path / "b", 126)
    for word in ("hello", "no"):
        shutil.rmtree(few / word / "2")
    assert any("studies can't split it: mp-data: 2 classes have fewer than 3 clips" in e for e in check("mp-data", few).errors)


def leave(folder, names):
    (folder / "leave.txt").write_text("\n".join(names))
    return folder / "leave.txt"


def test_check_of_a_folder_in_which_no_clip_can_be_used_ends_in_a_verdict(tmp_path, capsys):
    assert main(["check", "mp-data", str(frames_of(tmp_path, 258, np.zeros(258)))]) == 1
    out = capsys.readouterr().out
    assert "6 clips can't be used (hello/0" in out and "no landmark in any frame" in out and "NOT USABLE" in out


def test_leave_out_lists_in_another_encoding_are_named(tmp_path):
    root = recordings.signers(tmp_path)
    (root / "MP_Data" / source.LEAVE_OUT).write_bytes("hello/1\r\n".encode("utf-16"))
    with pytest.raises(SignError, match=r"leave-out.txt: not a text file in UTF-8"):
        datasets.index("mp-data", root)


def test_options_are_read_as_a_shell_reads_them_and_unknown_ones_are_refused(tmp_path):
    known = datasets.options_of("mp-data")
    assert set(known) == {"INDEX", "VALUES", "EXCLUDE", "LEAVE_OUT", "DROP_FIRST"}
    said = parse("INDEX='a b.csv' EXCLUDE=- VALUES=", known, "mp-data")
    assert said == {"INDEX": "a b.csv", "EXCLUDE": "-"}
    assert parse(text(said), known, "mp-data") == said | {"INDEX": str((tmp_path.cwd() / "a b.csv").resolve())}
    for wrong, says in (("INDEKS=x", "mp-data has no option INDEKS; it has INDEX"), ("INDEX", "expected NAME=VALUE"), ("A='x", "quote")):
        with pytest.raises(SignError, match=says):
            parse(wrong, known, "mp-data")
    with pytest.raises(SignError, match="synthetic has no option INDEX; it has none"):
        parse("INDEX=x", datasets.options_of("synthetic"), "synthetic")


def test_options_that_change_the_landmarks_change_the_pack_and_files_only_by_what_they_say(tmp_path):
    root = recordings.signers(tmp_path / "data")
    plain = prepared("mp-data", root, 8)
    other = prepared("mp-data", root, 8, options="EXCLUDE=tea")
    assert len(plain) == 60 and len(other) == 48
    shutil.copy(root / "index.csv", tmp_path / "same.csv")
    prepared("mp-data", root, 8, options={"INDEX": str(tmp_path / "same.csv")})
    assert len(list((tmp_path / "cache" / "packed").iterdir())) == 2
