import itertools
import json
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

import numpy as np
import pytest
from PIL import Image

from inkling.frames import Luma
from inkling.glyphs import Found, Glyph, Whole
from inkling.models import load_model
from inkling.reader import Mark, Reader, Reading, without_edges, without_text
from inkling.simulation.paper import Light, Sheet, draw_page, drifting_light, photograph
from inknet import Dense, Network, SoftmaxCrossEntropy

T = TypeVar("T")
LIGHTS = (
    Light(),
    Light(brightness=230, direction=2.5),
    Light(brightness=90, direction=4.0, falloff=0.4),
    Light(brightness=150, direction=1.0, shadow=0.4, shadow_at=0.2),
    Light(brightness=50),
)


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader(load_model())


def page_with(digits: str, seed: int = 0) -> Luma:
    rng = np.random.default_rng(seed)
    return photograph(draw_page(digits, rng), Light(), rng)


def mark(digit: int | None, confidence: float = 0.9, box: tuple[int, int, int, int] = (1, 2, 3, 4)) -> Mark:
    return Mark(digit, confidence, box, np.zeros((28, 28), np.float32), np.full(10, 0.1, np.float32))


def share_read_right(reader: Reader, pages: int, seed: int) -> float:
    """Of pages with one to three digits, under one light after the other, the share that is read without a fault."""
    rng = np.random.default_rng(seed)
    right = 0
    for number in range(pages):
        text = "".join(map(str, rng.integers(10, size=1 + number % 3)))
        luma = photograph(draw_page(text, rng), LIGHTS[number % len(LIGHTS)], rng)
        right += reader.read(luma).text == text
    return right / pages


def test_it_reads_pages_under_every_light(reader: Reader) -> None:
    assert share_read_right(reader, pages=100, seed=0) >= 0.95


@pytest.mark.parametrize("change", ["as it is", "light on dark", "half the size", "thrice the size"])
def test_it_reads_a_digit_in_any_size_and_dark_on_light_or_light_on_dark(reader: Reader, change: str) -> None:
    right = 0
    for digit in range(10):
        luma = page_with(str(digit), seed=digit)
        if change == "light on dark":
            luma = 255 - luma
        elif change != "as it is":
            scale = 0.5 if change == "half the size" else 3
            size = (round(luma.shape[1] * scale), round(luma.shape[0] * scale))
            luma = np.asarray(Image.fromarray(luma).resize(size, Image.Resampling.BICUBIC))
        right += reader.read(luma).text == str(digit)
    assert right >= 9


