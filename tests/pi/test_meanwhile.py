"""What goes on beside reading is seen now and then, and shown while nothing is written on the page."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from inkling.commands.watch import Loop, Score
from inkling.device import Machine
from inkling.displays import Display
from inkling.frames import Frame
from inkling.meanwhile import EVERY_S, Meanwhile
from inkling.models import load_model
from inkling.reader import Reader
from inkling.simulation import paper
from inkling.states import State
from inkling.status import StatusFile


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


class Told(Display):
    def __init__(self) -> None:
        self.states: list[State] = []
        self.announced: list[str] = []

    def state(self, state: State) -> None:
        self.states.append(state)

    def announce(self, frame: Frame, reading: object) -> None:
        self.announced.append(reading.text)  # type: ignore[attr-defined]


@pytest.fixture
def board(tmp_path: Path) -> Path:
    monitor = tmp_path / "sys/class/hwmon/hwmon0"
    monitor.mkdir(parents=True)
    (monitor / "name").write_text("rpi_volt\n")
    (monitor / "in0_lcrit_alarm").write_text("0\n")
    return tmp_path


def test_a_training_and_a_weak_supply_are_seen_the_weak_supply_first(board: Path) -> None:
    clock = Clock()
    meanwhile = Meanwhile(Machine(board), [board / "run"], clock)

    def look() -> State | None:
        clock.now_s += EVERY_S
        return meanwhile()

    assert meanwhile() is None
    with StatusFile(board / "run") as status:
        status.write({"progress": 0.5})
        assert look() is State.TRAINING
        (board / "sys/class/hwmon/hwmon0/in0_lcrit_alarm").write_text("1\n")
        assert look() is State.UNDERVOLTAGE
        (board / "sys/class/hwmon/hwmon0/in0_lcrit_alarm").write_text("0\n")
        assert look() is State.TRAINING
    assert look() is None


def test_it_looks_only_now_and_then(board: Path) -> None:
    clock = Clock()
    meanwhile = Meanwhile(Machine(board), [board / "run"], clock)
    assert meanwhile() is None
    with StatusFile(board / "run") as status:
        status.write({"progress": 0.5, "pid": os.getpid()})
        clock.now_s = EVERY_S - 0.01
        assert meanwhile() is None
        clock.now_s = EVERY_S
        assert meanwhile() is State.TRAINING


def frames(text: str, first: int, count: int = 6) -> list[Frame]:
    rng = np.random.default_rng(0)
    light = paper.Light()
    return [Frame(paper.photograph(paper.draw_page(text, rng), light, rng), 0.0, first + n) for n in range(count)]


def watched(meanwhile: Callable[[], State | None], pauses: bool) -> Told:
    told = Told()
    loop = Loop(Reader(load_model()), told, Score(), None, None, meanwhile, pauses)
    for frame in [*frames("", 0), *frames("4", 6), *frames("", 12, 8)]:
        loop.take(frame)
    return told


def test_it_is_shown_while_nothing_is_written_on_the_page() -> None:
    told = watched(lambda: State.UNDERVOLTAGE, pauses=True)  # that is no training: nothing pauses
    assert told.announced == ["4"]
    assert [state for state in told.states if state is not State.LOOKING] == [
        State.STARTING,
        State.UNDERVOLTAGE,
        State.READING,
        State.UNDERVOLTAGE,
    ]
    assert watched(lambda: State.TRAINING, pauses=False).announced == ["4"]


def test_reading_pauses_for_a_training_if_it_shall() -> None:
    told = watched(lambda: State.TRAINING, pauses=True)
    assert told.announced == []
    assert told.states == [State.STARTING, State.TRAINING]
