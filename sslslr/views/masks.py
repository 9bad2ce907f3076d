"""More views tried for the recipe of notebook 15: ``views.place.composed``, with a part of what is left hidden.

Same signature as every view.
"""

import torch

from sslslr.clips.skeleton import of_size
from sslslr.views.place import composed

VERSION = "masked views 1"

HIDDEN = 0.3  # share of a clip's frames, or landmarks, that a view hides


def masked_frames(x, lengths, generator, alpha, beta):
    """``composed``, and 30 % of the frames lost: all landmarks of these are missing. The middle frame stays."""
    out = composed(x, lengths, generator, alpha, beta)
    lost = torch.rand(x.shape[:2], generator=generator).to(x.device) < HIDDEN
    lost[torch.arange(len(x)), (lengths - 1) // 2] = False
    return out.masked_fill(lost[:, :, None, None], torch.nan)


def masked_landmarks(x, lengths, generator, alpha, beta):
    """``composed``, and 30 % of the landmarks missing in the whole clip."""
    out = composed(x, lengths, generator, alpha, beta)
    lost = torch.rand(len(x), 1, x.shape[2], 1, generator=generator).to(x.device) < HIDDEN
    return out.masked_fill(lost, torch.nan)


def legless(x, lengths, generator, alpha, beta):
    """``composed``, and the lower body missing (``skeleton.lower``): the original still shows it."""
    below = list(of_size(x.shape[2], "legless").lower)
    out = composed(x, lengths, generator, alpha, beta)
    out[:, :, below] = torch.nan
    return out
