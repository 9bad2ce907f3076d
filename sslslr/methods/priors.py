"""Sign priors: what is known of signing, computed from landmarks, as targets to learn from (SignRep, arXiv 2503.08529).

Hand and body keypoints, joint angles as sine and cosine, difference vectors within a hand and between hands and body, and which
hand works. The lists of joints and points are our own, since SignRep's are not published; in two dimensions angles are signed.
"""

from dataclasses import dataclass
from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import nn

from sslslr.clips.skeleton import Skeleton
from sslslr.errors import SignError

VERSION = "sign priors 1"

FRAMES = 16  # moments of a clip that are predicted
HANDS, BODY, ANGLES, DISTANCES, ACTIVITY = "hand keypoints", "body keypoints", "angles", "distances", "activity"
NAMES = (HANDS, BODY, ANGLES, DISTANCES, ACTIVITY)
REST, DEPTH = 0.7, 0.4  # shoulder widths below the shoulders where a hand may rest, and further down until it is certain
MOVES = 0.08  # of a shoulder width a frame: a hand this fast moves for certain
_TIPS = (4, 8, 12, 16, 20)
_JOINTS = (0, 2, 3, 5, 6, 9, 10, 13, 14, 17, 18)  # of a hand, that its fingertips are seen from
_FACE_AND_ARMS = (
    "nose", "left_eye", "right_eye", "left_ear", "right_ear", "mouth_left", "mouth_right", "left_shoulder", "right_shoulder", "left_elbow",
    "right_elbow",
)  # fmt: skip


@dataclass(frozen=True)
class Lists:
    """Which landmarks of a layout the priors are made of: ``hands`` (indices of each that has fingers), the body's ``points`` and
    ``near`` ones, ``bends`` (a, b, c, d): the angle from a->b to c->d."""

    hands: tuple[tuple[int, ...], ...]
    points: tuple[int, ...]
    near: tuple[int, ...]
    bends: tuple[tuple[int, int, int, int], ...]


@lru_cache
def lists(skeleton: Skeleton) -> Lists:
    """The lists of a layout; those whose landmarks it lacks are empty. Raises SignError for one without any of them."""
    at = {name: i for i, name in enumerate(skeleton.landmarks)}
    hands = tuple(p for p in (skeleton.parts["left_hand"], skeleton.parts["right_hand"]) if len(p) == 21)
    bends = []
    for hand in hands:
        for root in range(1, 21, 4):
            chain = [hand[i] for i in (0, root, root + 1, root + 2, root + 3)]
            bends += [(chain[i], chain[i + 1], chain[i + 1], chain[i + 2]) for i in range(3)]
        bends += [(hand[0], hand[a], hand[0], hand[a + 4]) for a in range(1, 17, 4)]
    for side, other in (("left", "right"), ("right", "left")):
        s, o, e, w = (at.get(f"{a}_{b}") for a, b in ((side, "shoulder"), (other, "shoulder"), (side, "elbow"), (side, "wrist")))
        if s is not None and o is not None and e is not None and w is not None:
            bends += [(o, s, s, e), (s, e, e, w)]
            bends += [(e, w, p[0], p[9]) for p in [skeleton.parts[f"{side}_hand"]] if len(p) == 21]
    body = tuple(i for i in skeleton.parts.get("body", ()) if i not in skeleton.lower)
    points = (*body, *(i for part in ("left_hand", "right_hand") for i in skeleton.parts[part] if i not in body))
    near = tuple(at[name] for name in _FACE_AND_ARMS if name in at)
    if not points:
        raise SignError(f"sign priors: {skeleton.name} has neither a body nor hands")
    return Lists(hands, points, near, tuple(bends))


def moments(lengths: torch.Tensor, frames: int = FRAMES) -> torch.Tensor:
    """The frames (B, frames) evenly over each clip's valid ones; a shorter clip shows some of its frames twice."""
    share = torch.linspace(0, 1, frames, device=lengths.device)
    return (share * (lengths[:, None] - 1).clamp(min=0)).round().long()


