"""From runs to an answer: the rule's false alarms, what n decides, and each against a calculation of its own."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from sslslr.measures import false_alarms, power
from sslslr.measures.contrasts import LEVEL, answer, contrast, over_sets
from sslslr.measures.statistics import claims

TIMES = 4000


def test_a_contrast_by_hand():
    found = contrast([1.0, 3.0, 4.0, 4.0, 9.0], ["a", "a", "b", "b", "c"], overlap=0.5)
    assert (found.mean, found.n, found.seeds, found.df) == (5.0, 3, 1, 2) and found.groups == (("a", 2.0, 2), ("b", 4.0, 2), ("c", 9.0, 1))
    assert found.between == pytest.approx(np.std([2, 4, 9], ddof=1)) and found.within == pytest.approx(1.0)  # 2 of 2 spare runs
    assert found.error == pytest.approx(found.between * np.sqrt(1 / 3 + 0.5))
    alone = contrast([1.0, 2.0], ["a", "a"])
    assert np.isnan([*alone.interval(), alone.p(0), alone.p_within(-1, 1), alone.decides()]).all()


def test_intervals_and_tests_say_the_same():
    rng = np.random.default_rng(0)
    for _ in range(50):
        found = contrast(rng.normal(0.5, 1, 6), range(6), overlap=0.2)
        (low, high), (low90, high90) = found.interval(), found.interval(0.9)
        assert (found.p(0) < LEVEL) == (low > 0 or high < 0)
        assert (found.p_within(-1, 1.5) < LEVEL) == (low90 > -1 and high90 < 1.5)
    x = rng.normal(0.5, 1, 6)
    assert contrast(x, range(6)).p(0) == pytest.approx(stats.ttest_1samp(x, 0).pvalue)


def test_what_never_varies_is_certain():
    found = contrast([0.3] * 4, range(4))
    assert (found.p(0), found.p(0.3), found.p_within(0, 1), found.p_within(0.4, 1)) == (0, 1, 0, 1)
    assert answer(found.p(0), found.p_within(-1, 1)) == "differs by less than the margin"


def test_sets_without_spread_or_with_one_group_go_together():
    a, b = contrast([1.0, 1.0], range(2)), contrast([3.0, 3.0], range(2))
    assert over_sets([a]) is a and (over_sets([a, b]).mean, over_sets([a, b]).error) == (2.0, 0.0)
    assert np.isnan(over_sets([a, contrast([1.0], [0])]).p(0))


def above(share: float, level: float = LEVEL) -> bool:
    """Whether so many alarms of TIMES are more than a rule of this level gives (one in a thousand by chance)."""
    return share * TIMES > stats.binom.ppf(0.999, TIMES, level)


@pytest.mark.parametrize("groups, seeds", false_alarms.STUDIES)
@pytest.mark.parametrize("test, train", [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (2.0, 2.0)])
def test_the_rule_keeps_its_five_per_cent_where_groups_share_their_training_signers(groups, seeds, test, train):
    d = false_alarms.draw(np.random.default_rng(5), TIMES, groups, seeds, test, train)
    assert not above(false_alarms.corrected_t(d).mean())
    assert above(false_alarms.t_on_groups(d).mean()) == bool(train)  # the plain one does not
    if test:
        assert above(false_alarms.t_on_runs(d).mean(), 0.15) and above(false_alarms.bootstrap_of_runs(d).mean(), 0.15)


def test_the_simulated_rule_is_the_one_that_decides():
    d = false_alarms.draw(np.random.default_rng(1), 200, 5, 3, 1.0, 1.0)
    groups = np.repeat(np.arange(5), 3)
    found = [contrast(one.ravel(), groups, power.overlap(5)).p(0) < LEVEL for one in d]
    assert found == false_alarms.corrected_t(d).tolist() and any(found)
    runs = [stats.ttest_1samp(one.ravel(), 0).pvalue < LEVEL for one in d]
    assert runs == false_alarms.t_on_runs(d).tolist()


def test_a_difference_as_large_as_the_margin_is_hardly_ever_no_difference():
    groups, margin = np.repeat(np.arange(10), 4), 4.0  # wide enough for ten groups to find "no difference" where there is none
    d = false_alarms.draw(np.random.default_rng(6), 1500, 10, 4, 1.0, 1.0)
    found = [
        [contrast(one.ravel() + true, groups, power.overlap(10)).p_within(-margin, margin) < LEVEL for one in d] for true in (margin, 0.0)
    ]
    assert np.mean(found[0]) * 1500 <= stats.binom.ppf(0.999, 1500, LEVEL) and np.mean(found[1]) > 0.8


def test_groups_share_what_their_training_signers_have_in_common():
    d = false_alarms.draw(np.random.default_rng(2), 200_000, 5, 1, 0.0, 3.0)[..., 0]
    seen = np.cov(d.T)
    trained = [{0, 1, 2, 3, 4} - {g, (g + 1) % 5} for g in range(5)]
    for i in range(5):
        for j in range(5):
            assert seen[i, j] == pytest.approx(9 * len(trained[i] & trained[j]) / 9 + (i == j), abs=0.06)


def test_the_power_is_that_of_drawn_studies_and_the_smallest_margin_has_it():
    rng = np.random.default_rng(3)
    for groups, spread, margin in ((5, 0.7, 1.5), (10, 1.0, 1.0), (10, 1.0, 1.5)):
        found = [
            contrast(rng.normal(0, spread, groups), range(groups), power.overlap(groups)).p_within(-margin, margin) < LEVEL
            for _ in range(1500)
        ]
        expected = power.no_difference(groups, spread, margin)
        assert abs(np.mean(found) - expected) < 4 * np.sqrt(expected * (1 - expected) / 1500)
    assert power.no_difference(9, 1.0, power.smallest_margin(9, 1.0)) == pytest.approx(0.8)
    told = power.table()
    assert (told.groupby("spread")["smallest margin"].diff().dropna() < 0).all()  # more groups, a smaller margin


def test_the_smallest_difference_is_found_four_times_in_five():
    rng, spread = np.random.default_rng(4), 1.0
    usual = contrast(spread * stats.norm.ppf((np.arange(20) + 0.5) / 20), range(20))
    found = [contrast(rng.normal(usual.decides(), usual.between, 20), range(20)).p(0) < LEVEL for _ in range(1500)]
    assert np.mean(found) == pytest.approx(0.8, abs=0.05)


def test_a_table_of_differences_goes_by_the_same_rule():
    rng = np.random.default_rng(0)
    rows = [{"model": m, "repeat": r, "group": r % 5, "test_to_train": 1 / 3, "y": 0.5 + e + rng.normal(0, 0.002)}
            for m, e in (("base", 0.0), ("above", 0.1), ("same", 0.0), ("little", 0.009)) for r in range(20)]  # fmt: skip
    frame = pd.DataFrame(rows)
    found = claims(frame, [{"a": m, "b": "base"} for m in ("above", "same", "little")], "model", ["repeat"], "y")
    assert found["verdict"].tolist() == ["better", "no difference", "better by less than the margin"] and (found["n"] == 5).all()
    wide = frame.pivot(index="repeat", columns="model", values="y")
    own = contrast(wide["above"] - wide["base"], wide.index % 5, 1 / 3)
    assert found.loc[0, ["low", "high"]].tolist() == pytest.approx(list(own.interval()))
    four = frame[frame["group"] < 4]
    assert claims(four, [{"a": "above", "b": "base"}], "model", ["repeat"], "y")["verdict"].tolist() == ["undecided"]
    assert claims(frame, [{"a": "same", "b": "base"}], "model", ["repeat"], "y", margin=0)["verdict"].tolist() == ["undecided"]
