"""Shows in a terminal what is seen and what is read: the picture, the glyph, ten bars and the answer.

All but `print_glyphs` are pure: they return lines, none wider than it may be once its colours are taken away.
"""

from __future__ import annotations

import re
import shutil
import sys
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import zip_longest
from math import ceil
from typing import TYPE_CHECKING, Any, NamedTuple, TextIO

from .terminal import EIGHTHS, HALF_BLOCK, RESET, Style, percent, style_of

if TYPE_CHECKING:  # a command that shows nothing does not wait for NumPy
    import numpy as np
    from numpy.typing import NDArray

    from inkling.frames import Luma

Box = tuple[int, int, int, int, str]  # x, y, width and height in pixels, and a label


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """What is seen and read in one frame.

    luma: uint8 of shape (height, width), 0 black and 255 white.
    boxes: of the digits found in `luma`, with what they are read as.
    glyph: float32 of shape (28, 28), ink 1.0 and paper 0.0.
    probabilities: of shape (10,), of the digits 0 to 9.
    text: the answer; a mark that is not surely a digit stands in it as `?`.
    confidence: in the answer, 0 to 1.
    status: one line about the frame, such as its number.
    """

    luma: Luma
    boxes: tuple[Box, ...] = ()
    glyph: NDArray[np.float32] | None = None
    probabilities: NDArray[np.floating[Any]] | None = None
    text: str = ""
    confidence: float | None = None
    status: str = ""


def screen(view: View, size: tuple[int, int], style: Style = Style.COLOUR) -> list[str]:
    """Return lines that show `view` on a terminal of `size`, which is (columns, lines).

    On the left stands the picture, below it the answer and the status; on the right the glyph and the bars. What
    there is no room for is left out, the answer last.
    """
    columns, rows = size
    side = _side(view, columns - _MIN_LEFT_COLUMNS - _GAP, rows, style)
    if side is None:
        return _left(view, columns, rows, style)
    left_columns = min(columns - _GAP - side.width, _MAX_LEFT_COLUMNS)
    left = _left(view, left_columns, rows, style)
    return [_padded(a, left_columns + _GAP) + b for a, b in zip_longest(left, side.lines, fillvalue="")]


def picture_cells(
    luma: Luma, columns: int, rows: int, style: Style = Style.COLOUR, boxes: Sequence[Box] = ()
) -> list[str]:
    """Return `luma`, uint8 of shape (height, width), as `rows` lines of `columns` characters, with its `boxes`.

    A character is two pixels, one above the other. In plain style it is one, and the denser, the more ink it is.
    """
    pixels = _shrunk(luma, columns, rows * _pixels_per_row(style))
    return _cells(_contrast(pixels) if style is Style.PLAIN else pixels, luma.shape, style, boxes)


def glyph_cells(glyph: NDArray[np.float32] | None, style: Style = Style.COLOUR) -> list[str]:
    """Return `glyph`, of shape (28, 28), as 14 lines of 28 characters; where there is none, an empty one."""
    import numpy as np

    ink = np.zeros((28, 28)) if glyph is None else np.clip(np.nan_to_num(glyph), 0.0, 1.0)
    shade = 1.0 - ink if style is Style.PLAIN else ink
    luma = np.rint(255 * shade).astype(np.uint8)
    return _cells(_shrunk(luma, 28, 14 * _pixels_per_row(style)), luma.shape, style)


