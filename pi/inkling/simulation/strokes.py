"""Pen strokes of the ten digits, in the forms in which people write them, and the hands that write them.

A form is written down as the points that the pen passes, in the order of the hand: `x,y` in hundredths of a
unit box, x to the right and y down. The way between them is smooth; `!` after a point makes it a corner, and
`/` lifts the pen.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import UsageError

Polyline = NDArray[np.float64]

FORMS: dict[str, dict[str, str]] = {
    "0": {
        "oval": "52,2 31,12 19,38 21,72 40,97 62,94 79,68 80,34 68,9 50,2",
        "overlapping": "60,8 42,5 26,22 20,52 28,86 50,99 72,84 80,50 72,18 55,4 40,10",
        "round": "64,12 44,3 20,14 8,46 16,82 46,98 78,86 93,52 84,18 62,4 46,8",
        "open": "58,6 38,8 22,34 20,68 38,96 64,92 80,62 76,28 64,10",
    },
    "1": {
        "plain": "51,0 50,33 50,66 49,100",
        "flag": "28,30 42,18 55,0! 54,50 53,100",
        "flag and foot": "30,26 42,16 53,1! 52,50 52,97 / 26,98 52,97 80,98",
        "steep flag": "22,44 38,24 56,0! 55,50 54,100",
        "long flag and foot": "14,46 36,22 56,1! 54,50 54,97 / 30,98 54,97 78,96",
        "long flag": "10,46 34,24 60,0! 56,50 52,100",
        "rooftop": "10,62 34,34 60,0! 57,50 55,100",
    },
    "2": {
        "angular": "17,24 27,7 50,1 72,11 74,32 58,57 38,78 15,98! 48,97 84,97",
        "looped": "18,22 30,5 54,1 74,14 73,38 54,66 32,90 16,97 12,86 24,80 42,88 62,97 88,92",
        "swan-necked": "22,28 28,9 48,1 70,9 76,28 66,50 46,72 18,96! 34,90 54,93 72,98 90,88",
        "pointed": "22,12 50,2 74,8 76,26 58,52 22,98! 50,98 80,96",
        "curled": "18,20 34,4 58,2 74,18 68,42 46,70 20,94 30,84 48,92 66,99 86,90",
    },
    "3": {
        "round": "20,15 38,2 64,4 75,22 64,40 42,47! 66,51 81,70 71,92 44,99 18,88",
        "flat-topped": "18,4 46,3 77,2! 61,21 44,39! 68,45 82,66 72,91 44,99 17,89",
        "looped": "22,14 42,1 66,7 72,26 56,43 38,49 35,43 46,43 70,53 79,74 66,95 40,99 16,87",
        "pointed": "20,8 46,2 72,6 70,24 46,44! 72,54 78,76 60,96 36,98 16,88",
        "angular": "18,3 76,2! 42,40! 66,46 80,66 68,92 42,99 18,90",
    },
    "4": {
        "open": "33,2 26,28 17,56! 50,57 86,55 / 67,24 65,62 62,100",
        "closed": "64,1 40,31 11,66! 48,67 88,65 / 64,1 63,50 62,100",
        "round": "20,4 18,26 25,45 45,51 74,45 / 77,3 73,50 68,100",
        "tall closed": "58,0 34,36 16,68! 50,70 84,68 / 59,1 59,50 58,100",
        "lightning": "36,0 26,36 18,62! 46,63 82,60 / 62,30 60,64 54,100",
        "one stroke": "54,100 60,50 66,2! 40,32 14,66! 50,69 86,67",
        "pennant": "64,100 64,50 65,1! 40,24 14,50! 40,52 65,53",
        "pennant on a mast": "61,2 36,23 13,44! 38,46 62,47 / 64,0 63,50 62,100",
        "small pennant on a mast": "60,4 36,16 12,29! 38,30 63,30 / 64,0 64,50 63,100",
        "short stem": "42,0 28,30 20,66! 50,72 86,70 / 64,56 62,78 60,100",
    },
    "5": {
        "two strokes": "34,3 30,24 26,44! 46,38 69,46 79,66 69,90 44,99 17,91 / 27,8 54,6 82,3",
        "one stroke": "79,7 58,10 38,3! 32,22 28,41 47,37 70,46 79,67 68,91 43,99 16,90",
        "full-bellied": "76,2 55,4 36,4! 30,20 24,38! 48,36 74,46 84,68 72,91 46,99 20,95",
        "angular": "76,3 34,3! 30,46! 56,40 76,52 78,74 62,96 38,98 18,88",
        "swift": "82,2 52,6 36,8! 28,42! 54,40 74,56 70,84 46,99 14,94",
    },
    "6": {
        "curved": "70,4 47,14 27,38 19,68 30,92 53,99 74,88 77,68 61,54 39,58 22,74",
        "straight stem": "60,1 40,28 24,58 22,82 42,98 66,94 78,76 66,60 44,61 25,76",
        "spiral": "64,1 40,20 22,50 20,80 40,99 66,94 80,74 72,56 52,53 40,68 46,82",
        "open": "66,2 42,18 26,48 22,78 40,98 64,94 76,76 64,60 46,62 34,72",
        "slender": "52,0 36,30 28,64 30,90 48,100 66,90 68,70 54,58 38,66 30,82",
    },
    "7": {
        "plain": "16,6 48,5 83,4! 64,36 50,66 41,100",
        "crossed": "17,7 48,6 80,4! 64,36 51,66 43,100 / 28,52 52,50 78,48",
        "hooked": "17,20 18,4! 50,6 82,3! 62,40 52,70 48,100",
        "crossed and hooked": "16,18 18,3! 50,5 84,3! 64,36 52,66 46,100 / 32,50 54,48 76,46",
        "bowed": "14,10 44,4 82,2! 58,34 44,66 40,100",
        "waved": "14,14 26,4 48,10 66,8 84,1! 66,34 56,66 50,100",
    },
    "8": {
        "one stroke": "74,13 52,1 29,11 31,31 52,46 73,62 76,84 54,99 28,90 24,69 46,49 68,31 74,12 60,4",
        "two rings": "50,2 31,11 29,31 49,46 70,35 70,12 50,2 / 49,46 26,60 22,82 47,99 74,86 75,62 50,46",
        "open-topped": "72,17 54,2 31,9 29,29 50,45 71,60 75,84 53,99 28,89 27,68 49,48 66,33 80,9",
        "snowman": "50,44 34,30 34,10 50,1 66,10 66,30 50,44 / 50,44 26,58 24,84 50,100 76,84 74,58 50,44",
        "pinched": "70,8 48,2 32,16 44,38 62,58 72,80 54,99 32,92 30,74 50,50 70,26 70,8",
    },
    "9": {
        "straight stem": "73,16 54,2 31,10 22,33 34,51 55,46 74,14! 73,55 71,100",
        "curved stem": "75,20 58,2 33,7 22,28 32,48 55,46 73,22 75,50 68,80 48,98 26,92",
        "slanting stem": "74,14 54,2 32,10 24,32 38,47 60,38 74,14! 66,56 50,100",
        "open": "70,10 48,2 28,14 24,32 38,46 58,42 72,22 / 76,4 74,50 70,100",
        "hooked stem": "72,18 54,3 32,10 24,30 36,46 58,44 74,16! 75,60 68,90 46,99 30,90",
        "small loop": "66,12 50,3 30,8 24,20 38,30 58,24 68,12! 76,48 70,80 48,96 20,94",
    },
}
"""By sign, then by the name of the form."""

_POINTS_PER_SPAN = 8
SHAKE = 0.022  # of the height of a digit: how far a stroke strays from its form


@dataclass(frozen=True)
class Hand:
    """How one person writes.

    posture: (2, 2), to be multiplied from the right, stretches, slants and turns what is written. shake: how far a
    stroke strays from its form, of the height of a digit. habits: a number by which the form of each sign is
    chosen, so that one person writes all sevens crossed, or none.
    """

    posture: Polyline
    shake: float
    habits: int

    @classmethod
    def by_chance(cls, rng: np.random.Generator, shake: float = SHAKE) -> "Hand":
        """Any hand: most lean a little to the right."""
        return cls(postures(1, rng)[0], shake, int(rng.integers(2**32)))

    def write(
        self, sign: str, rng: np.random.Generator, forms: Mapping[str, Mapping[str, str]] = FORMS
    ) -> list[Polyline]:
        """A sign, in this hand's own form of it: float64 (points, 2) for each stroke, in heights of a digit, x from 0.

        Of what is written high or low, as a minus or a comma, y stays the place on the line: 0 is the upper edge of the
        digits, 1 the line that they stand on. Raises UsageError for a sign that has no forms.
        """
        known = _forms(sign, forms)
        habit = np.random.default_rng([self.habits, *sign.encode()])
        return _written(trace(known[habit.integers(len(known))]), self.posture, self.shake, rng)


def write(sign: str, rng: np.random.Generator) -> list[Polyline]:
    """Write a digit as a person would: in one of its forms, a little bent, stretched, slanted and turned.

    Returns one float64 array of shape (points, 2), columns x and y, for each stroke. Together they begin at
    x = 0 and y = 0 and are 1 high, y down, whatever their width.
    Raises UsageError for a sign that has no forms.
    """
    known = _forms(sign, FORMS)
    strokes = trace(known[rng.integers(len(known))])
    strokes = _written(strokes, None, SHAKE, rng)
    heights = np.concatenate(strokes)[:, 1]
    top, bottom = heights.min(), heights.max()
    return [(stroke - (0, top)) / (bottom - top) for stroke in strokes]


def _forms(sign: str, forms: Mapping[str, Mapping[str, str]]) -> list[str]:
    if sign not in forms:
        raise UsageError(f"no pen strokes are known for {sign!r}: write one of {' '.join(forms)} at a time")
    return list(forms[sign].values())


def _written(
    strokes: list[Polyline], posture: Polyline | None, shake: float, rng: np.random.Generator
) -> list[Polyline]:
    points = bent(np.concatenate(strokes)[None], rng, shake)[0]
    points = points @ (postures(1, rng)[0] if posture is None else posture)
    points -= (points[:, 0].min(), 0)
    ends = np.cumsum([len(stroke) for stroke in strokes])
    return np.split(points, ends[:-1])


def trace(form: str) -> list[Polyline]:
    """Follow a form with a steady hand: float64 arrays of shape (points, 2) in the unit box, one a stroke."""
    return [smooth(_control_points(stroke)) for stroke in form.split("/")]


def _control_points(stroke: str) -> Polyline:
    points = []
    for point in stroke.split():
        x, y = point.rstrip("!").split(",")
        # Two equal points in a row are what makes the spline below turn a corner.
        points += [(int(x) / 100, int(y) / 100)] * (2 if point.endswith("!") else 1)
    return np.array(points)


def smooth(points: Polyline) -> Polyline:
    """Join points (n, 2) by the uniform Catmull-Rom spline through them (Catmull and Rom, 1974)."""
    padded = np.concatenate([points[:1], points, points[-1:]])
    p0, p1, p2, p3 = (padded[i : len(padded) - 3 + i, None] for i in range(4))
    t = (np.arange(_POINTS_PER_SPAN) / _POINTS_PER_SPAN)[:, None]
    spans = p1 + t / 2 * (p2 - p0 + t * (2 * p0 - 5 * p1 + 4 * p2 - p3 + t * (3 * (p1 - p2) + p3 - p0)))
    turning_on_the_spot = (p1 == p2).all(axis=(1, 2))  # within a corner, where the spline would make a tiny loop
    return np.concatenate([spans[~turning_on_the_spot].reshape(-1, 2), points[-1:]])


def bent(points: Polyline, rng: np.random.Generator, shake: float = SHAKE) -> Polyline:
    """Shift points (n, points, 2) by a few long random waves, others for each of the n signs.

    The shift depends on the place alone, so strokes that met still meet, as they would not if each control
    point had a random shift of its own.
    """
    count = len(points)
    waves_per_unit = rng.uniform(-0.7, 0.7, (count, 2, 4))
    shifts = rng.normal(0, shake, (count, 4, 2))
    shifted: Polyline = points + np.sin(2 * math.pi * (points @ waves_per_unit + rng.random((count, 1, 4)))) @ shifts
    return shifted


def postures(count: int, rng: np.random.Generator) -> Polyline:
    """Return (count, 2, 2): matrices, to be multiplied from the right, that stretch, slant and turn a sign."""
    width = rng.uniform(0.75, 1.1, count)
    slant = np.tan(np.radians(rng.uniform(-9, 15, count)))  # most hands lean to the right
    turn = np.radians(rng.uniform(-4, 4, count))
    stretch_and_slant, rotation = np.zeros((2, count, 2, 2))
    stretch_and_slant[:, 0, 0], stretch_and_slant[:, 1, 0], stretch_and_slant[:, 1, 1] = width, -slant, 1
    rotation[:, 0, 0] = rotation[:, 1, 1] = np.cos(turn)
    rotation[:, 0, 1] = np.sin(turn)
    rotation[:, 1, 0] = -rotation[:, 0, 1]
    posture: Polyline = stretch_and_slant @ rotation
    return posture
