"""Layers and losses: their calculus against differences, their formulas by hand, their manners at the edges."""

from dataclasses import replace

import numpy as np
import pytest

import inknet.layers
import inknet.optimizers
from inknet import (
    SGD,
    AdamW,
    BatchNorm,
    Convolution,
    Dense,
    Dropout,
    InputError,
    Layer,
    Loss,
    MaxPool,
    Network,
    ReLU,
    Sigmoid,
    SoftmaxCrossEntropy,
    SquaredError,
    convolution,
)
from inknet.arrays import Array
from inknet.gradcheck import gradient_error
from inknet.layers import sigmoid
from inknet.losses import fit_temperature, log_softmax

CASES: dict[str, list[Layer]] = {
    "dense": [Dense(3)],
    "dense without bias": [Dense(3, bias=False)],
    "two dense": [Dense(4), Dense(3)],
    "sigmoid": [Dense(5), Sigmoid(), Dense(3), Sigmoid()],
    "relu": [Dense(6), ReLU(), Dense(3)],
    "dropout": [Dense(6), Dropout(0.4), Dense(3)],
    "batch norm of vectors": [Dense(6, bias=False), BatchNorm(), Sigmoid(), Dense(3)],
    "batch norm as the first layer": [BatchNorm(), Dense(3)],
    "batch norm of pictures": [Convolution(2), BatchNorm(), Sigmoid(), Dense(3)],
    "convolution": [Convolution(2), Dense(3)],
    "convolution without bias": [Convolution(2, bias=False), Dense(3)],
    "convolution, even size, stride 2": [Convolution(2, size=4, stride=2), Dense(3)],
    "convolution whose stride leaves pixels over": [Convolution(2, size=3, stride=3), Dense(3)],
    "convolution with padding": [Convolution(2, size=3, padding=1), Convolution(2, size=5, padding=2), Dense(3)],
    "two convolutions": [Convolution(2, size=2), Sigmoid(), Convolution(3, size=3, stride=2), Dense(3)],
    "pooling": [Convolution(2), MaxPool(2), Dense(3)],
    "pooling by three with pixels left over": [Convolution(2, size=2), MaxPool(3), Dense(3)],
    "everything": [
        Convolution(3, size=3, padding=1, bias=False),
        BatchNorm(),
        ReLU(),
        MaxPool(2),
        Dropout(0.2),
        Dense(4),
        Sigmoid(),
        Dense(3),
    ],
}
LOSSES: list[Loss] = [SquaredError(), SoftmaxCrossEntropy(), SoftmaxCrossEntropy(smoothing=0.1)]


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: f"{type(loss).__name__} {getattr(loss, 'smoothing', '')}")
@pytest.mark.parametrize("layers", CASES.values(), ids=CASES.keys())
def test_backpropagation_agrees_with_differences(layers: list[Layer], loss: Loss) -> None:
    rng = np.random.default_rng(1)
    network = Network([replace(layer) for layer in layers], loss, (7, 8), rng, np.float64)  # type: ignore[type-var]
    network.parameters += 0.1 * rng.standard_normal(network.parameters.shape)  # no bias stays at its zero
    assert gradient_error(network, rng.random((5, 7, 8)), np.array([0, 1, 2, 2, 0])) < 1e-7


def test_the_gradient_check_sees_a_wrong_gradient() -> None:
    class Wrong(Sigmoid):
        def forward(self, x, rng):  # type: ignore[no-untyped-def]
            y = sigmoid(x)
            return y, lambda dy, wanted: dy * y

    network = Network([Dense(4), Wrong(), Dense(3)], SquaredError(), (3, 3), np.random.default_rng(0), np.float64)
    assert gradient_error(network, np.random.default_rng(1).random((4, 3, 3)), np.array([0, 1, 2, 0])) > 1e-3


def test_colour_pictures_go_through_the_same_layers() -> None:
    rng = np.random.default_rng(0)
    network = Network([Convolution(2), ReLU(), Dense(3)], SoftmaxCrossEntropy(), (6, 5, 3), rng, np.float64)
    assert gradient_error(network, rng.random((4, 6, 5, 3)), np.array([0, 1, 2, 1])) < 1e-7


