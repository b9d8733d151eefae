"""The loop of `watch` and `demo`: what it counts, what it reads again, and how long it waits."""

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from inkling.cameras import Camera
from inkling.cli import main
from inkling.commands.watch import Loop, Score
from inkling.displays import Display
from inkling.errors import CameraError
from inkling.frames import Frame
from inkling.models import load_model
from inkling.notify import Notifier
from inkling.reader import Mark, Reader, Reading
from inkling.states import State
from support import ROOT


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


class Told(Display):
    """A display that keeps what it is told of states."""

    def __init__(self) -> None:
        self.states: list[State] = []

    def state(self, state: State) -> None:
        self.states.append(state)


class Scripted(Reader):
    """A reader that reads, one after the other, what it was told beforehand: a sign for each frame."""

    def __init__(self, signs: str) -> None:
        self._signs = iter(signs)

    def read(self, luma: np.ndarray) -> Reading:
        sign = next(self._signs)
        glyph, probabilities = np.zeros((28, 28), np.float32), np.full(10, 0.1, np.float32)
        mark = Mark(int(sign) if sign.isdigit() else None, 0.9, (0, 0, 9, 9), glyph, probabilities)
        return Reading(((mark,),) if sign != "." else ())


def different_frames(count: int) -> Iterator[Frame]:
    """Frames that differ so much that each is read."""
    rng = np.random.default_rng(0)
    for number in range(count):
        yield Frame(rng.integers(0, 255, (60, 80), np.uint8), 0.0, number)


def states(signs: str) -> list[State]:
    display = Told()
    loop = Loop(Scripted(signs), display, Score(), rate=None)
    for frame in different_frames(len(signs)):
        loop.take(frame)
    return display.states


@pytest.mark.parametrize(
    ("signs", "expected"),
    [
        ("", []),
        ("...", [State.READY]),
        ("..4", [State.READY, State.LOOKING]),
        (".444444", [State.READY, State.LOOKING, State.READING]),
        ("???", [State.LOOKING, State.UNSURE]),
        ("444....", [State.LOOKING, State.READING, State.READY]),
        ("4447777", [State.LOOKING, State.READING]),
        ("444????", [State.LOOKING, State.READING, State.UNSURE]),
        ("4123", [State.LOOKING]),
    ],
)
def test_the_display_is_told_each_state_once(signs: str, expected: list[State]) -> None:
    assert states(signs) == [State.STARTING, *expected]


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[tuple[Notifier, socket.socket]]:
    """A notifier, and the socket at which systemd would listen."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(str(tmp_path / "notify"))
        heard.setblocking(False)
        with Notifier({"NOTIFY_SOCKET": str(tmp_path / "notify")}) as notifier:
            yield notifier, heard


def said(heard: socket.socket) -> list[str]:
    """What systemd has been told since it was last asked."""
    lines = []
    while True:
        try:
            lines += heard.recv(4096).decode().splitlines()
        except BlockingIOError:
            return lines


def test_systemd_is_told_of_the_first_frame_of_every_frame_and_of_what_is_read(
    systemd: tuple[Notifier, socket.socket],
) -> None:
    notifier, heard = systemd
    loop = Loop(Scripted(".4444"), Display(), Score(), None, notifier)
    assert said(heard) == ["STATUS=starting"]
    frames = different_frames(5)
    loop.take(next(frames))
    assert said(heard) == ["READY=1", "STATUS=ready", "WATCHDOG=1"]
    loop.take(next(frames))
    assert said(heard) == ["STATUS=looking", "WATCHDOG=1"]
    for frame in frames:
        loop.take(frame)
    assert said(heard) == ["WATCHDOG=1", "STATUS=reading: 4  (90 % sure)", "WATCHDOG=1", "WATCHDOG=1"]


def test_while_no_frame_comes_the_watchdog_is_not_fed(systemd: tuple[Notifier, socket.socket]) -> None:
    notifier, heard = systemd
    display = Told()
    loop = Loop(Scripted(".."), display, Score(), None, notifier)
    frames = different_frames(2)
    loop.lost("no camera is found")
    assert said(heard) == ["STATUS=starting", "STATUS=camera missing: no camera is found"]
    loop.take(next(frames))
    assert said(heard) == ["READY=1", "STATUS=ready", "WATCHDOG=1"]
    loop.lost("it has gone")
    loop.lost("it is in use")
    assert said(heard) == ["STATUS=camera missing: it has gone", "STATUS=camera missing: it is in use"]
    loop.take(next(frames))
    assert said(heard) == ["STATUS=ready", "WATCHDOG=1"]
    assert display.states == [
        *(State.STARTING, State.CAMERA_MISSING, State.READY, State.CAMERA_MISSING, State.READY),
    ]


def test_the_command_tells_systemd_when_it_is_ready_and_when_it_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(str(tmp_path / "notify"))
        heard.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        assert main(["watch", "--camera", "simulated", "--display", "json", "--frames", "2"]) == 0
        lines = said(heard)
    assert lines[:2] == ["STATUS=starting", "READY=1"]
    assert lines.count("WATCHDOG=1") == 2
    assert lines[-1] == "STOPPING=1"


def test_what_fails_is_shown_and_raised() -> None:
    class Failing(Camera):
        def __iter__(self) -> Iterator[Frame]:
            yield from different_frames(1)
            raise CameraError("it is broken")

    display = Told()
    with pytest.raises(CameraError, match="it is broken"):
        Loop(Scripted("."), display, Score(), None).run(Failing(), None)
    assert display.states == [State.STARTING, State.READY, State.ERROR]


def test_a_page_that_lies_still_is_not_read_again_and_again() -> None:
    rng = np.random.default_rng(0)
    reader = CountingReader(load_model())
    loop = Loop(reader, Display(), Score(), rate=None)
    for number in range(20):
        loop.take(Frame(rng.normal(200, 1.5, (120, 160)).astype(np.uint8), 0.0, number))
    assert reader.count == 3


def test_another_picture_that_looks_the_same_is_read_all_the_same() -> None:
    reader = CountingReader(load_model())
    loop = Loop(reader, Display(), Score(), rate=None)
    for number in range(10):
        loop.take(Frame(np.full((60, 80), 200, np.uint8), 0.0, number, name=f"{number // 5}.png"))
    assert reader.count == 4


HANGING = """
import ctypes, sys, threading
from inkling import cameras, displays
from inkling.commands import watch

