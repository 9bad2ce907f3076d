"""The comparison is fair: same settings for all, rates from validation signers alone, nothing computed from test data."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from conftest import make_signs

from sslslr import profiles
from sslslr.claims import own
from sslslr.measures import probes
from sslslr.measures.statistics import claims, holm
from sslslr.methods import METHODS
from sslslr.methods.encoder import EncoderConfig, PoseTransformer
from sslslr.methods.lightly import NTXentLoss
from sslslr.methods.simsiam import simsiam_loss
from sslslr.report import tables
from sslslr.studies import comparison, controls, evaluation, reuse, timing
from sslslr.studies.corpora import split
from sslslr.studies.jobs import ask
from sslslr.studies.jobs import rows as rows_of


@pytest.fixture
def profile():
    small = {"blocks": 1, "width": 16, "heads": 2}
    return replace(profiles.load("smoke"), epochs=1, repeats=2, encoder=small, batch=32)


def unsplit(seed=0, name="toy"):
    signs = make_signs(72, signers=6, seed=seed)
    return replace(signs, name=name, split=np.full(72, ""))


def test_all_methods_share_everything_but_method_rate_and_options(profile):
    methods = {m: {"rate": 1e-3 * (i + 1)} for i, m in enumerate(comparison.METHODS)} | {"moco": {"rate": 0.5, "queue": 16}}
    profile = replace(profile, methods=methods)
    runs = [comparison.run_of(m, v, profile, 1) for m in comparison.METHODS for v in comparison.VIEW_SETS]
    assert len({str(evaluation.as_settings(r)) for r in runs}) == 1 and {r.seed for r in runs} == {1}
    assert {(r.method, r.optimiser.rate) for r in runs} == {(m, s["rate"]) for m, s in methods.items()}
    assert {m: o for r in runs for m, o in [(r.method, r.options)]} == {m: {"queue": 16} if m == "moco" else {} for m in methods}
    assert str(evaluation.as_settings(replace(runs[0], batch=7))) != str(evaluation.as_settings(runs[0]))


def test_a_method_that_no_profile_knows_has_the_optimiser_s_rate(profile, monkeypatch):
    monkeypatch.setitem(METHODS, "mine", METHODS["simclr"])
    run = comparison.run_of("mine", "strong", profile, 0)
    assert run.optimiser.rate == profile.optimiser["rate"] and run.options == {}


def test_all_methods_start_from_the_same_encoder(profile):
    runs = [comparison.run_of(m, "boundary", profile, 3) for m in comparison.METHODS]
    weights = [r.build(4).encoder.state_dict() for r in runs]
    assert all(torch.equal(w[k], weights[0][k]) for w in weights for k in w)


def test_choosing_looks_at_no_test_clip(profile):
    signs = unsplit()
    parts = replace(signs, split=np.repeat(["train", "val", "test"], 24))
    spoiled = parts.landmarks.copy()
    spoiled[parts.split == "test"] = 7.0
    rows = [
        evaluation.evaluate(comparison.run_of("simclr", "boundary", profile, 0), s, part="val")
        for s in (parts, replace(parts, landmarks=spoiled))
    ]
    assert rows[0] == rows[1]


def test_the_study_has_every_cell_with_its_controls(profile):
    asked = comparison.jobs(profile, {"toy": unsplit()}, methods=("simclr", "slfpn"))
    rows = rows_of(asked, ask(asked, 1))
    cells = rows.groupby(["model", "views"]).size()
    assert (cells == 2).all() and len(cells) == 3 + 2 * 5
    assert {"hand-made features", "random encoder", "supervised from scratch"} <= set(rows["model"])
    for row in rows.to_dict("records"):  # what an interval must know: who is held out, of how many, and how much is shared
        held = next(j.signs for j in asked if j.place["repeat"] == row["repeat"])
        parts = held.split
        assert row["held_out"].split(", ") == sorted(set(held.signers[parts == "test"].tolist()))
        assert (row["group"], row["signers"]) == (row["repeat"], 6)
        assert row["test_to_train"] == pytest.approx((parts == "test").sum() / (parts == "train").sum(), abs=1e-4)
    table = controls.table(rows, by=("corpus", "model", "views"))
    wide = tables.wide(table, ["model", "views"], "corpus")
    assert len(wide) == len(cells) and wide["toy"].str.contains("±").all()
    few = rows[rows["views"] == "boundary"].pivot(index="repeat", columns="model", values="linear_standardised_top1")
    found = claims(
        rows[rows["views"] == "boundary"],
        [{"corpus": "toy", "a": "SL-FPN", "b": "SimCLR"}],
        "model",
        ["repeat"],
        "linear_standardised_top1",
    )
    assert found["points"][0] == pytest.approx((few["SL-FPN"] - few["SimCLR"]).mean()) and found["n"][0] == 2


def test_what_e1_and_e2_compare_has_all_the_runs_that_they_plan(profile):
    """SL-FPN+ is no row of the paper's table; the claims of our own need it, and more seeds of what they compare than of the rest."""
    primary = replace(profile, table1={"corpora": ["toy"], "repeats": 2, "primary": {"toy": 5}})
    asked = comparison.jobs(primary, {"toy": unsplit(), "other": unsplit()})
    times = Counter((j.place["model"], j.place["views"]) for j in asked)
    compared = {(m, v) for m in own.ASKED for v in ("boundary", "strong", "strong_boundary", "none")}
    assert {c for c, n in times.items() if n == 5} == compared | {("random encoder", "control")}, "with what they are held against"
    assert set(times.values()) == {2, 5} and {j.place["corpus"] for j in asked} == {"toy"}
    assert {("VICReg", "strong"), ("SL-FPN+", "classical"), ("MoCo v2", "boundary"), ("random encoder", "control")} < set(times)


