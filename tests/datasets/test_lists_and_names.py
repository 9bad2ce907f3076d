"""Lists as they are really published, folders as they are really found: ids, frame numbers, file names, encodings, half-written names."""

import json
import os
import shutil
import unicodedata

import layouts
import numpy as np
import pytest

from sslslr import datasets
from sslslr.commands import main
from sslslr.datasets import asl_citizen, gsl, isl_kinect, lsa64, lsfb, mp_data, source, wlasl
from sslslr.datasets.check import check
from sslslr.errors import SignError
from sslslr.extract.sources import find
from sslslr.extract.video import frames, write_video

SHADOW = b"\0\5\x16\7" + bytes(60)  # what macOS leaves beside each file on a foreign disk


def wlasl_lists(root, clips):
    """Lists of WLASL; clips: video id -> (gloss, first frame, last frame, url)."""
    about = [
        {"video_id": v, "signer_id": i, "frame_start": a, "frame_end": b, "url": u} for i, (v, (_, a, b, u)) in enumerate(clips.items())
    ]
    entries = [
        {"gloss": g, "instances": [i for i in about if clips[i["video_id"]][0] == g]} for g in dict.fromkeys(c[0] for c in clips.values())
    ]
    layouts.write(root / "WLASL_v0.3.json", json.dumps(entries))
    splits = ("train", "train", "val", "test")
    layouts.write(root / "nslt_300.json", json.dumps({v: {"subset": splits[i % 4], "action": [0, 1, -1]} for i, v in enumerate(clips)}))


def test_an_id_that_wlasl_does_not_describe_is_left_out_and_noted(tmp_path):
    layouts.wlasl(tmp_path)
    listed = json.loads((tmp_path / "nslt_100.json").read_text())
    layouts.write(tmp_path / "nslt_300.json", json.dumps(listed | {"99999": {"subset": "train", "action": [2, 1, -1]}}))
    listing = wlasl.index(tmp_path, 300)
    assert len(listing) == 4 and "1 id of nslt_300.json (99999) is not described in WLASL_v0.3.json" in listing.notes[0]
    layouts.write(tmp_path / "nslt_300.json", json.dumps({str(i): {"subset": "train"} for i in range(9)}))
    with pytest.raises(SignError, match="describes 0 of its 9 clips"):
        wlasl.index(tmp_path, 300)


@pytest.mark.parametrize("rate", [25, 30, 60])
def test_wlasl_counts_frames_at_25_a_second_whatever_the_video_has(tmp_path, rate):
    wlasl_lists(tmp_path, {"20000": ("tree", 11, 25, "http://example.org/v.mp4")})
    (tmp_path / "raw_videos").mkdir()
    write_video(tmp_path / "raw_videos" / "20000.mp4", [np.zeros((48, 64, 3), np.uint8)] * 2 * rate, fps=rate)  # 2 s or more
    listing = datasets.index("wlasl-300", tmp_path)
    (clip,) = find(listing.root, source.write_manifest(listing))
    times = [at for at, _ in frames(clip.path, clip.cut)]
    assert times[0] == pytest.approx(400) and 960 - 1000 / rate < times[-1] <= 960 and len(times) == int(0.56 * rate) + 1


def test_wlasl_videos_are_found_under_the_names_that_its_downloader_gives(tmp_path):
    youtube = "https://www.youtube.com/watch?v=AAAA-AAAAA%d"
    clips = {f"3000{k}": ("tree", 1 + 100 * k, 60 + 100 * k, youtube % (k % 2)) for k in range(3)}
    wlasl_lists(tmp_path, clips | {"30003": ("tree", 1, -1, "http://example.org/30003.swf"), "30004": ("tree", 1, -1, youtube % 7)})
    for name in ("AAAA-AAAAA0.mp4", "AAAA-AAAAA1.mkv", "30003.MP4", "._30004.mp4"):
        layouts.write(tmp_path / "raw_videos" / name, name)
    listing = wlasl.index(tmp_path, 300)
    assert listing.table["file"].tolist() == ["AAAA-AAAAA0.mp4", "AAAA-AAAAA1.mkv", "AAAA-AAAAA0.mp4", "30003.MP4"]
    assert listing.table["start"].tolist() == ["", "4000", "8000", ""] and listing.missing == ("30004",)
    assert "dead" not in listing.notes[0]
    layouts.write(tmp_path / "missing.txt", "30004\n99999\n")
    assert "1 of them are dead links" in wlasl.index(tmp_path, 300).notes[1]


def test_shadow_files_are_no_clips(tmp_path):
    for name, index in (("lsa64", lsa64.index), ("isl_kinect", isl_kinect.index), ("mp_data", mp_data.index)):
        root = getattr(layouts, name)(tmp_path / name)
        before = index(root).table
        for file in [f for f in root.rglob("*.*") if f.is_file()]:
            file.with_name(f"._{file.name}").write_bytes(SHADOW)
        (next(root.rglob("*.*")).parent / ".ipynb_checkpoints").mkdir()
        assert index(root).table.equals(before), name


@pytest.mark.parametrize("encoding", ["cp1253", "utf-16"])
def test_a_list_in_another_encoding_is_one_line(tmp_path, encoding):
    root = layouts.gsl(tmp_path)
    file = next(root.rglob("train_greek_iso.csv"))
    file.write_bytes(file.read_text(encoding="utf-8").encode(encoding))
    with pytest.raises(SignError, match=r"train_greek_iso.csv: not a text file in UTF-8"):
        gsl.index(root)


