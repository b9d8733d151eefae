"""Benchmarks of recipes: what each reaches on images it has never seen, and what that costs."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import prod

from inknet import Network
from inknet.arrays import Shape
from inknet.trainer import Step

from .recipes import RECIPES
from .training import Images, Training, evaluate

EPOCH = 60_000  # images: MNIST's, by which epochs are counted whatever the data set


@dataclass(frozen=True)
class Trial:
    """One training. accuracy: 0 to 1, on the test images. seconds: of training.

    mac_epochs: what it cost, in millions of multiply-accumulates of reading an image, times epochs of 60,000 images.
    """

    recipe: str
    seed: int
    accuracy: float
    mac_epochs: float
    seconds: float


def trial(recipe: str, seed: int, learn: Images, test: Images) -> Iterator[Step | Trial]:
    """Trains a recipe for its epochs on all of `learn`: its steps, and at the end the trial. Raises DataError."""
    began = time.perf_counter()
    training = Training(learn, recipe, None, seed, judged=False)
    yield from training.steps()
    seconds = time.perf_counter() - began
    network = training.trainer.result()
    kind = RECIPES[recipe]
    shown = training.epochs * kind.views * (1 + kind.outliers + kind.own) * len(learn) / EPOCH
    yield Trial(recipe, seed, evaluate(network, test), multiply_accumulates(network) / 1e6 * shown, seconds)


def multiply_accumulates(network: Network) -> int:
    """How often reading one image multiplies by a weight, and adds."""
    height, width, *channels = network.input_shape
    shape: Shape = (channels[0] if channels else 1, height, width)
    count = 0
    for layer in network.layers:
        layer = replace(layer)  # type: ignore[type-var]  # every layer is a dataclass
        shape = layer.build(shape)
        # a row of weights gives one channel, and is used once for each of its places
        count += sum(prod(weight) for weight in layer.weights.values()) * prod(shape[1:])
    return count
