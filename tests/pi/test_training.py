"""Training on a data set: what is held back, what is written down, and the accuracies that were promised."""

import gzip
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inkling.datasets import read_csv
from inkling.errors import DataError
from inkling.evaluation import corruption_errors
from inkling.lesson import Lesson
from inkling.models import load_model
from inkling.recipes import RECIPES
from inkling.scores import calibration_error
from inkling.simulation.outliers import NO_DIGIT
from inkling.training import Images, Training, evaluate, hold_back, load_images
from inknet import Dense, Network, SoftmaxCrossEntropy
from inknet.arrays import Array
from inknet.trainer import Step
from support import patterns


def some_images(count: int = 240) -> Images:
    return Images(*patterns(count, seed=0))


def test_idx_and_csv_give_the_same_images(csv_data: Path, tmp_path: Path) -> None:
    images, labels = read_csv(csv_data / "digits_train_240.csv")
    head = struct.pack(">HBBI", 0, 8, 1, 240)
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(head + labels.tobytes())
    head = struct.pack(">HBBIII", 0, 8, 3, 240, 28, 28)
    (tmp_path / "train-images-idx3-ubyte.gz").write_bytes(gzip.compress(head + images.tobytes()))
    for source in (csv_data, csv_data / "digits_train_240.csv", tmp_path):
        loaded = load_images(source, "train")
        np.testing.assert_array_equal(loaded.images, images)
        np.testing.assert_array_equal(loaded.labels, labels)


def test_a_data_set_that_does_not_fit_is_refused(csv_data: Path) -> None:
    images, labels = patterns(20, 0)
    with pytest.raises(DataError, match="as many labels"):
        Images(images, labels[:-1])
    with pytest.raises(DataError, match="28x28"):
        Images(images[:, :20], labels)
    with pytest.raises(DataError, match="label 10"):
        Images(images, labels + 1)
    (csv_data / "another_train.csv").write_text("")
    with pytest.raises(DataError, match="2 files"):
        load_images(csv_data, "train")


def test_what_is_held_back_is_always_the_same_and_never_learnt_from() -> None:
    images = some_images()
    learn, held_back = hold_back(images)
    assert (len(learn), len(held_back)) == (220, 20)
    together = np.concatenate([learn.images, held_back.images])
    assert len(np.unique(together.reshape(240, -1), axis=0)) == 240
    np.testing.assert_array_equal(hold_back(images)[1].images, held_back.images)
    for seed in (0, 1):
        training = Training(images, "mlp", 1, seed)
        np.testing.assert_array_equal(training.held_back.images, held_back.images)


@pytest.mark.parametrize("recipe", RECIPES)
def test_the_same_seed_gives_the_same_model_to_the_bit(recipe: str) -> None:
    states = []
    for seed in (4, 4, 5):
        training = Training(some_images(), recipe, 1, seed)
        for _ in training.steps():
            pass
        states.append(training.result().state.tobytes())
    assert states[0] == states[1] != states[2]


def test_a_result_says_what_it_comes_from() -> None:
    training = Training(some_images(), "mlp", 15, seed=3)
    for step in training.steps():
        if step.progress >= 0.5:
            break
    network = training.result()
    about = network.about
    assert {"recipe": "mlp", "seed": 3, "images": 220, "held_back": 20}.items() <= about.items()
    assert 7 < about["epochs"] < 9
    assert about["held_back_accuracy"] == training.accuracy()
    assert isinstance(network.loss, SoftmaxCrossEntropy)
    assert network.loss.temperature != 1


def test_few_images_are_learnt_from_without_holding_any_back() -> None:
    training = Training(some_images(8), "mlp", 2, seed=0)
    for _ in training.steps():
        pass
    assert training.accuracy() is None
    assert training.result().about["held_back_accuracy"] is None
    with pytest.raises(DataError, match="no image"):
        Training(some_images(0), "mlp", 1, seed=0)


def test_all_images_are_learnt_from_where_none_shall_be_held_back() -> None:
    training = Training(some_images(), "robust", 2, seed=0, judged=False)
    for _ in training.steps():
        pass
    assert (len(training.learn), len(training.held_back)) == (240, 0)
    assert training.accuracy() is None
    network = training.result()
    assert {"images": 240, "held_back": 0, "held_back_accuracy": None}.items() <= network.about.items()
    # nothing is left to fit it to, but smoothed training without a temperature would be far too unsure
    assert network.loss == SoftmaxCrossEntropy(smoothing=0.05, temperature=RECIPES["robust"].temperature)


