"""The array operations that are not plain arithmetic, and the checks at the library's door.

Inside the library the batch is the last axis: (features, batch) as the talk's column vectors, and
(channels, height, width, batch) for pictures. Neighbouring numbers then belong to neighbouring images, so
every copy and sum runs over long contiguous stretches, whatever the size of the picture.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import InputError

Array = NDArray[Any]
Shape = tuple[int, ...]


def windows(x: Array, size: int, stride: int) -> Array:
    """Every size x size window of x, as a view that copies nothing.

    x: (channels, height, width, batch), contiguous. Returns (channels, size, size, out_height, out_width, batch).
    """
    channels, height, width, batch = x.shape
    shape = (channels, size, size, (height - size) // stride + 1, (width - size) // stride + 1, batch)
    channel, row, column, image = x.strides
    # what as_strided does, in a tenth of its time, which counts when one image is read
    return np.ndarray(shape, x.dtype, x, 0, (channel, row, column, stride * row, stride * column, image))


def as_ink(images: Array, dtype: Any = np.float32) -> Array:
    """Images as numbers from 0.0 (paper) to 1.0 (ink): uint8 is divided by 255, floats are taken as they are.

    Raises InputError for any other dtype, for an empty array, and for floats that are NaN or out of that range.
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
    low, high = float(images.min()), float(images.max())
    if not -0.01 <= low <= high <= 1.01:  # which NaN is not, either
        raise InputError(f"floats go from 0.0 (paper) to 1.0 (ink), without NaN or infinity; seen: {low} to {high}")
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
