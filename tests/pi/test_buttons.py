"""Buttons on gpiozero's mock pins: what is pressed is kept until it is asked for."""

import subprocess
import threading
from collections.abc import Iterator

import pytest

from inkling import buttons as module
from inkling.buttons import Action, Buttons, power_off
from inkling.pins import Pins
from inkling.settings import Settings, load_settings

pytest.importorskip("gpiozero")
READ, WRONG, SHUT_DOWN = 17, 27, 3


@pytest.fixture
def settings() -> Settings:
    wired = {"buttons.read": READ, "buttons.wrong": WRONG, "buttons.shutdown": SHUT_DOWN}
    return load_settings(None, {}, wired)


@pytest.fixture
def pins(settings: Settings) -> Iterator[Pins]:
    with Pins(settings.pins, "mock") as pins:
        yield pins


def press(pins: Pins, number: int) -> None:
    """Pulls a pin to ground for a moment, as a button does."""
    pins.factory.pin(number).drive_low()
    pins.factory.pin(number).drive_high()


def unexpected() -> None:
    raise AssertionError("the machine is not to be shut down")


def test_what_was_pressed_is_told_once(settings: Settings, pins: Pins) -> None:
    with Buttons(settings, pins, unexpected) as buttons:
        assert buttons.pressed() == set()
        press(pins, READ)
        press(pins, READ)
        assert buttons.pressed() == {Action.READ}
        press(pins, READ)
        press(pins, WRONG)
        assert buttons.pressed() == {Action.READ, Action.WRONG}
        assert buttons.pressed() == set()


def test_a_short_press_does_not_shut_down(settings: Settings, pins: Pins, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "HOLD_S", 60.0)
    with Buttons(settings, pins, unexpected) as buttons:
        press(pins, SHUT_DOWN)
        assert buttons.pressed() == set()


def test_a_long_press_shuts_down_whatever_the_loop_waits_for(
    settings: Settings, pins: Pins, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "HOLD_S", 0.01)
    down = threading.Event()
    with Buttons(settings, pins, lambda: down.set()) as buttons:
        pins.factory.pin(SHUT_DOWN).drive_low()
        assert down.wait(timeout=10)
        assert buttons.pressed() == set()


def test_each_action_is_carried_out_by_its_hook(settings: Settings, pins: Pins) -> None:
    done: list[str] = []
    hooks = {Action.READ: lambda: done.append("read"), Action.WRONG: lambda: done.append("wrong")}
    with Buttons(settings, pins, unexpected) as buttons:
        press(pins, WRONG)
        buttons.carry_out(hooks)
        buttons.carry_out(hooks)
        assert done == ["wrong"]


def test_buttons_that_are_not_wired_need_no_pins() -> None:
    settings = load_settings(None, {})
    with Pins(settings.pins) as pins, Buttons(settings, pins, unexpected) as buttons:
        assert pins.factory is None
        assert buttons.pressed() == set()


def test_closed_buttons_let_go_of_their_pins(settings: Settings, pins: Pins) -> None:
    buttons = Buttons(settings, pins, unexpected)
    buttons.close()
    buttons.close()
    Buttons(settings, pins, unexpected).close()


@pytest.mark.parametrize(
    ("outcome", "told"),
    [
        (subprocess.CompletedProcess([], 0, "", "harmless"), []),
        (subprocess.CompletedProcess([], 1, "", "Access\ndenied\n"), ["systemctl poweroff: Access denied"]),
        (FileNotFoundError("no systemctl"), ["systemctl poweroff: no systemctl"]),
        (subprocess.TimeoutExpired("systemctl", 10), ["systemctl poweroff: Command 'systemctl' timed out"]),
    ],
)
def test_the_machine_is_shut_down_by_systemd_or_it_is_said_why_not(
    outcome: subprocess.CompletedProcess[str] | Exception, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str]] = []

    def run(command: list[str], **options: object) -> subprocess.CompletedProcess[str]:
        asked.append(command)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    monkeypatch.setattr(subprocess, "run", run)
    reports: list[str] = []
    power_off(reports.append)
    assert asked == [["systemctl", "poweroff"]]
    assert [text in report for text, report in zip(told, reports, strict=True)] == [True] * len(told)
