"""Evaluation: what corruptions do to a network."""

from collections.abc import Iterator

from inknet import Network

from .corruptions import CORRUPTIONS, corrupt
from .training import Images, count_correct


def corruption_errors(network: Network, images: Images) -> Iterator[tuple[str, float]]:
    """For each of `CORRUPTIONS` its name and the share, 0 to 1, of images read wrong under it."""
    for name in CORRUPTIONS:
        corrupted = Images(corrupt(name, images.images), images.labels)
        yield name, 1 - count_correct(network, corrupted) / len(images)
