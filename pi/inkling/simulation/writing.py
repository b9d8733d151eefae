"""What is written on a page: marks of a pen, or pictures of digits, each with the projection it is seen through.

A mark is laid out in heights of a digit. A projection is a homography, (3, 3), from there to pixels of the picture, so
that strokes are drawn where they are seen, and never resampled.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from .conditions import Colour
from .strokes import Polyline

Floats = NDArray[np.float32]
Projection = NDArray[np.float64]

LUMA = (0.299, 0.587, 0.114)  # of red, green and blue: ITU-R BT.601, as JPEG and cameras have it
SUPERSAMPLING = 4
INKED = 64  # of 255: a pixel that is at least so much covered is in the box
ENLARGED = 8  # pixels for each of a picture of 28x28, before its edges are drawn sharp


@dataclass(frozen=True)
class Pen:
    """What writes. ink: its colour on white paper. widths: of its line, from and to, in heights of a digit.

    pressure: by how much, of itself, the line's width changes on the way. grain: share of the ink that stays away where
    the paper is rough.
    """

    ink: Colour
    widths: tuple[float, float]
    pressure: float = 0.1
    grain: float = 0.1


PENS = {
    "ballpoint": Pen((0.13, 0.15, 0.35), (0.03, 0.06), 0.15, 0.2),
    "fineliner": Pen((0.1, 0.1, 0.11), (0.03, 0.07)),
    "felt": Pen((0.12, 0.12, 0.13), (0.07, 0.12)),
    "marker": Pen((0.05, 0.05, 0.06), (0.11, 0.18), 0.05, 0.03),
    "pencil": Pen((0.36, 0.36, 0.37), (0.035, 0.07), 0.2, 0.45),
    "faint pencil": Pen((0.6, 0.6, 0.61), (0.035, 0.06), 0.2, 0.4),
    "blue": Pen((0.12, 0.22, 0.68), (0.04, 0.1)),
    "red": Pen((0.82, 0.12, 0.15), (0.04, 0.1)),
    "green": Pen((0.08, 0.52, 0.25), (0.04, 0.1)),
    "violet": Pen((0.45, 0.16, 0.6), (0.04, 0.1)),
    "turquoise": Pen((0.05, 0.55, 0.65), (0.04, 0.1)),
    "brown": Pen((0.45, 0.27, 0.15), (0.04, 0.1)),
    "orange": Pen((0.93, 0.45, 0.1), (0.06, 0.12)),
    "chalk": Pen((0.9, 0.9, 0.87), (0.07, 0.12), 0.2, 0.45),
}


@dataclass(frozen=True)
class Penned:
    """A sign that a pen has drawn. width: of its line, in heights of a digit. widths: one factor for each point."""

    sign: str
    pen: Pen
    strokes: tuple[Polyline, ...]
    width: float
    factors: tuple[Polyline, ...]

    @property
    def outline(self) -> Polyline:
        """The points of the strokes, and those a pen's half width away from them."""
        points = np.concatenate(self.strokes)
        reach = self.width / 2
        return np.concatenate([points + np.array(step) for step in ((reach, 0), (-reach, 0), (0, reach), (0, -reach))])

    def at(self, x: float, y: float) -> "Penned":
        """The same mark, moved."""
        return Penned(
            self.sign, self.pen, tuple(stroke + np.array([x, y]) for stroke in self.strokes), self.width, self.factors
        )

    def mask(self, projection: Projection) -> tuple[Image.Image, tuple[int, int]]:
        """How much of each pixel is ink, 0 to 255, about the mark alone, and the place of its left upper pixel."""
        strokes = [project(stroke, projection) for stroke in self.strokes]
        radius_px = self.width / 2 * scale_at(np.concatenate(self.strokes).mean(axis=0), projection)
        radius_px = max(radius_px, 0.6)  # a camera sees no thinner line
        low, high = _pixels(np.concatenate(strokes), 1.5 * radius_px + 2)
        fine = Image.new("L", tuple(((high - low) * SUPERSAMPLING).tolist()))
        draw = ImageDraw.Draw(fine)
        for stroke, factors in zip(strokes, self.factors, strict=True):
            points = (stroke - low) * SUPERSAMPLING
            radii = np.maximum(radius_px * factors, 0.5) * SUPERSAMPLING
            for (x0, y0), (x1, y1), radius in zip(points[:-1], points[1:], radii[1:], strict=True):
                draw.line((x0, y0, x1, y1), fill=255, width=round(2 * radius))
            for (x, y), radius in zip(points, radii, strict=True):  # a line has neither round ends nor round joints
                draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
        return fine.reduce(SUPERSAMPLING), (int(low[0]), int(low[1]))


