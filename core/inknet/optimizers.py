"""An optimizer moves the parameters a step against the gradient.

A network's parameters are one flat array, so a step is a handful of operations on long vectors, done in place.
"""

from dataclasses import dataclass

import numpy as np

from .arrays import Array


class Optimizer:
    """What every optimizer is."""

    def step(self, parameters: Array, gradient: Array, rate: float, decayed: int = 0) -> None:
        """Moves `parameters` (n,) in place by the gradient (n,); weight decay shrinks the first `decayed`."""
        raise TypeError(f"{type(self).__name__} has no step")


@dataclass
class SGD(Optimizer):
    """Stochastic gradient descent with momentum: v = momentum v + gradient; parameters -= rate v.

    momentum 0 is the talk's rule. `decay` is L2 weight decay, decoupled from the gradient.
    """

    momentum: float = 0.0
    decay: float = 0.0

    def __post_init__(self) -> None:
        self.velocity: Array | None = None

    def step(self, parameters: Array, gradient: Array, rate: float, decayed: int = 0) -> None:
        if self.decay:
            parameters[:decayed] *= 1 - rate * self.decay
        if self.momentum:
            if self.velocity is None:
                self.velocity = np.zeros_like(parameters)
            self.velocity *= self.momentum
            self.velocity += gradient
            gradient = self.velocity
        parameters -= np.asarray(rate, parameters.dtype) * gradient


@dataclass
class AdamW(Optimizer):
    """Adam (Kingma and Ba 2014, arXiv:1412.6980), weight decay decoupled (Loshchilov and Hutter, 1711.05101)."""

    decay: float = 0.01
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8

    def __post_init__(self) -> None:
        self.steps = 0
        self.mean: Array | None = None
        self.square: Array | None = None

    def step(self, parameters: Array, gradient: Array, rate: float, decayed: int = 0) -> None:
        if self.mean is None or self.square is None:
            self.mean, self.square = np.zeros_like(parameters), np.zeros_like(parameters)
        self.steps += 1
        parameters[:decayed] *= 1 - rate * self.decay
        self.mean *= self.beta1
        self.mean += (1 - self.beta1) * gradient
        self.square *= self.beta2
        self.square += (1 - self.beta2) * gradient * gradient
        # both averages start at zero: the corrections of Kingma and Ba, section 3
        root = np.sqrt(self.square)
        root /= (1 - self.beta2**self.steps) ** 0.5
        root += self.epsilon
        np.divide(self.mean, root, out=root)
        root *= rate / (1 - self.beta1**self.steps)
        parameters -= root
