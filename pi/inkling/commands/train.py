"""`inkling train`: trains a network for some epochs or hours, and goes on where the same training was cut off."""

import argparse
import glob
import json
import os
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from types import FrameType
from typing import Any
from zlib import crc32

import numpy as np

from inknet import Network, save
from inknet.arrays import Array

from .. import __version__
from ..checkpoints import Checkpoint, Checkpoints
from ..errors import PlotError, UsageError
from ..lesson import Sampled
from ..models import current_model, identity, load_model
from ..night import Hours, Night, until, used_when_cut
from ..places import state_folder
from ..promotion import judge, of_a_night
from ..samples import open_samples
from ..session import Reporter, Session
from ..settings import Settings, load_settings
from ..shelf import open_shelf
from ..status import StatusFile, duration, in_words, running, runtime_folders
from ..training import Images, Training, load_images

SYNCHRONIZED = Path("/run/systemd/timesync/synchronized")  # there as soon as the clock has been set by the network
DEFAULT, DEFAULT_IN_TIME = "cnn", "night"


def run(args: argparse.Namespace) -> int:
    """Trains and writes the model to args.out, or brings it to the shelf; returns the exit status."""
    if args.status:
        return _status(args.json)
    if args.data is None:
        raise UsageError("say what to learn from: --data DIR")
    if args.json:
        raise UsageError("--json belongs to --status")
    settings = load_settings(args.config)
    if args.out is not None:
        _check_writable(args.out)
        folder = args.out.with_name(args.out.name + ".unfinished")
    else:
        folder = state_folder() / "training"
    with (
        Reporter(StatusFile(runtime_folders()[0])) as reporter,
        Checkpoints(folder, reporter.tell) as checkpoints,
        _signals() as stop,
    ):
        hours = _hours(args, reporter.tell)
        if hours is not None:
            _at_idle_priority()
        images = load_images(args.data, "train")
        samples = _samples(settings, reporter.tell)
        base = _base(args)
        task = _task(args, images, samples, base)
        checkpoint = _unfinished(checkpoints, task, reporter.tell)
        if checkpoint is not None and hours is not None:
            hours = _what_is_left(checkpoint, hours)
        # what would read is judged by the owner's digits, too, whatever it learns of the images
        learnt, judging = (
            samples.hold_back() if args.out is None or not args.all else (samples, samples.part(np.arange(0)))
        )
        training = _training(args, images, learnt, base, hours, checkpoint)
        checkpoints.check_room(training.trainer.result(), len(images))
        del images, samples, learnt, base  # the training has taken its part of them, and memory is short
        session = Session(training, checkpoints, task, 60 * settings["training.checkpoint_minutes"], reporter)
        if checkpoint is not None and session.restore(checkpoint):
            left = f", {duration(hours.left_s)} of its time left" if hours is not None else ""
            reporter.tell(f"going on with what was cut off after {training.done:.3g} epochs{left}")
        stop.session = session
        finished = session.run()
        if args.out is not None:
            if finished:
                checkpoints.make_room()
            _write(args.out, training, finished, reporter.tell)
        elif finished:
            print(_to_shelf(training, judging, args.data, settings, checkpoints, reporter.tell))
        else:
            reporter.tell(f"stopped after {training.done:.3g} epochs: the same command goes on")
        if finished:
            checkpoints.clear()
            if hours is not None:
                picture = args.out.with_name(f"{args.out.stem}-curves.png") if args.out else folder / "curves.png"
                _draw(session, picture, reporter.tell)
    return 0 if finished else 130


def _status(as_json: bool) -> int:
    found = list(running(runtime_folders()))
    for status in found:
        print(json.dumps(status) if as_json else f"{status.get('recipe') or 'training'}: {in_words(status)}")
    if not found and not as_json:
        print("no training is under way")
    return 0


def _check_writable(out: Path) -> None:
    """Finds out before the training, not after it, whether its result can be written."""
    if (out.exists() and not out.is_file()) or not out.parent.is_dir():
        raise UsageError(f"--out {out}: give the name of a file, in a folder that exists")
    try:
        with tempfile.TemporaryFile(dir=out.resolve().parent):
            pass
    except OSError as error:
        raise UsageError(f"--out {out}: nothing can be written there ({error.strerror}); take another") from error


def _hours(args: argparse.Namespace, tell: Callable[[str], None]) -> Hours | None:
    """The time that is asked for, if one is. The wall clock is read here, once; nobody who sets it changes anything."""
    if args.hours is not None:
        return Hours(3600 * args.hours)
    if args.until is None:
        return None
    now = datetime.now()
    hours = Hours(until(args.until, now))
    doubt = ""
    if SYNCHRONIZED.parent.is_dir() and not SYNCHRONIZED.exists():
        doubt = "; no network has set this clock, so that may be another time of day, but never more than 24 hours"
    hour, minute = args.until
    tell(f"it is {now:%H:%M}: training for {duration(hours.total_s)}, until {hour:02}:{minute:02}{doubt}")
    return hours


def _at_idle_priority() -> None:
    """What reads, and everything else, goes first; only what is left of the processor is learnt with."""
    with suppress(OSError):  # a service may not choose for itself: its unit says so
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    with suppress(OSError):
        os.nice(19)


def _base(args: argparse.Namespace) -> Network | None:
    """The network to go on from, if one is asked for: for the shelf, that which reads."""
    if args.base is not None or (args.out is None and args.recipe is None):
        return load_model(args.base)
    return None


