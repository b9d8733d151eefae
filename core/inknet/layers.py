"""A layer turns a batch of numbers into another, and can push a gradient back the way it came.

`forward` returns the output and a function that takes the gradient of the loss by that output, writes the
gradients of the layer's own parameters, and returns the gradient by the input. All that the way back needs
lives in that function, so nothing stale is left in a layer between two calls. `predict` is the way of
reading: it keeps nothing. The batch is the last axis throughout (see `arrays`).
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from math import prod
from typing import Any, ClassVar

import numpy as np

from .arrays import Array, Shape
from .errors import InputError

Generator = np.random.Generator
# push(gradient by the output, is the gradient by the input wanted?) -> that gradient, else None
Push = Callable[[Array, bool], Array | None]


class Layer:
    """What every layer is: sizes it declares, arrays it is lent, a way forward and a way back.

    `build` declares the shapes of the weights (which weight decay shrinks), of the other trained parameters and
    of the buffers (kept, not trained). The network lends it views of its flat arrays through `values` and
    `gradients`, by name.
    """

    kinds: ClassVar[dict[str, type["Layer"]]] = {}
    weights: dict[str, Shape]
    biases: dict[str, Shape]
    buffers: dict[str, Shape]
    values: dict[str, Array]
    gradients: dict[str, Array]

    def __init_subclass__(cls) -> None:
        Layer.kinds[cls.__name__] = cls

    def describe(self) -> dict[str, Any]:
        """The layer as plain data, from which `Layer.kinds[kind](**rest)` makes it again."""
        return {"kind": type(self).__name__, **asdict(self)}  # type: ignore[call-overload]

    def build(self, shape: Shape) -> Shape:
        """Declares the sizes for an input of this shape (without the batch); returns the output's shape."""
        self.weights, self.biases, self.buffers = {}, {}, {}
        return shape

    def initialise(self, rng: Generator) -> None:
        """Fills `values` with what training starts from."""

    def predict(self, x: Array) -> Array:
        """The output for a batch, keeping nothing for the way back."""
        raise TypeError(f"{type(self).__name__} has no predict")

    def forward(self, x: Array, rng: Generator) -> tuple[Array, Push]:
        """The output for a batch in training, and the function that pushes a gradient back."""
        raise TypeError(f"{type(self).__name__} has no forward")


@dataclass(eq=False)
class Dense(Layer):
    """Every output is a weighted sum of all inputs: y = W x + b. Any input shape is taken as one vector.

    Weights start normal with a standard deviation of sqrt(gain / inputs): gain 2 suits the ReLU (He et al. 2015,
    arXiv:1502.01852), gain 1 the sigmoid.
    """

    outputs: int
    bias: bool = True
    gain: float = 2.0

    def build(self, shape: Shape) -> Shape:
        super().build(shape)
        self.weights = {"weight": (self.outputs, prod(shape))}
        self.biases = {"bias": (self.outputs,)} if self.bias else {}
        return (self.outputs,)

    def initialise(self, rng: Generator) -> None:
        weight = self.values["weight"]
        weight[...] = rng.standard_normal(weight.shape) * (self.gain / weight.shape[1]) ** 0.5

    def predict(self, x: Array) -> Array:
        y = self.values["weight"] @ x.reshape(-1, x.shape[-1])
        if self.bias:
            y += self.values["bias"][:, None]
        return y

    def forward(self, x: Array, rng: Generator) -> tuple[Array, Push]:
        def push(dy: Array, wanted: bool) -> Array | None:
            np.matmul(dy, x.reshape(-1, x.shape[-1]).T, out=self.gradients["weight"])
            if self.bias:
                np.sum(dy, axis=1, out=self.gradients["bias"])
            return (self.values["weight"].T @ dy).reshape(x.shape) if wanted else None

        return self.predict(x), push


@dataclass(eq=False)
class Sigmoid(Layer):
    """The logistic function, y = 1 / (1 + exp(-x)): how a neuron fires, smoothly."""

    def predict(self, x: Array) -> Array:
        return sigmoid(x)

    def forward(self, x: Array, rng: Generator) -> tuple[Array, Push]:
        y = sigmoid(x)
        return y, lambda dy, wanted: dy * y * (1 - y)


