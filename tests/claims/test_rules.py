"""The rules that were written down before the runs: what counts, how much of it, which difference matters, what follows."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import world
from conftest import make_signs
from scipy import stats

from sslslr import profiles
from sslslr.claims import judge, stable
from sslslr.claims.figures import f6
from sslslr.claims.measured import difference, level, ratio
from sslslr.claims.own import e1
from sslslr.claims.plan import GROUP, MARGINS, POINTS, TIMES, Plan, choosers
from sslslr.claims.rows import Rows
from sslslr.claims.verdict import FAILS, HOLDS, UNDECIDED, decide, rules, verdict
from sslslr.studies import corpora

QUICK = profiles.load("quick")


def table(effects, seeds=1, signers=20, overlap=0.0, corpus="toy", noise=0.0) -> pd.DataFrame:
    """Models A and B in groups of held-out signers; ``effects``: A minus B in each group, in points."""
    rng, out = np.random.default_rng(0), []
    for group, effect in enumerate(effects):
        for seed in range(seeds):
            about = {"corpus": corpus, "repeat": group + len(effects) * seed, "group": group, "signers": signers, "test_to_train": overlap}
            out += [about | {"model": m, "top1": 0.5 + e / 100 + rng.normal(0, noise)} for m, e in (("A", effect), ("B", 0.0))]
    return pd.DataFrame(out)


def measured(frame, over=("corpus", "repeat")):
    rows = Rows("runs", frame)
    return difference(rows.where(model="A"), rows.where(model="B"), "top1", list(over))


def decided(frame, plan=None, bound=0.0):
    return decide([measured(frame).above(bound)], plan).iloc[0]


def around(mean, spread=0.1, groups=10):
    """Effects of ``groups`` groups with exactly this mean and standard deviation."""
    x = stats.norm.ppf((np.arange(groups) + 0.5) / groups)
    return mean + spread * x / x.std(ddof=1)


@pytest.mark.parametrize(
    "mean, spread, found, follows",
    [
        (1.7, 0.1, "differs", HOLDS),
        (1.4, 0.05, "differs by less than the margin", HOLDS),
        (0.0, 0.1, "no difference", FAILS),  # where a gain is claimed
        (1.0, 1.2, "differs", HOLDS),  # 90 % interval 0.3 to 1.7: larger than 0, but perhaps larger than the margin
        (0.0, 3.0, "undecided", UNDECIDED),
        (1.2, 2.0, "undecided", UNDECIDED),
        (-0.8, 0.1, "differs by less than the margin", FAILS),
        (-1.7, 0.1, "differs", FAILS),
    ],
)
def test_each_answer_on_either_side_of_the_margin_and_what_follows(mean, spread, found, follows):
    row = decided(table(around(mean, spread)), Plan(n=10))
    assert (row["answer"], row["verdict"]) == (found, follows)
    assert (row["p_within"] < 0.05) == (row["low90"] > -1.5 and row["high90"] < 1.5)
    assert (row["p"] < 0.05) == (row["low"] > 0 or row["high"] < 0)


def test_a_ratio_has_its_margin_on_the_logarithm_and_other_bounds_have_none():
    def times(factor):
        frame = table(np.zeros(10))
        frame["ms"] = np.where(frame["model"] == "A", factor, 1.0) * np.exp(0.01 * around(0.0)[frame["group"]] * (frame["model"] == "A"))
        rows = Rows("runs", frame)
        return ratio(rows.where(model="A"), rows.where(model="B"), "ms", ["repeat"])

    found = [decide([times(f).below(1)])["answer"].iloc[0] for f in (0.94, 1 / 1.04, 1.0, 1.04, 1.06)]
    less = "differs by less than the margin"
    assert found == ["differs", less, "no difference", less, "differs"]
    assert decide([times(0.97).below(0.9)])["answer"].iloc[0] == "differs"  # 0.9 is not "no difference": nothing is small there
    assert decided(table(around(-1.0, 0.5)), bound=-1.0)["answer"] == "undecided"  # nor is "not one point lower"


def test_seeds_are_averaged_and_the_interval_counts_groups_and_what_they_share():
    effects = around(2.0, 1.0, groups=5)
    found = [measured(table(effects, seeds=s, overlap=o)).above(0) for s, o in ((1, 0.0), (8, 0.0), (8, 1 / 3))]
    assert [c.n for c in found] == [5, 5, 5] and found[0].low == pytest.approx(found[1].low)
    width = [c.high - c.low for c in found]
    assert width[2] / width[1] == pytest.approx(np.sqrt((1 / 5 + 1 / 3) / (1 / 5)))
    assert width[1] / 2 == pytest.approx(stats.t.ppf(0.975, 4) / np.sqrt(5))
    noisy = measured(table(effects, seeds=8, noise=0.02)).above(0)
    assert noisy.within == pytest.approx(2 * np.sqrt(2), rel=0.3) and found[1].within == pytest.approx(0) and np.isnan(found[0].within)
    assert noisy.between == pytest.approx(np.sqrt(1 + noisy.within**2 / 8), rel=0.5)  # seeds are in the groups' means too


def test_one_seed_fewer_or_a_group_missing_is_no_verdict_and_says_what_is_missing():
    whole, plan = table(around(3.0), seeds=4, signers=10), Plan(n=10, seeds=4)
    assert decided(whole, plan)["verdict"] == HOLDS
    for lost, said in ((whole["repeat"] == 37, "3 of 4 planned seeds"), (whole["group"] == 3, "9 of 10 planned groups")):
        row = decided(whole[~lost], plan)
        assert row["verdict"] == UNDECIDED and said in row["lacks"] and row["answer"] == "differs"
        against = decided(whole[~lost].assign(model=whole["model"].map({"A": "B", "B": "A"})), plan)
        assert against["verdict"] == UNDECIDED  # nor is anything decided against a claim
    one_side = whole[~((whole["repeat"] == 37) & (whole["model"] == "B"))]
    assert "3 of 4 planned seeds" in decided(one_side, plan)["lacks"]  # a pair needs both


def test_people_cap_n_but_fewer_than_five_groups_decide_nothing():
    assert decided(table(around(3.0, groups=9), signers=9), Plan(n=10))["verdict"] == HOLDS
    assert decided(table(around(3.0, groups=9), signers=10), Plan(n=10))["verdict"] == UNDECIDED
    few = decided(table(around(30.0, groups=3), signers=3), Plan(n=10))
    assert few["verdict"] == UNDECIDED and "a verdict takes 5" in few["lacks"]


def test_the_plan_of_a_data_set_goes_before_the_claims():
    plan = Plan(n=5, on={"thai-leap": (9, 2)})
    assert plan.at("thai-leap") == (9, 2) and plan.at("isl-kinect") == (5, 1)
    comparisons = [measured(table(around(3.0, groups=5))).above(0)]
    assert [verdict(decide(comparisons, plan, d)) for d in ("isl-kinect", "thai-leap")] == [HOLDS, UNDECIDED]


def test_over_sets_welch_and_satterthwaite_and_a_set_with_few_groups_stays_out():
    a, b = around(2.0, 1.0, groups=6), around(4.0, 3.0, groups=9)
    frame = pd.concat([table(a, corpus="a"), table(b, corpus="b")])
    found = measured(frame).above(0)
    va, vb = 1 / 6, 9 / 9
    df = (va + vb) ** 2 / (va**2 / 5 + vb**2 / 8)
    half = stats.t.ppf(0.975, df) * np.sqrt(va + vb) / 2
    assert (found.effect, found.high - found.effect, found.n, found.sets) == (pytest.approx(3.0), pytest.approx(half), 15, 2)
    more = measured(pd.concat([frame, table(around(50.0, groups=4), corpus="c")])).above(0)
    assert (more.effect, more.low, more.n) == (found.effect, found.low, 15) and [o.enters for o in more.observed] == [True, True, False]
    assert "n = 15 on 2 sets, without c: fewer than 5 groups" in judge.sentence(decide([more]).iloc[0])
    small = measured(table(around(50.0, groups=4), corpus="c")).above(0)
    assert small.n == 4 and small.effect == pytest.approx(50)  # shown all the same


def test_sources_of_a_transfer_are_no_observations():
    frame = pd.concat([table(around(2.0, groups=6), corpus="x").assign(source=s, target="t") for s in "abc"])
    found = measured(frame, ["source", "target", "repeat"]).above(0)
    alone = measured(frame[frame["source"] == "a"], ["source", "target", "repeat"]).above(0)
    assert found.n == alone.n == 6 and found.low == pytest.approx(alone.low)


def test_holding_is_not_corrected_and_contradicting_is():
    def comparison(p, good):
        one = measured(table(around(1.0))).above(0)
        return replace(one, p=p, p_within=1.0, good=good)

    assert verdict(decide([comparison(0.04, True)] * 6)) == HOLDS
    assert verdict(decide([comparison(0.04, True)] * 5 + [comparison(0.06, True)])) == UNDECIDED
    assert verdict(decide([comparison(0.04, False)])) == FAILS
    assert verdict(decide([comparison(0.04, True)] * 5 + [comparison(0.04, False)])) == UNDECIDED  # 6 x 0.04
    assert verdict(decide([comparison(0.04, True)] * 5 + [comparison(0.008, False)])) == FAILS


def test_the_table_of_the_rules():
    found = {(r["what is found"], r["effect on"]): r["verdict"] for r in rules().to_dict("records")}
    assert found == {
        ("differs", "the claimed side"): HOLDS,
        ("differs", "the other side"): FAILS,
        ("differs by less than the margin", "the claimed side"): HOLDS,
        ("differs by less than the margin", "the other side"): FAILS,
        ("no difference", "either side"): FAILS,
        ("undecided", "either side"): UNDECIDED,
        ("anything, at less than the planned n", "either side"): UNDECIDED,
        ("claim: every comparison holds", "–"): HOLDS,
        ("claim: at least one does not hold", "–"): FAILS,
        ("claim: none is against it, not all hold", "–"): UNDECIDED,
    }


def reading(frames):
    return lambda name: Rows(name, frames[name])


def test_every_claim_has_a_plan_that_its_comparisons_keep_to():
    made = world.true()
    for claim in judge.CLAIMS:
        comparisons = claim.compare(reading(made))
        assert {c.observation for c in comparisons} == {claim.plan.unit}, claim.id
        assert (
            comparisons[0].unit == claim.plan.scale
            or (comparisons[0].unit not in MARGINS) == (claim.plan.margin == "–")
            or claim.id == "C8"
        )
    told = judge.plan("isl-kinect").set_index("id")
    assert list(told.index) == [c.id for c in judge.CLAIMS] and (told["contrast"].str.len() > 20).all()
    assert told.loc["E1", ["n", "seeds"]].tolist() == [10, 4] and told.loc["C1", ["n", "seeds"]].tolist() == [10, 1]
    assert judge.plan("synthetic").set_index("id").loc["E2", ["n", "seeds"]].tolist() == [10, 2]


def test_a_claim_without_its_rows_says_what_it_needs():
    frame = world.true()["comparison_runs"]
    frame = frame[frame["views"] != "strong_boundary"]
    row, _ = judge.judge(e1, reading({"comparison_runs": frame}), QUICK, "synthetic")
    assert row["verdict"] == "not run" and "needs rows with views strong_boundary of SimCLR in tables/comparison_runs.csv" in row["text"]


def test_an_end_without_other_classes_is_left_out_and_none_anywhere_is_not_run():
    frame = world.true()["figure6_classes"]
    alone = frame.assign(crossed_others=frame["crossed_others"].where(frame["end"] == "first"))
    row, parts = judge.judge(f6, reading({"figure6_classes": alone}), QUICK, "synthetic")
    assert row["verdict"] == HOLDS and len(parts) == 2
    row, _ = judge.judge(f6, reading({"figure6_classes": frame.assign(crossed_others=np.nan)}), QUICK, "synthetic")
    assert row["verdict"] == "not run" and "no row of tables/figure6_classes.csv has a value of crossed_others" in row["text"]


def on_disk(folder, frame):
    (folder / "tables").mkdir(parents=True)
    frame.to_csv(folder / "tables" / "comparison_runs.csv", index=False)
    return folder


def test_primary_claims_are_judged_again_on_each_half_of_the_seeds(tmp_path):
    claim = replace(e1, plan=Plan(n=10, seeds=4), control=None, compare=lambda t: [measured(t("comparison_runs").frame).above(0)])
    steady = table(around(3.0, 0.5), seeds=4, signers=10, noise=0.001)
    (row,) = stable.halves("isl-kinect", "quick", on_disk(tmp_path / "a", steady), [claim]).to_dict("records")
    assert row["verdict"] == row["first half"] == row["second half"] == HOLDS and not row["turns"]
    late = steady["repeat"] >= 20  # the second two seeds of each group
    swapped = steady.assign(model=steady["model"].where(~late, steady["model"].map({"A": "B", "B": "A"})))
    (row,) = stable.halves("isl-kinect", "quick", on_disk(tmp_path / "b", swapped), [claim]).to_dict("records")
    assert (row["first half"], row["second half"], row["turns"]) == (HOLDS, FAILS, True)
    once = replace(claim, plan=Plan(n=10))
    assert stable.halves("isl-kinect", "quick", tmp_path / "a", [once]).empty  # one seed has no halves


def test_verdicts_on_development_data_are_judged_again_without_the_signers_who_chose(tmp_path):
    """A gain that only the validation signers of the search show does not survive without them; their groups are found by name."""
    claim = replace(e1, plan=Plan(n=10, seeds=2), control=None, compare=lambda t: [measured(t("comparison_runs").frame).above(0)])
    size = profiles.load("decide")
    signs = replace(make_signs(100, signers=10), split=np.full(100, ""))
    chose = set()
    for group in range(size.tuning["groups"]):
        looked_at = set(corpora.split(signs, size, group)[0].part("val").signers)
        chose |= {g for g in range(10) if set(corpora.split(signs, size, g)[0].part("test").signers) & looked_at}
    assert choosers(size) == chose and len(chose) == 2
    steady = table(around(0.0, 0.5), seeds=2, signers=10, noise=0.001)
    gain = steady["group"].isin(chose) & (steady["model"] == "A")
    lucky = on_disk(tmp_path, steady.assign(top1=steady["top1"] + 0.4 * gain))
    (row,) = stable.unchosen("isl-kinect", "decide", lucky, [claim]).to_dict("records")
    assert row["n"] == 8 and row["without"] == FAILS and abs(row["effect"]) < 1 and row["verdict"] != FAILS
    few = replace(claim, plan=Plan(n=5, seeds=2))
    on_disk(tmp_path / "few", steady[steady["group"] < 5])
    (row,) = stable.unchosen("isl-kinect", "decide", tmp_path / "few", [few]).to_dict("records")
    assert row["without"] == UNDECIDED and "3 of 5 planned groups" in row["text"]
    assert stable.unchosen("thai-leap", "decide", lucky, [claim]).empty


def test_the_groups_of_each_comparison_are_told_apart():
    parts = decide([measured(table(around(2.0, groups=3), signers=3, seeds=2)).above(0)]).assign(id="C1")
    told = judge.groups(parts)
    assert told["group"].tolist() == [0, 1, 2]
    named = table(around(2.0, groups=3), signers=3).assign(held_out=lambda t: t["group"].map({0: "Ada", 1: "Bo", 2: "Cy"}))
    assert judge.groups(decide([measured(named).above(0)]).assign(id="C1"))["group"].tolist() == ["Ada", "Bo", "Cy"]
    same = named.assign(held_out="Ada")  # as in a published split
    assert judge.groups(decide([measured(same).above(0)]).assign(id="C1"))["group"].tolist() == [0, 1, 2]
    assert len(told) == 3 and told["effect"].tolist() == pytest.approx(list(around(2.0, groups=3))) and set(told["seeds"]) == {2}


def test_classes_and_rounds_are_counted_one_by_one():
    rows = Rows("figure6_classes", pd.DataFrame({"gloss": list("ABCDEFGHIJ"), "loss": around(0.02, 0.001), "corpus": "toy"}))
    found = level(rows, "loss", ["gloss"], "points").above(0)
    assert found.n == 10 and found.observation == "class within a corpus" and found.effect == pytest.approx(2.0)
    assert GROUP not in found.observation and set(MARGINS) == {POINTS, TIMES}
