"""Kills a training at random instants, over and over, and looks whether it always ends as one that nobody disturbed.

`PYTHONPATH=tests python -m bench.kills [COUNT]`; the training is small, and keeps a checkpoint after every step.
"""

import os
import random
import signal
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from inkling import training  # noqa: F401 - imported once, here, and not by each child
from inkling.cli import main
from inknet.modelfile import read
from support import patterns

LONGEST_S = 0.6  # of processor time, so that it matters little what else runs


def child(arguments: list[str]) -> int:
    """Starts the command in a process of its own; returns its number."""
    number = os.fork()
    if number == 0:
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        os._exit(main(arguments))
    return number


def used_s(number: int) -> float:
    """The processor time of a process, without end for one that has ended."""
    state, *rest = Path(f"/proc/{number}/stat").read_text().rpartition(") ")[2].split()
    return float("inf") if state == "Z" else (int(rest[10]) + int(rest[11])) / os.sysconf("SC_CLK_TCK")


def at(folder: Path) -> int:
    """The number of the newest checkpoint in a folder, -1 if there is none."""
    return max((int(read(path)[0]["about"]["number"]) for path in folder.glob("checkpoint-*.npz")), default=-1)


def run(count: int, folder: Path) -> None:
    """Prints how often it was killed, how often it ended, and whether each end was the same; fails if one was not."""
    os.environ["INKLING_TRAINING_CHECKPOINT_MINUTES"] = "0"
    images, labels = patterns(240, seed=0)
    np.savetxt(folder / "train.csv", np.column_stack([labels, images.reshape(240, -1)]), "%d", ",")
    out = folder / "a.npz"
    arguments = ["train", "--data", str(folder), "--recipe", "mlp", "--epochs", "40", "--out", str(out)]
    os.waitpid(child(arguments), 0)
    whole = out.read_bytes()
    out.unlink()
    kills = amid = ends = 0
    reached = -1
    while kills < count:
        number = child(arguments)
        instant_s = random.uniform(0, LONGEST_S)
        while used_s(number) < instant_s:
            time.sleep(0.002)
        os.kill(number, signal.SIGKILL)
        _, status = os.waitpid(number, 0)
        if os.WIFSIGNALED(status):
            kills += 1
            before, reached = reached, at(folder / "a.npz.unfinished")
            amid += reached > before
            continue
        if os.waitstatus_to_exitcode(status) or out.read_bytes() != whole:
            sys.exit(f"after {kills} kills it ended with status {status}, or otherwise than undisturbed")
        ends += 1
        reached = -1
        out.unlink()
    os.waitpid(child(arguments), 0)
    same = out.read_bytes() == whole
    verdict = "the same" if same else "NOT the same"
    print(f"killed {kills} times, {amid} of them after further steps; it came to its end {ends + 1} times, {verdict}")
    sys.exit(not same)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        run(int(sys.argv[1]) if len(sys.argv) > 1 else 200, Path(scratch))
