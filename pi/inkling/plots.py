"""An experiment as a picture: each result a dot, their mean a line, their spread a band."""

from collections.abc import Iterable, Sequence
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import Any

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
    figure = _figure(figsize=(8, 5))
    tickers = import_module("matplotlib.ticker")
    rows = sorted(rows, key=lambda row: row.value)
    experiment = EXPERIMENTS[rows[0].experiment]
    found = by_value(rows)
    values = list(found)

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

    _save(figure, path)


def _figure(figsize: tuple[float, float]) -> Any:
    """An empty figure of matplotlib's; raises PlotError if that is not installed."""
    try:
        # by name, so that the types are checked alike with it and without
        figures = import_module("matplotlib.figure")
    except ImportError as error:
        raise PlotError(
            f"the plot needs matplotlib ({error}): install inkling's extra `plots` (pip install 'inkling[plots]'), or "
            "python3-matplotlib on Debian"
        ) from error
    return figures.Figure(figsize=figsize, dpi=150, layout="constrained")


def _save(figure: Any, path: Path) -> None:
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


def plot_curves(curve: Iterable[Sequence[float | None]], title: str, path: Path) -> None:
    """Writes a PNG of a training to `path`: its loss, and how many of the held-back images were read right.

    curve: for each point the seconds used, the epoch, the loss, and the accuracy, 0 to 1, or None. Raises PlotError if
    matplotlib is not installed, OSError if the file cannot be written.
    """
    figure = _figure(figsize=(8, 5))
    points = list(curve)
    longest_s = max((used or 0 for used, *_ in points), default=0.0)
    unit, name = next((u, n) for u, n in ((3600, "hours"), (60, "minutes"), (1, "seconds")) if longest_s >= u or u == 1)
    losses, accuracies = figure.subplots(2, sharex=True)
    losses.plot([(used or 0) / unit for used, *_ in points], [loss for _, _, loss, _ in points], color=BLUE)
    losses.set_ylabel("loss")
    losses.set_title(f"{title}: {max((epoch or 0 for _, epoch, *_ in points), default=0):.2f} epochs", loc="left")
    seen = [(used or 0, 100 * share) for used, _, _, share in points if share is not None]
    accuracies.plot([used / unit for used, _ in seen], [share for _, share in seen], "o-", color=BLUE, markersize=4)
    accuracies.set_ylabel("held-back images read right (%)")
    accuracies.set_xlabel(name)
    for axes in (losses, accuracies):
        axes.grid(color="#dddddd", linewidth=0.7)
        axes.spines[["top", "right"]].set_visible(False)
    _save(figure, path)
