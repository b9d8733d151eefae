import io
import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inkling.displays import (
    Console,
    Displays,
    JsonLines,
    LightShow,
    Lines,
    confidence,
    described,
    least_sure,
    open_displays,
)
from inkling.errors import PinError
from inkling.frames import Frame
from inkling.lights import Lights
from inkling.pins import Pins
from inkling.player import Player
from inkling.reader import Mark, Reading
from inkling.settings import load_settings
from inkling.states import State

TIME_S = 1_700_000_000.25


class FakeTerminal(io.StringIO):
    """A stream that says it is a terminal, and keeps what is written to it."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def mark(digit: int | None, sure: float = 0.9) -> Mark:
    return Mark(digit, sure, (3, 4, 5, 6), np.zeros((28, 28), np.float32), np.full(10, 0.1, np.float32))


def frame(number: int = 0, name: str = "") -> Frame:
    return Frame(np.full((24, 32), 200, np.uint8), TIME_S, number, name)


FORTY_TWO = Reading(((mark(4, 0.97), mark(2, 0.93)),))
EMPTY = Reading(())


def opened(
    kinds: str, stream: io.StringIO, pins: Pins | None = None, player: Player | None = None, **others: Any
) -> Displays:
    """The displays that the settings name, display.… = … besides."""
    options = {"display.kind": kinds, **{f"display.{name}": value for name, value in others.items()}}
    settings = load_settings(Path(os.devnull), {}, options)
    return open_displays(settings, stream, pins or Pins(settings.pins, "mock"), player)


@pytest.fixture
def five_and_a_half_hours_east(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "IST-5:30")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def test_json_lines_are_as_their_contract_has_it() -> None:
    stream = io.StringIO()
    with opened("json", stream) as display:
        display.announce(frame(7, "page.png"), FORTY_TWO)
        display.announce(frame(12, "other.png"), EMPTY)
    first, second = (json.loads(line) for line in stream.getvalue().splitlines())
    assert first == {"file": "page.png", **FORTY_TWO.as_json(), "time": first["time"], "frame": 7}
    assert second == {"file": "other.png", "text": "", "digits": [], "time": second["time"], "frame": 12}


def test_the_time_of_json_lines_is_that_of_the_frame_with_its_zone() -> None:
    stream = io.StringIO()
    JsonLines(stream).announce(frame(), FORTY_TWO)
    when = datetime.fromisoformat(json.loads(stream.getvalue())["time"])
    assert when.utcoffset() is not None
    assert when.timestamp() == TIME_S


@pytest.mark.usefixtures("five_and_a_half_hours_east")
def test_the_time_of_json_lines_is_in_the_zone_of_the_machine() -> None:
    stream = io.StringIO()
    JsonLines(stream).announce(frame(), FORTY_TWO)
    assert json.loads(stream.getvalue())["time"] == "2023-11-15T03:43:20.250+05:30"


def test_a_camera_without_files_has_none_in_json() -> None:
    stream = io.StringIO()
    JsonLines(stream).announce(frame(), FORTY_TWO)
    assert json.loads(stream.getvalue())["file"] is None


def test_boxes_in_json_are_in_the_pixels_of_the_file() -> None:
    stream = io.StringIO()
    reduced = Frame(np.full((24, 32), 200, np.uint8), TIME_S, 0, "large.png", scale=2.0)
    JsonLines(stream).announce(reduced, FORTY_TWO)
    assert [digit["box"] for digit in json.loads(stream.getvalue())["digits"]] == [[6, 8, 10, 12]] * 2


@pytest.mark.parametrize("name", ["öffentlich.png", "two\nlines.png", '"quoted".png', "\udcff.png"])
def test_whatever_a_file_is_called_its_json_is_one_line_that_says_so(name: str) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    JsonLines(stream).announce(frame(0, name), FORTY_TWO)
    stream.seek(0)
    [line] = stream.readlines()
    assert json.loads(line)["file"] == name


@pytest.mark.parametrize(
    ("number", "name", "reading", "line"),
    [
        (3, "", FORTY_TWO, "frame 3: 42  (at least 93 % sure)"),
        (0, "page.png", Reading(((mark(4, 0.5),),)), "frame 0: page.png: 4  (50 % sure)"),
        (9, "page.png", Reading(((mark(None, 0.3),),)), "frame 9: page.png: ?  (30 % sure)"),
    ],
)
def test_lines_say_which_frame_and_what_is_written(number: int, name: str, reading: Reading, line: str) -> None:
    stream = io.StringIO()
    Lines(stream).announce(frame(number, name), reading)
    assert stream.getvalue() == f"{line}\n"


@pytest.mark.parametrize("name", ["two\nlines.png", "\udcff.png"])
def test_whatever_a_file_is_called_its_reading_is_one_line_of_text(name: str) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    Lines(stream).announce(frame(0, name), FORTY_TWO)
    stream.seek(0)
    [line] = stream.readlines()
    assert "42" in line


@pytest.mark.parametrize("kind", [JsonLines, Lines])
def test_lines_are_written_for_what_is_announced_and_at_once(kind: type[JsonLines] | type[Lines]) -> None:
    written = io.BytesIO()
    with kind(io.TextIOWrapper(written, encoding="utf-8")) as display:
        display.see(frame(), FORTY_TWO, FORTY_TWO, "read in 9 ms")
        assert written.getvalue() == b""
        display.announce(frame(), FORTY_TWO)
        assert written.getvalue().count(b"\n") == 1
        display.announce(frame(), FORTY_TWO)
        assert written.getvalue().count(b"\n") == 2


@pytest.mark.parametrize(
    ("name", "stream", "kind"),
    [
        ("json", io.StringIO(), JsonLines),
        ("json", FakeTerminal(), JsonLines),
        ("console", io.StringIO(), Lines),
        ("console", FakeTerminal(), Console),
    ],
)
def test_the_console_is_drawn_on_a_terminal_only(name: str, stream: io.StringIO, kind: type) -> None:
    with opened(name, stream) as display:
        assert [type(one) for one in display._displays] == [kind]


def test_the_console_shows_every_frame_and_leaves_the_terminal_as_it_was() -> None:
    hide_cursor, show_cursor = "\x1b[?25l", "\x1b[?25h"
    terminal = FakeTerminal()
    with opened("console", terminal) as display:
        assert hide_cursor in terminal.getvalue()
        display.see(frame(1), EMPTY, None, "read in 8 ms")
        display.announce(frame(2), FORTY_TWO)
        display.see(frame(2), FORTY_TWO, FORTY_TWO, "read in 9 ms")
        assert show_cursor not in terminal.getvalue()
        assert "read in 9 ms" in terminal.getvalue()
    assert terminal.getvalue().count(show_cursor) == 1
    display.close()
    assert terminal.getvalue().count(show_cursor) == 1


@pytest.mark.parametrize(
    ("name", "stream"), [("json", io.StringIO()), ("console", io.StringIO()), ("console", FakeTerminal())]
)
def test_a_display_may_be_closed_twice_and_leaves_its_stream_open(name: str, stream: io.StringIO) -> None:
    display = opened(name, stream)
    display.close()
    display.close()
    assert not stream.closed


@pytest.mark.parametrize(
    ("reading", "text"),
    [
        (EMPTY, "nothing is written on it"),
        (Reading(((mark(7, 0.994),),)), "7  (99 % sure)"),
        (Reading(((mark(7, 1.0),),)), "7  (99 % sure)"),
        (Reading(((mark(None, 0.41),),)), "?  (41 % sure)"),
        (Reading(((mark(4, 0.9), mark(2, 0.8)),)), "42  (at least 80 % sure)"),
        (Reading(((mark(4, 0.9),), (mark(None, 0.3), mark(1, 1.0)))), "4 ?1  (at least 30 % sure)"),
    ],
)
def test_a_reading_is_described_by_its_text_and_by_how_sure_it_is(reading: Reading, text: str) -> None:
    assert described(reading) == text


def test_a_reading_is_as_sure_as_its_least_sure_mark() -> None:
    doubtful = mark(2, 0.6)
    reading = Reading(((mark(4, 0.9),), (doubtful, mark(1, 0.7))))
    assert least_sure(reading) is doubtful
    assert confidence(reading) == 0.6
    assert least_sure(EMPTY) is None
    assert confidence(EMPTY) is None


def page(text: str, sure: float = 0.9) -> Reading:
    return Reading(tuple(tuple(mark(None if s == "?" else int(s), sure) for s in line) for line in text.split()))


class Still(Player):
    """A player for whom time stands still: the first lights of each score, and no others."""

    def __init__(self) -> None:
        super().__init__(clock=lambda: 0.0)


class Lit:
    """Keeps what a light show shows of ten LEDs, as text."""

    def __init__(self) -> None:
        self.shown: list[str] = []

    def show(self, lights: Lights) -> None:
        self.shown.append("".join(str(n) for n, level in enumerate(lights) if level) or ".")


@pytest.fixture
def lit() -> Lit:
    return Lit()


@pytest.fixture
def lights(lit: Lit) -> Iterator[LightShow]:
    with Still() as player, LightShow("leds", lit.show, player) as lights:
        yield lights


def test_lights_show_what_is_announced_until_it_is_gone(lights: LightShow, lit: Lit) -> None:
    three, seven = page("3"), page("7")
    lights.announce(frame(), three)
    lights.see(frame(), three, three, "")
    lights.see(frame(), seven, three, "")
    lights.see(frame(), seven, None, "")
    lights.announce(frame(), seven)
    assert lit.shown == ["3", ".", "7"]


def test_lights_that_come_in_late_show_what_is_there(lights: LightShow, lit: Lit) -> None:
    lights.see(frame(), EMPTY, page("3"), "")
    assert lit.shown == ["3"]


def test_the_same_digit_on_another_page_stays_lit(lights: LightShow, lit: Lit) -> None:
    lights.announce(frame(), page("3"))
    lights.announce(frame(), page("3"))
    assert lit.shown == ["3"]


def test_lights_show_what_the_box_is_doing_while_nothing_is_read(lights: LightShow, lit: Lit) -> None:
    for state in (State.STARTING, State.READY, State.READY, State.LOOKING, State.CAMERA_MISSING):
        lights.state(state)
    assert lit.shown == ["09", "45", "3456", "0189"]


@pytest.mark.parametrize("state_first", [True, False])
def test_it_does_not_matter_whether_the_reading_or_its_state_is_told_first(
    lights: LightShow, lit: Lit, state_first: bool
) -> None:
    lights.state(State.LOOKING)
    three = page("3")
    told: list[Callable[[], None]] = [
        lambda: lights.announce(frame(), three),
        lambda: lights.state(State.READING),
    ]
    for tell in reversed(told) if state_first else told:
        tell()
    assert [shown for shown in lit.shown if shown != "."] == ["3456", "3"]
    gone: list[Callable[[], None]] = [
        lambda: lights.see(frame(), EMPTY, None, ""),
        lambda: lights.state(State.READY),
    ]
    for tell in reversed(gone) if state_first else gone:
        tell()
    assert [shown for shown in lit.shown if shown != "."] == ["3456", "3", "45"]


def test_trouble_is_shown_over_a_reading_and_the_reading_again_after_it(lights: LightShow, lit: Lit) -> None:
    lights.state(State.READING)
    lights.announce(frame(), page("3"))
    lights.state(State.UNDERVOLTAGE)
    lights.state(State.READING)
    assert lit.shown == [".", "3", "01", "3"]


def test_an_unsure_reading_shows_its_digits_and_the_sign_for_its_other_marks(lights: LightShow, lit: Lit) -> None:
    lights.announce(frame(), page("?"))
    lights.state(State.UNSURE)
    assert lit.shown == ["0369"]
    lights.announce(frame(), page("4?"))
    assert lit.shown == ["0369", "4"]


def test_lights_go_out_at_the_end_and_stay_out() -> None:
    seen = threading.Event()
    shown: list[bool] = []

    def show(lights: Lights) -> None:
        shown.append(any(lights))
        if len(shown) > 2:
            seen.set()

    with Player() as player:
        lights = LightShow("blink", show, player)
        lights.state(State.STARTING)
        assert seen.wait(10)
        lights.close()
        count = len(shown)
        assert not shown[-1]
        assert player.tick() == float("inf")
        assert len(shown) == count


def test_what_fails_while_lights_play_is_told_with_the_next_frame() -> None:
    def show(lights: Lights) -> None:
        if not any(lights):
            raise OSError("the light has gone")

    with Player() as player:
        lights = LightShow("blink", show, player)
        lights.state(State.STARTING)
        for thread in threading.enumerate():
            if thread.name == "lights":
                thread.join(10)
        with pytest.raises(OSError, match="the light has gone"):
            lights.see(frame(), EMPTY, None, "")


@pytest.mark.parametrize(
    ("kind", "lines"),
    [
        ("leds", ["leds     ...3......", "leds     .........."]),
        ("binary", ["binary   ..21", "binary   ...."]),
        ("segments", ["segments abcd..g", "segments ......."]),
        ("blink", ["blink    *", "blink    ."]),
    ],
)
def test_mock_pins_are_switched_and_each_change_is_a_line(kind: str, lines: list[str]) -> None:
    pytest.importorskip("gpiozero")
    stream = io.StringIO()
    settings = load_settings(Path(os.devnull), {}, {"display.kind": kind})
    [wired] = settings.pins.values()
    with Pins(settings.pins, "mock") as pins:
        display = opened(kind, stream, pins, Still())
        board = [pins.factory.pin(number) for number in wired]
        display.announce(frame(), page("3"))
        display.state(State.READING)
        lamps = lines[0].split()[1]
        assert [bool(pin.state) for pin in board] == [lamp != "." for lamp in lamps]
        display.close()
        assert not any(pin.state for pin in board)
        assert {pin.function for pin in board} == {"input"}
    assert stream.getvalue().splitlines() == lines


def test_lamps_to_the_supply_and_dimmed_ones_are_as_the_settings_say() -> None:
    pytest.importorskip("gpiozero")
    stream = io.StringIO()
    settings = load_settings(Path(os.devnull), {}, {"display.kind": "leds"})
    with Pins(settings.pins, "mock") as pins, opened("leds", stream, pins, active_low=True, dim=True) as display:
        display.announce(frame(), page("3", sure=0.75))
        assert [pins.factory.pin(number).state for number in settings["display.leds"]] == [1, 1, 1, 0.5] + 6 * [1]
        display.announce(frame(), page("3", sure=1.0))
    assert stream.getvalue().splitlines() == ["leds     ...3...... 50%", "leds     ...3......", "leds     .........."]


def test_lights_that_stay_as_they_are_are_not_printed_again() -> None:
    pytest.importorskip("gpiozero")
    stream = io.StringIO()
    with opened("leds", stream, player=Still()) as display:
        display.announce(frame(), page("3"))
        display.announce(frame(), page("34"))  # begins with what is lit already
        assert stream.getvalue() == "leds     ...3......\n"


def test_several_displays_show_the_same_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("gpiozero")
    act = tmp_path / "ACT"
    act.mkdir()
    for file, text in {"trigger": "none [mmc0]", "brightness": "0", "max_brightness": "1"}.items():
        (act / file).write_text(text)
    monkeypatch.setattr("inkling.actled.LEDS", tmp_path)
    stream = FakeTerminal()
    with opened("segments,console,act,json", stream, player=Still()) as display:
        display.announce(frame(5), page("1"))
        display.see(frame(5), page("1"), None, "")
        display.announce(frame(6), page("1"))
        assert (act / "brightness").read_text() == "1"
    assert (act / "trigger").read_text() == "mmc0"
    lines = [line for line in stream.getvalue().splitlines() if not line.startswith("{")]
    assert lines == [
        "segments .bc....",
        "frame 5: 1  (90 % sure)",
        "segments .......",
        "segments .bc....",
        "frame 6: 1  (90 % sure)",
        "segments .......",
    ]
    assert stream.getvalue().count("{") == 2 + 2  # two objects with one digit each


def test_a_display_that_cannot_be_had_closes_those_before_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("gpiozero")
    monkeypatch.setattr("inkling.actled.LEDS", tmp_path)
    settings = load_settings(Path(os.devnull), {}, {"display.kind": "leds"})
    with Pins(settings.pins, "mock") as pins:
        with pytest.raises(PinError, match="no ACT light"):
            opened("leds,act", io.StringIO(), pins)
        opened("leds", io.StringIO(), pins).close()
