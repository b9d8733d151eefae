"""The examination: a healthy board, a check that fails or hangs itself, and what comes first."""

import subprocess
import sys
import threading
from functools import partial

import pytest

from boards import Board
from inkling.doctor.examination import CHECKS, examine, worst
from inkling.doctor.findings import Finding, Patient, Status, failure, note, ok, warning


def test_a_board_with_which_all_is_well(board: Board) -> None:
    results = list(examine(board.patient()))
    assert [(r.name, r.finding) for r in results if r.finding.status is not Status.OK] == []
    assert [r.name for r in results] == list(CHECKS)
    assert [r.number for r in results] == list(range(1, len(CHECKS) + 1))


def test_a_machine_of_which_nothing_can_be_seen_has_no_failure(board: Board) -> None:
    machine = board.machine(root=board.root / "nothing", run=lambda command, timeout_s: None)
    (board.root / "nothing").mkdir()
    results = list(examine(Patient(machine)))
    assert len(results) == len(CHECKS)
    assert all(result.finding.seen for result in results)


def explodes(patient: Patient) -> Finding:
    raise KeyError("nothing there")


def late(patient: Patient) -> Finding:
    raise TimeoutError("systemctl has not answered within 10 s")


def test_a_check_that_fails_is_a_warning_and_the_others_are_made(board: Board) -> None:
    checks = {"bad": explodes, "late": late, "good": lambda patient: ok("well")}
    bad, slow, good = examine(board.patient(), checks)
    assert bad.finding.status is slow.finding.status is Status.WARNING
    assert "KeyError: 'nothing there'" in bad.finding.seen
    assert "systemctl has not answered" in slow.finding.seen
    assert good.finding == ok("well")


def test_a_check_that_hangs_is_left_behind(board: Board) -> None:
    released = threading.Event()

    def hangs(patient: Patient) -> Finding:
        released.wait()
        return ok("at last")

    try:
        first, second = examine(board.patient(), {"hangs": hangs, "good": lambda patient: ok("well")}, longest_s=0.05)
    finally:
        released.set()
    assert first.finding.status is Status.WARNING
    assert "0.05 s" in first.finding.seen
    assert second.finding.status is Status.OK


def test_a_check_that_hangs_does_not_keep_the_program_from_ending() -> None:
    script = """
import threading
from inkling.device import Machine
from inkling.doctor.examination import examine
from inkling.doctor.findings import Patient
print([r.finding.seen for r in examine(Patient(Machine()), {"hangs": lambda p: threading.Event().wait()}, 0.05)])
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert "has not been answered" in done.stdout


def says(finding: Finding, patient: Patient) -> Finding:
    return finding


def test_the_first_of_the_worst_comes_first(board: Board) -> None:
    said = [ok("a"), warning("b", "do"), failure("c", "do"), note("d"), failure("e", "do")]
    checks = {finding.seen: partial(says, finding) for finding in said}
    results = list(examine(board.patient(), checks))
    assert (worst(results).number, worst(results).name) == (3, "c")
    assert worst(results[:2]).name == "b"


@pytest.mark.parametrize("advice", ["", "do this"])
def test_results_as_json(board: Board, advice: str) -> None:
    (result,) = examine(board.patient(), {"x": lambda patient: note("seen", advice)})
    assert result.as_json() == {"number": 1, "name": "x", "status": "note", "seen": "seen", "advice": advice or None}
