"""An encoder that is passed on answers as it did, or is refused; ONNX says what torch says."""

import json

import numpy as np
import pytest
import torch
from conftest import make_signs
from safetensors.torch import load_file, save_file

from sslslr import paths, profiles
from sslslr.commands import main
from sslslr.errors import SignError
from sslslr.learning import export, weights
from sslslr.learning.outdated import outdated
from sslslr.methods.encoder import EncoderConfig, PoseTransformer, embed

CARD = dict.fromkeys(weights.CARD, "Said.")


def tiny(pool="class", seed=0) -> PoseTransformer:
    torch.manual_seed(seed)
    return PoseTransformer(EncoderConfig(frames=12, blocks=1, width=16, heads=2, pool=pool))


@pytest.fixture
def folder(tmp_path, signs):
    return weights.save(tmp_path / "mine", tiny().train(), weights.few(signs), CARD, {"epochs": 3})


def test_a_saved_encoder_comes_back_with_its_card_and_its_features(folder, signs):
    loaded = weights.load(folder)
    assert np.array_equal(embed(loaded.module, signs), embed(tiny(), signs)) and not loaded.module.training
    assert loaded.skeleton is signs.skeleton and loaded.about["settings"] == {"epochs": 3}
    text = (folder / "README.md").read_text()
    assert all(f"## {title}" in text for title in weights.TITLES.values())


def test_a_card_that_leaves_out_who_is_missing_is_refused(tmp_path, signs):
    with pytest.raises(SignError, match="missing"):
        weights.save(tmp_path / "mine", tiny(), weights.few(signs), CARD | {"missing": " "})
    assert not (tmp_path / "mine").exists()


def test_other_weights_are_refused_and_rounding_is_not_where_there_is_no_hash(folder):
    path = folder / "encoder.safetensors"
    stored = load_file(path)
    about = paths.read_json(folder / "about.json")
    about.pop("files")  # as of encoders that were saved before there were hashes
    paths.write_json(folder / "about.json", about)
    save_file({k: v * (1 + 1e-6) for k, v in stored.items()}, path)
    weights.load(folder)
    stored["norm.weight"][0] += 0.1
    save_file(stored, path)
    with pytest.raises(SignError, match="other weights"):
        weights.load(folder)
    stored["norm.weight"][0] = float("nan")
    save_file(stored, path)
    with pytest.raises(SignError, match="other weights"):
        weights.load(folder)


@pytest.mark.parametrize("harm", ["lost", "cut", "sizes", "nothing"])
def test_files_that_do_not_belong_together_are_one_line(folder, harm, capsys):
    if harm == "lost":
        (folder / "reference.safetensors").unlink()
    elif harm == "cut":
        (folder / "encoder.safetensors").write_bytes((folder / "encoder.safetensors").read_bytes()[:100])
    elif harm == "sizes":
        about = json.loads((folder / "about.json").read_text())
        about["encoder"]["width"] = 32
        (folder / "about.json").write_text(json.dumps(about))
    assert main(["weights", str(folder if harm != "nothing" else folder / "nowhere")]) == 2
    told = capsys.readouterr().err
    assert told.startswith("sslslr: ") and told.count("\n") == 1


@pytest.mark.parametrize(
    "change, said",
    [
        ({"files": True}, "about.json does not say"),
        ({"heads": 0}, "heads 0: expected"),
        ({"blocks": 10**19}, "of other sizes than about.json says"),
        ({"width": 10**6}, "of other sizes than about.json says"),
        ({"frames": 10**12}, "of other sizes than about.json says"),
    ],
)
def test_what_about_json_says_is_held_against_the_weights_before_anything_is_built(folder, change, said, monkeypatch):
    about = {k: v for k, v in json.loads((folder / "about.json").read_text()).items() if k not in ("files", paths.SEAL)}
    sizes = {k: v for k, v in change.items() if k in about["encoder"]}
    (folder / "about.json").write_text(json.dumps(about | change | {"encoder": about["encoder"] | sizes}))
    monkeypatch.setattr(weights, "PoseTransformer", lambda _: pytest.fail("it was built"))
    with pytest.raises(SignError, match=said):
        weights.load(folder)
    (folder / "about.json").write_text("true")
    with pytest.raises(SignError, match=r"about\.json does not say"):
        weights.load(folder)