@pytest.mark.parametrize("dataset", ["isl-kinect", "thai-leap", "synthetic"])
def test_the_profile_that_decides_asks_for_the_runs_that_e1_and_e2_plan(dataset):
    decide, (n, seeds) = profiles.load("decide"), own.PRIMARY.at(dataset)
    many = [decide.table1["primary"][c] for c in ([dataset] if dataset != "synthetic" else decide.table1["corpora"])]
    signers = {"isl-kinect": 10, "thai-leap": 9, "synthetic": 20}[dataset]
    assert set(many) == {n * seeds} and n == min(decide.folds, signers)


def test_nt_xent_is_what_its_equation_says():
    torch.manual_seed(0)
    a, b = torch.nn.functional.normalize(torch.randn(2, 5, 8), dim=-1)
    z, total = torch.cat([a, b]), 0.0
    for i in range(10):
        similar = torch.tensor([float(z[i] @ z[k]) / 0.5 for k in range(10)])
        total -= similar[(i + 5) % 10] - torch.logsumexp(similar[torch.arange(10) != i], 0)
    assert NTXentLoss(0.5)(a, b).item() == pytest.approx(total.item() / 10, rel=1e-5)


def test_simsiam_stops_the_gradient_of_the_target():
    z1, z2 = (torch.randn(6, 8).requires_grad_() for _ in range(2))
    loss = simsiam_loss(z1, z2, lambda z: z)
    expected = -torch.nn.functional.cosine_similarity(z1, z2).mean()
    assert loss.item() == pytest.approx(expected.item(), rel=1e-6)
    plain = torch.autograd.grad(expected, z1)[0]
    torch.testing.assert_close(torch.autograd.grad(loss, z1)[0], plain / 2)  # half of the symmetric gradient: the other is stopped


