"""`inkling train`: cut off at any instant it goes on to the same end, and it says how far it is."""

import fcntl
import json
import os
import re
import struct
import subprocess
import sys
import termios
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from inkling import places
from inkling.checkpoints import Checkpoint, Checkpoints
from inkling.cli import main
from inkling.commands import train
from inkling.night import Hours, Night
from inkling.plots import plot_curves
from inkling.session import Reporter, Session
from inkling.settings import load_settings
from inkling.shelf import open_shelf
from inkling.status import StatusFile, duration, in_words, running, runtime_folders
from inkling.training import load_images
from inknet import load

KILLED = """
import os, signal, sys
from inkling.cli import main
from inknet.trainer import Trainer
left = [int(sys.argv.pop(1))]
def counted(function):
    def call(*args, **more):
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*args, **more)
    return call
os.fsync, os.replace, os.rename, os.unlink, Trainer.step = map(
    counted, (os.fsync, os.replace, os.rename, os.unlink, Trainer.step)
)
sys.exit(main(sys.argv[1:]))
"""


WHOLE = "import sys; from inkling.cli import main; sys.exit(main(sys.argv[1:]))"
CUT = f"from inkling.checkpoints import Checkpoints; Checkpoints.clear = lambda self: None; {WHOLE}"


@pytest.fixture(autouse=True)
def _as_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the priority of the tests is changed, nor anything outside of their folder."""
    monkeypatch.setattr(train, "_at_idle_priority", lambda: None)
    monkeypatch.setattr(places, "SYSTEM_FOLDER", tmp_path / "none")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    monkeypatch.setenv("INKLING_TRAINING_CHECKPOINT_MINUTES", "0")


def test_killed_at_any_instant_it_goes_on_to_the_same_end_to_the_bit(csv_data: Path, tmp_path: Path) -> None:
    (tmp_path / "whole").mkdir()
    (tmp_path / "cut").mkdir()

    def arguments(out: str) -> list[str]:
        return ["train", "--data", str(csv_data), "--recipe", "mlp", "--epochs", "12", "--out", str(tmp_path / out)]

    assert main(arguments("whole/a.npz")) == 0
    # each step is followed by a checkpoint of a few operations; the last cuts come while the model is written
    kills, went_on = 0, 0
    for operations in (3, 1, 2, 14, 15, 16, 17, 18, 23, 1000):
        command = [sys.executable, "-c", KILLED, str(operations), *arguments("cut/a.npz")]
        result = subprocess.run(command, capture_output=True, text=True)
        kills += result.returncode == -9
        went_on += "going on with what was cut off" in result.stderr
        assert result.returncode in (-9, 0), result.stderr
    assert result.returncode == 0
    assert kills >= 5
    assert went_on >= 4
    assert (tmp_path / "cut" / "a.npz").read_bytes() == (tmp_path / "whole" / "a.npz").read_bytes()
    assert [path.name for path in (tmp_path / "cut").iterdir()] == ["a.npz"]


def test_a_training_of_another_kind_is_not_gone_on_with(
    csv_data: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "a.npz"
    arguments = ["train", "--data", str(csv_data), "--recipe", "mlp", "--out", str(out)]
    command = [sys.executable, "-c", KILLED, "30", *arguments, "--epochs", "20"]
    assert subprocess.run(command, capture_output=True).returncode == -9
    assert main([*arguments, "--epochs", "3"]) == 0
    err = capfd.readouterr().err
    assert "another training that was cut off" in err
    assert "going on" not in err
    assert load(out).about["epochs"] == 3


@pytest.mark.parametrize("length", [["--hours", "0.0005"], ["--until", "06:30"]])
def test_a_night_in_small(
    csv_data: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], length: list[str], monkeypatch: Any
) -> None:
    monkeypatch.setattr(train, "until", lambda *_: 1.8)
    out = tmp_path / "a.npz"
    assert main(["train", "--data", str(csv_data), "--recipe", "mlp", *length, "--out", str(out)]) == 0
    said, err = capfd.readouterr()
    assert re.match(rf"{re.escape(str(out))}: mlp, [0-9.e+]+ epochs, [0-9.]+% of 20 held-back images", said)
    assert "100%" in err
    assert ("it is " in err) == (length[0] == "--until")
    assert (tmp_path / "a-curves.png").exists() or "matplotlib" in err
    assert not (tmp_path / "a.npz.unfinished").exists()


def test_what_does_not_go_together_is_refused(csv_data: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for arguments in (
        ["--until", "24:00"],
        ["--until", "6.30"],
        ["--hours", "0"],
        ["--hours", "8", "--epochs", "3"],
        ["--recipe", "mlp", "--from", "a.npz"],
    ):
        with pytest.raises(SystemExit) as caught:
            main(["train", "--data", str(csv_data), "--out", "a.npz", *arguments])
        assert caught.value.code == 2
    assert main(["train", "--out", "a.npz"]) == 2
    assert "--data DIR" in capfd.readouterr().err


def test_status_says_how_far_each_training_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "--status"]) == 0
    assert capsys.readouterr().out == "no training is under way\n"
    with StatusFile(runtime_folders()[0]) as file:
        file.write(
            {"recipe": "night", "progress": 0.431, "epoch": 2.7, "loss": 0.6123, "accuracy": 0.9921, "left_s": 15123}
        )
        assert main(["train", "--status"]) == 0
        said = "night: 43%, 4 h 12 min left, epoch 2.70, loss 0.612, 99.21% of the held-back images read right\n"
        assert capsys.readouterr().out == said
        assert main(["train", "--status", "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["pid"] == os.getpid()
        (tmp_path / "run" / "inkling" / "train-1.json").write_text('{"pid": 4194304, "progress": 0.5}')  # it was killed
        (tmp_path / "run" / "inkling" / "train-2.json").write_text("{")
        (tmp_path / "run" / "inkling" / "train-3.json").write_text('{"pid": 1e400}')
        (tmp_path / "run" / "inkling" / "train-4.json").write_text('{"pid": 1099511627776}')
        assert len(list(running(runtime_folders()))) == 1
    assert main(["train", "--status"]) == 0
    assert capsys.readouterr().out == "no training is under way\n"


def test_a_status_that_cannot_be_written_stops_nobody(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with StatusFile(tmp_path / "file" / "folder") as file:
        file.write({"progress": 0.5})
    assert list(running([tmp_path / "file" / "folder"])) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_no_status_is_written_to_a_folder_of_somebody_else(tmp_path: Path) -> None:
    folder, victim = tmp_path / "folder", tmp_path / "victim"
    folder.mkdir()
    victim.write_text("kept")
    (folder / f"train-{os.getpid()}.part").symlink_to(victim)
    os.chown(folder, 4711, 4712)
    with StatusFile(folder) as file:
        file.write({"progress": 0.5})
    assert victim.read_text() == "kept"


def test_a_narrow_terminal_shows_first_what_time_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ours, terminal = os.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 40, 0, 0))
    status = {"progress": 0.431, "epoch": 2.7, "loss": 0.6123, "accuracy": 0.9921, "left_s": 15123}
    with os.fdopen(terminal, "w") as stderr, monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", stderr)
        with Reporter(StatusFile(tmp_path)) as reporter:
            reporter.begin()
            reporter.update(status, last=True)
            reporter.tell("epoch 2")
    said = b""
    with suppress(OSError):  # so ends what was said on a terminal that is closed
        while some := os.read(ours, 65536):
            said += some
    os.close(ours)
    lines = re.split("[\r\n]+", said.decode())
    assert max(map(len, lines)) <= 40
    assert "epoch 2" in lines
    assert any(re.match(" 43%.* 4 h 12 min left, ", line) for line in lines)


def test_what_came_to_the_shelf_before_a_cut_is_not_put_there_again(
    csv_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INKLING_SHELF_PATH", str(tmp_path / "models"))  # the other tests' has the shipped model only
    arguments = ["train", "--data", str(csv_data), "--recipe", "mlp", "--epochs", "2"]

    def run(script: str, *more: str) -> str:
        command = [sys.executable, "-c", script, *arguments, *more]
        return subprocess.run(command, capture_output=True, text=True).stdout

    assert run(CUT).startswith("model 1, ")
    assert run(WHOLE).startswith("model 1 is on the shelf already, ")
    assert list(open_shelf(load_settings()).listing().entries) == [1]
    assert run(WHOLE, "--seed", "5").startswith("model 2, ")


def test_a_night_that_was_stopped_goes_on_with_all_its_hours_but_not_beyond_its_end(
    csv_data: Path, tmp_path: Path
) -> None:
    images = load_images(csv_data, "train")

    def left_s(about: dict[str, Any], until_end_s: float) -> float:
        return train._what_is_left(Checkpoint(tmp_path, about), Hours(until_end_s, clock=lambda: 0.0)).left_s

    with Checkpoints(tmp_path / "training", pytest.fail) as checkpoints, Reporter(StatusFile(tmp_path)) as reporter:
        night = Night(images, "mlp", Hours(8 * 3600, 3600, lambda: 0.0), 0)
        session = Session(night, checkpoints, {}, 1e9, reporter, clock=lambda: 0.0, wall=lambda: time.time() - 7200)
        for stopped, hours in ((False, 5), (True, 7)):
            session.stopped = stopped
            assert session.save()
            kept = checkpoints.newest()
            assert kept is not None
            assert left_s(kept.about, 8 * 3600) / 3600 == pytest.approx(hours, abs=0.01)  # --hours 8
            assert left_s(kept.about, 1800) == 1800  # --until, half an hour before


def test_a_checkpoint_of_another_version_is_not_gone_on_with(
    csv_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    arguments = ["train", "--data", str(csv_data), "--recipe", "mlp", "--hours", "0.0001", "--out", str(tmp_path / "a")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Checkpoints, "clear", lambda self: None)
        assert main(arguments) == 0
    monkeypatch.setattr(train, "__version__", "9.9")
    assert main(arguments) == 0
    assert "another training that was cut off" in capfd.readouterr().err


def test_a_checkpoint_of_another_network_is_not_gone_on_with(
    csv_data: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    base, out = tmp_path / "base.npz", tmp_path / "out.npz"

    def train_base(seed: str) -> None:
        some = ["train", "--data", str(csv_data), "--recipe", "mlp", "--epochs", "1", "--seed", seed]
        assert main([*some, "--out", str(base)]) == 0

    arguments = ["train", "--data", str(csv_data), "--from", str(base), "--epochs", "2", "--out", str(out)]
    train_base("0")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Checkpoints, "clear", lambda self: None)
        assert main(arguments) == 0
    assert main(arguments) == 0
    assert "going on with what was cut off" in capfd.readouterr().err
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Checkpoints, "clear", lambda self: None)
        assert main(arguments) == 0
    train_base("1")
    capfd.readouterr()
    assert main(arguments) == 0
    assert "another training that was cut off" in capfd.readouterr().err


def test_where_the_status_lies() -> None:
    service = {"RUNTIME_DIRECTORY": "/run/inkling-train"}
    assert runtime_folders(service)[0] == Path("/run/inkling-train")
    folders = runtime_folders({"XDG_RUNTIME_DIR": "/run/user/1000"})
    assert folders == [Path("/run/user/1000/inkling"), Path("/run/inkling-train")]


def test_a_journal_is_given_a_line_a_minute(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    now = [0.0]
    with Reporter(StatusFile(tmp_path), clock=lambda: now[0]) as reporter:
        reporter.begin()
        for second in range(0, 181, 2):
            now[0] = second
            reporter.update({"progress": second / 200})
        reporter.update({"progress": 1.0}, last=True)
    assert capsys.readouterr().err.splitlines() == ["0%", "30%", "60%", "90%", "100%"]


@pytest.mark.parametrize(
    ("seconds", "said"), [(0, "0 s"), (99, "99 s"), (100, "2 min"), (3540, "59 min"), (28800, "8 h 0 min")]
)
def test_times_are_said_as_people_say_them(seconds: float, said: str) -> None:
    assert duration(seconds) == said


def test_what_is_not_known_yet_is_left_out() -> None:
    assert in_words({"progress": 0.0, "accuracy": None, "left_s": None}) == "0%"


def test_the_curves_are_drawn_whatever_is_known_of_them(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="matplotlib is not installed: pip install '.[plots]'")
    points: list[list[float | None]] = [[60.0, 0.1, 2.3, None], [7200.0, 1.5, 0.7, 0.98], [28000.0, 4.4, 0.4, None]]
    for curve in ([], points):
        plot_curves(curve, "night", tmp_path / "a.png")
        assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