@pytest.mark.parametrize("lost", ["settings", "card", "skeleton", "card what", "card empty"])
def test_an_encoder_that_says_too_little_of_itself_is_one_line(folder, lost, capsys):
    about = paths.read_json(folder / "about.json")
    name, _, part = lost.partition(" ")
    about |= {name: about[name] | {"what": ""}} if part == "empty" else {}
    about = {
        k: ({p: t for p, t in v.items() if p != part} if k == name and part == "what" else v) for k, v in about.items() if part or k != name
    }
    paths.write_json(folder / "about.json", about, sealed=True)
    for words in (["weights", str(folder)], ["probe", str(folder), "--profile", "smoke"]):
        assert main(words) == 2
        told = capsys.readouterr().err
        assert told.count("\n") == 1 and "its files don't make an encoder" in told


def test_a_pretrainings_folder_leads_to_its_encoder(folder, tmp_path, capsys):
    folder.rename(tmp_path / "encoder")
    assert main(["weights", str(tmp_path)]) == 2
    assert f"is a pretraining; its encoder is {tmp_path / 'encoder'}" in capsys.readouterr().err


def test_a_weight_that_differs_in_its_last_bit_is_refused_by_its_hash(folder):
    path = folder / "encoder.safetensors"
    data = bytearray(path.read_bytes())
    data[-4] ^= 1
    path.write_bytes(data)
    with pytest.raises(SignError, match=r"encoder.safetensors is not as it was written"):
        weights.load(folder)


@pytest.mark.parametrize("name", weights.shipped())
def test_every_shipped_encoder_answers_as_when_it_was_saved(name):
    encoder = weights.load(name)
    assert all(encoder.about["card"][part] for part in weights.CARD)
    assert {"corpus", "sizes", "frames"} <= set(encoder.about["settings"]) and len(encoder.about["files"]) == 2


@pytest.mark.parametrize("name", weights.shipped())
def test_no_shipped_encoder_is_older_than_the_code(name):
    settings = weights.load(name).about["settings"]
    assert not outdated(settings["made"], settings["run"]), "python tools/encoders.py makes them anew"
    assert settings["profile"] == profiles.DECIDES


def test_the_shipped_encoders_are_a_few_megabytes():
    assert weights.shipped()
    assert sum(p.stat().st_size for p in weights.SHIPPED.rglob("*") if p.is_file()) < 8e6


@pytest.mark.parametrize("pool", ["class", "mean"])
def test_onnx_says_what_torch_says_for_any_number_of_clips_and_frames(tmp_path, pool):
    encoder = tiny(pool).train()
    assert export.export(encoder, tmp_path / "e.onnx") <= export.TOLERANCE
    assert encoder.training, "the mode is put back"
    import onnxruntime

    session = onnxruntime.InferenceSession(str(tmp_path / "e.onnx"))
    signs = make_signs(7)
    (found,) = session.run(None, {"landmarks": signs.landmarks, "valid": signs.valid})
    assert np.allclose(found, embed(encoder, signs), atol=1e-5)
    with pytest.raises(SignError, match="differ"):
        export.check(tiny(pool, seed=1), tmp_path / "e.onnx")


def test_a_file_that_is_not_onnx_is_one_line(tmp_path, capsys):
    (tmp_path / "e.onnx").write_text("hello")
    with pytest.raises(SignError, match="can't run it"):
        export.check(tiny(), tmp_path / "e.onnx")
    assert main(["export", "nowhere", str(tmp_path / "x.onnx")]) == 2
    assert capsys.readouterr().err.count("\n") == 1 and not (tmp_path / "x.onnx").exists()
