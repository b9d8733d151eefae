"""The array operations that are not plain arithmetic, and the checks at the library's door.

Inside the library the batch is the last axis: (features, batch) as the talk's column vectors, and
(channels, height, width, batch) for pictures. Neighbouring numbers then belong to neighbouring images, so
every copy and sum runs over long contiguous stretches, whatever the size of the picture.
"""

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from .errors import InputError

Array = NDArray[Any]
Shape = tuple[int, ...]


def patches(x: Array, size: int, stride: int) -> Array:
    """Every size x size window of x, one a column: the "im2col" that turns convolution into one matmul.

    x: (channels, height, width, batch). Returns a new array of shape
    (channels * size * size, out_height * out_width * batch).
    """
    windows = sliding_window_view(x, (size, size), axis=(1, 2))[:, ::stride, ::stride]
    return windows.transpose(0, 4, 5, 1, 2, 3).reshape(x.shape[0] * size * size, -1)


def add_patches(columns: Array, x: Array, size: int, stride: int) -> None:
    """The adjoint of `patches`: adds every column back, in place, to the window of x that it came from."""
    channels, height, width, batch = x.shape
    rows, cols = (height - size) // stride + 1, (width - size) // stride + 1
    columns = columns.reshape(channels, size, size, rows, cols, batch)
    for i in range(size):
        for j in range(size):
            x[:, i : i + stride * rows : stride, j : j + stride * cols : stride] += columns[:, i, j]


def as_ink(images: Array, dtype: Any = np.float32) -> Array:
    """Images as numbers from 0.0 (paper) to 1.0 (ink): uint8 is divided by 255, floats are taken as they are.

    Raises InputError for any other dtype, for an empty array and for NaN or infinity.
    """
    images = np.asarray(images)
    if images.size == 0:
        raise InputError(f"no images: an array of shape {images.shape} is empty")
    if images.dtype == np.uint8:
        ink: Array = images.astype(dtype)
        ink /= 255
        return ink
    if images.dtype.kind != "f":
        raise InputError(f"images are uint8 (0 to 255) or floats (0.0 to 1.0), not {images.dtype}")
    if not np.isfinite(images).all():
        raise InputError("the images hold NaN or infinity: check where they were computed")
    floats: Array = images.astype(dtype, copy=False)
    return floats


def check_labels(labels: Array, count: int, classes: int) -> Array:
    """The labels as integers of shape (count,), each from 0 to classes - 1; raises InputError otherwise."""
    labels = np.asarray(labels)
    if labels.shape != (count,) or labels.dtype.kind not in "iu":
        raise InputError(f"{count} integer labels are needed, not {labels.dtype} of shape {labels.shape}")
    if count and not 0 <= int(labels.min()) <= int(labels.max()) < classes:
        raise InputError(f"labels go from 0 to {classes - 1}; seen: {labels.min()} to {labels.max()}")
    return labels
