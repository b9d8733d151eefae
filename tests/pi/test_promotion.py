"""Promotion: the test by hand, who is promoted and who is not, and that luck promotes as seldom as it is said to."""

from math import comb

import numpy as np
import pytest

from inkling.errors import DataError
from inkling.lesson import Sampled
from inkling.promotion import (
    ALPHA,
    MARGIN,
    NO_DIGIT,
    VIEWS,
    Judges,
    Tally,
    binomial,
    by_chance,
    judge,
    keeps,
    of_a_night,
    right,
    verdict as verdict_on,
)
from inkling.training import Images
from inknet import Dense, Network, SoftmaxCrossEntropy, SquaredError
from inknet.arrays import Array
from support import patterns


def tally(fixed: int, broken: int, count: int = 5000, gain: int = 1) -> Tally:
    return Tally("digits", count, gain, (gain,) * fixed + (-gain,) * broken)


def reader(answers: Array, classes: int = 10) -> tuple[Network, Array]:
    """A network that answers so to the pictures beside it; an answer of -1 is an even doubt between all."""
    count = len(answers)
    images = np.zeros((count, 28, 28), np.float32)
    images.reshape(count, -1)[np.arange(count), np.arange(count)] = 1
    network = Network([Dense(classes, bias=False)], SoftmaxCrossEntropy())
    for i, answer in enumerate(answers):
        if answer >= 0:
            network.layers[0].values["weight"][answer, i] = 20
    return network, images


LABELS = np.arange(40) % 10


def with_mistakes(*wrong: int) -> Network:
    """Reads the pictures of `reader(LABELS)` right but for these."""
    answers = LABELS.copy()
    answers[list(wrong)] = (answers[list(wrong)] + 1) % 10
    return reader(answers)[0]


def judges(margin: float | None = None) -> Judges:
    return Judges("digits", reader(LABELS)[1], LABELS, margin)


def test_what_coins_would_do_by_hand() -> None:
    # 5 heads of 5: 1 way in 32; 4 or 5 heads of 5: 5 + 1 ways; none at all: certain
    assert by_chance([1] * 5) == pytest.approx(1 / 32)
    assert by_chance([1, 1, -1, 1, 1]) == pytest.approx(6 / 32)
    assert by_chance([-1] * 5) == pytest.approx(1)
    assert by_chance([]) == 1
    # by how much alone changes nothing, if it is the same for all
    assert by_chance([10] * 5) == pytest.approx(1 / 32)
    # one of 3 and two of 1: sums 0 1 1 2 3 4 4 5; for 3 + 1 or more 3 of 8
    assert by_chance([3, 1, -1]) == pytest.approx(3 / 8)
    # for 2 without the heavy one: 2 3 4 4 5
    assert by_chance([-3, 1, 1]) == pytest.approx(5 / 8)


def test_binomials_of_any_size_are_those_of_the_formula() -> None:
    for share in (0.5, 0.3, 0.99):
        exact = [comb(30, k) * share**k * (1 - share) ** (30 - k) for k in range(31)]
        np.testing.assert_allclose(binomial(30, share), exact, rtol=1e-11)
    assert binomial(5000, 0.5).sum() == pytest.approx(1)
    assert binomial(5000, 0.5)[2500] == pytest.approx(comb(5000, 2500) / 2**5000)
    np.testing.assert_array_equal(binomial(3, 1.0), [0, 0, 0, 1])
    np.testing.assert_array_equal(binomial(0, 0.5), [1])


def test_no_loss_means_less_than_the_margin_can_be_shown() -> None:
    # 40 of 5000 differ; a loss of 0.4 % would be 20 more spoiled than set right: 30 of 40, 3 in 4
    tail = [sum(comb(40, k) * 0.75**k * 0.25 ** (40 - k) for k in range(n + 1)) for n in range(41)]
    assert tail[24] <= ALPHA < tail[25]
    assert keeps(tally(16, 24), 0.004)
    assert not keeps(tally(15, 25), 0.004)
    assert keeps(tally(0, 0), 0.004)
    assert keeps(tally(0, 19), 0.004)  # were all that differ spoiled, the margin would not be reached
    assert not keeps(tally(0, 20), 0.004)
    assert keeps(tally(500, 0), 0.004)


def test_a_model_that_reads_more_is_promoted() -> None:
    found = judge(with_mistakes(1, 2, 3, 4, 5), with_mistakes(), [judges(MARGIN)])
    assert found.promoted
    assert found.p == pytest.approx(1 / 32)
    assert (
        found.reason
        == "it is better: of 40 digits, 5 set right and 0 spoiled; luck alone would do as well in 3.1% of cases"
    )
    assert found.tallies == (Tally("digits", 40, 1, (1,) * 5),)


def test_a_lucky_percent_is_not_enough() -> None:
    found = judge(with_mistakes(1, 2, 3, 4), with_mistakes(), [judges()])
    assert not found.promoted
    assert "not surely better" in found.reason
    assert "4 set right and 0 spoiled" in found.reason
    assert "6.2%" in found.reason
    assert not judge(with_mistakes(1, 2, 3, 4, 5, 6), with_mistakes(7), [judges()]).p <= ALPHA


