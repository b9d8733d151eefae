"""The trainer owns the loop: batches, deformation, optimizer, schedule, averaged weights, and checkpoints."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from .arrays import Array, as_ink, as_numpy, check_labels, namespace
from .errors import InputError, ModelError
from .layers import Generator
from .modelfile import describe, read, unusable, write
from .network import Network
from .optimizers import Optimizer
from .schedules import Schedule, constant


@dataclass(frozen=True)
class Step:
    """One batch done: how far the training is (0 to 1), how many epochs (a fraction), and the batch's loss."""

    progress: float
    epoch: float
    loss: float


@dataclass
class Trainer:
    """Trains a network on batches of images drawn in random order.

    rate: the peak learning rate. deform: changes a batch of floats (n, height, width) in place.
    averaging: the averaged weights are the mean over training with weight (step / steps)**averaging, so the last
    1 / (averaging + 1) of it counts most, however long it takes ("polynomial-decay averaging", Shamir and
    Zhang 2013, proceedings.mlr.press/v28/shamir13.html); None leaves the last weights as they are.
    """

    network: Network
    optimizer: Optimizer
    rng: Generator
    rate: float
    batch_size: int = 128
    schedule: Schedule = constant
    deform: Callable[[Array, Generator], None] | None = None
    averaging: float | None = None

    def __post_init__(self) -> None:
        self.steps = 0
        self.average = self.network.copy().state
        self.order = np.zeros(0, np.intp)

    def run(self, images: Array, labels: Array, epochs: float) -> Iterator[Step]:
        """Trains, yielding after every batch; whoever stops taking steps has stopped the training.

        images: uint8 or float of shape (n, height, width[, channels]); they stay as they are, and each batch is
        made float when its turn comes. labels: integers (n,). An epoch is n // batch_size batches; the few images
        that are left over are others each time. epochs counts from the first step, so called again, or after
        `restore`, it goes on where it was. Raises InputError.
        """
        labels = check_labels(labels, len(images), self.network.classes)
        size = min(self.batch_size, len(images))
        if size < 1 or not 0 < epochs < float("inf"):
            raise InputError(f"nothing to train: {len(images)} images, batches of {size}, {epochs} epochs")
        batches = len(images) // size
        total = max(1, round(epochs * batches))
        while self.steps < total:
            number = self.steps % batches
            if self.steps and len(self.order) != len(images):
                raise InputError(f"the training began with {len(self.order)} images; there are {len(images)}")
            if number == 0:
                self.order = self.rng.permutation(len(images))
            chosen = self.order[number * size :][:size]
            # the schedule is read in the middle of the step, so that one step alone has a rate above zero
            loss = self.step(images[chosen], labels[chosen], (self.steps + 0.5) / total)
            yield Step(self.steps / total, self.steps / batches, loss)

    def step(self, images: Array, labels: Array, progress: float) -> float:
        """One step on one batch at this progress, 0 to 1; returns the batch's loss."""
        network = self.network
        if self.deform is not None:
            images = as_ink(as_numpy(images))
            self.deform(images, self.rng)
        loss = network.gradients(images, labels, self.rng)
        rate = self.rate * self.schedule(progress)
        self.optimizer.step(network.parameters, network.gradient, rate, network.decayed)
        self.steps += 1
        if self.averaging is not None:
            part = (self.averaging + 1) / (self.averaging + self.steps)
            self.average += part * (network.state - self.average)
        return loss

    def validate(self, images: Array, labels: Array) -> float:
        """The accuracy of `result` on images that are not trained on, as `Network.accuracy` gives it."""
        return self.result().folded().accuracy(images, labels)

    def result(self) -> Network:
        """The trained network: a copy with the averaged weights, where they are averaged."""
        return self.network.copy(None if self.averaging is None else self.average)

    def checkpoint(self, path: str | os.PathLike[str], about: dict[str, Any] | None = None) -> None:
        """Writes all that training goes on from, durably: weights, averages, optimizer, chance, order and steps.

        about: plain data that is kept with it, in the header that `modelfile.read` gives. Raises OSError.
        """
        header = {
            "about": about or {},
            "layers": [describe(layer) for layer in self.network.layers],
            "steps": self.steps,
            "optimizer_steps": self.optimizer.steps,
            "rng": self.rng.bit_generator.state,
        }
        arrays = {"state": self.network.state, "average": self.average, **self.optimizer.memory}
        here = {name: as_numpy(array) for name, array in arrays.items()}
        write(path, header, {"order": self.order.astype(np.uint32), **here})

    def restore(self, path: str | os.PathLike[str]) -> None:
        """Takes up a checkpoint of a trainer made alike: what follows is, to the bit, what would have followed there.

        Raises ModelError if it is damaged or of another network, and then nothing has changed; OSError.
        """
        header, arrays = read(path)
        try:
            if header["layers"] != [describe(layer) for layer in self.network.layers]:
                raise ModelError("it is of another network")
            rng = np.random.Generator(type(self.rng.bit_generator)())
            rng.bit_generator.state = header["rng"]
            steps, optimizer_steps = int(header["steps"]), int(header["optimizer_steps"])
            state, average, order = (arrays.pop(name) for name in ("state", "average", "order"))
            if not state.shape == average.shape == self.network.state.shape:
                raise ModelError(f"it holds {state.shape} numbers for a network of {self.network.state.shape}")
        except Exception as error:  # a header may hold anything
            raise unusable(path, error) from error
        move = namespace(self.average).asarray
        self.network.state[...], self.average[...] = move(state), move(average)
        self.order, self.steps = order.astype(np.intp), steps
        self.optimizer.steps, self.optimizer.memory = optimizer_steps, {name: move(a) for name, a in arrays.items()}
        self.rng.bit_generator.state = rng.bit_generator.state