def _task(args: argparse.Namespace, images: Images, samples: Sampled, base: Network | None) -> dict[str, Any]:
    """What was asked for, as plain data: only the same is gone on with. A night may meanwhile be taught more.

    The network that is gone on from is known by its numbers, as meanwhile another may have come to read.
    """
    in_time = args.hours is not None or args.until is not None
    return {
        "inkling": __version__,  # another may mean another training by the same words
        "recipe": args.recipe,
        "base": identity(base) if base is not None else None,
        "epochs": args.epochs,
        "hours": args.hours,
        "until": args.until and list(args.until),
        "all": args.all,
        "seed": args.seed,
        "data": _checksum(images.images, images.labels),
        "samples": None if in_time else _checksum(samples.images, samples.labels),
    }


def _checksum(*arrays: Array) -> int:
    checksum = 0
    for array in arrays:
        checksum = crc32(np.ascontiguousarray(array).data, checksum)
    return checksum


def _unfinished(checkpoints: Checkpoints, task: dict[str, Any], tell: Callable[[str], None]) -> Checkpoint | None:
    """The checkpoint to go on from, if one is left of the same training."""
    checkpoint = checkpoints.newest()
    if checkpoint is None or checkpoint.about.get("task") == task:
        return checkpoint
    tell(f"{checkpoints.folder} holds another training that was cut off, which this one takes the place of")
    return None


def _what_is_left(checkpoint: Checkpoint, hours: Hours) -> Hours:
    """The time of a night that was cut off, with what is left of it: not more than from now until its end."""
    total_s = float(checkpoint.about["total_s"])
    return Hours(total_s, max(used_when_cut(checkpoint.about, time.time()), total_s - hours.total_s), hours.clock)


def _training(
    args: argparse.Namespace,
    images: Images,
    samples: Sampled,
    base: Network | None,
    hours: Hours | None,
    checkpoint: Checkpoint | None,
) -> Training:
    judged = not args.all
    if hours is None:
        recipe = "further" if base is not None else args.recipe or DEFAULT
        return Training(images, recipe, args.epochs, args.seed, judged, base, samples)
    recipe = "further" if base is not None else args.recipe or DEFAULT_IN_TIME
    filters = checkpoint.about["filters"] if checkpoint is not None else None
    read_after = 0 if args.out is not None else 2 * len(_test_images(args.data))
    return Night(images, recipe, hours, args.seed, judged, base, samples, filters and tuple(filters), read_after)


def _test_images(data: Path) -> Images:
    """The test images beside the training images, by which a model is compared with the one that reads."""
    if data.is_file():
        raise UsageError(f"--data {data} is a file: a folder with test images is needed to judge by, or --out FILE")
    return load_images(data, "test")


class _Stop:
    """What Ctrl-C and SIGTERM do: let a step that is being taken end first; a second one does not wait."""

    session: Session | None = None

    def __call__(self, number: int, frame: FrameType | None) -> None:
        if self.session is None or not self.session.under_way or self.session.stopped:
            raise KeyboardInterrupt
        self.session.stopped = True


@contextmanager
def _signals() -> Iterator[_Stop]:
    stop = _Stop()
    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _write(out: Path, training: Training, finished: bool, tell: Callable[[str], None]) -> None:
    """Writes the model to a file, and what it is worth."""
    if not finished:
        tell(f"stopping: saving what was learnt in {training.done:.3g} epochs to {out}; the same command goes on")
    for part in out.parent.glob(f".{glob.escape(out.name)}.*.part"):  # what a power cut left while this was written
        part.unlink()
    # saved first and judged then, which takes a while: another Ctrl-C costs the judgement and not the night
    save(training.result(judged=False), out)
    network = training.result()
    save(network, out)
    accuracy = network.about["held_back_accuracy"]
    judged = "" if accuracy is None else f", {accuracy:.2%} of {len(training.held_back)} held-back images read right"
    print(f"{out}: {training.recipe}, {training.done:.3g} epochs{judged}")


def _draw(session: Session, picture: Path, tell: Callable[[str], None]) -> None:
    """Draws the curves of the training, where matplotlib is; a night is not lost for want of a picture."""
    from ..plots import plot_curves

    try:
        plot_curves(session.curve, session.training.recipe, picture)
        picture.chmod(0o644)  # the service's is for its owner to look at
    except (PlotError, OSError) as error:
        tell(f"no picture of the curves: {error}")
    else:
        print(picture)


def _samples(settings: Settings, tell: Callable[[str], None]) -> Sampled:
    """The digits that the owner has set right; none where nobody has."""
    with open_samples(settings, tell) as samples:
        return Sampled(*samples.training_images())


def _to_shelf(
    training: Training,
    own: Sampled,
    data: Path,
    settings: Settings,
    checkpoints: Checkpoints,
    tell: Callable[[str], None],
) -> str:
    """Brings the model to the shelf, where it reads from now on if it is better than what reads; says which."""
    network = training.result()
    if len(own):
        network.about["held_back_samples"] = len(own)
    network.about["identity"] = identity(network)
    checkpoints.make_room()
    shelf = open_shelf(settings)
    listing = shelf.settle(tell)
    for known in listing.entries.values():  # the power was cut after it had come there, and before that was noted
        if known.about.get("identity") == network.about["identity"]:
            return f"model {known.number} is on the shelf already, {known.verdict}"
    number, current = listing.current, current_model(shelf)
    verdict = judge(current, network, of_a_night(_test_images(data), own))
    entry = shelf.add(network, verdict.reason, verdict.promoted, number)
    return f"model {entry.number}, {entry.verdict}"
