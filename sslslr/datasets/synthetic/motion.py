"""How hands move: each sign a path of wrist-free hands, laid over rest or its neighbours by minimum-jerk transitions.

A hand's pose is (place of its knuckles (3,), quaternion (4,), joint angles (16,)), both hands written as right hands:
the weak hand's x is mirrored at the end. Arrays are (N, T, ...) over clips and frames, float32.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from scipy.spatial.transform import Rotation

from sslslr.datasets.synthetic.anatomy import compose
from sslslr.datasets.synthetic.lexicon import Sign
from sslslr.datasets.synthetic.phonology import HANDEDNESS, HANDSHAPES, LOCATIONS, frame
from sslslr.datasets.synthetic.signers import Signers
from sslslr.datasets.synthetic.timeline import Timeline

_PATHS = ("hold", "line", "arc", "zigzag", "circle")
_LOCALS = ("", "wiggle", "twist", "nod", "closing", "opening")
_CENTRE = np.array((-0.2, 0.1, -0.7), np.float32)  # of the signing space: larger spaces reach further from here


@dataclass(frozen=True)
class Pose:
    """Pose of one hand over time: place (N, T, 3), turn (N, T, 4), joints (N, T, 16)."""

    place: np.ndarray
    turn: np.ndarray
    joints: np.ndarray

    def towards(self, other: "Pose", share: np.ndarray) -> "Pose":
        """This pose blended into ``other``: share (N, T) is 0 here and 1 there; on the way hands swing a little forward."""
        s = share[..., None]
        # The shorter way round, chosen once a transition: q and -q are the same turn.
        near = np.where(((self.turn * other.turn).sum(-1) * share * (1 - share)).sum(1) < 0, -1, 1)[:, None, None]
        turn = (1 - s) * self.turn + s * near * other.turn
        turn = turn / np.maximum(np.linalg.norm(turn, axis=-1, keepdims=True), 1e-6)
        place = (1 - s) * self.place + s * other.place
        swing = 0.5 * np.linalg.norm(other.place - self.place, axis=-1) * share * (1 - share)
        place[..., 2] -= np.minimum(swing, 0.15)
        return Pose(place, turn, (1 - s) * self.joints + s * other.joints)


@dataclass(frozen=True)
class Forms:
    """The parameters of signs as arrays, one row a sign (or, after ``of``, a clip)."""

    shape: np.ndarray
    location: np.ndarray
    joints: np.ndarray
    place: np.ndarray
    turn: np.ndarray
    along: np.ndarray
    across: np.ndarray
    path: np.ndarray
    times: np.ndarray
    local: np.ndarray
    hands: np.ndarray

    @classmethod
    def read(cls, signs: Sequence[Sign]) -> "Forms":
        """The forms of ``signs``."""
        shapes, places = list(HANDSHAPES), list(LOCATIONS)
        moves = [s.movement for s in signs]
        return cls(
            shape=np.array([shapes.index(s.handshape) for s in signs]),
            location=np.array([places.index(s.location) for s in signs]),
            joints=np.array([HANDSHAPES[s.handshape] for s in signs], np.float32),
            place=np.array([LOCATIONS[s.location] for s in signs], np.float32),
            turn=Rotation.from_matrix([frame(s.orientation) for s in signs]).as_quat().astype(np.float32),
            along=np.array([m.axes[0] for m in moves], np.float32),
            across=np.array([m.axes[1] for m in moves], np.float32),
            path=np.array([_PATHS.index(m.path) for m in moves]),
            times=np.array([m.times for m in moves]),
            local=np.array([_LOCALS.index(m.local) for m in moves]),
            hands=np.array([HANDEDNESS.index(s.handedness) for s in signs]),
        )

    def of(self, labels: np.ndarray) -> "Forms":
        """The rows of ``labels`` (N,), one a clip."""
        return Forms(**{f.name: getattr(self, f.name)[labels] for f in fields(self)})

    @property
    def effort(self) -> np.ndarray:
        """How much longer than a straight movement each sign's takes."""
        strokes = np.where(self.path == 4, 1.5 * self.times, 2 * self.times - 1)
        strokes = np.where(self.path == 0, 1.2 * self.times, strokes)
        return 0.6 + 0.4 * strokes + 0.9 * (self.path == 3) + 0.5 * (self.local == 1)


