"""The model that reads: whatever is no model for reading digits is refused before the first picture."""

import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from inkling.models import load_model
from inknet import BatchNorm, Dense, ModelError, Network, SoftmaxCrossEntropy, save


def network(outputs: int = 10, shape: tuple[int, ...] = (28, 28)) -> Network:
    return Network([Dense(outputs), BatchNorm()], SoftmaxCrossEntropy(), shape, np.random.default_rng(0))


def too_heavy() -> Network:
    heavy = network()
    heavy.parameters[:] = 3e38
    return heavy


def negative_variance() -> Network:
    impossible = network()
    impossible.state[-10:] = -1
    return impossible


@pytest.mark.parametrize("outputs", [10, 11])
def test_a_model_that_reads_digits_is_taken(tmp_path: Path, outputs: int) -> None:
    save(network(outputs), tmp_path / "a.npz")
    assert load_model(tmp_path / "a.npz").classes == outputs


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: network(outputs=3), "28x28 pixels and 3 answers"),
        (lambda: network(outputs=12), "28x28 pixels and 12 answers"),
        (lambda: network(shape=(14, 14)), "14x14 pixels"),
        (lambda: network(shape=(28, 28, 3)), "28x28x3 pixels"),
        (too_heavy, "NaN"),
        (negative_variance, "NaN"),
    ],
)
def test_a_model_that_cannot_is_refused(tmp_path: Path, make: Callable[[], Network], message: str) -> None:
    path = tmp_path / "a.npz"
    save(make(), path)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(ModelError, match=message) as caught:
            load_model(path)
    assert str(path) in str(caught.value)
