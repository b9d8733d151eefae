"""The board's own green light, ACT: a display with no wiring at all, lent by the kernel and given back."""

import os
import re
from pathlib import Path

from .closing import Closing
from .errors import PinError
from .lights import Lights

LEDS = Path("/sys/class/leds")
NAMES = ("ACT", "led0")  # as kernels call it, new and old


class ActLed(Closing):
    """The ACT light, dark at first; at the end it shows again what it showed before: the card's activity.

    leds: the folder of the kernel's lights. Raises PinError if there is no such light, or it may not be switched.
    """

    def __init__(self, leds: Path | None = None) -> None:
        leds = leds or LEDS
        led = next((leds / name for name in NAMES if (leds / name).is_dir()), None)
        if led is None:
            raise PinError(
                f"this machine has no ACT light ({leds / NAMES[0]} is not there): a Raspberry Pi has one; elsewhere, "
                "take another display"
            )
        self._trigger, self._brightness = led / "trigger", led / "brightness"
        if not all(os.access(file, os.R_OK | os.W_OK) for file in (self._trigger, self._brightness)):
            files = f"{self._trigger} {self._brightness}"
            raise PinError(
                f"the ACT light is not yours to switch: sudo chgrp gpio {files} && sudo chmod g+w {files}, and be in "
                f"the group gpio; in a systemd unit, also ReadWritePaths={led}"
            )
        self._full = (led / "max_brightness").read_text().strip()
        shown = re.search(r"\[(\S+)\]", self._trigger.read_text())
        self._before: str | None = shown[1] if shown else "none"
        self._trigger.write_text("none")
        self._brightness.write_text("0")

    def show(self, lights: Lights) -> None:
        """Lights it or not: it has no brightness in between."""
        if self._before is not None:
            self._brightness.write_text(self._full if lights[0] else "0")

    def close(self) -> None:
        if self._before is not None:
            before, self._before = self._before, None
            self._brightness.write_text("0")
            self._trigger.write_text(before)
