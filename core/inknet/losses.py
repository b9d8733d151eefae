"""A loss says how wrong the outputs are, in one number, and which way each output should move.

Outputs are (classes, batch), labels (batch,). `loss(outputs, labels)` gives the mean loss of the batch and its
gradient by the outputs; `probabilities` reads the outputs the way the loss understands them.
"""

from dataclasses import dataclass

import numpy as np

from .arrays import Array, namespace, one_hot
from .errors import InputError


class Loss:
    """What every loss is."""

    def __call__(self, outputs: Array, labels: Array) -> tuple[float, Array]:
        """The mean loss over the batch, and its gradient by the outputs, of their shape."""
        raise TypeError(f"{type(self).__name__} cannot be called")

    def probabilities(self, outputs: Array) -> Array:
        """The outputs as probabilities: not negative, each column with the sum 1."""
        raise TypeError(f"{type(self).__name__} has no probabilities")


@dataclass(frozen=True)
class SquaredError(Loss):
    """Half the sum of (target - output)**2; targets are `low` for the wrong classes, `high` for the right one.

    The talk's targets are 0.01 and 0.99, because a sigmoid never reaches 0 or 1. With the half, the gradient
    is minus the talk's error, target - output.
    """

    low: float = 0.01
    high: float = 0.99

    def __call__(self, outputs: Array, labels: Array) -> tuple[float, Array]:
        gradient = outputs - self.low
        gradient -= (self.high - self.low) * one_hot(labels, outputs)
        value = float(namespace(outputs).sum(gradient * gradient)) / (2 * len(labels))
        gradient /= len(labels)
        return value, gradient

    def probabilities(self, outputs: Array) -> Array:
        xp = namespace(outputs)
        p: Array = xp.maximum(outputs, 1e-30)  # so that the sum of none is zero
        p /= xp.sum(p, axis=0)
        return p


@dataclass(frozen=True)
class SoftmaxCrossEntropy(Loss):
    """The surprise -log p(right class) of the softmax of the outputs (the logits).

    `smoothing` spreads that share of each target evenly over all classes (Szegedy et al. 2015, arXiv:1512.00567).
    `temperature` divides the logits in `probabilities` only: fitted to held-back data it makes the confidence
    honest (Guo et al. 2017, arXiv:1706.04599).
    """

    smoothing: float = 0.0
    temperature: float = 1.0

    def __post_init__(self) -> None:
        if not (0 <= self.smoothing < 1 and 0 < self.temperature < float("inf")):
            raise InputError(f"{self}: smoothing is a share from 0 to below 1, temperature is above 0")

    def __call__(self, outputs: Array, labels: Array) -> tuple[float, Array]:
        xp, (classes, count) = namespace(outputs), outputs.shape
        log_p = log_softmax(outputs)
        targets = (1 - self.smoothing) * one_hot(labels, outputs) + self.smoothing / classes
        gradient = xp.exp(log_p)
        gradient -= targets
        gradient /= count
        return -float(xp.sum(targets * log_p)) / count, gradient

    def probabilities(self, outputs: Array) -> Array:
        p: Array = namespace(outputs).exp(log_softmax(outputs / self.temperature))
        return p


def log_softmax(outputs: Array) -> Array:
    """log(exp(x) / sum(exp(x))) over the classes; the largest is taken off first, so nothing overflows."""
    xp = namespace(outputs)
    shifted: Array = outputs - xp.amax(outputs, axis=0)
    shifted -= xp.log(xp.sum(xp.exp(shifted), axis=0))
    return shifted


def fit_temperature(outputs: Array, labels: Array) -> float:
    """The temperature, from 0.05 to 20, with the least cross-entropy on these outputs (classes, batch).

    The loss is convex in 1 / temperature, so it has one minimum, which finer and finer grids find to 0.1 %.
    """

    def loss(temperature: float) -> float:
        return SoftmaxCrossEntropy()(outputs / float(temperature), labels)[0]

    low, high = 0.05, 20.0
    while high / low > 1.001:
        grid = np.geomspace(low, high, 7)
        best = int(np.argmin([loss(t) for t in grid]))
        low, high = grid[max(best - 1, 0)], grid[min(best + 1, 6)]
    return float((low * high) ** 0.5)
