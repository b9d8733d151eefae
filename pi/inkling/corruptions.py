"""Corruptions: digits as they come when the hand, the paper, the light or the camera is poor.

`CORRUPTIONS` is a fixed set to measure with, after MNIST-C (Mu and Gilmer 2019, arXiv:1906.02337): 13 of its 15, at the
severities it was published with (rotation is 30 degrees instead of 23); plain blur stands in for its glass blur, thick
and thin pens for its Canny edges. What changes pictures takes floats (n, 28, 28), ink 1 and paper 0, returns new ones,
not yet clipped to that range, and takes its severity as numbers or as arrays that broadcast over the pictures,
(n, 1, 1), so that a batch in training can have another severity for each picture (see `hardening`).
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from inknet.arrays import Array
from inknet.deform import warp
from inknet.layers import Generator

Floats = NDArray[np.float32]
Severity = float | Array

SIDE_PX = 28
BATCH = 500  # pictures that are corrupted at a time, for memory's sake


def corrupt(name: str, images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The images, uint8 (n, 28, 28), under one of `CORRUPTIONS`: always the same for the same images."""
    rng = np.random.default_rng(list(name.encode()))
    corrupted = np.empty_like(images)
    for start in range(0, len(images), BATCH):
        part = images[start : start + BATCH].astype(np.float32)
        part /= 255
        corrupted[start : start + BATCH] = np.rint(255 * np.clip(CORRUPTIONS[name](part, rng), 0, 1))
    return corrupted


def moved(images: Floats, turn: Severity = 0, size: Severity = 1, lean: Severity = 0, by: Severity = 0) -> Floats:
    """Pictures turned by radians, resized about the centre, sheared along x by `lean`, and moved by pixels.

    by: one number for both directions, or (n, 2): down and to the right.
    """
    maps = np.zeros((len(images), 2, 3), np.float32)
    cos, sin = np.cos(turn) / size, np.sin(turn) / size
    lean = np.asarray(lean)
    for (row, column), entry in {(0, 0): cos, (0, 1): sin, (1, 0): lean * cos - sin, (1, 1): lean * sin + cos}.items():
        maps[:, row, column] = np.ravel(entry)
    maps[:, :, 2] = -np.asarray(by)
    return _floats(warp(images, maps))


def thickened(images: Floats, share: Severity = 1) -> Floats:
    """The darkest of each pixel and its eight neighbours: strokes two pixels wider; a share below 1 is on the way."""
    return _towards(images, _picked(images, np.maximum, 1), share)


def thinned(images: Floats, share: Severity = 1) -> Floats:
    """The palest of each pixel and its neighbours to the right and below: strokes one pixel narrower."""
    return _towards(images, _picked(images, np.minimum, 0), share)


def speckled(images: Floats, rng: Generator, deviation: Severity) -> Floats:
    """Gaussian noise of this standard deviation, everywhere."""
    return _floats(images + deviation * rng.standard_normal(images.shape, np.float32))


def grainy(images: Floats, rng: Generator, photons: Severity) -> Floats:
    """Shot noise: ink counted in so few `photons`, which come by chance (Poisson)."""
    return _floats(rng.poisson(np.clip(images, 0, 1) * photons) / photons)


def peppered(images: Floats, rng: Generator, share: Severity) -> Floats:
    """Impulse noise: this share of the pixels is black or white, either by chance."""
    drawn = rng.random(images.shape, np.float32)
    return _floats(np.where(drawn < share, drawn < np.asarray(share) / 2, images))


def blurred(images: Floats, sigma_px: Severity) -> Floats:
    """A lens out of focus: Gaussian blur."""
    distance = np.arange(SIDE_PX) - np.arange(SIDE_PX)[:, None]
    kernel = np.exp(-((distance / np.asarray(sigma_px)) ** 2) / 2)
    # the weights that fall beside the picture see paper, so they count, too
    kernel /= np.asarray(sigma_px) * (2 * np.pi) ** 0.5
    kernel = kernel.astype(np.float32)
    return _floats(kernel @ images @ kernel.swapaxes(-1, -2))


def dragged(images: Floats, angle: Severity, sigma_px: Severity) -> Floats:
    """Motion blur: pictures that trail off in one direction, to half of a Gaussian, cut off at 10 pixels."""
    steps = np.arange(11, dtype=np.float32)
    weights = np.exp(-((steps / np.reshape(sigma_px, (-1, 1))) ** 2) / 2)
    weights = np.broadcast_to(weights / weights.sum(axis=1, keepdims=True), (len(images), len(steps)))
    direction = np.broadcast_to(np.ravel(angle), len(images))
    trail = np.zeros_like(images)
    for step, weight in zip(steps, weights.T, strict=True):
        by = step * np.stack([np.sin(direction), np.cos(direction)], axis=1)
        trail += weight[:, None, None] * moved(images, by=by)
    return trail


def fogged(images: Floats, rng: Generator, density: Severity) -> Floats:
    """Patchy fog, so many times as strong as the ink, in a picture that is then scaled back to the range of ink."""
    return _floats((images + density * clouds(len(images), rng)) / (1 + np.asarray(density)))


def clouds(count: int, rng: Generator) -> Floats:
    """Value noise from 0 to 1: random grids of 2, 4, 8 and 16 points a side, each half as strong as the one before."""
    total = np.zeros((count, SIDE_PX, SIDE_PX), np.float32)
    for points in (2, 4, 8, 16):
        at = np.linspace(0, points - 1, SIDE_PX)
        between = np.maximum(0, 1 - np.abs(at[:, None] - np.arange(points))).astype(np.float32)
        total += between @ rng.random((count, points, points), np.float32) @ between.T / points
    total -= total.min(axis=(1, 2), keepdims=True)
    total /= total.max(axis=(1, 2), keepdims=True)
    return total


