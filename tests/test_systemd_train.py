"""The units of the night: systemd accepts them, they are closed, and they leave the machine to what reads."""

import re
import subprocess
from pathlib import Path

import pytest

from inkling.grammar.parsing import parsed
from inkling.night import DAY_S
from inkling.places import SYSTEM_FOLDER
from inkling.status import SYSTEM_FOLDER as RUNTIME_FOLDER
from support import ROOT

UNITS = sorted((ROOT / "systemd").glob("inkling-train*"))
SERVICE, TIMER, RESUME = (ROOT / "systemd" / f"inkling-train{name}" for name in (".service", ".timer", "-resume.timer"))


def value(unit: Path, name: str) -> str:
    """What a unit sets a name to, once."""
    (found,) = re.findall(rf"^{name}=(.*)$", unit.read_text(), re.MULTILINE)
    return str(found)


def test_systemd_accepts_the_units(analyze: str, tmp_path: Path) -> None:
    assert set(UNITS) == {SERVICE, TIMER, RESUME}
    for path in UNITS:
        # it looks whether the command exists, so it is given one that does
        (tmp_path / path.name).write_text(path.read_text().replace("/usr/bin/inkling", "/bin/true"))
    command = [analyze, "verify", "--man=no", *(str(tmp_path / path.name) for path in UNITS)]
    result = subprocess.run(command, capture_output=True, text=True)
    assert [line for line in result.stderr.splitlines() if "inkling" in line] == []
    assert result.returncode == 0, result.stderr


def test_the_service_is_closed(analyze: str) -> None:
    command = [analyze, "security", "--offline=true", "--no-pager", str(SERVICE)]
    result = subprocess.run(command, capture_output=True, text=True)
    if "--offline" in result.stderr:
        pytest.skip("systemd is older than 250 and looks at running services only")
    (exposure,) = re.findall(r"Overall exposure level for \S+: ([0-9.]+)", result.stdout)
    assert float(exposure) <= 0.5, result.stdout


def test_the_service_runs_a_command_that_is_understood_and_bounded() -> None:
    program, *arguments = value(SERVICE, "ExecStart").split()
    assert program == "/usr/bin/inkling"
    args = parsed(arguments)
    assert args.until is None  # which a wrong clock would make another time
    assert 3600 * args.hours <= DAY_S
    assert str(args.data) == value(SERVICE, "ConditionDirectoryNotEmpty")


def test_the_service_keeps_its_things_where_the_program_looks_for_them() -> None:
    assert Path("/var/lib") / value(SERVICE, "StateDirectory") == SYSTEM_FOLDER
    # systemd sets the mode anew at every start, so that of one service alone would not last
    assert value(SERVICE, "StateDirectoryMode") == value(SERVICE.with_name("inkling.service"), "StateDirectoryMode")
    assert Path("/run") / value(SERVICE, "RuntimeDirectory") == RUNTIME_FOLDER
    assert value(RESUME, "ConditionPathExistsGlob") == f"{SYSTEM_FOLDER}/training/checkpoint-*.npz"
    assert value(RESUME, "Unit") == SERVICE.name


def test_what_reads_goes_first() -> None:
    assert value(SERVICE, "CPUSchedulingPolicy") == value(SERVICE, "IOSchedulingClass") == "idle"
    assert 180 <= int(value(SERVICE, "MemoryMax").removesuffix("M")) <= 256  # of 512
    assert int(value(SERVICE, "OOMScoreAdjust")) > 0


def test_a_night_that_was_missed_is_made_up_for(analyze: str) -> None:
    assert value(TIMER, "Persistent") == "yes"
    result = subprocess.run([analyze, "calendar", value(TIMER, "OnCalendar")], capture_output=True, text=True)
    assert result.returncode == 0
    assert "22:30:00" in result.stdout
