import pytest
from hypothesis import given, strategies as st

from inkling.simulation.conditions import CONDITIONS
from inkling.simulation.scoring import Score, in_order, scenes, score


@pytest.mark.parametrize(
    ("written", "read", "right", "false"),
    [
        ("12 345", "12 345", 5, 0),
        ("12 345", "12 3?5", 4, 0),
        ("123", "1723", 3, 1),
        ("123", "321", 1, 2),
        ("1?2", "1?2", 2, 0),
        ("1?2", "182", 2, 1),
        ("", "", 0, 0),
        ("??", "?7", 0, 1),
        ("42", "", 0, 0),
    ],
)
def test_digits_count_that_are_read_in_order_and_others_are_false(
    written: str, read: str, right: int, false: int
) -> None:
    digits = sum(map(str.isdigit, written))
    assert score(written, read) == Score(1, digits, right, false, int(not false))


@given(st.text("0123", max_size=8), st.text("0123", max_size=8))
def test_in_order_is_the_longest_common_subsequence(a: str, b: str) -> None:
    def slow(a: str, b: str) -> int:
        if not a or not b:
            return 0
        return slow(a[1:], b[1:]) + 1 if a[0] == b[0] else max(slow(a[1:], b), slow(a, b[1:]))

    assert in_order(a, b) == slow(a, b) == in_order(b, a)


def test_scores_add_up_and_the_share_is_of_the_digits_or_of_the_pictures_without_one() -> None:
    assert Score(1, 4, 3, 1, 0) + Score(1, 6, 6, 0, 1) == Score(2, 10, 9, 1, 1)
    assert (Score(1, 4, 3, 1, 0) + Score(1, 6, 6, 0, 1)).share == 0.9
    assert (Score(1, 0, 0, 2, 0) + Score(1, 0, 0, 0, 1)).share == 0.5
    assert Score().share == 0


def test_a_picture_of_a_condition_is_the_same_whatever_else_is_drawn() -> None:
    few, many = list(scenes("plain", 2, seed=3)), list(scenes("plain", 4, seed=3))
    assert [scene.luma.tobytes() for scene in few] == [scene.luma.tobytes() for scene in many[:2]]
    assert len({scene.luma.tobytes() for scene in many}) == 4
    assert next(scenes("plain", 1, seed=4)).luma.tobytes() != few[0].luma.tobytes()


def test_every_condition_says_what_it_is() -> None:
    assert len(CONDITIONS) >= 20
    assert all(condition.about for condition in CONDITIONS.values())
    assert len({condition.about for condition in CONDITIONS.values()}) == len(CONDITIONS)
