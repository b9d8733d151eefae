"""The paper simulator: pictures of handwriting under conditions that can be asked for by name, and what they say.

A scene is drawn in the order of the world: hands write marks, a projection brings them before the camera, the surface
and what lies on it take and give light, the lens blurs, the sensor adds its noise.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFilter

from ..errors import UsageError
from ..frames import Luma
from . import surfaces
from .conditions import CONDITIONS, Colour, Condition, Range
from .layout import Digits, lay_out
from .paper import Light
from .strokes import FORMS
from .writing import INKED, LUMA, PENS, Floats, Mark, Projection, project, scale_at

Generator = np.random.Generator
SIZES = ((480, 640), (480, 640), (640, 480), (600, 800))  # height and width of the pictures


@dataclass(frozen=True)
class Placed:
    """What stands at a place of a picture. sign: "0" to "9", or another sign. box: x, y, width, height in pixels."""

    sign: str
    box: tuple[int, int, int, int]

    @property
    def digit(self) -> int | None:
        """0 to 9, or None for a sign that is no digit."""
        return int(self.sign) if self.sign in FORMS else None


@dataclass(frozen=True)
class Scene:
    """A picture, uint8 (height, width), and what is written on it, in lines, each in reading order."""

    luma: Luma
    lines: tuple[tuple[Placed, ...], ...]

    @property
    def text(self) -> str:
        """As a `Reading` has it: lines apart by one space, "?" for what is no digit."""
        return " ".join("".join("?" if p.digit is None else p.sign for p in line) for line in self.lines)


def draw_scene(
    condition: str | Condition, rng: Generator, digits: Digits | None = None, size: tuple[int, int] | None = None
) -> Scene:
    """A picture under a condition, one of `CONDITIONS` or its name; the same Generator draws the same.

    digits: these are put on the paper, where own digits would be written. size: height and width in pixels, at least
    200 each; by chance, one of `SIZES`. Raises UsageError for a name that is not known.
    """
    if isinstance(condition, str):
        if condition not in CONDITIONS:
            raise UsageError(f"there is no condition {condition!r}: take one of {', '.join(CONDITIONS)}")
        condition = CONDITIONS[condition]
    shape = size or SIZES[rng.integers(len(SIZES))]
    if min(shape) < 200:
        raise UsageError(f"a picture of {shape[1]}x{shape[0]} pixels is too small for a scene: take at least 200x200")
    lines = lay_out(condition, rng, digits)
    marks = [mark for line in lines for mark in line]
    seen = _projection(condition, rng, shape)
    to_picture = seen @ _fitted(condition, marks, seen, rng, shape)
    height_px = _height_px(marks, to_picture) if marks else _drawn(condition.height, rng) * shape[0]
    surface, paper = _surface(condition, seen, marks, to_picture, height_px, rng, shape)
    masks = iter([_inked(surface, mark, paper, to_picture, rng) for mark in marks])
    placed = tuple(tuple(Placed(mark.sign, next(masks)) for mark in line) for line in lines)
    return Scene(_photographed(condition, surface, seen, height_px, rng), placed)


def _projection(condition: Condition, rng: Generator, shape: tuple[int, int]) -> Projection:
    """From the page, its middle at (0, 0), to the picture: tilted, and seen from the side."""
    height, width = shape
    tilt = math.radians(_drawn(condition.tilt, rng) * rng.choice([-1, 1]))
    turned = np.array([[math.cos(tilt), -math.sin(tilt), 0], [math.sin(tilt), math.cos(tilt), 0], [0, 0, 1]])
    strength, towards = _drawn(condition.perspective, rng), rng.uniform(0, 2 * math.pi)
    reach = math.hypot(height, width) / 2
    slanted = np.eye(3)
    slanted[2, :2] = strength / reach * math.cos(towards), strength / reach * math.sin(towards)
    middle = np.array([[1, 0, width / 2], [0, 1, height / 2], [0, 0, 1.0]])
    projection: Projection = middle @ slanted @ turned
    return projection


def _fitted(
    condition: Condition, marks: list[Mark], seen: Projection, rng: Generator, shape: tuple[int, int]
) -> Projection:
    """From heights of a digit to the page: as large as the condition asks for, or as there is room in the picture."""
    height, width = shape
    size_px = _drawn(condition.height, rng) * height
    if not marks:
        return np.eye(3)
    points = np.concatenate([mark.outline for mark in marks])
    middle = (points.min(axis=0) + points.max(axis=0)) / 2
    margin = condition.margin * height
    spread = 1.0
    while True:
        offset = rng.uniform(-0.5, 0.5, 2) * spread * (width, height)
        fitted: Projection = np.array(
            [[size_px, 0, offset[0] - size_px * middle[0]], [0, size_px, offset[1] - size_px * middle[1]], [0, 0, 1]]
        )
        inside = project(points, seen @ fitted)
        if (inside >= margin).all() and (inside <= (width - margin, height - margin)).all():
            return fitted
        spread *= 0.85
        size_px *= 1 if spread > 0.05 else 0.96


def _height_px(marks: list[Mark], to_picture: Projection) -> float:
    return scale_at(np.concatenate([mark.outline for mark in marks]).mean(axis=0), to_picture)


def _surface(
    condition: Condition,
    seen: Projection,
    marks: list[Mark],
    to_picture: Projection,
    height_px: float,
    rng: Generator,
    shape: tuple[int, int],
) -> tuple[Floats, Colour]:
    """The reflectance of what is written on, float32 of the picture's shape, and the paper's colour."""
    u, v = _places(seen, shape)
    paper = tuple((np.array(condition.papers[rng.integers(len(condition.papers))]) * rng.uniform(0.92, 1)).tolist())
    tone = float(np.dot(LUMA, paper))
    surface = tone * surfaces.mottled(shape, rng)
    if condition.board:
        surface *= surfaces.smeared(u, v, rng)
    if condition.ruling:
        drawn: Callable[..., Floats] = {"ruled": surfaces.ruled, "squared": surfaces.squared}[condition.ruling]
        pitch_px = max(8.0, height_px * _drawn(condition.pitch, rng))
        surface *= 1 - _drawn(condition.ruling_ink, rng) * drawn(u, v, pitch_px, rng)
    if condition.creases:
        surface *= surfaces.creased(u, v, rng)
    if condition.dirt:
        surface *= surfaces.stained(u, v, rng)
    if condition.edge or condition.sheet:
        edges_px = _edges(seen, marks, to_picture, rng, shape, condition.sheet)
        desk_share, desk = surfaces.beyond(u, v, edges_px, rng)
        surface += desk_share * (desk - surface)
    return np.asarray(surface, np.float32), paper


def _places(seen: Projection, shape: tuple[int, int]) -> tuple[Floats, Floats]:
    """Where on the page each pixel's middle lies: u and v, float32 of the picture's shape."""
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32) + np.float32(0.5)
    a = np.linalg.inv(seen).astype(np.float32)
    w = a[2, 0] * x + a[2, 1] * y + a[2, 2]
    return (a[0, 0] * x + a[0, 1] * y + a[0, 2]) / w, (a[1, 0] * x + a[1, 1] * y + a[1, 2]) / w


def _edges(
    seen: Projection, marks: list[Mark], to_picture: Projection, rng: Generator, shape: tuple[int, int], sheet: bool
) -> tuple[float, float, float, float]:
    """Where the page ends: on one to three sides within the picture, and there beside what is written.

    sheet: on all four sides, not far from what is written.
    """
    height, width = shape
    points = np.zeros((1, 2))
    if marks:
        points = project(np.concatenate([mark.outline for mark in marks]), np.linalg.inv(seen) @ to_picture)
    room = 0.05 * height
    (left, top), (right, bottom) = points.min(axis=0) - room, points.max(axis=0) + room
    if sheet:
        more = rng.uniform(0, 0.25, 4) * height
        return left - more[0], top - more[1], right + more[2], bottom + more[3]
    near = rng.uniform(0.72, 0.95, 4) / 2
    outer = (-near[0] * width, -near[1] * height, near[2] * width, near[3] * height)
    cut = rng.permutation(4) < rng.integers(1, 4)
    far = 10.0 * max(shape)
    return (
        min(left, outer[0]) if cut[0] else -far,
        min(top, outer[1]) if cut[1] else -far,
        max(right, outer[2]) if cut[2] else far,
        max(bottom, outer[3]) if cut[3] else far,
    )


def _inked(
    surface: Floats, mark: Mark, paper: Colour, to_picture: Projection, rng: Generator
) -> tuple[int, int, int, int]:
    """Puts a mark's ink on the surface, in place; returns its box in the picture: x, y, width, height."""
    image, (left, top) = mark.mask(to_picture)
    height, width = surface.shape
    right, bottom = min(left + image.width, width), min(top + image.height, height)
    x0, y0 = max(left, 0), max(top, 0)
    covered = np.asarray(image)[y0 - top : bottom - top, x0 - left : right - left]
    cover = covered.astype(np.float32) / 255
    cover *= 1 - mark.pen.grain * surfaces.grain_of((bottom - y0, right - x0), rng)
    part = surface[y0:bottom, x0:right]
    if mark.pen is PENS["chalk"]:  # it covers the board; ink lets the paper through
        part += cover * (float(np.dot(LUMA, mark.pen.ink)) - part)
    else:
        light = np.multiply(LUMA, paper)
        part *= 1 - cover * (1 - float(light @ mark.pen.ink) / float(light.sum()))
    rows, columns = (np.flatnonzero((covered >= INKED).any(axis=axis)) for axis in (1, 0))
    return x0 + int(columns[0]), y0 + int(rows[0]), int(np.ptp(columns)) + 1, int(np.ptp(rows)) + 1


