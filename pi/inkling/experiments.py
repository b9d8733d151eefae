"""The talk's experiments: how accuracy depends on the network, on how it is taught, and on damage done to it.

An experiment is a few values of one quantity. A run is what one seed and one training give: a row for one value, or,
where one training serves them all, a row for each. Everything random in a run comes from its seed.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from copy import copy
from dataclasses import dataclass, replace

import numpy as np

from inknet.arrays import Array
from inknet.classic import ThreeLayers, scale_pixels, targets_for
from inknet.layers import Generator

from .talk import turned
from .training import Images, evaluate

BLOCK = 100  # images that are prepared at a time
DRAWS = 5  # orders in which the links of one network are cut


@dataclass(frozen=True)
class Teaching:
    """The talk's network, 784-hidden-10, and how it is taught; the defaults hold wherever nothing is varied.

    rotation: degrees by which each image is shown turned, one way and the other, after the image itself; at 0 the
    image is thus shown three times. None shows it once, as it is.
    """

    hidden: int = 200
    rate: float = 0.1
    epochs: int = 5
    rotation: float | None = None


@dataclass(frozen=True)
class Run:
    """One seed of an experiment, and the values that its training gives."""

    experiment: str
    seed: int
    values: tuple[float, ...]

    @property
    def cost(self) -> float:
        """The time it takes, relative to other runs: showing an image costs a fixed part, and one for each node."""
        taught = EXPERIMENTS[self.experiment].teaching(max(self.values))
        return taught.epochs * (1 if taught.rotation is None else 3) * (taught.hidden + 30)


@dataclass(frozen=True)
class Row:
    """One result. accuracy: 0 to 1, on the test images; seconds: from the beginning of the run to this result."""

    experiment: str
    value: float
    seed: int
    images: int
    epochs: int
    accuracy: float
    seconds: float


# (value, accuracy) of a network that is being taught, which comes once after each epoch
Measure = Callable[[Iterator[ThreeLayers], Run, Images, Generator], Iterator[tuple[float, float]]]


@dataclass(frozen=True)
class Experiment:
    """What is varied and how it is shown. values: by default; low to high: what is possible.

    teaching: what a value asks for. measure: the results of one training. together: it serves all the values.
    axis: the quantity with its unit; fixed: the rest, for the title; dot: what a dot in the plot is.
    """

    values: tuple[float, ...]
    low: float
    high: float
    whole: bool
    teaching: Callable[[float], Teaching]
    measure: Measure
    together: bool
    axis: str
    log: bool
    title: str
    fixed: str
    dot: str = "one seed"


def runs(experiment: str, wanted: Iterable[tuple[float, int]]) -> list[Run]:
    """The runs that give the wanted (value, seed), in their order."""
    if not EXPERIMENTS[experiment].together:
        return [Run(experiment, seed, (value,)) for value, seed in wanted]
    values: dict[int, list[float]] = {}
    for value, seed in wanted:
        values.setdefault(seed, []).append(value)
    return [Run(experiment, seed, tuple(each)) for seed, each in values.items()]


def perform(run: Run, learn: Images, test: Images) -> list[Row]:
    """Teaches a network and measures it: a row for each value of the run, in their order."""
    began, rng = time.perf_counter(), np.random.default_rng(run.seed)
    experiment = EXPERIMENTS[run.experiment]
    networks = taught(experiment.teaching(max(run.values)), learn, rng)
    return [
        Row(
            run.experiment,
            value,
            run.seed,
            len(learn),
            experiment.teaching(value).epochs,
            accuracy,
            time.perf_counter() - began,
        )
        for value, accuracy in experiment.measure(networks, run, test, rng)
    ]


def taught(teaching: Teaching, learn: Images, rng: Generator) -> Iterator[ThreeLayers]:
    """The network after each epoch: always the same object, which learns on when the next is asked for."""
    network = ThreeLayers(784, teaching.hidden, 10, teaching.rate, rng)
    targets = np.array([targets_for(label) for label in range(10)])
    for _ in range(teaching.epochs):
        order = rng.permutation(len(learn))
        for start in range(0, len(order), BLOCK):
            block = learn.part(order[start : start + BLOCK])
            for views, label in zip(_views(block.images, teaching.rotation), block.labels, strict=True):
                for view in views:
                    network.train(view, targets[label])
        yield network


def _views(images: Array, rotation: float | None) -> Array:
    """What is shown of each image, (n, views, 784), scaled as the talk does: itself, then turned either way."""
    views = [images] if rotation is None else [images, turned(images, rotation), turned(images, -rotation)]
    return scale_pixels(np.stack(views, axis=1).reshape(len(images), len(views), -1))


def cut(network: ThreeLayers, order: Array, share: float) -> ThreeLayers:
    """A copy without the first `share`, 0 to 1, of its links in the given order (all of them, from 0)."""
    links = np.concatenate([network.wih.ravel(), network.who.ravel()])
    links[order[: round(share * len(order))]] = 0
    damaged = copy(network)
    damaged.wih = links[: network.wih.size].reshape(network.wih.shape)
    damaged.who = links[network.wih.size :].reshape(network.who.shape)
    return damaged


def _accuracy(network: ThreeLayers, test: Images) -> float:
    return evaluate(network.as_network(28, 28), test)


def _at_the_end(
    networks: Iterator[ThreeLayers], run: Run, test: Images, rng: Generator
) -> Iterator[tuple[float, float]]:
    *_, network = networks
    yield run.values[0], _accuracy(network, test)


def _after_epochs(
    networks: Iterator[ThreeLayers], run: Run, test: Images, rng: Generator
) -> Iterator[tuple[float, float]]:
    for epoch, network in enumerate(networks, 1):
        if epoch in run.values:
            yield epoch, _accuracy(network, test)


def _damaged(networks: Iterator[ThreeLayers], run: Run, test: Images, rng: Generator) -> Iterator[tuple[float, float]]:
    *_, network = networks
    orders = [rng.permutation(network.wih.size + network.who.size) for _ in range(DRAWS)]
    for value in run.values:
        yield value, float(np.mean([_accuracy(cut(network, order, value / 100), test) for order in orders]))


TALK = Teaching()

EXPERIMENTS = {
    "hidden": Experiment(
        values=(5, 10, 20, 50, 100, 200, 500),
        low=1,
        high=5000,
        whole=True,
        teaching=lambda value: replace(TALK, hidden=int(value)),
        measure=_at_the_end,
        together=False,
        axis="hidden nodes",
        log=True,
        title="Accuracy and hidden nodes",
        fixed=f"784-h-10, learning rate {TALK.rate}",
    ),
    "rate": Experiment(
        values=(0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.6, 0.9),
        low=1e-6,
        high=10,
        whole=False,
        teaching=lambda value: replace(TALK, rate=value),
        measure=_at_the_end,
        together=False,
        axis="learning rate",
        log=True,
        title="Accuracy and learning rate",
        fixed=f"784-{TALK.hidden}-10",
    ),
    "epochs": Experiment(
        values=tuple(range(1, 11)),
        low=1,
        high=1000,
        whole=True,
        teaching=lambda value: replace(TALK, epochs=int(value)),
        measure=_after_epochs,
        together=True,
        axis="epochs",
        log=False,
        title="Accuracy and epochs",
        fixed=f"784-{TALK.hidden}-10, learning rate {TALK.rate}",
    ),
    "rotation": Experiment(
        values=(0, 5, 10, 15, 20, 30),
        low=0,
        high=180,
        whole=False,
        teaching=lambda value: replace(TALK, epochs=3, rotation=value),
        measure=_at_the_end,
        together=False,
        axis="angle by which each image is shown turned, too, one way and the other (degrees)",
        log=False,
        title="Accuracy and additional rotated images",
        fixed=f"784-{TALK.hidden}-10, learning rate {TALK.rate}",
    ),
    "damage": Experiment(
        values=(0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 95),
        low=0,
        high=100,
        whole=False,
        teaching=lambda value: TALK,
        measure=_damaged,
        together=True,
        axis="links cut at random (%)",
        log=False,
        title="Accuracy and damage",
        fixed=f"784-{TALK.hidden}-10, learning rate {TALK.rate}",
        dot=f"one seed, mean of {DRAWS} random cuts",
    ),
}
