"""`inkling model`: what a model can do."""

import argparse
import json

from ..models import load_model
from ..training import count_correct, load_images


def run(args: argparse.Namespace) -> int:
    """`evaluate`: counts the test images that the model reads right; returns the exit status."""
    images = load_images(args.data, "test")
    correct = count_correct(load_model(args.model), images)
    result = {"images": len(images), "correct": correct, "accuracy": correct / len(images)}
    if args.json:
        print(json.dumps(result))
    else:
        print(f"{correct} of {len(images)} images read right: {result['accuracy']:.2%}")
    return 0
