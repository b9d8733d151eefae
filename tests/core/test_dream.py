"""Dreams: back-query as the talk has it, gradients by the picture, and shares of the ink that add up."""

from collections.abc import Callable

import numpy as np
import pytest

from inknet import (
    BatchNorm,
    Convolution,
    Dense,
    Dropout,
    InputError,
    Layer,
    MaxPool,
    Network,
    ReLU,
    Sigmoid,
    SoftmaxCrossEntropy,
)
from inknet.classic import ThreeLayers, scale_pixels, targets_for
from inknet.dream import backquery, input_gradient, integrated_gradients, runs_backwards

KINDS: dict[str, Callable[[], list[Layer]]] = {
    "mlp": lambda: [Dense(8), ReLU(), Dense(3)],
    "talk": lambda: [Dense(8), Sigmoid(), Dense(3), Sigmoid()],
    "cnn": lambda: [Convolution(4, padding=1, bias=False), BatchNorm(), ReLU(), MaxPool(2), Dropout(0.5), Dense(3)],
    "unfoldable": lambda: [BatchNorm(), Convolution(4, stride=2), ReLU(), BatchNorm(), Dropout(0.5), Dense(3)],
}


def network_of(layers: list[Layer], channels: int = 1) -> Network:
    """A float64 network in which nothing is left at 0 or 1, where errors hide."""
    rng = np.random.default_rng(0)
    shape = (8, 6) if channels == 1 else (8, 6, channels)
    network = Network(layers, SoftmaxCrossEntropy(), shape, rng, dtype=np.float64)
    network.state += rng.uniform(-0.3, 0.3, network.state.shape)
    return network


def images_for(network: Network, count: int = 4) -> np.ndarray:
    return np.random.default_rng(1).random((count, *network.input_shape))


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("kind", KINDS)
def test_the_gradient_by_the_picture_is_that_of_central_differences(kind: str, channels: int) -> None:
    network = network_of(KINDS[kind](), channels)
    images = images_for(network)
    weights = np.random.default_rng(2).normal(size=(len(images), 3))
    exact = input_gradient(network, images, weights)
    assert exact.shape == images.shape
    step = 1e-6
    numeric = np.empty_like(images)
    for place in np.ndindex(*network.input_shape):
        moved = images.copy()
        moved[(slice(None), *place)] += step
        above = network.scores(moved)
        moved[(slice(None), *place)] -= 2 * step
        numeric[(slice(None), *place)] = ((above - network.scores(moved)) * weights).sum(1) / (2 * step)
    np.testing.assert_allclose(exact, numeric, atol=1e-6 * np.abs(numeric).max())


def test_weights_may_be_the_same_for_all_pictures() -> None:
    network = network_of(KINDS["mlp"]())
    images, weights = images_for(network), np.array([1.0, -0.5, 0.0])
    alike = input_gradient(network, images, weights)
    np.testing.assert_array_equal(alike, input_gradient(network, images, np.tile(weights, (4, 1))))


@pytest.mark.parametrize("kind", KINDS)
def test_the_network_stays_as_it_is_to_the_bit(kind: str) -> None:
    network = network_of(KINDS[kind]())
    network.gradient[...] = 7
    before = network.state.tobytes(), network.gradient.tobytes()
    images, weights = images_for(network), np.array([1.0, 0.0, 0.0])
    input_gradient(network, images, weights)
    integrated_gradients(network, images, weights, steps=3)
    if runs_backwards(network):
        backquery(network, np.full((1, 3), 0.5))
    assert (network.state.tobytes(), network.gradient.tobytes()) == before
    np.testing.assert_array_equal(weights, [1.0, 0.0, 0.0])


