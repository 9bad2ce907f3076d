"""What a folder holds, before a landmark is read; and how a folder of clips becomes one container."""

import csv
import hashlib
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd

from sslslr import paths
from sslslr.clips.signs import Signs, pack, prepare
from sslslr.clips.skeleton import MEDIAPIPE_75, Skeleton
from sslslr.csv_files import read_csv
from sslslr.datasets.disk import escaped, files, fingerprint, folder, folders, holder, inside, locate, on_disk, read_text  # noqa: F401
from sslslr.datasets.options import FILES
from sslslr.errors import SignError, counted
from sslslr.provenance import versions

VERSION = "landmark files 1"

LEAVE_OUT = "leave-out.txt"
COLUMNS = ("clip", "gloss", "signer", "split", "file")
SMALL = 2e9  # bytes of landmarks up to which a data set is kept whole in the cache


@dataclass(frozen=True, eq=False)
class Listing:
    """The clips of one data set on disk.

    table: a row a clip: clip (its name), gloss, signer, split ("" where the source has none), file (what ``open`` is
    given; for a video its path below ``root``), and for videos perhaps start, end (ms), start_frame, end_frame, fps.
    open: reads a row's landmarks, (T, J, C) with NaN for missing; None where there is only video.
    missing: clips that the data set's own lists name and that aren't there; only where ``missing_is_normal`` may the
    others be used without them.  published: counts to hold the table against.  notes: what a reader should know.
    caution: a warning that every reading gives.  unit: what a ``signer`` is, "signer" or "session".
    skip: frames dropped at the beginning of every clip.  options: what the user said that decides the landmarks.
    """

    name: str
    root: Path
    table: pd.DataFrame
    open: Callable[[str], np.ndarray] | None
    skeleton: Skeleton = MEDIAPIPE_75
    fps: float = 25.0
    missing: tuple[str, ...] = ()
    missing_is_normal: bool = False
    published: dict[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    caution: str = ""
    unit: str = "signer"
    skip: int = 0
    options: dict[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.table)

    @property
    def glosses(self) -> tuple[str, ...]:
        return tuple(sorted(set(self.table["gloss"])))

    def clip(self, file: str) -> np.ndarray:
        """Landmarks (T, J, C) float32 of one row's ``file``; SignError when nothing can be learned from them.

        A landmark of which one coordinate is no finite number is missing.
        """
        assert self.open, "videos have no landmarks: require_landmarks says so first"
        landmarks = np.array(self.open(file), dtype=np.float32)
        if landmarks.ndim != 3 or not len(landmarks) or landmarks.shape[1] != len(self.skeleton):
            expected = f"(frames, {len(self.skeleton)} landmarks, coordinates)"
            raise SignError(f"{self.root / file}: landmarks have shape {landmarks.shape}; expected {expected}")
        if self.skip >= len(landmarks):
            raise SignError(f"{self.root / file}: {len(landmarks)} frames, of which DROP_FIRST={self.skip} leaves none")
        landmarks = landmarks[self.skip :]
        landmarks[~np.isfinite(landmarks).all(-1)] = np.nan
        if not np.isfinite(landmarks).any():
            raise SignError(f"{self.root / file}: no landmark in any frame; put {file} into {self.root / LEAVE_OUT}, or extract it again")
        return landmarks

    def chunks(self, size: int = 512) -> Iterator[Signs]:
        """The data set in parts of ``size`` clips, so that a large one is never in memory at once."""
        self.require_landmarks()
        for start in range(0, len(self), size):
            part = replace(self, table=self.table.iloc[start : start + size])
            yield _signs(part, [self.clip(f) for f in part.table["file"]], self.glosses)

    def require_landmarks(self) -> None:
        """Raise SignError where clips are missing that shouldn't be, or there is only video; then a manifest is written."""
        if self.open is None and len(self):
            manifest = write_manifest(self)
            raise SignError(
                f"{self.root}: {len(self)} videos, but no landmarks; extract them once with `sslslr extract {self.root} OUT "
                f"--manifest {manifest}` and give the folder OUT instead"
            )
        if self.missing and not self.missing_is_normal:
            lost = f"{len(self.missing)} of {len(self) + len(self.missing)} clips are listed but not there ({some(self.missing)})"
            raise SignError(f"{self.name}: {lost}; complete {self.root}, or put their names into {self.root / LEAVE_OUT}")
        if self.caution:
            warnings.warn(f"{self.name}: {self.caution}", stacklevel=3)

    @property
    def versions(self) -> list[str]:
        """The versions of what reads and prepares the landmarks."""
        return versions(Listing, getattr(self.open, "func", self.open), prepare)

    def key(self, *settings) -> str:
        """Hash of the source's files, of the versions of what reads them, of options and ``settings``: equal keys, equal landmarks."""
        named = self.table.assign(file=self.table["file"].map(escaped))
        table = hashlib.sha256(pd.util.hash_pandas_object(named, index=False).to_numpy().tobytes()).hexdigest()
        asked = (settings, sorted(self.options.items()), self.unit, self.fps)
        return hashlib.sha256(f"{self.name}|{fingerprint(self.root)}|{self.versions}|{asked}|{table}".encode()).hexdigest()


def read(listing: Listing) -> Signs:
    """All clips of a listing at full length; a copy in the cache makes the next time fast, unless a file has changed."""
    listing.require_landmarks()
    stored = paths.cache() / "datasets" / f"{listing.name}-{listing.key()[:20]}.npz"
    try:
        return Signs.load(stored)
    except SignError:  # not there yet, or broken: read the source
        signs = _signs(listing, [listing.clip(f) for f in listing.table["file"]], listing.glosses)
    if signs.landmarks.nbytes <= SMALL:
        signs.save(stored, made_by=listing.versions)
    return signs


def _signs(listing: Listing, clips: list[np.ndarray], glosses: tuple[str, ...]) -> Signs:
    landmarks, lengths = pack(clips)
    table, unknown = listing.table, np.full(len(clips), np.nan)
    number = {gloss: k for k, gloss in enumerate(glosses)}
    return Signs(
        name=listing.name, kind="real", skeleton=listing.skeleton, landmarks=landmarks, lengths=lengths,
        labels=table["gloss"].map(number).to_numpy(int), glosses=glosses, signers=table["signer"].to_numpy(str),
        clips=table["clip"].to_numpy(str), split=table["split"].to_numpy("<U5"), onset=unknown, offset=unknown, fps=listing.fps,
        unit=listing.unit,
    )  # fmt: skip


def read_table(path: Path, columns: tuple[str, ...]) -> pd.DataFrame:
    """A CSV as text, whatever the order of its columns and its line ends; "NA" is a gloss, not a gap.

    Raises SignError naming the columns that are not there.
    """
    try:
        table = read_csv(path)
    except (OSError, ValueError) as error:
        raise SignError(f"{path}: not a table in UTF-8 ({str(error).splitlines()[0]}); expected the columns {', '.join(columns)}") from None
    if absent := [c for c in columns if c not in table]:
        raise SignError(f"{path}: no column {', '.join(absent)} (it has {', '.join(map(str, table))}); expected {', '.join(columns)}")
    if table.empty:
        raise SignError(f"{path}: lists no clip")
    return table.apply(lambda column: column.str.strip())


def once(table: pd.DataFrame) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The rows of a list, those that are there several times once; and a note about them."""
    again = table.duplicated()
    notes = (f"rows that the lists repeat count once: {int(again.sum())} such",) if again.any() else ()
    return table[~again].reset_index(drop=True), notes


def load_array(path: Path, shape: tuple[int | None, ...], what: str) -> np.ndarray:
    """An ``.npy`` as float32, None in ``shape`` being any size; raises SignError naming the file and what was expected."""
    try:
        values = np.load(paths.waiting_for_none(path), allow_pickle=False)
    except FileNotFoundError:
        raise SignError(f"{path}: no such file; expected {what}") from None
    except Exception as error:  # numpy raises what it likes on a broken file
        raise SignError(
            f"{path}: not a numpy array of numbers ({(str(error) or type(error).__name__).splitlines()[0]}); expected {what}"
        ) from None
    fits = values.ndim == len(shape) and all(n in (None, m) for n, m in zip(shape, values.shape, strict=True))
    if not fits or values.dtype.kind not in "fiu":
        raise SignError(f"{path}: {values.dtype} values of shape {values.shape}; expected {what}")
    return values.astype(np.float32)


def zeros_to_missing(landmarks: np.ndarray, skeleton: Skeleton) -> np.ndarray:
    """(T, J, C): in each frame, a part (body, a hand) whose landmarks are all zero was not seen and becomes NaN."""
    landmarks = landmarks.copy()
    for part in map(list, skeleton.parts.values()):
        unseen = (np.nan_to_num(landmarks[:, part]) == 0).all(axis=(1, 2))
        landmarks[np.ix_(unseen, part)] = np.nan
    return landmarks


def most_represented(table: pd.DataFrame, signs: int | None) -> pd.DataFrame:
    """The rows of the ``signs`` glosses with the most clips (equal counts: in alphabetical order); None keeps all."""
    if signs is None:
        return table
    counts = table["gloss"].value_counts()
    kept = sorted(counts.index, key=lambda gloss: (-counts[gloss], gloss))[:signs]
    return table[table["gloss"].isin(kept)].reset_index(drop=True)


def as_asked(listing: Listing, options: dict[str, str]) -> Listing:
    """The listing as ``options`` (of every data set: LEAVE_OUT, DROP_FIRST; and its own) want it."""
    first = options.get("DROP_FIRST", "0")
    if not first.isdecimal():
        raise SignError(f"DROP_FIRST={first}: expected a number of frames")
    notes: tuple[str, ...] = (f"the first {first} frame(s) of every clip are dropped",) if int(first) else ()
    notes += () if listing.skeleton.shoulders else (f"there is no body: clips are {listing.skeleton.measured}",)
    decide = {key: value for key, value in options.items() if key not in FILES}
    words = {c: listing.table[c].map(paths.readable).str.strip() for c in ("gloss", "signer")}  # one form: one class, one person
    listing = replace(
        listing,
        table=listing.table.assign(clip=listing.table["clip"].map(escaped), **words),
        skip=int(first),
        options=decide,
        notes=(*listing.notes, *notes),
    )
    listing = without_left_out(listing, listing.root / LEAVE_OUT)
    if "LEAVE_OUT" in options and not (asked := paths.at(options["LEAVE_OUT"])).exists():
        raise SignError(f"LEAVE_OUT={asked}: no such file")
    listing = without_left_out(listing, asked) if "LEAVE_OUT" in options else listing
    if (empty := listing.table["gloss"] == "").any():
        which = f"{counted(int(empty.sum()), 'clip has', 'clips have')} no gloss ({some(listing.table['clip'][empty])})"
        raise SignError(f"{listing.root}: {which}; complete the lists, or put the names into {listing.root / LEAVE_OUT}")
    return listing


def without_left_out(listing: Listing, path: Path) -> Listing:
    """The listing without the clips that the file ``path`` names, a name a line, if it is there; a note says how many."""
    if not path.exists():
        return listing
    names = {paths.readable(line.strip()) for line in read_text(path, "the name of a clip in each line").splitlines()}
    out = listing.table[["clip", "file"]].map(paths.readable).isin(names).any(axis=1)
    missing = tuple(m for m in listing.missing if paths.readable(m) not in names)
    note = f"{int(out.sum()) + len(listing.missing) - len(missing)} clips are left out, as {path} says"
    if out.all():
        raise SignError(f"{path}: leaves out all {len(listing)} clips of {listing.root}")
    return replace(listing, table=listing.table[~out].reset_index(drop=True), missing=missing, notes=(*listing.notes, note))


def write_manifest(listing: Listing) -> Path:
    """The manifest with which ``sslslr extract`` makes landmarks of a listing of videos; returns its path."""
    extra = [c for c in ("start", "end", "start_frame", "end_frame", "fps") if c in listing.table]
    manifest = listing.table.rename(columns={"file": "path", "clip": "id"})[["path", "id", "gloss", "signer", "split", *extra]]
    path = paths.cache() / "manifests" / f"{listing.name}.csv"
    paths.write_text(path, manifest.map(paths.guard).to_csv(index=False, quoting=csv.QUOTE_ALL))  # quotes keep a name's outer blanks
    return path


def some(names) -> str:
    """The first three of many, for a message."""
    names = list(names)
    return ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
