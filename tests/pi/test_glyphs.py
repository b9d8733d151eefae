import math
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, ImageDraw

from inkling.components import find_components
from inkling.frames import Luma
from inkling.glyphs import Glyph, find_glyphs
from inkling.page import find_ink
from inkling.simulation.paper import Light, draw_page, photograph

Pen = Callable[[ImageDraw.ImageDraw], None]
Box = tuple[int, int, int, int]

PAPER, INK, FAINT = 210, 50, 175
HEIGHT, WIDTH = 240, 320
MARK = (150, 80, 8, 80)


def bar(x: int, y: int, width: int, height: int, grey: int = INK) -> Pen:
    return lambda sheet: sheet.rectangle((x, y, x + width - 1, y + height - 1), grey)


def line(*points: tuple[int, int], grey: int = INK, width: int = 7) -> Pen:
    return lambda sheet: sheet.line(points, grey, width)


def frame(width: int) -> Pen:
    return lambda sheet: sheet.rectangle((0, 0, WIDTH - 1, HEIGHT - 1), None, 20, width)


def squares(grey: int) -> list[Pen]:
    rows = [line((0, y), (WIDTH, y), grey=grey, width=1) for y in range(10, HEIGHT, 20)]
    columns = [line((x, 0), (x, HEIGHT), grey=grey, width=1) for x in range(10, WIDTH, 20)]
    return rows + columns


def drawn(*pens: Pen) -> Luma:
    """A picture of white paper with what the pens draw on it, one over the other, and a little noise."""
    image = Image.new("L", (WIDTH, HEIGHT), PAPER)
    sheet = ImageDraw.Draw(image)
    for pen in pens:
        pen(sheet)
    luma = np.asarray(image) + np.random.default_rng(0).normal(0, 1.5, (HEIGHT, WIDTH))
    return np.rint(np.clip(luma, 0, 255)).astype(np.uint8)


def glyphs_in(luma: Luma) -> list[Glyph]:
    return [glyph for row in find_glyphs(find_ink(luma)).lines for glyph in row]


def boxes_in(luma: Luma) -> list[list[Box]]:
    return [[glyph.box for glyph in row] for row in find_glyphs(find_ink(luma)).lines]


def resized(luma: Luma, scale: float) -> Luma:
    size = (round(luma.shape[1] * scale), round(luma.shape[0] * scale))
    method = Image.Resampling.BOX if scale < 1 else Image.Resampling.BICUBIC
    return np.asarray(Image.fromarray(luma).resize(size, method))


def is_about(box: Box, other: tuple[float, ...], tolerance: float) -> bool:
    """Whether the four sides of two boxes x, y, width, height are near to each other."""
    (x, y, width, height), (ox, oy, owidth, oheight) = box, other
    sides = (x - ox, y - oy, x + width - ox - owidth, y + height - oy - oheight)
    return max(map(abs, sides)) <= tolerance


@pytest.mark.parametrize("scale", [0.5, 1.0, 2.3, 5.0])
@pytest.mark.parametrize("digits", ["0", "1", "4", "7", "58", "296", "3"])
def test_digits_become_glyphs_as_mnist_made_them(digits: str, scale: float) -> None:
    rng = np.random.default_rng(int(digits))
    sheet = draw_page(digits, rng)
    glyphs = glyphs_in(resized(photograph(sheet, Light(), rng), scale))
    assert len(glyphs) == len(digits)
    for glyph, placed in zip(glyphs, sheet.digits, strict=True):
        x, y, width, height = placed.box
        assert is_about(glyph.box, (x * scale, y * scale, width * scale, height * scale), 4 * max(1, scale))
        assert_is_as_mnist(glyph, width / height)


def assert_is_as_mnist(glyph: Glyph, aspect: float) -> None:
    pixels = glyph.pixels
    assert pixels.shape == (28, 28)
    assert pixels.dtype == np.float32
    assert pixels.min() == 0
    assert pixels.max() == 1
    ys, xs = np.nonzero(pixels > 0.25)
    width, height = int(np.ptp(xs)) + 1, int(np.ptp(ys)) + 1
    assert 19 <= max(width, height) <= 21
    assert width / height == pytest.approx(aspect, abs=0.1)
    mass = pixels / pixels.sum()
    middle_y, middle_x = (float((mass * places).sum()) for places in np.indices(pixels.shape))
    assert abs(middle_y - 13.5) < 1
    assert abs(middle_x - 13.5) < 1
    soft = (pixels > 0.1) & (pixels < 0.9)
    assert soft.sum() > 0.2 * (pixels > 0.1).sum()


