"""A page is a picture with its light evened out and its ink found.

The paper's brightness at each place is what a stroke would hide: a grey closing over more than a stroke's width
fills strokes with the paper around them and leaves shadows alone. Ink is then how much darker than its paper a
pixel is, which no longer depends on the light.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from .components import Components, find_components
from .frames import Luma

Floats = NDArray[np.float32]
Values = TypeVar("Values", NDArray[np.float32], NDArray[np.uint8], NDArray[np.bool_])

LARGEST_PX = 960  # of the longer side: a digit a twelfth of a landscape photo high still has 50 pixels
SMALLEST_PX = 200  # a thumbnail's strokes are otherwise too thin to be measured
CROP_PX, CROP_MARGIN_PX = 32, 8  # a picture so small is a digit cut out, perhaps with ink on its borders
COARSE_PX = 128  # of the longer side, for the paper: light changes slowly, but at the edge of a shadow
DEEPEST_SHADOW = 0.15  # of the picture's typical paper: what is darker is no paper, or cannot be read
SAMPLE_PX = 48  # of each side are enough to know the paper
BAND_ROWS = 64  # of the picture that are evened out at a time
NOISY = 0.05  # standard deviation of ink on bare paper from which on grain is smoothed out: little light
COARSEST = 3  # pixels to each side are averaged at most: more would be strokes
BLOTCH = 0.04  # of the picture's width, half the height of the smallest digit: blotches are no wider
PEN = 0.08  # of the longer side: a stroke that is no wider is never taken for a shadow
SHADED = 0.8  # of its surroundings: a shadow or a desk is no lighter
CORNER, NARROW_PEN = 0.1, 0.04  # of the longer side: a shadow's corner is no larger, and wider than this pen's stroke
ALIKE = 1.15  # times as light as its corner is a shadow at most: ink is hardly just as dark
DEEPEST_NARROW = 0.45  # of its surroundings: the shadow of a pole or a finger leaves more light, a marker less
ALONG = 0.6  # of a dark strip lies on the border: it is a desk
DESK = 0.6  # of the sheet's light comes from a desk at most
ROUGH = 0.04  # standard deviation of the desk's own ink, from which on it hides a pencil's
EVENER = 0.5  # of that has the sheet at most
MUCH = 0.4  # of the picture is desk: with less, its noise does not hide the ink
FEW = 0.25  # of the picture: chalk covers less, a sheet on a dark desk more
FALLS = 0.04  # of the light, within a quarter of STROKE towards a border: less falls off nearly every picture
STROKE = 0.2  # the widest stroke, as a part of the longer side: a marker's digit that fills the picture


@dataclass(frozen=True)
class Page:
    """Ink of a picture, in the picture's own size or a smaller or larger one.

    ink: float32 (height, width), 0.0 paper, towards 1.0 the blackest ink: 1 - luma / paper.
    noise: the standard deviation of `ink` on bare paper.
    picture: height and width of the picture, in its own pixels.
    inverted: the picture is light on dark.
    margin: so many of the ink's pixels on each side are paper that the picture does not have.
    """

    ink: Floats
    noise: float
    picture: tuple[int, int]
    inverted: bool
    margin: int = 0

    @property
    def evened(self) -> Luma:
        """The picture under even light and dark on light, uint8 (height, width): paper 255, ink as dark as it is."""
        evened: Luma = np.rint(255 * (1 - self.within(self.ink))).astype(np.uint8)
        return evened

    def within(self, a: Values) -> Values:
        """What the picture has of an array (height, width) of the page."""
        height, width = a.shape
        return a[self.margin : height - self.margin, self.margin : width - self.margin]


def find_ink(luma: Luma, inverted: bool | None = None) -> Page:
    """The page that a picture shows; luma is uint8 (height, width).

    inverted: whether the picture is light on dark; by default it is judged by its greys.
    """
    whole = _with_margin(luma) if max(luma.shape) <= CROP_PX else luma
    resized = _working_size(whole)
    coarse = _shrink(resized, COARSE_PX)
    if inverted is None:
        inverted = _is_light_on_dark(coarse)
    if inverted:
        resized, coarse = 255 - resized, 255 - coarse
    paper = _paper(coarse)
    # in the dark part of a photo a few counts of noise would look like ink: no paper is blacker than this
    blackest = max(16, DEEPEST_SHADOW * float(np.median(_sample(paper))))
    ink = np.empty(resized.shape, np.float32)
    for rows, band in _enlarged(paper, resized.shape):
        np.subtract(band, resized[rows], out=ink[rows])
        ink[rows] /= np.maximum(band, blackest, out=band)
    # the closing takes the lightest spots for the paper; half of a page and more is bare, so the median is right
    typical = float(np.median(_sample(ink)))
    bare = max(1 - typical, 0.05)
    ink -= typical
    ink *= 1 / bare  # a division takes a Pi Zero many times as long
    on_sheet = _on_sheet(ink, paper)
    ink, noise = _without_grain(ink, on_sheet)
    if on_sheet is not None:
        ink *= on_sheet
    margin = (whole.shape[0] - luma.shape[0]) * len(ink) // (2 * len(whole))
    return Page(np.maximum(ink, 0, out=ink), noise, luma.shape, inverted, margin)


def _with_margin(luma: Luma) -> Luma:
    """A picture with paper all around: what a digit that was cut out stands on covers more than its ink."""
    return np.pad(luma, CROP_MARGIN_PX, constant_values=round(float(np.median(luma))))


def _sample(a: Values) -> Values:
    """Pixels that are enough to know the whole, in a grid."""
    rows, columns = (max(1, side // SAMPLE_PX) for side in a.shape)
    return a[::rows, ::columns]


def _on_sheet(ink: Floats, paper: Floats) -> NDArray[np.bool_] | None:
    """Where the sheet is on a large, dark, rough desk, bool (height, width); None if there is none: shade is smooth."""
    light = DESK * float(np.percentile(_sample(paper), 95))
    if np.mean(_sample(paper) < light) < MUCH:
        return None
    on_sheet = np.concatenate([band > light for _, band in _enlarged(paper, ink.shape)])
    rough, smooth = (_noise(ink, where) for where in (~on_sheet, on_sheet))
    return on_sheet if rough > ROUGH and 0 < smooth < EVENER * rough else None


def _without_grain(ink: Floats, where: NDArray[np.bool_] | None) -> tuple[Floats, float]:
    """The ink, smoothed if it is noisy, over no more pixels than there is need to, and the noise that is left."""
    noise, smooth = _noise(ink, where), ink
    for reach in range(1, COARSEST + 1):
        if noise <= NOISY:
            break
        smooth = box_mean(ink, reach)
        noise = _noise(smooth, where)
    return smooth, noise


def _noise(ink: Floats, where: NDArray[np.bool_] | None = None) -> float:
    """The standard deviation of ink on bare paper: of differences along rows, which do not see how the light changes.

    Their median is that of bare paper if half of the page is bare. The pixels are so far apart that blotches of the
    paper count, and what a camera's own smoothing and JPEG leave of its grain. where: the part of it that counts.
    """
    apart = max(1, round(BLOTCH * ink.shape[1]))
    differences = np.abs(_sample(ink[:, apart:]) - _sample(ink[:, :-apart]))
    if where is not None:
        differences = differences[_sample(where[:, apart:]) & _sample(where[:, :-apart])]
    if not differences.size:
        return 0.0
    return float(np.median(differences)) / (0.6745 * 2**0.5)  # as it is of a normal distribution


def _working_size(luma: Luma) -> Luma:
    """The picture in the size in which it is looked at; a large one is first made smaller by a whole number."""
    longer = max(luma.shape)
    return _resize(luma, min(LARGEST_PX, max(SMALLEST_PX, longer)) / longer, reducing_gap=1.0)


def _shrink(picture: Luma, longer_px: int) -> Luma:
    return _resize(picture, min(1.0, longer_px / max(picture.shape)))


def _resize(picture: Luma, scale: float, reducing_gap: float | None = None) -> Luma:
    """By area averages when it becomes smaller, by cubic splines when it becomes larger; reducing_gap: as in Pillow."""
    from PIL import Image

    if scale == 1:
        return picture
    size = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
    method = Image.Resampling.BOX if scale < 1 else Image.Resampling.BICUBIC
    return np.asarray(Image.fromarray(picture).resize(size, method, reducing_gap=reducing_gap))


def _enlarged(a: Floats, shape: tuple[int, ...]) -> Iterator[tuple[slice, Floats]]:
    """An array in a larger size (height, width), some rows at a time, so that the processor's cache holds them.

    Yields which rows they are, and the rows.
    """
    height, width = shape
    a = np.ascontiguousarray(_between(a.T, np.arange(width), width).T)
    for start in range(0, height, BAND_ROWS):
        rows = slice(start, min(start + BAND_ROWS, height))
        yield rows, _between(a, np.arange(height)[rows], height)


def _between(a: Floats, rows: NDArray[np.intp], height: int) -> Floats:
    """These rows of an array that is enlarged to a height: linear between the middles of its own rows."""
    place = np.clip((rows + 0.5) * (len(a) / height) - 0.5, 0, len(a) - 1)
    above = place.astype(np.intp)
    lower = a[above]
    between: Floats = a[np.minimum(above + 1, len(a) - 1)]
    between -= lower
    between *= (place - above).astype(np.float32)[:, None]
    between += lower
    return between


def _is_light_on_dark(coarse: Luma) -> bool:
    """Whether the strokes are lighter than what they stand on.

    Strokes are few and differ much from their surroundings, paper is much and differs little: the third moment about
    the local mean has the sign of the strokes, and the paper is nearer to the other end of the greys.
    """
    some = _sample(coarse)
    ranks = [round(part * (some.size - 1)) for part in (0.01, 0.5, 0.99)]
    darkest, typical, lightest = np.partition(some, ranks, axis=None)[ranks].tolist()
    if typical - darkest >= lightest - typical or np.mean(coarse > (typical + lightest) / 2) > FEW:
        return False
    greys = coarse.astype(np.float32)
    difference = greys - box_mean(greys, round(STROKE * max(coarse.shape)))
    # not **3, which costs a hundred instructions a pixel
    return bool(np.mean(difference * difference * difference) > 0)


def _paper(coarse: Luma) -> Floats:
    """The brightness of the paper behind the strokes: a closing, smoothed over the blocks that it leaves.

    What is wider than a stroke, such as a table beside the sheet, is its own paper. At its edge the lower of the two
    sides counts, or the blur of the edge would be ink.
    """
    reach = max(2, round(STROKE * max(coarse.shape) / 2))
    closed = _closed(coarse, reach)
    shade = _closed(coarse, round(PEN * max(coarse.shape) / 2))
    closed = np.maximum(np.minimum(closed, _continued(closed, reach)), shade)
    _keep_shade(closed, shade)
    _keep_corners(closed, _closed(coarse, round(NARROW_PEN * max(coarse.shape) / 2)))
    smooth = box_mean(closed, max(1, reach // 4))
    return -highest(-np.minimum(closed, smooth), 1)


def _continued(closed: Floats, reach: int) -> Floats:
    """A closing whose light goes on falling towards a border as it does all along it, as a lens lets it.

    As far as a closing reaches from a border, it is level there, and light that falls would be ink.
    """
    step = max(1, reach // 2)
    outwards = np.arange(reach, 0, -1, dtype=np.float32)[:, None] / step
    continued = closed.copy()
    for side in continued, continued[::-1], continued.T, continued.T[::-1]:
        if len(side) > 2 * (reach + step):
            falls = 1 - float(np.median(side[reach] / np.maximum(side[reach + step], 1)))
            if falls > FALLS:
                side[:reach] = side[reach] * (1 - falls * outwards)
    return continued


def _keep_shade(closed: Floats, shade: Floats) -> None:
    """Put back into `closed` the shadows and desks that are no wider than a stroke, seen in `shade`, a finer closing.

    They go on as darker paper, as the corner of a shadow does, or run out of the picture.
    """
    dark = find_components(shade < SHADED * closed)
    if not len(dark):
        return
    at_border = dark.on_border(*closed.shape)
    lies_along = at_border > ALONG * dark.extents  # as a desk does
    level, around = _means(shade, dark), _means(closed, dark)
    goes_on = _goes_on(closed, dark, level + 0.3 * (around - level))
    runs_out = (at_border > 0) & (level > DEEPEST_NARROW * around)
    _put_back(closed, shade, dark, (runs_out | goes_on) & ~lies_along)


def _keep_corners(closed: Floats, shade: Floats) -> None:
    """Put back into `closed` the sharp corners of shadows, seen in `shade`, a still finer closing.

    They are small, and as dark as the shadow that they end.
    """
    dark = find_components(shade < SHADED * closed)
    if len(dark):
        is_small = dark.extents <= CORNER * max(closed.shape)
        _put_back(closed, shade, dark, is_small & _goes_on(closed, dark, ALIKE * _means(shade, dark)))


def _means(values: Floats, pieces: Components) -> NDArray[np.float64]:
    """The mean in each piece, (count,)."""
    means: NDArray[np.float64] = np.bincount(pieces.labels, values.flat[pieces.pixels]) / pieces.areas
    return means


def _goes_on(closed: Floats, dark: Components, level: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which pieces, (count,), have paper beside them that is darker than this level, (count,)."""
    beside = -highest(-closed, 2).flat[dark.pixels]
    goes_on: NDArray[np.bool_] = np.bincount(dark.labels, beside < level[dark.labels]) > 0
    return goes_on


