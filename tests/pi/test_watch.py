"""The loop of `watch` and `demo`: what it counts, what it reads again, and how long it waits."""

import json
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inkling import buttons, displays, settings
from inkling.cameras import Camera, SimulatedCamera
from inkling.cli import main
from inkling.commands import watch
from inkling.commands.watch import Loop, Score
from inkling.displays import Display
from inkling.errors import CameraError
from inkling.frames import Frame
from inkling.lights import KINDS, sign
from inkling.models import load_model
from inkling.notify import Notifier
from inkling.pins import Pins
from inkling.player import Player
from inkling.reader import Mark, Reader, Reading, Stages
from inkling.samples import Samples
from inkling.settings import load_settings
from inkling.shelf import Shelf
from inkling.states import State
from inknet import Dense, Network, SoftmaxCrossEntropy
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

    def read(self, luma: np.ndarray, stages: Stages | None = None) -> Reading:
        """Counts, and reads."""
        self.count += 1
        return super().read(luma, stages)


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


@pytest.fixture
def no_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "SYSTEM_FILE", tmp_path / "inkling.toml")
    monkeypatch.delenv("GPIOZERO_PIN_FACTORY", raising=False)
    monkeypatch.setattr("inkling.meanwhile.runtime_folders", lambda: [tmp_path])


class TimedCamera(Camera):
    """The simulated camera at three frames a second of a player's time, which passes with its frames alone."""

    def __init__(self) -> None:
        self.player = Player(clock=lambda: self.frames / 3)
        self.frames = 0
        self.truths: list[str] = []

    def __iter__(self) -> Iterator[Frame]:
        for frame in SimulatedCamera(seed=1, hold=24):
            self.truths.append(frame.truth or "")
            yield frame
            self.frames += 1
            self.player.tick()


