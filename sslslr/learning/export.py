"""A frozen encoder as ONNX, for a phone, a browser or another language: ``sslslr export ENCODER OUT.onnx``.

Inputs ``landmarks`` (clips, frames, J, C) float32, NaN where missing, and ``valid`` (clips, frames) bool, True for a clip's
frames; output ``features`` (clips, width) float32. Clips and frames are free (at most as many frames as the encoder has
positions). The landmarks are those that ``sslslr.clips.signs.prepare`` gives: centred on the shoulders, whose distance is 1.
"""

import warnings
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from sslslr import paths
from sslslr.errors import SignError
from sslslr.methods.encoder import PoseTransformer

OPSET = 18
TOLERANCE = 1e-4  # largest difference of a feature between ONNX and torch, in units of the features' root mean square


class _Traceable(nn.Module):
    """The encoder's forward pass with the number of clips as a traced size; ``check`` holds it against the encoder's own."""

    def __init__(self, encoder: PoseTransformer):
        super().__init__()
        self.encoder = encoder

    def forward(self, landmarks: torch.Tensor, valid: torch.Tensor) -> torch.Tensor:
        e = self.encoder
        flat = landmarks.flatten(2)
        seen = ~flat.isnan()
        valid = valid & seen.any(-1)
        h = e.embed(torch.where(seen, flat, e.missing)) + e.position[:, : landmarks.shape[1]]
        if e.token is not None:
            h = torch.cat([e.token.expand(landmarks.shape[0], -1, -1), h], dim=1)
            valid = F.pad(valid.to(torch.int64), (1, 0), value=1).to(torch.bool)
        for block in e.blocks:
            h = block(h, valid[:, None, None, :])
        h = e.norm(h)
        if e.token is not None:
            return h[:, 0]
        return (h * valid[..., None]).sum(1) / valid.sum(1, keepdim=True).clamp(min=1)


def export(encoder: PoseTransformer, path: Path) -> float:
    """Write the encoder, in eval mode and fp32, to ``path``; returns the largest difference that ``check`` found.

    The file appears only if it answers as torch does; else SignError.
    """
    mode, device = encoder.training, encoder.position.device
    encoder.eval().cpu()
    sizes = encoder.config
    example = torch.zeros(2, min(3, sizes.frames), sizes.landmarks, sizes.coordinates)
    axes = {name: {0: "clips", 1: "frames"} for name in ("landmarks", "valid")} | {"features": {0: "clips"}}
    try:
        with paths.atomic(Path(path)) as partial:
            with warnings.catch_warnings(), torch.no_grad():
                warnings.simplefilter("ignore")  # the tracer's doubts about sizes, which check() settles
                torch.onnx.export(
                    _Traceable(encoder).eval(), (example, torch.ones(example.shape[:2], dtype=torch.bool)), str(partial), dynamo=False,
                    opset_version=OPSET, input_names=["landmarks", "valid"], output_names=["features"], dynamic_axes=axes,
                )  # fmt: skip
            return check(encoder.eval(), partial)
    finally:
        encoder.train(mode).to(device)


@torch.no_grad()
def check(encoder: PoseTransformer, path: Path, seed: int = 0) -> float:
    """Largest difference between the ONNX file's features and those of ``encoder`` (in eval mode), in units of their root mean square.

    Compared on random clips in other numbers and lengths than the file was traced with, with missing hands, padding and a clip
    without any landmark. Raises SignError above ``TOLERANCE``, or when the file isn't a valid one.
    """
    import onnxruntime

    onnxruntime.disable_telemetry_events()  # nothing of ours goes anywhere
    sizes, rng, worst = encoder.config, np.random.default_rng(seed), 0.0
    try:
        session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        for clips, frames in ((1, sizes.frames), (5, max(1, sizes.frames // 2)), (3, 1)):
            x = rng.normal(size=(clips, frames, sizes.landmarks, sizes.coordinates)).astype(np.float32)
            x[0, : frames // 2, sizes.landmarks // 2 :] = np.nan
            valid = np.arange(frames) < rng.integers(1, frames + 1, clips)[:, None]
            if clips > 2:
                x[-1] = np.nan
            expected = encoder(torch.from_numpy(x), torch.from_numpy(valid)).numpy()
            (found,) = session.run(["features"], {"landmarks": x, "valid": valid})
            worst = max(worst, float(np.abs(found - expected).max() / np.sqrt(np.square(expected).mean())))
    except Exception as error:  # onnxruntime has no common class of its errors
        raise SignError(f"{path}: onnxruntime can't run it ({' '.join(str(error).split())[:160]}); export it again") from None
    if not worst <= TOLERANCE:
        raise SignError(f"{path}: its features differ from the encoder's by {worst:.2g} (at most {TOLERANCE:g}); it is not usable")
    return worst
