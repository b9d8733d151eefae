"""Layout: which pieces of ink make one mark, and in which order marks are read.

All of it is told by the sizes and places of pieces relative to the size of the writing, so that it holds for a page of
small digits and for one that fills the picture.
"""

from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

from .components import Components, Ints

TOUCHING = 0.08  # of the writing's size: a pen that lifted, or a stroke's faint part; neighbours are farther apart
BROKEN = 0.12  # of a digit's height: a gap in its stroke; lines are farther apart
BELOW, BROKEN_BELOW = 0.8, 0.14  # of the narrower part lies under the other: its gap may be wider, if it is no dot
ENTWINED = 0.35  # of the smaller of two boxes is in the other: neighbours share less
TWO_LINES = 2.0  # times the writing's size: what is higher are digits of two lines, not the halves of one
STROKES = 4  # has a digit at most, broken or not
APART = 0.35  # of the writing's size: the strokes of one digit are no farther apart, however it is written
FLAG = 0.2  # of the writing's size: as far from its body stands the flag of a 5
BESIDE = 0.6  # neighbours of a line share more of their height than this part, parts of a digit less
SMALLEST = 0.3  # of the writing's size: what is smaller and alone is a dot or a smudge
SAMPLES = 200  # pixels of a piece that are enough to measure its distance from another
STEEPEST_DEGREES = 26
TILT_COST = 0.6  # of the pairs, for a tilt of 45 degrees
NEIGHBOURS = 2.5  # times the writing's size: what is farther away tells little of the tilt
LEVEL = 0.35  # of the writing's size: as far off their line the middles of digits are
IN_LINE = 0.6  # of the height of the higher of two neighbours
WIDE, WIDEST = 1.6, 2.1  # width over height: the widest digit but for a 2's long tail; a dash, or marks that touch
FEWEST_IN_LINE = 4  # so many tell how high digits are
LOWEST, TALLEST = 0.6, 1.8  # of the line's median height: digits have 0.69 to 1.59, signs are lower, strokes taller


def writing_size(boxes: Ints) -> float:
    """The size of most of the writing: the median of the longer sides of boxes (n, 4), each weighted with its size.

    So it is the digits' among many dots, and among a few tall strokes and brackets.
    """
    sizes = np.sort(_sizes(boxes))
    if not len(sizes):
        return 0.0
    weights = np.cumsum(sizes**1.25)
    return float(sizes[np.searchsorted(weights, weights[-1] / 2)])


def join_pieces(pieces: Components, kept: Ints, width: int) -> tuple[list[list[int]], list[int]]:
    """Pieces that are parts of one digit: a 5 and its flag, a 4 and its shaft, a stroke that broke.

    kept: the pieces that are looked at. width: of the page, to which the pieces' flat pixels belong.
    Returns lists of numbers of pieces, one for each mark, and those that are too small beside the rest.
    """
    boxes = pieces.boxes[kept]
    writing = writing_size(boxes)
    near: list[tuple[float, int, int]] = []
    pairs = np.stack(_neighbours(boxes, FLAG * writing), axis=1).tolist()
    if pairs:  # or the pixels need not be sorted
        pixels = _Pixels(pieces, [[int(i)] for i in kept], boxes, width)
        near = sorted((pixels.distance(i, j, FLAG * writing), i, j) for i, j in pairs)
    groups = {i: [i] for i in range(len(kept))}
    home = list(range(len(kept)))
    around = list(boxes)
    for gap, i, j in near:
        one, other = home[i], home[j]
        if one != other and _make_one_mark(around[one], around[other], gap, writing):
            groups[one] += groups.pop(other)
            around[one] = surrounding(np.stack([around[one], around[other]]))
            for k in groups[one]:
                home[k] = one
    small = [g for g in groups if max(_wide(around[g]), _high(around[g])) < SMALLEST * writing]
    dropped = [int(kept[i]) for g in small for i in groups.pop(g)]
    return [[int(kept[i]) for i in group] for group in groups.values()], dropped


