"""A lesson is what a network learns from: images of several kinds in one row, each shown so often, none copied."""

from collections.abc import Sequence
from dataclasses import dataclass
from zlib import crc32

import numpy as np

from inknet import Affine
from inknet.arrays import Array
from inknet.layers import Generator

from .corruptions import thickened, thinned
from .elastic import Elastic
from .errors import DataError
from .simulation.outliers import NO_DIGIT, outliers, own_digits

SHOWN = 800  # times that each of the owner's samples is shown in an epoch, deformed,
SHARE = 0.4  # but all together not more than this part of the images;
DRAWN = 0.375  # so much of what is shown is drawn, for memory's sake, and the rest shown again
PEN = 0.6  # by up to this part of what `thickened` and `thinned` do, strokes are wider or narrower, as by another pen
# How samples are bent. Few have to stand for all that a hand writes, so what is learnt goes farther than what is judged
# by, which is to be what that hand may have written on another day.
LEARNT = Elastic(Affine(share=1.0, rotation=18, scale=0.18, shear=0.3), sway_px=1.2)
JUDGED = Elastic(Affine(share=1.0), sway_px=0.7)
FEW = 500  # samples that are deformed at a time, for memory's sake
# Of the owner's first samples one in two is held back, as a judgement on fewer is none, and of the rest one in four.
FIRST, HALF, HELD_BACK = 40, 2, 4


@dataclass(frozen=True)
class Part:
    """Some images of a lesson: uint8 (n, 28, 28), their labels uint8 (n,), and how many are shown in an epoch.

    If more are shown than there are, they are shown in turn.
    """

    images: Array
    labels: Array
    shown: int

    @classmethod
    def of(cls, images: Array, labels: Array) -> "Part":
        """Images that are each shown once."""
        return cls(images, labels, len(images))


class Lesson:
    """Parts in a row, as a trainer takes images: `len(lesson)`, and `lesson[indices]`, which alone copies anything."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self._parts = [part for part in parts if part.shown and len(part.images)]
        self._ends = np.cumsum([part.shown for part in self._parts])
        self.labels: Array = np.concatenate([np.resize(part.labels, part.shown) for part in self._parts])

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, chosen: Array) -> Array:
        """The images with these indices, uint8 (n, 28, 28)."""
        which = np.searchsorted(self._ends, chosen, side="right")
        images = np.empty((len(chosen), *self._parts[0].images.shape[1:]), np.uint8)
        for number, part in enumerate(self._parts):
            here = which == number
            first = self._ends[number] - part.shown
            images[here] = part.images[(chosen[here] - first) % len(part.images)]
        return images


def beside(images: Array, labels: Array, share: float, own: float, rng: Generator, drawn: float = 1.0) -> list[Part]:
    """Digits as the outliers are drawn, and outliers, so many in parts of the images (see `simulation.outliers`).

    drawn: the part of those that is drawn, 0 to 1; the rest are shown again.
    """
    shown, none_shown = round(own * len(images)), round(share * len(images))
    digits, digits_labels = own_digits(round(drawn * shown), rng)
    pieces = (images, labels) if len(np.unique(labels)) > 1 else ()
    none = outliers(round(drawn * none_shown), rng, *pieces)
    return [
        Part(digits, digits_labels, shown),
        Part(none, np.full(len(none), NO_DIGIT, np.uint8), none_shown),
    ]


@dataclass(frozen=True)
class Sampled:
    """The owner's samples: images uint8 (n, 28, 28), labels uint8 (n,), 0 to 9, or 10 for what is no digit."""

    images: Array
    labels: Array

    def __post_init__(self) -> None:
        if self.images.shape != (len(self.labels), 28, 28) or self.labels.max(initial=0) > NO_DIGIT:
            raise DataError(f"samples are 28x28 pixels with labels from 0 to 10, not {self.images.shape}")

    def __len__(self) -> int:
        return len(self.labels)

    def part(self, chosen: Array) -> "Sampled":
        """Those samples that are chosen, by indices or by truth values."""
        return Sampled(self.images[chosen], self.labels[chosen])

    def for_answers(self, answers: int) -> "Sampled":
        """Those that a network with so many answers can learn."""
        return self.part(self.labels < answers)

    def hold_back(self) -> "tuple[Sampled, Sampled]":
        """Those to learn from and those to judge by. A sample stays among the same, whatever comes after it."""
        one_in = np.where(np.arange(len(self)) < FIRST, HALF, HELD_BACK)
        drawn = np.array([crc32(image.tobytes()) for image in self.images], np.int64) % one_in == 0
        return self.part(~drawn), self.part(drawn)

    def deformed(self, images: int, rng: Generator) -> Part:
        """The samples, each shown up to SHOWN times and deformed in many ways, beside so many images."""
        shown = min(SHOWN * len(self), round(SHARE * images))
        pictures = np.resize(self.images, (round(DRAWN * shown), 28, 28))
        _deform(pictures, LEARNT, rng)
        return Part(pictures, np.resize(self.labels, len(pictures)), shown)

    def views(self, count: int) -> Array:
        """The samples, each deformed in so many ways, uint8 (count, n, 28, 28); always alike."""
        pictures = np.repeat(self.images[None], count, axis=0)
        _deform(pictures.reshape(-1, 28, 28), JUDGED, np.random.default_rng(0))
        return pictures


def _deform(pictures: Array, bend: Elastic, rng: Generator) -> None:
    """Deforms each picture, uint8 (n, 28, 28), in its place, as by another pen and a hand that bends it so."""
    for start in range(0, len(pictures), FEW):
        ink = pictures[start : start + FEW].astype(np.float32)
        ink /= 255
        pen = rng.uniform(-PEN, PEN, (len(ink), 1, 1)).astype(np.float32)
        ink = np.where(pen > 0, thickened(ink, pen), thinned(ink, -pen))
        bend(ink, rng)
        pictures[start : start + FEW] = np.round(255 * np.clip(ink, 0, 1))