def test_a_leave_out_file_that_is_no_text_is_one_line(tmp_path):
    root = layouts.mp_data(tmp_path)
    left = root / "MP_Data" / source.LEAVE_OUT
    left.write_bytes("hello/1\r\n".encode("utf-16"))
    with pytest.raises(SignError, match=r"leave-out.txt: not a text file in UTF-8"):
        datasets.index("mp-data", root)
    left.unlink()
    left.mkdir()
    with pytest.raises(SignError, match=r"leave-out.txt: can't be read \(Is a directory\)"):
        datasets.index("mp-data", root)


def test_one_gloss_in_two_unicode_forms_is_one_class(tmp_path):
    for who, form in (("ann", "NFC"), ("bob", "NFD")):
        for k in range(2):
            layouts.write(tmp_path / "in" / who / unicodedata.normalize(form, "niño") / f"{k}.mp4", f"{who}{k}")
    listing = datasets.index("own", tmp_path / "in")
    assert listing.glosses == ("niño",) and len(listing) == 4
    layouts.write(
        tmp_path / "in" / "manifest.csv",
        "path,gloss,signer\n"
        + "".join(f"bob/niño/{k}.mp4,{g},Bób\n" for k, g in enumerate(("niño", unicodedata.normalize("NFD", "niño")))),
    )
    listing = datasets.index("own", tmp_path / "in")  # the list composed, the disk decomposed
    assert len(listing) == 2 and not listing.missing and listing.glosses == ("niño",)


def test_files_in_another_unicode_form_than_their_list_are_found(tmp_path):
    root = layouts.lsfb(tmp_path / "lsfb")
    text = (root / "instances.csv").read_text(encoding="utf-8")
    layouts.write(root / "instances.csv", text.replace("CLSFBI0101A_S001_B_0", "café"))
    for part in ("pose", "left_hand", "right_hand"):
        folder = root / "poses" / part
        (folder / "CLSFBI0101A_S001_B_0.npy").rename(folder / f"{unicodedata.normalize('NFD', 'café')}.npy")
    listing = lsfb.index(root)
    assert not listing.missing and np.isfinite(listing.clip(listing.table["file"][0])[:, 33:]).any()
    root = layouts.asl_citizen(tmp_path / "asl")
    before = len(asl_citizen.index(root))
    moved = 0
    for file in list(root.rglob("*.npy")):
        if (other := unicodedata.normalize("NFD", file.name)) != file.name:
            moved += 1
            file.rename(file.with_name(other))
    listing = asl_citizen.index(root)
    assert moved and len(listing) == before and not listing.missing and all(len(listing.clip(f)) for f in listing.table["file"])


def test_a_name_that_is_not_utf8_is_escaped_and_costs_nothing(tmp_path, capsys):
    root = layouts.mp_data(tmp_path / "data")
    os.rename(root / "MP_Data" / "été", os.fsencode(root / "MP_Data") + b"/\xe9t\xe9")
    done = check("mp-data", root)
    assert done.listing.glosses == ("\\xe9t\\xe9", "hello") and not done.errors and len(done.table) == 24
    assert main(["check", "mp-data", str(root)]) == 0
    signs = datasets.load("mp-data", root)["mp-data"]
    assert len(signs) == 24 and signs.clips[-1].startswith("\\xe9t\\xe9/")
    assert main(["pack", "mp-data", str(root)]) == 0 and "24 clips" in capsys.readouterr().out
    layouts.write(root / "MP_Data" / source.LEAVE_OUT, f"{signs.clips[-1]}\n")
    assert len(datasets.index("mp-data", root)) == 23


def test_lists_of_lsfb_that_were_not_copied_are_said(tmp_path):
    root = layouts.lsfb(tmp_path / "folds", folds=True)
    zero = (root / "metadata" / "splits" / "fold_0.json").read_bytes()
    (root / "metadata" / "splits" / "fold_0.json").unlink()
    with pytest.raises(SignError, match=r"no fold_0.json beside the other lists"):
        datasets.index("lsfb", root)
    (root / "metadata" / "splits" / "fold_0.json").write_bytes(zero)
    (root / "metadata" / "splits" / "fold_3.json").unlink()
    with pytest.raises(SignError, match=r"no fold_3.json beside the other lists"):
        lsfb.index(root)
    (root / "metadata" / "splits" / "fold_1.json").unlink()
    with pytest.raises(SignError, match=r"no fold_1.json, fold_3.json beside the other lists"):
        lsfb.index(root)
    root = layouts.lsfb(tmp_path / "test")
    (root / "metadata" / "splits" / "test.json").unlink()
    with pytest.raises(SignError, match=r"no test.json beside the other lists"):
        lsfb.index(root)
    shutil.rmtree(root / "metadata" / "splits")
    assert set(lsfb.index(root).table["split"]) == {""}
    layouts.write(root / "metadata" / "sign_to_index.csv", "sign\nMAISON\nNA\n")
    with pytest.raises(SignError, match=r"sign_to_index.csv: no number beside the signs"):
        lsfb.index(root)