def print_glyphs(glyphs: Sequence[NDArray[np.float32]], stream: TextIO | None = None) -> None:
    """Print glyphs, as for `glyph_cells`, on a stream (stdout), as many side by side as the terminal is wide."""
    stream = stream or sys.stdout
    style = style_of(stream) if stream.isatty() else Style.PLAIN
    per_row = max(1, (shutil.get_terminal_size().columns + _GAP) // (28 + _GAP))
    for start in range(0, len(glyphs), per_row):
        for lines in zip(*(glyph_cells(glyph, style) for glyph in glyphs[start : start + per_row]), strict=True):
            print((" " * _GAP).join(lines), file=stream)


def bars(
    probabilities: NDArray[np.floating[Any]] | Sequence[float] | None, columns: int, style: Style = Style.COLOUR
) -> list[str]:
    """Return ten lines of `columns` characters, 9 or more, as `3 ██████▌   87 %`; the likeliest digit stands out."""
    import numpy as np

    shares = np.zeros(10) if probabilities is None else np.clip(np.nan_to_num(probabilities), 0.0, 1.0)
    width = columns - len("3   99 %")
    lines = []
    for digit, share in enumerate(shares.tolist()):
        shown = "" if probabilities is None else percent(share)
        colour = _SURE if share > 0 and digit == shares.argmax() else _FAINT
        lines.append(_painted(f"{digit} {_bar(share, width, style)} {shown:>5}", colour, style))
    return lines


# Everything below draws one part of the screen.

_ESCAPE = re.compile(r"\x1b\[[0-9;]*m")
_SURE, _UNSURE, _FAINT = "1;32", "1;33", "2"

_DENSITIES = " .:-=+*#%@"
_GREEN = 256  # stands among the greys 0 to 255
_FRAME = "|"

_GAP = 2
_MIN_LEFT_COLUMNS, _MIN_PICTURE_ROWS = 24, 6
_MAX_LEFT_COLUMNS = 80  # more is slow to draw on a Pi Zero, and no clearer

_FONT = (
    "###  #  ### ### # # ### ### ### ### ### ###",
    "# # ##    #   # # # #   #     # # # # #   #",
    "# #  #  ###  ## ### ### ###  #  ### ###  ##",
    "# #  #  #     #   #   # # #  #  # #   #    ",
    "### ### ### ###   # ### ###  #  ### ###  # ",
)
_FONT_CHARACTERS = "0123456789?"


class _Block(NamedTuple):
    width: int
    lines: list[str]


def _left(view: View, columns: int, rows: int, style: Style) -> list[str]:
    """Return the picture with answer and status below it, in at most `rows` lines."""
    status = _painted(_cut(view.status, columns, style), _FAINT, style)
    if rows < len(_FONT) + 2:
        return [_answer_in_a_line(view, columns, style), status][:rows]
    below = [*_answer(view, columns, style), "", status]
    room = rows - len(below) - 1
    if columns < _MIN_LEFT_COLUMNS or room < _MIN_PICTURE_ROWS:
        return below
    height, width = view.luma.shape
    scale = min(columns / width, 2 * room / height)  # a character is about twice as high as wide
    fitted = max(1, round(width * scale)), max(1, round(height * scale / 2))
    return [*picture_cells(view.luma, *fitted, style, view.boxes), "", *below]


def _side(view: View, max_columns: int, max_rows: int, style: Style) -> _Block | None:
    """Return as much of glyph and bars as there is room for."""
    glyph = glyph_cells(view.glyph, style)
    wide, narrow = (bars(view.probabilities, columns, style) for columns in (28, 20))
    for block in (
        _Block(28, [*glyph, "", *wide]),
        _Block(28, [*glyph, *wide]),
        _Block(28 + _GAP + 20, [a + " " * _GAP + b for a, b in zip_longest(glyph, narrow, fillvalue="")]),
        _Block(20, narrow),
    ):
        if block.width <= max_columns and len(block.lines) <= max_rows:
            return block
    return None


def _answer(view: View, columns: int, style: Style) -> list[str]:
    """Return the answer and its confidence in five lines, in digits as large as there is room for."""
    confidence = _confidence(view)
    middle = len(_FONT) // 2
    for dot in ("█" * 2, "█"):
        lines = _large(view.text, dot if style is not Style.PLAIN else "#" * len(dot))
        if view.text and len(lines[0]) + _GAP + len(confidence) <= columns:
            painted = [_painted(line, _colour_of(view), style) for line in lines]
            painted[middle] += " " * _GAP + confidence
            return painted
    small = [""] * len(_FONT)
    small[middle] = _answer_in_a_line(view, columns, style)
    return small


def _answer_in_a_line(view: View, columns: int, style: Style) -> str:
    if not view.text:
        return _painted(_cut("no digit in sight", columns, style), _FAINT, style)
    return _painted(_cut(f"{view.text}  {_confidence(view)}", columns, style), _colour_of(view), style)


def _confidence(view: View) -> str:
    return "" if view.confidence is None else percent(view.confidence)


def _colour_of(view: View) -> str:
    return _UNSURE if "?" in view.text else _SURE


def _large(text: str, dot: str) -> list[str]:
    letters = []
    for character in text:
        at = 4 * (_FONT_CHARACTERS.find(character) % len(_FONT_CHARACTERS))  # what is unknown (-1) becomes `?`
        letters.append([" "] * len(_FONT) if character == " " else [row[at : at + 3] for row in _FONT])
    rows = [" ".join(pieces) for pieces in zip(*letters, strict=True)] or [""] * len(_FONT)
    return [row.replace(" ", " " * len(dot)).replace("#", dot) for row in rows]


def _bar(share: float, width: int, style: Style) -> str:
    if style is Style.PLAIN:
        return ("#" * round(share * width)).ljust(width)
    full, eighths = divmod(round(share * width * 8), 8)
    return ("█" * full + EIGHTHS[eighths]).ljust(width)[:width]


def _pixels_per_row(style: Style) -> int:
    return 1 if style is Style.PLAIN else 2


def _shrunk(luma: Luma, columns: int, rows: int) -> Luma:
    """Return the mean of `luma` over each of `rows` by `columns` areas."""
    import numpy as np
    from PIL import Image

    return np.asarray(Image.fromarray(luma).resize((columns, rows), Image.Resampling.BOX))


def _contrast(luma: Luma) -> Luma:
    """Return how far `luma` is from that of the paper, as 255 for the paper and 0 for the clearest of the ink."""
    import numpy as np

    distance = np.abs(luma - np.median(luma))
    contrast: Luma = np.rint(255 * (1 - distance / max(64.0, distance.max()))).astype(np.uint8)
    return contrast


def _cells(luma: Luma, shape: tuple[int, ...], style: Style, boxes: Sequence[Box] = ()) -> list[str]:
    """Return `luma`, which was shrunk from `shape`, as lines; `boxes` are given in pixels of `shape`."""
    import numpy as np

    pixels = luma.astype(np.int16)
    per_row = _pixels_per_row(style)
    labels: dict[tuple[int, int], str] = {}
    scale_y, scale_x = (after / before for after, before in zip(pixels.shape, shape, strict=True))
    for x, y, width, height, label in boxes:
        left, right = max(0, int(x * scale_x) - 1), ceil((x + width) * scale_x)
        top, bottom = max(0, int(y * scale_y) - 1), ceil((y + height) * scale_y)
        inside = pixels[top + 1 : bottom, left + 1 : right].copy()
        pixels[top : bottom + 1, left : right + 1] = _GREEN
        pixels[top + 1 : bottom, left + 1 : right] = inside
        row = max(0, top // per_row - 1)
        labels |= {(row, left + at): character for at, character in enumerate(label) if " " < character <= "~"}
    if style is Style.PLAIN:
        palette = [_DENSITIES[(255 - grey) * len(_DENSITIES) // 256] for grey in range(256)] + [_FRAME]
        rows = enumerate(pixels.tolist())
        return ["".join(labels.get((y, x), palette[grey]) for x, grey in enumerate(row)) for y, row in rows]
    pairs = zip(pixels[::2].tolist(), pixels[1::2].tolist(), strict=True)
    return [_line(upper, lower, row, labels, style) for row, (upper, lower) in enumerate(pairs)]


def _line(upper: list[int], lower: list[int], row: int, labels: Mapping[tuple[int, int], str], style: Style) -> str:
    line, before = [], (-1, -1)
    for column, colours in enumerate(zip(upper, lower, strict=True)):
        label = labels.get((row, column))
        if label:
            colours = (0, _GREEN)
        if colours != before:
            line.append(f"\x1b[38;{_colour(colours[0], style)};48;{_colour(colours[1], style)}m")
            before = colours
        line.append(label or HALF_BLOCK)
    return "".join(line) + RESET


@cache
def _colour(grey: int, style: Style) -> str:
    """Return the SGR parameters, after 38 or 48, of a grey from 0 to 255 or of _GREEN."""
    if style is Style.COLOUR:
        return "2;40;200;80" if grey == _GREEN else f"2;{grey};{grey};{grey}"
    if grey == _GREEN:
        return "5;35"
    step = round(grey / 255 * 25)  # black and white are at 16 and 231; 24 greys between them start at 232
    return f"5;{16 if step == 0 else 231 if step == 25 else 231 + step}"


def _padded(line: str, columns: int) -> str:
    return line + " " * (columns - sum(map(_width, _ESCAPE.sub("", line))))


def _painted(text: str, colour: str, style: Style) -> str:
    return text if style is Style.PLAIN or not text else f"\x1b[{colour}m{text}{RESET}"


def _cut(text: str, columns: int, style: Style) -> str:
    """Return as much of `text` as fits, with `?` for what moves the cursor or cannot be shown."""
    kept = []
    for character in text:
        if not character.isprintable() or (style is Style.PLAIN and not character.isascii()):
            character = "?"
        columns -= _width(character)
        if columns < 0:
            break
        kept.append(character)
    return "".join(kept)


def _width(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
