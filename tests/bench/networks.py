"""The networks that are measured: the talk's, one for a slow board, and one about as large as the `cnn` recipe's."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from inknet import (
    BatchNorm,
    Convolution,
    Dense,
    Layer,
    MaxPool,
    Network,
    ReLU,
    Sigmoid,
    SoftmaxCrossEntropy,
    SquaredError,
)
from inknet.arrays import Shape

TALK, SMALL, LARGE = "784-200-10", "0.5 MMAC", "4.9 MMAC"


def block(filters: int, size: int = 3, stride: int = 1, padding: int = 0) -> list[Layer]:
    """A convolution, its batch norm, and a ReLU."""
    return [Convolution(filters, size, stride, padding, bias=False), BatchNorm(), ReLU()]


NETWORKS: dict[str, Callable[[], list[Layer]]] = {
    TALK: lambda: [Dense(200, bias=False), Sigmoid(), Dense(10, bias=False), Sigmoid()],
    SMALL: lambda: [*block(12, 5, 2, 2), *block(24), MaxPool(), *block(32), Dense(10)],
    LARGE: lambda: [
        *block(32, 5, 2),
        *block(40, padding=1),
        *block(40, padding=1),
        MaxPool(),
        *block(96),
        *block(96),
        Dense(10),
    ],
}


def network(name: str, dtype: Any = np.float32) -> Network:
    """One of NETWORKS with random weights; the talk's with its loss, the others with cross-entropy."""
    loss = SquaredError() if name == TALK else SoftmaxCrossEntropy()
    return Network(NETWORKS[name](), loss, rng=np.random.default_rng(0), dtype=dtype)


def shapes(net: Network) -> list[Shape]:
    """The shape that goes into each layer, and the one that comes out of the last, without the batch."""
    found: list[Shape] = [(*net.input_shape, 1)[2:3] + net.input_shape[:2]]
    for layer in net.layers:
        found.append(replace(layer).build(found[-1]))  # type: ignore[type-var]
    return found


def training_operations(net: Network) -> int:
    """Multiplications and additions of the matrix products in a step of training on one image.

    Each layer has three such products, for its outputs, its weights' gradient and its inputs' gradient, all of the
    same size. The last of them the first layer does not need, and nobody computes it.
    """
    total, products = 0, 2
    for layer, shape in zip(net.layers, shapes(net)[1:], strict=True):
        if isinstance(layer, Convolution | Dense):
            positions = int(np.prod(shape[1:]))
            total += 2 * products * layer.values["weight"].size * positions
            products = 3
    return total
