"""Scores, by hand: what was read is aligned with what is written, and every digit has one fate."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

from inkling.reader import Mark, Reading
from inkling.scores import MISSED, NO_DIGIT, REFUSED, Tally, align, calibration_error, is_right, signs

DIGITS, SIGNS = st.text("0123456789", max_size=8), st.text("0123456789?", max_size=8)


def mark(digit: int | None, confidence: float) -> Mark:
    return Mark(digit, confidence, (0, 0, 1, 1), np.zeros((28, 28), np.float32), np.full(10, 0.1, np.float32))


@pytest.mark.parametrize(("unsure", "expected"), [(0.0, "4?2"), (0.7, "4?2"), (0.71, "4??"), (1.0, "???")])
def test_signs_are_digits_and_question_marks_below_the_threshold(unsure: float, expected: str) -> None:
    assert signs(Reading(((mark(4, 0.9),), (mark(None, 0.99), mark(2, 0.7)))), unsure) == expected


@pytest.mark.parametrize(
    ("digits", "read", "right"),
    [
        ("7", "7", True),
        ("7", "7?", False),
        ("7", "?", False),
        ("7", "", False),
        ("42", "42", True),
        ("42", "4?2", True),
        ("42", "24", False),
        ("42", "4", False),
        ("42", "421", False),
        ("", "", True),
        ("", "??", True),
        ("", "?1", False),
    ],
)
def test_a_digit_has_to_be_exact_a_page_in_order_and_a_blank_unanswered(digits: str, read: str, right: bool) -> None:
    assert is_right(digits, read) == right


@pytest.mark.parametrize(
    ("digits", "read", "expected"),
    [
        ("42", "42", "4-4 2-2"),
        ("42", "41", "4-4 2-1"),
        ("42", "4?", "4-4 2-?"),
        ("42", "2", "4- 2-2"),
        ("42", "432", "4-4 -3 2-2"),
        ("42", "4?2", "4-4 -? 2-2"),  # the sign between them
        ("12", "?12?", "-? 1-1 2-2 -?"),
        ("12", "?1", "-? 1-1 2-"),
        ("12", "?2", "1-? 2-2"),
        ("1234", "134", "1-1 2- 3-3 4-4"),
        ("7", "", "7-"),
        ("", "5", "-5"),
    ],
)
def test_digits_are_aligned_with_the_fewest_mistakes(digits: str, read: str, expected: str) -> None:
    assert " ".join(f"{digit}-{sign}" for digit, sign in align(digits, read)) == expected


@given(DIGITS, SIGNS)
def test_an_alignment_has_every_digit_and_every_sign_in_order(digits: str, read: str) -> None:
    pairs = align(digits, read)
    assert "".join(digit for digit, _ in pairs) == digits
    assert "".join(sign for _, sign in pairs) == read
    assert ("", "") not in pairs


@given(SIGNS)
def test_question_marks_beside_the_digits_cost_no_digit(read: str) -> None:
    digits = read.replace("?", "")
    tally = Tally()
    tally.add(digits, read)
    assert tally.read == tally.digits == len(digits)
    assert tally.wrong == tally.refused == tally.missed == tally.false == 0


def test_a_tally_counts_the_fates_of_digits_and_pictures() -> None:
    tally = Tally()
    for digits, read in (("7", "7"), ("7", "1"), ("42", "4?2"), ("305", "3?"), ("", "?"), ("", "88")):
        tally.add(digits, read)
    assert (tally.pictures, tally.right, tally.blank, tally.answered) == (4, 2, 2, 1)
    assert (tally.digits, tally.read, tally.wrong, tally.refused, tally.missed, tally.false) == (7, 4, 1, 1, 1, 2)
    assert tally.confusion[7, 7] == 1
    assert tally.confusion[7, 1] == 1
    assert tally.confusion[[0, 5], REFUSED].sum() == tally.confusion[[0, 5], MISSED].sum() == 1
    assert tally.confusion[NO_DIGIT, 8] == 2
    assert tally.confusion[NO_DIGIT, REFUSED] == 2
    assert tally.confusion.sum() == 11


def test_the_calibration_error_by_hand() -> None:
    # two answers at 0.8, one of them right: 0.3 apart; two at 0.5, both right: 0.5 apart; together 0.4
    probabilities = np.full((4, 10), 0.0)
    probabilities[:2, 3], probabilities[2:, 6] = 0.8, 0.5
    assert calibration_error(probabilities, np.array([3, 4, 6, 6])) == pytest.approx(0.4)
    probabilities[:, :] = 0.0
    probabilities[:, 1] = 1.0
    assert calibration_error(probabilities, np.ones(4, int)) == 0
