"""Ruled lines: the straight lines of ruled and squared paper, of forms and tables, taken off the ink.

A line is looked for among the runs of ink that are as short across it as a line is thick: the edges of these runs
vote for the lines that they lie on (the Hough transform, Duda and Hart 1972). A line is then taken off run by run, as
staff lines are taken off scores of music (Dalitz et al. 2008, "A comparative study of staff removal algorithms"): a run
that sticks out at both sides is a stroke that crosses the line, and stays.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
Ints = NDArray[np.intp]
Reals = NDArray[np.floating]

THICKEST = 0.15  # of a line's length: the frame of one cell of a form that fills the picture
STEEPEST = 0.27  # rise over run, 15 degrees: paper that lies further askew is turned by hand before it is read
COVERED = 0.55  # of the picture's width: strokes hide parts of a line, and light parts of it are no ink
LONGEST_GAP = 0.05  # of the picture's width: a line goes from border to border; the stroke of a digit ends before it
SHORTEST = 0.1  # of the picture's width, of what is seen of a line that is askew and leaves it above or below
UNBROKEN = 0.85  # of a line's length is ink: less is a row of strokes, or noise
MOST_LINES = 60  # on squared paper
VOTERS = 4000  # as many runs are enough to find a line, and cost a few milliseconds
TURNOUT = 500  # of them vote at a time, for memory's sake


@dataclass(frozen=True)
class _Line:
    """A line: its lower edge in each column, (width,), and its thickness."""

    edge: Reals
    thick: float


@dataclass(frozen=True)
class _Runs:
    """Runs of ink down the columns of a mask: column, first row, and the row after the last, each (n,)."""

    x: Ints
    top: Ints
    bottom: Ints

    def __getitem__(self, which: NDArray[np.generic] | slice) -> "_Runs":
        return _Runs(self.x[which], self.top[which], self.bottom[which])


@dataclass(frozen=True)
class Ruling:
    """Ruled lines in a mask, upright or level or nearly so: bool (height, width).

    lines: their pixels. beside: a band about each line, as wide again at each side as the line is thick.
    """

    lines: Mask
    beside: Mask


def find_ruling(mask: Mask) -> Ruling | None:
    """The ruled lines in a mask (height, width), if there are any."""
    ruling = Ruling(np.zeros_like(mask), np.zeros_like(mask))
    # a line that is cut by the border of the picture is straight at its inner edge only, so each edge is followed;
    # again once more lines are known, for a line may end at another
    for turned in 2 * (_as_it_is, np.flipud, np.transpose, _turned):
        _take_lines(turned(mask), Ruling(turned(ruling.lines), turned(ruling.beside)))
        if turned is _turned and not ruling.lines.any():
            return None
    return ruling


def _as_it_is(mask: Mask) -> Mask:
    return mask


def _turned(mask: Mask) -> Mask:
    return np.flipud(mask.T)


def _take_lines(mask: Mask, ruling: Ruling) -> None:
    """Add to the ruling the lines that run from left to right and are straight at their lower edge."""
    height, width = mask.shape
    runs = _runs_down(mask & ~ruling.lines)
    thin = runs[runs.bottom - runs.top <= max(3, round(THICKEST * width))]
    lines = [line for line in _find_lines(thin, height, width) if _goes_through(line, mask, ruling.lines)]
    if not lines:
        return
    marks, bands = np.zeros((2, width * (height + 1) + 1), np.int8)
    columns = np.arange(width) * (height + 1)
    for line in lines:
        _mark(line, marks, runs, height)
        for edge, step in (line.edge - 2 * line.thick - 1, 1), (line.edge + line.thick + 1, -1):
            bands[columns + np.clip(np.rint(edge), 0, height).astype(np.intp)] += np.int8(step)
    for taken, begun in (ruling.lines, marks), (ruling.beside, bands):
        taken |= (np.cumsum(begun[:-1], dtype=np.int8) > 0).reshape(width, height + 1)[:, :-1].T


def _runs_down(mask: Mask) -> _Runs:
    height, width = mask.shape
    # a row of paper below each column keeps runs of different columns apart in the flat array
    flat = np.zeros(1 + width * (height + 1), bool)
    flat[1:].reshape(width, height + 1)[:, :height] = mask.T
    edges = np.flatnonzero(flat[1:] != flat[:-1])
    x, top = np.divmod(edges[::2], height + 1)
    return _Runs(x, top, top + edges[1::2] - edges[::2])


def _find_lines(thin: _Runs, height: int, width: int) -> Iterator[_Line]:
    """The lines on which the lower edges of thin runs lie."""
    if len(thin.x) > 2 * MOST_LINES * width:
        return  # it is noise or a pattern
    every = max(1, round(len(thin.x) / VOTERS))
    voters = thin[np.arange(0, len(thin.x), every)]
    bin_px, slopes, heights, fewest = _candidates(height, width)
    levels = len(heights) + 1
    starts = levels * np.arange(len(slopes))[:, None]

    def ballots(runs: _Runs) -> Ints:
        """What runs add to the votes for each slope and level, flat: the lines that go through their lower edges."""
        counts = np.zeros(levels * len(slopes), np.intp)
        for start in range(0, len(runs.x), TURNOUT):
            some = runs[start : start + TURNOUT]
            level = (slopes / bin_px)[:, None] * (width / 2 - some.x)
            level += (some.bottom + STEEPEST * width / 2) / bin_px
            bins = level.astype(np.intp)
            bins += starts
            counts += np.bincount(bins.ravel(), minlength=len(counts))
        return counts.reshape(-1, levels)

    votes = ballots(voters)
    for _ in range(MOST_LINES):
        both = votes[:, 1:] + votes[:, :-1]  # a line may lie where two levels meet
        enough = np.flatnonzero(both * every >= fewest)
        if not len(enough):
            return
        best = int(enough[both.flat[enough].argmax()])
        slope, level = slopes[best // (levels - 1)], heights[best % (levels - 1)]

        def bent(runs: _Runs, slope: float = slope, level: float = level) -> Reals:
            return runs.bottom - level - slope * (runs.x - width / 2)

        near = np.abs(bent(thin)) <= 1.5 * bin_px
        bend = np.polynomial.Polynomial.fit(thin.x[near], bent(thin)[near], 2)
        on = thin[np.abs(bent(thin) - bend(thin.x)) <= bin_px]
        if len(np.unique(on.x)) >= fewest.flat[best]:
            x = np.arange(width)
            edge = level + slope * (x - width / 2) + bend(x)
            yield _Line(edge, float(np.percentile(on.bottom - on.top, 75)))
        votes -= ballots(voters[np.abs(bent(voters)) <= 1.5 * bin_px])


@lru_cache(maxsize=4)  # two for each size of picture, and a camera's all have one
def _candidates(height: int, width: int) -> tuple[float, Reals, Reals, Ints]:
    """The lines that are voted for in a picture of this size: all that `slopes` and `heights` make together.

    Returns the height of a level of votes in pixels; the slopes (m,); the heights (n,) at half of the picture's width;
    and how many columns of ink are the fewest for each, (m, n).
    """
    # paper is never quite flat, so a line is as wide as a millimetre of a sheet that fills the picture
    bin_px = max(2.0, max(height, width) / 200)
    slopes = np.arange(-STEEPEST, STEEPEST, 1.5 * bin_px / width)
    levels = int((height + STEEPEST * width) / bin_px) + 3
    heights = (np.arange(levels - 1) + 1) * bin_px - STEEPEST * width / 2
    visible = _visible(slopes[:, None], heights, height, width)
    return bin_px, slopes, heights, np.ceil(np.maximum(COVERED * visible, SHORTEST * width)).astype(np.intp)


def _visible(slope: Reals, level: Reals, height: int, width: int) -> Reals:
    """How many columns of the picture lines go through before they leave it; `level` is theirs at half of its width."""
    slope = np.where(slope == 0, 1e-9, slope)
    ends = np.stack([-level / slope, (height - level) / slope]) + width / 2
    ends = np.clip(np.sort(ends, axis=0), 0, width)
    columns: Reals = ends[1] - ends[0]
    return columns


def _goes_through(line: _Line, mask: Mask, ruled: Mask) -> bool:
    """Whether there is ink all along a line, from border to border or from a border to another line."""
    height = len(mask)
    # a line that is askew may leave the picture above or below
    middle = line.edge - (line.thick + 1) / 2
    columns = np.flatnonzero((middle >= 0) & (middle <= height - 1))
    if not len(columns):
        return False
    middle = middle[columns]
    upper, lower = np.floor(middle).astype(np.intp), np.ceil(middle).astype(np.intp)
    ink = np.flatnonzero(mask[upper, columns] | mask[lower, columns])
    longest = max(3, LONGEST_GAP * len(columns))
    if not len(ink) or np.diff(ink).max(initial=0) > longest or len(ink) < UNBROKEN * (ink[-1] - ink[0] + 1):
        return False
    first, last = ink[0], len(columns) - 1 - ink[-1]
    ends = ink[[0, -1]]
    at_line = ruled[upper[ends], columns[ends]] | ruled[lower[ends], columns[ends]]
    return bool((first <= longest or at_line[0]) and (last <= longest or at_line[1]) and min(first, last) <= 2)


def _mark(line: _Line, marks: NDArray[np.int8], runs: _Runs, height: int) -> None:
    """Add 1 to `marks`, int8 (width * (height + 1) + 1), where a ruled run begins, and take 1 off where it ends."""
    lower = line.edge[runs.x]
    upper = lower - line.thick
    out = max(2.0, line.thick / 2)
    above, below = runs.top < upper - out, runs.bottom > lower + out
    top = np.maximum(np.where(above, np.floor(upper) - 1, 0).astype(np.intp), runs.top)
    bottom = np.minimum(np.where(below, np.ceil(lower) + 1, height).astype(np.intp), runs.bottom)
    ruled = (top < bottom) & ~(above & below) & (runs.bottom > upper - 1) & (runs.top < lower + 1)
    column = runs.x[ruled] * (height + 1)
    marks[column + top[ruled]] += 1
    marks[column + bottom[ruled]] -= 1
