"""`inkling train`: trains a network with a progress bar, and saves what was learnt, also on Ctrl-C and SIGTERM."""

import argparse
import signal
import sys
import tempfile
from pathlib import Path
from types import FrameType

from tqdm import tqdm

from inknet import save

from ..errors import UsageError
from ..training import Training, load_images


def run(args: argparse.Namespace) -> int:
    """Trains and writes the model to args.out; returns the exit status."""
    _check_writable(args.out)
    training = Training(load_images(args.data, "train"), args.recipe, args.epochs, args.seed, judged=not args.all)
    signal.signal(signal.SIGTERM, _interrupt)
    interrupted = False
    try:
        _train(training)
    except KeyboardInterrupt:
        interrupted = True
        print(f"\nstopping: saving what was learnt in {training.done:.3g} epochs to {args.out}", file=sys.stderr)
    # saved first and judged then, which takes a while: another Ctrl-C costs the judgement and not the night
    save(training.result(judged=False), args.out)
    network = training.result()
    save(network, args.out)
    accuracy = network.about["held_back_accuracy"]
    judged = "" if accuracy is None else f", {accuracy:.2%} of {len(training.held_back)} held-back images read right"
    print(f"{args.out}: {args.recipe}, {training.done:.3g} epochs{judged}")
    return 130 if interrupted else 0


def _check_writable(out: Path) -> None:
    """Finds out before the training, not after it, whether its result can be written."""
    if (out.exists() and not out.is_file()) or not out.parent.is_dir():
        raise UsageError(f"--out {out}: give the name of a file, in a folder that exists")
    try:
        with tempfile.TemporaryFile(dir=out.resolve().parent):
            pass
    except OSError as error:
        raise UsageError(f"--out {out}: nothing can be written there ({error.strerror}); take another") from error


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _train(training: Training) -> None:
    epoch = 0
    every_s = 0.1 if sys.stderr.isatty() else 60  # a journal takes one line a minute
    with tqdm(total=100.0, bar_format="{l_bar}{bar}| {elapsed}<{remaining}{postfix}", mininterval=every_s) as bar:
        for step in training.steps():
            bar.set_postfix_str(f"epoch {step.epoch:.2f}, loss {step.loss:.3f}", refresh=False)
            bar.update(100 * step.progress - bar.n)
            if int(step.epoch) > epoch:
                epoch = int(step.epoch)
                if (accuracy := training.accuracy()) is not None:
                    bar.write(f"epoch {epoch}: {accuracy:.2%} of the held-back images read right", file=sys.stderr)
