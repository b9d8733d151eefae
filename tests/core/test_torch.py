"""inknet beside PyTorch, number by number in float64: each kind of layer, both losses, and whole steps of training."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from inknet import (
    SGD,
    AdamW,
    BatchNorm,
    Convolution,
    Dense,
    Dropout,
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
)
from inknet.arrays import Array

torch: Any = pytest.importorskip(
    "torch", reason="PyTorch is not installed here: sh tests/bench/run.sh installs it, and runs this file"
)

from bench.networks import NETWORKS, SMALL, TALK  # noqa: E402
from bench.pytorch import as_input, as_loss, as_torch, in_order, pairs  # noqa: E402

CASES: dict[str, list[Layer]] = {
    "dense": [Dense(7)],
    "dense without bias": [Dense(7, bias=False)],
    "sigmoid": [Sigmoid()],
    "relu": [BatchNorm(), ReLU()],  # of numbers from 0 to 1 alone, none would be negative
    "pooling": [MaxPool(2)],
    "pooling by three with pixels left over": [MaxPool(3)],
    "batch norm of pictures": [BatchNorm()],
    "batch norm of pictures, slow and with a large epsilon": [BatchNorm(momentum=0.01, epsilon=0.1)],
    "batch norm of vectors": [Dense(7, bias=False), BatchNorm()],
    "convolution without bias": [Convolution(4, bias=False)],
    **{
        f"convolution of {size}x{size}, stride {stride}, padding {padding}": [Convolution(4, size, stride, padding)]
        for size in (1, 2, 3, 5)
        for stride in (1, 2, 3)
        for padding in (0, 1, 2)
    },
    "the 0.5 MMAC network": NETWORKS[SMALL](),
    "the talk's network": NETWORKS[TALK](),
}


def made(layers: list[Layer], loss: Loss, shape: tuple[int, ...]) -> Network:
    """A float64 network of copies of the layers, in which no number is left at a start of 0 or 1."""
    network = Network([replace(layer) for layer in layers], loss, shape, np.random.default_rng(0), np.float64)  # type: ignore[type-var]
    rng = np.random.default_rng(1)
    network.parameters += rng.normal(0, 0.1, network.parameters.shape)
    buffers = network.state[network.parameters.size :]
    buffers += rng.uniform(0.01, 0.2, buffers.shape)
    return network


def close(ours: Array, theirs: Any) -> None:
    np.testing.assert_allclose(ours, theirs.detach().numpy().reshape(ours.shape), rtol=1e-10, atol=1e-10)


def biased(before: Any, after: Any, momentum: float, count: int) -> Any:
    """What PyTorch's running variance would be if it averaged variances over `count`, as inknet, and not count - 1."""
    seen = (after - (1 - momentum) * before) / momentum
    return (1 - momentum) * before + momentum * seen * (count - 1) / count


def shape_for(layers: list[Layer]) -> tuple[int, ...]:
    return (28, 28) if len(layers) > 2 else (11, 9, 3)


@pytest.mark.parametrize("layers", CASES.values(), ids=CASES.keys())
def test_reading_gives_the_same_outputs(layers: list[Layer]) -> None:
    network = made(layers, SquaredError(), shape_for(layers))
    images = np.random.default_rng(2).random((5, *network.input_shape))
    close(network.scores(images), as_torch(network).eval()(as_input(images)))
    close(network.folded().scores(images), as_torch(network).eval()(as_input(images)))


@pytest.mark.parametrize("layers", CASES.values(), ids=CASES.keys())
def test_training_gives_the_same_outputs_gradients_and_running_averages(layers: list[Layer]) -> None:
    network = made(layers, SquaredError(), shape_for(layers))
    rng = np.random.default_rng(2)
    images = rng.random((5, *network.input_shape))
    module, x = as_torch(network).train(), as_input(images).requires_grad_()
    before = {(layer, name): value.clone() for layer, name, _, value in pairs(network, module)}
    theirs = module(x)

    # inknet learns with the batch last: see its layers.py
    y = images.reshape(*images.shape[:3], -1).transpose(3, 1, 2, 0).copy()
    way_back, counts = [], {}
    for layer in network.layers:
        y, push = layer.forward(y, rng)
        way_back.append(push)
        counts[layer] = y[0].size
    close(y, theirs.movedim(0, -1))

    slope = rng.standard_normal(y.shape)
    theirs.backward(torch.from_numpy(slope).movedim(-1, 0).reshape(theirs.shape))
    for push in reversed(way_back):
        dx = push(slope, True)
        assert dx is not None
        slope = dx
    close(slope, x.grad.movedim(0, -1))
    for layer, name, value, after in pairs(network, module):
        if name in layer.gradients:
            close(in_order(layer, layer.gradients[name]), after.grad)
        elif name == "mean":
            close(value, after)
        else:
            assert isinstance(layer, BatchNorm)
            close(value, biased(before[layer, name], after, layer.momentum, counts[layer]))


