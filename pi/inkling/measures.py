"""What a machine can do with Inkling: milliseconds for a frame, seconds to start, memory, images learnt a second."""

import json
import statistics
import sys
import time
from collections.abc import Callable, Iterable
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from .device import PYTHON_S, Output, last_line, run_command
from .errors import DeviceError

if TYPE_CHECKING:
    from inknet.trainer import Step

SIZES = {"320x240": (240, 320), "640x480": (480, 640)}  # (height, width)
STAGES = ("page", "glyphs", "network", "whole")
NIGHT_S = 8 * 3600
EPOCH = 60_000  # images: MNIST's
WORTH_A_NIGHT = ("mlp", "night")
REACHED = {"mlp": (30, 0.9933), "night": (5.3, 0.9965)}
"""Epochs of a recipe and the share of MNIST's test images read right after them: medians of `inkling bench recipes`."""

_PAGES = 8  # frames of other pages, so that one easy page does not speak for all
_RUNS = 2  # of each start: the faster one counts, since the first one reads files from the card
_TRAINING = "import json; from inkling import measures; print(json.dumps(measures.training({!r}, {!r})))"
_WATCHING = """
import sys
from inkling.cli import main
from inkling.measures import peak_memory
status = main(["watch", "--config", "/dev/null", "--camera", "simulated", "--display", "json", "--frames", "{}"])
print(peak_memory() or "", file=sys.stderr)
sys.exit(status)
"""
_TO_A_READING, _TO_ANOTHER_PAGE = 3, 40  # frames: as many as have to agree; a page of 30, an empty one, and the next
T = TypeVar("T")


def reading(size: tuple[int, int], seconds: float) -> dict[str, Any]:
    """Reads frames (height, width) that the simulator draws, for so many seconds, and each at least once.

    Returns the median milliseconds of each of STAGES, of which the last is the whole from frame to reading, the
    frames a second that this allows, and how many frames were read.
    """
    import numpy as np

    from .glyphs import find_glyphs
    from .models import load_model
    from .page import find_ink
    from .reader import Reader
    from .simulation import paper

    reader = Reader(load_model())
    frames = [luma for luma, _ in islice(paper.frames(np.random.default_rng(0), size, hold=1, blank=0), _PAGES)]
    reader.read(frames[0])
    rounds: list[tuple[float, ...]] = []
    end_s = time.perf_counter() + seconds
    while len(rounds) < _PAGES or time.perf_counter() < end_s:
        luma = frames[len(rounds) % _PAGES]
        page, page_ms = _timed(partial(find_ink, luma))
        found, glyphs_ms = _timed(partial(find_glyphs, page))
        _, network_ms = _timed(partial(reader.classify, found))
        _, whole_ms = _timed(partial(reader.read, luma))
        rounds.append((page_ms, glyphs_ms, network_ms, whole_ms))
    medians = [statistics.median(column) for column in zip(*rounds, strict=True)]
    milliseconds = {stage: _rounded(value) for stage, value in zip(STAGES, medians, strict=True)}
    return {"milliseconds": milliseconds, "frames_per_second": _rounded(1000 / medians[-1]), "frames": len(rounds)}


def training(recipe: str, seconds: float) -> dict[str, Any]:
    """Trains a recipe on as many images as MNIST has, made up, for so many seconds; the first quarter is warming up.

    Returns the images a second, the epochs that a night allows, and the peak of the process's memory.
    """
    import numpy as np

    from .training import Images, Training

    rng = np.random.default_rng(0)
    labels = rng.integers(0, 10, EPOCH, dtype=np.uint8)
    work = Training(Images(rng.integers(0, 256, (EPOCH, 28, 28), dtype=np.uint8), labels), recipe, 1000, seed=0)
    rate = pace(work.steps(), seconds) * len(work.learn)
    return {
        "images_per_second": _rounded(rate),
        "epochs_a_night": _rounded(rate * NIGHT_S / EPOCH),
        "memory_mb": peak_memory(),
    }


def pace(steps: "Iterable[Step]", seconds: float, clock: Callable[[], float] = time.perf_counter) -> float:
    """Epochs a second of a training, watched for so many seconds, of which the first quarter does not count.

    At least one step is warming up and one counts, however long they take.
    """
    began_s = clock()
    warm: tuple[float, float] | None = None  # when the warming up was over, and the epochs that were done by then
    speed = 0.0
    for step in steps:
        now_s = clock() - began_s
        if warm is not None:
            speed = (step.epoch - warm[1]) / (now_s - warm[0])
            if now_s >= seconds:
                break
        elif now_s >= seconds / 4:
            warm = now_s, step.epoch
    return speed


def training_apart(recipe: str, seconds: float) -> dict[str, Any]:
    """What `training` returns, measured in a process of its own, whose memory is nothing else's."""
    output, _ = _fresh(_TRAINING.format(recipe, seconds), PYTHON_S + 10 * seconds)
    result: dict[str, Any] = json.loads(last_line(output.out))
    return result


def starting(script: str) -> float:
    """Seconds that a fresh Python takes for a script, from its start to its end; the faster of a few runs."""
    return _rounded(min(_fresh(script)[1] for _ in range(_RUNS)))


def watching() -> dict[str, Any]:
    """Starts `inkling watch` on simulated paper: seconds until it has read a page and ended, and its peak memory, MB.

    Raises DeviceError if it reads nothing.
    """
    if not _fresh(_WATCHING.format(_TO_A_READING))[0].out:
        raise DeviceError("watch has read nothing on a simulated page: look at `inkling doctor`")
    output, _ = _fresh(_WATCHING.format(_TO_ANOTHER_PAGE))
    memory = last_line(output.err)
    return {
        "first_reading_s": starting(_WATCHING.format(_TO_A_READING)),
        "memory_mb": float(memory) if memory else None,
    }


def _fresh(script: str, timeout_s: float = PYTHON_S) -> tuple[Output, float]:
    """What a fresh Python has left of a script, and the seconds it took. Raises DeviceError if it has failed."""
    began_s = time.perf_counter()
    output = run_command([sys.executable, "-c", script], timeout_s)
    took_s = time.perf_counter() - began_s
    if output is None or output.status:
        said = last_line(output.err) if output else f"there is no {sys.executable}"
        raise DeviceError(f"a fresh Python has not done what it was to: {said or f'it ended with {output}'}")
    return output, took_s


def peak_memory() -> float | None:
    """The largest that this process's memory (resident set) has been, MB; None where the kernel does not say.

    It is not getrusage's ru_maxrss, which a process inherits from the one that started it.
    """
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return None
    peak = next((line.split()[1] for line in lines if line.startswith("VmHWM:")), None)
    return None if peak is None else round(int(peak) * 1024 / 1e6, 1)


def _timed(work: Callable[[], T]) -> tuple[T, float]:
    """What comes of some work, and the milliseconds it took."""
    start = time.perf_counter()
    result = work()
    return result, 1000 * (time.perf_counter() - start)


def _rounded(value: float) -> float:
    return float(f"{value:.3g}")
