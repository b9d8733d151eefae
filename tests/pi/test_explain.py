"""The picture of why: every stage is on it, it wraps, and it is drawn of any page."""

from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
from PIL import Image, ImageDraw

from inkling.explain import KEPT, LARGE, LEFT_OUT, SMALL, UNSURE, WIDTH_PX, Size, explanation, stacked
from inkling.frames import Luma
from inkling.lettering import fitted, font, plain as in_ascii
from inkling.models import load_model
from inkling.reader import Reader


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader(load_model())


def page(strokes: int, width: int = 640, height: int = 480, grey: int = 40) -> Luma:
    """Upright strokes, as many as wanted, in rows on white paper."""
    picture = Image.new("L", (width, height), 230)
    draw = ImageDraw.Draw(picture)
    for number in range(strokes):
        x, y = 30 + 40 * (number % 15), 40 + 70 * (number // 15)
        draw.line((x, y, x + 3, y + 45), fill=grey, width=5)
    return np.asarray(picture)


def explained(reader: Reader, luma: Luma, size: Size = LARGE) -> Image.Image:
    return explanation(luma, reader.trace(luma), "why", size)


def count(picture: Image.Image, colour: tuple[int, int, int]) -> int:
    return int((np.asarray(picture) == colour).all(axis=2).sum())


def test_kept_ink_has_boxes_and_bars_in_its_colour(reader: Reader) -> None:
    none, one, ten = (explained(reader, page(strokes)) for strokes in (0, 1, 10))
    assert count(none, KEPT) == 0
    assert 0 < count(one, KEPT) < count(ten, KEPT)
    assert count(ten, LEFT_OUT) == 0


def test_marks_that_are_not_sure_have_their_own_colour() -> None:
    picture = explained(Reader(load_model(), unsure=1.0), page(3))
    assert count(picture, UNSURE) > 0
    assert count(picture, KEPT) == 0


def test_what_is_left_out_has_its_own_colour_and_a_list(reader: Reader) -> None:
    luma = page(2).copy()
    luma[200:204, 300:304] = 30
    trace = reader.trace(luma)
    assert [piece.why for piece in trace.found.dropped] == ["a speck"]
    picture = explanation(luma, trace, "why")
    clean = explanation(page(2), reader.trace(page(2)), "why")
    assert count(picture, LEFT_OUT) > 40  # a box of some pixels and a line of text
    assert count(clean, LEFT_OUT) == 0


def test_boxes_are_drawn_where_the_marks_are(reader: Reader) -> None:
    luma = page(0).copy()
    luma[300:400, 500:510] = 30
    [mark] = reader.trace(luma).reading.marks
    stages = np.asarray(explained(reader, luma))[: LARGE.panel]  # glyphs come below
    rows, columns = np.nonzero((stages == KEPT).all(axis=2))
    scale = LARGE.panel / 640
    left = 3 * (LARGE.panel + 2 + LARGE.gap) + LARGE.gap + 1  # of the fourth stage
    assert abs(columns.min() - (left + scale * mark.box[0])) <= 2
    assert abs(columns.max() - (left + scale * (mark.box[0] + mark.box[2]))) <= 8  # its letter may be wider
    assert abs(rows.max() - rows.min() - scale * mark.box[3]) <= LARGE.text + 6  # with its letter above it


@pytest.mark.parametrize("size", [LARGE, SMALL], ids=["large", "small"])
def test_it_is_of_one_width_and_goes_on_below(reader: Reader, size: Size) -> None:
    heights = [explained(reader, page(strokes), size).height for strokes in (1, 15, 31)]
    assert heights == sorted(heights)
    assert heights[2] > heights[1] + 28 * size.pixel
    assert explained(reader, page(60), size).width == WIDTH_PX


def test_of_a_page_full_of_marks_the_last_glyphs_are_only_counted(reader: Reader) -> None:
    few = replace(LARGE, glyphs=11)
    assert explained(reader, page(45), few).height == explained(reader, page(12), few).height
    assert explained(reader, page(45), few).height < explained(reader, page(45)).height


@pytest.mark.parametrize("shape", [(8, 8), (8, 3000), (3000, 8), (1200, 1600)])
@pytest.mark.parametrize("grey", [0, 128, 255])
def test_any_shape_and_any_even_grey_is_drawn(reader: Reader, shape: tuple[int, int], grey: int) -> None:
    picture = explained(reader, np.full(shape, grey, np.uint8))
    assert picture.width == WIDTH_PX
    assert 60 < picture.height < 700


def test_a_strip_is_drawn_larger_than_a_square_would_have_it(reader: Reader) -> None:
    strip = explained(reader, np.full((60, 600), 150, np.uint8))
    assert count(strip, (150, 150, 150)) >= LARGE.strip * LARGE.strip * 60 // 600


def test_noise_and_a_checkerboard_are_drawn(reader: Reader) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (200, 300), dtype=np.uint8)
    board = np.kron(np.indices((20, 30)).sum(axis=0) % 2, np.ones((10, 10))).astype(np.uint8) * 255
    for luma in (noise, board):
        assert explained(reader, luma).width == WIDTH_PX


def test_light_on_dark_says_so(reader: Reader) -> None:
    luma = page(10)
    upright, turned = explained(reader, luma), explained(reader, 255 - luma)
    left, top = 2 * LARGE.gap + LARGE.panel + 2, LARGE.title + 2 * LARGE.gap
    caption = left, top, left + LARGE.panel, top + LARGE.text + 4  # of the second stage
    plain, said = (count(picture.crop(caption), (255, 255, 255)) for picture in (upright, turned))
    assert said < plain - 100  # more letters


def test_explanations_are_stacked_into_one_png(reader: Reader) -> None:
    pictures = [explained(reader, page(strokes), SMALL) for strokes in (0, 5)]
    with Image.open(BytesIO(stacked(pictures))) as whole:
        assert whole.format == "PNG"
        assert whole.size == (WIDTH_PX, sum(picture.height for picture in pictures))
        shown = np.asarray(whole)
    assert np.array_equal(shown[: pictures[0].height - 4], np.asarray(pictures[0])[:-4])
    assert np.array_equal(shown[pictures[0].height + 4 :], np.asarray(pictures[1])[4:])  # below the line


@pytest.mark.parametrize("title", ["x" * 500, "été 数字.png", ""])
def test_any_title_can_be_drawn(reader: Reader, title: str) -> None:
    assert explanation(page(1), reader.trace(page(1)), title).width == WIDTH_PX


def test_long_text_loses_its_beginning() -> None:
    text = fitted("/a/long/way/to/photo.jpg", 16, 120)
    assert text.startswith("...")
    assert text.endswith("photo.jpg")
    assert font(16).getlength(text) <= 120
    assert fitted("photo.jpg", 16, 120) == "photo.jpg"
    assert in_ascii("é7") == "?7"
