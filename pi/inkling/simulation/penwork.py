"""Draws glyphs as MNIST drew its digits, by thousands at a time: from the way of a pen, or from pictures.

They are fitted to 20x20 with their aspect kept, with soft grey edges, and put into 28x28 by their centre of mass, as
`glyphs` does it with the marks of one page.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from inknet.deform import warp

from .strokes import Polyline

Images = NDArray[np.uint8]
Floats = NDArray[np.float32]
Generator = np.random.Generator

GLYPH_PX, FITTED_PX = 28, 20
POINTS = 256  # along the way of the pen: less than a quarter of a pixel apart, but for the longest scribbles
FINE = 4  # places of the pen in a pixel, in each direction
FEW = 100  # drawn at a time, for memory's sake
NARROW_PX2 = 40  # loops of so many pixels stay open
SOFT_PX = 0.5  # by so much soft edges make a glyph longer


def pen_glyphs(points: Polyline, rng: Generator, thinnest_px: float = 1.5, thickest_px: float = 4.0) -> Images:
    """Points (n, points, 2) on the way of a pen as glyphs, with a pen of that many pixels, uint8 (n, 28, 28).

    Within a glyph the pen is the same; most pens are nearer to the thin end.
    """
    count = len(points)
    span = (thickest_px - thinnest_px) * rng.beta(1.3, 2, count)
    radius = np.maximum(1, np.round((thinnest_px + span) * FINE / 2)).astype(int)
    low, high = points.min(axis=1), points.max(axis=1)
    size_px = FITTED_PX - SOFT_PX - 2 * radius / FINE
    scale = size_px / np.maximum((high - low).max(axis=1), 1e-6)
    ink = np.empty((count, GLYPH_PX, GLYPH_PX), np.float32)
    for start in range(0, count, FEW):
        few = slice(start, start + FEW)
        fine = ((points[few] - ((low + high) / 2)[few, None]) * scale[few, None, None] + GLYPH_PX / 2) * FINE
        ink[few] = _drawn(fine, radius[few])
    return _as_bytes(_centred(_inked(ink, rng)))


def _drawn(fine: Polyline, radius: NDArray[np.intp]) -> Floats:
    """The share of each pixel that a round pen has touched at these FINE places, (n, points, 2): (n, 28, 28)."""
    count = len(fine)
    column, row = np.clip(fine, 0, GLYPH_PX * FINE - 1).astype(np.intp).transpose(2, 0, 1)
    touched = np.zeros((count, GLYPH_PX * FINE, GLYPH_PX * FINE), np.bool_)
    touched[np.arange(count)[:, None], row, column] = True
    ink = np.empty((count, GLYPH_PX, GLYPH_PX), np.float32)
    for each in np.unique(radius):
        some = radius == each
        blocks = _widened(touched[some], int(each)).reshape(-1, GLYPH_PX, FINE, GLYPH_PX, FINE)
        ink[some] = blocks.mean(axis=(2, 4), dtype=np.float32)
    return ink


def _widened(touched: NDArray[np.bool_], radius: int) -> NDArray[np.bool_]:
    """Every place within a disc about one that the pen touched: bool (n, height, width)."""
    wide, reach = touched, 0
    inked = np.zeros_like(touched)
    for dy in range(radius, -1, -1):
        half_chord = round((radius**2 - dy**2) ** 0.5)
        for _ in range(half_chord - reach):
            grown = wide.copy()
            grown[:, :, 1:] |= wide[:, :, :-1]
            grown[:, :, :-1] |= wide[:, :, 1:]
            wide = grown
        reach = max(reach, half_chord)
        inked[:, dy:] |= wide[:, : wide.shape[1] - dy]
        inked[:, : wide.shape[1] - dy] |= wide[:, dy:]
    return inked


def _inked(ink: Floats, rng: Generator) -> Floats:
    """As a camera sees it: a little out of focus, the grain of a pencil in some."""
    count = len(ink)
    padded = np.pad(ink, ((0, 0), (1, 1), (1, 1)))
    for axis in (1, 2):
        side = rng.uniform(0, 0.25, (count, 1, 1)).astype(np.float32)
        before, at, after = (np.take(padded, range(i, padded.shape[axis] - 2 + i), axis) for i in range(3))
        padded = at + side * (before + after - 2 * at)
    grain = rng.uniform(0, 0.25, (count, 1, 1)) * (rng.random((count, 1, 1)) < 0.3)
    grainy: Floats = padded * (1 - grain.astype(np.float32) * rng.random(ink.shape, np.float32))
    return grainy


def with_full_loops(glyphs: Images) -> Images:
    """Glyphs, uint8 (n, 28, 28), in which ink has run into the loops, unless those are wide, NARROW_PX2 or more."""
    paper = np.pad(glyphs < 96, ((0, 0), (1, 1), (1, 1)), constant_values=True)
    outside = np.zeros_like(paper)
    outside[:, 0], reached = True, -1
    while reached != (reached := int(outside.sum())):
        outside = _beside(outside) & paper
    loops = paper & ~outside
    loops &= (loops.sum(axis=(1, 2)) < NARROW_PX2)[:, None, None]
    # also the grey edge about them
    full: Images = np.where(_beside(loops)[:, 1:-1, 1:-1], np.uint8(255), glyphs)
    return full


def _beside(places: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Bool (n, height, width): these places and their four neighbours."""
    wider = places.copy()
    wider[:, 1:] |= places[:, :-1]
    wider[:, :-1] |= places[:, 1:]
    wider[:, :, 1:] |= places[:, :, :-1]
    wider[:, :, :-1] |= places[:, :, 1:]
    return wider


