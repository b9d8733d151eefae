"""Training on a data set: what is learnt from, what is held back, and what is written down about it."""

import platform
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import numpy as np

from inknet import Network, SoftmaxCrossEntropy
from inknet.arrays import Array
from inknet.losses import fit_temperature
from inknet.trainer import Step

from . import __version__, mnist
from .datasets import read_csv, read_idx
from .errors import DataError
from .lesson import Lesson, Part, Sampled, beside
from .reader import DIGITS
from .recipes import FURTHER, RECIPES, Trains, further
from .simulation.outliers import NO_DIGIT, outliers

HELD_BACK = 12  # one image in so many is held back: 5,000 of MNIST's 60,000
OUTLIERS = 1000  # so many stand beside these where confidence is fitted


@dataclass(frozen=True)
class Images:
    """Labelled pictures: images uint8 (n, 28, 28), ink 255; labels uint8 (n,), 0 to 9."""

    images: Array
    labels: Array

    def __post_init__(self) -> None:
        if len(self.images) != len(self.labels) or self.images.shape[1:] != (28, 28):
            raise DataError(
                f"the data set has images of shape {self.images.shape} and {len(self.labels)} labels; "
                "as many labels as images of 28x28 pixels are needed"
            )
        if self.labels.max(initial=0) > 9:
            raise DataError(f"the data set has the label {self.labels.max()}; labels go from 0 to 9")

    def __len__(self) -> int:
        return len(self.labels)

    def part(self, chosen: Array) -> "Images":
        """Those images whose indices are given."""
        return Images(self.images[chosen], self.labels[chosen])


def load_images(data: Path, part: str) -> Images:
    """The "train" or "test" images of a directory, or of a CSV file.

    A directory holds MNIST's IDX files, or CSV files as in the talk (`*train*.csv`, `*test*.csv`). Raises DataError if
    there are none, DatasetError if they are malformed.
    """
    if data.is_file():
        return Images(*read_csv(data))
    tables = sorted(data.glob(f"*{part}*.csv"))
    if len(tables) == 1:
        return Images(*read_csv(tables[0]))
    if tables:
        raise DataError(f"{data} holds {len(tables)} files *{part}*.csv: give the one that is meant as --data FILE")
    prefix = {"train": "train", "test": "t10k"}[part]
    return Images(*(read_idx(mnist.find(data, f"{prefix}-{kind}-ubyte")) for kind in ("images-idx3", "labels-idx1")))


def hold_back(images: Images) -> tuple[Images, Images]:
    """The images to learn from, and those held back for judging: for a data set always the same, whatever the seed."""
    order = np.random.default_rng(0).permutation(len(images))
    count = len(images) // HELD_BACK
    return images.part(np.sort(order[count:])), images.part(np.sort(order[:count]))


