"""The light: what it says, and that the LED is left as it was."""

from itertools import groupby
from pathlib import Path

import pytest

from boards import Board
from inkling.doctor.blinking import ROUNDS, blink, flashes
from inkling.doctor.examination import Result
from inkling.doctor.findings import Finding, Status
from inkling.errors import PinError


def result(status: Status, number: int) -> Result:
    return Result(number, "x", Finding(status, "seen", "do"))


def letters(result: Result) -> str:
    """A round as letters: f for a flash of a flutter, s for a short one, L for a long one, A for all is well."""
    names = {0.05: "f", 0.2: "s", 1.0: "L", 3.0: "A"}
    return "".join(names[seconds] for lit, seconds in flashes(result) if lit)


@pytest.mark.parametrize(
    ("status", "number", "expected"),
    [
        (Status.OK, 1, "A"),
        (Status.NOTE, 13, "A"),
        (Status.WARNING, 4, "ssss"),
        (Status.WARNING, 13, "Lsss"),
        (Status.FAILURE, 10, "f" * 10 + "L"),
        (Status.FAILURE, 21, "f" * 10 + "LLs"),
    ],
)
def test_the_light_tells_the_number(status: Status, number: int, expected: str) -> None:
    assert letters(result(status, number)) == expected


@pytest.mark.parametrize("number", [1, 9, 10, 19])
def test_lit_and_dark_take_turns_and_a_round_ends_dark(number: int) -> None:
    round_ = flashes(result(Status.FAILURE, number))
    assert max(len(list(same)) for _, same in groupby(lit for lit, _ in round_)) <= 2
    assert round_[-1] == (False, 2.0)


def lit(leds: Path) -> list[tuple[str, str, float]]:
    """Blinks a warning of check 2 and gives, for each wait, what stood in brightness and trigger, and its seconds."""
    seen: list[tuple[str, str, float]] = []
    folder = leds / "ACT"
    blink(
        result(Status.WARNING, 2),
        leds,
        lambda s: seen.append(((folder / "brightness").read_text(), (folder / "trigger").read_text(), s)),
    )
    return seen


def test_the_led_is_driven_and_given_back(board: Board) -> None:
    leds = board.root / "sys/class/leds"
    assert lit(leds) == [(("255" if on else "0"), "none", s) for on, s in flashes(result(Status.WARNING, 2))] * ROUNDS
    assert (leds / "ACT/trigger").read_text() == "mmc0"
    assert (leds / "ACT/brightness").read_text() == "0"


def test_the_led_is_given_back_when_the_blinking_is_broken_off(board: Board) -> None:
    def interrupted(seconds: float) -> None:
        raise KeyboardInterrupt

    leds = board.root / "sys/class/leds"
    with pytest.raises(KeyboardInterrupt):
        blink(result(Status.OK, 1), leds, interrupted)
    assert (leds / "ACT/trigger").read_text() == "mmc0"
    assert (leds / "ACT/brightness").read_text() == "0"


def test_a_machine_without_the_led_says_so(tmp_path: Path) -> None:
    with pytest.raises(PinError, match="no ACT light"):
        blink(result(Status.OK, 1), tmp_path)
