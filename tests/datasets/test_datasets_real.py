"""On real recordings, where they are: the loaders find what the recordings' description says."""

import tarfile

import numpy as np
import pytest

from sslslr import datasets
from sslslr.datasets import isl_kinect, mp_data
from sslslr.datasets.check import check


def unpack(archive, folder, keep):
    if not archive.exists():
        pytest.skip(f"no {archive.name} beside the others (set SSLSLR_REALDATA)")
    with tarfile.open(archive) as tar:
        tar.extractall(folder, members=[m for m in tar if m.isfile() and keep(m.name)], filter="data")
    return folder


@pytest.fixture(scope="module")
def isl(realdata, tmp_path_factory):
    """All clips of 2 of the 30 words and the 18 with a doubled underscore."""
    folder = tmp_path_factory.mktemp("isl")
    return unpack(realdata / "isl-kinect.tar.xz", folder, lambda n: "__" in n or any(f"/{w}_" in n for w in ("hello", "yes")))


@pytest.fixture(scope="module")
def asl(realdata, tmp_path_factory):
    """The first 10 clips of each of the 11 words."""
    return unpack(
        realdata / "asl-signwish.tar.xz", tmp_path_factory.mktemp("asl"), lambda n: n.endswith(".npy") and int(n.split("/")[3]) < 10
    )


def test_isl_kinect(isl):
    signs = isl_kinect.read(isl)
    words = np.array(signs.glosses)[signs.labels]
    for word in ("hello", "yes"):
        assert (words == word).sum() == 90
    assert set(signs.signers) == {f"s{i:02d}" for i in range(1, 11)} and sum("__" in c for c in signs.clips) == 18
    assert not any(g.endswith("_") for g in signs.glosses)
    head, hips = (signs.landmarks[:, 0, [i], 1] for i in (0, 11))
    assert (head > hips).all(), "y grows upwards, and the head is above the hips"
    depth = np.nanmedian(signs.landmarks[..., 2])
    assert 1 < depth < 5, "metres in front of the camera"


def test_mp_data(asl):
    signs = mp_data.read(asl)
    assert len(signs.glosses) == 11 and len(signs) == 110 and signs.landmarks.shape[1:] == (24, 75, 2)
    assert [c.split("/")[1] for c in signs.clips[:10]] == [str(i) for i in range(10)]
    missing = [np.isnan(signs.landmarks[:, :, list(signs.skeleton.parts[p]), 0]).all(-1).mean() for p in ("left_hand", "right_hand")]
    assert 0.3 < missing[0] < 0.65 and 0.1 < missing[1] < 0.35


def test_the_check_finds_nothing_wrong_with_them(isl, asl, tmp_path):
    alone = [c for c in datasets.index("isl-kinect", isl).table["clip"] if not c.startswith(("hello", "yes"))]
    (tmp_path / "alone.txt").write_text("\n".join(alone))  # of these words only some clips were unpacked
    for name, folder, options in (("isl-kinect", isl, {"LEAVE_OUT": str(tmp_path / "alone.txt")}), ("mp-data", asl, "")):
        done = check(name, folder, options=options)
        assert not done.errors and done.verdict.startswith("USABLE"), str(done)


def test_traduttore_has_three_signers_and_its_known_flaws_are_found(realdata, tmp_path):
    folder = unpack(
        realdata / "traduttore-asl.tar.xz", tmp_path, lambda n: any(f"/{w}/" in n for w in ("no", "small", "thank-you", "yes", "-"))
    )
    options = {"INDEX": str(realdata / "traduttore-asl.index.csv")}
    # The index lists all nine signs: those that were not unpacked are missing, by name.
    listing = datasets.index("mp-data", folder, options)
    assert len(listing) == 360 and set(listing.table["signer"]) == {"A", "B", "C"} and len(listing.missing) == 450
    notes = check("mp-data", folder, options=options).notes
    assert any("first frame doesn't belong" in n for n in notes)
    assert any("no by C, thank-you by C (60 clips)" in n for n in notes)


def test_thai_leap_has_sessions_and_its_json_is_the_npz(realdata, tmp_path):
    signs = ("hello", "mother", "ten", "tomorrow")
    folder = unpack(realdata / "thai-leap.tar.xz", tmp_path / "npz", lambda n: any(f"/{sign}/" in n for sign in signs))
    original = unpack(realdata / "thai-leap-original.tar.xz", tmp_path / "json", lambda n: n.endswith(".txt"))
    listing = datasets.index("thai-leap", folder, {"INDEX": str(realdata / "thai-leap.index.csv")})
    assert listing.table["signer"].nunique() == 9 and 100 < listing.fps < 130
    assert any("2 takes show no hand in any frame and are left out (mother/18, ten/0)" in n for n in listing.notes)
    published = datasets.index("thai-leap", original)
    assert sorted(published.table["clip"]) == ["hello/10", "tomorrow/3"]
    for file in published.table["file"]:
        assert np.allclose(published.clip(file), listing.clip(file.replace(".txt", ".npz")), atol=0.01, equal_nan=True)