@dataclass(eq=False)
class ReLU(Layer):
    """y = max(x, 0): cheap, and its gradient does not fade in deep networks."""

    def predict(self, x: Array) -> Array:
        return np.maximum(x, 0)

    def forward(self, x: Array, rng: Generator) -> tuple[Array, Push]:
        y = np.maximum(x, 0)
        return y, lambda dy, wanted: dy * (y > 0)


@dataclass(eq=False)
class Dropout(Layer):
    """Silences each number with probability `rate` while training, and scales up the rest to keep the mean.

    Srivastava et al. 2014, jmlr.org/papers/v15/srivastava14a.html, in its "inverted" form.
    """

    rate: float = 0.5

    def __post_init__(self) -> None:
        if not 0 <= self.rate < 1:
            raise InputError(f"the dropout rate is a share from 0 to below 1, not {self.rate}")

    def predict(self, x: Array) -> Array:
        return x

    def forward(self, x: Array, rng: Generator) -> tuple[Array, Push]:
        mask = (rng.random(x.shape, np.float32) >= self.rate).astype(x.dtype)
        mask /= 1 - self.rate
        return x * mask, lambda dy, wanted: dy * mask


@dataclass(eq=False)
class BatchNorm(Layer):
    """Brings each channel to mean 0 and variance 1 over the batch, then to a scale and shift that it learns.

    Ioffe and Szegedy 2015, arXiv:1502.03167. For reading it uses running averages of mean and variance, and
    `Network.folded` makes it vanish into the layer before it.
    """

    momentum: float = 0.1
    epsilon: float = 1e-5

    def build(self, shape: Shape) -> Shape:
        super().build(shape)
        channel = (shape[0],)
        self.biases = {"scale": channel, "shift": channel}
        self.buffers = {"mean": channel, "variance": channel}
        return shape

    def initialise(self, rng: Generator) -> None:
        self.values["scale"][...] = self.values["variance"][...] = 1

    def linear(self) -> tuple[Array, Array]:
        """What it is when reading: (factor, offset), each (channels,), of y = factor * x + offset."""
        v = self.values
        factor = v["scale"] / np.sqrt(v["variance"] + self.epsilon)
        return factor, v["shift"] - factor * v["mean"]

    def predict(self, x: Array) -> Array:
        factor, offset = (per_channel(a, x) for a in self.linear())
        return x * factor + offset

    def forward(self, x: Array, rng: Generator) -> tuple[Array, Push]:
        rows = x.reshape(x.shape[0], -1)
        count = rows.shape[1]
        mean = rows.mean(axis=1, keepdims=True)
        normal = rows - mean
        variance = np.einsum("cm,cm->c", normal, normal)[:, None] / count
        spread = np.sqrt(variance + self.epsilon)
        normal /= spread
        for name, seen in (("mean", mean), ("variance", variance)):
            self.values[name] += self.momentum * (seen[:, 0] - self.values[name])
        scale = self.values["scale"][:, None]

        def push(dy: Array, wanted: bool) -> Array | None:
            dy = dy.reshape(rows.shape)
            d_scale, d_shift = self.gradients["scale"], self.gradients["shift"]
            np.sum(dy, axis=1, out=d_shift)
            np.einsum("cm,cm->c", dy, normal, out=d_scale)
            if not wanted:
                return None
            dx: Array = normal * (d_scale / -count)[:, None]
            dx += dy
            dx -= (d_shift / count)[:, None]
            dx *= scale / spread
            return dx.reshape(x.shape)

        return (normal * scale + self.values["shift"][:, None]).reshape(x.shape), push


def sigmoid(x: Array) -> Array:
    """1 / (1 + exp(-x)) that overflows for no x: with e = exp(-|x|) it is 1 / (1 + e) or e / (1 + e)."""
    e = np.exp(-np.abs(x))
    y: Array = np.where(x >= 0, 1, e)
    y /= 1 + e
    return y


def per_channel(a: Array, x: Array) -> Array:
    """The vector a, one number a channel, in a shape that broadcasts over x."""
    return a.reshape(-1, *(1,) * (x.ndim - 1))
