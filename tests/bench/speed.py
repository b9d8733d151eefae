"""How fast inknet trains and reads beside PyTorch, scikit-learn and ONNX Runtime: one thread, everyone takes turns.

Times are medians of the processor's, so what else runs on the machine is not counted, and ratios are of times in one
process; above 1 inknet is the faster. It is measured in two ways. `by turns` the contenders alternate step by step, in
training also with a large matrix product, so each finds the caches filled by the others; goals are for this way.
`in a row` each takes 20 ms of steps before the next has its turn, and finds its own numbers in the caches.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from statistics import median

import numpy as np
import onnxruntime
import sklearn
import torch

from .contenders import (
    PEAK_OPERATIONS,
    Step,
    matmul_peak,
    read_inknet,
    read_onnx,
    train_inknet,
    train_sklearn,
    train_torch,
)
from .networks import LARGE, SMALL, TALK, network, training_operations

TURN_S = 0.02


@dataclass(frozen=True)
class Goal:
    """What a line should reach: the contender's time over inknet's, and inknet's share of the matmul peak."""

    ratio: float
    share: float | None = None


# the contender is PyTorch in its faster layout
TRAINING = {
    (TALK, 1): Goal(1.5),
    (TALK, 32): Goal(2.0),
    (TALK, 128): Goal(1.6, share=0.8),
    (SMALL, 32): Goal(1.0),
    (SMALL, 128): Goal(1.0),
    (LARGE, 32): Goal(1.0),
    (LARGE, 128): Goal(1.0, share=0.6),
}
# the contender is ONNX Runtime
READING = {TALK: Goal(1.4), SMALL: Goal(1.0), LARGE: Goal(0.9)}


@dataclass(frozen=True)
class Timed:
    """The median time of a contender's step, seconds, by turns and in a row."""

    turns: float
    row: float


def report(seconds: float, only: str) -> list[bool]:
    """Prints a line for each work whose name has `only` in it; returns for each whether it misses its goal."""
    torch.set_num_threads(1)
    print(
        f"one thread; numpy {np.__version__}, torch {torch.__version__}, scikit-learn {sklearn.__version__}, "
        f"onnxruntime {onnxruntime.__version__}"
    )
    return report_training(seconds, only) + report_reading(seconds, only)


def report_training(seconds: float, only: str) -> list[bool]:
    """A line for each of TRAINING: milliseconds a step."""
    chosen = {f"train {name}, batch {batch}": (name, batch) for name, batch in TRAINING}
    chosen = {title: work for title, work in chosen.items() if only in title}
    if chosen:
        print(
            f"\n{'ms a step':26} {'inknet':>8} {'PyTorch':>8} {'ch. last':>8} {'sklearn':>8}"
            f" | {'by turns':>8} {'goal':>5} {'in a row':>8} | {'of peak':>7} {'goal':>5}"
        )
    missed = []
    rng = np.random.default_rng(0)
    for title, work in chosen.items():
        name, batch = work
        net, goal = network(name), TRAINING[work]
        images, labels = rng.random((batch, 28, 28), np.float32), rng.integers(0, 10, batch)
        contenders = {"inknet": train_inknet(net, images, labels), "peak": matmul_peak()}
        contenders["PyTorch"] = train_torch(net, images, labels)
        if name == TALK:
            contenders["sklearn"] = train_sklearn(net, images, labels)
        else:
            contenders["ch. last"] = train_torch(net, images, labels, channels_last=True)
        times = dict(zip(contenders, take_turns(list(contenders.values()), seconds), strict=True))
        ours, theirs = times["inknet"], [times[k] for k in ("PyTorch", "ch. last") if k in times]
        ratio = min(t.turns for t in theirs) / ours.turns
        row = min(t.row for t in theirs) / ours.row
        share = batch * training_operations(net) / ours.row / (PEAK_OPERATIONS / times["peak"].row)
        is_missed = ratio < goal.ratio or share < (goal.share or 0)
        missed.append(is_missed)
        columns = ("inknet", "PyTorch", "ch. last", "sklearn")
        shown = " ".join(f"{1e3 * times[k].turns:8.3f}" if k in times else f"{'-':>8}" for k in columns)
        wanted = "-" if goal.share is None else f"{goal.share:.0%}"
        print(
            f"{title:26} {shown} | {ratio:7.2f}x {goal.ratio:4.1f}x {row:7.2f}x | {share:7.0%} {wanted:>5}"
            f"{'  missed' * is_missed}"
        )
    return missed


def report_reading(seconds: float, only: str) -> list[bool]:
    """A line for each of READING: microseconds for one image."""
    chosen = {f"read {name}": name for name in READING if only in f"read {name}"}
    if chosen:
        print(f"\n{'us for an image':26} {'inknet':>8} {'ONNX RT':>8} | {'by turns':>8} {'goal':>5} {'in a row':>8}")
    missed = []
    image = np.random.default_rng(0).random((1, 28, 28), np.float32)
    for title, name in chosen.items():
        net, goal = network(name).folded(), READING[name]
        ours, theirs = take_turns([read_inknet(net, image), read_onnx(net, image)], seconds)
        ratio, row = theirs.turns / ours.turns, theirs.row / ours.row
        is_missed = ratio < goal.ratio
        missed.append(is_missed)
        print(
            f"{title:26} {1e6 * ours.turns:8.1f} {1e6 * theirs.turns:8.1f}"
            f" | {ratio:7.2f}x {goal.ratio:4.1f}x {row:7.2f}x"
            f"{'  missed' * is_missed}"
        )
    return missed


def take_turns(contenders: Sequence[Step], seconds: float) -> list[Timed]:
    """The times of each contender: half of the seconds they alternate, half they take turns of TURN_S or two steps."""
    counts = []
    for contender in contenders:
        contender()
        counts.append(1 + ceil(TURN_S / min(clock(contender) for _ in range(2))))
    turns = alternate(contenders, [1] * len(contenders), seconds / 2)
    row = alternate(contenders, counts, seconds / 2)
    return [Timed(median(times), median(others)) for times, others in zip(turns, row, strict=True)]


def alternate(contenders: Sequence[Step], counts: Sequence[int], seconds: float) -> list[list[float]]:
    """The times of each contender's steps, count of them when its turn comes; without the first, if they are more."""
    times: list[list[float]] = [[] for _ in contenders]
    end = time.perf_counter() + seconds
    while not times[0] or time.perf_counter() < end:
        for contender, count, taken in zip(contenders, counts, times, strict=True):
            taken.extend([clock(contender) for _ in range(count)][count > 1 :])
    return times


def clock(step: Step) -> float:
    """The processor's time that one step takes, seconds, of all threads together."""
    start = time.process_time()
    step()
    return time.process_time() - start