@pytest.mark.parametrize("kind", KINDS)
def test_the_shares_of_the_ink_add_up_to_what_sets_a_picture_apart_from_bare_paper(kind: str) -> None:
    network = network_of(KINDS[kind]())
    images, weights = images_for(network), np.array([1.0, -0.25, -0.75])
    shares = integrated_gradients(network, images, weights, steps=1024)
    whole = (network.scores(images) - network.scores(np.zeros_like(images))) @ weights
    np.testing.assert_allclose(shares.sum((1, 2)), whole, rtol=0.01)


def test_in_a_linear_network_a_share_is_ink_times_weight_and_bare_paper_has_none() -> None:
    network = network_of([Dense(3)])
    pixels = np.random.default_rng(1).integers(0, 256, (2, 8, 6), np.uint8)
    pixels[:, :3] = 0
    shares = integrated_gradients(network, pixels, np.array([0.0, 1.0, 0.0]), steps=1)
    weight = network.layers[0].values["weight"][1].reshape(8, 6)
    np.testing.assert_allclose(shares, pixels / 255 * weight, rtol=1e-12)


@pytest.mark.parametrize("shape", [(2, 6, 8), (8, 6), (0, 8, 6)])
def test_pictures_that_do_not_fit_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match="n, 8, 6"):
        input_gradient(network_of(KINDS["mlp"]()), np.zeros(shape), np.ones(3))


def test_back_query_is_the_talks() -> None:
    talk = ThreeLayers(48, 9, 3, rate=0.3, rng=np.random.default_rng(0))
    targets = np.array([targets_for(label, 3) for label in range(3)])
    dreams = backquery(talk.as_network(8, 6), targets)
    assert dreams.shape == (3, 8, 6)
    for dream, target in zip(dreams, targets, strict=True):
        np.testing.assert_allclose(dream.reshape(-1, 1), talk.backquery(target), atol=1e-5)


def test_back_query_calls_up_the_pattern_that_was_learnt() -> None:
    rng = np.random.default_rng(1)
    patterns = rng.integers(0, 2, (3, 5, 5), dtype=np.uint8) * 255
    talk = ThreeLayers(25, 30, 3, rate=0.3, rng=rng)
    for _ in range(300):
        for label in range(3):
            talk.train(scale_pixels(patterns[label].ravel()) + rng.normal(0, 0.2, 25), targets_for(label, 3))
    dreams = backquery(talk.as_network(5, 5), np.array([targets_for(label, 3) for label in range(3)]))
    likeness = np.corrcoef(dreams.reshape(3, 25), patterns.reshape(3, 25))[:3, 3:]
    assert likeness.argmax(1).tolist() == [0, 1, 2]
    assert np.diag(likeness).min() > 0.5


def test_back_query_knows_the_order_of_channels() -> None:
    network = network_of([Dense(3), Sigmoid()], channels=2)
    network.layers[0].values["weight"][...] = 0
    network.layers[0].values["weight"].reshape(3, 2, 8, 6)[0, 1, 2, 3] = 1  # channel 1, row 2, column 3
    assert np.argwhere(backquery(network, np.array([[0.9, 0.5, 0.5]])) > 0.5).tolist() == [[0, 2, 3, 1]]


@pytest.mark.parametrize("layers", [KINDS["mlp"](), KINDS["cnn"](), [Dense(3)], [Dense(8), Sigmoid(), Dense(3)]])
def test_only_dense_and_sigmoid_in_turn_run_backwards(layers: list[Layer]) -> None:
    network = network_of(layers)
    assert not runs_backwards(network)
    with pytest.raises(InputError, match="does not run backwards"):
        backquery(network, np.full((1, 3), 0.5))


@pytest.mark.parametrize(
    "targets", [[[0.0, 0.5, 0.5]], [[0.5, 0.5, 1.0]], [[0.5, 0.5]], [0.5, 0.5, 0.5], [[np.nan] * 3]]
)
def test_answers_that_no_sigmoid_gives_are_refused(targets: list[list[float]]) -> None:
    with pytest.raises(InputError, match="between 0 and 1"):
        backquery(network_of(KINDS["talk"]()), np.array(targets))
