"""On real recordings, where they are: the loaders find what the recordings' description says."""

import tarfile

import numpy as np
import pytest

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


def test_the_check_finds_nothing_wrong_with_them(isl, asl):
    for name, folder in (("isl-kinect", isl), ("mp-data", asl)):
        done = check(name, folder)
        assert not done.errors and done.verdict.startswith("USABLE"), str(done)
