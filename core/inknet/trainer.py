"""The trainer owns the loop: batches, deformation, optimizer, schedule and averaged weights."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from .arrays import Array, as_ink, check_labels
from .errors import InputError
from .layers import Generator
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
        self.average = self.network.state.copy()

    def run(self, images: Array, labels: Array, epochs: float) -> Iterator[Step]:
        """Trains, yielding after every batch; whoever stops taking steps has stopped the training.

        images: uint8 or float of shape (n, height, width[, channels]); they stay as they are, and each batch is
        made float when its turn comes. labels: integers (n,). An epoch is n // batch_size batches; the few images
        that are left over are others each time. Raises InputError.
        """
        labels = check_labels(labels, len(images), self.network.classes)
        size = min(self.batch_size, len(images))
        if not size or not epochs > 0:
            raise InputError(f"nothing to train: {len(images)} images, {epochs} epochs")
        batches = len(images) // size
        total = max(1, round(epochs * batches))
        for step in range(total):
            if step % batches == 0:
                order = self.rng.permutation(len(images))
            chosen = order[step % batches * size :][:size]
            # the schedule is read in the middle of the step, so that one step alone has a rate above zero
            loss = self.step(images[chosen], labels[chosen], (step + 0.5) / total)
            yield Step((step + 1) / total, (step + 1) / batches, loss)

    def step(self, images: Array, labels: Array, progress: float) -> float:
        """One step on one batch at this progress, 0 to 1; returns the batch's loss."""
        network = self.network
        x = as_ink(images, network.state.dtype)
        if self.deform is not None:
            self.deform(x, self.rng)
        loss = network.gradients(x, labels, self.rng)
        rate = self.rate * self.schedule(progress)
        self.optimizer.step(network.parameters, network.gradient, rate, network.decayed)
        self.steps += 1
        if self.averaging is not None:
            part = (self.averaging + 1) / (self.averaging + self.steps)
            self.average += np.asarray(part, x.dtype) * (network.state - self.average)
        return loss

    def result(self) -> Network:
        """The trained network: a copy with the averaged weights, where they are averaged."""
        return self.network.copy(None if self.averaging is None else self.average)