def at_moments(x: torch.Tensor, lengths: torch.Tensor, frames: int = FRAMES) -> torch.Tensor:
    """x (B, T, J, C) at ``moments``: (B, frames, J, C)."""
    index = moments(lengths, frames)
    return x.gather(1, index[:, :, None, None].expand(-1, -1, *x.shape[2:]))


def targets(x: torch.Tensor, skeleton: Skeleton) -> dict[str, torch.Tensor]:
    """The priors of every frame of x (B, T, J, C), normalised landmarks: name -> (B, T, D), NaN where a landmark was not seen.

    Without those whose landmarks the layout lacks, and without the activity, which is a clip's (``active``).
    """
    own = lists(skeleton)
    out = {BODY: x[:, :, list(own.points)].flatten(2)}
    if own.bends:
        out[ANGLES] = angles(x, torch.tensor(own.bends, device=x.device))
    hands, far = [], []
    for hand in own.hands:
        shape = x[:, :, list(hand)] - x[:, :, [hand[0]]]
        size = shape[:, :, 9].norm(dim=-1).nanmean(1).clamp(min=1e-2)
        shape = shape / size[:, None, None, None]
        hands.append(shape[:, :, 1:].flatten(2))
        far.append((shape[:, :, list(_TIPS), None] - shape[:, :, None, list(_JOINTS)]).flatten(2))
        if own.near:
            here = x[:, :, [hand[i] for i in (0, *_TIPS)]]
            far.append((here[:, :, :, None] - x[:, :, None, list(own.near)]).flatten(2))
    if hands:
        out |= {HANDS: torch.cat(hands, -1), DISTANCES: torch.cat(far, -1)}
    return out


def angles(x: torch.Tensor, bends: torch.Tensor) -> torch.Tensor:
    """Sine and cosine (B, T, 2 K) of K angles of x (B, T, J, C), from direction a->b to c->d of ``bends`` (K, 4); signed in the plane."""
    a, b, c, d = (x[:, :, bends[:, i]] for i in range(4))
    u, v = F.normalize(b - a, dim=-1), F.normalize(d - c, dim=-1)
    cosine = (u * v).sum(-1)
    flat = x.shape[-1] == 2
    sine = u[..., 0] * v[..., 1] - u[..., 1] * v[..., 0] if flat else torch.linalg.cross(u, v).norm(dim=-1)
    return torch.cat([sine, cosine], -1)


def activity(x: torch.Tensor, valid: torch.Tensor, skeleton: Skeleton) -> torch.Tensor:
    """How active each hand is in every frame, (B, T, 2) left and right, 0 to 1: it rests where it hangs low and does not move.

    Without a body nobody knows what is low: then a hand that is not seen, or does not move, is not active. x (B, T, J, C).
    """
    wrists = x[:, :, list(skeleton.wrists)].float()
    step = (wrists[:, 1:] - wrists[:, :-1]).norm(dim=-1).nan_to_num(0.0)
    speed = torch.maximum(F.pad(step, (0, 0, 1, 0)), F.pad(step, (0, 0, 0, 1))) / MOVES
    moves = (speed if skeleton.shoulders else speed / 4).clamp(max=1)  # without a body clips are in palms, four to a shoulder width
    if skeleton.shoulders:
        down = wrists[..., 1] * (1 if skeleton.y_down else -1)
        moves = torch.maximum(moves**2, 1 - ((down - REST) / DEPTH).clamp(0, 1).nan_to_num(1.0))
    return moves * valid[..., None]


def active(x: torch.Tensor, valid: torch.Tensor, skeleton: Skeleton) -> torch.Tensor:
    """Which hand works in a clip, (B, 2), 0 to 1: the mean of the livelier half of its frames' ``activity``."""
    each = activity(x, valid, skeleton).sort(dim=1, descending=True).values
    half = (valid.sum(1, keepdim=True) / 2).ceil().clamp(min=1)
    inside = torch.arange(x.shape[1], device=x.device) < half
    return (each * inside[..., None]).sum(1) / half


