"""Displays are shown every frame and told what is announced: the console, JSON lines for programs, and lights."""

import json
from collections.abc import Iterable
from contextlib import ExitStack
from datetime import datetime
from typing import TYPE_CHECKING, TextIO

from .actled import ActLed
from .closing import Closing
from .frames import Frame
from .lights import KINDS, Lights, Score, brightness_of, sign, spelled
from .pins import Pins
from .player import Player, Show
from .reader import Mark, Reading
from .settings import Settings
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


class LightShow(Display):
    """Lamps that show the digits that lie there, and what the box is doing while none do.

    name: the kind of display, of `lights.KINDS`. show: sets its lamps. dim: the surer a digit, the brighter.
    """

    def __init__(self, name: str, show: Show, player: Player, dim: bool = False) -> None:
        self._name, self._show, self._player, self._dim = name, show, player, dim
        self._held: Reading | None = None
        self._state: State | None = None
        self._score: Score = ()

    def see(self, frame: Frame, reading: Reading, held: Reading | None, status: str) -> None:
        self._hold(held)

    def announce(self, frame: Frame, reading: Reading) -> None:
        self._hold(reading)

    def state(self, state: State) -> None:
        self._state = state
        self._play()

    def _hold(self, held: Reading | None) -> None:
        self._player.check()
        if held is not self._held:
            self._held = held
            self._play()

    def _play(self) -> None:
        """Plays what is to be seen now, in whatever order it was told; what is played already goes on."""
        if self._state in (None, State.READING, State.UNSURE):
            score = spelled(self._name, self._lines())
        else:
            score = sign(self._name, self._state)
        if score != self._score:
            self._score = score
            self._player.play(self._show, score)

    def _lines(self) -> list[list[tuple[str, float]]]:
        return [
            [
                ("?" if mark.digit is None else str(mark.digit), brightness_of(mark.confidence) if self._dim else 1.0)
                for mark in line
            ]
            for line in (self._held.lines if self._held else ())
        ]

    def close(self) -> None:
        self._player.stop(self._show)
        self._show(KINDS[self._name].dark)


class Printed:
    """Lights, and a line of text for each change of them: what pins that are not there would show."""

    def __init__(self, name: str, show: Show, stream: TextIO) -> None:
        self._name, self._lit, self._stream = name, show, stream
        self._shown = KINDS[name].dark

    def show(self, lights: Lights) -> None:
        self._lit(lights)
        if lights != self._shown:
            self._shown = lights
            dimmed = {f"{level:.0%}" for level in lights if 0 < level < 1}
            print(f"{self._name:8}", KINDS[self._name].drawn(lights), *dimmed, file=self._stream, flush=True)


class Displays(Display):
    """Several displays as one. They are closed in the order opposite to that they are given in."""

    def __init__(self, displays: Iterable[Display], opened: ExitStack) -> None:
        self._displays, self._open = tuple(displays), opened

    def see(self, frame: Frame, reading: Reading, held: Reading | None, status: str) -> None:
        for display in self._displays:
            display.see(frame, reading, held, status)

    def announce(self, frame: Frame, reading: Reading) -> None:
        for display in self._displays:
            display.announce(frame, reading)

    def state(self, state: State) -> None:
        for display in self._displays:
            display.state(state)

    def close(self) -> None:
        self._open.close()


def open_displays(settings: Settings, stream: TextIO, pins: Pins, player: Player | None = None) -> Displays:
    """The displays of the settings, as one; pins: those of the settings. Raises PinError for one that cannot be had.

    `console` is lines of text where the stream is no terminal, and beside lights that are printed.
    """
    with ExitStack() as opening:
        player = opening.enter_context(player or Player())

        def opened(name: str) -> Display:
            if name == "json":
                return JsonLines(stream)
            if name == "console":
                return Console(stream) if stream.isatty() and not pins.mock else Lines(stream)
            if name == "act":
                return LightShow(name, opening.enter_context(ActLed()).show, player)
            key, low, dim = f"display.{name}", settings["display.active_low"], settings["display.dim"]
            show = opening.enter_context(pins.lamps(key, settings[key], low, dim)).show
            return LightShow(name, Printed(name, show, stream).show if pins.mock else show, player, dim)

        displays = [opening.enter_context(opened(name)) for name in settings["display.kind"]]
        return Displays(displays, opening.pop_all())


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
