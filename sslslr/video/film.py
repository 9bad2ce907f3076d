"""Pictures of sign clips: synthetic ones rendered from the bodies that their landmarks come from, once, and kept."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch

from sslslr import locks, paths
from sslslr.clips.input import Input
from sslslr.clips.signs import Signs
from sslslr.datasets import synthetic
from sslslr.errors import SignError
from sslslr.learning.store import name_of
from sslslr.methods.priors import FRAMES, moments
from sslslr.progress import track
from sslslr.video import render, style

VERSION = "films 1"

SIZE = 96  # pixels
RENDERED = f"{render.VERSION}, {style.VERSION}, {VERSION}"  # the name of every rendered film: which clips, their recipe says


@dataclass(frozen=True, eq=False)
class Film:
    """Pictures (N, FRAMES, size, size, 3) uint8, mapped from disk, of the clips named ``clips``, at ``priors.moments`` of each.

    recordings: (N,) which recording a clip is of.  name: what made it, a version or a hash; ``padded``: clips with fewer frames.
    """

    pictures: np.ndarray
    clips: np.ndarray
    recordings: np.ndarray
    name: str
    padded: int = 0

    def rows(self, signs: Signs) -> np.ndarray:
        """Where the clips of ``signs`` are in here; raises SignError for one that is not."""
        at = {clip: i for i, clip in enumerate(self.clips.tolist())}
        if lost := [clip for clip in signs.clips.tolist() if clip not in at]:
            raise SignError(f"{signs.name}: no pictures of {len(lost)} of {len(signs)} clips, first {lost[0]!r}")
        return np.array([at[clip] for clip in signs.clips.tolist()])

    def batch(self, rows: np.ndarray) -> torch.Tensor:
        """Pictures of these rows as a tensor (B, FRAMES, size, size, 3) uint8."""
        return torch.from_numpy(np.ascontiguousarray(self.pictures[rows]))


def rendered(signs: Signs, size: int = SIZE, new: tuple[str, ...] = ()) -> Film:
    """The film of a synthetic corpus, from its recipe: the same clips, mirrored where ``signs`` are; rendered at the first call.

    new: "clothes", "background": in looks that are drawn nowhere else. Raises SignError for clips that were not made here.
    """
    steps = {k: v for step in signs.recipe for k, v in step.items()}
    if "corpus" not in steps or "prepared" not in steps:
        raise SignError(f"{signs.name}: only synthetic clips, prepared for an encoder, can be rendered; for video see video.recordings")
    name = name_of([signs.recipe, RENDERED, size, list(new)])
    path = paths.cache() / "films" / f"{name}.npy"
    path.parent.mkdir(parents=True, exist_ok=True)
    with locks.held(path.with_suffix(".lock")):
        if not path.exists():
            _make(steps, size, new, path)
    about = np.load(path.with_suffix(".npz"), allow_pickle=False)
    return Film(np.load(path, mmap_mode="r"), about["clips"], about["recordings"], RENDERED, int((about["lengths"] < FRAMES).sum()))


def _make(steps: dict, size: int, new: tuple[str, ...], path: Path) -> None:
    seen = Camera(steps["asked"]["clips"])
    made = synthetic.make(steps["corpus"], **steps["asked"], film=seen)
    if made.recipe[0]["settings"] != steps["settings"]:
        raise SignError(f"{made.name}: these clips have other ends than the corpus' own; a film of them can't be made")
    choice = Input(handedness=steps.get("handedness", "as_signed"))
    turned = choice.mirrored(choice.each(made, *steps["prepared"]))
    signers, recordings = (np.unique(who, return_inverse=True)[1] for who in (made.signers, seen.recording))
    seed = [synthetic.CORPORA.index(steps["corpus"]), steps["asked"]["seed"]]

    @lru_cache
    def look(signer: int, recording: int):
        return style.style(seed, signer, recording, size * render.FINE, new)

    with paths.atomic(path.with_suffix(".npz")) as partial, partial.open("wb") as file:
        np.savez(file, clips=made.clips, recordings=recordings, lengths=made.lengths)
    with paths.atomic(path) as partial:
        film = np.lib.format.open_memmap(partial, mode="w+", dtype=np.uint8, shape=(len(made), FRAMES, size, size, 3))
        for i in track(range(len(made)), desc=f"rendering {made.name}", unit="clip"):
            clip = render.render(seen.bodies[i], seen.images[i], look(int(signers[i]), int(recordings[i])), size)
            film[i] = clip[:, :, ::-1] if turned[i] else clip
        film.flush()


class Camera:
    """Keeps what ``synthetic.make`` shows, at the moments of a film."""

    def __init__(self, clips: int):
        self.bodies = np.zeros((clips, FRAMES, 75, 3), np.float32)
        self.images = np.zeros((clips, FRAMES, 75, 2), np.float32)
        self.recording = np.zeros(clips)  # its zoom, which no other has

    def __call__(self, rows, lengths, bodies, image, scene) -> None:
        at = moments(torch.from_numpy(np.asarray(lengths))).numpy()[:, :, None, None]
        self.bodies[rows], self.images[rows] = (np.take_along_axis(x, at, axis=1) for x in (bodies, image))
        self.recording[rows] = scene.zoom
