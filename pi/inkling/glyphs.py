"""From ink to glyphs: the marks on a page, each drawn as MNIST drew its digits, 28x28 pixels.

MNIST's digits were scaled to fit 20x20 with their aspect kept, with soft grey edges, and put into 28x28 by their
centre of mass (LeCun et al. 1998, "Gradient-based learning applied to document recognition", section III.A).
"""

from dataclasses import dataclass
from enum import IntEnum
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from .components import Components, Ints, find_components
from .page import Floats, Page, running_maximum

GLYPH_PX, FITTED_PX = 28, 20
FAINTEST = 0.08  # ink this much darker than its paper can be seen; what is not is a crease or a stain
SIGMAS = 4.0  # a pixel is ink if it stands out from the noise of the paper by so many standard deviations
CLEAR = 7.0  # and a piece is writing if its darker half stands out by so many: a shadow's edge and noise add up to less
EDGE = 0.4  # a stroke ends where its ink has fallen to this part of its own darkness
FAINT = 0.35  # pieces this much fainter than the darkest are the ruling, the page's back, or a shadow's edge
SMALLEST = 0.045  # of the picture's height: smaller marks are specks
THINNEST_PX = 2.0  # of a stroke when its glyph is 20 pixels high; MNIST's are about 2 to 3


@dataclass(frozen=True)
class Glyph:
    """One mark: pixels float32 (28, 28) with ink 1.0, and its box x, y, width, height in the picture."""

    pixels: Floats
    box: tuple[int, int, int, int]


class Why(IntEnum):
    """Why a piece of ink is no part of a digit; 0 is that it may be one."""

    WRITING = 0
    SPECK = 1
    BORDER = 2
    NOISE = 3
    FAINT = 4
    SMALL = 5

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
}


@dataclass(frozen=True)
class Dropped:
    """A piece of ink that is left out: its box x, y, width, height in the picture, and why, in words."""

    box: tuple[int, int, int, int]
    why: str


@dataclass(frozen=True)
class Found:
    """What is on a page.

    lines: the marks that may be digits, in lines from top to bottom, each from left to right.
    dropped: the pieces of ink that are left out, from top to bottom; empty unless they were asked for.
    """

    lines: list[list[Glyph]]
    dropped: list[Dropped]


def find_glyphs(page: Page, trace: bool = False) -> Found:
    """The marks of a page that may be digits, and, for a trace, what was left out and why."""
    pieces, darkness = find_pieces(page)
    why = judge(pieces, darkness, page)
    kept = np.flatnonzero(why == Why.WRITING)
    groups, small = join_pieces(pieces.boxes[kept])
    why[kept[small]] = Why.SMALL
    labels = np.full(len(pieces), -1)
    for number, group in enumerate(groups):
        labels[kept[group]] = number
    boxes = np.array([surrounding(pieces.boxes[kept[group]]) for group in groups]).reshape(-1, 4)
    owner = np.full(page.ink.shape, -1, np.int32)
    owner.reshape(-1)[pieces.pixels] = labels[pieces.labels]
    lines = [
        [Glyph(draw(page, owner, number, boxes[number]), _in_picture(boxes[number], page)) for number in line]
        for line in reading_order(boxes)
    ]
    out = np.flatnonzero(why != Why.WRITING) if trace else np.zeros(0, np.intp)
    return Found(lines, [Dropped(_in_picture(pieces.boxes[i], page), Why(int(why[i])).words) for i in out])


def find_pieces(page: Page) -> tuple[Components, Floats]:
    """The connected pieces of ink, and how dark each is: the mean of the darker half of its pixels.

    Found twice: first with a low threshold, to learn how dark the ink is at each place; then with a part of just that
    darkness, so that pencil is found beside a marker, and grey ruling lets go of the stroke that crosses it.
    """
    first = find_components(page.ink > max(FAINTEST, SIGMAS * page.noise))
    threshold = np.ones(page.ink.size, np.float32)
    threshold[first.pixels] = EDGE * _darkness(page, first)[first.labels]
    pieces = find_components(page.ink > threshold.reshape(page.ink.shape))
    return pieces, _darkness(page, pieces)