def may_be_one(pieces: Components, groups: Sequence[Sequence[int]], boxes: Ints, width: int) -> list[tuple[int, ...]]:
    """Which marks may be the strokes of one digit, two to STROKES of them; the most strokes first, then the nearest.

    They stand near each other and not level, as digits do: the strokes of a slanting open 4, a 1 and its foot, what the
    edge of a shadow cuts in two. Whether they are one is not told by their places; it is by what can be read.

    groups: the numbers of the pieces that make up each mark. boxes: (n, 4), of the marks. width: of the page.
    """
    crossing = _crossing(boxes)
    if not crossing:
        return []
    writing = writing_size(boxes)
    reach, highest = APART * writing, TWO_LINES * writing

    def fit(marks: Collection[int]) -> bool:
        """Whether a digit may be as large: not wider than digits are, and not of two lines where there may be some."""
        box = surrounding(boxes[list(marks)])
        return _wide(box) <= WIDE * _high(box) and (len(marks) == len(boxes) or _high(box) < highest)

    near = [(i, j) for i, j, apart, high in crossing if apart < reach and (high < highest or len(boxes) <= STROKES)]
    if not near:  # or the pixels need not be sorted
        return []
    pixels = _Pixels(pieces, groups, boxes, width)
    home = {i: {i} for i in range(len(boxes))}
    pairs: list[set[int]] = []
    for gap, i, j in sorted((pixels.distance(i, j, reach), i, j) for i, j in near):
        if gap > reach:
            break
        if not any({i, j} & pair for pair in pairs) and fit({i, j}):
            pairs.append({i, j})
        if j not in home[i]:
            home[i] |= home[j]
            home.update(dict.fromkeys(home[j], home[i]))
    clusters = {min(each): each for each in home.values() if 2 < len(each) <= STROKES and fit(each)}.values()
    return [tuple(sorted(each)) for each in sorted([*clusters, *pairs], key=len, reverse=True)]


def _crossing(boxes: Ints) -> list[tuple[int, int, int, int]]:
    """Pairs of boxes (n, 4) that are not level, and perhaps near: their numbers, how far apart and how high they are.

    In plain numbers: of a few boxes they take a Pi Zero less than arrays do.
    """
    corners = boxes.tolist()
    order = sorted(range(len(corners)), key=lambda i: corners[i][0])
    reach = APART * max((max(right - left, bottom - top) for left, top, right, bottom in corners), default=0)
    crossing = []
    for place, i in enumerate(order):
        _, top, right, bottom = corners[i]
        for j in order[place + 1 :]:
            other_left, other_top, _, other_bottom = corners[j]
            if other_left > right + reach:
                break
            shared_y = min(bottom, other_bottom) - max(top, other_top)
            high = max(bottom, other_bottom) - min(top, other_top)
            if shared_y < BESIDE * high:
                crossing.append((i, j, max(other_left - right, -shared_y), high))
    return crossing


def _make_one_mark(one: Ints, other: Ints, gap: float, writing: float) -> bool:
    """Whether two boxes, whose ink is `gap` pixels apart, are parts of one digit."""
    both = surrounding(np.stack([one, other]))
    size = min(max(_wide(one), _high(one), _wide(other), _high(other)), 1.3 * writing)
    if _wide(both) > 1.5 * max(_high(both), size):
        return False
    shared_y = min(one[3], other[3]) - max(one[1], other[1])
    shared_x = min(one[2], other[2]) - max(one[0], other[0])
    lesser = min(max(_wide(one), _high(one)), max(_wide(other), _high(other)))
    small = lesser < 0.5 * size
    narrower, flatter = min(_wide(one), _wide(other)), min(_high(one), _high(other))
    stacked = shared_x > 0.3 * narrower and shared_y < 0.25 * flatter
    below = not small and shared_x > BELOW * narrower
    entwined = min(shared_x, shared_y) > 0 and shared_x * shared_y > ENTWINED * min(_area(one), _area(other))
    near = (stacked and gap <= BROKEN * _high(both)) or (below and gap <= BROKEN_BELOW * _high(both))
    near = near or (entwined and gap <= FLAG * lesser)
    if near and _high(both) < TWO_LINES * writing:
        return True
    if gap <= TOUCHING * size and (small or shared_y < BESIDE * _high(both)):
        return True
    lower, upper = (one, other) if one[1] > other[1] else (other, one)
    flat = _high(upper) < 0.35 * size <= _high(lower) and _wide(upper) > _high(upper)
    return bool(gap <= FLAG * size and flat and shared_x > 0.5 * min(_wide(one), _wide(other)))