def smooth(x: np.ndarray) -> np.ndarray:
    """Minimum-jerk course from 0 to 1 while x goes from 0 to 1 (Flash and Hogan 1985); flat outside."""
    x = np.clip(x, 0, 1)
    return x * x * x * (10 + x * (6 * x - 15))


def vary(forms: Forms, who: Signers, sloppiness: float, rng: np.random.Generator) -> Forms:
    """The forms as these signers make them this time: habits of the signer, and no two tokens alike."""
    n = len(forms.shape)
    rows = np.arange(n)

    def token(spread, *shape):
        return (rng.standard_normal((n, *shape)) * spread * sloppiness).astype(np.float32)

    joints = forms.joints * (1 - who.lax[:, None]) + 0.35 * who.lax[:, None] + who.shapes[rows, forms.shape] + token(0.06, 16)
    place = _CENTRE + (forms.place + who.places[rows, forms.location] + token(0.05, 3) - _CENTRE) * who.space[:, None]
    turn = compose(Rotation.from_rotvec(who.wrist + token(0.12, 3)).as_quat(), forms.turn)
    size = who.amplitude[:, None] * np.exp(token(0.12, 1))
    changed = {"joints": joints, "place": place, "turn": turn, "along": forms.along * size, "across": forms.across * size}
    return Forms(**{f.name: changed.get(f.name, getattr(forms, f.name)) for f in fields(forms)})


def signing(forms: Forms, u: np.ndarray, rest: Pose) -> tuple[Pose, Pose]:
    """Dominant and weak hand of N signs at progress u (N, T) from 0, the stroke's onset, to 1, its offset."""
    u = np.clip(u, 0, 1).astype(np.float32)

    def column(a):
        return a[:, None]

    strokes = column(2 * forms.times - 1) * u
    part = np.minimum(np.floor(strokes), column(2 * forms.times - 2))
    eased = smooth(strokes - part)
    along = np.where(part % 2 == 1, 1 - eased, eased) - 0.5
    angle = 2 * np.pi * column(forms.times) * (0.6 * u + 0.4 * smooth(u))
    path = column(forms.path)
    across = np.select([path == 2, path == 3], [np.cos(np.pi * along) - 0.5, np.sin(4 * np.pi * (along + 0.5))], 0.0)
    along, across = np.where(path == 4, np.cos(angle), along), np.where(path == 4, np.sin(angle), across)
    moved = along[..., None] * forms.along[:, None] + across[..., None] * forms.across[:, None]
    place = forms.place[:, None] + moved
    place[..., 2] -= 0.5 * np.abs(forms.along[:, None, 2])  # towards and away from the body, never into it

    joints, turn = _meanwhile(forms, u, eased, part)
    ones = np.ones_like(u)[..., None]
    strong = Pose(place.astype(np.float32), turn, joints)
    away = column(forms.hands)[..., None]
    side = np.where((away == 1) | (away == 2), np.minimum(forms.place[:, None, :1], -0.2) - forms.place[:, None, :1], 0)
    strong.place[..., :1] += side  # two hands need room
    mirrored = np.where(away == 2, strong.place - 2 * moved, strong.place)
    below = forms.place[:, None] * (-1, 1, 1) + (0.0, 0.22, 0.02)
    flat = np.array(HANDSHAPES["B"], np.float32) * ones
    palm_up = Rotation.from_matrix(frame("fingers in, palm up")).as_quat().astype(np.float32) * ones

    def choose(one, two, base):
        return np.where(away == 0, one, np.where(away == 3, base, two)).astype(np.float32)

    weak = Pose(choose(rest.place, mirrored, below), choose(rest.turn, turn, palm_up), choose(rest.joints, joints, flat))
    return strong, weak


