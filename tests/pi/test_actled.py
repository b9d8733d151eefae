"""The board's own light, in a folder like the kernel's."""

import os
from pathlib import Path

import pytest

from inkling.actled import ActLed
from inkling.errors import PinError


def light(leds: Path, name: str = "ACT", trigger: str = "none rc-feedback [mmc0] timer") -> Path:
    led = leds / name
    led.mkdir()
    for file, text in {"trigger": trigger, "brightness": "0", "max_brightness": "255"}.items():
        (led / file).write_text(f"{text}\n")
    return led


@pytest.mark.parametrize("name", ["ACT", "led0"])
def test_it_is_lent_lit_and_given_back(tmp_path: Path, name: str) -> None:
    led = light(tmp_path, name)
    (led / "brightness").write_text("255")
    with ActLed(tmp_path) as act:
        assert (led / "trigger").read_text() == "none"
        assert (led / "brightness").read_text() == "0"
        act.show((1.0,))
        assert (led / "brightness").read_text() == "255"
        act.show((0.0,))
        assert (led / "brightness").read_text() == "0"
        act.show((0.05,))
        assert (led / "brightness").read_text() == "255"
    assert (led / "trigger").read_text() == "mmc0"
    assert (led / "brightness").read_text() == "0"


def test_once_it_is_given_back_it_is_left_alone(tmp_path: Path) -> None:
    led = light(tmp_path)
    act = ActLed(tmp_path)
    act.close()
    (led / "trigger").write_text("heartbeat")
    act.show((1.0,))
    act.close()
    assert (led / "trigger").read_text() == "heartbeat"
    assert (led / "brightness").read_text() == "0"


def test_a_light_that_showed_nothing_shows_nothing_after(tmp_path: Path) -> None:
    led = light(tmp_path, trigger="[none] mmc0")
    ActLed(tmp_path).close()
    assert (led / "trigger").read_text() == "none"


def test_a_machine_without_it_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(PinError, match=r"no ACT light .*ACT is not there.*take another display"):
        ActLed(tmp_path)


@pytest.mark.parametrize("closed", ["trigger", "brightness"])
def test_without_permission_nothing_is_touched_and_it_is_said_what_to_do(
    tmp_path: Path, closed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    led = light(tmp_path)
    before = (led / "trigger").read_text()
    # root may write whatever the permissions say, so the question is answered for it
    monkeypatch.setattr(os, "access", lambda file, mode: Path(file).name != closed)
    with pytest.raises(PinError) as caught:
        ActLed(tmp_path)
    assert f"sudo chgrp gpio {led}/trigger {led}/brightness" in str(caught.value)
    assert (led / "trigger").read_text() == before