@pytest.mark.parametrize(
    ("pen_px", "least", "most"),
    [
        pytest.param(1, 1.5, 3.0, id="hairline"),
        pytest.param(5, 1.5, 3.0, id="pen"),
        pytest.param(20, 3.6, 4.4, id="felt"),
    ],
)
def test_a_thin_stroke_is_drawn_as_thick_as_mnists_and_a_thick_one_as_it_is(
    pen_px: int, least: float, most: float
) -> None:
    [glyph] = glyphs_in(drawn(bar(150, 70, pen_px, 100)))
    thickness_px = glyph.pixels[10:18].sum(axis=1)
    assert thickness_px.min() >= least
    assert thickness_px.max() <= most


@pytest.mark.parametrize("brightness", [40, 80, 150, 230])
@pytest.mark.parametrize("seed", range(3))
def test_on_a_blank_page_there_is_no_glyph(brightness: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    assert find_glyphs(find_ink(photograph(draw_page("", rng), Light(brightness), rng))).lines == []


@pytest.mark.parametrize("luma", [1, 4, 12])
@pytest.mark.parametrize("seed", range(2))
def test_in_the_dark_noise_is_no_glyph(luma: int, seed: int) -> None:
    noise = np.random.default_rng(seed).normal(luma, 1.5, (HEIGHT, WIDTH))
    assert find_glyphs(find_ink(np.rint(np.clip(noise, 0, 255)).astype(np.uint8))).lines == []


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (300, 1), (8, 8), (8, 3000)])
def test_the_smallest_and_the_longest_pictures_have_no_glyph_if_they_are_even(shape: tuple[int, int]) -> None:
    assert find_glyphs(find_ink(np.full(shape, 200, np.uint8))).lines == []


@pytest.mark.parametrize(
    "furniture",
    [
        pytest.param([bar(40, 40, 4, 4)], id="a speck"),
        pytest.param([bar(x, y, 4, 3) for x in range(20, 140, 17) for y in range(10, 230, 40)], id="many specks"),
        pytest.param([line((0, 200), (320, 200), grey=90, width=2)], id="a ruled line"),
        pytest.param([line((0, 200), (320, 190), grey=90, width=2)], id="a ruled line, tilted"),
        pytest.param([line((30, 0), (30, 240), grey=90, width=2)], id="a margin's line"),
        pytest.param([line((0, y), (320, y), grey=FAINT, width=2) for y in range(10, 240, 30)], id="faint ruling"),
        pytest.param(squares(FAINT), id="faint squares"),
        pytest.param(
            [line((0, y), (320, y), grey=90, width=2) for y in (30, 200)]
            + [line((x, 0), (x, 240), grey=90, width=2) for x in (60, 250)],
            id="the lines of a form",
        ),
        pytest.param([line((0, 190), (190, 240), grey=60, width=6)], id="the edge of what covers a corner"),
        pytest.param([bar(0, 0, 20, 240, grey=20)], id="a dark table at the left"),
        pytest.param([bar(0, 220, 320, 20, grey=20)], id="a dark table below"),
        pytest.param([bar(0, 0, 20, 240, grey=20), bar(0, 220, 320, 20, grey=20)], id="a dark table at two sides"),
        pytest.param([lambda sheet: sheet.polygon([(0, 0), (60, 0), (0, 90)], 20)], id="a dark table in a corner"),
        pytest.param([frame(12)], id="a dark table all around"),
        pytest.param([lambda sheet: sheet.ellipse((200, -70, 390, 40), 60)], id="a dark thing that covers a corner"),
        pytest.param([bar(40, 60, 10, 90, grey=185)], id="the other side of the sheet, shining through"),
    ],
)
def test_what_is_no_writing_is_left_out(furniture: list[Pen]) -> None:
    [[box]] = boxes_in(drawn(*furniture, bar(*MARK)))
    assert is_about(box, MARK, 2)


