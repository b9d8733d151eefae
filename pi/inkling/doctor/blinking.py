"""The light for a machine without a screen: the board's own LED blinks the result of the doctor.

All is well, notes included: one light of three seconds. Otherwise the number of the first of the worst checks, its tens
as long flashes and its ones as short ones; where that is a failure, and not only a warning, a flutter goes before it.
"""

import contextlib
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from ..errors import DeviceError
from .examination import Result
from .findings import Status

LEDS = ("ACT", "led0")  # of newer and older kernels
ROUNDS = 3

Flash = tuple[bool, float]  # whether it is lit, and seconds


def flashes(result: Result) -> list[Flash]:
    """One round of light for the worst result: lit or not, and for how many seconds."""
    if result.finding.status < Status.WARNING:
        return [(True, 3.0), (False, 2.0)]
    flutter: list[Flash] = [(True, 0.05), (False, 0.05)] * 10 if result.finding.status is Status.FAILURE else []
    tens, ones = divmod(result.number, 10)
    number: list[Flash] = [(True, 1.0), (False, 0.4)] * tens + [(True, 0.2), (False, 0.4)] * ones
    return [*flutter, (False, 0.8), *number, (False, 2.0)]


def blink(result: Result, leds: Path, sleep: Callable[[float], None] = time.sleep) -> None:
    """Shows a result on the LED in the folder `leds`, some rounds, and leaves the LED as it was.

    Raises DeviceError if there is none, or it may not be used.
    """
    folder = next((leds / name for name in LEDS if (leds / name).is_dir()), None)
    if folder is None:
        raise DeviceError(f"--blink: there is no LED {' or '.join(LEDS)} in {leds}; a Raspberry Pi has one")
    try:
        with _lent(folder) as brightest:
            for lit, seconds in flashes(result) * ROUNDS:
                (folder / "brightness").write_text(brightest if lit else "0")
                sleep(seconds)
    except OSError as error:
        raise DeviceError(f"--blink: {error.filename or folder}: {error.strerror}; use sudo, or join gpio") from error


@contextlib.contextmanager
def _lent(folder: Path) -> Iterator[str]:
    """Takes the LED from what lights it (its trigger, mostly the card) until the end; gives its highest brightness."""
    trigger = re.search(r"\[(.+?)\]", (folder / "trigger").read_text())
    (folder / "trigger").write_text("none")
    try:
        yield (folder / "max_brightness").read_text().strip()
    finally:
        (folder / "brightness").write_text("0")
        (folder / "trigger").write_text(trigger[1] if trigger else "none")
