"""Deformation teaches a network that a digit stays the same when it is turned, moved, leant or resized."""

from dataclasses import dataclass

import numpy as np

from .arrays import Array
from .errors import InputError
from .layers import Generator


@dataclass(frozen=True)
class Affine:
    """A random affine map for each picture, sampled bilinearly; `share` is the part of a batch it is done to.

    Bilinear sampling blurs, so a network that sees deformed pictures only grows worse at sharp ones: leave half
    of them alone. rotation: degrees either way. scale and shear: parts of one, either way. shift: pixels either
    way. Each is drawn evenly from its range.
    """

    share: float = 0.5
    rotation: float = 12.0
    scale: float = 0.12
    shear: float = 0.15
    shift: float = 1.5

    def __call__(self, images: Array, rng: Generator) -> None:
        """Deforms, in place, the first `share` of images, float of shape (batch, height, width).

        Raises InputError for pictures with channels.
        """
        if images.ndim != 3:
            raise InputError(f"pictures of shape (batch, height, width) are needed, not {images.shape}")
        count = round(self.share * len(images))
        if count:
            images[:count] = warp(images[:count], self.draw(count, rng))

    def draw(self, count: int, rng: Generator) -> Array:
        """Random maps from places in the new picture to places in the old one, (count, 2, 3), about the centre."""

        def either_way(limit: float) -> Array:
            return rng.uniform(-limit, limit, count)

        angle = np.radians(either_way(self.rotation))
        wide, high = 1 + either_way(self.scale), 1 + either_way(self.scale)
        lean = either_way(self.shear)
        cos, sin = np.cos(angle), np.sin(angle)
        # rows: y then x; a change of size, then a rotation, then a shear along x
        rows = [[cos * high, sin * wide], [(lean * cos - sin) * high, (lean * sin + cos) * wide]]
        shifts = rng.uniform(-self.shift, self.shift, (count, 2, 1))
        return np.concatenate([np.array(rows).transpose(2, 0, 1), shifts], axis=2)


def warp(images: Array, maps: Array) -> Array:
    """Each image seen through its map: new[y, x] = old[map (y, x)], bilinear, 0 outside.

    images: float of shape (n, height, width). maps: (n, 2, 3), each taking (y, x, 1), counted from the
    picture's centre, to the (y, x) it is read from.
    """
    n, height, width = images.shape
    y, x = np.mgrid[:height, :width].astype(images.dtype)
    centre = np.array([(height - 1) / 2, (width - 1) / 2], images.dtype)[:, None]
    grid = np.stack([y.ravel() - centre[0], x.ravel() - centre[1], np.ones(y.size, images.dtype)])
    # one row and column of paper on each side; whatever lies farther out is read from there
    source = maps.astype(images.dtype) @ grid + (centre + 1)
    np.clip(source, 0, np.array([height + 1, width + 1], images.dtype)[:, None], out=source)
    corner = source.astype(np.intp)
    source -= corner.astype(source.dtype)
    down, right = source.transpose(1, 0, 2)
    padded = np.zeros((n, height + 3, width + 3), images.dtype)
    padded[:, 1 : height + 1, 1 : width + 1] = images
    flat = padded.reshape(-1)
    first = corner[:, 0] * (width + 3) + corner[:, 1] + np.arange(n)[:, None] * (height + 3) * (width + 3)
    above = flat[first] + right * (flat[first + 1] - flat[first])
    first += width + 3
    below = flat[first] + right * (flat[first + 1] - flat[first])
    result: Array = above + down * (below - above)
    return result.reshape(images.shape)
