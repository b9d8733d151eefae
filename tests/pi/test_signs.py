import numpy as np
import pytest
from numpy.typing import NDArray

from inkling.signs import dotted, signs_among

Glyph = NDArray[np.float32]
FADING = np.linspace(1, 0.1, 28, dtype=np.float32)[:, None]


def stroke(degrees: float = 0, bow: float = 0, hook: float = 0, width: float = 2) -> Glyph:
    """A glyph of one stroke that leans to the right, is bowed to the left and begins with a hook, pixels."""
    y, x = np.mgrid[:28, :28] - 13.5
    middle = -y * np.tan(np.radians(degrees)) - bow * (1 - (y / 10) ** 2)
    ink = (np.abs(x - middle) <= width / 2) | ((y < -6) & (y > -10) & (x < middle) & (x > middle - hook))
    return np.asarray(ink & (np.abs(y) <= 10), np.float32)


def ring() -> Glyph:
    y, x = np.mgrid[:28, :28] - 13.5
    return np.asarray(np.abs(np.hypot(x / 0.6, y) - 8) < 1.5, np.float32)


def signs(*glyphs: Glyph, tall: float = 1.0, which: int = 1) -> list[str]:
    """The signs among glyphs of digits 40 pixels high, one of which is taller by a factor."""
    boxes = np.array([(50 * i, 100, 50 * i + 25, 140) for i in range(len(glyphs))])
    boxes[which, 3] = 100 + 40 * tall
    return signs_among(boxes, np.array(glyphs))


def test_a_bare_stroke_that_leans_more_than_its_line_and_stands_out_of_it_is_a_slash() -> None:
    assert signs(ring(), stroke(20), ring(), stroke(), tall=1.3) == ["", "a slash", "", ""]


@pytest.mark.parametrize(
    ("one", "others", "tall"),
    [
        pytest.param(stroke(20), stroke(), 1.1, id="as high as its line"),
        pytest.param(stroke(20), stroke(12), 1.3, id="in a line that leans"),
        pytest.param(stroke(-20), stroke(), 1.3, id="leaning to the left"),
        pytest.param(stroke(20, hook=8), stroke(), 1.3, id="with a hook"),
        pytest.param(stroke(20, width=6), stroke(), 1.3, id="too broad to tell"),
    ],
)
def test_a_1_is_no_slash(one: Glyph, others: Glyph, tall: float) -> None:
    assert signs(others, one, others, others, tall=tall) == [""] * 4


def test_of_few_marks_none_leans_more_than_its_line() -> None:
    assert signs(stroke(), stroke(20), stroke(), tall=1.3) == [""] * 3


def test_two_bows_with_something_between_them_are_brackets() -> None:
    opening, closing = stroke(bow=3), stroke(bow=-3)
    assert signs(opening, ring(), closing) == ["a bracket", "", "a bracket"]
    assert signs(ring(), opening, opening, ring(), closing, ring()) == [
        "",
        "a bracket",
        "a bracket",
        "",
        "a bracket",
        "",
    ]
    assert signs(stroke(bow=3, degrees=10), ring(), stroke(bow=-3, degrees=10)) == ["a bracket", "", "a bracket"]


@pytest.mark.parametrize(
    "marks",
    [
        pytest.param([stroke(bow=3), ring(), ring()], id="no partner"),
        pytest.param([stroke(bow=3), stroke(bow=-3), ring()], id="nothing between them"),
        pytest.param([stroke(bow=-3), ring(), stroke(bow=3)], id="turned away from each other"),
        pytest.param([stroke(bow=1), ring(), stroke(bow=-1)], id="hardly bowed"),
        pytest.param([stroke(bow=3, hook=10), ring(), stroke(bow=-3)], id="with a hook"),
        pytest.param([stroke(30) * FADING[::-1], ring(), stroke(30) * FADING], id="straight, of a fading pen"),
        pytest.param([stroke(30) * FADING, ring(), stroke(30) * FADING[::-1]], id="straight, of a pen that darkens"),
    ],
)
def test_a_bow_alone_is_no_bracket(marks: list[Glyph]) -> None:
    assert signs(*marks) == [""] * 3


def test_a_line_of_one_or_two_marks_has_no_signs() -> None:
    assert signs(stroke(30), which=0) == [""]
    assert signs(stroke(bow=3), stroke(bow=-3)) == ["", ""]


@pytest.mark.parametrize(
    ("dot", "expected"),
    [
        pytest.param((110, 150, 116, 156), True, id="under it"),
        pytest.param((122, 150, 128, 156), False, id="beside it, as a comma"),
        pytest.param((110, 90, 116, 96), False, id="over it, as an i's"),
        pytest.param((110, 165, 116, 171), False, id="too far below"),
        pytest.param((108, 144, 124, 160), False, id="too large"),
        pytest.param((110, 150, 112, 152), False, id="a speck"),
        pytest.param((106, 150, 118, 154), False, id="a dash"),
    ],
)
def test_what_stands_over_a_dot_is_told_by_the_dot(dot: tuple[int, int, int, int], expected: bool) -> None:
    marks = np.array([(0, 100, 20, 140), (100, 100, 120, 140)])
    assert dotted(marks, np.array([dot, (300, 0, 306, 6)])).tolist() == [False, expected]


def test_without_dots_or_marks_nothing_is_over_a_dot() -> None:
    none = np.zeros((0, 4), np.intp)
    assert dotted(np.array([(0, 100, 20, 140)]), none).tolist() == [False]
    assert dotted(none, np.array([(0, 0, 6, 6)])).tolist() == []
