"""The figures: what is drawn is inside of its axes, once, named, and as many as there are."""

from dataclasses import replace
from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import PathCollection

from sslslr import profiles
from sslslr.claims import judge, parts
from sslslr.claims.rows import Rows
from sslslr.claims.verdict import FAILS, HOLDS
from sslslr.report import boundary_figures, collapse, diagrams, marked_figures, scatter, tables
from sslslr.report.about import ABOUT
from sslslr.report.figures import style
from sslslr.report.forest import forest, lines
from sslslr.report.stream_figures import with_intervals
from sslslr.report.tables import fitting, heat, intervals

CONTROLS = ("hand-made features", "random encoder", "supervised from scratch")


@pytest.fixture(autouse=True)
def styled():
    with plt.rc_context():
        style()
        yield
        plt.close("all")


def inside(ax) -> bool:
    """Whether every line of data of a panel lies inside of its y axis (lines across the whole panel aside)."""
    low, high = ax.get_ylim()
    y = np.concatenate([line.get_ydata() for line in ax.lines if len(line.get_ydata()) > 2] or [[low]])
    return bool((y >= low).all() and (y <= high).all())


def table1() -> pd.DataFrame:
    """A table as of ``studies.controls.table``: two methods, two view sets, three controls, one corpus, 10 runs."""
    cells = [("SimCLR", v, m) for v, m in (("boundary", 0.71), ("strong", 0.74))] + [("SL-FPN", "boundary", 0.69)]
    cells += [(c, "control", m) for c, m in zip(CONTROLS, (0.66, 0.70, 0.80), strict=True)]
    rows = [{"corpus": "toy", "model": m, "views": v, "mean": a, "low": a - 0.02, "high": a + 0.02} for m, v, a in cells]
    return pd.DataFrame(rows).assign(n=10, classes=20, test_clips=600, chance=0.05, kind="synthetic", protocol="held out")


@pytest.fixture(scope="module")
def judged() -> pd.DataFrame:
    """What ``judge`` makes of C10 (points, two comparisons) and C6 (ratios, four), both true, ten groups."""
    rng = np.random.default_rng(0)

    def runs(values: dict, column: str) -> pd.DataFrame:
        about = [{"corpus": "toy", "repeat": r, "group": r, "signers": 10, "test_to_train": 0.1} for r in range(10)]
        return pd.DataFrame([a | {"model": m, column: v * (1 + rng.normal(0, 0.005))} for a in about for m, v in values.items()])

    models = {"SL-FPN": 0.5, **dict.fromkeys(("SimCLR", "MoCo v2", "SimSiam", "BYOL"), 0.9)}
    made = {
        "switches_runs": runs({"SL-FPN": 0.7, "without the original": 0.6, "permuted": 0.65, "random encoder": 0.3}, parts.TOP1),
        "embedding_runs": runs(models | {"collapsed encoder": 0.9}, "raw"),
    }
    found = [judge.judge(c, lambda name: Rows(name, made[name]), profiles.load("decide"), "synthetic")[1] for c in (parts.c10, parts.c6)]
    return pd.concat(found, ignore_index=True)


def test_the_forest_has_a_line_a_claim_and_shows_the_furthest_from_holding(judged):
    told = lines(judged).set_index("id")
    assert list(told.index) == ["C10", "C6"] and set(told["claim_verdict"]) == {HOLDS}
    assert told["hold"].tolist() == told["many"].tolist() == [2, 4]
    assert told.loc["C10", "name"].startswith("permuted") and len(told.loc["C6", "others"]) == 3
    fig = forest(judged, "The claims")
    assert [[t.get_text().split()[-1] for t in ax.get_yticklabels()] for ax in fig.axes] == [["C10"], ["C6"]]
    points, ratios = fig.axes
    assert ratios.get_xscale() == "log" and points.get_xscale() == "linear"
    for ax, unit in ((points, "points"), (ratios, "times")):
        low, high = ax.get_xlim()
        part = judged[judged["unit"] == unit]
        assert low < part["effect"].min() and part["effect"].max() < high and low < float(part["bound"].iloc[0]) < high


