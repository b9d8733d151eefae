"""`inkling bench device`: one real run, its report and its table."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from boards import Board
from inkling.cli import main
from inkling.commands import bench_device
from inkling.commands.bench_device import table
from inkling.device import Output

LEARNT = {"images_per_second": 20.0, "epochs_a_night": 9.6}
REPORT: dict[str, Any] = {
    "machine": {
        **dict.fromkeys(("system", "kernel", "blas_library", "architecture"), None),
        "board": "Raspberry Pi Zero W Rev 1.1\x1b[2J",
        "cpu": "ARMv6",
        "cores": 1,
        "memory_mb": 451,
        "python": "3.13.5",
        "numpy": "2.2.4",
        "blas": None,
        "gflops": 0.267,
    },
    "before": {"celsius": 41.16, "throttled": "0x0"},
    "after": {"celsius": None, "throttled": "0x50005"},
    "start": {"python_s": 0.512, "numpy_s": 4.25, "first_reading_s": 12.5},
    "memory_mb": {"reading": 61.2, "training mlp": None},
    "reading": {
        "320x240": {
            "milliseconds": {"page": 40.1, "glyphs": 55, "network": 31, "whole": 1260},
            "frames_per_second": 0.79,
        }
    },
    "training": {"mlp": {**LEARNT, "epochs_a_night": 29.9}, "night": {**LEARNT, "epochs_a_night": 6.4}},
}


@pytest.fixture(autouse=True)
def board(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Board:
    """A board whose firmware answers something else the second time it is asked."""
    board = Board(tmp_path)
    bits = iter((0x0, 0x50005))

    def run(command: Sequence[str], timeout_s: float) -> Output | None:
        if command[0] == "vcgencmd":
            return Output(0, f"throttled={next(bits):#x}\n")
        return board.run(command, timeout_s)

    monkeypatch.setattr(bench_device, "Machine", lambda: board.machine(run=run))
    return board


def test_a_run_gives_one_object_with_all_figures(board: Board, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "device", "--seconds", "1", "--json"]) == 0
    out, err = capsys.readouterr()
    (line,) = out.splitlines()
    report = json.loads(line)
    assert report["machine"]["board"] == "Raspberry Pi Zero W Rev 1.1"
    assert (report["before"], report["after"]) == (
        {"celsius": 41.16, "throttled": "0x0"},
        {"celsius": 41.16, "throttled": "0x50005"},
    )
    assert report["reading"].keys() == {"320x240", "640x480"}
    assert report["training"].keys() == {"mlp", "night"}
    assert report["memory_mb"].keys() == {"reading", "training mlp", "training night"}
    start = report["start"]
    assert 0 < start["python_s"] < start["first_reading_s"]
    assert "this takes about" in err
    assert "inkling.service runs meanwhile" in err
    assert set(bench_lines(report)) >= {"milliseconds for a frame", "seconds to start", "training"}


def bench_lines(report: dict[str, Any]) -> list[str]:
    return [line.split("  ")[0] for line in table(report).splitlines()]


def test_the_table_is_what_the_report_says() -> None:
    lines = table(REPORT).splitlines()
    assert lines[0] == (
        "Raspberry Pi Zero W Rev 1.1\\x1b[2J, ARMv6, 1 core, 451 MB, Python 3.13.5, NumPy 2.2.4, "
        "a BLAS that cannot be seen (0.267 GFLOP/s)"
    )
    rows = {" ".join(line.split()[:2]): line.split()[1:] for line in lines[1:] if line.startswith("  ")}
    assert rows["320x240 40.1"] == ["40.1", "55", "31", "1260", "0.79"]
    assert rows["watch, first"][-1] == "12.5"
    assert rows["reading 61.2"][-1] == "61.2"
    assert rows["training mlp"][-1] == "-"
    assert rows["processor, °C"][-2:] == ["41", "-"]
    assert rows["throttled 0x0"] == ["0x0", "0x50005"]


def test_what_a_night_reaches_is_told_only_where_it_was_measured() -> None:
    lines = table(REPORT).splitlines()
    (mlp,) = (line for line in lines if line.startswith("  mlp"))
    (night,) = (line for line in lines if line.startswith("  night"))
    assert mlp.split() == ["mlp", "20", "29.9"]  # its 30 epochs are the only ones with a figure
    assert night.endswith("(5.3 of them reach 99.65% on MNIST)")


@pytest.mark.parametrize("seconds", ["0", "-1", "many", "1e9", "nan"])
def test_seconds_that_cannot_be_are_refused(seconds: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["bench", "device", f"--seconds={seconds}"])
    assert caught.value.code == 2
    assert "--seconds" in capsys.readouterr().err
