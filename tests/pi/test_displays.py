import io
import json
import time
from collections.abc import Iterator
from datetime import datetime

import numpy as np
import pytest

from inkling.displays import Console, JsonLines, Lines, confidence, described, least_sure, open_display
from inkling.errors import UsageError
from inkling.frames import Frame
from inkling.reader import Mark, Reading

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


@pytest.fixture
def five_and_a_half_hours_east(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "IST-5:30")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def test_json_lines_are_as_their_contract_has_it() -> None:
    stream = io.StringIO()
    with open_display("json", stream) as display:
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
    with open_display(name, stream) as display:
        assert type(display) is kind


def test_a_display_that_there_is_not_is_an_error_and_never_another_one_instead() -> None:
    with pytest.raises(UsageError, match="semaphore"):
        open_display("semaphore", io.StringIO())


def test_the_console_shows_every_frame_and_leaves_the_terminal_as_it_was() -> None:
    hide_cursor, show_cursor = "\x1b[?25l", "\x1b[?25h"
    terminal = FakeTerminal()
    with open_display("console", terminal) as display:
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
    display = open_display(name, stream)
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
