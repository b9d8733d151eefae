"""A convolution slides small filters over a picture; pooling keeps the strongest answer of a neighbourhood."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from math import prod

import numpy as np

from .arrays import Array, Shape, permute, place, reshape, windows
from .errors import InputError
from .layers import Generator, Layer, Push, per_channel

BLOCK = 1 << 17  # numbers in the windows that are copied at a time: 512 KB, about a second-level cache


@dataclass(eq=False)
class Convolution(Layer):
    """`filters` filters of size x size pixels, moved by `stride`, over a picture with `padding` zeros around it.

    (channels, height, width) -> (filters, out_height, out_width), out = (in + 2 padding - size) // stride + 1.
    The weights, (size * size * channels, filters), have one column a filter. Computed as a copy of the windows and a
    matrix product (Chellapilla et al. 2006, "High performance convolutional neural networks for document processing"),
    in learning some rows at a time.
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
        self.weights = {"weight": (self.size**2 * shape[0], self.filters)}
        self.biases = {"bias": (self.filters,)} if self.bias else {}
        height, width = ((n + 2 * self.padding - self.size) // self.stride + 1 for n in shape[1:])
        self.shape = (self.filters, height, width)
        return self.shape

    def initialise(self, rng: Generator) -> None:
        weight = self.values["weight"]
        weight[...] = rng.standard_normal(weight.shape) * (2.0 / weight.shape[0]) ** 0.5

    def predict(self, x: Array) -> Array:
        filters, height, width = self.shape
        view = permute(windows(self._pad(x), self.size, self.stride), (2, 3, 4, 0, 1, 5))
        columns = self.xp.empty(view.shape, dtype=x.dtype)
        columns[...] = view
        y = reshape(columns, (-1, self.values["weight"].shape[0])) @ self.values["weight"]
        if self.bias:
            y += self.values["bias"]
        return reshape(y, (-1, height, width, filters))

    def forward(self, x: Array, rng: Generator) -> tuple[Array, Push]:
        padded = self._pad(x, "padded")
        y = self.room("y", (*self.shape, x.shape[-1]), x.dtype)
        for rows, columns in self._blocks("columns", padded):
            self.xp.matmul(self.values["weight"].T, columns, out=flat(y, rows))
        if self.bias:
            y += per_channel(self.values["bias"], y)

        def push(dy: Array, wanted: bool) -> Array | None:
            if self.bias:
                self.xp.sum(dy, axis=(1, 2, 3), out=self.gradients["bias"])
            if wanted and self.stride == 1 and 2 * self.padding == self.size - 1:
                return self._push_same(dy, x)
            return self._push(dy, padded, wanted)

        return y, push

    def _push(self, dy: Array, padded: Array, wanted: bool) -> Array | None:
        """Writes the weights' gradient, and gives the input's: what each window passes back is added where it lay."""
        gradient, p = self.gradients["weight"], self.padding
        gradient[...] = 0
        dx = self.room("dx", padded.shape, dy.dtype) if wanted else None
        if dx is not None:
            dx[...] = 0
        for rows, columns in self._blocks("columns", padded):  # copied once more, not kept
            part = flat(dy, rows)
            gradient += columns @ part.T
            if dx is not None:
                self.xp.matmul(self.values["weight"], part, out=columns)
                height, width = rows.stop - rows.start, dy.shape[2]
                shares = reshape(columns, (self.size, self.size, padded.shape[0], height, width, -1))
                for i, j in np.ndindex(self.size, self.size):
                    dx[place(i + rows.start * self.stride, j, self.stride, height, width)] += shares[i, j, ...]
        return None if dx is None else dx[:, p : dx.shape[1] - p, p : dx.shape[2] - p, :]

    def _push_same(self, dy: Array, x: Array) -> Array:
        """The same, where the output has the size of the input, faster, because nothing has to be added up in pieces.

        The input's gradient is then a convolution, too: that of dy, with the filters turned round and their two sides
        exchanged; and the windows of dy that it takes give the weights' gradient, as well.
        """
        channels = x.shape[0]
        shape = self.size, self.size, channels, self.filters
        weight, gradient = (reshape(a["weight"], shape) for a in (self.values, self.gradients))
        turned, total = (self.room(name, (*shape[:2], shape[3], shape[2]), x.dtype) for name in ("turned", "total"))
        for i, j in np.ndindex(shape[:2]):
            turned[i, j, ...] = weight[-1 - i, -1 - j, ...].T
        total[...] = 0
        filters, sums = (reshape(a, (-1, channels)) for a in (turned, total))
        dx = self.room("dx", x.shape, x.dtype)
        for rows, columns in self._blocks("columns of dy", self._pad(dy, "padded dy")):
            self.xp.matmul(filters.T, columns, out=flat(dx, rows))
            sums += columns @ flat(x, rows).T
        for i, j in np.ndindex(shape[:2]):
            gradient[i, j, ...] = total[-1 - i, -1 - j, ...].T
        return dx

    def _blocks(self, name: str, padded: Array) -> Iterator[tuple[slice, Array]]:
        """Some rows of the output at a time, and a copy of their windows, (size * size * channels, pixels * batch)."""
        view = windows(padded, self.size, self.stride)
        height = view.shape[3]
        step = max(1, BLOCK * height // prod(view.shape))
        room = self.room(name, (*view.shape[:3], step, *view.shape[4:]), padded.dtype)
        for start in range(0, height, step):
            rows = slice(start, min(start + step, height))
            columns = room[:, :, :, : rows.stop - start, ...]
            columns[...] = view[:, :, :, rows, ...]
            yield rows, reshape(columns, (prod(view.shape[:3]), -1))

    def _pad(self, x: Array, name: str = "") -> Array:
        """x, (a, height, width, b), with zeros around; in the room of that name, else in memory of its own."""
        if not (p := self.padding):
            return x
        a, height, width, b = x.shape
        shape = (a, height + 2 * p, width + 2 * p, b)
        padded = self.room(name, shape, x.dtype) if name else self.xp.zeros(shape, dtype=x.dtype)
        padded[:, p:-p, p:-p, :] = x
        return padded


def flat(x: Array, rows: slice) -> Array:
    """Some rows of (channels, height, width, batch) as (channels, pixels * batch)."""
    return reshape(x[:, rows, ...], (x.shape[0], -1))


@dataclass(eq=False)
class MaxPool(Layer):
    """The largest of each size x size block; rows and columns that fill no block are left out."""

    size: int = 2

    def build(self, shape: Shape) -> Shape:
        super().build(shape)
        if self.size < 1 or len(shape) != 3 or min(shape[1:]) < self.size:
            raise InputError(f"{self} needs a size of 1 or more, and (channels, height, width) of it, not {shape}")
        self.shape = (shape[0], shape[1] // self.size, shape[2] // self.size)
        return self.shape

    def predict(self, x: Array) -> Array:
        n, (_, height, width) = self.size, self.shape
        rows = reduce(self.xp.maximum, [x[:, i : height * n : n, ...] for i in range(n)])  # first: they are longer
        return reduce(self.xp.maximum, [rows[:, :, j : width * n : n, :] for j in range(n)])

    def forward(self, x: Array, rng: Generator) -> tuple[Array, Push]:
        corners = self._corners(x)
        largest = [corners[0]]  # of those so far
        for number, corner in enumerate(corners[1:]):
            room = self.room(f"largest {number}", corner.shape, x.dtype)
            largest.append(self.xp.maximum(largest[-1], corner, out=room))

        def push(dy: Array, wanted: bool) -> Array:
            dx = self.room("dx", x.shape, x.dtype)
            rest = self.room("rest", dy.shape, x.dtype)
            rest[...] = dy
            shares = self._corners(dx)
            for corner, before, share in reversed(list(zip(corners[1:], largest, shares[1:], strict=False))):
                # a number takes what is left if it is larger than all before it, so of equal numbers the first does
                self.xp.multiply(rest, corner > before, out=share)
                rest -= share
            shares[0][...] = rest
            return dx

        return largest[-1], push

    def _corners(self, x: Array) -> list[Array]:
        """For each place in a block, the view of x, (a, height, width, b), that holds this place of every block."""
        return [x[place(i, j, self.size, *self.shape[1:])] for i, j in np.ndindex(self.size, self.size)]
