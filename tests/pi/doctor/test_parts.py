"""Checks of camera, pins and groups, on a board that is a folder."""

import fcntl
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from boards import SERVICE, Board, shown
from inkling.device import Machine, Output
from inkling.doctor import parts
from inkling.doctor.findings import Patient, Status


@pytest.fixture
def wanting(board: Board) -> Board:
    """A board whose settings ask for its camera and for LEDs."""
    board.write("etc/inkling/inkling.toml", '[camera]\nsource = "picamera2"\n[display]\nkind = ["leds", "act"]\n')
    return board


def test_the_board_is_named(board: Board) -> None:
    assert parts.board(board.patient()).seen == "Raspberry Pi Zero W Rev 1.1"
    board.write("proc/device-tree/model", "Acme Corporation Router\0")
    assert parts.board(board.patient()).status is Status.NOTE
    assert "Acme" in parts.board(board.patient()).seen


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        ("ModuleNotFoundError: No module named 'picamera2'", Status.FAILURE, "not installed"),
        ("ValueError: numpy.dtype size changed, may indicate binary incompatibility", Status.FAILURE, "size changed"),
        ("ModuleNotFoundError: No module named 'libcamera'", Status.FAILURE, "libcamera"),
    ],
)
def test_a_library_that_does_not_load(wanting: Board, error: str, status: Status, words: str) -> None:
    assert parts.picamera2(wanting.patient()).seen == "picamera2 0.3.31"
    wanting.python["picamera2"] = Output(1, "", f"Traceback\n  File x\n{error}\n")
    finding = parts.picamera2(wanting.patient())
    assert finding.status is status
    assert words in finding.seen
    assert "apt install" in finding.advice


def test_a_library_that_nobody_asks_for_may_be_absent_but_not_broken(board: Board) -> None:
    board.python["picamera2"] = Output(1, "", "ModuleNotFoundError: No module named 'picamera2'\n")
    assert parts.picamera2(board.patient()).status is Status.NOTE
    board.python["picamera2"] = Output(1, "", "ImportError: wrong\n")
    assert parts.picamera2(board.patient()).status is Status.FAILURE


def test_a_real_python_without_picamera2_says_so() -> None:
    finding = parts.picamera2(Patient(Machine()))
    assert re.fullmatch(r"picamera2 (is not installed|\d.*)", finding.seen)


def test_the_camera_is_what_the_kernel_lists(wanting: Board) -> None:
    finding = parts.camera(wanting.patient())
    assert (finding.status, finding.seen) == (Status.OK, "imx219, free")


@pytest.mark.parametrize(
    ("names", "config", "words"),
    [
        (["bcm2835-codec-decode", "bcm2835-isp-output0", "dw9807 10-000c"], "camera_auto_detect=1\n", "ribbon"),
        ([], "# camera_auto_detect=1\ndtoverlay=vc4-kms-v3d\n", "put camera_auto_detect=1"),
        ([], "dtoverlay=imx708\n", "ribbon"),
        (["mmal service 16.1"], "start_x=1\n", "take start_x=1 out"),
    ],
)
def test_a_missing_camera_says_where_to_look(wanting: Board, names: list[str], config: str, words: str) -> None:
    wanting.write("boot/firmware/config.txt", config)
    for old in (wanting.root / "sys/class/video4linux").glob("*/name"):
        old.unlink()
    for number, name in enumerate(names):
        wanting.write(f"sys/class/video4linux/video{number}/name", f"{name}\n")
    finding = parts.camera(wanting.patient())
    assert finding.status is Status.FAILURE
    assert words in finding.advice


def test_a_missing_camera_that_nobody_asks_for_is_a_note(board: Board) -> None:
    (board.root / "sys/class/video4linux/v4l-subdev0/name").unlink()
    assert parts.camera(board.patient()).status is Status.NOTE
    (board.root / "proc/device-tree/model").unlink()
    finding = parts.camera(board.patient())
    assert finding.status is Status.NOTE
    assert "simulated" in finding.seen


def locked_by(board: Board, pid: int, cgroup: str) -> None:
    status = (board.root / "dev/media0").stat()
    place = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}:{status.st_ino}"
    locks = (f"FLOCK  ADVISORY  WRITE 7 {place}", f"POSIX  ADVISORY  WRITE {pid} {place}")
    board.write("proc/locks", "".join(f"{number}: {lock} 0 EOF\n" for number, lock in enumerate(locks, start=1)))
    board.write(f"proc/{pid}/comm", "python3\n")
    board.write(f"proc/{pid}/cgroup", f"0::{cgroup}\n")


def test_the_services_own_camera_is_well_and_another_programs_is_busy(wanting: Board) -> None:
    locked_by(wanting, 312, "/system.slice/inkling.service")
    finding = parts.camera(wanting.patient())
    assert (finding.status, finding.seen) == (Status.OK, "imx219, in use by inkling.service")
    locked_by(wanting, 313, "/system.slice/motion.service")
    finding = parts.camera(wanting.patient())
    assert finding.status is Status.FAILURE
    assert finding.seen == "imx219, in use by python3 (process 313)"
    assert finding.advice == "sudo systemctl stop motion.service"
    locked_by(wanting, 314, "/user.slice/user-1000.slice/session-3.scope")
    assert "sudo kill 314" in parts.camera(wanting.patient()).advice


