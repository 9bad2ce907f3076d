"""Figures of collapse: Figure 8 over training, and the first steps of a training while its parts are put back."""

import matplotlib.pyplot as plt
from matplotlib.ticker import FuncFormatter, MaxNLocator

from sslslr.report.figures import BLUE, GREEN, ORANGE, PINK, RED, SKY, name_columns, over_time, width

COLOURS = (BLUE, RED, ORANGE, GREEN, PINK, SKY)
MEASURES = {"std": "std of the output · √d", "rank": "effective rank", "norm": "norm of the output"}


def over_training(history, groups: dict[str, list[str]], measures: dict[str, str], at: str = "epoch"):
    """A row of panels for each of ``groups`` (title -> settings), a column for each measure; means over repeats, bands their range.

    ``history`` has columns model, repeat, ``at`` and those of ``measures`` (column -> title); a setting has the colour of its
    place in the group. A column of panels has one axis, from 0; a logarithmic one where a line comes near 0 (``logarithmic``).
    """
    fig, axes = plt.subplots(
        len(groups), len(measures), figsize=(width(len(measures), 2.6), 2.1 * len(groups) + 0.9), sharex=True, sharey="col", squeeze=False
    )
    for row, (title, settings) in zip(axes, groups.items(), strict=True):
        for ax, column in zip(row, measures, strict=True):
            for setting, colour in zip(settings, COLOURS, strict=False):
                over_time(ax, history[history["model"] == setting], at, column, 0.15, color=colour, label=setting, lw=1.6)
            ax.tick_params(labelsize=8)
            ax.xaxis.set_major_locator(MaxNLocator(5, integer=True))
        runs = history.loc[history["model"].isin(settings), "repeat"].nunique()
        row[0].set_ylabel(f"{title}\n({runs} run{'s' if runs != 1 else ''})", fontsize=9, fontweight="bold")
    drawn = history[history["model"].isin([setting for settings in groups.values() for setting in settings])]
    for ax, column in zip(axes[0], measures, strict=True):  # the column shares it; only now is everything drawn
        if logarithmic(drawn, column, at):
            ax.set_yscale("log")
            ax.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:.3g}"))
        else:
            ax.set_ylim(0, 1.05 * drawn[column].max())
    name_columns(axes, measures.values(), at)
    fig.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=3, fontsize=8)
    return fig


def logarithmic(history, column: str, at: str) -> bool:
    """Whether a measure needs a logarithmic axis: it is positive, and a line's mean falls below a tenth of the largest."""
    means = history.groupby(["model", at], sort=False)[column].mean()
    return bool(history[column].min() > 0 and means.min() < means.max() / 10)
