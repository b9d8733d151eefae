"""A lesson: parts in a row, each shown so often, the owner's samples deformed, and none both learnt and judged by."""

import numpy as np
import pytest

from inkling.errors import DataError
from inkling.lesson import DRAWN, FIRST, SHARE, SHOWN, Lesson, Part, Sampled, beside
from inkling.simulation.outliers import NO_DIGIT
from support import patterns


def some(count: int, first: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Images that all differ, and labels."""
    images = np.zeros((count, 28, 28), np.uint8)
    images[:, 0, 0] = images[:, 1, 1] = np.arange(first, first + count)
    return images, (np.arange(count) % 10).astype(np.uint8)


def test_parts_lie_in_a_row_and_a_small_one_is_shown_again() -> None:
    (first, a), (second, b) = some(5), some(2, first=100)
    lesson = Lesson([Part.of(first, a), Part(second, b, 5)])
    assert len(lesson) == 10
    assert lesson[np.arange(10)][:, 0, 0].tolist() == [0, 1, 2, 3, 4, 100, 101, 100, 101, 100]
    assert lesson.labels.tolist() == [0, 1, 2, 3, 4, 0, 1, 0, 1, 0]
    assert lesson[np.array([9, 4, 6, 0])][:, 1, 1].tolist() == [100, 4, 101, 0]


def test_images_are_not_copied_until_they_are_asked_for() -> None:
    images, labels = some(5)
    lesson = Lesson([Part.of(images, labels)])
    images[3, 0, 0] = 77
    assert lesson[np.array([3])][0, 0, 0] == 77


def test_a_part_of_nothing_takes_no_place() -> None:
    images, labels = some(3)
    lesson = Lesson([Part.of(images[:0], labels[:0]), Part.of(images, labels), Part(images[:0], labels[:0], 4)])
    assert lesson[np.arange(len(lesson))][:, 0, 0].tolist() == [0, 1, 2]


def test_own_digits_and_outliers_stand_beside_the_images() -> None:
    images, labels = patterns(100, seed=0)
    digits, none = beside(images, labels, 0.3, 0.15, np.random.default_rng(5))
    assert (digits.shown, none.shown) == (len(digits.images), len(none.images)) == (15, 30)
    assert digits.labels.max() < NO_DIGIT
    assert set(none.labels) == {NO_DIGIT}


def test_with_less_time_less_is_drawn_and_as_much_shown() -> None:
    images, labels = patterns(200, seed=0)
    digits, none = beside(images, labels, 0.3, 0.2, np.random.default_rng(5), drawn=0.25)
    assert (len(digits.images), digits.shown, len(none.images), none.shown) == (10, 40, 15, 60)
    assert set(none.labels) == {NO_DIGIT}


def test_digits_of_one_kind_alone_have_outliers_beside_them_too() -> None:
    images, _ = patterns(40, seed=0)
    _, none = beside(images, np.full(40, 3, np.uint8), 0.5, 0, np.random.default_rng(5))
    assert len(none.images) == 20


def test_a_sample_is_learnt_or_judged_by_whatever_comes_after_it() -> None:
    images, labels = patterns(300, seed=3)
    every = Sampled(images, labels)
    learn, judge = (known(part) for part in every.hold_back())
    assert not learn & judge
    assert learn | judge == known(every)
    for count in (1, FIRST, 2 * FIRST):
        learn_before, judge_before = (known(part) for part in every.part(np.arange(count)).hold_back())
        assert learn_before <= learn
        assert judge_before <= judge


def test_of_few_samples_more_are_held_back() -> None:
    images, labels = patterns(400, seed=3)
    _, judge = Sampled(images, labels).hold_back()
    assert 70 <= len(judge) <= 130
    few = [len(Sampled(images[at:], labels[at:]).part(np.arange(FIRST)).hold_back()[1]) for at in range(0, 400, FIRST)]
    assert 0.4 < sum(few) / 400 < 0.6


def known(samples: Sampled) -> set[bytes]:
    return {image.tobytes() for image in samples.images}


def test_samples_are_shown_often_and_in_many_ways() -> None:
    images, labels = patterns(3, seed=0)
    part = Sampled(images, labels).deformed(100_000, np.random.default_rng(0))
    drawn = round(DRAWN * SHOWN)
    assert part.shown == 3 * SHOWN
    assert len(np.unique(part.images.reshape(len(part.images), -1), axis=0)) == 3 * drawn
    assert np.bincount(part.labels).tolist() == [drawn] * 3
    ink = part.images.mean(axis=(1, 2)).reshape(drawn, 3)
    np.testing.assert_allclose(ink.mean(axis=0), images.mean(axis=(1, 2)), rtol=0.1)
    # as by other pens, and not only of other sizes
    assert all((np.percentile(ink, 95, axis=0) - np.percentile(ink, 5, axis=0)) > 0.5 * ink.mean(axis=0))


def test_views_of_samples_are_deformed_and_always_alike() -> None:
    images, labels = patterns(3, seed=0)
    views = Sampled(images, labels).views(5)
    assert views.shape == (5, 3, 28, 28)
    assert len(np.unique(views.reshape(15, -1), axis=0)) == 15
    np.testing.assert_array_equal(views, Sampled(images, labels).views(5))
    np.testing.assert_allclose(views.mean(axis=(0, 2, 3)), images.mean(axis=(1, 2)), rtol=0.2)
    assert Sampled(images[:0], labels[:0]).views(5).shape == (5, 0, 28, 28)


def test_what_is_learnt_is_bent_farther_than_what_is_judged_by() -> None:
    line = np.zeros((1, 28, 28), np.uint8)
    line[0, 6:22, 12:16] = 255
    sample = Sampled(line, np.ones(1, np.uint8))
    learnt = sample.deformed(100_000, np.random.default_rng(0)).images
    judged = sample.views(len(learnt))[:, 0]
    rows = np.arange(28) - 13.5
    along, across = rows[:, None], np.broadcast_to(rows, (28, 28))

    def leaning(images: np.ndarray) -> np.ndarray:
        """How far each leans: columns that its ink goes aside for each row, by least squares."""
        ink = images / images.sum(axis=(1, 2), keepdims=True, dtype=np.float64)
        y, x = ((ink * at).sum(axis=(1, 2)) for at in (along, across))
        slope: np.ndarray = ((ink * along * across).sum(axis=(1, 2)) - x * y) / (
            (ink * along**2).sum(axis=(1, 2)) - y * y
        )
        return slope

    assert leaning(learnt).std() > 1.3 * leaning(judged).std() > 0.1


def test_many_samples_do_not_push_the_images_aside() -> None:
    images, labels = patterns(90, seed=0)
    part = Sampled(images, labels).deformed(200, np.random.default_rng(0))
    assert part.shown == round(SHARE * 200)
    assert Sampled(images[:0], labels[:0]).deformed(200, np.random.default_rng(0)).shown == 0


def test_a_network_of_ten_answers_learns_the_digits_alone() -> None:
    images, _ = patterns(11, seed=0)
    samples = Sampled(images, np.arange(11, dtype=np.uint8))
    assert samples.for_answers(10).labels.tolist() == list(range(10))
    assert samples.for_answers(11).labels.tolist() == list(range(11))
    with pytest.raises(DataError, match="0 to 10"):
        Sampled(images, np.arange(1, 12, dtype=np.uint8))
