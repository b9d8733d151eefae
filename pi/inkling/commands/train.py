"""`inkling train`: trains a network with a progress bar, and saves what was learnt, also on Ctrl-C."""

import argparse
import sys

from tqdm import tqdm

from inknet import save

from ..errors import UsageError
from ..training import Training, load_images


def run(args: argparse.Namespace) -> int:
    """Trains and writes the model to args.out; returns the exit status."""
    if args.out.is_dir() or not args.out.parent.is_dir():
        raise UsageError(f"--out {args.out}: give a file name in a folder that exists")
    training = Training(load_images(args.data, "train"), args.recipe, args.epochs, args.seed)
    interrupted = False
    try:
        _train(training)
    except KeyboardInterrupt:
        interrupted = True
    network = training.result()
    save(network, args.out)
    accuracy = network.about["held_back_accuracy"]
    judged = "" if accuracy is None else f", {accuracy:.2%} of {len(training.held_back)} held-back images read right"
    print(f"{args.out}: {args.recipe}, {training.done:.3g} epochs{judged}")
    if interrupted:
        print(f"stopped early: what was learnt in {training.done:.3g} epochs is saved", file=sys.stderr)
        return 130
    return 0


def _train(training: Training) -> None:
    epoch = 0
    with tqdm(total=100.0, unit="%", bar_format="{l_bar}{bar}| {elapsed}<{remaining}{postfix}") as bar:
        for step in training.steps():
            bar.update(100 * step.progress - bar.n)
            bar.set_postfix_str(f"epoch {step.epoch:.2f}, loss {step.loss:.3f}", refresh=False)
            if int(step.epoch) > epoch:
                epoch = int(step.epoch)
                if (accuracy := training.accuracy()) is not None:
                    bar.write(f"epoch {epoch}: {accuracy:.2%} of the held-back images read right", file=sys.stderr)
