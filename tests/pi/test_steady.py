import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from inkling.reader import Mark, Reading
from inkling.steady import AGREEING, WINDOW, Steady


def reading_of(text: str) -> Reading:
    glyph, probabilities = np.zeros((28, 28), np.float32), np.full(10, 0.1, np.float32)
    return Reading(
        tuple(
            tuple(Mark(None if s == "?" else int(s), 0.9, (0, 0, 9, 9), glyph, probabilities) for s in line)
            for line in text.split()
        )
    )


def announcements(frames: str, pages: str = "") -> str:
    """What comes of frames that each read one sign, "." for an empty page: a sign for each frame.

    The sign is what is announced in that frame, "." if what was announced is withdrawn, "-" if nothing changes.
    pages: the name of each frame's page, a sign each.
    """
    steady = Steady()
    signs = []
    for frame, page in zip(frames, pages or " " * len(frames), strict=True):
        changed = steady.update(reading_of(frame.strip(".")), page.strip())
        signs.append((steady.current.text if steady.current else ".") if changed else "-")
    return "".join(signs)


@pytest.mark.parametrize(
    ("frames", "expected"),
    [
        pytest.param("44", "--", id="two frames are not enough"),
        pytest.param("444", "--4", id="three are"),
        pytest.param("444444444", "--4------", id="what is announced is not repeated"),
        pytest.param("4744", "---4", id="one frame of noise delays"),
        pytest.param("47174", "-----", id="two of five are not enough"),
        pytest.param("47194", "-----", id="two of five among noise neither"),
        pytest.param("4719283746", "----------", id="noise says nothing"),
        pytest.param("47144", "----4", id="three of the last five are enough"),
        pytest.param("471944", "------", id="a vote is forgotten after five frames"),
        pytest.param("4447?.444", "--4------", id="a hand passes"),
        pytest.param("44474474447", "--4--------", id="flicker does not change what is announced"),
        pytest.param("4441236", "--4---.", id="what has gone is withdrawn, whatever comes in its place"),
        pytest.param("4447777", "--4---7", id="four of five let another digit take its place"),
        pytest.param("44477477", "--4----7", id="whichever the fifth is"),
        pytest.param("44444447777", "--4-------7", id="however long the first has been there"),
        pytest.param("444....", "--4---.", id="an empty page withdraws it"),
        pytest.param("444...444", "--4------", id="a short gap does not"),
        pytest.param("444....444", "--4---.--4", id="after it was withdrawn it is announced anew"),
        pytest.param("......", "------", id="where nothing was announced nothing is withdrawn"),
        pytest.param("44....", "------", id="nor where it was not settled"),
        pytest.param("???", "--?", id="an unsure mark is announced as such"),
        pytest.param("444????", "--4---?", id="and takes the place of a digit"),
        pytest.param("???4444", "--?---4", id="until it is read"),
        pytest.param("4?4?4", "----4", id="an unsure frame is one vote as any other"),
    ],
)
def test_a_reading_is_announced_when_frames_agree(frames: str, expected: str) -> None:
    assert announcements(frames) == expected


@pytest.mark.parametrize("frames", ["4747474747474747", "44774477447744774477"])
def test_a_reading_that_comes_and_goes_is_not_announced_time_and_again(frames: str) -> None:
    assert len(announcements(frames).replace("-", "")) <= 2


@pytest.mark.parametrize(
    ("frames", "pages", "expected"),
    [
        pytest.param("444444", "aaabbb", "--4--4", id="the same text on another page is announced anew"),
        pytest.param("444444", "aaabaa", "--4---", id="a glance at another page is a new page twice"),
        pytest.param("444777", "aaabbb", "--4--7", id="another text on another page"),
        pytest.param("4444", "aabb", "----", id="votes are not carried over"),
        pytest.param("444444", "aaa   ", "--4--4", id="a page without a name is another page"),
        pytest.param("444...", "aaabbb", "--4---", id="nothing is withdrawn from a page that says nothing"),
        pytest.param("444???777", "aaabbbccc", "--4--?--7", id="page after page"),
    ],
)
def test_a_new_page_is_read_anew(frames: str, pages: str, expected: str) -> None:
    assert announcements(frames, pages).replace(".", "-") == expected


def test_with_a_new_page_the_old_reading_does_not_lie_there_any_more() -> None:
    steady = Steady()
    for _ in range(AGREEING):
        steady.update(reading_of("4"), "a.png")
    assert steady.current is not None
    steady.update(reading_of("4"), "b.png")
    assert steady.current is None


def test_current_is_the_very_reading_that_settled_it() -> None:
    steady = Steady()
    readings = [reading_of("42 7") for _ in range(5)]
    for reading in readings:
        steady.update(reading)
    assert steady.current is readings[AGREEING - 1]


@settings(deadline=None, max_examples=100)
@given(texts=st.lists(st.sampled_from(["4", "7", "?", ""]), max_size=40))
def test_what_is_announced_was_read_in_most_of_the_last_frames(texts: list[str]) -> None:
    steady = Steady()
    announced = ""
    for number, text in enumerate(texts):
        if steady.update(reading_of(text)):
            now = steady.current.text if steady.current else ""
            last = texts[max(0, number + 1 - WINDOW) : number + 1]
            assert now != announced
            assert now == "" or last.count(now) >= AGREEING
            assert announced == "" or last.count(announced) <= 1
            announced = now


@settings(deadline=None, max_examples=100)
@given(frames=st.lists(st.tuples(st.sampled_from(["4", "7", ""]), st.sampled_from("ab")), max_size=40))
def test_update_says_whether_current_has_changed(frames: list[tuple[str, str]]) -> None:
    steady = Steady()
    for text, page in frames:
        before = steady.current
        assert steady.update(reading_of(text), page) == (steady.current is not before)
