"""Is this data set what it says it is, and can a result on it be trusted?"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from sslslr import paths
from sslslr.clips import splits
from sslslr.clips.signs import Signs
from sslslr.datasets import findings, index, source
from sslslr.datasets.survey import LOOKS, measure, picture
from sslslr.errors import SignError, counted
from sslslr.progress import track
from sslslr.provenance import commit

BLOCK = 1 << 20
FOLDS = 5  # groups of signers that are held out in turn, as in the quick profile


@dataclass
class Check:
    """What was found: ``table`` has a row a clip that could be read.

    errors make a result wrong (a clip in train and in test, clips missing or unreadable); warnings make it easier or
    smaller than it looks; notes are facts.  unusable: names of the clips that nobody can learn from.  odd: of those that
    a finding says to leave out.
    """

    listing: source.Listing
    table: pd.DataFrame
    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    unusable: list[str] = field(default_factory=list)
    odd: list[str] = field(default_factory=list)

    @property
    def verdict(self) -> str:
        """One line: usable or not, and how many problems."""
        if self.errors:
            return f"NOT USABLE as it is: {counted(len(self.errors), 'error')}, {counted(len(self.warnings), 'warning')}"
        state = "VIDEO ONLY so far, extract the landmarks next" if self.listing.open is None else "USABLE"
        return f"{state}: no error, {counted(len(self.warnings), 'warning')}"

    def __str__(self) -> str:
        found = {
            "clips": len(self.listing),
            "classes": len(self.listing.glosses),
            f"{self.listing.unit}s": self.listing.table["signer"].nunique(),
            **{str(s) or "no split": n for s, n in self.listing.table["split"].value_counts().sort_index(key=_rank).items()},
        }
        published = _published(self.listing)
        rows = {key: (found.get(key, 0), published.get(key)) for key in dict.fromkeys([*found, *published])}
        lines = [f"{self.listing.name}: {self.listing.root}", "", f"  {'':<12}{'found':>10}{'published':>12}"]
        lines += [f"  {key:<12}{have:>10,}{'' if want is None else format(want, ','):>12}" for key, (have, want) in rows.items()]
        if "frames" in self.table and len(self.table):
            frames, fps = self.table["frames"], self.listing.fps
            lines += ["", f"  frames a clip: {frames.min()} to {frames.max()}, median {frames.median():g} (at {fps:g} a second)"]
            rates = {p: (self.table[p] * frames).sum() / frames.sum() for p in LOOKS if p in self.table}
            lines += ["  missing: " + ", ".join(f"{p.replace('_', ' ')} in {1 - r:.1%} of the frames" for p, r in rates.items())]
        for kind, messages in (("error", self.errors), ("warning", self.warnings), ("note", self.notes)):
            lines += [""] * bool(messages) + [f"  {kind}: {m}" for m in messages]
        return "\n".join([*lines, "", f"verdict: {self.verdict}"])


def check(name: str, path: Path, progress: bool = False, options: str | dict[str, str] = "") -> Check:
    """Look at every clip of the data set ``name`` in the folder ``path``, read with ``options`` (``datasets.index``).

    Raises SignError only where the folder is not that data set at all; whatever is wrong with single clips is listed.
    """
    listing = index(name, path, options)
    bad: dict[str, str] = {}
    sketches: list[findings.Sketch] = []
    rows = list(track(_rows(listing, bad, sketches), total=len(listing), unit="clip", disable=not progress, leave=False))
    about = listing.table.drop(columns="file").iloc[[i for i, _ in rows]].reset_index(drop=True)
    table = pd.concat([about, pd.DataFrame([row for _, row in rows], index=about.index)], axis=1)
    done = Check(listing, table, notes=list(listing.notes), unusable=[*bad, *(listing.missing if not listing.missing_is_normal else ())])
    if bad:
        done.errors.append(f"{counted(len(bad), 'clip')} can't be used ({source.some(bad)}): {next(iter(bad.values()))}")
    if listing.missing:
        listed = len(listing) + len(listing.missing)
        text = f"{counted(len(listing.missing), 'clip')} of {listed} listed are not there ({source.some(listing.missing)})"
        (done.warnings if listing.missing_is_normal else done.errors).append(text)
    if len(table):
        _duplicates(done)
    _splits(done)
    _studied(done, bad)
    _counts(done)
    if sketches:
        found = list(findings.look(table[~table["clip"].isin(bad)].reset_index(drop=True), sketches, listing.skeleton, listing.unit))
        done.notes += [f.text for f in found]
        done.odd = list(dict.fromkeys(clip for f in found for clip in f.clips))
    return done


def _rows(listing: source.Listing, bad: dict[str, str], sketches: list) -> Iterator[tuple[int, dict]]:
    """A row for each clip that can be read; ``bad`` gets those that can't be used, ``sketches`` the others."""
    same_size = _sizes(listing) if listing.open is None else {}
    for i, (clip, file) in enumerate(zip(listing.table["clip"], listing.table["file"], strict=True)):
        if listing.open is None:
            yield i, {"digest": _digest(listing.root / file) if file in same_size else f"only {i}"}
            continue
        try:
            landmarks = listing.clip(file)
        except SignError as error:
            bad[clip] = str(error)
            continue
        row = measure(landmarks, listing.skeleton)
        try:
            if row["frames"] < 2:
                raise SignError(f"{clip} has one frame; a sign needs at least two")
            sketches.append(findings.sketch(landmarks, listing.skeleton, f"{listing.name}, clip {clip}"))
        except SignError as error:
            bad[clip] = str(error)
        yield i, row


