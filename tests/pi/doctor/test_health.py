"""Checks of power, heat, memory, space and clock."""

import os

import pytest

from boards import NOW_S, Board
from inkling.device import Output
from inkling.doctor import health
from inkling.doctor.findings import Status


def firmware_says(board: Board, bits: int) -> None:
    board.answers["vcgencmd get_throttled"] = Output(0, f"throttled={bits:#x}\n")


@pytest.mark.parametrize(
    ("bits", "alarm", "status"),
    [
        (0, "0", Status.OK),
        (0x50000, "0", Status.WARNING),  # undervoltage and throttling since the start
        (0x50005, "1", Status.FAILURE),  # and now
        (0x1, "0", Status.FAILURE),
        (0, "1", Status.FAILURE),
        (0xE000E, "0", Status.OK),  # slowed down by heat: not the supply's fault
    ],
)
def test_power(board: Board, bits: int, alarm: str, status: Status) -> None:
    firmware_says(board, bits)
    board.write("sys/class/hwmon/hwmon1/in0_lcrit_alarm", alarm)
    finding = health.power(board.patient())
    assert finding.status is status
    assert ("supply" in finding.advice) == (status > Status.NOTE)


def test_power_without_the_firmware(board: Board) -> None:
    board.answers["vcgencmd get_throttled"] = None
    assert "before now: not known" in health.power(board.patient()).seen
    board.write("sys/class/hwmon/hwmon1/name", "other\n")
    finding = health.power(board.patient())
    assert finding.status is Status.NOTE
    assert "sudo inkling doctor" in finding.advice
    (board.root / "proc/device-tree/model").unlink()
    assert health.power(board.patient()).seen == "no Raspberry Pi here"


@pytest.mark.parametrize(
    ("bits", "status"),
    [
        (0, Status.OK),
        (0x50005, Status.WARNING),
        (0x2, Status.WARNING),
        (0x8, Status.WARNING),
        (0x40000, Status.NOTE),
        (0x80000, Status.NOTE),
        (0x10001, Status.OK),  # undervoltage alone: the processor is not slowed down by it
    ],
)
def test_throttling(board: Board, bits: int, status: Status) -> None:
    firmware_says(board, bits)
    assert health.throttling(board.patient()).status is status


@pytest.mark.parametrize(
    ("text", "status", "seen"),
    [("41160", Status.OK, "41 °C"), ("81000", Status.WARNING, "81 °C"), ("", Status.NOTE, "measured")],
)
def test_temperature(board: Board, text: str, status: Status, seen: str) -> None:
    board.write("sys/class/thermal/thermal_zone0/temp", text)
    finding = health.temperature(board.patient())
    assert finding.status is status
    assert seen in finding.seen


@pytest.mark.parametrize(
    ("available", "status"), [("MemAvailable:     300000 kB", Status.OK), ("MemAvailable: 60000 kB", Status.WARNING)]
)
def test_memory(board: Board, available: str, status: Status) -> None:
    board.write("proc/meminfo", f"MemTotal:         440000 kB\n{available}\nHugePages_Total: 0\n")
    finding = health.memory(board.patient())
    assert finding.status is status
    assert "of 451 MB" in finding.seen


def test_memory_that_cannot_be_seen_is_a_note(board: Board) -> None:
    board.write("proc/meminfo", "")
    assert health.memory(board.patient()).status is Status.NOTE


@pytest.mark.parametrize(
    ("free", "status"), [(5e9, Status.OK), (101e6, Status.OK), (99e6, Status.WARNING), (9e6, Status.FAILURE)]
)
def test_space(board: Board, free: float, status: Status) -> None:
    asked = []

    def free_bytes(path: object) -> int:
        asked.append(path)
        return int(free)

    assert health.space(board.patient(free_bytes=free_bytes)).status is status
    assert asked == [board.root / "var/lib/inkling"]


def test_space_where_the_state_will_be(board: Board) -> None:
    (board.root / "var/lib/inkling").rename(board.root / "elsewhere")
    asked = []

    def free_bytes(path: object) -> int:
        asked.append(path)
        return 10**9

    assert health.space(board.patient(free_bytes=free_bytes)).status is Status.OK
    assert asked == [board.root / "var/lib"]


def test_the_clock_is_compared_with_a_networks(board: Board) -> None:
    assert "2033-05-1" in health.clock(board.patient()).seen
    assert health.clock(board.patient()).status is Status.OK
    board.answers["timedatectl show"] = Output(0, "no\n")
    finding = health.clock(board.patient())
    assert finding.status is Status.NOTE
    assert "connect it to a network" in finding.advice


def test_without_timedatectl_the_file_of_timesyncd_says_it(board: Board) -> None:
    board.answers["timedatectl show"] = Output(1, "", "Failed to connect to bus")
    assert "cannot be seen" in health.clock(board.patient()).seen
    board.write("run/systemd/timesync/synchronized", "")
    assert health.clock(board.patient()).status is Status.OK


def test_a_clock_before_the_last_time_that_was_written_down_is_wrong(board: Board) -> None:
    file = board.write("var/lib/systemd/timesync/clock", "")
    os.utime(file, (NOW_S + 3e6, NOW_S + 3e6))
    finding = health.clock(board.patient())
    assert finding.status is Status.WARNING
    assert "it was 2033-06" in finding.seen
    os.utime(file, (NOW_S + 3600, NOW_S + 3600))  # written in another hour of the same day: the clock is not to blame
    assert health.clock(board.patient()).status is Status.OK
