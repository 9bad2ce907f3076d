"""The pose transformer (section 6.2): landmarks in, one vector a clip out."""

import math
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from sslslr.clips.signs import Signs
from sslslr.errors import SignError
from sslslr.methods.precision import autocast

VERSION = "encoder 2"

LEAST = 1 << 20  # factors in a table of masks; where a mask is long, at least twice as many as it has


@dataclass(frozen=True)
class EncoderConfig:
    """Sizes of the encoder. The paper's: 12 blocks, width 512, 8 heads, dropout 0.1, up to 64 frames.

    ``landmarks`` and ``coordinates`` come from the data; ``pool`` reads the clip off a class token ("class", as in
    ViT) or off the mean of its frames ("mean"); ``positions``: standard deviation of the position embedding at the start.
    """

    landmarks: int = 75
    coordinates: int = 2
    frames: int = 64
    blocks: int = 12
    width: int = 512
    heads: int = 8
    dropout: float = 0.1
    pool: str = "class"
    positions: float = 0.02

    def __post_init__(self):
        for name in ("landmarks", "coordinates", "frames", "blocks", "width", "heads"):
            least = 0 if name == "blocks" else 1  # a plan measures what comes before the blocks, too
            if not isinstance(size := getattr(self, name), int) or size < least:
                raise SignError(f"encoder {name} {size!r}: expected a whole number of {least} or more")
        if self.width % self.heads:
            raise SignError(f"encoder width {self.width} is not a multiple of its {self.heads} heads")
        if self.pool not in ("class", "mean"):
            raise SignError(f"encoder pool {self.pool!r}: expected 'class' or 'mean'")


TABLES: dict[tuple[int, int, torch.dtype], torch.Tensor] = {}  # of masks; they stay, so no step's memory counts them


def masks(of256: int, size: int, dtype: torch.dtype) -> torch.Tensor:
    """A table of ``size`` factors: 0 with probability ``of256`` / 256, else what keeps the mean; the same in every process."""
    if (of256, size, dtype) not in TABLES:
        drawn = torch.empty(size, dtype=torch.uint8).random_(generator=torch.Generator().manual_seed(0))
        TABLES[of256, size, dtype] = (drawn >= of256).to(dtype).mul_(256 / (256 - of256))
    return TABLES[of256, size, dtype]


