"""An optimizer moves the parameters a step against the gradient.

A network's parameters are one flat array, so a step is a handful of operations on long vectors, done in place.
"""

from dataclasses import dataclass

import numpy as np

from .arrays import Array


@dataclass
class Optimizer:
    """What every optimizer is. `steps` and `memory` are all that it remembers, and so what a checkpoint keeps."""

    def __post_init__(self) -> None:
        self.steps = 0
        self.memory: dict[str, Array] = {}

    def step(self, parameters: Array, gradient: Array, rate: float, decayed: int = 0) -> None:
        """Moves `parameters` (n,) in place by the gradient (n,); weight decay shrinks the first `decayed`."""
        raise TypeError(f"{type(self).__name__} has no step")

    def recall(self, name: str, like: Array) -> Array:
        """The array remembered by this name, zeros at first."""
        if name not in self.memory:
            self.memory[name] = np.zeros_like(like)
        return self.memory[name]


@dataclass
class SGD(Optimizer):
    """Stochastic gradient descent with momentum: v = momentum v + gradient; parameters -= rate v.

    momentum 0 is the talk's rule. `decay` is L2 weight decay, decoupled from the gradient.
    """

    momentum: float = 0.0
    decay: float = 0.0

    def step(self, parameters: Array, gradient: Array, rate: float, decayed: int = 0) -> None:
        self.steps += 1
        if self.decay:
            parameters[:decayed] *= 1 - rate * self.decay
        if self.momentum:
            velocity = self.recall("velocity", parameters)
            velocity *= self.momentum
            velocity += gradient
            gradient = velocity
        parameters -= np.asarray(rate, parameters.dtype) * gradient


@dataclass
class AdamW(Optimizer):
    """Adam (Kingma and Ba 2014, arXiv:1412.6980), weight decay decoupled (Loshchilov and Hutter, 1711.05101)."""

    decay: float = 0.01
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8

    def step(self, parameters: Array, gradient: Array, rate: float, decayed: int = 0) -> None:
        mean, square = self.recall("mean", parameters), self.recall("square", parameters)
        self.steps += 1
        parameters[:decayed] *= 1 - rate * self.decay
        mean *= self.beta1
        mean += (1 - self.beta1) * gradient
        square *= self.beta2
        square += (1 - self.beta2) * gradient * gradient
        # both averages start at zero: the corrections of Kingma and Ba, section 3
        root = np.sqrt(square)
        root /= (1 - self.beta2**self.steps) ** 0.5
        root += self.epsilon
        np.divide(mean, root, out=root)
        root *= rate / (1 - self.beta1**self.steps)
        parameters -= root
