"""A layer turns a batch of numbers into another, and can push a gradient back the way it came.

`forward` returns the output and a function that takes the gradient of the loss by that output, writes the
gradients of the layer's own parameters, and returns the gradient by the input. All that the way back needs
lives in that function, so nothing stale is left in a layer between two calls; what it writes to, the layer keeps and
uses again, so it is called once, and before the next batch goes forward. `predict` is the way of
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
CACHED = 1 << 16  # numbers that a second-level cache holds several times over


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
    _rooms: dict[str, Array]

    def __init_subclass__(cls) -> None:
        Layer.kinds[cls.__name__] = cls

    def describe(self) -> dict[str, Any]:
        """The layer as plain data, from which `Layer.kinds[kind](**rest)` makes it again."""
        return {"kind": type(self).__name__, **asdict(self)}  # type: ignore[call-overload]

    def build(self, shape: Shape) -> Shape:
        """Declares the sizes for an input of this shape (without the batch); returns the output's shape."""
        self.weights, self.biases, self.buffers, self._rooms = {}, {}, {}, {}
        return shape

    def room(self, name: str, shape: Shape, dtype: Any) -> Array:
        """An array to write to, which the layer keeps for the next batch: fresh memory costs more than the sums."""
        size = prod(shape)
        if name not in self._rooms or self._rooms[name].size < size:
            self._rooms[name] = np.empty(size, dtype)
        return self._rooms[name][:size].reshape(shape)

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
        if self.outputs < 1:
            raise InputError(f"{self} needs 1 output or more")
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
        y = np.maximum(x, 0, out=self.room("y", x.shape, x.dtype))

        def push(dy: Array, wanted: bool) -> Array:
            positive = np.greater(y, 0, out=self.room("positive", x.shape, bool))
            return np.multiply(dy, positive, out=y)

        return y, push


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
        rows = x.reshape(len(x), -1)
        count = rows.shape[1]
        centred, y = self.room("centred", rows.shape, x.dtype), self.room("y", rows.shape, x.dtype)
        mean, variance = np.empty((2, len(x), 1), x.dtype)
        scale, shift = self.values["scale"][:, None], self.values["shift"][:, None]
        # all that is done to a few channels is done while the cache still holds them
        step = max(1, CACHED // count)
        parts = [slice(start, start + step) for start in range(0, len(x), step)]
        for part in parts:
            np.mean(rows[part], axis=1, keepdims=True, out=mean[part])
            np.subtract(rows[part], mean[part], out=centred[part])
            np.einsum("cm,cm->c", centred[part], centred[part], out=variance[part, 0])
            variance[part] /= count
            np.multiply(centred[part], scale[part] / np.sqrt(variance[part] + self.epsilon), out=y[part])
            y[part] += shift[part]
        spread = np.sqrt(variance + self.epsilon)
        for name, seen in (("mean", mean), ("variance", variance)):
            self.values[name] += self.momentum * (seen[:, 0] - self.values[name])

        def push(dy: Array, wanted: bool) -> Array | None:
            dy, dx = dy.reshape(rows.shape), centred
            d_scale, d_shift = self.gradients["scale"], self.gradients["shift"]
            for part in parts:
                np.sum(dy[part], axis=1, out=d_shift[part])
                np.einsum("cm,cm->c", dy[part], centred[part], out=d_scale[part])
                d_scale[part] /= spread[part, 0]
                if wanted:
                    dx[part] *= d_scale[part, None] / (-count * spread[part])
                    dx[part] += dy[part]
                    dx[part] -= d_shift[part, None] / count
                    dx[part] *= scale[part] / spread[part]
            return dx.reshape(x.shape) if wanted else None

        return y.reshape(x.shape), push


def sigmoid(x: Array) -> Array:
    """1 / (1 + exp(-x)) that overflows for no x: with e = exp(-|x|) it is 1 / (1 + e) or e / (1 + e)."""
    e = np.exp(-np.abs(x))
    y: Array = np.where(x >= 0, 1, e)
    y /= 1 + e
    return y


def per_channel(a: Array, x: Array) -> Array:
    """The vector a, one number a channel, in a shape that broadcasts over x."""
    return a.reshape(-1, *(1,) * (x.ndim - 1))
