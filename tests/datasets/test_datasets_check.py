"""The check finds what it promises: leaks, losses, shared signers; and says of each fixture what is true of it."""

import shutil

import layouts
import numpy as np
import pytest

from sslslr import datasets
from sslslr.clips import splits
from sslslr.commands import main
from sslslr.datasets.check import check, save
from sslslr.errors import SignError

FIXTURES = {
    "isl-kinect": layouts.isl_kinect, "mp-data": layouts.mp_data, "lsfb": layouts.lsfb, "lsa64": layouts.lsa64,
    "gsl": layouts.gsl, "asl-citizen": layouts.asl_citizen, "wlasl-100": layouts.wlasl, "own": layouts.own,
}  # fmt: skip
CLIPS = list(layouts.LSFB)


def copy_clip(root, old, new):
    for part in ("pose", "left_hand", "right_hand"):
        shutil.copy(root / "poses" / part / f"{old}.npy", root / "poses" / part / f"{new}.npy")


@pytest.mark.parametrize("name", FIXTURES)
def test_every_fixture_is_usable_and_gets_a_verdict_and_a_picture(tmp_path, capsys, name):
    assert main(["check", name, str(FIXTURES[name](tmp_path / "data"))]) == 0
    out = capsys.readouterr().out
    video = name in ("lsa64", "gsl", "wlasl-100", "own")
    assert ("verdict: VIDEO ONLY so far" if video else "verdict: USABLE: no error") in out
    assert ("sslslr extract" in out) == video and "LEAK" not in out
    assert (tmp_path / "results" / name / "check" / "check.png").stat().st_size > 10_000


def test_a_clip_leaked_from_train_to_test_is_found(tmp_path, capsys):
    root = layouts.lsfb(tmp_path / "data")
    copy_clip(root, CLIPS[0], CLIPS[4])
    assert main(["check", "lsfb", str(root)]) == 1
    out = capsys.readouterr().out
    assert f"error: LEAK: 1 clip in more than one split, byte-identical: {CLIPS[0]} (train) = {CLIPS[4]} (test)" in out
    assert "verdict: NOT USABLE as it is: 1 error" in out


def test_a_copy_within_a_split_is_a_warning_and_one_under_another_gloss_too(tmp_path):
    root = layouts.lsfb(tmp_path)
    copy_clip(root, CLIPS[0], CLIPS[2])
    done = check("lsfb", root)
    assert not done.errors and any("byte-identical clips" in w and "count double" in w for w in done.warnings)
    assert any("different glosses" in w for w in done.warnings)


def test_a_copied_video_across_splits_is_found_before_extraction(tmp_path):
    root = layouts.wlasl(tmp_path)
    shutil.copy(root / "videos" / "00335.mp4", root / "videos" / "00339.mp4")
    assert any(e.startswith("LEAK") and "00335 (train) = 00339 (test)" in e for e in check("wlasl-100", root).errors)


def test_in_a_source_without_splits_copies_are_a_warning(tmp_path):
    root = layouts.isl_kinect(tmp_path) / "RawDataset"
    shutil.copy(root / "no_s01_1.txt", root / "no_s03_1.txt")
    done = check("isl-kinect", root)
    assert not done.errors and any("no_s01_1 (no) = no_s03_1 (no)" in w and "can leak" in w for w in done.warnings)


def test_unusable_clips_are_all_listed_and_leaving_them_out_helps(tmp_path, capsys):
    root = layouts.lsfb(tmp_path / "data")
    layouts.array(root / "poses" / "pose" / f"{CLIPS[0]}.npy", np.zeros((4, 99, 3)))
    layouts.array(root / "poses" / "pose" / f"{CLIPS[4]}.npy", layouts.body(1))
    for hand in ("left_hand", "right_hand"):
        layouts.array(root / "poses" / hand / f"{CLIPS[4]}.npy", layouts.hand(1))
    (root / "poses" / "pose" / f"{CLIPS[6]}.npy").unlink()
    assert main(["check", "lsfb", str(root)]) == 1
    out = capsys.readouterr().out
    assert (
        "2 clips can't be used" in out and "99 landmarks; expected one of (23, 30, 33)" in out and "1 clip of 7 listed are not there" in out
    )
    left_out = tmp_path / "results" / "lsfb" / "check" / "leave-out.txt"
    assert set(left_out.read_text().split()) == {CLIPS[0], CLIPS[4], CLIPS[6]}
    shutil.copy(left_out, root)
    assert main(["check", "lsfb", str(root)]) == 0
    assert "3 clips are left out" in capsys.readouterr().out and not left_out.exists()


def test_signers_classes_and_counts_are_held_against_the_split(tmp_path):
    done = check("asl-citizen", layouts.asl_citizen(tmp_path / "a"))
    assert "no signer is in two splits" in done.notes and any(
        "not the published counts: clips 7 instead of 83,399" in w for w in done.warnings
    )
    done = check("lsa64", layouts.lsa64(tmp_path / "b"))
    assert any("signers in both train and test" in w and "not on unseen signers" in w for w in done.warnings)
    done = check("gsl", layouts.gsl(tmp_path / "c"))
    assert not any("not in train" in w for w in done.warnings)
    root = layouts.own(tmp_path / "d", manifest=True)
    done = check("own", root)
    assert any("1 class in test but not in train (NA)" in w for w in done.warnings) and any(
        "2 classes with one clip" in w for w in done.warnings
    )


