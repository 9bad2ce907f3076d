"""SignRep's model, small (arXiv 2503.08529): tubelets of which most are hidden, one pooled vector, and what it has to predict.

A plain transformer in place of the published Hiera. What the sources leave open is a reading, listed in notebook 18. The encoder sees
visible tubelets only.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import nn

from sslslr.errors import SignError
from sslslr.methods import priors
from sslslr.methods.encoder import EncoderConfig
from sslslr.methods.slfpn_plus import covariance_term, variance_term

VERSION = "video model 1"

STYLES = 16  # groups of channels whose products, over all places, are a clip's style
TARGETS = ("priors", "pixels", "labels")


def tubelets(pictures: torch.Tensor, tube: Sequence[int]) -> torch.Tensor:
    """Pictures (B, T, S, S, 3) as (B, n, t x s x s x 3): pieces of t frames and s x s pixels, those of a moment together."""
    b, t, h, w, c = pictures.shape
    a, s = tube[0], tube[1]
    if t % a or h % s or w % s:
        raise SignError(f"pictures of {t} frames and {h} x {w} pixels can't be cut into tubelets of {a} x {s} x {s}")
    return pictures.view(b, t // a, a, h // s, s, w // s, s, c).permute(0, 1, 3, 5, 2, 4, 6, 7).reshape(b, -1, a * s * s * c)


def scaled(values: torch.Tensor) -> torch.Tensor:
    """Pixels 0 to 255 as -1 to 1."""
    return values.float() / 127.5 - 1


class VideoEncoder(nn.Module):
    """A transformer on tubelets; sizes of the blocks as the pose transformer's have them. ``position`` is learned."""

    def __init__(self, config: EncoderConfig, size: int = 96, tube: Sequence[int] = (2, 16), still: bool = True):
        super().__init__()
        self.still = still
        self.tube, self.width, self.steps = tuple(tube), config.width, priors.FRAMES // tube[0]
        self.places = self.steps * (size // tube[1]) ** 2
        self.embed = nn.Linear(tube[0] * tube[1] ** 2 * 3, config.width)
        self.position = nn.Parameter(torch.randn(1, self.places, config.width) * config.positions)
        self.blocks = blocks(config.width, config.heads, config.blocks, config.dropout)
        self.norm = nn.LayerNorm(config.width)

    def forward(
        self, pieces: torch.Tensor, visible: torch.Tensor | None = None, mix: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """``tubelets`` (B, n, d), uint8, and which of them are seen, (B, k) indices, None for all, in the colours of ``mix`` ->
        tokens (B, k, width) and the map after the first half of the blocks, (B, k, width)."""
        position = self.position.expand(len(pieces), -1, -1)
        mean = None if self.still else self._mean(pieces)
        if visible is not None:
            pieces, position = (x.gather(1, visible[..., None].expand(-1, -1, x.shape[-1])) for x in (pieces, position))
        seen = scaled(pieces)
        if mean is not None:
            seen = seen - (mean if visible is None else mean.gather(1, visible[..., None].expand(-1, -1, mean.shape[-1])))
        h = middle = self.embed(coloured(seen, mix)) + position
        for i, block in enumerate(self.blocks):
            h = block(h)
            middle = h if i == (len(self.blocks) - 1) // 2 else middle
        return self.norm(h), middle

    def _mean(self, pieces: torch.Tensor) -> torch.Tensor:
        """Mean over time at each pixel, hidden ones too, as pieces (B, n, d)."""
        each = scaled(pieces).unflatten(1, (self.steps, -1)).unflatten(-1, (self.tube[0], -1))  # (B, steps, places, frames, pixels)
        return each.mean((1, 3), keepdim=True).expand_as(each).flatten(3).flatten(1, 2)


def blocks(width: int, heads: int, many: int, dropout: float) -> nn.ModuleList:
    """Pre-norm transformer blocks."""
    return nn.ModuleList(
        nn.TransformerEncoderLayer(width, heads, 4 * width, dropout, F.gelu, batch_first=True, norm_first=True) for _ in range(many)
    )


def style(middle: torch.Tensor) -> torch.Tensor:
    """The Gram matrix of groups of channels over all places of a map (B, k, width), its upper half: (B, STYLES (STYLES + 1) / 2)."""
    groups = middle.float().unflatten(-1, (STYLES, -1)).mean(-1)
    gram = groups.transpose(1, 2) @ groups / groups.shape[1]
    upper = torch.triu_indices(STYLES, STYLES)
    return F.layer_norm(gram[:, upper[0], upper[1]], (len(upper[0]),))


class Reversed(torch.autograd.Function):
    """The identity, whose gradient is turned round: what makes a discriminator better makes the encoder hide it (Ganin 2015)."""

    @staticmethod
    def forward(ctx, x):
        """x as it is."""
        return x.view_as(x)

    @staticmethod
    def backward(ctx, gradient):
        """Minus the gradient."""
        return -gradient


class Adversary(nn.Module):
    """Do a clip's vector and another clip's style come from one recording? The encoder learns to make that hard to tell."""

    def __init__(self, width: int, hidden: int = 64):
        super().__init__()
        self.tell = nn.Sequential(nn.Linear(width + STYLES * (STYLES + 1) // 2, hidden), nn.GELU(), nn.Linear(hidden, 1))

    def loss(self, pooled: torch.Tensor, styles: torch.Tensor, recordings: torch.Tensor) -> torch.Tensor:
        """Cross-entropy over all pairs of a batch's vectors (B, width) and styles (B, d), both answers weighing the same.

        recordings (B,). A clip's own style is left out; 0 where no two clips of the batch share a recording, or all do.
        """
        b = len(pooled)
        same = recordings[:, None] == recordings[None]
        apart = ~torch.eye(b, dtype=torch.bool, device=pooled.device)
        pairs = torch.cat([Reversed.apply(pooled)[:, None].expand(-1, b, -1), styles.detach()[None].expand(b, -1, -1)], -1)
        each = F.binary_cross_entropy_with_logits(self.tell(pairs)[..., 0].float(), same.float(), reduction="none")
        sides = [each[apart & side] for side in (same, ~same)]
        return torch.stack([s.mean() for s in sides]).mean() if all(len(s) for s in sides) else pooled.sum() * 0


class PixelDecoder(nn.Module):
    """The plain masked autoencoder's (He et al. 2022): hidden tubelets' pixels from the visible tokens; the control of the priors."""

    def __init__(self, encoder: VideoEncoder, heads: int, width: int = 64):
        super().__init__()
        self.enter, self.token = nn.Linear(encoder.width, width), nn.Parameter(torch.zeros(1, 1, width))
        self.position = nn.Parameter(torch.randn(1, encoder.places, width) * 0.02)
        self.blocks, self.norm = blocks(width, heads, 1, 0.0), nn.LayerNorm(width)
        self.pixels = nn.Linear(width, encoder.embed.in_features)

    def loss(self, tokens: torch.Tensor, pieces: torch.Tensor, order: torch.Tensor, mix: torch.Tensor | None) -> torch.Tensor:
        """Mean squared error of hidden tubelets, each with mean 0 and deviation 1. order (B, n): the visible ones' places first."""
        seen = tokens.shape[1]
        h = torch.cat([self.enter(tokens), self.token.expand(len(tokens), order.shape[1] - seen, -1)], 1)
        h = h + self.position.expand(len(h), -1, -1).gather(1, order[..., None].expand(-1, -1, h.shape[-1]))
        for block in self.blocks:
            h = block(h)
        wanted = pieces.gather(1, order[:, seen:, None].expand(-1, -1, pieces.shape[-1]))
        return F.mse_loss(self.pixels(self.norm(h[:, seen:])).float(), F.layer_norm(coloured(scaled(wanted), mix), wanted.shape[-1:]))


class SignRep(nn.Module):
    """The encoder with what it learns from, each part a switch.

    targets: "priors" (of all frames, from the pooled vector alone), "pixels" (the control) or "labels" (supervised).  names: which
    priors.  mask: share of the tubelets that are hidden in training.  variance, covariance: weights of VICReg's terms on the pooled
    vector, divided by its size.  adversary: weight of ``Adversary``.  shift, colours: training pictures are moved by up to so many pixels,
    and change their colours (``colouring``).  still: what does not move is seen; else each pixel is shown minus its mean over the clip.
    """

    def __init__(
        self, config: EncoderConfig, classes: int, skeleton, *, targets="priors", names=priors.NAMES, mask=0.6, variance=1.0,
        covariance=0.04, adversary=0.1, shift=8, colours=0.3, still=True, size=96, tube=(2, 16), hidden=128,
    ):  # fmt: skip
        super().__init__()
        if targets not in TARGETS or not 0 <= mask < 1 or (targets == "pixels" and not mask):
            raise SignError(f"video: targets={targets!r}, mask={mask}: targets are {', '.join(TARGETS)}, mask 0 to 1, and pixels need one")
        self.encoder = VideoEncoder(config, size, tube, still)
        self.targets, self.mask, self.weights = targets, mask, (variance, covariance, adversary)
        self.shift, self.colours = shift, colours
        self.skeleton, self.names, width = skeleton, priors.chosen(names), config.width
        if targets == "priors":
            self.decoder: priors.Decoder | PixelDecoder | nn.Linear = priors.Decoder(
                width, priors.sizes(skeleton, config.coordinates, self.names), hidden
            )
        else:
            self.decoder = PixelDecoder(self.encoder, config.heads) if targets == "pixels" else nn.Linear(width, classes)
        self.adversary = Adversary(width) if adversary else None

    def loss(
        self, pictures: torch.Tensor, x: torch.Tensor, valid: torch.Tensor, labels: torch.Tensor, recordings: torch.Tensor
    ) -> torch.Tensor:
        """Scalar loss of pictures (B, FRAMES, S, S, 3) uint8, whose landmarks are x (B, T, J, C), valid (B, T); labels, recordings (B,)."""
        pieces = tubelets(moved(pictures, self.shift), self.encoder.tube)
        mix = colouring(len(pieces), self.colours).to(pieces.device) if self.colours else None
        order = torch.rand(pieces.shape[:2], device=pieces.device).argsort(1)
        tokens, middle = self.encoder(pieces, order[:, : round(order.shape[1] * (1 - self.mask))] if self.mask else None, mix)
        pooled = tokens.mean(1).float()
        if isinstance(self.decoder, PixelDecoder):
            loss = self.decoder.loss(tokens, pieces, order, mix)
        elif isinstance(self.decoder, priors.Decoder):
            loss = self.decoder.loss(pooled, priors.wanted(x, valid, self.skeleton, self.names))
        else:
            loss = F.cross_entropy(self.decoder(pooled), labels)
        variance, covariance, adversary = self.weights
        if len(pooled) > 1:  # one clip has no spread
            loss = loss + variance * variance_term(pooled) + covariance * covariance_term(pooled)
        return loss + adversary * self.adversary.loss(pooled, style(middle), recordings) if self.adversary else loss

    def embed(self, pictures: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Mean token of each step of time (B, steps, width) of whole pictures, and each step's activity (B, steps), 0 to 1.

        The activity is the head's for the whole clip, asked of one step; 1 where the model has none.
        """
        tokens, _ = self.encoder(tubelets(pictures, self.encoder.tube))
        steps = tokens.unflatten(1, (self.encoder.steps, -1)).mean(2)
        head = getattr(self.decoder, "activity", None)
        return steps, head(steps).sigmoid().max(-1).values if head else torch.ones_like(steps[..., 0])


def moved(pictures: torch.Tensor, most: int) -> torch.Tensor:
    """Each clip of a batch (B, T, S, S, 3) moved by up to ``most`` pixels; what comes in repeats the edge."""
    if not most:
        return pictures
    at, b = torch.arange(pictures.shape[2]), len(pictures)
    down, right = ((at + torch.randint(-most, most + 1, (b, 1))).clamp(0, len(at) - 1) for _ in range(2))
    found = pictures[torch.arange(b)[:, None, None], :, down[:, :, None], right[:, None]]  # (B, S, S, T, 3)
    return found.permute(0, 3, 1, 2, 4)


def colouring(clips: int, spread: float) -> torch.Tensor:
    """Matrices (B, 3, 3) that give each clip other colours: channels change places and are scaled (``spread``: of the logarithm)."""
    places = torch.eye(3)[torch.rand(clips, 3).argsort(1)]
    return places * (spread * torch.randn(clips, 3, 1)).exp()


def coloured(values: torch.Tensor, mix: torch.Tensor | None) -> torch.Tensor:
    """Pixels of tubelets (B, k, d), -1 to 1, in the colours of ``mix`` (B, 3, 3); None leaves them."""
    return values if mix is None else (values.flatten(1).unflatten(1, (-1, 3)) @ mix.to(values)).flatten(1).view_as(values)