def test_one_comparison_against_it_turns_the_line_and_a_long_interval_ends_in_an_arrow(judged):
    turned = judged.copy()
    at = turned.index[turned["id"] == "C10"][0]
    turned.loc[at, "verdict"] = FAILS
    assert lines(turned).set_index("id").loc["C10", "claim_verdict"] == FAILS
    wide = judged[judged["id"] == "C10"].assign(low=-500.0, high=500.0)

    def arrows(parts):
        return [line.get_marker() for line in forest(parts).axes[0].lines if line.get_marker() in ("<", ">")]

    assert arrows(wide) == ["<", ">"] and arrows(judged[judged["id"] == "C10"]) == []
    low, high = forest(wide).axes[0].get_xlim()
    assert low > -200 and high < 200


def test_table_1_has_its_controls_as_bands_on_an_axis_that_fits():
    made = table1()
    fig = intervals(made, CONTROLS)
    ax = fig.axes[0]
    bands = sorted((round(p.get_x(), 6), round(p.get_x() + p.get_width(), 6)) for p in ax.patches)
    assert bands == [(64, 68), (68, 72), (78, 82)]
    low, high = ax.get_xlim()
    assert 50 < low < 64 and 82 < high <= 100
    named = [t.get_text() for t in fig.legends[0].get_texts()]
    assert set(CONTROLS) < set(named) and len(named) == len(set(named))
    assert "10 runs" in ax.get_title(loc="left") and "600 test clips" in ax.get_title(loc="left")


def test_a_control_that_was_not_recorded_is_left_out_and_runs_are_told_from_fewest_to_most():
    made = table1()
    made = made[made["model"] != "supervised from scratch"].assign(n=lambda t: np.where(t["model"] == "SimCLR", 20, 10))
    fig = intervals(made, CONTROLS)
    assert "supervised from scratch" not in [t.get_text() for t in fig.legends[0].get_texts()]
    assert "10 to 20 runs" in fig.axes[0].get_title(loc="left")


def test_an_interval_as_wide_as_everything_does_not_widen_the_axis_to_everything():
    made = table1().assign(low=0.0, high=1.0)
    low, high = fitting(made)
    assert 40 < low < 66 and 80 < high < 100


def test_the_heat_map_has_each_number_once_and_says_its_colours():
    made = table1()
    fig = heat(made)
    numbers = [t.get_text() for t in fig.axes[0].texts]
    assert sorted(numbers) == sorted(f"{100 * m:.0f}" for m in made["mean"])
    assert [t.get_text() for t in fig.axes[0].get_xticklabels()][-1] == "control"
    assert fig.axes[-1].get_ylabel() == "top-1, %" and fig.axes[0].patch.get_hatch()


def test_few_labels_are_in_percent_like_table_1():
    curve = pd.concat([table1().assign(share=s) for s in (0.1, 1.0)])
    fig = tables.label_curves(curve[curve["views"] != "strong"], ["SimCLR", "SL-FPN"])
    top = max(line.get_ydata().max() for line in fig.axes[0].lines)
    assert top == pytest.approx(71) and "%" in fig.axes[0].get_ylabel()