class Dropout(nn.Module):
    """Dropout; on a CPU each mask is a window of a table of random masks, and where it begins is drawn anew at every call.

    To draw a mask element by element takes a fifth of a CPU step, this takes one product. Over the draws, two elements of
    a mask (other frames, other clips) are as good as independent, and so are two masks. The rate is the nearest
    multiple of 1/256 there (0.1 becomes 0.1016).
    """

    def __init__(self, rate: float):
        super().__init__()
        self.rate = rate

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x of any shape -> the same shape; the identity in eval mode."""
        of256 = round(256 * self.rate)
        if x.device.type != "cpu":
            return F.dropout(x, self.rate, self.training)
        if not self.training or not of256:
            return x
        n = x.numel()
        table = masks(of256, max(LEAST, 1 << (2 * n).bit_length()), x.dtype)
        start = int(torch.randint(len(table) - n, ()))
        return x * table[start : start + n].view(x.shape)


class Block(nn.Module):
    """Pre-norm transformer block: attention over the clip's frames, then a two-layer perceptron."""

    def __init__(self, width: int, heads: int, dropout: float):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), Dropout(dropout), nn.Linear(4 * width, width))
        self.drop = Dropout(dropout)

    def forward(self, x: torch.Tensor, attend: torch.Tensor, first: bool = False) -> torch.Tensor:
        """x (B, S, width), attend (B, 1, 1, S) True where a token may be looked at -> (B, S, width).

        With ``first`` only the first token's output, (B, 1, width): it looks at all, the others' outputs are not computed.
        """
        q, k, v = self._first(self.norm1(x)) if first else self._split(self.qkv(self.norm1(x)))
        if x.device.type == "cpu":  # at most 65 tokens: two plain products, whose backward is cheaper than the fused one's
            bias = torch.zeros(attend.shape, dtype=q.dtype).masked_fill_(~attend, -1e4)
            weights = (q * (1 / math.sqrt(q.shape[-1])) @ k.transpose(-1, -2) + bias).softmax(-1)
            mixed = self.drop(weights) @ v
        else:
            rate = self.drop.rate if self.training else 0.0
            mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=attend, dropout_p=rate)
        x = (x[:, :1] if first else x) + self.drop(self.out(mixed.transpose(1, 2).flatten(2)))
        return x + self.drop(self.mlp(self.norm2(x)))

    def _split(self, h: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """(B, S, n x width) as n tensors (B, heads, S, width / heads)."""
        b, s, _ = h.shape
        return h.view(b, s, -1, self.heads, self.out.in_features // self.heads).permute(2, 0, 3, 1, 4).unbind()

    def _first(self, h: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Query of the first token of h (B, S, width), keys and values of all."""
        d = self.out.in_features
        weight, bias = self.qkv.weight, self.qkv.bias
        return *self._split(F.linear(h[:, :1], weight[:d], bias[:d])), *self._split(F.linear(h, weight[d:], bias[d:]))


class PoseTransformer(nn.Module):
    """Encoder of sign clips: LayerNorm, linear, LayerNorm at the input (section 6.2), then transformer blocks.

    A missing landmark is not zero: a learned value stands in for each. Padding, and frames without any landmark, are
    hidden from the attention. ``width`` is the size of the output.
    """

    def __init__(self, config: EncoderConfig):
        super().__init__()
        self.config, self.width = config, config.width
        size = config.landmarks * config.coordinates
        self.missing = nn.Parameter(torch.zeros(size))
        self.embed = nn.Sequential(nn.LayerNorm(size), nn.Linear(size, config.width), nn.LayerNorm(config.width))
        self.position = nn.Parameter(torch.randn(1, config.frames, config.width) * config.positions)
        self.token = nn.Parameter(torch.randn(1, 1, config.width) * config.positions) if config.pool == "class" else None
        self.drop = Dropout(config.dropout)
        self.blocks = nn.ModuleList(Block(config.width, config.heads, config.dropout) for _ in range(config.blocks))
        self.norm = nn.LayerNorm(config.width)

    def forward(self, x: torch.Tensor, valid: torch.Tensor) -> torch.Tensor:
        """x (B, T, J, C) landmarks of any float type, NaN where missing; valid (B, T) True for a clip's frames -> (B, width)."""
        flat = x.flatten(2).to(self.missing.dtype)
        seen = ~flat.isnan()
        valid = valid & seen.any(-1)
        h = self.embed(torch.where(seen, flat, self.missing))
        h = h + self.position[:, : x.shape[1]].to(h.dtype)
        if self.token is not None:
            h = torch.cat([self.token.to(h.dtype).expand(len(h), -1, -1), h], dim=1)
            valid = F.pad(valid, (1, 0), value=True)
        h = self.drop(h)
        attend, last = valid[:, None, None, :], len(self.blocks) - 1
        for i, block in enumerate(self.blocks):
            h = block(h, attend, first=i == last and self.token is not None)
        if self.token is not None:
            return self.norm(h[:, 0])
        h = self.norm(h)
        return (h * valid[..., None]).sum(1) / valid.sum(1, keepdim=True).clamp(min=1)


def encode(encoder: PoseTransformer, valid: torch.Tensor, *views: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """Features (B, width) float32 of each of the ``views`` (B, T, J, C) of one batch, from one pass over all of them.

    With several processes (``sslslr.commands.pretrain``) each passes its share of the batch and gets the features of the whole
    batch, with gradients: heads, batch norms and negatives then see what one process would see.
    """
    features = encoder(torch.cat(views), valid.repeat(len(views), 1)).float().chunk(len(views))
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        return tuple(map(gather, features))
    return features


def gather(share: torch.Tensor) -> torch.Tensor:
    """All processes' shares (b, d) of a batch as one (B, d), with gradient; clip i lies with process i modulo their number."""
    from torch.distributed.nn.functional import all_gather

    world = torch.distributed.get_world_size()
    size = torch.tensor([len(share)], device=share.device)
    sizes = [torch.zeros_like(size) for _ in range(world)]
    torch.distributed.all_gather(sizes, size)
    most = int(max(sizes))
    parts = all_gather(F.pad(share, (0, 0, 0, most - len(share))))
    return torch.stack(parts, dim=1).flatten(0, 1)[: int(sum(sizes))]


@torch.no_grad()
def embed(encoder: PoseTransformer, signs: Signs, batch: int = 512, precision: str = "fp32") -> np.ndarray:
    """Features of every clip from the frozen encoder, (N, width) float32; the encoder's mode is put back afterwards."""
    device, training = encoder.position.device, encoder.training
    encoder.eval()
    landmarks, valid = torch.from_numpy(signs.landmarks), torch.from_numpy(signs.valid)
    with autocast(device, precision):
        parts = [encoder(x.to(device), v.to(device)).float().cpu() for x, v in zip(landmarks.split(batch), valid.split(batch), strict=True)]
    encoder.train(training)
    return torch.cat(parts).numpy()
