"""`inkling bench recipes`: trains each recipe with several seeds, and judges it by the test images."""

import argparse
import sys
from collections.abc import Iterator
from statistics import median

from tqdm import tqdm

from ..benchmarks import Trial, trial
from ..errors import UsageError
from ..training import Images, load_images


def run(args: argparse.Namespace) -> int:
    """`recipes`: a line for each training and one for each recipe's median; returns the exit status."""
    if args.data.is_file():
        raise UsageError(f"--data {args.data} is a file: give a folder that holds training and test images")
    learn, test = load_images(args.data, "train"), load_images(args.data, "test")
    for recipe in dict.fromkeys(args.recipes):
        trials = []
        for done in _trials(recipe, args.seeds, learn, test):
            trials.append(done)
            print(
                f"{recipe} seed {done.seed}: {done.accuracy:.2%} of {len(test)} test images read right, "
                f"{done.mac_epochs:.2f} M MAC-epochs, {done.seconds:.0f} s",
                flush=True,
            )
        seeds = f"{len(trials)} seed{'s'[: len(trials) > 1]}"
        print(f"{recipe}: median of {seeds} {median(each.accuracy for each in trials):.2%}", flush=True)
    return 0


def _trials(recipe: str, seeds: int, learn: Images, test: Images) -> Iterator[Trial]:
    every_s = 0.1 if sys.stderr.isatty() else 60  # a journal takes one line a minute
    layout = "{l_bar}{bar}| {elapsed}<{remaining}{postfix}"
    for seed in range(seeds):
        with tqdm(total=100.0, bar_format=layout, desc=f"{recipe} seed {seed}", mininterval=every_s) as bar:
            for step in trial(recipe, seed, learn, test):
                if isinstance(step, Trial):
                    result = step
                else:
                    bar.set_postfix_str(f"epoch {step.epoch:.2f}, loss {step.loss:.3f}", refresh=False)
                    bar.update(100 * step.progress - bar.n)
        yield result
