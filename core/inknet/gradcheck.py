"""The gradient check: backpropagation against differences, which know no calculus.

It is part of the library, so that whoever writes a layer can prove it.
"""

import numpy as np

from .arrays import Array
from .network import Network


def gradient_error(network: Network, images: Array, labels: Array, seed: int = 0, step: float = 1e-5) -> float:
    """How far a network's gradient is from central differences: the norm of what differs over that of both.

    network: of dtype float64; about 1e-7 is exact, above 1e-4 is wrong. images and labels as for
    `Network.gradients`. Chance is replayed from the same seed at every look.
    """

    def loss() -> float:
        return network.gradients(images, labels, np.random.default_rng(seed))

    loss()
    exact = network.gradient.copy()
    numeric = np.zeros_like(exact)
    parameters = network.parameters
    for i in range(len(parameters)):
        kept = parameters[i]
        parameters[i] = kept + step
        above = loss()
        parameters[i] = kept - step
        numeric[i] = (above - loss()) / (2 * step)
        parameters[i] = kept
    return float(np.linalg.norm(exact - numeric) / (np.linalg.norm(exact) + np.linalg.norm(numeric)))
