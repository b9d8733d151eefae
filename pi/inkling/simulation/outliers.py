"""Glyphs that are no digit, for a network to learn what it shall refuse: "outlier exposure".

(Hendrycks, Mazeika and Dietterich 2019, "Deep anomaly detection with outlier exposure", arXiv:1812.04606.) They are
drawn by thousands at a time, as a reader sees the marks of a page (see `penwork`).
"""

from collections.abc import Callable, Mapping
from functools import cache

import numpy as np

from ..errors import UsageError
from .penwork import GLYPH_PX, POINTS, Generator, Images, as_glyphs, evenly, extent, pen_glyphs, with_full_loops
from .signs import LETTERS, SIGNS, scribble
from .strokes import FORMS, Polyline, bent, postures, trace

NO_DIGIT = 10  # the label of an outlier, where a network has an eleventh class for them
SCRIBBLES = 300  # kept, and bent anew each time
LOOSE = 0.035  # how far strokes stray from their forms: by more than digits', as each letter has few forms here
FULL = 0.1  # of the own digits have narrow loops filled with ink
BATCH = 1000  # drawn at a time, for memory's sake

HALVES = {
    **{"0": ("left", "right", "upper", "lower"), "2": ("lower",), "4": ("left",), "5": ("upper",)},
    **{"6": ("left",), "8": ("left",)},
}
"""Halves of digits that are no digit themselves, as the lower half of a 9 is often a 1."""


