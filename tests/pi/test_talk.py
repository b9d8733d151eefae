"""The talk's way of teaching: every view of every image, one at a time, in a random order."""

from collections import Counter

import numpy as np
import pytest

from inkling.talk import TalkTrainer, turned
from inknet.classic import ThreeLayers, scale_pixels, targets_for
from support import patterns


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[tuple[bytes, int]]:
    """What networks are shown from now on: the inputs' bytes and the label."""
    seen: list[tuple[bytes, int]] = []

    def train(self: ThreeLayers, inputs: np.ndarray, targets: np.ndarray) -> np.ndarray:
        seen.append((np.asarray(inputs).tobytes(), int(np.argmax(targets))))
        return np.full(10, 0.1)

    monkeypatch.setattr(ThreeLayers, "train", train)
    return seen


def test_each_epoch_shows_every_image_once_as_it_is_and_once_in_each_turn(shown: list[tuple[bytes, int]]) -> None:
    images, labels = patterns(130, seed=0)
    trainer = TalkTrainer(np.random.default_rng(0), turns=(0, 10, -10))
    steps = list(trainer.run(images, labels, epochs=2))
    wanted = Counter(
        (scale_pixels(picture.ravel()).tobytes(), int(label))
        for degrees in (0, 10, -10)
        for picture, label in zip(turned(images, degrees), labels, strict=True)
    )
    assert Counter(shown[:390]) == Counter(shown[390:]) == wanted
    assert shown[:390] != shown[390:]
    assert steps[-1].progress == 1
    assert steps[-1].epoch == 2
    assert [round(step.epoch * 390) for step in steps] == [100, 200, 300, 400, 500, 600, 700, 780]
    assert steps[0].loss == pytest.approx(0.1)


def test_an_image_as_it_is_is_shown_exactly(shown: list[tuple[bytes, int]]) -> None:
    images, labels = patterns(10, seed=0)
    list(TalkTrainer(np.random.default_rng(0)).run(images, labels, epochs=1))
    assert Counter(shown) == Counter(
        (scale_pixels(image.ravel()).tobytes(), int(label)) for image, label in zip(images, labels, strict=True)
    )


def test_it_is_the_talks_network_and_rule() -> None:
    images, labels = patterns(1, seed=0)
    trainer = TalkTrainer(np.random.default_rng(7), rate=0.2)
    list(trainer.run(images, labels, epochs=3))
    network = ThreeLayers(784, 200, 10, rate=0.2, rng=np.random.default_rng(7))
    for _ in range(3):
        network.train(scale_pixels(images[0].ravel()), targets_for(int(labels[0])))
    assert trainer.result().state.tobytes() == network.as_network(28, 28).state.tobytes()


def test_each_picture_is_turned_by_its_own_angle() -> None:
    images, _ = patterns(3, seed=0)
    each = turned(images, np.array([0, 90, -90]))
    np.testing.assert_allclose(each[0], images[0])
    np.testing.assert_allclose(each[1], np.rot90(images[1]), atol=0.01)
    np.testing.assert_allclose(each[2], np.rot90(images[2], -1), atol=0.01)
