"""An optimizer moves the parameters a step against the gradient.

A network's parameters are one flat array, so a step is a handful of operations on long vectors, done in place and in
pieces, for which the processor's cache holds what they leave to each other.
"""

from dataclasses import dataclass

from .arrays import Array, namespace
from .layers import CACHED


class Optimizer:
    """What every optimizer is. `steps` and `memory` are all that it remembers, and so what a checkpoint keeps."""

    decay: float
    remembered: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self.steps = 0
        self.memory: dict[str, Array] = {}

    def step(self, parameters: Array, gradient: Array, rate: float, decayed: int = 0) -> None:
        """Moves `parameters` (n,) in place by the gradient (n,); weight decay shrinks the first `decayed`."""
        self.steps += 1
        if self.decay:
            parameters[:decayed] *= 1 - rate * self.decay
        for name in self.remembered:
            if name not in self.memory:
                self.memory[name] = namespace(parameters).zeros_like(parameters)
        for start in range(0, parameters.shape[0], CACHED):
            part = slice(start, min(start + CACHED, parameters.shape[0]))
            self.move(
                parameters[part], gradient[part], float(rate), *(self.memory[name][part] for name in self.remembered)
            )

    def move(self, parameters: Array, gradient: Array, rate: float, *memory: Array) -> None:
        """The step on some of the parameters, with their part of the gradient and of each array remembered."""
        raise TypeError(f"{type(self).__name__} has no move")


@dataclass
class SGD(Optimizer):
    """Stochastic gradient descent with momentum: v = momentum v + gradient; parameters -= rate v.

    momentum 0 is the talk's rule. `decay` is L2 weight decay, decoupled from the gradient.
    """

    momentum: float = 0.0
    decay: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        self.remembered = ("velocity",) if self.momentum else ()

    def move(self, parameters: Array, gradient: Array, rate: float, *memory: Array) -> None:
        for velocity in memory:
            velocity *= self.momentum
            velocity += gradient
            gradient = velocity
        parameters -= rate * gradient


@dataclass
class AdamW(Optimizer):
    """Adam (Kingma and Ba 2014, arXiv:1412.6980), weight decay decoupled (Loshchilov and Hutter, 1711.05101)."""

    decay: float = 0.01
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    remembered = ("mean", "square")

    def move(self, parameters: Array, gradient: Array, rate: float, *memory: Array) -> None:
        mean, square = memory
        mean *= self.beta1
        mean += (1 - self.beta1) * gradient
        square *= self.beta2
        square += (1 - self.beta2) * gradient * gradient
        # both averages start at zero: the corrections of Kingma and Ba, section 3
        step = namespace(square).sqrt(square)
        step /= (1 - self.beta2**self.steps) ** 0.5
        step += self.epsilon
        step = mean / step
        step *= rate / (1 - self.beta1**self.steps)
        parameters -= step
