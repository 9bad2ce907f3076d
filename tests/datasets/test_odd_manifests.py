"""Manifests as people write them: headers, blanks, times, paths of another system; and folders that can't be listed."""

import os
import warnings
from pathlib import Path

import layouts
import pytest

from sslslr import datasets
from sslslr.datasets import asl_citizen, disk, own, source
from sslslr.errors import SignError
from sslslr.extract.sources import cut_name, find, unknown_columns
from sslslr.extract.video import Cut


def videos(root: Path, *names: str, manifest: str = "") -> Path:
    for name in names:
        layouts.write(root / name, f"video {name}")
    if manifest:
        layouts.write(root / own.MANIFEST, manifest)
    return root


@pytest.mark.parametrize("header", ["path,gloss,Signer,Split", "Path ,GLOSS ,signer ,split ", " path, gloss, SIGNER, split,"])
def test_a_manifests_columns_are_known_in_any_case_and_with_blanks_around_them(tmp_path, header):
    root = videos(tmp_path, "a.mp4", "b.mp4", manifest=f"{header}\na.mp4,tree,ann,train\nb.mp4,dog,bob,test\n")
    listing = datasets.index("own", root)
    assert listing.table[["gloss", "signer", "split"]].to_numpy().tolist() == [["tree", "ann", "train"], ["dog", "bob", "test"]]
    assert not any("nothing reads" in note for note in listing.notes) and unknown_columns(root / own.MANIFEST) == []


def test_columns_of_a_manifest_that_nothing_reads_are_named_in_the_check(tmp_path):
    root = videos(tmp_path, "a.mp4", manifest="path,gloss,Mood,signers,Gloss,\na.mp4,tree,glad,ann,dog,\n")
    listing = datasets.index("own", root)
    assert listing.notes == ("manifest.csv has columns that nothing reads: Mood, signers, Gloss",) and listing.glosses == ("tree",)


def test_blanks_around_a_column_of_a_published_list_do_not_hide_it(tmp_path):
    root = layouts.asl_citizen(tmp_path)
    before = asl_citizen.index(root).table
    file = root / "splits" / "train.csv"
    layouts.write(file, file.read_text(encoding="utf-8").replace("Gloss", "Gloss "))
    assert asl_citizen.index(root).table.equals(before)


def test_the_manifest_that_check_writes_keeps_times_and_rates(tmp_path):
    rows = "path,gloss,start,end,fps\na.mp4,tree,1234567,1234571.5,\na.mp4,tree,1000000,,\nb,dog,,,12.5\n"
    root = videos(tmp_path, "a.mp4", "b/0.jpg", manifest=rows)
    listing = datasets.index("own", root)
    again = find(root, source.write_manifest(listing))
    assert [s.cut for s in again] == [Cut(1234567, 1234571.5), Cut(1000000), Cut(fps=12.5)]
    assert [s.name for s in again] == ["a.mp4@1234567-1234572", "a.mp4@1000000-end", "b"]


def test_a_cut_beyond_a_thousand_seconds_has_a_name_of_its_own_and_a_short_one_the_name_it_had():
    assert cut_name(Cut(1234567, 2234567)) != cut_name(Cut(1234571, 2234571))
    assert [cut_name(Cut(a, b)) for a, b in ((0, 400), (1200.5, 1900), (1.25, None), (123456.78, 999999))] == [
        "@0-400", "@1200.5-1900", "@1.25-end", "@123457-999999",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["cat.mp4 ", " cat.mp4", " tree/cat.mp4", "cat.mp4"])
def test_blanks_around_a_path_are_the_disks_and_come_back_from_the_manifest_that_check_writes(tmp_path, name):
    root = videos(tmp_path, name, manifest=f"path,gloss\n{name},tree\n")
    listing = datasets.index("own", root)
    assert listing.table["file"].tolist() == [name] and not listing.missing
    assert [s.path for s in find(root, source.write_manifest(listing))] == [root / name]
    layouts.write(root / own.MANIFEST, f'path,gloss\n"  {name.strip()}\t",tree\n')
    if name == name.strip():
        assert not datasets.index("own", root).missing


def test_an_absolute_path_of_windows_is_told_as_such(tmp_path):
    root = videos(tmp_path, "a.mp4", manifest="path,gloss\na.mp4,tree\nC:\\videos\\a.mp4,tree\n")
    with pytest.raises(
        SignError, match=r"line 3: C:\\videos\\a.mp4 is a path of Windows that isn't on this machine; give paths relative to"
    ):
        datasets.index("own", root)
    layouts.write(root / own.MANIFEST, "path,gloss,id\na.mp4,tree,C:\\x\n")
    with pytest.raises(SignError, match="leads out of the output folder"):
        datasets.index("own", root)


def test_a_manifest_without_a_video_that_is_there_is_not_passed_on(tmp_path):
    root = videos(tmp_path, "other.mp4", manifest="path,gloss\na.mp4,tree\nb.mp4,dog\n")
    with pytest.raises(SignError, match="2 of 2 clips are listed but not there"):
        datasets.load("own", root)


@pytest.fixture
def closed(monkeypatch):
    """Folders called ``lost+found`` can't be listed."""
    scandir, listdir = os.scandir, os.listdir

    def refuse(then):
        def asked(folder="."):
            if Path(os.fsdecode(folder)).name == "lost+found":
                raise PermissionError(13, "Permission denied", str(folder))
            return then(folder)

        return asked

    monkeypatch.setattr(os, "scandir", refuse(scandir))
    monkeypatch.setattr(os, "listdir", refuse(listdir))


def test_a_folder_that_cannot_be_listed_hides_no_data_set(tmp_path, closed):
    for name in ("asl_citizen", "gsl", "lsa64", "mp_data", "isl_kinect", "lsfb", "own"):
        root = getattr(layouts, name)(tmp_path / name)
        known = name.replace("_", "-")
        before = datasets.index(known, root)
        for place in (root, before.root):
            (place / "lost+found").mkdir(exist_ok=True)
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            listing = datasets.index(known, root)
        assert listing.table.equals(before.table), name
        assert len(disk.fingerprint(listing.root)) == 64
        assert bool(said) == (name == "own") and all("lost+found: passed over, since it can't be listed" in str(w.message) for w in said)
    listing = datasets.index("mp-data", tmp_path / "mp_data")
    assert any("can't be listed" in note and "lost+found" in note for note in listing.notes)
    with pytest.raises(SignError, match=r"lost\+found: can't be listed"):
        find(tmp_path / "own" / "lost+found")
