"""Clips a second of rendering, decoding and training on pictures, one thread; training beside a plain PyTorch masked autoencoder in turn.

``python benchmarks/video.py``: prints a table. The plain recipe is what one would write in an afternoon: a convolution that embeds all
tubelets, torch's own TransformerEncoder, targets from all of them. Both do the same work on the same clips: 16 x 96 x 96, 60 % hidden,
4 blocks of 96, batch 32, forward, backward and step. Below stands the encoder of profile ``decide``, with its convolutions. With MediaPipe
here, the last lines are what a clip costs at inference on either road.
"""

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn

from sslslr import profiles
from sslslr.datasets import synthetic
from sslslr.extract.holistic import Holistic, unavailable
from sslslr.extract.sample import moving_portrait
from sslslr.extract.video import frames, write_video
from sslslr.methods.encoder import EncoderConfig, PoseTransformer
from sslslr.studies import signrep
from sslslr.studies.corpora import ready
from sslslr.video import film, render
from sslslr.video.model import SignRep, tubelets
from sslslr.video.style import style

BATCH, MASK, WIDTH, BLOCKS, HEADS = 32, 0.6, 96, 4, 4


def per_second(what, clips: int, rounds: int) -> float:
    """Clips a second of the processor's time: the median of some rounds after a first one."""
    times = []
    for _ in range(rounds + 1):
        before = time.process_time()
        what()
        times.append(time.process_time() - before)
    return clips / float(np.median(times[1:]))


class Plain(nn.Module):
    """A masked autoencoder without ours: all tubelets embedded by a convolution, torch's encoder on the visible ones, a linear decoder."""

    def __init__(self):
        super().__init__()
        layer = nn.TransformerEncoderLayer(WIDTH, HEADS, 4 * WIDTH, 0.0, "gelu", batch_first=True, norm_first=True)
        self.embed = nn.Conv3d(3, WIDTH, (2, 16, 16), (2, 16, 16))
        self.position = nn.Parameter(torch.zeros(1, 288, WIDTH))
        self.encoder = nn.TransformerEncoder(layer, BLOCKS, enable_nested_tensor=False)
        self.decoder = nn.Linear(WIDTH, 2 * 16 * 16 * 3)

    def loss(self, pictures: torch.Tensor) -> torch.Tensor:
        """Mean squared error of the mean token's guess of every tubelet."""
        x = pictures.permute(0, 4, 1, 2, 3).float() / 127.5 - 1
        tokens = self.embed(x).flatten(2).transpose(1, 2) + self.position
        keep = torch.rand(tokens.shape[:2]).argsort(1)[:, : round(288 * (1 - MASK))]
        seen = self.encoder(tokens.gather(1, keep[..., None].expand(-1, -1, WIDTH)))
        guess = self.decoder(seen.mean(1))[:, None]
        return (guess - (tubelets(pictures, (2, 16)).float() / 127.5 - 1)).square().mean()


def training(shown: film.Film, signs, rounds: int) -> list[tuple[str, float]]:
    """Steps of ours and of the plain recipe in turn."""
    rows = np.arange(BATCH)
    pictures, x = shown.batch(rows), torch.from_numpy(np.asarray(signs.landmarks[:BATCH], np.float32))
    valid, labels, who = (
        torch.from_numpy(signs.valid[:BATCH]),
        torch.from_numpy(signs.labels[:BATCH]),
        torch.from_numpy(shown.recordings[:BATCH]),
    )
    config = EncoderConfig(blocks=BLOCKS, width=WIDTH, heads=HEADS, dropout=0.0)
    decides = signrep.run_of(profiles.load(profiles.DECIDES), 0, {}).fitted(signs).build(len(signs.glosses))
    plain, ours = Plain(), SignRep(config, len(signs.glosses), signs.skeleton, mask=MASK)
    pixels = SignRep(config, len(signs.glosses), signs.skeleton, mask=MASK, targets="pixels", variance=0.0, covariance=0.0, adversary=0.0)

    def stepping(module: nn.Module, loss) -> float:
        optimiser = torch.optim.AdamW(module.parameters(), fused=True)

        def once() -> None:
            optimiser.zero_grad(set_to_none=True)
            loss().backward()
            optimiser.step()

        return per_second(once, BATCH, rounds)

    return [
        ("train, plain PyTorch, pixels", stepping(plain, lambda: plain.loss(pictures))),
        ("train, ours, pixels", stepping(pixels, lambda: pixels.loss(pictures, x, valid, labels, who))),
        ("train, ours, all priors", stepping(ours, lambda: ours.loss(pictures, x, valid, labels, who))),
        ("train, profile decide, all priors", stepping(decides, lambda: decides.loss(pictures, x, valid, labels, who))),
    ]


def inference(shown: film.Film, signs, rounds: int) -> list[tuple[str, float]]:
    """ms a clip from pictures to a feature, and from a video's frames through MediaPipe to one."""
    model = signrep.run_of(profiles.load(profiles.DECIDES), 0, {}).fitted(signs).build(2).eval()
    with torch.no_grad():
        out = [("pictures to feature, ms", 1000 / per_second(lambda: model.embed(shown.batch(np.arange(BATCH))), BATCH, rounds))]
        pose = PoseTransformer(EncoderConfig(landmarks=len(signs.skeleton), frames=signs.frames, blocks=2, width=64, heads=4)).eval()
        x, valid = torch.from_numpy(np.asarray(signs.landmarks[:BATCH], np.float32)), torch.from_numpy(signs.valid[:BATCH])
        out.append(("landmarks to feature, ms", 1000 / per_second(lambda: pose(x, valid), BATCH, rounds)))
    if not unavailable():
        backend, clip = Holistic(), list(moving_portrait(32, 256, 1.0))
        out.append(("32 frames to landmarks (MediaPipe), ms", 1000 / per_second(lambda: backend(clip), 1, 1)))
    return out


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        profile = profiles.load("quick")
        seen = film.Camera(64)
        signs = ready(synthetic.make("gsl-like", classes=8, signers=8, clips=64, film=seen), profile)
        look = style([0, 0], 0, 0, film.SIZE * render.FINE)
        rendering = per_second(lambda: [render.render(seen.bodies[i], seen.images[i], look, film.SIZE) for i in range(16)], 16, rounds)
        shown = film.rendered(signs)
        video = write_video(Path(folder) / "clip.mp4", moving_portrait(32, 256, 1.0))
        decoding = per_second(lambda: sum(1 for _ in frames(video)), 1, rounds)
        table = [("render 16 x 96 x 96", rendering), ("decode 32 frames of 256 x 256", decoding), *training(shown, signs, rounds)]
        for name, value in table:
            print(f"{name:44}{value:10.1f} clips/s a core")
        for name, value in inference(shown, signs, rounds):
            print(f"{name:44}{value:10.1f} a clip")


if __name__ == "__main__":
    main()
