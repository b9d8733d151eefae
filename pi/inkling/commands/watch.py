"""`inkling watch` and `inkling demo`: reads what a camera sees, frame by frame, and announces what holds."""

import argparse
import os
import signal
import sys
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from types import FrameType

from ..buttons import Action, Buttons, power_off
from ..cameras import Camera, open_camera, shot_of
from ..changes import Changes
from ..cli import explain
from ..closing import end_process_in
from ..displays import Display, described, open_displays
from ..errors import InklingError
from ..frames import Frame
from ..meanwhile import Meanwhile
from ..models import open_reader
from ..notify import Notifier
from ..pins import Pins
from ..reader import Reader, Reading
from ..settings import Settings, load_settings
from ..shelf import open_shelf
from ..states import State
from ..steady import Steady

DEMO_RATE = 8.0  # frames a second at a terminal: slow enough for the eye
END_S = 1.5  # that closing displays and camera may take when the program is told to end


def run(args: argparse.Namespace) -> int:
    """Watches until the camera or args.frames ends; returns 1 if a picture could not be read, else 0."""
    signal.signal(signal.SIGTERM, _end)
    demo = args.command == "demo"
    settings = _settings(args, demo)
    rate = settings["camera.rate"] or (DEMO_RATE if demo and sys.stdout.isatty() else None)
    source = settings["camera.source"]
    failed = 0

    def say(message: str) -> None:
        print(f"inkling {args.command}: {message}", file=sys.stderr, flush=True)

    def report(message: str) -> None:
        nonlocal failed
        failed += 1
        say(message)

    def lost(message: str) -> None:
        say(message)
        loop.lost(message)

    score = Score()
    with Notifier() as notifier:
        shot = shot_of(settings, patient=notifier.listens)
        try:
            with (
                Pins(settings.pins, args.pins) as pins,
                open_displays(settings, sys.stdout, pins) as display,
                Buttons(settings, pins, lambda: power_off(say)) as buttons,
            ):
                display.state(State.STARTING)
                model, unsure = settings["reading.model"], settings["reading.unsure"]
                shelf = None if demo or model else open_shelf(settings)
                reader = open_reader(model, unsure, shelf)
                # picamera2 itself waits for the next picture; the pace of two clocks would stumble
                own_pace = None if source == "picamera2" else rate
                pauses = settings["training.pauses_reading"]
                meanwhile = (lambda: None) if demo else Meanwhile()
                loop = Loop(reader, display, score, own_pace, notifier, meanwhile, pauses)
                hooks = {
                    Action.READ: loop.read_anew,
                    Action.WRONG: lambda: _keep(loop.held, settings, say),
                }

                def between() -> None:
                    buttons.carry_out(hooks)
                    if shelf and shelf.changed():
                        loop.read_with(open_reader(model, unsure, shelf))
                        say("another model was promoted: it reads from now on")

                # the display closes first: lights go off even where a camera hangs that is to be closed
                with open_camera(source, args.hold, args.seed, report, shot, lost) as camera, display:
                    loop.run(camera, args.frames, between)
        finally:
            notifier.send("STOPPING=1")
            if demo:
                print(score)
    return int(failed > 0)


def _settings(args: argparse.Namespace, demo: bool) -> Settings:
    """The settings under the command line; the demo goes by its own."""
    options = {
        "camera.source": args.camera,
        "camera.rate": args.rate,
        "display.kind": args.display,
        "reading.model": args.model and args.model.absolute(),
        "reading.unsure": args.unsure,
    }
    if demo:
        return load_settings(Path(os.devnull), {}, options)
    return load_settings(args.config, options=options)


def _keep(wrong: Reading | None, settings: Settings, say: Callable[[str], None]) -> None:
    """Keeps the glyphs of a reading that is said to be wrong, for their labels to be told later."""
    from ..samples import open_samples

    if wrong is None:
        say("told that something is wrong, but nothing is announced")
        return
    try:
        with open_samples(settings, say) as samples:
            samples.add_marks(wrong.marks, source="camera")
    except (InklingError, OSError) as error:  # reading goes on, whatever the card is like
        say(f"told that {wrong.text} is wrong, but it cannot be kept: {explain(error)}")
    else:
        say(f"told that {wrong.text} is wrong: it is kept; `inkling learn --unlabelled` asks what it is")


def _end(number: int, frame: FrameType | None) -> None:
    """SIGTERM ends the command in order: displays and cameras are closed on the way out, or it ends all the same."""
    end_process_in(END_S)
    sys.exit(0)