def _put_back(closed: Floats, shade: Floats, dark: Components, which: NDArray[np.bool_]) -> None:
    put_back = dark.pixels[which[dark.labels]]
    closed.flat[put_back] = shade.flat[put_back]


def _closed(coarse: Luma, reach: int) -> Floats:
    # in bytes, and ~ is 255 less them: a board without vector instructions takes twice as many for floats
    return (~highest(~highest(coarse, reach), reach)).astype(np.float32)


def highest(a: Values, reach: int) -> Values:
    """The maximum over the square of 2 reach + 1 pixels about each pixel; outside there is nothing."""
    return _running_maximum(_running_maximum(a, reach).T, reach).T


def _running_maximum(a: Values, reach: int) -> Values:
    """The maximum over 2 reach + 1 rows, in log(reach) steps: each doubles the window."""
    maxima = np.take(a, np.arange(-reach, len(a) + reach), axis=0, mode="clip")
    window, wanted = 1, 2 * reach + 1
    while window < wanted:
        step = min(window, wanted - window)
        maxima = np.maximum(maxima[:-step], maxima[step:])
        window += step
    return maxima


def box_mean(a: Floats, reach: int) -> Floats:
    """The mean over the square of 2 reach + 1 pixels about each pixel, float32 (height, width); borders are repeated.

    A band of rows at a time, as its running sums take several times the room of what is summed.
    """
    mean = np.empty_like(a)
    for start in range(0, len(a), BAND_ROWS):
        first, end = max(0, start - reach), min(len(a), start + BAND_ROWS)
        mean[start:end] = _band_mean(a[first : end + reach], reach)[start - first : end - first]
    return mean


def _band_mean(a: Floats, reach: int) -> NDArray[np.float64]:
    size = 2 * reach + 1
    mean = a.astype(np.float64)
    for _ in range(2):
        padded = np.take(mean, np.arange(-reach - 1, len(mean) + reach), axis=0, mode="clip")
        sums = np.cumsum(padded, axis=0)
        mean = ((sums[size:] - sums[:-size]) / size).T
    return mean
