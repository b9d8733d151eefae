import dataclasses
from itertools import pairwise

import numpy as np
import pytest

from inkling.simulation.conditions import CONDITIONS, Condition
from inkling.simulation.layout import lay_out
from inkling.simulation.writing import Mark, Penned


def lines(condition: str | Condition, seed: int) -> list[list[Mark]]:
    if isinstance(condition, str):
        condition = CONDITIONS[condition]
    return lay_out(condition, np.random.default_rng(seed), None)


def apart(one: Mark, other: Mark) -> float:
    """The least distance between the inks of two marks, in heights of a digit."""
    assert isinstance(one, Penned)
    assert isinstance(other, Penned)
    a, b = np.concatenate(one.strokes), np.concatenate(other.strokes)
    return float(np.linalg.norm(a[:, None] - b, axis=2).min()) - one.width / 2 - other.width / 2


def test_neighbours_that_are_close_nearly_touch_and_never_do() -> None:
    distances = [
        apart(one, other) for seed in range(40) for line in lines("close", seed) for one, other in pairwise(line)
    ]
    assert len(distances) > 60
    assert min(distances) > 0.02
    assert np.median(distances) < 0.15


def test_other_neighbours_have_boxes_that_do_not_touch() -> None:
    for seed in range(20):
        for line in lines("plain", seed):
            for one, other in pairwise(line):
                assert 0.19 < other.outline[:, 0].min() - one.outline[:, 0].max() < 0.51


def test_one_line_lies_below_the_other() -> None:
    for seed in range(10):
        page = lines("lines", seed)
        for upper, lower in pairwise(page):
            assert max(mark.outline[:, 1].max() for mark in upper) < min(mark.outline[:, 1].min() for mark in lower)


def test_a_page_is_written_with_one_pen_unless_pens_are_mixed() -> None:
    for seed in range(10):
        assert len({id(mark.pen) for line in lines("plain", seed) for mark in line}) == 1
    for seed in range(10):
        [line] = lines("pencil-and-marker", seed)
        assert all(one.pen is not other.pen for one, other in pairwise(line))


@pytest.mark.parametrize("seed", range(10))
def test_a_broken_digit_has_more_strokes_or_strokes_that_do_not_meet(seed: int) -> None:
    whole = dataclasses.replace(CONDITIONS["broken"], broken=False, signs=(1, 1))
    [[mark]], [[same]] = lines(dataclasses.replace(whole, broken=True), seed), lines(whole, seed)
    assert isinstance(mark, Penned)
    assert isinstance(same, Penned)
    assert mark.sign == same.sign
    assert len(mark.strokes) >= 2
    if len(same.strokes) == 1:
        first, second = mark.strokes
        gap = np.linalg.norm(first[-1] - second[0]) - mark.width
        assert 0 < gap < 0.2
    else:
        assert not np.allclose(mark.strokes[1] - mark.strokes[0][0], same.strokes[1] - same.strokes[0][0])


def test_a_share_of_the_signs_is_no_digit() -> None:
    signs = [mark.sign for seed in range(60) for line in lines("letters-and-signs", seed) for mark in line]
    assert 0.3 < np.mean([sign not in "0123456789" for sign in signs]) < 0.5
