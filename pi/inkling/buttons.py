"""Buttons, if there are any: what was pressed waits until the loop asks for it; only to shut down waits for nobody."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from enum import Enum
from functools import partial
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from .closing import Closing
from .pins import Pins
from .settings import Settings

if TYPE_CHECKING:
    from gpiozero import Button

HOLD_S = 2.0  # to shut down; a knock must not


class Action(Enum):
    """What a button asks for; its value is the setting that says where it is wired, buttons.…."""

    READ = "read"
    WRONG = "wrong"


class Buttons(Closing):
    """The buttons of the settings, between pins and ground. pins: those of the settings.

    shut_down: called when that button has been held for HOLD_S, by a thread of gpiozero's: a camera that gives no
    frames must not keep the machine on. Raises PinError for a button that cannot be had.
    """

    def __init__(self, settings: Settings, pins: Pins, shut_down: Callable[[], None]) -> None:
        self._pressed: SimpleQueue[Action] = SimpleQueue()
        with ExitStack() as opening:

            def opened(name: str) -> "Button | None":
                return opening.enter_context(pins.button(name, settings[name], HOLD_S)) if settings[name] else None

            for action in Action:
                if button := opened(f"buttons.{action.value}"):
                    # called by gpiozero's threads, so it does nothing but say so
                    button.when_pressed = partial(self._pressed.put, action)
            if button := opened("buttons.shutdown"):
                button.when_held = shut_down
            self._open = opening.pop_all()

    def pressed(self) -> set[Action]:
        """What was pressed since it was last asked."""
        actions = set()
        while True:
            try:
                actions.add(self._pressed.get_nowait())
            except Empty:
                return actions

    def carry_out(self, hooks: Mapping[Action, Callable[[], None]]) -> None:
        """Does what was asked for, by the hook of each action."""
        pressed = self.pressed()
        for action, hook in hooks.items():
            if action in pressed:
                hook()

    def close(self) -> None:
        self._open.close()


def power_off(report: Callable[[str], None]) -> None:
    """Shuts the machine down by systemd, which then ends this program, too; report: told why, if it will not."""
    import subprocess

    command = ["systemctl", "poweroff"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10)
        problem = " ".join(done.stderr.split()) if done.returncode else ""
    except (OSError, subprocess.TimeoutExpired) as error:
        problem = str(error)
    if problem:
        report(f"the shutdown button: {' '.join(command)}: {problem}")
