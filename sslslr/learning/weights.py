"""Trained encoders to keep and to pass on: weights, configuration, model card and a reference that loading is held against.

A folder holds ``encoder.safetensors``, ``about.json``, ``README.md`` (the model card) and ``reference.safetensors``: a few
clips and the features that the encoder gave for them where it was saved. ``sslslr weights`` lists those that ship
with the project (``data/encoders``); ``sslslr weights FOLDER`` loads one and says whether it answers as it did.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from sslslr import paths
from sslslr.clips.signs import Signs
from sslslr.clips.skeleton import SKELETONS
from sslslr.errors import SignError
from sslslr.methods.encoder import EncoderConfig, PoseTransformer
from sslslr.provenance import provenance

SHIPPED = paths.ROOT / "data" / "encoders"
CARD = ("what", "data", "licence", "intended", "limits", "missing")  # what a model card must say
TITLES = {
    "what": "What it is",
    "data": "Data it was trained on",
    "licence": "Licence of the data",
    "intended": "Intended use",
    "limits": "Limits",
    "missing": "Who is missing from the data",
}
TOLERANCE = 1e-3  # largest difference of a feature, in units of the features' root mean square: other processors, not other weights


@dataclass(frozen=True, eq=False)
class Encoder:
    """A loaded encoder: ``module`` in eval mode, ``about`` (configuration, card, settings of its training), its ``folder``."""

    module: PoseTransformer
    about: dict
    folder: Path

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def skeleton(self):
        """The landmark layout that it reads."""
        return SKELETONS[self.about["skeleton"]]


def save(folder: Path, encoder: PoseTransformer, reference: Signs, card: dict[str, str], settings: dict | None = None) -> Path:
    """Write a frozen encoder to ``folder``; returns it.

    ``reference``: a few prepared clips (T, J, C as the encoder takes them) whose features are stored; they become part of what is
    passed on. ``card``: a text for each of ``CARD``. ``settings``: plain values of how it was trained.
    Stored as float16, which both sides of the comparison read. Raises SignError for a card that leaves something out and for features that are not finite.
    """
    folder = Path(folder)
    if lacking := [part for part in CARD if not card.get(part, "").strip()]:
        raise SignError(f"{folder}: the model card says nothing about {', '.join(lacking)}; an encoder is not passed on without")
    landmarks, valid = torch.from_numpy(np.asarray(reference.landmarks, np.float16)), torch.from_numpy(reference.valid)
    features = _features(encoder, landmarks, valid)
    if not features.isfinite().all():
        raise SignError(f"{folder}: the encoder's features of the reference clips are not finite; it is not saved")
    about = {
        "encoder": asdict(encoder.config),
        "skeleton": reference.skeleton.name,
        "card": card,
        "settings": settings or {},
        "made": provenance(),
    }
    with paths.atomic(folder / "encoder.safetensors") as partial:
        save_file({k: v.cpu().contiguous() for k, v in encoder.state_dict().items()}, partial)
    with paths.atomic(folder / "reference.safetensors") as partial:
        save_file({"landmarks": landmarks, "valid": valid, "features": features}, partial)
    paths.write_text(folder / "README.md", write_card(folder.name, about))
    about["files"] = paths.digests(folder, "encoder.safetensors", "reference.safetensors")
    paths.write_json(folder / "about.json", about, sealed=True)
    return folder


def write_card(name: str, about: dict) -> str:
    """The model card as Markdown."""
    sizes = about["encoder"]
    head = f"# {name}\n\n{sizes['blocks']} blocks x {sizes['width']}, {sizes['heads']} heads; {sizes['landmarks']} landmarks ({about['skeleton']}) x "
    head += f"{sizes['coordinates']} coordinates, up to {sizes['frames']} frames in, {sizes['width']} values a clip out.\n\n"
    head += f"```python\nfrom sslslr import weights\n\nencoder = weights.load({name!r}).module\n```\n"
    parts = [f"## {title}\n\n{about['card'][part]}\n" for part, title in TITLES.items()]
    settings = "\n".join(f"- {k}: {json.dumps(v)}" for k, v in about["settings"].items())
    return "\n".join([head, *parts, *([f"## How it was trained\n\n{settings}\n"] if settings else [])])


def shipped() -> list[str]:
    """Names of the encoders that come with the project."""
    return sorted(p.parent.name for p in SHIPPED.glob("*/about.json"))


def load(name: str | Path) -> Encoder:
    """The encoder of a folder, or the shipped one of that name, probed once against what it gave when it was saved.

    Raises SignError when there is none, when a file is not as it was written or they don't belong together, and when its features of the reference clips
    differ by more than ``TOLERANCE``: then these are not the weights, or not the code, that were saved.
    """
    folder = paths.at(name)
    if not (folder / "about.json").is_file():
        folder = SHIPPED / str(name)
    try:
        about = paths.read_json(folder / "about.json")
        if not (isinstance(about, dict) and isinstance(about.get("files", {}), dict)):
            raise ValueError("about.json does not say what they are")
        paths.unchanged(folder, about.get("files", {}))
        card = about["card"]
        if not isinstance(about["settings"], dict) or any(not card[part].strip() for part in CARD) or about["skeleton"] not in SKELETONS:
            raise ValueError("about.json says too little of its card, its settings or its landmarks")
        config, state = EncoderConfig(**about["encoder"]), load_file(folder / "encoder.safetensors")
        blocks = {name.split(".")[1] for name in state if name.startswith("blocks.")}
        sizes = (*state["embed.1.weight"].shape, state["position"].shape[1], len(blocks))
        if sizes != (config.width, config.landmarks * config.coordinates, config.frames, config.blocks):
            raise ValueError(f"the weights are of other sizes than about.json says: {sizes}")  # before any memory is asked for
        module = PoseTransformer(config)
        module.load_state_dict(state)
        reference = load_file(folder / "reference.safetensors")
        expected, found = reference["features"], _features(module, reference["landmarks"], reference["valid"])
    except FileNotFoundError as error:
        lost = Path(error.filename or folder).name
        if (inside := paths.at(name) / "encoder" / "about.json").is_file():
            raise SignError(f"encoder {name}: is a pretraining; its encoder is {inside.parent}") from None
        raise SignError(
            f"encoder {name}: no {lost} is there; expected a folder made by sslslr.learning.weights.save, or one of {', '.join(shipped())}"
        ) from None
    except PermissionError:
        raise
    except (SignError, OSError, ValueError, KeyError, TypeError, AttributeError, RuntimeError, SafetensorError) as error:
        raise SignError(f"{folder}: its files don't make an encoder ({' '.join(str(error).split())[:160]}); fetch it again") from None
    apart = float((found - expected).abs().max() / expected.square().mean().sqrt()) if found.shape == expected.shape else float("inf")
    if not apart <= TOLERANCE:
        raise SignError(
            f"{folder}: on the reference clips the encoder differs by {apart:.2g} (at most {TOLERANCE:g}): other weights, or other code, than were saved"
        )
    return Encoder(module.eval(), about, folder)


@torch.no_grad()
def _features(encoder: PoseTransformer, landmarks: torch.Tensor, valid: torch.Tensor) -> torch.Tensor:
    mode, device = encoder.training, encoder.position.device
    encoder.eval()
    features = encoder(landmarks.float().to(device), valid.to(device)).float().cpu().contiguous()
    encoder.train(mode)
    return features


def few(signs: Signs, clips: int = 4) -> Signs:
    """Reference clips: ``clips`` of them, spread over the data set, among them its shortest one."""
    index = np.linspace(0, len(signs) - 1, max(1, clips - 1)).astype(int)
    return signs.subset(np.unique([*index, int(np.argmin(signs.lengths))]))
