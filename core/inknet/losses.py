"""A loss says how wrong the outputs are, in one number, and which way each output should move.

Outputs are (classes, batch), labels (batch,). `loss(outputs, labels)` gives the mean loss of the batch and its
gradient by the outputs; `probabilities` reads the outputs the way the loss understands them.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import numpy as np

from .arrays import Array
from .errors import InputError


class Loss:
    """What every loss is."""

    kinds: ClassVar[dict[str, type["Loss"]]] = {}

    def __init_subclass__(cls) -> None:
        Loss.kinds[cls.__name__] = cls

    def describe(self) -> dict[str, Any]:
        """The loss as plain data, from which `Loss.kinds[kind](**rest)` makes it again."""
        return {"kind": type(self).__name__, **asdict(self)}  # type: ignore[call-overload]

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
        gradient[labels, np.arange(len(labels))] -= self.high - self.low
        value = float(np.vdot(gradient, gradient)) / (2 * len(labels))
        gradient /= len(labels)
        return value, gradient

    def probabilities(self, outputs: Array) -> Array:
        p: Array = np.maximum(outputs, np.finfo(outputs.dtype).tiny)
        p /= p.sum(axis=0)
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
        classes, count = outputs.shape
        log_p = log_softmax(outputs)
        right = log_p[labels, np.arange(count)]
        value = -((1 - self.smoothing) * right.mean() + self.smoothing * log_p.mean())
        gradient = np.exp(log_p)
        gradient -= self.smoothing / classes
        gradient[labels, np.arange(count)] -= 1 - self.smoothing
        gradient /= count
        return float(value), gradient

    def probabilities(self, outputs: Array) -> Array:
        p: Array = np.exp(log_softmax(outputs / np.asarray(self.temperature, outputs.dtype)))
        return p


def log_softmax(outputs: Array) -> Array:
    """log(exp(x) / sum(exp(x))) over the classes; the largest is taken off first, so nothing overflows."""
    shifted: Array = outputs - outputs.max(axis=0)
    shifted -= np.log(np.exp(shifted).sum(axis=0))
    return shifted


def fit_temperature(outputs: Array, labels: Array) -> float:
    """The temperature, from 0.05 to 20, with the least cross-entropy on these outputs (classes, batch).

    The loss is convex in 1 / temperature, so a golden-section search finds it, to 0.1 %.
    """

    def loss(log_t: float) -> float:
        scaled = outputs / np.asarray(np.exp(log_t), outputs.dtype)
        return SoftmaxCrossEntropy()(scaled, labels)[0]

    return float(np.exp(golden_section(loss, float(np.log(0.05)), float(np.log(20)), 1e-3)))


def golden_section(f: Callable[[float], float], low: float, high: float, tolerance: float) -> float:
    """The place of the minimum of a function with one minimum (Kiefer 1953)."""
    ratio = (5**0.5 - 1) / 2
    a, b = high - ratio * (high - low), low + ratio * (high - low)
    fa, fb = f(a), f(b)
    while high - low > tolerance:
        if fa < fb:
            high, b, fb = b, a, fa
            a = high - ratio * (high - low)
            fa = f(a)
        else:
            low, a, fa = a, b, fb
            b = low + ratio * (high - low)
            fb = f(b)
    return (low + high) / 2
