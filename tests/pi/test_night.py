"""A night: it ends when its time is over, annealed, whatever the machine does. No test waits: the time is told."""

import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import numpy as np
import pytest

from inkling.lesson import Sampled
from inkling.models import load_model
from inkling.night import DAY_S, SIZES, Hours, Night, fitting, until, used_when_cut
from inkling.recipes import FURTHER, MOVED, further
from inkling.simulation.outliers import NO_DIGIT, outliers
from inkling.training import Images
from inknet import AdamW, Network, SoftmaxCrossEntropy, Trainer
from support import patterns

IMAGES = Images(*patterns(600, seed=0))
STEP_S, READ_S = 5.0, 0.002


class Machine:
    """A machine whose time is told: what it computes takes as long as it says. slow: how much longer, at a time."""

    def __init__(self, slow: Callable[[float], float] = lambda now: 1.0) -> None:
        self.now, self.slow = 1000.0, slow
        self.rates: list[float] = []

    def __call__(self) -> float:
        return self.now

    def work(self, seconds: float) -> None:
        self.now += seconds * self.slow(self.now - 1000)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    """The machine on which training and reading take their time."""
    machine = Machine()
    step, move, scores = Trainer.step, AdamW.step, Network.scores

    def timed_step(self: Trainer, *args: Any) -> float:
        machine.work(STEP_S * self.network.state.size / 79_000)
        return step(self, *args)

    def seen_step(self: AdamW, parameters: Any, gradient: Any, rate: float, decayed: int = 0) -> None:
        machine.rates.append(rate)
        move(self, parameters, gradient, rate, decayed)

    def timed_scores(self: Network, images: Any, batch_size: int = 16) -> Any:
        machine.work(READ_S * len(images))
        return scores(self, images, batch_size)

    monkeypatch.setattr(Trainer, "step", timed_step)
    monkeypatch.setattr(AdamW, "step", seen_step)
    monkeypatch.setattr(Network, "scores", timed_scores)
    return machine


def night(machine: Machine, seconds: float, **more: Any) -> Night:
    return Night(IMAGES, "night", Hours(seconds, clock=machine), 0, filters=SIZES[0], **more)


def sleep_through(training: Night) -> list[float]:
    """The night as `inkling train` spends it, with a look at the held-back images now and then: progress, by step."""
    progress: list[float] = []
    for step in training.steps():
        if int(10 * step.progress) > int(10 * (progress or [0.0])[-1]):
            training.accuracy(1000)
        progress.append(step.progress)
    return progress


@pytest.mark.parametrize(
    ("slow", "within"),
    [
        pytest.param(lambda s: 1.0, 0.02, id="steady"),
        pytest.param(lambda s: 1.0 if s < 50 else 2.0, 0.05, id="half of it taken midway"),
        pytest.param(lambda s: 2.0 if s < 50 else 1.0, 0.05, id="half of it given back midway"),
        pytest.param(lambda s: 1.0 if s < 80 else 3.0, 0.05, id="two thirds taken near the end"),
        pytest.param(lambda s: 1 + s % 2, 0.05, id="unsteady"),
    ],
)
def test_it_ends_judged_when_its_time_is_over(machine: Machine, slow: Callable[[float], float], within: float) -> None:
    machine.slow = slow
    training = night(machine, 100)
    progress = sleep_through(training)
    network = training.result()
    assert abs(machine.now - 1000 - 100) <= within * 100
    assert progress == sorted(progress)
    assert progress[-1] == 1
    # annealed: the last steps are as small as they shall be, and the largest were taken early
    assert machine.rates[-1] < 0.02 * max(machine.rates)
    assert int(np.argmax(machine.rates)) < 0.6 * len(machine.rates)
    assert network.about["held_back_accuracy"] > 0.9


def test_time_is_kept_for_comparing_with_another_model(machine: Machine) -> None:
    sleep_through(training := night(machine, 100, read_after=1000))
    training.result()
    assert machine.now - 1000 == pytest.approx(98, abs=1.5)


def test_a_night_of_no_time_ends_at_once_and_still_has_a_result(machine: Machine) -> None:
    training = Night(IMAGES, "night", Hours(100, 100, machine), 0, filters=SIZES[0])
    assert sleep_through(training) == []
    assert training.result().about["epochs"] == 0


def test_it_has_an_answer_for_what_is_no_digit(machine: Machine) -> None:
    training = night(machine, 100)
    lesson = training.lesson()
    assert training.trainer.result().classes == NO_DIGIT + 1
    assert (lesson.labels == NO_DIGIT).sum() == round(0.15 * len(training.learn))