def standardised(target: torch.Tensor) -> torch.Tensor:
    """A prior (B, T, D) with mean 0 and deviation 1 of each dimension over the batch's frames that have it; NaN stays."""
    mean = target.nanmean((0, 1), keepdim=True)
    spread = (target - mean).square().nanmean((0, 1), keepdim=True).sqrt()
    return (target - mean) / spread.clamp(min=1e-2)


def error(predicted: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Smooth L1 of the values that are there (any shape), 0 where none is."""
    seen = target.isfinite()
    each = F.smooth_l1_loss(predicted, torch.where(seen, target, 0), reduction="none") * seen
    return each.sum() / seen.sum().clamp(min=1)


class Decoder(nn.Module):
    """Priors of all ``FRAMES`` moments from the one pooled vector (B, width), so that it must hold the whole clip.

    As SignRep's: to ``hidden``, GELU, spread over the moments (a transposed convolution of a single step), one linear layer a prior.
    ``sizes``: the priors' dimensions by name; the activity's two logits have a small head of their own.
    """

    def __init__(self, width: int, sizes: dict[str, int], hidden: int = 128):
        super().__init__()
        self.spread = nn.Sequential(
            nn.Linear(width, hidden), nn.GELU(), nn.Linear(hidden, FRAMES * hidden), nn.Unflatten(1, (FRAMES, hidden))
        )
        self.heads = nn.ModuleDict({name: nn.Linear(hidden, size) for name, size in sizes.items() if name != ACTIVITY})
        self.activity = nn.Sequential(nn.Linear(width, 32), nn.GELU(), nn.Linear(32, 2)) if ACTIVITY in sizes else None

    def forward(self, pooled: torch.Tensor) -> dict[str, torch.Tensor]:
        """(B, width) -> name -> (B, FRAMES, D); the activity (B, 2), as logits."""
        h = self.spread(pooled) if self.heads else None
        out = {name: head(h) for name, head in self.heads.items()}
        return out | ({ACTIVITY: self.activity(pooled)} if self.activity else {})

    def loss(self, pooled: torch.Tensor, wanted: dict[str, torch.Tensor]) -> torch.Tensor:
        """Mean over the priors, each alike: smooth L1 of standardised values, cross-entropy of the activity."""
        parts = []
        for name, found in self(pooled).items():
            if name == ACTIVITY:
                parts.append(F.binary_cross_entropy_with_logits(found.float(), wanted[name]))
            else:
                parts.append(error(found.float(), standardised(wanted[name])))
        return torch.stack(parts).mean()


def chosen(names: tuple[str, ...] | list[str]) -> tuple[str, ...]:
    """The priors of these names; raises SignError for none, or one that there is not."""
    if not names or set(names) - set(NAMES):
        raise SignError(f"sign priors {', '.join(names) or 'none'}: choose among {', '.join(NAMES)}")
    return tuple(names)


def wanted(x: torch.Tensor, valid: torch.Tensor, skeleton: Skeleton, names: tuple[str, ...]) -> dict[str, torch.Tensor]:
    """The targets of a batch of clips x (B, T, J, C), valid (B, T): of their ``FRAMES`` moments, and the activity of each clip."""
    found = targets(at_moments(x.float(), valid.sum(1)), skeleton)
    return {n: v for n, v in (found | {ACTIVITY: active(x.float(), valid, skeleton)}).items() if n in names}


def sizes(skeleton: Skeleton, coordinates: int, names: tuple[str, ...]) -> dict[str, int]:
    """The priors' dimensions by name, of those whose landmarks the layout has."""
    blank = torch.zeros(1, FRAMES, len(skeleton), coordinates)
    return {n: v.shape[-1] for n, v in wanted(blank, torch.ones(1, FRAMES, dtype=torch.bool), skeleton, names).items()}
