"""sslslr boundaries: extracted clips in, a table and ELAN files out, in the source video's time."""

from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

from sslslr.clips.boundaries import estimate
from sslslr.clips.signs import prepare
from sslslr.commands import main
from sslslr.datasets import synthetic
from sslslr.errors import SignError
from sslslr.extract import elan
from sslslr.extract.clips import Clip


@pytest.fixture(scope="module")
def made():
    return synthetic.make("gsl-like", classes=4, signers=4, clips=16, seed=3)


def saved(path, signs, i, first_ms=2000.0):
    """A synthetic clip as sslslr extract would have stored it, cut from a video at ``first_ms``."""
    n = signs.lengths[i]
    xyz = np.zeros((n, 75, 3), np.float16)
    xyz[..., :2] = 0.5 + 0.1 * signs.landmarks[i, :n]
    parts = {"pose": xyz[:, :33], "left_hand": xyz[:, 33:54], "right_hand": xyz[:, 54:], "visibility": np.ones((n, 33), np.float16)}
    path.parent.mkdir(parents=True, exist_ok=True)
    Clip(**parts, time=first_ms + 40.0 * np.arange(n), size=(500, 500), fps=25.0, backend="b", version="1", complexity=1).save(path)


def read(path):
    """Tier -> its annotations of an .eaf, by the format's own rules: time slots by their ids."""
    root = ElementTree.parse(path).getroot()
    at = {slot.get("TIME_SLOT_ID"): int(slot.get("TIME_VALUE")) for slot in root.iter("TIME_SLOT")}
    return {
        tier.get("TIER_ID"): [(at[a.get("TIME_SLOT_REF1")], at[a.get("TIME_SLOT_REF2")], a.findtext("ANNOTATION_VALUE")) for a in tier.iter("ALIGNABLE_ANNOTATION")]
        for tier in root.iter("TIER")
    }  # fmt: skip


def test_a_folder_of_clips_becomes_a_table_and_a_file_for_elan_each(tmp_path, made, capsys):
    for i in range(3):
        saved(tmp_path / "clips" / "A" / f"{i}.npz", made, i)
    assert main(["boundaries", str(tmp_path / "clips"), "--out", str(tmp_path / "out")]) == 0
    assert "3 clips written" in capsys.readouterr().out
    table = pd.read_csv(tmp_path / "out" / "boundaries.csv").set_index("clip")
    told = estimate(prepare(made, 64))
    for i in range(3):
        row = table.loc[f"A/{i}"]
        scale = (made.lengths[i] - 1) / (min(made.lengths[i], 64) - 1)
        assert row["frames"] == made.lengths[i] and row["onset"] == pytest.approx(told.onset[i] * scale, abs=0.7)
        assert row["onset_ms"] == pytest.approx(2000 + 40 * row["onset"], abs=0.2) and 0 <= row["confidence"] <= 1
        ((tier, annotations),) = read(tmp_path / "out" / "A" / f"{i}.eaf").items()
        assert tier == "stroke (estimated)" and [a[:2] for a in annotations] == [(round(row["onset_ms"]), round(row["offset_ms"]))]
        assert float(annotations[0][2].split()[1].strip(",")) == pytest.approx(row["confidence"], abs=0.006)


def test_a_broken_clip_is_named_and_left_out_and_the_others_are_told(tmp_path, made, capsys):
    saved(tmp_path / "good.npz", made, 0)
    (tmp_path / "bad.npz").write_bytes(b"no clip")
    assert main(["boundaries", str(tmp_path / "good.npz"), str(tmp_path / "bad.npz"), "--out", str(tmp_path / "out")]) == 1
    shown = capsys.readouterr()
    assert "bad.npz" in shown.err and "1 left out" in shown.out
    assert list(pd.read_csv(tmp_path / "out" / "boundaries.csv")["clip"]) == ["good"]


