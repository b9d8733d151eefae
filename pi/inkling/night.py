"""A night: training that ends, annealed, when its time is over, however fast the machine turns out to be.

The machine is timed first, and the largest network chosen that can see every image a few times. From then on the
schedule follows the share of the time that is used, so whatever slows the machine down or speeds it up only changes how
much is learnt. The ending, which is the judging, is timed too, and time is kept for it.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from statistics import median
from typing import Any, cast

import numpy as np

from inknet import Network, Trainer
from inknet.arrays import Array
from inknet.trainer import Step

from .lesson import Lesson, Sampled
from .reader import DIGITS
from .recipes import RECIPES, night
from .training import OUTLIERS, Images, Training

Clock = Callable[[], float]

SIZES = ((8, 12, 24), (12, 16, 32), (16, 24, 48), (24, 32, 64), (32, 40, 96))
"""Filters of networks for a night, from 0.3 to 4.3 million multiply-accumulates."""

SEEN = 3  # the least epochs for which a network is chosen; larger ones with fewer are no better
TIMED = 0.001  # of the time is given to timing each of these networks, but at least STEPS steps
STEPS = 3
TIMED_IMAGES = 640  # what is timed is timed with so many images
DRAWING = 0.03  # of the time is given to drawing what is no digit; with little time there is less of it
DAY_S = 24 * 3600.0
ENDLESS = 1e6  # epochs


def since_boot() -> float:
    """Seconds since the machine was started, those with it asleep, too; nobody sets this clock."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class Hours:
    """The time that there is, and what is used of it, in seconds: counted by a clock that nobody sets.

    used_s: what had been used before, where a training goes on that was cut off.
    """

    def __init__(self, total_s: float, used_s: float = 0.0, clock: Clock = since_boot) -> None:
        self.total_s, self.clock = total_s, clock
        self._began = clock() - used_s

    @property
    def used_s(self) -> float:
        """The seconds that are used."""
        return self.clock() - self._began

    @property
    def left_s(self) -> float:
        """The seconds that are left, 0 if none are."""
        return max(0.0, self.total_s - self.used_s)


def until(wanted: tuple[int, int], now: datetime) -> float:
    """Seconds from now to an hour and minute, of this day or the next: at most 24 hours, so that no clock does harm."""
    then = now.replace(hour=wanted[0], minute=wanted[1], second=0, microsecond=0)
    if then <= now:
        then += timedelta(days=1)
    # not then - now, because summer time may begin or end before
    return min(then.timestamp() - now.timestamp(), DAY_S)


def used_when_cut(about: dict[str, Any], wall_s: float) -> float:
    """The seconds of a night that are gone, by its checkpoint and the wall clock (both as `time.time` counts).

    The time without power counts, if the clock can be believed: it has not gone back, nor by more than a day. Otherwise
    only what had been used counts, as on a board without a battery for its clock, and as after a stop that was wished.
    """
    used_s = float(about["used_s"])
    if about["wall_s"] is None:
        return used_s
    away_s = wall_s - float(about["wall_s"])
    return used_s + away_s if 0 <= away_s <= DAY_S else used_s


class Night(Training):
    """Training for some hours instead of some epochs; `steps` ends so that there is time for judging.

    recipe "night" is trained with as many filters as fit the time, or as `filters` says. read_after: images that will
    be read after the result was judged, to compare it with another. The rest is as for `Training`.
    """

    def __init__(
        self,
        images: Images,
        recipe: str,
        hours: Hours,
        seed: int,
        judged: bool = True,
        base: Network | None = None,
        samples: Sampled | None = None,
        filters: tuple[int, int, int] | None = None,
        read_after: int = 0,
    ) -> None:
        self.hours, self.filters, self._read_after = hours, filters, read_after
        trainer: Trainer | None = None
        if base is None and recipe == "night" and len(images):
            self.filters = filters or fitting(images, hours)
            trainer = night(np.random.default_rng(seed), self.filters)
        super().__init__(images, recipe, ENDLESS, seed, judged, base, samples, trainer)
        self.progress = 0.0
        self._reading_s = 0.0
        if isinstance(self.trainer, Trainer):
            schedule = self.trainer.schedule
            self.trainer.schedule = lambda _: schedule(self._advanced())

    def steps(self) -> Iterator[Step]:
        """Trains until it is time to judge, yielding after every batch; progress is that of the time."""
        if self._advanced() >= 1:
            return
        self.accuracy(TIMED_IMAGES)
        lesson = self.lesson()
        if isinstance(self.trainer, Trainer) and self.trainer.steps and len(self.trainer.order) != len(lesson):
            # cut off, and meanwhile the owner has taught it more: those images come in a new order
            self.trainer.order = self.trainer.rng.permutation(len(lesson))
        for step in self.trainer.run(cast(Array, lesson), lesson.labels, self.epochs):
            self.done = step.epoch
            yield replace(step, progress=self._advanced())
            if self._advanced() >= 1:
                return

    def lesson(self, epoch: int = 0) -> Lesson:
        """As for `Training`; with little time, less is drawn beside the images, and shown more often."""
        if self.answers > DIGITS and len(self.held_back):
            began_s = self.hours.used_s
            self.no_digits()
            whole = (self.kind.outliers + self.kind.own) * len(self.learn)
            whole_s = max(self.hours.used_s - began_s, 1e-9) / OUTLIERS * whole
            self.drawn = min(1.0, DRAWING * self.hours.total_s / whole_s)
        return super().lesson(epoch)

    def accuracy(self, most: int | None = None) -> float | None:
        """As for `Training`; it is timed, as the judging at the end will take so long for each image."""
        began_s = self.hours.used_s
        accuracy = super().accuracy(most)
        if accuracy is not None:
            self._reading_s = (self.hours.used_s - began_s) / min(len(self.held_back), most or len(self.held_back))
        return accuracy

    def _advanced(self) -> float:
        """The progress, 0 to 1: the part that is used of the time that there is before the judging. It never falls."""
        count = len(self.held_back) + self._read_after
        count += OUTLIERS if self.answers > DIGITS and len(self.held_back) else 0
        there_s = max(self.hours.total_s - count * self._reading_s, 1e-9)
        self.progress = max(self.progress, min(1.0, self.hours.used_s / there_s))
        return self.progress


def fitting(images: Images, hours: Hours) -> tuple[int, int, int]:
    """The filters of the largest network that can see every image SEEN times in the hours that are left."""
    kind = RECIPES["night"]
    shown = len(images) * (1 + kind.outliers + kind.own)
    chosen = SIZES[0]
    for filters in SIZES:
        trainer = night(np.random.default_rng(0), filters)
        seen = hours.left_s / step_s(trainer, images, hours) * trainer.batch_size / shown
        if seen < SEEN:
            break
        chosen = filters
    return chosen


def step_s(trainer: Trainer, images: Images, hours: Hours) -> float:
    """The seconds that a step of this trainer takes, the median of a few; what it has learnt then is of no use."""
    took: list[float] = []
    before = hours.used_s
    for _ in trainer.run(images.images[:TIMED_IMAGES], images.labels[:TIMED_IMAGES], ENDLESS):
        now = hours.used_s
        took.append(now - before)
        before = now
        if len(took) > STEPS and sum(took) >= TIMED * hours.total_s:
            break
    return max(median(took[1:]), 1e-9)  # the first makes room for all that follow