@pytest.mark.parametrize("name", ["moco", "byol"])
def test_the_teacher_follows_slowly_has_no_gradient_and_ends_in_the_store(name):
    model = METHODS[name](PoseTransformer(EncoderConfig(frames=8, blocks=1, width=16, heads=2)), momentum=0.9)
    model.train()
    start = model.teacher.encoder.norm.weight.clone()
    with torch.no_grad():
        model.encoder.norm.weight.add_(1.0)
    x, valid = torch.randn(8, 8, 75, 2), torch.ones(8, 8, dtype=torch.bool)
    model.loss(x, x, x, valid, None).backward()
    torch.testing.assert_close(model.teacher.encoder.norm.weight, start + 0.1)
    assert all(p.grad is None for p in model.teacher.parameters()) and model.encoder.blocks[0].qkv.weight.grad.abs().sum() > 0
    assert any(k.startswith("teacher.") for k in model.state_dict())


def moco(**options):
    torch.manual_seed(0)
    return METHODS["moco"](PoseTransformer(EncoderConfig(frames=8, blocks=1, width=16, heads=2, dropout=0.0)), **options).train()


def test_moco_s_negatives_are_past_batches_of_other_clips():
    torch.manual_seed(1)
    model, x, valid = moco(queue=16), torch.randn(4, 8, 75, 2), torch.ones(4, 8, dtype=torch.bool)
    seen, term = [], model.term
    model.term = lambda *a: seen.append(model.bank.clone()) or term(*a)
    model.clips = np.array([5, 6, 7, 8])
    before = model.bank.clone()
    model.loss(x, x, x, valid, None)
    assert all(torch.equal(bank, before) for bank in seen), "a key of this batch among the negatives of its second term"
    assert model.owner[:8].tolist() == [5, 6, 7, 8, 5, 6, 7, 8] and model.place == 8 and not torch.equal(model.bank, before)
    q = torch.nn.functional.normalize(torch.randn(1, 128), dim=1)
    own, other = (model.term(q, q, torch.tensor([c])) for c in (5, 99))
    logits = (torch.cat([q @ q.T, (q @ model.bank.T)[:, model.owner != 5]], 1) / model.temperature).squeeze()
    assert own.item() == pytest.approx((logits.logsumexp(0) - logits[0]).item(), rel=1e-5) and own < other


def test_moco_s_queue_goes_round_and_a_batch_larger_than_it_fills_it():
    model = moco(queue=3)
    model.enqueue(torch.eye(5, 128), torch.arange(5))
    assert model.owner.tolist() == [2, 3, 4] and model.place == 0
    model.enqueue(torch.eye(2, 128), torch.tensor([7, 8]))
    assert model.owner.tolist() == [7, 8, 4] and torch.equal(model.bank[:2], torch.eye(2, 128))


def test_the_teacher_stands_still_at_the_end():
    model = METHODS["byol"](PoseTransformer(EncoderConfig(frames=8, blocks=1, width=16, heads=2)), momentum=0.9)
    start = model.teacher.encoder.norm.weight.clone()
    with torch.no_grad():
        model.encoder.norm.weight.add_(1.0)
    model.teacher.follow(model, 1.0)
    torch.testing.assert_close(model.teacher.encoder.norm.weight, start)
    model.teacher.follow(model, 0.5)
    torch.testing.assert_close(model.teacher.encoder.norm.weight, start + 0.05)


def test_the_supervised_control_learns_on_the_views():
    torch.manual_seed(0)
    model = METHODS["supervised"](PoseTransformer(EncoderConfig(frames=8, blocks=1, width=16, heads=2, dropout=0.0)), 3).eval()
    x, other, valid, labels = torch.randn(6, 8, 75, 2), torch.randn(6, 8, 75, 2), torch.ones(6, 8, dtype=torch.bool), torch.arange(6) % 3
    expected = [torch.nn.functional.cross_entropy(model.output(v, valid), labels) for v in (x, other)]
    torch.testing.assert_close(model.loss(torch.full_like(x, 7.0), x, other, valid, labels), sum(expected) / 2)


def test_holm_against_the_example_worked_by_hand():
    np.testing.assert_allclose(holm([0.01, 0.04, 0.03, 0.005]), [0.03, 0.06, 0.06, 0.02])
    assert holm([0.6, 0.9]).max() == 1.0


