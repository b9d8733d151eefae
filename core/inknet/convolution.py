"""A convolution slides small filters over a picture; pooling keeps the strongest answer of a neighbourhood."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from .arrays import Array, Shape, windows
from .errors import InputError
from .layers import Generator, Layer, Push, per_channel

BLOCK = 1 << 18  # numbers in the windows that are copied at a time: 1 MB, about a second-level cache


Room = Callable[[str, Shape, Any], Array]


def fresh(name: str, shape: Shape, dtype: Any) -> Array:
    """Room for one call, so that any number of threads may read with one network."""
    return np.empty(shape, dtype)


@dataclass(eq=False)
class Convolution(Layer):
    """`filters` filters of size x size pixels, moved by `stride`, over a picture with `padding` zeros around it.

    (channels, height, width, batch) -> (filters, out_height, out_width, batch) with
    out = (in + 2 padding - size) // stride + 1. Computed as a copy of the windows and a matrix product (Chellapilla et
    al. 2006, "High performance convolutional neural networks for document processing"), some rows at a time.
    """

    filters: int
    size: int = 3
    stride: int = 1
    padding: int = 0
    bias: bool = True

    def build(self, shape: Shape) -> Shape:
        super().build(shape)
        whole = min(self.filters, self.size, self.stride, self.padding + 1) >= 1
        if not whole or len(shape) != 3 or min(shape[1:]) + 2 * self.padding < self.size:
            raise InputError(f"{self} needs sizes of 1 or more, and (channels, height, width) of its size, not {shape}")
        self.weights = {"weight": (self.filters, shape[0] * self.size**2)}
        self.biases = {"bias": (self.filters,)} if self.bias else {}
        height, width = ((n + 2 * self.padding - self.size) // self.stride + 1 for n in shape[1:])
        self.shape = (self.filters, height, width)
        return self.shape

    def initialise(self, rng: Generator) -> None:
        weight = self.values["weight"]
        weight[...] = rng.standard_normal(weight.shape) * (2.0 / weight.shape[1]) ** 0.5

    def predict(self, x: Array) -> Array:
        return self._product(self._pad(x), np.empty((*self.shape, x.shape[-1]), x.dtype), fresh)

    def forward(self, x: Array, rng: Generator) -> tuple[Array, Push]:
        padded = self._pad(x)

        def push(dy: Array, wanted: bool) -> Array | None:
            dx = self.room("dx", padded.shape, x.dtype) if wanted else None
            if dx is not None:
                dx[...] = 0
            self._push(dy, padded, dx)
            p = self.padding
            return None if dx is None else dx[:, p : dx.shape[1] - p, p : dx.shape[2] - p]

        return self._product(padded, self.room("y", (*self.shape, x.shape[-1]), x.dtype), self.room), push

    def _product(self, padded: Array, y: Array, room: Room) -> Array:
        """Writes the convolution of `padded` to y, some rows at a time: their windows fit the processor's cache."""
        for rows, columns, part in self._blocks(padded, y, room):
            np.copyto(columns, rows)
            np.matmul(self.values["weight"], columns.reshape(-1, part.shape[1]), out=part)
        if self.bias:
            y += per_channel(self.values["bias"], y)
        return y

    def _push(self, dy: Array, padded: Array, dx: Array | None) -> None:
        """Writes the parameters' gradients, and adds the input's to dx; the windows are copied once more, not kept."""
        weight = self.values["weight"]
        gradient = np.zeros_like(weight.T)  # transposed, OpenBLAS is a quarter faster here
        for rows, columns, part in self._blocks(padded, dy, self.room):
            np.copyto(columns, rows)
            gradient += columns.reshape(-1, part.shape[1]) @ part.T
        self.gradients["weight"][...] = gradient.T
        if dx is not None:
            for rows, columns, part in self._blocks(dx, dy, self.room):
                np.matmul(weight.T, part, out=columns.reshape(-1, part.shape[1]))
                for i, j in np.ndindex(self.size, self.size):
                    rows[:, i, j] += columns[:, i, j]
        if self.bias:
            np.sum(dy, axis=(1, 2, 3), out=self.gradients["bias"])

    def _blocks(self, padded: Array, y: Array, room: Room) -> Iterator[tuple[Array, Array, Array]]:
        """Some output rows at a time: their windows in `padded`, room for a copy of these, and their part of y.

        Windows and room: (channels, size, size, rows, width, batch); the part: (filters, rows * width * batch).
        """
        every = windows(padded, self.size, self.stride)
        height = every.shape[3]
        step = max(1, BLOCK * height // every.size)
        flat = y.reshape(len(y), height, -1)
        for start in range(0, height, step):
            rows = every[:, :, :, start : start + step]
            yield rows, room("columns", rows.shape, y.dtype), flat[:, start : start + step].reshape(len(y), -1)

    def _pad(self, x: Array) -> Array:
        if not (p := self.padding):
            return np.ascontiguousarray(x)
        channels, height, width, batch = x.shape
        padded = np.zeros((channels, height + 2 * p, width + 2 * p, batch), x.dtype)
        padded[:, p:-p, p:-p] = x
        return padded


@dataclass(eq=False)
class MaxPool(Layer):
    """The largest of each size x size block; rows and columns that fill no block are left out."""

    size: int = 2

    def build(self, shape: Shape) -> Shape:
        super().build(shape)
        if self.size < 1 or len(shape) != 3 or min(shape[1:]) < self.size:
            raise InputError(f"{self} needs a size of 1 or more, and (channels, height, width) of it, not {shape}")
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
