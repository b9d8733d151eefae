"""`inkling watch` and `inkling demo`: reads what a camera sees, frame by frame, and announces what holds."""

import argparse
import os
import signal
import sys
import time
from itertools import islice
from pathlib import Path
from types import FrameType

from ..buttons import Action, Buttons, power_off
from ..cameras import open_camera
from ..displays import Display, open_displays
from ..frames import Frame
from ..models import open_reader
from ..pins import Pins
from ..reader import Reader, Reading
from ..settings import Settings, load_settings
from ..states import State
from ..steady import Steady

DEMO_RATE = 8.0  # frames a second at a terminal: slow enough for the eye


def run(args: argparse.Namespace) -> int:
    """Watches until the camera or args.frames ends; returns 1 if a picture could not be read, else 0."""
    signal.signal(signal.SIGTERM, _end)
    demo = args.command == "demo"
    rate = args.rate or (DEMO_RATE if demo and sys.stdout.isatty() else None)
    settings = _settings(args)
    failed = 0

    def say(message: str) -> None:
        print(f"inkling {args.command}: {message}", file=sys.stderr, flush=True)

    def report(message: str) -> None:
        nonlocal failed
        failed += 1
        say(message)

    score = Score()
    try:
        with (
            Pins(settings.pins, args.pins) as pins,
            open_displays(settings, sys.stdout, pins) as display,
            Buttons(settings, pins) as buttons,
        ):
            display.state(State.STARTING)
            reader = open_reader(settings["reading.model"], settings["reading.unsure"])
            # displays open first, to say that it is starting, and close first: lights go off even if the camera hangs
            with open_camera(settings["camera.source"], args.hold, args.seed, report) as camera, display:
                loop = Loop(reader, display, score, rate)
                hooks = {
                    Action.READ: loop.read_anew,
                    Action.WRONG: lambda: say(f"told that {loop.held} is wrong"),
                    Action.SHUT_DOWN: lambda: power_off(report),
                }
                for frame in islice(camera, args.frames):
                    loop.take(frame)
                    buttons.carry_out(hooks)
    finally:
        if demo:
            print(score)
    return int(failed > 0)


def _settings(args: argparse.Namespace) -> Settings:
    """The settings under the command line; a demo goes by no file and no environment."""
    options = {
        "camera.source": args.camera,
        "display.kind": args.display,
        "reading.model": args.model and args.model.absolute(),
        "reading.unsure": args.unsure,
    }
    if args.command == "demo":
        return load_settings(Path(os.devnull), {}, options)
    return load_settings(args.config, options=options)


def _end(number: int, frame: FrameType | None) -> None:
    """SIGTERM ends the command in order: cameras and displays are closed on the way out."""
    sys.exit(0)


class Score:
    """What was announced of each page that a camera knows to have shown."""

    def __init__(self) -> None:
        self._pages: list[tuple[str, list[str]]] = []
        self._truth: str | None = None

    def see(self, truth: str | None, announced: str | None) -> None:
        """Takes what is written on the page in one frame, and the text that is announced with it, if one is."""
        if truth != self._truth:
            self._truth = truth
            if truth:
                self._pages.append((truth, []))
        if announced is not None and self._pages:
            self._pages[-1][1].append(announced)

    def __str__(self) -> str:
        read = [(truth, texts) for truth, texts in self._pages if texts or truth != self._truth]
        right = sum(set(texts) == {truth} for truth, texts in read)
        return f"{len(read)} page{'s' * (len(read) != 1)} shown, {right} read right"


class Loop:
    """Takes frames one by one: reads, votes, shows.

    rate: frames a second at most; None takes them as they come.
    """

    def __init__(self, reader: Reader, display: Display, score: Score, rate: float | None) -> None:
        self._reader, self._display, self._score = reader, display, score
        self._period_s = 1 / rate if rate else 0.0
        self._due_s = 0.0
        self._steady = Steady()
        self._last: tuple[Frame, Reading] | None = None

    def take(self, frame: Frame) -> None:
        """Reads one frame and shows it."""
        started_s = time.monotonic()
        reading = self._read(frame)
        took_ms = 1000 * (time.monotonic() - started_s)
        changed = self._steady.update(reading, frame.name)
        held = self._steady.current
        if changed and held:
            self._display.announce(frame, held)
        self._display.state(_state(reading, held))
        self._score.see(frame.truth, held.text if changed and held else None)
        self._display.see(frame, reading, held, f"read in {took_ms:.0f} ms")
        self._rest(started_s)

    def _read(self, frame: Frame) -> Reading:
        if self._last and self._last[0].luma is frame.luma:  # the very same picture: a folder's, held
            return self._last[1]
        reading = self._reader.read(frame.luma)
        self._last = frame, reading
        return reading

    def _rest(self, started_s: float) -> None:
        """Sleeps until the next frame is due; time that was lost is not caught up."""
        self._due_s = max(self._due_s, started_s) + self._period_s
        if (rest_s := self._due_s - time.monotonic()) > 0:
            time.sleep(rest_s)

    @property
    def held(self) -> str:
        """What is announced and still lies there, as text."""
        return self._steady.current.text if self._steady.current else "nothing"

    def read_anew(self) -> None:
        """Forgets what was read: what lies there is read and announced once more."""
        self._steady, self._last = Steady(), None


def _state(reading: Reading, held: Reading | None) -> State:
    """What a frame and what is announced say of what the box is doing."""
    if held:
        return State.UNSURE if "?" in held.text else State.READING
    return State.LOOKING if reading.marks else State.READY
