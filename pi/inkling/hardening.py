"""Hardening: a network that has met digits in every poor state reads them in the next poor state, too."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from inknet import Affine
from inknet.errors import InputError
from inknet.layers import Generator

from .corruptions import (
    SIDE_PX,
    Floats,
    blurred,
    dragged,
    either_way,
    fogged,
    grainy,
    moved,
    peppered,
    spattered,
    speckled,
    striped,
    struck,
    thickened,
    thinned,
)
from .elastic import Elastic


@dataclass(frozen=True)
class Hardening:
    """Changes a batch in training, in place: some pictures are bent, some corrupted, and more than half are left alone.

    The first pictures are deformed by `elastic`; of the next, the part `share` of the batch, each is corrupted in one
    way of `WAYS`, with a severity drawn from a range around what `corruptions.CORRUPTIONS` measures. The rest stay
    clean, so that a network does not forget them (see `inknet.Affine`). Raises InputError for pictures other than
    28x28.
    """

    share: float = 0.1
    elastic: Elastic = field(default_factory=lambda: Elastic(Affine(share=0.35), sway_px=0.5))

    def __call__(self, images: Floats, rng: Generator) -> None:
        if images.shape[1:] != (SIDE_PX, SIDE_PX):
            raise InputError(f"pictures of shape (batch, 28, 28) are needed, not {images.shape}")
        self.elastic(images, rng)
        first = round(self.elastic.affine.share * len(images))
        part = images[first : first + round(self.share * len(images))]
        # the ways change places, so that where they do not divide the pictures evenly, none comes off badly
        for way, some in zip(rng.permutation(len(WAYS)), np.array_split(part, len(WAYS)), strict=True):
            if len(some):
                np.clip(WAYS[way](some, rng), 0, 1, out=some)


def _evenly(low: float, high: float, images: Floats, rng: Generator) -> Floats:
    """A number for each picture, evenly from a range: (n, 1, 1)."""
    return rng.uniform(low, high, (len(images), 1, 1)).astype(np.float32)


def _turned(images: Floats, rng: Generator) -> Floats:
    return moved(images, turn=np.radians(_evenly(-38, 38, images, rng)))


def _leaning(images: Floats, rng: Generator) -> Floats:
    return moved(images, lean=_evenly(-0.5, 0.5, images, rng))


def _placed(images: Floats, rng: Generator) -> Floats:
    return moved(images, size=_evenly(0.6, 1.2, images, rng), by=rng.uniform(-4, 4, (len(images), 2)))


def _penned(images: Floats, rng: Generator) -> Floats:
    share = _evenly(0.2, 1.2, images, rng)
    return np.where(rng.random((len(images), 1, 1)) < 0.5, thickened(images, share), thinned(images, share))


def _speckled(images: Floats, rng: Generator) -> Floats:
    return speckled(images, rng, _evenly(0.05, 0.4, images, rng))


def _grainy(images: Floats, rng: Generator) -> Floats:
    return grainy(images, rng, 1 / _evenly(0.05, 0.5, images, rng))


def _peppered(images: Floats, rng: Generator) -> Floats:
    return peppered(images, rng, _evenly(0, 0.22, images, rng))


def _blurred(images: Floats, rng: Generator) -> Floats:
    return blurred(images, _evenly(0.5, 2.4, images, rng))


def _dragged(images: Floats, rng: Generator) -> Floats:
    return dragged(images, rng.uniform(-np.pi, np.pi, len(images)), _evenly(1, 4, images, rng))


def _lit(images: Floats, rng: Generator) -> Floats:
    """Pale ink, grey paper, or both; also ink that is fully black and paper that is almost so."""
    return images * _evenly(0.2, 1.2, images, rng) + _evenly(0, 0.7, images, rng)


def _fogged(images: Floats, rng: Generator) -> Floats:
    return fogged(images, rng, _evenly(0.3, 3.5, images, rng))


def _striped(images: Floats, rng: Generator) -> Floats:
    return striped(images, rng.integers(0, 11, (len(images), 1, 1)), rng.integers(18, 29, (len(images), 1, 1)))


def _struck(images: Floats, rng: Generator) -> Floats:
    """A line anywhere: plain, dashed or in zigzag."""
    kind = rng.integers(3, size=(len(images), 1, 1))
    return struck(
        images,
        (_evenly(0, 28, images, rng), _evenly(0, 28, images, rng)),
        _evenly(-np.pi / 3, np.pi / 3, images, rng),
        width_px=_evenly(0.5, 2.5, images, rng),
        dash_px=(kind == 1) * _evenly(1, 4, images, rng),
        swing_px=(kind == 2) * either_way(len(images), rng) * _evenly(1, 3, images, rng),
        period_px=_evenly(5, 12, images, rng),
    )


def _spattered(images: Floats, rng: Generator) -> Floats:
    return spattered(images, rng, _evenly(0.03, 0.25, images, rng), _evenly(0, 0.7, images, rng))


WAYS: list[Callable[[Floats, Generator], Floats]] = [
    _turned,
    _leaning,
    _placed,
    _penned,
    _speckled,
    _grainy,
    _peppered,
    _blurred,
    _dragged,
    _lit,
    _fogged,
    _striped,
    _struck,
    _struck,  # twice, for there are three kinds
    _spattered,
]