def striped(images: Floats, first: Severity, last: Severity) -> Floats:
    """Ink and paper change places left of the column `first` and from the column `last` on."""
    column = np.arange(SIDE_PX)
    return _floats(np.where((column < first) | (column >= last), 1 - images, images))


def struck(
    images: Floats,
    start: tuple[Severity, Severity],
    angle: Severity,
    width_px: Severity = 2.0,
    dash_px: Severity = 0,
    swing_px: Severity = 0,
    period_px: Severity = 8.0,
) -> Floats:
    """A line is drawn across the picture, through `start` (y, x) at an angle in radians.

    dash_px: length of its dashes and of the gaps between them, 0 for none. swing_px: how far a zigzag goes to either
    side, period_px: the length of one zig and zag.
    """
    y, x = np.mgrid[:SIDE_PX, :SIDE_PX].astype(np.float32)
    y, x = y - start[0], x - start[1]
    cos, sin = np.cos(angle), np.sin(angle)
    along, beside = x * cos + y * sin, y * cos - x * sin
    swing, period = np.asarray(swing_px), np.asarray(period_px)
    phase = np.mod(along / period, 1)
    distance = np.abs(beside - swing * (1 - 4 * np.abs(phase - 0.5)))
    distance = distance / np.hypot(1, 4 * swing / period)  # across the zigzag's slope, not along y
    ink = np.clip((np.asarray(width_px) + 1) / 2 - distance, 0, 1)
    dash = np.asarray(dash_px)
    gap = (dash > 0) & (np.mod(along, np.maximum(2 * dash, 1)) < dash)
    return np.maximum(images, np.where(gap, 0, ink)).astype(np.float32)


def spattered(images: Floats, rng: Generator, cover: Severity, ink: Severity = 0.25) -> Floats:
    """Drops of mud, as dark as `ink`, lie on about the share `cover` of the picture and hide what is below them."""
    wet = blurred(rng.standard_normal(images.shape, np.float32), 1.5)
    wet -= wet.mean(axis=(1, 2), keepdims=True)
    wet /= wet.std(axis=(1, 2), keepdims=True)
    # the share of a normal distribution above t, in the logistic approximation of Bowling et al. 2009
    edge = np.log(1 / np.asarray(cover) - 1) / 1.702
    mud = np.clip((wet - edge) / 0.3 + 0.5, 0, 1)
    return _floats(images * (1 - mud) + ink * mud)


def either_way(count: int, rng: Generator) -> Array:
    """-1 or 1 for each picture, (count, 1, 1)."""
    return rng.choice([-1.0, 1.0], (count, 1, 1))


def _shift(images: Floats, rng: Generator) -> Floats:
    return moved(images, by=3 * rng.choice([-1, 1], (len(images), 2)))


def _rotation(images: Floats, rng: Generator) -> Floats:
    return moved(images, turn=np.radians(30) * either_way(len(images), rng))


def _shear(images: Floats, rng: Generator) -> Floats:
    return moved(images, lean=0.4 * either_way(len(images), rng))


def _motion(images: Floats, rng: Generator) -> Floats:
    return dragged(images, rng.uniform(-np.pi / 4, np.pi / 4, len(images)), 3.0)


def _dotted(images: Floats, rng: Generator) -> Floats:
    left, right = rng.integers(0, 27, (2, len(images), 1, 1))
    return struck(images, (left, 0), np.arctan((right - left) / 27), dash_px=2)


def _zigzag(images: Floats, rng: Generator) -> Floats:
    left = rng.integers(0, 27, (len(images), 1, 1))
    rise = rng.integers(-5, 5, (len(images), 1, 1))
    return struck(images, (left, 2), np.arctan(rise / 23), swing_px=2)


CORRUPTIONS: dict[str, Callable[[Floats, Generator], Floats]] = {
    "shift": _shift,  # 3 pixels both ways
    "rotation": _rotation,  # 30 degrees
    "scale": lambda images, rng: moved(images, size=0.7),
    "shear": _shear,  # 0.4 pixels a row
    "thick": lambda images, rng: thickened(images),
    "thin": lambda images, rng: thinned(images),
    "shot noise": lambda images, rng: grainy(images, rng, 3),
    "impulse noise": lambda images, rng: peppered(images, rng, 0.17),
    "blur": lambda images, rng: blurred(images, 2),
    "motion blur": _motion,  # a trail of 3 pixels, at up to 45 degrees
    "brightness": lambda images, rng: images + 0.5,
    "fog": lambda images, rng: fogged(images, rng, 3),
    "stripe": lambda images, rng: striped(images, 7, 21),
    "dotted line": _dotted,
    "zigzag": _zigzag,
    "spatter": lambda images, rng: spattered(images, rng, 0.2),
}
"""By name; each takes floats (n, 28, 28) and returns new ones, not yet clipped."""


def _picked(images: Floats, pick: np.ufunc, before: int) -> Floats:
    """What `pick` (maximum or minimum) takes of each pixel, one to the right and below, and `before` the other way."""
    for axis in (1, 2):
        margin = [(0, 0)] * 3  # there is paper around the picture
        margin[axis] = (before, 1)
        padded = np.pad(images, margin)
        images = pick.reduce([padded.take(range(i, i + SIDE_PX), axis) for i in range(before + 2)])
    return images


def _towards(images: Floats, others: Floats, share: Severity) -> Floats:
    return _floats(images + share * (others - images))


def _floats(images: Array) -> Floats:
    return images.astype(np.float32, copy=False)
