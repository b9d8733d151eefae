"""Pins on gpiozero's mock pins, which remember what was done to them; and what is said when there are none."""

import os
import sys
from collections.abc import Collection
from importlib.metadata import entry_points
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from inkling import pins as module
from inkling.errors import PinError, UsageError
from inkling.pins import Pins

gpiozero = pytest.importorskip("gpiozero")
USED = {"display.leds": (17, 27, 22)}


def levels(pins: Pins, numbers: Collection[int]) -> list[float]:
    return [pins.factory.pin(number).state for number in numbers]


def test_lamps_are_lit_one_by_one_and_dark_in_the_end() -> None:
    with Pins(USED, "mock") as pins:
        lamps = pins.lamps("display.leds", (17, 27, 22))
        assert levels(pins, (17, 27, 22)) == [0, 0, 0]
        lamps.show((0.0, 1.0, 0.0))
        assert levels(pins, (17, 27, 22)) == [0, 1, 0]
        middle = pins.factory.pin(27)
        lamps.close()
        assert middle.state == 0
        assert middle.function == "input"
        lamps.close()
        assert pins.factory.pins
    assert not pins.factory.pins
    pins.close()


def test_lamps_that_hang_on_the_supply_are_lit_by_low_pins() -> None:
    with Pins(USED, "mock") as pins, pins.lamps("display.leds", (17, 27), active_low=True) as lamps:
        assert levels(pins, (17, 27)) == [1, 1]
        lamps.show((0.0, 1.0))
        assert levels(pins, (17, 27)) == [1, 0]


def test_lamps_are_dimmed_by_pulses_if_that_is_asked_for() -> None:
    with Pins(USED, "mock") as pins:
        dimmed, full = pins.lamps("display.leds", (17, 27), dim=True), pins.lamps("display.blink", (22,))
        dimmed.show((0.25, 1.0))
        full.show((0.25,))
        assert levels(pins, (17, 27, 22)) == [0.25, 1.0, 1.0]
        assert pins.factory.pin(17).frequency == 100
        assert pins.factory.pin(22).frequency is None
        dimmed.close()
        full.close()


def test_pins_that_cannot_be_dimmed_are_said_to_be_such() -> None:
    with Pins(USED, "mock") as pins:
        pins.factory.pin_class = gpiozero.pins.mock.MockPin
        with pytest.raises(PinError, match=r"display\.leds: these pins cannot be dimmed; set display\.dim = false"):
            pins.lamps("display.leds", (17, 27), dim=True)
        pins.lamps("display.leds", (17, 27)).close()  # and they are not kept


def test_a_pin_that_is_in_use_elsewhere_is_named_with_what_may_use_it() -> None:
    with Pins(USED, "mock") as pins, pins.lamps("display.leds", (17, 27)):
        with pytest.raises(PinError, match=r"display\.blink: GPIO 27 cannot be had: GPIOPinInUse.*raspi-config"):
            pins.lamps("display.blink", (27,))
        with pytest.raises(PinError, match=r"buttons\.read: GPIO 17 cannot be had"):
            pins.button("buttons.read", 17, 2.0)


def test_without_use_there_is_no_factory_and_none_is_looked_for() -> None:
    with Pins({}, "nonsense") as pins:
        assert pins.factory is None
        assert not pins.mock


@pytest.mark.parametrize(("option", "variable"), [("mock", "nonsense"), ("MOCK", None), (None, "mock")])
def test_the_factory_is_the_options_or_the_environments(
    option: str | None, variable: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GPIOZERO_PIN_FACTORY", raising=False)
    if variable:
        monkeypatch.setenv("GPIOZERO_PIN_FACTORY", variable)
    with Pins(USED, option) as pins:
        assert pins.mock
        assert type(pins.factory) is gpiozero.pins.mock.MockFactory


def test_a_factory_that_there_is_not_is_an_error_that_names_those_there_are() -> None:
    with pytest.raises(UsageError, match=r"no pin factory 'lgpoi': take one of lgpio, mock, native"):
        Pins(USED, "lgpoi")


class Failing:
    """Stands for a library that does not work here: it goes where lgpio's pipe lies, and then fails."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def __call__(self) -> None:
        os.chdir(os.environ["LG_WD"])
        raise self.error


@pytest.fixture
def fails(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Lets the factory lgpio fail with an error; the board's pins are those of a folder that is returned."""
    monkeypatch.delenv("GPIOZERO_PIN_FACTORY", raising=False)
    monkeypatch.setenv("LG_WD", str(tmp_path))
    monkeypatch.setattr(module, "CHIP", tmp_path / "gpiochip0")

    def fail(error: Exception) -> Path:
        entry = SimpleNamespace(name="lgpio", load=lambda: Failing(error))
        monkeypatch.setattr("importlib.metadata.entry_points", lambda group: [entry])
        return module.CHIP

    return fail


def test_a_machine_without_pins_is_told_of_mock(fails: Any) -> None:
    fails(Exception("can not open gpiochip"))
    with pytest.raises(PinError, match=r"through lgpio: this machine has none .*--pins mock prints the lights"):
        Pins(USED)


def test_a_user_outside_the_group_is_told_how_to_join(fails: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    fails(Exception("can not open gpiochip")).touch()
    monkeypatch.setattr(os, "access", lambda file, mode: False)  # root may do anything
    with pytest.raises(PinError, match=r"gpiochip0 is not yours to use; sudo usermod -aG gpio \$USER"):
        Pins(USED)


def test_a_library_that_is_missing_is_named_with_its_package(fails: Any) -> None:
    fails(ImportError("No module named 'lgpio'")).touch()
    with pytest.raises(PinError, match=r"No module named 'lgpio'; sudo apt install python3-lgpio"):
        Pins(USED)


def test_any_other_failure_is_told_as_it_is(fails: Any) -> None:
    fails(RuntimeError("not a Pi")).touch()
    with pytest.raises(PinError, match=r"through lgpio: RuntimeError: not a Pi"):
        Pins(USED)


def test_the_working_directory_stays_where_it_was(fails: Any) -> None:
    fails(RuntimeError())
    here = Path.cwd()
    with pytest.raises(PinError):
        Pins(USED)
    assert Path.cwd() == here


def test_without_gpiozero_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gpiozero", None)
    with pytest.raises(PinError, match=r"sudo apt install python3-gpiozero python3-lgpio"):
        Pins(USED, "mock")


def test_gpiozero_knows_the_factory_that_is_the_default() -> None:
    assert module.FACTORY in entry_points(group="gpiozero_pin_factories").names
