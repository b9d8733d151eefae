"""Evaluation: calibration by hand, and errors under corruption of a network that only sees how much ink there is."""

import numpy as np
import pytest

from inkling.corruptions import CORRUPTIONS
from inkling.errors import DataError
from inkling.evaluation import corruption_errors
from inkling.scores import calibration_error
from inkling.training import Images
from inknet import Dense, Network, SoftmaxCrossEntropy


def test_the_calibration_error_is_the_mean_gap_of_the_bins() -> None:
    # 0.95 and 0.97 share the last of 15 bins: 2 answers, confidence 0.96, one right: gap 0.46
    # 0.55 is alone, and right: gap 0.45; 0.35 alone, and wrong: gap 0.35
    likeliest = np.array([0.95, 0.97, 0.55, 0.35])
    probabilities = np.column_stack([likeliest, (1 - likeliest) * 0.5, (1 - likeliest) * 0.5])
    labels = np.array([0, 1, 0, 2])
    wanted = 2 / 4 * 0.46 + 1 / 4 * 0.45 + 1 / 4 * 0.35
    assert calibration_error(probabilities, labels) == pytest.approx(wanted)
    # in one bin: confidence 0.705, half of them right
    assert calibration_error(probabilities, labels, bins=1) == pytest.approx(0.205)


def test_certainty_that_is_justified_costs_nothing() -> None:
    assert calibration_error(np.eye(10), np.arange(10)) == 0
    assert calibration_error(np.eye(10), (np.arange(10) + 1) % 10) == 1


def test_float32_sums_do_not_blur_it() -> None:
    probabilities = np.tile(np.array([[0.999, 0.001]], np.float32), (100_000, 1))
    labels = np.zeros(100_000, int)
    labels[:100] = 1
    assert calibration_error(probabilities, labels) < 1e-6


def weigher() -> Network:
    """Answers 1 if more than a third of the picture is ink, and otherwise 0."""
    network = Network([Dense(10)], SoftmaxCrossEntropy())
    network.layers[0].values["weight"][1] = 1 / 784
    network.layers[0].values["bias"][2:] = -1
    network.layers[0].values["bias"][0] = 1 / 3
    return network


def test_each_corruption_gets_its_own_error() -> None:
    images = np.zeros((40, 28, 28), np.uint8)
    images[:, 13:15, 13:15] = 255
    errors = dict(corruption_errors(weigher(), Images(images, np.zeros(40, np.uint8))))
    assert list(errors) == list(CORRUPTIONS)
    assert errors["brightness"] == errors["stripe"] == 1
    assert errors["shift"] == errors["thin"] == errors["blur"] == errors["zigzag"] == 0


def test_without_images_there_is_nothing_to_evaluate() -> None:
    with pytest.raises(DataError, match="no image"):
        list(corruption_errors(weigher(), Images(np.zeros((0, 28, 28), np.uint8), np.zeros(0, np.uint8))))
