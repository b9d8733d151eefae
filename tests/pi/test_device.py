"""The machine: commands with a time limit, what a fresh Python finds, and facts from files that may be missing."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from boards import Board
from inkling.device import NO_BLAS, REFERENCE, Machine, Output, blas_among, run_command
from inkling.errors import DeviceError


@pytest.fixture
def board(tmp_path: Path) -> Board:
    return Board(tmp_path)


def test_a_command_leaves_its_status_and_what_it_said() -> None:
    script = "import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)"
    assert run_command([sys.executable, "-c", script], 60) == Output(3, "out\n", "err\n")


def test_a_command_that_is_not_there_is_none() -> None:
    assert run_command(["no-such-command-anywhere"], 1) is None


def test_a_command_that_hangs_is_ended() -> None:
    with pytest.raises(TimeoutError, match=r"sh has not answered within 0\.1 s"):
        run_command(["sh", "-c", "exec sleep 1000"], 0.1)


def test_a_command_reads_nothing_from_the_terminal() -> None:
    script = "from inkling.device import run_command; print(run_command(['cat'], 60))"
    done = subprocess.run([sys.executable, "-c", script], input="typed", capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(Output(0, "", ""))


def test_the_numpy_of_a_fresh_python_is_this_one() -> None:
    found = Machine().numpy
    assert (found.version, found.file) == (np.__version__, np.__file__)
    assert found.gflops > 0
    assert Path(found.library).exists() == bool(found.library)
    assert found.blas is not None


def test_a_file_in_the_working_directory_is_not_taken_for_numpy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "numpy.py").write_text("raise SystemExit(9)")
    monkeypatch.chdir(tmp_path)
    assert Machine().numpy.version == np.__version__


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGILL)", "built for another processor"),
        ("import no_such_numpy", "No module named 'no_such_numpy'"),
        ("raise SystemExit(7)", "exit status 7"),
    ],
)
def test_a_numpy_that_does_not_work_is_an_error_and_not_the_end(board: Board, script: str, message: str) -> None:
    machine = board.machine(run=lambda command, timeout_s: run_command([sys.executable, "-c", script], timeout_s))
    with pytest.raises(DeviceError, match=message):
        machine.numpy  # noqa: B018


@pytest.mark.parametrize(
    ("libraries", "blas", "library"),
    [
        (["/usr/lib/x/blas/libblas.so.3.11.0", "/usr/lib/x/lapack/liblapack.so.3.11.0"], REFERENCE, 0),
        (["/usr/lib/x/openblas-pthread/libblas.so.3", "/usr/lib/x/lapack/liblapack.so.3"], "OpenBLAS", 0),
        (["/v/numpy.libs/libscipy_openblas64_-32a4b2a6.so"], "OpenBLAS", 0),
        (["/v/numpy.libs/libopenblas64_p-r0-15028c96.3.21.so"], "OpenBLAS", 0),
        (["/home/openblas/x/libc.so.6", "/home/openblas/y/blas/libblas.so.3"], REFERENCE, 1),
        (["/usr/lib/x/atlas/libblas.so.3.10.3"], "ATLAS", 0),
        (["/usr/lib/x/blis-serial/libblas.so.4.0.1"], "BLIS", 0),
        (["/opt/intel/libmkl_rt.so.2"], "MKL", 0),
        (["/usr/lib/x/libc.so.6", "/usr/share/openblas/data"], NO_BLAS, None),
        ([], None, None),
    ],
)
def test_the_blas_is_the_one_that_is_loaded(libraries: list[str], blas: str | None, library: int | None) -> None:
    assert blas_among(libraries) == (blas, "" if library is None else libraries[library])


def test_users_are_in_their_own_group_and_in_those_that_name_them(board: Board) -> None:
    board.write("etc/passwd", "a:x:5:50::/:\nb:x:6:60::/:\nbroken\n")
    board.write("etc/group", "video:x:44:a,bb\nown:x:60:\nbroken:x\n")
    users = board.machine().users
    assert {name: (user.uid, set(user.groups)) for name, user in users.items()} == {
        "a": (5, {"video"}),
        "b": (6, {"own"}),
    }


def test_the_firmware_is_asked_by_its_command_then_by_its_file(board: Board) -> None:
    board.answers["vcgencmd get_throttled"] = Output(0, "throttled=0x50005\n")
    assert board.machine().throttled == 0x50005
    board.write("sys/devices/platform/soc/soc:firmware/get_throttled", "50000\n")
    board.answers["vcgencmd get_throttled"] = Output(255, "VCHI initialization failed\n")
    assert board.machine().throttled == 0x50000
    board.write("sys/devices/platform/soc/soc:firmware/get_throttled", "nonsense\n")
    assert board.machine().throttled is None


def test_only_the_supplys_own_monitor_tells_of_undervoltage(board: Board) -> None:
    board.write("sys/class/hwmon/hwmon0/in0_lcrit_alarm", "1\n")
    assert board.machine().undervoltage is False
    board.write("sys/class/hwmon/hwmon1/in0_lcrit_alarm", "1\n")
    assert board.machine().undervoltage is True
    board.write("sys/class/hwmon/hwmon1/name", "another\n")
    assert board.machine().undervoltage is None


def test_the_temperature_is_the_processors(board: Board) -> None:
    board.write("sys/class/thermal/thermal_zone0/type", "acpitz\n")
    assert board.machine().temperature is None
    board.write("sys/class/thermal/thermal_zone1/type", "x86_pkg_temp\n")
    board.write("sys/class/thermal/thermal_zone1/temp", "-1500\n")
    assert board.machine().temperature == -1.5


def test_the_facts_of_a_board(board: Board) -> None:
    facts = board.machine().facts()
    assert facts.pop("cores") == os.cpu_count()
    assert facts.pop("architecture")
    assert facts == {
        "board": "Raspberry Pi Zero W Rev 1.1",
        "cpu": "ARMv6-compatible processor rev 7 (v6l)",
        "memory_mb": 451,
        "system": "Raspbian GNU/Linux 13 (trixie)",
        "kernel": "6.12.34+rpt-rpi-v6",
        "python": "3.13.5",
        "numpy": "1.24.2",
        "blas": "OpenBLAS",
        "blas_library": "/usr/lib/arm-linux-gnueabihf/openblas-pthread/libopenblasp-r0.3.21.so",
        "gflops": 0.27,
    }


def test_an_empty_machine_has_facts_without_values(tmp_path: Path) -> None:
    machine = Machine(root=tmp_path, run=lambda command, timeout_s: Output(1, "", ""))
    facts = machine.facts()
    unknown = {"board", "memory_mb", "system", "kernel", "numpy", "blas", "blas_library", "gflops"}
    assert {name for name, value in facts.items() if value is None} == unknown
    assert (machine.is_pi, machine.users, machine.memory(), machine.temperature) == (False, {}, {}, None)