@pytest.mark.parametrize(
    "of, said",
    [
        ({"s1": "train", "s2": "train", "s3": "val"}, "warning: its split has no test part: studies test on its validation part"),
        ({"s1": "train", "s2": "train", "s3": "test"}, "note: its split has no validation part: studies take a tenth"),
        ({"s1": "train", "s2": "train", "s3": ""}, "error: studies can't split it: own: its split needs train and test"),
        ({"s1": "val", "s2": "val", "s3": "test"}, "error: studies can't split it: own: its split needs train and test"),
    ],
)
def test_a_split_that_lacks_a_part_is_said_and_not_replaced_in_silence(tmp_path, of, said):
    clips = [{"id": f"{g}/{s}{k}", "gloss": g, "signer": s, "split": of[s]} for g in ("A", "B") for s in of for k in range(3)]
    assert said in str(check("own", layouts.extraction(tmp_path, clips)))


def test_all_classes_that_studies_cannot_learn_are_named_at_once_and_leaving_them_out_helps(tmp_path, capsys):
    of = {"A": "123456", "B": "123456", "only s1": "1", "only s2": "2", "only s3": "3", "only s4": "4", "only s5": "5"}
    clips = [
        {"id": f"{gloss}/s{s}{k}", "gloss": gloss, "signer": f"s{s}", "split": ""} for gloss, by in of.items() for s in by for k in range(2)
    ]
    root = layouts.extraction(tmp_path / "data", clips)
    assert main(["check", "own", str(root)]) == 1
    said = [line for line in capsys.readouterr().out.splitlines() if "studies can't split it" in line]
    assert len(said) == 1 and all(gloss in said[0] for gloss in of if "only" in gloss) and "5 classes" in said[0]
    shutil.copy(tmp_path / "results" / "own" / "check" / "leave-out.txt", root)
    assert main(["check", "own", str(root)]) == 0 and "10 clips are left out" in capsys.readouterr().out


def test_clips_of_one_class_alone_teach_nothing(tmp_path):
    clips = [{"id": f"A/{s}{k}", "gloss": "A", "signer": s, "split": ""} for s in ("s1", "s2", "s3") for k in range(3)]
    assert "error: studies can't split it: own: the clips to learn from are all of one class (A)" in str(
        check("own", layouts.extraction(tmp_path, clips))
    )


def test_what_is_learned_from_is_of_two_classes_at_least(tmp_path):
    clips = [{"id": f"{g}{k}", "gloss": g, "signer": f"s{k}", "split": "val" if k == 3 else "test"} for g in "AB" for k in (2, 3)]
    root = layouts.extraction(tmp_path / "data", [{"id": "A1", "gloss": "A", "signer": "s1", "split": "train"}, *clips])
    assert "error: studies can't split it: own: the clips to learn from are all of one class (A)" in str(check("own", root))
    (signs,) = datasets.load("own", root).values()
    with pytest.raises(SignError, match=r"the clips to learn from are all of one class \(A\); there is nothing to tell apart"):
        splits.for_repeat(signs, 5, 0)


@pytest.mark.parametrize(
    "of, said",
    [
        ({"A": "train test test", "B": "train test test"}, "no clip is left to validate on"),
        ({"A": "train train val", "B": "train train val", "C": "test test"}, "no clip to test on is of a class that is learned"),
        ({"A": "train train test", "B": "train train test", "C": "val val"}, "no clip to validate on is of a class that is learned"),
    ],
)
def test_a_split_of_which_nothing_can_be_learned_or_tested_is_no_split(tmp_path, of, said):
    clips = [
        {"id": f"{g}{k}", "gloss": g, "signer": f"{split}{k}", "split": split}
        for g, parts in of.items()
        for k, split in enumerate(parts.split())
    ]
    done = check("own", layouts.extraction(tmp_path, clips))
    assert any(f"studies can't split it: own: {said}" in error for error in done.errors)


def test_clips_of_nobody_knows_whom_are_not_used_where_signers_are_held_out(tmp_path):
    clips = [{"id": f"{g}/{s}{k}", "gloss": g, "signer": s, "split": ""} for g in "AB" for s in ("s1", "s2", "s3", "") for k in range(3)]
    done = check("own", layouts.extraction(tmp_path, clips))
    assert not done.errors and any("6 clips of which nobody knows the signer" in w for w in done.warnings)
    (signs,) = datasets.load("own", tmp_path).values()
    for repeat in range(3):
        drawn, said = splits.for_repeat(signs, 5, repeat)
        assert "of 3 signers held out" in said and set(drawn.split[signs.signers == ""]) == {""}
        assert not set(drawn.signers[drawn.split == "train"]) & set(drawn.signers[drawn.split == "test"])


