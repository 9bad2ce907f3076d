"""SignRep's model, small (arXiv 2503.08529): tubelets of which most are hidden, one pooled vector, and what it has to predict.

A stem of two convolutions within each tubelet, the unit that is hidden, and a plain transformer in place of the published Hiera, whose
first stages stay within a unit too. What the sources leave open is a reading, listed in notebook 18. The encoder sees visible tubelets only.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import nn

from sslslr.errors import SignError
from sslslr.methods import priors
from sslslr.methods.encoder import EncoderConfig
from sslslr.methods.slfpn_plus import covariance_term, variance_term

VERSION = "video model 2"

FAINT = 4  # of 255: what moves is shown at deviation 1, but nothing fainter than this is made louder
STYLES = 16  # groups of channels whose products, over all places, are a clip's style
TARGETS = ("priors", "pixels", "labels")


def tubelets(pictures: torch.Tensor, tube: Sequence[int]) -> torch.Tensor:
    """Pictures (B, T, S, S, 3) as (B, n, t x s x s x 3): pieces of t frames and s x s pixels, those of a moment together."""
    b, t, h, w, c = pictures.shape
    a, s = tube[0], tube[1]
    if t % a or h % s or w % s:
        raise SignError(f"pictures of {t} frames and {h} x {w} pixels can't be cut into tubelets of {a} x {s} x {s}")
    return pictures.view(b, t // a, a, h // s, s, w // s, s, c).permute(0, 1, 3, 5, 2, 4, 6, 7).reshape(b, -1, a * s * s * c)


class Stem(nn.Module):
    """A tubelet to a token, by itself: two convolutions over its pixels, its frames as channels, and a linear layer (Hiera's first kernel)."""

    def __init__(self, tube: Sequence[int], width: int, channels: int):
        super().__init__()
        frames, side = tube[0], tube[1]
        left = ((side + 3) // 4 + 1) // 2  # pixels a side after strides of 4 and 2
        self.shape = (frames, side, side, 3)
        self.see = nn.Sequential(
            nn.Conv2d(3 * frames, channels, 7, 4, 3), nn.GroupNorm(1, channels), nn.GELU(),
            nn.Conv2d(channels, 2 * channels, 3, 2, 1), nn.GroupNorm(1, 2 * channels), nn.GELU(),
            nn.Flatten(), nn.Linear(2 * channels * left**2, width),
        )  # fmt: skip

    def forward(self, pieces: torch.Tensor) -> torch.Tensor:
        """Tubelets (B, k, d) -> tokens (B, k, width)."""
        images = pieces.reshape(-1, *self.shape).permute(0, 1, 4, 2, 3).flatten(1, 2)
        return self.see(images).unflatten(0, pieces.shape[:2])


class VideoEncoder(nn.Module):
    """A transformer on tubelets; sizes of the blocks as the pose transformer's have them. ``position`` is learned.

    stem: channels of the convolutions within a tubelet, 0 for one linear layer.  still: as ``SignRep`` has it.
    """

    def __init__(self, config: EncoderConfig, size: int = 96, tube: Sequence[int] = (2, 16), still: bool = True, stem: int = 0):
        super().__init__()
        self.still = still
        self.tube, self.width, self.steps = tuple(tube), config.width, priors.FRAMES // tube[0]
        self.places, self.pixels = self.steps * (size // tube[1]) ** 2, tube[0] * tube[1] ** 2 * 3
        self.embed = Stem(tube, config.width, stem) if stem else nn.Linear(self.pixels, config.width)
        self.position = nn.Parameter(torch.randn(1, self.places, config.width) * config.positions)
        self.blocks = blocks(config.width, config.heads, config.blocks, config.dropout)
        self.norm = nn.LayerNorm(config.width)

    def forward(
        self, pieces: torch.Tensor, visible: torch.Tensor | None = None, mix: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """``tubelets`` (B, n, d), uint8, and which of them are seen, (B, k) indices, None for all, in the colours of ``mix`` ->
        tokens (B, k, width) and the map after the first half of the blocks, (B, k, width)."""
        where = torch.arange(self.places, device=pieces.device).expand(len(pieces), -1) if visible is None else visible
        h = middle = self.embed(coloured(self.shown(pieces, where), mix)) + self.position[0, where]
        for i, block in enumerate(self.blocks):
            h = block(h)
            middle = h if i == (len(self.blocks) - 1) // 2 else middle
        return self.norm(h), middle

    def shown(self, pieces: torch.Tensor, where: torch.Tensor) -> torch.Tensor:
        """What is seen of the tubelets at ``where`` (B, k), as (B, k, d): pixels -1 to 1, or, without what stands still, each one's
        difference to its mean over the clip, hidden frames too, in units of the deviation of all that is shown."""
        rows = torch.arange(len(pieces), device=pieces.device)[:, None]
        seen = pieces[rows, where].float()
        if self.still:
            return seen.div_(127.5).sub_(1)
        each = pieces.unflatten(1, (self.steps, -1)).unflatten(-1, (self.tube[0], -1))  # (B, steps, places, frames, pixels)
        whole = sum(each[:, i, :, j].short() for i in range(self.steps) for j in range(self.tube[0]))  # far faster than a mean of floats
        seen.unflatten(-1, (self.tube[0], -1)).sub_((whole / priors.FRAMES)[rows, where % each.shape[2]][:, :, None])
        size = torch.linalg.vector_norm(seen, dim=(1, 2), keepdim=True) / seen[0].numel() ** 0.5
        return seen.div_(size.clamp(min=FAINT))


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
        self.pixels = nn.Linear(width, encoder.pixels)
        self.still = encoder.still

    def loss(self, tokens: torch.Tensor, wanted: torch.Tensor, order: torch.Tensor) -> torch.Tensor:
        """Mean squared error of the hidden tubelets ``wanted`` (B, n - k, d), as the encoder would have been shown them; where what stands
        still is seen, each with mean 0 and deviation 1. order (B, n): the visible ones' places first."""
        seen = tokens.shape[1]
        h = torch.cat([self.enter(tokens), self.token.expand(len(tokens), order.shape[1] - seen, -1)], 1)
        h = h + self.position.expand(len(h), -1, -1).gather(1, order[..., None].expand(-1, -1, h.shape[-1]))
        for block in self.blocks:
            h = block(h)
        return F.mse_loss(self.pixels(self.norm(h[:, seen:])).float(), F.layer_norm(wanted, wanted.shape[-1:]) if self.still else wanted)


class SignRep(nn.Module):
    """The encoder with what it learns from, each part a switch.

    targets: "priors" (of all frames, from the pooled vector alone), "pixels" (the control) or "labels" (supervised).  names: which
    priors.  mask: share of the tubelets that are hidden in training.  variance, covariance: weights of VICReg's terms on the pooled
    vector, divided by its size.  adversary: weight of ``Adversary``.  shift, colours: training pictures are moved by up to so many pixels,
    and change their colours (``colouring``).  still: what does not move is seen; else each pixel is shown minus its mean over the clip.
    size, tube: pixels a side of a picture, frames and pixels of a tubelet.  stem: channels of the convolutions within a tubelet, or 0.
    """

    def __init__(
        self, config: EncoderConfig, classes: int, skeleton, *, targets="priors", names=priors.NAMES, mask=0.6, variance=1.0,
        covariance=0.04, adversary=0.1, shift=8, colours=0.3, still=True, size=96, tube=(2, 16), stem=0, hidden=128,
    ):  # fmt: skip
        super().__init__()
        if targets not in TARGETS or not 0 <= mask < 1 or (targets == "pixels" and not mask):
            raise SignError(f"video: targets={targets!r}, mask={mask}: targets are {', '.join(TARGETS)}, mask 0 to 1, and pixels need one")
        self.encoder = VideoEncoder(config, size, tube, still, stem)
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
            hidden = order[:, tokens.shape[1] :]
            loss = self.decoder.loss(tokens, coloured(self.encoder.shown(pieces, hidden), mix), order)
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
    found, side = torch.empty_like(pictures), pictures.shape[2]
    for clip, new, (down, right) in zip(pictures, found, torch.randint(-most, most + 1, (len(pictures), 2)).tolist(), strict=True):
        top, bottom, left, last = max(down, 0), side + min(down, 0), max(right, 0), side + min(right, 0)
        new[:, top:bottom, left:last] = clip[:, top - down : bottom - down, left - right : last - right]
        new[:, :top], new[:, bottom:] = new[:, top : top + 1], new[:, bottom - 1 : bottom]
        new[:, :, :left], new[:, :, last:] = new[:, :, left : left + 1], new[:, :, last - 1 : last]
    return found


def colouring(clips: int, spread: float) -> torch.Tensor:
    """Matrices (B, 3, 3) that give each clip other colours: channels change places and are scaled (``spread``: of the logarithm)."""
    places = torch.eye(3)[torch.rand(clips, 3).argsort(1)]
    return places * (spread * torch.randn(clips, 3, 1)).exp()


def coloured(values: torch.Tensor, mix: torch.Tensor | None) -> torch.Tensor:
    """Pixels of tubelets (B, k, d), -1 to 1, in the colours of ``mix`` (B, 3, 3); None leaves them."""
    return values if mix is None else (values.flatten(1).unflatten(1, (-1, 3)) @ mix.to(values)).flatten(1).view_as(values)
