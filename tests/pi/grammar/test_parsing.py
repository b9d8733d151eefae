"""The grammar of the command line: which commands there are, and that each has a module that does it."""

import re
from argparse import Namespace
from importlib.util import find_spec

import pytest

from inkling.grammar.parsing import parsed

GROUPS = ("data", "model", "bench", "config")
ACTIONS = ("list", "show", "relabel", "remove", "export", "import")  # of `learn`


def listed(capsys: pytest.CaptureFixture[str], *words: str) -> list[str]:
    """The commands that --help lists."""
    with pytest.raises(SystemExit, match="0"):
        parsed([*words, "--help"])
    return re.findall(r"^    (\w+)\b", capsys.readouterr().out, re.MULTILINE)


def test_every_command_has_a_help_and_a_module_that_does_it(capsys: pytest.CaptureFixture[str]) -> None:
    commands = listed(capsys)
    assert commands[:3] == ["read", "demo", "watch"]
    assert set(GROUPS) < set(commands)
    lines = [[name] for name in commands if name not in GROUPS] + [["learn", action] for action in ACTIONS]
    lines += [[group, action] for group in GROUPS for action in listed(capsys, group)]
    assert len(lines) > 30
    modules = set()
    for line in lines:
        with pytest.raises(SystemExit, match="0"):
            parsed([*line, "--help"])
        assert f"usage: inkling {' '.join(line)} [" in capsys.readouterr().out
        modules.add(module_of(line, capsys))
    assert len(modules) > 15
    for module in modules:
        assert find_spec(f"inkling.commands.{module}"), module


def module_of(line: list[str], capsys: pytest.CaptureFixture[str]) -> object:
    """The module that does a command: it is asked for with more and more arguments, until nothing is missing."""
    for more in ([], ["1"], ["hidden", "--out", "."], ["a.csv"], ["1", "--digit", "3"], [".", "--writer", "w"]):
        for data in ([], ["--data", "."]):
            try:
                return parsed([*line, *more, *data]).module
            except SystemExit:
                capsys.readouterr()
    raise AssertionError(line)


def test_learn_takes_photos_and_has_actions() -> None:
    assert [str(photo) for photo in parsed(["learn", "a.jpg", "list"]).photos] == ["a.jpg", "list"]
    learnt = parsed(["learn", "show", "3-5", "8"])
    assert (learnt.command, learnt.module) == ("learn show", "learn_samples")
    assert learnt.numbers == [range(3, 6), range(8, 9)]
    assert parsed(["learn", "./list"]).module == "learn"


def test_options_may_stand_before_the_words() -> None:
    assert parsed(["model", "--debug", "list"]).action == "list"
    assert parsed(["read", "--json", "--", "-a.jpg"]).photos
    assert parsed(["bench", "night", "--hours", "2", "--data", "."]).hours == 2


@pytest.mark.parametrize(
    ("line", "name", "value"),
    [
        ("train --until 06:30", "until", (6, 30)),
        ("train --until 0:00", "until", (0, 0)),
        ("train --until 23:59", "until", (23, 59)),
        ("train --hours 0.0001", "hours", 1e-4),
        ("read --unsure 1 a.png", "unsure", 1.0),
        ("read --unsure 0 a.png", "unsure", 0.0),
        ("bench device --seconds 3600", "seconds", 3600.0),
        ("experiment hidden --data . --out . --values 1,2.5", "values", (1.0, 2.5)),
        ("learn remove 7-7", "numbers", [range(7, 8)]),
        ("demo --seed 9223372036854775807", "seed", 2**63 - 1),
        ("demo --frames 1000000000", "frames", 10**9),
    ],
)
def test_values_up_to_their_bounds_are_taken(line: str, name: str, value: object) -> None:
    assert getattr(parsed(line.split()), name) == value


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("train --until 24:00", "'24:00' is no time of day, such as 06:30"),
        ("train --until 6:60", "is no time of day"),
        ("train --until 6:5", "is no time of day"),
        ("train --until 0630", "is no time of day"),
        ("train --until -1:30", "expected one argument"),
        ("train --hours 0", "0 is not from 0.0001 to 1000"),
        ("train --hours nan", "nan is not from"),
        ("train --hours inf", "inf is not from"),
        ("train --epochs 0", "0 is not from 1e-06 to 1e+06"),
        ("read --unsure 1.01 a.png", "1.01 is not from 0 to 1"),
        ("bench device --seconds 0.9", "0.9 is not from 1 to 3600"),
        ("experiment hidden --data . --out . --values 1,", "'' is no number"),
        ("learn remove 7-6", "6 is not from 7 to 1000007"),
        ("learn remove 0", "0 is not from 1 to"),
        ("learn remove 1-99999999", "99999999 is not from 1 to 1000001"),
        ("demo --frames 1.5", "'1.5' is no whole number"),
        ("demo --frames 1000000001", "is not from 1 to 1000000000"),
        ("demo --seed 9223372036854775808", "is not from 0 to"),
    ],
)
def test_values_out_of_bounds_are_refused(line: str, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        parsed(line.split())
    assert message in capsys.readouterr().err


def test_a_recipe_and_a_model_to_go_on_from_are_not_asked_for_together(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        parsed(["train", "--recipe", "cnn", "--from", "a.npz"])
    assert "not allowed with" in capsys.readouterr().err
    assert isinstance(parsed(["train", "--from", "a.npz", "--hours", "8"]), Namespace)