def test_what_is_no_digit_is_learnt_beside_the_digits(monkeypatch: pytest.MonkeyPatch) -> None:
    lessons: list[tuple[Array, Array, float]] = []

    def recorded(*lesson: Any) -> list[Step]:
        lessons.append(lesson)
        return []

    for judged in (True, False):
        training = Training(some_images(), "robust", 1, seed=0, judged=judged)
        monkeypatch.setattr(training.trainer, "run", recorded)
        assert list(training.steps()) == []
        lesson, labels, epochs = lessons[-1]
        pictures = lesson[np.arange(len(lesson))]
        learnt = len(training.learn)
        np.testing.assert_array_equal(pictures[:learnt], training.learn.images)
        np.testing.assert_array_equal(labels[:learnt], training.learn.labels)
        assert (labels == NO_DIGIT).sum() == round(0.3 * learnt)
        assert len(labels) == len(pictures) == learnt + round(0.15 * learnt) + round(0.3 * learnt)
        assert epochs == 1
    training = Training(some_images(), "mlp", 1, seed=0)
    monkeypatch.setattr(training.trainer, "run", recorded)
    assert list(training.steps()) == []
    assert lessons[-1][1].max() < NO_DIGIT  # for which that network has no answer


def test_each_epoch_is_taught_by_a_lesson_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    training = Training(some_images(), "robust", 2.5, seed=0)
    taught: list[int] = []

    def lesson(epoch: int) -> Lesson:
        taught.append(epoch)
        return Training.lesson(training, epoch)

    monkeypatch.setattr(training, "lesson", lesson)
    epochs = [step.epoch for step in training.steps()]
    assert taught == [0, 1, 2]
    assert epochs == [(number + 1) / 4 for number in range(10)]


def test_each_epoch_has_drawings_of_its_own_also_when_it_is_gone_on_with(tmp_path: Path) -> None:
    whole = Training(some_images(), "robust", 2, seed=0)
    lessons = [lesson[np.arange(len(lesson))] for lesson in map(whole.lesson, (0, 1, 1))]
    learnt = len(whole.learn)
    np.testing.assert_array_equal(lessons[0][:learnt], lessons[1][:learnt])
    assert (lessons[0][learnt:] != lessons[1][learnt:]).any(axis=(1, 2)).all()
    np.testing.assert_array_equal(lessons[1], lessons[2])
    steps = len(list(whole.steps()))
    for cut in (1, steps // 2, steps // 2 + 1):  # within an epoch, at its end, and in the next
        first, second = (Training(some_images(), "robust", 2, seed=0) for _ in range(2))
        for _, step in zip(range(cut), first.steps(), strict=False):
            second.done = step.epoch
        first.trainer.checkpoint(tmp_path / "a.npz")
        second.trainer.restore(tmp_path / "a.npz")
        assert len(list(second.steps())) == steps - cut
        np.testing.assert_array_equal(second.result().state, whole.result().state)


def test_the_likeliest_digit_counts_also_where_no_digit_is_likelier() -> None:
    images = some_images(40)
    network = Network([Dense(11)], SoftmaxCrossEntropy(), rng=np.random.default_rng(0))
    read = network.scores(images.images)[:, :10].argmax(axis=1)
    network.layers[0].values["bias"][NO_DIGIT] = 1e3
    assert network.predict(images.images).argmax(axis=1).min() == NO_DIGIT
    assert evaluate(network, Images(images.images, read.astype(np.uint8))) == 1
    assert evaluate(network, Images(images.images, ((read + 1) % 10).astype(np.uint8))) == 0


def test_the_shipped_model_is_small_and_says_how_it_was_made() -> None:
    network = load_model()
    assert {"recipe": "further", "seed": 1, "epochs": 4, "images": 60000}.items() <= network.about.items()
    assert network.state.nbytes < 1e6


def test_the_shipped_model_reads_mnist_and_knows_how_sure_it_may_be(mnist: Path) -> None:
    images = load_images(mnist, "test")
    error = calibration_error(load_model().folded().predict(images.images), images.labels)
    accuracy = evaluate(load_model(), images)
    print(f"{accuracy:.2%} read right, calibration error {error:.2%}")
    assert accuracy >= 0.9972
    assert error <= 0.003


def test_the_shipped_model_reads_poor_pictures(mnist: Path) -> None:
    images = load_images(mnist, "test").part(np.arange(0, 10000, 5))  # a fifth of them, for the sake of time
    errors = dict(corruption_errors(load_model(), images))
    print({name: f"{error:.2%}" for name, error in errors.items()})
    assert np.mean(list(errors.values())) <= 0.022


def test_the_talks_network_learns_mnist_in_one_epoch_as_the_talk_says(mnist: Path) -> None:
    # a sixth of an epoch already gives what took the talk's first network a whole one with fewer images
    training = Training(load_images(mnist, "train"), "classic", 1 / 6, seed=0)
    for _ in training.steps():
        pass
    accuracy = training.accuracy()
    assert accuracy is not None
    assert accuracy > 0.9
