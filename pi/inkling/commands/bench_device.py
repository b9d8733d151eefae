"""`inkling bench device`: how fast this machine reads, starts and learns, as a table or as JSON to send in."""

import argparse
import json
import sys
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from tqdm import tqdm

from .. import __version__
from ..device import Machine
from ..doctor.findings import SERVICE
from ..doctor.service import properties
from ..measures import NIGHT_S, REACHED, SIZES, STAGES, WORTH_A_NIGHT, reading, starting, training_apart, watching
from ..terminal import printable

READING, TRAINING = 0.1, 0.4  # of the seconds, for each size and each recipe
STARTS = 14  # times that importing NumPy takes, for all that is started meanwhile
T = TypeVar("T")


def run(args: argparse.Namespace) -> int:
    """Measures for about args.seconds and prints what came of it; returns 0."""
    machine = Machine()
    if properties(machine, SERVICE).get("ActiveState") == "active":
        print(
            f"inkling bench: {SERVICE} runs meanwhile, and slows this down: sudo systemctl stop {SERVICE}",
            file=sys.stderr,
        )
    steps = Steps(3 + len(SIZES) + len(WORTH_A_NIGHT))
    before = _state(machine)
    python_s = steps.take("starting Python", partial(starting, "pass"))
    numpy_s = steps.take("importing NumPy", partial(starting, "import numpy"))
    tqdm.write(f"inkling bench: this takes about {args.seconds + STARTS * numpy_s:.0f} s", file=sys.stderr)
    watched = steps.take("starting to watch", watching)
    read = {
        name: steps.take(f"reading {name}", partial(reading, size, READING * args.seconds))
        for name, size in SIZES.items()
    }
    learnt = {
        recipe: steps.take(f"training {recipe}", partial(training_apart, recipe, TRAINING * args.seconds))
        for recipe in WORTH_A_NIGHT
    }
    steps.close()
    report = {
        "inkling": __version__,
        "machine": machine.facts(),
        "before": before,
        "after": _state(Machine()),
        "seconds": args.seconds,
        "start": {"python_s": python_s, "numpy_s": numpy_s, "first_reading_s": watched["first_reading_s"]},
        "memory_mb": {
            "reading": watched["memory_mb"],
            **{f"training {recipe}": result.pop("memory_mb") for recipe, result in learnt.items()},
        },
        "reading": read,
        "training": learnt,
    }
    print(json.dumps(report) if args.json else table(report))
    return 0


class Steps:
    """A progress bar over things to measure."""

    def __init__(self, count: int) -> None:
        every_s = 0.1 if sys.stderr.isatty() else 60  # a journal takes one line a minute
        self._bar = tqdm(total=count, unit="step", mininterval=every_s, leave=False)

    def take(self, name: str, work: Callable[[], T]) -> T:
        """Does one of them."""
        self._bar.set_description(name, refresh=sys.stderr.isatty())
        result = work()
        self._bar.update()
        return result

    def close(self) -> None:
        """Takes the bar away."""
        self._bar.close()


def table(report: dict[str, Any]) -> str:
    """The report for a person."""
    machine, start, memory = report["machine"], report["start"], report["memory_mb"]
    blas = f"{machine['blas'] or 'a BLAS that cannot be seen'} ({_shown(machine['gflops'])} GFLOP/s)"
    cores = f"{machine['cores']} core{'s' if machine['cores'] != 1 else ''}"
    about = [machine["board"] or machine["architecture"], machine["cpu"], cores, f"{machine['memory_mb']} MB"]
    about += [machine["system"], f"Python {machine['python']}", f"NumPy {machine['numpy']}", blas]
    lines = [printable(", ".join(str(each) for each in about if each)), ""]
    lines += [f"{'milliseconds for a frame':28}" + "".join(f"{stage:>9}" for stage in STAGES) + f"{'frames/s':>12}"]
    for size, read in report["reading"].items():
        times = "".join(f"{_shown(read['milliseconds'][stage]):>9}" for stage in STAGES)
        lines.append(f"  {size:26}{times}{_shown(read['frames_per_second']):>12}")
    lines += ["", "seconds to start"]
    for name, key in (("Python", "python_s"), ("NumPy", "numpy_s"), ("watch, first reading", "first_reading_s")):
        lines.append(f"  {name:26}{_shown(start[key]):>9}")
    lines += ["", "memory at its peak, MB"] + [f"  {name:26}{_shown(value):>9}" for name, value in memory.items()]
    lines += ["", f"{'training':28}{'images/s':>9}{f'epochs in {NIGHT_S // 3600} hours':>20}"]
    for recipe, learnt in report["training"].items():
        epochs = learnt["epochs_a_night"]
        line = f"  {recipe:26}{_shown(learnt['images_per_second']):>9}{_shown(epochs):>20}"
        lines.append(line + _reached(recipe, epochs))
    lines += ["", f"{'':28}{'before':>9}{'after':>9}"]
    for name, key, form in (("processor, °C", "celsius", "{:.0f}"), ("throttled", "throttled", "{}")):
        values = [report[when][key] for when in ("before", "after")]
        lines.append(f"  {name:26}" + "".join(f"{form.format(v) if v is not None else '-':>9}" for v in values))
    return "\n".join(lines)


def _reached(recipe: str, epochs: float) -> str:
    """What so many epochs are enough for, if that was measured."""
    needed, share = REACHED[recipe]
    return f"   ({needed:g} of them reach {share:.2%} on MNIST)" if epochs >= needed else ""


def _state(machine: Machine) -> dict[str, Any]:
    """What changes while a machine works hard."""
    bits = machine.throttled
    return {"celsius": machine.temperature, "throttled": None if bits is None else f"{bits:#x}"}


def _shown(value: float | None) -> str:
    """Three digits that matter, without an exponent."""
    if value is None:
        return "-"
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"
