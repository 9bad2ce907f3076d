"""Who is learned from and who is tested on: seeded splits of a data set."""

import numpy as np

from sslslr.clips.signs import Signs
from sslslr.errors import SignError, counted

VERSION = "splits 2"

FEW = 6  # with fewer signers than these no whole signer is spent on validation
VALIDATION = 0.1  # share of the training clips that become the validation split where it has no signers of its own


class Unlearned(SignError):
    """Classes of which nothing can be learned in a split, by name: ``glosses``."""

    def __init__(self, glosses: list[str], text: str, do: str = "leave them out") -> None:
        some = ", ".join(glosses[:3]) + (", ..." if len(glosses) > 3 else "")
        super().__init__(f"{text} ({some}); {do}")
        self.glosses = glosses


def for_repeat(signs: Signs, folds: int, repeat: int) -> tuple[Signs, str]:
    """The split of one repeat of a study, and what it is in words.

    A published split is kept: without a validation part, that is taken from its training clips; without a test part, its
    validation part is the test. Otherwise signers are held out in ``folds`` groups, other ones in each repeat; with fewer
    than three signers, clips of the same signers are. Raises SignError for a published split that has no part to train
    or to test on, where clips to learn from are all of one class or none to validate or test on is of a class that is learned, and as ``by_signer`` and ``stratified`` do.
    """
    out, what = _for_repeat(signs, folds, repeat)
    if len(shown := np.unique(out.labels[out.split == "train"])) < 2:
        which = ", ".join(signs.glosses[k] for k in shown) or "none"
        raise SignError(f"{signs.name}: the clips to learn from are all of one class ({which}); there is nothing to tell apart")
    for part, use in (("val", "validate"), ("test", "test")):
        here = out.labels[out.split == part]
        if not len(here):
            raise SignError(f"{signs.name}: no clip is left to {use} on, since each class has one to learn from; more clips are needed")
        if not np.isin(here, shown).any():
            raise SignError(f"{signs.name}: no clip to {use} on is of a class that is learned; its split can't be used")
    return out, what


def _for_repeat(signs: Signs, folds: int, repeat: int) -> tuple[Signs, str]:
    published = {part for part in np.unique(signs.split).tolist() if part}
    if published:
        return _published(signs, published, repeat)
    signers = len(np.unique(signs.signers[signs.signers != ""]))
    if signers < 3:
        same = f"the same {signs.unit} in" if signers == 1 else f"the same {signers} {signs.unit}s in"
        who = "who signs is not known, clips divided into" if (signs.signers == "").all() else same
        return stratified(signs, test=0.25, val=0.1, seed=repeat), f"{who} training and test"
    folds = min(folds, signers)
    out = by_signer(signs, folds, repeat % folds, seed=0)
    return out, f"{len(np.unique(out.part('test').signers))} of {signers} {signs.unit}s held out"


def _published(signs: Signs, parts: set[str], repeat: int) -> tuple[Signs, str]:
    if "train" not in parts or not parts & {"val", "test"}:
        has = ", ".join(f"{int((signs.split == p).sum())} clips in {p or 'no split'}" for p in np.unique(signs.split).tolist())
        raise SignError(f"{signs.name}: its split needs train and test (it has {has}); name both, or leave all splits empty")
    if {"val", "test"} <= parts:
        return signs, "published split"
    what, split = "published split", signs.split.astype("<U5")
    if "test" not in parts:
        split[split == "val"] = "test"
        what = "published split, its validation part being the test"
    return signs.with_split(_with_validation(split, signs.labels, repeat)), what


def _with_validation(split: np.ndarray, labels: np.ndarray, seed: int) -> np.ndarray:
    """``split`` (N,) with a tenth of each class's training clips as validation; a class keeps at least one to learn from."""
    labels = np.where(split == "train", labels, -1)
    chosen = fraction(labels, VALIDATION, seed=seed)
    chosen = chosen[labels[chosen] >= 0]
    several = np.bincount(labels[labels >= 0])[labels[chosen]] > 1
    split = split.astype("<U5")
    split[chosen[several]] = "val"
    return split