class Training:
    """One recipe on one data set. `steps` does the work; `result` is what came of it, at any time.

    judged: a part of the images is held back to judge the network by; otherwise it learns from all of them.
    base: with the recipe "further", the network to go on from. samples: the owner's digits, learnt beside the images
    (see `lesson`). trainer: instead of the recipe's own.
    """

    def __init__(
        self,
        images: Images,
        recipe: str,
        epochs: float | None,
        seed: int,
        judged: bool = True,
        base: Network | None = None,
        samples: Sampled | None = None,
        trainer: Trains | None = None,
    ) -> None:
        if not len(images):
            raise DataError("there is no image to learn from")
        self.recipe, self.seed, self.learns_all = recipe, seed, not judged
        self.kind = FURTHER if base is not None else RECIPES[recipe]
        self.epochs = self.kind.epochs if epochs is None else epochs
        rng = np.random.default_rng(seed)
        if base is not None:
            self.trainer: Trains = further(base, rng)
        else:
            self.trainer = self.kind.trainer(rng) if trainer is None else trainer
        self.answers = self.trainer.result().classes
        self.learn, self.held_back = hold_back(images) if judged else (images, images.part(np.zeros(0, np.intp)))
        self.samples = (samples or Sampled(images.images[:0], images.labels[:0])).for_answers(self.answers)
        self.done = 0.0
        self._no_digits: Array | None = None
        self.drawn = 1.0  # how much of what is shown beside the images is drawn, the rest being shown again

    def steps(self) -> Iterator[Step]:
        """Trains, yielding after every batch. Each epoch has a lesson of its own, lest one is learnt by heart."""
        while self.done < self.epochs:
            epoch = int(self.done)
            lesson = self.lesson(epoch)
            for step in self.trainer.run(cast(Array, lesson), lesson.labels, self.epochs):
                self.done = step.epoch
                yield step
                if int(self.done) > epoch:
                    break
            else:
                return

    def lesson(self, epoch: int = 0) -> Lesson:
        """What the network learns from in an epoch: the images and what is drawn beside them, alike for a seed."""
        images, labels = self.learn.images, self.learn.labels
        parts = [Part.of(images, labels)]
        if self.answers > DIGITS:
            rng = np.random.default_rng((self.seed, DIGITS, epoch))
            parts += beside(images, labels, self.kind.outliers, self.kind.own, rng, self.drawn)
        rng = np.random.default_rng((self.seed, len(self.samples), epoch))
        parts.append(self.samples.deformed(len(images), rng))
        return Lesson(parts)

    def no_digits(self) -> Array:
        """Outliers, uint8 (OUTLIERS, 28, 28), that stand beside the images held back where confidence is fitted."""
        if self._no_digits is None:
            images, labels = self.held_back.images, self.held_back.labels
            pieces = (images, labels) if len(np.unique(labels)) > 1 else ()
            self._no_digits = outliers(OUTLIERS, np.random.default_rng(DIGITS), *pieces)
        return self._no_digits

    def accuracy(self, most: int | None = None) -> float | None:
        """The share of the held-back images read right by the network as it is; None if none are held back.

        most: only so many of them are read, for the sake of time.
        """
        some = self.held_back.part(np.arange(len(self.held_back))[:most])
        return evaluate(self.trainer.result(), some) if len(some) else None

    def result(self, judged: bool = True) -> Network:
        """The network as it is, its history in `about`.

        judged: its confidence is fitted to the held-back images, and its accuracy on them written down; this takes
        as long as reading them. Where all are learnt from, the confidence is scaled as in earlier trainings.
        """
        network = self.trainer.result()
        network.about = {
            "recipe": self.recipe,
            "epochs": round(self.done, 3),
            "seed": self.seed,
            "images": len(self.learn),
            "held_back": len(self.held_back),
            "held_back_accuracy": None,
            "inkling": __version__,
            "numpy": np.__version__,
            "machine": platform.machine(),
        }
        if len(self.samples):
            network.about["samples"] = len(self.samples)
        if judged and len(self.held_back):
            self._judge(network)
        elif self.learns_all and isinstance(network.loss, SoftmaxCrossEntropy):
            network.loss = replace(network.loss, temperature=self.kind.temperature)
        return network

    def _judge(self, network: Network) -> None:
        """Writes down what is read right of the images held back, and fits the confidence to them."""
        images, labels = self.held_back.images, self.held_back.labels
        reader = network.folded()
        scores = reader.scores(images)
        network.about["held_back_accuracy"] = float((scores[:, :DIGITS].argmax(axis=1) == labels).mean())
        if isinstance(network.loss, SoftmaxCrossEntropy):
            if self.answers > DIGITS:  # with a few beside them that are no digits
                none = self.no_digits()
                scores = np.concatenate([scores, reader.scores(none)])
                labels = np.concatenate([labels, np.full(len(none), NO_DIGIT, labels.dtype)])
            network.loss = replace(network.loss, temperature=round(fit_temperature(scores.T, labels), 4))


def evaluate(network: Network, images: Images) -> float:
    """The share of images, 0 to 1, whose likeliest digit is their label, also where "no digit" is likelier."""
    return count_correct(network, images) / len(images)


def count_correct(network: Network, images: Images) -> int:
    """How many of the images the network reads right; an answer that is no digit does not count."""
    if not len(images):
        raise DataError("there is no image to evaluate on")
    scores = network.folded().scores(images.images)[:, :DIGITS]
    return int((scores.argmax(axis=1) == images.labels).sum())
