"""What is written on, and what lies on it: paper, ruling, creases, the page's edge, dirt and shadows, as arrays.

All take the place of each pixel on the page, float32 `u` and `v` of shape (height, width) in pixels of the page, u
to the right and v down, (0, 0) in the middle of the picture. Reflectance is the share of light that comes back.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Floats = NDArray[np.float32]
Generator = np.random.Generator


def mottled(
    shape: tuple[int, int], rng: Generator, clouds: float = 0.007, grain: float = 0.009, cloud_px: int = 40
) -> Floats:
    """How much lighter or darker paper is from place to place, about 1.0: broad clouds, and the grain of its fibres."""
    height, width = shape
    coarse = rng.standard_normal((height // cloud_px + 2, width // cloud_px + 2), np.float32)
    broad = np.asarray(Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC))
    fibres = rng.standard_normal((height, width), np.float32)
    return np.asarray(1 + clouds * broad + grain * fibres, np.float32)


def grain_of(shape: tuple[int, int], rng: Generator) -> Floats:
    """How rough paper is for a pencil, 0.0 to 1.0: noise a little wider than a pixel."""
    noise = rng.random((shape[0] + 1, shape[1] + 1), np.float32)
    wide = (noise[1:, 1:] + noise[:-1, 1:] + noise[1:, :-1] + noise[:-1, :-1]) / 4
    return np.asarray(np.clip((wide - 0.5) * 1.8 + 0.5, 0, 1), np.float32)


def line(distance: NDArray[np.floating[Any]], width_px: float) -> Floats:
    """How much of each pixel a line covers, 0.0 to 1.0, from the distance to its middle."""
    return np.asarray(np.clip((width_px + 1) / 2 - np.abs(distance), 0, 1), np.float32)


def ruled(u: Floats, v: Floats, pitch_px: float, rng: Generator) -> Floats:
    """Lines across, and mostly a margin's line down: how much of each pixel they cover."""
    width_px = rng.uniform(0.8, 1.8)
    phase = rng.random() * pitch_px
    cover = line(np.mod(v + phase, pitch_px) - pitch_px / 2, width_px)
    if rng.random() < 0.5:
        side = rng.choice([-1, 1]) * rng.uniform(0.75, 0.95) * float(np.abs(u).max())
        cover = np.maximum(cover, line(u - side, width_px))
    return cover


def squared(u: Floats, v: Floats, pitch_px: float, rng: Generator) -> Floats:
    """Squares: how much of each pixel their lines cover."""
    width_px = rng.uniform(0.8, 1.6)
    across, down = (line(np.mod(w + rng.random() * pitch_px, pitch_px) - pitch_px / 2, width_px) for w in (u, v))
    return np.maximum(across, down)


def creased(u: Floats, v: Floats, rng: Generator) -> Floats:
    """What folds do to the light, about 1.0: one side of a fold is lighter, the other darker, the fold itself dark."""
    light = np.ones_like(u)
    extent = float(np.abs(u).max())
    for _ in range(int(rng.integers(2, 6))):
        angle = rng.uniform(0, math.pi)
        distance = u * math.cos(angle) + v * math.sin(angle) - rng.uniform(-0.7, 0.7) * extent
        strength = rng.uniform(0.02, 0.07) * rng.choice([-1, 1])
        reach_px = rng.uniform(8, 60)
        light += strength * np.sign(distance) * np.exp(-np.abs(distance) / reach_px)
        light -= rng.uniform(0.03, 0.14) * line(distance, rng.uniform(0.5, 2))
    return light


