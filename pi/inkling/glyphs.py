"""From ink to glyphs: the marks on a page, each drawn as MNIST drew its digits, 28x28 pixels.

MNIST's digits were scaled to fit 20x20 with their aspect kept, with soft grey edges, and put into 28x28 by their
centre of mass (LeCun et al. 1998, "Gradient-based learning applied to document recognition", section III.A).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .components import Components, Ints, find_components
from .layout import WIDE, doubts_about, join_pieces, may_be_one, reading_order, surrounding
from .page import Floats, Page, highest
from .pieces import Why, find_pieces, judge
from .ruling import Mask, Ruling
from .signs import dotted, signs_among

GLYPH_PX, FITTED_PX = 28, 20
# Of a mark's size, its mean stroke: an object's is wider. MNIST's widest is 0.27, and the typical one 0.11.
SOLIDEST = 0.3
# Standard deviation over mean of the ink within strokes: a hand's shading has more. The roughest pencil has 0.32.
UNEVENEST = 0.4
DOT_DARK = 0.6  # of the writing's darkness: the dot of a question mark; a speck of shadow or dirt has less
MARGIN_PX = 2  # of paper about a mark: the soft edge of its strokes
NOBODY, RULED = -1, -2  # owners of pixels that belong to no mark
THINNEST_PX = 2.0  # of a stroke when its glyph is 20 pixels high; MNIST's are about 2 to 3


@dataclass(frozen=True)
class Glyph:
    """One mark: pixels float32 (28, 28) with ink 1.0, and its box x, y, width, height in the picture.

    doubt: why it cannot be a digit whatever a network says, in words; empty if it can.
    """

    pixels: Floats
    box: tuple[int, int, int, int]
    doubt: str = ""

    @property
    def has_tail(self) -> bool:
        """Whether it is wider than all digits but a 2 with a long tail, and hardly anything of that kind."""
        return self.box[2] > WIDE * self.box[3]


@dataclass(frozen=True)
class Dropped:
    """A piece of ink that is left out: its box x, y, width, height in the picture, and why, in words."""

    box: tuple[int, int, int, int]
    why: str


@dataclass(frozen=True)
class Whole:
    """Marks that may be the strokes of one digit: their numbers in reading order, and all as one mark."""

    strokes: tuple[int, ...]
    glyph: Glyph


@dataclass(frozen=True)
class Found:
    """What is on a page.

    lines: the marks that may be digits, in lines from top to bottom, each from left to right.
    dropped: the pieces of ink that are left out, from top to bottom; empty unless they were asked for.
    wholes: which marks may be one digit, the most strokes first; a mark may be in several.
    """

    lines: list[list[Glyph]]
    dropped: list[Dropped]
    wholes: list[Whole] = field(default_factory=list)

    @property
    def is_one(self) -> bool:
        """Whether all the marks, which are several, may be one digit: then that is the first of `wholes`."""
        return bool(self.wholes) and len(self.wholes[0].strokes) == sum(map(len, self.lines))

    @property
    def one(self) -> Glyph | None:
        """What one digit is, if a page holds no more: its only mark, or all of them if they may be one."""
        if self.is_one:
            return self.wholes[0].glyph
        glyphs = [glyph for line in self.lines for glyph in line]
        return glyphs[0] if len(glyphs) == 1 else None


def find_glyphs(page: Page, trace: bool = False) -> Found:
    """The marks of a page that may be digits, and, for a trace, what was left out and why."""
    pieces, darkness, ruling = find_pieces(page)
    why = judge(pieces, darkness, ruling, page)
    kept = np.flatnonzero(why == Why.WRITING)
    groups, small = join_pieces(pieces, kept, page.ink.shape[1])
    why[small] = Why.SMALL
    as_dark = darkness > DOT_DARK * np.median(darkness[kept]) if len(kept) else False
    dots = pieces.boxes[((why == Why.SPECK) | (why == Why.SMALL)) & as_dark]
    labels = np.full(len(pieces), NOBODY)
    for number, group in enumerate(groups):
        labels[group] = number
    owner = np.full(page.ink.shape, NOBODY, np.int16)  # of marks that are no specks, not half as many fit on a page
    owner.reshape(-1)[pieces.pixels] = labels[pieces.labels]
    if ruling is not None:
        owner[ruling.lines] = RULED
    boxes = np.array([surrounding(pieces.boxes[group]) for group in groups]).reshape(-1, 4)
    marks = [_cut_out(page, owner, [number], box) for number, box in enumerate(boxes)]
    looks = [_look(mark) for mark in marks]
    for group, look in zip(groups, looks, strict=True):
        why[group] = look
    drawn = np.flatnonzero(np.array(looks) == Why.WRITING)
    lines = [drawn[line] for line in reading_order(boxes[drawn])]
    glyphs = [_glyphs([marks[number] for number in line], boxes[line], dots, page) for line in lines]
    wholes = []
    order = [int(number) for line in lines for number in line]
    for strokes in may_be_one(pieces, [groups[number] for number in order], boxes[order], page.ink.shape[1]):
        parts = [order[stroke] for stroke in strokes]
        box = surrounding(boxes[parts])
        whole = draw(_cut_out(page, owner, parts, box), page.noise)
        wholes.append(Whole(strokes, Glyph(whole, _in_picture(box, page))))
    return Found(glyphs, _dropped(page, pieces, why, ruling) if trace else [], wholes)


def _glyphs(marks: "Sequence[_Mark]", boxes: Ints, dots: Ints, page: Page) -> list[Glyph]:
    """The glyphs of one line of marks, boxes (n, 4), each with its doubt; dots: (m, 4), the small marks of the page."""
    drawn = [draw(mark, page.noise) for mark in marks]
    doubts = zip(doubts_about(boxes), dotted(boxes, dots), signs_among(boxes, np.stack(drawn)), strict=True)
    return [
        Glyph(pixels, _in_picture(box, page), doubt or ("over a dot" if is_dotted else sign))
        for pixels, box, (doubt, is_dotted, sign) in zip(drawn, boxes, doubts, strict=True)
    ]


def _dropped(page: Page, pieces: Components, why: NDArray[np.int8], ruling: Ruling | None) -> list[Dropped]:
    out = np.flatnonzero(why != Why.WRITING)
    dropped = [Dropped(_in_picture(pieces.boxes[i], page), Why(int(why[i])).words) for i in out]
    if ruling is not None:
        dropped += [Dropped(_in_picture(box, page), Why.RULED.words) for box in find_components(ruling.lines).boxes]
    return [piece for piece in dropped if min(piece.box[2:])]  # in the margin there is no picture to show them on


@dataclass(frozen=True)
class _Mark:
    """A mark cut out of the page, with a little paper about it where the picture has some; all (height, width).

    ink: float32. own: bool, its ink. free: bool, its ink and paper, but not the ink of others.
    size: the longer side of its ink, pixels.
    """

    ink: Floats
    own: Mask
    free: Mask
    size: int

    @cached_property
    def stroke_width(self) -> float:
        """The mean width of its stroke, pixels."""
        return _stroke_width(self.own)


def _cut_out(page: Page, owner: NDArray[np.int16], numbers: Sequence[int], box: Ints) -> _Mark:
    """The mark whose pixels `owner` (height, width) calls by one of these numbers."""
    left, top = np.maximum(box[:2] - MARGIN_PX, 0)
    right, bottom = box[2:] + MARGIN_PX
    owners = owner[top:bottom, left:right]
    own = np.logical_or.reduce([owners == number for number in numbers])
    return _Mark(page.ink[top:bottom, left:right], own, own | (owners == NOBODY), int(max(box[2:] - box[:2])))


def _look(mark: _Mark) -> Why:
    """Whether a mark looks drawn with a pen, or what it looks like instead."""
    if mark.stroke_width > SOLIDEST * mark.size:
        return Why.SOLID
    ink = mark.ink[mark.own]
    # the edges of strokes are grey in any case
    middle = ink[ink > np.partition(ink, len(ink) // 3)[len(ink) // 3]]
    return Why.UNEVEN if len(middle) and middle.std() > UNEVENEST * middle.mean() else Why.WRITING


def draw(mark: _Mark, noise: float) -> Floats:
    """A mark, drawn into 28x28 as MNIST was made."""
    level = float(mark.ink[mark.own].mean())
    # the soft edge of a stroke lies outside of its mask, so the mask grows by the margin
    near = highest(mark.own, MARGIN_PX) & mark.free
    floor = max(0.1 * level, 2 * noise)
    soft = np.clip((mark.ink - floor) / max(level - floor, 1e-6), 0, 1) * near
    missing_px = THINNEST_PX * mark.size / FITTED_PX - mark.stroke_width
    if (reach := round(missing_px / 2)) > 0:
        soft = highest(np.pad(soft, reach), reach)
    return _centre(_fit(soft))


def _stroke_width(mask: NDArray[np.bool_]) -> float:
    """The mean width of a stroke, pixels: it has two long sides, so twice its area over the length of its outline."""
    inside = mask[1:-1, 1:-1] & mask[:-2, 1:-1] & mask[2:, 1:-1] & mask[1:-1, :-2] & mask[1:-1, 2:]
    area = int(np.count_nonzero(mask))
    return 2 * area / max(1, area - int(np.count_nonzero(inside)))


def _fit(soft: Floats) -> Floats:
    """The drawing, its paper cut away, with its longer side 20 pixels; the darkest ink is 1.0."""
    from PIL import Image

    rows, columns = (np.flatnonzero(soft.max(axis=axis) > 0.3) for axis in (1, 0))
    soft = soft[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = FITTED_PX / max(soft.shape)
    size = (max(1, round(soft.shape[1] * scale)), max(1, round(soft.shape[0] * scale)))
    resized = np.asarray(Image.fromarray(soft).resize(size, Image.Resampling.BILINEAR))
    fitted: Floats = resized / resized.max()
    return fitted


def _centre(fitted: Floats) -> Floats:
    """The drawing in 28x28, its centre of mass as near to the middle as whole pixels and the border allow."""
    height, width = fitted.shape
    glyph = np.zeros((GLYPH_PX, GLYPH_PX), np.float32)
    total = fitted.sum()
    y = round(GLYPH_PX / 2 - float(fitted.sum(axis=1) @ (np.arange(height) + 0.5) / total))
    x = round(GLYPH_PX / 2 - float(fitted.sum(axis=0) @ (np.arange(width) + 0.5) / total))
    y, x = min(max(y, 0), GLYPH_PX - height), min(max(x, 0), GLYPH_PX - width)
    glyph[y : y + height, x : x + width] = fitted
    return glyph


def _in_picture(box: Ints, page: Page) -> tuple[int, int, int, int]:
    """A box of the page as x, y, width and height in pixels of the picture, which it never leaves."""
    margin, (page_height, page_width), (height, width) = page.margin, page.ink.shape, page.picture
    shown_height, shown_width = page_height - 2 * margin, page_width - 2 * margin
    left, top, right, bottom = box.tolist()
    left, right = (min(max(x - margin, 0), shown_width) for x in (left, right))
    top, bottom = (min(max(y - margin, 0), shown_height) for y in (top, bottom))
    x, y = left * width // shown_width, top * height // shown_height
    return x, y, -(-right * width // shown_width) - x, -(-bottom * height // shown_height) - y