def _darkness(page: Page, pieces: Components) -> Floats:
    ink, labels = page.ink.reshape(-1)[pieces.pixels], pieces.labels
    mean = np.bincount(labels, ink, len(pieces)) / pieces.areas
    dark = ink >= mean[labels]
    labels, ink = labels[dark], ink[dark]
    count = np.maximum(1, np.bincount(labels, minlength=len(pieces)))
    return (np.bincount(labels, ink, len(pieces)) / count).astype(np.float32)


def judge(pieces: Components, darkness: Floats, page: Page) -> NDArray[np.int8]:
    """Why each piece is no part of a digit, as `Why`, (count,) int8: 0 for those that may be one."""
    why = np.zeros(len(pieces), np.int8)
    if not len(pieces):
        return why
    height, width = page.ink.shape
    left, top, right, bottom = pieces.boxes.T
    wide, high = right - left, bottom - top
    speck = np.maximum(wide, high) < max(3, SMALLEST * height)
    cut_off = (left == 0) | (top == 0) | (right == width) | (bottom == height)
    # what goes from border to border is a ruled line, squares, a table's edge or a shadow
    from_side_to_side, from_top_to_bottom = wide >= 0.97 * width, high >= 0.97 * height
    ruled = (from_side_to_side & (high < 0.25 * height)) | (from_top_to_bottom & (wide < 0.25 * width))
    squares = from_side_to_side & from_top_to_bottom
    wider_than_a_digit = wide > 1.4 * high
    furniture = cut_off & (ruled | squares | wider_than_a_digit | _lies_along_border(pieces, page.ink.shape))
    why[darkness <= CLEAR * page.noise] = Why.NOISE
    why[furniture] = Why.BORDER
    why[speck] = Why.SPECK
    strongest = darkness[why == Why.WRITING].max(initial=0)
    why[(why == Why.WRITING) & (darkness < FAINT * strongest)] = Why.FAINT
    return why


def _lies_along_border(pieces: Components, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Which pieces have much of their extent on the picture's border: a stroke that runs out of it does not."""
    height, width = shape
    row, column = np.divmod(pieces.pixels, width)
    on_border = (row == 0) | (row == height - 1) | (column == 0) | (column == width - 1)
    touching = np.bincount(pieces.labels, on_border, len(pieces))
    extent = np.maximum(pieces.boxes[:, 2] - pieces.boxes[:, 0], pieces.boxes[:, 3] - pieces.boxes[:, 1])
    along: NDArray[np.bool_] = touching > 0.3 * extent
    return along


def join_pieces(boxes: Ints) -> tuple[list[list[int]], list[int]]:
    """Pieces that are parts of one digit, as lists of their indices: a 5 and its flag, a 4 and its shaft.

    boxes: (count, 4). The larger pieces come first and smaller ones join them; what stays alone and is too small beside
    the largest is left out: the indices of those are the second result.
    """
    sizes = np.maximum(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1])
    groups: list[list[int]] = []
    around: list[Ints] = []
    for i in np.argsort(-sizes, kind="stable"):
        box, home = boxes[i], None
        for number, other in enumerate(around):
            if _belongs(box, other):
                home = number
                break
        if home is None:
            groups.append([int(i)])
            around.append(box)
        else:
            groups[home].append(int(i))
            around[home] = surrounding(np.stack([around[home], box]))
    largest = max((_high(box) for box in around), default=0)
    large = [max(_high(box), _wide(box)) >= 0.3 * largest for box in around]
    small = [i for group, keep in zip(groups, large, strict=True) if not keep for i in group]
    return [group for group, keep in zip(groups, large, strict=True) if keep], small


def _belongs(box: Ints, other: Ints) -> bool:
    """Whether a smaller piece is a part of the digit in the box `other`."""
    size = max(_high(other), _wide(other))
    gap_x = max(0, box[0] - other[2], other[0] - box[2])
    gap_y = max(0, box[1] - other[3], other[1] - box[3])
    shared = min(box[2], other[2]) - max(box[0], other[0])
    both = surrounding(np.stack([box, other]))
    if _high(both) > 1.35 * size and _high(both) > 1.6 * _wide(both):
        return False
    stacked = shared > 0.5 * min(_wide(box), _wide(other)) and gap_y < 0.2 * size
    small = max(_high(box), _wide(box)) < 0.7 * size and _high(box) < 0.5 * size
    return stacked or (small and gap_x + gap_y < 0.12 * size)


