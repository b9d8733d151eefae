"""What is seen of the board from outside: its lamps, what it announces, what its shell answers."""

import re
import time
from collections.abc import Callable
from pathlib import Path

from inkling.settings import load_settings

from .machine import Machine

LEDS: list[int] = list(load_settings(Path("/dev/null"), {})["display.leds"])


class Checks:
    """Runs checks one after the other, prints what each tells, and knows whether one has failed."""

    def __init__(self) -> None:
        self.failed = False

    def run(self, check: Callable[..., str], *arguments: object) -> None:
        """Runs a check, which is named as it is told, and returns what it has seen or raises an error."""
        began = time.monotonic()
        try:
            told = check(*arguments)
        except (AssertionError, TimeoutError) as error:
            told, self.failed = f"FAILED: {error}", True
        print(f"{check.__name__.replace('_', ' ')}: {told} ({time.monotonic() - began:.0f} s)", flush=True)


def within(seconds: float, what: str, holds: Callable[[], bool]) -> None:
    """Waits until something holds."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            raise AssertionError(f"it does not come about that {what}")
        time.sleep(0.05)


def announced(board: Machine) -> str:
    """The next text that the board announces."""
    text: bytes = board.expect(r'"text": "([^"]*)"')[1]
    return text.decode()


def lights(board: Machine, text: str) -> bool:
    """Whether an announced text is one digit; then its lamp has to be lit, and no other."""
    if len(text) != 1 or text == "?":
        return False
    within(30, f"the lamp of {text} is lit, and no other", lambda: board.lit(LEDS) == {LEDS[int(text)]})
    return True


def lights_one(board: Machine) -> str:
    """Waits for a page of one digit, whose lamp has to be lit; returns the digit."""
    while not lights(board, text := announced(board)):
        pass
    return text


def number(board: Machine, command: str) -> int:
    """The last line that a command prints and that is a whole number; the console may have shown others amid it."""
    return int(re.findall(r"^\d+$", board.run(command)[1], re.MULTILINE)[-1])
