"""The light for a machine without a screen: the board's own LED blinks the result of the doctor.

All is well, notes included: one light of three seconds. Otherwise the number of the first of the worst checks, its tens
as long flashes and its ones as short ones; where that is a failure, and not only a warning, a flutter goes before it.
"""

import time
from collections.abc import Callable
from pathlib import Path

from ..actled import ActLed
from .examination import Result
from .findings import Status

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
    """Shows a result on the ACT light in the folder `leds`, some rounds. Raises OSError as `ActLed` does."""
    with ActLed(leds) as led:
        for lit, seconds in flashes(result) * ROUNDS:
            led.show((float(lit),))
            sleep(seconds)