@pytest.mark.usefixtures("no_settings")
def test_a_known_sequence_shows_the_right_lights(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("gpiozero")
    camera = TimedCamera()
    monkeypatch.setattr(watch, "open_camera", lambda *_: camera)
    monkeypatch.setattr(displays, "Player", lambda: camera.player)
    monkeypatch.setattr(camera.player, "_run", lambda: None)  # no thread: its time is the camera's
    assert main(["watch", "--display", "leds,binary,segments", "--pins", "mock", "--frames", "180"]) == 0
    lines = [tuple(line.split()) for line in capsys.readouterr().out.splitlines()]
    pages = [text for text, _ in groupby(camera.truths) if text]
    assert {1, 2} <= {len(page) for page in pages}
    for display in ("leds", "binary", "segments"):
        kind = KINDS[display]
        digit_of = {kind.drawn(kind.lit(lamps)): str(digit) for digit, lamps in enumerate(kind.digits)}
        lit = [lamps for name, lamps in lines if name == display]
        assert lit[0] == kind.drawn(sign(display, State.STARTING)[0][0])
        assert lit[-1] == kind.drawn(kind.dark)
        # a digit, "" for the dark between two, or None for the sign of a state, which ends a page
        signs = [digit_of.get(lamps, None if set(lamps) - {"."} else "") for lamps in lit]
        shown = ["".join(filter(None, page)) for read, page in groupby(signs, lambda s: s is not None) if read]
        for page, digits in zip(pages, filter(None, shown), strict=True):
            assert digits == (2 * page)[: len(digits)]
            assert len(digits) >= len(page)


@pytest.fixture
def factories(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What drives the pins of the commands that a test runs: mock pins can be pulled to ground."""
    pytest.importorskip("gpiozero")
    made: list[Any] = []

    class Board(Pins):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments)
            made.append(self.factory)

    monkeypatch.setattr(watch, "Pins", Board)
    return made


@pytest.mark.usefixtures("no_settings")
def test_buttons_are_carried_out_between_two_frames(
    factories: list[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Pressing(Camera):
        """Shows one page, and presses the buttons beside it."""

        def __iter__(self) -> Iterator[Frame]:
            page = next(frame for frame in SimulatedCamera() if frame.truth)
            for number in range(16):
                for pin in {5: [15], 8: [2]}.get(number, ()):
                    factories[0].pin(pin).drive_low()
                    factories[0].pin(pin).drive_high()
                yield Frame(page.luma, 0.0, number)

    monkeypatch.setattr(watch, "open_camera", lambda *_: Pressing())
    monkeypatch.setenv("INKLING_BUTTONS_READ", "2")
    monkeypatch.setenv("INKLING_BUTTONS_WRONG", "15")
    monkeypatch.setenv("INKLING_SAMPLES_PATH", str(tmp_path / "samples.db"))
    assert main(["watch", "--pins", "mock"]) == 0
    out, err = capsys.readouterr()
    first, again = out.splitlines()
    assert first.startswith("frame 2: ")
    text = first.split()[2]
    assert again.startswith(f"frame 11: {text} ")
    assert (
        err == f"inkling watch: told that {text} is wrong: it is kept; `inkling learn --unlabelled` asks what it is\n"
    )
    with Samples(tmp_path / "samples.db") as samples:
        kept = list(samples)
    assert [str(sample.read) for sample in kept] == list(text.replace(" ", ""))
    assert {(sample.label, sample.source) for sample in kept} == {(None, "camera")}


@pytest.mark.usefixtures("no_settings")
def test_what_is_told_to_be_wrong_stops_nothing_when_it_cannot_be_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("INKLING_SAMPLES_PATH", str(tmp_path / "file" / "samples.db"))
    said: list[str] = []
    reading = Reader(load_model()).read(next(frame for frame in SimulatedCamera() if frame.truth).luma)
    watch._keep(reading, load_settings(), said.append)
    watch._keep(None, load_settings(), said.append)
    assert said[0].startswith(f"told that {reading.text} is wrong, but it cannot be kept: ")
    assert str(tmp_path / "file") in said[0]
    assert said[1:] == ["told that something is wrong, but nothing is announced"]


@pytest.mark.usefixtures("no_settings")
def test_a_model_that_is_promoted_reads_from_the_next_frame_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    unsure = Network([Dense(11)], SoftmaxCrossEntropy(), rng=np.random.default_rng(0))
    unsure.layers[0].values["bias"][10] = 100
    monkeypatch.setenv("INKLING_SHELF_PATH", str(tmp_path))

    class Promoting(Camera):
        """Shows one page all the time; meanwhile a model is promoted that knows no digit."""

        def __iter__(self) -> Iterator[Frame]:
            page = next(frame for frame in SimulatedCamera() if frame.truth)
            for number in range(12):
                if number == 6:
                    Shelf(tmp_path).add(unsure, "for a test", promote=True)
                yield Frame(page.luma, 0.0, number)

    monkeypatch.setattr(watch, "open_camera", lambda *_: Promoting())
    assert main(["watch"]) == 0
    out, err = capsys.readouterr()
    before, after = (line.split()[2] for line in out.splitlines())
    assert before.isdigit()
    assert after == "?" * len(before)
    assert err == "inkling watch: another model was promoted: it reads from now on\n"


@pytest.mark.usefixtures("no_settings")
def test_lights_go_off_before_the_camera_is_closed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("gpiozero")

    class Hanging(SimulatedCamera):
        def close(self) -> None:
            print("hangs")

    monkeypatch.setattr(watch, "open_camera", lambda *_: Hanging())
    assert main(["watch", "--display", "leds", "--pins", "mock", "--frames", "1"]) == 0
    assert capsys.readouterr().out.splitlines()[-2:] == ["leds     ..........", "hangs"]


@pytest.mark.usefixtures("no_settings")
def test_shutting_down_is_asked_of_the_system_while_no_frame_comes(
    factories: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = threading.Event()

    class Missing(Camera):
        """Gives no frame before the machine is shut down."""

        def __iter__(self) -> Iterator[Frame]:
            factories[0].pin(3).drive_low()
            assert asked.wait(timeout=20)
            return iter(())

    monkeypatch.setattr(watch, "open_camera", lambda *_: Missing())
    monkeypatch.setattr(watch, "power_off", lambda report: asked.set())
    monkeypatch.setattr(buttons, "HOLD_S", 0.01)
    monkeypatch.setenv("INKLING_BUTTONS_SHUTDOWN", "3")
    assert main(["watch", "--pins", "mock"]) == 0
    assert asked.is_set()


LIT = """
import sys, time
from pathlib import Path
from inkling import actled, settings
from inkling.cli import main
actled.LEDS, settings.SYSTEM_FILE = Path(sys.argv[1]), Path(sys.argv[1]) / "none"
sys.exit(main(["watch", "--camera", "simulated", "--display", "act,leds", "--pins", "mock", "--rate", "20"]))
"""


def test_sigterm_puts_every_light_out_within_two_seconds(tmp_path: Path) -> None:
    pytest.importorskip("gpiozero")
    act = tmp_path / "ACT"
    act.mkdir()
    for file, text in {"trigger": "none [mmc0]", "brightness": "0", "max_brightness": "255"}.items():
        (act / file).write_text(text)
    command = [sys.executable, "-c", LIT, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout
        while "3456" not in process.stdout.readline():  # until something lies there
            pass
        assert (act / "trigger").read_text() == "none"
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=2)
    assert (process.returncode, err) == (0, "")
    assert out.splitlines()[-1] == "leds     .........."
    assert ((act / "trigger").read_text(), (act / "brightness").read_text()) == ("mmc0", "0")


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

    def read(self, luma: np.ndarray, stages: Stages | None = None) -> Reading:
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


def test_a_training_is_shown_while_nothing_is_written_there() -> None:
    display, under_way = Told(), iter([None, *[State.TRAINING] * 5, None])
    loop = Loop(Scripted("..4445."), display, Score(), None, meanwhile=lambda: next(under_way))
    for frame in different_frames(7):
        loop.take(frame)
    assert display.states == [State.STARTING, State.READY, State.TRAINING, State.LOOKING, State.READING]


def test_while_a_training_has_the_processor_nothing_is_read_and_afterwards_it_is_read_anew(
    systemd: tuple[Notifier, socket.socket],
) -> None:
    notifier, heard = systemd
    display, under_way = Told(), iter([None] * 3 + [State.TRAINING] * 2 + [None] * 3)
    # six signs for eight frames: two of them are not read
    loop = Loop(Scripted("444444"), display, Score(), None, notifier, lambda: next(under_way), pauses=True)
    fed = 0
    for frame in different_frames(8):
        loop.take(frame)
        fed += said(heard).count("WATCHDOG=1")
    assert display.states == [
        *(State.STARTING, State.LOOKING, State.READING, State.TRAINING, State.LOOKING, State.READING),
    ]
    assert fed == 8


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
        [sys.executable, "-m", "bench.endurance", "--frames", "400", "--warm-up", "250"],
        capture_output=True,
        text=True,
        cwd=ROOT / "tests",
    )
    found = json.loads(result.stdout)
    assert found["frames"] == 400
    assert found["rss growth, MB"] < 4  # so few frames are no warm-up; a frame kept of each would be 14 MB
    assert found["files opened"] == []
    assert found["descriptors opened and kept"] == 0
    assert found["frames lost"] == found["bytes written to storage"] == 0
    assert found["announced"] > 10