class Score:
    """What was announced of each page that a camera knows to have shown; it counts, and so never grows."""

    def __init__(self) -> None:
        self._truth: str | None = None  # of the last frame
        self._page = ""  # what the last page says: an empty one that follows it may still be read as it
        self._announced: set[str] = set()  # with that page
        self._shown = self._right = 0  # pages before it

    def see(self, truth: str | None, announced: str | None) -> None:
        """Takes what is written on the page in one frame, and the text that is announced with it, if one is."""
        if truth and truth != self._truth:
            self._shown, self._right = self._counts(done=True)
            self._page, self._announced = truth, set()
        self._truth = truth
        if announced is not None and self._page:
            self._announced.add(announced)

    def _counts(self, done: bool) -> tuple[int, int]:
        """Pages shown and pages read right; one that may still be read is not counted unless it is done."""
        counts = bool(self._page) and (done or bool(self._announced))
        return self._shown + counts, self._right + (counts and self._announced == {self._page})

    def __str__(self) -> str:
        shown, right = self._counts(done=self._truth != self._page)
        return f"{shown} page{'s' * (shown != 1)} shown, {right} read right"


class Loop:
    """Takes frames one by one: reads, votes, shows, and tells systemd.

    rate: frames a second at most; None takes them as they come. meanwhile: what else goes on, shown while nothing is
    written on the page. pauses: while it is a training, frames are not read.
    """

    def __init__(
        self,
        reader: Reader,
        display: Display,
        score: Score,
        rate: float | None,
        notifier: Notifier | None = None,
        meanwhile: Callable[[], State | None] = lambda: None,
        pauses: bool = False,
    ) -> None:
        self._reader, self._display, self._score = reader, display, score
        self._meanwhile, self._pauses = meanwhile, pauses
        self._notifier = notifier or Notifier({})
        self._period_s = 1 / rate if rate else 0.0
        self._due_s = 0.0
        self._steady, self._changes = Steady(), Changes()
        self._last: tuple[Frame, Reading] | None = None
        self._state: State | None = None
        self._ready = False
        self._tell(State.STARTING)

    def run(self, camera: Camera, frames: int | None, after: Callable[[], None] = lambda: None) -> None:
        """Takes the camera's frames to their end, or so many of them. What fails is shown, and raised again.

        after: called after each frame.
        """
        try:
            for frame in islice(camera, frames):
                self.take(frame)
                after()
        except Exception:
            self._tell(State.ERROR)
            raise

    def take(self, frame: Frame) -> None:
        """Reads one frame and shows it."""
        started_s = time.monotonic()
        meanwhile = self._meanwhile()
        if self._pauses and meanwhile is State.TRAINING:
            self.read_anew()  # when it is over
            reading, status = Reading(()), "not read while a training is under way"
        else:
            reading, status = self._read(frame)
        changed = self._steady.update(reading, frame.name)
        held = self._steady.current
        if changed and held:
            self._display.announce(frame, held)
        self._score.see(frame.truth, held.text if changed and held else None)
        self._display.see(frame, reading, held, status)
        if not self._ready:
            self._ready = True
            self._notifier.send("READY=1")
        self._tell(_state(reading, held, meanwhile), described(held) if held else "", again=changed)
        self._notifier.send("WATCHDOG=1")
        self._rest(started_s)

    def lost(self, message: str) -> None:
        """Takes that no frame comes, and why. systemd's watchdog is not fed until one does."""
        self._tell(State.CAMERA_MISSING, message, again=True)

    def _read(self, frame: Frame) -> tuple[Reading, str]:
        """The frame's reading, and how it was come by."""
        before, reading = self._last or (None, Reading(()))
        if before and before.luma is frame.luma:  # a folder's picture, held
            return reading, "as before"
        changed = self._changes.to_be_read(frame.luma)
        if before and before.name == frame.name and not changed:
            return reading, "as before"
        started_s = time.monotonic()
        reading = self._reader.read(frame.luma)
        self._last = frame, reading
        self._changes.was_read(reading.text)
        return reading, f"read in {1000 * (time.monotonic() - started_s):.0f} ms"

    def _tell(self, state: State, more: str = "", again: bool = False) -> None:
        """Tells the display a state that is new; systemd also one with more to say about it."""
        if state is not self._state:
            self._display.state(state)
        if state is not self._state or again:
            self._notifier.send(f"STATUS={state.value}{': ' * bool(more)}{more}")
        self._state = state

    def _rest(self, started_s: float) -> None:
        """Sleeps until the next frame is due; time that was lost is not caught up."""
        self._due_s = max(self._due_s, started_s) + self._period_s
        if (rest_s := self._due_s - time.monotonic()) > 0:
            time.sleep(rest_s)

    @property
    def held(self) -> Reading | None:
        """What is announced and still lies there."""
        return self._steady.current

    def read_with(self, reader: Reader) -> None:
        """Reads with another reader from now on, what lies there first."""
        self._reader = reader
        self.read_anew()

    def read_anew(self) -> None:
        """Forgets what was read: what lies there is read and announced once more."""
        self._steady, self._last = Steady(), None


def _state(reading: Reading, held: Reading | None, meanwhile: State | None) -> State:
    """What the box is doing, by what was read in a frame and what is announced."""
    if held:
        return State.READING if all(mark.digit is not None for mark in held.marks) else State.UNSURE
    if reading.marks:
        return State.LOOKING
    return meanwhile or State.READY
