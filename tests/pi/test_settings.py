"""Settings: what lies over what, what is refused and how it is said, and that what is written is read again."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from inkling import settings
from inkling.cli import main
from inkling.errors import UsageError
from inkling.reader import UNSURE
from inkling.settings import as_toml, load_settings
from inkling.settings_checks import choice, flag, number, pace, path, pin, pins, quarters, several, zone
from inkling.settings_table import ON_PINS, SETTINGS, Setting

TABLE = (
    Setting("camera.source", "simulated", choice("simulated", followed_by=["folder"]), "where pictures come from"),
    Setting("reading.unsure", 0.5, number(0, 1), "when it is ?", unit="probability"),
    Setting("reading.votes", 3, number(1, 9, whole=True), "how many agree"),
    Setting("reading.model", "", path, "what reads"),
)


@pytest.fixture(autouse=True)
def no_system_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "SYSTEM_FILE", tmp_path / "etc" / "inkling.toml")


def written(folder: Path, text: str) -> Path:
    file = folder / "mine.toml"
    file.write_text(text)
    return file


def test_each_layer_lies_over_the_one_before(tmp_path: Path) -> None:
    file = written(tmp_path, '[camera]\nsource = "folder:/a"\n[reading]\nunsure = 0.6\nvotes = 4\n')
    found = load_settings(
        file,
        {"INKLING_READING_UNSURE": "0.7", "INKLING_READING_VOTES": "5", "INKLING_DATA": "/somewhere"},
        {"reading.votes": 6},
        TABLE,
    )
    assert {name: (e.value, e.source) for name, e in found.effective.items()} == {
        "camera.source": ("folder:/a", str(file)),
        "reading.unsure": (0.7, "$INKLING_READING_UNSURE"),
        "reading.votes": (6, "the command line"),
        "reading.model": (None, "default"),
    }
    assert found["reading.votes"] == 6


def test_an_option_that_was_not_given_lies_over_nothing() -> None:
    assert load_settings(None, {}, {"reading.votes": None}, TABLE)["reading.votes"] == 3


def test_the_systems_file_is_read_if_no_other_is_named(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    settings.SYSTEM_FILE.write_text("[reading]\nvotes = 7\n")
    assert load_settings(None, {}, None, TABLE)["reading.votes"] == 7
    assert load_settings(written(tmp_path, ""), {}, None, TABLE)["reading.votes"] == 3


def test_all_problems_are_told_at_once_each_with_its_place_and_the_nearest_name(tmp_path: Path) -> None:
    file = written(tmp_path, '[camera]\nsorce = "simulated"\n[reading]\nunsure = 2\nvotes = "many"\n')
    with pytest.raises(UsageError) as caught:
        load_settings(
            file, {"INKLING_READING_VOTE": "3", "INKLING_READING_MODEL": "a.npz", "PATH": "/bin"}, None, TABLE
        )
    assert str(caught.value).split("; ") == [
        "the environment: there is no setting INKLING_READING_VOTE",
        "did you mean INKLING_READING_VOTES?",
        f"{file}: there is no setting camera.sorce",
        "did you mean camera.source?",
        f"{file}: reading.unsure is 2",
        "it takes a number from 0 to 1",
        f"{file}: reading.votes is 'many'",
        "it takes a whole number from 1 to 9",
        "$INKLING_READING_MODEL: reading.model is 'a.npz'",
        "it takes an absolute path, beginning with /, or nothing",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[camera\n", "no TOML"),
        ("unsure = 0.5\n", "no setting unsure; did you mean reading.unsure"),
        ("[camera]\nsource = 3\n", "one of simulated, folder:…"),
        ("[camera]\nsource = 'folder:'\n", "one of simulated, folder:…"),
        ("[reading]\nvotes = true\n", "whole number"),
        ("[reading]\nvotes = 3.5\n", "whole number"),
        ("[reading]\nunsure = nan\n", "from 0 to 1"),
        ("[reading.unsure]\nx = 1\n", "from 0 to 1"),
    ],
)
def test_a_file_that_means_nothing_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        load_settings(written(tmp_path, text), {}, None, TABLE)


@pytest.mark.parametrize(("value", "meant"), [(0, 0.0), ("0.1", 0.1), (3, 3.0), ("1000", 1000.0)])
def test_a_rate_is_none_or_one_that_the_watchdog_waits_for(value: Any, meant: float) -> None:
    assert pace(value) == meant
    for wrong in (0.099, "-1", 1001, "often", True):
        with pytest.raises(ValueError, match="a number from"):
            pace(wrong)


@pytest.mark.parametrize(
    ("value", "meant"),
    [([0, 0, 1, 1], (0, 0, 1, 1)), ("0.25,0,0.5,1", (0.25, 0, 0.5, 1)), ((0.7, 0.7, 0.3, 0.3), (0.7, 0.7, 0.3, 0.3))],
)
def test_a_zone_is_four_shares(value: Any, meant: tuple[float, ...]) -> None:
    assert zone(value) == meant


@pytest.mark.parametrize(
    "value", ["", "0,0,1", "0,0,1,1,1", "a,b,c,d", [0, 0, 0, 1], [0.5, 0, 0.6, 1], [-0.1, 0, 1, 1], [0, 0, "nan", 1], 3]
)
def test_a_zone_outside_the_picture_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="within the picture"):
        zone(value)


def test_an_angle_is_a_quarter_turn() -> None:
    assert [quarters(value) for value in (0, 90, "180", 270)] == [0, 90, 180, 270]
    for value in (45, 360, "", "up", 90.0, True, False):
        with pytest.raises(ValueError, match="0, 90, 180 or 270"):
            quarters(value)


def test_a_file_that_was_named_has_to_be_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file"):
        load_settings(tmp_path / "none.toml", {}, None, TABLE)
    with pytest.raises(UsageError, match="cannot be read"):
        load_settings(tmp_path, {}, None, TABLE)
    file = tmp_path / "b.toml"
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match="no TOML"):
        load_settings(file, {}, None, TABLE)


def test_the_defaults_pass_their_own_checks_and_every_setting_says_what_it_is_for() -> None:
    assert set(load_settings(None, {}).effective) == {setting.name for setting in SETTINGS}
    assert len({setting.variable for setting in SETTINGS}) == len(SETTINGS)
    assert all(setting.help and setting.name.count(".") == 1 for setting in SETTINGS)


def test_the_file_to_begin_with_changes_nothing_until_a_line_is_taken_in(tmp_path: Path) -> None:
    text = as_toml(TABLE)
    assert load_settings(written(tmp_path, text), {}, None, TABLE).effective.keys() == {s.name for s in TABLE}
    assert all(
        e.source == "default" for e in load_settings(written(tmp_path, text), {}, None, TABLE).effective.values()
    )
    taken_in = "\n".join(line.removeprefix("# ") if " = " in line else line for line in text.splitlines())
    assert tomllib.loads(taken_in)["reading"] == {"unsure": 0.5, "votes": 3, "model": ""}


def test_what_show_prints_is_a_file_that_means_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INKLING_CAMERA_SOURCE", 'folder:/tmp/with "quotes" and \\')
    assert main(["config", "show"]) == 0
    out = capsys.readouterr().out
    assert "# $INKLING_CAMERA_SOURCE" in out
    monkeypatch.delenv("INKLING_CAMERA_SOURCE")
    shown: dict[str, Any] = dict(load_settings(written(tmp_path, out), {}).effective)
    assert shown["camera.source"].value == 'folder:/tmp/with "quotes" and \\'


def test_init_writes_a_new_file_and_spares_an_old_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "init"]) == 0
    text = capsys.readouterr().out
    file = tmp_path / "new.toml"
    assert main(["config", "init", str(file)]) == 0
    assert file.read_text() == text
    file.write_text("mine")
    assert main(["config", "init", str(file)]) == 2
    assert file.read_text() == "mine"
    assert "stays as it is" in capsys.readouterr().err


def test_watch_goes_by_the_settings(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = written(tmp_path, '[display]\nkind = "json"\n[reading]\nunsure = 0.999999\n')
    assert main(["watch", "--config", str(file), "--frames", "10"]) == 0
    assert '"digit": null' in capsys.readouterr().out
    assert main(["watch", "--config", str(file), "--frames", "10", "--unsure", "0.5"]) == 0
    out = capsys.readouterr().out
    assert '"digit": ' in out
    assert '"digit": null' not in out


@pytest.mark.parametrize(
    ("check", "given", "taken"),
    [
        (several("leds", "json"), "leds", ("leds",)),
        (several("leds", "json"), "leds, json", ("leds", "json")),
        (several("leds", "json"), ["json", "leds"], ("json", "leds")),
        (pins(2), [17, 27], (17, 27)),
        (pins(2), "2,27", (2, 27)),
        (pins(1), 4, (4,)),
        (pins(1), "4", (4,)),
        (pin, 3, 3),
        (pin, "3", 3),
        (pin, "", None),
        (flag, True, True),
        (flag, "true", True),
        (flag, "false", False),
    ],
)
def test_lists_pins_and_flags_are_taken_from_a_file_as_from_a_text(check: Any, given: object, taken: object) -> None:
    assert check(given) == taken


@pytest.mark.parametrize(
    ("check", "given", "wanted"),
    [
        (several("leds", "json"), "led", "one or more of leds, json"),
        (several("leds", "json"), "leds,leds", "each once"),
        (several("leds", "json"), [], "one or more"),
        (several("leds", "json"), "", "one or more"),
        (several("leds", "json"), 3, "one or more"),
        (several("leds", "json"), [["leds"]], "one or more"),
        (pins(2), [17], "2 GPIO numbers from 2 to 27"),
        (pins(2), [17, 28], "2 GPIO numbers from 2 to 27"),
        (pins(2), [1, 17], "2 GPIO numbers from 2 to 27"),
        (pins(2), [17, 2.5], "2 GPIO numbers"),
        (pins(2), [17, True], "2 GPIO numbers"),
        (pins(2), "17;27", "2 GPIO numbers"),
        (pins(1), "GPIO4", "1 GPIO number from 2 to 27"),
        (pin, 28, "1 GPIO number from 2 to 27"),
        (flag, 1, "true or false"),
        (flag, "yes", "true or false"),
        (flag, [True], "true or false"),
    ],
)
def test_anything_else_is_refused_with_what_is_wanted(check: Any, given: object, wanted: str) -> None:
    with pytest.raises(ValueError, match=wanted):
        check(given)


def test_every_display_and_button_can_be_wired_at_once_as_the_defaults_are(tmp_path: Path) -> None:
    found = load_settings(written(tmp_path, ""), {}, {"display.kind": ON_PINS})
    assert {name: len(numbers) for name, numbers in found.pins.items()} == {
        "display.leds": 10,
        "display.binary": 4,
        "display.segments": 7,
        "display.blink": 1,
    }
    assert {2, 3, 15}.isdisjoint(number for numbers in found.pins.values() for number in numbers)


def test_every_pin_that_is_used_twice_is_told_with_all_else_that_is_wrong(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        "[display]\nkind = ['blink', 'binary']\nblink = 19\nsegments = [1, 2, 3]\n[buttons]\nread = 19\nwrong = 2\n",
    )
    with pytest.raises(UsageError) as caught:
        load_settings(file, {"INKLING_BUTTONS_SHUTDOWN": "2", "INKLING_DISPLAY_DIM": "a bit"})
    assert str(caught.value).split("; ") == [
        f"{file}: display.segments is [1, 2, 3]",
        "it takes 7 GPIO numbers from 2 to 27",
        "$INKLING_DISPLAY_DIM: display.dim is 'a bit'",
        "it takes true or false",
        "GPIO 2 is used more than once, by buttons.wrong and buttons.shutdown",
        "GPIO 19 is used more than once, by display.binary and display.blink and buttons.read",
    ]


def test_a_pin_of_a_display_that_is_not_chosen_is_free(tmp_path: Path) -> None:
    found = load_settings(written(tmp_path, "[display]\nkind = 'leds'\n[buttons]\nread = 4\n"), {})
    assert found.pins["buttons.read"] == (4,)
    assert "display.blink" not in found.pins


def test_lists_are_written_as_they_are_read(tmp_path: Path) -> None:
    before = load_settings(
        written(tmp_path, ""), {}, {"display.kind": "leds,act", "display.blink": 9, "buttons.read": "4"}
    )
    text = as_toml(values=before.effective)
    assert '\nkind = ["leds", "act"]' in text
    after = load_settings(written(tmp_path, text), {})
    assert {name: e.value for name, e in after.effective.items()} == {n: e.value for n, e in before.effective.items()}


def test_a_reader_is_unsure_below_the_same_confidence_with_settings_and_without() -> None:
    [unsure] = [setting.default for setting in SETTINGS if setting.name == "reading.unsure"]
    assert unsure == UNSURE
