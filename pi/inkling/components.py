"""Connected components: the pixels of a mask, gathered into pieces that hang together.

Runs of pixels along the rows are the units, so a page of strokes is some thousand numbers; runs that touch in
neighbouring rows are joined by union-find, whole arrays at a time (hooking to the smaller label and pointer jumping,
after Shiloach and Vishkin 1982). No Python loop goes over pixels or runs.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.intp]


@dataclass(frozen=True)
class Components:
    """The 8-connected components of a mask of shape (height, width).

    pixels: (n,) flat indices of the mask's true pixels, in reading order.
    labels: (n,) the component, 0 to count - 1, of each of them.
    boxes: (count, 4) left, top, right, bottom of each component; right and bottom are exclusive.
    areas: (count,) pixels of each.
    """

    pixels: Ints
    labels: Ints
    boxes: Ints
    areas: Ints

    def __len__(self) -> int:
        return len(self.areas)

    @property
    def extents(self) -> Ints:
        """The longer side of each component's box, (count,)."""
        return np.asarray((self.boxes[:, 2:] - self.boxes[:, :2]).max(axis=1), np.intp)

    def cut_off(self, height: int, width: int) -> NDArray[np.bool_]:
        """Which components touch the border of their mask, (count,)."""
        left, top, right, bottom = self.boxes.T
        cut: NDArray[np.bool_] = (left == 0) | (top == 0) | (right == width) | (bottom == height)
        return cut

    def on_border(self, height: int, width: int) -> Ints:
        """How many pixels of each component lie on the border of its mask, (count,)."""
        # few components reach it, and only their pixels are looked at
        reaching = (self.boxes[:, :2] == 0).any(axis=1) | (self.boxes[:, 2:] == (width, height)).any(axis=1)
        chosen = np.flatnonzero(reaching[self.labels])
        row, column = np.divmod(self.pixels[chosen], width)
        at_border = (row == 0) | (row == height - 1) | (column == 0) | (column == width - 1)
        return np.bincount(self.labels[chosen[at_border]], minlength=len(self))


def find_components(mask: NDArray[np.bool_]) -> Components:
    """The 8-connected components of a mask (height, width)."""
    return components_of(np.flatnonzero(mask), mask.shape)


def components_of(pixels: Ints, shape: tuple[int, ...]) -> Components:
    """The 8-connected components of the mask (height, width) whose true pixels are these, as in `Components`."""
    height, width = shape
    begins = np.ones(len(pixels), bool)
    np.not_equal(pixels[1:], pixels[:-1] + 1, out=begins[1:])
    new_rows = np.searchsorted(pixels, np.arange(height) * width)
    begins[new_rows[new_rows < len(pixels)]] = True
    runs = np.flatnonzero(begins)
    lengths = np.diff(runs, append=len(pixels))
    rows, left = np.divmod(pixels[runs], width)
    # a column of paper after each row keeps runs of different rows apart
    stride = width + 1
    starts = rows * stride + left
    root = _join(len(starts), *_touching(starts, starts + lengths, stride))

    roots = np.flatnonzero(root == np.arange(len(root)))  # the first run of each component
    labels = np.searchsorted(roots, root)
    # component by component, and in each of them in reading order, as the runs came
    order = np.argsort(labels, kind="stable")
    first = np.searchsorted(labels[order], np.arange(len(roots)))
    boxes, areas = np.zeros((len(roots), 4), np.intp), np.zeros(len(roots), np.intp)
    if len(roots):
        np.minimum.reduceat(left[order], first, out=boxes[:, 0])
        boxes[:, 1] = rows[roots]
        np.maximum.reduceat((left + lengths)[order], first, out=boxes[:, 2])
        boxes[:, 3] = rows[order[np.append(first[1:], len(order)) - 1]] + 1
        np.add.reduceat(lengths[order], first, out=areas)
    return Components(pixels, np.repeat(labels, lengths), boxes, areas)


def _touching(starts: Ints, ends: Ints, stride: int) -> tuple[Ints, Ints]:
    """Pairs of runs that touch, also at a corner, one in a row and one in the next."""
    first = np.searchsorted(ends, starts + stride, side="left")  # ends a pixel left of ours: still a corner
    last = np.searchsorted(starts, ends + stride, side="right")
    counts = np.maximum(last - first, 0)
    above = np.repeat(np.arange(len(starts)), counts)
    below = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts - first, counts)
    return above, below


def _join(count: int, one: Ints, other: Ints) -> Ints:
    """For each of `count` nodes the smallest node that the edges one-other connect it with."""
    root = np.arange(count)
    while True:
        a, b = root[one], root[other]
        apart = a != b
        if not apart.any():
            return root
        one, other, a, b = one[apart], other[apart], a[apart], b[apart]
        high, low = np.maximum(a, b), np.minimum(a, b)
        # where several edges pull at one root, the smallest of their labels is written last
        order = np.argsort(-low, kind="stable")
        root[high[order]] = low[order]
        while not np.array_equal(root, jumped := root[root]):
            root = jumped