@pytest.mark.parametrize("size", [1e4, 1e30])
def test_a_coordinate_that_went_astray_is_its_clips_fault_alone(tmp_path, size):
    root = layouts.mp_data(tmp_path)
    file = root / "MP_Data" / "hello" / "3" / "2.npy"
    np.save(file, np.where(np.arange(258) == 198, size, np.load(file)))
    done = check("mp-data", root)
    assert done.unusable == ["hello/3"] and any(
        "1 clip can't be used (hello/3): " in e and "away from the centre" in e for e in done.errors
    )


def test_where_no_clip_can_be_used_nobody_is_told_to_leave_all_of_them_out(tmp_path, capsys):
    said = {}
    for spoiled in ("hello/1", "*/*"):
        root = layouts.mp_data(tmp_path / str(len(said)))
        for file in root.glob(f"MP_Data/{spoiled}/*.npy"):
            np.save(file, np.zeros(258))
        assert main(["check", "mp-data", str(root)]) == 1
        said[spoiled] = capsys.readouterr().out
    assert ["to go on without" in text for text in said.values()] == [True, False] and "24 clips can't be used" in said["*/*"]


def test_dead_links_are_named_and_no_error(tmp_path):
    done = check("wlasl-100", layouts.wlasl(tmp_path))
    assert not done.errors and any("1 clip of 5 listed are not there (70266)" in w for w in done.warnings)


def test_missing_rates_and_lengths_are_those_of_the_clips(tmp_path):
    done = check("mp-data", layouts.mp_data(tmp_path))
    assert "frames a clip: 3 to 3, median 3" in str(done) and f"left hand in {1 / 24:.1%} of the frames" in str(done)
    assert "right hand in 0.0% of the frames" in str(done)


def test_a_folder_that_is_not_the_data_set_ends_in_one_line_and_status_2(tmp_path, capsys):
    (tmp_path / "x").write_text("")
    assert main(["check", "gsl", str(tmp_path)]) == 2
    assert main(["check", "nothing", str(tmp_path)]) == 2
    assert main(["check", "synthetic", str(tmp_path)]) == 2
    captured = capsys.readouterr()
    assert captured.out == "" and captured.err.count("\n") == 3 and "expected {train,val,test}_greek_iso.csv" in captured.err


def test_a_data_set_of_missing_files_only_is_refused(tmp_path):
    root = layouts.lsfb(tmp_path)
    for file in (root / "poses" / "pose").iterdir():
        file.unlink()
    with pytest.raises(SignError, match="none of the 7 listed clips"):
        check("lsfb", root)


def test_the_report_is_saved_whole(tmp_path):
    done = check("lsfb", layouts.lsfb(tmp_path / "data"))
    folder = save(done).parent
    assert (folder / "check.txt").read_text().strip() == str(done)
    assert len((folder / "clips.csv").read_text().splitlines()) == 8


@pytest.mark.parametrize("extracted", [False, True])
def test_a_folder_of_ones_own_in_which_no_listed_clip_is_there_is_named_not_a_traceback(tmp_path, capsys, extracted):
    root = tmp_path / "own"
    (root / "clips").mkdir(parents=True)
    columns = "id,path,gloss,signer,split,fps,backend,version,complexity" if extracted else "path,gloss,signer"
    rows = [
        f"{k},{k},{g},ann,,25,mediapipe-holistic,1,1" if extracted else f"{k},{g},ann" for k, g in (("a.mp4", "tree"), ("b.mp4", "dog"))
    ]
    (root / ("instances.csv" if extracted else "manifest.csv")).write_text("\n".join([columns, *rows]) + "\n")
    assert main(["check", "own", str(root)]) == 1
    out = capsys.readouterr().out
    assert "error: 2 clips of 2 listed are not there (a.mp4, b.mp4)" in out and "verdict: NOT USABLE" in out
    assert (tmp_path / "results" / "own" / "check" / "leave-out.txt").read_text().split() == ["a.mp4", "b.mp4"]


def test_split_lists_of_lsfb_in_another_unicode_form_are_read_and_lists_of_other_clips_are_not_taken_for_none(tmp_path):
    import json
    import unicodedata

    root = layouts.lsfb(tmp_path)
    splits = root / "metadata" / "splits"
    splits.mkdir(parents=True, exist_ok=True)
    table = (root / "instances.csv").read_text(encoding="utf-8")
    first = CLIPS[0]
    (root / "instances.csv").write_text(table.replace(first, "clé"), encoding="utf-8")
    for part in ("pose", "left_hand", "right_hand"):
        if (file := root / "poses" / part / f"{first}.npy").exists():
            file.rename(file.with_name("clé.npy"))
    (splits / "train.json").write_text(json.dumps([unicodedata.normalize("NFD", "clé")]))
    (splits / "test.json").write_text(json.dumps(CLIPS[1:]))
    listed = check("lsfb", root).listing.table.set_index("clip")["split"]
    assert listed["clé"] == "train" and set(listed.drop("clé")) == {"test"}
    (splits / "train.json").write_text(json.dumps(["another.mp4"]))
    (splits / "test.json").write_text(json.dumps(["yet-another.mp4"]))
    with pytest.raises(SignError, match="the lists name none of the"):
        check("lsfb", root)
