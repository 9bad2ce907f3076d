"""Data sets by their sizes: what a plan needs to know of clips that nobody has read."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property

import numpy as np

from sslslr import datasets
from sslslr.clips.input import Input
from sslslr.clips.signs import Signs
from sslslr.clips.skeleton import KINECT_20, LEAP_42, MEDIAPIPE_75, Skeleton
from sslslr.errors import SignError
from sslslr.profiles import Profile
from sslslr.studies import corpora

SMALL = 20_000  # clips up to which synthetic corpora are made, so that the run store can be asked; above it only their sizes count
# Clips and glosses where the published counts leave them open: as the paper's text and the issue of this plan say.
ASSUMED = {name: {"clips": 60_000, "classes": c} for name, c in (("lsfb", 500), ("lsfb-500", 500), ("lsfb-700", 700))}
ASSUMED |= {"asl-citizen-500": {"clips": 83_399 * 500 // 2_731, "classes": 500}}


class Sized(Signs):
    """Sign clips of which only sizes, signers, glosses and splits are known: landmarks without memory, all missing."""

    def without(self, landmarks: tuple[int, ...]) -> Signs:
        """As of Signs: other clips, though nothing of them is here."""
        return replace(self, name=f"{self.name}, without {len(landmarks)} landmarks")

    @cached_property
    def fingerprint(self) -> str:
        """Not that of any real data: nothing of it is in the run store."""
        digest = hashlib.sha256(f"sized {self.name} {len(self)}".encode())
        for part in (self.labels, self.split):
            digest.update(np.ascontiguousarray(part).tobytes())
        return digest.hexdigest()


def sized(name: str, kind: str, skeleton: Skeleton, frames: int, labels, signers, split=None) -> Sized:
    """A data set that nobody has read: labels (N,), signers (N,), and the published split, if there is one."""
    n = len(labels)
    known = kind == "synthetic"  # a synthetic clip's boundaries are
    return Sized(
        name=name, kind=kind, skeleton=skeleton,
        landmarks=np.broadcast_to(np.float32(np.nan), (n, frames, len(skeleton), 2 if skeleton.y_down else 3)),
        lengths=np.broadcast_to(frames, n), labels=np.asarray(labels, np.int32), glosses=tuple(f"g{k}" for k in range(int(np.max(labels)) + 1)),
        signers=np.asarray(signers).astype(str), clips=np.broadcast_to("", n), split=np.asarray(np.full(n, "") if split is None else split, "<U5"),
        onset=np.broadcast_to(0.0 if known else np.nan, n), offset=np.broadcast_to(frames - 1.0 if known else np.nan, n),
    )  # fmt: skip


def even(name: str, kind: str, skeleton: Skeleton, frames: int, classes: int, signers: int, clips: int, train=None, val=0) -> Sized:
    """Clips dealt out evenly to glosses and signers; with ``train`` the first so many are for training and the next ``val`` to validate."""
    at = np.arange(clips)
    split = None if train is None else np.where(at < train, "train", np.where(at < train + val, "val", "test"))
    return sized(name, kind, skeleton, frames, at % classes, (at // classes % signers).astype("<U4"), split)


def data_of(profile: Profile, dataset: str, data: str = "", options: str = "") -> tuple[dict[str, Signs], str]:
    """The corpora to plan for, and in words how they are known: read, made, or only their sizes.

    Without ``data`` a published data set counts with its published sizes. Raises SignError where there are none.
    """
    layout = Input.of(profile.input).layout
    if dataset == "synthetic" and (data or options):
        raise SignError("the synthetic corpora are made, not read: leave DATA and options out, or name another DATASET")
    if dataset == "synthetic":
        total = sum(size["clips"] for size in profile.corpora.values())
        if total <= SMALL:
            return corpora.load(profile, dataset), f"{total:,} synthetic clips, made"
        parts: dict[str, Signs] = {
            c: even(c, "synthetic", layout(MEDIAPIPE_75), profile.frames, **size) for c, size in profile.corpora.items()
        }
        return parts, f"{total:,} synthetic clips, by their sizes (the run store is not asked)"
    if data:
        return _listed(profile, dataset, data, options)
    module, fixed = datasets.module(dataset)
    told = getattr(module, "PUBLISHED", {})
    told = ASSUMED.get(dataset) or told.get(fixed.get("glosses"), told) | getattr(module, "COUNTS", {}).get(fixed.get("split"), {})
    if not {"clips", "classes"} <= set(told):
        raise SignError(f"DATASET={dataset} has no published size: say where it is (DATA=/path/to/it)")
    skeleton = layout({"isl-kinect": KINECT_20, "thai-leap": LEAP_42}.get(dataset, MEDIAPIPE_75))
    train = told.get("train", 0.7 * told["clips"]) if dataset in ASSUMED or "train" in told else None
    classes, signers, clips = told["classes"], told.get("signers", 20), told["clips"]
    one = even(dataset, "real", skeleton, profile.frames, classes, signers, clips, train, told.get("val", 0))
    how = "assumed" if dataset in ASSUMED else "as published"
    return {dataset: one}, f"{clips:,} clips of {classes:,} glosses, {how}: no DATA was given"


def other(signs: dict[str, Signs], profile: Profile, dataset: str, data: str = "", options: str = "") -> Callable[[str, dict], Signs]:
    """Prepares one of the corpora ``signs`` with changes to the profile's input: other clips, though nothing of them may be here."""

    def with_input(corpus: str, change: dict) -> Signs:
        if isinstance(signs[corpus], Sized):
            return replace(signs[corpus], name=f"{corpus}, {change}")
        return corpora.with_input(profile, change, corpus, dataset, data, options)

    return with_input


def _listed(profile: Profile, dataset: str, data: str, options: str) -> tuple[dict[str, Signs], str]:
    listing = datasets.index(dataset, data, options)
    if len(listing) <= SMALL:
        return corpora.load(profile, dataset, data, options=options), f"{len(listing):,} clips, read"
    labels = listing.table["gloss"].map({g: k for k, g in enumerate(listing.glosses)})
    skeleton = Input.of(profile.input).layout(listing.skeleton)
    one = sized(dataset, "real", skeleton, profile.frames, labels, listing.table["signer"], listing.table["split"])
    return {dataset: one}, f"{len(listing):,} clips, by the lists of {data} (the run store is not asked)"