def stained(u: Floats, v: Floats, rng: Generator) -> Floats:
    """What dirt leaves of the light, about 1.0: specks, and the smear of a hand or an eraser."""
    left = np.ones_like(u)
    height, width = u.shape
    for _ in range(int(rng.integers(8, 40))):
        radius = rng.uniform(0.4, 0.006 * height)
        y, x = rng.uniform(0, height), rng.uniform(0, width)
        reach = math.ceil(radius + 2)
        part = tuple(
            slice(max(0, int(at) - reach), min(int(at) + reach + 1, end)) for at, end in ((y, height), (x, width))
        )
        rows, columns = np.mgrid[part]
        speck = np.clip(radius + 0.5 - np.hypot(rows - y, columns - x), 0, 1)
        left[part] *= 1 - rng.uniform(0.3, 0.85) * speck
    for _ in range(int(rng.integers(1, 4))):
        angle = rng.uniform(0, math.pi)
        du, dv = (w - rng.uniform(-0.8, 0.8) * float(np.abs(w).max()) for w in (u, v))
        along, beside = du * math.cos(angle) + dv * math.sin(angle), dv * math.cos(angle) - du * math.sin(angle)
        length, breadth = rng.uniform(0.08, 0.25) * width, rng.uniform(0.03, 0.1) * width
        left *= 1 - rng.uniform(0.04, 0.12) * np.exp(-((along / length) ** 2 + (beside / breadth) ** 2))
    return left


def smeared(u: Floats, v: Floats, rng: Generator) -> Floats:
    """What a sponge has left on a blackboard, about 1.0: lighter streaks in one direction."""
    angle = rng.uniform(-0.4, 0.4)
    beside = v * math.cos(angle) - u * math.sin(angle)
    light = np.ones_like(u)
    for _ in range(5):
        light += rng.uniform(0, 0.12) * np.sin(beside * rng.uniform(0.01, 0.06) + rng.uniform(0, 6) + 0.01 * u)
    return light


def beyond(u: Floats, v: Floats, edges_px: tuple[float, float, float, float], rng: Generator) -> tuple[Floats, Floats]:
    """The desk about a page: which part of each pixel it is, 0.0 to 1.0, and its reflectance.

    edges_px: where the page ends to the left, above, to the right and below. Beside the page lies its own shadow.
    """
    left, top, right, bottom = edges_px
    outside = np.maximum(np.maximum(left - u, u - right), np.maximum(top - v, v - bottom))
    tone = rng.uniform(0.08, 0.5)
    if rng.random() < 0.6:  # wood
        grain = np.sin(v * rng.uniform(0.1, 0.3) + 3 * np.sin(u * 0.01 + rng.uniform(0, 6)) + 0.8 * np.sin(v * 0.05))
        desk = np.asarray(tone * (1 + rng.uniform(0.05, 0.15) * grain), np.float32)
    else:
        desk = np.full(u.shape, tone, np.float32)
    desk *= mottled((u.shape[0], u.shape[1]), rng, 0.05, 0.03)
    shade = rng.uniform(0, 0.5) * np.exp(-np.maximum(outside, 0) / rng.uniform(3, 15))
    return np.clip(outside + 0.5, 0, 1), np.asarray(desk * (1 - shade), np.float32)


def shadowed(u: Floats, v: Floats, rng: Generator) -> Floats:
    """What the hard shadow of a hand, a telephone or a window's frame leaves of the light: up to 1.0."""
    angle = rng.uniform(0, 2 * math.pi)
    extent = min(float(np.abs(u).max()), float(np.abs(v).max()))
    softness_px = rng.uniform(1, 8)
    along, beside = u * math.cos(angle) + v * math.sin(angle), v * math.cos(angle) - u * math.sin(angle)
    begin = rng.uniform(-0.5, 0.6) * extent
    inside = along - begin
    if rng.random() < 0.6:  # a corner of it, not only an edge
        inside = np.minimum(inside, beside + rng.uniform(0.1, 0.9) * extent)
    if rng.random() < 0.4:  # rather a bar, not as narrow as a stroke
        inside = np.minimum(inside, begin + rng.uniform(0.25, 0.9) * extent - along)
    t = np.clip(inside / softness_px + 0.5, 0, 1)
    return np.asarray(1 - rng.uniform(0.25, 0.6) * t * t * (3 - 2 * t), np.float32)
