"""Arrays of another library in NumPy's place: the same layers, the same numbers, the same manners at the door.

array-api-strict has what the standard promises and no more, so what runs on it runs on any library of the standard;
PyTorch does not follow it to the letter, and is tested where it is installed (`sh tests/bench/run.sh` installs it).
Both compute on the processor here: what an accelerator adds, its transfers and its speed, is not proved.
"""

from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import inknet
from inknet import (
    SGD,
    AdamW,
    Affine,
    BatchNorm,
    Convolution,
    Dense,
    Dropout,
    InputError,
    Layer,
    Loss,
    MaxPool,
    Network,
    Optimizer,
    ReLU,
    Sigmoid,
    SoftmaxCrossEntropy,
    SquaredError,
    Trainer,
    load,
    save,
)
from inknet.arrays import Array, Standard, as_ink, as_numpy, check_labels, windows

LIBRARIES = ["array_api_strict", "torch"]
LAYERS: list[Layer] = [
    Convolution(3, size=3, padding=1, bias=False),
    BatchNorm(),
    ReLU(),
    Convolution(4, size=3, padding=1),
    MaxPool(2),
    Dropout(0.2),
    Convolution(5, size=2, stride=2, padding=1),
    Sigmoid(),
    Dense(4),
    Sigmoid(),
    Dense(3, bias=False),
]
LOSSES: list[Loss] = [SquaredError(), SoftmaxCrossEntropy(smoothing=0.1)]


@pytest.fixture(params=LIBRARIES)
def xp(request: pytest.FixtureRequest) -> Any:
    return pytest.importorskip(request.param, reason=f"{request.param} is not installed")


def twins(xp: Any, loss: Loss) -> tuple[Network, Network]:
    """The same float64 network twice: computed with NumPy's arrays and with those of xp."""
    layers = [replace(layer) for layer in LAYERS]  # type: ignore[type-var]
    ours = Network(layers, loss, (9, 8, 2), np.random.default_rng(0), np.float64)
    return ours, ours.copy(xp.asarray(ours.state))


def examples(count: int) -> tuple[Array, Array]:
    rng = np.random.default_rng(1)
    return rng.random((count, 9, 8, 2)), rng.integers(0, 3, count)


def is_of(xp: Any, *arrays: Any) -> bool:
    return all(type(array) is type(xp.zeros(1)) for array in arrays)


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: type(loss).__name__)
def test_every_layer_learns_the_same_on_its_arrays(xp: Any, loss: Loss) -> None:
    assert {type(layer) for layer in LAYERS} == set(Layer.__subclasses__())
    ours, theirs = twins(xp, loss)
    images, labels = examples(6)
    rngs = [np.random.default_rng(2) for _ in range(2)]
    value = ours.gradients(images, labels, rngs[0])
    assert theirs.gradients(xp.asarray(images), xp.asarray(labels), rngs[1]) == pytest.approx(value, rel=1e-12)
    assert is_of(xp, theirs.state, theirs.gradient, *theirs.layers[0].values.values())
    np.testing.assert_allclose(as_numpy(theirs.gradient), ours.gradient, rtol=1e-9, atol=1e-13)


@pytest.mark.parametrize(
    "optimizer", [SGD, lambda: SGD(momentum=0.9, decay=0.01), AdamW], ids=["SGD", "momentum", "AdamW"]
)
def test_whole_trainings_end_alike_and_go_on_from_the_same_checkpoint(
    xp: Any, optimizer: Callable[[], Optimizer], tmp_path: Path
) -> None:
    images, labels = examples(40)
    results = []
    for network in twins(xp, SoftmaxCrossEntropy()):
        trainer = Trainer(network, optimizer(), np.random.default_rng(3), rate=0.01, batch_size=8, averaging=8)
        steps = trainer.run(images, labels, epochs=2)
        for _ in range(3):
            next(steps)
        trainer.checkpoint(tmp_path / "a.npz")
        again = Trainer(network.copy(), optimizer(), np.random.default_rng(9), rate=0.01, batch_size=8, averaging=8)
        again.restore(tmp_path / "a.npz")
        for _ in again.run(images, labels, epochs=2):
            pass
        results.append(again.result())
    ours, theirs = results
    assert is_of(xp, theirs.state)
    np.testing.assert_allclose(as_numpy(theirs.state), ours.state, rtol=1e-7, atol=1e-10)


