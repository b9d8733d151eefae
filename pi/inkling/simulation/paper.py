"""Paper that does not exist: pages of handwritten digits, and how they look to a camera under changing light.

A page is made once, as the share of the light that each of its points gives back; a frame of it is that
reflectance times the light of the moment, plus the noise of the sensor.
"""

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from ..errors import UsageError
from ..frames import Luma
from .strokes import Polyline, write

Field = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class PlacedDigit:
    """A digit on a page and the pixels its ink lies in: box is (x, y, width, height), y down."""

    digit: int
    box: tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet of paper as it is in itself, whatever the light.

    reflectance: float32 of shape (height, width), 0 black and 1 white.
    digits: what is written on it, in reading order.
    """

    reflectance: Field
    digits: tuple[PlacedDigit, ...]

    @property
    def text(self) -> str:
        """The digits in reading order; empty for an empty page."""
        return "".join(str(placed.digit) for placed in self.digits)


@dataclass(frozen=True, slots=True)
class Light:
    """How light falls on a page.

    brightness: luma of white paper in the full light, 0 to 255.
    direction: where the light comes from, in radians from the x axis towards the y axis.
    falloff: share of the light that is lost from the near corner of the page to the far one.
    vignette: share that the lens loses in the corners.
    shadow: share that is lost in a band of shadow.
    shadow_at: where the band's middle is, along the direction of the light: -1 the page's far corner, 1 its
        near one; below -1.5 and above 1.5 the whole band is off the page.
    """

    brightness: float = 200.0
    direction: float = 0.7
    falloff: float = 0.25
    vignette: float = 0.15
    shadow: float = 0.0
    shadow_at: float = 0.0

    def field(self, height: int, width: int) -> Field:
        """Luma of white paper at each pixel: float32 of shape (height, width)."""
        x = np.linspace(-1, 1, width, dtype=np.float32)
        y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
        towards = (x * math.cos(self.direction) + y * math.sin(self.direction)) / math.sqrt(2)
        light = 1 - self.falloff / 2 * (1 - towards)
        light *= 1 - self.vignette / 2 * (x * x + y * y)
        if self.shadow > 0:
            inside = _SHADOW_HALF_WIDTH - np.abs(towards - self.shadow_at)
            t = np.clip(inside / _SHADOW_SOFTNESS + 0.5, 0, 1)
            light *= 1 - self.shadow * t * t * (3 - 2 * t)  # smoothstep, for soft edges
        return np.asarray(self.brightness * light, np.float32)


def draw_page(digits: str, rng: np.random.Generator, size: tuple[int, int] = (240, 320)) -> Sheet:
    """Write digits in a row on a fresh sheet, with a pen, in a size and at a place of chance.

    digits: "0" to "9", as many as wanted; an empty string leaves the sheet empty.
    size: height and width of the page in pixels, at least 96 each.
    Raises UsageError for any other sign, for a page that is too small, and for more digits than fit on it.
    """
    height, width = _checked(size)
    ink = Image.new("L", (width, height))
    placed = []
    for digit, mask, (left, top) in _row(digits, rng, height, width):
        ink.paste(mask, (left, top))
        box = mask.getbbox()
        assert box is not None, "a pen leaves ink"
        x0, y0, x1, y1 = box
        placed.append(PlacedDigit(int(digit), (left + x0, top + y0, x1 - x0, y1 - y0)))
    coverage = np.asarray(ink, np.float32)
    ink_reflectance = rng.uniform(0.08, 0.45)  # of the paper's: from a felt pen to a pencil
    reflectance = _sheet(height, width, rng)
    reflectance *= 1 - (1 - ink_reflectance) / 255 * coverage
    return Sheet(reflectance, tuple(placed))


def photograph(page: Sheet, light: Light, rng: np.random.Generator) -> Luma:
    """Take a picture of a page: uint8 of shape (height, width), with the noise of a sensor."""
    luma = rng.standard_normal(page.reflectance.shape, np.float32)
    luma *= _SENSOR_NOISE
    luma += page.reflectance * light.field(*page.reflectance.shape)
    return np.rint(np.clip(luma, 0, 255)).astype(np.uint8)


def drifting_light(rng: np.random.Generator) -> Iterator[Light]:
    """Yield the light of one frame after the other, without end.

    Its brightness goes up to 230 and down to 40 and back in 240 frames, its direction turns, and now and then a
    shadow passes over the page.
    """
    brightness_phase, direction_phase, shadow_phase = rng.random(3).tolist()
    for frame in itertools.count():
        yield Light(
            brightness=135 + 95 * math.sin(2 * math.pi * (frame / 240 + brightness_phase)),
            direction=2 * math.pi * (frame / 400 + direction_phase),
            shadow=0.4,
            shadow_at=6 * ((frame / 100 + shadow_phase) % 1) - 3,
        )


def frames(
    rng: np.random.Generator, size: tuple[int, int] = (240, 320), hold: int = 30, blank: int = 3
) -> Iterator[tuple[Luma, str]]:
    """Yield frames of one page after the other under drifting light, without end, each with the text on it.

    Each page has one to three digits, mostly one. It is shown for `hold` frames, and then an empty page, whose
    text is "", for `blank` frames. The same seed gives the same frames.
    Raises UsageError, at once, for a size below 96 pixels or a number of frames that cannot be.
    """
    _checked(size)
    if hold < 1 or blank < 0:
        raise UsageError(f"cannot show a page for {hold} frames and an empty one for {blank}: take at least 1 and 0")
    return _frames(rng, size, hold, blank)


_SMALLEST_SIDE_PX = 96
_SMALLEST_DIGIT_PX = 12
_PADDING_PX = 4  # room around each digit for the spread of its soft edges
_THINNEST_PEN_PX = 1.5
_SUPERSAMPLING = 4
_SENSOR_NOISE = 1.5  # standard deviation, in luma
_SHADOW_HALF_WIDTH = 0.35
_SHADOW_SOFTNESS = 0.3


def _frames(rng: np.random.Generator, size: tuple[int, int], hold: int, blank: int) -> Iterator[tuple[Luma, str]]:
    lights = drifting_light(rng)
    while True:
        count = rng.choice([1, 2, 3], p=[0.7, 0.2, 0.1])
        text = "".join(map(str, rng.integers(10, size=count)))
        for page, shown in (draw_page(text, rng, size), hold), (draw_page("", rng, size), blank):
            for light in itertools.islice(lights, shown):
                yield photograph(page, light, rng), page.text


def _checked(size: tuple[int, int]) -> tuple[int, int]:
    height, width = size
    if min(size) < _SMALLEST_SIDE_PX:
        least = _SMALLEST_SIDE_PX
        raise UsageError(f"a page of {width}x{height} pixels is too small to write on: take at least {least}x{least}")
    return height, width


def _row(
    digits: str, rng: np.random.Generator, height: int, width: int
) -> Iterator[tuple[str, Image.Image, tuple[int, int]]]:
    """Lay digits out in a row: for each the sign, the mask of its ink, and the mask's left and top on the page."""
    if not digits:
        return
    count = len(digits)
    scales = rng.uniform(0.9, 1, count)
    written = [[stroke * scale for stroke in write(digit, rng)] for digit, scale in zip(digits, scales, strict=True)]
    pen = rng.uniform(0.03, 0.12)
    gaps = rng.uniform(0.2, 0.5, count - 1)
    focus_px = rng.uniform(0.4, 0.9)

    # Lengths so far are in heights of the row; how high can it be?
    row_width = sum(max(stroke[:, 0].max() for stroke in strokes) + pen for strokes in written) + gaps.sum()
    reserve_px = count * (2 * _PADDING_PX + _THINNEST_PEN_PX + 1)
    highest_px = min(0.75 * height, (width - reserve_px) / row_width)
    if highest_px < _SMALLEST_DIGIT_PX:
        raise UsageError(
            f"{count} digits in a row on a page of {width}x{height} pixels would be less than "
            f"{_SMALLEST_DIGIT_PX} pixels high: write fewer or take a wider page"
        )
    height_px = rng.uniform(max(_SMALLEST_DIGIT_PX, min(height / 3, 0.7 * highest_px)), highest_px)
    pen_px = max(_THINNEST_PEN_PX, pen * height_px)
    masks = [_ink_mask([stroke * height_px for stroke in strokes], pen_px, focus_px) for strokes in written]
    gaps_px = [*(gaps * height_px).astype(int).tolist(), 0]

    tallest = max(mask.height for mask in masks)
    left = int(rng.integers(width - sum(mask.width for mask in masks) - sum(gaps_px), endpoint=True))
    top = int(rng.integers(height - tallest, endpoint=True))
    for digit, mask, gap in zip(digits, masks, gaps_px, strict=True):
        yield digit, mask, (left, top + int(rng.integers(tallest - mask.height, endpoint=True)))
        left += mask.width + gap


