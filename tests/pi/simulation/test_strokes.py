import numpy as np
import pytest

from inkling.errors import UsageError
from inkling.simulation.strokes import FORMS, Hand, Polyline, trace, write

ALL_FORMS = [pytest.param(form, id=f"{sign} {name}") for sign in FORMS for name, form in FORMS[sign].items()]


def length(stroke: Polyline) -> float:
    return float(np.linalg.norm(np.diff(stroke, axis=0), axis=1).sum())


def test_every_digit_has_at_least_three_forms() -> None:
    assert "".join(FORMS) == "0123456789"
    assert all(len(set(forms.values())) >= 3 for forms in FORMS.values())


@pytest.mark.parametrize("form", ALL_FORMS)
def test_a_form_fills_the_height_of_the_unit_box_and_does_not_leave_it(form: str) -> None:
    points = np.concatenate(trace(form))
    assert points.min() > -0.03
    assert points.max() < 1.03
    assert np.ptp(points[:, 1]) > 0.9


@pytest.mark.parametrize("form", ALL_FORMS)
def test_every_stroke_of_a_form_leaves_ink_and_moves_in_small_steps(form: str) -> None:
    for stroke in trace(form):
        assert length(stroke) > 0.3
        assert np.linalg.norm(np.diff(stroke, axis=0), axis=1).max() < 0.1


def test_the_way_passes_every_point_that_is_written_down() -> None:
    (stroke,) = trace("10,20 30,40! 50,10 90,80")
    for point in [(0.1, 0.2), (0.3, 0.4), (0.5, 0.1), (0.9, 0.8)]:
        assert np.linalg.norm(stroke - point, axis=1).min() < 1e-12


def test_between_two_points_the_way_is_the_catmull_rom_spline() -> None:
    # Halfway from p1 to p2 it is (-p0 + 9 p1 + 9 p2 - p3) / 16, here (-0 + 9 * 0 + 9 * 1 - 1) / 16 = 0.5 across
    # and (-0 + 9 * 1 + 9 * 1 - 0) / 16 = 1.125 down.
    (stroke,) = trace("0,0 0,100 100,100 100,0")
    assert np.linalg.norm(stroke - (0.5, 1.125), axis=1).min() < 1e-12


def test_an_exclamation_mark_makes_a_corner_between_straight_lines() -> None:
    (sharp,) = trace("0,0 50,0! 50,50")
    (soft,) = trace("0,0 50,0 50,50")
    assert length(sharp) == pytest.approx(1)
    assert length(soft) < 1.05
    assert np.all((np.abs(sharp[:, 1]) < 1e-12) | (np.abs(sharp[:, 0] - 0.5) < 1e-12))
    assert not np.all((np.abs(soft[:, 1]) < 1e-12) | (np.abs(soft[:, 0] - 0.5) < 1e-12))


def test_a_slash_lifts_the_pen() -> None:
    first, second = trace("0,0 50,0 / 50,50 0,50")
    assert first[-1].tolist() == [0.5, 0.0]
    assert second[0].tolist() == [0.5, 0.5]


@pytest.mark.parametrize("sign", FORMS)
def test_what_is_written_begins_at_zero_is_one_high_and_not_much_wider(sign: str) -> None:
    rng = np.random.default_rng(3)
    for _ in range(50):
        points = np.concatenate(write(sign, rng))
        assert points.min(axis=0) == pytest.approx([0, 0])
        assert points[:, 1].max() == pytest.approx(1)
        assert 0 < points[:, 0].max() < 1.3


def test_all_forms_of_a_digit_get_written() -> None:
    rng = np.random.default_rng(0)
    stroke_counts = {len(write("8", rng)) for _ in range(50)}
    assert stroke_counts == {1, 2}


def test_strokes_that_meet_in_the_form_meet_when_written() -> None:
    rng = np.random.default_rng(4)
    of_two_strokes = [strokes for strokes in (write("4", rng) for _ in range(80)) if len(strokes) == 2]
    assert len(of_two_strokes) > 40
    for angle, stem in of_two_strokes:
        assert np.linalg.norm(angle[:, None] - stem, axis=2).min() < 0.05


def test_no_two_digits_are_written_alike_but_the_same_seed_writes_the_same() -> None:
    rng, twin = np.random.default_rng(5), np.random.default_rng(5)
    first, second = np.concatenate(write("1", rng)), np.concatenate(write("1", rng))
    assert first.shape != second.shape or not np.allclose(first, second)
    assert np.array_equal(first, np.concatenate(write("1", twin)))


@pytest.mark.parametrize("sign", ["a", "", "12", "²", "٣"])
def test_a_sign_without_forms_cannot_be_written(sign: str) -> None:
    with pytest.raises(UsageError, match=f"{sign!r}: write one of 0 1 2 3 4 5 6 7 8 9"):
        write(sign, np.random.default_rng(0))


def test_a_hand_writes_a_digit_always_in_its_own_form_and_other_hands_in_others() -> None:
    rng = np.random.default_rng(6)

    def form(hand: Hand) -> tuple[int, ...]:
        return tuple(len(stroke) for stroke in hand.write("7", rng))

    hands = [Hand.by_chance(rng) for _ in range(30)]
    forms = [form(hand) for hand in hands]
    assert forms == [form(hand) for hand in hands]
    assert len(set(forms)) > 3


def test_a_hand_that_leans_leans_in_all_that_it_writes() -> None:
    upright, leaning = (Hand(np.array([[1, 0], [lean, 1]]), 0.0, 0) for lean in (0.0, -0.4))
    for sign in FORMS:
        one, other = (np.concatenate(hand.write(sign, np.random.default_rng(0))) for hand in (upright, leaning))
        # what is 1 lower comes to lie 0.4 farther to the left
        shift = other[:, 0] - one[:, 0] + 0.4 * one[:, 1]
        assert np.ptp(shift) < 1e-12
        assert np.array_equal(one[:, 1], other[:, 1])


def test_a_hand_keeps_the_place_of_a_sign_on_the_line() -> None:
    hand = Hand(np.eye(2), 0.0, 0)
    minus = np.concatenate(hand.write("-", np.random.default_rng(0), {"-": {"straight": "18,50 82,50"}}))
    assert minus[:, 1] == pytest.approx(0.5)
    assert minus[:, 0].min() == pytest.approx(0)
    with pytest.raises(UsageError, match="no pen strokes are known for '-'"):
        hand.write("-", np.random.default_rng(0))