@pytest.mark.parametrize("odd", [{"size": (640, 0)}, {"fps": 0.0}, {"time": np.nan}, {"time": np.inf}, {"time": -1.0}])
def test_a_clip_with_no_picture_rate_or_order_in_time_is_left_out_and_the_others_are_told(tmp_path, made, capsys, odd):
    for i in range(2):
        saved(tmp_path / "clips" / f"{i}.npz", made, i)
    clip = Clip.load(tmp_path / "clips" / "0.npz")
    if "time" in odd:
        clip.time[-1] = odd["time"]
    replace(clip, **{k: v for k, v in odd.items() if k != "time"}).save(tmp_path / "clips" / "0.npz")
    assert main(["boundaries", str(tmp_path / "clips"), "--out", str(tmp_path / "out")]) == 1
    told = capsys.readouterr()
    assert "1 clips written" in told.out and "clips/0.npz: has " in told.err and "extract it again" in told.err
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["1.eaf", "boundaries.csv"]


def test_two_clips_of_one_name_and_files_that_are_not_there_are_refused(tmp_path, made, capsys):
    saved(tmp_path / "a" / "x.npz", made, 0)
    saved(tmp_path / "b" / "x.npz", made, 1)
    assert main(["boundaries", str(tmp_path / "a"), str(tmp_path / "b"), "--out", str(tmp_path / "out")]) == 2
    assert "same name x" in capsys.readouterr().err and not (tmp_path / "out").exists()


def test_the_library_that_elan_s_users_read_files_with_reads_them_again(tmp_path):
    """pympi-ling is not among what the project needs (it is one reader of many): pip install pympi-ling to run this."""
    pympi = pytest.importorskip("pympi", reason="pympi-ling is not installed: no other reader of .eaf files is tried")
    elan.write(tmp_path / "t.eaf", {"stroke (estimated)": [(500, 900, "second <&>"), (0, 500, "first")], "none": []})
    read_again = pympi.Elan.Eaf(str(tmp_path / "t.eaf"))
    assert set(read_again.get_tier_names()) == {"stroke (estimated)", "none"}
    told = sorted(a[:3] for a in read_again.get_annotation_data_for_tier("stroke (estimated)"))
    assert told == [(0, 500, "first"), (500, 900, "second <&>")]
    read_again.add_annotation("none", 100, 200, "corrected")  # ids go on where ours end
    read_again.to_file(str(tmp_path / "corrected.eaf"))
    assert read(tmp_path / "corrected.eaf")["none"] == [(100, 200, "corrected")]


def test_a_file_for_elan_has_what_its_schema_asks_in_its_order(tmp_path):
    elan.write(tmp_path / "t.eaf", {"a": [(0, 500, "x"), (500, 900, "y")], "b": [(0, 900, "z")]})
    root = ElementTree.parse(tmp_path / "t.eaf").getroot()
    assert [child.tag for child in root] == ["HEADER", "TIME_ORDER", "TIER", "TIER", "LINGUISTIC_TYPE"]
    ids = [e.get(name) for name in ("TIME_SLOT_ID", "ANNOTATION_ID") for e in root.iter() if e.get(name)]
    assert len(ids) == len(set(ids)) == 6 + 3
    slots = {e.get("TIME_SLOT_ID") for e in root.iter("TIME_SLOT")}
    referred = {a.get(f"TIME_SLOT_REF{i}") for a in root.iter("ALIGNABLE_ANNOTATION") for i in (1, 2)}
    assert referred == slots and {t.get("LINGUISTIC_TYPE_REF") for t in root.iter("TIER")} == {
        root.find("LINGUISTIC_TYPE").get("LINGUISTIC_TYPE_ID")
    }


def test_tiers_keep_their_order_and_overlaps_are_refused(tmp_path):
    tiers = {"a": [(500, 900, "second <&>"), (0, 500, "first")], "b": [(100, 100, "")]}
    elan.write(tmp_path / "t.eaf", tiers)
    assert read(tmp_path / "t.eaf") == {"a": [(0, 500, "first"), (500, 900, "second <&>")], "b": [(100, 100, "")]}
    with pytest.raises(SignError, match="tier a: an annotation from 400 to 600"):
        elan.document({"a": [(0, 500, ""), (400, 600, "")]})
