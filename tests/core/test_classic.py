"""The talk's network: its arithmetic by hand, its agreement with the library, and its way backwards."""

import math

import numpy as np
import pytest

from inknet import Dense, InputError, Layer, Network, Sigmoid, SquaredError
from inknet.classic import ThreeLayers, scale_pixels, targets_for


def two_by_two() -> ThreeLayers:
    network = ThreeLayers(2, 2, 2, rate=0.5, rng=np.random.default_rng(0))
    network.wih[...] = [[0.9, 0.3], [0.2, 0.8]]
    network.who[...] = [[0.4, -0.6], [0.5, 0.1]]
    return network


def logistic(x: float) -> float:
    return float(1 / (1 + np.exp(-x)))


def test_signals_forward_worked_by_hand() -> None:
    # hidden: 0.9 * 1.0 + 0.3 * 0.5 = 1.05 and 0.2 * 1.0 + 0.8 * 0.5 = 0.6
    h1, h2 = logistic(1.05), logistic(0.6)
    assert h1 == pytest.approx(0.7408, abs=1e-4)
    answer = two_by_two().query([1.0, 0.5])
    assert answer.shape == (2, 1)
    np.testing.assert_allclose(answer[:, 0], [logistic(0.4 * h1 - 0.6 * h2), logistic(0.5 * h1 + 0.1 * h2)])


def test_one_step_of_training_worked_by_hand() -> None:
    network = two_by_two()
    h1, h2 = logistic(1.05), logistic(0.6)
    o1, o2 = logistic(0.4 * h1 - 0.6 * h2), logistic(0.5 * h1 + 0.1 * h2)
    e1, e2 = 0.99 - o1, 0.01 - o2
    # each error goes back over the links it came by, in proportion to their weights
    back1, back2 = 0.4 * e1 + 0.5 * e2, -0.6 * e1 + 0.1 * e2
    network.train([1.0, 0.5], [0.99, 0.01])
    assert network.who[0, 1] == pytest.approx(-0.6 + 0.5 * e1 * o1 * (1 - o1) * h2)
    assert network.who[1, 0] == pytest.approx(0.5 + 0.5 * e2 * o2 * (1 - o2) * h1)
    assert network.wih[0, 1] == pytest.approx(0.3 + 0.5 * back1 * h1 * (1 - h1) * 0.5)
    assert network.wih[1, 0] == pytest.approx(0.2 + 0.5 * back2 * h2 * (1 - h2) * 1.0)


class ByHand:
    """The talk's formulas for three nodes in each of three layers, one link at a time and without NumPy.

    wih[i][j] is the weight of the link from input i to hidden node j, who[j][k] from hidden node j to output k.
    """

    def __init__(self) -> None:
        self.wih = [[0.9, 0.2, 0.1], [0.3, 0.8, 0.5], [0.4, 0.2, 0.6]]
        self.who = [[0.3, 0.6, 0.8], [0.7, 0.5, 0.1], [0.5, 0.2, 0.9]]

    @staticmethod
    def fire(x: float) -> float:
        return 1 / (1 + math.exp(-x))

    def forward(self, x: list[float]) -> tuple[list[float], list[float]]:
        """The signals of the hidden nodes and of the outputs."""
        hidden = [self.fire(sum(x[i] * self.wih[i][j] for i in range(3))) for j in range(3)]
        return hidden, [self.fire(sum(hidden[j] * self.who[j][k] for j in range(3))) for k in range(3)]

    def train(self, x: list[float], targets: list[float], rate: float) -> list[float]:
        """One step; returns the output errors before it."""
        hidden, outputs = self.forward(x)
        errors = [targets[k] - outputs[k] for k in range(3)]
        # an error goes back over each link by its weight, and a hidden node gathers what comes to it
        hidden_errors = [sum(errors[k] * self.who[j][k] for k in range(3)) for j in range(3)]
        # new w = old w - rate dE/dw, with dE/dw = -e o (1 - o) (signal of the node before)
        for before in range(3):
            for node in range(3):
                slope = -errors[node] * outputs[node] * (1 - outputs[node]) * hidden[before]
                self.who[before][node] -= rate * slope
                slope = -hidden_errors[node] * hidden[node] * (1 - hidden[node]) * x[before]
                self.wih[before][node] -= rate * slope
        return errors

    def backquery(self, outputs: list[float]) -> list[float]:
        """The inputs that these outputs call up."""
        sums = [math.log(y / (1 - y)) for y in outputs]
        hidden = self.stretch([sum(sums[k] * self.who[j][k] for k in range(3)) for j in range(3)])
        sums = [math.log(y / (1 - y)) for y in hidden]
        return self.stretch([sum(sums[j] * self.wih[i][j] for j in range(3)) for i in range(3)])

    @staticmethod
    def stretch(signals: list[float]) -> list[float]:
        """From 0.01 to 0.99."""
        low, high = min(signals), max(signals)
        return [(signal - low) / (high - low) * 0.98 + 0.01 for signal in signals]