def training(high: float, dead: float = 0.4) -> pd.DataFrame:
    """Two settings over five epochs in two repeats: the lower row's values are ``high`` times the upper row's."""
    rows = [
        {"model": m, "repeat": r, "epoch": e, "std": base * (1 + 0.1 * r), "rank": 10 * k + e}
        for m, base, k in (("with", 0.8, 1.0), ("without", dead, high)) for r in range(2) for e in range(5)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def test_collapse_shows_every_line_of_both_rows():
    fig = collapse.over_training(training(3.0), {"above": ["with"], "below": ["without"]}, {"std": "std", "rank": "rank"})
    assert all(inside(ax) for ax in fig.axes[:4])
    assert fig.axes[0].get_yscale() == "linear" and fig.axes[0].get_ylim()[0] == 0
    assert fig.axes[1].get_ylim() == fig.axes[3].get_ylim()


def test_a_std_that_nears_0_is_drawn_on_a_logarithmic_axis_where_it_can_be_seen():
    history = training(1.0, dead=0.01)
    fig = collapse.over_training(history, {"live": ["with", "without"]}, {"std": "std", "rank": "rank"})
    assert fig.axes[0].get_yscale() == "log" and fig.axes[1].get_yscale() == "linear" and inside(fig.axes[0])
    history.loc[0, "std"] = 0.0
    assert not collapse.logarithmic(history, "std", "epoch")


def swept(clips: dict[float, int]) -> pd.DataFrame:
    """A sweep of one corpus, three repeats, with so many test clips at each share, accuracies around 0.6."""
    rows = []
    for end in ("first", "last"):
        for share, n in clips.items():
            for r in range(3):
                labels = (np.arange(n) % 4).tolist()
                right = ((np.arange(n) + r) % 5 < 3).astype(float).tolist()
                rows.append({"corpus": "toy", "end": end, "share": share, "repeat": r, "labels": labels, "correct": right,
                             "test": float(np.mean(right)) + 0.01 * r, "val": 0.58})  # fmt: skip
    return pd.DataFrame(rows)


def discs(ax) -> list[PathCollection]:
    return [c for c in ax.collections if isinstance(c, PathCollection)]


def test_figure_4_names_everything_once_shows_n_by_size_and_has_no_room_for_nothing(signs):
    known = replace(signs, onset=signs.lengths * 0.3, offset=signs.lengths * 0.6)
    found = {"toy": SimpleNamespace(alpha=0.0, beta=1 / 3)}
    fig = boundary_figures.sweep(swept({0.0: 60, 1 / 3: 20, 1.0: 60}), {"toy": known}, found)
    named = [t.get_text() for t in fig.legends[0].get_texts()]
    assert len(named) == len(set(named)) == 4
    ax = fig.axes[0]
    sizes = discs(ax)[0].get_sizes()
    assert sizes[0] == sizes[2] > sizes[1]
    assert ax.get_ylim()[0] > 20 and ax.get_ylim()[1] < 100 and "3 runs, 60 test clips" in ax.get_title(loc="left")


def summarised(own) -> dict:
    """What ``optima.summary`` gives that the figures read, of classes with these own optima (ends, classes) among three shares."""
    own = np.array(own)
    histogram = np.stack([np.bincount(o, minlength=3) / own.shape[1] for o in own])
    loss = 0.02 * np.ones(own.shape)
    return {"shares": [0.0, 1 / 3, 1.0], "own": own, "at": np.array([0, 0]), "histogram": histogram, "null_low": histogram * 0.5,
            "null_high": histogram * 1.5, "losses": loss, "crossed": -loss, "classes": list(range(own.shape[1]))}  # fmt: skip


def test_figure_5_counts_classes_and_draws_none_where_there_is_none():
    fig = boundary_figures.optima({"toy": summarised([[0, 0, 0, 1], [0, 1, 1, 1]])})
    first, last = ([int(t.get_text()) for t in ax.texts] for ax in fig.axes[:2])
    assert first == [3, 1] and last == [1, 3]
    assert [len(discs(ax)[0].get_offsets()) for ax in fig.axes[:2]] == [2, 2]
    assert discs(fig.axes[0])[0].get_sizes()[0] > discs(fig.axes[0])[0].get_sizes()[1]


def test_figure_6_has_a_disc_as_large_as_its_classes_at_each_pair():
    fig = boundary_figures.loss_map({"toy": summarised([[0, 0, 0, 1], [0, 0, 0, 2]])})
    disc = discs(fig.axes[0])[0]
    at = {tuple(map(int, xy)): size for xy, size in zip(disc.get_offsets(), disc.get_sizes(), strict=True)}
    assert set(at) == {(0, 0), (1, 2)} and at[0, 0] > 2 * at[1, 2]
    assert [t.get_text() for t in fig.axes[0].texts] == ["4.0 (3)", "4.0"]
    np.testing.assert_allclose(disc.get_array(), 4.0)


def test_signers_are_named_below_their_column():
    rng = np.random.default_rng(0)
    who = {"one": np.repeat(["anna", "bert"], 5), "two": np.repeat(["carl", "dora"], 5)}
    fig = scatter.grid({("SL-FPN", c): rng.normal(size=(10, 2)) for c in who}, groups=who)
    legends = [[t.get_text() for t in ax.get_legend().get_texts()] for ax in fig.axes if ax.get_legend()]
    assert legends == [["anna", "bert"], ["carl", "dora"]]
    colours = {tuple(c.get_facecolor()[0][:3]) for c in fig.axes[0].collections}
    assert {tuple(h.get_color()) if not isinstance(h.get_color(), str) else plt.matplotlib.colors.to_rgb(h.get_color())
            for h in fig.axes[2].get_legend().legend_handles} == colours  # fmt: skip


def test_views_are_drawn_from_the_waist_up_and_whole(signs):
    x = signs.landmarks[0]
    x = np.nan_to_num(x)
    x[:, list(signs.skeleton.lower)] = 50.0  # legs that a detector guesses
    fig = diagrams.view_pairs(x, int(signs.lengths[0]), {"boundary": (x[None], x[None])}, signs.skeleton)
    drawn = np.concatenate([np.ravel(line.get_xdata()) for line in fig.axes[0].lines])
    assert drawn.max() < 50
    low, high = fig.axes[0].get_xlim()
    assert low < drawn.min() and drawn.max() < high < 10


def test_what_the_permutation_reaches_of_strokes_is_said(signs):
    last = signs.lengths - 1
    onset = np.where(np.arange(len(signs)) % 4 == 0, 0.1, 0.4)  # a quarter begins before alpha
    known = replace(signs, onset=onset * last, offset=0.6 * last)
    fig = diagrams.strokes({"toy": known}, 1 / 3, 1 / 4)
    assert "reached: 25 % of clips" in fig.axes[0].get_title(loc="left")
    share = diagrams.under_way({"toy": known}).axes[0].lines[0].get_ydata()
    assert share[20] == 25 and share[50] == 100 and share[90] == 0


def test_a_number_stands_with_its_interval_in_one_cell():
    shown = with_intervals(pd.DataFrame({"f1": [0.106, 0.5], "f1 low": [0.064, np.nan], "f1 high": [0.144, np.nan], "n": [7, 2]}))
    assert shown["f1"].tolist() == ["0.11 (0.06 to 0.14)", "0.50"] and list(shown) == ["f1", "n"]


@pytest.mark.filterwarnings("error")
def test_one_run_has_no_interval_and_is_drawn_all_the_same(signs):
    alone = table1().assign(low=np.nan, high=np.nan, n=1)
    intervals(alone, CONTROLS).canvas.draw()
    heat(alone).canvas.draw()
    known = replace(signs, onset=signs.lengths * 0.3, offset=signs.lengths * 0.6)
    one = swept({0.0: 20, 1.0: 20})
    found = {"toy": SimpleNamespace(alpha=0.0, beta=0.0)}
    fig = boundary_figures.sweep(one[one["repeat"] == 0], {"toy": known}, found)
    fig.canvas.draw()
    assert [len(disc.get_offsets()) for disc in discs(fig.axes[0])] == [2]


def test_people_are_told_apart_beside_the_mean_of_all():
    rows = [
        ("one way", "A", 1.0, 3),
        ("one way", "B", 3.0, 1),
        ("one way", "all", 1.5, 4),
        ("other", "A", 2.0, 3),
        ("other", "B", 2.0, 1),
        ("other", "all", 2.0, 4),
    ]
    fig = marked_figures.errors(pd.DataFrame(rows, columns=["way", "person", "onset", "units"]).assign(offset=lambda t: t["onset"]))
    assert [t.get_text() for t in fig.legends[0].get_texts()] == ["person A: 3 units", "person B: 1 units"]
    places = {(float(line.get_xdata()[0]), round(float(line.get_ydata()[0]), 2)) for line in fig.axes[0].lines}
    assert len(places) == 6, "no mark covers another"


def test_the_reliability_curve_stands_beside_the_mean_of_all_units():
    table = pd.DataFrame({"confidence": [0.2, 0.8], "mean": [4.0, 1.0], "low": [3.0, 0.5], "high": [5.0, 1.5], "n": [1, 3]})
    ax = marked_figures.reliability(table).axes[0]
    assert [line.get_ydata()[0] for line in ax.lines if line.get_label().startswith("mean")] == [1.75]
    assert [t.get_text() for t in ax.texts] == ["n = 1", "n = 3"]


def test_every_claim_has_its_few_words():
    assert {claim.id for claim in judge.CLAIMS} == set(ABOUT), "the front page and the forest name a claim by these"
