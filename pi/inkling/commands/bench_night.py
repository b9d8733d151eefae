"""`inkling bench night`: a night in small, alone and disturbed, beside the same training by epochs."""

import argparse
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from tqdm import tqdm

from inknet.trainer import Step

from ..checkpoints import Checkpoints
from ..errors import UsageError
from ..night import Hours, Night
from ..recipes import night
from ..session import Reporter, Session
from ..status import StatusFile
from ..training import Images, Training, evaluate, load_images

BUSY = "while True: pass"


@dataclass(frozen=True)
class Small:
    """What came of a night in small. late: how much later than its deadline it ended, as a share of the time."""

    filters: tuple[int, int, int]
    epochs: float
    late: float
    accuracy: float


def run(args: argparse.Namespace) -> int:
    """Prints a line for each night and one for each training by epochs beside it; returns the exit status."""
    if args.data.is_file():
        raise UsageError(f"--data {args.data} is a file: give a folder that holds training and test images")
    learn, test = load_images(args.data, "train"), load_images(args.data, "test")
    for seed in range(args.seeds):
        for title, disturbed in (("alone", False), ("half of the processor taken midway", True)):
            small = _night(learn, test, args.hours, seed, disturbed)
            print(
                f"seed {seed}, {title}: ended {small.late:+.2%} of {3600 * args.hours:.0f} s late, "
                f"{small.epochs:.2f} epochs of {'-'.join(map(str, small.filters))}, {small.accuracy:.2%} read right",
                flush=True,
            )
            accuracy = _by_epochs(learn, test, small, seed)
            print(f"seed {seed}, the same number of epochs, fixed: {accuracy:.2%} read right", flush=True)
    return 0


class _Disturbed(Night):
    """A night in whose middle another process, as urgent, begins to take half of the processor."""

    other: "subprocess.Popen[bytes] | None" = None

    def steps(self) -> Iterator[Step]:
        for step in super().steps():
            if self.other is None and step.progress >= 0.5:
                self.other = subprocess.Popen([sys.executable, "-c", BUSY])
            yield step

    def end(self) -> None:
        """Ends the other process."""
        if self.other is not None:
            self.other.kill()
            self.other.wait()


def _night(learn: Images, test: Images, hours: float, seed: int, disturbed: bool) -> Small:
    with (
        _on_one_processor(),
        TemporaryDirectory() as folder,
        Reporter(StatusFile(Path(folder))) as reporter,
        Checkpoints(Path(folder), reporter.tell) as checkpoints,
    ):
        time = Hours(3600 * hours)
        training = (_Disturbed if disturbed else Night)(learn, "night", time, seed)
        try:
            Session(training, checkpoints, {}, time.total_s / 48, reporter).run()
            network = training.result()
            late = time.used_s / time.total_s - 1
        finally:
            if isinstance(training, _Disturbed):
                training.end()
    assert training.filters is not None
    return Small(training.filters, training.done, late, evaluate(network, test))


def _by_epochs(learn: Images, test: Images, small: Small, seed: int) -> float:
    trainer = night(np.random.default_rng(seed), small.filters)
    training = Training(learn, "night", small.epochs, seed, trainer=trainer)
    for _ in tqdm(training.steps(), bar_format="{desc}{n_fmt} steps", desc="fixed: ", mininterval=_every_s()):
        pass
    return evaluate(training.result(), test)


def _every_s() -> float:
    return 0.1 if sys.stderr.isatty() else 60


@contextmanager
def _on_one_processor() -> Iterator[None]:
    """As on the board: whatever else runs takes its time from what is done here."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
