"""Runs on pictures in the run store: killed and resumed bit for bit, named by what decides them, known again from their rows."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from conftest import make_signs

from sslslr import paths
from sslslr.errors import SignError
from sslslr.learning import store
from sslslr.learning.outdated import outdated, run_of
from sslslr.methods.encoder import EncoderConfig
from sslslr.methods.priors import FRAMES
from sslslr.video import training
from sslslr.video.film import Film
from sslslr.video.training import VideoRun
from sslslr.views import ViewConfig

RUN = VideoRun(
    encoder=EncoderConfig(blocks=1, width=32, heads=2),
    epochs=3,
    batch=16,
    pixels="toy",
    options={"size": 32, "tube": (4, 16), "hidden": 16},
)


@pytest.fixture
def film(signs):
    pictures = np.random.default_rng(0).integers(0, 256, (len(signs), FRAMES, 32, 32, 3), np.uint8)
    return Film(pictures, signs.clips, np.arange(len(signs)) // 3, "toy")


def test_a_killed_run_ends_as_an_undisturbed_one(signs, film, tmp_path):
    run = RUN.fitted(signs)
    whole, rows, _ = training.train(run, signs, film=film)

    def stop(epoch):
        if epoch == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        training.train(run, signs, tmp_path / "state", stop, film=film)
    again, resumed, _ = training.train(run, signs, tmp_path / "state", film=film)
    assert resumed == rows and all(torch.equal(a, b) for a, b in zip(whole.state_dict().values(), again.state_dict().values(), strict=True))


def test_a_run_is_named_by_its_film_and_its_switches_and_known_again_from_its_row(signs, film):
    found = training.fetch(RUN, signs, film)
    said = json.loads((found.folder / "run.json").read_text())
    assert run_of(said) == replace(RUN.fitted(signs), options=said["options"]) and outdated(said, found.folder.name) == ""
    others = [replace(RUN, pixels="other"), replace(RUN, options=RUN.options | {"mask": 0.3}), replace(RUN, views=ViewConfig("boundary"))]
    names = {store.key(r.fitted(signs), signs) for r in (RUN, *others)}
    assert len(names) == 4 and {"video model 2", "video training 1", "sign priors 1"} <= set(said["versions"])
    assert [p.name for p in paths.runs().iterdir()] == [found.folder.name]


def test_boundary_views_permute_the_ends_of_the_pictures_and_nothing_else(signs, film, monkeypatch):
    seen = []
    monkeypatch.setattr(training.model.SignRep, "loss", lambda self, pictures, *_: seen.append(pictures) or self.encoder.position.sum())
    numbered = np.broadcast_to(np.arange(FRAMES, dtype=np.uint8)[None, :, None, None, None], film.pictures.shape)
    for views in ("none", "boundary"):
        training.train(replace(RUN, views=ViewConfig(views), epochs=1).fitted(signs), signs, film=replace(film, pictures=numbered))
    plain, mixed = (torch.cat(part)[:, :, 0, 0, 0].int() for part in (seen[: len(seen) // 2], seen[len(seen) // 2 :]))
    assert (plain == torch.arange(FRAMES)).all()
    assert (mixed[:, 5:12] == torch.arange(5, 12)).all() and (mixed.sort(1).values == torch.arange(FRAMES)).all()
    assert (mixed[:, :5] != torch.arange(5)).any() and (mixed[:, 12:] != torch.arange(12, 16)).any()


def test_features_have_a_row_a_clip_and_the_module_s_mode_is_put_back(signs, film):
    module = RUN.fitted(signs).build(4).train()
    steps, active = training.embed(module, film, np.array([3, 1, 2]), batch=2)
    assert steps.shape == (3, 4, 32) and active.shape == (3, 4) and module.training
    alone, _ = training.embed(module, film, np.array([1]))
    assert np.allclose(steps[1], alone[0], atol=1e-5)


def test_another_film_and_wrong_words_are_named(signs, film):
    with pytest.raises(SignError, match="a run on the film 'toy' was given 'else'"):
        training.fetch(RUN, signs, replace(film, name="else"))
    with pytest.raises(SignError, match="no pictures of"):
        training.fetch(RUN, replace(make_signs(), clips=np.array([f"x{i}" for i in range(60)])), film)
    with pytest.raises(SignError, match="views 'strong' of pictures"):
        replace(RUN, views=ViewConfig("strong"))
    with pytest.raises(SignError, match=r"video: .*colour"):
        replace(RUN, options={"colour": 1}).fitted(signs).build(4)
