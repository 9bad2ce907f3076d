"""From a large pretraining to an encoder to pass on, and what such an encoder is worth on clips of one's own."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import yaml
from safetensors import SafetensorError
from safetensors.torch import load_file

from sslslr.clips.signs import Signs
from sslslr.errors import SignError
from sslslr.learning import weights
from sslslr.learning.training import Run, as_json
from sslslr.measures import probes
from sslslr.methods.encoder import embed
from sslslr.profiles import Profile
from sslslr.studies.evaluation import HANDMADE

RANDOM = "random encoder"


def read_card(path: Path) -> dict[str, str]:
    """A model card (YAML, a text for each part of ``weights.CARD``); raises SignError for one that leaves a part out."""
    try:
        card = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SignError(f"{path}: can't be read ({error.strerror}); expected a model card (docs/pretrained.md)") from None
    except (ValueError, RecursionError, yaml.YAMLError) as error:
        raise SignError(f"{path}: can't be read as YAML ({' '.join(str(error).split())[:120]})") from None
    lacking = [p for p in weights.CARD if not isinstance(card, dict) or not isinstance(card.get(p), str) or not card[p].strip()]
    if lacking:
        raise SignError(f"{path}: has no text for {', '.join(lacking)}; expected one for each of {', '.join(weights.CARD)}")
    return {part: card[part].strip() for part in weights.CARD}


def pass_on(trained: Path, run: Run, signs: Signs, card: dict[str, str], settings: dict) -> Path:
    """Write the encoder of the pretraining in the folder ``trained`` to its ``encoder/`` (``weights.save``); returns that.

    ``run``, ``signs``: what was trained, and on what; a few of its training clips go with the encoder, as a reference.
    """
    module = run.fitted(signs).build(len(signs.glosses))
    try:
        module.load_state_dict(load_file(trained / "weights.safetensors"))
    except (RuntimeError, SafetensorError) as error:
        raise SignError(f"{trained}: its weights can't be read ({' '.join(str(error).split())[:120]}); --again makes it anew") from None
    how = settings | {k: v for k, v in as_json(run).items() if k != "encoder"}
    return weights.save(trained / "encoder", module.encoder, weights.few(signs.part("train")), card, how)


def as_trained(encoder: weights.Encoder, profile: Profile) -> Profile:
    """The profile with clips prepared as the encoder takes them: its number of frames, and its ``input`` where it says one."""
    return replace(profile, frames=encoder.module.config.frames, input=encoder.about["settings"].get("input", profile.input))


def probe(encoder: weights.Encoder, signs: Signs, seed: int = 0) -> pd.DataFrame:
    """Linear and kNN probes (standardised features) of a frozen encoder on the test split, beside both controls without training.

    ``signs``: prepared and split. A row a model: ``top1``, ``top5`` of the linear probe and ``knn``, 0 to 1, ``test`` clips,
    ``chance``. Raises SignError for clips that the encoder can't read.
    """
    sizes = encoder.module.config
    wanted, there = (encoder.about["skeleton"], sizes.landmarks, sizes.coordinates), (signs.skeleton.name, *signs.landmarks.shape[2:])
    if wanted != there:
        raise SignError(
            f"{encoder.folder}: reads {wanted[1]} landmarks ({wanted[0]}) x {wanted[2]}; {signs.name} has {there[1]} ({there[0]}) x {there[2]}"
        )
    train, test = signs.part("train"), signs.part("test")
    random = Run(method="simclr", encoder=sizes, seed=seed).build(len(signs.glosses)).encoder.eval()
    rows = []
    for model, module in ((HANDMADE, None), (RANDOM, random), (encoder.name, encoder.module)):
        train_x, test_x = (probes.handmade(p) if module is None else embed(module, p) for p in (train, test))
        linear, knn = (probes.score(p, train_x, train.labels, test_x, test.labels) for p in ("linear", "knn"))
        rows.append({"model": model, "top1": linear["top1"], "top5": linear["top5"], "knn": knn["top1"], "test": len(test)})
    return pd.DataFrame(rows).assign(chance=1 / len(set(test.labels.tolist())))
