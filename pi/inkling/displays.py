"""Displays are shown every frame and told what is announced: the console, and JSON lines for programs."""

import json
from contextlib import ExitStack
from datetime import datetime
from typing import TYPE_CHECKING, TextIO

from .closing import Closing
from .errors import UsageError
from .frames import Frame
from .reader import Mark, Reading
from .states import State
from .terminal import percent, printable

if TYPE_CHECKING:
    from .console import View


class Display(Closing):
    """What every display is: a context manager that is given readings; `close` may be called twice."""

    def see(self, frame: Frame, reading: Reading, held: Reading | None, status: str) -> None:
        """Takes one frame: what was read in it, and what is announced and still lies there (or None)."""

    def announce(self, frame: Frame, reading: Reading) -> None:
        """Takes a reading that several frames agree on, once."""

    def state(self, state: State) -> None:
        """Takes what the box is doing, whenever that changes."""


class JsonLines(Display):
    """One JSON object a line for each announced reading, at once."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def announce(self, frame: Frame, reading: Reading) -> None:
        print(json.dumps(announcement(frame, reading)), file=self._stream, flush=True)


class Lines(Display):
    """One line of text for each announced reading: what the console shows when it is no terminal."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def announce(self, frame: Frame, reading: Reading) -> None:
        source = f"{printable(frame.name)}: " if frame.name else ""
        print(f"frame {frame.number}: {source}{described(reading)}", file=self._stream, flush=True)


class Console(Display):
    """A terminal that shows what is seen, the glyph, the ten bars and the answer, redrawn in place."""

    def __init__(self, stream: TextIO) -> None:
        from .terminal import Terminal

        self._open = ExitStack()
        self._terminal = self._open.enter_context(Terminal(stream))

    def see(self, frame: Frame, reading: Reading, held: Reading | None, status: str) -> None:
        from .console import screen

        view = view_of(frame, reading, held, status)
        self._terminal.show(screen(view, self._terminal.size, self._terminal.style))

    def close(self) -> None:
        self._open.close()


def open_display(name: str, stream: TextIO) -> Display:
    """The display of a name: `json`, or `console`, which is lines of text where the stream is no terminal.

    Raises UsageError for any other.
    """
    if name == "json":
        return JsonLines(stream)
    if name == "console":
        return Console(stream) if stream.isatty() else Lines(stream)
    raise UsageError(f"there is no display {name!r}: take console or json")


def view_of(frame: Frame, reading: Reading, held: Reading | None, status: str) -> "View":
    """What the console shows of a frame: the glyph and the bars are those of its least sure mark."""
    from .console import View

    focus = least_sure(reading)
    answer = held or Reading(())
    return View(
        luma=frame.luma,
        boxes=tuple((*m.box, "?" if m.digit is None else str(m.digit)) for m in reading.marks),
        glyph=focus.glyph if focus else None,
        probabilities=focus.probabilities if focus else None,
        text=answer.text,
        confidence=confidence(answer),
        status=f"frame {frame.number}  {status}",
    )


def announcement(frame: Frame, reading: Reading) -> dict[str, object]:
    """An announced reading as the command line's JSON contract has it."""
    time = datetime.fromtimestamp(frame.time_s).astimezone().isoformat(timespec="milliseconds")
    return {"file": frame.name or None, **reading.as_json(frame.scale), "time": time, "frame": frame.number}


def described(reading: Reading) -> str:
    """A reading for a person: the text and how sure it is."""
    sure = confidence(reading)
    if sure is None:
        return "nothing is written on it"
    least = "at least " if len(reading.marks) > 1 else ""
    return f"{reading.text}  ({least}{percent(sure)} sure)"


def confidence(reading: Reading) -> float | None:
    """The confidence of the least sure mark; None for an empty page."""
    mark = least_sure(reading)
    return mark.confidence if mark else None


def least_sure(reading: Reading) -> Mark | None:
    """The mark that is the least sure: the one worth a look."""
    return min(reading.marks, key=lambda mark: mark.confidence, default=None)
