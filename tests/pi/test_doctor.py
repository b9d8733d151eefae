"""`inkling doctor` at the command line: the table, the JSON, the exit status, the light."""

import io
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from boards import Board
from inkling.cli import main
from inkling.commands import doctor
from inkling.commands.doctor import lines, summary
from inkling.device import Machine, Output
from inkling.doctor.blinking import blink
from inkling.doctor.examination import CHECKS, Result
from inkling.doctor.findings import Finding, Status
from support import ROOT


@pytest.fixture
def board(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Board:
    """A board in the place of this machine."""
    board = Board(tmp_path / "root")
    machine = board.machine()
    monkeypatch.setattr(doctor, "Machine", lambda: machine)
    monkeypatch.setattr(doctor, "LEDS", board.root / "sys/class/leds")
    monkeypatch.setattr(doctor, "blink", lambda result, leds: blink(result, leds, sleep=lambda seconds: None))
    return board


def test_a_healthy_board_is_a_line_for_each_check_and_status_0(
    board: Board, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["doctor"]) == 0
    *table, blank, last = capsys.readouterr().out.splitlines()
    assert [line.split()[:3] for line in table] == [[str(i), name, "ok"] for i, name in enumerate(CHECKS, start=1)]
    assert (blank, last) == ("", f"{len(CHECKS)} ok: nothing has to be done")


def test_a_failure_is_status_1_and_says_what_to_do(board: Board, capsys: pytest.CaptureFixture[str]) -> None:
    board.answers["vcgencmd get_throttled"] = Output(0, "throttled=0x50005\n")
    assert main(["doctor"]) == 1
    out = capsys.readouterr().out
    assert "10  power        failure  the supply is too weak" in out
    assert "-> take a supply" in out
    assert out.splitlines()[-1] == f"1 failure, 1 warning, {len(CHECKS) - 2} ok: begin with 10, power"


def test_the_numbers_that_the_light_flashes_are_in_the_guide() -> None:
    text = (ROOT / "deploy" / "wiring.md").read_text()
    table = re.search(r"## When it has given up\n.*?```\n(.*?)```", text, re.DOTALL)
    assert table is not None
    told = {int(number): name for number, name in re.findall(r"(\d+) (\w+)", table[1])}
    assert told == dict(enumerate(CHECKS, start=1))


def test_json_is_one_object(board: Board, capsys: pytest.CaptureFixture[str]) -> None:
    board.answers["timedatectl show"] = Output(0, "no\n")
    assert main(["doctor", "--json"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    report = json.loads(line)
    assert report["worst"] == "note"
    assert report["machine"]["board"] == "Raspberry Pi Zero W Rev 1.1"
    assert {check["name"]: check["status"] for check in report["checks"]}["clock"] == "note"
    assert len(report["checks"]) == len(CHECKS)


def test_other_settings_can_be_looked_at(board: Board, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "mine.toml"
    assert main(["doctor", "--config", str(file)]) == 1
    assert "no such file" in capsys.readouterr().out
    file.write_text("[reading]\nunsure = 0.75\n")
    assert main(["doctor", "--config", str(file)]) == 0
    assert "reading.unsure = 0.75" in capsys.readouterr().out


def test_the_light_shows_it_and_is_given_back(board: Board, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--blink"]) == 0
    assert (board.root / "sys/class/leds/ACT/trigger").read_text() == "mmc0"
    (board.root / "sys/class/leds/ACT").rename(board.root / "gone")
    assert main(["doctor", "--blink"]) == 1
    out, err = capsys.readouterr()
    assert "nothing has to be done" in out
    assert err.startswith("inkling doctor: --blink: this machine has no ACT light")


def test_a_laptop_is_no_failure(capsys: pytest.CaptureFixture[str]) -> None:
    if Machine().is_pi:
        pytest.skip("this is a Raspberry Pi")
    assert main(["doctor"]) == 0
    assert "1  board        note" in capsys.readouterr().out


def test_the_doctor_needs_no_numpy_to_say_that_it_is_missing(tmp_path: Path) -> None:
    (tmp_path / "numpy.py").write_text("raise ImportError('no numpy here')")
    script = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r}); from inkling.cli import main; sys.exit(main(['doctor']))"
    )
    environment = {"PYTHONPATH": ":".join([str(tmp_path), *sys.path]), "PATH": "/usr/bin:/bin"}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=environment)
    assert done.returncode == 1
    assert "numpy        failure  NumPy does not load: ImportError: no numpy here" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("1 failure")
    assert done.stderr == ""


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


WARNING = Result(4, "blas", Finding(Status.WARNING, "slow " * 30, "sudo apt install libopenblas0-pthread"))


def test_a_terminal_has_colours_and_no_longer_lines_than_it_is_wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "70")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    first, *rest = lines(WARNING, Terminal())
    assert "\x1b[33mwarning\x1b[0m" in first
    assert max(len(line) for line in (first.replace("\x1b[33m", "").replace("\x1b[0m", ""), *rest)) <= 70
    assert len(rest) >= 2
    indent = len(rest[0]) - len(rest[0].lstrip())
    assert indent == first.replace("\x1b[33m", "").index("slow") - len("\x1b[0m")
    assert "libopenblas0-pthread" in rest[-1]
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in "".join(lines(WARNING, Terminal()))


def test_where_there_is_no_terminal_each_text_is_one_line() -> None:
    assert lines(WARNING, io.StringIO()) == [
        f" 4  blas         warning  {' '.join(['slow'] * 30)}",
        " " * 26 + "-> sudo apt install libopenblas0-pthread",
    ]


def test_what_a_board_says_of_itself_cannot_write_to_the_terminal() -> None:
    result = Result(1, "board", Finding(Status.OK, "evil \x1b[2J\nname"))
    assert "\x1b" not in "".join(lines(result, io.StringIO()))


def test_the_summary_counts() -> None:
    results = [Result(i, "x", Finding(status, "")) for i, status in enumerate([Status.OK, Status.NOTE, Status.NOTE])]
    assert summary(results) == "2 notes, 1 ok: nothing has to be done"
