"""Lights: what each display shows of digits and of states, that nothing means two things, and that it is documented."""

import re
from itertools import product
from math import inf

import pytest

from inkling.cli import main
from inkling.lights import ALPHABET, KINDS, alphabet, brightness_of, sign, spelled
from inkling.settings_table import ON_PINS, SETTINGS
from inkling.states import State
from support import ROOT

WITH_MANY_LAMPS = ("leds", "binary", "segments")
WITH_ONE = ("blink", "act")


def drawn(name: str, text: str) -> list[tuple[str, float]]:
    """What a display shows of a text, "/" between lines: the letters of its lamps, and seconds."""
    lines = [[(mark, 1.0) for mark in line] for line in text.split("/")]
    return [(KINDS[name].drawn(lights), seconds) for lights, seconds in spelled(name, lines)]


DIGITS = """
    leds      0.........  .1........  ..2.......  ...3......  ....4.....  .....5....  ......6...  .......7..  ........8.  .........9
    binary    8.2.        ...1        ..2.        ..21        .4..        .4.1        .42.        .421        8...        8..1
    segments  abcdef.     .bc....     ab.de.g     abcd..g     .bc..fg     a.cd.fg     a.cdefg     abc....     abcdefg     abcd.fg
"""  # noqa: E501


@pytest.mark.parametrize("line", DIGITS.strip().splitlines())
def test_one_digit_stays_lit(line: str) -> None:
    name, *shown = line.split()
    assert [drawn(name, str(digit)) for digit in range(10)] == [[(lamps, inf)] for lamps in shown]


@pytest.mark.parametrize("name", WITH_ONE)
@pytest.mark.parametrize(("digit", "flashes"), [("1", 1), ("2", 2), ("9", 9), ("0", 10)])
def test_one_lamp_flashes_a_digit_and_zero_is_ten(name: str, digit: str, flashes: int) -> None:
    score = drawn(name, digit)
    assert [lamps for lamps, _ in score] == ["*", "."] * flashes
    assert all(seconds == 0.35 for _, seconds in score[:-1])
    assert score[-1] == (".", 2.0)


def test_several_digits_come_one_after_the_other() -> None:
    assert drawn("leds", "303/3") == [
        ("...3......", 1.0),
        ("..........", 0.3),
        ("0.........", 1.0),
        ("..........", 0.3),
        ("...3......", 1.0),
        ("..........", 1.5),  # another line
        ("...3......", 1.0),
        ("..........", 2.0),  # and over again
    ]


def test_one_lamp_pauses_longer_between_digits_than_between_flashes() -> None:
    assert [seconds for lamps, seconds in drawn("blink", "21/1") if lamps == "."] == [0.35, 1.0, 1.5, 2.0]


@pytest.mark.parametrize("name", KINDS)
def test_a_mark_that_is_unsure_has_its_own_long_light_in_its_place(name: str) -> None:
    [(lamps, _), *_] = [(KINDS[name].drawn(lights), s) for lights, s in sign(name, State.UNSURE)]
    assert drawn(name, "?") == [(lamps, 1.5), ("." * len(lamps), 2.0)]
    first, second = [step for step in drawn(name, "1?") if set(step[0]) != {"."}]
    assert first == (drawn(name, "1")[0][0], 0.35 if name in WITH_ONE else 1.0)
    assert second == (lamps, 1.5)


@pytest.mark.parametrize("name", KINDS)
def test_nothing_is_dark(name: str) -> None:
    assert drawn(name, "") == [("." * len(KINDS[name].lamps), inf)]
    assert sign(name, State.READING) == spelled(name, [])


def test_each_mark_has_its_own_brightness() -> None:
    lights = [lights for lights, _ in spelled("binary", [[("8", 0.5), ("?", 0.25)]])]
    assert lights == [(0.5, 0, 0, 0), (0, 0, 0, 0), (0.25, 0, 0.25, 0.25), (0, 0, 0, 0)]
    assert spelled("binary", [[("8", 0.5)]]) == (((0.5, 0, 0, 0), inf),)