def three_by_three() -> ThreeLayers:
    """The worked example of the talk's book; row by row what a node listens to, as its matrices are printed."""
    network = ThreeLayers(3, 3, 3, rate=0.3, rng=np.random.default_rng(0))
    network.wih[...] = [[0.9, 0.3, 0.4], [0.2, 0.8, 0.2], [0.1, 0.5, 0.6]]
    network.who[...] = [[0.3, 0.7, 0.5], [0.6, 0.5, 0.2], [0.8, 0.1, 0.9]]
    return network


def test_three_nodes_in_three_layers_answer_as_in_the_book() -> None:
    # hidden: 0.9 * 0.9 + 0.3 * 0.1 + 0.4 * 0.8 = 1.16, then 0.42 and 0.62; the sigmoid of these:
    hidden, _ = ByHand().forward([0.9, 0.1, 0.8])
    assert hidden == pytest.approx([0.761, 0.603, 0.650], abs=5e-4)
    # output: 0.3 * 0.761 + 0.7 * 0.603 + 0.5 * 0.650 = 0.975, then 0.888 and 1.254
    assert three_by_three().query([0.9, 0.1, 0.8])[:, 0] == pytest.approx([0.726, 0.709, 0.778], abs=5e-4)


def test_every_weight_moves_as_in_the_talks_formulas_step_after_step() -> None:
    network, by_hand = three_by_three(), ByHand()
    for x, targets in (
        ([0.9, 0.1, 0.8], [0.01, 0.99, 0.01]),
        ([0.01, 1.0, 0.5], [0.99, 0.01, 0.01]),
        ([0.9, 0.1, 0.8], [0.01, 0.99, 0.01]),
        ([0.3, 0.6, 0.01], [0.01, 0.01, 0.99]),
    ):
        errors = network.train(x, targets)
        assert errors.tolist() == pytest.approx(by_hand.train(x, targets, rate=0.3), rel=1e-12)
        # in the matrices a row is a node and a column what it listens to
        assert network.wih.T.ravel().tolist() == pytest.approx([w for row in by_hand.wih for w in row], rel=1e-12)
        assert network.who.T.ravel().tolist() == pytest.approx([w for row in by_hand.who for w in row], rel=1e-12)
        assert network.query(x)[:, 0].tolist() == pytest.approx(by_hand.forward(x)[1], rel=1e-12)


def test_the_way_backwards_worked_by_hand() -> None:
    dream = three_by_three().backquery([0.01, 0.99, 0.2])
    assert dream[:, 0].tolist() == pytest.approx(ByHand().backquery([0.01, 0.99, 0.2]), rel=1e-10)


