"""Lays out a page: which signs stand on its lines, in whose hand, with which pen, and how far apart."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import UsageError
from .conditions import Condition
from .signs import LETTERS, SIGNS, scribble
from .strokes import Hand, Polyline
from .writing import PENS, Mark, Pen, Pictured, penned

Generator = np.random.Generator


@dataclass(frozen=True)
class Digits:
    """Pictures of digits to be put on paper: uint8 (n, 28, 28), ink 255, and their labels (n,), 0 to 9."""

    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]

    def __post_init__(self) -> None:
        if len(self.images) != len(self.labels) or not len(self.labels) or self.images.shape[1:] != (28, 28):
            raise UsageError(f"pictures uint8 (n, 28, 28), one label for each, are needed, not {self.images.shape}")


def lay_out(condition: Condition, rng: Generator, digits: Digits | None) -> list[list[Mark]]:
    """The marks of a page, in lines, in heights of a digit; a page that may have digits has one at least."""
    hand = Hand.by_chance(rng)
    pens = [PENS[name] for name in rng.permutation(condition.pens)]
    width = rng.uniform(*pens[0].widths)
    lines: list[list[Mark]] = []
    place_y = 0.0
    for _ in range(int(rng.integers(*condition.lines, endpoint=True))):
        line: list[Mark] = []
        count = int(rng.integers(*condition.signs, endpoint=True))
        others = rng.random(count) < condition.others
        if condition.others < 1 and count and others.all():
            others[0] = False
        for is_other in others:
            pen = pens[len(line) % len(pens) if condition.pens_mixed else 0]
            own_width = rng.uniform(*pen.widths) if condition.pens_mixed else width
            mark: Mark
            if is_other:
                mark = _other(condition, hand, pen, own_width, rng)
            else:
                mark = _digit(condition, hand, pen, own_width, digits, rng)
            mark = mark.at(0, place_y + rng.normal(0, 0.03))
            if line:
                overlap = (_kerned if condition.close else _beside)(line[-1].outline, mark.outline)
                mark = mark.at(overlap + rng.uniform(*condition.gap), 0)
            line.append(mark)
        lines.append(line)
        place_y += rng.uniform(1.5, 2.1)
    return lines


def _digit(condition: Condition, hand: Hand, pen: Pen, width: float, digits: Digits | None, rng: Generator) -> Mark:
    if digits is not None:
        chosen = rng.integers(len(digits.labels))
        return Pictured(str(digits.labels[chosen]), pen, digits.images[chosen])
    if condition.many_hands:
        hand = Hand.by_chance(rng)
    sign = str(rng.integers(10))
    strokes = hand.write(sign, rng)
    if condition.broken:
        strokes = _broken(strokes, width + rng.uniform(0.02, 0.07), rng)
    return penned(sign, strokes, pen, width, rng)


def _other(condition: Condition, hand: Hand, pen: Pen, width: float, rng: Generator) -> Mark:
    kind = str(rng.choice(condition.kinds))
    if kind == "scribble":
        return penned("~", [scribble(rng) * rng.uniform(0.8, 1.6)], pen, width, rng)
    table = {"letter": LETTERS, "sign": SIGNS}[kind]
    sign = str(rng.choice(list(table)))
    return penned(sign, hand.write(sign, rng, table), pen, width, rng)


def _broken(strokes: list[Polyline], gap: float, rng: Generator) -> list[Polyline]:
    """Strokes as by a pen that skips: those after the first begin too far away, or the only one has a gap."""
    if len(strokes) > 1:
        return [strokes[0], *(stroke + rng.uniform(-0.6, 0.6, 2) * gap for stroke in strokes[1:])]
    (stroke,) = strokes
    way = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(stroke, axis=0).T))])
    start = rng.uniform(0.25, 0.7) * way[-1]
    before, after = stroke[way <= start], stroke[way >= start + gap]
    return [part for part in (before, after) if len(part) > 1]


def _beside(left: Polyline, right: Polyline) -> float:
    """How far to move the outline on the right, (n, 2), for the boxes of two to touch."""
    return float(left[:, 0].max() - right[:, 0].min())


def _kerned(left: Polyline, right: Polyline) -> float:
    """How far to move the outline on the right, (n, 2), for the inks of two to touch.

    They touch row by row, as a writer sees it: the head of a 7 may stand over the foot of a 4.
    """
    bins = 24
    low, high = min(left[:, 1].min(), right[:, 1].min()), max(left[:, 1].max(), right[:, 1].max())
    rows = [((points[:, 1] - low) / (high - low) * (bins - 1)).astype(int) for points in (left, right)]
    ends, starts = np.full(bins + 4, -np.inf), np.full(bins + 4, np.inf)
    for spread in range(5):  # a row sees its neighbours, for ink is apart in all directions
        np.maximum.at(ends, rows[0] + spread, left[:, 0])
        np.minimum.at(starts, rows[1] + spread, right[:, 0])
    overlap = float((ends - starts).max())
    return overlap if np.isfinite(overlap) else _beside(left, right)  # one may stand above the other
