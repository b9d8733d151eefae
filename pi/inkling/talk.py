"""The talk's way of teaching: one image at a time to its three-layer network, as it is or turned a little, too."""

from collections.abc import Iterator
from itertools import islice

import numpy as np

from inknet import Network
from inknet.arrays import Array
from inknet.classic import ThreeLayers, scale_pixels, targets_for
from inknet.deform import warp
from inknet.layers import Generator
from inknet.trainer import Step


class TalkTrainer:
    """The talk's network as taught: 784-200-10, sigmoids, one image at a time, by default at learning rate 0.1.

    turns: degrees by which an image is shown turned, anticlockwise; in an epoch every image is shown once for each.
    The views of all images are shown in one random order: two views of the same image in a row would be one long step.
    """

    EVERY = 100  # images between two steps that are reported

    def __init__(self, rng: Generator, rate: float = 0.1, turns: tuple[float, ...] = (0.0,)) -> None:
        self._rng, self._turns = rng, np.array(turns)
        self._network = ThreeLayers(784, 200, 10, rate=rate, rng=rng)

    def run(self, images: Array, labels: Array, epochs: float) -> Iterator[Step]:
        """Trains on images uint8 (n, 28, 28) with labels (n,); the error is the mean of the output errors' squares."""
        length = len(images) * len(self._turns)
        total, done, shown = max(1, round(epochs * length)), 0, self._order(length)
        targets = np.array([targets_for(label) for label in range(10)])
        while done < total:
            view, chosen = np.divmod(list(islice(shown, min(self.EVERY, total - done))), len(images))
            pictures = turned(images[chosen], self._turns[view])
            error = 0.0
            for picture, label in zip(pictures, labels[chosen], strict=True):
                errors = self._network.train(scale_pixels(picture.ravel()), targets[label])
                error += float(errors @ errors)
            done += len(chosen)
            yield Step(done / total, done / length, error / len(chosen))

    def result(self) -> Network:
        """The network in the library's form."""
        return self._network.as_network(28, 28)

    def _order(self, length: int) -> Iterator[int]:
        while True:
            yield from self._rng.permutation(length).tolist()


def turned(images: Array, degrees: float | Array) -> Array:
    """Pictures (n, height, width), turned anticlockwise about their centres, as float32; degrees: one, or (n,)."""
    angle = np.radians(np.broadcast_to(degrees, len(images)))
    back = np.zeros((len(images), 2, 3))  # y is counted downwards
    back[:, 0, 0] = back[:, 1, 1] = np.cos(angle)
    back[:, 0, 1], back[:, 1, 0] = np.sin(angle), -np.sin(angle)
    return warp(images.astype(np.float32), back)