def _ink_mask(strokes: list[Polyline], pen_px: float, focus_px: float) -> Image.Image:
    """Draw strokes, in pixels, with a round pen: how much of each pixel is ink, 0 to 255, slightly blurred."""
    margin = pen_px / 2 + _PADDING_PX
    extent = np.max([stroke.max(axis=0) for stroke in strokes], axis=0)
    width, height = (math.ceil(side + 2 * margin) for side in extent)
    mask = Image.new("L", (width * _SUPERSAMPLING, height * _SUPERSAMPLING))
    draw = ImageDraw.Draw(mask)
    radius = pen_px / 2 * _SUPERSAMPLING
    for stroke in strokes:
        points = [(x, y) for x, y in ((stroke + margin) * _SUPERSAMPLING).tolist()]
        draw.line(points, fill=255, width=round(2 * radius))
        for x, y in points:  # a line has neither round ends nor round joints
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    return mask.reduce(_SUPERSAMPLING).filter(ImageFilter.GaussianBlur(focus_px))


def _sheet(height: int, width: int, rng: np.random.Generator) -> Field:
    """Make the reflectance of an empty sheet: its tone, its cloudiness and its grain."""
    coarse = rng.standard_normal((height // 16, width // 16), np.float32)
    clouds = np.asarray(Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC))
    grain = rng.standard_normal((height, width), np.float32)
    return np.asarray(rng.uniform(0.85, 0.95) * (1 + 0.01 * clouds + 0.01 * grain), np.float32)
