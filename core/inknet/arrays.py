"""Arrays of any kind: NumPy's, or those of another library that follows the array API standard, on its own device.

This file alone knows which. All others are written as for NumPy, with the functions that `namespace` gives them; NumPy
itself is handed out bare, so that this costs it nothing. The checks at the library's door stand here, too.
"""

import sys
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .errors import InputError

Array = NDArray[Any]
Shape = tuple[int, ...]
FLOAT32 = np.zeros(0, np.float32)  # stands for NumPy's arrays of this dtype


# what else a function of that name is called, in the standard, PyTorch or CuPy
OTHER_NAMES = {"amax": ["max"], "amin": ["min"], "permute_dims": ["permute", "transpose"]}


class Standard:
    """Another library's functions (data-apis.org/array-api), on one device, under NumPy's names and with its `out`."""

    MAKE = ("asarray", "empty", "ones", "zeros")
    MIX = ("maximum", "multiply")  # these take numbers and truth values beside floats

    def __init__(self, module: Any, device: Any) -> None:
        self.module, self.place = module, {"device": device}
        try:
            module.zeros(0, **self.place)
        except TypeError:  # CuPy takes no device: it works on the current one
            self.place = {}

    def __getattr__(self, name: str) -> Any:
        names = [known for known in (name, *OTHER_NAMES.get(name, [])) if hasattr(self.module, known)]
        known = getattr(self.module, (names or [name])[0])
        if not callable(known):
            return known

        def call(*args: Any, out: Any = None, **options: Any) -> Any:
            if name in self.MAKE:
                options |= self.place
            if name in self.MIX:
                args = (args[0], self.asarray(args[1], dtype=args[0].dtype))
            result = known(*args, **options)
            if out is None:
                return result
            out[...] = result
            return out

        return call


def namespace(x: Array) -> Any:
    """The functions for arrays such as x: the module NumPy, or a `Standard`."""
    if isinstance(x, np.ndarray | np.generic):
        return np
    itself = hasattr(x, "__array_namespace__")
    return Standard(x.__array_namespace__() if itself else sys.modules[type(x).__module__.split(".")[0]], x.device)


def as_numpy(x: ArrayLike) -> Array:
    """Any array as one of NumPy, fetched from its device: PyTorch calls that `cpu`, CuPy `get`."""
    for fetch in ("cpu", "get"):
        if hasattr(x, fetch):
            x = getattr(x, fetch)()
    return np.asarray(x)


def reshape(x: Array, shape: Shape) -> Array:
    """Gives x another shape: by its own method, where it has one, for that is faster than NumPy's function."""
    y: Array = x.reshape(shape) if hasattr(x, "reshape") else namespace(x).reshape(x, shape)
    return y


def permute(x: Array, axes: Shape) -> Array:
    """Puts the axes of x in another order."""
    y: Array = x.transpose(axes) if isinstance(x, np.ndarray) else namespace(x).permute_dims(x, axes)
    return y


def place(row: int, column: int, stride: int, height: int, width: int) -> tuple[slice, ...]:
    """The index, in (a, height, width, b), of one pixel of each of height x width windows, those of the first given."""
    rows = slice(row, row + stride * (height - 1) + 1, stride)
    return slice(None), rows, slice(column, column + stride * (width - 1) + 1, stride), slice(None)


def windows(x: Array, size: int, stride: int) -> Array:
    """Every size x size window of x, to copy from; with NumPy a view, which itself copies nothing.

    x: (a, height, width, b). Returns (size, size, a, out_height, out_width, b).
    """
    a, height, width, b = x.shape
    out = (height - size) // stride + 1, (width - size) // stride + 1
    if isinstance(x, np.ndarray):
        x = np.ascontiguousarray(x)
        first, row, column, last = x.strides
        strides = row, column, first, stride * row, stride * column, last
        # what as_strided does, in a tenth of its time, which counts when one image is read
        return np.ndarray((size, size, a, *out, b), x.dtype, x, 0, strides)
    stack, pixels = namespace(x).stack, range(size)
    view: Array = stack([stack([x[place(i, j, stride, *out)] for j in pixels]) for i in pixels])
    return view


def as_ink(images: Array, like: Array = FLOAT32) -> Array:
    """Images as numbers from 0.0 (paper) to 1.0 (ink): uint8 is divided by 255, floats are taken as they are.

    Returns an array of the kind, device and dtype of `like`. Raises InputError for any other dtype, for an empty array,
    and for floats that are NaN or out of that range.
    """
    images = images if hasattr(images, "dtype") else np.asarray(images)
    if 0 in images.shape:
        raise InputError(f"no images: an array of shape {tuple(images.shape)} is empty")
    xp, uint8 = namespace(images), images.dtype == namespace(images).uint8
    if not uint8:
        if images.dtype not in (xp.float32, xp.float64):
            raise InputError(f"images are uint8 (0 to 255) or float32 or float64 (0.0 to 1.0), not {images.dtype}")
        ends = (images.min(), images.max()) if hasattr(images, "min") else (xp.amin(images), xp.amax(images))
        low, high = map(float, ends)
        if not -0.01 <= low <= high <= 1.01:  # which NaN is not, either
            raise InputError(f"floats go from 0.0 (paper) to 1.0 (ink), without NaN or infinity; seen: {low} to {high}")
    ink: Array = namespace(like).asarray(images, dtype=like.dtype)
    if uint8:
        ink /= 255
    return ink


def check_labels(labels: ArrayLike, count: int, classes: int) -> Array:
    """The labels as NumPy integers of shape (count,), each 0 to classes - 1; raises InputError otherwise."""
    labels = as_numpy(labels)
    if labels.shape != (count,) or labels.dtype.kind not in "iu":
        raise InputError(f"{count} integer labels are needed, not {labels.dtype} of shape {labels.shape}")
    if count and not 0 <= int(labels.min()) <= int(labels.max()) < classes:
        raise InputError(f"labels go from 0 to {classes - 1}; seen: {labels.min()} to {labels.max()}")
    return labels


def one_hot(labels: Array, like: Array) -> Array:
    """1 for the right class and 0 for the others, in the shape (classes, batch) and of the kind of `like`."""
    hot = np.zeros(like.shape, np.float32)
    hot[labels, np.arange(len(labels))] = 1
    same: Array = namespace(like).asarray(hot, dtype=like.dtype)
    return same