class _Pixels:
    """The pixels of marks, mark by mark.

    groups: the numbers of the pieces that make up each mark. width: of the page.
    """

    def __init__(self, pieces: Components, groups: Sequence[Sequence[int]], boxes: Ints, width: int) -> None:
        number = np.full(len(pieces), -1)
        for mark, group in enumerate(groups):
            number[group] = mark
        labels = number[pieces.labels]
        pixels, labels = pieces.pixels[labels >= 0], labels[labels >= 0]
        order = np.argsort(labels, kind="stable")
        self._y, self._x = np.divmod(pixels[order], width)
        self._starts = np.searchsorted(labels[order], np.arange(len(groups) + 1))
        self._boxes = boxes

    def distance(self, i: int, j: int, reach: float) -> float:
        """The distance between the ink of two pieces, pixels of paper between them; infinite if beyond reach."""
        one, other = self._facing(i, j, reach), self._facing(j, i, reach)
        if not len(one) or not len(other):
            return np.inf
        apart = one[:, None] - other
        return float(np.sqrt((apart**2).sum(axis=-1).min())) - 1

    def _facing(self, i: int, j: int, reach: float) -> NDArray[np.float64]:
        """Some of the pixels (n, 2) of piece i that are within reach of the box of piece j."""
        within = slice(self._starts[i], self._starts[i + 1])
        x, y = self._x[within], self._y[within]
        left, top, right, bottom = self._boxes[j]
        facing = (x > left - reach) & (x < right + reach) & (y > top - reach) & (y < bottom + reach)
        points = np.stack([x[facing], y[facing]], axis=1).astype(np.float64)
        return points[:: len(points) // SAMPLES + 1]


def _neighbours(boxes: Ints, reach: float) -> tuple[Ints, Ints]:
    """Pairs of boxes (n, 4) with at most `reach` pixels between them."""
    order = np.argsort(boxes[:, 0], kind="stable")
    left, top, right, bottom = boxes[order].T
    # in the order of their left sides, those that begin before one ends follow it
    counts = np.searchsorted(left, right + reach, side="right") - np.arange(len(left)) - 1
    one = np.repeat(np.arange(len(left)), counts)
    other = one + 1 + np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    near = np.maximum(top[one], top[other]) - np.minimum(bottom[one], bottom[other]) <= reach
    return order[one[near]], order[other[near]]


def surrounding(boxes: Ints) -> Ints:
    """The box (4,) around boxes (n, 4)."""
    return np.concatenate([boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)])


def _sizes(boxes: Ints) -> NDArray[np.float64]:
    sizes: NDArray[np.float64] = np.maximum(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]).astype(np.float64)
    return sizes


def _wide(box: Ints) -> int:
    return int(box[2] - box[0])


def _high(box: Ints) -> int:
    return int(box[3] - box[1])


def _area(box: Ints) -> int:
    return _wide(box) * _high(box)


def doubts_about(boxes: Ints) -> list[str]:
    """Why each of the marks of one line, boxes (n, 4), cannot be a digit, in words; empty where it can."""
    wide, high = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    typical = np.median(high) if len(boxes) >= FEWEST_IN_LINE else high
    flat, low, tall = wide > WIDEST * high, high < LOWEST * typical, high > TALLEST * typical
    return [
        "wider than a digit" if f else "lower than its line" if lo else "taller than its line" if t else ""
        for f, lo, t in zip(flat, low, tall, strict=True)
    ]


def reading_order(boxes: Ints) -> list[list[int]]:
    """Numbers of boxes (n, 4) in lines from top to bottom, each from left to right; lines may be tilted.

    With the page's tilt taken off, a line is followed from mark to mark: the next one belongs to it if the middle of
    one lies within the height of the other, or little beyond.
    """
    left, top, right, bottom = boxes.T.astype(np.float64)
    high = np.minimum(bottom - top, 1.5 * np.median(bottom - top)) if len(boxes) else top
    x, y = (left + right) / 2, (top + bottom) / 2
    level = y - _tilt(boxes) * x
    lines: list[list[int]] = []
    for i in np.argsort(left, kind="stable").tolist():
        away = [abs(level[i] - level[line[-1]]) / max(high[i], high[line[-1]]) for line in lines]
        if away and min(away) < IN_LINE:
            lines[int(np.argmin(away))].append(i)
        else:
            lines.append([i])
    return sorted(lines, key=lambda line: float(np.mean(level[line])))


def _tilt(boxes: Ints) -> float:
    """How steeply the lines of boxes (n, 4) fall to the right: fall over run.

    It is the tilt that most pairs of neighbours have, and a larger one has to have more of them. A single pair tells
    nothing: any two marks lie in a line.
    """
    size = writing_size(boxes)
    one, other = _neighbours(boxes, NEIGHBOURS * size)
    middle = (boxes[:, :2] + boxes[:, 2:]) / 2
    run, fall = (middle[other] - middle[one]).T
    # marks of a line do not stand over one another
    beside = np.abs(run) > 0.4 * size
    run, fall = run[beside], fall[beside]
    if len(run) < 2:
        return 0.0
    steepest = np.tan(np.radians(STEEPEST_DEGREES))
    tilts = np.linspace(-steepest, steepest, 27)
    level = np.abs(fall - tilts[:, None] * run) < LEVEL * size
    score = level.sum(axis=1) * (1 - TILT_COST * np.abs(tilts))
    best = int(score.argmax())
    if level[best].sum() < 2:
        return 0.0
    return float(np.clip(np.median(fall[level[best]] / run[level[best]]), -steepest, steepest))
