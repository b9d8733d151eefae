import math

import numpy as np
import pytest

from inkling.components import find_components
from inkling.layout import doubts_about, join_pieces, may_be_one, reading_order, writing_size

Box = tuple[int, int, int, int]


def page(rows: list[int], degrees: float, rng: np.random.Generator) -> list[Box]:
    """Boxes of digits about 40 pixels high in rows that are turned, row after row."""
    turn = math.radians(degrees)
    boxes = []
    for row, count in enumerate(rows):
        for place in range(count):
            u, v = 45 * place + rng.uniform(-3, 3), 75 * row + rng.uniform(-4, 4)
            high = rng.uniform(34, 46)
            x, y = u * math.cos(turn) - v * math.sin(turn), u * math.sin(turn) + v * math.cos(turn)
            left, top = 300 + x - rng.uniform(4, 14), 300 + y - high / 2
            boxes.append((round(left), round(top), round(600 + 2 * x - left), round(top + high)))
    return boxes


@pytest.mark.parametrize("degrees", [-25, -20, -12, -5, 0, 5, 12, 20, 25])
@pytest.mark.parametrize("rows", [[3], [6], [2, 3], [5, 4, 6], [4, 4, 4, 4]], ids=str)
@pytest.mark.parametrize("seed", range(3))
def test_lines_of_digits_are_followed_however_they_are_tilted(degrees: float, rows: list[int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    boxes = page(rows, degrees, rng)
    mixed = rng.permutation(len(boxes))
    order = reading_order(np.array(boxes)[mixed])
    ends = np.cumsum(rows)
    expected = [list(range(end - count, end)) for count, end in zip(rows, ends, strict=True)]
    assert [[int(mixed[i]) for i in line] for line in order] == expected


def test_two_marks_one_below_the_other_are_two_lines_and_not_a_tilted_one() -> None:
    assert reading_order(np.array([(100, 50, 120, 90), (200, 95, 220, 135)])) == [[0], [1]]


def test_there_is_no_line_on_an_empty_page() -> None:
    assert reading_order(np.zeros((0, 4), np.intp)) == []
    assert writing_size(np.zeros((0, 4), np.intp)) == 0


def test_the_size_of_the_writing_is_that_of_its_digits_whatever_stands_among_them() -> None:
    digits = [(50 * i, 100, 50 * i + 25, 140) for i in range(8)]
    dots = [(20 * i, 200, 20 * i + 6, 206) for i in range(40)]
    strokes = [(420, 60, 460, 180), (500, 60, 540, 180)]
    assert writing_size(np.array(digits + dots + strokes)) == 40


@pytest.mark.parametrize(
    ("box", "doubt"),
    [
        pytest.param((200, 100, 225, 140), "", id="a digit"),
        pytest.param((200, 118, 203, 155), "", id="a 1"),
        pytest.param((200, 108, 225, 138), "", id="a low digit"),
        pytest.param((200, 118, 230, 122), "wider than a digit", id="a dash"),
        pytest.param((200, 112, 218, 130), "lower than its line", id="a sign"),
        pytest.param((200, 80, 230, 160), "taller than its line", id="a slash"),
    ],
)
def test_what_a_mark_cannot_be_is_told_by_its_line(box: Box, doubt: str) -> None:
    digits = [(50 * i, 100, 50 * i + 25, 140) for i in range(4)]
    assert doubts_about(np.array([*digits, box])) == ["", "", "", "", doubt]


def test_of_few_marks_none_is_too_low_or_too_tall() -> None:
    assert doubts_about(np.array([(0, 100, 25, 140), (50, 130, 60, 145), (90, 60, 110, 150)])) == ["", "", ""]


@pytest.mark.parametrize(
    ("gap", "aside", "marks"),
    [
        pytest.param(10, 10, 1, id="aside and near"),
        pytest.param(13, 0, 1, id="right below, and farther"),
        pytest.param(13, 10, 2, id="aside and farther"),
        pytest.param(18, 0, 2, id="too far"),
    ],
)
def test_a_stroke_that_broke_is_one_mark_and_the_wider_its_gap_the_straighter_it_goes_on(
    gap: int, aside: int, marks: int
) -> None:
    ink = np.zeros((200, 200), np.bool_)
    ink[40:90, 90:110] = ink[90 + gap : 130 + gap, 90 + aside : 110 + aside] = True
    ink[40:140, 20:40] = ink[40:140, 160:180] = True  # the neighbours tell how large the writing is
    pieces = find_components(ink)
    groups, dropped = join_pieces(pieces, np.arange(len(pieces)), 200)
    assert len(groups) == 2 + marks
    assert not dropped


STROKE = (100, 100, 110, 160)


@pytest.mark.parametrize(
    ("other", "are_near"),
    [
        pytest.param((125, 130, 135, 190), True, id="beside it and lower"),
        pytest.param((125, 110, 135, 170), False, id="level with it"),
        pytest.param((135, 130, 145, 190), False, id="too far away"),
        pytest.param((128, 178, 138, 206), False, id="too far away, but only across"),
        pytest.param((111, 162, 211, 172), True, id="below it, and wide"),
        pytest.param((111, 162, 224, 172), False, id="wider than a digit"),
    ],
)
@pytest.mark.parametrize("beside", [[], [(200, 20, 210, 80), (300, 20, 310, 120)]], ids=["alone", "beside larger ones"])
def test_two_strokes_near_each_other_and_not_level_may_be_one_digit(
    other: Box, are_near: bool, beside: list[Box]
) -> None:
    assert wholes_among([STROKE, other, *beside]) == ([(0, 1)] if are_near else [])


def test_two_strokes_of_two_lines_may_be_one_digit_only_if_there_are_no_lines() -> None:
    below = (104, 165, 114, 225)
    assert wholes_among([STROKE, below]) == [(0, 1)]
    assert wholes_among([STROKE, below, (200, 20, 210, 80)]) == []


def test_a_stroke_between_two_may_be_one_with_the_nearer_or_with_both() -> None:
    between, nearer = (123, 130, 133, 190), (139, 155, 149, 195)
    assert wholes_among([STROKE, between]) == [(0, 1)]
    assert wholes_among([STROKE, between, nearer]) == [(0, 1, 2), (1, 2)]


def test_strokes_that_are_wider_together_than_a_digit_are_none() -> None:
    assert wholes_among([(100, 100, 140, 110), (144, 114, 184, 124), (188, 128, 228, 138)]) == []


def wholes_among(boxes: list[Box]) -> list[tuple[int, ...]]:
    """Which of these marks, each its box full of ink, may be one digit."""
    mask = np.zeros((240, 320), bool)
    for left, top, right, bottom in boxes:
        mask[top:bottom, left:right] = True
    pieces = find_components(mask)
    groups = [[pieces.boxes.tolist().index(list(box))] for box in boxes]
    return may_be_one(pieces, groups, np.array(boxes), mask.shape[1])
