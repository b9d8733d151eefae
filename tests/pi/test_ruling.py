import math

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from inkling.ruling import Ruling, find_ruling

Mask = NDArray[np.bool_]
Line = tuple[tuple[float, float], tuple[float, float], int]

HEIGHT, WIDTH = 240, 320


def drawn(*lines: Line) -> Mask:
    """A mask with lines, each from a point to a point with a thickness."""
    image = Image.new("1", (WIDTH, HEIGHT))
    sheet = ImageDraw.Draw(image)
    for start, end, thick in lines:
        sheet.line((start, end), 1, thick)
    return np.array(image)


def ruling_in(mask: Mask) -> Ruling:
    ruling = find_ruling(mask)
    assert ruling is not None
    return ruling


STROKE: Line = (150, 70), (170, 170), 8


@pytest.mark.parametrize("degrees", [-12, -3, 0, 1, 5, 12])
@pytest.mark.parametrize("thick", [1, 3, 9])
@pytest.mark.parametrize("upright", [False, True])
def test_a_line_is_taken_off_and_the_stroke_that_crosses_it_stays(degrees: float, thick: int, upright: bool) -> None:
    rise = math.tan(math.radians(degrees)) * WIDTH / 2
    line, stroke = drawn(((-1, 120 - rise), (WIDTH, 120 + rise), thick)), drawn(STROKE)
    if upright:  # the stroke lies now, so it crosses again
        line, stroke = line.T, stroke.T
    ruling = ruling_in(line | stroke)
    assert (ruling.lines & line & ~stroke).sum() > 0.95 * (line & ~stroke).sum()
    assert (ruling.lines & stroke).sum() <= 0.1 * stroke.sum()
    assert not (ruling.lines & ~line & ~stroke).any()


def test_on_squared_paper_only_the_stroke_stays() -> None:
    squares = drawn(
        *(((0, y), (WIDTH, y), 1) for y in range(10, HEIGHT, 20)),
        *(((x, 0), (x, HEIGHT), 1) for x in range(10, WIDTH, 20)),
    )
    stroke = drawn(STROKE)
    left = (squares | stroke) & ~ruling_in(squares | stroke).lines
    assert (left & stroke).sum() > 0.8 * stroke.sum()
    assert (left & ~stroke).sum() < 0.02 * squares.sum()


def test_a_stroke_that_stands_on_a_line_ends_there() -> None:
    line, stroke = drawn(((0, 170), (WIDTH, 170), 6)), drawn(((160, 70), (160, 172), 8))
    left = (line | stroke) & ~ruling_in(line | stroke).lines
    bottom = np.flatnonzero(left.any(axis=1)).max()
    assert 164 <= bottom <= 170
    assert left.sum() > 0.9 * (stroke & ~line).sum()


def test_a_line_may_be_cut_by_the_border_and_end_at_another() -> None:
    level, upright = drawn(((0, 200), (WIDTH, 206), 20)), drawn(((4, 0), (4, 200), 14))
    ruling = ruling_in(level | upright)
    assert (ruling.lines | ~(level | upright)).mean() > 0.99


@pytest.mark.parametrize(
    "stroke",
    [
        pytest.param(((160, 12), (160, 228), 9), id="a 1 that nearly fills the picture"),
        pytest.param(((20, 100), (300, 100), 9), id="a bar that nearly does"),
        pytest.param(((160, 40), (160, 239), 9), id="a stroke that runs out of the picture"),
        pytest.param(((0, 0), (WIDTH, HEIGHT), 9), id="a slanted stroke"),
    ],
)
def test_the_stroke_of_a_digit_is_no_line(stroke: Line) -> None:
    assert find_ruling(drawn(stroke)) is None


def test_a_band_beside_a_line_is_as_wide_again_as_the_line() -> None:
    ruling = ruling_in(drawn(((0, 120), (WIDTH, 120), 9)))
    assert np.flatnonzero(ruling.beside[:, 160]).size == pytest.approx(27, abs=3)
    assert ruling.beside[120].all()


@pytest.mark.parametrize("density", [0.0, 0.3, 0.5])
def test_there_is_no_line_in_noise(density: float) -> None:
    assert find_ruling(np.random.default_rng(0).random((HEIGHT, WIDTH)) < density) is None


@pytest.mark.parametrize("degrees", [-10, -4, 4, 10])
def test_lines_that_are_askew_are_followed_to_where_they_leave_the_picture(degrees: float) -> None:
    turn = math.radians(degrees)
    along, across = (math.cos(turn), math.sin(turn)), (-math.sin(turn), math.cos(turn))
    squares: list[Line] = []
    for (ux, uy), (vx, vy) in ((along, across), (across, along)):
        for k in range(-300, 301, 30):
            x, y = 160 + k * vx, 120 + k * vy
            squares.append(((x - 400 * ux, y - 400 * uy), (x + 400 * ux, y + 400 * uy), 2))
    mask = drawn(*squares)
    assert (mask & ~ruling_in(mask).lines).sum() < 0.05 * mask.sum()
