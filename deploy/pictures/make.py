"""Makes the pictures beside it: a photo for the demo, and what the README shows of the demo and of other commands.

Run it in an environment with inkling in it: `python deploy/pictures/make.py`.
"""

import re
from contextlib import chdir
from itertools import islice
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from inkling.cameras import SimulatedCamera
from inkling.cli import main
from inkling.console import screen
from inkling.displays import view_of
from inkling.models import shipped_model
from inkling.reader import Reader
from inkling.simulation import paper
from inkling.terminal import EIGHTHS, HALF_BLOCK, Style

HERE = Path(__file__).parent
SIZE = 110, 33  # columns and lines of the terminal that is painted
CELL = 9, 18  # width and height of a character, pixels
FRAME = 344  # of the demo: a bright page with three digits, well settled
Colour = tuple[int, int, int]
GROUND, TEXT = (16, 18, 22), (208, 212, 218)
STYLES = {"0": TEXT, "1;32": (80, 220, 110), "1;33": (240, 200, 80), "2": (130, 136, 146)}


def make_photo(path: Path) -> None:
    """A page with three digits under uneven light, as a camera of 640x480 pixels would see it."""
    rng = np.random.default_rng(12)
    page = paper.draw_page("374", rng, (480, 640))
    light = paper.Light(brightness=190, direction=0.6, falloff=0.5, shadow=0.35, shadow_at=0.1)
    Image.fromarray(paper.photograph(page, light, rng)).save(path, quality=88)


def make_screen(path: Path) -> None:
    """One frame of `inkling demo`, painted as a terminal shows it."""
    frame = next(islice(SimulatedCamera(), FRAME, None))
    reading = Reader(shipped_model()).read(frame.luma)
    paint(screen(view_of(frame, reading, reading, ""), SIZE, Style.COLOUR)).save(path, optimize=True)


def paint(lines: list[str]) -> Image.Image:
    """Lines with the escape sequences of `inkling.console`, as a picture."""
    width, height = CELL
    picture = Image.new("RGB", ((SIZE[0] + 2) * width, (len(lines) + 2) * height), GROUND)
    draw = ImageDraw.Draw(picture)
    font = ImageFont.load_default(0.8 * height)
    for row, line in enumerate(lines, 1):
        column, ink, ground = 1, TEXT, GROUND
        for sequence, text in re.findall(r"\x1b\[([0-9;]*)m|([^\x1b])", line):
            if sequence:
                ink, ground = colours(sequence)
            else:
                paint_cell(draw, font, text, (column * width, row * height), ink, ground)
                column += 1
    return picture


def colours(sequence: str) -> tuple[Colour, Colour]:
    """Ink and ground of an SGR sequence: a named style, or 24-bit colours of both."""
    if sequence in STYLES:
        return STYLES[sequence], GROUND
    numbers = [int(number) for number in sequence.split(";")]
    return (numbers[2], numbers[3], numbers[4]), (numbers[7], numbers[8], numbers[9])


def paint_cell(
    draw: ImageDraw.ImageDraw,
    font: ImageFont.ImageFont | ImageFont.FreeTypeFont,
    text: str,
    at: tuple[int, int],
    ink: Colour,
    ground: Colour,
) -> None:
    """One character: blocks as rectangles, so that they meet without a seam, anything else in letters."""
    (x, y), (width, height) = at, CELL
    draw.rectangle((x, y, x + width - 1, y + height - 1), ground)
    if text == HALF_BLOCK:
        draw.rectangle((x, y, x + width - 1, y + height // 2 - 1), ink)
    elif text in EIGHTHS:
        part = width * EIGHTHS.index(text) // 8
        if part:
            draw.rectangle((x, y, x + part - 1, y + height - 1), ink)
    else:
        draw.text((x + width / 2, y + height / 2), text, ink, font, anchor="mm")


if __name__ == "__main__":
    make_photo(HERE / "page.jpg")
    make_screen(HERE / "demo.png")
    main(["peek", "--all", "--out", str(HERE / "dreams.png")])
    with chdir(HERE):  # the picture names the photo as it is named here
        main(["read", "--explain", "explained.png", "page.jpg"])
    with Image.open(HERE / "explained.png") as picture:
        picture.quantize(128).save(HERE / "explained.png", optimize=True)