def outliers(count: int, rng: Generator, digits: Images | None = None, labels: Images | None = None) -> Images:
    """Glyphs that are no digit, uint8 (count, 28, 28), ink 255, of all `KINDS` and in no order.

    digits, labels: real glyphs, uint8 (n, 28, 28) and (n,): with them, a fifth of the outliers are put together from
    pieces of these. Raises UsageError for digits of fewer than two labels.
    """
    shares = {name: share for name, (share, _) in KINDS.items()}
    if digits is not None:
        if labels is None or len(labels) != len(digits) or len(np.unique(labels)) < 2:
            raise UsageError("outliers are pieced together from digits of at least two labels, one label for each")
        rest = 1 - sum(PIECED.values())
        shares = {name: rest * share for name, share in shares.items()} | PIECED
    chosen = rng.choice(len(shares), count, p=np.array(list(shares.values())) / sum(shares.values()))
    glyphs = np.empty((count, GLYPH_PX, GLYPH_PX), np.uint8)
    for number, name in enumerate(shares):
        places = np.flatnonzero(chosen == number)
        for some in np.array_split(places, -(-len(places) // BATCH)) if len(places) else ():
            if name in KINDS:
                glyphs[some] = of_kind(name, len(some), rng)
            else:
                assert digits is not None
                assert labels is not None
                glyphs[some] = _pieced(name, len(some), rng, digits, labels)
    return glyphs


def own_digits(count: int, rng: Generator) -> tuple[Images, Images]:
    """Digits drawn as the outliers are, uint8 (count, 28, 28), ink 255, and their labels, uint8 (count,).

    They belong beside outliers in training: without them a network learns that what a program's pen has drawn is no
    digit, and refuses the clean lines of a real pen, which differ from MNIST's in the same way.
    """
    ways, labels = _ways("digits"), np.repeat(np.arange(10, dtype=np.uint8), [len(FORMS[sign]) for sign in FORMS])
    chosen = rng.integers(len(ways), size=count)
    glyphs = np.empty((count, GLYPH_PX, GLYPH_PX), np.uint8)
    for start in range(0, count, BATCH):
        some = slice(start, start + BATCH)
        glyphs[some] = pen_glyphs(_leant(ways[chosen[some]], rng), rng, 1.5, 5)
    # a felt pen fills narrow loops; a 0 that is full is none, and a 4 may be anything
    full = np.flatnonzero((rng.random(count) < FULL) & (labels[chosen] > 5))
    glyphs[full] = with_full_loops(glyphs[full])
    return glyphs, labels[chosen]


def of_kind(kind: str, count: int, rng: Generator) -> Images:
    """Glyphs of one of the `KINDS`, uint8 (count, 28, 28), ink 255."""
    if kind not in KINDS:
        raise UsageError(f"there is no kind of outlier {kind!r}: take one of {', '.join(KINDS)}")
    return KINDS[kind][1](count, rng)


def _letters(count: int, rng: Generator) -> Images:
    return pen_glyphs(_leant(_some(_ways("letters"), count, rng), rng), rng)


def _signs(count: int, rng: Generator) -> Images:
    return pen_glyphs(_leant(_some(_ways("signs"), count, rng), rng), rng)


def _scribbles(count: int, rng: Generator) -> Images:
    return pen_glyphs(_turned(_leant(_some(_scribble_ways(), count, rng), rng), rng), rng)


def _words(count: int, rng: Generator) -> Images:
    """Two to four letters that touch."""
    length = int(rng.integers(2, 5))
    letters = [_leant(_some(_ways("letters"), count, rng), rng) for _ in range(length)]
    spaced = [letter + np.array([place * 0.7, 0]) for place, letter in enumerate(letters)]
    return pen_glyphs(np.concatenate(spaced, axis=1), rng, 1.2, 2.2)


def _pairs(count: int, rng: Generator) -> Images:
    """Two digits side by side that touch."""
    first, second = (_leant(_some(_ways("digits"), count, rng), rng) for _ in range(2))
    apart = np.ptp(first[:, :, 0], axis=1) * rng.uniform(0.85, 1.15, count)
    second = second + np.stack([apart, rng.normal(0, 0.12, count)], axis=1)[:, None]
    return pen_glyphs(np.concatenate([first, second], axis=1), rng, 1.5, 3)


def _joined(count: int, rng: Generator) -> Images:
    """Two digits one over the other, or one below the other: pieces that were joined wrongly."""
    # not of a 1, which below a 1 makes a longer one, and across a 7 a crossed one
    first, second = (_leant(_some(_ways("digits", "023456789"), count, rng), rng) for _ in range(2))
    below = rng.random(count) < 0.5
    offset = np.where(
        below[:, None],
        np.stack([rng.normal(0, 0.1, count), rng.uniform(0.8, 1.1, count)], axis=1),
        rng.uniform(0.2, 0.5, (count, 2)) * rng.choice([-1, 1], (count, 2)),
    )
    return pen_glyphs(np.concatenate([first, second + offset[:, None]], axis=1), rng, 1.5, 3)


def _halves(count: int, rng: Generator) -> Images:
    """Halves of digits, cut a little beside the middle."""
    ways, cuts = _half_ways()
    chosen = rng.integers(len(ways), size=count)
    normal, points = cuts[chosen], _leant(ways[chosen], rng)
    along = (points * normal[:, None]).sum(axis=2)
    low, high = along.min(axis=1, keepdims=True), along.max(axis=1, keepdims=True)
    kept = along >= low + (high - low) * rng.uniform(0.45, 0.6, (count, 1))
    # a point that is cut away gives its place to one that is kept
    any_kept = np.take_along_axis(points, kept.argmax(axis=1)[:, None, None], axis=1)
    return pen_glyphs(np.where(kept[:, :, None], points, any_kept), rng)


def _ruling(count: int, rng: Generator) -> Images:
    """Pieces of ruled and squared paper and of frames: lines side by side, corners, crossings, cells."""
    # one line down alone would be a 1
    across_and_down = [(1, 0, 0, 0), (1, 1, 0, 0), (1, 0, 1, 0), (1, 1, 1, 0), (1, 0, 1, 1), (1, 1, 1, 1)]
    drawn = np.array(across_and_down, np.bool_)[rng.integers(len(across_and_down), size=count)]
    # no line down from the right end of one across, which would be a 7
    place = rng.uniform(0, 1, (count, 4, 1)) * np.array([1, 1, 0.75, 0.75])[:, None]
    place = np.broadcast_to(place, (count, 4, POINTS // 4))
    begin, end = rng.uniform(0, 0.15, (2, count, 4, 1)) * (rng.random((2, count, 4, 1)) < 0.5)
    run = begin + np.linspace(0, 1, POINTS // 4) * (1 - begin - end)
    lines = np.stack([run, place], axis=3)
    lines[:, 2:] = lines[:, 2:, :, ::-1]
    lines = np.where(drawn[:, :, None, None], lines, lines[:, :1])
    points = lines.reshape(count, -1, 2)
    tilt = np.radians(rng.normal(0, 4, count))
    return pen_glyphs(points @ _rotation(tilt), rng, 1, 5)


def _silhouettes(count: int, rng: Generator) -> Images:
    """Thick limbs about a body: hands, gloves, keys and other things that lie on a table."""
    limbs = POINTS // 32
    angle = rng.uniform(0, 2 * np.pi, (count, limbs))
    length = rng.uniform(0.2, 1, (count, limbs))
    t = np.linspace(0, 1, 32)
    tips = np.stack([np.cos(angle), np.sin(angle)], axis=2) * length[..., None]
    points = (tips[:, :, None] * t[:, None]).reshape(count, -1, 2)
    return pen_glyphs(_leant(points, rng), rng, 4, 9)


def _rotation(angle: Polyline) -> Polyline:
    cos, sin = np.cos(angle), np.sin(angle)
    matrices: Polyline = np.stack([np.stack([cos, sin], axis=1), np.stack([-sin, cos], axis=1)], axis=1)
    return matrices


def _turned(points: Polyline, rng: Generator) -> Polyline:
    turned: Polyline = points @ _rotation(rng.uniform(0, 2 * np.pi, len(points)))
    return turned


def _leant(points: Polyline, rng: Generator) -> Polyline:
    """As by other hands: bent, stretched, slanted and turned by up to 25 degrees, most by little."""
    count = len(points)
    tilt = np.radians(np.clip(rng.normal(0, 7, count), -25, 25))
    written: Polyline = bent(points, rng, LOOSE) @ postures(count, rng) @ _rotation(tilt)
    return written


def _some(ways: Polyline, count: int, rng: Generator) -> Polyline:
    chosen: Polyline = ways[rng.integers(len(ways), size=count)]
    return chosen


@cache
def _ways(what: str, signs: str = "") -> Polyline:
    """All forms of some signs as points on the way of the pen, (forms, POINTS, 2)."""
    table: Mapping[str, Mapping[str, str]] = {"letters": LETTERS, "signs": SIGNS, "digits": FORMS}[what]
    return np.stack([evenly(trace(form)) for sign in signs or table for form in table[sign].values()])


@cache
def _half_ways() -> tuple[Polyline, Polyline]:
    """The forms of the digits in HALVES, (n, POINTS, 2), and which way their kept half lies, (n, 2)."""
    towards = {"left": (-1, 0), "right": (1, 0), "upper": (0, -1), "lower": (0, 1)}
    ways = [
        (evenly(trace(form)), towards[half])
        for digit, halves in HALVES.items()
        for half in halves
        for form in FORMS[digit].values()
    ]
    return np.stack([way for way, _ in ways]), np.array([half for _, half in ways], np.float64)


@cache
def _scribble_ways() -> Polyline:
    rng = np.random.default_rng(0)
    return np.stack([evenly([scribble(rng)]) for _ in range(SCRIBBLES)])


def _blots(count: int, rng: Generator) -> Images:
    """Filled shapes: blots, and printed discs, boxes and triangles."""
    y, x = (np.mgrid[:GLYPH_PX, :GLYPH_PX] - (GLYPH_PX - 1) / 2).astype(np.float32)
    angle, distance = np.arctan2(y, x), np.hypot(x, y)
    # rounder than 3 to 5, as an upright bar is a thick 1
    lobes = np.arange(2, 8)
    depth = rng.normal(0, 0.25, (count, len(lobes), 1, 1)) * (2 / lobes[:, None, None])
    phase = rng.uniform(0, 2 * np.pi, (count, len(lobes), 1, 1))
    radius = 9 * np.exp((depth * np.cos(lobes[:, None, None] * angle + phase)).sum(axis=1))
    corners = rng.integers(3, 7, (count, 1, 1))
    turned = angle + rng.uniform(0, 2 * np.pi, (count, 1, 1))
    sector = 2 * np.pi / corners
    polygon = 9 * np.cos(sector / 2) / np.cos(np.mod(turned, sector) - sector / 2)
    outline = np.where(rng.random((count, 1, 1)) < 0.6, radius, polygon)
    return as_glyphs(np.clip(outline - distance + 0.5, 0, 1).astype(np.float32))


def _textures(count: int, rng: Generator) -> Images:
    """Patches of grain, hatching, print and weave."""
    y, x = np.mgrid[:GLYPH_PX, :GLYPH_PX].astype(np.float32)
    angle = rng.uniform(0, np.pi, (count, 1, 1))
    period_px = rng.uniform(2.5, 7, (count, 1, 1))
    along, beside = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    stripes = np.cos(2 * np.pi * along / period_px)
    weave = np.maximum(stripes, np.cos(2 * np.pi * beside / period_px))
    checks = stripes * np.cos(2 * np.pi * beside / period_px) * 2
    coarse_px = int(rng.integers(1, 4))
    noise = rng.standard_normal((count, -(-GLYPH_PX // coarse_px), -(-GLYPH_PX // coarse_px)))
    grain = noise.repeat(coarse_px, axis=1).repeat(coarse_px, axis=2)[:, :GLYPH_PX, :GLYPH_PX]
    kind = rng.integers(4, size=(count, 1, 1))
    value = np.choose(kind, [stripes, weave, checks, grain])
    height, width = rng.uniform(6, 12, (2, count, 1, 1))
    window = (np.abs(y - 13.5) < height) & (np.abs(x - 13.5) < width)
    return as_glyphs(np.asarray(np.clip(value * 1.5 + 0.3, 0, 1) * window, np.float32))


def _pieced(kind: str, count: int, rng: Generator, digits: Images, labels: Images) -> Images:
    """Glyphs put together from two real digits of different labels."""
    first = rng.integers(len(digits), size=count)
    second = rng.integers(len(digits), size=count)
    while (alike := labels[first] == labels[second]).any():
        second[alike] = rng.integers(len(digits), size=int(alike.sum()))
    one, other = (digits[chosen].astype(np.float32) / np.float32(255) for chosen in (first, second))
    if kind == "mosaic":  # two quarters of each; upright, the other's might make up a digit
        half, turned = GLYPH_PX // 2, np.rot90(other, axes=(1, 2))
        one[:, :half, :half], one[:, half:, half:] = turned[:, :half, :half], turned[:, half:, half:]
        return as_glyphs(one.astype(np.float32))
    # side by side: the second begins where the first ends
    end = np.add(*extent((one > 0.3).any(axis=1)))
    start, _ = extent((other > 0.3).any(axis=1))
    shift = np.round(end - start - rng.integers(0, 3, count)).astype(int)
    wide = np.zeros((count, 2 * GLYPH_PX, 2 * GLYPH_PX), np.float32)
    wide[:, GLYPH_PX // 2 : GLYPH_PX // 2 + GLYPH_PX, :GLYPH_PX] = one
    columns = np.arange(GLYPH_PX) + np.clip(shift, 0, GLYPH_PX)[:, None]
    rows = np.arange(GLYPH_PX) + GLYPH_PX // 2
    there = np.arange(count)[:, None, None], rows[None, :, None], columns[:, None, :]
    wide[there] = np.maximum(wide[there], other)
    return as_glyphs(wide)


KINDS: dict[str, tuple[float, Callable[[int, Generator], Images]]] = {
    "letter": (0.26, _letters),
    "sign": (0.16, _signs),
    "scribble": (0.12, _scribbles),
    "word": (0.06, _words),
    "pair": (0.1, _pairs),
    "joined": (0.08, _joined),
    "half": (0.06, _halves),
    "ruling": (0.06, _ruling),
    "silhouette": (0.04, _silhouettes),
    "blot": (0.03, _blots),
    "texture": (0.03, _textures),
}
"""By name: the share of each kind among the outliers, and what draws so many of it."""

PIECED = {"mosaic": 0.1, "image pair": 0.1}
"""The share of each kind that is put together from real digits, where there are some."""