def by_signer(signs: Signs, folds: int, fold: int, seed: int = 0) -> Signs:
    """Hold out signers: one of ``folds`` groups of signers is the test split, the next one the validation split.

    With fewer than six signers, a tenth of the training signers' clips is the validation split instead: of three signers,
    two are then learned from and not one. Clips of which nobody knows who signs, beside others, are in no split: they may be of
    those who are held out. The order of the signers is drawn from ``seed``; over all folds each signer is tested exactly once. Classes that
    the training signers never show are dropped nowhere: raises SignError instead, naming them.
    """
    names = np.unique(signs.signers[signs.signers != ""])
    if not 3 <= folds <= len(names):
        raise SignError(f"{signs.name}: {folds} folds of {len(names)} {signs.unit}s; need at least 3 folds and one {signs.unit} in each")
    group = np.empty(len(names), int)
    group[np.random.default_rng(seed).permutation(len(names))] = np.arange(len(names)) % folds
    of_clip = group[np.searchsorted(names, signs.signers)]
    split = np.full(len(signs), "train", dtype="<U5")
    split[of_clip == fold % folds] = "test"
    split[signs.signers == ""] = ""
    if len(names) < FEW:
        split = _with_validation(split, signs.labels, seed + fold)
    else:
        split[(of_clip == (fold + 1) % folds) & (signs.signers != "")] = "val"
    return _complete(signs.with_split(split))


def stratified(signs: Signs, test: float, val: float = 0.1, seed: int = 0) -> Signs:
    """Split every class alike: fractions ``test`` and ``val`` of its clips, at least one clip each.

    The same signer can be on both sides: an easier question than ``by_signer``. Raises SignError for classes with
    fewer than three clips, naming them.
    """
    if not (0 < test < 1 and 0 < val < 1 and test + val < 1):
        raise SignError(f"test={test} and val={val} must be fractions between 0 and 1 that leave something to train on")
    counts = np.bincount(signs.labels, minlength=len(signs.glosses))
    if ((counts > 0) & (counts < 3)).any():
        few = [signs.glosses[k] for k in np.flatnonzero((counts > 0) & (counts < 3))]
        raise Unlearned(
            few, f"{signs.name}: {counted(len(few), 'class has', 'classes have')} fewer than 3 clips and can't be in train, val and test"
        )
    rng = np.random.default_rng(seed)
    split = np.full(len(signs), "train", dtype="<U5")
    for label in np.flatnonzero(counts):
        clips = rng.permutation(np.flatnonzero(signs.labels == label))
        n_test, n_val = (max(1, round(f * len(clips))) for f in (test, val))
        split[clips[:n_test]] = "test"
        split[clips[n_test : n_test + min(n_val, len(clips) - n_test - 1)]] = "val"
    return _complete(signs.with_split(split))


def fraction(labels: np.ndarray, share: float, seed: int = 0) -> np.ndarray:
    """Index of a stratified ``share`` of the clips: in each class round(share x n), at least one (section 6.3).

    labels (N,) -> sorted index. 30 % is 30 % of every class, whatever the seed draws. A larger share with the same
    seed contains the smaller one.
    """
    if not 0 < share <= 1:
        raise SignError(f"share={share}: must be above 0 and at most 1")
    rng = np.random.default_rng(seed)
    chosen = [rng.permutation(np.flatnonzero(labels == k)) for k in np.unique(labels)]
    return np.sort(np.concatenate([c[: max(1, round(share * len(c)))] for c in chosen]))


def _complete(signs: Signs) -> Signs:
    known = np.unique(signs.labels[signs.split == "train"])
    lost = np.setdiff1d(np.unique(signs.labels), known)
    if len(lost):
        names = [signs.glosses[k] for k in lost]
        raise Unlearned(
            names,
            f"{signs.name}: {counted(len(names), 'class has', 'classes have')} no clip in the training split",
            "leave them out or use more folds",
        )
    return signs