def test_dropout_is_silent_in_reading() -> None:
    network = made([Dropout(0.5), Dense(4)], SquaredError(), (6, 5))
    images = np.random.default_rng(0).random((3, 6, 5))
    close(network.scores(images), as_torch(network).eval()(as_input(images)))


def test_every_kind_of_layer_and_loss_is_compared() -> None:
    assert {type(layer) for layers in CASES.values() for layer in layers} | {Dropout} == set(Layer.__subclasses__())
    assert {type(loss) for loss in LOSSES} == set(Loss.__subclasses__())


LOSSES = [
    SquaredError(),
    SquaredError(low=0.2, high=0.7),
    SoftmaxCrossEntropy(),
    SoftmaxCrossEntropy(smoothing=0.1),
]


@pytest.mark.parametrize("loss", LOSSES, ids=str)
def test_losses_and_their_gradients_are_the_same(loss: Loss) -> None:
    rng = np.random.default_rng(0)
    outputs, labels = rng.normal(0, 3, (10, 6)), rng.integers(0, 10, 6)
    network = made([Dense(10)], loss, (2, 2))
    value, gradient = loss(outputs.copy(), labels)
    theirs = torch.from_numpy(outputs.T.copy()).requires_grad_()
    their_value = as_loss(network, labels)(theirs)
    their_value.backward()
    assert value == pytest.approx(their_value.item(), rel=1e-12)
    close(gradient, theirs.grad.T)


RATE = 0.01
# inknet's decay is decoupled from the gradient; that of PyTorch's SGD is not, which without momentum is the same
OPTIMIZERS: dict[str, tuple[Callable[[], Optimizer], Callable[[Any], Any], float]] = {
    "plain": (SGD, lambda groups: torch.optim.SGD(groups, RATE), 0),
    "momentum": (lambda: SGD(momentum=0.9), lambda groups: torch.optim.SGD(groups, RATE, momentum=0.9), 0),
    "SGD with decay": (lambda: SGD(decay=0.5), lambda groups: torch.optim.SGD(groups, RATE), 0.5),
    "AdamW": (
        lambda: AdamW(decay=0.5, beta1=0.8, beta2=0.99, epsilon=1e-6),
        lambda groups: torch.optim.AdamW(groups, RATE, (0.8, 0.99), 1e-6),
        0.5,
    ),
    "AdamW as it comes": (AdamW, lambda groups: torch.optim.AdamW(groups, RATE), 0.01),
}


@pytest.mark.parametrize("name", [TALK, SMALL])
@pytest.mark.parametrize("optimizer", OPTIMIZERS.values(), ids=OPTIMIZERS.keys())
def test_steps_of_training_leave_the_same_parameters(
    name: str, optimizer: tuple[Callable[[], Optimizer], Callable[[Any], Any], float]
) -> None:
    make_ours, make_theirs, decay = optimizer
    loss: Loss = SquaredError() if name == TALK else SoftmaxCrossEntropy(smoothing=0.1)
    network = made(NETWORKS[name](), loss, (28, 28))
    start = network.parameters.copy()
    trainer = Trainer(network, make_ours(), np.random.default_rng(0), RATE, schedule=lambda progress: progress)
    module = as_torch(network).train()
    # only weights are decayed: neither biases nor what a batch norm has learnt
    groups = [
        {"params": [tensor], "weight_decay": decay if key == "weight" else 0.0}
        for layer, key, _, tensor in pairs(network, module)
        if key in layer.gradients
    ]
    theirs = make_theirs(groups)

    rng = np.random.default_rng(3)
    for progress in (1.0, 0.5, 0.25):  # momentum shows in the second step
        images, labels = rng.random((6, 28, 28)), rng.integers(0, 10, 6)
        for group in theirs.param_groups:
            group["lr"] = RATE * progress
        theirs.zero_grad()
        their_loss = as_loss(network, labels)(module(as_input(images)))
        their_loss.backward()
        theirs.step()
        assert trainer.step(images, labels, progress) == pytest.approx(their_loss.item(), rel=1e-10)
        for layer, key, value, their_value in pairs(network, module):
            if key in layer.gradients or key == "mean":
                close(value, their_value)
    assert np.abs(network.parameters - start).max() > 1e-3
