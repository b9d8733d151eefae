"""Pieces: the ink of a page in connected pieces, and which of them are no writing.

Dropped are specks, what touches the border as furniture does, what hardly stands out or is fainter than the rest, what
goes round others, and ruled lines.
"""

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from .components import Components, components_of, find_components
from .page import Floats, Page, highest
from .ruling import Mask, Ruling, find_ruling

FAINTEST = (0.05, 0.08)  # ink so much darker than its paper can be seen, on clean and on common paper; less is a crease
SIGMAS = 4.0  # a pixel is ink if it stands out from the noise of the paper by so many standard deviations
CLEAR = 7.0  # and a piece is writing if its strokes stand out by so many: a shadow's edge and noise add up to less
EDGE = 0.33  # a stroke ends where its ink has fallen to this part of its own darkness
FAINT = 0.23  # of the darkest piece: what is fainter is the ruling, the other side of the sheet, a shadow's edge
ALONG = 0.6  # of a piece's extent lies on the border: a stroke that runs out of the picture does not
FRAMED, STAIN = 0.15, 0.5  # of a frame's size and darkness: smaller and fainter marks within are no writing
INSET, END = 0.05, 0.5  # of a frame's size: an end of its stroke that broke off is this near and that large at most
SMALLEST = 0.035  # of the picture's height: smaller marks are specks
LONG = 0.3  # of the picture's longer side: a shadow that runs out of it is longer
INNER = 0.006  # of its height: so far within a piece its ink is no edge
SMOOTH = 0.15  # of its mean is the standard deviation of a shadow's darkness
LIGHTER = 0.65  # of the ink's darkness at most has a shadow
ROUNDS = 8  # are enough for two kinds to part


class Why(IntEnum):
    """Why a piece of ink is no part of a digit; 0 is that it may be one."""

    WRITING = 0
    SPECK = 1
    BORDER = 2
    NOISE = 3
    FAINT = 4
    SMALL = 5
    RULED = 6
    SOLID = 7
    UNEVEN = 8
    FRAME = 9

    @property
    def words(self) -> str:
        """The reason in plain words."""
        return _WORDS[self]


_WORDS = {
    Why.WRITING: "writing",
    Why.SPECK: "a speck",
    Why.BORDER: "touches the border",
    Why.NOISE: "hardly darker than the noise",
    Why.FAINT: "fainter than the rest",
    Why.SMALL: "smaller than the rest",
    Why.RULED: "a ruled line",
    Why.SOLID: "too solid for a stroke",
    Why.UNEVEN: "too uneven for ink",
    Why.FRAME: "goes round what is written",
}


def find_pieces(page: Page) -> tuple[Components, Floats, Ruling | None]:
    """The connected pieces of ink, how dark each is, and the ruled lines that were taken off them.

    Found twice: first with a low threshold, to learn how dark the ink is at each place; then with a part of just that
    darkness, so that pencil is found beside a marker, and grey ruling lets go of the stroke that crosses it. Ruled
    lines are taken off between the two, for a line is darker than the pencil.
    """
    mask = page.ink > max(_faintest(page), SIGMAS * page.noise)
    first = find_components(mask)
    ruling = _ruling_among(first, mask)
    if ruling is not None:
        first = find_components(mask & ~ruling.lines)
    ink = page.ink.reshape(-1)[first.pixels]
    strokes = ink > np.maximum(EDGE * _darkness(ink, first), _shade(page, first))[first.labels]
    pieces = components_of(first.pixels[strokes], mask.shape)
    return pieces, _darkness(ink[strokes], pieces), ruling


def _faintest(page: Page) -> float:
    """How much darker than its paper ink has to be: the less, the cleaner the paper and the more light there was."""
    return min(max(CLEAR * page.noise, FAINTEST[0]), FAINTEST[1])


def _shade(page: Page, pieces: Components) -> Floats:
    """How dark a pixel has to be so that it is no shade, for each piece, (count,): 0 where there is none.

    A narrow shadow that runs out of the picture looks like a stroke, and holds all that is written in it together. What
    is written there is darker: the inner pixels of such a piece, for its edges are grey in any case, are of two kinds.
    """
    height, width = page.ink.shape
    shade = np.zeros(len(pieces), np.float32)
    for i in np.flatnonzero(pieces.cut_off(height, width) & (pieces.extents > LONG * max(height, width))):
        paper = np.ones(page.ink.shape, np.bool_)
        paper.reshape(-1)[pieces.pixels[pieces.labels == i]] = False
        inner = page.ink[~highest(paper, max(1, round(INNER * height)))]
        if len(inner):
            between = _two_kinds(inner)
            light, dark = inner[inner <= between], inner[inner > between]
            is_smooth = light.std() < SMOOTH * light.mean()
            if is_smooth and len(light) > len(dark) > 0 and light.mean() < LIGHTER * dark.mean():
                shade[i] = between
    return shade


def _two_kinds(ink: Floats) -> float:
    """What lies between two kinds of values: k-means with two clusters, from the middle of their range."""
    between = (float(ink.min()) + float(ink.max())) / 2
    for _ in range(ROUNDS):
        above = ink > between
        if above.all() or not above.any():
            break
        between = (float(ink[~above].mean()) + float(ink[above].mean())) / 2
    return between