def test_a_convolution_is_the_sum_over_each_window() -> None:
    rng = np.random.default_rng(2)
    layer = Convolution(filters=2, size=3, stride=2, padding=1)
    network = Network([layer], SquaredError(), (5, 6, 2), rng, np.float64)
    layer.values["bias"][...] = [0.5, -0.25]
    images = rng.random((3, 5, 6, 2))
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)))
    weight = layer.values["weight"].reshape(3, 3, 2, 2)  # row, column, channel, filter
    wanted = np.zeros((3, 2, 3, 3))
    for n, f, y, x in np.ndindex(wanted.shape):
        window = padded[n, 2 * y : 2 * y + 3, 2 * x : 2 * x + 3]
        wanted[n, f, y, x] = (window * weight[..., f]).sum() + layer.values["bias"][f]
    np.testing.assert_allclose(network.scores(images), wanted.reshape(3, -1), rtol=1e-12)
    learning, _ = layer.forward(images.transpose(3, 1, 2, 0), rng)
    np.testing.assert_allclose(learning, wanted.transpose(1, 2, 3, 0), rtol=1e-12)


def test_pooling_gives_a_gradient_to_one_of_equal_pixels_only() -> None:
    layer = MaxPool(2)
    layer.build((1, 2, 2))
    y, push = layer.forward(np.zeros((1, 2, 2, 1)), np.random.default_rng(0))
    dx = push(np.ones_like(y), True)
    assert dx is not None
    assert dx.sum() == 1


def test_batch_norm_brings_each_channel_to_mean_0_and_variance_1() -> None:
    rng = np.random.default_rng(0)
    layer = BatchNorm()
    network = Network([layer], SquaredError(), (4, 4, 3), rng, np.float64)
    x = rng.normal(5, 3, (3, 4, 4, 200))
    y, _ = layer.forward(x, rng)
    np.testing.assert_allclose(y.mean(axis=(1, 2, 3)), 0, atol=1e-12)
    np.testing.assert_allclose(y.var(axis=(1, 2, 3)), 1, rtol=1e-5)
    for _ in range(200):
        layer.forward(x, rng)
    # for reading, the running averages have come to be those of the batch
    np.testing.assert_allclose(layer.predict(x.transpose(3, 1, 2, 0)), y.transpose(3, 1, 2, 0), atol=1e-6)
    assert network.state.size == network.parameters.size + 6


def test_dropout_silences_the_share_it_says_and_keeps_the_mean() -> None:
    x = np.ones((1000, 100), np.float32)
    layer = Dropout(0.3)
    y, push = layer.forward(x, np.random.default_rng(0))
    assert (y == 0).mean() == pytest.approx(0.3, abs=0.01)
    assert y.mean() == pytest.approx(1, abs=0.01)
    assert y.dtype == np.float32
    np.testing.assert_array_equal(push(x, True), y)
    np.testing.assert_array_equal(layer.predict(x), x)
    with pytest.raises(InputError, match="dropout"):
        Dropout(1.0)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_sigmoid_and_softmax_overflow_for_no_number(dtype: type) -> None:
    x: Array = np.array([-1e4, -100, 0, 100, 1e4], dtype)
    np.testing.assert_allclose(sigmoid(x), [0, 0, 0.5, 1, 1], atol=1e-40)
    assert sigmoid(x).dtype == dtype
    scores: Array = np.array([[1e4, -1e4], [-1e4, -1e4]], dtype)
    np.testing.assert_allclose(np.exp(log_softmax(scores)), [[1, 0.5], [0, 0.5]])
    for loss in LOSSES:
        value, gradient = loss(scores, np.array([1, 0]))
        assert np.isfinite(value)
        assert np.isfinite(gradient).all()
        assert gradient.dtype == dtype


def test_softmax_cross_entropy_worked_by_hand() -> None:
    # logits 0, ln 2, ln 5 are the probabilities 1/8, 2/8, 5/8
    outputs = np.log(np.array([[1.0], [2.0], [5.0]]))
    value, gradient = SoftmaxCrossEntropy()(outputs, np.array([1]))
    assert value == pytest.approx(np.log(4))
    np.testing.assert_allclose(gradient[:, 0], [1 / 8, 2 / 8 - 1, 5 / 8])
    # half of the target spread over three classes: 1/6, 1/6 + 1/2, 1/6
    _, gradient = SoftmaxCrossEntropy(smoothing=0.5)(outputs, np.array([1]))
    np.testing.assert_allclose(gradient[:, 0], [1 / 8 - 1 / 6, 2 / 8 - 4 / 6, 5 / 8 - 1 / 6])


def test_squared_error_worked_by_hand() -> None:
    # targets 0.01 and 0.99: errors 0.49 and -0.19, half the sum of squares 0.1381
    value, gradient = SquaredError()(np.array([[0.5], [0.8]]), np.array([1]))
    assert value == pytest.approx((0.49**2 + 0.19**2) / 2)
    np.testing.assert_allclose(gradient[:, 0], [0.49, -0.19])


def test_the_fitted_temperature_undoes_a_known_one() -> None:
    rng = np.random.default_rng(0)
    honest = rng.normal(0, 2, (10, 20000))
    p = np.exp(log_softmax(honest))
    labels = (p.cumsum(axis=0) < rng.random(20000)).sum(axis=0)
    assert fit_temperature(3 * honest, labels) == pytest.approx(3, rel=0.03)
    assert SoftmaxCrossEntropy(temperature=3).probabilities(3 * honest) == pytest.approx(p)