@dataclass(frozen=True)
class Pictured:
    """A digit that was given as a picture, uint8 (28, 28) with ink 255. origin: of its ink's box; the ink is 1 high."""

    sign: str
    pen: Pen
    picture: NDArray[np.uint8]
    origin: tuple[float, float] = (0.0, 0.0)

    def _box(self) -> tuple[int, int, int, int]:
        """Left, top, right and bottom of the ink; of all where there is none."""
        inked = self.picture > INKED
        if not inked.any():
            return 0, 0, self.picture.shape[1], self.picture.shape[0]
        rows, columns = np.flatnonzero(inked.any(axis=1)), np.flatnonzero(inked.any(axis=0))
        return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1

    @property
    def outline(self) -> Polyline:
        """The corners of the ink's box."""
        left, top, right, bottom = self._box()
        width = (right - left) / (bottom - top)
        return np.array([(0, 0), (width, 0), (0, 1), (width, 1)]) + self.origin

    def at(self, x: float, y: float) -> "Pictured":
        """The same mark, moved."""
        return Pictured(self.sign, self.pen, self.picture, (self.origin[0] + x, self.origin[1] + y))

    def mask(self, projection: Projection) -> tuple[Image.Image, tuple[int, int]]:
        """As for `Penned`; edges as sharp as a pen's, which the few pixels of the picture do not have."""
        left, top, _, bottom = self._box()
        scale = 1 / (bottom - top)
        to_page = np.array(
            [[scale, 0, self.origin[0] - left * scale], [0, scale, self.origin[1] - top * scale], [0, 0, 1]]
        )
        height, width = self.picture.shape
        corners = np.array([(0, 0), (width, 0), (0, height), (width, height)], np.float64)
        low, high = _pixels(project(corners, projection @ to_page), 1)
        to_fine = np.diag([ENLARGED, ENLARGED, 1.0])
        to_picture = (
            to_fine @ np.linalg.inv(projection @ to_page) @ np.array([[1, 0, low[0]], [0, 1, low[1]], [0, 0, 1]])
        )
        coefficients = (to_picture / to_picture[2, 2]).ravel()[:8].tolist()
        size = tuple((high - low).tolist())
        seen = self._fine().transform(size, Image.Transform.PERSPECTIVE, coefficients, Image.Resampling.BILINEAR)
        return seen, (int(low[0]), int(low[1]))

    def _fine(self) -> Image.Image:
        height, width = self.picture.shape
        image = Image.fromarray(self.picture).resize((width * ENLARGED, height * ENLARGED), Image.Resampling.BICUBIC)
        steps = np.clip((np.arange(256) / 255 - 0.35) / 0.3, 0, 1)
        return image.point(np.rint(255 * steps * steps * (3 - 2 * steps)).astype(int).tolist())


Mark = Penned | Pictured
"""One sign on a page, in heights of a digit: `outline` (n, 2) surrounds its ink, `at` moves it, `mask` draws it."""


def penned(sign: str, strokes: list[Polyline], pen: Pen, width: float, rng: np.random.Generator) -> Penned:
    """A mark of strokes, (points, 2) each, in heights of a digit, by a pen whose pressure changes on the way."""
    factors = []
    for stroke in strokes:
        t = np.linspace(0, 1, len(stroke))
        waves = np.sin(2 * math.pi * (t * rng.uniform(0.5, 2) + rng.random())) + 0.5 * np.sin(9 * t + 6 * rng.random())
        factors.append(1 + pen.pressure * waves)
    return Penned(sign, pen, tuple(strokes), width, tuple(factors))


def project(points: Polyline, projection: Projection) -> Polyline:
    """Points (n, 2) seen through a homography (Hartley and Zisserman 2004, "Multiple view geometry", equation 2.5)."""
    x, y, w = projection @ np.concatenate([points, np.ones((len(points), 1))], axis=1).T
    seen: Polyline = np.stack([x / w, y / w], axis=1)
    return seen


def scale_at(point: Polyline, projection: Projection) -> float:
    """How many pixels one unit is at a point (2,): the root of the area that a small square has there."""
    square = project(point + np.array([(0, 0), (1e-3, 0), (0, 1e-3)]), projection)
    (ax, ay), (bx, by) = square[1] - square[0], square[2] - square[0]
    return float(abs(ax * by - ay * bx) ** 0.5 / 1e-3)


def _pixels(points: Polyline, margin_px: float) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Whole pixels about points: the first, and the one after the last, (2,) each."""
    low = np.floor(points.min(axis=0) - margin_px).astype(np.intp)
    return low, np.ceil(points.max(axis=0) + margin_px).astype(np.intp)