def test_noise_in_the_dark_part_of_a_picture_is_no_writing() -> None:
    luma = drawn(bar(40, 80, 8, 80))
    dark = np.random.default_rng(1).normal(3, 2, (HEIGHT, 120))
    luma[:, 200:] = np.rint(np.clip(dark, 0, 255))
    [[box]] = boxes_in(luma)
    assert is_about(box, (40, 80, 8, 80), 2)


def test_what_is_no_writing_is_left_out_also_where_nothing_is_written() -> None:
    assert boxes_in(drawn(bar(40, 40, 4, 4), bar(0, 0, 20, 240, grey=20))) == []


FIVE = line((130, 60), (125, 100), (160, 105), (170, 130), (150, 155), (120, 150))


@pytest.mark.parametrize(
    "pens",
    [
        pytest.param([FIVE, line((142, 52), (172, 54))], id="a 5 and its flag"),
        pytest.param([FIVE, line((145, 45), (178, 40))], id="a 5 and its flag, some way off"),
        pytest.param(
            [line((130, 60), (120, 110), (175, 110)), line((160, 75), (156, 102))], id="a 4 with an arm apart"
        ),
        pytest.param(
            [line((130, 60), (120, 110), (170, 110)), line((160, 117), (157, 140))], id="a 4 with a foot apart"
        ),
    ],
)
def test_the_pieces_of_a_digit_make_one_glyph(pens: list[Pen]) -> None:
    [[whole]] = boxes_in(drawn(*pens))
    pieces = [box for pen in pens for [box] in boxes_in(drawn(pen))]
    left, top = (min(box[i] for box in pieces) for i in (0, 1))
    right, bottom = (max(box[i] + box[i + 2] for box in pieces) for i in (0, 1))
    assert is_about(whole, (left, top, right - left, bottom - top), 2)


@pytest.mark.parametrize("gap_px", [8, 17, 60])
def test_neighbours_stay_two_glyphs(gap_px: int) -> None:
    one, other = (100, 80, 8, 80), (108 + gap_px, 85, 8, 80)
    [[left, right]] = boxes_in(drawn(bar(*other), bar(*one)))
    assert is_about(left, one, 2)
    assert is_about(right, other, 2)


def test_a_glyph_shows_nothing_of_its_neighbour() -> None:
    left, right = glyphs_in(drawn(line((120, 80), (160, 160)), line((150, 80), (190, 160))))
    [alone] = glyphs_in(drawn(line((120, 80), (160, 160))))
    assert left.box[0] + left.box[2] > right.box[0]
    assert np.abs(left.pixels - alone.pixels).max() < 0.2


@pytest.mark.parametrize("grey", [20, 100, 150, 180])
def test_a_stroke_is_found_from_edge_to_edge_however_faint_its_ink(grey: int) -> None:
    [[box]] = boxes_in(drawn(bar(*MARK, grey=grey)))
    assert is_about(box, MARK, 1)


@pytest.mark.parametrize(("noise", "is_found"), [(0, True), (4, False)], ids=["in good light", "in little light"])
def test_the_faintest_pencil_is_found_where_the_paper_is_clean(noise: float, is_found: bool) -> None:
    luma = drawn(bar(*MARK, grey=round(0.9 * PAPER)))
    grain = np.random.default_rng(1).normal(0, noise, luma.shape)
    boxes = boxes_in(np.rint(np.clip(luma + grain, 0, 255)).astype(np.uint8))
    assert [is_about(box, MARK, 2) for row in boxes for box in row] == [True] * is_found


@pytest.mark.parametrize("grey", [140, 160])
def test_pencil_is_found_beside_a_marker(grey: int) -> None:
    marker, pencil = (100, 80, 12, 80), (200, 80, 5, 80)
    [[first, second]] = boxes_in(drawn(bar(*marker, grey=20), bar(*pencil, grey=grey)))
    assert is_about(first, marker, 2)
    assert is_about(second, pencil, 2)


