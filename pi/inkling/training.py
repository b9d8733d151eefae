"""Training on a data set: what is learnt from, what is held back, and what is written down about it."""

import platform
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from inknet import Network, SoftmaxCrossEntropy
from inknet.arrays import Array
from inknet.losses import fit_temperature
from inknet.trainer import Step

from . import __version__, mnist
from .datasets import read_csv, read_idx
from .errors import DataError
from .reader import DIGITS
from .recipes import RECIPES

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
    """

    def __init__(self, images: Images, recipe: str, epochs: float | None, seed: int, judged: bool = True) -> None:
        if not len(images):
            raise DataError("there is no image to learn from")
        self.recipe, self.seed, self.learns_all = recipe, seed, not judged
        self.epochs = RECIPES[recipe].epochs if epochs is None else epochs
        self.trainer = RECIPES[recipe].trainer(np.random.default_rng(seed))
        self.learn, self.held_back = hold_back(images) if judged else (images, images.part(np.zeros(0, np.intp)))
        self.done = 0.0

    def steps(self) -> Iterator[Step]:
        """Trains, yielding after every batch."""
        for step in self.trainer.run(*self._lesson(), self.epochs):
            self.done = step.epoch
            yield step

    def _lesson(self) -> tuple[Array, Array]:
        """Images and labels as the network learns them: with what is drawn beside them, always alike for a seed."""
        recipe = RECIPES[self.recipe]
        if not recipe.outliers:
            return self.learn.images, self.learn.labels
        from .simulation.outliers import with_outliers

        rng = np.random.default_rng((self.seed, DIGITS))
        return with_outliers(self.learn.images, self.learn.labels, recipe.outliers, rng, recipe.own)

    def _judges(self) -> tuple[Array, Array]:
        """Images and labels by which confidence is fitted: those held back, and a few that are no digits."""
        images, labels = self.held_back.images, self.held_back.labels
        if not RECIPES[self.recipe].outliers:
            return images, labels
        from .simulation.outliers import with_outliers

        return with_outliers(images, labels, OUTLIERS / len(images), np.random.default_rng(DIGITS))

    def accuracy(self) -> float | None:
        """The share of the held-back images read right by the network as it is; None if none are held back."""
        if not len(self.held_back):
            return None
        return evaluate(self.trainer.result(), self.held_back)

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
        if judged and len(self.held_back):
            network.about["held_back_accuracy"] = evaluate(network, self.held_back)
            if isinstance(network.loss, SoftmaxCrossEntropy):
                images, labels = self._judges()
                temperature = fit_temperature(network.folded().scores(images).T, labels)
                network.loss = replace(network.loss, temperature=round(temperature, 4))
        elif self.learns_all and isinstance(network.loss, SoftmaxCrossEntropy):
            network.loss = replace(network.loss, temperature=RECIPES[self.recipe].temperature)
        return network


def evaluate(network: Network, images: Images) -> float:
    """The share of images, 0 to 1, whose likeliest digit is their label, also where "no digit" is likelier."""
    return count_correct(network, images) / len(images)


def count_correct(network: Network, images: Images) -> int:
    """How many of the images the network reads right; an answer that is no digit does not count."""
    if not len(images):
        raise DataError("there is no image to evaluate on")
    scores = network.folded().scores(images.images)[:, :DIGITS]
    return int((scores.argmax(axis=1) == images.labels).sum())
