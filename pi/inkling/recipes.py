"""A recipe is a network and the way to train it, under a name that `inkling train --recipe` knows."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from inknet import AdamW, Affine, BatchNorm, Convolution, Dense, Layer, MaxPool, Network, ReLU, SoftmaxCrossEntropy
from inknet.arrays import Array
from inknet.classic import ThreeLayers, scale_pixels, targets_for
from inknet.layers import Generator
from inknet.schedules import one_cycle
from inknet.trainer import Step, Trainer


class Trains(Protocol):
    """What a recipe makes: `inknet.Trainer`, or what trains in its own way."""

    def run(self, images: Array, labels: Array, epochs: float) -> Iterator[Step]:
        """Trains, yielding now and then."""

    def result(self) -> Network:
        """The network as it is."""


class TalkTrainer:
    """The talk's network as taught: 784-200-10, sigmoids, one image at a time, learning rate 0.1."""

    EVERY = 100  # images between two steps that are reported

    def __init__(self, rng: Generator) -> None:
        self._rng = rng
        self._network = ThreeLayers(784, 200, 10, rate=0.1, rng=rng)

    def run(self, images: Array, labels: Array, epochs: float) -> Iterator[Step]:
        """Trains on images uint8 (n, 28, 28) with labels (n,); the error is the mean of the output errors' squares."""
        total, error = max(1, round(epochs * len(images))), 0.0
        targets = np.array([targets_for(label) for label in range(10)])
        for number in range(total):
            if number % len(images) == 0:
                order = self._rng.permutation(len(images))
            chosen = order[number % len(images)]
            errors = self._network.train(scale_pixels(images[chosen].ravel()), targets[labels[chosen]])
            error += float(errors @ errors)
            if (number + 1) % self.EVERY == 0 or number + 1 == total:
                yield Step((number + 1) / total, (number + 1) / len(images), error / (number % self.EVERY + 1))
                error = 0.0

    def result(self) -> Network:
        """The network in the library's form."""
        return self._network.as_network(28, 28)


def mlp(rng: Generator) -> Trainer:
    """784-300-100-10 with ReLU and batch norm: 0.27 million multiply-accumulates an image."""
    layers = [Dense(300, bias=False), BatchNorm(), ReLU(), Dense(100, bias=False), BatchNorm(), ReLU(), Dense(10)]
    network = Network(layers, SoftmaxCrossEntropy(smoothing=0.05), rng=rng)
    return Trainer(network, AdamW(), rng, rate=0.003, schedule=one_cycle(), deform=Affine(), averaging=8)


def cnn(rng: Generator) -> Trainer:
    """Five convolutions, 4.3 million multiply-accumulates an image, 154,000 parameters: the network that is shipped."""
    layers: list[Layer] = [
        *_block(32, size=5, stride=2),  # 28 -> 12
        *_block(40),  # -> 10
        *_block(40, padding=1),
        MaxPool(2),  # -> 5
        *_block(96, padding=1),
        *_block(96),  # -> 3
        Dense(10, gain=1),
    ]
    network = Network(layers, SoftmaxCrossEntropy(smoothing=0.05), rng=rng)
    return Trainer(network, AdamW(decay=0.03), rng, rate=0.003, schedule=one_cycle(), deform=Affine(), averaging=8)


def _block(filters: int, size: int = 3, stride: int = 1, padding: int = 0) -> list[Layer]:
    return [Convolution(filters, size, stride, padding, bias=False), BatchNorm(), ReLU()]


@dataclass(frozen=True)
class Recipe:
    """What `--recipe NAME` stands for, and the epochs it takes if none are asked for."""

    trainer: Callable[[Generator], Trains]
    epochs: int


RECIPES = {"classic": Recipe(TalkTrainer, 5), "mlp": Recipe(mlp, 15), "cnn": Recipe(cnn, 20)}
