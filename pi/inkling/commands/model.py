"""`inkling model evaluate`: what a model can do."""

import argparse
import json
import sys
from typing import Any

import numpy as np
from tqdm import tqdm

from inknet import Network

from ..corruptions import CORRUPTIONS
from ..evaluation import corruption_errors
from ..models import load_model
from ..reader import DIGITS
from ..scores import BINS, calibration_error
from ..training import Images, count_correct, load_images
from .model_shelf import model_file


def run(args: argparse.Namespace) -> int:
    """Counts the test images that the model reads right; returns the exit status."""
    images, network = load_images(args.data, "test"), load_model(model_file(args.model))
    correct = count_correct(network, images)
    result: dict[str, Any] = {"images": len(images), "correct": correct, "accuracy": correct / len(images)}
    if args.corruptions:
        result |= _hardships(network, images)
    if args.json:
        print(json.dumps(result))
        return 0
    print(f"{correct} of {len(images)} images read right: {result['accuracy']:.2%}")
    if args.corruptions:
        print(f"calibration error {result['calibration_error']:.2%} (expected calibration error, {BINS} bins)")
        for name, error in result["corruptions"].items():
            print(f"{name:<15}{error:7.2%} read wrong")
        print(f"{'mean':<15}{result['mean_corruption_error']:7.2%} read wrong")
    return 0


def _hardships(network: Network, images: Images) -> dict[str, Any]:
    """Calibration error, error under each corruption, and its mean, each 0 to 1."""
    progress = tqdm(
        corruption_errors(network, images),
        total=len(CORRUPTIONS),
        desc="corruptions",
        mininterval=0.1 if sys.stderr.isatty() else 60,
    )
    errors = dict(progress)
    return {
        "calibration_error": calibration_error(network.folded().predict(images.images)[:, :DIGITS], images.labels),
        "corruptions": errors,
        "mean_corruption_error": float(np.mean(list(errors.values()))),
    }
