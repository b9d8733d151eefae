"""Checks of the state directory and of systemd's units."""

import os
import shutil

import pytest

from boards import SERVICE, Board, shown
from inkling.device import Machine, Output, run_command
from inkling.doctor import service
from inkling.doctor.findings import Patient, Status


def unit(board: Board, name: str = "inkling.service", **changes: str) -> None:
    board.answers[f"systemctl show {name}"] = shown({**SERVICE, **changes})


def test_a_state_directory_of_the_services_user_is_well(board: Board) -> None:
    assert service.state(board.patient()).status is Status.OK


def test_a_state_directory_of_somebody_else_cannot_be_written_by_the_service(board: Board) -> None:
    board.write("etc/passwd", f"inkling:x:{os.getuid() + 7}:998::/:\n")
    finding = service.state(board.patient())
    assert finding.status is Status.FAILURE
    assert finding.advice == "sudo chown -R inkling: /var/lib/inkling"


@pytest.mark.skipif(os.getuid() != 0, reason="only root gives files away")
def test_a_file_in_it_that_root_has_left_there_is_named(board: Board) -> None:
    board.write("etc/passwd", "inkling:x:1234:998::/:\n")
    os.chown(board.root / "var/lib/inkling", 1234, 998)
    assert "/var/lib/inkling/models is not the user inkling's" in service.state(board.patient()).seen


@pytest.mark.skipif(os.getuid() != 0, reason="only root gives files away")
@pytest.mark.parametrize(
    ("mode", "group", "status"), [(0o664, 998, Status.OK), (0o644, 998, Status.FAILURE), (0o664, 1000, Status.FAILURE)]
)
def test_a_file_of_a_members_that_the_group_may_write_is_well(
    board: Board, mode: int, group: int, status: Status
) -> None:
    board.write("etc/passwd", "inkling:x:1234:998::/:\n")
    shutil.rmtree(board.root / "var/lib/inkling/models")
    file = board.write("var/lib/inkling/samples.db", "")
    os.chown(file.parent, 1234, 998)
    os.chown(file, 1000, group)
    file.chmod(mode)
    assert service.state(board.patient()).status is status


def test_a_state_directory_that_is_not_there(board: Board) -> None:
    (board.root / "var/lib/inkling").rename(board.root / "gone")
    assert service.state(board.patient()).status is Status.WARNING
    board.write("etc/passwd", "")
    assert service.state(board.patient()).status is Status.NOTE


def test_a_state_directory_closed_to_its_user(board: Board) -> None:
    (board.root / "var/lib/inkling").chmod(0o555)
    assert "chmod u+rwx" in service.state(board.patient()).advice


ROOT = "22 1 179:2 / / rw,noatime shared:1 - ext4 /dev/mmcblk0p2 rw\n"


@pytest.mark.parametrize(
    ("mounts", "status", "words"),
    [
        ("22 1 179:2 / / rw - ext4 /dev/mmcblk0p2 ro\n", Status.FAILURE, "read-only"),
        ("22 1 179:2 / / ro,nosuid master:3 propagate_from:2 - ext4 /dev/mmcblk0p2 rw\n", Status.OK, ""),
        ("22 1 0:30 / / rw - overlay overlay rw,lowerdir=/lower\n", Status.WARNING, "in memory"),
        ("22 1 0:30 / / rw - overlay overlay rw\n30 22 179:3 / /var/lib rw - ext4 /dev/mmcblk0p3 rw\n", Status.OK, ""),
        (ROOT + "30 22 179:3 / /var/lib/inkling rw - ext4 /dev/sda1 ro,relatime\n", Status.FAILURE, "read-only"),
        (ROOT + "30 22 179:3 / /var/lib/ink rw - ext4 /dev/sda1 ro\n", Status.OK, ""),
        (ROOT + "30 22 0:9 / /var rw - tmpfs tmpfs rw\n31 22 179:3 / /var rw - ext4 /dev/sda1 rw\n", Status.OK, ""),
        ("", Status.OK, ""),
    ],
    ids=["ro", "closed-in service", "overlay", "own partition", "ro partition", "other", "over another", "unknown"],
)
def test_the_disk_has_to_keep_what_is_written(board: Board, mounts: str, status: Status, words: str) -> None:
    board.write("proc/self/mountinfo", mounts)
    finding = service.state(board.patient())
    assert finding.status is status
    assert words in finding.seen