def _ruling_among(pieces: Components, mask: Mask) -> Ruling | None:
    """The ruled lines in a mask with these pieces, if there are any: they run out of the picture."""
    height, width = mask.shape
    left, top, right, bottom = pieces.boxes.T
    long = (right - left > width / 2) | (bottom - top > height / 2)
    return find_ruling(mask) if (long & pieces.cut_off(height, width)).any() else None


def _darkness(ink: Floats, pieces: Components) -> Floats:
    """The mean ink of each piece, weighted with its square: that of its strokes, even where a shadow hangs on them.

    ink: of each of the pieces' pixels.
    """
    square = ink * ink
    weight = np.bincount(pieces.labels, square, len(pieces))
    return (np.bincount(pieces.labels, square * ink, len(pieces)) / np.maximum(weight, 1e-12)).astype(np.float32)


def judge(pieces: Components, darkness: Floats, ruling: Ruling | None, page: Page) -> NDArray[np.int8]:
    """Why each piece is no part of a digit, as `Why`, (count,) int8: 0 for those that may be one."""
    why = np.zeros(len(pieces), np.int8)
    if not len(pieces):
        return why
    height, width = page.ink.shape
    left, top, right, bottom = pieces.boxes.T
    wide, high = right - left, bottom - top
    speck = np.maximum(wide, high) < max(3, SMALLEST * height)
    cut_off = pieces.cut_off(height, width)
    # what goes from border to border is a ruled line, squares, a table's edge or a shadow
    from_side_to_side, from_top_to_bottom = wide >= 0.97 * width, high >= 0.97 * height
    ruled = (from_side_to_side & (high < 0.25 * height)) | (from_top_to_bottom & (wide < 0.25 * width))
    squares = from_side_to_side & from_top_to_bottom
    wider_than_a_digit = wide > 1.4 * high
    lies_along = pieces.on_border(height, width) > ALONG * pieces.extents
    furniture = cut_off & (ruled | squares | wider_than_a_digit | lies_along)
    why[darkness <= max(1.5 * _faintest(page), CLEAR * page.noise)] = Why.NOISE
    why[furniture] = Why.BORDER
    if page.margin:
        why[_is_outside(pieces, page)] = Why.BORDER
    why[speck] = Why.SPECK
    if ruling is not None:
        why[_lies_along_line(pieces, ruling)] = Why.RULED
    why[_frames(pieces, darkness, np.flatnonzero(why == Why.WRITING), page.ink.shape)] = Why.FRAME
    strongest = darkness[why == Why.WRITING].max(initial=0)
    why[(why == Why.WRITING) & (darkness < FAINT * strongest)] = Why.FAINT
    return why


def _is_outside(pieces: Components, page: Page) -> NDArray[np.bool_]:
    """Which pieces lie in the margin that the picture does not have: enlarged edges swing beyond their greys there."""
    left, top, right, bottom = pieces.boxes.T - page.margin
    height, width = page.within(page.ink).shape
    outside: NDArray[np.bool_] = (right <= 0) | (left >= width) | (bottom <= 0) | (top >= height)
    return outside


def _frames(pieces: Components, darkness: Floats, kept: NDArray[np.intp], shape: tuple[int, ...]) -> list[int]:
    """Those of the kept pieces that go round another: drawn frames, and the shadow that a sheet throws on its desk.

    They have ink, or end at the border, on all four sides of it, and it is no stain in a 0 and no broken end of a 6.
    """
    boxes = pieces.boxes[kept]
    left, top, right, bottom = boxes.T[:, :, None]
    within = (left <= left.T) & (top <= top.T) & (right >= right.T) & (bottom >= bottom.T)
    size = np.maximum(right - left, bottom - top)
    within &= FRAMED * size < size.T
    within &= STAIN * darkness[kept, None] < darkness[kept]
    np.fill_diagonal(within, False)
    frames = []
    for outer in np.flatnonzero(within.any(axis=1)):
        y, x = np.divmod(pieces.pixels[pieces.labels == kept[outer]], shape[1])
        ends = boxes[outer] == (0, 0, shape[1], shape[0])
        alone = np.count_nonzero(within[outer]) == 1
        for x0, y0, x1, y1 in boxes[within[outer]]:
            beside, over = (y >= y0) & (y < y1), (x >= x0) & (x < x1)
            sides = (
                (beside & (x < x0)).any(),
                (over & (y < y0)).any(),
                (beside & (x >= x1)).any(),
                (over & (y >= y1)).any(),
            )
            apart = np.maximum(np.maximum(x0 - x, x - x1 + 1), np.maximum(y0 - y, y - y1 + 1)).min()
            is_end = alone and apart <= INSET * size[outer, 0] and max(x1 - x0, y1 - y0) <= END * size[outer, 0]
            if (ends | sides).all() and not is_end:
                frames.append(int(kept[outer]))
                break
    return frames


def _lies_along_line(pieces: Components, ruling: Ruling) -> NDArray[np.bool_]:
    """Which pieces are what is left of ruled lines: nearly all of their ink is beside one."""
    beside = ruling.beside.reshape(-1)[pieces.pixels]
    along: NDArray[np.bool_] = np.bincount(pieces.labels, beside, len(pieces)) > 0.8 * pieces.areas
    return along
