"""Real video: the pictures of clips whose landmarks were extracted, as a film beside these landmarks.

``gloss/clip.mp4``, or videos and a manifest: the same sources, in the same order and under the same names, as ``sslslr extract``
reads. Priors come from the extracted landmarks, and what MediaPipe missed is left out of the loss.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from sslslr import locks, paths
from sslslr.clips.input import Input
from sslslr.clips.signs import Signs
from sslslr.datasets import own
from sslslr.datasets.own import MANIFEST
from sslslr.errors import SignError
from sslslr.extract.batch import extract
from sslslr.extract.holistic import Backend, Holistic, unavailable
from sslslr.extract.sources import Source, find
from sslslr.extract.video import frames
from sslslr.methods.priors import FRAMES, moments
from sslslr.profiles import Profile
from sslslr.progress import track
from sslslr.video.film import SIZE, Film

VERSION = "recordings 1"


def extracted(videos: Path, out: Path, profile: Profile, workers: int = 0, backend: Callable[[], Backend] = Holistic) -> tuple[Signs, Film]:
    """Clips of ``videos`` (``gloss/clip.mp4``, or with a manifest) with their film; landmarks are extracted to ``out`` unless they are there.

    Nothing is mirrored, so that landmarks are those of the pictures; without a split all clips are to learn from. A clip that could not be
    extracted is left out, as the report in ``out`` says. Raises SignError where there is none, or nothing can be extracted here.
    """
    if backend is Holistic and (said := unavailable()):
        raise SignError(said)
    manifest = Path(videos) / MANIFEST
    extract(Path(videos), Path(out), workers, manifest if manifest.exists() else None, backend)
    choice = Input.of(profile.input | {"handedness": "as_signed"})
    signs = choice.prepare(own.read(Path(out)), profile.frames)
    if (signs.split == "").all():
        signs = signs.with_split(np.full(len(signs), "train"))
    return signs, film(videos, signs, profile.video["model"]["size"])


def film(videos: Path, signs: Signs, size: int = SIZE) -> Film:
    """The film of the clips of ``signs``, decoded from ``videos`` at the first call and kept: pictures as they are, made ``size`` x ``size``.

    A clip of fewer frames than ``priors.FRAMES`` shows some of them twice, and is counted. A recording is a source video, so clips cut from
    one share it. Raises SignError (VideoError) for a clip without a video, and for one that can't be read whole.
    """
    manifest = Path(videos) / MANIFEST
    sources = {s.name: s for s in find(videos, manifest if manifest.exists() else None) if not s.twin}
    if lost := [clip for clip in signs.clips.tolist() if clip not in sources]:
        raise SignError(f"{videos}: no video of {len(lost)} of {len(signs)} clips, first {lost[0]!r}; give the folder that was extracted")
    wanted = [sources[clip] for clip in signs.clips.tolist()]
    name = f"{VERSION}, {_hash(wanted, size)}"
    path = paths.cache() / "films" / f"{name.replace(', ', '-').replace(' ', '-')}.npy"
    path.parent.mkdir(parents=True, exist_ok=True)
    with locks.held(path.with_suffix(".lock")):
        if not path.exists():
            _decode(wanted, size, path)
    lengths = np.load(path.with_suffix(".lengths.npy"))
    recordings = np.unique([str(s.path) for s in wanted], return_inverse=True)[1]
    return Film(np.load(path, mmap_mode="r"), signs.clips, recordings, name, int((lengths < FRAMES).sum()))


def _hash(sources: list[Source], size: int) -> str:
    """Of the clips' names and cuts and of their videos' bytes."""
    digest = hashlib.sha256(str(size).encode())
    whole = {s.path: hashlib.sha256(s.path.read_bytes()).hexdigest() if s.path.is_file() else str(s.path) for s in sources}
    for s in sources:
        digest.update(f"{s.name} {s.cut} {whole[s.path]}".encode())
    return digest.hexdigest()[:16]


def _decode(sources: list[Source], size: int, path: Path) -> None:
    lengths = np.zeros(len(sources), int)
    with paths.atomic(path) as partial:
        made = np.lib.format.open_memmap(partial, mode="w+", dtype=np.uint8, shape=(len(sources), FRAMES, size, size, 3))
        for i, source in enumerate(track(sources, desc="reading video", unit="clip")):
            small = [np.asarray(Image.fromarray(p).resize((size, size), Image.Resampling.BOX)) for _, p in frames(source.path, source.cut)]
            lengths[i] = len(small)
            made[i] = np.stack([small[k] for k in moments(torch.tensor([len(small)]))[0].tolist()])
        made.flush()
        with paths.atomic(path.with_suffix(".lengths.npy")) as other:
            np.save(other, lengths)
