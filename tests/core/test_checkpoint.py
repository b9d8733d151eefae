"""Checkpoints: training that is stopped after any batch and taken up again ends as if nothing had happened."""

from collections.abc import Callable
from itertools import islice
from pathlib import Path

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
    ModelError,
    Network,
    Optimizer,
    ReLU,
    SoftmaxCrossEntropy,
    Trainer,
)
from inknet.schedules import one_cycle

IMAGES = np.random.default_rng(0).integers(0, 256, (70, 12, 12), dtype=np.uint8)
LABELS = np.random.default_rng(1).integers(0, 4, 70)
EPOCHS = 2.5  # batches of 16: four an epoch, ten in all
OPTIMIZERS: dict[str, Callable[[], Optimizer]] = {"AdamW": AdamW, "SGD": SGD, "momentum": lambda: SGD(0.9, 0.01)}


def trainer(optimizer: Optimizer, seed: int = 0, filters: int = 4) -> Trainer:
    rng = np.random.default_rng(seed)
    layers = [Convolution(filters, 5, 2, bias=False), BatchNorm(), ReLU(), Dropout(0.2), Dense(4)]
    network = Network(layers, SoftmaxCrossEntropy(), (12, 12), rng)
    return Trainer(network, optimizer, rng, 0.01, 16, one_cycle(), Affine(), averaging=4)


def all_of(training: Trainer) -> tuple[bytes, ...]:
    """All that training leaves behind, as bytes."""
    memory = [array.tobytes() for array in training.optimizer.memory.values()]
    return training.network.state.tobytes(), training.average.tobytes(), training.rng.bytes(8), *memory


@pytest.mark.parametrize("make", OPTIMIZERS.values(), ids=OPTIMIZERS.keys())
@pytest.mark.parametrize("stop", range(11))
def test_stopped_after_any_batch_it_ends_the_same_to_the_bit(
    tmp_path: Path, make: Callable[[], Optimizer], stop: int
) -> None:
    whole = trainer(make())
    losses = [step.loss for step in whole.run(IMAGES, LABELS, EPOCHS)]
    assert len(losses) == 10

    first = trainer(make())
    seen = [step.loss for step in islice(first.run(IMAGES, LABELS, EPOCHS), stop)]
    first.checkpoint(tmp_path / "a.npz")
    second = trainer(make(), seed=99)
    second.restore(tmp_path / "a.npz")
    seen += [step.loss for step in second.run(IMAGES, LABELS, EPOCHS)]

    assert seen == losses
    assert all_of(second) == all_of(whole)


def test_writing_a_checkpoint_changes_nothing(tmp_path: Path) -> None:
    whole, interrupted = trainer(AdamW()), trainer(AdamW())
    list(whole.run(IMAGES, LABELS, EPOCHS))
    for _ in interrupted.run(IMAGES, LABELS, EPOCHS):
        interrupted.checkpoint(tmp_path / "a.npz")
    assert all_of(interrupted) == all_of(whole)
    assert list(tmp_path.iterdir()) == [tmp_path / "a.npz"]


def test_what_does_not_fit_is_refused_and_nothing_changes(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    training = trainer(AdamW())
    list(islice(training.run(IMAGES, LABELS, EPOCHS), 3))
    training.checkpoint(path)

    other = trainer(AdamW(), filters=5)
    before = all_of(trainer(AdamW(), filters=5))
    with pytest.raises(ModelError, match="another network"):
        other.restore(path)
    data = path.read_bytes()
    for damaged in (data[:-50], data[:200] + b"x" + data[201:], b""):
        path.write_bytes(damaged)
        with pytest.raises(ModelError, match=r"a\.npz"):
            other.restore(path)
    assert all_of(other) == before

    path.write_bytes(data)
    training.restore(path)
    with pytest.raises(InputError, match="70 images; there are 60"):
        list(training.run(IMAGES[:60], LABELS[:60], EPOCHS))