class Hanging(cameras.Camera):
    def __iter__(self):
        print("hangs", flush=True)
        {capture}
        yield

    def close(self):
        {stop}

displays.JsonLines.close = lambda self: print("off", flush=True)
watch.open_camera = lambda *arguments: Hanging()
from inkling.cli import main
sys.exit(main(["watch", "--camera", "simulated", "--display", "json"]))
"""
FOR_EVER = "threading.Event().wait()"
AND_NO_PYTHON_RUNS = "ctypes.PyDLL(None).sleep(60)"  # a driver that hangs while it holds the interpreter


@pytest.mark.parametrize(
    ("stop", "status"), [("pass", 0), (FOR_EVER, 1), (AND_NO_PYTHON_RUNS, 1)], ids=["capture", "stop", "driver"]
)
def test_sigterm_turns_the_display_off_and_ends_within_two_seconds_whatever_hangs(stop: str, status: int) -> None:
    script = HANGING.format(capture=FOR_EVER, stop=stop)
    process = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "hangs\n"
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=2)
    assert (out, err, process.returncode) == ("off\n", "", status)


def test_reading_for_long_takes_no_memory_opens_no_file_and_writes_nothing() -> None:
    result = subprocess.run(
        [sys.executable, "-m", "bench.endurance", "--frames", "1000", "--warm-up", "500"],
        capture_output=True,
        text=True,
        cwd=ROOT / "tests",
    )
    found = json.loads(result.stdout)
    assert found["frames"] == 1000
    assert found["rss growth, MB"] < 4  # so few frames are no warm-up; a frame kept of each would be 35 MB
    assert found["files opened"] == []
    assert found["descriptors opened and kept"] == 0
    assert found["frames lost"] == found["bytes written to storage"] == 0
    assert found["announced"] > 10
