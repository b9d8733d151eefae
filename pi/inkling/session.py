"""A session is a training under way: reported, kept in checkpoints, stopped between two steps when somebody asks."""

import sys
import time
from collections.abc import Callable
from typing import Any

from tqdm import tqdm

from inknet import ModelError

from .checkpoints import Checkpoint, Checkpoints
from .closing import Closing
from .night import Night
from .status import StatusFile, in_words
from .training import Training

Clock = Callable[[], float]

SMOOTH = 0.98  # how much of the loss that is reported comes from the batches before
GLANCE = 1000  # held-back images that are read now and then in a night, for whoever watches
GLANCES = 10
POINTS = 200  # of the curve that is drawn at the end
STATUS_S, JOURNAL_S, BAR_S = 5.0, 60.0, 0.1


class Reporter(Closing):
    """Tells how far a training is: a bar in a terminal, elsewhere a line a minute, and the status file."""

    def __init__(self, file: StatusFile, clock: Clock = time.monotonic) -> None:
        self._file, self._clock = file, clock
        self._written_s = self._said_s = -1e9
        self._bar: Any = None

    def begin(self) -> None:
        """Shows the bar, if this is a terminal; before it, an error can still stand alone on its line."""
        if sys.stderr.isatty():
            shape = "{percentage:3.0f}%|{bar:10}| {desc}"
            self._bar = tqdm(total=100.0, bar_format=shape, mininterval=BAR_S, dynamic_ncols=True)

    def tell(self, line: str) -> None:
        """Says something that a person should know, once."""
        tqdm.write(line, file=sys.stderr) if self._bar is not None else print(line, file=sys.stderr, flush=True)

    def update(self, status: dict[str, Any], last: bool = False) -> None:
        """Takes note of how far it is; what is said of it, and how often, is decided here. last: say it in any case."""
        now = self._clock()
        if last or now - self._written_s >= STATUS_S:
            self._written_s = now
            self._file.write(status)
        if self._bar is not None:
            self._bar.update(100 * status["progress"] - self._bar.n)
            self._bar.set_description_str(in_words(status).partition(", ")[2], refresh=last)
        elif last or now - self._said_s >= JOURNAL_S:
            self._said_s = now
            self.tell(in_words(status))

    def close(self) -> None:
        """Takes the bar and the file away."""
        if self._bar is not None:
            self._bar.close()
        self._file.close()


class Session:
    """One training from here to its end, or to where it is stopped.

    task: plain data, what was asked for. every_s: seconds between two checkpoints. curve: of each point, the seconds
    used, epoch, loss, and held-back accuracy, which is None for most.
    """

    def __init__(
        self,
        training: Training,
        checkpoints: Checkpoints,
        task: dict[str, Any],
        every_s: float,
        reporter: Reporter,
        clock: Clock = time.monotonic,
        wall: Clock = time.time,
    ) -> None:
        self.training, self._checkpoints, self._task, self._every_s = training, checkpoints, task, every_s
        self._reporter, self._clock, self._wall = reporter, clock, wall
        self.curve: list[list[float | None]] = []
        self.accuracy: float | None = None
        self.under_way = self.stopped = False
        self._loss: float | None = None
        self._epochs = 0
        self._began_s, self._used_before_s = clock(), 0.0

    def restore(self, checkpoint: Checkpoint) -> bool:
        """Goes on where a checkpoint of the same task was written; returns whether it can be taken up."""
        about = checkpoint.about
        try:
            self.training.trainer.restore(checkpoint.path)
        except ModelError as error:
            self._reporter.tell(f"the training that was cut off cannot be gone on with, and begins anew: {error}")
            return False
        self.curve, self.training.done = list(about["curve"]), float(about["done"])
        self._loss, self.accuracy, self._epochs = about["loss"], about["accuracy"], int(about["done"])
        self._used_before_s = float(about["used_s"])
        return True

    def run(self) -> bool:
        """Trains; returns whether it came to its end, and was not stopped. A checkpoint is kept of either."""
        saved_s = self._clock()
        progress = before = 0.0
        self._began_s, first = saved_s, None
        self._reporter.begin()
        for step in self.training.steps():
            self.under_way = True
            first = step.progress if first is None else first
            self._loss = step.loss if self._loss is None else SMOOTH * self._loss + (1 - SMOOTH) * step.loss
            before, progress = progress, step.progress
            if is_glance := self._looks(before, progress):
                self._look()
            if is_glance or int(POINTS * progress) > int(POINTS * before):
                self.curve.append([self.used_s, step.epoch, self._loss, self.accuracy if is_glance else None])
            self._reporter.update(self.status(progress, first))
            if self.stopped:
                break
            if self._clock() - saved_s >= self._every_s:
                self.save()
                saved_s = self._clock()
        self.under_way = False
        self.save()
        self._reporter.update(self.status(progress if self.stopped else 1.0, first or 0.0), last=True)
        return not self.stopped

    @property
    def used_s(self) -> float:
        """The seconds that it has taken, those before a power cut with them."""
        if isinstance(self.training, Night):
            return self.training.hours.used_s
        return self._used_before_s + self._clock() - self._began_s

    def save(self) -> bool:
        """Keeps a checkpoint; returns whether it could."""
        about = {
            "task": self._task,
            "used_s": self.used_s,
            "wall_s": None if self.stopped else self._wall(),  # from when on the time without power counts
            "done": self.training.done,
            "loss": self._loss,
            "accuracy": self.accuracy,
            "curve": self.curve,
        }
        if isinstance(self.training, Night):
            about |= {"total_s": self.training.hours.total_s, "filters": self.training.filters}
        return self._checkpoints.save(self.training.trainer, about)

    def status(self, progress: float, first: float = 0.0) -> dict[str, Any]:
        """How far it is, as plain data. first: the progress when this session began."""
        if isinstance(self.training, Night):
            left_s: float | None = self.training.hours.left_s
        else:
            done = progress - first
            left_s = (self._clock() - self._began_s) / done * (1 - progress) if done > 0 else None
        known = {"epoch": self.training.done, "loss": self._loss} if self._loss is not None else {}
        return {
            "recipe": self.training.recipe,
            "progress": progress,
            **known,
            "accuracy": self.accuracy,
            "left_s": left_s,
        }

    def _looks(self, before: float, now: float) -> bool:
        """Whether it is time to see what held-back images say: after every epoch, in a night at every tenth of it."""
        if isinstance(self.training, Night):
            return int(GLANCES * before) < int(GLANCES * min(now, 0.99))  # the end has a judging of its own
        is_new = int(self.training.done) > self._epochs
        self._epochs = int(self.training.done)
        return is_new

    def _look(self) -> None:
        """Sees how many of the held-back images are read right, in a night of some of them."""
        if isinstance(self.training, Night):
            self.accuracy = self.training.accuracy(GLANCE)
        elif (accuracy := self.training.accuracy()) is not None:
            self.accuracy = accuracy
            self._reporter.tell(f"epoch {self._epochs}: {accuracy:.2%} of the held-back images read right")
