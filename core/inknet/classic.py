"""The talk's three-layer network, whole and in one place: signals forward, errors back, links adjusted.

After Tariq Rashid, "A Gentle Introduction to Neural Networks" (PyCon Italy 2017) and his book "Make Your Own
Neural Network". The rest of the library is this, taken apart so that the parts can be put together in other ways.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from .arrays import Array
from .errors import InputError
from .layers import Dense, Generator, Sigmoid, sigmoid
from .losses import SquaredError
from .network import Network


class ThreeLayers:
    """Input nodes, hidden nodes, output nodes, and a link from each to all of the next.

    wih: (hidden, inputs), the weights of the links from the input to the hidden nodes; row j is all that hidden
        node j listens to. who: (outputs, hidden), from the hidden to the output nodes.

    Weights start normal with a standard deviation of 1 / sqrt(nodes of the layer they lead to), as in the talk.
    """

    def __init__(self, inputs: int, hidden: int, outputs: int, rate: float, rng: Generator) -> None:
        self.rate = rate
        self.wih = rng.normal(0.0, hidden**-0.5, (hidden, inputs))
        self.who = rng.normal(0.0, outputs**-0.5, (outputs, hidden))

    def query(self, inputs: ArrayLike) -> Array:
        """The output nodes' answer, (outputs, 1), to inputs from 0.01 to 1.0: a list or a column vector."""
        return sigmoid(self.who @ sigmoid(self.wih @ column(inputs, self.wih.shape[1])))

    def train(self, inputs: ArrayLike, targets: ArrayLike) -> Array:
        """Shows one example, and moves every link a little against its share of the error.

        For a node with output o and error e, and a signal s on one of its links, the squared error changes with
        the link's weight by -e o (1 - o) s (up to a factor that is part of the learning rate). At the output this is
        the gradient. For the hidden nodes the talk splits the plain errors e where the gradient would split
        e o (1 - o): a heuristic, which keeps on teaching them when the output is far wrong and its slope almost 0.
        Returns the output errors before the step, (outputs,).
        """
        signals = column(inputs, self.wih.shape[1])
        wanted = column(targets, self.who.shape[0])
        hidden = sigmoid(self.wih @ signals)
        outputs = sigmoid(self.who @ hidden)

        output_errors = wanted - outputs
        # an output's error is split over its links by their weights, and put together again at each hidden node
        hidden_errors = self.who.T @ output_errors

        self.who += self.rate * (output_errors * outputs * (1 - outputs)) @ hidden.T
        self.wih += self.rate * (hidden_errors * hidden * (1 - hidden)) @ signals.T
        return output_errors[:, 0]

    def backquery(self, targets: ArrayLike) -> Array:
        """Runs the network backwards: the inputs, (inputs, 1), from 0.01 to 0.99, that such an answer calls up.

        Each step back is the inverse sigmoid and the transposed weights; before the next, signals are stretched to
        0.01 to 0.99, where the inverse sigmoid exists.
        """
        outputs = column(targets, self.who.shape[0])
        if not (outputs.min() > 0 and outputs.max() < 1):
            raise InputError(f"targets lie between 0 and 1, exclusive; seen: {outputs.min()} to {outputs.max()}")
        return run_backwards([self.who, self.wih], outputs)

    def as_network(self, height: int, width: int) -> Network:
        """The same function in the library's form, for pictures from 0.0 to 1.0 that `scale_pixels` need not touch.

        The scaling goes into the first layer: W (0.99 x + 0.01) = (0.99 W) x + 0.01 W 1.
        """
        first, last = Dense(len(self.wih), gain=1), Dense(len(self.who), bias=False, gain=1)
        network = Network([first, Sigmoid(), last, Sigmoid()], SquaredError(), (height, width))
        first.values["weight"][...] = 0.99 * self.wih
        first.values["bias"][...] = 0.01 * self.wih.sum(axis=1)
        last.values["weight"][...] = self.who
        return network


def column(values: ArrayLike, count: int) -> Array:
    """Numbers as a column vector (count, 1); raises InputError if there are more, fewer, or no finite numbers."""
    vector = np.asarray(values, float).reshape(-1, 1)
    if len(vector) != count or not np.isfinite(vector).all():
        raise InputError(f"{count} finite numbers are needed, one a node; seen: shape {np.shape(values)}")
    return vector


def logit(y: Array) -> Array:
    """The inverse of the sigmoid, log(y / (1 - y)), for y between 0 and 1."""
    x: Array = np.log(y / (1 - y))
    return x


def run_backwards(weights: Sequence[Array], signals: Array) -> Array:
    """The inputs (inputs, 1) that call up the outputs (outputs, 1); weights from the last layer's to the first's."""
    for weight in weights:
        signals = stretch(weight.T @ logit(signals))
    return signals


def stretch(signals: Array) -> Array:
    """Signals moved and scaled so that the smallest is 0.01 and the largest 0.99 (all 0.5 if they are equal)."""
    spread = np.ptp(signals)
    if spread == 0:
        return np.full_like(signals, 0.5)
    stretched: Array = 0.01 + 0.98 * (signals - signals.min()) / spread
    return stretched


def scale_pixels(pixels: ArrayLike) -> Array:
    """Pixels from 0 to 255 as the talk feeds them: 0.01 to 1.0, because a zero would leave its links untaught."""
    return np.asarray(pixels, float) / 255 * 0.99 + 0.01


def targets_for(label: int, outputs: int = 10) -> Array:
    """The talk's targets, (outputs,): 0.99 for the right node, 0.01 for the others."""
    targets = np.full(outputs, 0.01)
    targets[label] = 0.99
    return targets