def test_probabilities_add_up_to_one_even_if_all_sigmoids_are_silent() -> None:
    p = SquaredError().probabilities(np.zeros((10, 2), np.float32))
    np.testing.assert_allclose(p, 0.1)


def test_every_kind_of_layer_and_loss_is_checked() -> None:
    checked = {type(layer).__name__ for layers in CASES.values() for layer in layers}
    assert checked == {kind.__name__ for kind in Layer.__subclasses__()}
    assert {type(loss).__name__ for loss in LOSSES} == {kind.__name__ for kind in Loss.__subclasses__()}


def test_weights_start_in_the_spread_that_keeps_signals_alive() -> None:
    for layer, inputs, gain in (
        (Convolution(64, 3), 9 * 16, 2),
        (Dense(300), 16 * 400, 2),
        (Dense(300, gain=1), 16 * 400, 1),
    ):
        Network([layer], SquaredError(), (20, 20, 16), np.random.default_rng(0))
        weight = layer.values["weight"]
        assert weight.std() == pytest.approx((gain / inputs) ** 0.5, rel=0.03)
        assert abs(weight.mean()) < 0.03 * weight.std()


@pytest.mark.parametrize(
    "make",
    [
        lambda: SoftmaxCrossEntropy(smoothing=1),
        lambda: SoftmaxCrossEntropy(smoothing=-0.1),
        lambda: SoftmaxCrossEntropy(temperature=0),
        lambda: SoftmaxCrossEntropy(temperature=float("nan")),
        lambda: Dense(0).build((4,)),
        lambda: Convolution(0).build((1, 9, 9)),
        lambda: Convolution(2, stride=0).build((1, 9, 9)),
        lambda: Convolution(2, padding=-1).build((1, 9, 9)),
        lambda: MaxPool(0).build((1, 9, 9)),
    ],
)
def test_sizes_that_make_no_sense_are_refused(make) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(InputError):
        make()


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: f"{type(loss).__name__} {getattr(loss, 'smoothing', '')}")
@pytest.mark.parametrize("layers", CASES.values(), ids=CASES.keys())
def test_float32_stays_float32_all_the_way(layers: list[Layer], loss: Loss) -> None:
    rng = np.random.default_rng(0)
    network = Network([replace(layer) for layer in layers], loss, (7, 8), rng)  # type: ignore[type-var]
    x: Array = rng.random((1, 7, 8, 5), np.float32)
    way_back = []
    for layer in network.layers:
        x, push = layer.forward(x, rng)
        assert x.dtype == np.float32
        way_back.append(push)
    _, gradient = loss(x, np.array([0, 1, 2, 2, 0]))
    assert gradient.dtype == np.float32
    for push in reversed(way_back):
        wanted = push(gradient, True)
        assert wanted is not None
        assert wanted.dtype == np.float32
        gradient = wanted
    for optimizer in (SGD(momentum=0.9, decay=0.1), AdamW()):
        optimizer.step(network.parameters, network.gradient, 0.1, network.decayed)
        assert {array.dtype for array in optimizer.memory.values()} == {np.dtype(np.float32)}
    assert network.scores(rng.integers(0, 256, (2, 7, 8), np.uint8)).dtype == np.float32
    assert network.predict(rng.random((2, 7, 8))).dtype == np.float32


@pytest.mark.parametrize("pieces", [1, 50, 300])
def test_what_is_done_in_pieces_adds_up_to_the_whole(pieces: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pieces that fit a cache hold all of these small pictures: smaller ones must give the same, to rounding."""
    images, labels = np.random.default_rng(0).random((6, 9, 8)), np.array([0, 1, 2, 2, 0, 1])
    states = []
    for _ in range(2):
        rng = np.random.default_rng(1)
        first = Convolution(3, padding=1, bias=False)
        layers = [first, BatchNorm(), ReLU(), Convolution(4, stride=2, padding=1), ReLU(), Dense(3)]
        network = Network(layers, SoftmaxCrossEntropy(), (9, 8), rng, np.float64)
        optimizer = AdamW()
        for _ in range(3):
            network.gradients(images, labels, rng)
            optimizer.step(network.parameters, network.gradient, 0.01, network.decayed)
        states.append(network.state)
        for module, name in ((convolution, "BLOCK"), (inknet.layers, "CACHED"), (inknet.optimizers, "CACHED")):
            monkeypatch.setattr(module, name, pieces)
    np.testing.assert_allclose(states[1], states[0], rtol=1e-9, atol=1e-12)