def test_little_time_is_not_spent_on_drawing(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    def slowly(count: int, *rest: Any) -> Any:
        machine.work(0.02 * count)  # 20 s for 1000
        return outliers(count, *rest)

    monkeypatch.setattr("inkling.training.outliers", slowly)
    for seconds, share in ((50, 1.5 / (0.02 * 0.2 * 550)), (1000, 1.0)):
        it = night(machine, seconds)
        lesson = it.lesson()
        assert it.drawn == pytest.approx(share)
        assert (lesson.labels == NO_DIGIT).sum() == round(0.15 * len(it.learn))


def test_the_larger_network_is_taken_where_there_is_time_for_it(machine: Machine) -> None:
    seconds = [20, 200, 600, 5e4]
    chosen = [fitting(IMAGES, Hours(each, clock=machine)) for each in seconds]
    assert chosen == sorted(chosen)
    assert chosen[0] == SIZES[0]
    assert chosen[-1] == SIZES[-1]
    assert len(set(chosen)) == 4
    machine.slow = lambda s: 100.0
    assert fitting(IMAGES, Hours(600, clock=machine)) == SIZES[0]


def test_it_goes_on_from_a_network_that_stays_as_it_is(machine: Machine) -> None:
    base = load_model()
    before = base.state.copy()
    training = Night(IMAGES, "further", Hours(60, clock=machine), 0, base=base)
    sleep_through(training)
    network = training.result()
    np.testing.assert_array_equal(base.state, before)
    assert network.classes == base.classes
    assert network.about["recipe"] == "further"
    assert isinstance(network.loss, SoftmaxCrossEntropy)
    assert np.abs(network.state - before).max() > 0
    assert max(machine.rates) < 0.001
    assert training.kind is FURTHER


def test_what_is_gone_on_from_is_kept_in_part() -> None:
    base = load_model()
    trainer = further(base, np.random.default_rng(0))
    np.testing.assert_array_equal(trainer.result().state, base.state)
    trainer.average[...] = base.state + 1
    np.testing.assert_allclose(trainer.result().state, base.state + MOVED, rtol=1e-5, atol=1e-5)


def test_a_night_that_was_cut_off_goes_on_also_when_it_was_taught_more(machine: Machine, tmp_path: Any) -> None:
    first = night(machine, 100)
    for step in first.steps():
        if step.progress > 0.4:
            break
    first.trainer.checkpoint(tmp_path / "a.npz")
    samples = Sampled(*patterns(12, seed=7))
    second = Night(IMAGES, "night", Hours(100, 40, machine), 0, samples=samples, filters=SIZES[0])
    second.trainer.restore(tmp_path / "a.npz")
    machine.rates.clear()
    progress = sleep_through(second)
    assert progress[0] == pytest.approx(0.41, abs=0.03)
    assert len(second.lesson()) > len(first.lesson())
    assert second.result().about["held_back_accuracy"] > 0.9


@pytest.mark.parametrize(
    ("now", "wanted", "hours"),
    [
        ((22, 30, 0), (6, 30), 8),
        ((0, 0, 0), (6, 30), 6.5),
        ((6, 29, 0), (6, 30), 1 / 60),
        ((6, 30, 0), (6, 30), 24),
        ((6, 30, 36), (6, 30), 23.99),
    ],
)
def test_until_is_the_next_time_that_the_clock_says_so(
    now: tuple[int, int, int], wanted: tuple[int, int], hours: float
) -> None:
    for year in (1970, 2026, 2400):
        assert until(wanted, datetime(year, 1, 31, *now)) / 3600 == pytest.approx(hours)


@pytest.fixture
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.parametrize(
    ("now", "wanted", "hours"),
    [
        pytest.param(datetime(2026, 3, 28, 22, 30), (6, 30), 7, id="the clock is put on"),
        pytest.param(datetime(2026, 10, 24, 22, 30), (6, 30), 9, id="the clock is put back"),
        pytest.param(datetime(2026, 10, 25, 2, 30), (2, 45), 0.25, id="in the hour before it is put back"),
        pytest.param(datetime(2026, 10, 25, 2, 30, fold=1), (2, 45), 0.25, id="in the hour after"),
        pytest.param(datetime(2026, 3, 28, 22, 30), (2, 30), 4, id="until a time that the clock leaves out"),
        pytest.param(datetime(2026, 10, 24, 7, 0), (6, 30), 24, id="a day of 24.5 hours"),
    ],
)
def test_until_knows_of_summer_time(berlin: None, now: datetime, wanted: tuple[int, int], hours: float) -> None:
    assert until(wanted, now) / 3600 == pytest.approx(hours)


def test_the_time_asleep_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    clocks = {time.CLOCK_MONOTONIC: 100.0, time.CLOCK_BOOTTIME: 100.0}
    monkeypatch.setattr(time, "clock_gettime", clocks.__getitem__)
    hours = Hours(3600)
    clocks[time.CLOCK_BOOTTIME] += 600
    assert hours.left_s == 3000


@pytest.mark.parametrize(
    ("away_s", "used_s"),
    [
        pytest.param(600, 1600, id="ten minutes without power count"),
        pytest.param(0, 1000, id="none"),
        pytest.param(-5, 1000, id="a clock that has gone back is not believed"),
        pytest.param(DAY_S + 1, 1000, id="nor one that has gone on by more than a day"),
        pytest.param(-1.6e9, 1000, id="nor one of 1970"),
    ],
)
def test_what_is_left_of_a_night_that_was_cut_off(away_s: float, used_s: float) -> None:
    assert used_when_cut({"wall_s": 1.7e9, "used_s": 1000.0}, 1.7e9 + away_s) == used_s


def test_the_time_after_a_stop_that_was_wished_does_not_count() -> None:
    assert used_when_cut({"wall_s": None, "used_s": 1000.0}, 1.7e9) == 1000
