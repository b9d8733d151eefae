"""The talk's way of teaching: one image at a time to its three-layer network, as it is or turned a little, too."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from inknet import InputError, ModelError, Network
from inknet.arrays import Array
from inknet.classic import ThreeLayers, scale_pixels, targets_for
from inknet.deform import warp
from inknet.layers import Generator
from inknet.modelfile import read, unusable, write
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
        self._done, self._order = 0, np.zeros(0, np.intp)

    def run(self, images: Array, labels: Array, epochs: float) -> Iterator[Step]:
        """Trains on images uint8 (n, 28, 28) with labels (n,); the error is the mean of the output errors' squares.

        Called again, or after `restore`, it goes on where it was. Raises InputError if that was with other images.
        """
        length = len(images) * len(self._turns)
        total = max(1, round(epochs * length))
        targets = np.array([targets_for(label) for label in range(10)])
        while self._done < total:
            view, chosen = np.divmod(self._next(min(self.EVERY, total - self._done), length), len(images))
            pictures = turned(images[chosen], self._turns[view])
            error = 0.0
            for picture, label in zip(pictures, labels[chosen], strict=True):
                errors = self._network.train(scale_pixels(picture.ravel()), targets[label])
                error += float(errors @ errors)
            yield Step(self._done / total, self._done / length, error / len(chosen))

    def result(self) -> Network:
        """The network in the library's form."""
        return self._network.as_network(28, 28)

    def checkpoint(self, path: Path, about: dict[str, Any] | None = None) -> None:
        """Writes all that training goes on from, durably, as `inknet.Trainer.checkpoint` does."""
        header = {"about": about or {}, "talk": self._turns.tolist(), "done": self._done}
        rng = self._rng.bit_generator.state
        arrays: dict[str, Array] = {"wih": self._network.wih, "who": self._network.who}
        write(path, {**header, "rng": rng}, {"order": self._order.astype(np.uint32), **arrays})

    def restore(self, path: Path) -> None:
        """Takes up a checkpoint of a trainer made alike, as `inknet.Trainer.restore` does; raises ModelError."""
        header, arrays = read(path)
        try:
            order, wih, who = (arrays[name] for name in ("order", "wih", "who"))
            if header["talk"] != self._turns.tolist() or wih.shape != self._network.wih.shape:
                raise ModelError("it is of another network")
            done = int(header["done"])
            self._rng.bit_generator.state = header["rng"]
        except Exception as error:  # a header may hold anything
            raise unusable(path, error) from error
        self._order, self._done = order.astype(np.intp), done
        self._network.wih, self._network.who = wih, who

    def _next(self, count: int, length: int) -> Array:
        """The next views to be shown, (count,): when all `length` were, they come in a new order."""
        if self._done and len(self._order) != length:
            raise InputError(f"the training began with {len(self._order)} views of images; there are {length}")
        views = np.empty(count, np.intp)
        filled = 0
        while filled < count:
            first = self._done % length
            if first == 0:
                self._order = self._rng.permutation(length)
            some = self._order[first : first + count - filled]
            views[filled : filled + len(some)] = some
            filled, self._done = filled + len(some), self._done + len(some)
        return views


def turned(images: Array, degrees: float | Array) -> Array:
    """Pictures (n, height, width), turned anticlockwise about their centres, as float32; degrees: one, or (n,)."""
    angle = np.radians(np.broadcast_to(degrees, len(images)))
    back = np.zeros((len(images), 2, 3))  # y is counted downwards
    back[:, 0, 0] = back[:, 1, 1] = np.cos(angle)
    back[:, 0, 1], back[:, 1, 0] = np.sin(angle), -np.sin(angle)
    return warp(images.astype(np.float32), back)