def test_the_output_nodes_follow_the_gradient_and_the_hidden_nodes_the_talks_heuristic() -> None:
    rng = np.random.default_rng(0)
    talk = ThreeLayers(12, 7, 3, rate=0.3, rng=rng)
    layers: list[Layer] = [Dense(7, bias=False), Sigmoid(), Dense(3, bias=False), Sigmoid()]
    network = Network(layers, SquaredError(), (3, 4), dtype=np.float64)
    layers[0].values["weight"][...], layers[2].values["weight"][...] = talk.wih, talk.who
    image = rng.random((1, 3, 4))
    np.testing.assert_allclose(network.scores(image)[0], talk.query(image.ravel())[:, 0], rtol=1e-12)

    network.gradients(image, np.array([1]), rng)
    wih, who = talk.wih.copy(), talk.who.copy()
    talk.train(image.ravel(), targets_for(1, 3))
    np.testing.assert_allclose((who - talk.who) / 0.3, layers[2].gradients["weight"], rtol=1e-10)
    # not the gradient, but still downhill: more than at a right angle to it, less than straight along it
    step, gradient = (wih - talk.wih).ravel(), layers[0].gradients["weight"].ravel()
    assert 0.8 < step @ gradient / np.linalg.norm(step) / np.linalg.norm(gradient) < 0.9999


def test_in_the_librarys_form_it_answers_the_same() -> None:
    talk = ThreeLayers(12, 7, 3, rate=0.3, rng=np.random.default_rng(0))
    pixels = np.random.default_rng(1).integers(0, 256, (5, 3, 4), dtype=np.uint8)
    answers = [talk.query(scale_pixels(image.ravel()))[:, 0] for image in pixels]
    np.testing.assert_allclose(talk.as_network(3, 4).scores(pixels), answers, rtol=1e-5)


def test_it_takes_lists_and_columns_alike() -> None:
    network = two_by_two()
    np.testing.assert_array_equal(network.query([1.0, 0.5]), network.query(np.array([[1.0], [0.5]])))


def test_xor_is_learnt_by_several_nodes() -> None:
    network = ThreeLayers(3, 4, 1, rate=1.0, rng=np.random.default_rng(2))  # the third input is always on
    table: list[tuple[list[float], float]] = [
        ([0.01, 0.01, 1], 0.01),
        ([0.01, 1, 1], 0.99),
        ([1, 0.01, 1], 0.99),
        ([1, 1, 1], 0.01),
    ]
    for _ in range(4000):
        for inputs, target in table:
            network.train(inputs, [target])
    assert [round(float(network.query(inputs)[0, 0])) for inputs, _ in table] == [0, 1, 1, 0]


def test_backquery_calls_up_the_picture_that_was_learnt() -> None:
    rng = np.random.default_rng(1)
    patterns = rng.integers(0, 2, (3, 25)) * 0.98 + 0.01
    network = ThreeLayers(25, 30, 3, rate=0.3, rng=rng)
    for _ in range(300):
        for label in range(3):
            noisy = np.clip(patterns[label] + rng.normal(0, 0.2, 25), 0.01, 1)
            network.train(noisy, targets_for(label, 3))
    for label in range(3):
        dream = network.backquery(targets_for(label, 3))
        assert dream.shape == (25, 1)
        assert 0.01 <= dream.min() < dream.max() <= 0.99
        likeness = [np.corrcoef(dream[:, 0], pattern)[0, 1] for pattern in patterns]
        assert int(np.argmax(likeness)) == label


def test_scaling_and_targets_are_the_talks() -> None:
    np.testing.assert_allclose(scale_pixels([0, 255]), [0.01, 1.0])
    np.testing.assert_allclose(targets_for(1, 3), [0.01, 0.99, 0.01])


@pytest.mark.parametrize("inputs", [[1.0], [1.0, 2.0, 3.0], [1.0, float("nan")]])
def test_inputs_that_do_not_fit_are_refused(inputs: list[float]) -> None:
    with pytest.raises(InputError, match="2 finite numbers"):
        two_by_two().query(inputs)


def test_a_target_no_sigmoid_reaches_is_refused() -> None:
    with pytest.raises(InputError, match="between 0 and 1"):
        two_by_two().backquery([0, 1])
