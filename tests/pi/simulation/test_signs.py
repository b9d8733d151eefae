import numpy as np
import pytest

from inkling.simulation.signs import LETTERS, LOOKALIKES, SIGNS, scribble
from inkling.simulation.strokes import FORMS, trace

ALL_FORMS = [
    pytest.param(form, id=f"{sign} {name}")
    for table in (LETTERS, SIGNS, LOOKALIKES)
    for sign, forms in table.items()
    for name, form in forms.items()
]


def test_no_sign_is_in_two_tables() -> None:
    tables = [set(FORMS), set(LETTERS), set(SIGNS), set(LOOKALIKES)]
    assert sum(map(len, tables)) == len(set.union(*tables))


def test_what_looks_like_a_digit_is_no_letter_and_no_sign() -> None:
    assert set("OlISZBqgbG/") <= set(LOOKALIKES)
    assert len(set(LETTERS) & set("ABCDEFGHIJKLMNOPQRSTUVWXYZ")) >= 15
    assert len(set(LETTERS) & set("abcdefghijklmnopqrstuvwxyz")) >= 15
    assert set("+-×=:/?!.,()*%→") <= set(SIGNS) | set(LOOKALIKES)


@pytest.mark.parametrize("form", ALL_FORMS)
def test_every_form_can_be_traced_and_stays_on_its_line(form: str) -> None:
    points = np.concatenate(trace(form))
    assert points[:, 0].min() > -0.03
    assert points[:, 0].max() < 1.03
    assert points[:, 1].min() > -0.12  # a bracket is a little higher than a digit
    assert points[:, 1].max() < 1.4  # the tail of a p


def test_a_scribble_is_one_long_stroke_that_fills_the_unit_box() -> None:
    rng = np.random.default_rng(0)
    for _ in range(100):
        points = scribble(rng)
        assert points.min(axis=0) == pytest.approx([0, 0])
        assert points.max() == pytest.approx(1)
        assert np.linalg.norm(np.diff(points, axis=0), axis=1).sum() > 1


def test_no_two_scribbles_are_alike_but_the_same_seed_makes_the_same() -> None:
    rng, twin = np.random.default_rng(1), np.random.default_rng(1)
    first, second = scribble(rng), scribble(rng)
    assert first.shape != second.shape or not np.allclose(first, second)
    assert np.array_equal(first, scribble(twin))