def surrounding(boxes: Ints) -> Ints:
    """The box (4,) around boxes (n, 4)."""
    return np.concatenate([boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)])


def _wide(box: Ints) -> int:
    return int(box[2] - box[0])


def _high(box: Ints) -> int:
    return int(box[3] - box[1])


def reading_order(boxes: Ints) -> list[list[int]]:
    """Indices of boxes (n, 4) in lines from top to bottom, each from left to right; lines may be tilted.

    A line is followed from box to box: the next one belongs to it if the middle of one lies within the height of the
    other.
    """
    left, top, _, bottom = boxes.T
    middle = (top + bottom) / 2
    lines: list[list[int]] = []
    for i in np.argsort(left, kind="stable"):
        last = [line[-1] for line in lines]
        away = [
            abs(middle[i] - middle[j]) if top[j] < middle[i] < bottom[j] or top[i] < middle[j] < bottom[i] else np.inf
            for j in last
        ]
        if away and min(away) < np.inf:
            lines[int(np.argmin(away))].append(int(i))
        else:
            lines.append([int(i)])
    rises = [(middle[b] - middle[a]) / max(1, left[b] - left[a]) for line in lines for a, b in pairwise(line)]
    tilt = float(np.median(rises)) if rises else 0.0
    return sorted(lines, key=lambda line: float(np.mean(middle[line] - tilt * left[line])))


def draw(page: Page, owner: NDArray[np.int32], number: int, box: Ints) -> Floats:
    """The mark whose pixels `owner` (height, width) calls `number`, drawn into 28x28 as MNIST was made."""
    margin = 2
    left, top = np.maximum(box[:2] - margin, 0)
    right, bottom = box[2:] + margin
    ink = page.ink[top:bottom, left:right]
    mine = owner[top:bottom, left:right] == number
    level = ink[mine].mean()
    # the soft edge of a stroke lies outside of its mask, so the mask grows by the margin
    near = mine.astype(np.float32)
    for axis in (0, 1):
        near = running_maximum(near, margin, axis)
    size = max(_high(box), _wide(box))
    floor = max(0.1 * level, 2 * page.noise)
    soft = np.clip((ink - floor) / max(level - floor, 1e-6), 0, 1) * near
    missing_px = THINNEST_PX * size / FITTED_PX - _stroke_width(mine)
    if (reach := round(missing_px / 2)) > 0:
        soft = np.pad(soft, reach)
        for axis in (0, 1):
            soft = running_maximum(soft, reach, axis)
    return _centre(_fit(soft))


def _stroke_width(mask: NDArray[np.bool_]) -> float:
    """The mean width of a stroke, pixels: it has two long sides, so twice its area over the length of its outline."""
    inside = mask[1:-1, 1:-1] & mask[:-2, 1:-1] & mask[2:, 1:-1] & mask[1:-1, :-2] & mask[1:-1, 2:]
    area = int(mask.sum())
    return 2 * area / max(1, area - int(inside.sum()))


def _fit(soft: Floats) -> Floats:
    """The drawing, its paper cut away, with its longer side 20 pixels; the darkest ink is 1.0."""
    from PIL import Image

    rows, columns = (np.flatnonzero(soft.max(axis=axis) > 0.3) for axis in (1, 0))
    soft = soft[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = FITTED_PX / max(soft.shape)
    size = (max(1, round(soft.shape[1] * scale)), max(1, round(soft.shape[0] * scale)))
    fitted = np.array(Image.fromarray(soft).resize(size, Image.Resampling.BILINEAR), np.float32)
    fitted /= fitted.max()
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
    (page_height, page_width), (height, width) = page.ink.shape, page.picture
    left, right = int(box[0] * width // page_width), int(-(-box[2] * width // page_width))
    top, bottom = int(box[1] * height // page_height), int(-(-box[3] * height // page_height))
    return left, top, right - left, bottom - top
