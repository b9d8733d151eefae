"""Evaluation: how much a network reads right, how honest its confidence is, and what corruptions do to it."""

from collections.abc import Iterator

import numpy as np

from inknet import Network
from inknet.arrays import Array

from .corruptions import CORRUPTIONS, corrupt
from .training import Images, count_correct

BINS = 15


def calibration_error(probabilities: Array, labels: Array, bins: int = BINS) -> float:
    """The expected calibration error (ECE), 0 to 1: how far confidence and accuracy lie apart, on average.

    Answers are put into so many bins of equal width by the probability of the likeliest digit; in each, the mean of
    these probabilities is compared with the share of right answers, and a bin counts by how many answers it holds
    (Guo et al. 2017, arXiv:1706.04599, equation 3). probabilities: (n, classes); labels: (n,).
    """
    confidence = probabilities.max(axis=1).astype(float)
    right = probabilities.argmax(axis=1) == labels
    chosen = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = np.bincount(chosen, right, bins) - np.bincount(chosen, confidence, bins)
    return float(np.abs(gaps).sum() / len(labels))


def corruption_errors(network: Network, images: Images) -> Iterator[tuple[str, float]]:
    """For each of `CORRUPTIONS` its name and the share, 0 to 1, of images read wrong under it."""
    for name in CORRUPTIONS:
        corrupted = Images(corrupt(name, images.images), images.labels)
        yield name, 1 - count_correct(network, corrupted) / len(images)