def _sizes(listing: source.Listing) -> set[str]:
    """Videos that share their size with another: only these can be copies. Cuts from one recording are not."""
    whole = [f for f in set(listing.table["file"]) if (listing.root / f).is_file()]
    sizes = pd.Series({f: (listing.root / f).stat().st_size for f in whole}, dtype="int64")
    return set(sizes[sizes.duplicated(keep=False)].index) if not listing.table["file"].duplicated().any() else set()


def _digest(file: Path) -> str:
    digest = hashlib.sha1(usedforsecurity=False)
    with file.open("rb") as stream:
        while block := stream.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _duplicates(done: Check) -> None:
    table = done.table
    for column, what in (("clip", "the same name"), ("digest", "byte-identical")):
        twins = table[table[column].duplicated(keep=False)].groupby(column, sort=False)
        across: list = []
        within: list = []
        classes = 0
        for _, group in twins:
            known = set(group["split"]) - {""}
            named = group.drop_duplicates("split") if len(known) > 1 else group.head(3)  # one of each split tells it
            text = " = ".join(f"{c} ({s or g})" for c, g, s in named[["clip", "gloss", "split"]].values)
            text += f" and {len(group) - len(named)} more" * (len(group) > len(named))
            (across if len(known) > 1 else within).append(text)
            classes += group["gloss"].nunique() > 1
        if across:
            done.errors.append(f"LEAK: {counted(len(across), 'clip')} in more than one split, {what}: {source.some(across)}")
        if within and column == "digest":
            split = "any split drawn from them can leak" if (table["split"] == "").all() else "they count double"
            done.warnings.append(f"{counted(len(within), 'group')} of byte-identical clips ({source.some(within)}): {split}")
        elif within:
            done.errors.append(f"{counted(len(within), 'name')} of more than one clip: {source.some(within)}")
        if classes:
            done.warnings.append(f"{counted(classes, 'group')} of {what} clips under different glosses: at least one label is wrong")
    if done.listing.open is not None and not any("byte-identical" in m for m in done.errors + done.warnings):
        done.notes.append(f"no two of {len(table)} clips are byte-identical")


def _splits(done: Check) -> None:
    table = done.listing.table
    parts = {s: table[table["split"] == s] for s in ("train", "val", "test") if (table["split"] == s).any()}
    if not parts:
        unit = done.listing.unit
        done.notes.append(f"the source has no split: studies hold {unit}s out, or clips where there are fewer than 3 {unit}s")
    elif outside := int((table["split"] == "").sum()):
        done.warnings.append(f"{counted(outside, 'clip')} in no split: not used")
    if not parts and 0 < (unknown := int((table["signer"] == "").sum())) < len(table):
        unit = done.listing.unit
        done.warnings.append(
            f"{counted(unknown, 'clip')} of which nobody knows the {unit}, beside {unit}s who are named: not used, where {unit}s are held out"
        )
    pairs = [(a, b) for i, a in enumerate(parts) for b in list(parts)[i + 1 :]]
    for a, b in pairs:
        if shared := sorted((set(parts[a]["signer"]) & set(parts[b]["signer"])) - {""}):
            who = f"{counted(len(shared), done.listing.unit)} in both {a} and {b} ({source.some(shared)})"
            done.warnings.append(f"{who}: accuracy is not on unseen {done.listing.unit}s")
    if pairs and not any("in both" in w for w in done.warnings):
        done.notes.append(f"no {done.listing.unit} is in two splits")
    for split in set(parts) - {"train"}:
        if "train" in parts and (unseen := sorted(set(parts[split]["gloss"]) - set(parts["train"]["gloss"]))):
            which = f"{counted(len(unseen), 'class', 'classes')} in {split} but not in train ({source.some(unseen)})"
            done.warnings.append(f"{which}: can't be recognised")
    counts = table["gloss"].value_counts()
    if len(single := sorted(counts[counts == 1].index)):
        which = f"{counted(len(single), 'class', 'classes')} with one clip ({source.some(single)})"
        done.warnings.append(f"{which}: can't be both learned and tested")


