"""Pins: gpiozero opens them, as its factory knows how to; what stands in the way is said with what to do about it."""

import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .closing import Closing
from .errors import PinError, UsageError
from .lights import Lights

if TYPE_CHECKING:
    from gpiozero import Button, LEDBoard

FACTORY = "lgpio"  # the one on Raspberry Pi OS; gpiozero itself would try others after it, and only warn
MOCK = "mock"
CHIP = Path("/dev/gpiochip0")
PACKAGES = {"rpigpio": "python3-rpi-lgpio"}  # of Raspberry Pi OS, where the name is not python3- and the factory's


class Lamps(Closing):
    """Lamps on pins. `show` sets the brightness of each; they are dark at first and when they are closed."""

    def __init__(self, board: "LEDBoard") -> None:
        self._board = board

    def show(self, lights: Lights) -> None:
        self._board.value = lights

    def close(self) -> None:
        if not self._board.closed:
            self._board.off()
            self._board.close()


class Pins(Closing):
    """The pins that are used, by the name of the setting that says so; no use, no gpiozero.

    factory: gpiozero's name for what drives them; without it $GPIOZERO_PIN_FACTORY, or lgpio. Raises UsageError if
    there is none of that name, PinError if it cannot be had. mock: no real pins, only gpiozero's memory of them.
    """

    def __init__(self, used: Mapping[str, Collection[int]], factory: str | None = None) -> None:
        self._open = ExitStack()
        self.factory: Any = None
        name = (factory or os.environ.get("GPIOZERO_PIN_FACTORY") or FACTORY).lower()
        self.mock = bool(used) and name == MOCK
        if not used:
            return
        self.factory = _load(name)
        self._open.callback(self.factory.close)
        if self.mock:
            from gpiozero.pins.mock import MockPWMPin

            self.factory.pin_class = MockPWMPin  # the only ones that can be dimmed

    def lamps(self, name: str, pins: Collection[int], active_low: bool = False, dim: bool = False) -> Lamps:
        """The lamps of a display. dim: with brightness, which takes pulses; else any brightness is full."""
        from gpiozero import LEDBoard

        # segments, too: LEDCharDisplay has no sign for "?" and no brightness of its own, and 1.6.2's cannot be dimmed
        with _explained(name, pins):
            return Lamps(LEDBoard(*pins, pwm=dim, active_high=not active_low, pin_factory=self.factory))

    def button(self, name: str, pin: int, hold_s: float) -> "Button":
        """A button between a pin and ground. hold_s: after so many seconds it counts as held."""
        from gpiozero import Button

        with _explained(name, [pin]):
            return Button(pin, hold_time=hold_s, bounce_time=0.02, pin_factory=self.factory)

    def close(self) -> None:
        self._open.close()


def _load(name: str) -> Any:
    """The factory of a name: that one or none."""
    from importlib.metadata import entry_points  # now only, for reading photos takes no pins and all of its memory

    try:
        import gpiozero  # noqa: F401
    except ImportError:
        raise PinError(
            "lights and buttons need gpiozero: on a Raspberry Pi, sudo apt install python3-gpiozero python3-lgpio; "
            "elsewhere, pip install gpiozero and --pins mock"
        ) from None
    known = {entry.name: entry for entry in entry_points(group="gpiozero_pin_factories")}
    if name not in known:
        there = ", ".join(sorted(known.keys() - {other for other in known if not other.islower()}))
        raise UsageError(f"gpiozero has no pin factory {name!r}: take one of {there}")
    here = Path.cwd()
    # lgpio makes a pipe where it works and stays there: in memory rather than on the card, and without us
    os.environ.setdefault("LG_WD", "/dev/shm")
    try:
        return known[name].load()()
    except Exception as error:  # each library has errors of its own
        raise PinError(f"the pins cannot be had through {name}: {_cause(name, error)}") from error
    finally:
        os.chdir(here)


def _cause(name: str, error: Exception) -> str:
    """Why a factory does not work on this machine, and what to do."""
    if not CHIP.exists():
        return f"this machine has none ({CHIP} is not there); --pins mock prints the lights instead"
    if isinstance(error, ImportError):
        return f"{error}; sudo apt install {PACKAGES.get(name, f'python3-{name}')}"
    if not os.access(CHIP, os.R_OK | os.W_OK):
        return f"{CHIP} is not yours to use; sudo usermod -aG gpio $USER, then log in again"
    return f"{type(error).__name__}: {error}"


@contextmanager
def _explained(name: str, pins: Collection[int]) -> Iterator[None]:
    """What gpiozero and its libraries raise when a pin is opened, as an error that says what to do."""
    from gpiozero.exc import PinPWMUnsupported

    try:
        yield
    except PinPWMUnsupported:
        raise PinError(f"{name}: these pins cannot be dimmed; set display.dim = false, or take --pins lgpio") from None
    except Exception as error:
        gpios = ", ".join(map(str, pins))
        raise PinError(
            f"{name}: GPIO {gpios} cannot be had: {type(error).__name__}: {error}; does another program use it, "
            "or is SPI, I2C or the serial port on (sudo raspi-config)?"
        ) from error