@pytest.mark.parametrize("larger", [1.4, 2.5])
def test_a_sheet_on_a_dark_desk_is_no_chalk_on_a_board(reader: Reader, larger: float) -> None:
    right = 0
    for digit in range(10):
        sheet = page_with(str(digit), seed=digit)
        height, width = sheet.shape
        desk = np.random.default_rng(digit).normal(50, 3, (round(larger * height), round(larger * width)))
        desk[height // 5 :, width // 4 :][:height, :width] = sheet
        right += reader.read(desk.astype(np.uint8)).text == str(digit)
    assert right >= 9


def test_each_stage_is_handed_out_and_light_on_dark_is_looked_at_both_ways(reader: Reader) -> None:
    done: list[str] = []

    def stages(stage: str, work: Callable[[], T]) -> T:
        done.append(stage)
        return work()

    assert reader.read(page_with("4"), stages).text == "4"
    assert done == ["page", "glyphs", "network"]
    assert reader.read(255 - page_with("4"), stages).text == "4"
    assert done == ["page", "glyphs", "network"] * 3


@pytest.mark.parametrize("digit", range(10))
@pytest.mark.parametrize("inverted", [False, True])
def test_a_digit_that_was_cut_out_at_its_borders_is_read(reader: Reader, digit: int, inverted: bool) -> None:
    rng = np.random.default_rng(digit)
    sheet = draw_page(str(digit), rng)
    x, y, width, height = sheet.digits[0].box
    cut = Image.fromarray(photograph(sheet, Light(), rng)[y : y + height, x : x + width])
    cut.thumbnail((20, 20))
    luma = np.asarray(cut)
    reading = reader.read(255 - luma if inverted else luma)
    assert reading.text == str(digit)
    left, top, wide, high = reading.marks[0].box
    assert min(left, top) >= 0
    assert (left + wide <= luma.shape[1], top + high <= luma.shape[0]) == (True, True)
    assert wide * high > 0.8 * luma.size


def test_lines_are_apart_by_one_space(reader: Reader) -> None:
    rng = np.random.default_rng(3)
    upper, lower = draw_page("42", rng, (120, 320)), draw_page("307", rng, (120, 320))
    both = Sheet(np.vstack([upper.reflectance, lower.reflectance]), ())
    assert reader.read(photograph(both, Light(), rng)).text == "42 307"


def test_a_mark_is_where_its_digit_stands(reader: Reader) -> None:
    rng = np.random.default_rng(1)
    sheet = draw_page("58", rng)
    marks = reader.read(photograph(sheet, Light(), rng)).marks
    assert len(marks) == 2
    for found, placed in zip(marks, sheet.digits, strict=True):
        assert np.abs(np.subtract(found.box, placed.box)).max() <= 8
        assert found.glyph.shape == (28, 28)


def test_the_digit_is_the_likeliest_and_confidence_its_probability(reader: Reader) -> None:
    marks = [found for seed in range(12) for found in reader.read(page_with("394", seed)).marks]
    assert len(marks) == 36
    for found in marks:
        assert found.probabilities.shape == (10,)
        assert found.probabilities.min() >= 0
        assert 0.3 < found.probabilities.sum() < 1 + 1e-4  # the rest is that of no digit
        assert found.confidence == found.probabilities.max()
        assert found.digit in (None, found.probabilities.argmax())


@pytest.mark.parametrize(("unsure", "expected"), [(1.01, "??"), (0.0, "17")])
def test_below_the_threshold_a_mark_is_not_surely_a_digit(unsure: float, expected: str) -> None:
    reading = Reader(load_model(), unsure=unsure).read(page_with("17", seed=2))
    assert reading.text == expected
    assert [found.digit is None for found in reading.marks] == [sign == "?" for sign in expected]


def test_a_mark_that_is_likelier_no_digit_is_not_surely_one() -> None:
    network = Network([Dense(11)], SoftmaxCrossEntropy(), rng=np.random.default_rng(0))
    network.layers[0].values["bias"][10] = 100
    reading = Reader(network, unsure=1e-9).read(page_with("17", seed=2))
    assert reading.text == "??"
    assert all(found.probabilities.shape == (10,) and found.confidence < 1e-9 for found in reading.marks)


def knows(*, one: float, four: float) -> Network:
    """A network that tells a 1 by the first pixel, a 4 by the second, each with this evidence."""
    network = Network([Dense(10, bias=False)], SoftmaxCrossEntropy())
    for digit, pixel, evidence in ((1, 0, one), (4, 1, four)):
        network.layers[0].values["weight"][digit, pixel] = evidence
    return network


def glyph(pixel: int, box: tuple[int, int, int, int]) -> Glyph:
    return Glyph(np.eye(784, dtype=np.float32)[pixel].reshape(28, 28), box)


STROKES = Found(
    [[glyph(0, (10, 10, 9, 40)), glyph(0, (200, 12, 9, 40))], [glyph(0, (24, 30, 9, 50))]],
    [],
    [Whole((0, 2), glyph(1, (10, 10, 23, 70)))],
)


def test_two_strokes_are_one_digit_if_they_read_surely_as_one() -> None:
    reading = Reader(knows(one=20, four=5)).classify(STROKES)
    assert reading.text == "41"
    assert reading.marks[0].box == (10, 10, 23, 70)
    assert reading.marks[0].glyph is STROKES.wholes[0].glyph.pixels
    unsure = Reader(knows(one=20, four=4)).classify(STROKES)
    assert unsure.text == "11 1"
    assert [len(line) for line in unsure.lines] == [2, 1]


def test_two_strokes_are_two_marks_unless_they_read_surely_as_one() -> None:
    block = np.zeros((28, 28), np.float32)
    block[8:20, 8:20] = 1  # seen from any side, it is much the same
    network = knows(one=20, four=0)
    network.layers[0].values["weight"][4] = 3.8 / 144 * block.reshape(-1)
    found = Found(
        [[glyph(0, (10, 10, 9, 40)), glyph(0, (24, 30, 9, 50))]], [], [Whole((0, 1), Glyph(block, (10, 10, 23, 70)))]
    )
    reading = Reader(network).classify(found)
    assert reading.text == "11"
    assert reading.one is not None
    assert 0.65 < reading.one.confidence < 0.85


def test_two_strokes_that_are_a_1_among_marks_that_are_no_digits_are_an_edge() -> None:
    strange = [glyph(5, (60 * i, 10, 20, 40)) for i in (1, 2, 3)]
    strokes = [glyph(0, (10, 10, 9, 40)), glyph(0, (24, 30, 9, 50))]
    found = Found([[*strokes, *strange]], [], [Whole((0, 1), glyph(0, (10, 10, 23, 70)))])
    assert Reader(knows(one=20, four=4)).classify(found).text == "????"


def test_what_is_not_surely_read_is_looked_at_again() -> None:
    found = Found([[glyph(0, (1, 2, 3, 4))]], [])  # a corner, which its other views do not show
    [surely], [unsurely] = (Reader(knows(one=evidence, four=0)).classify(found).marks for evidence in (4.6, 4))
    assert surely.digit == 1
    assert surely.confidence == pytest.approx(0.917, abs=0.001)
    assert unsurely.digit is None
    assert unsurely.confidence < 0.5


@pytest.mark.parametrize(
    ("pixel", "evidence", "has_tail", "expected"),
    [(1, 7, True, "4"), (1, 6, True, "?"), (1, 6, False, "4"), (0, 9, True, "?"), (0, 9, False, "1")],
    ids=["surely a digit", "not so surely", "as surely, without a tail", "a 1", "a 1 without a tail"],
)
def test_what_is_very_wide_is_a_digit_only_if_it_is_surely_one_and_no_1(
    pixel: int, evidence: float, has_tail: bool, expected: str
) -> None:
    mark = glyph(pixel, (10, 10, 90 if has_tail else 70, 50))
    assert Reader(knows(one=evidence, four=evidence)).classify(Found([[mark]], [])).text == expected


def test_the_most_strokes_that_read_surely_as_one_are_one() -> None:
    three = Whole((0, 1, 2), glyph(1, (10, 10, 60, 70)))
    both = replace(STROKES, wholes=[three, *STROKES.wholes])
    assert Reader(knows(one=20, four=5)).classify(both).text == "4"
    three = Whole((0, 1, 2), glyph(2, (10, 10, 60, 70)))
    both = replace(STROKES, wholes=[three, *STROKES.wholes])
    assert Reader(knows(one=20, four=5)).classify(both).text == "41"


def test_the_only_two_marks_are_also_there_as_one_for_who_knows_that_it_is_one_digit() -> None:
    alone = Found([STROKES.lines[0][:1], STROKES.lines[1]], [], [Whole((0, 1), STROKES.wholes[0].glyph)])
    reader = Reader(knows(one=20, four=4), unsure=0.0)
    reading = reader.classify(alone)
    assert reading.text == "1 1"
    assert reading.one is not None
    assert (reading.one.digit, reading.one.box) == (4, (10, 10, 23, 70))
    assert reading.at(0.1).one is reading.one
    for unsure in (reading.at(0.99), Reader(knows(one=20, four=4), unsure=0.99).classify(alone)):
        assert unsure.one is not None
        assert unsure.one.digit is None
    assert reader.classify(STROKES).one is None
    [[only]] = (single := reader.classify(Found([[glyph(0, (1, 2, 3, 4))]], []))).lines
    assert single.one is only
    assert Reading(()).one is None


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        pytest.param("??????????1", "??????????1", id="few marks"),
        pytest.param("??????? 12345", "??????? 12345", id="many digits"),
        pytest.param("???????? 12?45", "???????? ?????", id="a page of text"),
        pytest.param("????????? 1997", "????????? ????", id="a short line of text"),
        pytest.param("?1??1??? ?????? 12345", "???????? ?????? 12345", id="a number below text"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_what_looks_like_a_digit_among_many_letters_is_none(page: str, expected: str) -> None:
    lines = tuple(tuple(mark(int(sign) if sign.isdigit() else None) for sign in line) for line in page.split())
    assert Reading(without_text(lines)).text == expected


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        pytest.param("1 ??", "? ??", id="edges"),
        pytest.param("?11 ???", "??? ???", id="two"),
        pytest.param("1?", "1?", id="as many signs"),
        pytest.param("17 ???", "17 ???", id="another digit"),
        pytest.param("7 ??", "7 ??", id="a 7"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_a_1_among_marks_that_are_no_digits_may_be_an_edge(page: str, expected: str) -> None:
    lines = tuple(tuple(mark(int(sign) if sign.isdigit() else None) for sign in line) for line in page.split())
    assert Reading(without_edges(lines)).text == expected


def test_edges_are_left_out_of_what_a_higher_threshold_leaves() -> None:
    assert Reading(((mark(1, 0.9), mark(7, 0.8), mark(3, 0.8)),)).at(0.85).text == "???"


def test_a_higher_threshold_refuses_more_and_may_leave_text_alone() -> None:
    line = (*(mark(digit, 0.8) for digit in (1, 2, 3)), *(mark(None) for _ in range(7)), mark(4, 0.9))
    reading = Reading((line, (mark(5, 0.6),)))
    assert reading.at(0.5) == reading
    assert reading.at(0.75).text == "??????????? ?"
    assert Reading((line[:3],)).at(0.85).text == "???"


def test_the_threshold_itself_is_sure(reader: Reader) -> None:
    luma = page_with("6")
    [found] = reader.read(luma).marks
    assert Reader(load_model(), unsure=found.confidence).read(luma).text == "6"
    assert Reader(load_model(), unsure=float(np.nextafter(found.confidence, 2))).read(luma).text == "?"


def test_a_picture_is_read_the_same_each_time_and_left_as_it_is(reader: Reader) -> None:
    luma = page_with("26")
    before = luma.copy()
    luma.setflags(write=False)
    first = reader.read(luma)
    reader.read(page_with("7"))
    assert reader.read(luma).as_json() == first.as_json()
    assert np.array_equal(luma, before)


def test_on_an_empty_page_there_is_nothing_to_read(reader: Reader) -> None:
    reading = reader.read(page_with(""))
    assert reading == Reading(())
    assert reading.text == ""
    assert reading.marks == ()
    assert reading.as_json() == {"text": "", "digits": []}


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        ([[4]], "4"),
        ([[4, 2]], "42"),
        ([[0, None, 7]], "0?7"),
        ([[4, 2], [0]], "42 0"),
        ([[None], [1, 2], [3]], "? 12 3"),
        ([], ""),
    ],
)
def test_the_text_is_the_digits_in_reading_order(lines: list[list[int | None]], text: str) -> None:
    reading = Reading(tuple(tuple(mark(digit) for digit in line) for line in lines))
    assert reading.text == text
    assert [found.digit for found in reading.marks] == [digit for line in lines for digit in line]


def test_json_is_as_its_contract_has_it() -> None:
    reading = Reading(((mark(4, 0.98, (10, 20, 30, 40)), mark(None, 0.3, (50, 20, 5, 40))), (mark(0, 1.0),)))
    assert reading.as_json() == {
        "text": "4? 0",
        "digits": [
            {"digit": 4, "confidence": 0.98, "box": [10, 20, 30, 40]},
            {"digit": None, "confidence": 0.3, "box": [50, 20, 5, 40]},
            {"digit": 0, "confidence": 1.0, "box": [1, 2, 3, 4]},
        ],
    }


@pytest.mark.parametrize(
    ("scale", "box", "expected"),
    [
        (1.0, (10, 20, 30, 40), [10, 20, 30, 40]),
        (2.5, (10, 20, 30, 40), [25, 50, 75, 100]),
        (1.5, (0, 0, 4, 6), [0, 0, 6, 9]),
    ],
)
def test_json_gives_boxes_in_the_pixels_of_a_picture_that_was_reduced(
    scale: float, box: tuple[int, int, int, int], expected: list[int]
) -> None:
    [digit] = Reading(((mark(4, box=box),),)).as_json(scale)["digits"]
    assert digit["box"] == expected
    assert all(type(value) is int for value in digit["box"])


@pytest.mark.parametrize("scale", [1.25, 1.5, 2.4, 2.56])
@pytest.mark.parametrize("x", range(4))
def test_a_mark_at_the_border_of_a_picture_that_was_reduced_has_a_box_within_it(scale: float, x: int) -> None:
    side = 20
    [digit] = Reading(((mark(4, box=(x, x, side - x, side - x)),),)).as_json(scale)["digits"]
    left, top, width, height = digit["box"]
    assert left + width <= round(scale * side)
    assert top + height <= round(scale * side)


def test_json_of_what_was_read_has_plain_types_only(reader: Reader) -> None:
    reading = reader.read(page_with("35"))
    assert json.loads(json.dumps(reading.as_json())) == reading.as_json()
    digits = reading.as_json()["digits"]
    assert len(digits) == 2
    for digit, found in zip(digits, reading.marks, strict=True):
        assert list(digit) == ["digit", "confidence", "box"]
        assert digit["confidence"] == pytest.approx(found.confidence, abs=1e-4)
        assert [type(value) for value in (digit["digit"], digit["confidence"], *digit["box"])] == [int, float] + [
            int
        ] * 4


def test_an_empty_page_says_nothing_whatever_the_light() -> None:
    rng = np.random.default_rng(7)
    lights = list(itertools.islice(drifting_light(rng), 0, 800, 8))
    reader = Reader(load_model())
    texts = [reader.read(photograph(draw_page("", rng), light, rng)).text for light in lights]
    assert sum(map(bool, texts)) <= 1


def test_a_trace_is_the_reading_with_what_was_seen_on_the_way(reader: Reader) -> None:
    luma = page_with("58")
    luma[3:7, 3:7] = 40
    trace = reader.trace(luma)
    assert trace.reading.as_json() == reader.read(luma).as_json()
    assert [glyph.box for line in trace.found.lines for glyph in line] == [mark.box for mark in trace.reading.marks]
    assert ((3, 3, 4, 4), "a speck") in [(dropped.box, dropped.why) for dropped in trace.found.dropped]
    assert trace.page.evened.shape == luma.shape
    assert trace.page.evened[5, 5] < 128 < trace.page.evened[12, 12]