def test_a_service_that_runs(board: Board) -> None:
    assert service.service(board.patient()).seen == "it runs: reading"
    unit(board, StatusText="")
    assert service.service(board.patient()).seen == "it runs"


@pytest.mark.parametrize(
    ("changes", "status", "seen", "advice"),
    [
        ({"LoadState": "not-found", "ActiveState": "inactive"}, Status.NOTE, "not installed", ""),
        ({"ActiveState": "inactive", "UnitFileState": "disabled"}, Status.WARNING, "with the machine", "enable --now"),
        ({"ActiveState": "inactive"}, Status.WARNING, "stopped", "systemctl start"),
        ({"ActiveState": "activating", "SubState": "start"}, Status.NOTE, "starting", "a minute"),
        ({"ActiveState": "failed", "Result": "watchdog"}, Status.FAILURE, "it hung", "restart"),
        ({"ActiveState": "failed", "Result": "exit-code", "ExecMainStatus": "1"}, Status.FAILURE, "exit status 1", ""),
        (
            {"ActiveState": "failed", "Result": "exit-code", "ExecMainStatus": "2"},
            Status.FAILURE,
            "2",
            "wrong settings",
        ),
        (
            {"ActiveState": "activating", "SubState": "auto-restart", "Result": "oom-kill"},
            Status.FAILURE,
            "not enough memory",
            "journalctl",
        ),
        ({"NRestarts": "4"}, Status.WARNING, "started again 4 times", "journalctl"),
    ],
)
def test_a_service_that_does_not(board: Board, changes: dict[str, str], status: Status, seen: str, advice: str) -> None:
    unit(board, **changes)
    finding = service.service(board.patient())
    assert finding.status is status
    assert seen in finding.seen
    assert advice in finding.advice


def test_the_last_error_of_a_service_is_told(board: Board) -> None:
    unit(board, ActiveState="failed", Result="exit-code", ExecMainStatus="1")
    said = 'inkling watch: camera: first\n{"text": "4"}\ninkling watch: camera: no camera\n{"text": "5"}\n\n'
    board.answers["journalctl"] = Output(0, said)
    assert 'it said: "inkling watch: camera: no camera"' in service.service(board.patient()).seen
    board.answers["journalctl"] = Output(0, '{"text": "5"}\n')
    assert 'it said: "{"text": "5"}"' in service.service(board.patient()).seen
    board.answers["journalctl"] = Output(0, "")
    assert "it said" not in service.service(board.patient()).seen


@pytest.mark.parametrize(
    ("trains", "timer", "status", "seen"),
    [
        ({"LoadState": "not-found"}, {}, Status.NOTE, "not installed"),
        ({"ActiveState": "inactive"}, {}, Status.OK, "at night"),
        ({"ActiveState": "activating"}, {}, Status.OK, "now"),
        ({"ActiveState": "inactive"}, {"ActiveState": "inactive"}, Status.NOTE, "no night"),
        ({"ActiveState": "failed", "Result": "oom-kill"}, {}, Status.FAILURE, "not enough memory"),
    ],
)
def test_the_training(board: Board, trains: dict[str, str], timer: dict[str, str], status: Status, seen: str) -> None:
    unit(board, "inkling-train.service", **trains)
    unit(board, "inkling-train.timer", **timer)
    finding = service.training(board.patient())
    assert finding.status is status
    assert seen in finding.seen


@pytest.mark.parametrize("answer", [None, Output(1, "", "System has not been booted with systemd as init system")])
def test_without_systemd_nothing_is_wrong(board: Board, answer: Output | None) -> None:
    for name in ("inkling.service", "inkling-train.service", "inkling-train.timer"):
        board.answers[f"systemctl show {name}"] = answer
    assert service.service(board.patient()).status is Status.NOTE
    assert service.training(board.patient()).status is Status.NOTE


def test_the_real_systemctl_is_understood() -> None:
    here = run_command(["systemctl", "is-system-running"], 60)
    if here is None or here.out.strip() in ("offline", "unknown", ""):
        pytest.skip("systemd does not run here")
    assert service.properties(Machine(), "no-such-unit-at-all.service")["LoadState"] == "not-found"
    assert service.service(Patient(Machine())).seen
