"""Signs: the slashes and brackets among the marks of a line, which alone would be a 1.

A bare stroke, without hook or foot, is followed from row to row: the middle of its ink is fitted with a parabola. What
tells a sign from a 1 is the company it keeps: a slash leans more than its line and stands out of it, a bracket has its
partner; and what stands over a dot is a question or an exclamation mark.
"""

import numpy as np
from numpy.typing import NDArray

from .components import Ints
from .page import Floats

Reals = NDArray[np.float64]

BARE = 0.17  # of a stroke's height, its width once it is straightened: a 1 with a hook is wider, an 8 by far
BOWED = 0.08  # of its height, how far a bracket swings out: 2 % of MNIST's 1s do, to the one side or the other
LEANING_DEGREES = 15  # more than its line: but of MNIST's bare 1s, 1 in 10 does so, too, beside other hands' digits
STANDING_OUT = 1.2  # times its line's median height: a slash that leans; photos' 1s that stand out lean by 3 degrees
DOT, DOT_BELOW = (0.09, 0.3), 0.45  # of a mark's height: the size of its dot, and how far below it stands
DOT_ASIDE = 0.3  # of its width: how far the dot is from its middle
FEWEST = 4  # so many marks tell how their line leans


def signs_among(boxes: Ints, glyphs: Floats) -> list[str]:
    """Which marks of one line are signs, in words; empty where they may be digits.

    boxes: (n, 4) left, top, right, bottom, from left to right. glyphs: (n, 28, 28), ink 1.0.
    """
    if len(boxes) < 3:
        return [""] * len(boxes)
    lean, rise, width = _strokes(glyphs)
    bare = width < BARE
    opening, closing = bare & (rise > BOWED), bare & (rise < -BOWED)
    # something stands between the two
    begun, open_later = np.cumsum(opening), np.cumsum(closing[::-1])[::-1]
    brackets = np.zeros(len(boxes), bool)
    brackets[:-2] |= opening[:-2] & (open_later[2:] > 0)
    brackets[2:] |= closing[2:] & (begun[:-2] > 0)
    slashes = np.zeros(len(boxes), bool)
    if len(boxes) >= FEWEST:
        high = boxes[:, 3] - boxes[:, 1]
        slashes = bare & (lean > np.median(lean) + LEANING_DEGREES) & (high > STANDING_OUT * np.median(high))
    return ["a bracket" if b else "a slash" if s else "" for b, s in zip(brackets, slashes, strict=True)]


def dotted(boxes: Ints, dots: Ints) -> NDArray[np.bool_]:
    """Which marks, (n,), stand over a dot, as a "?" and a "!" do, which without it would be a 7 and a 1.

    boxes, dots: (n, 4) and (m, 4) left, top, right, bottom; of all small marks on the page, those that are no dot of
    this size are passed over.
    """
    if not len(dots):
        return np.zeros(len(boxes), np.bool_)
    left, top, right, bottom = boxes.T[:, :, None]
    x, y = (dots[:, 0] + dots[:, 2]) / 2, (dots[:, 1] + dots[:, 3]) / 2
    wide, tall = (dots[:, 2:] - dots[:, :2]).T
    high = bottom - top
    size = np.maximum(wide, tall) / high
    round_ = np.maximum(wide, tall) < 2 * np.minimum(wide, tall)
    below = (y - bottom) / high
    aside = np.abs(x - (left + right) / 2) / (right - left)
    under = (aside < DOT_ASIDE) & (below > 0) & (below < DOT_BELOW)
    found: NDArray[np.bool_] = (under & round_ & (size > DOT[0]) & (size < DOT[1])).any(axis=1)
    return found


def _strokes(glyphs: Floats) -> tuple[Reals, Reals, Reals]:
    """How each glyph leans to the right, degrees; how far it is bowed to the left; its width without the two, (n,).

    The latter two are parts of its height. All are moments of the ink along its rows and across them.
    """
    size = glyphs.shape[1]
    across = np.arange(size) - (size - 1) / 2
    up = -across
    ink, first, second = np.moveaxis(glyphs @ np.stack([across**0, across, across**2], axis=1), -1, 0)
    weight = ink / ink.sum(axis=1, keepdims=True)

    def mean(values: Reals) -> Reals:
        return np.asarray(np.sum(weight * values, axis=1, keepdims=True))

    middle = first / np.maximum(ink, 1e-6)
    spread = mean(second / np.maximum(ink, 1e-6)) - mean(middle) ** 2
    middle = middle - mean(middle)
    up = up - mean(up)
    rows = mean(up**2)
    slope = mean(middle * up) / rows
    curve = up**2 - rows - mean(up**3) / rows * up  # the part of a parabola that no slope explains
    curves = mean(curve**2)
    bend = mean(middle * curve) / np.maximum(curves, 1e-6)
    high = np.sqrt(12 * rows)  # of an even stroke with these moments, as is its width
    width = np.sqrt(12 * np.maximum(spread - slope**2 * rows - bend**2 * curves, 0))
    return np.degrees(np.arctan(slope))[:, 0], (bend * high / 4)[:, 0], (width / high)[:, 0]