def test_a_stroke_that_crosses_a_faint_ruled_line_stays_whole() -> None:
    [[box]] = boxes_in(drawn(line((0, 120), (320, 120), grey=FAINT, width=2), bar(*MARK)))
    assert is_about(box, MARK, 3)


@pytest.mark.parametrize("degrees", [-8, -4, 0, 4, 8])
def test_lines_are_read_from_top_to_bottom_and_each_from_left_to_right_also_if_tilted(degrees: float) -> None:
    turn = math.radians(degrees)
    marks = []
    for v, count in (0, 4), (80, 5):
        row = []
        for u in range(0, 50 * count, 50):
            x = 40 + u * math.cos(turn) - v * math.sin(turn)
            y = 55 + u * math.sin(turn) + v * math.cos(turn)
            row.append((round(x), round(y), 8, 45))
        marks.append(row)
    found = boxes_in(drawn(*(bar(*mark) for row in reversed(marks) for mark in reversed(row))))
    assert [len(row) for row in found] == [4, 5]
    for row, expected in zip(found, marks, strict=True):
        assert all(is_about(box, mark, 2) for box, mark in zip(row, expected, strict=True))


@pytest.mark.parametrize("degrees", [-6, 6])
def test_long_tilted_lines_do_not_run_into_each_other(degrees: float) -> None:
    turn = math.radians(degrees)
    sheet = np.full((500, 900), PAPER, np.uint8)
    for v in (0, 80):
        for u in range(0, 12 * 60, 60):
            x = round(100 + u * math.cos(turn) - v * math.sin(turn))
            y = round(200 + u * math.sin(turn) + v * math.cos(turn))
            sheet[y : y + 40, x : x + 6] = INK
    assert [len(row) for row in boxes_in(sheet)] == [12, 12]


@pytest.mark.parametrize(("degrees", "starts"), [(8, (800, 0)), (-8, (0, 800))])
def test_the_upper_of_two_tilted_lines_is_read_first_also_where_it_lies_lower(
    degrees: float, starts: tuple[int, int]
) -> None:
    turn = math.radians(degrees)
    sheet = np.full((400, 1100), PAPER, np.uint8)
    for (v, marks), start in zip([(0, 2), (60, 3)], starts, strict=True):
        for u in range(start, start + 50 * marks, 50):
            x = round(100 + u * math.cos(turn) - v * math.sin(turn))
            y = round(120 + u * math.sin(turn) + v * math.cos(turn))
            sheet[y : y + 40, x : x + 6] = INK
    assert [len(row) for row in boxes_in(sheet)] == [2, 3]