def test_the_surer_the_brighter_and_never_dark() -> None:
    levels = [brightness_of(c) for c in (0.0, 0.5, 0.6, 0.9, 1.0)]
    assert levels == pytest.approx([0.05, 0.05, 0.2, 0.8, 1.0])


@pytest.mark.parametrize("name", KINDS)
def test_every_state_but_reading_shows_and_no_two_alike(name: str) -> None:
    scores = {state: sign(name, state) for state in State if state is not State.READING}
    assert len(set(scores.values())) == len(State) - 1
    assert all(any(level for level in score[0][0]) for score in scores.values())
    assert all(not any(lights) for score in scores.values() for lights, _ in score[1::2])
    assert all(0 < seconds < inf for score in scores.values() for _, seconds in score)


@pytest.mark.parametrize(("name", "state"), list(product(WITH_MANY_LAMPS, ALPHABET)))
def test_no_state_lights_the_lamps_of_a_digit(name: str, state: State) -> None:
    digits = {spelled(name, [[(str(digit), 1.0)]])[0][0] for digit in range(10)}
    assert len(digits) == 10
    assert sign(name, state)[0][0] not in digits


def test_no_more_lamps_are_lit_at_once_than_the_wiring_page_reckons_with() -> None:
    most = {
        name: max(sum(map(bool, sign(name, state)[0][0])) for state in ALPHABET)
        for name in ("leds", "binary", "segments", "blink")
    }
    most["segments"] = 7  # an 8
    assert sum(most.values()) == 17
    assert "17 lamps" in (ROOT / "deploy" / "wiring.md").read_text()


@pytest.mark.parametrize("name", WITH_ONE)
def test_no_state_has_the_rhythm_of_a_reading(name: str) -> None:
    texts = ["".join(marks) for count in (1, 2) for marks in product("0123456789?", repeat=count)]
    rhythms = {tuple(seconds for _, seconds in drawn(name, text)) for text in texts}
    assert len(rhythms) == len(texts)
    states = {tuple(seconds for _, seconds in sign(name, state)) for state in ALPHABET if state is not State.UNSURE}
    assert not states & rhythms


def test_morse_is_three_to_one() -> None:
    seconds = [round(seconds / 0.15) for _, seconds in sign("act", State.UNDERVOLTAGE)]
    assert seconds == [1, 1, 1, 1, 3, 10]


def test_the_alphabet_names_every_state_and_stands_in_help_and_wiring(capsys: pytest.CaptureFixture[str]) -> None:
    table = alphabet()
    assert all(f"\n{state.value} " in table for state in ALPHABET)
    with pytest.raises(SystemExit):
        main(["watch", "--help"])
    assert table in capsys.readouterr().out
    assert f"```\n{table}\n```" in (ROOT / "deploy" / "wiring.md").read_text()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # gpiozero 2 has another way to ask, which 1.6.2 has not
def test_the_wiring_tables_are_the_settings_defaults_on_the_boards_header() -> None:
    header = pytest.importorskip("gpiozero.pins.mock").MockFactory(revision="9000c1")  # a Pi Zero W
    text = (ROOT / "deploy" / "wiring.md").read_text()
    wired: dict[str, list[int]] = {}
    for name, gpio, pin in re.findall(r"^\| `([\w.]+)`.* \| GPIO (\d+) \| (\d+) \|", text, re.MULTILINE):
        wired.setdefault(name, []).append(int(gpio))
        assert header.pi_info.physical_pin(f"GPIO{gpio}") == ("J8", int(pin))
    defaults = {s.name: list(s.default) for s in SETTINGS if s.name in {f"display.{kind}" for kind in ON_PINS}}
    assert {name: pins for name, pins in wired.items() if name in defaults} == defaults
    assert set(wired) - set(defaults) == {"buttons.read", "buttons.wrong", "buttons.shutdown"}
    every = [gpio for pins in wired.values() for gpio in pins]
    assert len(set(every)) == len(every) == 25
