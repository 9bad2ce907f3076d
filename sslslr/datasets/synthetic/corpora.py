"""Four corpora of synthetic signing in the image of the paper's four data sets (section 6.1)."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import partial

import numpy as np

from sslslr.clips.signs import Signs
from sslslr.clips.skeleton import MEDIAPIPE_75
from sslslr.datasets.synthetic import motion, timeline
from sslslr.datasets.synthetic import signers as people
from sslslr.datasets.synthetic.body import body
from sslslr.datasets.synthetic.camera import Camera, Recordings, disturb, project, record
from sslslr.datasets.synthetic.lexicon import LARGEST, lexicon
from sslslr.datasets.synthetic.phonology import HANDSHAPES
from sslslr.datasets.synthetic.timeline import Pace
from sslslr.errors import SignError
from sslslr.provenance import versions

VERSION = "synthetic signing 2"

FPS = 25.0
FEWEST_SIGNERS = 4
_CHUNK = 400  # clips worked on at once: bounds the memory, not the result's size


@dataclass(frozen=True)
class Corpus:
    """How a corpus was recorded: its pace, camera, resting hands, and how much people and tokens differ.

    neighbours: share of clips that start within another sign, and that end within one.  tail: exponent of the class
    sizes' power law, 0 for equal sizes.  switches: share of clips signed with the other hand than the signer's usual one.
    """

    pace: Pace
    camera: Camera
    rest: tuple[tuple[float, float, float], str]
    seated: bool
    neighbours: tuple[float, float] = (0.0, 0.0)
    tail: float = 0.0
    variety: float = 1.0
    sloppiness: float = 1.0
    switches: float = 0.08


_CORPORA = {
    "lsfb-like": Corpus(
        Pace(lead=0.16, preparation=0.62, stroke=0.40, hold=0.05, retraction=0.66, tail=0.16, spread=0.2),
        Camera(width=0.32, height=0.62, distance=6, framing=0.06, turns=0.8, jitter=0.010, loss=0.004, blur=0.30, legs=0.25, raised=0.85),
        ((-0.18, 1.18, -0.70), "in the lap"),
        seated=True, neighbours=(0.4, 0.4), tail=0.65, variety=1.1, sloppiness=0.5,
    ),
    "asl-citizen-like": Corpus(
        Pace(lead=0.45, preparation=0.50, stroke=0.40, hold=0.10, retraction=0.55, tail=0.40, reach=0.4, spread=0.25),
        Camera(width=0.30, height=0.60, distance=3.6, framing=0.08, turns=0.8, jitter=0.010, loss=0.004, blur=0.30, legs=0.25, raised=0.7),
        ((-0.22, 1.15, -0.55), "in the lap"),
        seated=True, variety=1.0, sloppiness=0.7,
    ),
    "gsl-like": Corpus(
        Pace(lead=0.04, preparation=0.64, stroke=0.45, hold=0.05, retraction=0.68, tail=0.04, spread=0.2),
        Camera(width=0.30, height=0.64, distance=7, framing=0.04, turns=0.8, jitter=0.008, loss=0.004, blur=0.30, legs=0.25, raised=0.85),
        ((-0.14, 1.15, -0.50), "clasped"),
        seated=False, neighbours=(0.3, 0.3), variety=0.9, sloppiness=0.5,
    ),
    "lsa-like": Corpus(
        Pace(lead=0.08, preparation=0.66, stroke=0.45, hold=0.08, retraction=0.72, tail=0.08, spread=0.25),
        Camera(width=0.28, height=0.63, distance=7, framing=0.04, turns=0.8, jitter=0.008, loss=0.004, blur=0.30, legs=0.25, raised=0.7),
        ((-0.66, 1.42, -0.10), "hanging"),
        seated=False, variety=0.9, sloppiness=0.7,
    ),
}  # fmt: skip
CORPORA: tuple[str, ...] = tuple(_CORPORA)
_RECORDINGS = 2  # a signer's clips were recorded on so many occasions
_READY = np.array((-0.35, 0.62, -0.65))  # where a raised hand waits
_REACH = ((-0.10, 0.35, -1.25), "to the camera")


def make(
    corpus: str, classes: int, signers: int, clips: int, seed: int = 0, *, stroke=None, noise: bool = True,
    ends: float | None = None, neighbours: float | None = None, film: Callable | None = None,
) -> Signs:  # fmt: skip
    """Make a corpus of synthetic signing whose boundaries are known (the paper's section 6.1 lists the real ones).

    corpus: one of ``CORPORA``.  classes: the first so many signs of its lexicon.  signers: at least 4.  clips: in all, at
    least 4 a class.  seed: of the people and the recordings; the lexicon stays the same.  stroke: None for the corpus' own
    timing, "first-half" or "last-half" of the clip, or two fractions, between which every stroke then lies.  noise: False
    leaves out jitter and losses.  ends: seconds before the preparation and after the retraction, and neighbours: share of the
    clips that start within another sign, and of those that end within one, in place of the corpus' own.  film: shown what the
    camera sees, as it comes, and changing nothing: ``film(rows, lengths, bodies (n, T, 75, 3) in shoulder widths, image (n, T, 75, 2)
    without any fault, recordings)``; what comes after a clip's length means nothing.

    Returns Signs with landmarks (clips, T <= 90, 75, 2) in MediaPipe's image coordinates, 0 to 1 of a square frame, y
    downwards, NaN where a hand is lost and after a clip's end. ``onset`` and ``offset`` are the first and the last frame of
    the stroke, from reaching the sign's first place to the end of its movement; preparation, hold and retraction are outside.
    Every class is shown by at least 4 signers, and by all of them where it has as many clips. ``split`` is empty.
    Raises SignError for an unknown corpus or sizes that make no sense.
    """
    _check(corpus, classes, signers, clips, seed)
    timeline.bounds(stroke)
    settings, rng = _dosed(_CORPORA[corpus], ends, neighbours), np.random.default_rng([CORPORA.index(corpus), seed])
    crew = people.draw(signers, settings.variety, rng)
    labels, who = _cast(classes, signers, clips, settings.tail, rng)
    signs = lexicon(corpus, max(classes, min(LARGEST, 100)))  # neighbours come from the whole language
    forms = motion.Forms.read(signs)
    tempo = crew.pace[who] * np.exp(np.clip(rng.normal(0, 0.2, clips), -0.4, 0.4))
    effort = forms.effort[labels] * np.sqrt(crew.amplitude[who])  # larger movements take longer, though not as much as they are larger
    line = timeline.draw(settings.pace, effort, tempo, FPS, stroke, rng)
    beside = rng.integers(len(signs), size=(2, clips))
    linked = rng.random((2, clips)) < np.array(settings.neighbours)[:, None]
    scenes = record(settings.camera, _RECORDINGS * signers, rng).of(_RECORDINGS * who + rng.integers(_RECORDINGS, size=clips))
    actors = crew.of(who)
    actors = replace(actors, left=actors.left ^ (rng.random(clips) < settings.switches))

    landmarks = np.full((clips, line.lengths.max(), 75, 2), np.nan, np.float32)
    for start in range(0, clips, _CHUNK):
        rows = np.arange(start, min(start + _CHUNK, clips))
        part = timeline.of(line, rows)
        frames = part.lengths.max()
        shown = partial(film, rows, part.lengths) if film else None
        seen = _film(
            settings,
            forms,
            labels[rows],
            beside[:, rows],
            linked[:, rows],
            part,
            actors.of(rows),
            scenes.of(rows),
            frames,
            noise,
            rng,
            shown,
        )
        seen[np.arange(frames) >= part.lengths[:, None]] = np.nan
        landmarks[rows, :frames] = seen
    names = np.array([f"s{k:02d}" for k in range(signers)])
    made = Signs(
        name=corpus, kind="synthetic", skeleton=MEDIAPIPE_75, landmarks=landmarks, lengths=line.lengths, labels=labels,
        glosses=tuple(s.gloss for s in signs[:classes]), signers=names[who],
        clips=np.array([f"{corpus}-{i:05d}" for i in range(clips)]), split=np.full(clips, "", "<U5"),
        onset=line.onset, offset=line.offset, fps=FPS,
    )  # fmt: skip
    asked: dict = {"classes": int(classes), "signers": int(signers), "clips": int(clips), "seed": int(seed), "noise": bool(noise)}
    asked["stroke"] = stroke if stroke is None or isinstance(stroke, str) else [float(s) for s in stroke]
    return made.made_from(None, versions=versions(make), corpus=corpus, asked=asked, settings=asdict(settings))


def _dosed(settings: Corpus, ends: float | None, neighbours: float | None) -> Corpus:
    """The settings with other ends; raises SignError for what can't be."""
    if ends is not None and not 0 <= ends <= 3:
        raise SignError(f"ends={ends!r}: expected seconds from 0 to 3")
    if neighbours is not None and not 0 <= neighbours <= 1:
        raise SignError(f"neighbours={neighbours!r}: expected a share from 0 to 1")
    pace = settings.pace if ends is None else replace(settings.pace, lead=ends, tail=ends)
    return replace(settings, pace=pace, neighbours=settings.neighbours if neighbours is None else (neighbours, neighbours))


def _film(settings, forms, labels, beside, linked, line, who, scene: Recordings, frames, noise, rng, shown) -> np.ndarray:
    """Image coordinates (N, T, 75, 2) of some of the clips."""
    n = len(labels)
    this, before, after = (motion.vary(forms.of(k), who, settings.sloppiness, rng) for k in (labels, *beside))
    place, turn = settings.rest
    loose = 0.6 * HANDSHAPES["C"] + 0.4 * HANDSHAPES["5"]
    offsets = rng.normal(0, 0.2, (2, n, 3))
    raised = np.clip(scene.raised + rng.normal(0, 0.15, n), 0, 1)[:, None] * (_READY - np.array(place))
    offsets += raised * np.where(this.hands > 0, 1.0, ((1.0,), (0.15,)))[..., None]
    right, left = (motion.still(place, turn, loose, offset, frames) for offset in offsets)
    reach = motion.still(_REACH[0], _REACH[1], HANDSHAPES["1"], rng.normal(0, 0.1, (n, 3)), frames)
    hands = motion.clip(np.arange(frames), line, this, before, after, tuple(linked), (right, left), reach)
    bodies = body(hands, who, settings.seated, FPS, rng)
    image = project(bodies, scene, settings.camera.distance, rng)
    if shown:
        shown(bodies, image, scene)
    return disturb(image, scene, settings.camera, rng) if noise else image


def _cast(classes: int, signers: int, clips: int, tail: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Labels and signers (clips,) of a shuffled corpus: class sizes fall off as rank ** -tail; signers take turns in a class."""
    least = min(signers, max(FEWEST_SIGNERS, clips // classes // 2)) if tail else clips // classes
    weights = np.arange(1, classes + 1) ** -tail
    weights = rng.permutation(weights / weights.sum())
    exact = np.cumsum(weights) * (clips - least * classes)
    sizes = least + np.diff(np.rint(exact), prepend=0).astype(int)
    labels = np.repeat(np.arange(classes), sizes)
    who = np.concatenate([np.concatenate([rng.permutation(signers) for _ in range(-(-k // signers))])[:k] for k in sizes])
    order = rng.permutation(clips)
    return labels[order], who[order]


def _check(corpus: str, classes: int, signers: int, clips: int, seed: int) -> None:
    if corpus not in _CORPORA:
        raise SignError(f"synthetic corpus {corpus!r} is unknown; there are {', '.join(CORPORA)}")
    for what, value, low, high in (
        ("classes", classes, 2, LARGEST), ("signers", signers, FEWEST_SIGNERS, 1000), ("seed", seed, 0, 2**63 - 1),
    ):  # fmt: skip
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or not low <= value <= high:
            raise SignError(f"{corpus}: {what}={value!r}; expected a whole number from {low} to {high}")
    if isinstance(clips, bool) or not isinstance(clips, int | np.integer) or clips < FEWEST_SIGNERS * classes:
        raise SignError(f"{corpus}: clips={clips!r} for {classes} classes; expected a whole number, at least {FEWEST_SIGNERS} a class")