def _meanwhile(forms: Forms, u: np.ndarray, eased: np.ndarray, part: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Joints and turn of the hand during the stroke: wiggling, twisting, nodding, closing, opening."""
    local = forms.local[:, None]
    joints = np.broadcast_to(forms.joints[:, None], (*u.shape, 16)).copy()
    fade = np.minimum(1, 8 * np.minimum(u, 1 - u))
    for finger in range(4):
        joints[..., finger] += np.where(local == 1, 0.4 * fade * np.sin(2 * np.pi * 3 * u + 1.3 * finger), 0)
    shut = np.where(part % 2 == 1, 1 - eased, eased)
    shut = np.where(local == 4, shut, np.where(local == 5, 1 - shut, 0))[..., None]
    joints = (1 - shut) * joints + shut * HANDSHAPES["O"].astype(np.float32)
    swing = np.sin(2 * np.pi * forms.times[:, None] * u) * np.select([local == 2, local == 3], [0.6, 0.55], 0.0) / 2
    zero = np.zeros_like(swing)
    by = np.stack([np.where(local == 3, np.sin(swing), zero), np.where(local == 2, np.sin(swing), zero), zero, np.cos(swing)], axis=-1)
    return joints.astype(np.float32), compose(np.broadcast_to(forms.turn[:, None], by.shape), by).astype(np.float32)


def still(place, fingers_turn: str, joints: np.ndarray, offset: np.ndarray, frames: int) -> Pose:
    """A hand that stays at ``place`` + ``offset`` (N, 3), turned as ``fingers_turn`` says, for T frames."""
    n = len(offset)
    where = (np.array(place, np.float32) + offset)[:, None]
    turn = Rotation.from_matrix(frame(fingers_turn)).as_quat()

    def shape(a, size):
        return np.broadcast_to(np.asarray(a, np.float32), (n, frames, size))

    return Pose(shape(where, 3), shape(turn, 4), shape(joints, 16))


def clip(
    time: np.ndarray, line: Timeline, this: Forms, before: Forms, after: Forms, neighbours: tuple[np.ndarray, np.ndarray],
    rest: tuple[Pose, Pose], reach: Pose,
) -> tuple[Pose, Pose]:  # fmt: skip
    """Both hands over ``time`` (T,) frames of N clips.

    ``neighbours``: (N,) twice, whether a clip starts within the sign ``before`` and ends within the sign ``after``;
    where not, it starts and ends at ``rest``, or with the dominant hand at ``reach`` where the timeline has a reach.
    """
    t = time[None].astype(np.float32)

    def at(moments):
        return moments[:, None].astype(np.float32)

    span = np.maximum(at(line.reach), 1e-3)
    reaching = np.maximum(1 - smooth(t / span), smooth((t - at(line.last) + span) / span)) * (at(line.reach) > 1)
    idle = (rest[0].towards(reach, reaching), rest[1])
    stroke = np.maximum(at(line.offset - line.onset), 2)
    first_lasts, third_lasts = (stroke * at(sign.effort / this.effort) for sign in (before, after))  # neighbours take their own time
    first = signing(before, 1 - (at(line.prepare) - t) / first_lasts, rest[1])
    second = signing(this, (t - at(line.onset)) / stroke, rest[1])
    third = signing(after, (t - at(line.retract)) / third_lasts, rest[1])
    up = smooth((t - at(line.prepare)) / np.maximum(at(line.onset - line.prepare), 1))
    down = smooth((t - at(line.hold)) / np.maximum(at(line.retract - line.hold), 1))
    hands = []
    for idle_, one, two, three in zip(idle, first, second, third, strict=True):
        start, end = (_either(has, sign, idle_) for has, sign in zip(neighbours, (one, three), strict=True))
        hands.append(start.towards(two, up).towards(end, down))
    return hands[0], hands[1]


def _either(has: np.ndarray, sign: Pose, idle: Pose) -> Pose:
    has = has[:, None, None]
    return Pose(*(np.where(has, getattr(sign, f.name), getattr(idle, f.name)) for f in fields(Pose)))
