"""The loop of `watch` and `demo`: what it counts, what it reads again, and how long it waits."""

import time
from itertools import pairwise

import numpy as np
import pytest

from inkling.commands.watch import Loop, Score
from inkling.displays import Display
from inkling.frames import Frame
from inkling.models import load_model
from inkling.reader import Reader, Reading


@pytest.mark.parametrize(
    ("frames", "expected"),
    [
        ([], "0 pages shown, 0 read right"),
        ([("7", None), ("7", "7"), ("", None)], "1 page shown, 1 read right"),
        ([("7", "7"), ("", None), ("7", "7"), ("", None)], "2 pages shown, 2 read right"),
        ([("7", "1"), ("", None)], "1 page shown, 0 read right"),
        ([("63", "6"), ("63", "63"), ("", None)], "1 page shown, 0 read right"),
        ([("7", "7"), ("", "1"), ("8", "8"), ("", None)], "2 pages shown, 1 read right"),
        ([("7", None), ("", None)], "1 page shown, 0 read right"),
        ([("7", "7")], "1 page shown, 1 read right"),
        ([("7", None)], "0 pages shown, 0 read right"),
        ([(None, "7")], "0 pages shown, 0 read right"),
    ],
)
def test_a_page_is_read_right_if_its_digits_and_nothing_else_were_announced(
    frames: list[tuple[str | None, str | None]], expected: str
) -> None:
    score = Score()
    for truth, announced in frames:
        score.see(truth, announced)
    assert str(score) == expected


class CountingReader(Reader):
    """A reader that counts what it is given."""

    count = 0

    def read(self, luma: np.ndarray) -> Reading:
        """Counts, and reads."""
        self.count += 1
        return super().read(luma)


def test_the_very_same_picture_is_read_once() -> None:
    reader = CountingReader(load_model())
    loop = Loop(reader, Display(), Score(), rate=None)
    first, second = np.full((2, 60, 80), 200, np.uint8)
    for number, luma in enumerate((first, first, first, second, second)):
        loop.take(Frame(luma, 0.0, number))
    assert reader.count == 2


def test_frames_come_no_faster_than_asked_and_lost_time_is_not_caught_up(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    taken = []

    def sleep(seconds: float) -> None:
        clock[0] += seconds

    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(time, "sleep", sleep)
    loop = Loop(Reader(load_model()), Display(), Score(), rate=4)
    luma = np.full((60, 80), 200, np.uint8)
    for number in range(6):
        taken.append(clock[0])
        if number == 3:
            clock[0] += 1.0  # something took long
        loop.take(Frame(luma, 0.0, number))
    assert [round(b - a, 6) for a, b in pairwise(taken)] == [0.25, 0.25, 0.25, 1.25, 0.25]
