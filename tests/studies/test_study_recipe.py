"""SL-FPN+: its terms against lightly's, its parts off; the search never sees a test signer; the targets say what they mean."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from conftest import make_signs

from sslslr import profiles
from sslslr.errors import SignError
from sslslr.methods.encoder import EncoderConfig, PoseTransformer
from sslslr.methods.lightly import VICRegLoss
from sslslr.methods.slfpn import SLFPN
from sslslr.methods.slfpn_plus import SLFPNPlus, covariance_term, variance_term
from sslslr.studies import evaluation, recipe
from sslslr.studies.jobs import ask
from sslslr.views import VIEWS
from sslslr.views import strong as recipe_views


def small(kind=SLFPNPlus, **options):
    torch.manual_seed(0)
    return kind(PoseTransformer(EncoderConfig(frames=12, blocks=1, width=16, heads=2, dropout=0.0)), projection=8, hidden=4, **options)


def batch(signs):
    x, valid = torch.from_numpy(signs.landmarks), torch.from_numpy(signs.valid)
    return x, x * 1.1, x - 0.1, valid, None


@pytest.fixture
def profile():
    return replace(profiles.load("smoke"), epochs=1, supervised_epochs=1, repeats=2, encoder={"blocks": 1, "width": 16, "heads": 2})


def test_variance_and_covariance_are_vicreg_s_as_lightly_has_them():
    torch.manual_seed(0)
    a, b = torch.randn(12, 7) * 0.4, torch.randn(12, 7) @ torch.randn(7, 7)
    spread = VICRegLoss(lambda_param=0.0, mu_param=1.0, nu_param=0.0)(a, b)  # lightly halves the sum over the two views
    assert (variance_term(a) + variance_term(b)).item() / 2 == pytest.approx(spread.item(), rel=1e-5)
    apart = VICRegLoss(lambda_param=0.0, mu_param=0.0, nu_param=1.0)(a, b)
    assert (covariance_term(a) + covariance_term(b)).item() == pytest.approx(apart.item(), rel=1e-5)


def test_with_every_part_off_it_is_slfpn(signs):
    plain, off = small(SLFPN), small(variance=0.0, covariance=0.0)
    assert off.loss(*batch(signs)).item() == pytest.approx(plain.loss(*batch(signs)).item(), rel=1e-6)


def test_the_terms_hold_a_constant_output_apart(signs):
    for model, alive in ((small(variance=0.0, covariance=0.0), False), (small(), True)):
        model.eval()
        for part in model.projection[-1].parameters():
            part.data.zero_()
        torch.nn.init.normal_(model.projection[-1].weight, std=1e-3)
        model.loss(*batch(signs)).backward()
        assert (model.projection[-1].weight.grad.abs().max() > 1e-2) == alive


def test_still_moves_only_the_first_view_and_the_predicted_original():
    model = small(still=True, variance=0.0, covariance=0.0).eval()
    z1, z2, zo = (torch.randn(6, 8, requires_grad=True) for _ in range(3))
    model.pull(z1, z2, zo).backward()
    assert z2.grad is None and z1.grad.abs().max() > 0 and zo.grad.abs().max() > 0
    expected = 2 * ((z1 - z2) + (z1 - zo)) / z1.numel()
    torch.testing.assert_close(z1.grad, expected.detach())


def test_a_second_original_passes_and_output_batchnorm_fixes_the_scale(signs):
    seen = []
    model = small(second_original=True)
    model.encoder.register_forward_hook(lambda _, inputs, out: seen.append(len(out)))
    model.loss(*batch(signs))
    assert sum(seen) == 4 * len(signs)
    model = small(output_batchnorm=True).train()
    z = model.head(torch.randn(64, 16) * 1e-3)
    torch.testing.assert_close(z.var(0, unbiased=False), torch.ones(8), atol=0.2, rtol=0)


def test_what_makes_no_sense_is_refused():
    for options in ({"original": False}, {"still": True, "reading": "view1-to-view2"}):
        with pytest.raises(SignError, match="default reading"):
            small(**options)


@pytest.mark.parametrize("coordinates", [2, 3])
def test_recipe_views_keep_padding_missing_landmarks_and_the_original(coordinates):
    signs = make_signs()
    x = torch.from_numpy(np.concatenate([signs.landmarks, signs.landmarks[..., :1]], -1)[..., :coordinates]).contiguous()
    lengths, before = torch.from_numpy(signs.lengths), None
    for name in ("turn", "paced", "bounded"):
        before = x.clone()
        out = VIEWS[name](x, lengths, torch.Generator().manual_seed(0), 1 / 3, 1 / 4)
        torch.testing.assert_close(x, before, equal_nan=True)
        beyond = torch.arange(x.shape[1]) >= lengths[:, None]
        assert out[beyond].isnan().all() and out.shape == x.shape and out.dtype == x.dtype
        seen = ~out.isnan().all(-1)
        assert seen[:, 0, :33].all(), "a landmark that is always there is there in the view"


def test_masks_hide_what_they_say_and_leave_the_original_alone():
    signs = make_signs()
    x, lengths = torch.from_numpy(signs.landmarks), torch.from_numpy(signs.lengths)
    lower = list(signs.skeleton.lower)
    for name in ("masked_frames", "masked_landmarks", "legless"):
        before = x.clone()
        out = VIEWS[name](x, lengths, torch.Generator().manual_seed(0), 1 / 3, 1 / 4)
        torch.testing.assert_close(x, before, equal_nan=True)
        torch.testing.assert_close(out, VIEWS[name](x, lengths, torch.Generator().manual_seed(0), 1 / 3, 1 / 4), equal_nan=True)
        inside = torch.arange(x.shape[1]) < lengths[:, None]
        seen = ~out.isnan().any(-1)
        if name == "masked_frames":
            frames = seen.any(-1)
            assert frames.any(1).all() and 0.5 < frames[inside].float().mean() < 0.9
        if name == "masked_landmarks":
            assert 0.1 < (~seen[:, :, :33].any(1)).float().mean() < 0.5
        assert seen[:, :, lower].any() == (name != "legless") and seen[:, :, :11].any()
    with pytest.raises(SignError, match="no known skeleton has 7"):
        VIEWS["legless"](x[:, :, :7], lengths, None, 0, 0)


def test_without_landmarks_hides_the_lower_body_and_nothing_else():
    signs = make_signs()
    names = [signs.skeleton.landmarks[i] for i in signs.skeleton.lower]
    assert {"left_hip", "right_knee", "left_heel", "right_foot_index"} <= set(names) and len(names) == 10
    rest = [i for i in range(75) if i not in signs.skeleton.lower]
    out = signs.without(signs.skeleton.lower).landmarks
    assert np.isnan(out[:, :, list(signs.skeleton.lower)]).all() and np.isfinite(signs.landmarks[:, 0, 23]).all()
    np.testing.assert_array_equal(out[:, :, rest], signs.landmarks[:, :, rest])


def test_a_turn_keeps_shapes_up_to_size():
    x = torch.randn(5, 6, 9, 3)
    recipe_views.JITTER, kept = 0.0, recipe_views.JITTER
    try:
        out = recipe_views.turn(x, torch.full((5,), 6), torch.Generator().manual_seed(0), 0, 0)
    finally:
        recipe_views.JITTER = kept
    ratio = torch.cdist(out.flatten(1, 2), out.flatten(1, 2)) / torch.cdist(x.flatten(1, 2), x.flatten(1, 2)).clamp(min=1e-9)
    for clip in ratio:
        inside = clip[~torch.eye(54, dtype=bool)]
        assert inside.std() < 1e-4 and 0.84 < inside.mean() < 1.16


def test_only_the_candidates_of_the_upper_body_get_clips_without_legs(profile):
    signs, names = (
        replace(make_signs(90, signers=6), split=np.full(90, "")),
        (recipe.PLUS, recipe.UPPER, recipe.RANDOM_UPPER, recipe.RANDOM),
    )
    asked = recipe.search_jobs(profile, {"toy": signs}, {"slfpn": 1e-3}, names=names)
    legs = {(j.place["candidate"], bool(np.isfinite(j.signs.landmarks[:, :, list(j.signs.skeleton.lower)]).any())) for j in asked}
    assert legs == {(recipe.PLUS, True), (recipe.RANDOM, True), (recipe.UPPER, False), (recipe.RANDOM_UPPER, False)}
    upper = [j.signs for j in asked if j.place["candidate"] == recipe.UPPER]
    assert len(upper) == 2 and np.shares_memory(upper[0].landmarks, upper[1].landmarks), "hidden once for all repeats"


def test_the_search_gives_the_same_whatever_the_test_clips_hold(profile):
    signs = replace(make_signs(90, signers=6), split=np.full(90, ""))
    asked = recipe.search_jobs(profile, {"toy": signs}, {"slfpn": 1e-3, "simclr": 1e-3}, names=("SL-FPN+", "SimCLR", recipe.RANDOM))
    rows = recipe.search_rows(asked, ask(asked, 1))
    assert len(rows) == 6 and rows[recipe.VALUE].between(0, 1).all() and (rows["validation_clips"] > 0).all()

    def blanked(parts):
        landmarks = parts.landmarks.copy()
        landmarks[parts.split == "test"] = np.nan
        return replace(parts, landmarks=landmarks)

    blind = [replace(job, signs=blanked(job.signs)) for job in asked]
    pd.testing.assert_frame_equal(recipe.search_rows(blind, ask(blind, 1)), rows)


def test_the_final_table_has_both_probes_of_each_model_and_more_seeds_of_the_same_groups(profile):
    signs = replace(make_signs(90, signers=6), split=np.full(90, ""))
    rates = dict.fromkeys((*recipe.TITLES, "supervised"), 1e-3)
    asked = recipe.final_jobs(replace(profile, repeats=1), {"toy": signs}, rates)
    answers = [{"0.1": [0.1, 0.2, 0.3]} if j.task is evaluation.few_labels else {recipe.VALUE: 0.5} for j in asked]
    rows = recipe.final_rows(asked, answers).set_index("model")
    assert rows["ten"].drop(recipe.TEN).to_numpy() == pytest.approx(0.2) and np.isnan(rows.loc[recipe.TEN, "ten"])
    assert {recipe.PLUS, recipe.PAPER, *recipe.TITLES.values(), *recipe.CONTROLS, recipe.TEN} == set(rows.index)
    longer = recipe.final_jobs(replace(profile, repeats=3, folds=3), {"toy": signs}, rates, seeds=2, length=2)
    assert {(j.place["repeat"], j.place["group"]) for j in longer} == {(r, r % 3) for r in range(6)}
    assert {j.run.epochs for j in longer if j.place["model"] == recipe.PLUS} == {2}


def test_a_search_of_another_name_is_refused():
    assert recipe.candidates("few") == recipe.FEW and set(recipe.candidates("all")) == set(recipe.CANDIDATES)
    with pytest.raises(SignError, match="SEARCH=most"):
        recipe.candidates("most")


def test_every_model_of_the_final_table_sees_the_same_views_and_as_many_epochs(profile):
    rates = dict.fromkeys((*recipe.TITLES, "supervised"), 1e-3)
    runs = [recipe.RECIPE.run(profile, 1, rates)]
    runs += [replace(recipe.RECIPE, method=m, options={}, rate=1).run(profile, 1, rates) for m in recipe.TITLES]
    assert len({(r.views, r.epochs, r.batch, str(r.encoder), r.seed) for r in runs}) == 1 and runs[0].method == "slfpn_plus"


def test_seeds_repeat_every_group_of_held_out_signers(profile):
    more = recipe.sized(replace(profile, real_repeats=5), 3, 4)
    assert more.real_repeats == 15 and more.repeats == 6 and (more.epochs, more.supervised_epochs) == (4, 4)


def test_targets_are_met_only_by_the_whole_interval():
    def rows(gain):
        models = {recipe.PLUS: 0.5 + gain} | dict.fromkeys({t[1] for t in recipe.TARGETS}, 0.5)
        return pd.DataFrame([
            {"corpus": "toy", "repeat": r, "model": m, recipe.VALUE: v + 0.01 * r, "ten": v + 0.01 * r} for r in range(4) for m, v in models.items()
        ])  # fmt: skip

    assert set(recipe.targets(rows(0.2))["verdict"]) == {"met"}
    some = recipe.targets(rows(0.1)).set_index("target")["verdict"]
    assert some["(a) 15 points above the random encoder"] == "missed" and some["(b) above BYOL"] == "met"
    assert set(recipe.targets(rows(-0.1))["verdict"]) == {"missed"}


def test_seeds_of_one_group_of_signers_are_no_independent_observations(profile):
    one = pd.DataFrame([
        {"corpus": "toy", "repeat": r, "group": r % 3, "model": m, recipe.VALUE: v + 0.05 * (r % 3), "ten": v}
        for r in range(9) for m, v in ({recipe.PLUS: 0.7} | dict.fromkeys({t[1] for t in recipe.TARGETS}, 0.5)).items()
    ])  # fmt: skip
    means = recipe.over_seeds(one)
    assert set(means["seeds"]) == {3} and len(means) == 3 * one["model"].nunique()
    assert set(recipe.targets(one)["n"]) == {3}
    alone = recipe.targets(one[one["repeat"] < 3].drop(columns="group"))
    pd.testing.assert_frame_equal(recipe.targets(one), alone)  # copies of the same answers add no certainty