def test_the_same_again_is_not_promoted() -> None:
    found = judge(with_mistakes(1), with_mistakes(1), [judges(MARGIN)])
    assert not found.promoted
    assert "neither better nor worse" in found.reason


def test_what_is_won_on_ones_own_digits_must_not_be_lost_on_mnist() -> None:
    own, mnist = tally(9, 0, 40, VIEWS), tally(10, 40)
    assert by_chance(own.gains + mnist.gains) < ALPHA
    found = verdict_on([own, mnist], [None, MARGIN])
    assert not found.promoted
    assert "may lose too much" in found.reason
    assert "0.40%" in found.reason
    assert verdict_on([own, tally(20, 20)], [None, MARGIN]).promoted


def test_a_few_digits_of_ones_own_are_not_drowned_by_the_chance_of_thousands() -> None:
    assert not verdict_on([tally(6, 0, 30), tally(20, 22)], [None, MARGIN]).promoted
    found = verdict_on([tally(6, 0, 30, VIEWS), tally(20, 22)], [None, MARGIN])
    assert found.promoted
    assert "of 30 digits, 6 read better and 0 worse; of 5000 digits, 20 set right and 22 spoiled" in found.reason


def test_of_models_that_are_equally_good_no_more_than_alpha_are_promoted() -> None:
    rng = np.random.default_rng(0)
    promoted = 0
    for _ in range(2000):
        own = rng.integers(1, VIEWS + 1, 9) * rng.choice([-1, 1], 9)
        promoted += by_chance([*own.tolist(), *rng.choice([-1, 1], 40).tolist()]) <= ALPHA
    assert 0.03 < promoted / 2000 <= 0.055  # 2000 coins of 0.05 fall within 0.0135 of it in 99 of 100 cases


def test_a_digit_shown_in_several_views_is_one_that_is_read_better_or_worse() -> None:
    views = np.stack([reader(LABELS)[1]] * 3)
    views[0, 1] = views[1, 1] = views[0, 2] = 0  # of these nothing is to be seen: an even doubt, which is read as 0
    every = Judges("digits", views, LABELS)
    assert right(with_mistakes(5), every).tolist() == [3, 1, 2, 3, 3, 0, *[3] * 34]  # type: ignore[union-attr]
    (found,) = judge(with_mistakes(1, 2, 5), with_mistakes(0, 5), [every]).tallies
    assert found == Tally("digits", 40, 3, (-3, 1, 2))
    assert (found.fixed, found.broken) == (2, 1)


def test_after_a_night_the_owners_digits_are_shown_deformed_and_mnists_as_they_are() -> None:
    (images, labels), (own, own_labels) = patterns(20, 1), patterns(6, 2)
    test, mine = of_a_night(Images(images, labels), Sampled(own, own_labels))
    assert test.images is images
    assert (len(test), test.margin) == (20, MARGIN)
    assert mine.images.shape == (VIEWS, 6, 28, 28)
    assert not any((view == own).all(axis=(1, 2)).any() for view in mine.images)


def test_what_is_no_digit_is_read_right_by_not_reading_it() -> None:
    labels = np.array([3, 3, NO_DIGIT, NO_DIGIT, NO_DIGIT])
    for classes, answers, expected in (
        (10, [3, 4, 5, -1, 0], [True, False, False, True, False]),
        (11, [3, 10, 5, -1, 10], [True, False, False, True, True]),
    ):
        network, images = reader(np.array(answers), classes)
        np.testing.assert_array_equal(right(network, Judges("marks", images, labels)), expected)


def test_a_digit_counts_also_where_no_digit_is_likelier() -> None:
    network, images = reader(np.array([3]), 11)
    network.layers[0].values["weight"][10, 0] = 25
    assert right(network, Judges("digits", images, np.array([3]))) == [True]


def test_networks_with_ten_answers_and_with_eleven_are_compared() -> None:
    eleven, _ = reader(LABELS, 11)
    assert judge(with_mistakes(1, 2, 3, 4, 5), eleven, [judges()]).promoted


def test_a_model_that_answers_with_no_numbers_is_not_promoted_and_gives_way() -> None:
    heavy = Network([Dense(10)], SquaredError())
    heavy.parameters[:] = np.nan
    good = with_mistakes()
    found = judge(good, heavy, [judges()])
    assert (found.promoted, "NaN" in found.reason) == (False, True)
    assert judge(heavy, good, [judges()]).promoted


def test_without_pictures_there_is_no_verdict() -> None:
    empty = Judges("digits", np.zeros((0, 28, 28), np.uint8), np.zeros(0, np.int64))
    with pytest.raises(DataError, match="no picture to judge"):
        judge(with_mistakes(), with_mistakes(), [empty])
    assert judge(with_mistakes(1), with_mistakes(), [empty, judges()]).tallies == (Tally("digits", 40, 1, (1,)),)
    for images, labels in ((reader(LABELS)[1], LABELS[:5]), (reader(LABELS)[1].reshape(40, 784), LABELS)):
        with pytest.raises(DataError, match=r"images of shape \(40"):
            Judges("digits", images, labels)