def test_a_busy_camera_that_nobody_asks_for_is_a_warning(board: Board) -> None:
    locked_by(board, 5, "/")
    assert parts.camera(board.patient()).status is Status.WARNING


@pytest.mark.skipif(not Path("/proc/locks").exists() or not Path("/dev/shm").is_dir(), reason="there is no /proc/locks")
def test_a_lock_as_libcamera_takes_it_is_seen_by_others(wanting: Board) -> None:
    name = Path(f"/dev/shm/inkling-test-{os.getpid()}")  # a file system whose numbers are not hidden by an overlay
    name.write_text("")
    try:
        with name.open("w") as media:
            fcntl.lockf(media, fcntl.LOCK_EX)
            script = f"""
import pathlib, sys
from inkling.device import Machine
from inkling.doctor.parts import _camera_holder
class Here(Machine):
    def listed(self, pattern): return [{str(name)[1:]!r}] if pattern == "dev/media*" else super().listed(pattern)
print(_camera_holder(Here())[0])
"""
            seen = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    finally:
        name.unlink()
    assert int(seen.stdout) == os.getpid()


def test_pins_need_gpiozero_lgpio_and_a_chip(wanting: Board) -> None:
    assert parts.pins(wanting.patient()).seen == "gpiozero 2.0.1, lgpio 0.2.2.0"
    wanting.python["lgpio"] = Output(0, json.dumps({"gpiozero": "1.6.2", "lgpio": None}))
    finding = parts.pins(wanting.patient())
    assert (finding.status, finding.seen) == (Status.FAILURE, "lgpio not installed")
    assert finding.advice == "sudo apt install python3-lgpio"
    wanting.python["lgpio"] = Output(0, json.dumps({"gpiozero": "1.6.2", "lgpio": "0.2"}))
    (wanting.root / "dev/gpiochip0").unlink()
    assert "no /dev/gpiochip0" in parts.pins(wanting.patient()).seen
    assert parts.pins(wanting.patient()).status is Status.FAILURE


def test_another_pin_factory_is_noted(board: Board) -> None:
    finding = parts.pins(board.patient(environment={"GPIOZERO_PIN_FACTORY": "mock"}))
    assert finding.status is Status.NOTE
    assert "mock" in finding.seen
    assert parts.pins(board.patient(environment={"GPIOZERO_PIN_FACTORY": "lgpio"})).status is Status.OK


@pytest.mark.parametrize(
    ("settings", "status"),
    [
        ('[display]\nkind = ["console", "act"]\n', Status.NOTE),
        ("[buttons]\nshutdown = 3\n", Status.FAILURE),
        ('[display]\nkind = ["act", "blink"]\n', Status.FAILURE),
        ('[display]\nkind = ["what is this"]\n', Status.NOTE),
    ],
)
def test_lights_and_buttons_need_pins_and_nothing_else_does(board: Board, settings: str, status: Status) -> None:
    board.python["lgpio"] = Output(0, json.dumps({"gpiozero": None, "lgpio": None}))
    board.write("etc/inkling/inkling.toml", settings)
    finding = parts.pins(board.patient())
    assert (finding.status, finding.seen) == (status, "gpiozero and lgpio not installed")


def test_a_real_python_says_what_it_has_of_gpiozero() -> None:
    seen = parts.pins(Patient(Machine(environment={}))).seen
    assert re.match(r"gpiozero \S+, lgpio \d|(gpiozero and )?lgpio not installed|gpiozero not installed", seen)


GROUPS = "video:x:44:{}\ngpio:x:993:{}\npi:x:1000:\n"


@pytest.mark.parametrize(
    ("video", "gpio", "status", "advice"),
    [
        ("pi,inkling", "pi,inkling", Status.OK, ""),
        ("pi", "pi,inkling", Status.FAILURE, "usermod -aG video inkling"),
        ("pi", "pi", Status.FAILURE, "usermod -aG video,gpio inkling"),
        ("inkling", "inkling,pi", Status.NOTE, "usermod -aG video pi"),
    ],
)
def test_the_service_has_to_be_in_the_groups(board: Board, video: str, gpio: str, status: Status, advice: str) -> None:
    board.write("etc/group", GROUPS.format(video, gpio))
    finding = parts.groups(board.patient())
    assert finding.status is status
    assert advice in finding.advice


def test_a_unit_may_lend_groups(board: Board) -> None:
    board.write("etc/group", GROUPS.format("pi", "pi"))
    board.answers["systemctl show inkling.service"] = shown({**SERVICE, "SupplementaryGroups": "gpio video"})
    assert parts.groups(board.patient()).status is Status.OK


def test_without_the_service_it_is_who_asks(board: Board) -> None:
    board.write("etc/passwd", f"pi:x:{board.pi}:1000::/:/bin/sh\n")
    assert parts.groups(board.patient()).status is Status.OK
    board.write("etc/group", GROUPS.format("", "pi"))
    finding = parts.groups(board.patient())
    assert finding.status is Status.WARNING
    assert finding.advice == "sudo usermod -aG video pi; then log in again"
    assert parts.groups(board.patient(uid=0)).status is Status.OK
    assert "not known" in parts.groups(board.patient(uid=board.pi + 5)).seen


def test_a_laptop_has_no_groups_to_be_in(board: Board) -> None:
    (board.root / "proc/device-tree/model").unlink()
    board.write("etc/group", "")
    assert parts.groups(board.patient()).status is Status.NOTE