def as_glyphs(pictures: Floats) -> Images:
    """Pictures as glyphs, uint8 (n, 28, 28): their ink's longer side is 20 pixels, its mass in the centre.

    pictures: (n, height, width) of even sides, 28 or more, ink 1.0. What has no ink stays empty.
    """
    inked = pictures > 0.3
    top, height = extent(inked.any(axis=2))
    left, width = extent(inked.any(axis=1))
    scale = np.maximum(height, width) / FITTED_PX
    maps = np.zeros((len(pictures), 2, 3), np.float32)
    maps[:, 0, 0] = maps[:, 1, 1] = scale
    maps[:, 0, 2] = top + (height - 1) / 2 - (pictures.shape[1] - 1) / 2
    maps[:, 1, 2] = left + (width - 1) / 2 - (pictures.shape[2] - 1) / 2
    top_px, left_px = ((side - GLYPH_PX) // 2 for side in pictures.shape[1:])
    fitted = np.empty((len(pictures), GLYPH_PX, GLYPH_PX), np.float32)
    for start in range(0, len(pictures), FEW):
        few = slice(start, start + FEW)
        whole = warp(pictures[few], maps[few])
        fitted[few] = whole[:, top_px : top_px + GLYPH_PX, left_px : left_px + GLYPH_PX]
    # what was cut away by the box is no part of the mark
    from_middle = np.abs(np.arange(GLYPH_PX) - (GLYPH_PX - 1) / 2)
    inside_y, inside_x = (from_middle <= (side / np.maximum(scale, 1e-6) / 2)[:, None] for side in (height, width))
    fitted *= inside_y[:, :, None] & inside_x[:, None, :]
    return _as_bytes(_centred(fitted))


def evenly(strokes: list[Polyline]) -> Polyline:
    """POINTS points (POINTS, 2) at even distances on all strokes; the way between two strokes has none."""
    starts = np.concatenate([stroke[:-1] for stroke in strokes])
    steps = np.concatenate([np.diff(stroke, axis=0) for stroke in strokes])
    lengths = np.hypot(*steps.T)
    ends = np.cumsum(lengths)
    at = (np.arange(POINTS) + 0.5) / POINTS * ends[-1]
    span = np.searchsorted(ends, at)
    part = 1 - (ends[span] - at) / np.maximum(lengths[span], 1e-9)
    points: Polyline = starts[span] + part[:, None] * steps[span]
    return points


def extent(inked: Any) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Where ink begins and how far it reaches, along one axis: of bool (n, places), (n,) and (n,)."""
    first = inked.argmax(axis=1)
    length = inked.shape[1] - inked[:, ::-1].argmax(axis=1) - first
    return np.where(inked.any(axis=1), first, 0), length


def _centred(fitted: Floats) -> Floats:
    """Pictures (n, 28, 28) with their centre of mass as near to the middle as whole pixels and the border allow."""
    count = len(fitted)
    total = np.maximum(fitted.sum(axis=(1, 2)), 1e-6)
    places = []
    for axis in (2, 1):  # sums over columns give the rows' mass
        mass = fitted.sum(axis=axis)
        shift = np.round((GLYPH_PX - 1) / 2 - mass @ np.arange(GLYPH_PX) / total).astype(int)
        first, length = extent(mass > 0)
        shift = np.clip(shift, -first, GLYPH_PX - first - length)
        places.append(np.mod(np.arange(GLYPH_PX) - shift[:, None], GLYPH_PX))  # what goes round is empty
    rows, columns = places
    centred: Floats = fitted[np.arange(count)[:, None, None], rows[:, :, None], columns[:, None, :]]
    return centred


def _as_bytes(glyphs: Floats) -> Images:
    """The darkest ink of each is 255."""
    darkest = np.maximum(glyphs.max(axis=(1, 2), keepdims=True), 1e-6)
    return np.asarray(np.rint(glyphs * (255 / darkest)), np.uint8)