def _studied(done: Check, bad: dict[str, str]) -> None:
    """Whether studies can split what is there: they raise the same error, and only later."""
    table = done.listing.table[~done.listing.table["clip"].isin(bad)]
    if not len(table):
        return
    labels, glosses = pd.factorize(table["gloss"])
    landmarks = np.broadcast_to(np.float32(0), (len(table), 2, len(done.listing.skeleton), 2))
    nothing = np.full(len(table), np.nan)
    who, clips, split = (table[c].to_numpy(str) for c in ("signer", "clip", "split"))
    lengths = np.full(len(table), 2)
    light = Signs(
        done.listing.name, "real", done.listing.skeleton, landmarks, lengths, labels, tuple(glosses), who, clips, split, nothing, nothing,
        unit=done.listing.unit,
    )  # fmt: skip
    drawn, failed, unlearned = [], [], []  # of all splits: what fails in the first may not be all
    lost: dict[str, None] = {}
    for repeat in range(FOLDS):
        try:
            drawn.append(splits.for_repeat(light, FOLDS, repeat)[1])
        except splits.Unlearned as error:
            lost |= dict.fromkeys(error.glosses)
            unlearned.append(str(error))
        except SignError as error:
            failed.append(str(error))
    if len(set(unlearned)) > 1:
        unlearned = [
            f"{done.listing.name}: {counted(len(lost), 'class', 'classes')} ({', '.join(lost)}) can't be learned in every split; leave them out"
        ]
    (done.warnings if done.listing.open is None else done.errors).extend(
        f"studies can't split it: {text}" for text in dict.fromkeys(unlearned + failed)
    )
    if done.listing.open is not None:
        done.unusable += list(table["clip"][table["gloss"].isin(lost)])
    if drawn and "test" not in split and (split != "").any():
        done.warnings.append(f"its split has no test part: studies test on its validation part ({drawn[0]}), validating on training clips")
    elif drawn and "val" not in split and (split != "").any():
        done.notes.append("its split has no validation part: studies take a tenth of its training clips for that")


def _published(listing: source.Listing) -> dict[str, int]:
    return {f"{listing.unit}s" if key == "signers" else key: n for key, n in listing.published.items()}


def _counts(done: Check) -> None:
    table, published = done.listing.table, _published(done.listing)
    found = {"clips": len(table), "classes": table["gloss"].nunique(), f"{done.listing.unit}s": table["signer"].nunique()}
    found |= {str(split): int(n) for split, n in table["split"].value_counts().items()}
    off = [f"{key} {found.get(key, 0):,} instead of {want:,}" for key, want in published.items() if found.get(key, 0) != want]
    if off:
        done.warnings.append(f"not the published counts: {', '.join(off)}")
    elif published:
        done.notes.append(f"{', '.join(published)}: as published")


def save(done: Check) -> Path:
    """Write report, picture, a row a clip, and the names of unusable clips to ``results/<name>/check``; returns the picture."""
    out = paths.results(done.listing.name, "check")
    shown = done.table if len(done.table) else done.listing.table  # where no clip can be read, what is listed
    fig = picture(shown, done.listing.fps, f"{done.listing.name}: {len(done.listing)} clips, {done.verdict.partition(':')[0].lower()}")
    fig.supxlabel(f"{done.listing.name} (real data) · sslslr {commit()}", x=0.995, ha="right", fontsize=6.5, color="#555555")
    with paths.atomic(out / "check.png") as partial:
        fig.savefig(partial, dpi=130, facecolor="white")
    paths.write_text(out / "check.txt", f"{done}\n")
    paths.write_text(out / "clips.csv", done.table.map(paths.guard).to_csv(index=False))
    if done.unusable:
        paths.write_text(out / source.LEAVE_OUT, "\n".join(done.unusable) + "\n")
    else:
        (out / source.LEAVE_OUT).unlink(missing_ok=True)
    return out / "check.png"


def _rank(splits: pd.Index) -> pd.Index:
    return splits.map({"train": 0, "val": 1, "test": 2, "": 3})
