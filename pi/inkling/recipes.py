"""A recipe is a network and the way to train it, under a name that `inkling train --recipe` knows."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from inknet import AdamW, Affine, BatchNorm, Convolution, Dense, Layer, MaxPool, Network, ReLU, SoftmaxCrossEntropy
from inknet.arrays import Array
from inknet.layers import Generator
from inknet.schedules import one_cycle
from inknet.trainer import Step, Trainer

from .elastic import Elastic
from .errors import UsageError
from .hardening import Hardening
from .reader import DIGITS
from .talk import TalkTrainer

SMOOTHING = 0.05
MOVED = 0.75  # how far `further` goes from the network it began with to the one it came to


class Trains(Protocol):
    """What a recipe makes: `inknet.Trainer`, or what trains in its own way."""

    def run(self, images: Array, labels: Array, epochs: float) -> Iterator[Step]:
        """Trains, yielding now and then."""

    def result(self) -> Network:
        """The network as it is."""

    def checkpoint(self, path: Path, about: dict[str, Any] | None = None) -> None:
        """Writes all that training goes on from, durably, and plain data that is kept with it. Raises OSError."""

    def restore(self, path: Path) -> None:
        """Takes up the checkpoint of one made alike. Raises ModelError if it is none; then nothing has changed."""


def turned_classic(rng: Generator) -> TalkTrainer:
    """The talk's network, shown every image as it is and turned by 10 degrees either way; half the learning rate."""
    return TalkTrainer(rng, rate=0.05, turns=(0, 10, -10))


def mlp(rng: Generator) -> Trainer:
    """784-300-100-10 with ReLU and batch norm: 0.27 million multiply-accumulates an image."""
    layers = [Dense(300, bias=False), BatchNorm(), ReLU(), Dense(100, bias=False), BatchNorm(), ReLU(), Dense(10)]
    network = Network(layers, SoftmaxCrossEntropy(SMOOTHING), rng=rng)
    return Trainer(network, AdamW(), rng, rate=0.003, schedule=one_cycle(), deform=Affine(share=0.7), averaging=8)


def night(rng: Generator, filters: tuple[int, int, int] = (24, 32, 64)) -> Trainer:
    """What a Pi Zero learns in a night: 2.5 million multiply-accumulates, 79,000 parameters, small batches.

    It has an eleventh answer, for what is no digit. With other filters it is what fits another time (see `night`).
    """
    return _trained(five_convolutions(filters, rng, DIGITS + 1), rng, Elastic(sway_px=0.5), batch_size=32)


class Onward(Trainer):
    """Trains on from a network; the result lies between the weights it began with and those it came to.

    So it keeps most of what is new and forgets least of what it could (Wortsman et al. 2022, "Robust fine-tuning of
    zero-shot models", arXiv:2109.01903).
    """

    def __post_init__(self) -> None:
        super().__post_init__()
        self._start = self.network.copy().state

    def result(self) -> Network:
        """The network between the two, with the averaged weights."""
        return self.network.copy(self._start + MOVED * (self.average - self._start))


def further(network: Network, rng: Generator) -> Onward:
    """Goes on from a trained network: small steps, and the poor pictures of `robust`, lest it forget how to read them.

    The network stays as it is. Raises UsageError for one that is not read by softmax, as the talk's is not.
    """
    if not isinstance(network.loss, SoftmaxCrossEntropy):
        raise UsageError("the talk's network cannot be gone on from: give --recipe classic, which begins anew")
    twin = network.copy()
    twin.loss = SoftmaxCrossEntropy(SMOOTHING)
    return Onward(twin, AdamW(decay=0.03), rng, 0.0005, 64, one_cycle(), Hardening(), averaging=8)


def cnn(rng: Generator) -> Trainer:
    """Five convolutions, 4.3 million multiply-accumulates an image, 154,000 parameters."""
    return _trained(five_convolutions((32, 40, 96), rng), rng, Affine())


def robust(rng: Generator) -> Trainer:
    """Five convolutions, 4.7 million multiply-accumulates, 192,000 parameters, made ready for poor pictures.

    It has an eleventh answer, for what is no digit.
    """
    return _trained(five_convolutions((32, 40, 112), rng, DIGITS + 1), rng, Hardening(), batch_size=64)


def five_convolutions(filters: tuple[int, int, int], rng: Generator, answers: int = DIGITS) -> Network:
    """A network that halves the picture at once, for speed; so many filters where it is 12, 10 and 5 pixels wide."""
    first, middle, last = filters
    layers: list[Layer] = [
        *_block(first, size=5, stride=2),  # 28 -> 12
        *_block(middle),  # -> 10
        *_block(middle, padding=1),
        MaxPool(2),  # -> 5
        *_block(last, padding=1),
        *_block(last),  # -> 3
        Dense(answers, gain=1),
    ]
    return Network(layers, SoftmaxCrossEntropy(SMOOTHING), rng=rng)


def _trained(
    network: Network, rng: Generator, deform: Callable[[Array, Generator], None], batch_size: int = 128
) -> Trainer:
    return Trainer(network, AdamW(decay=0.03), rng, 0.003, batch_size, one_cycle(), deform, averaging=8)


def _block(filters: int, size: int = 3, stride: int = 1, padding: int = 0) -> list[Layer]:
    return [Convolution(filters, size, stride, padding, bias=False), BatchNorm(), ReLU()]


@dataclass(frozen=True)
class Recipe:
    """What `--recipe NAME` stands for.

    epochs: taken if none are asked for. views: how often each image is shown in an epoch. temperature: what held-back
    images asked for in earlier trainings, for a training that holds none back; the talk's networks have none.
    outliers, own: for a network with an eleventh answer, how many pictures of no digit, and how many digits drawn in
    the same way, are learnt beside the images, in parts of their number (see `simulation.outliers`).
    """

    trainer: Callable[[Generator], Trains]
    epochs: float
    views: int = 1
    temperature: float = 0.55
    outliers: float = 0.0
    own: float = 0.0


RECIPES = {
    "classic": Recipe(TalkTrainer, 5),
    "turned": Recipe(turned_classic, 3, views=3),
    "mlp": Recipe(mlp, 30),
    "night": Recipe(night, 5.3, outliers=0.15, own=0.05),
    "cnn": Recipe(cnn, 20),
    "robust": Recipe(robust, 40, outliers=0.3, own=0.15),
}

FURTHER = replace(RECIPES["robust"], epochs=1)
"""For a network that is gone on from (see `further`)."""
