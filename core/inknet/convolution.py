"""A convolution slides small filters over a picture; pooling keeps the strongest answer of a neighbourhood."""

from dataclasses import dataclass

import numpy as np

from .arrays import Array, Shape, add_patches, patches
from .errors import InputError
from .layers import Generator, Layer, Push


@dataclass(eq=False)
class Convolution(Layer):
    """`filters` filters of size x size pixels, moved by `stride`, over a picture with `padding` zeros around it.

    (channels, height, width, batch) -> (filters, out_height, out_width, batch) with
    out = (in + 2 padding - size) // stride + 1. Computed as one copy of all windows and one matrix product
    (Chellapilla et al. 2006, "High performance convolutional neural networks for document processing").
    """

    filters: int
    size: int = 3
    stride: int = 1
    padding: int = 0
    bias: bool = True

    def build(self, shape: Shape) -> Shape:
        super().build(shape)
        if len(shape) != 3 or min(shape[1:]) + 2 * self.padding < self.size:
            raise InputError(f"{self} needs (channels, height, width) of at least its size, not {shape}")
        self.weights = {"weight": (self.filters, shape[0] * self.size**2)}
        self.biases = {"bias": (self.filters,)} if self.bias else {}
        height, width = ((n + 2 * self.padding - self.size) // self.stride + 1 for n in shape[1:])
        self.shape = (self.filters, height, width)
        return self.shape

    def initialise(self, rng: Generator) -> None:
        weight = self.values["weight"]
        weight[...] = rng.standard_normal(weight.shape) * (2.0 / weight.shape[1]) ** 0.5

    def predict(self, x: Array) -> Array:
        return self._product(patches(self._pad(x), self.size, self.stride))

    def forward(self, x: Array, rng: Generator) -> tuple[Array, Push]:
        padded = self._pad(x)
        columns = patches(padded, self.size, self.stride)

        def push(dy: Array, wanted: bool) -> Array | None:
            dy = dy.reshape(self.filters, -1)
            np.matmul(dy, columns.T, out=self.gradients["weight"])
            if self.bias:
                np.sum(dy, axis=1, out=self.gradients["bias"])
            if not wanted:
                return None
            dx = np.zeros_like(padded)
            add_patches(self.values["weight"].T @ dy, dx, self.size, self.stride)
            p = self.padding
            return dx[:, p : dx.shape[1] - p, p : dx.shape[2] - p]

        return self._product(columns), push

    def _product(self, columns: Array) -> Array:
        y = self.values["weight"] @ columns
        if self.bias:
            y += self.values["bias"][:, None]
        return y.reshape(*self.shape, -1)

    def _pad(self, x: Array) -> Array:
        p = self.padding
        return np.pad(x, ((0, 0), (p, p), (p, p), (0, 0))) if p else x


@dataclass(eq=False)
class MaxPool(Layer):
    """The largest of each size x size block; rows and columns that fill no block are left out."""

    size: int = 2

    def build(self, shape: Shape) -> Shape:
        super().build(shape)
        if len(shape) != 3 or min(shape[1:]) < self.size:
            raise InputError(f"{self} needs (channels, height, width) of at least its size, not {shape}")
        return (shape[0], shape[1] // self.size, shape[2] // self.size)

    def predict(self, x: Array) -> Array:
        first, *others = self._corners(x)
        y = first.copy()
        for other in others:
            np.maximum(y, other, out=y)
        return y

    def forward(self, x: Array, rng: Generator) -> tuple[Array, Push]:
        y = self.predict(x)

        def push(dy: Array, wanted: bool) -> Array | None:
            dx = np.zeros_like(x)
            free = np.ones(y.shape, bool)  # of equal numbers the first takes the whole gradient
            for source, target in zip(self._corners(x), self._corners(dx), strict=True):
                hit = (source == y) & free
                free &= ~hit
                np.multiply(dy, hit, out=target)
            return dx

        return y, push

    def _corners(self, x: Array) -> list[Array]:
        """For each place in a block, the view of x that holds this place of every block."""
        n = self.size
        height, width = x.shape[1] // n * n, x.shape[2] // n * n
        return [x[:, i:height:n, j:width:n] for i in range(n) for j in range(n)]
