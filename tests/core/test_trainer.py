"""The trainer, the optimizers and the schedules: it learns, it repeats itself to the bit, it ends annealed."""

from itertools import pairwise

import numpy as np
import pytest

from inknet import (
    SGD,
    AdamW,
    Affine,
    BatchNorm,
    Convolution,
    Dense,
    Dropout,
    InputError,
    Network,
    Optimizer,
    ReLU,
    SoftmaxCrossEntropy,
    SquaredError,
    Trainer,
)
from inknet.schedules import constant, one_cycle


def stripes(count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Noisy pictures of one of four things: a bar at the top, at the bottom, at the left, at the right."""
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 120, (count, 12, 12), dtype=np.uint8)
    labels = rng.integers(0, 4, count)
    for image, label in zip(images, labels, strict=True):
        turned = image.T if label >= 2 else image
        turned[1 + 7 * (label % 2) :][:3] += 120
    return images, labels


def trainer(seed: int = 0, optimizer: Optimizer | None = None, **options: object) -> Trainer:
    rng = np.random.default_rng(seed)
    layers = [Convolution(4, 5, 2, bias=False), BatchNorm(), ReLU(), Dropout(0.1), Dense(4)]
    network = Network(layers, SoftmaxCrossEntropy(0.05), (12, 12), rng)
    settings: dict[str, object] = {
        "rate": 0.01,
        "batch_size": 32,
        "schedule": one_cycle(),
        "deform": Affine(),
        "averaging": 8,
    }
    return Trainer(network, optimizer or AdamW(), rng, **{**settings, **options})  # type: ignore[arg-type]


@pytest.mark.parametrize("optimizer", [AdamW(), SGD(momentum=0.9), SGD()], ids=str)
def test_it_learns(optimizer: Optimizer) -> None:
    training = trainer(optimizer=optimizer, rate=0.01 if isinstance(optimizer, AdamW) else 0.2)
    for _ in training.run(*stripes(1000), epochs=4):
        pass
    images, labels = stripes(500, seed=1)
    assert (training.result().predict(images).argmax(axis=1) == labels).mean() > 0.97


def test_the_same_seed_gives_the_same_weights_to_the_bit() -> None:
    states = []
    for seed in (0, 0, 1):
        training = trainer(seed)
        losses = [step.loss for step in training.run(*stripes(300), epochs=2)]
        states.append((training.result().state.tobytes(), losses))
    assert states[0] == states[1]
    assert states[0] != states[2]


def test_steps_count_progress_and_epochs() -> None:
    steps = list(trainer().run(*stripes(100), epochs=2.5))  # three batches of 32 an epoch; 2.5 epochs are 8 batches
    assert [round(step.epoch, 3) for step in steps] == [0.333, 0.667, 1, 1.333, 1.667, 2, 2.333, 2.667]
    assert steps[-1].progress == 1
    assert all(a.progress < b.progress for a, b in pairwise(steps))


def test_every_image_is_seen_once_an_epoch() -> None:
    seen = []

    def record(images: np.ndarray, rng: np.random.Generator) -> None:
        seen.extend((64 * images[:, 0, 0]).tolist())

    images = np.zeros((64, 12, 12), np.float32)
    images[:, 0, 0] = np.arange(64) / 64
    for _ in trainer(deform=record).run(images, np.zeros(64, int), epochs=2):
        pass
    assert sorted(seen[:64]) == sorted(seen[64:]) == list(range(64))
    assert seen[:64] != seen[64:] != list(range(64))


def test_the_images_handed_in_stay_as_they_are() -> None:
    images, labels = stripes(64)
    floats = images / np.float32(255)
    before = floats.copy()
    for _ in trainer().run(floats, labels, epochs=1):
        pass
    np.testing.assert_array_equal(floats, before)


def test_fewer_images_than_a_batch_are_one_batch() -> None:
    assert len(list(trainer().run(*stripes(5), epochs=3))) == 3


@pytest.mark.parametrize(("count", "epochs"), [(0, 1), (8, 0), (8, -1), (8, float("nan"))])
def test_nothing_to_train_is_refused(count: int, epochs: float) -> None:
    with pytest.raises(InputError, match="nothing to train"):
        list(trainer().run(*stripes(count), epochs=epochs))


def test_labels_that_do_not_fit_are_refused_before_the_first_step() -> None:
    images, labels = stripes(64)
    with pytest.raises(InputError, match="labels"):
        next(trainer().run(images, labels + 1, epochs=1))


def test_averaged_weights_are_the_weighted_mean_of_all_steps() -> None:
    training = trainer(averaging=3)
    states = [training.network.state.astype(float) for _ in training.run(*stripes(200), epochs=2)]
    # weights of "polynomial-decay averaging" with eta = 3: products of (1 - 4 / (3 + t)) after 4 / (3 + t)
    weights = [4 / (3 + t) * np.prod([1 - 4 / (3 + s) for s in range(t + 1, len(states) + 1)]) for t in range(1, 13)]
    assert sum(weights) == pytest.approx(1)
    mean = np.tensordot(weights, states, 1)
    np.testing.assert_allclose(training.result().state, mean, rtol=1e-3, atol=1e-5)


def test_without_averaging_the_last_weights_count() -> None:
    training = trainer(averaging=None)
    for _ in training.run(*stripes(64), epochs=1):
        pass
    np.testing.assert_array_equal(training.result().state, training.network.state)


def test_the_schedule_is_read_in_the_middle_of_each_step() -> None:
    read: list[float] = []

    def schedule(progress: float) -> float:
        read.append(progress)
        return 1.0

    for _ in trainer(schedule=schedule).run(*stripes(64), epochs=2):
        pass
    assert read == pytest.approx([1 / 8, 3 / 8, 5 / 8, 7 / 8])


def test_validation_judges_the_averaged_weights() -> None:
    training = trainer()
    for _ in training.run(*stripes(300), epochs=3):
        pass
    images, labels = stripes(100, seed=1)
    right = training.result().predict(images).argmax(axis=1) == labels
    assert training.validate(images, labels) == right.mean() > 0.9


def test_sgd_worked_by_hand() -> None:
    p, g = np.array([1.0, 1.0]), np.array([1.0, 2.0])
    optimizer = SGD(momentum=0.5, decay=0.1)
    optimizer.step(p, g, rate=0.1, decayed=1)
    np.testing.assert_allclose(p, [0.99 - 0.1, 1 - 0.2])  # only the first is decayed: 1 - 0.1 * 0.1
    optimizer.step(p, g, rate=0.1, decayed=1)
    np.testing.assert_allclose(p, [0.89 * 0.99 - 0.15, 0.8 - 0.3])  # the velocity is now 1.5 gradients
    np.testing.assert_array_equal(g, [1, 2])


def test_adam_worked_by_hand() -> None:
    p = np.array([1.0, 1.0])
    optimizer = AdamW(decay=0.1)
    optimizer.step(p, np.array([4.0, -0.01]), rate=0.1, decayed=1)
    # at the first step the corrected mean over the corrected root is the gradient's sign, whatever its size
    np.testing.assert_allclose(p, [0.99 - 0.1, 1 + 0.1], rtol=1e-5)
    optimizer.step(p, np.array([0.0, -0.01]), rate=0.1, decayed=1)
    mean = 0.9 * 0.1 * 4 / (1 - 0.9**2)
    root = (0.999 * 0.001 * 16 / (1 - 0.999**2)) ** 0.5
    np.testing.assert_allclose(p, [0.89 * 0.99 - 0.1 * mean / root, 1.2], rtol=1e-5)


def test_parameters_stay_float32() -> None:
    p, g = np.ones(3, np.float32), np.ones(3, np.float32)
    for optimizer in (SGD(0.9, 0.1), AdamW()):
        optimizer.step(p, g, 0.1, 2)
        assert p.dtype == np.float32
    network = Network([Dense(3)], SquaredError(), (2, 2), np.random.default_rng(0))
    network.gradients(np.zeros((1, 2, 2)), np.array([0]), np.random.default_rng(0))
    assert network.gradient.dtype == np.float32
    assert network.scores(np.zeros((1, 2, 2))).dtype == np.float32


def test_one_cycle_rises_to_the_peak_and_ends_low() -> None:
    schedule = one_cycle(warmup=0.2, start=0.1, end=0.01)
    assert schedule(0) == pytest.approx(0.1)
    assert schedule(0.2) == pytest.approx(1)
    assert schedule(0.6) == pytest.approx((1 + 0.01) / 2)
    assert schedule(1) == schedule(1.5) == pytest.approx(0.01)
    rates = [schedule(p) for p in np.linspace(0, 1, 101)]
    assert rates[:21] == sorted(rates[:21])
    assert rates[20:] == sorted(rates[20:], reverse=True)
    assert constant(0) == constant(1) == 1
