"""The units: systemd accepts them, they are closed, and they agree with each other, with the users and the command."""

import re
import subprocess
from pathlib import Path

import pytest

from inkling.commands.watch import END_S
from inkling.grammar.parsing import parsed
from inkling.picamera import STOP_S
from inkling.places import SYSTEM_FOLDER
from inkling.settings_checks import LONGEST_S, SLOWEST
from support import ROOT

TRAINING = "inkling-train.service"  # which needs no camera and no pins: see test_systemd_train
UNITS = sorted(path for path in (ROOT / "systemd").glob("*.service") if path.name != TRAINING)
MOST_EXPOSED = 1.3  # of 10; a service that nothing is said about has 9.6


def settings(unit: Path, name: str) -> list[str]:
    """What a unit sets a name to, each time it does."""
    return re.findall(rf"^{name}=(.*)$", unit.read_text(), re.MULTILINE)


def unit(name: str) -> Path:
    return ROOT / "systemd" / name


def test_systemd_accepts_the_units(analyze: str, tmp_path: Path) -> None:
    for path in UNITS:
        # it looks whether the command exists, so it is given one that does
        (tmp_path / path.name).write_text(path.read_text().replace("/usr/bin/inkling", "/bin/true"))
    command = [analyze, "verify", "--man=no", *(str(tmp_path / path.name) for path in UNITS)]
    result = subprocess.run(command, capture_output=True, text=True)
    assert [line for line in result.stderr.splitlines() if "inkling" in line] == []
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_the_units_are_closed(analyze: str, path: Path) -> None:
    command = [analyze, "security", "--offline=true", "--no-pager", str(path)]
    result = subprocess.run(command, capture_output=True, text=True)
    if "--offline" in result.stderr:
        pytest.skip("systemd is older than 250 and looks at running services only")
    (exposure,) = re.findall(r"Overall exposure level for \S+: ([0-9.]+)", result.stdout)
    assert float(exposure) <= MOST_EXPOSED, result.stdout


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_the_units_let_through_what_camera_and_pins_need(path: Path) -> None:
    allowed = set(settings(path, "DeviceAllow"))
    assert {f"char-{name} rw" for name in ("video4linux", "media", "dma_heap", "gpiochip")} <= allowed
    assert settings(path, "PrivateDevices") == []
    assert settings(path, "ProcSubset") == []  # gpiozero asks /proc/device-tree and /proc/cpuinfo for the board
    assert "AF_NETLINK" in settings(path, "RestrictAddressFamilies")[0]  # libcamera asks udev
    (writable,) = settings(path, "ReadWritePaths")
    assert writable == "-/sys/devices/platform/leds"  # where /sys/class/leds/ACT points to


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_the_units_run_as_the_user_that_is_made_where_lgpio_may_write(path: Path) -> None:
    users = re.findall(r"^u (\S+)", unit("inkling.sysusers").read_text(), re.MULTILINE)
    assert settings(path, "User") == users
    (folder,) = settings(path, "RuntimeDirectory")
    assert settings(path, "WorkingDirectory") == [f"/run/{folder}"]
    assert f"LG_WD=/run/{folder}" in settings(path, "Environment")


def test_the_user_may_use_camera_and_pins() -> None:
    members = re.findall(r"^m inkling (\S+)$", unit("inkling.sysusers").read_text(), re.MULTILINE)
    assert set(members) == {"video", "gpio"}


def test_the_service_gives_up_before_it_forgets_how_often_it_started() -> None:
    """Were the interval shorter than its starts take, it would fail for ever and never show the error light."""
    service = unit("inkling.service")
    minutes = {name: _seconds(settings(service, name)[0]) / 60 for name in ("TimeoutStartSec", "RestartSec")}
    starts = int(settings(service, "StartLimitBurst")[0])
    assert starts * sum(minutes.values()) < _seconds(settings(service, "StartLimitIntervalSec")[0]) / 60


def _seconds(text: str) -> float:
    number, unit_of_time = re.fullmatch(r"(\d+)(s|min)", text).groups()  # type: ignore[union-attr]
    return int(number) * {"s": 1, "min": 60}[unit_of_time]


def test_the_watchdog_waits_for_the_slowest_picture_and_the_end_for_the_lights() -> None:
    service = unit("inkling.service")
    reopened_s = LONGEST_S + 1 / SLOWEST + STOP_S
    assert reopened_s < _seconds(settings(service, "WatchdogSec")[0])
    assert _seconds(settings(service, "TimeoutStopSec")[0]) >= 2 * END_S


def test_the_group_shares_the_state_directory() -> None:
    (folder,), (mode,) = (settings(unit("inkling.service"), f"StateDirectory{end}") for end in ("", "Mode"))
    assert Path("/var/lib", folder) == SYSTEM_FOLDER
    assert int(mode, 8) == 0o2775


def test_the_service_that_shows_the_error_is_there() -> None:
    assert settings(unit("inkling.service"), "OnFailure") == ["inkling-failed.service"]
    assert unit("inkling-failed.service") in UNITS


def test_the_error_light_ends_when_the_service_is_started_again() -> None:
    blinking = unit("inkling-failed.service")
    assert settings(blinking, "Conflicts") == settings(blinking, "Before") == ["inkling.service"]


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_the_units_run_commands_that_are_understood(path: Path) -> None:
    (command,) = settings(path, "ExecStart")
    program, *arguments = command.split()
    assert program == "/usr/bin/inkling"
    parsed(arguments)


def test_the_user_of_the_service_is_the_one_who_may_switch_off() -> None:
    (user,) = settings(unit("inkling.service"), "User")
    assert f'subject.user == "{user}"' in unit("inkling.rules").read_text()
    installed = (ROOT / "deploy" / "debian" / "inkling.install").read_text().split()
    assert installed == ["systemd/inkling.rules", "usr/share/polkit-1/rules.d"]