def test_a_network_there_reads_deforms_and_is_saved(xp: Any, tmp_path: Path) -> None:
    layers: list[Layer] = [Convolution(3, size=5, stride=2), BatchNorm(), ReLU(), MaxPool(), Dense(3)]
    here = Network(layers, SoftmaxCrossEntropy(), (12, 12), np.random.default_rng(0))
    there = here.copy(xp.asarray(here.state))
    rng = np.random.default_rng(1)
    images, labels = rng.integers(0, 256, (20, 12, 12), np.uint8), rng.integers(0, 3, 20)
    trainer = Trainer(there, AdamW(), rng, rate=0.001, batch_size=10, deform=Affine())
    assert [step.progress for step in trainer.run(images, labels, epochs=1)] == [0.5, 1.0]
    save(there, tmp_path / "a.npz")
    back = load(tmp_path / "a.npz")
    assert isinstance(back.state, np.ndarray)
    p = there.folded().predict(xp.asarray(images))
    assert is_of(xp, p)
    np.testing.assert_allclose(as_numpy(p), back.predict(images), atol=1e-6)
    assert there.accuracy(images, labels) == back.accuracy(images, labels)


def test_the_door_is_as_strict(xp: Any) -> None:
    with pytest.raises(InputError, match="int32"):
        as_ink(xp.asarray(np.zeros((1, 2, 2), np.int32)))
    with pytest.raises(InputError, match="nan"):
        as_ink(xp.asarray(np.full((1, 2, 2), np.nan)))
    with pytest.raises(InputError, match="empty"):
        as_ink(xp.asarray(np.zeros((0, 2, 2))))
    with pytest.raises(InputError, match="float"):
        check_labels(xp.asarray(np.zeros(2)), 2, 3)
    np.testing.assert_array_equal(check_labels(xp.asarray(np.array([2, 0])), 2, 3), [2, 0])
    ink = as_ink(xp.asarray(np.array([[[0, 255]]], np.uint8)))
    assert isinstance(ink, np.ndarray)  # of the kind of what it is asked to be like
    np.testing.assert_array_equal(ink, [[[0.0, 1.0]]])


@pytest.mark.parametrize(("size", "stride"), [(1, 1), (2, 1), (3, 2), (3, 3)])
def test_windows_there_are_the_windows_here(xp: Any, size: int, stride: int) -> None:
    x = np.random.default_rng(0).random((2, 7, 6, 3))
    np.testing.assert_array_equal(as_numpy(windows(xp.asarray(x), size, stride)), windows(x, size, stride))


def test_one_file_knows_the_libraries() -> None:
    """Elsewhere nobody asks what kind of array it is, or computes with NumPy what may be of another kind."""
    core = Path(inknet.__file__).parent
    knowing = {
        p.name
        for p in core.glob("*.py")
        for word in ("np.ndarray", "array_namespace", "torch", "cupy")
        if word in p.read_text().lower()
    }
    assert knowing == {"arrays.py"}
    for name in ("layers.py", "convolution.py", "optimizers.py"):
        text = (core / name).read_text()
        assert not {
            word for word in ("np.matmul", "np.sum", "np.exp", "np.maximum", "np.zeros", "np.empty") if word in text
        }


def test_a_library_may_have_other_names_and_take_no_device() -> None:
    """As CuPy 13, which cannot be tried without its hardware."""
    like_cupy = SimpleNamespace(zeros=lambda shape, dtype=float: np.zeros(shape, dtype), transpose=np.transpose)
    xp = Standard(like_cupy, device="the current one")
    assert xp.zeros((2, 3), dtype=np.float32).dtype == np.float32
    assert xp.permute_dims(np.zeros((2, 3)), (1, 0)).shape == (3, 2)
    with pytest.raises(AttributeError, match="tanh"):
        xp.tanh(1.0)


def test_numpy_itself_is_handed_out_bare() -> None:
    assert inknet.arrays.namespace(np.zeros(1)) is np
    assert import_module("inknet.arrays").as_numpy([1, 2]).tolist() == [1, 2]