def test_a_difference_is_undecided_unless_its_interval_leaves_out_zero():
    rng = np.random.default_rng(0)
    base = rng.normal(0.5, 0.05, 8)
    rows = pd.concat([
        pd.DataFrame({"repeat": range(8), "model": "base", "y": base}),
        pd.DataFrame({"repeat": range(8), "model": "above", "y": base + 0.1 + rng.normal(0, 0.01, 8)}),
        pd.DataFrame({"repeat": range(8), "model": "same", "y": base + rng.normal(0, 0.05, 8)}),
        pd.DataFrame({"repeat": range(8), "model": "below", "y": base - 0.1 + rng.normal(0, 0.01, 8)}),
    ])  # fmt: skip
    found = claims(rows, [{"a": m, "b": "base"} for m in ("above", "same", "below")], "model", ["repeat"], "y")
    assert list(found["verdict"]) == ["better", "undecided", "worse"]
    alone = claims(rows[rows["repeat"] == 0], [{"a": "above", "b": "base"}], "model", ["repeat"], "y")
    assert alone["verdict"][0] == "undecided" and alone["n"][0] == 1


def test_thirty_percent_of_the_labels_are_thirty_percent_and_the_encoder_stays(profile, monkeypatch):
    signs = {"toy": unsplit()}
    seen = []
    monkeypatch.setattr(probes, "score", lambda *a, **_: seen.append(len(a[2])) or {"top1": 0.5, "top5": 0.5})
    asked = reuse.few_label_jobs(profile, signs, draws=2)
    rows = reuse.few_label_rows(asked, ask(asked, 1))
    train = rows[(rows["share"] == 1) & (rows["model"] == "SL-FPN")]["labels"].iloc[0]
    at30 = rows[rows["share"] == 0.3]
    assert at30["labels"].unique()[0] == pytest.approx(0.3 * train, abs=4) and set(at30["draws"]) == {1, 2}
    assert set(seen) == set(rows["labels"])


def test_transfer_probes_the_other_corpus_and_is_empty_without_one(profile):
    assert reuse.transfer_jobs(profile, {"isl-kinect": unsplit()}) == []
    corpora = {"lsfb-like": unsplit(1, "lsfb-like"), "lsa-like": unsplit(2, "lsa-like")}
    asked = reuse.transfer_jobs(replace(profile, repeats=1), corpora)
    rows = rows_of(asked, ask(asked, 1))
    assert set(rows["model"]) == {*comparison.TITLES.values(), *comparison.CONTROLS, reuse.SUPERVISED_THERE}
    random = rows[rows["model"] == "random encoder"]["top1"].iloc[0]
    direct = evaluation.evaluate(comparison.control_of("random encoder", profile, 0), split(corpora["lsa-like"], profile, 0)[0])
    assert random == pytest.approx(direct["linear_standardised_top1"]), "a random encoder saw no source"


def test_every_method_is_timed_on_the_same_batches(profile):
    signs = split(unsplit(), profile, 0)[0]
    deeper = replace(profile, encoder=profile.encoder | {"blocks": 3})  # of one block so little is computed that heads count
    rows = timing.study(deeper, signs, rounds=2)
    assert len(rows) == 2 * len(comparison.METHODS) and (rows["ms"] > 0).all()
    flops = rows.groupby("model")["gflop"].first()
    assert flops["SL-FPN"] == pytest.approx(1.5 * flops["SimSiam"], rel=0.2), "three passes against two; heads apart"
    assert flops["SimSiam"] < flops["BYOL"] < flops["SL-FPN"], "two more passes without gradient against one with"
    kept = rows.groupby("model")["kept_mb"].first()
    assert kept["SL-FPN"] > 1.3 * kept["SimSiam"] and kept["BYOL"] == pytest.approx(kept["SimSiam"], rel=0.1)
