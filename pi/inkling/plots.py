"""An experiment as a picture: each result a dot, their mean a line, their spread a band."""

from collections.abc import Iterable
from importlib import import_module
from io import BytesIO
from pathlib import Path

import numpy as np

from inknet.modelfile import write_durably

from .errors import PlotError
from .experiments import EXPERIMENTS, Row

BLUE, GREY = "#1f5fa8", "#666666"
MOST_FIGURES = 12  # values that are written at the axis and at the line; more would run into one another


def plot(rows: Iterable[Row], path: Path) -> None:
    """Writes a PNG of the results of one experiment, at least one of them, to `path`.

    Raises PlotError if matplotlib is not installed, OSError if the file cannot be written.
    """
    try:
        # by name, so that the types are checked alike with it and without
        figures, tickers = import_module("matplotlib.figure"), import_module("matplotlib.ticker")
    except ImportError as error:
        raise PlotError(
            f"the plot needs matplotlib ({error}): install inkling's extra `plots` (pip install 'inkling[plots]'), or "
            "python3-matplotlib on Debian, and give the same command again"
        ) from error
    rows = sorted(rows, key=lambda row: row.value)
    experiment = EXPERIMENTS[rows[0].experiment]
    found = by_value(rows)
    values = list(found)

    figure = figures.Figure(figsize=(8, 5), dpi=150, layout="constrained")
    axes = figure.subplots()
    lowest, means, highest = ([100 * f(found[value]) for value in values] for f in (np.min, np.mean, np.max))
    seeds = len({row.seed for row in rows})
    axes.fill_between(values, lowest, highest, color=BLUE, alpha=0.15, linewidth=0, label="lowest to highest")
    axes.plot(values, means, color=BLUE, linewidth=1.8, label=f"mean of {seeds} seed{'s'[: seeds > 1]} (the figures)")
    axes.plot(
        [row.value for row in rows],
        [100 * row.accuracy for row in rows],
        "o",
        color=BLUE,
        alpha=0.55,
        markersize=4.5,
        markeredgewidth=0,
        label=experiment.dot,
    )
    if min(means) < 20:
        axes.axhline(10, color=GREY, linewidth=1, linestyle="--", label="guessing (10 %)")

    axes.set_xlabel(experiment.axis)
    axes.set_ylabel("accuracy on the test images (%)")
    axes.set_title(f"{experiment.title}\n", fontsize=13, loc="left", fontweight="bold")
    axes.text(0, 1.03, _conditions(rows), transform=axes.transAxes, color=GREY, fontsize=9)
    if experiment.log:
        axes.set_xscale("log")
    if len(values) <= MOST_FIGURES:
        axes.set_xticks(values, [f"{value:g}" for value in values])
        axes.xaxis.set_minor_locator(tickers.NullLocator())
        for at, mean in zip(zip(values, highest, strict=True), means, strict=True):
            style = {"textcoords": "offset points", "ha": "center", "color": BLUE, "fontsize": 8}
            axes.annotate(f"{mean:.1f}", at, (0, 6), **style)
    axes.yaxis.set_major_locator(tickers.MaxNLocator(nbins=8, steps=[1, 2, 5, 10]))
    axes.margins(y=0.1)
    axes.set_axisbelow(True)
    axes.grid(color="#dddddd", linewidth=0.7)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, loc="best", fontsize=9)

    png = BytesIO()
    figure.savefig(png, format="png")
    write_durably(path, png.getvalue())


def by_value(rows: Iterable[Row]) -> dict[float, list[float]]:
    """The accuracies, 0 to 1, found for each value, the values in ascending order."""
    found: dict[float, list[float]] = {}
    for row in sorted(rows, key=lambda row: row.value):
        found.setdefault(row.value, []).append(row.accuracy)
    return found


def _conditions(rows: list[Row]) -> str:
    """What was the same throughout: network, learning rate, epochs and images, as far as they were."""
    epochs = sorted({row.epochs for row in rows})
    images = f"{rows[0].images:,} training image{'s'[: rows[0].images > 1]}"
    span = f"{epochs[0]} epoch{'s'[: epochs[0] > 1]} of " if len(epochs) == 1 else ""
    return f"{EXPERIMENTS[rows[0].experiment].fixed}, {span}{images}"