def _photographed(condition: Condition, surface: Floats, seen: Projection, height_px: float, rng: Generator) -> Luma:
    """What the camera makes of it: uint8, light and shadow, blur and noise."""
    height, width = surface.shape
    paper = 0.9 if condition.sheet else 0.5  # of a small sheet there is less than of the desk
    light = Light(
        brightness=_drawn(condition.brightness, rng) / max(0.5, float(np.quantile(surface, paper))),
        direction=rng.uniform(0, 2 * math.pi),
        falloff=_drawn(condition.falloff, rng),
        vignette=_drawn(condition.vignette, rng),
    ).field(height, width)
    if condition.shadow:
        light *= surfaces.shadowed(*_places(seen, (height, width)), rng)
    seen_luma = np.clip(surface * light, 0, 255)
    blur_px = max(_drawn(condition.blur, rng) * height_px, 0.5)
    image = Image.fromarray(np.rint(seen_luma).astype(np.uint8)).filter(ImageFilter.GaussianBlur(blur_px))
    luma = np.asarray(image, np.float32)
    read_noise = _drawn(condition.noise, rng)
    # what light there is comes in photons, so noise grows with its root
    deviation = np.sqrt(read_noise**2 * (0.5 + luma / 128))
    noisy = luma + deviation * rng.standard_normal(luma.shape, np.float32)
    return np.rint(np.clip(noisy, 0, 255)).astype(np.uint8)


def _drawn(limits: Range, rng: Generator) -> float:
    return float(rng.uniform(*limits))
