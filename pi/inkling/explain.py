"""Shows why a picture was read as it was: every stage on the way from the photo to the answers, side by side.

Colours are of Okabe and Ito's set (2008, "Color universal design"), which colour-blind people tell apart too, and none
of them stands alone: what is kept bears its digit, what is left out a letter that a list explains.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np

from .frames import Luma
from .glyphs import GLYPH_PX
from .lettering import fitted, font, plain
from .page import Page
from .pieces import find_pieces
from .reader import Mark, Trace
from .terminal import percent

if TYPE_CHECKING:
    from PIL import Image, ImageDraw

Colour = tuple[int, int, int]
Box = tuple[int, int, int, int]

KEPT, UNSURE, LEFT_OUT = (0, 158, 115), (0, 114, 178), (213, 94, 0)  # bluish green, blue, vermilion
TEXT, FAINT, FRAME, TRACK, PAPER = (30, 30, 30), (110, 110, 110), (200, 200, 200), (232, 232, 232), (255, 255, 255)
WIDTH_PX = 1600
LETTERS = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True)
class Size:
    """How large things are, pixels.

    panel: the longer side of a stage; strip: at most, of one that would be too low otherwise. pixel: one of a glyph's.
    card: the width of a glyph and its bars. text, title: their letters. glyphs: so many of a page are drawn, the rest
    is counted only.
    """

    panel: int
    strip: int
    pixel: int
    card: int
    text: int
    title: int
    glyphs: int
    gap: int = 16


LARGE = Size(
    panel=378, strip=770, pixel=5, card=248, text=16, title=24, glyphs=120
)  # four stages fill a row, or six glyphs
SMALL = Size(panel=224, strip=358, pixel=4, card=184, text=14, title=18, glyphs=31)  # four stages and three glyphs do


def explanation(luma: Luma, trace: Trace, title: str, size: Size = LARGE) -> "Image.Image":
    """The stages of reading a picture, luma uint8 (height, width), below a title; RGB, WIDTH_PX wide.

    First the photo, its light evened out, its ink, and the pieces of ink with their boxes; then why some were left out;
    then each glyph with the bars of the answers. What does not fit in a row goes on in the next.
    """
    return _in_rows(list(_cells(luma, trace, size)), title, size)


def stacked(pictures: Sequence["Image.Image"]) -> bytes:
    """Explanations, one below the other, a line between them; a PNG."""
    from PIL import Image, ImageDraw

    whole = Image.new("RGB", (WIDTH_PX, sum(p.height for p in pictures)), PAPER)
    draw, top = ImageDraw.Draw(whole), 0
    for picture in pictures:
        whole.paste(picture, (0, top))
        if top:
            draw.line((0, top, WIDTH_PX, top), fill=FRAME, width=2)
        top += picture.height
    data = BytesIO()
    whole.save(data, "PNG")
    return data.getvalue()


def _cells(luma: Luma, trace: Trace, size: Size) -> Iterator["Image.Image"]:
    page, marks, dropped = trace.page, trace.reading.marks, trace.found.dropped
    height, width = luma.shape
    yield _panel(luma, f"1. photo, {width} x {height}", size)
    turned = ", dark on light" if page.inverted else ""
    yield _panel(page.evened, f"2. light evened out{turned}", size)
    yield _panel(_ink(page), "3. ink", size)
    letters = {why: LETTERS[i % len(LETTERS)] for i, why in enumerate(dict.fromkeys(piece.why for piece in dropped))}
    boxes = [(piece.box, letters[piece.why], LEFT_OUT) for piece in dropped]
    boxes += [(mark.box, _sign(mark), _colour(mark)) for mark in marks]
    counts = f"{len(marks)} kept" + f", {len(dropped)} left out" * bool(dropped)
    yield _panel(page.evened, f"4. {counts}", size, boxes, luma.shape)
    if dropped:
        reasons = [piece.why for piece in dropped]
        yield _list("left out:", [f"{letter} = {why} ({reasons.count(why)})" for why, letter in letters.items()], size)
    for mark in marks[: size.glyphs]:
        yield _card(mark, size)
    if len(marks) > size.glyphs:
        yield _list(f"and {len(marks) - size.glyphs} glyphs more", [], size)
    if not marks:
        yield _list("nothing is read:", ["all ink was left out" if dropped else "there is no ink"], size)


def _ink(page: Page) -> Luma:
    """The pixels that are ink, uint8 (height, width): black on white."""
    ink = np.full(page.ink.shape, 255, np.uint8)
    ink.reshape(-1)[find_pieces(page)[0].pixels] = 0
    return page.within(ink)


def _sign(mark: Mark) -> str:
    return "?" if mark.digit is None else str(mark.digit)


def _colour(mark: Mark) -> Colour:
    return UNSURE if mark.digit is None else KEPT


def _panel(
    pixels: Luma, caption: str, size: Size, boxes: Sequence[tuple[Box, str, Colour]] = (), shape: Sequence[int] = ()
) -> "Image.Image":
    """One stage: a caption above a picture, with boxes if there are any.

    boxes: each x, y, width, height in pixels of a picture of this shape (height, width), with a sign and a colour.
    """
    from PIL import Image, ImageDraw

    high, wide = pixels.shape
    scale = min(size.strip, max(1, (wide / high / 2) ** 0.5) * size.panel) / max(pixels.shape)
    height, width = max(1, round(high * scale)), max(1, round(wide * scale))
    shown = Image.fromarray(pixels)
    if scale < 1:
        shown = shown.resize((width, height), Image.Resampling.BOX)
        if len(np.unique(pixels)) == 2:  # a mask: thin strokes would fade
            shown = shown.point([round(255 * (grey / 255) ** 2) for grey in range(256)])
    else:
        shown = shown.resize((width, height), Image.Resampling.NEAREST)
    if shape:  # paler, so that the boxes stand out
        shown = shown.point([255 - (255 - grey) // 2 for grey in range(256)])
    top = size.text + 8
    letters = font(size.text)
    cell = Image.new("RGB", (max(width + 2, round(letters.getlength(caption)) + 1), top + height + 2), PAPER)
    draw = ImageDraw.Draw(cell)
    draw.text((0, 0), caption, fill=TEXT, font=letters)
    cell.paste(shown.convert("RGB"), (1, top + 1))
    draw.rectangle((0, top, width + 1, top + height + 1), outline=FRAME)
    for box, sign, colour in boxes:
        _draw_box(draw, box, sign, colour, (width / shape[1], height / shape[0]), (1, top + 1), size)
    return cell


def _draw_box(
    draw: "ImageDraw.ImageDraw",
    box: Box,
    sign: str,
    colour: Colour,
    scale: tuple[float, float],
    origin: tuple[int, int],
    size: Size,
) -> None:
    x, y, width, height = box
    left, top = origin[0] + x * scale[0], origin[1] + y * scale[1]
    right, bottom = left + width * scale[0], top + height * scale[1]
    kept = colour != LEFT_OUT
    draw.rectangle((left, top, max(right, left + 1), max(bottom, top + 1)), outline=colour, width=2 if kept else 1)
    if not kept and max(right - left, bottom - top) < size.text / 2:
        return  # of a page full of specks the letters would hide the specks
    letters = font(size.text if kept else size.text - 2)
    at = left + 3, (top - size.text - 2 if top - origin[1] > size.text + 2 else bottom + 1)
    for place in (at, (left + 3, top + 1)):  # below the lowest line there is none
        if place[1] + size.text <= draw.im.size[1]:
            draw.text(place, sign, fill=colour, font=letters, stroke_width=2, stroke_fill=PAPER)
            break


def _list(heading: str, lines: Sequence[str], size: Size) -> "Image.Image":
    from PIL import Image, ImageDraw

    letters = font(size.text)
    width = max(size.card, *(round(letters.getlength(line)) for line in (heading, *lines)))
    step = size.text + 6
    cell = Image.new("RGB", (width, step * (1 + len(lines)) + 4), PAPER)
    draw = ImageDraw.Draw(cell)
    draw.text((0, 0), heading, fill=TEXT, font=letters)
    for number, line in enumerate(lines, 1):
        draw.text((0, number * step), line, fill=LEFT_OUT if heading == "left out:" else FAINT, font=letters)
    return cell


def _card(mark: Mark, size: Size) -> "Image.Image":
    """A glyph and beside it the bars of the answers, "?" for no digit, below what was read and how sure that is."""
    from PIL import Image, ImageDraw

    none = max(0.0, 1 - float(mark.probabilities.sum()))
    answers = [*enumerate(mark.probabilities.tolist()), ("?", none)]
    side, row = GLYPH_PX * size.pixel, GLYPH_PX * size.pixel / len(answers)
    small = font(max(11, round(row)))
    _, upper, _, lower = small.getbbox("0")
    centre = (upper + lower) / 2  # below where it is drawn; an anchor is for some of Pillow's fonts only
    top, bars, right = size.title + 6, side + 14, size.card
    cell = Image.new("RGB", (right, top + side + 2), PAPER)
    draw = ImageDraw.Draw(cell)
    draw.text((0, 0), _sign(mark), fill=_colour(mark), font=font(size.title))
    best = int(mark.probabilities.argmax())
    if mark.digit is not None:
        said = percent(mark.confidence)
    elif none > mark.confidence:
        said = f"no digit, {percent(none)}"
    else:
        said = f"perhaps {best}, {percent(mark.confidence)}"
    draw.text((size.title, size.title - size.text), said, fill=TEXT, font=font(size.text))
    glyph = Image.fromarray(np.rint(255 * (1 - np.clip(mark.glyph, 0, 1))).astype(np.uint8))
    cell.paste(glyph.resize((side, side), Image.Resampling.NEAREST).convert("RGB"), (1, top + 1))
    draw.rectangle((0, top, side + 1, top + side + 1), outline=FRAME)
    for place, (answer, probability) in enumerate(answers):
        middle = top + 1 + row * (place + 0.5)
        strongest = probability == max(none, mark.confidence)
        draw.text((bars, middle - centre), str(answer), fill=TEXT if strongest else FAINT, font=small)
        left, high = bars + round(row), row / 2 - 2
        draw.rectangle((left, middle - high, right - 1, middle + high), fill=TRACK)
        if (long := round(probability * (right - 1 - left))) > 0:
            colour = _colour(mark) if strongest else FAINT
            draw.rectangle((left, middle - high, left + long, middle + high), fill=colour)
    return cell


def _in_rows(cells: Sequence["Image.Image"], title: str, size: Size) -> "Image.Image":
    """Pictures from left to right in rows of WIDTH_PX, below a title."""
    from PIL import Image, ImageDraw

    places, left, top, high = [], size.gap, size.title + 2 * size.gap, 0
    for cell in cells:
        if left > size.gap and left + cell.width + size.gap > WIDTH_PX:
            left, top, high = size.gap, top + high + size.gap, 0
        places.append((left, top))
        left, high = left + cell.width + size.gap, max(high, cell.height)
    whole = Image.new("RGB", (WIDTH_PX, top + high + size.gap), PAPER)
    for cell, place in zip(cells, places, strict=True):
        whole.paste(cell, place)
    shown = fitted(plain(title), size.title, WIDTH_PX - 2 * size.gap)
    ImageDraw.Draw(whole).text((size.gap, size.gap), shown, fill=TEXT, font=font(size.title))
    return whole
