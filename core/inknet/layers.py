"""A layer turns a batch of numbers into another, and can push a gradient back the way it came.

Learning goes channel by channel, the batch last: (features, batch) as the talk's column vectors, and (channels, height,
width, batch) for pictures, so that every copy and sum runs over long contiguous stretches. `forward` returns the output
and a function that takes the gradient of the loss by that output, writes the gradients of the layer's own parameters,
and returns the gradient by the input. All that the way back needs lives in that function, so nothing stale is left in a
layer between two calls; what it writes to, the layer keeps and uses again, so it is called once, and before the next
batch goes forward.

Reading goes image by image, the batch first, as at the library's door: (batch, features) or (batch, height, width,
channels), which is the fastest for one image. `predict` keeps nothing, so any number of threads may read at once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import Any, TypeAlias

import numpy as np

from .arrays import Array, Shape, namespace, permute, reshape
from .errors import InputError

Generator: TypeAlias = "np.random.Generator"  # in words, for who only reads need not import it
# push(gradient by the output, is the gradient by the input wanted?) -> that gradient, else None
Push = Callable[[Array, bool], Array | None]
CACHED = 1 << 17  # numbers that a second-level cache holds several times over


class Layer:
    """What every layer is: sizes it declares, arrays it is lent, a way forward and a way back.

    `build` declares the shapes of the weights (which weight decay shrinks), of the other trained parameters and
    of the buffers (kept, not trained). The network lends it views of its flat arrays through `values` and
    `gradients`, by name.
    """

    weights: dict[str, Shape]
    biases: dict[str, Shape]
    buffers: dict[str, Shape]
    values: dict[str, Array]
    gradients: dict[str, Array]
    xp: Any = np
    _rooms: dict[str, Array]

    def build(self, shape: Shape) -> Shape:
        """Declares the sizes for an input of this shape (without the batch); returns the output's shape."""
        self.weights, self.biases, self.buffers, self._rooms = {}, {}, {}, {}
        return shape

    def room(self, name: str, shape: Shape, dtype: Any) -> Array:
        """An array to write to, zeros at first, kept for the next batch: fresh memory costs more than the sums."""
        if name not in self._rooms or self._rooms[name].shape != shape:
            self._rooms[name] = self.xp.zeros(shape, dtype=dtype)
        return self._rooms[name]

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
        y: Array = vectors(x) @ self.values["weight"].T
        if self.bias:
            y += self.values["bias"]
        return y

    def forward(self, x: Array, rng: Generator) -> tuple[Array, Push]:
        xp, weight, columns = self.xp, self.values["weight"], reshape(x, (-1, x.shape[-1]))
        y = xp.matmul(weight, columns, out=self.room("y", (self.outputs, x.shape[-1]), x.dtype))
        if self.bias:
            y += self.values["bias"][:, None]

        def push(dy: Array, wanted: bool) -> Array | None:
            # of one image it is an outer product, on which NumPy's matmul is slow
            product = xp.multiply if dy.shape[1] == 1 else xp.matmul
            product(dy, columns.T, out=self.gradients["weight"])
            if self.bias:
                xp.sum(dy, axis=1, out=self.gradients["bias"])
            dx = self.room("dx", columns.shape, x.dtype)
            return reshape(xp.matmul(weight.T, dy, out=dx), x.shape) if wanted else None

        return y, push


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
        y: Array = self.xp.maximum(x, 0)
        return y

    def forward(self, x: Array, rng: Generator) -> tuple[Array, Push]:
        xp = self.xp
        y: Array = xp.maximum(x, 0, out=self.room("y", x.shape, x.dtype))

        return y, lambda dy, wanted: xp.multiply(dy, y > 0, out=y)


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
        mask = self.xp.asarray(rng.random(x.shape, np.float32) >= self.rate, dtype=x.dtype)
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
        factor = v["scale"] / self.xp.sqrt(v["variance"] + self.epsilon)
        return factor, v["shift"] - factor * v["mean"]

    def predict(self, x: Array) -> Array:
        factor, offset = self.linear()
        return x * factor + offset

    def forward(self, x: Array, rng: Generator) -> tuple[Array, Push]:
        xp, channels, count = self.xp, x.shape[0], prod(x.shape[1:])
        rows = reshape(x, (channels, count))
        centred, y = (self.room(name, rows.shape, x.dtype) for name in ("centred", "y"))
        mean, variance = (xp.empty((channels, 1), dtype=x.dtype) for _ in range(2))
        scale, shift = self.values["scale"][:, None], self.values["shift"][:, None]
        ones = xp.ones((count, 1), dtype=x.dtype)  # a product with it adds up each row, by BLAS, faster than NumPy
        # all that is done to a few channels is done while the cache still holds them
        step = max(1, CACHED // count)
        parts = [(slice(i, min(i + step, channels)), slice(None)) for i in range(0, channels, step)]
        for part in parts:
            mean[part] = rows[part] @ ones
            mean[part] /= count
            xp.subtract(rows[part], mean[part], out=centred[part])
            variance[part] = row_dots(centred[part], centred[part])
            variance[part] /= count
            xp.multiply(centred[part], scale[part] / xp.sqrt(variance[part] + self.epsilon), out=y[part])
            y[part] += shift[part]
        spread = xp.sqrt(variance + self.epsilon)
        for name, seen in (("mean", mean), ("variance", variance)):
            self.values[name] += self.momentum * (seen[:, 0] - self.values[name])

        def push(dy: Array, wanted: bool) -> Array | None:
            dy, dx = reshape(dy, rows.shape), centred
            d_scale, d_shift = self.gradients["scale"][:, None], self.gradients["shift"][:, None]
            for part in parts:
                d_shift[part] = dy[part] @ ones
                d_scale[part] = row_dots(dy[part], centred[part]) / spread[part]
                if wanted:
                    dx[part] *= d_scale[part] / (-count * spread[part])
                    dx[part] += dy[part]
                    dx[part] -= d_shift[part] / count
                    dx[part] *= scale[part] / spread[part]
            return reshape(dx, x.shape) if wanted else None

        return reshape(y, x.shape), push


def vectors(x: Array) -> Array:
    """Pictures (batch, height, width, channels) as vectors (batch, features), in the order that learning has."""
    return x if x.ndim == 2 else reshape(permute(x, (0, 3, 1, 2)), (x.shape[0], -1))


def row_dots(a: Array, b: Array) -> Array:
    """The dot product of each row of a with that of b, (rows, 1)."""
    return (a[:, None, :] @ b[:, :, None])[:, :, 0]


def sigmoid(x: Array) -> Array:
    """1 / (1 + exp(-x)), as (1 + tanh(x / 2)) / 2: the same, and nothing overflows for any x."""
    y: Array = namespace(x).tanh(x / 2)
    y += 1
    y /= 2
    return y


def per_channel(a: Array, x: Array) -> Array:
    """The vector a, one number a channel, in a shape that broadcasts over x, the channels first."""
    return reshape(a, (-1, *(1,) * (x.ndim - 1)))