@pytest.mark.parametrize("shape", [(240, 320), (480, 640), (1200, 1600), (1202, 1603), (101, 187), (150, 197)])
def test_a_stroke_that_runs_out_of_the_picture_has_a_box_within_it(shape: tuple[int, int]) -> None:
    height, width = shape
    luma = np.full(shape, PAPER, np.uint8)
    luma[height // 2 :, width // 2 : width // 2 + height // 20] = INK
    [[(x, y, box_width, box_height)]] = boxes_in(luma)
    assert x >= 0
    assert y >= 0
    assert x + box_width <= width
    assert y + box_height <= height


@pytest.mark.parametrize("turns", range(4))
def test_nothing_is_found_in_the_margin_that_a_small_picture_does_not_have(turns: int) -> None:
    half_dark = np.full((20, 12), 230, np.uint8)
    half_dark[:, :4] = INK
    found = find_glyphs(find_ink(np.rot90(half_dark, turns), inverted=True), trace=True)
    [[glyph]] = found.lines
    assert min(glyph.box[2:]) > 0
    assert all(min(dropped.box[2:]) > 0 for dropped in found.dropped)


@pytest.mark.parametrize(
    ("pen", "box", "why"),
    [
        pytest.param(bar(40, 40, 4, 4), (40, 40, 4, 4), "a speck", id="a speck"),
        pytest.param(bar(280, 0, 40, 12), (280, 0, 40, 12), "touches the border", id="the end of something"),
        pytest.param(
            line((0, 200), (320, 190), grey=90, width=2), (0, 189, 320, 12), "a ruled line", id="a ruled line"
        ),
        pytest.param(bar(40, 60, 10, 90, grey=176), (40, 60, 10, 90), "fainter than the rest", id="shining through"),
        pytest.param(bar(40, 60, 15, 15), (40, 60, 15, 15), "smaller than the rest", id="a blot"),
    ],
)
def test_a_trace_tells_what_is_left_out_and_why(pen: Pen, box: Box, why: str) -> None:
    page = find_ink(drawn(pen, bar(*MARK)))
    found = find_glyphs(page, trace=True)
    assert len(found.lines) == 1
    [dropped] = found.dropped
    assert is_about(dropped.box, box, 2)
    assert dropped.why == why
    assert find_glyphs(page).dropped == []


def test_a_digit_is_read_out_of_the_narrow_shadow_that_it_stands_in() -> None:
    def shaded(sheet: ImageDraw.ImageDraw) -> None:
        sheet.polygon([(130, 60), (160, 55), (210, HEIGHT), (180, HEIGHT)], 140)

    found = find_glyphs(find_ink(drawn(shaded, bar(160, 90, 10, 70, grey=30))))
    assert [is_about(glyph.box, (160, 90, 10, 70), 4) for row in found.lines for glyph in row] == [True]
    # alone it may be a stroke that runs out of the picture
    [[box]] = boxes_in(drawn(shaded))
    assert is_about(box, (130, 55, 81, HEIGHT - 55), 4)


def ring(left: int, top: int, right: int, bottom: int, grey: int = INK) -> Pen:
    return lambda sheet: sheet.ellipse((left, top, right, bottom), None, grey, 5)


@pytest.mark.parametrize(
    "around",
    [
        pytest.param(lambda sheet: sheet.rectangle((90, 60, 240, 190), None, INK, 4), id="a frame"),
        pytest.param(lambda sheet: sheet.rectangle((90, 74, 240, 204), None, INK, 4), id="a frame nearer to one side"),
        pytest.param(lambda sheet: sheet.rectangle((130, 84, 226, 180), None, INK, 4), id="a frame close to one side"),
        pytest.param(ring(80, 50, 250, 200), id="a ring"),
        pytest.param(ring(80, 50, 250, 400), id="a ring that runs out of the picture"),
        pytest.param(lambda sheet: sheet.rectangle((90, 60, 240, 190), None, 130, 6), id="a sheet's shadow"),
    ],
)
def test_what_goes_round_a_digit_is_left_out(around: Pen) -> None:
    page = find_ink(drawn(around, bar(160, 90, 8, 70)))
    found = find_glyphs(page, trace=True)
    assert [is_about(glyph.box, (160, 90, 8, 70), 3) for row in found.lines for glyph in row] == [True]
    assert [dropped.why for dropped in found.dropped] == ["goes round what is written"]


def test_a_tight_frame_around_several_digits_is_left_out() -> None:
    digits = [bar(x, 90, 6, 40) for x in (90, 130, 170, 210)]
    [row] = boxes_in(drawn(lambda sheet: sheet.rectangle((70, 84, 240, 135), None, INK, 4), *digits))
    assert [box[0] for box in row] == pytest.approx([90, 130, 170, 210], abs=3)


@pytest.mark.parametrize(
    "within",
    [bar(155, 110, 8, 40, grey=170), bar(158, 126, 10, 10), bar(127, 126, 26, 6), bar(127, 126, 50, 6)],
    ids=["a faint stain", "a speck", "an end that broke off", "a long end"],
)
def test_a_0_stays_whatever_soils_it(within: Pen) -> None:
    boxes = boxes_in(drawn(ring(120, 70, 200, 190), within))
    assert [is_about(box, (120, 70, 81, 121), 3) for row in boxes for box in row].count(True) == 1


def test_marks_whose_boxes_overlap_stay_apart() -> None:
    slash = line((190, 40), (130, 200))
    [row] = boxes_in(drawn(bar(110, 90, 8, 50), slash, bar(190, 100, 8, 50)))
    assert [box[0] for box in row] == pytest.approx([110, 127, 190], abs=4)


@pytest.mark.parametrize("gap_px", [1, 2])
def test_a_stroke_that_broke_is_one_glyph(gap_px: int) -> None:
    upper, lower = line((160, 60), (130, 115)), line((130 - gap_px, 115 + 2 * gap_px), (110, 170))
    [[_]] = boxes_in(drawn(upper, lower))


TWO_IN_HALVES = [line((130, 60), (165, 60), (165, 90)), line((160, 99), (130, 150), (170, 150))]
OPEN_FOUR = [line((140, 60), (120, 120), (160, 120)), line((168, 80), (150, 170))]
BROKEN_SIX = [line((160, 60), (125, 100), (130, 150)), line((137, 150), (165, 140), (160, 105), (137, 115))]


@pytest.mark.parametrize(
    "pens",
    [
        pytest.param(TWO_IN_HALVES, id="a 2 in halves"),
        pytest.param(OPEN_FOUR, id="an open 4"),
        pytest.param(BROKEN_SIX, id="a 6 whose bow stands apart"),
    ],
)
def test_the_strokes_of_a_broken_digit_are_one_glyph(pens: list[Pen]) -> None:
    assert [len(find_glyphs(find_ink(drawn(pen))).lines) for pen in pens] == [1, 1]
    [[_]] = boxes_in(drawn(*pens))


SLANTING_FOUR = [line((135, 60), (110, 120), (142, 106)), line((180, 84), (140, 170))]


def test_the_strokes_of_a_slanting_4_may_be_one_digit_and_level_strokes_are_two() -> None:
    found = find_glyphs(find_ink(drawn(*SLANTING_FOUR)))
    assert [len(row) for row in found.lines] == [2]
    [whole] = found.wholes
    assert whole.strokes == (0, 1)
    assert is_about(whole.glyph.box, (106, 57, 78, 117), 3)
    one, other = (glyph.box for glyph in found.lines[0])
    assert len(find_components(whole.glyph.pixels > 0.5)) == 2
    assert_is_as_mnist(whole.glyph, (other[0] + other[2] - one[0]) / (other[1] + other[3] - one[1]))
    assert strokes_of(bar(30, 120, 8, 80), *SLANTING_FOUR) == [(1, 2)]
    level = find_glyphs(find_ink(drawn(line((145, 60), (110, 160)), line((180, 66), (140, 170)))))
    assert [len(row) for row in level.lines] == [2]
    assert level.wholes == []


def strokes_of(*pens: Pen) -> list[tuple[int, ...]]:
    return [whole.strokes for whole in find_glyphs(find_ink(drawn(*pens))).wholes]


def test_three_strokes_may_be_one_digit_and_the_nearest_two_of_them() -> None:
    third = line((197, 126), (166, 211))
    assert strokes_of(*SLANTING_FOUR, third) == [(0, 1, 2), (0, 1)]
    steps = [line((60 + 23 * i, 30 + 36 * i), (70 + 23 * i, 60 + 36 * i)) for i in range(5)]
    assert strokes_of(*steps[:4]) == [(0, 1, 2, 3)]
    assert strokes_of(*steps) == []


def test_what_is_far_apart_or_wide_is_not_one_digit() -> None:
    far, wide = line((210, 84), (170, 170)), line((100, 116), (200, 116))
    assert strokes_of(SLANTING_FOUR[0], far) == []
    assert strokes_of(bar(60, 100, 8, 20), wide) == []


def test_two_halves_of_a_page_are_one_digit_only_if_nothing_else_is_written() -> None:
    halves = [line((150, 40), (110, 46), (112, 100)), line((116, 114), (150, 130), (112, 172))]
    assert strokes_of(*halves) == [(0, 1)]
    assert strokes_of(*halves, line((230, 44), (200, 104))) == []


@pytest.mark.parametrize(
    ("pens", "expected"),
    [
        pytest.param([bar(*MARK)], "its only mark", id="one mark"),
        pytest.param(SLANTING_FOUR, "the whole", id="two strokes"),
        pytest.param([bar(60, 80, 8, 80), bar(200, 80, 8, 80)], "nothing", id="two digits"),
        pytest.param([*SLANTING_FOUR, bar(30, 80, 8, 80)], "nothing", id="two strokes and a digit"),
        pytest.param([], "nothing", id="an empty page"),
    ],
)
def test_what_one_digit_is_if_there_is_no_more(pens: list[Pen], expected: str) -> None:
    found = find_glyphs(find_ink(drawn(*pens)))
    marks = [glyph for row in found.lines for glyph in row]
    known: dict[str, list[Glyph] | list[None]] = {
        "its only mark": marks,
        "the whole": [whole.glyph for whole in found.wholes],
        "nothing": [None],
    }
    assert found.one is known[expected][0]


def test_digits_of_lines_that_nearly_touch_stay_apart() -> None:
    digits = [line((x, y), (x + 25, y), (x + 5, y + 50)) for y in (40, 104) for x in (60, 120, 180)]
    assert [len(row) for row in boxes_in(drawn(*digits))] == [3, 3]


def test_a_digit_that_touches_the_lines_of_its_cell_is_cut_free_of_them() -> None:
    cell = [line((0, 30), (320, 34), grey=20, width=12), line((60, 0), (64, 240), grey=20, width=12)]
    [[box]] = boxes_in(drawn(*cell, bar(150, 36, 8, 120, grey=110)))
    assert is_about(box, (150, 40, 8, 116), 5)


def uneven(sheet: ImageDraw.ImageDraw) -> None:
    for y in range(60, 180, 24):
        sheet.rectangle((60, y, 67, y + 5), 30)
        sheet.rectangle((60, y + 6, 67, y + 23), 150)


@pytest.mark.parametrize(
    ("pen", "why"),
    [
        pytest.param(bar(30, 100, 60, 50), "too solid for a stroke", id="a box"),
        pytest.param(lambda sheet: sheet.ellipse((30, 80, 90, 140), INK), "too solid for a stroke", id="a coin"),
        pytest.param(uneven, "too uneven for ink", id="something shaded"),
    ],
)
def test_objects_are_no_writing(pen: Pen, why: str) -> None:
    found = find_glyphs(find_ink(drawn(pen, bar(*MARK))), trace=True)
    [[glyph]] = found.lines
    assert is_about(glyph.box, MARK, 2)
    assert {dropped.why for dropped in found.dropped} == {why}


def test_a_dash_is_doubted_and_a_digit_is_not() -> None:
    glyphs = glyphs_in(drawn(bar(60, 80, 8, 80), bar(110, 118, 40, 6), bar(200, 80, 8, 80)))
    assert [glyph.doubt for glyph in glyphs] == ["", "wider than a digit", ""]


@pytest.mark.parametrize(
    ("width", "doubt", "has_tail"),
    [(75, "", False), (100, "", True), (150, "wider than a digit", True)],
    ids=["a digit", "a digit with a tail", "a flourish"],
)
def test_what_is_wide_may_be_a_digit_with_a_tail(width: int, doubt: str, has_tail: bool) -> None:
    two = line((62, 60), (90, 64), (64, 108), (60 + width, 108))
    [glyph] = glyphs_in(drawn(two))
    assert (glyph.doubt, glyph.has_tail) == (doubt, has_tail)


def test_brackets_about_a_digit_are_doubted() -> None:
    opening = line((72, 70), (62, 95), (60, 120), (62, 145), (72, 170))
    closing = line((228, 70), (238, 95), (240, 120), (238, 145), (228, 170))
    glyphs = glyphs_in(drawn(closing, bar(*MARK), opening))
    assert [glyph.doubt for glyph in glyphs] == ["a bracket", "", "a bracket"]


def test_a_7_over_a_dot_is_doubted_and_one_that_ends_a_sentence_is_not() -> None:
    seven = [line((60, 60), (110, 60), (80, 150)), line((180, 60), (230, 60), (200, 150))]
    under, behind = bar(76, 168, 9, 9), bar(236, 146, 9, 9)
    [row] = find_glyphs(find_ink(drawn(*seven, under, behind))).lines
    assert [glyph.doubt for glyph in row] == ["over a dot", ""]
    [row] = find_glyphs(find_ink(drawn(*seven, bar(76, 168, 9, 9, grey=150)))).lines
    assert [glyph.doubt for glyph in row] == ["", ""]  # a stain is no dot
